//! The life of an answer: what happens to it from the saving of its prompt until its one end.
//!
//! Illegal moves (a delta after the end) are ignored and reported by the return value, never a panic.

use std::{ops::Range, time::Duration};

use super::{
    AnswerId, Attempt, Budget, Course, Delta, End, EndState, Failure, FellBack, Held, Prices, Step,
    StreamEvent, Variant, Verdict, Wait,
};
use crate::metrics::{
    Arrival, Asked, Channel, Deltas, Entry, ServerTime, Summary, Timeline, Tokens, Usage,
};

/// What an answer waits for before its first text.
#[derive(Clone, Debug, PartialEq)]
pub enum Phase {
    /// The prompt is being written to disk.
    Saving,
    /// Held back before it goes out.
    Queued {
        /// By what.
        held: Held,
        /// When it goes out, on the clock of [`Answer::since`], as far as that is known.
        until: Option<Duration>,
    },
    /// The key of the next attempt is being read.
    Key,
    /// The request is on its way, no response yet.
    Sent,
    /// Response headers came, no text yet.
    Accepted,
    /// An attempt failed; the next goes out at `until`.
    Retrying {
        /// What failed.
        error: Failure,
        /// Number of the coming attempt, from 2.
        next: u32,
        /// Attempts at most.
        most: u32,
        /// When the wait ends, on the clock of [`Answer::since`].
        until: Duration,
    },
}

/// The life of an answer; each state holds what only it has.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// No text yet.
    Waiting(Phase),
    /// Text is coming.
    Streaming,
    /// Over.
    Ended(Box<End>),
}

/// One assistant message: its text as received, its timing and its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Its id.
    pub id: AnswerId,
    /// What was asked with.
    pub variant: Variant,
    /// It came from the mock.
    pub mock: bool,
    /// Counts the answers of a turn from 1.
    pub sample: u32,
    /// Answer text as received.
    pub content: String,
    /// Reasoning text as received.
    pub reasoning: String,
    /// When its deltas came.
    pub timeline: Timeline,
    /// Attempts that failed before the one that counts.
    pub attempts: Vec<Attempt>,
    /// The provider's id of the running attempt.
    pub request_id: Option<String>,
    /// Where it stands.
    pub progress: Progress,
    /// When the current phase began, on the program's monotonic clock (since start).
    pub since: Duration,
    /// When the running attempt was sent, on the same clock.
    pub sent: Duration,
    /// What the running attempt did last before its text, as far as that is known.
    pub step: Option<Step>,
    /// Number of the running attempt and of those there can be; from the second on.
    pub tries: Option<(u32, u32)>,
    /// When bytes without text were last seen to come, since the running attempt was sent.
    pub alive: Option<Duration>,
    /// How long it may take.
    pub budget: Option<Budget>,
    /// The mock answers in the place of the profile that was asked, and why.
    pub fell_back: Option<FellBack>,
    /// What it was each time before it was asked to go on, first to last.
    pub parts: Vec<Part>,
}

/// An answer up to a place from which it was asked to go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Bytes of answer text that were there.
    pub content: usize,
    /// Bytes of reasoning that were there.
    pub reasoning: usize,
    /// Failed attempts that there were, those of earlier parts among them.
    pub attempts: usize,
    /// When the deltas of this part came.
    pub timeline: Timeline,
    /// How this part ended.
    pub end: Box<End>,
    /// It went on from its own text, sent as the beginning of the answer; otherwise a further turn asked it to go on.
    pub prefix: bool,
}

impl Answer {
    /// An answer that waits for its prompt to be saved.
    pub fn new(id: AnswerId, variant: Variant, mock: bool, sample: u32, now: Duration) -> Self {
        Self {
            id,
            variant,
            mock,
            sample,
            content: String::new(),
            reasoning: String::new(),
            timeline: Timeline::default(),
            attempts: Vec::new(),
            request_id: None,
            progress: Progress::Waiting(Phase::Saving),
            since: now,
            sent: now,
            step: None,
            tries: None,
            alive: None,
            budget: None,
            fell_back: None,
            parts: Vec::new(),
        }
    }

    /// True until the end.
    pub fn is_live(&self) -> bool {
        !matches!(self.progress, Progress::Ended(_))
    }

    /// True once text of either kind has come.
    pub fn has_text(&self) -> bool {
        !self.content.is_empty() || !self.reasoning.is_empty()
    }

