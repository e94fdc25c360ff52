//! Takes keys out of what a server says, also where an answer brings one in pieces, before anybody hears of it.
//!
//! Only the end of a piece that a key may begin with waits for the next piece; all other text passes as it came.

use std::borrow::Cow;
use std::time::Duration;

use super::assembly::Sink;
use crate::chat::{Delta, End, EndState, Failure, FinishReason, StreamEvent};
use crate::metrics::Channel;
use crate::text::Secrets;

/// Stands between a request and whoever hears its events.
pub(super) struct Echo<'a> {
    secrets: &'a Secrets,
    held: Option<Delta>,
}

impl<'a> Echo<'a> {
    pub(super) fn new(secrets: &'a Secrets) -> Self {
        Self {
            secrets,
            held: None,
        }
    }

    /// Hands an event on, without any key. The end comes after all text.
    pub(super) fn pass(&mut self, event: StreamEvent, sink: &mut Sink<'_>) {
        match event {
            StreamEvent::Delta(delta) => self.delta(delta, sink),
            StreamEvent::End(end) => {
                self.let_go(sink);
                sink(StreamEvent::End(Box::new(self.end(*end))));
            }
            StreamEvent::Retry {
                mut attempt,
                next,
                most,
            } => {
                attempt.error = self.failure(attempt.error);
                sink(StreamEvent::Retry {
                    attempt,
                    next,
                    most,
                });
            }
            StreamEvent::FellBack(mut fell) => {
                fell.error = self.failure(fell.error);
                sink(StreamEvent::FellBack(fell));
            }
            // Their words went through the secrets before they were cut.
            other @ (StreamEvent::Accepted { .. }
            | StreamEvent::Queued(_)
            | StreamEvent::Sent { .. }
            | StreamEvent::Step(_)
            | StreamEvent::Alive { .. }
            | StreamEvent::Quota(_)) => sink(other),
        }
    }

    fn delta(&mut self, delta: Delta, sink: &mut Sink<'_>) {
        if self
            .held
            .as_ref()
            .is_some_and(|h| h.channel != delta.channel)
        {
            self.let_go(sink);
        }
        let Some(before) = self.held.take() else {
            return self.settle(delta, None, sink);
        };
        let text = before.text + &delta.text;
        let early = Some((text.len() - delta.text.len(), before.at));
        self.settle(Delta { text, ..delta }, early, sink);
    }

    /// Hands on what no key begins with. Of the text, so many bytes came `early`, at that time.
    fn settle(&mut self, mut delta: Delta, early: Option<(usize, Duration)>, sink: &mut Sink<'_>) {
        let mut early = early;
        if let Cow::Owned(clean) = self.secrets.hide(&delta.text) {
            delta.text = clean;
            early = None;
        }
        let held = self.secrets.held(&delta.text);
        let rest = delta.text.split_off(delta.text.len() - held);
        let (channel, at) = (delta.channel, delta.at);
        let still_early = early.filter(|(bytes, _)| *bytes > delta.text.len());
        if let Some((bytes, came)) = early {
            let later = delta.text.split_off(bytes.min(delta.text.len()));
            hand_on(channel, delta.text, came, sink);
            delta.text = later;
        }
        hand_on(channel, delta.text, at, sink);
        self.held = (held > 0).then_some(Delta {
            channel,
            text: rest,
            at: still_early.map_or(at, |(_, came)| came),
        });
    }

    /// Nothing follows: what was held back is no key.
    fn let_go(&mut self, sink: &mut Sink<'_>) {
        if let Some(held) = self.held.take() {
            sink(StreamEvent::Delta(held));
        }
    }

    fn end(&self, mut end: End) -> End {
        end.state = match end.state {
            EndState::Failed(failure) => EndState::Failed(self.failure(failure)),
            EndState::CutShort(failure) => EndState::CutShort(self.failure(failure)),
            EndState::Skipped(failure) => EndState::Skipped(self.failure(failure)),
            state => state,
        };
        end.note = end.note.map(|text| self.clean(text));
        end.request_id = end.request_id.map(|text| self.clean(text));
        end.finish_reason = end.finish_reason.map(|reason| match reason {
            FinishReason::Other(word) => FinishReason::Other(self.clean(word)),
            reason => reason,
        });
        end
    }

