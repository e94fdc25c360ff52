//! The scroll bar: one column at the right of a transcript that is longer than its pane, with the share that is seen.
//!
//! Shares are reckoned in bytes of text, which are known without laying anything out.

use std::{collections::BTreeSet, ops::Range};

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Place, Walk};
use crate::chat::{ReadingPart, ReadingPosition, Turn};

/// Narrower and lower panes have no use for it.
const COLUMNS: u16 = 24;
const ROWS: u16 = 4;
/// The texts of a turn, in the order of [`Walk::texts`].
const TEXTS: [ReadingPart; 3] = [
    ReadingPart::Prompt,
    ReadingPart::Reasoning,
    ReadingPart::Answer,
];
/// Rows of a turn that are not its text: blanks, figures.
const ROWS_OF_TURN: usize = 4;

impl Walk<'_> {
    /// Draws the bar of a screen from `from` up to `end`, if there is more than it; false where there is no bar.
    pub(super) fn draw_bar(
        &mut self,
        from: Place,
        end: Option<Place>,
        area: Rect,
        buffer: &mut Buffer,
    ) -> bool {
        let is_all = from == Place::START && end.is_none();
        if is_all || area.width < COLUMNS || area.height < ROWS || !self.model.settings.scroll_bar {
            return false;
        }
        let before = self.bytes_before(from);
        let total = self.bytes();
        let inside = match end {
            Some(end) => self.bytes_before(end).saturating_sub(before),
            None => total.saturating_sub(before),
        };
        let above = from != Place::START;
        let thumb = thumb(
            usize::from(area.height),
            before,
            inside,
            total,
            above,
            end.is_some(),
        );
        let found = self.found_rows(usize::from(area.height), total);
        let palette = &self.cache.palette;
        for (row, y) in (area.y..area.bottom()).enumerate() {
            let (mark, style) = match (thumb.contains(&row), found.contains(&row)) {
                (true, true) => ("▐", palette.scroll_match),
                (true, false) => ("▐", palette.scroll_thumb),
                (false, true) => ("━", palette.scroll_match),
                (false, false) => continue,
            };
            buffer.set_string(area.right() - 1, y, mark, style);
        }
        true
    }

    /// Bytes of everything that can be scrolled over.
    fn bytes(&self) -> usize {
        self.turns.iter().map(|turn| self.bytes_of(turn)).sum()
    }

    fn bytes_of(&self, turn: &Turn) -> usize {
        let [prompt, reasoning, content] = self.texts(turn);
        prompt + reasoning + content + usize::from(self.width) * ROWS_OF_TURN
    }

    /// Bytes of prompt, of reasoning that is shown, and of the answer.
    pub(super) fn texts(&self, turn: &Turn) -> [usize; 3] {
        let answer = turn.shown_answer();
        let reasoning = answer.filter(|answer| !self.is_folded(answer));
        [
            turn.text.len(),
            reasoning.map_or(0, |answer| answer.reasoning.len()),
            answer.map_or(0, |answer| answer.content.len()),
        ]
    }

    /// The rows of the bar in whose share of the text something was found: a look-up for each row and text, however
    /// much was found.
    fn found_rows(&self, rows: usize, total: usize) -> BTreeSet<usize> {
        let mut found_rows = BTreeSet::new();
        let Some(find) = &self.pane.find else {
            return found_rows;
        };
        let total = total.max(1);
        let row_of = |byte: usize| (byte.saturating_mul(rows) / total).min(rows - 1);
        let mut begin = 0;
        for (place, turn) in self.turns.iter().enumerate() {
            let mut at = begin;
            for (part, len) in TEXTS.into_iter().zip(self.texts(turn)) {
                let starts = find
                    .found(place, turn.id, part)
                    .map_or(&[][..], |f| f.starts);
                let mut next = 0;
                while let Some(&start) = starts.get(next) {
                    let row = row_of(at + start.min(len));
                    found_rows.insert(row);
                    // The first byte of the next row.
                    let beyond = ((row + 1) * total).div_ceil(rows);
                    let after = starts.partition_point(|&start| at + start < beyond);
                    if after <= next || row == rows - 1 {
                        break;
                    }
                    next = after;
                }
                at += len;
            }
            begin += self.bytes_of(turn);
        }
        found_rows
    }

    fn bytes_before(&mut self, place: Place) -> usize {
        let turns = self.turns.iter().take(place.turn);
        let turns: usize = turns.map(|turn| self.bytes_of(turn)).sum();
        let at = self.position(place);
        turns
            + self
                .turns
                .get(place.turn)
                .map_or(0, |turn| self.bytes_in(turn, at))
    }

    /// Bytes of a turn above a place in it.
    fn bytes_in(&self, turn: &Turn, at: ReadingPosition) -> usize {
        let [prompt, reasoning, content] = self.texts(turn);
        match at.part {
            ReadingPart::Prompt => at.byte.min(prompt),
            ReadingPart::Thinking => prompt,
            ReadingPart::Reasoning => prompt + at.byte.min(reasoning),
            ReadingPart::Answer => prompt + reasoning + at.byte.min(content),
            ReadingPart::Footer => prompt + reasoning + content,
        }
    }
}

/// The rows of the thumb. It touches an end only where there is nothing beyond.
fn thumb(
    rows: usize,
    before: usize,
    inside: usize,
    total: usize,
    above: bool,
    below: bool,
) -> Range<usize> {
    let total = total.max(1);
    let room = rows - usize::from(above) - usize::from(below);
    let length = (inside.saturating_mul(rows) / total).clamp(1, room);
    let last = rows - length - usize::from(below);
    let first = if below {
        (before.saturating_mul(rows) / total).clamp(usize::from(above), last)
    } else {
        last
    };
    first..first + length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumb_touches_an_end_only_at_the_end() {
        let check = |before, inside, above, below, expected: Range<usize>| {
            let found = thumb(10, before, inside, 1_000, above, below);
            assert_eq!(found, expected, "{inside} after {before}");
        };
        check(0, 200, false, true, 0..2);
        check(1, 200, true, true, 1..3);
        check(500, 200, true, true, 5..7);
        check(799, 200, true, true, 7..9);
        check(800, 200, true, false, 8..10);
        check(5, 990, true, true, 1..9);
        check(500, 0, true, true, 5..6);
        check(0, 0, false, true, 0..1);
    }
}
