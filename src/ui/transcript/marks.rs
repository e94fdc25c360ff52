//! Marks in the rows that are drawn: what was found is laid over the cells that show it.
//!
//! Spans know where in the source they stand, so a place is found in any row that shows a part of it.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{super::theme::Palette, Window};
use crate::{app::Found, markdown::Row, text};

/// Marks what was found in a row of which `area` shows what `window` lets through.
pub(super) fn paint(
    row: &Row,
    found: Found<'_>,
    palette: &Palette,
    (area, window): (Rect, Window),
    buffer: &mut Buffer,
) {
    let mut column = 0;
    for span in &row.spans {
        let Some(from) = span.from else {
            column += text::width(&span.text);
            continue;
        };
        let first = found
            .starts
            .partition_point(|&start| found.end(start) <= from);
        let mut places = found.starts.iter().skip(first).copied().peekable();
        let end = from + span.text.len();
        if places.peek().is_none_or(|&start| start >= end) {
            column += text::width(&span.text);
            continue;
        }
        let mut byte = from;
        for (grapheme, width) in text::graphemes(&span.text) {
            let next = byte + grapheme.len();
            while places.next_if(|&start| found.end(start) <= byte).is_some() {}
            let seen = window.column(column).map(|x| area.x.saturating_add(x));
            if let Some(&start) = places.peek()
                && start < next
                && let Some(x) = seen.filter(|x| *x < area.right())
            {
                let style = palette.find[usize::from(found.current == Some(start))];
                let width = u16::try_from(width).unwrap_or(0).min(area.right() - x);
                buffer.set_style(Rect::new(x, area.y, width, 1), style);
            }
            column += width;
            byte = next;
        }
    }
}
