//! What a load test will ask for, before it does: requests, tokens, and at most how much money.

use super::plan::{CacheMode, Load, Plan};
use super::tally::Known;
use crate::chat::ModelInfo;

/// What stands for the cost of what the mock answers: it is known, and is none.
pub const MOCK_COST: &str = "mock, no cost";

/// What tokens of a variant cost.
#[derive(Clone, Debug, PartialEq)]
pub enum Price {
    /// The model as it is listed, with prices or without.
    Listed(Box<ModelInfo>),
    /// Nothing is known of the model.
    Unknown,
    /// The mock costs nothing, and pretending otherwise would spoil somebody's sums.
    Mock,
}

impl Price {
    /// USD for these tokens.
    pub fn of(&self, prompt: u64, completion: u64) -> Known<f64> {
        let cost = match self {
            Self::Listed(model) => model.prices().and_then(|p| p.cost_of(prompt, completion)),
            Self::Unknown => None,
            Self::Mock => return Err(MOCK_COST.to_owned()),
        };
        cost.ok_or_else(|| "no price is known".to_owned())
    }
}

/// What one level will ask for, warm-up included.
#[derive(Clone, Debug, PartialEq)]
pub struct LevelEstimate {
    /// Which of the plan's variants.
    pub variant: usize,
    /// The answers will be made up, and cost nothing.
    pub mock: bool,
    /// How the cache is met.
    pub cache: CacheMode,
    /// How hard it pushes.
    pub load: Load,
    /// Requests before it that do not count.
    pub warmup: u64,
    /// Requests that count.
    pub requests: Known<u64>,
    /// Tokens of all prompts, by their bytes.
    pub prompt_tokens: Known<u64>,
    /// Tokens of all answers at most.
    pub completion_tokens: Known<u64>,
    /// USD at most.
    pub cost: Known<f64>,
}

impl LevelEstimate {
    /// What each level of a plan will ask for. `of_variant` tells a variant's tokens of a prompt, tokens of an answer at
    /// most, and price.
    pub fn of(
        plan: &Plan,
        of_variant: impl Fn(usize, CacheMode) -> (u64, Known<u64>, Price),
    ) -> Vec<Self> {
        let levels = plan.levels().into_iter();
        levels
            .map(|level| {
                let (prompt, completion, price) = of_variant(level.variant, level.cache);
                let warmup = plan.warmup(level.load);
                let requests = plan
                    .expected(level.load)
                    .ok_or_else(|| "as many as the time allows".to_owned());
                let times = |tokens: Known<u64>| -> Known<u64> {
                    let all = requests.clone()?.saturating_add(warmup);
                    Ok(all.saturating_mul(tokens?))
                };
                let (prompt_tokens, completion_tokens) = (times(Ok(prompt)), times(completion));
                let mock = price == Price::Mock;
                let cost = if mock {
                    Err(MOCK_COST.to_owned())
                } else {
                    prompt_tokens
                        .clone()
                        .and_then(|prompt| price.of(prompt, completion_tokens.clone()?))
                };
                Self {
                    variant: level.variant,
                    mock,
                    cache: level.cache,
                    load: level.load,
                    warmup,
                    requests,
                    prompt_tokens,
                    completion_tokens,
                    cost,
                }
            })
            .collect()
    }

    /// All requests together, or why they are not known.
    pub fn all_requests(estimates: &[Self]) -> Known<u64> {
        let requests = estimates.iter().map(|e| Ok(e.requests.clone()? + e.warmup));
        requests.sum()
    }

    /// All tokens of prompts together.
    pub fn all_prompt_tokens(estimates: &[Self]) -> Known<u64> {
        estimates.iter().map(|e| e.prompt_tokens.clone()).sum()
    }

    /// All tokens of answers together, at most.
    pub fn all_completion_tokens(estimates: &[Self]) -> Known<u64> {
        estimates.iter().map(|e| e.completion_tokens.clone()).sum()
    }

    /// All USD together, at most; what the mock answers is no part of it, unless there is nothing else.
    pub fn all_cost(estimates: &[Self]) -> Known<f64> {
        if estimates.iter().all(|e| e.mock) {
            return Err(MOCK_COST.to_owned());
        }
        let paid = estimates.iter().filter(|e| !e.mock);
        paid.map(|e| e.cost.clone()).sum()
    }
}
