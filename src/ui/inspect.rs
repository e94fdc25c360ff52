//! Draws the inspector over the whole screen: its pages, what went over the wire, and the line in which text is looked for.
//!
//! What is shown of it was made safe where it was recorded.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
};

use super::{draw, overlay, theme::Palette};
use crate::{
    app::{
        INDENT, InspectLine, InspectPage, Inspected, Inspector, LineKind, Model, Room, places,
        wrapped,
    },
    text::{self, SafeText},
};

/// What the box takes of its width and of its height.
const FRAME: (u16, u16) = (4, 2);
/// The row with the pages, and the one with what is looked for.
const HEAD: u16 = 1;
const FOOT: u16 = 1;

/// Columns and rows for text on such a screen.
pub(super) fn room(screen: Rect) -> Room {
    let columns = screen.width.saturating_sub(FRAME.0).max(1);
    let rows = screen.height.saturating_sub(FRAME.1 + HEAD + FOOT).max(1);
    Room {
        columns: columns.into(),
        rows: rows.into(),
    }
}

/// Draws it; the cursor stands where letters go.
pub(super) fn draw(
    model: &Model,
    palette: &Palette,
    inspector: &Inspector,
    screen: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let room = room(screen);
    let (line, row, before, all) = inspector.place(room);
    let mut parts = vec![
        "Tab page".to_owned(),
        "/ find".to_owned(),
        "y copies".to_owned(),
    ];
    parts.insert(0, "Esc closes".to_owned());
    if all > room.rows {
        let last = (before + room.rows).min(all);
        parts.insert(0, format!("{}-{last} of {all}", before + 1));
        parts.push("j k scroll".to_owned());
    }
    let foot = overlay::foot(&parts, screen.width);
    let title = title(model, inspector);
    let title = text::truncate(&title, usize::from(screen.width).saturating_sub(6));
    let (width, height) = (screen.width, screen.height);
    let inner = overlay::panel(&title, &foot, width, height, palette, screen, buffer);
    if inner.is_empty() {
        return None;
    }
    draw::put_line(
        buffer,
        inner.x,
        inner.y,
        &pages(palette, inspector),
        inner.width,
    );
    let below = Rect {
        y: inner.y + HEAD,
        height: inner.height.saturating_sub(HEAD + FOOT),
        ..inner
    };
    let rows = match inspector.state {
        Inspected::Here => shown(palette, inspector, (line, row), room),
        Inspected::Waiting => vec![Line::styled("one moment…", palette.dim)],
        Inspected::Gone => gone(palette, room),
    };
    draw::put_lines(buffer, below, rows.iter());
    let y = inner.bottom().saturating_sub(FOOT);
    looked_for(
        palette,
        inspector,
        Rect {
            y,
            height: FOOT,
            ..inner
        },
        buffer,
    )
}

fn title(model: &Model, inspector: &Inspector) -> String {
    let pane = model.panes.iter().find(|pane| {
        let last = model.last_answer(pane);
        last.is_some_and(|answer| answer.id == inspector.answer)
    });
    let about = pane.map_or(String::new(), |pane| {
        format!(" · {} {}", pane.letter, SafeText::line(&pane.variant.model))
    });
    let parts = model.answer(inspector.answer).map_or(0, |a| a.parts.len());
    format!("Over the wire{about} · {}", inspector.answer.request(parts))
}

fn pages(palette: &Palette, inspector: &Inspector) -> Line<'static> {
    let mut spans = Vec::new();
    for page in InspectPage::ALL {
        let style = if page == inspector.page {
            palette.selected
        } else {
            palette.dim
        };
        spans.push(Span::styled(format!(" {} ", page.word()), style));
        spans.push(Span::raw(" "));
    }
    Line::from(spans)
}

fn gone(palette: &Palette, room: Room) -> Vec<Line<'static>> {
    let sentence = "Nothing is kept of this answer: it is one of an earlier run, or many came after it. \
                    Ask again, or start with --debug-http FILE, which keeps everything.";
    let wrapped = super::format::wrap(sentence, room.columns).into_iter();
    wrapped.map(|row| Line::styled(row, palette.dim)).collect()
}

/// The rows from the top on.
fn shown(
    palette: &Palette,
    inspector: &Inspector,
    (first, row): (usize, usize),
    room: Room,
) -> Vec<Line<'static>> {
    let needle = inspector.needle();
    let lines = inspector.lines().iter().skip(first);
    let rows = lines.flat_map(|line| rows(palette, line, &needle, room.columns));
    rows.skip(row).take(room.rows).collect()
}

/// A line in rows, with what is looked for marked.
fn rows(palette: &Palette, line: &InspectLine, needle: &str, columns: usize) -> Vec<Line<'static>> {
    let found = places(&line.text, needle);
    let (lead, lead_style, style) = match line.kind {
        LineKind::Heading => (0, palette.strong, palette.strong),
        LineKind::Header(name) => (name, palette.key, palette.text),
        LineKind::Event(_, lead) => (lead, palette.dim, palette.text),
        LineKind::Text => (0, palette.text, palette.text),
        LineKind::Note => (0, palette.dim, palette.dim),
    };
    let [_, mark] = palette.find;
    let style_at = |at: usize| -> Style {
        let base = if at < lead { lead_style } else { style };
        if found.iter().any(|place| place.contains(&at)) {
            base.patch(mark)
        } else {
            base
        }
    };
    let mut edges: Vec<usize> = found.iter().flat_map(|p| [p.start, p.end]).collect();
    edges.push(lead);
    edges.sort_unstable();
    let rows = wrapped(&line.text, columns).into_iter().enumerate();
    let row = |(number, bytes): (usize, std::ops::Range<usize>)| {
        let mut spans = Vec::new();
        if number > 0 {
            spans.push(Span::raw(" ".repeat(INDENT)));
        }
        let inside = edges.iter().copied().filter(|edge| bytes.contains(edge));
        let mut from = bytes.start;
        for to in inside.chain([bytes.end]) {
            let part = line.text.get(from..to).unwrap_or_default();
            if !part.is_empty() {
                spans.push(Span::styled(part.to_owned(), style_at(from)));
            }
            from = to.max(from);
        }
        Line::from(spans)
    };
    rows.map(row).collect()
}

/// What is looked for, and in how many lines it stands.
fn looked_for(
    palette: &Palette,
    inspector: &Inspector,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    if !inspector.is_typed && inspector.query.is_empty() {
        return None;
    }
    let count = match inspector.found() {
        _ if inspector.query.is_empty() => String::new(),
        0 => "not found".to_owned(),
        1 => "1 line".to_owned(),
        lines => format!("{lines} lines, n N go on"),
    };
    let room = usize::from(area.width);
    let query = SafeText::line(&inspector.query).into_string();
    let typed = text::truncate(&query, room.saturating_sub(text::width(&count) + 4));
    let line = Line::from(vec![
        Span::styled(format!("/{typed}"), palette.strong),
        Span::styled(format!("  {count}"), palette.dim),
    ]);
    draw::put_line(buffer, area.x, area.y, &line, area.width);
    let at = u16::try_from(1 + text::width(&typed)).ok()?;
    let cursor = Position::new(area.x + at.min(area.width.saturating_sub(1)), area.y);
    inspector.is_typed.then_some(cursor)
}
