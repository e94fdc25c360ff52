//! How times or rates are spread: a few kilobytes however many there are, the percentiles right within half a percent.
//!
//! Smallest, largest, mean and count are exact. What is measured, and which samples belong together, is the caller's.

use std::{fmt, marker::PhantomData, time::Duration};

use hdrhistogram::Histogram;

/// Significant digits of the counts: a bucket is 1/128 of its value wide at most, and its middle is 1/256 off at most.
const DIGITS: u8 = 2;
/// Larger ticks count here, so that the memory stays under 32 KiB: 38 hours of microseconds.
const LARGEST: u64 = (1 << 37) - 1;

/// What can be measured again and again: it is counted in whole ticks.
pub trait Measure: Copy {
    /// Ticks, rounded.
    fn to_ticks(self) -> u64;
    /// The value of so many ticks.
    fn from_ticks(ticks: f64) -> Self;
}

/// Microseconds. What falls between two is not cut: times per token are a few hundred of them.
impl Measure for Duration {
    fn to_ticks(self) -> u64 {
        u64::try_from((self.as_nanos() + 500) / 1_000).unwrap_or(u64::MAX)
    }

    fn from_ticks(ticks: f64) -> Self {
        Self::try_from_secs_f64(ticks / 1e6).unwrap_or(Self::MAX)
    }
}

/// Thousandths, for rates. What is negative or not a number counts as zero.
impl Measure for f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast stops at the ends of the range, and that is what is wanted"
    )]
    fn to_ticks(self) -> u64 {
        (self * 1e3).round() as u64
    }

    fn from_ticks(ticks: f64) -> Self {
        ticks / 1e3
    }
}

/// Samples from which on there is a p90, a p95 and a p99: of fewer its nearest rank would be the largest, and say nothing
/// that `max` does not.
pub const P90_FROM: u64 = 10;
/// See [`P90_FROM`].
pub const P95_FROM: u64 = 20;
/// See [`P90_FROM`].
pub const P99_FROM: u64 = 100;

/// The spread of some samples in a few numbers. A percentile is a nearest rank: of n samples in order, p95 is number
/// ⌈0.95 n⌉. Where that would be the largest there is none, for everybody who shows one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quantiles<T = Duration> {
    /// How many there were.
    pub count: u64,
    /// The smallest, exactly.
    pub min: T,
    /// The mean, exactly.
    pub mean: T,
    /// The median.
    pub p50: T,
    /// One in ten is larger; from [`P90_FROM`] samples on.
    pub p90: Option<T>,
    /// One in twenty is larger; from [`P95_FROM`] samples on.
    pub p95: Option<T>,
    /// One in a hundred is larger; from [`P99_FROM`] samples on.
    pub p99: Option<T>,
    /// The largest, exactly.
    pub max: T,
}

/// A bar of a histogram for drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bin<T = Duration> {
    /// The smallest value that belongs to it.
    pub from: T,
    /// Where the next one begins.
    pub to: T,
    /// Samples in it.
    pub count: u64,
}

/// Samples of one kind, counted in buckets whose width grows with them.
#[derive(Clone)]
pub struct Distribution<T = Duration> {
    counts: Histogram<u64>,
    count: u64,
    /// In ticks, like the two below.
    sum: u128,
    min: u64,
    max: u64,
    kind: PhantomData<T>,
}

impl<T> Default for Distribution<T> {
    fn default() -> Self {
        let mut counts = Histogram::new(DIGITS).expect("two digits are among those it takes");
        counts.auto(true);
        Self {
            counts,
            count: 0,
            sum: 0,
            min: u64::MAX,
            max: 0,
            kind: PhantomData,
        }
    }
}

impl<T: Measure> Distribution<T> {
    /// Counts a sample.
    pub fn record(&mut self, sample: T) {
        let ticks = sample.to_ticks();
        // It grows up to the largest value that it is ever given, so it refuses none.
        let _ = self.counts.record(ticks.min(LARGEST));
        self.count += 1;
        self.sum += u128::from(ticks);
        self.min = self.min.min(ticks);
        self.max = self.max.max(ticks);
    }

    /// How many samples there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The spread in numbers; `None` where nothing was counted.
    pub fn quantiles(&self) -> Option<Quantiles<T>> {
        if self.count == 0 {
            return None;
        }
        let [p50, p90, p95, p99] = self.at_percents([50, 90, 95, 99]);
        let from = |least, value| (self.count >= least).then_some(value);
        Some(Quantiles {
            count: self.count,
            min: T::from_ticks(self.min as f64),
            mean: T::from_ticks(self.sum as f64 / self.count as f64),
            p50,
            p90: from(P90_FROM, p90),
            p95: from(P95_FROM, p95),
            p99: from(P99_FROM, p99),
            max: T::from_ticks(self.max as f64),
        })
    }

