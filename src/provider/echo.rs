//! Takes keys out of what a server says, also where an answer brings one in pieces, before anybody hears of it.
//!
//! Only the end of a piece that a key may begin with waits for the next piece of the same channel; all other text passes
//! as it came. What a pause or the end of an answer leaves of a key is hidden when it is more than a few characters.

use std::borrow::Cow;
use std::time::Duration;

use super::assembly::Sink;
use crate::chat::{Delta, End, EndState, Failure, FinishReason, StreamEvent};
use crate::metrics::Channel;
use crate::text::{self, HIDDEN, Secrets, Strand};

/// Stands between a request and whoever hears its events.
pub(super) struct Echo<'a> {
    secrets: &'a Secrets,
    content: Lane,
    reasoning: Lane,
    /// When the last text came that was handed on: text that waited longer than another channel's follows it.
    latest: Duration,
}

/// The text of one channel.
struct Lane {
    strand: Strand,
    held: Option<Delta>,
}

impl<'a> Echo<'a> {
    /// For an answer that comes after `before`, which it may go on from; of the reasoning before it nothing is known.
    pub(super) fn new(secrets: &'a Secrets, before: Option<&str>) -> Self {
        let lane = |strand: Option<Strand>| Lane {
            strand: strand.unwrap_or_default(),
            held: None,
        };
        Self {
            secrets,
            content: lane(before.map(|before| Strand::after(before, secrets))),
            reasoning: lane(before.map(|_| Strand::cut())),
            latest: Duration::ZERO,
        }
    }

