//! The scroll bar: one column at the right of a transcript that is longer than its pane, with the share that is seen.
//!
//! Shares are reckoned in bytes of text, which are known without laying anything out; those of turns that have ended
//! are added up once.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Place, Walk};
use crate::{
    app::{Find, Order},
    chat::{
        Answer, AnswerId, Conversation, ConversationId, Path, ReadingPart, ReadingPosition, Turn,
    },
};

/// Narrower and lower panes have no use for it.
const COLUMNS: u16 = 24;
const ROWS: u16 = 4;
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
        let letter = self.pane.letter;
        let mut bytes = self.cache.bytes.remove(&letter).unwrap_or_default();
        self.add_up(&mut bytes);
        let before = self.bytes_before(from, &bytes);
        let total = bytes.total();
        let inside = end.map_or(total, |end| self.bytes_before(end, &bytes));
        let above = from != Place::START;
        let thumb = thumb(
            usize::from(area.height),
            before,
            inside.saturating_sub(before),
            total,
            above,
            end.is_some(),
        );
        let find = self.pane.find.as_ref();
        let found = find.map_or_else(BTreeSet::new, |find| {
            self.found_rows(find, usize::from(area.height), &bytes)
        });
        self.cache.bytes.insert(letter, bytes);
        let palette = &self.cache.palette;
        for (row, y) in (area.y..area.bottom()).enumerate() {
            let (mark, style) = match (thumb.contains(&row), found.contains(&row)) {
                (true, true) => ("╋", palette.scroll_match),
                (true, false) => ("┃", palette.scroll_thumb),
                (false, true) => ("━", palette.scroll_match),
                (false, false) => continue,
            };
            buffer.set_string(area.right() - 1, y, mark, style);
        }
        true
    }

    /// Adds up what came since.
    fn add_up(&self, bytes: &mut Bytes) {
        let conversation = self.conversation;
        if !bytes.is_of(conversation, self.width, &self.pane.folds) {
            *bytes = Bytes {
                of: Some((conversation.id, conversation.way().clone())),
                width: self.width,
                folds: self.pane.folds.clone(),
                ..Bytes::default()
            };
        }
        bytes.before.truncate(bytes.ended + 1);
        for turn in (bytes.ended..).map_while(|turn| self.turn(turn)) {
            let before = bytes.total();
            let is_live = turn.shown_answer().is_some_and(Answer::is_live);
            if !is_live && bytes.before.len() == bytes.ended + 1 {
                bytes.ended += 1;
            }
            bytes.before.push(before + self.bytes_of(turn));
        }
    }

    fn bytes_of(&self, turn: &Turn) -> usize {
        let [prompt, reasoning, content] = self.texts(turn);
        prompt + reasoning + content + usize::from(self.width) * ROWS_OF_TURN
    }

    /// Bytes of prompt, of reasoning that is shown, and of the answer.
    fn texts(&self, turn: &Turn) -> [usize; 3] {
        let answer = turn.shown_answer();
        let reasoning = answer.filter(|answer| !self.is_folded(answer));
        [
            turn.said().len(),
            reasoning.map_or(0, |answer| answer.reasoning.len()),
            answer.map_or(0, |answer| answer.content.len()),
        ]
    }

    /// The rows of the bar in whose share of the text something was found: a look-up for each row, however much was
    /// found.
    fn found_rows(&self, find: &Find, rows: usize, bytes: &Bytes) -> BTreeSet<usize> {
        let mut found_rows = BTreeSet::new();
        let total = bytes.total().max(1);
        let mut next = 0;
        while next < rows {
            let first = (next * total).div_ceil(rows);
            let found = self.order_at(first, bytes);
            let found = found.and_then(|order| find.first_from(Some(order)));
            let Some((turn, at)) = found.and_then(|at| {
                let place = self.conversation.place_of(at.turn)?;
                Some((place, at))
            }) else {
                break;
            };
            let inside = self.turn(turn).map_or(0, |turn| self.bytes_in(turn, at));
            let byte = bytes.before(turn) + inside;
            let row = (byte.saturating_mul(rows) / total).min(rows - 1);
            found_rows.insert(row);
            next = row.max(next) + 1;
        }
        found_rows
    }

    /// The place of the text at a byte.
    fn order_at(&self, byte: usize, bytes: &Bytes) -> Option<Order> {
        let turn = bytes.turn_at(byte);
        let [prompt, reasoning, _] = self.texts(self.turn(turn)?);
        let inside = byte - bytes.before(turn);
        let (part, byte) = match inside.checked_sub(prompt) {
            None | Some(0) => (ReadingPart::Prompt, inside),
            Some(behind) if behind <= reasoning => (ReadingPart::Reasoning, behind),
            Some(behind) => (ReadingPart::Answer, behind - reasoning),
        };
        Some((turn, part, byte))
    }

    fn bytes_before(&mut self, place: Place, bytes: &Bytes) -> usize {
        let inside = match (self.turn(place.turn), self.position(place)) {
            (Some(turn), Some(at)) => self.bytes_in(turn, at),
            _ => 0,
        };
        bytes.before(place.turn) + inside
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

/// Bytes of everything that can be scrolled over in a pane.
#[derive(Debug)]
pub(super) struct Bytes {
    of: Option<(ConversationId, Path)>,
    width: u16,
    folds: BTreeMap<AnswerId, bool>,
    /// Bytes before each turn, and at last before the end.
    before: Vec<usize>,
    /// Turns up to the first that may still grow.
    ended: usize,
}

impl Default for Bytes {
    fn default() -> Self {
        Self {
            of: None,
            width: 0,
            folds: BTreeMap::new(),
            before: vec![0],
            ended: 0,
        }
    }
}

impl Bytes {
    /// Whether what is added up still holds.
    fn is_of(
        &self,
        conversation: &Conversation,
        width: u16,
        folds: &BTreeMap<AnswerId, bool>,
    ) -> bool {
        let is_same = |(id, way): &(ConversationId, Path)| {
            *id == conversation.id && conversation.way().is_unchanged(way)
        };
        self.of.as_ref().is_some_and(is_same) && self.width == width && self.folds == *folds
    }

    fn total(&self) -> usize {
        self.before.last().copied().unwrap_or_default()
    }

    fn before(&self, turn: usize) -> usize {
        self.before.get(turn).copied().unwrap_or_default()
    }

    /// The turn in which a byte is.
    fn turn_at(&self, byte: usize) -> usize {
        let after = self.before.partition_point(|&before| before <= byte);
        after.saturating_sub(1)
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
