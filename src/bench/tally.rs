//! What the requests of a level come to: counts, spreads, rates. What cannot be known says why.
//!
//! Times and speeds are of requests that were answered; those that failed are counted by kind.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::plan::Goal;
use super::sample::{Outcome, Sample};
use crate::chat::FailureKind;
use crate::metrics::{Density, Distribution, Measure, Missing, Reading};

/// Why nothing is good or not, and what to do about it.
const NO_BUDGET: &str =
    "no budget is set; --budget-ms 500 sets one, or latency_budget_ms in the profile";

/// A number of a level, or why there is none.
pub type Known<T> = Result<T, String>;

/// What figures are made of.
pub trait Sampled: Measure + fmt::Debug + Default {}

impl<T: Measure + fmt::Debug + Default> Sampled for T {}

/// The spread of a figure, and how often there was none.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure<T: Sampled = Duration> {
    /// Those that are known.
    pub spread: Distribution<T>,
    /// Requests without it, by reason.
    pub missing: Vec<(Missing, u64)>,
}

impl<T: Sampled> Default for Figure<T> {
    fn default() -> Self {
        Self {
            spread: Distribution::default(),
            missing: Vec::new(),
        }
    }
}

impl<T: Sampled> Figure<T> {
    fn record(&mut self, reading: Reading<T>) {
        match reading {
            Ok(value) => self.spread.record(value),
            Err(why) => match self.missing.iter_mut().find(|(known, _)| *known == why) {
                Some((_, count)) => *count += 1,
                None => self.missing.push((why, 1)),
            },
        }
    }

    /// Why there is no spread at all; `None` where there is one.
    pub fn why_none(&self) -> Option<&'static str> {
        if self.spread.count() > 0 {
            return None;
        }
        let most = self.missing.iter().max_by_key(|(_, count)| *count);
        Some(most.map_or("no request was answered", |(why, _)| why.reason()))
    }
}

/// The figures of a level that have a spread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// Time to first token, from sending.
    pub ttft: Figure,
    /// Time to first answer token, from sending.
    pub ttfa: Figure,
    /// Time per output token.
    pub tpot: Figure,
    /// End to end, from sending.
    pub e2e: Figure,
    /// Output speed of one request by the server's clock.
    pub speed_server: Figure<f64>,
    /// Output speed of one request as it arrived.
    pub speed_wall: Figure<f64>,
    /// From due to sent.
    pub delay: Figure,
    /// TTFT from the moment the request was due.
    pub ttft_corrected: Figure,
    /// E2E from the moment the request was due.
    pub e2e_corrected: Figure,
}

/// Tokens of one kind, and how many answers did not tell them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tokens {
    sum: u64,
    untold: u64,
}

impl Tokens {
    fn add(&mut self, tokens: Option<u64>) {
        match tokens {
            Some(tokens) => self.sum = self.sum.saturating_add(tokens),
            None => self.untold += 1,
        }
    }

    fn known(&self, answered: u64) -> Known<u64> {
        match (answered, self.untold) {
            (0, _) => Err("no request was answered".to_owned()),
            (_, 0) => Ok(self.sum),
            (answered, untold) => Err(format!(
                "{untold} of {answered} answers came without a count that can be believed"
            )),
        }
    }
}

/// What the requests of a level have come to so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LevelTally {
    /// What answers must not exceed to be good.
    pub goal: Goal,
    /// Latency counts from the moment a request was due: for the goal of an open level.
    pub from_due: bool,
    /// Requests that were answered.
    pub answered: u64,
    /// Requests that were stopped.
    pub stopped: u64,
    /// Requests that failed, by kind.
    pub errors: BTreeMap<String, u64>,
    /// Attempts after the first, of all requests.
    pub retries: u64,
    /// Attempts that were refused with 429.
    pub refused: u64,
    /// Connections that these requests opened; those of a warm-up are none of them.
    pub opened: u64,
    /// The figures of those that were answered.
    pub figures: Figures,
    good: u64,
    prompt: Tokens,
    cached: Tokens,
    completion: Tokens,
    reasoning: Tokens,
    /// Bytes of text, and the tokens that they were, of answers whose tokens are known.
    told: (u64, u64),
    /// What all that failed have in common, if they do.
    kinds: Vec<FailureKind>,
}

