//! Figures as people read them: thousands, times, rates, money. Nothing here knows where a figure comes from.
//!
//! Units come apart from their numbers, so that the screen can dim them.

use std::time::Duration;

use crate::text::{self, SafeText};

/// A count with thousands separators: `12,345`.
pub(crate) fn count(n: u64) -> String {
    text::grouped(n)
}

/// So many tokens, in words: `1 token`, `12,345 tokens`.
pub(crate) fn tokens(n: u64) -> String {
    text::counted(n, "token", "tokens")
}

/// A large count in thousands: `30k`, `1.2M`; small ones as they are.
pub(crate) fn short_count(n: u64) -> String {
    match n {
        0..1_000 => n.to_string(),
        1_000..10_000 => trim(format!("{:.1}", n as f64 / 1e3)) + "k",
        10_000..1_000_000 => format!("{}k", n / 1_000),
        _ => trim(format!("{:.1}", n as f64 / 1e6)) + "M",
    }
}

fn trim(number: String) -> String {
    number
        .strip_suffix(".0")
        .map(str::to_owned)
        .unwrap_or(number)
}

/// A duration and its unit: three figures at most, so that columns do not jump.
pub(crate) fn time(duration: Duration) -> (String, &'static str) {
    let seconds = duration.as_secs_f64();
    match seconds {
        s if s < 0.01 => (format!("{:.2}", s * 1e3), "ms"),
        s if s < 0.1 => (format!("{:.1}", s * 1e3), "ms"),
        s if s < 1.0 => (format!("{:.0}", s * 1e3), "ms"),
        s if s < 60.0 => (format!("{s:.2}"), "s"),
        s => {
            let minutes = (s / 60.0).floor();
            let seconds = (s - 60.0 * minutes).floor();
            (format!("{minutes:.0}:{seconds:02.0}"), "min")
        }
    }
}

/// A duration with its unit.
pub(crate) fn time_text(duration: Duration) -> String {
    let (number, unit) = time(duration);
    format!("{number} {unit}")
}

/// A rate: whole above 100, one decimal below.
pub(crate) fn rate(per_second: f64) -> String {
    if per_second >= 100.0 {
        let whole = format!("{per_second:.0}");
        whole.parse().map_or(whole, count)
    } else {
        format!("{per_second:.1}")
    }
}

/// US dollars with as many decimals as a small sum needs.
pub(crate) fn usd(amount: f64) -> String {
    if amount >= 1.0 {
        format!("${amount:.2}")
    } else if amount >= 0.01 {
        format!("${amount:.3}")
    } else {
        format!("${amount:.5}")
    }
}

/// A sentence on rows of `columns` at most; words wrap, longer ones break.
pub(crate) fn wrap(sentence: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let mut rows = Vec::new();
    let mut row = String::new();
    for word in sentence.split_whitespace() {
        let gap = usize::from(!row.is_empty());
        if text::width(&row) + gap + text::width(word) <= columns {
            if gap == 1 {
                row.push(' ');
            }
            row.push_str(word);
            continue;
        }
        if !row.is_empty() {
            rows.push(std::mem::take(&mut row));
        }
        let mut rest = word;
        while text::width(rest) > columns {
            let (head, _) = text::take_columns(rest, columns);
            rows.push(head.to_owned());
            rest = rest.strip_prefix(head).unwrap_or_default();
        }
        rest.clone_into(&mut row);
    }
    if !row.is_empty() || rows.is_empty() {
        rows.push(row);
    }
    rows
}

/// Short parts with a dot between them, on rows of `columns`: a row ends between parts, never inside a figure.
pub(crate) fn rows_of_parts(parts: &[SafeText], columns: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for part in parts {
        match rows.last_mut() {
            Some(row) if text::width(row) + 3 + text::width(part.as_str()) <= columns => {
                row.push_str(" · ");
                row.push_str(part.as_str());
            }
            _ => rows.push(text::truncate(part.as_str(), columns).into_owned()),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_separators() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(short_count(999), "999");
        assert_eq!(short_count(4_137), "4.1k");
        assert_eq!(short_count(30_000), "30k");
        assert_eq!(short_count(1_000_000), "1M");
    }

    #[test]
    fn times_keep_three_figures() {
        let check = |micros: u64, text: &str| {
            assert_eq!(time_text(Duration::from_micros(micros)), text);
        };
        check(350, "0.35 ms");
        check(4_123, "4.12 ms");
        check(41_230, "41.2 ms");
        check(168_400, "168 ms");
        check(1_240_000, "1.24 s");
        check(125_000_000, "2:05 min");
    }

    #[test]
    fn money_is_never_rounded_to_nothing() {
        assert_eq!(usd(0.00123), "$0.00123");
        assert_eq!(usd(0.123), "$0.123");
        assert_eq!(usd(12.5), "$12.50");
    }

    #[test]
    fn sentences_wrap_by_words_and_break_long_ones() {
        assert_eq!(wrap("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
    }
}
