//! What went over the wire for the answers of this run: which recordings there are, and which of them are kept.
//!
//! What a recording holds, and how large it may be, is `provider`'s. Those of answers under way are all kept, a
//! mebibyte each at most; of the others the last ones.

use std::collections::VecDeque;

use crate::{chat::AnswerId, provider::Recording};

/// Answers that have ended: so many,
const MOST: usize = 64;
/// with so many bytes in all, unless it is said otherwise.
const MOST_BYTES: usize = 4 << 20;

/// The recordings, oldest first.
#[derive(Debug)]
pub(super) struct Exchanges {
    kept: VecDeque<(AnswerId, Recording)>,
    most_bytes: usize,
}

impl Default for Exchanges {
    fn default() -> Self {
        Self {
            kept: VecDeque::new(),
            most_bytes: MOST_BYTES,
        }
    }
}

impl Exchanges {
    /// Keeps so many bytes from now on.
    pub(super) fn bound(&mut self, most_bytes: usize) {
        self.most_bytes = most_bytes;
        self.trim();
    }

    /// Begins one under the `id` of its requests, and lets go of what there is no room for.
    pub(super) fn begin(&mut self, answer: AnswerId, id: &str, profile: &str) -> Recording {
        let recording = Recording::new(id, profile);
        self.kept.push_back((answer, recording.clone()));
        self.trim();
        recording
    }

    /// That of an answer, if it is still kept; the last one of an answer that was gone on with.
    pub(super) fn get(&self, answer: AnswerId) -> Option<Recording> {
        let mut kept = self.kept.iter().rev();
        kept.find(|(of, _)| *of == answer).map(|(_, r)| r.clone())
    }

    /// Lets go of the oldest that have ended where they are too many.
    pub(super) fn trim(&mut self) {
        let (mut count, mut bytes) = (0, 0);
        let mut keep: Vec<bool> = self
            .kept
            .iter()
            .rev()
            .map(|(_, recording)| {
                if !recording.has_ended() {
                    return true;
                }
                count += 1;
                bytes += recording.held();
                // The last one stays whatever it takes.
                count == 1 || (count <= MOST && bytes <= self.most_bytes)
            })
            .collect();
        self.kept.retain(|_| keep.pop().unwrap_or(true));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        chat::{IdSource, Timestamp},
        provider::{Line, Said, Witness},
    };

    /// Lets a recording hold a request of 100,000 bytes.
    fn fill(recording: &Recording) {
        let line = Line {
            id: "a",
            profile: "p",
            attempt: 1,
            at: Duration::ZERO,
        };
        let text = "x".repeat(100_000);
        let said = Said::Request {
            method: "POST",
            url: "http://h",
            headers: &[],
            body: text.as_bytes(),
        };
        recording.hear(&line, said);
    }

    #[test]
    fn of_an_answer_that_was_gone_on_with_the_last_request_is_shown() {
        let answer = AnswerId::from_uuid(IdSource::new(1).next(Timestamp(1)));
        let mut exchanges = Exchanges::default();
        fill(&exchanges.begin(answer, "a", "p"));
        let _later = exchanges.begin(answer, "a", "p");
        assert!(exchanges.get(answer).is_some_and(|r| r.held() < 100_000));
    }

    #[test]
    fn of_those_that_have_ended_the_last_are_kept_within_bounds() {
        let mut ids = IdSource::new(1);
        let mut next = || AnswerId::from_uuid(ids.next(Timestamp(1)));
        let mut exchanges = Exchanges::default();
        let running = next();
        let under_way = exchanges.begin(running, "a", "p");
        fill(&under_way);
        let answers: Vec<_> = (0..50).map(|_| next()).collect();
        for &answer in &answers {
            fill(&exchanges.begin(answer, "a", "p"));
        }
        exchanges.trim();
        assert!(exchanges.get(running).is_some());
        assert!(exchanges.get(answers[49]).is_some());
        assert!(exchanges.get(answers[0]).is_none());
        let bytes: usize = exchanges.kept.iter().map(|(_, r)| r.held()).sum();
        assert!(bytes <= MOST_BYTES + 100_000, "{bytes}");
        exchanges.bound(250_000);
        let bytes = |e: &Exchanges| e.kept.iter().map(|(_, r)| r.held()).sum::<usize>();
        assert!(bytes(&exchanges) <= 250_000 + 100_000 + 10_000);
        drop(under_way);
        for _ in 0..2 * MOST {
            exchanges.begin(next(), "a", "p");
        }
        exchanges.trim();
        assert_eq!(exchanges.kept.len(), MOST);
        assert!(exchanges.get(running).is_none());
    }
}
