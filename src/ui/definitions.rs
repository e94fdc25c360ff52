//! Draws what the figures mean: each with its value or the reason for its dash, its sentence, its formula and what it
//! cannot know. Letters that are typed look for something in them.
//!
//! The words are `metrics`'; the values are those of the focused pane's last answer.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{
    draw, format, overlay,
    sidebar::readings::{self, Shown},
    theme::Palette,
};
use crate::{
    app::{Definitions, Model, Overlay},
    metrics::{DEFINITIONS, Definition, SYMBOLS},
    text,
};

/// Wider boxes are harder to read, not easier.
const WIDTH: u16 = 96;
/// What the box takes of its width and of its height, and the rows of the query with the empty one below it.
const FRAME: (u16, u16) = (4, 2);
const HEAD: u16 = 2;
/// Columns before what is said about a figure.
const INDENT: usize = 2;

/// Draws them; the cursor stands where letters go.
pub(super) fn draw(
    model: &Model,
    palette: &Palette,
    asked: &Definitions,
    screen: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let rows = rows(model, palette, asked, inner_width(screen));
    let room = room(screen);
    let top = asked.top.min(rows.len().saturating_sub(room));
    let mut foot = vec!["Esc closes".to_owned()];
    if rows.len() > room {
        let last = (top + room).min(rows.len());
        foot.insert(0, format!("{}-{last} of {}", top + 1, rows.len()));
        foot.push("↑ ↓ PgUp PgDn scroll".to_owned());
    }
    let foot = overlay::foot(&foot, WIDTH.min(screen.width));
    let title = "What the figures mean";
    let inner = overlay::panel(title, &foot, WIDTH, height(screen), palette, screen, buffer);
    if inner.is_empty() {
        return None;
    }
    let columns = usize::from(inner.width);
    let query = text::SafeText::line(&asked.query);
    let (line, at) = if asked.query.is_empty() {
        let hint = text::truncate("type to search", columns).into_owned();
        (Line::styled(hint, palette.dim), 0)
    } else {
        let (shown, at) = text::take_columns(query.as_str(), columns.saturating_sub(1));
        (Line::styled(shown.to_owned(), palette.text), at)
    };
    draw::put_line(buffer, inner.x, inner.y, &line, inner.width);
    let below = Rect {
        y: (inner.y + HEAD).min(inner.bottom()),
        height: inner.height.saturating_sub(HEAD),
        ..inner
    };
    draw::put_lines(buffer, below, rows.iter().skip(top));
    let at = u16::try_from(at).unwrap_or(0);
    Some(Position::new(inner.x + at, inner.y))
}

/// The last row that they can begin with, while they are open.
pub(super) fn end(model: &Model, palette: &Palette, screen: Rect) -> usize {
    let Some(Overlay::Definitions(asked)) = model.overlays.last() else {
        return 0;
    };
    let rows = rows(model, palette, asked, inner_width(screen));
    rows.len().saturating_sub(room(screen))
}

fn height(screen: Rect) -> u16 {
    screen
        .height
        .saturating_sub(u16::from(screen.height > 16) * 2)
}

fn inner_width(screen: Rect) -> usize {
    usize::from(WIDTH.min(screen.width).saturating_sub(FRAME.0))
}

fn room(screen: Rect) -> usize {
    usize::from(height(screen).saturating_sub(FRAME.1 + HEAD))
}

fn rows(model: &Model, palette: &Palette, asked: &Definitions, width: usize) -> Vec<Line<'static>> {
    let readings = readings::of(model);
    let mut rows = Vec::new();
    for figure in DEFINITIONS {
        if asked.finds(&[
            figure.label,
            figure.key,
            figure.unit,
            figure.sentence,
            figure.unknown,
        ]) {
            if !rows.is_empty() {
                rows.push(Line::default());
            }
            let shown = readings.as_ref().and_then(|r| r.get(figure.key));
            entry(figure, shown, palette, width, &mut rows);
        }
    }
    let symbols = SYMBOLS
        .iter()
        .filter(|(symbol, sentence)| asked.finds(&[symbol, sentence, "symbols"]));
    for (place, (symbol, sentence)) in symbols.enumerate() {
        if place == 0 {
            if !rows.is_empty() {
                rows.push(Line::default());
            }
            rows.push(Line::styled("SYMBOLS", palette.heading));
        }
        said(
            &format!("{symbol:<3} "),
            sentence,
            palette,
            width,
            &mut rows,
        );
    }
    if rows.is_empty() {
        let query = text::SafeText::line(asked.query.trim());
        let sentence = format!("no figure matches {query}: Ctrl-U empties the line");
        let wrapped = format::wrap(&sentence, width).into_iter();
        rows.extend(wrapped.map(|row| Line::styled(row, palette.dim)));
    }
    rows
}

/// One figure: its name and value, and below it all that is said.
fn entry(
    figure: &Definition,
    shown: Option<Shown>,
    palette: &Palette,
    width: usize,
    rows: &mut Vec<Line<'static>>,
) {
    let mut left = vec![Span::styled(figure.label, palette.strong)];
    if !figure.unit.is_empty() {
        left.push(Span::styled(format!(" {}", figure.unit), palette.dim));
    }
    let used: usize = left.iter().map(Span::width).sum();
    let mut reason = None;
    match shown {
        Some(Shown::Value(value)) if used + 2 + text::width(&value) <= width => {
            left.push(Span::raw(" ".repeat(width - used - text::width(&value))));
            left.push(Span::styled(value, palette.value));
        }
        Some(Shown::Value(value)) => reason = Some(("= ", value)),
        Some(Shown::Missing(why)) => reason = Some(("– ", why.to_owned())),
        None => {}
    }
    rows.push(Line::from(left));
    if let Some((sign, words)) = reason {
        said(sign, &words, palette, width, rows);
    }
    let wrapped = format::wrap(figure.sentence, width.saturating_sub(INDENT));
    let indented = |row: String| format!("{}{row}", " ".repeat(INDENT));
    rows.extend(
        wrapped
            .into_iter()
            .map(|r| Line::styled(indented(r), palette.text)),
    );
    if !figure.formula.is_empty() {
        said("= ", figure.formula, palette, width, rows);
    }
    if !figure.unknown.is_empty() {
        said("! ", figure.unknown, palette, width, rows);
    }
}

/// A dim sentence behind a sign; further rows stand below its first word.
fn said(sign: &str, words: &str, palette: &Palette, width: usize, rows: &mut Vec<Line<'static>>) {
    let before = INDENT + text::width(sign);
    for (place, row) in format::wrap(words, width.saturating_sub(before))
        .into_iter()
        .enumerate()
    {
        let sign = if place == 0 { sign } else { "" };
        let lead = format!("{:INDENT$}{sign:<1$}", "", before - INDENT);
        rows.push(Line::styled(format!("{lead}{row}"), palette.dim));
    }
}
