//! What is looked for in a pane: the line that is typed, the texts that are searched, and every place that was found.
//!
//! A query searches everything once; what arrives later is searched when it comes, and nothing is when a frame is drawn.

mod haystack;
mod needle;
mod text;

use std::collections::BTreeMap;

use needle::Needle;
use text::Text;

use super::{Composer, Focus, Scroll};
use crate::chat::{AnswerId, Conversation, Path, ReadingPart, ReadingPosition, Turn, TurnId};

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
    /// The path that the texts stand on.
    way: Option<Path>,
    /// The texts before this one do not grow any more.
    settled: usize,
    /// The texts in which something was found.
    hits: Vec<Hit>,
}

/// A text in which something was found.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Hit {
    text: usize,
    /// Places in the texts before it.
    before: usize,
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
    /// Bytes of each, but of those in `odd`.
    len: usize,
    /// Bytes of those that have more or fewer.
    odd: &'a BTreeMap<usize, usize>,
    /// The beginning of the one that the reader was taken to.
    pub current: Option<usize>,
}

impl Found<'_> {
    /// Where the place that begins at `start` ends.
    pub fn end(self, start: usize) -> usize {
        start + self.odd.get(&start).copied().unwrap_or(self.len)
    }
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
            way: None,
            settled: 0,
            hits: Vec::new(),
        }
    }

    /// What is looked for.
    pub fn query(&self) -> &str {
        self.needle.text()
    }

    /// Looks for what the line holds; false if it does already.
    pub fn search(&mut self) -> bool {
        let query = self.line.text();
        if query == self.needle.text() {
            return false;
        }
        self.needle = Needle::new(query);
        (self.current, self.wrapped) = (None, None);
        for text in &mut self.texts {
            text.begin();
            text.search(&self.needle);
        }
        self.count_from(0);
        true
    }

    /// Takes over what the conversation has by now: of the texts that are known only what is new in them.
    pub fn follow(&mut self, conversation: &Conversation) {
        let is_known = |way: &Path| conversation.way().is_unchanged(way);
        if !self.way.as_ref().is_some_and(is_known) {
            self.meet(conversation);
            self.way = Some(conversation.way().clone());
            self.settled = 0;
        }
        let first = self.settled;
        let mut is_settled = true;
        for text in self.texts.iter_mut().skip(first) {
            if let Some(turn) = conversation.on_path(text.place) {
                let (source, is_live) = source(turn, text.part);
                text.grow(source, is_live);
            }
            text.search(&self.needle);
            is_settled &= text.is_over;
            self.settled += usize::from(is_settled);
        }
        self.count_from(first);
    }

    /// Finds out which texts the conversation has. Where the path leads elsewhere, nothing after that is known.
    fn meet(&mut self, conversation: &Conversation) {
        let mut texts = std::mem::take(&mut self.texts).into_iter().peekable();
        for (place, turn) in conversation.path().enumerate() {
            for (part, answer) in parts(turn) {
                let is_same = |t: &Text| (t.turn, t.answer, t.part) == (turn.id, answer, part);
                let mut text = texts.next_if(is_same).unwrap_or_else(|| {
                    texts.by_ref().for_each(drop);
                    Text::new(turn.id, answer, part)
                });
                text.place = place;
                self.texts.push(text);
            }
        }
    }

    /// Counts again what was found from a text on.
    fn count_from(&mut self, first: usize) {
        self.hits
            .truncate(self.hits.partition_point(|hit| hit.text < first));
        let mut before = self.count();
        for (index, text) in self.texts.iter().enumerate().skip(first) {
            if !text.found.is_empty() {
                self.hits.push(Hit {
                    text: index,
                    before,
                });
                before += text.found.len();
            }
        }
    }

    /// How many places were found.
    pub fn count(&self) -> usize {
        let last = self.hits.last();
        last.map_or(0, |hit| {
            hit.before + self.text(*hit).map_or(0, |t| t.found.len())
        })
    }

    fn text(&self, hit: Hit) -> Option<&Text> {
        self.texts.get(hit.text)
    }

    /// The number of the current place among all, from 1.
    pub fn ordinal(&self) -> Option<usize> {
        let current = self.current?;
        let is_it = |text: &&Text| (text.turn, text.part) == (current.turn, current.part);
        self.hits.iter().find_map(|hit| {
            let text = self.text(*hit).filter(is_it)?;
            let place = text.found.binary_search(&current.byte).ok()?;
            Some(hit.before + place + 1)
        })
    }

    /// The first place at or after one; without it, the first of all.
    pub fn first_from(&self, order: Option<Order>) -> Option<ReadingPosition> {
        let (turn, part, byte) = order.unwrap_or((0, ReadingPart::Prompt, 0));
        let first = self.first_hit(|t| (t.place, t.part) < (turn, part));
        self.hits.iter().skip(first).find_map(|hit| {
            let text = self.text(*hit)?;
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
        let after = self.first_hit(|t| (t.place, t.part) <= (turn, part));
        self.hits.iter().take(after).rev().find_map(|hit| {
            let text = self.text(*hit)?;
            let is_here = (text.place, text.part) == (turn, part);
            let end = if is_here {
                text.found.partition_point(|&f| f < byte)
            } else {
                text.found.len()
            };
            text.at(end.checked_sub(1)?)
        })
    }

    /// The first hit whose text is not `before`.
    fn first_hit(&self, before: impl Fn(&Text) -> bool) -> usize {
        self.hits
            .partition_point(|hit| self.text(*hit).is_some_and(&before))
    }

    /// What was found in a text of the turn that is at `place` on the path.
    pub fn found(&self, place: usize, turn: TurnId, part: ReadingPart) -> Option<Found<'_>> {
        let first = self.first_hit(|t| (t.place, t.part) < (place, part));
        let text = self.text(*self.hits.get(first)?)?;
        let is_it = (text.turn, text.part) == (turn, part);
        let current = self.current.filter(|c| (c.turn, c.part) == (turn, part));
        is_it.then(|| Found {
            starts: &text.found,
            len: self.needle.text().len(),
            odd: &text.odd,
            current: current.map(|c| c.byte),
        })
    }
}

/// What is searched of a turn, and whose it is.
fn parts(turn: &Turn) -> impl Iterator<Item = (ReadingPart, Option<AnswerId>)> {
    let answer = turn.shown_answer().map(|answer| answer.id);
    let answered = [ReadingPart::Reasoning, ReadingPart::Answer];
    let answered = answered.map(|part| (part, answer));
    let answered = answered.into_iter().filter(|(_, answer)| answer.is_some());
    std::iter::once((ReadingPart::Prompt, None)).chain(answered)
}

/// The text of a part of a turn, and whether more may come.
fn source(turn: &Turn, part: ReadingPart) -> (&str, bool) {
    match (part, turn.shown_answer()) {
        (ReadingPart::Reasoning, Some(answer)) => (&answer.reasoning, answer.is_live()),
        (ReadingPart::Answer, Some(answer)) => (&answer.content, answer.is_live()),
        _ => (turn.said(), false),
    }
}

#[cfg(test)]
mod tests;
