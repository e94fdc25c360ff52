//! Places in a transcript: from where the reader stands to a part of a turn and a row of it, and by rows up and down.
//! Parts that are passed are laid out; what is drawn of them is `paint`'s.

use super::{COUNTED_NEW, Look, Owner, Part, Place, Text, Walk};
use crate::{
    app::Scroll,
    chat::{ReadingPart, ReadingPosition, TurnId},
};

impl Walk<'_> {
    /// Says where the reader looks, so that this is read first.
    pub(super) fn look(&mut self) {
        match self.pane.scroll {
            Scroll::Follow | Scroll::Back { .. } => self.cache.look(Look::Tail),
            Scroll::Top { .. } => self.cache.look(Look::Top),
            Scroll::At { at, .. } | Scroll::Show { at, .. } => self.look_at(at),
        }
    }

    pub(super) fn look_at(&mut self, at: ReadingPosition) {
        let place = self.conversation.place_of(at.turn);
        let Some(answer) = place.and_then(|turn| self.answer(turn)) else {
            return;
        };
        let (text, byte) = match at.part {
            ReadingPart::Prompt | ReadingPart::Thinking => (Text::Reasoning, 0),
            ReadingPart::Reasoning => (Text::Reasoning, at.byte),
            ReadingPart::Answer => (Text::Content, at.byte),
            ReadingPart::Footer => (Text::Content, usize::MAX),
        };
        let owner = Owner::of(answer, text);
        self.cache.look(Look::At(owner, byte));
    }

    pub(super) fn is_unread(&mut self, place: Place) -> bool {
        match (self.part(place.turn, place.part), self.answer(place.turn)) {
            (Part::Block(text, block), Some(answer)) => {
                self.cache.is_unread(answer, text, block, self.pane.raw)
            }
            _ => false,
        }
    }

    /// The place at the top of the screen, with the line of the selection if there is one.
    pub(super) fn begin(&mut self, scroll: Scroll) -> Place {
        let (from, _) = self.place_of(scroll);
        let select = self.model.select.as_ref();
        let is_focused = std::ptr::eq(self.pane, self.model.pane());
        let Some(select) = select.filter(|_| is_focused) else {
            return from;
        };
        let (selected, top) = self.select(select, from);
        self.selected = Some(selected);
        top
    }

    /// The place at the top of the screen, and whether the last row is then visible.
    fn place_of(&mut self, scroll: Scroll) -> (Place, bool) {
        let wanted = match scroll {
            Scroll::Follow => return (self.tail(0), true),
            Scroll::Back { rows } => self.tail(usize::try_from(rows).unwrap_or(0)),
            Scroll::Top { rows } => self.moved(Place::START, i64::from(rows)),
            Scroll::At { at, rows } => match self.find(at) {
                // Who goes up goes up from what is seen, also where the place itself is below it.
                Some(place) if rows < 0 => {
                    let (seen, _) = self.clamp(place);
                    self.moved(seen, i64::from(rows))
                }
                Some(place) => self.moved(place, i64::from(rows)),
                None => return (self.tail(0), true),
            },
            Scroll::Show { at, top } => self.showing(at, top),
        };
        self.clamp(wanted)
    }

    /// The top from which a place is seen: the one there is, or one that leaves a third of the screen above it.
    fn showing(&mut self, at: ReadingPosition, top: Option<ReadingPosition>) -> Place {
        let top = match top.and_then(|top| self.find(top)) {
            Some(top) => self.clamp(top).0,
            None => self.tail(0),
        };
        let Some(place) = self.find(at) else {
            return top;
        };
        let height = i64::try_from(self.height).unwrap_or(i64::MAX);
        if (top..self.moved(top, height)).contains(&place) {
            return top;
        }
        self.moved(place, -(height / 3))
    }

    /// The place from which exactly `up` rows less than the tail are seen.
    fn tail(&mut self, up: usize) -> Place {
        let last = self.turns.saturating_sub(1);
        let parts = self.parts(last);
        let end = Place {
            turn: last,
            part: parts.saturating_sub(1),
            row: self.rows_of(last, parts.saturating_sub(1)),
        };
        self.moved(end, -(i64::try_from(self.height + up).unwrap_or(i64::MAX)))
    }

    /// Never further down than the tail; true if the tail is what is shown.
    fn clamp(&mut self, wanted: Place) -> (Place, bool) {
        let tail = self.tail(0);
        if wanted >= tail {
            (tail, true)
        } else {
            (wanted, false)
        }
    }

    /// Moves by rows over the parts, stopping at both ends.
    pub(super) fn moved(&mut self, from: Place, rows: i64) -> Place {
        let mut place = from;
        let mut left = usize::try_from(rows.unsigned_abs()).unwrap_or(usize::MAX);
        if rows < 0 {
            while left > place.row {
                left -= place.row;
                let Some((turn, part)) = self.before(place.turn, place.part) else {
                    return Place { row: 0, ..place };
                };
                place = Place {
                    turn,
                    part,
                    row: self.rows_of(turn, part),
                };
            }
            place.row -= left;
            return place;
        }
        loop {
            let rest = self
                .rows_of(place.turn, place.part)
                .saturating_sub(place.row);
            if left < rest {
                place.row += left;
                return place;
            }
            let Some((turn, part)) = self.after(place.turn, place.part) else {
                place.row += rest;
                return place;
            };
            left -= rest;
            place = Place { turn, part, row: 0 };
        }
    }

    fn before(&mut self, turn: usize, part: usize) -> Option<(usize, usize)> {
        if part > 0 {
            return Some((turn, part - 1));
        }
        let turn = turn.checked_sub(1)?;
        Some((turn, self.parts(turn).saturating_sub(1)))
    }

    pub(super) fn after(&mut self, turn: usize, part: usize) -> Option<(usize, usize)> {
        if part + 1 < self.parts(turn) {
            return Some((turn, part + 1));
        }
        (turn + 1 < self.turns).then_some((turn + 1, 0))
    }

    /// A stored place in today's layout.
    pub(super) fn find(&mut self, at: ReadingPosition) -> Option<Place> {
        let turn = self.conversation.place_of(at.turn)?;
        let part = self.part_at(turn, at);
        let rows = self.layout(turn, part);
        let row = i64::try_from(rows.row_at(at.byte)).unwrap_or(i64::MAX);
        let row = usize::try_from(row.saturating_add(at.down.into())).unwrap_or(0);
        Some(Place {
            turn,
            part,
            row: row.min(rows.len().saturating_sub(1)),
        })
    }

    /// The part of a turn in which a place is, or the one that stands for it.
    fn part_at(&mut self, turn: usize, at: ReadingPosition) -> usize {
        let last = self.parts(turn).saturating_sub(1);
        if at.part == ReadingPart::Prompt {
            let asked = self.turn(turn);
            return asked.map_or(0, |asked| self.cache.prompt(asked).piece_at(at.byte));
        }
        let Some(answer) = self.answer(turn) else {
            return last;
        };
        let prompt = self.prompt_pieces(turn);
        let (thinking, reasoning) = self.thinking(answer);
        let content = prompt + usize::from(thinking) + reasoning;
        let raw = self.pane.raw;
        match at.part {
            ReadingPart::Reasoning if reasoning > 0 => {
                prompt + 1 + self.cache.block_at(answer, Text::Reasoning, at.byte, raw)
            }
            ReadingPart::Thinking | ReadingPart::Reasoning => prompt,
            ReadingPart::Answer if content < last => {
                content + self.cache.block_at(answer, Text::Content, at.byte, raw)
            }
            _ => last,
        }
        .min(last)
    }

    /// Whether a stored place is in this part.
    pub(super) fn is_in(&mut self, part: Place, at: ReadingPosition) -> bool {
        self.is_part_of(part, at.turn, at.part) && self.part_at(part.turn, at) == part.part
    }

    /// Whether a part is a piece of this text.
    pub(super) fn is_part_of(&mut self, part: Place, turn: TurnId, text: ReadingPart) -> bool {
        self.turn(part.turn).is_some_and(|asked| asked.id == turn)
            && self.part(part.turn, part.part).reading() == text
    }

    /// The place in the text where a row is.
    pub(super) fn position(&mut self, place: Place) -> Option<ReadingPosition> {
        let turn = self.turn(place.turn)?.id;
        let part = self.part(place.turn, place.part).reading();
        let (byte, down) = self.layout(place.turn, place.part).place_of(place.row);
        Some(ReadingPosition {
            turn,
            part,
            byte,
            down,
        })
    }

    /// The last row of text; what stands below it is about the answer.
    pub(super) fn last_row(&mut self) -> Place {
        let turn = self.turns.saturating_sub(1);
        let part = self.parts(turn).saturating_sub(2);
        let row = self.rows_of(turn, part).saturating_sub(1);
        Place { turn, part, row }
    }

    /// The last byte of text: at another width it is still in the last row.
    pub(super) fn last_text(&mut self) -> Option<ReadingPosition> {
        let place = self.last_row();
        let at = self.position(place)?;
        let len = match (self.part(place.turn, place.part), self.answer(place.turn)) {
            (Part::Block(text, _), Some(answer)) => self.cache.source(answer, text).len(),
            _ => self.turn(place.turn).map_or(0, |turn| turn.said().len()),
        };
        Some(ReadingPosition {
            byte: at.byte.max(len.saturating_sub(1)),
            ..at
        })
    }

    /// Rows of text from `below` on that came since the tail was seen, counted a little beyond what is shown.
    pub(super) fn count_new(&mut self, below: Place) -> usize {
        let Some(seen) = self.pane.seen.and_then(|seen| self.find(seen)) else {
            return 0;
        };
        let mut place = below.max(self.moved(seen, 1));
        let mut count = 0;
        loop {
            let (rows, last) = self.rest_of_text(place);
            count += rows;
            if count > COUNTED_NEW {
                return count;
            }
            let Some((turn, part)) = self.after(place.turn, last) else {
                return count;
            };
            place = Place { turn, part, row: 0 };
        }
    }

    /// How many rows of its text there are from a place on, counted a little beyond what is shown, and the text's last
    /// part. What stands below an answer is no text.
    fn rest_of_text(&mut self, from: Place) -> (usize, usize) {
        let (text, block) = match self.part(from.turn, from.part) {
            Part::Footer => return (0, from.part),
            Part::Block(text, block) => (text, block),
            Part::Prompt(_) => return self.rest_of_prompt(from),
            Part::Thinking => {
                let rows = self.rows_of(from.turn, from.part);
                return (rows.saturating_sub(from.row), from.part);
            }
        };
        let Some(answer) = self.answer(from.turn) else {
            return (0, from.part);
        };
        let (width, raw) = (self.width, self.pane.raw);
        let mut rows = 0;
        let last = self.blocks(answer, text);
        for block in block..last {
            rows += self.cache.height(answer, text, block, width, raw);
            if rows > COUNTED_NEW + from.row {
                break;
            }
        }
        (
            rows.saturating_sub(from.row),
            from.part + last.saturating_sub(block + 1),
        )
    }

    fn rest_of_prompt(&mut self, from: Place) -> (usize, usize) {
        let mut rows = 0;
        let pieces = self.prompt_pieces(from.turn);
        for piece in from.part..pieces {
            rows += self.rows_of(from.turn, piece);
            if rows > COUNTED_NEW + from.row {
                break;
            }
        }
        (rows.saturating_sub(from.row), pieces.saturating_sub(1))
    }
}