impl LevelTally {
    /// An empty one for a level with this goal.
    pub fn new(goal: Goal, from_due: bool) -> Self {
        Self {
            goal,
            from_due,
            ..Self::default()
        }
    }

    /// Counts a request that has ended.
    pub fn add(&mut self, sample: &Sample) {
        self.retries += sample.retries;
        self.refused += sample.refused;
        self.opened += u64::from(sample.opened);
        match sample.outcome {
            Outcome::Answered => self.answer(sample),
            Outcome::Stopped => self.stopped += 1,
            Outcome::Failed(kind) => {
                *self.errors.entry(word(kind)).or_default() += 1;
                if !self.kinds.contains(&kind) {
                    self.kinds.push(kind);
                }
            }
        }
    }

    fn answer(&mut self, sample: &Sample) {
        self.answered += 1;
        let summary = &sample.summary;
        let tokens = summary.tokens;
        let figures = &mut self.figures;
        figures.ttft.record(summary.ttft);
        figures.ttfa.record(summary.ttfa);
        figures.tpot.record(summary.tpot);
        figures.e2e.record(summary.e2e);
        figures.speed_server.record(summary.speed_server);
        figures.speed_wall.record(summary.speed_wall);
        figures.delay.record(sample.delay.ok_or(Missing::NoText));
        let (mut ttft, mut e2e) = (summary.ttft, summary.e2e);
        if self.from_due {
            (ttft, e2e) = (sample.ttft_corrected(), sample.e2e_corrected());
            figures.ttft_corrected.record(ttft);
            figures.e2e_corrected.record(e2e);
        }
        self.good += u64::from(self.goal.holds(ttft, e2e));
        self.prompt.add(tokens.prompt.ok());
        self.cached.add(tokens.cached.ok());
        self.completion.add(tokens.completion.ok());
        self.reasoning.add(tokens.reasoning.ok());
        if let Ok(arrived) = summary.arrived {
            self.told.0 = self.told.0.saturating_add(sample.bytes);
            self.told.1 = self.told.1.saturating_add(arrived);
        }
    }

    /// Requests that failed.
    pub fn failed(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Requests that ended by themselves.
    pub fn ended(&self) -> u64 {
        self.answered + self.failed()
    }

    /// The kinds of all failures.
    pub fn kinds(&self) -> &[FailureKind] {
        &self.kinds
    }

    /// Tokens of all prompts that were answered.
    pub fn prompt_tokens(&self) -> Known<u64> {
        self.prompt.known(self.answered)
    }

    /// Those of them that came out of the server's cache.
    pub fn cached_tokens(&self) -> Known<u64> {
        self.cached.known(self.answered)
    }

    /// Tokens of all answers.
    pub fn completion_tokens(&self) -> Known<u64> {
        self.completion.known(self.answered)
    }

    /// Those of them that were reasoning.
    pub fn reasoning_tokens(&self) -> Known<u64> {
        self.reasoning.known(self.answered)
    }

    /// How much text a token has been so far, for estimates while answers come.
    pub fn density(&self) -> Density {
        let (bytes, tokens) = self.told;
        Density::new(bytes, tokens).unwrap_or_default()
    }

    /// Output tokens of all streams in this time.
    pub fn system_speed(&self, window: Duration) -> Known<f64> {
        rate(self.completion_tokens()? as f64, window)
    }

    /// Answers a second.
    pub fn throughput(&self, window: Duration) -> Known<f64> {
        rate(self.answered as f64, window)
    }

    /// The share of requests inside the budget; those that failed are not.
    pub fn good_share(&self) -> Known<f64> {
        match self.ended() {
            _ if self.goal.is_empty() => Err(NO_BUDGET.to_owned()),
            0 => Err("no request ended".to_owned()),
            ended => Ok(self.good as f64 / ended as f64),
        }
    }

    /// Answers inside the budget a second.
    pub fn good_rate(&self, window: Duration) -> Known<f64> {
        self.good_share()?;
        rate(self.good as f64, window)
    }
}

fn rate(count: f64, took: Duration) -> Known<f64> {
    if took.is_zero() {
        return Err("the level took no time".to_owned());
    }
    Ok(count / took.as_secs_f64())
}

/// The word of a kind of failure in transcripts and machine output.
fn word(kind: FailureKind) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(word)) => word,
        _ => format!("{kind:?}"),
    }
}
