//! Rows on a screen: the cells hold what the row says, and as many of them as it says.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use waferdeck::markdown::Row;
use waferdeck::text::graphemes;

use super::text::assert_visible;

/// Every row fits, shows nothing but visible characters, and fills exactly the cells that it counts.
#[track_caller]
pub(super) fn assert_drawn(rows: &[Row], columns: u16) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, 1));
    for row in rows {
        assert!(
            row.width() <= usize::from(columns),
            "{} columns in {columns}: {row:?}",
            row.width()
        );
        assert_visible(&row.text());
        buffer.reset();
        let spans = row.spans.iter().map(|span| Span::raw(&*span.text));
        let line: Line<'_> = spans.collect();
        let (end, _) = buffer.set_line(0, 0, &line, columns);
        assert_eq!(usize::from(end), row.width(), "{row:?}");
        assert_cells(&buffer, row);
    }
}

#[track_caller]
fn assert_cells(buffer: &Buffer, row: &Row) {
    let mut cells = buffer.content().iter().map(ratatui::buffer::Cell::symbol);
    let spans = row.spans.iter().flat_map(|span| graphemes(&span.text));
    for (grapheme, columns) in spans.filter(|(_, columns)| *columns > 0) {
        assert_eq!(cells.next(), Some(grapheme), "{row:?}");
        let hidden = cells.by_ref().take(columns - 1);
        assert!(hidden.eq(std::iter::repeat_n(" ", columns - 1)), "{row:?}");
    }
    assert!(
        cells.all(|cell| cell == " "),
        "cells after the end: {row:?}"
    );
}
