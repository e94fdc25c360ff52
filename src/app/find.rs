//! What is looked for in a pane: the line that is typed, the texts that are searched, and every place that was found.
//!
//! A query searches everything once; what arrives later is searched when it comes, and nothing is when a frame is drawn.

use std::collections::BTreeMap;

use memchr::{memchr2, memmem};

use super::{Composer, Focus, Scroll};
use crate::{
    chat::{AnswerId, Conversation, ReadingPart, ReadingPosition, Turn, TurnId},
    text::Sanitiser,
};

/// Text that is looked for in a pane.
#[derive(Clone, Debug, PartialEq)]
pub struct Find {
    /// What is typed.
    pub line: Composer,
    /// Keys go into the line; else it is kept, and they act.
    pub is_typed: bool,
    /// The place that the reader was taken to.
    pub current: Option<ReadingPosition>,
    /// The way there led over an end of the conversation.
    pub wrapped: Option<Wrapped>,
    /// How things stood before.
    pub before: Before,
    needle: Needle,
    texts: Vec<Text>,
}

/// How things stood when the line was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    /// Where the reader was.
    pub scroll: Scroll,
    /// What was at the top then.
    pub top: Option<ReadingPosition>,
    /// What was folded.
    pub folds: BTreeMap<AnswerId, bool>,
    /// Which area had the keys.
    pub focus: Focus,
    /// What was looked for.
    pub query: String,
}

/// Over which end a step led.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrapped {
    /// From the last place to the first.
    ToTop,
    /// From the first place to the last.
    ToBottom,
}

/// What was found in one text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// Where each place begins, in bytes of the text made safe.
    pub starts: &'a [usize],
    /// Bytes of each.
    pub len: usize,
    /// The beginning of the one that the reader was taken to.
    pub current: Option<usize>,
}

/// Where a place is on the path: the number of the turn, its text, and the byte.
pub type Order = (usize, ReadingPart, usize);

impl Find {
    /// An empty line.
    pub fn new(before: Before) -> Self {
        Self {
            line: Composer::default(),
            is_typed: true,
            current: None,
            wrapped: None,
            before,
            needle: Needle::default(),
            texts: Vec::new(),
        }
    }

    /// What is looked for.
    pub fn query(&self) -> &str {
        &self.needle.text
    }

    /// Looks for what the line holds; false if it does already.
    pub fn search(&mut self) -> bool {
        let query = self.line.text();
        if query == self.needle.text {
            return false;
        }
        self.needle = Needle::new(query);
        (self.current, self.wrapped) = (None, None);
        for text in &mut self.texts {
            text.begin();
            text.search(&self.needle);
        }
        true
    }

    /// Takes over what the conversation has by now: of the texts that are known only what is new in them.
    pub fn follow(&mut self, conversation: &Conversation) {
        let mut texts = std::mem::take(&mut self.texts).into_iter().peekable();
        for (place, turn) in conversation.path().enumerate() {
            for (part, answer, source, is_live) in sources(turn) {
                let is_same = |t: &Text| (t.turn, t.answer, t.part) == (turn.id, answer, part);
                // Where the path leads elsewhere, nothing after that is known.
                let mut text = texts.next_if(is_same).unwrap_or_else(|| {
                    texts.by_ref().for_each(drop);
                    Text::new(turn.id, answer, part)
                });
                text.place = place;
                text.grow(source, is_live);
                text.search(&self.needle);
                self.texts.push(text);
            }
        }
    }

    /// How many places were found.
    pub fn count(&self) -> usize {
        self.texts.iter().map(|text| text.found.len()).sum()
    }

    /// The number of the current place among all, from 1.
    pub fn ordinal(&self) -> Option<usize> {
        let current = self.current?;
        let mut before = 0;
        for text in &self.texts {
            if (text.turn, text.part) == (current.turn, current.part) {
                let place = text.found.binary_search(&current.byte).ok()?;
                return Some(before + place + 1);
            }
            before += text.found.len();
        }
        None
    }

    /// The first place at or after one; without it, the first of all.
    pub fn first_from(&self, order: Option<Order>) -> Option<ReadingPosition> {
        let Some((turn, part, byte)) = order else {
            return self.texts.iter().find_map(|text| text.at(0));
        };
        let first = self
            .texts
            .partition_point(|t| (t.place, t.part) < (turn, part));
        self.texts.iter().skip(first).find_map(|text| {
            let is_here = (text.place, text.part) == (turn, part);
            let place = if is_here {
                text.found.partition_point(|&f| f < byte)
            } else {
                0
            };
            text.at(place)
        })
    }

    /// The last place before one; without it, the last of all.
    pub fn last_before(&self, order: Option<Order>) -> Option<ReadingPosition> {
        let (turn, part, byte) = order.unwrap_or((usize::MAX, ReadingPart::Footer, 0));
        let after = self
            .texts
            .partition_point(|t| (t.place, t.part) <= (turn, part));
        self.texts.iter().take(after).rev().find_map(|text| {
            let is_here = (text.place, text.part) == (turn, part);
            let end = if is_here {
                text.found.partition_point(|&f| f < byte)
            } else {
                text.found.len()
            };
            text.at(end.checked_sub(1)?)
        })
    }

    /// What was found in a text of the turn that is at `place` on the path.
    pub fn found(&self, place: usize, turn: TurnId, part: ReadingPart) -> Option<Found<'_>> {
        let index = self
            .texts
            .partition_point(|t| (t.place, t.part) < (place, part));
        let text = self.texts.get(index)?;
        let is_it = (text.turn, text.part) == (turn, part) && !text.found.is_empty();
        let current = self.current.filter(|c| (c.turn, c.part) == (turn, part));
        is_it.then(|| Found {
            starts: &text.found,
            len: self.needle.text.len(),
            current: current.map(|c| c.byte),
        })
    }
}

