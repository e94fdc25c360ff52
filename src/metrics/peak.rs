//! The best second of a stream: the most that came in any second, kept while the deltas come.
//!
//! It never falls while a stream goes on: a second that is over stays what it was, and so does its estimate.

use super::{Arrival, Density};

/// A second, in the microseconds of arrivals.
const SECOND: u64 = 1_000_000;

/// The best of all seconds after the first delta. Of those with the most in them one ends with a delta or begins with
/// the first one, so that no others have to be looked at. Of a delta whose making began before the second, the part that
/// was made in it counts: an even stream would have one delta more or less in it, as they happen to fall.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Peak {
    /// The first delta that came less than a second before the newest one, and the bytes from there on.
    from: usize,
    bytes: u64,
    best: Option<Best>,
}

/// In a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Best {
    bytes: f64,
    /// Most deltas in a second, which need not be the one with the most bytes.
    deltas: f64,
}

impl Best {
    /// What came within a second of the first delta, itself left out; all but the newest did.
    fn of_first_second(arrivals: &[Arrival]) -> Self {
        let first = arrivals.first().map(Arrival::micros);
        let before = arrivals.split_last().map_or(&[][..], |(_, before)| before);
        let later = before.iter().skip_while(|a| Some(a.micros()) == first);
        later.fold(Self::default(), |sum, arrival| Self {
            bytes: sum.bytes + f64::from(arrival.bytes),
            deltas: sum.deltas + 1.0,
        })
    }
}

impl Peak {
    /// Looks at the newest of all deltas.
    pub(super) fn push(&mut self, arrivals: &[Arrival]) {
        let (Some(first), Some(newest)) = (arrivals.first(), arrivals.last()) else {
            return;
        };
        let is_whole = newest.micros() >= first.micros().saturating_add(SECOND);
        if is_whole && self.best.is_none() {
            self.best = Some(Best::of_first_second(arrivals));
        }
        self.bytes += u64::from(newest.bytes);
        let is_over = |a: &&Arrival| a.micros().saturating_add(SECOND) <= newest.micros();
        while let Some(gone) = arrivals.get(self.from).filter(is_over) {
            self.bytes = self.bytes.saturating_sub(u64::from(gone.bytes));
            self.from += 1;
        }
        // A second that began before the first delta would count what was made before it.
        let before = self.from.checked_sub(1).and_then(|at| arrivals.get(at));
        if let Some((best, before)) = self.best.as_mut().zip(before) {
            let begin = newest.micros().saturating_sub(SECOND);
            let outside = begin.saturating_sub(before.micros());
            let oldest = arrivals.get(self.from).unwrap_or(newest);
            let gap = oldest.micros().saturating_sub(before.micros()).max(1);
            let share = (outside as f64 / gap as f64).min(1.0);
            let deltas = arrivals.len().saturating_sub(self.from) as f64;
            let bytes = self.bytes as f64 - share * f64::from(oldest.bytes);
            best.bytes = best.bytes.max(bytes);
            best.deltas = best.deltas.max(deltas - share);
        }
    }

