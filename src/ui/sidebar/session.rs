//! The answers of the session together: percentiles with the number of samples each is of, and how times are spread.
//!
//! Of the focused pane's model where several were asked: mixed percentiles say nothing about either. Percentiles that
//! would be the largest sample alone are dashes.

use std::time::Duration;

use ratatui::text::{Line, Span};

use super::{
    Room, budget, chart, ends, quota,
    rows::{DASH, Rows},
    stack::Sections,
};
use crate::{
    app::Model,
    metrics::{Asked, Distribution, P90_FROM, P99_FROM, Quantiles, Tally},
    text::{self, SafeText},
    ui::format,
};

/// From so many samples on there is a shape to see.
const SHAPE_FROM: u64 = 5;
/// Bars of a histogram at least, and at most.
const BARS: (usize, usize) = (8, 48);

/// The sections of the view.
pub(super) fn view(model: &Model, room: Room<'_>) -> Sections {
    let mut sections = sections(model, room);
    if sections.is_empty() {
        let mut rows = Rows::new(room, "SESSION");
        rows.text(&format!("{DASH} no answer has ended yet"));
        sections.push(rows.finish());
    }
    sections.extend(budget::section(model, room));
    sections.extend(quota::section(model, room));
    Sections::new(sections)
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
    let mut sections = Vec::new();
    sections.extend(percentiles(tally, heading, room));
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
    fn of<T>(
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
        let cell = |value: Option<T>| value.map_or_else(|| DASH.to_owned(), &number);
        Some(Self {
            label,
            count,
            values: [number(p50), cell(p90), cell(p99)],
        })
    }
}

/// The table's column of one name.
struct Column {
    name: &'static str,
    cells: Vec<String>,
}

impl Column {
    fn width(&self) -> usize {
        let cells = self.cells.iter().map(|cell| text::width(cell));
        cells.chain([self.name.len()]).max().unwrap_or(0) + 1
    }

    fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell == DASH)
    }
}

fn figures(tally: &Tally) -> Vec<Figure> {
    let seconds = |time: Duration| format!("{:.2}", time.as_secs_f64());
    let (speed, clock) = if tally.speed_server.count() > 0 {
        (&tally.speed_server, "tok/s")
    } else {
        (&tally.speed_wall, "wall t/s")
    };
    let figures = [
        Figure::of("TTFT ms", tally.ttft.quantiles(), millis),
        Figure::of("TPOT ms", tally.tpot.quantiles(), millis),
        Figure::of(clock, speed.quantiles(), format::rate),
        Figure::of("total s", tally.e2e.quantiles(), seconds),
    ];
    figures.into_iter().flatten().collect()
}

/// The columns that fit beside labels of so many columns. Those without a figure go first, then n, which the heading
/// then says or a row below, then p90.
fn columns(figures: &[Figure], label: usize, width: usize) -> Vec<Column> {
    let counts = figures.iter().map(|f| format::short_count(f.count));
    let mut columns = vec![Column {
        name: "n",
        cells: counts.collect(),
    }];
    columns.extend(
        ["p50", "p90", "p99"]
            .into_iter()
            .enumerate()
            .map(|(place, name)| {
                let cells = figures.iter().filter_map(|f| f.values.get(place).cloned());
                Column {
                    name,
                    cells: cells.collect(),
                }
            }),
    );
    while label + columns.iter().map(Column::width).sum::<usize>() > width && columns.len() > 1 {
        let named = |name| columns.iter().position(|c| c.name == name);
        let blank = columns.iter().rposition(Column::is_blank);
        let gone = blank.or_else(|| named("n")).or_else(|| named("p90"));
        columns.remove(gone.unwrap_or(columns.len() - 1));
    }
    columns
}

/// The table of percentiles, once there is one.
fn percentiles(tally: &Tally, heading: &'static str, room: Room<'_>) -> Option<Vec<Line<'static>>> {
    let palette = room.palette;
    let figures = figures(tally);
    let least = figures.iter().map(|f| f.count).min()?;
    let most = figures.iter().map(|f| f.count).max()?;
    let label = figures.iter().map(|f| f.label.len()).max()?;
    let columns = columns(&figures, label, room.width);
    // What is left of the room goes between the columns.
    let needed = label + columns.iter().map(Column::width).sum::<usize>();
    let air = (room.width.saturating_sub(needed) / columns.len().max(1)).min(3);
    let table: usize = columns.iter().map(|c| c.width() + air).sum();
    let names = columns
        .iter()
        .map(|c| format!("{:>1$}", c.name, c.width() + air));
    let head = Span::styled(names.collect::<String>(), palette.dim);
    let has_counts = columns.iter().any(|c| c.name == "n");
    let is_alike = least == most;
    let mut rows = if has_counts || !is_alike {
        Rows::headed(room, heading, head)
    } else {
        let n = format!("n {}", format::short_count(least));
        let mut rows = Rows::headed(room, heading, Span::styled(n, palette.dim));
        rows.line(ends(Vec::new(), head, room.width));
        rows
    };
    for (place, figure) in figures.iter().enumerate() {
        let gap = room.width.saturating_sub(text::width(figure.label) + table);
        let mut cells = vec![
            Span::styled(figure.label, palette.dim),
            Span::raw(" ".repeat(gap)),
        ];
        for column in &columns {
            let value = column.cells.get(place).map_or(DASH, String::as_str);
            let is_dim = column.name == "n" || value == DASH;
            let style = if is_dim { palette.dim } else { palette.value };
            let width = column.width() + air;
            cells.push(Span::styled(format!("{value:>width$}"), style));
        }
        rows.line(Line::from(cells));
    }
    if !has_counts && !is_alike {
        for row in format::rows_of_parts(&counts(&figures), room.width) {
            rows.line(Line::styled(row, palette.dim));
        }
    }
    if columns.iter().any(Column::is_blank) || most < P99_FROM {
        rows.text(&format!("p90 from n {P90_FROM}, p99 from n {P99_FROM} on"));
    }
    Some(rows.finish())
}

/// How many samples figures are of, those of the same number together.
fn counts(figures: &[Figure]) -> Vec<SafeText> {
    let mut parts: Vec<(u64, Vec<&str>)> = Vec::new();
    for figure in figures {
        // Without its unit.
        let name = figure.label.split(' ').next().unwrap_or_default();
        match parts.iter_mut().find(|(count, _)| *count == figure.count) {
            Some((_, names)) => names.push(name),
            None => parts.push((figure.count, vec![name])),
        }
    }
    let parts = parts.into_iter().map(|(count, names)| {
        let n = format::short_count(count);
        SafeText::line(&format!("n {n}: {}", names.join(", ")))
    });
    parts.collect()
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
