//! Joins what comes after a cut to what was there before: text that a model says again is not kept twice.
//!
//! Asked to go on, some servers send the whole answer again, and some models begin with the last words of it, or open
//! code once more that was cut.

use std::sync::Arc;

use crate::{
    chat::{Beginning, Delta, EndState, FailureKind, beginning, is_in_code},
    metrics::Channel,
};

/// A shorter repetition is as likely meant.
const LEAST: usize = 12;
/// How far back the repetition of an end is looked for.
const TAIL: usize = 400;

/// The place where an answer goes on.
#[derive(Debug)]
pub struct Joint {
    /// Text that may turn out to be a repetition.
    held: Vec<Delta>,
    /// All of it compared with what was there before.
    whole: Comparison,
    /// Within code: what comes behind a line that opens code again.
    inside: Inside,
    is_closed: bool,
    has_new: bool,
}

/// Code that was cut, which chat models open once more before they go on with it.
#[derive(Debug)]
enum Inside {
    /// Code was not cut, or is not opened again.
    No,
    /// The first line is not whole yet.
    Unknown { begun: String, behind: Comparison },
    /// So many bytes open code again, and this is behind them.
    Yes { opener: usize, behind: Comparison },
}

impl Inside {
    fn compare(&mut self, text: &str) {
        match std::mem::replace(self, Self::No) {
            Self::No => {}
            Self::Unknown {
                mut begun,
                mut behind,
            } => {
                begun.push_str(text);
                *self = match beginning(&begun) {
                    Beginning::Unknown => Self::Unknown { begun, behind },
                    Beginning::Other => Self::No,
                    Beginning::Code(opener) => {
                        behind.compare(begun.get(opener..).unwrap_or_default());
                        Self::Yes { opener, behind }
                    }
                };
            }
            Self::Yes { opener, mut behind } => {
                behind.compare(text);
                *self = Self::Yes { opener, behind };
            }
        }
    }

    fn is_decided(&self) -> bool {
        match self {
            Self::No => true,
            Self::Unknown { .. } => false,
            Self::Yes { behind, .. } => behind.is_decided(),
        }
    }
}

