//! Draws the sentences that go away by themselves, in rows of their own between the panes and the composer.
//!
//! They take the empty row there first, so that a short one moves nothing; what is being read is never covered.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{format, theme::Palette};
use crate::{
    app::{Model, Notice, Tone},
    text::SafeText,
};

/// More at once nobody reads; the newest are shown.
const AT_ONCE: usize = 3;

/// Rows that the notices want at `width` columns.
pub(super) fn rows(model: &Model, width: u16) -> u16 {
    let all = shown(model)
        .map(|notice| wrapped(notice, width).len())
        .sum::<usize>();
    u16::try_from(all).unwrap_or(u16::MAX)
}

/// Draws them, the newest at the bottom; where there is too little room the oldest rows are left out.
pub(super) fn draw(model: &Model, palette: &Palette, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let lines: Vec<Line<'_>> = shown(model)
        .flat_map(|notice| lines(notice, palette, area.width))
        .collect();
    let skipped = lines.len().saturating_sub(usize::from(area.height));
    super::clear(area, buffer);
    buffer.set_style(area, palette.raised);
    for (line, y) in lines.iter().skip(skipped).zip(area.y..) {
        buffer.set_line(area.x, y, line, area.width);
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
    let (mark, style) = match notice.tone {
        Tone::Info => ("·", palette.info),
        Tone::Warning => ("!", palette.warning),
        Tone::Error => ("✗", palette.error),
    };
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
