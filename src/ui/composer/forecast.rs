//! What a draft reserves and what the quotas have room for, in few words.
//!
//! The figures are `app::forecast`'s.

use crate::{
    app::Forecast,
    chat::{quota::WhenFull, span},
    ui::format,
};

/// "reserves 4×~4,137 of 30,000".
pub(super) fn reserves(forecast: &Forecast) -> String {
    let places = &forecast.places;
    let first = places.first().map_or(0, |p| p.wanted);
    let is_even = places.iter().all(|p| p.wanted == first);
    let wanted = match places.len() {
        n @ 2.. if is_even => format!("{n}×~{}", format::count(first)),
        _ => format!("~{}", format::count(forecast.reserved())),
    };
    match forecast.left {
        Some(left) => format!("reserves {wanted} of {}", format::count(left)),
        None => format!("reserves {wanted}"),
    }
}

/// "3 fit now, 1 in 8 s"; nothing where nothing is known, or one fits.
pub(super) fn fits(forecast: &Forecast) -> Option<String> {
    let (all, fit) = (forecast.places.len(), forecast.fit());
    if fit == all {
        return (all > 1 && forecast.is_known).then(|| "all fit now".to_owned());
    }
    if let Some(wait) = forecast.refused.filter(|_| fit == 0).map(span) {
        let never = forecast.never();
        let never = (never > 0).then(|| of(never, all, "over the whole quota"));
        let refused = format!("nothing goes for {wait} after a 429");
        let parts: Vec<_> = std::iter::once(refused).chain(never).collect();
        return Some(parts.join(", "));
    }
    let mut parts = vec![match fit {
        0 if all == 1 => String::new(),
        0 => "none fits now".to_owned(),
        1 => "1 fits now".to_owned(),
        n => format!("{n} fit now"),
    }];
    if forecast.when_full == WhenFull::Send {
        parts.push(of(all - fit, all, "may be refused"));
    } else {
        if let Some((n, tokens)) = forecast.shrunk() {
            let verb = if n == 1 { "shrinks" } else { "shrink" };
            parts.push(of(n, all, &format!("{verb} to ~{}", format::count(tokens))));
        }
        parts.extend(later(forecast));
        if forecast.never() > 0 {
            parts.push(of(forecast.never(), all, "over the whole quota"));
        }
    }
    parts.retain(|p| !p.is_empty());
    Some(parts.join(", "))
}

fn later(forecast: &Forecast) -> Option<String> {
    let all = forecast.places.len();
    let (n, wait) = forecast.later()?;
    Some(match wait.map(span) {
        Some(time) if all == 1 => format!("fits in {time}"),
        Some(time) if n == 1 => format!("1 in {time}"),
        Some(time) => format!("{n} within {time}"),
        None => of(n, all, "after other answers"),
    })
}

/// Of a single request there is no need to say how many.
fn of(n: usize, all: usize, what: &str) -> String {
    if all == 1 {
        what.to_owned()
    } else {
        format!("{n} {what}")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::chat::quota::{Place, When};

    fn place(granted: u64, when: When) -> Place {
        Place {
            wanted: 4_137,
            granted,
            when,
        }
    }

    fn said(when_full: WhenFull, places: &[Place]) -> String {
        let forecast = Forecast {
            places: places.to_vec(),
            when_full,
            left: Some(12_500),
            is_known: true,
            refused: None,
        };
        let fits = fits(&forecast).map_or_else(String::new, |f| format!(" · {f}"));
        format!("{}{fits}", reserves(&forecast))
    }

    #[test]
    fn a_429_is_named_where_it_holds_all_back() {
        let wait = When::In(Duration::from_secs(58));
        for (when, expected) in [
            (wait, "nothing goes for 58 s after a 429"),
            (When::Now, "all fit now"),
        ] {
            let forecast = Forecast {
                places: vec![place(4_137, when); 2],
                when_full: WhenFull::Send,
                left: Some(30_000),
                is_known: true,
                refused: Some(Duration::from_secs(58)),
            };
            assert_eq!(fits(&forecast).as_deref(), Some(expected));
        }
    }

    #[test]
    fn few_words_for_every_case() {
        let now = place(4_137, When::Now);
        let less = place(1_500, When::Now);
        let wait = |millis| place(4_137, When::In(Duration::from_millis(millis)));
        let others = place(4_137, When::AfterOthers);
        let never = place(4_137, When::Never);
        let stagger = WhenFull::Stagger;
        for (when_full, places, expected) in [
            (stagger, vec![now], "reserves ~4,137 of 12,500"),
            (
                stagger,
                vec![wait(7_001)],
                "reserves ~4,137 of 12,500 · fits in 8 s",
            ),
            (
                stagger,
                vec![others],
                "reserves ~4,137 of 12,500 · after other answers",
            ),
            (
                stagger,
                vec![never],
                "reserves ~4,137 of 12,500 · over the whole quota",
            ),
            (
                WhenFull::Send,
                vec![wait(1)],
                "reserves ~4,137 of 12,500 · may be refused",
            ),
            (
                WhenFull::Shrink,
                vec![less],
                "reserves ~4,137 of 12,500 · shrinks to ~1,500",
            ),
            (
                stagger,
                vec![now; 2],
                "reserves 2×~4,137 of 12,500 · all fit now",
            ),
            (
                stagger,
                vec![now, now, now, wait(8_000)],
                "reserves 4×~4,137 of 12,500 · 3 fit now, 1 in 8 s",
            ),
            (
                WhenFull::Warn,
                vec![now, wait(8_000), wait(3_000_000)],
                "reserves 3×~4,137 of 12,500 · 1 fits now, 2 within 50 min",
            ),
            (
                WhenFull::Shrink,
                vec![now, less, wait(500)],
                "reserves 3×~4,137 of 12,500 · 1 fits now, 1 shrinks to ~1,500, 1 in 1 s",
            ),
            (
                WhenFull::Send,
                vec![wait(8_000), others],
                "reserves 2×~4,137 of 12,500 · none fits now, 2 may be refused",
            ),
            (
                stagger,
                vec![now, never],
                "reserves 2×~4,137 of 12,500 · 1 fits now, 1 over the whole quota",
            ),
        ] {
            assert_eq!(said(when_full, &places), expected);
        }
    }
}
