//! What is left of the quotas of the models that panes ask, as bars.
//!
//! What is left, and where that is known from, is `app`'s.

use ratatui::text::{Line, Span};

use super::{
    Room, is_same_model,
    rows::{DASH, Rows},
};
use crate::{
    app::{Model, Pane},
    chat::{
        Bucket, Unit,
        quota::{Gauge, Source},
    },
    text::{self, SafeText},
    ui::format,
};

/// Columns of what a bar counts.
const LABEL: usize = 7;

/// The section of the focused pane's model, where anything is known.
pub(super) fn section(model: &Model, room: Room<'_>) -> Option<Vec<Line<'static>>> {
    of(model, model.pane(), false, room)
}

/// A section for each model that panes ask, the focused pane's first.
pub(super) fn sections(model: &Model, room: Room<'_>) -> Vec<Vec<Line<'static>>> {
    let mut asking = vec![model.pane()];
    for pane in &model.panes {
        let is_known = |known: &&Pane| is_same_model(&known.variant, &pane.variant);
        if !asking.iter().any(is_known) {
            asking.push(pane);
        }
    }
    let is_named = asking.len() > 1;
    let sections = asking
        .into_iter()
        .map(|pane| of(model, pane, is_named, room));
    sections.flatten().collect()
}

/// What a bar counts; of a minute where it says nothing else.
fn label(gauge: Gauge) -> &'static str {
    match (gauge.unit, gauge.bucket) {
        (Unit::Requests, Bucket::Minute) => "req.   ",
        (Unit::Requests, Bucket::Hour) => "req./h ",
        (Unit::Requests, Bucket::Day) => "req./d ",
        (Unit::Tokens, Bucket::Minute) => "tokens ",
        (Unit::Tokens, Bucket::Hour) => "tok./h ",
        (Unit::Tokens, Bucket::Day) => "tok./d ",
    }
}

/// What stands between the two counts of a bar, which have so many columns, in a row of `width`: a row that is too long
/// would lose the unit of its last count, and say another number.
fn between(left: usize, limit: usize, width: usize) -> &'static str {
    let words = " of ";
    if LABEL + 1 + left + words.len() + limit <= width {
        words
    } else {
        "/"
    }
}

fn of(model: &Model, pane: &Pane, is_named: bool, room: Room<'_>) -> Option<Vec<Line<'static>>> {
    let gauges: Vec<_> = [Unit::Requests, Unit::Tokens]
        .into_iter()
        .flat_map(|unit| model.gauges(&pane.variant, unit))
        .map(|gauge| (gauge, label(gauge)))
        .collect();
    let odd = [(Unit::Requests, "requests"), (Unit::Tokens, "tokens")]
        .into_iter()
        .filter(|(unit, _)| model.is_odd_quota(&pane.variant, *unit));
    let odd: Vec<&str> = odd.map(|(_, word)| word).collect();
    let source = match gauges.last() {
        Some((gauge, _)) => gauge.source,
        None if odd.is_empty() => return None,
        None => Source::Server,
    };
    let is_minute = gauges.iter().all(|(g, _)| g.bucket == Bucket::Minute);
    let heading = match source {
        Source::Own => "LEFT OF YOUR LIMITS",
        Source::Preset => "LEFT (PRESET)",
        Source::Old => "LEFT (OLD)",
        Source::Server if is_minute => "LEFT THIS MINUTE",
        Source::Server => "LEFT",
    };
    let mut rows = if is_named {
        let name = SafeText::line(&pane.variant.model);
        let name = text::truncate(name.as_str(), room.width).into_owned();
        Rows::headed(room, heading, Span::styled(name, room.palette.dim))
    } else {
        Rows::new(room, heading)
    };
    let of = |n: u64| format::short_count(n);
    let counts = gauges
        .iter()
        .map(|(gauge, _)| (of(gauge.left), of(gauge.limit)));
    let counts: Vec<_> = counts.collect();
    // Both bars begin and end in the same columns.
    let longest = |texts: fn(&(String, String)) -> usize| counts.iter().map(texts).max();
    let left = longest(|(left, _)| left.len()).unwrap_or(0);
    let limit = longest(|(_, limit)| limit.len()).unwrap_or(0);
    let between = between(left, limit, room.width);
    for ((gauge, label), (some, all)) in gauges.iter().zip(&counts) {
        let share = gauge.left as f64 / gauge.limit.max(1) as f64;
        let words = format!(" {some:>left$}{between}{all:>limit$}");
        rows.gauge(label, share, room.palette.accent(pane.letter), words);
    }
    if !odd.is_empty() {
        let odd = odd.join(" and ");
        rows.text(&format!(
            "{odd} {DASH}: what the server's headers say cannot be true"
        ));
    }
    Some(rows.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::format::short_count;

    #[test]
    fn no_count_loses_its_unit_in_the_narrowest_sidebar() {
        // 24 columns, of which the frame takes three.
        let width = 21;
        for (some, all) in [(999_999_999, 999_999_999), (5, 999_999_999), (4, 5)] {
            let (some, all) = (short_count(some), short_count(all));
            let between = between(some.len(), all.len(), width);
            let row = LABEL + 1 + some.len() + between.len() + all.len();
            assert!(row <= width, "{some}{between}{all}");
        }
        assert_eq!(between(5, 5, width), "/");
        assert_eq!(between(4, 5, width), " of ");
        for unit in [Unit::Requests, Unit::Tokens] {
            for bucket in [Bucket::Minute, Bucket::Hour, Bucket::Day] {
                let gauge = Gauge {
                    unit,
                    bucket,
                    limit: 1,
                    left: 1,
                    source: Source::Own,
                };
                assert_eq!(label(gauge).len(), LABEL);
            }
        }
    }
}