    /// The nearest ranks at `percents`, which rise.
    fn at_percents<const N: usize>(&self, percents: [u64; N]) -> [T; N] {
        let mut buckets = self.counts.iter_recorded();
        let (mut seen, mut middle) = (0, 0.0);
        percents.map(|percent| {
            let rank = (u128::from(self.count) * u128::from(percent)).div_ceil(100);
            // The ends are known exactly.
            if rank >= u128::from(self.count) {
                return T::from_ticks(self.max as f64);
            }
            while u128::from(seen) < rank {
                let Some(bucket) = buckets.next() else { break };
                seen += bucket.count_since_last_iteration();
                middle = self.middle(bucket.value_iterated_to());
            }
            T::from_ticks(middle)
        })
    }

    /// What stands for all samples of the bucket with this value in it.
    fn middle(&self, ticks: u64) -> f64 {
        let (low, high) = (
            self.counts.lowest_equivalent(ticks),
            self.counts.highest_equivalent(ticks),
        );
        let middle = u128::from(low) + u128::from(high);
        (middle as f64 / 2.0).clamp(self.min as f64, self.max as f64)
    }

    /// A histogram of `bins` bars from the smallest sample to the largest, each reaching further than the one before
    /// by the same factor, as suits times that differ by powers of ten. Empty where nothing was counted; one bar where
    /// all samples are equal. The bars hold all samples, each where its bucket's middle is.
    pub fn bins(&self, bins: usize) -> Vec<Bin<T>> {
        if self.count == 0 || bins == 0 {
            return Vec::new();
        }
        let (low, high) = (self.min.max(1) as f64, self.max.max(1) as f64);
        let bins = if low < high { bins } else { 1 };
        let factor = (high / low).powf(1.0 / bins as f64);
        let edge = |bin: usize| low * factor.powf(bin as f64);
        let mut bars: Vec<Bin<T>> = (0..bins)
            .map(|bin| Bin {
                from: T::from_ticks(edge(bin)),
                to: T::from_ticks(edge(bin + 1)),
                count: 0,
            })
            .collect();
        let mut bin = 0;
        for bucket in self.counts.iter_recorded() {
            let middle = self.middle(bucket.value_iterated_to());
            while bin + 1 < bins && middle >= edge(bin + 1) {
                bin += 1;
            }
            if let Some(bar) = bars.get_mut(bin) {
                bar.count += bucket.count_since_last_iteration();
            }
        }
        bars
    }
}

impl<T> PartialEq for Distribution<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.count, self.sum, self.min, self.max) == (other.count, other.sum, other.min, other.max)
            && self.counts == other.counts
    }
}