    /// When its last text came, on the clock of [`Answer::since`]; when it was sent, where none has come.
    pub fn last_text(&self) -> Duration {
        let last = self.timeline.last().map_or(Duration::ZERO, Arrival::at);
        self.sent.saturating_add(last)
    }

    /// When bytes last came that were no text, on the same clock, if that was after the last text.
    pub fn last_sign(&self) -> Option<Duration> {
        let sign = self.sent.saturating_add(self.alive?);
        (sign > self.last_text()).then_some(sign)
    }

    /// True once something came that a server charges for: text, tool calls, or a count of tokens.
    pub fn has_used(&self) -> bool {
        let is_counted = |end: &End| {
            end.deltas.calls.is_some() || self.tokens().completion.is_ok_and(|tokens| tokens > 0)
        };
        self.has_text() || self.end().is_some_and(is_counted)
    }

    /// USD for what it used, by the prices of then or, where those are not recorded, by `listed`. The mock costs nothing,
    /// and a price there would be a lie.
    pub fn cost(&self, listed: Option<Prices>) -> Option<f64> {
        let costs = self.costs(listed).filter(|_| !self.is_live());
        costs.reduce(|sum, cost| Some(sum? + cost?)).flatten()
    }

    /// The same of each of its parts that are over.
    pub fn costs(&self, listed: Option<Prices>) -> impl Iterator<Item = Option<f64>> {
        let uses = self.uses().filter(|_| !self.mock);
        uses.map(move |(end, tokens)| end.prices.or(listed)?.cost(&tokens))
    }

    /// Tokens of the whole answer where it has several parts and all of them were counted.
    pub fn tokens_of_parts(&self) -> Option<u64> {
        let counts = self.uses().map(|(_, tokens)| tokens.completion.ok());
        let sum: Option<u64> = counts.sum();
        sum.filter(|_| !self.parts.is_empty())
    }

    /// How each of its parts that are over ended, with the tokens of it that can be believed, but for parts to which nothing came.
    pub fn uses(&self) -> impl Iterator<Item = (&End, Tokens)> {
        let earlier = self.parts.iter().map(|part| {
            let usage = part.end.usage;
            let tokens = usage.believed(&part.timeline, &part.end.deltas, Some(part.end.e2e));
            (&*part.end, tokens, part.content + part.reasoning)
        });
        let all = self.content.len() + self.reasoning.len();
        let last = self.end().map(|end| (end, self.tokens(), all));
        let mut before = 0;
        earlier.chain(last).filter_map(move |(end, tokens, text)| {
            let has_text = text > std::mem::replace(&mut before, text);
            let has_used = has_text || end.deltas.calls.is_some() || tokens.completion.is_ok();
            has_used.then_some((end, tokens))
        })
    }

    /// Goes on with an answer that is over, as a further attempt of it; figures are those of what comes now. The result
    /// counts the parts there are before. Of one that is not over this changes nothing.
    pub fn resume(&mut self, prefix: bool, now: Duration) -> u32 {
        if let Progress::Ended(end) = &self.progress {
            self.parts.push(Part {
                content: self.content.len(),
                reasoning: self.reasoning.len(),
                attempts: self.attempts.len(),
                timeline: std::mem::take(&mut self.timeline),
                end: end.clone(),
                prefix,
            });
            self.request_id = None;
            (self.step, self.tries, self.alive) = (None, None, None);
            self.progress = Progress::Waiting(Phase::Saving);
            (self.since, self.sent) = (now, now);
        }
        u32::try_from(self.parts.len()).unwrap_or(u32::MAX)
    }

    /// Whether text came after each part.
    pub fn gains(&self) -> impl DoubleEndedIterator<Item = bool> {
        let bytes = |part: &Part| part.content + part.reasoning;
        let whole = self.content.len() + self.reasoning.len();
        let after = move |number| self.parts.get(number).map_or(whole, bytes);
        let parts = self.parts.iter().enumerate();
        parts.map(move |(number, part)| after(number + 1) > bytes(part))
    }

    /// How the text ended after which nothing came any more, though the answer was asked to go on.
    pub fn text_ended(&self) -> Option<&EndState> {
        let in_vain = self.gains().rev().take_while(|gained| !gained).count();
        let part = self.parts.get(self.parts.len() - in_vain)?;
        Some(&part.end.state)
    }

