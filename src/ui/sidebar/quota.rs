//! What is left of the quota of the focused pane's model, as bars.
//!
//! What is left, and where that is known from, is `app`'s.

use ratatui::text::Line;

use super::{Room, rows::Rows};
use crate::{
    app::Model,
    chat::{Unit, quota::Source},
    ui::format,
};

/// The section, where anything is known.
pub(super) fn section(model: &Model, room: Room<'_>) -> Option<Vec<Line<'static>>> {
    let pane = model.pane();
    let gauges: Vec<_> = [(Unit::Requests, "req.   "), (Unit::Tokens, "tokens ")]
        .into_iter()
        .filter_map(|(unit, label)| Some((model.gauge(&pane.variant, unit)?, label)))
        .collect();
    let (gauge, _) = gauges.last()?;
    let heading = match gauge.source {
        Source::Own => "LEFT OF YOUR LIMITS",
        Source::Preset => "LEFT (PRESET)",
        Source::Old => "LEFT (OLD)",
        Source::Server => "LEFT THIS MINUTE",
    };
    let mut rows = Rows::new(room, heading);
    let of = |n: u64| format::short_count(n);
    let counts = gauges
        .iter()
        .map(|(gauge, _)| (of(gauge.left), of(gauge.limit)));
    let counts: Vec<_> = counts.collect();
    // Both bars begin and end in the same columns.
    let longest = |texts: fn(&(String, String)) -> usize| counts.iter().map(texts).max();
    let left = longest(|(left, _)| left.len()).unwrap_or(0);
    let limit = longest(|(_, limit)| limit.len()).unwrap_or(0);
    for ((gauge, label), (some, all)) in gauges.iter().zip(&counts) {
        let share = gauge.left as f64 / gauge.limit.max(1) as f64;
        let words = format!(" {some:>left$} of {all:>limit$}");
        rows.gauge(label, share, room.palette.accent(pane.letter), words);
    }
    Some(rows.finish())
}
