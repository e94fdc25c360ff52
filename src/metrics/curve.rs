//! How the text of an answer grew: a few hundred points however many deltas came, for a chart of its speed.
//!
//! Between two points the growth is a straight line: a delta's tokens were made in the time since the delta before.

use std::time::Duration;

use super::Density;

/// Points kept at most: a chart of 60 cells gets at least one to each cell after every thinning.
const POINTS: usize = 256;
/// Deltas closer than this share a point, in microseconds, until the answer is too long for that.
const FIRST_GAP: u64 = 500;
/// A rate over less than this is noise, as in the summary's figures.
const MIN_WINDOW: Duration = Duration::from_millis(20);
/// A silence is not drawn until it is this long, since the next delta may be on its way.
const PATIENCE: Duration = Duration::from_secs(1);

/// Bytes of text by time. A push costs the same however many came before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Curve {
    /// Microseconds since sending, and the bytes there were then; both never fall.
    points: Vec<(u64, u64)>,
    gap: u64,
}

impl Default for Curve {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            gap: FIRST_GAP,
        }
    }
}

impl Curve {
    /// Notes that there were `bytes` bytes at `micros`.
    pub(super) fn push(&mut self, micros: u64, bytes: u64) {
        append(&mut self.points, (micros, bytes), self.gap);
        if self.points.len() > POINTS {
            self.gap = self.gap.saturating_mul(2);
            for point in std::mem::replace(&mut self.points, Vec::with_capacity(POINTS + 1)) {
                append(&mut self.points, point, self.gap);
            }
        }
    }

    /// Tokens of this density a second in each of `cells` equal parts of the time from the first delta to the last, or
    /// to `now` (since sending) while a stream that goes on is silent. Empty where the time is too short to say.
    pub(super) fn rates(&self, cells: usize, now: Option<Duration>, density: Density) -> Vec<f64> {
        let (Some(&(first, _)), Some(&(last, _))) = (self.points.first(), self.points.last())
        else {
            return Vec::new();
        };
        let silent = now.map_or(0, |now| micros(now.saturating_sub(PATIENCE)));
        let last = last.max(silent);
        let span = last.saturating_sub(first);
        if cells == 0 || span < micros(MIN_WINDOW) {
            return Vec::new();
        }
        let (first, last) = (first as f64, last as f64);
        let cell = (last - first) / cells as f64;
        // Windows wider than a cell overlap: short answers give a smooth line instead of one spike a delta.
        let half = cell.max(micros(MIN_WINDOW) as f64) / 2.0;
        (0..cells)
            .map(|i| {
                let middle = first + (i as f64 + 0.5) * cell;
                let (from, to) = ((middle - half).max(first), (middle + half).min(last));
                let tokens = density.fraction_in(self.bytes_at(to) - self.bytes_at(from));
                tokens / ((to - from) / 1e6)
            })
            .collect()
    }

    /// Bytes there were at `micros`, on the line between the points around it.
    fn bytes_at(&self, micros: f64) -> f64 {
        let after = self
            .points
            .partition_point(|&(at, _)| (at as f64) <= micros);
        let before = after.checked_sub(1).and_then(|i| self.points.get(i));
        match (before, self.points.get(after)) {
            (Some(&(from, bytes)), Some(&(to, more))) => {
                let share = (micros - from as f64) / (to - from).max(1) as f64;
                bytes as f64 + share * (more - bytes) as f64
            }
            (Some(&(_, bytes)), None) | (None, Some(&(_, bytes))) => bytes as f64,
            (None, None) => 0.0,
        }
    }
}

/// Adds a point that is always the newest one. The one before it goes if without it the line stays closer than `gap`,
/// so that two neighbours may be near to each other (the edge of a silence) and three may not.
fn append(points: &mut Vec<(u64, u64)>, (micros, bytes): (u64, u64), gap: u64) {
    // Stamps come from one clock; a file that claims otherwise must not turn the line around.
    let micros = points.last().map_or(micros, |&(at, _)| at.max(micros));
    if let [.., (before, _), newest] = points.as_mut_slice()
        && micros - *before < gap
    {
        *newest = (micros, bytes);
        return;
    }
    points.push((micros, bytes));
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: impl IntoIterator<Item = (u64, u64)>) -> Curve {
        let mut curve = Curve::default();
        for (micros, bytes) in points {
            curve.push(micros, bytes);
        }
        curve
    }

    fn rounded(rates: &[f64]) -> Vec<f64> {
        rates.iter().map(|r| r.round()).collect()
    }

    #[test]
    fn a_steady_stream_is_a_level_line() {
        // 40 bytes, so ten tokens, every 10 ms: a thousand tokens a second.
        let curve = curve((0..=100).map(|i| (i * 10_000, i * 40)));
        assert_eq!(
            rounded(&curve.rates(7, None, Density::default())),
            [1_000.0; 7]
        );
        assert_eq!(
            rounded(&curve.rates(60, None, Density::default())),
            [1_000.0; 60]
        );
    }

    #[test]
    fn a_change_of_speed_and_a_silence_stand_where_they_were() {
        let ms = 1_000;
        // A second at 1,000 tokens a second, one of silence, one at 500.
        let fast = (0..=100).map(|i| (i * 10 * ms, i * 40));
        let slow = (0..=100).map(|i| ((2_000 + i * 10) * ms, 4_001 + i * 20));
        let curve = curve(fast.chain(slow));
        let rates = rounded(&curve.rates(6, None, Density::default()));
        assert_eq!(rates[..2], [1_000.0; 2]);
        assert!(rates[2] <= 1.0 && rates[3] <= 1.0, "{rates:?}");
        assert_eq!(rates[4..], [500.0; 2]);
    }

    #[test]
    fn a_stall_shows_after_a_second() {
        let curve = curve((0..=100).map(|i| (i * 10_000, i * 40)));
        let at = |millis| {
            rounded(&curve.rates(4, Some(Duration::from_millis(millis)), Density::default()))
        };
        assert_eq!(at(1_900), [1_000.0; 4]);
        assert_eq!(at(3_000), [1_000.0, 1_000.0, 0.0, 0.0]);
    }

    #[test]
    fn what_is_too_short_has_no_rates() {
        assert!(
            Curve::default()
                .rates(10, None, Density::default())
                .is_empty()
        );
        assert!(
            curve([(5, 10)])
                .rates(10, None, Density::default())
                .is_empty()
        );
        assert!(
            curve([(0, 10), (19_999, 20)])
                .rates(10, None, Density::default())
                .is_empty()
        );
        assert_eq!(
            curve([(0, 10), (20_000, 50)])
                .rates(2, None, Density::default())
                .len(),
            2
        );
        assert!(
            curve([(0, 10), (20_000, 50)])
                .rates(0, None, Density::default())
                .is_empty()
        );
    }

    #[test]
    fn points_stay_few_and_keep_the_sum() {
        let mut points = Curve::default();
        for i in 0..50_000 {
            points.push(i * 333, i * 4);
            assert!(points.points.len() <= POINTS);
        }
        assert!(points.points.len() >= POINTS / 4);
        let rates = points.rates(57, None, Density::default());
        assert!(rates.iter().all(|r| (r - 3_003.0).abs() < 5.0), "{rates:?}");
    }

    #[test]
    fn stamps_that_run_backwards_do_no_harm() {
        let curve = curve([(50_000, 10), (10_000, 20), (90_000, 30), (0, 40)]);
        assert!(
            curve
                .rates(5, None, Density::default())
                .iter()
                .all(|r| r.is_finite() && *r >= 0.0)
        );
    }
}
