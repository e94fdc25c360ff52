//! Marks where text came after a silence: a sign left of the row, and how long it lasted where that row or one soon after
//! it has room.
//!
//! Marks stand in columns that are free; they change no row, no height and no copy.

use std::time::Duration;

use ratatui::{buffer::Buffer, layout::Rect};

use super::{super::draw, Part, Place, RowRef, Rows, Walk, paint::text_of};
use crate::{metrics::Channel, text, ui::format};

/// What stands for a silence.
const MARK: &str = "⋯";
/// Columns between a row's text and the time.
const GAP: usize = 2;
/// Where a row is full, one of so many from it on tells the time.
const NEAR: usize = 8;

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
        let received = match text.channel() {
            Channel::Content => &*answer.content,
            Channel::Reasoning => &*answer.reasoning,
        };
        // Text that went on with the blanks before this block went on here.
        let from = blanks_before(received, bytes.start);
        let stalls = answer.stalls_in(text.channel(), from..bytes.end, threshold);
        for (byte, lasted) in stalls {
            let byte = past_blanks(received, byte);
            if !bytes.contains(&byte) {
                continue;
            }
            let row = rows.row_at(span.shown(byte));
            match silences.last_mut() {
                Some(last) if last.row == row => {
                    last.lasted += lasted;
                    last.count += 1;
                }
                _ => silences.push(Silence {
                    row,
                    lasted,
                    count: 1,
                }),
            }
        }
        silences
    }

    /// Marks the silence before a row that is drawn already, and tells those that this row is to tell.
    pub(super) fn mark_silence(
        &self,
        (silences, told): (&[Silence], &[Told]),
        row: usize,
        area: Rect,
        buffer: &mut Buffer,
    ) {
        let dim = self.cache.palette.dim;
        if silences.iter().any(|silence| silence.row == row) {
            draw::put(buffer, area.x + 1, area.y, MARK, 1, dim);
        }
        if let Some(told) = told.iter().find(|told| told.row == row)
            && let Ok(width) = u16::try_from(text::width(&told.words))
        {
            let x = text_of(area).right().saturating_sub(width);
            draw::put(buffer, x, area.y, &told.words, width, dim);
        }
    }
}

/// Which rows tell how long silences lasted: their own where there is room, else one soon after, with those that come
/// before it.
pub(super) fn told(silences: &[Silence], rows: &Rows, area: Rect) -> Vec<Told> {
    let room = usize::from(text_of(area).width);
    let fits = |row: usize, words: &str| {
        let used = match rows.get(row) {
            Some(RowRef::Row(row)) => row.width(),
            _ => 0,
        };
        used + GAP + text::width(words) <= room
    };
    let mut told = Vec::new();
    let mut waiting = 0;
    for (i, silence) in silences.iter().enumerate() {
        let next = silences.get(i + 1).map_or(rows.len(), |next| next.row);
        let near = silence.row..next.min(silence.row + NEAR).min(rows.len());
        let group = silences.get(waiting..=i).unwrap_or_default();
        let found = near.into_iter().find_map(|row| {
            let all = words(group, row);
            let words = if fits(row, &all) {
                all
            } else {
                silence.words(row)
            };
            fits(row, &words).then_some(Told { row, words })
        });
        if let Some(found) = found {
            told.push(found);
            waiting = i + 1;
        }
    }
    told
}

/// What a row tells of silences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    row: usize,
    words: String,
}

fn words(silences: &[Silence], row: usize) -> String {
    let words: Vec<_> = silences.iter().map(|silence| silence.words(row)).collect();
    words.join(" ")
}

/// Where the blanks begin that stand before a place.
fn blanks_before(text: &str, byte: u64) -> u64 {
    let before = usize::try_from(byte).ok().and_then(|byte| text.get(..byte));
    before.map_or(byte, |before| before.trim_end().len() as u64)
}

/// The first place from `byte` on where something is to be seen; `byte` itself where nothing is.
fn past_blanks(text: &str, byte: u64) -> u64 {
    let rest = usize::try_from(byte).ok().and_then(|byte| text.get(byte..));
    let rest = rest.unwrap_or_default();
    match rest.trim_start().len() {
        0 => byte,
        seen => byte + (rest.len() - seen) as u64,
    }
}

impl Silence {
    /// How long it lasted, as a row says it; one that is not its own shows what is meant.
    fn words(&self, row: usize) -> String {
        let time = format::time_text(self.lasted);
        let mark = if row == self.row { "" } else { "⋯ " };
        match self.count {
            1 => format!("{mark}{time}"),
            count => format!("{mark}{time} in {count}"),
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
