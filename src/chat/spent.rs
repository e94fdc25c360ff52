//! What many answers cost, kept so that it can be told without looking at them again.
//!
//! An answer without prices of its own costs what a list says when it is asked; which list is the caller's to know.

use std::collections::BTreeMap;

use super::{Answer, Cost, Prices};
use crate::metrics::Asked;

/// The costs of answers that have ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spent {
    /// Of those that recorded their prices, and of those whose tokens nobody believes.
    recorded: Cost,
    /// Tokens in and out of those without prices, by what was asked.
    unpriced: BTreeMap<Asked, (u64, u64)>,
}

impl Spent {
    /// Adds an answer that has ended. Those of the mock cost nothing, and neither do those to which nothing came that a
    /// server charges for.
    pub fn add(&mut self, answer: &Answer) {
        if answer.mock || answer.is_live() || !answer.has_used() {
            return;
        }
        for (end, tokens) in answer.uses() {
            match (end.prices, tokens.prompt, tokens.completion) {
                (None, Ok(prompt), Ok(completion)) => {
                    let sum = self.unpriced.entry(answer.asked()).or_default();
                    sum.0 = sum.0.saturating_add(prompt);
                    sum.1 = sum.1.saturating_add(completion);
                }
                (prices, _, _) => self.recorded.add(prices.and_then(|p| p.cost(&tokens))),
            }
        }
    }

    /// The sum, with `listed` for what has no prices of its own.
    pub fn cost(&self, listed: impl Fn(&Asked) -> Option<Prices>) -> Cost {
        let mut cost = self.recorded;
        for (asked, &(prompt, completion)) in &self.unpriced {
            cost.add(listed(asked).and_then(|prices| prices.cost_of(prompt, completion)));
        }
        cost
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        chat::{AnswerId, Delta, End, EndState, IdSource, StreamEvent, Timestamp, Variant},
        metrics::{Channel, Usage},
    };

    const CHEAP: Prices = Prices {
        input: 1.0,
        output: 2.0,
    };

    /// An answer of two million tokens to a prompt of one million.
    fn answer(model: &str, prices: Option<Prices>, is_counted: bool) -> Answer {
        let id = AnswerId::from_uuid(IdSource::new(1).next(Timestamp(1)));
        let mut answer = Answer::new(id, Variant::new("p", model), false, 1, Duration::ZERO);
        let delta = Delta {
            channel: Channel::Content,
            text: "x".repeat(9_000_000),
            at: Duration::from_millis(1),
        };
        answer.apply(StreamEvent::Delta(delta), Duration::ZERO);
        let usage = Usage {
            prompt_tokens: Some(1_000_000).filter(|_| is_counted),
            completion_tokens: Some(2_000_000).filter(|_| is_counted),
            ..Usage::default()
        };
        let end = End {
            usage,
            prices,
            ..End::bare(EndState::Complete)
        };
        answer.apply(StreamEvent::End(Box::new(end)), Duration::ZERO);
        answer
    }

    fn spent(answers: &[Answer]) -> Spent {
        let mut spent = Spent::default();
        for answer in answers {
            spent.add(answer);
        }
        spent
    }

    #[test]
    fn the_sum_is_that_of_the_answers() {
        let answers = [
            answer("listed", None, true),
            answer("listed", None, true),
            answer("own", Some(CHEAP), true),
        ];
        let listed = |asked: &Asked| {
            (asked.model == "listed").then_some(Prices {
                input: 10.0,
                output: 0.0,
            })
        };
        let mut expected = Cost::default();
        for answer in &answers {
            expected.add(answer.cost(listed(&answer.asked())));
        }
        assert_eq!(spent(&answers).cost(listed), expected);
        assert_eq!(expected.dollars(), Some(25.0));
        let unlisted = spent(&answers).cost(|_| None);
        assert_eq!(
            (unlisted.dollars(), unlisted.is_partial()),
            (Some(5.0), true)
        );
    }

    #[test]
    fn what_was_not_counted_makes_it_partial_and_what_costs_nothing_does_not() {
        let uncounted = spent(&[answer("m", Some(CHEAP), false)]).cost(|_| None);
        assert_eq!((uncounted.dollars(), uncounted.is_partial()), (None, true));
        let unknown = spent(&[answer("m", None, false)]).cost(|_| Some(CHEAP));
        assert_eq!((unknown.dollars(), unknown.is_partial()), (None, true));
        let mut mock = answer("m", Some(CHEAP), true);
        mock.mock = true;
        let silent = |is_counted| Answer {
            content: String::new(),
            ..answer("m", None, is_counted)
        };
        assert_eq!(spent(&[mock, silent(false)]), Spent::default());
        let called = spent(&[silent(true)]).cost(|_| Some(CHEAP));
        assert_eq!((called.dollars(), called.is_partial()), (Some(5.0), false));
    }
}
