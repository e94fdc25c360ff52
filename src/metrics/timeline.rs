//! What arrived when: one entry for each delta, stamped on the task that read it.
//!
//! Offsets count from the moment the successful attempt was sent.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Curve;

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
    /// Bytes of UTF-8 text.
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    arrivals: Vec<Arrival>,
    first_content: Option<usize>,
    content_bytes: u64,
    reasoning_bytes: u64,
    curve: Curve,
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

    /// How its text grew, in a few hundred points.
    pub fn curve(&self) -> &Curve {
        &self.curve
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