    /// Gaps over `threshold` before text of `channel` that begins in `bytes` of it, each with its place in that text.
    pub fn stalls_in(
        &self,
        channel: Channel,
        bytes: Range<u64>,
        threshold: Duration,
    ) -> impl Iterator<Item = (u64, Duration)> {
        let begin = move |part: &Part| match channel {
            Channel::Content => part.content as u64,
            Channel::Reasoning => part.reasoning as u64,
        };
        let begins = std::iter::once(0).chain(self.parts.iter().map(begin));
        let earlier = self.parts.iter().map(|p| &p.timeline);
        let timelines = earlier.chain(std::iter::once(&self.timeline));
        begins.zip(timelines).flat_map(move |(begin, timeline)| {
            let here = bytes.start.saturating_sub(begin)..bytes.end.saturating_sub(begin);
            let stalls = timeline.stalls_in(channel, here, threshold);
            stalls.map(move |s| (s.byte.saturating_add(begin), s.lasted))
        })
    }

    /// The end, once it has come.
    pub fn end(&self) -> Option<&End> {
        match &self.progress {
            Progress::Ended(end) => Some(end),
            _ => None,
        }
    }

    /// The figures so far; final once the answer has ended.
    pub fn summary(&self) -> Summary {
        match self.end() {
            Some(end) => Summary::new(
                &self.timeline,
                &end.deltas,
                &end.usage,
                &end.server,
                Some(end.e2e),
            ),
            None => Summary::new(
                &self.timeline,
                &Deltas::default(),
                &Usage::default(),
                &ServerTime::default(),
                None,
            ),
        }
    }

    /// What the server counted, as far as it can be believed: [`Answer::summary`] has it, too, and costs more.
    pub fn tokens(&self) -> Tokens {
        let end = self.end();
        let (usage, deltas) = end.map(|e| (e.usage, e.deltas)).unwrap_or_default();
        usage.believed(&self.timeline, &deltas, end.map(|e| e.e2e))
    }

    /// What its figures count for together with those of others, once it has ended: `summary` is its own one.
    pub fn entry<'a>(&'a self, summary: &'a Summary) -> Option<Entry<'a>> {
        let end = self.end()?;
        Some(Entry {
            summary,
            timeline: &self.timeline,
            is_whole: Course::ended(&end.state) == Course::Whole,
        })
    }

    /// Requests that were sent for it and its earlier parts, one that is about to be among them while it runs.
    pub fn requests(&self) -> usize {
        // Without an end-to-end time what came after the last failure was never sent.
        let was_sent = |end: &End| !end.e2e.is_zero();
        let parts = self.parts.iter().filter(|part| was_sent(&part.end)).count();
        let is_counted = self.end().is_none_or(was_sent);
        self.attempts.len() + parts + usize::from(is_counted)
    }

    /// Attempts that failed after it was asked to go on for the `number`th time; 0 is the beginning.
    pub fn attempts_of(&self, number: usize) -> &[Attempt] {
        let upto = |part: &Part| part.attempts;
        let before = number.checked_sub(1).and_then(|n| self.parts.get(n));
        let after = self.parts.get(number).map_or(self.attempts.len(), upto);
        let range = before.map_or(0, upto)..after;
        self.attempts.get(range).unwrap_or_default()
    }

    /// Attempts that failed since it was last asked to go on, or at all.
    pub fn last_attempts(&self) -> &[Attempt] {
        self.attempts_of(self.parts.len())
    }

    /// Failed attempts after which the same was asked again. The one after which the mock answered instead is none.
    pub fn retries(&self) -> usize {
        self.repeated(&self.attempts).count()
    }

    /// The same since it was last asked to go on, or at all.
    pub fn last_retries(&self) -> impl Iterator<Item = &Attempt> {
        self.repeated(self.last_attempts())
    }

