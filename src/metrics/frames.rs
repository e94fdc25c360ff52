//! What frames cost and how far they lag behind the text: bounded counts, however long the program runs.
//! Pure: times come in as durations; what is measured, and when, is the event loop's business.

use std::time::Duration;

use super::{Distribution, Quantiles};

/// What is told of the frames that showed new text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    /// From each read at a socket to the end of the write of the frame that was the first to show its text.
    pub lag: Quantiles,
    /// Layout, comparison with the frame before, and write. Its count is that of the frames.
    pub cost: Quantiles,
    /// Frame intervals that passed without a frame although text waited.
    pub dropped: u64,
}

/// Counts the frames that show new text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FrameLog {
    lag: Distribution,
    cost: Distribution,
    dropped: u64,
}

impl FrameLog {
    /// Counts a frame that took `cost` and began `late` after it was due, one being due every `interval`; `lags` are
    /// those of the reads that it shows.
    pub fn record(
        &mut self,
        lags: impl IntoIterator<Item = Duration>,
        cost: Duration,
        late: Duration,
        interval: Duration,
    ) {
        lags.into_iter().for_each(|lag| self.lag.record(lag));
        self.cost.record(cost);
        let missed = late.as_nanos() / interval.as_nanos().max(1);
        self.dropped += u64::try_from(missed).unwrap_or(u64::MAX);
    }

    /// The figures so far.
    pub fn figures(&self) -> Frames {
        Frames {
            lag: self.lag.quantiles().unwrap_or_default(),
            cost: self.cost.quantiles().unwrap_or_default(),
            dropped: self.dropped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }

    #[test]
    fn a_frame_drops_the_intervals_that_it_came_too_late_for() {
        let interval = Duration::from_millis(16);
        let dropped = |late| {
            let mut log = FrameLog::default();
            log.record([us(5), us(6)], us(7), Duration::from_millis(late), interval);
            let figures = log.figures();
            assert_eq!((figures.lag.count, figures.cost.count), (2, 1));
            figures.dropped
        };
        assert_eq!([0, 15, 16, 31, 32, 160].map(dropped), [0, 0, 1, 1, 2, 10]);
    }
}
