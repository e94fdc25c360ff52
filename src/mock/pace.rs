//! When each delta is due, as a distance from the request: absolute, so that nothing late makes the rest later.
//! Timers and sockets are the business of `playback`.

use std::time::Duration;

use super::random::Rng;
use super::scenario::{Scenario, Speed, Stall};

/// Prompt tokens that are read in a second.
const PREFILL: f64 = 40_000.0;
/// The shortest prefill.
const PREFILL_LEAST: Duration = Duration::from_micros(1_500);
/// The queue of a service with nothing to do.
const QUEUE: Duration = Duration::from_millis(4);
/// What the server needs beside queue, prefill and decoding.
const OTHER: Duration = Duration::from_micros(2_300);
/// Stands for the decoding time of a token without pacing, so that the figures stay finite.
const UNPACED_TOKEN: Duration = Duration::from_micros(1);

/// The time table of one answer.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    pub(crate) queue: Duration,
    pub(crate) prefill: Duration,
    /// Seconds a token; absent without pacing.
    per_token: Option<f64>,
    jitter: Duration,
    rng: Rng,
    stalls: Vec<Stall>,
    /// Pauses that lie behind.
    paused: Duration,
    /// Deltas keep their order whatever the jitter.
    last: Duration,
}

/// When something is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// This long after the request.
    At(Duration),
    Never,
}

impl Pace {
    pub(crate) fn new(scenario: &Scenario, uncached_prompt: u64, seed: u64) -> Self {
        let per_token = match scenario.tokens_per_second {
            Some(Speed::TokensPerSecond(rate)) => Some(1.0 / rate),
            Some(Speed::Word(_)) | None => None,
        };
        let queue = scenario.queue_ms.map_or(
            if per_token.is_some() {
                QUEUE
            } else {
                Duration::ZERO
            },
            millis,
        );
        let by_prompt =
            Duration::from_secs_f64(uncached_prompt as f64 / PREFILL).max(PREFILL_LEAST);
        let prefill = scenario
            .ttft_ms
            .map_or(by_prompt, |ttft| millis(ttft).saturating_sub(queue));
        let mut stalls = scenario.stalls.clone();
        stalls.sort_by_key(|s| std::cmp::Reverse(s.after_tokens));
        Self {
            queue,
            prefill: if per_token.is_none() && scenario.ttft_ms.is_none() {
                Duration::ZERO
            } else {
                prefill
            },
            per_token,
            jitter: scenario.jitter_ms.map_or(Duration::ZERO, millis),
            rng: Rng::new(seed),
            stalls,
            paused: Duration::ZERO,
            last: Duration::ZERO,
        }
    }

    /// When decoding starts.
    pub(crate) fn start(&self) -> Duration {
        self.queue + self.prefill
    }

    /// Whether anything is waited for.
    pub(crate) fn is_paced(&self) -> bool {
        self.per_token.is_some()
    }

    /// When a delta is due that ends with token number `tokens`, of which `before` came with earlier deltas.
    pub(crate) fn due(&mut self, before: u64, tokens: u64) -> Due {
        while let Some(stall) = self.stalls.pop_if(|s| s.after_tokens <= before) {
            match stall.ms {
                Some(ms) => self.paused += millis(ms),
                None => return Due::Never,
            }
        }
        let Some(per_token) = self.per_token else {
            return Due::At(self.start() + self.paused);
        };
        let jitter = Duration::from_micros(
            self.rng
                .below(u64::try_from(self.jitter.as_micros()).unwrap_or(0)),
        );
        let at = self.start() + Duration::from_secs_f64(per_token * tokens as f64) + self.paused;
        self.last = self.last.max(at + jitter);
        Due::At(self.last)
    }

    /// Decoding time of `tokens`, pauses included.
    pub(crate) fn completion(&self, tokens: u64) -> Duration {
        let decoding = match self.per_token {
            Some(per_token) => Duration::from_secs_f64(per_token * tokens as f64),
            None => UNPACED_TOKEN.saturating_mul(u32::try_from(tokens).unwrap_or(u32::MAX)),
        };
        (decoding + self.paused).max(self.last.saturating_sub(self.start()))
    }

    /// The whole time at the server.
    pub(crate) fn total(&self, tokens: u64) -> Duration {
        self.start() + self.completion(tokens) + OTHER
    }
}

fn millis(ms: u32) -> Duration {
    Duration::from_millis(u64::from(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(toml: &str) -> Pace {
        Pace::new(&Scenario::from_toml(toml).expect("valid"), 400, 1)
    }

    fn at(pace: &mut Pace, before: u64, tokens: u64) -> u128 {
        match pace.due(before, tokens) {
            Due::At(at) => at.as_micros(),
            Due::Never => panic!("must be due"),
        }
    }

    #[test]
    fn deadlines_are_absolute() {
        let mut pace = pace("tokens_per_second = 1000");
        assert_eq!(pace.start(), Duration::from_millis(14));
        assert_eq!(at(&mut pace, 0, 8), 22_000);
        assert_eq!(at(&mut pace, 8_000, 9_000), 9_014_000);
        assert_eq!(pace.completion(9_000), Duration::from_secs(9));
        assert_eq!(pace.total(9_000), Duration::from_micros(9_016_300));
    }

    #[test]
    fn stalls_move_what_follows_and_count_as_decoding() {
        let mut pace = pace(
            "tokens_per_second = 1000\nttft_ms = 100\n[[stalls]]\nafter_tokens = 5\nms = 500\n[[stalls]]\nafter_tokens = 20",
        );
        assert_eq!(at(&mut pace, 0, 5), 105_000);
        assert_eq!(at(&mut pace, 5, 10), 610_000);
        assert_eq!(pace.completion(10), Duration::from_millis(510));
        assert_eq!(pace.due(20, 21), Due::Never);
    }

    #[test]
    fn jitter_delays_without_adding_up_and_keeps_the_order() {
        let mut pace = pace("tokens_per_second = 1000\njitter_ms = 50\nttft_ms = 0");
        let mut last = 0;
        for n in 1..=2_000 {
            let at = at(&mut pace, n - 1, n);
            let exact = u128::from(n) * 1_000 + 4_000;
            assert!(
                at >= last && (exact..exact + 50_000).contains(&at),
                "{n}: {at}"
            );
            last = at;
        }
    }

    #[test]
    fn unpaced_is_due_at_once_with_finite_figures() {
        let mut pace = pace("tokens_per_second = \"unpaced\"");
        assert_eq!(at(&mut pace, 5, 1_000_000), 0);
        assert_eq!(pace.completion(1_000), Duration::from_millis(1));
    }
}
