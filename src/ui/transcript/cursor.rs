//! The line of a selection: which row it is in, where that row begins and ends, and what is drawn over it.
//!
//! Rows of text can be selected; lines of ours and the blanks between blocks are passed by.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Part, Place, RowRef, Rows, Walk, paint::text_of};
use crate::{
    app::{Extent, Select, SelectedRow, Spot, Taken},
    chat::ReadingPosition,
    markdown::Row,
};

/// What of a transcript is selected.
pub(super) struct Selected {
    cursor: Place,
    taken: Option<Range>,
}

#[derive(Clone, Copy)]
enum Range {
    /// From row to row, both taken.
    Rows(Place, Place),
    /// From a row on, as far as rows begin before the end of a piece.
    Piece(Place, Extent),
}

impl Walk<'_> {
    /// Finds the row of the line, and the top from which it is seen.
    pub(super) fn select(&mut self, select: &Select, top: Place) -> (Selected, Place) {
        let cursor = self.cursor(select, top);
        let height = i64::try_from(self.height).unwrap_or(i64::MAX);
        let top = if cursor < top {
            cursor
        } else if cursor >= self.moved(top, height) {
            self.moved(cursor, 1 - height)
        } else {
            top
        };
        let taken = match &select.taken {
            Taken::Nothing => None,
            Taken::Rows(row) => self
                .find(row.at)
                .map(|other| Range::Rows(cursor.min(other), cursor.max(other))),
            Taken::Piece(extent) | Taken::Code(extent, _) => self
                .find(ReadingPosition {
                    part: extent.part,
                    byte: extent.start,
                    ..ReadingPosition::start_of(extent.turn)
                })
                .map(|first| Range::Piece(first, *extent)),
        };
        (Selected { cursor, taken }, top)
    }

    fn cursor(&mut self, select: &Select, top: Place) -> Place {
        let height = i64::try_from(self.height).unwrap_or(i64::MAX);
        let bottom = self.moved(top, height - 1);
        let middle = |walk: &mut Self| walk.moved(top, height / 2);
        let mut place = match select.cursor.from {
            Spot::Middle => middle(self),
            Spot::Near(at) => match self.find(at) {
                Some(place) if (top..=bottom).contains(&place) => place,
                _ => middle(self),
            },
            Spot::At(at) => self.find(at).unwrap_or(top),
            Spot::First => Place::START,
            Spot::Last => self.last_row(),
        };
        if !self.is_text(place) {
            place = self
                .next_text(place, 1)
                .or_else(|| self.next_text(place, -1))
                .unwrap_or(place);
        }
        let step = i64::from(select.cursor.rows.signum());
        for _ in 0..select.cursor.rows.unsigned_abs() {
            match self.next_text(place, step) {
                Some(next) => place = next,
                None => break,
            }
        }
        place
    }

    fn is_text(&mut self, place: Place) -> bool {
        let is_ours = matches!(
            self.part(place.turn, place.part),
            Part::Thinking | Part::Footer
        );
        let rows = self.layout(place.turn, place.part);
        !is_ours && matches!(rows.get(place.row), Some(RowRef::Row(_)))
    }

    /// The nearest row of text in a direction.
    fn next_text(&mut self, from: Place, step: i64) -> Option<Place> {
        let mut place = from;
        loop {
            let next = self.moved(place, step);
            if next == place {
                return None;
            }
            if self.is_text(next) {
                return Some(next);
            }
            place = next;
            // What was not read has no text, however many rows stand for it.
            let rows = self.layout(next.turn, next.part);
            if rows.is_unread() {
                place.row = if step > 0 { rows.len() - 1 } else { 0 };
            }
        }
    }

    /// The row of the line with the bytes that it shows.
    pub(super) fn selected_row(&mut self) -> Option<SelectedRow> {
        let place = self.selected.as_ref()?.cursor;
        let rows = self.layout(place.turn, place.part);
        let Some(RowRef::Row(row)) = rows.get(place.row) else {
            return None;
        };
        let next = self.next_start(place).filter(|&next| next > row.start);
        let at = self.position(place)?;
        let Part::Block(text, _) = self.part(place.turn, place.part) else {
            let source = self.cache.prompt(self.turn(place.turn)?).source();
            return Some(SelectedRow {
                at,
                end: end_of(row, next, source),
                block_start: 0,
                block_end: source.len(),
            });
        };
        let answer = self.answer(place.turn)?;
        let block = self.cache.block_range(answer, text, row.start);
        let source = self.cache.source(answer, text);
        Some(SelectedRow {
            at,
            end: end_of(row, next, source),
            block_start: block.start,
            block_end: block.end,
        })
    }

    /// Where the next row of the same text begins.
    fn next_start(&mut self, place: Place) -> Option<usize> {
        let next = self.next_text(place, 1)?;
        let text = |walk: &mut Self, place: Place| walk.part(place.turn, place.part).reading();
        let is_same = next.turn == place.turn && text(self, next) == text(self, place);
        match self.layout(next.turn, next.part).get(next.row) {
            Some(RowRef::Row(row)) if is_same => Some(row.start),
            _ => None,
        }
    }

    /// Draws what is selected over a row that is drawn already.
    pub(super) fn draw_selected(
        &mut self,
        place: Place,
        rows: &Rows,
        area: Rect,
        buffer: &mut Buffer,
    ) {
        let (Some(selected), Some(RowRef::Row(row))) = (&self.selected, rows.get(place.row)) else {
            return;
        };
        let is_cursor = place == selected.cursor;
        let is_taken = match selected.taken {
            None => false,
            Some(Range::Rows(first, last)) => (first..=last).contains(&place),
            Some(Range::Piece(first, extent)) => {
                place >= first
                    && row.start < extent.end
                    && self.is_part_of(place, extent.turn, extent.part)
            }
        };
        if !is_cursor && !is_taken {
            return;
        }
        let [taken, cursor] = self.cache.palette.selection;
        let (mark, style) = if is_cursor {
            ("▸", cursor)
        } else {
            ("▌", taken)
        };
        buffer.set_style(text_of(area), style);
        buffer.set_string(
            area.x,
            area.y,
            mark,
            self.cache.palette.accent(self.pane.letter),
        );
    }
}

/// Where a row ends in the source: where the next one begins, and not beyond its own line.
fn end_of(row: &Row, next: Option<usize>, source: &str) -> usize {
    let shown = row.spans.iter().rev();
    let shown = shown.filter_map(|span| Some(span.from? + span.text.len()));
    let shown = shown.max().unwrap_or(row.start).max(row.start);
    let rest = source.get(shown..).unwrap_or_default();
    let line = rest
        .find('\n')
        .map_or(source.len(), |newline| shown + newline);
    next.map_or(line, |next| next.min(line))
}