/// What is searched of a turn: part, answer, text and whether more may come.
fn sources(turn: &Turn) -> impl Iterator<Item = (ReadingPart, Option<AnswerId>, &str, bool)> {
    let prompt = (ReadingPart::Prompt, None, turn.text.as_str(), false);
    let answer = turn.shown_answer().into_iter().flat_map(|answer| {
        let (id, is_live) = (Some(answer.id), answer.is_live());
        [
            (
                ReadingPart::Reasoning,
                id,
                answer.reasoning.as_str(),
                is_live,
            ),
            (ReadingPart::Answer, id, answer.content.as_str(), is_live),
        ]
    });
    std::iter::once(prompt).chain(answer)
}

/// A text that is searched.
#[derive(Clone, Debug, PartialEq)]
struct Text {
    /// The number of its turn on the path.
    place: usize,
    turn: TurnId,
    answer: Option<AnswerId>,
    part: ReadingPart,
    /// The text made safe, so that places are those of the screen.
    safe: String,
    sanitiser: Sanitiser,
    /// Bytes of the source that were taken.
    taken: usize,
    is_over: bool,
    found: Vec<usize>,
    /// Bytes of the safe text that were searched.
    searched: usize,
}

impl Text {
    fn new(turn: TurnId, answer: Option<AnswerId>, part: ReadingPart) -> Self {
        Self {
            place: 0,
            turn,
            answer,
            part,
            safe: String::new(),
            sanitiser: Sanitiser::default(),
            taken: 0,
            is_over: false,
            found: Vec::new(),
            searched: 0,
        }
    }

    fn at(&self, place: usize) -> Option<ReadingPosition> {
        Some(ReadingPosition {
            turn: self.turn,
            part: self.part,
            byte: *self.found.get(place)?,
            down: 0,
        })
    }

    fn grow(&mut self, source: &str, is_live: bool) {
        if let Some(new) = source.get(self.taken..) {
            self.sanitiser.push(new, &mut self.safe);
            self.taken = source.len();
        }
        if !is_live && !self.is_over {
            self.is_over = true;
            self.sanitiser.finish(&mut self.safe);
        }
    }

    fn begin(&mut self) {
        self.found.clear();
        self.searched = 0;
    }

    /// Searches what was not searched yet, and the end of what was, where a place may have begun.
    fn search(&mut self, needle: &Needle) {
        let len = needle.text.len();
        if len == 0 || self.searched == self.safe.len() {
            return;
        }
        let last = self.found.last().map_or(0, |&start| start + len);
        let from = last.max(self.searched.saturating_sub(len - 1));
        needle.search(self.safe.as_bytes(), from, &mut self.found);
        self.searched = self.safe.len();
    }
}

/// What is looked for, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Needle {
    text: String,
    /// A query without capitals finds them, too.
    any_case: bool,
}

impl Needle {
    fn new(text: String) -> Self {
        Self {
            any_case: !text.chars().any(char::is_uppercase),
            text,
        }
    }

    /// Adds the places from `from` on that do not overlap.
    fn search(&self, text: &[u8], from: usize, found: &mut Vec<usize>) {
        let needle = self.text.as_bytes();
        let rest = text.get(from..).unwrap_or_default();
        if !self.any_case {
            found.extend(memmem::find_iter(rest, needle).map(|at| from + at));
            return;
        }
        let Some(first) = needle.first() else {
            return;
        };
        let (small, large) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
        let mut at = 0;
        while let Some(hit) = memchr2(small, large, rest.get(at..).unwrap_or_default()) {
            let start = at + hit;
            let candidate = rest.get(start..start + needle.len());
            let Some(candidate) = candidate else {
                return;
            };
            if candidate.eq_ignore_ascii_case(needle) {
                found.push(from + start);
                at = start + needle.len();
            } else {
                at = start + 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(query: &str, pieces: &[&str]) -> Vec<usize> {
        let needle = Needle::new(query.to_owned());
        let id = crate::chat::IdSource::new(1).next(crate::chat::Timestamp(1));
        let mut text = Text::new(TurnId::from_uuid(id), None, ReadingPart::Answer);
        let mut source = String::new();
        for piece in pieces {
            source.push_str(piece);
            text.grow(&source, true);
            text.search(&needle);
        }
        text.found
    }

    #[test]
    fn capitals_matter_where_they_are_typed() {
        assert_eq!(found("ab", &["ab AB aB"]), [0, 3, 6]);
        assert_eq!(found("aB", &["ab AB aB"]), [6]);
        assert_eq!(
            found("é", &["é É"]),
            [0],
            "without capitals of other alphabets"
        );
        assert_eq!(found("x", &["no"]), [0; 0]);
        assert_eq!(found("aa", &["aaaa"]), [0, 2], "places do not overlap");
    }

    #[test]
    fn text_in_pieces_holds_the_same_places() {
        let whole = "needle in a need-le, a Needle; nee\u{1b}dle needleneedle";
        for query in ["needle", "Needle", "e", "a need", "␛d"] {
            let expected = found(query, &[whole]);
            let pieces: Vec<String> = whole.chars().map(String::from).collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            assert_eq!(found(query, &pieces), expected, "{query}");
            assert!(!expected.is_empty());
        }
    }
}
