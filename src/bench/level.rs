//! What a level and a whole load test leave behind: what was asked, how, and what came of it.

use std::time::Duration;

use super::estimate::{MOCK_COST, Price};
use super::plan::{Arrivals, CacheMode, ErrorLimit, Load, Plan};
use super::tally::{Known, LevelTally};
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
    pub tally: LevelTally,
}

impl LevelReport {
    /// What rates of the level are by: the time it took, of an open one at least that in which so many requests are due
    /// at its rate. The requests of an open level begin with its first and end with its last, without the gap that
    /// belongs to each of them, and chance may draw them together: by the time from the first to the last alone more
    /// would be answered a second than was asked.
    pub fn window(&self) -> Duration {
        let due = match self.load {
            Load::Closed { .. } => Duration::ZERO,
            Load::Open { rate } => {
                let requests = self.tally.ended() + self.tally.stopped;
                Duration::try_from_secs_f64(requests as f64 / rate).unwrap_or(self.took)
            }
        };
        self.took.max(due)
    }

    /// USD for the requests that count and were answered.
    pub fn cost(&self) -> Known<f64> {
        if self.price == Price::Mock {
            return Err(MOCK_COST.to_owned());
        }
        let (prompt, completion) = (self.tally.prompt_tokens()?, self.tally.completion_tokens()?);
        self.price.of(prompt, completion)
    }
}

/// What every request of a load test asked, as far as a report tells: a long prompt is told by its size and its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Where the prompt came from: the name of its file, or a word.
    pub source: String,
    /// The prompt itself, if it is short.
    pub text: Option<String>,
    /// Its length.
    pub bytes: u64,
    /// Tokens of a first prompt, estimated.
    pub tokens: u64,
    /// CRC-32C of its bytes.
    pub hash: u32,
    /// Tokens of an answer at most, for each variant of the plan; 0 where no bound was sent.
    pub max_tokens: Vec<u32>,
}

impl Question {
    /// A prompt of more bytes is not repeated in a report.
    pub const LONGEST: usize = 120;
}

/// A whole load test, or the part of it that was run.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// When it began.
    pub at: Timestamp,
    /// What it was to do.
    pub plan: Plan,
    /// What was asked.
    pub question: Question,
    /// When it was to stop.
    pub limit: ErrorLimit,
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