impl Joint {
    /// Goes on after this text.
    pub fn after(before: impl Into<String>) -> Self {
        let before: Arc<str> = before.into().into();
        let inside = if is_in_code(&before) {
            Inside::Unknown {
                begun: String::new(),
                behind: Comparison::with(Arc::clone(&before)),
            }
        } else {
            Inside::No
        };
        Self {
            held: Vec::new(),
            whole: Comparison::with(before),
            inside,
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
        self.whole.compare(&delta.text);
        self.inside.compare(&delta.text);
        self.held.push(delta);
        let is_decided =
            self.whole.is_decided() && (self.whole.repeated > 0 || self.inside.is_decided());
        if is_decided {
            self.release()
        } else {
            Vec::new()
        }
    }

    /// Nothing more comes: what is still held is new but for what was said before.
    pub fn finish(&mut self) -> Vec<Delta> {
        self.whole.finish();
        if let Inside::Yes { behind, .. } = &mut self.inside {
            behind.finish();
        }
        self.release()
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

    /// Lets go of what is held, without what was there before.
    fn release(&mut self) -> Vec<Delta> {
        self.is_closed = true;
        let mut repeated = match &self.inside {
            Inside::Yes { opener, behind } if self.whole.repeated == 0 => {
                opener.saturating_add(behind.repeated)
            }
            _ => self.whole.repeated,
        };
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

/// How much of what comes was there before.
#[derive(Debug)]
struct Comparison {
    before: Arc<str>,
    /// Bytes that came.
    bytes: usize,
    /// Where in `before` all of them stand, with more behind it: the longest repetition first.
    places: Vec<usize>,
    /// Bytes of the longest repetition that is complete.
    repeated: usize,
}

impl Comparison {
    fn with(before: Arc<str>) -> Self {
        let tail = before.len().saturating_sub(TAIL);
        let last = before.len().saturating_sub(LEAST);
        let places = std::iter::once(0).chain(tail.max(1)..=last);
        let places = places.filter(|at| before.len() >= LEAST && before.is_char_boundary(*at));
        Self {
            places: places.collect(),
            before,
            bytes: 0,
            repeated: 0,
        }
    }

    /// Compares what has just come with what stands at each place; every byte is looked at once a place.
    fn compare(&mut self, text: &str) {
        let (before, bytes) = (self.before.as_bytes(), self.bytes);
        let mut repeated = self.repeated;
        self.places.retain(|at| {
            let rest = before.get(at + bytes..).unwrap_or_default();
            if text.as_bytes().starts_with(rest) {
                repeated = repeated.max(bytes + rest.len());
                return false;
            }
            rest.starts_with(text.as_bytes())
        });
        self.repeated = repeated;
        self.bytes += text.len();
    }

    /// True if what comes further can repeat nothing more.
    fn is_decided(&self) -> bool {
        self.places.is_empty()
    }

    /// Nothing more comes.
    fn finish(&mut self) {
        let place = self.places.first();
        let text = place.and_then(|at| self.before.get(*at..at + self.bytes));
        if text.is_some_and(|t| t.len() >= LEAST && self.before.ends_with(t)) {
            self.repeated = self.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write, time::Duration};

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
    fn code_that_was_cut_is_not_opened_twice() {
        let before = "It is:\n\n```python\ndef f(x):\n    return x +";
        for (pieces, kept) in [
            (&[" 1\n```\n"][..], " 1\n```\n"),
            (&["```python\n 1\n```\n"], " 1\n```\n"),
            (
                &["\n``", "`py", "thon\n", "    return", " x + 1\n```\n"],
                " 1\n```\n",
            ),
            (&["```\n\nThat is it."], "```\n\nThat is it."),
            (&["```"], "```"),
            (&["```python"], "```python"),
            (
                &["It is:\n\n```python\ndef f(x):\n    return x", " + 1"],
                " 1",
            ),
            (&["def f(x):\n    return x + 1"], " 1"),
        ] {
            assert_eq!(joined(before, pieces), kept, "{pieces:?}");
        }
        let begins = "```python\ndef f(x):\n    return x +";
        let again = begins.to_owned() + " 1";
        assert_eq!(joined(begins, &[&again]), " 1");
        assert_eq!(joined("No code.", &["```python\nx"]), "```python\nx");
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

    #[test]
    fn an_end_that_stands_at_the_beginning_too_is_not_kept_twice() {
        let end = "twelve bytes and more, ";
        let before = format!("{end}then something else, {end}");
        let again = format!("{end}then");
        assert_eq!(joined(&before, &[&again]), "then");
    }

    #[test]
    fn a_long_answer_said_again_is_compared_once() {
        let mut before = String::new();
        while before.len() < 1 << 20 {
            let _ = writeln!(before, "line {} of it", before.len());
        }
        let pieces: Vec<String> = before.lines().map(|l| format!("{l}\n")).collect();
        let mut pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        pieces.push("and the end");
        let mut joint = Joint::after(before.as_str());
        for piece in &pieces {
            joint.whole.compare(piece);
            assert!(joint.whole.places.len() <= 1);
        }
        assert_eq!(joint.whole.repeated, before.len());
        assert_eq!(joined(&before, &pieces), "and the end");
    }

    /// What is kept, found by trying every place anew with all that has come.
    fn joined_slowly(before: &str, pieces: &[&str]) -> String {
        let tail = before.len().saturating_sub(TAIL);
        let rests: Vec<&str> = (0..before.len())
            .filter(|at| *at == 0 || *at >= tail)
            .filter_map(|at| before.get(at..))
            .filter(|rest| rest.len() >= LEAST)
            .collect();
        let mut text = String::new();
        for (index, piece) in pieces.iter().enumerate() {
            text += piece;
            if !rests
                .iter()
                .any(|r| r.len() > text.len() && r.starts_with(&text))
            {
                let found = rests.iter().find(|r| text.starts_with(**r));
                let rest = pieces[index + 1..].concat();
                return text.split_off(found.map_or(0, |r| r.len())) + &rest;
            }
        }
        if text.len() >= LEAST && before.ends_with(&text) {
            return String::new();
        }
        let found = rests.iter().find(|r| text.starts_with(**r));
        text.split_off(found.map_or(0, |r| r.len()))
    }

    proptest::proptest! {
        #[test]
        fn every_repetition_is_found(before in "[abä]{0,40}", at in 0..40_usize, new in "[abä]{0,9}", size in 1..9_usize) {
            let at = before.floor_char_boundary(at);
            let again = before.split_at(at).1.to_owned() + &new;
            let chars: Vec<char> = again.chars().collect();
            let pieces: Vec<String> = chars.chunks(size).map(|c| c.iter().collect()).collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            proptest::prop_assert_eq!(joined(&before, &pieces), joined_slowly(&before, &pieces));
        }
    }
}
