//! What a level and a whole load test leave behind: what was asked, how, and what came of it.

use std::time::Duration;

use super::estimate::Price;
use super::plan::{Arrivals, CacheMode, Load};
use super::tally::{Known, Tally};
use crate::chat::{FailureKind, Timestamp, Variant};

/// One level, when it is over.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelReport {
    /// What was asked with.
    pub variant: Variant,
    /// The answers were made up.
    pub mock: bool,
    /// How the cache was met.
    pub cache: CacheMode,
    /// How hard it pushed.
    pub load: Load,
    /// How an open load arrived.
    pub arrivals: Arrivals,
    /// Requests before it that did not count.
    pub warmup: u64,
    /// From its first request to the end of its last.
    pub took: Duration,
    /// What the model costs.
    pub price: Price,
    /// What its requests came to.
    pub tally: Tally,
}

impl LevelReport {
    /// USD for the requests that count and were answered.
    pub fn cost(&self) -> Known<f64> {
        let (prompt, completion) = (self.tally.prompt_tokens()?, self.tally.completion_tokens()?);
        self.price.of(prompt, completion)
    }
}

/// A whole load test, or the part of it that was run.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// When it began.
    pub at: Timestamp,
    /// What made its arrivals.
    pub seed: u64,
    /// Why it ended before its plan did.
    pub stopped: Option<String>,
    /// Kinds of failure among requests that did not count.
    pub warmup_failures: Vec<FailureKind>,
    /// The levels that were begun.
    pub levels: Vec<LevelReport>,
}

impl Report {
    /// The largest share of requests of a level that missed its budget, in percent; zero where none was given.
    pub fn worst_breach(&self) -> f64 {
        let shares = self.levels.iter().map(|level| level.tally.good_share());
        shares
            .map(|share| share.map_or(0.0, |good| (1.0 - good) * 100.0))
            .fold(0.0, f64::max)
    }

    /// Requests that were answered.
    pub fn answered(&self) -> u64 {
        self.levels.iter().map(|level| level.tally.answered).sum()
    }

    /// Every kind of failure that was met.
    pub fn failures(&self) -> Vec<FailureKind> {
        let mut kinds = self.warmup_failures.clone();
        for level in &self.levels {
            kinds.extend_from_slice(level.tally.kinds());
        }
        kinds
    }
}
