//! What arrived when: one entry for each delta, stamped on the task that read it.
//!
//! Offsets count from the moment the successful attempt was sent.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::stalls::Stalls;
use super::summary::rate;
use super::{Curve, Density, Missing, Peak, Reading, Stall};

/// Which of the two texts of an answer a delta belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// The answer itself.
    Content,
    /// What a reasoning model thinks before it answers.
    Reasoning,
}

/// One delta: when it came and how many bytes of text it held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Microseconds since the attempt was sent.
    micros: u64,
    /// Bytes of UTF-8 text. The share of a delta in an answer goes by them and not by characters: a token of any script
    /// is nearer to so many bytes than to so many characters, and bytes are also a place in the text.
    pub bytes: u32,
    /// Which text it extends.
    pub channel: Channel,
}

impl Arrival {
    /// A delta of `bytes` bytes that came `at` after the request was sent.
    pub fn new(channel: Channel, bytes: usize, at: Duration) -> Self {
        Self {
            micros: u64::try_from(at.as_micros()).unwrap_or(u64::MAX),
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
            channel,
        }
    }

    /// When it came, counted from the sending of the request.
    pub fn at(&self) -> Duration {
        Duration::from_micros(self.micros)
    }

    /// [`Arrival::at`] in whole microseconds, as the transcript stores it.
    pub fn micros(&self) -> u64 {
        self.micros
    }
}

/// The deltas of one answer in the order of their arrival.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    arrivals: Vec<Arrival>,
    first_content: Option<usize>,
    content_bytes: u64,
    reasoning_bytes: u64,
    curve: Curve,
    stalls: Stalls,
    peak: Peak,
    /// What a token is taken for until tokens are counted.
    density: Density,
    /// Bytes up to every [`STRIDE`]th arrival, that one not included.
    sums: Vec<u64>,
}

/// Arrivals between two sums that are kept.
const STRIDE: usize = 64;

impl Timeline {
    /// Adds a delta. One without text does not count (a role-only chunk is no token) and is ignored.
    pub fn push(&mut self, arrival: Arrival) {
        if arrival.bytes == 0 {
            return;
        }
        if self.arrivals.len().is_multiple_of(STRIDE) {
            self.sums.push(self.bytes());
        }
        if let Some(last) = self.arrivals.last() {
            let before = match arrival.channel {
                Channel::Content => self.content_bytes,
                Channel::Reasoning => self.reasoning_bytes,
            };
            self.stalls.push(last, &arrival, before);
        }
        match arrival.channel {
            Channel::Content => {
                self.first_content.get_or_insert(self.arrivals.len());
                self.content_bytes = self.content_bytes.saturating_add(u64::from(arrival.bytes));
            }
            Channel::Reasoning => {
                self.reasoning_bytes = self
                    .reasoning_bytes
                    .saturating_add(u64::from(arrival.bytes));
            }
        }
        self.arrivals.push(arrival);
        self.peak.push(&self.arrivals);
        self.curve.push(arrival.micros, self.bytes());
    }

    /// Every delta, oldest first.
    pub fn arrivals(&self) -> &[Arrival] {
        &self.arrivals
    }

    /// True until the first delta with text.
    pub fn is_empty(&self) -> bool {
        self.arrivals.is_empty()
    }

    /// The first delta with text of either kind (its time is the TTFT).
    pub fn first(&self) -> Option<&Arrival> {
        self.arrivals.first()
    }

    /// The first delta that holds answer text (its time is the TTFA).
    pub fn first_content(&self) -> Option<&Arrival> {
        self.arrivals.get(self.first_content?)
    }

    /// The last delta with text.
    pub fn last(&self) -> Option<&Arrival> {
        self.arrivals.last()
    }

    /// Bytes of answer text so far.
    pub fn content_bytes(&self) -> u64 {
        self.content_bytes
    }

    /// Bytes of reasoning text so far.
    pub fn reasoning_bytes(&self) -> u64 {
        self.reasoning_bytes
    }

    /// From now on a token is taken for so much text. Meant for the time before the first delta: a figure that is
    /// shown must not jump because another answer has ended.
    pub fn assume(&mut self, density: Density) {
        self.density = density;
    }

    /// How much text a token of this answer seems to be. A delta is one token at least, so that streams of one token a
    /// delta are right from the beginning, however short their tokens are.
    pub(super) fn density(&self) -> Density {
        let deltas = u64::try_from(self.arrivals.len()).unwrap_or(u64::MAX);
        Density::counted(self.bytes(), deltas)
            .map_or(self.density, |seen| self.density.denser(seen))
    }

    /// The estimate of how many tokens came so far.
    pub fn tokens(&self) -> u64 {
        self.density().tokens_in(self.bytes())
    }

