//! Splits `<think>…</think>` at the start of an answer into reasoning, for servers that leave it in the content.
//! Works on pieces cut anywhere; an answer that starts with anything else passes through untouched.

use crate::metrics::Channel;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";
/// Blanks that are kept back at the start, since a tag may follow; more of them are an answer.
const BLANKS: usize = 4 << 10;

/// Where the text stands.
#[derive(Debug, Default, PartialEq, Eq)]
enum Place {
    /// Nothing but blanks and a part of the opening tag so far.
    #[default]
    Start,
    Thinking,
    /// The thought has ended, and the blank lines after it are dropped.
    Gap,
    Answer,
}

/// The splitter of one answer.
#[derive(Debug, Default)]
pub(super) struct ThinkSplitter {
    place: Place,
    /// Text that may yet turn out to be a tag.
    held: String,
}

impl ThinkSplitter {
    /// Takes the next content and hands on what is decided, in order.
    pub(super) fn push(&mut self, text: &str, mut emit: impl FnMut(Channel, &str)) {
        if self.place == Place::Answer {
            emit(Channel::Content, text);
            return;
        }
        self.held.push_str(text);
        while self.step(&mut emit) {}
    }

    /// Hands on what was held back.
    pub(super) fn finish(&mut self, mut emit: impl FnMut(Channel, &str)) {
        let held = std::mem::take(&mut self.held);
        let channel = match self.place {
            Place::Thinking => Channel::Reasoning,
            _ => Channel::Content,
        };
        if !held.is_empty() {
            emit(channel, &held);
        }
        self.place = Place::Answer;
    }

    /// One decision; false when more text is needed for the next.
    fn step(&mut self, emit: &mut impl FnMut(Channel, &str)) -> bool {
        match self.place {
            Place::Start => {
                let text = self.held.trim_start();
                if let Some(thought) = text.strip_prefix(OPEN) {
                    self.held = thought.to_owned();
                    self.place = Place::Thinking;
                    return true;
                }
                if OPEN.starts_with(text) && self.held.len() <= BLANKS {
                    return false;
                }
                self.place = Place::Answer;
                emit(Channel::Content, &std::mem::take(&mut self.held));
                false
            }
            Place::Thinking => {
                if let Some((thought, answer)) = self.held.split_once(CLOSE) {
                    if !thought.is_empty() {
                        emit(Channel::Reasoning, thought);
                    }
                    self.held = answer.to_owned();
                    self.place = Place::Gap;
                    return true;
                }
                let undecided = tag_at_end(&self.held);
                let rest = self.held.split_off(self.held.len() - undecided);
                let thought = std::mem::replace(&mut self.held, rest);
                if !thought.is_empty() {
                    emit(Channel::Reasoning, &thought);
                }
                false
            }
            Place::Gap => {
                let answer = self.held.trim_start_matches(['\n', '\r']).to_owned();
                self.held.clear();
                if !answer.is_empty() {
                    self.place = Place::Answer;
                    emit(Channel::Content, &answer);
                }
                false
            }
            Place::Answer => false,
        }
    }
}

/// Bytes at the end of `text` that may be the beginning of the closing tag.
fn tag_at_end(text: &str) -> usize {
    (1..CLOSE.len())
        .rev()
        .find(|&n| CLOSE.get(..n).is_some_and(|tag| text.ends_with(tag)))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split<'a>(pieces: impl IntoIterator<Item = &'a str>) -> (String, String) {
        let (mut reasoning, mut content) = (String::new(), String::new());
        let mut emit = |channel: Channel, text: &str| match channel {
            Channel::Reasoning => reasoning.push_str(text),
            Channel::Content => content.push_str(text),
        };
        let mut splitter = ThinkSplitter::default();
        for piece in pieces {
            splitter.push(piece, &mut emit);
        }
        splitter.finish(&mut emit);
        (reasoning, content)
    }

    fn check(text: &str, reasoning: &str, content: &str) {
        let expected = (reasoning.to_owned(), content.to_owned());
        assert_eq!(split([text]), expected, "{text:?} whole");
        for (at, _) in text.char_indices() {
            let (head, tail) = text.split_at(at);
            assert_eq!(split([head, tail]), expected, "{text:?} cut at {at}");
        }
        assert_eq!(split(text.split_inclusive(|_| true)), expected, "{text:?}");
    }

    #[test]
    fn endless_blanks_are_no_thought_to_come() {
        let mut splitter = ThinkSplitter::default();
        let mut passed = 0;
        for _ in 0..2 * BLANKS {
            splitter.push("\n", |_, text| passed += text.len());
            assert!(splitter.held.len() <= BLANKS);
        }
        assert_eq!(passed, 2 * BLANKS);
    }

    #[test]
    fn a_thought_at_the_start_is_reasoning() {
        check("<think>a b</think>\n\nc", "a b", "c");
        check(" \n<think>\nä</think>ö", "\nä", "ö");
        check("<think></think>c", "", "c");
        check(
            "<think>a < b </thin </think>c </think>",
            "a < b </thin ",
            "c </think>",
        );
    }

    #[test]
    fn anything_else_is_content() {
        for text in [
            "",
            "hello",
            "a <think>b</think>",
            "<thinks>",
            "<thi",
            "  x",
            "\n\n",
        ] {
            check(text, "", text);
        }
    }

    #[test]
    fn an_unfinished_thought_stays_reasoning() {
        check("<think>a </th", "a </th", "");
        check("<think>", "", "");
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_texts(
            parts in proptest::collection::vec(
                prop_oneof![Just("<think>"), Just("</think>"), Just("<"), Just("</th"), Just("\n"), Just("a語")],
                0..12,
            ),
        ) {
            let text = parts.concat();
            let whole = split([text.as_str()]);
            prop_assert_eq!(split(parts.iter().copied()), whole.clone());
            prop_assert_eq!(split(text.split_inclusive(|_| true)), whole);
        }
    }
}
