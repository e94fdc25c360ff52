//! Draws the sentences that go away by themselves, in rows of their own between the panes and the composer.
//!
//! They take the empty row there first, so that a short one moves nothing; what is being read is never covered.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{draw, format, theme::Palette};
use crate::{
    app::{Model, Notice, Tone},
    text::{self, SafeText},
};

/// More at once nobody reads; the newest are shown.
const AT_ONCE: usize = 3;

/// Rows that the notices want at `width` columns. Below a dialog they want none.
pub(super) fn rows(model: &Model, width: u16) -> u16 {
    if !model.overlays.is_empty() {
        return 0;
    }
    let all = shown(model)
        .map(|notice| wrapped(notice, width).len())
        .sum::<usize>();
    u16::try_from(all).unwrap_or(u16::MAX)
}

/// Draws them, the newest at the bottom, each whole; where there is too little room the oldest are left out.
pub(super) fn draw(model: &Model, palette: &Palette, area: Rect, buffer: &mut Buffer) {
    let all: Vec<Vec<Line<'_>>> = shown(model)
        .map(|notice| lines(notice, palette, area.width))
        .collect();
    let mut room = usize::from(area.height);
    let fitting = all.iter().rev().enumerate().take_while(|(place, lines)| {
        // Of the newest at least its beginning is shown.
        let fits = lines.len() <= room || *place == 0;
        room = room.saturating_sub(lines.len());
        fits
    });
    let skipped = all.len() - fitting.count();
    let lines: Vec<&Line<'_>> = all.iter().skip(skipped).flatten().collect();
    let height = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .min(area.height);
    let area = Rect {
        y: area.bottom() - height,
        height,
        ..area
    };
    if area.is_empty() {
        return;
    }
    super::clear(area, buffer);
    buffer.set_style(area, palette.raised);
    draw::put_lines(buffer, area, lines);
}

/// Draws the newest one, as much of it as fits into one row: the dialog above has the room.
pub(super) fn draw_last(model: &Model, palette: &Palette, area: Rect, buffer: &mut Buffer) {
    let Some(notice) = model.notices.last().filter(|_| !area.is_empty()) else {
        return;
    };
    let (mark, style) = mark(notice.tone, palette);
    let sentence = SafeText::line(&notice.text);
    let room = usize::from(area.width.saturating_sub(4));
    let line = Line::from(vec![
        Span::styled(format!(" {mark} "), style),
        Span::styled(text::truncate(sentence.as_str(), room), palette.text),
    ]);
    super::clear(area, buffer);
    draw::put_line(buffer, area.x, area.y, &line, area.width);
}

fn mark(tone: Tone, palette: &Palette) -> (&'static str, Style) {
    match tone {
        Tone::Info => ("·", palette.info),
        Tone::Warning => ("!", palette.warning),
        Tone::Error => ("✗", palette.error),
    }
}

fn shown(model: &Model) -> impl Iterator<Item = &Notice> {
    let skipped = model.notices.len().saturating_sub(AT_ONCE);
    model.notices.iter().skip(skipped)
}

fn wrapped(notice: &Notice, width: u16) -> Vec<String> {
    let sentence = SafeText::line(&notice.text);
    format::wrap(
        sentence.as_str(),
        usize::from(width.saturating_sub(6)).max(1),
    )
}

fn lines(notice: &Notice, palette: &Palette, width: u16) -> Vec<Line<'static>> {
    let (mark, style) = mark(notice.tone, palette);
    let rows = wrapped(notice, width).into_iter().enumerate();
    rows.map(|(i, row)| {
        let (mark, style) = if i == 0 {
            (mark, style)
        } else {
            (" ", Style::default())
        };
        Line::from(vec![
            Span::styled(format!(" {mark} "), style),
            Span::styled(row, palette.text),
        ])
    })
    .collect()
}
