//! Marks where text came after a silence: a sign left of the row, and how long it lasted where the row has room for it.
//!
//! Marks stand in columns that are free; they change no row, no height and no copy.

use std::time::Duration;

use ratatui::{buffer::Buffer, layout::Rect};

use super::{super::draw, Part, Place, RowRef, Rows, Walk, paint::text_of};
use crate::{text, ui::format};

/// What stands for a silence.
const MARK: &str = "⋯";
/// Columns between a row's text and the time.
const GAP: usize = 2;

/// The silences before a row: when there are several, how long they were together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Silence {
    row: usize,
    lasted: Duration,
    count: usize,
}

impl Walk<'_> {
    /// The silences of a part, in the order of its rows. Costs as much as there are.
    pub(super) fn silences(&mut self, place: Place, rows: &Rows) -> Vec<Silence> {
        let mut silences: Vec<Silence> = Vec::new();
        let Some(threshold) = self.model.settings.stall else {
            return silences;
        };
        let (Part::Block(text, block), Some(answer)) =
            (self.part(place.turn, place.part), self.answer(place.turn))
        else {
            return silences;
        };
        let span = self.cache.span(answer, text, block, self.pane.raw);
        let bytes = span.received(span.from)..span.received(span.to);
        let stalls = answer.timeline.stalls_in(text.channel(), bytes, threshold);
        for stall in stalls {
            let row = rows.row_at(span.shown(stall.byte));
            match silences.last_mut() {
                Some(last) if last.row == row => {
                    last.lasted += stall.lasted;
                    last.count += 1;
                }
                _ => silences.push(Silence {
                    row,
                    lasted: stall.lasted,
                    count: 1,
                }),
            }
        }
        silences
    }

    /// Marks the silence before a row that is drawn already.
    pub(super) fn mark_silence(
        &self,
        silences: &[Silence],
        row: usize,
        rows: &Rows,
        area: Rect,
        buffer: &mut Buffer,
    ) {
        let Some(silence) = silences.iter().find(|silence| silence.row == row) else {
            return;
        };
        let dim = self.cache.palette.dim;
        draw::put(buffer, area.x + 1, area.y, MARK, 1, dim);
        let used = match rows.get(row) {
            Some(RowRef::Row(row)) => row.width(),
            _ => 0,
        };
        let label = silence.label();
        let room = text_of(area);
        let free = usize::from(room.width).saturating_sub(used);
        let Ok(width) = u16::try_from(text::width(&label)) else {
            return;
        };
        if usize::from(width) + GAP <= free {
            let x = room.right() - width;
            draw::put(buffer, x, area.y, &label, width, dim);
        }
    }
}

impl Silence {
    fn label(&self) -> String {
        let time = format::time_text(self.lasted);
        match self.count {
            1 => time,
            count => format!("{time} in {count}"),
        }
    }
}

/// Which bytes of a text a block holds, and how places of the text as it was received become those of what is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Bytes of the text made safe.
    pub(super) from: usize,
    pub(super) to: usize,
    /// How long the text was as received, and made safe. They differ where something unsafe was in it: places are then
    /// right to a row or so.
    pub(super) lengths: (usize, usize),
}

impl Span {
    fn received(self, shown: usize) -> u64 {
        let (received, safe) = self.lengths;
        scaled(shown as u64, received, safe)
    }

    fn shown(self, received: u64) -> usize {
        let (all, safe) = self.lengths;
        usize::try_from(scaled(received, safe, all)).unwrap_or(usize::MAX)
    }
}

fn scaled(place: u64, by: usize, of: usize) -> u64 {
    if by == of || place == u64::MAX {
        return place;
    }
    let scaled = u128::from(place) * by as u128 / of.max(1) as u128;
    u64::try_from(scaled).unwrap_or(u64::MAX)
}
