//! The live rate of a stream that has not ended: an estimate, always shown with `~`.
//!
//! Tokens are not known until `usage` arrives, so bytes of the last second stand in for them.

use std::time::Duration;

use super::{Density, Timeline};

/// The window looks back this far: long enough to be calm, short enough to follow a stall.
const WINDOW: Duration = Duration::from_secs(1);

/// Estimated tokens a second over the last second of a stream.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiveRate {
    /// Estimated tokens a second.
    pub tokens_per_s: f64,
    /// Estimated tokens since the first delta.
    pub tokens: u64,
}

impl LiveRate {
    /// The rate at `now` (since sending), or `None` before there is a span of 20 ms to divide by. What came later than
    /// `now` does not count, so that one may ask how fast it was a moment ago.
    pub fn at(timeline: &Timeline, now: Duration) -> Option<Self> {
        let first = timeline.first()?.at();
        let from = now.saturating_sub(WINDOW).max(first);
        let span = now.saturating_sub(from);
        if span < Duration::from_millis(20) {
            return None;
        }
        Some(Self {
            tokens_per_s: timeline.tokens_between(from, now) / span.as_secs_f64(),
            tokens: timeline.tokens(),
        })
    }

    /// The estimate of how many tokens `bytes` of any text are, of a prompt for instance.
    pub fn tokens_in(bytes: u64) -> u64 {
        Density::default().tokens_in(bytes)
    }
}
