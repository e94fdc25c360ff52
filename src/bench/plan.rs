//! What a load test does: levels of load, for each variant and each way to meet the prompt cache, one after the other.
//! When the requests of a level go out is the pacer's.

use std::fmt;
use std::time::Duration;

use crate::chat::Variant;
use crate::metrics::Reading;

/// Requests of a level that nobody gave a number for: enough for a p95, few enough to try.
const REQUESTS: u64 = 32;
/// A level of many streams lasts at least so many rounds, or it would be all beginning and end.
const ROUNDS: u64 = 4;
/// An open level that nobody gave a length lasts so many seconds at least.
const OPEN_SECONDS: f64 = 10.0;
/// Warm-up requests of an open level at most, where nobody gave a number.
const OPEN_WARMUP: u64 = 16;

/// How requests meet the server's prompt cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheMode {
    /// Every prompt begins with text of its own, so that nothing before it can be found in a cache.
    Bust,
    /// All prompts are the same, so that all but the first may be found.
    Reuse,
}

impl CacheMode {
    /// The word on the command line and in machine output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bust => "bust",
            Self::Reuse => "reuse",
        }
    }
}

/// How hard a level pushes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Load {
    /// So many streams at a time; each sends its next request when its last has ended.
    Closed {
        /// Streams at a time.
        concurrency: u32,
    },
    /// So many requests a second, whether or not the earlier ones have ended.
    Open {
        /// Requests a second.
        rate: f64,
    },
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed { concurrency } => write!(f, "{concurrency} at a time"),
            Self::Open { rate } => write!(f, "{rate} a second"),
        }
    }
}

/// How the requests of an open level are spread over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// Independent of each other, as those of many people are: gaps are exponential.
    Poisson,
    /// One like the other.
    Even,
}

impl Arrivals {
    /// The word on the command line and in machine output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Poisson => "poisson",
            Self::Even => "even",
        }
    }
}

/// When a level has had enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// As many requests as suit the level.
    Fitting,
    /// After so many requests.
    Requests(u64),
    /// When so much time has passed: what is under way then still ends, and counts.
    For(Duration),
}

/// What a request must not exceed to count as good: one bound or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Goal {
    /// Time to first token.
    pub ttft: Option<Duration>,
    /// End to end.
    pub e2e: Option<Duration>,
}

impl Goal {
    /// True if nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.ttft.is_none() && self.e2e.is_none()
    }

    /// Whether these times are inside it. A time that is not known is not.
    pub fn holds(&self, ttft: Reading<Duration>, e2e: Reading<Duration>) -> bool {
        let inside = |most: Option<Duration>, time: Reading<Duration>| {
            most.is_none_or(|most| time.is_ok_and(|time| time <= most))
        };
        inside(self.ttft, ttft) && inside(self.e2e, e2e)
    }
}

/// When so many requests have failed that going on would show nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ErrorLimit {
    /// Most that may fail, in percent of those that ended.
    pub percent: f64,
}

impl ErrorLimit {
    /// Requests that must have ended before a share of them says anything.
    pub const LEAST: u64 = 20;

    /// Whether `failed` of `ended` are too many in the middle of a level.
    pub fn is_passed(self, failed: u64, ended: u64) -> bool {
        ended >= Self::LEAST && self.is_passed_at_end(failed, ended)
    }

    /// The same when a level is over, however few there were: the next one would meet the same.
    pub fn is_passed_at_end(self, failed: u64, ended: u64) -> bool {
        failed > 0 && failed as f64 * 100.0 > ended as f64 * self.percent
    }
}

/// A whole load test.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// What is asked with.
    pub variants: Vec<Variant>,
    /// Ways to meet the cache.
    pub caches: Vec<CacheMode>,
    /// Loads, in the order given.
    pub loads: Vec<Load>,
    /// How an open load arrives.
    pub arrivals: Arrivals,
    /// When each level has had enough.
    pub extent: Extent,
    /// Requests before each level that do not count; `None`: as many as suit the level.
    pub warmup: Option<u64>,
    /// Another seed, other arrivals.
    pub seed: u64,
}

/// One level of a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Which of the plan's variants.
    pub variant: usize,
    /// How the cache is met.
    pub cache: CacheMode,
    /// How hard it pushes.
    pub load: Load,
}

impl Plan {
    /// Every level in the order they run.
    pub fn levels(&self) -> Vec<Level> {
        let mut levels = Vec::new();
        for variant in 0..self.variants.len() {
            for &cache in &self.caches {
                levels.extend(self.loads.iter().map(|&load| Level {
                    variant,
                    cache,
                    load,
                }));
            }
        }
        levels
    }

    /// Requests of a level that count; `None` where time ends it.
    pub fn requests(&self, load: Load) -> Option<u64> {
        match (self.extent, load) {
            (Extent::Requests(n), _) => Some(n),
            (Extent::For(_), _) => None,
            (Extent::Fitting, Load::Closed { concurrency }) => {
                Some(REQUESTS.max(ROUNDS * u64::from(concurrency)))
            }
            (Extent::Fitting, Load::Open { rate }) => {
                Some(REQUESTS.max(whole(rate * OPEN_SECONDS)))
            }
        }
    }

    /// Requests of a level as far as they are known before it runs: an open one that time ends has a known rate.
    pub fn expected(&self, load: Load) -> Option<u64> {
        match (self.extent, load) {
            (Extent::For(span), Load::Open { rate }) => Some(whole(rate * span.as_secs_f64())),
            _ => self.requests(load),
        }
    }

    /// Requests before a level that do not count: where nobody said otherwise, each stream opens its connection.
    pub fn warmup(&self, load: Load) -> u64 {
        self.warmup.unwrap_or(match load {
            Load::Closed { concurrency } => u64::from(concurrency),
            Load::Open { rate } => whole(rate).clamp(1, OPEN_WARMUP),
        })
    }

    /// Streams that the hardest level has at a time; `None` where the load is open and the server decides.
    pub fn streams(&self) -> Option<u32> {
        let streams = self.loads.iter().map(|load| match load {
            Load::Closed { concurrency } => Some(*concurrency),
            Load::Open { .. } => None,
        });
        streams.collect::<Option<Vec<_>>>()?.into_iter().max()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast stops at the ends of the range, and that is what is wanted"
)]
fn whole(n: f64) -> u64 {
    n.ceil() as u64
}