    /// Tokens of the best second, where there was a whole one. As long as they are not `counted` a token is taken for
    /// what is `assumed`, and a delta for one at least.
    pub(super) fn tokens(&self, counted: Option<Density>, assumed: Density) -> Option<f64> {
        let Best { bytes, deltas } = self.best?;
        let tokens = |density: Density| density.fraction_in(bytes);
        Some(match counted {
            Some(density) => tokens(density),
            None => tokens(assumed).max(deltas),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::metrics::{Arrival, Channel, LiveRate, Missing, Timeline};

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn the_peak_of_an_even_stream_is_its_speed_however_slow_its_deltas_and_however_they_jitter() {
        for every in [50, 100, 250, 400] {
            let mut timeline = Timeline::default();
            for i in 0..40 {
                let at = Duration::from_micros(i * every * 1_000 + i * 7_919 % 2_000);
                timeline.push(Arrival::new(Channel::Content, 100, at));
            }
            // 4,000 bytes were 4,000 tokens.
            let peak = timeline.peak(Some(4_000), true).unwrap();
            let speed = 100_000.0 / every as f64;
            assert!((peak / speed - 1.0).abs() < 0.01, "{peak} of {speed}");
        }
    }

    #[test]
    fn the_peak_is_the_best_second() {
        // Two seconds at a delta of 40 bytes every 10 ms, half of one twice as fast, one at half the pace.
        let steady = (0..=200).map(|i| (i * 10, 40));
        let fast = (1..=100).map(|i| (2_000 + i * 5, 40));
        let slow = (1..=50).map(|i| (2_500 + i * 20, 40));
        let arrivals = steady.chain(fast).chain(slow);
        let mut timeline = Timeline::default();
        let mut before = Err(Missing::NoText);
        for (at, bytes) in arrivals {
            timeline.push(Arrival::new(Channel::Content, bytes, ms(at)));
            let peak = timeline.peak(None, false);
            if at < 1_000 {
                assert_eq!(peak, Err(Missing::NotEnded), "no whole second yet");
            } else {
                assert!(peak.unwrap() >= before.unwrap_or(0.0), "it fell at {at}");
            }
            before = peak;
        }
        // Fifty deltas of 40 bytes and a hundred more: 6,000 bytes in the second that ends at 2,500 ms.
        assert_eq!(timeline.peak(None, true), Ok(1_500.0));
        // 350 deltas and the first, 14,040 bytes, were 7,020 tokens.
        assert_eq!(timeline.peak(Some(7_020), true), Ok(3_000.0));
        let live = LiveRate::at(&timeline, ms(2_500)).unwrap();
        assert!(
            (live.tokens_per_s - 1_500.0).abs() < 1e-9,
            "`now` is reckoned in the same way"
        );
    }

    #[test]
    fn a_burst_before_a_silence_is_a_peak() {
        // 50 deltas in half a second, two seconds of nothing, six deltas; 8 tokens each.
        let burst = (0..50).map(|i| 200 + i * 10);
        let rest = (0..6).map(|i| 2_690 + i * 10);
        let mut timeline = Timeline::default();
        for at in burst.chain(rest) {
            timeline.push(Arrival::new(Channel::Content, 40, ms(at)));
        }
        // The first is left out: what it holds was made before it.
        assert_eq!(timeline.peak(Some(56 * 8), true), Ok(49.0 * 8.0));
        assert_eq!(timeline.peak(None, false), Ok(49.0 * 10.0));
        // It begins with the first delta; a better second later still counts, and of the delta that ends a silence of
        // 1,060 ms the part that was made in that second.
        for i in 0..60 {
            timeline.push(Arrival::new(Channel::Content, 40, ms(3_800 + i * 10)));
        }
        let peak = timeline.peak(None, false).unwrap();
        assert!(
            (peak - (59.0 + 410.0 / 1_060.0) * 10.0).abs() < 1e-9,
            "{peak}"
        );
    }

    #[test]
    fn short_tokens_do_not_lower_a_peak() {
        let mut timeline = Timeline::default();
        let mut best = 0.0;
        for i in 0..4_000 {
            // A byte a delta at first, eight later: a token is more text than it seemed.
            let bytes = if i < 2_000 { 1 } else { 8 };
            timeline.push(Arrival::new(Channel::Content, bytes, ms(i)));
            let peak = timeline.peak(None, false).unwrap_or(0.0);
            assert!(peak >= best, "{best} became {peak} at {i}");
            best = peak;
        }
        assert!((best - 2_000.0_f64).abs() < 1e-9, "{best}");
    }

    #[test]
    fn the_peak_of_a_short_answer_is_all_of_it() {
        let of = |arrivals: &[(u64, usize)]| -> Timeline {
            let arrival = |&(at, bytes)| Arrival::new(Channel::Content, bytes, ms(at));
            arrivals.iter().map(arrival).collect()
        };
        let short = of(&[(100, 400), (300, 400), (500, 400)]);
        assert_eq!(
            short.peak(Some(300), true),
            Ok(500.0),
            "200 tokens in 400 ms"
        );
        assert_eq!(short.peak(None, false), Err(Missing::NotEnded));
        assert_eq!(
            of(&[(100, 400), (119, 400)]).peak(None, true),
            Err(Missing::TooShort)
        );
        assert_eq!(
            of(&[(100, 20), (115, 20), (130, 20)]).peak(Some(15), true),
            Err(Missing::TooShort),
            "ten tokens in 30 ms are no speed"
        );
        assert_eq!(Timeline::default().peak(None, true), Err(Missing::NoText));
        let backwards = of(&[(2_000, 40), (10, 40), (3_500, 40), (0, 40)]);
        assert!(backwards.peak(None, true).is_ok_and(f64::is_finite));
    }
}