impl<T: Measure + fmt::Debug + Default> fmt::Debug for Distribution<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Distribution")
            .field(&self.quantiles())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn us(micros: u64) -> Duration {
        Duration::from_micros(micros)
    }

    fn of(samples: impl IntoIterator<Item = u64>) -> Distribution {
        let mut distribution = Distribution::default();
        samples.into_iter().for_each(|s| distribution.record(us(s)));
        distribution
    }

    #[track_caller]
    fn is_near(found: Duration, wanted: Duration) {
        let ratio = found.as_secs_f64() / wanted.as_secs_f64();
        assert!(
            (0.995..=1.005).contains(&ratio),
            "{found:?} is not {wanted:?}"
        );
    }

    #[test]
    fn a_percentile_that_would_be_the_largest_sample_is_none() {
        let there = |n| {
            let found = of(1..=n).quantiles().unwrap();
            [found.p90, found.p95, found.p99].map(|p| p.is_some())
        };
        let rows = [
            (1, [false, false, false]),
            (9, [false, false, false]),
            (10, [true, false, false]),
            (19, [true, false, false]),
            (20, [true, true, false]),
            (99, [true, true, false]),
            (100, [true, true, true]),
        ];
        for (n, expected) in rows {
            assert_eq!(there(n), expected, "{n}");
        }
        // Each is smaller than the largest from its first sample on. 10,901 stands in a bucket of 64 ticks.
        let one_far = |n| of((1..n).chain([10_901])).quantiles().unwrap();
        assert_eq!(one_far(10).p90, Some(us(9)));
        assert_eq!(one_far(20).p95, Some(us(19)));
        assert_eq!(one_far(100).p99, Some(us(99)));
        assert_eq!(one_far(1).p50, us(10_901));
    }

    #[test]
    fn nearest_ranks_of_few_samples() {
        // Up to 255 ticks each has a bucket of its own, so these are exact.
        let found = of([40, 10, 30, 20]).quantiles().unwrap();
        assert_eq!(
            found,
            Quantiles {
                count: 4,
                min: us(10),
                mean: us(25),
                // Rank 2; the others would be the fourth, which is the largest.
                p50: us(20),
                p90: None,
                p95: None,
                p99: None,
                max: us(40),
            }
        );
        let found = of(1..=100).quantiles().unwrap();
        assert_eq!(
            [Some(found.p50), found.p90, found.p95, found.p99],
            [50, 90, 95, 99].map(|at| Some(us(at)))
        );
        assert_eq!(of([]).quantiles(), None);
    }

    #[test]
    fn percentiles_are_right_within_half_a_percent_from_microseconds_to_hours() {
        for scale in [1, 40, 1_000, 50_000, 3_600_000] {
            let found = of((1..=1_000).rev().map(|n| n * scale))
                .quantiles()
                .unwrap();
            assert_eq!((found.count, found.max), (1_000, us(1_000 * scale)));
            assert_eq!((found.min, found.mean), (us(scale), us(scale) * 1_001 / 2));
            is_near(found.p50, us(500 * scale));
            is_near(found.p90.unwrap(), us(900 * scale));
            is_near(found.p95.unwrap(), us(950 * scale));
            is_near(found.p99.unwrap(), us(990 * scale));
        }
    }

    #[test]
    fn what_is_beyond_the_buckets_counts_and_stays_the_largest() {
        let mut odd = of([0]);
        odd.record(Duration::from_hours(24 * 30));
        odd.record(Duration::MAX);
        let found = odd.quantiles().unwrap();
        assert_eq!((found.count, found.min), (3, Duration::ZERO));
        assert!(found.max > Duration::from_hours(24 * 365));
        assert!(found.p50 > Duration::from_hours(38));
        let bytes = odd.counts.distinct_values() * size_of::<u64>();
        assert!(bytes < 32 << 10, "{bytes}");
        assert_eq!(odd.bins(5).iter().map(|b| b.count).sum::<u64>(), 3);
    }

    #[test]
    fn what_falls_between_two_ticks_is_not_cut() {
        let mut times = Distribution::default();
        for nanos in [333_900, 333_900, 334_400] {
            times.record(Duration::from_nanos(nanos));
        }
        let found = times.quantiles().unwrap();
        assert_eq!(
            (found.min, found.mean, found.max),
            (us(334), us(334), us(334))
        );
    }

    #[test]
    fn rates_are_counted_in_thousandths() {
        let mut speeds = Distribution::<f64>::default();
        for speed in [1_648.5, 904.25, 2_375.0, f64::NAN, -3.0] {
            speeds.record(speed);
        }
        let found = speeds.quantiles().unwrap();
        assert_eq!((found.min, found.max), (0.0, 2_375.0));
        assert!((found.p50 / 904.25 - 1.0).abs() < 0.005, "{found:?}");
        assert!((found.mean - 4_927.75 / 5.0).abs() < 1e-9);
    }

    #[test]
    fn bars_reach_from_the_smallest_to_the_largest() {
        // A hundred at 1 ms, ten at 10 ms, one at 100 ms: two decades, a bar for each half.
        let times = [(1_000, 100), (10_000, 10), (100_000, 1)];
        let all = of(times
            .into_iter()
            .flat_map(|(at, n)| std::iter::repeat_n(at, n)));
        let bars = all.bins(4);
        assert_eq!(
            bars.iter().map(|b| b.count).collect::<Vec<_>>(),
            [100, 0, 10, 1]
        );
        is_near(bars[0].from, us(1_000));
        is_near(bars[1].from, us(3_162));
        is_near(bars[3].to, us(100_000));
        assert!(bars.is_sorted_by(|a, b| a.to == b.from));
        let one = of([7, 7]).bins(20);
        assert_eq!((one.len(), one[0].count), (1, 2));
        assert!(of([]).bins(20).is_empty() && all.bins(0).is_empty());
    }

    proptest! {
        #[test]
        fn percentiles_agree_with_sorting(
            mut all in proptest::collection::vec(0u64..10_000_000, 1..160),
            bins in 1usize..40,
        ) {
            let distribution = of(all.iter().copied());
            all.sort_unstable();
            let found = distribution.quantiles().unwrap();
            for (percent, found) in [(50, Some(found.p50)), (90, found.p90), (95, found.p95), (99, found.p99)] {
                let rank = (all.len() * percent).div_ceil(100);
                prop_assert_eq!(found.is_some(), percent == 50 || rank < all.len());
                let Some(found) = found else { continue };
                let exact = all[rank - 1] as f64;
                let found = found.as_secs_f64() * 1e6;
                prop_assert!((found - exact).abs() <= exact * 0.005 + 1e-6, "p{}: {} of {}", percent, found, exact);
            }
            let drawn: u64 = distribution.bins(bins).iter().map(|b| b.count).sum();
            prop_assert_eq!(drawn, distribution.count());
        }
    }
}