    fn failure(&self, mut failure: Failure) -> Failure {
        failure.message = self.clean(failure.message);
        failure.remedy = self.clean(failure.remedy);
        failure
    }

    fn clean(&self, text: String) -> String {
        match self.secrets.hide(&text) {
            Cow::Owned(clean) => clean,
            Cow::Borrowed(_) => text,
        }
    }
}

fn hand_on(channel: Channel, text: String, at: Duration, sink: &mut Sink<'_>) {
    if !text.is_empty() {
        sink(StreamEvent::Delta(Delta { channel, text, at }));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "csk-canary-0123456789";

    /// What comes out of these pieces, a millisecond apart.
    fn passed(pieces: &[&str]) -> Vec<(String, u64)> {
        let secrets = Secrets::default();
        secrets.learn(&KEY.into());
        let mut echo = Echo::new(&secrets);
        let mut out = Vec::new();
        let mut sink = |event| match event {
            StreamEvent::Delta(d) => {
                out.push((d.text, u64::try_from(d.at.as_millis()).unwrap()));
            }
            StreamEvent::End(_) => out.push(("end".to_owned(), 0)),
            other => panic!("{other:?}"),
        };
        for (ms, piece) in (0..).zip(pieces) {
            let delta = Delta {
                channel: Channel::Content,
                text: (*piece).to_owned(),
                at: Duration::from_millis(ms),
            };
            echo.pass(StreamEvent::Delta(delta), &mut sink);
        }
        let end = End::bare(EndState::Complete);
        echo.pass(StreamEvent::End(Box::new(end)), &mut sink);
        assert_eq!(out.pop().unwrap().0, "end", "the end comes last");
        out
    }

    #[track_caller]
    fn check(pieces: &[&str], expected: &[(&str, u64)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(t, ms)| ((*t).to_owned(), *ms))
            .collect();
        assert_eq!(passed(pieces), expected);
    }

    #[test]
    fn text_passes_with_its_times_and_only_what_a_key_begins_with_waits() {
        check(&["a", "b"], &[("a", 0), ("b", 1)]);
        check(&["magic", "al"], &[("magi", 0), ("c", 0), ("al", 1)]);
        check(&["c", "s", "harp"], &[("cs", 0), ("harp", 2)]);
        check(&["xc", "c", "d"], &[("x", 0), ("c", 0), ("c", 1), ("d", 2)]);
        check(&["end c"], &[("end ", 0), ("c", 0)]);
    }

    #[test]
    fn a_key_is_hidden_however_it_is_cut() {
        check(&[&format!("your {KEY}!")], &[("your [key hidden]!", 0)]);
        check(
            &["it is csk-", "canary-0123", "456789, csk-c"],
            &[("it is ", 0), ("[key hidden], ", 2), ("csk-c", 2)],
        );
    }

    proptest! {
        #[test]
        fn no_cut_lets_a_key_through_or_changes_other_text(
            parts in prop::collection::vec(prop_oneof![Just(KEY), Just("csk-"), Just("c"), Just("é ok "), Just(" ")], 0..8),
            cuts in prop::collection::vec(0_usize..64, 0..12),
        ) {
            let text = parts.concat();
            let mut at: Vec<_> = cuts.into_iter().filter(|&c| text.is_char_boundary(c)).collect();
            at.extend([0, text.len()]);
            at.sort_unstable();
            let pieces: Vec<_> = at.windows(2).filter_map(|w| text.get(w[0]..w[1])).collect();
            let out = passed(&pieces);
            let joined: String = out.iter().map(|(text, _)| text.as_str()).collect();
            prop_assert_eq!(joined, text.replace(KEY, "[key hidden]"));
            prop_assert!(out.windows(2).all(|w| w[0].1 <= w[1].1), "times go on");
        }
    }
}