    fn repeated<'a>(&self, attempts: &'a [Attempt]) -> impl Iterator<Item = &'a Attempt> {
        let fell = self.fell_back.as_ref();
        let is_last = |a: &Attempt| fell.is_some_and(|fell| a.error == fell.error);
        let last = attempts.iter().rposition(is_last);
        let attempts = attempts.iter().enumerate();
        attempts.filter_map(move |(n, attempt)| (Some(n) != last).then_some(attempt))
    }

    /// Whose figures its own belong to.
    pub fn asked(&self) -> Asked {
        let (profile, model) = match &self.fell_back {
            Some(fell) => (&fell.profile, &fell.model),
            None => (&self.variant.profile, &self.variant.model),
        };
        Asked {
            profile: profile.clone(),
            model: model.clone(),
        }
    }

    /// Whether it keeps its budget, at `now`; `None` where it has none.
    pub fn verdict(&self, now: Duration) -> Option<Verdict> {
        let course = match &self.progress {
            Progress::Waiting(Phase::Sent | Phase::Accepted) | Progress::Streaming => {
                Course::Running(now.saturating_sub(self.sent))
            }
            Progress::Waiting(_) => Course::Held,
            Progress::Ended(end) => Course::ended(&end.state),
        };
        Some(self.budget?.judge(&self.summary(), course))
    }

    /// The verdict on an answer that is over; of one that is not, what can be told without the time.
    pub fn last_verdict(&self) -> Option<Verdict> {
        self.verdict(self.sent)
    }

    /// Takes one event at `now` (monotonic, since start). False if the answer is over already.
    pub fn apply(&mut self, event: StreamEvent, now: Duration) -> bool {
        if !self.is_live() {
            return false;
        }
        match event {
            StreamEvent::Queued(Wait { held, left }) => {
                let until = left.map(|left| now.saturating_add(left));
                self.wait(Phase::Queued { held, until }, now);
            }
            StreamEvent::Sent { .. } => {
                self.sent = now;
                // That of an earlier attempt is not this one's.
                self.request_id = None;
                (self.step, self.alive) = (None, None);
                self.wait(Phase::Sent, now);
            }
            StreamEvent::Step(step) => {
                let phase = match step {
                    Step::Key { .. } => Phase::Key,
                    _ => Phase::Sent,
                };
                self.step = Some(step);
                self.wait(phase, now);
            }
            StreamEvent::Accepted { request_id, .. } => {
                self.request_id = request_id;
                self.wait(Phase::Accepted, now);
            }
            StreamEvent::Delta(delta) => self.extend(&delta, now),
            StreamEvent::Retry {
                attempt,
                next,
                most,
            } => {
                let phase = Phase::Retrying {
                    error: attempt.error.clone(),
                    next,
                    most,
                    until: now.saturating_add(attempt.wait),
                };
                self.attempts.push(attempt);
                self.tries = Some((next, most));
                self.wait(phase, now);
            }
            StreamEvent::Alive { at } => self.alive = Some(at),
            StreamEvent::Quota(_) => {}
            StreamEvent::FellBack(fell) => {
                self.mock = true;
                // What the mock takes says nothing about the provider that was to keep it.
                self.budget = None;
                self.fell_back = Some(*fell);
                (self.step, self.tries) = (None, None);
                self.wait(Phase::Sent, now);
            }
            StreamEvent::End(end) => {
                self.request_id = end.request_id.clone().or(self.request_id.take());
                self.budget = end.budget.or(self.budget);
                self.since = now;
                self.progress = Progress::Ended(end);
            }
        }
        true
    }

    fn wait(&mut self, phase: Phase, now: Duration) {
        // The phase of a stream whose text already shows is of no interest any more.
        if matches!(self.progress, Progress::Waiting(_)) {
            self.since = now;
            self.progress = Progress::Waiting(phase);
        }
    }

    fn extend(&mut self, delta: &Delta, now: Duration) {
        if delta.text.is_empty() {
            return;
        }
        if matches!(self.progress, Progress::Waiting(_)) {
            self.since = now;
            self.progress = Progress::Streaming;
        }
        match delta.channel {
            Channel::Content => self.content.push_str(&delta.text),
            Channel::Reasoning => self.reasoning.push_str(&delta.text),
        }
        self.timeline
            .push(Arrival::new(delta.channel, delta.text.len(), delta.at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{EndState, FailureKind, IdSource, Limits, Timestamp};

    fn answer() -> Answer {
        let id = AnswerId::from_uuid(IdSource::new(1).next(Timestamp(1)));
        Answer::new(id, Variant::new("p", "m"), false, 1, Duration::ZERO)
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn delta(channel: Channel, text: &str, at: u64) -> StreamEvent {
        StreamEvent::Delta(Delta {
            channel,
            text: text.to_owned(),
            at: ms(at),
        })
    }

    fn queued() -> StreamEvent {
        StreamEvent::Queued(Wait {
            held: Held::Refused,
            left: Some(ms(40)),
        })
    }

    fn retry() -> StreamEvent {
        StreamEvent::Retry {
            attempt: Attempt {
                status: Some(503),
                error: Failure::new(FailureKind::Server, "busy", ""),
                wait: ms(500),
            },
            next: 2,
            most: 5,
        }
    }

    fn accepted(id: &str) -> StreamEvent {
        StreamEvent::Accepted {
            request_id: Some(id.to_owned()),
            limits: Limits::default(),
            connection: None,
        }
    }

    #[test]
    fn tokens_of_all_parts_are_known_where_each_was_counted() {
        let counted = |tokens| {
            let usage = Usage {
                completion_tokens: tokens,
                ..Usage::default()
            };
            let end = End {
                usage,
                e2e: ms(100),
                ..End::bare(EndState::Complete)
            };
            StreamEvent::End(Box::new(end))
        };
        for (first, sum) in [(Some(10), Some(14)), (None, None)] {
            let mut answer = answer();
            answer.apply(delta(Channel::Content, "0123456789", 50), ms(50));
            answer.apply(counted(first), ms(100));
            assert_eq!(answer.tokens_of_parts(), None, "one part");
            answer.resume(true, ms(200));
            answer.apply(delta(Channel::Content, "abcd", 50), ms(250));
            answer.apply(counted(Some(4)), ms(300));
            assert_eq!(answer.tokens_of_parts(), sum);
        }
    }

    #[test]
    fn a_life_with_a_retry() {
        let mut answer = answer();
        assert_eq!(answer.progress, Progress::Waiting(Phase::Saving));
        answer.apply(queued(), ms(1));
        let held = Phase::Queued {
            held: Held::Refused,
            until: Some(ms(41)),
        };
        assert_eq!(answer.progress, Progress::Waiting(held));
        answer.apply(StreamEvent::Sent { number: 1 }, ms(2));
        answer.apply(retry(), ms(10));
        let Progress::Waiting(Phase::Retrying { until, next, .. }) = &answer.progress else {
            panic!("{:?}", answer.progress);
        };
        assert_eq!((*until, *next), (ms(510), 2));
        answer.apply(StreamEvent::Sent { number: 2 }, ms(510));
        assert_eq!((answer.sent, answer.since), (ms(510), ms(510)));
        answer.apply(accepted("b"), ms(520));
        assert_eq!(answer.progress, Progress::Waiting(Phase::Accepted));
        answer.apply(delta(Channel::Reasoning, "hm", 20), ms(530));
        answer.apply(delta(Channel::Content, "yes", 30), ms(540));
        assert_eq!(
            (answer.progress.clone(), answer.since),
            (Progress::Streaming, ms(530))
        );
        assert_eq!((&*answer.reasoning, &*answer.content), ("hm", "yes"));
        assert_eq!(answer.attempts.len(), 1);
        assert_eq!(answer.summary().ttft, Ok(ms(20)));

        let end = End {
            e2e: ms(40),
            ..End::bare(EndState::Complete)
        };
        assert!(answer.apply(StreamEvent::End(Box::new(end)), ms(550)));
        assert!(!answer.is_live());
        assert_eq!(
            answer.request_id.as_deref(),
            Some("b"),
            "an end need not repeat it"
        );
        assert_eq!(answer.summary().e2e, Ok(ms(40)));
    }

    #[test]
    fn each_part_has_its_own_attempts_and_the_answer_all_requests() {
        let ended = || {
            let end = End {
                e2e: ms(40),
                ..End::bare(EndState::AtLimit)
            };
            StreamEvent::End(Box::new(end))
        };
        let mut answer = answer();
        answer.apply(retry(), ms(1));
        answer.apply(retry(), ms(2));
        answer.apply(ended(), ms(3));
        assert_eq!((answer.last_attempts().len(), answer.requests()), (2, 3));

        answer.resume(true, ms(4));
        assert_eq!((answer.last_attempts().len(), answer.requests()), (0, 4));
        answer.apply(retry(), ms(5));
        answer.apply(ended(), ms(6));
        assert_eq!((answer.last_attempts().len(), answer.requests()), (1, 5));
    }

    #[test]
    fn nothing_changes_after_the_end() {
        let mut answer = answer();
        answer.apply(
            StreamEvent::End(Box::new(End::bare(EndState::Stopped))),
            ms(1),
        );
        let before = answer.clone();
        for event in [
            queued(),
            StreamEvent::Sent { number: 3 },
            accepted("late"),
            delta(Channel::Content, "late", 1),
            retry(),
            StreamEvent::End(Box::new(End::bare(EndState::Complete))),
        ] {
            assert!(!answer.apply(event, ms(9)));
        }
        assert_eq!(answer, before);
    }

    #[test]
    fn an_empty_delta_is_no_text() {
        let mut answer = answer();
        answer.apply(delta(Channel::Content, "", 5), ms(5));
        assert!(!answer.has_text());
        assert_eq!(answer.progress, Progress::Waiting(Phase::Saving));
        assert!(answer.timeline.is_empty());
    }
}
