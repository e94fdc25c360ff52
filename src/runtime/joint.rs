//! Joins what comes after a cut to what was there before: text that a model says again is not kept twice.
//!
//! Asked to go on, some servers send the whole answer again, and some models begin with the last words of it.

use crate::{
    chat::{Delta, EndState, FailureKind},
    metrics::Channel,
};

/// A shorter repetition is as likely meant.
const LEAST: usize = 12;
/// How far back the repetition of an end is looked for.
const TAIL: usize = 400;

/// The place where an answer goes on.
#[derive(Debug)]
pub struct Joint {
    before: String,
    /// Text that may turn out to be a repetition.
    held: Vec<Delta>,
    is_closed: bool,
    has_new: bool,
}

/// Whether the text so far repeats what was there.
enum Repeats {
    /// It may: more has to come.
    Perhaps,
    /// So many bytes of it do.
    Bytes(usize),
}

impl Joint {
    /// Goes on after this text.
    pub fn after(before: impl Into<String>) -> Self {
        Self {
            before: before.into(),
            held: Vec::new(),
            is_closed: false,
            has_new: false,
        }
    }

    /// Takes what came; what comes out is new.
    pub fn push(&mut self, delta: Delta) -> Vec<Delta> {
        if self.is_closed || delta.channel == Channel::Reasoning {
            self.has_new |= !delta.text.is_empty();
            return vec![delta];
        }
        self.held.push(delta);
        match self.repeats() {
            Repeats::Perhaps => Vec::new(),
            Repeats::Bytes(bytes) => self.release(bytes),
        }
    }

    /// Nothing more comes: what is still held is new, unless all of it was said before.
    pub fn finish(&mut self) -> Vec<Delta> {
        let text = self.text();
        let is_said = text.len() >= LEAST && self.before.ends_with(&text);
        self.release(if is_said { text.len() } else { 0 })
    }

    /// How the answer ended as a whole, of which there was a part before.
    pub fn ended(&self, state: EndState) -> EndState {
        match state {
            EndState::Failed(failure) if failure.kind == FailureKind::Empty => EndState::Complete,
            EndState::Failed(failure) | EndState::Skipped(failure) => EndState::CutShort(failure),
            state => state,
        }
    }

    /// True once there was something that was not there before.
    pub fn has_new(&self) -> bool {
        self.has_new
    }

    fn text(&self) -> String {
        self.held.iter().map(|d| d.text.as_str()).collect()
    }

    fn repeats(&self) -> Repeats {
        let text = self.text();
        let tail = self.before.len().saturating_sub(TAIL);
        let begins = |(at, _): &(usize, char)| *at == 0 || *at >= tail;
        let places = self.before.char_indices().filter(begins);
        let mut found = 0;
        for rest in places.filter_map(|(at, _)| self.before.get(at..)) {
            if rest.len() < LEAST {
                break;
            }
            if rest.len() > text.len() && rest.starts_with(&text) {
                return Repeats::Perhaps;
            }
            if found == 0 && text.starts_with(rest) {
                found = rest.len();
            }
        }
        Repeats::Bytes(found)
    }

    /// Lets go of what is held, without its first bytes.
    fn release(&mut self, mut repeated: usize) -> Vec<Delta> {
        self.is_closed = true;
        let mut new = std::mem::take(&mut self.held);
        for delta in &mut new {
            let cut = delta
                .text
                .floor_char_boundary(repeated.min(delta.text.len()));
            repeated = repeated.saturating_sub(cut);
            delta.text.drain(..cut);
        }
        new.retain(|delta| !delta.text.is_empty());
        self.has_new |= !new.is_empty();
        new
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// What is kept of `pieces` after `before`.
    fn joined(before: &str, pieces: &[&str]) -> String {
        let mut joint = Joint::after(before);
        let mut kept: Vec<Delta> = Vec::new();
        for piece in pieces {
            kept.extend(joint.push(Delta {
                channel: Channel::Content,
                text: (*piece).to_owned(),
                at: Duration::ZERO,
            }));
        }
        kept.extend(joint.finish());
        kept.into_iter().map(|d| d.text).collect()
    }

    #[test]
    fn only_what_is_new_is_kept() {
        let before = "First, the harbour was dredged; then the quay was";
        for (pieces, kept) in [
            (&[" built of", " oak."][..], " built of oak."),
            (&["the quay was built", " of oak."], " built of oak."),
            (&["then", " the quay", " was", " built."], " built."),
            (
                &[
                    "First, the harbour was dredged; then the quay",
                    " was built.",
                ],
                " built.",
            ),
            (&["then the quay was"], ""),
            (&["then the quay wa"], "then the quay wa"),
            (&["First, the crew left."], "First, the crew left."),
            (&["was built."], "was built."),
            (&[], ""),
        ] {
            assert_eq!(joined(before, pieces), kept, "{pieces:?}");
        }
    }

    #[test]
    fn characters_stay_whole_and_short_answers_have_nothing_to_repeat() {
        assert_eq!(
            joined("größer als größer", &["größer als größer", " und"]),
            " und"
        );
        assert_eq!(joined("ab", &["ab", "ab"]), "abab");
        assert_eq!(joined("", &["new"]), "new");
    }
}
