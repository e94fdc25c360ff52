//! When the requests of a level go out. Asked again and again, with the time and what is under way.
//!
//! An open level never waits for answers: a request that is due goes out, however many are under way. Its due time is
//! kept, so that what a slow server delays is counted against the server and not left out.

use std::time::Duration;

use super::plan::{Arrivals, Extent, Load};

/// What to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send a request that was due then.
    Send {
        /// Since the level began.
        due: Duration,
    },
    /// Nothing before that time, or before a request ends.
    Wait(Option<Duration>),
    /// No further request goes out.
    Done,
}

/// Gives out the requests of a level.
#[derive(Clone, Debug)]
pub struct Pacer {
    load: Load,
    arrivals: Arrivals,
    most: Option<u64>,
    span: Option<Duration>,
    given: u64,
    /// When the next request of an open level is due.
    due: Duration,
    random: u64,
    stopped: bool,
}

impl Pacer {
    /// A pacer for a level of so many requests or so much time. `extent` must be one of the two.
    pub fn new(load: Load, arrivals: Arrivals, extent: Extent, seed: u64) -> Self {
        let (most, span) = match extent {
            Extent::Requests(n) => (Some(n), None),
            Extent::For(span) => (None, Some(span)),
            Extent::Fitting => (None, None),
        };
        let mut pacer = Self {
            load,
            arrivals,
            most,
            span,
            given: 0,
            due: Duration::ZERO,
            random: seed,
            stopped: false,
        };
        if arrivals == Arrivals::Poisson {
            pacer.due = pacer.gap();
        }
        pacer
    }

    /// Gives out nothing more.
    pub fn stop(&mut self) {
        self.stopped = true;
    }

    /// What to do `now` (since the level began), with so many requests under way.
    pub fn next(&mut self, now: Duration, under_way: u64) -> Next {
        let is_enough = self.most.is_some_and(|most| self.given >= most);
        if self.stopped || is_enough {
            return Next::Done;
        }
        match self.load {
            Load::Closed { .. } if self.span.is_some_and(|span| now >= span) => Next::Done,
            Load::Closed { concurrency } if under_way < u64::from(concurrency) => self.give(now),
            Load::Closed { .. } => Next::Wait(None),
            Load::Open { .. } if self.span.is_some_and(|span| self.due >= span) => Next::Done,
            Load::Open { .. } if self.due > now => Next::Wait(Some(self.due)),
            Load::Open { .. } => {
                let due = self.due;
                self.due = due.saturating_add(self.gap());
                self.give(due)
            }
        }
    }

    fn give(&mut self, due: Duration) -> Next {
        self.given += 1;
        Next::Send { due }
    }

    /// From one request of an open level to the next.
    fn gap(&mut self) -> Duration {
        let Load::Open { rate } = self.load else {
            return Duration::ZERO;
        };
        let mean = 1.0 / rate;
        let gap = match self.arrivals {
            Arrivals::Even => mean,
            // The inverse of the exponential distribution; the draw is under one, so that the logarithm is finite.
            Arrivals::Poisson => -(1.0 - self.draw()).ln() * mean,
        };
        Duration::try_from_secs_f64(gap).unwrap_or(Duration::MAX)
    }

    /// From zero to under one.
    fn draw(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        (mix(self.random) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Spreads a number over all of its bits (`SplitMix64`).
pub(super) fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
