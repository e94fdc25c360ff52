//! The typography of the sidebar: labels at the left, numbers right-aligned before a column of units, dashes with their
//! reasons. A number is never cut; its label gives way.

use std::time::Duration;

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::{Room, chart};
use crate::{metrics::Reading, text, ui::format};

/// What is shown where a figure is missing.
pub(super) const DASH: &str = "–";
/// A space and the widest unit.
const UNIT: usize = 6;
/// From this width on values stand in two columns.
const TWO_COLUMNS: usize = 50;
/// A shorter bar says nothing.
const LEAST_BAR: usize = 3;
/// Between two columns of values.
const GAP: usize = 3;

/// A label and its shorter form, for narrow sidebars.
pub(super) type Label = (&'static str, &'static str);

/// One figure with its label.
pub(super) struct Value {
    label: Label,
    /// A sign before the label that stands for it elsewhere.
    mark: Option<Span<'static>>,
    number: String,
    unit: &'static str,
    is_main: bool,
}

impl Value {
    /// A figure that is known.
    pub(super) fn new(label: Label, number: impl Into<String>, unit: &'static str) -> Self {
        Self {
            label,
            mark: None,
            number: number.into(),
            unit,
            is_main: false,
        }
    }

    /// A count, if it is known.
    pub(super) fn count(label: Label, count: Option<u64>) -> Self {
        Self::new(
            label,
            count.map_or_else(|| DASH.to_owned(), format::count),
            "",
        )
    }

    /// A figure, or a dash.
    pub(super) fn reading(label: Label, reading: Reading<(String, &'static str)>) -> Self {
        match reading {
            Ok((number, unit)) => Self::new(label, number, unit),
            Err(_) => Self::missing(label),
        }
    }

    /// A time, or a dash.
    pub(super) fn time(label: Label, reading: Reading<Duration>) -> Self {
        Self::reading(label, reading.map(format::time))
    }

    /// A dash: the definitions say why.
    pub(super) fn missing(label: Label) -> Self {
        Self::new(label, DASH, "")
    }

    /// The number that matters.
    pub(super) fn main(self) -> Self {
        Self {
            is_main: true,
            ..self
        }
    }

    /// With the sign that stands for it in a bar.
    pub(super) fn marked(self, glyph: &'static str, style: Style) -> Self {
        Self {
            mark: Some(Span::styled(format!("{glyph} "), style)),
            ..self
        }
    }
}

/// One section: a heading and what stands below it.
pub(super) struct Rows<'a> {
    room: Room<'a>,
    lines: Vec<Line<'static>>,
}

impl<'a> Rows<'a> {
    /// A section without a heading.
    pub(super) fn bare(room: Room<'a>) -> Self {
        Self {
            room,
            lines: Vec::new(),
        }
    }

    /// A section with its heading.
    pub(super) fn new(room: Room<'a>, heading: &'static str) -> Self {
        let mut rows = Self::bare(room);
        rows.line(Line::styled(heading, room.palette.heading));
        rows
    }

    /// A section whose heading has something at its right.
    pub(super) fn headed(room: Room<'a>, heading: &'static str, right: Span<'static>) -> Self {
        let mut rows = Self::bare(room);
        let is_wide = text::width(heading) + right.width() < room.width;
        let heading = Span::styled(heading, room.palette.heading);
        if is_wide {
            rows.line(super::ends(vec![heading], right, room.width));
        } else {
            rows.line(Line::from(heading));
            rows.line(super::ends(Vec::new(), right, room.width));
        }
        rows
    }

    /// A row as it is.
    pub(super) fn line(&mut self, line: Line<'static>) {
        self.lines.push(line);
    }

    /// A quiet sentence.
    pub(super) fn text(&mut self, sentence: &str) {
        for row in format::wrap(sentence, self.room.width) {
            self.line(Line::styled(row, self.room.palette.dim));
        }
    }

    /// Values below each other, in two columns where there is room.
    pub(super) fn values(&mut self, values: impl IntoIterator<Item = Value>) {
        let values: Vec<Value> = values.into_iter().collect();
        let columns = if self.room.width >= TWO_COLUMNS { 2 } else { 1 };
        let width = (self.room.width + GAP) / columns - GAP;
        for row in values.chunks(columns) {
            let mut spans = Vec::new();
            for value in row {
                if !spans.is_empty() {
                    spans.push(Span::raw(" ".repeat(GAP)));
                }
                self.value(value, width, &mut spans);
            }
            self.line(Line::from(spans));
        }
    }

