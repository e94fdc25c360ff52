//! One text that is searched: made safe as it grows, each byte looked through once, and what was found in it.
//!
//! Which texts there are, and in what order, is `find`'s.

use std::collections::BTreeMap;

use super::{haystack::Haystack, needle::Needle};
use crate::{
    chat::{AnswerId, ReadingPart, ReadingPosition, TurnId},
    text::Sanitiser,
};

/// A text that is searched.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    /// The number of its turn on the path.
    pub(super) place: usize,
    pub(super) turn: TurnId,
    pub(super) answer: Option<AnswerId>,
    pub(super) part: ReadingPart,
    /// The text made safe, so that places are those of the screen.
    safe: String,
    sanitiser: Sanitiser,
    /// Bytes of the source that were taken.
    taken: usize,
    /// Nothing more comes.
    pub(super) is_over: bool,
    /// Where each place begins that was found.
    pub(super) found: Vec<usize>,
    /// Bytes of what was found, where they are not as many as were typed.
    pub(super) odd: BTreeMap<usize, usize>,
    /// The text in the reading that is searched.
    hay: Haystack,
    /// Bytes of that which were searched.
    searched: usize,
    /// Where in it the last place ends.
    last: usize,
}

impl Text {
    pub(super) fn new(turn: TurnId, answer: Option<AnswerId>, part: ReadingPart) -> Self {
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
            odd: BTreeMap::new(),
            hay: Haystack::default(),
            searched: 0,
            last: 0,
        }
    }

    /// Where a place stands that was found.
    pub(super) fn at(&self, place: usize) -> Option<ReadingPosition> {
        Some(ReadingPosition {
            turn: self.turn,
            part: self.part,
            byte: *self.found.get(place)?,
            down: 0,
        })
    }

    /// Takes what is new of the source.
    pub(super) fn grow(&mut self, source: &str, is_live: bool) {
        if let Some(new) = source.get(self.taken..) {
            self.sanitiser.push(new, &mut self.safe);
            self.taken = source.len();
        }
        if !is_live && !self.is_over {
            self.is_over = true;
            self.sanitiser.finish(&mut self.safe);
        }
    }

    /// Forgets what was found: something else is looked for.
    pub(super) fn begin(&mut self) {
        self.found.clear();
        self.odd.clear();
        (self.searched, self.last) = (0, 0);
    }

    /// Searches what was not searched yet, and the end of what was, where a place may have begun.
    pub(super) fn search(&mut self, needle: &Needle) {
        if needle.len() == 0 {
            return;
        }
        if self.hay.reading() != needle.reading() {
            self.hay = Haystack::new(needle.reading());
            self.begin();
        }
        self.hay.grow(&self.safe, self.is_over);
        let text = self.hay.text(&self.safe);
        let from = self.searched.saturating_sub(needle.len() - 1);
        if self.searched == text.len() {
            return;
        }
        for at in needle.search(text, from.max(self.last)) {
            self.last = at + needle.len();
            let (start, end) = self.hay.place(&self.safe, at, self.last);
            self.found.push(start);
            if end - start != needle.text().len() {
                self.odd.insert(start, end - start);
            }
        }
        self.searched = text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{IdSource, Timestamp};

    fn found(query: &str, pieces: &[&str]) -> Vec<usize> {
        let needle = Needle::new(query.to_owned());
        let id = IdSource::new(1).next(Timestamp(1));
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
    fn text_in_pieces_holds_the_same_places() {
        let whole = "needle in a need-le, a Needle; nee\u{1b}dle needleneedle STRAẞE straße **bold**\n> _on_";
        for query in [
            "needle", "Needle", "e", "a need", "␛d", "straße", "ß", "bold on",
        ] {
            let expected = found(query, &[whole]);
            let pieces: Vec<String> = whole.chars().map(String::from).collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            assert_eq!(found(query, &pieces), expected, "{query}");
            assert!(!expected.is_empty());
        }
    }
}
