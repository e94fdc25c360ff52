//! What frames cost and how far they lag behind the text: bounded counts, however long the program runs.
//! Pure: times come in as durations; what is measured, and when, is the event loop's business.

use std::time::Duration;

/// Each bucket reaches this much further than the one before: a quantile is right within half a percent.
const GROWTH: f64 = 1.01;
/// Buckets from a microsecond to a minute; what takes longer counts in the last one.
const BUCKETS: usize = 1_800;

/// The quantiles of some times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quantiles {
    /// How many there were.
    pub count: u64,
    /// The median.
    pub p50: Duration,
    /// One in a hundred is longer.
    pub p99: Duration,
    /// The longest, exactly.
    pub max: Duration,
}

/// Times, counted in buckets whose width grows with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<u64>,
    count: u64,
    max: Duration,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; BUCKETS],
            count: 0,
            max: Duration::ZERO,
        }
    }
}

impl Histogram {
    /// Counts a time.
    pub fn record(&mut self, time: Duration) {
        if let Some(count) = self.counts.get_mut(bucket(time)) {
            *count += 1;
        }
        self.count += 1;
        self.max = self.max.max(time);
    }

    /// The quantiles so far; zero where nothing was counted.
    pub fn quantiles(&self) -> Quantiles {
        Quantiles {
            count: self.count,
            p50: self.quantile(50),
            p99: self.quantile(99),
            max: self.max,
        }
    }

    /// The nearest rank, as the middle of its bucket.
    fn quantile(&self, percent: u64) -> Duration {
        let rank = (self.count * percent).div_ceil(100);
        let mut seen = 0;
        let found = self.counts.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        found.map_or(self.max, middle).min(self.max)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the logarithm of at least one, which is small and not negative"
)]
fn bucket(time: Duration) -> usize {
    let micros = (time.as_secs_f64() * 1e6).max(1.0);
    ((micros.ln() / GROWTH.ln()) as usize).min(BUCKETS - 1)
}

fn middle(bucket: usize) -> Duration {
    Duration::from_secs_f64(GROWTH.powf(bucket as f64 + 0.5) / 1e6)
}

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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameLog {
    lag: Histogram,
    cost: Histogram,
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
            lag: self.lag.quantiles(),
            cost: self.cost.quantiles(),
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

    #[track_caller]
    fn is_near(found: Duration, wanted: Duration) {
        let ratio = found.as_secs_f64() / wanted.as_secs_f64();
        assert!(
            (0.99..=1.01).contains(&ratio),
            "{found:?} is not {wanted:?}"
        );
    }

    #[test]
    fn quantiles_are_right_within_a_percent_from_microseconds_to_seconds() {
        for scale in [1, 40, 1_000, 50_000] {
            let mut times = Histogram::default();
            (1..=1_000).rev().for_each(|n| times.record(us(n * scale)));
            let found = times.quantiles();
            assert_eq!((found.count, found.max), (1_000, us(1_000 * scale)));
            is_near(found.p50, us(500 * scale));
            is_near(found.p99, us(990 * scale));
        }
    }

    #[test]
    fn nothing_and_one_and_what_is_beyond_the_buckets() {
        assert_eq!(Histogram::default().quantiles(), Quantiles::default());
        let mut one = Histogram::default();
        one.record(us(77));
        assert_eq!(one.quantiles().p99, one.quantiles().p50);
        is_near(one.quantiles().p50, us(77));
        let mut odd = Histogram::default();
        odd.record(Duration::ZERO);
        odd.record(Duration::from_hours(9));
        assert_eq!(odd.quantiles().max, Duration::from_hours(9));
        assert!(odd.quantiles().p50 <= us(2));
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