    /// A bar that is filled to `share`, what is left of it dim, with a few words behind it that are never cut.
    pub(super) fn gauge(&mut self, label: &'static str, share: f64, style: Style, words: String) {
        let palette = self.room.palette;
        let around = text::width(label) + text::width(&words) + 1;
        let cells = self.room.width.saturating_sub(around);
        let mut spans = vec![Span::styled(label, palette.dim)];
        if cells >= LEAST_BAR {
            spans.push(Span::styled(chart::bar(share, cells), style));
            let rest = cells.saturating_sub(spans.last().map_or(0, Span::width));
            spans.push(Span::styled(chart::TRACK.repeat(rest), palette.rule));
        }
        let words = Span::styled(words, palette.value);
        self.line(super::ends(spans, words, self.room.width));
    }

    /// The rows of the section.
    pub(super) fn finish(self) -> Vec<Line<'static>> {
        self.lines
    }

    fn value(&self, value: &Value, width: usize, spans: &mut Vec<Span<'static>>) {
        let palette = self.room.palette;
        let mark = value.mark.as_ref().map_or(0, Span::width);
        let fixed = mark + text::width(&value.number);
        let (long, short) = value.label;
        // A number without a unit may stand in the units' column before its label is cut.
        let room = match width.saturating_sub(UNIT) {
            room if value.unit.is_empty() && fixed + 1 + text::width(short) > room => width,
            room => room,
        };
        let for_label = room.saturating_sub(fixed + 1);
        let label = if text::width(long) <= for_label {
            long.into()
        } else {
            text::truncate(short, for_label)
        };
        let gap = room.saturating_sub(fixed + text::width(&label));
        let style = if value.is_main {
            palette.headline
        } else {
            palette.value
        };
        let unit_width = width.saturating_sub(room);
        spans.extend(value.mark.clone());
        spans.push(Span::styled(label.into_owned(), palette.dim));
        spans.push(Span::raw(" ".repeat(gap)));
        spans.push(Span::styled(value.number.clone(), style));
        if unit_width > 0 {
            let unit = format!(" {:<1$}", value.unit, unit_width - 1);
            spans.push(Span::styled(unit, palette.dim));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Theme,
        ui::{ColorDepth, Palette},
    };

    fn written(width: usize, write: impl FnOnce(&mut Rows<'_>)) -> Vec<String> {
        let palette = Palette::new(&Theme::default(), ColorDepth::None);
        let mut rows = Rows::bare(Room {
            palette: &palette,
            width,
            height: 99,
        });
        write(&mut rows);
        rows.finish().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn labels_give_way_and_numbers_never_do() {
        let value = || Value::new(("first answer", "first ans"), "168.2", "ms");
        let one = |width| written(width, |rows| rows.values([value()]));
        assert_eq!(one(24), ["first answer 168.2 ms   "]);
        assert_eq!(one(21), ["first ans 168.2 ms   "]);
        assert_eq!(one(18), ["first… 168.2 ms   "]);
        let money = |width| {
            written(width, |rows| {
                rows.values([Value::new(("session", "sess"), "$123.45678", "")]);
            })
        };
        assert_eq!(money(24), ["session $123.45678      "]);
        assert_eq!(money(18), ["session $123.45678"]);
        assert_eq!(money(14), ["se… $123.45678"]);
    }

    #[test]
    fn wide_rows_hold_two_values() {
        let values = || ["1", "22", "333"].map(|n| Value::new(("n", "n"), n, "ms"));
        let rows = written(50, |rows| rows.values(values()));
        assert_eq!(
            rows,
            [
                "n               1 ms      n              22 ms   ",
                "n             333 ms   "
            ]
        );
        assert_eq!(written(49, |rows| rows.values(values())).len(), 3);
    }

    #[test]
    fn a_gauge_gives_up_its_bar_before_its_words() {
        let gauge = |width, share| {
            written(width, |rows| {
                rows.gauge("req. ", share, Style::default(), "28 of 30".to_owned());
            })
        };
        assert_eq!(gauge(24, 0.5), ["req. █████░░░░░ 28 of 30"]);
        assert_eq!(gauge(17, 1.0), ["req. ███ 28 of 30"]);
        assert_eq!(gauge(16, 1.0), ["req.    28 of 30"]);
    }
}
