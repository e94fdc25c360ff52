//! The answers of the session together: percentiles with the number of samples each is of, and how times are spread.
//!
//! Of the focused pane's model where several were asked: mixed percentiles say nothing about either. Percentiles that
//! would be the largest sample alone are not shown.

use std::time::Duration;

use ratatui::text::{Line, Span};

use super::{
    Room, budget, chart, ends, quota,
    rows::{DASH, Rows, stack},
};
use crate::{
    app::Model,
    metrics::{Asked, Distribution, Quantiles, Tally},
    text,
    ui::format,
};

/// From so many samples on there is a percentile.
const P90_FROM: u64 = 10;
const P99_FROM: u64 = 100;
/// From so many samples on there is a shape to see.
const SHAPE_FROM: u64 = 5;
/// Bars of a histogram at least, and at most.
const BARS: (usize, usize) = (8, 48);

/// The rows of the view.
pub(super) fn lines(model: &Model, room: Room<'_>) -> Vec<Line<'static>> {
    let mut sections = sections(model, room);
    if sections.is_empty() {
        let mut rows = Rows::new(room, "SESSION");
        rows.text(&format!("{DASH} no answer has ended yet"));
        sections.push(rows.finish());
    }
    sections.extend(budget::section(model, room));
    sections.extend(quota::section(model, room));
    stack(&sections, room)
}

/// Percentiles and histograms, as soon as there is an answer.
pub(super) fn sections(model: &Model, room: Room<'_>) -> Vec<Vec<Line<'static>>> {
    let variant = &model.pane().variant;
    let asked = Asked {
        profile: variant.profile.clone(),
        model: variant.model.clone(),
    };
    let is_one = model.tallies.models().count() == 1;
    let tally = if is_one {
        Some(model.tallies.all())
    } else {
        model.tallies.of(&asked)
    };
    let Some(tally) = tally.filter(|tally| tally.answers > 0) else {
        return Vec::new();
    };
    let heading = if is_one { "SESSION" } else { "SESSION, MODEL" };
    let mut sections = vec![percentiles(tally, heading, room)];
    sections.extend(histogram("TTFT", &tally.ttft, room));
    sections.extend(histogram("INTER-CHUNK GAPS", &tally.gaps, room));
    sections
}

/// A figure of the table in its own unit.
struct Figure {
    label: &'static str,
    count: u64,
    /// p50, p90, p99.
    values: [String; 3],
}

impl Figure {
    fn of<T: Copy>(
        label: &'static str,
        quantiles: Option<Quantiles<T>>,
        number: impl Fn(T) -> String,
    ) -> Option<Self> {
        let Quantiles {
            count,
            p50,
            p90,
            p99,
            ..
        } = quantiles?;
        let from = |least: u64, value: T| {
            if count >= least {
                number(value)
            } else {
                DASH.to_owned()
            }
        };
        Some(Self {
            label,
            count,
            values: [number(p50), from(P90_FROM, p90), from(P99_FROM, p99)],
        })
    }
}

/// The table. Where it is too narrow for all columns, those without a figure go first, then p90, then n.
fn percentiles(tally: &Tally, heading: &'static str, room: Room<'_>) -> Vec<Line<'static>> {
    let millis = |time: Duration| millis(time);
    let seconds = |time: Duration| format!("{:.2}", time.as_secs_f64());
    let (speed, clock) = if tally.speed_server.count() > 0 {
        (&tally.speed_server, "tok/s")
    } else {
        (&tally.speed_wall, "wall t/s")
    };
    let figures: Vec<Figure> = [
        Figure::of("TTFT ms", tally.ttft.quantiles(), millis),
        Figure::of("TPOT ms", tally.tpot.quantiles(), millis),
        Figure::of(clock, speed.quantiles(), format::rate),
        Figure::of("total s", tally.e2e.quantiles(), seconds),
    ]
    .into_iter()
    .flatten()
    .collect();
    let counts = (
        "n",
        figures
            .iter()
            .map(|f| format::short_count(f.count))
            .collect(),
    );
    let percentile = |name, place: usize| {
        let cells = figures.iter().map(|f| f.values[place].clone());
        (name, cells.collect::<Vec<_>>())
    };
    let mut columns: Vec<(&str, Vec<String>)> = vec![
        counts,
        percentile("p50", 0),
        percentile("p90", 1),
        percentile("p99", 2),
    ];
    let widest = |(name, cells): &(&str, Vec<String>)| {
        let cells = cells.iter().map(|cell| text::width(cell));
        cells.chain([text::width(name)]).max().unwrap_or(0)
    };
    let label = figures.iter().map(|f| f.label.len()).max().unwrap_or(0);
    let needed = |columns: &[(&str, Vec<String>)]| {
        label + columns.iter().map(|c| widest(c) + 1).sum::<usize>()
    };
    let is_blank = |(_, cells): &(&str, Vec<String>)| cells.iter().all(|cell| cell == DASH);
    while needed(&columns) > room.width && columns.len() > 1 {
        let blank = columns.iter().rposition(is_blank);
        let second = columns.iter().position(|(name, _)| *name == "p90");
        let gone = blank.or(second).unwrap_or(0);
        columns.remove(gone);
    }
    // What is left of the room goes between the columns, so that they fill the row.
    let air = (room.width.saturating_sub(needed(&columns)) / columns.len().max(1)).min(3);
    let widths: Vec<usize> = columns.iter().map(|c| widest(c) + 1 + air).collect();
    let table = widths.iter().sum::<usize>();
    let palette = room.palette;
    let mut head = String::new();
    for ((name, _), width) in columns.iter().zip(&widths) {
        head.push_str(&format!("{name:>width$}"));
    }
    let mut rows = Rows::bare(room);
    // A heading that would touch the columns' names has a row of its own.
    let head = Span::styled(head, palette.dim);
    if text::width(heading) < room.width.saturating_sub(table) + 1 {
        let heading = Span::styled(heading, palette.heading);
        rows.line(ends(vec![heading], head, room.width));
    } else {
        rows.line(Line::styled(heading, palette.heading));
        rows.line(ends(Vec::new(), head, room.width));
    }
    for (place, figure) in figures.iter().enumerate() {
        let mut cells = vec![Span::styled(figure.label, palette.dim)];
        let gap = room.width.saturating_sub(text::width(figure.label) + table);
        cells.push(Span::raw(" ".repeat(gap)));
        for ((name, values), width) in columns.iter().zip(&widths) {
            let value = values.get(place).map_or(DASH, String::as_str);
            let style = if *name == "n" || value == DASH {
                palette.dim
            } else {
                palette.value
            };
            cells.push(Span::styled(format!("{value:>width$}"), style));
        }
        rows.line(Line::from(cells));
    }
    rows.finish()
}

/// How times are spread: bars of which each reaches further than the one before by the same factor, and its two ends.
fn histogram(
    heading: &'static str,
    times: &Distribution,
    room: Room<'_>,
) -> Option<Vec<Line<'static>>> {
    if times.count() < SHAPE_FROM {
        return None;
    }
    let palette = room.palette;
    let n = format!("n {}", format::short_count(times.count()));
    let mut rows = Rows::headed(room, heading, Span::styled(n, palette.dim));
    // More bars than samples would be a comb.
    let wanted = usize::try_from(times.count()).unwrap_or(usize::MAX) / 2;
    let bars = wanted.clamp(BARS.0, BARS.1.min(room.width));
    let bins = times.bins(bars);
    let cell = (room.width / bins.len().max(1)).max(1);
    let values: Vec<f64> = bins
        .iter()
        .flat_map(|bin| std::iter::repeat_n(bin.count as f64, cell))
        .collect();
    for row in chart::columns(&values) {
        rows.line(Line::styled(row, palette.value));
    }
    let (first, last) = (bins.first()?.from, bins.last()?.to);
    let first = Span::styled(format::time_text(first), palette.dim);
    let last = Span::styled(format::time_text(last), palette.dim);
    rows.line(ends(vec![first], last, values.len().min(room.width)));
    Some(rows.finish())
}

/// Milliseconds with three digits.
fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1e3;
    match millis {
        // What would be rounded up to the next form is written in it.
        ..9.995 => format!("{millis:.2}"),
        ..99.95 => format!("{millis:.1}"),
        _ => format::rate(millis),
    }
}