    /// The estimate of how many tokens were reasoning: with `counted`, the server's count of completion tokens, their
    /// share of the text.
    pub fn reasoning_tokens(&self, counted: Option<u64>) -> u64 {
        let counted = counted.and_then(|tokens| Density::counted(self.bytes(), tokens));
        let density = counted.unwrap_or_else(|| self.density());
        let tokens = density.nearest_in(self.reasoning_bytes);
        tokens.max(u64::from(self.reasoning_bytes > 0))
    }

    /// Tokens a second in each of `cells` equal parts of the time from the first delta to the last, or to `now` (since
    /// sending) while a stream that goes on is silent. Empty where the time is too short to say. With `counted`, the
    /// server's count of completion tokens, they are no estimates.
    pub fn rates(&self, cells: usize, now: Option<Duration>, counted: Option<u64>) -> Vec<f64> {
        let counted = counted.and_then(|tokens| Density::counted(self.bytes(), tokens));
        let density = counted.unwrap_or_else(|| self.density());
        self.curve.rates(cells, now, density)
    }

    /// Tokens a second of the best second, or of all of an answer that was shorter, what came first left out. It never
    /// falls while the stream goes on. With `counted`, the server's count of completion tokens, it is no estimate.
    pub fn peak(&self, counted: Option<u64>, has_ended: bool) -> Reading<f64> {
        let (Some(first), Some(last)) = (self.first(), self.last()) else {
            return Err(Missing::NoText);
        };
        let counted = counted.and_then(|tokens| Density::counted(self.bytes(), tokens));
        if let Some(tokens) = self.peak.tokens(counted, self.density) {
            return Ok(tokens);
        }
        if !has_ended {
            return Err(Missing::NotEnded);
        }
        let span = last.at().saturating_sub(first.at());
        let bytes = self.bytes().saturating_sub(self.bytes_with(first.at()));
        let density = counted.unwrap_or_else(|| self.density());
        rate(density.fraction_in(bytes as f64), span)
    }

    /// How many tokens came after `from` and until `to`: an estimate, a delta being one token at least.
    pub(super) fn tokens_between(&self, from: Duration, to: Duration) -> f64 {
        let until = |at| self.arrivals.partition_point(|a| a.at() <= at);
        let deltas = until(to).saturating_sub(until(from));
        let bytes = self.bytes_at(to).saturating_sub(self.bytes_at(from));
        self.density.fraction_in(bytes as f64).max(deltas as f64)
    }

    /// Gaps over `threshold` before text of `channel` that begins in `bytes` of it. Costs as much as it finds.
    pub fn stalls_in(
        &self,
        channel: Channel,
        bytes: std::ops::Range<u64>,
        threshold: Duration,
    ) -> impl Iterator<Item = &Stall> {
        self.stalls.within(channel, bytes, threshold)
    }

    /// Gaps over `threshold` between two deltas, in the order of their time; those under 50 ms are not kept. Costs as
    /// much as there are.
    pub fn stalls(&self, threshold: Duration) -> impl Iterator<Item = &Stall> {
        self.stalls.over(threshold)
    }

    /// The time between each delta and the one before it.
    pub fn gaps(&self) -> impl Iterator<Item = Duration> {
        let pairs = self.arrivals.iter().zip(self.arrivals.iter().skip(1));
        pairs.map(|(a, b)| b.at().saturating_sub(a.at()))
    }

    /// True if reasoning was the first that came.
    pub(super) fn starts_with_reasoning(&self) -> bool {
        self.first()
            .is_some_and(|a| a.channel == Channel::Reasoning)
    }

    /// Bytes of the first deltas that came at `at`, which is one read of the socket.
    pub(super) fn bytes_with(&self, at: Duration) -> u64 {
        let same = self.arrivals.iter().take_while(|a| a.at() == at);
        same.map(|a| u64::from(a.bytes)).sum()
    }

    /// Bytes of text of both kinds that had come at `at`; a look at a few arrivals, however many there are.
    pub fn bytes_at(&self, at: Duration) -> u64 {
        let until = self.arrivals.partition_point(|a| a.at() <= at);
        let sum = self.sums.get(until / STRIDE).copied();
        let rest = until - until % STRIDE..until;
        let rest = self.arrivals.get(rest).unwrap_or_default();
        sum.unwrap_or_else(|| self.bytes()) + rest.iter().map(|a| u64::from(a.bytes)).sum::<u64>()
    }

    /// Bytes of text of both kinds.
    pub fn bytes(&self) -> u64 {
        self.content_bytes.saturating_add(self.reasoning_bytes)
    }
}

impl FromIterator<Arrival> for Timeline {
    fn from_iter<I: IntoIterator<Item = Arrival>>(arrivals: I) -> Self {
        let mut timeline = Self::default();
        arrivals.into_iter().for_each(|a| timeline.push(a));
        timeline
    }
}
