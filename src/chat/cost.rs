//! What answers cost: prices, and sums of dollars that say when they are not whole.
//!
//! Prices come with an answer's end, as they were then; what a price list says now is the catalogue's.

use serde::{Deserialize, Serialize};

use crate::metrics::Tokens;

/// USD per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prices {
    /// Of a prompt; cached tokens cost as much.
    pub input: f64,
    /// Of an answer, reasoning included.
    pub output: f64,
}

impl Prices {
    /// USD for what was used; `None` where tokens were not counted believably.
    pub fn cost(self, tokens: &Tokens) -> Option<f64> {
        self.cost_of(tokens.prompt.ok()?, tokens.completion.ok()?)
    }

    /// USD for so many tokens: (prompt × input + completion × output) / 1,000,000. `None` where a price from a file or a
    /// list is no price.
    pub fn cost_of(self, prompt: u64, completion: u64) -> Option<f64> {
        let is_price = |usd: f64| usd.is_finite() && usd >= 0.0;
        let dollars = (prompt as f64 * self.input + completion as f64 * self.output) / 1e6;
        (is_price(self.input) && is_price(self.output) && dollars.is_finite()).then_some(dollars)
    }
}

/// US dollars for some answers, as far as they are known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    dollars: f64,
    is_known: bool,
    is_partial: bool,
}

impl Cost {
    /// Adds an answer; one whose price or tokens are not known makes the sum partial.
    pub fn add(&mut self, dollars: Option<f64>) {
        match dollars {
            Some(dollars) => {
                self.dollars += dollars;
                self.is_known = true;
            }
            None => self.is_partial = true,
        }
    }

    /// The sum, if anything of it is known.
    pub fn dollars(self) -> Option<f64> {
        self.is_known.then_some(self.dollars)
    }

    /// Some answer is not in the sum.
    pub fn is_partial(self) -> bool {
        self.is_partial
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Missing;

    fn used(prompt: Option<u64>, completion: Option<u64>) -> Tokens {
        Tokens {
            prompt: prompt.ok_or(Missing::NotReported),
            completion: completion.ok_or(Missing::NotReported),
            cached: Err(Missing::NotReported),
            reasoning: Err(Missing::NotReported),
        }
    }

    #[test]
    fn a_million_tokens_cost_their_price() {
        let prices = Prices {
            input: 0.35,
            output: 0.75,
        };
        let cost = |prompt, completion| prices.cost(&used(prompt, completion));
        assert_eq!(cost(Some(1_000_000), Some(2_000_000)), Some(1.85));
        assert_eq!(cost(Some(0), Some(0)), Some(0.0));
        assert_eq!(cost(None, Some(1)), None);
        assert_eq!(cost(Some(1), None), None);
    }

    #[test]
    fn what_is_no_price_costs_nothing_known() {
        for odd in [-1.0, f64::NAN, f64::INFINITY] {
            let prices = Prices {
                input: 1.0,
                output: odd,
            };
            assert_eq!(prices.cost(&used(Some(1), Some(1))), None, "{odd}");
        }
        let gigantic = Prices {
            input: 1e307,
            output: 0.0,
        };
        assert_eq!(gigantic.cost(&used(Some(1_000), Some(1))), None);
    }

    #[test]
    fn a_sum_knows_what_is_not_in_it() {
        let sum = |parts: &[Option<f64>]| {
            let mut cost = Cost::default();
            for part in parts {
                cost.add(*part);
            }
            (cost.dollars(), cost.is_partial())
        };
        assert_eq!(sum(&[]), (None, false));
        assert_eq!(sum(&[None]), (None, true));
        assert_eq!(sum(&[Some(0.5), Some(0.25)]), (Some(0.75), false));
        assert_eq!(sum(&[Some(0.5), None]), (Some(0.5), true));
    }
}