    /// Hands an event on, without any key. The end comes after all text.
    pub(super) fn pass(&mut self, event: StreamEvent, sink: &mut Sink<'_>) {
        match event {
            StreamEvent::Delta(delta) => self.delta(delta, sink),
            StreamEvent::End(end) => {
                self.let_go(Channel::Reasoning, sink);
                self.let_go(Channel::Content, sink);
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
        self.pause(delta.channel, sink);
        let Some(before) = self.lane(delta.channel).held.take() else {
            return self.settle(delta, None, sink);
        };
        let text = before.text + &delta.text;
        let early = Some((text.len() - delta.text.len(), before.at));
        self.settle(Delta { text, ..delta }, early, sink);
    }

    /// Hands on what no key begins with. Of the text, so many bytes came `early`, at that time.
    fn settle(&mut self, mut delta: Delta, early: Option<(usize, Duration)>, sink: &mut Sink<'_>) {
        let (secrets, mut early) = (self.secrets, early);
        let lane = self.lane(delta.channel);
        let found = lane.strand.find(&delta.text, secrets);
        let rest = delta.text.split_off(delta.text.len() - found.held);
        if !delta.text.is_empty() {
            lane.strand = Strand::default();
        }
        if let Cow::Owned(clean) = text::without(&delta.text, found.hidden) {
            delta.text = clean;
            early = None;
        }
        let (channel, at) = (delta.channel, delta.at);
        let still_early = early.filter(|(bytes, _)| *bytes > delta.text.len());
        lane.held = (found.held > 0).then_some(Delta {
            channel,
            text: rest,
            at: still_early.map_or(at, |(_, came)| came),
        });
        if let Some((bytes, came)) = early {
            let later = delta.text.split_off(bytes.min(delta.text.len()));
            self.hand_on(channel, delta.text, came, sink);
            delta.text = later;
        }
        self.hand_on(channel, delta.text, at, sink);
    }

    /// The text of this channel comes next. The other one gets what it waits for, unless that is much of a key.
    fn pause(&mut self, next: Channel, sink: &mut Sink<'_>) {
        let (secrets, other) = (self.secrets, other_than(next));
        let lane = self.lane(other);
        let Some(held) = &lane.held else { return };
        if !lane.strand.is_cut() && !lane.strand.tells(&held.text, secrets) {
            self.let_go(other, sink);
        }
    }

    /// Nothing follows, or nothing for a while: hands on what was held back, unless it is much of a key.
    fn let_go(&mut self, channel: Channel, sink: &mut Sink<'_>) {
        let secrets = self.secrets;
        let lane = self.lane(channel);
        let Some(held) = lane.held.take() else { return };
        let text = if lane.strand.tells(&held.text, secrets) {
            HIDDEN.to_owned()
        } else {
            lane.strand.keep(&held.text, secrets);
            held.text
        };
        self.hand_on(channel, text, held.at, sink);
    }

    fn lane(&mut self, channel: Channel) -> &mut Lane {
        match channel {
            Channel::Content => &mut self.content,
            Channel::Reasoning => &mut self.reasoning,
        }
    }

    fn hand_on(&mut self, channel: Channel, text: String, at: Duration, sink: &mut Sink<'_>) {
        if !text.is_empty() {
            let at = at.max(self.latest);
            self.latest = at;
            sink(StreamEvent::Delta(Delta { channel, text, at }));
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

fn other_than(channel: Channel) -> Channel {
    match channel {
        Channel::Content => Channel::Reasoning,
        Channel::Reasoning => Channel::Content,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "csk-canary-0123456789";

    /// What comes out of pieces of these channels behind `before`, a millisecond apart.
    fn passed_on(before: &str, pieces: &[(Channel, &str)]) -> Vec<(Channel, String, u64)> {
        let secrets = Secrets::default();
        secrets.learn(&KEY.into());
        let mut echo = Echo::new(&secrets, Some(before).filter(|b| !b.is_empty()));
        let (mut out, mut ends) = (Vec::new(), 0);
        let mut sink = |event| match event {
            StreamEvent::Delta(d) => {
                assert_eq!(ends, 0, "the end comes last");
                out.push((d.channel, d.text, u64::try_from(d.at.as_millis()).unwrap()));
            }
            StreamEvent::End(_) => ends += 1,
            other => panic!("{other:?}"),
        };
        for (ms, (channel, piece)) in (0..).zip(pieces) {
            let delta = Delta {
                channel: *channel,
                text: (*piece).to_owned(),
                at: Duration::from_millis(ms),
            };
            echo.pass(StreamEvent::Delta(delta), &mut sink);
        }
        let end = End::bare(EndState::Complete);
        echo.pass(StreamEvent::End(Box::new(end)), &mut sink);
        assert!(out.windows(2).all(|w| w[0].2 <= w[1].2), "times go on");
        out
    }

    /// What comes out of these pieces of content.
    fn passed(pieces: &[&str]) -> Vec<(String, u64)> {
        let pieces: Vec<_> = pieces.iter().map(|p| (Channel::Content, *p)).collect();
        let passed = passed_on("", &pieces).into_iter();
        passed.map(|(_, text, ms)| (text, ms)).collect()
    }

    /// All that comes out of one channel.
    fn of(channel: Channel, passed: &[(Channel, String, u64)]) -> String {
        let own = passed.iter().filter(|(c, ..)| *c == channel);
        own.map(|(_, text, _)| text.as_str()).collect()
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

    #[test]
    fn a_key_that_the_other_channel_interrupts_is_hidden() {
        use Channel::{Content, Reasoning};
        for cut in 1..KEY.len() {
            let (front, back) = KEY.split_at(cut);
            for (one, other) in [(Content, Reasoning), (Reasoning, Content)] {
                let pieces = [
                    (one, "is "),
                    (one, front),
                    (other, " hm c"),
                    (one, back),
                    (one, "!"),
                ];
                let out = passed_on("", &pieces);
                let shown = if cut < 8 { front } else { "" };
                assert_eq!(of(one, &out), format!("is {shown}[key hidden]!"));
                assert_eq!(of(other, &out), " hm c");
            }
        }
        let out = passed_on(
            "",
            &[(Reasoning, "magic"), (Content, "yes"), (Content, "!")],
        );
        let own = |c, text: &str, ms| (c, text.to_owned(), ms);
        let expected = [
            own(Reasoning, "magi", 0),
            own(Reasoning, "c", 0),
            own(Content, "yes", 1),
        ];
        assert_eq!(
            out[..3],
            expected,
            "nothing waits for a channel that is done"
        );
    }

    #[test]
    fn a_key_that_the_end_of_an_answer_cuts_is_hidden_on_both_sides() {
        let content = |before: &str, pieces: &[&str]| {
            let pieces: Vec<_> = pieces.iter().map(|p| (Channel::Content, *p)).collect();
            of(Channel::Content, &passed_on(before, &pieces))
        };
        for cut in 1..KEY.len() {
            let (front, back) = KEY.split_at(cut);
            let first = content("", &["is ", front]);
            let shown = if cut < 8 { front } else { "[key hidden]" };
            assert_eq!(first, format!("is {shown}"));
            let (middle, end) = back.split_at(back.len() / 2);
            let rest = content(&first, &[middle, end, "!"]);
            let is_short = cut >= 8 && back.len() < 8;
            let shown = if is_short { back } else { "[key hidden]" };
            assert_eq!(rest, format!("{shown}!"), "{first}");
        }
        assert_eq!(content("magi", &["canary"]), "canary");
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
        }
    }
}
