//! The figures of many answers together: of a session, of one model in it, of a level of a load test.
//!
//! Fed once with each answer that has ended. Whoever shows them says how many answers they are of.

use std::collections::BTreeMap;

use super::{Density, Distribution, Summary, Timeline};

/// How an answer ended, as far as it matters for figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// All of it came.
    Complete,
    /// A person stopped it: that it took no longer says nothing about the model.
    Stopped,
    /// It broke off after text had come.
    CutShort,
    /// It never gave text.
    Failed,
}

/// An answer that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// Its figures.
    pub summary: &'a Summary,
    /// When its texts came.
    pub timeline: &'a Timeline,
    /// How it ended.
    pub ending: Ending,
    /// Requests that were sent for it.
    pub attempts: u64,
    /// Whether it was over its latency budget; `None` without one, or where that cannot be told.
    pub breached: Option<bool>,
}

/// Tokens of many answers, as the server counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Of prompts, cached ones included.
    pub prompt: u64,
    /// Of prompts, out of the cache.
    pub cached: u64,
    /// Of answers, reasoning included.
    pub completion: u64,
    /// Of answers, for reasoning.
    pub reasoning: u64,
    /// Answers whose prompt or completion was not counted, or not believably: sums leave them out.
    pub uncounted: u64,
}

/// The figures of some answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Answers that ended, however they did.
    pub answers: u64,
    /// Of these, broken off after text had come.
    pub cut_short: u64,
    /// Of these, without text.
    pub failed: u64,
    /// Of these, stopped by a person.
    pub stopped: u64,
    /// Of these, with a latency budget and a verdict.
    pub judged: u64,
    /// Of these again, over their budget.
    pub breaches: u64,
    /// Requests that were sent.
    pub attempts: u64,
    /// Of these, after the first for an answer.
    pub retries: u64,
    /// Times to first token.
    pub ttft: Distribution,
    /// Times to first answer token.
    pub ttfa: Distribution,
    /// Thinking, of answers that did.
    pub thinking: Distribution,
    /// Times per output token.
    pub tpot: Distribution,
    /// End-to-end times of complete answers.
    pub e2e: Distribution,
    /// Output speeds by the server's clock.
    pub speed_server: Distribution<f64>,
    /// Output speeds by ours.
    pub speed_wall: Distribution<f64>,
    /// Times between deltas, of all answers.
    pub gaps: Distribution,
    /// Tokens that were used.
    pub used: Used,
    /// Bytes of text, and the tokens that they were, of answers whose tokens were counted.
    told: (u64, u64),
}

impl Tally {
    /// Takes an answer.
    pub fn record(&mut self, outcome: &Outcome<'_>) {
        let summary = outcome.summary;
        self.answers += 1;
        self.cut_short += u64::from(outcome.ending == Ending::CutShort);
        self.failed += u64::from(outcome.ending == Ending::Failed);
        self.stopped += u64::from(outcome.ending == Ending::Stopped);
        self.judged += u64::from(outcome.breached.is_some());
        self.breaches += u64::from(outcome.breached == Some(true));
        self.attempts += outcome.attempts;
        self.retries += outcome.attempts.saturating_sub(1);
        let times = [
            (&mut self.ttft, summary.ttft),
            (&mut self.ttfa, summary.ttfa),
            (&mut self.thinking, summary.thinking),
            (&mut self.tpot, summary.tpot),
        ];
        for (distribution, time) in times {
            if let Ok(time) = time {
                distribution.record(time);
            }
        }
        if let (Ending::Complete, Ok(time)) = (outcome.ending, summary.e2e) {
            self.e2e.record(time);
        }
        let rates = [
            (&mut self.speed_server, summary.speed_server),
            (&mut self.speed_wall, summary.speed_wall),
        ];
        for (distribution, rate) in rates {
            if let Ok(rate) = rate {
                distribution.record(rate);
            }
        }
        outcome.timeline.gaps().for_each(|g| self.gaps.record(g));
        self.count_tokens(outcome);
    }

    fn count_tokens(&mut self, outcome: &Outcome<'_>) {
        let tokens = &outcome.summary.tokens;
        let (Ok(prompt), Ok(completion)) = (tokens.prompt, tokens.completion) else {
            self.used.uncounted += 1;
            return;
        };
        let cached = tokens.cached.unwrap_or_default();
        let reasoning = tokens.reasoning.unwrap_or_default();
        self.used.add(&Used {
            prompt,
            cached,
            completion,
            reasoning,
            uncounted: 0,
        });
        let timeline = outcome.timeline;
        if timeline.bytes() > 0 {
            self.told.0 = self.told.0.saturating_add(timeline.bytes());
            let arrived = outcome.summary.arrived.unwrap_or_default();
            self.told.1 = self.told.1.saturating_add(arrived);
        }
    }

    /// Takes over all of another tally.
    pub fn merge(&mut self, other: &Self) {
        self.answers += other.answers;
        self.cut_short += other.cut_short;
        self.failed += other.failed;
        self.stopped += other.stopped;
        self.judged += other.judged;
        self.breaches += other.breaches;
        self.attempts += other.attempts;
        self.retries += other.retries;
        self.ttft.merge(&other.ttft);
        self.ttfa.merge(&other.ttfa);
        self.thinking.merge(&other.thinking);
        self.tpot.merge(&other.tpot);
        self.e2e.merge(&other.e2e);
        self.speed_server.merge(&other.speed_server);
        self.speed_wall.merge(&other.speed_wall);
        self.gaps.merge(&other.gaps);
        self.used.add(&other.used);
        self.told.0 = self.told.0.saturating_add(other.told.0);
        self.told.1 = self.told.1.saturating_add(other.told.1);
    }

    /// Retries for each answer, so that it can be over 1; `None` before the first answer.
    pub fn retry_rate(&self) -> Option<f64> {
        share(self.retries, self.answers)
    }

    /// The share of judged answers that were over their budget; `None` before the first of them.
    pub fn breach_rate(&self) -> Option<f64> {
        share(self.breaches, self.judged)
    }

    /// How much text a token of these answers was; `None` while none was counted.
    pub fn density(&self) -> Option<Density> {
        Density::new(self.told.0, self.told.1)
    }
}

impl Used {
    fn add(&mut self, other: &Self) {
        let sums = [
            (&mut self.prompt, other.prompt),
            (&mut self.cached, other.cached),
            (&mut self.completion, other.completion),
            (&mut self.reasoning, other.reasoning),
            (&mut self.uncounted, other.uncounted),
        ];
        for (sum, more) in sums {
            *sum = sum.saturating_add(more);
        }
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// What answers were asked of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asked {
    /// The provider profile.
    pub profile: String,
    /// The model, as the request named it.
    pub model: String,
}

/// The figures of a session.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tallies {
    all: Tally,
    models: BTreeMap<Asked, Tally>,
}

impl Tallies {
    /// Takes an answer of a model.
    pub fn record(&mut self, asked: Asked, outcome: &Outcome<'_>) {
        self.all.record(outcome);
        self.models.entry(asked).or_default().record(outcome);
    }

    /// Of all models together.
    pub fn all(&self) -> &Tally {
        &self.all
    }

    /// Of one model; `None` if it has not answered.
    pub fn of(&self, asked: &Asked) -> Option<&Tally> {
        self.models.get(asked)
    }

    /// Of each model, in the order of their names.
    pub fn models(&self) -> impl Iterator<Item = (&Asked, &Tally)> {
        self.models.iter()
    }

    /// How much text a token of this model is, as far as this session has shown it.
    pub fn density(&self, asked: &Asked) -> Density {
        let known = self.of(asked).and_then(Tally::density);
        known.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::metrics::{Arrival, Channel, Deltas, ServerTime, Usage};

    /// An answer of ten deltas of 30 bytes, 10 ms apart after 100 ms, with 100 tokens of which 20 are reasoning that
    /// nobody sees.
    fn record(tally: &mut Tally, ending: Ending, attempts: u64, usage: &Usage) {
        let ms = Duration::from_millis;
        let timeline: Timeline = (0..10)
            .map(|i| Arrival::new(Channel::Content, 30, ms(100 + i * 10)))
            .collect();
        let (deltas, server) = (Deltas::default(), ServerTime::default());
        let summary = Summary::new(&timeline, &deltas, usage, &server, Some(ms(200)));
        tally.record(&Outcome {
            summary: &summary,
            timeline: &timeline,
            ending,
            attempts,
            // A failed answer is not judged, as if it had ended inside its budget.
            breached: (ending != Ending::Failed).then_some(attempts > 1),
        });
    }

    fn usage() -> Usage {
        Usage {
            prompt_tokens: Some(50),
            completion_tokens: Some(100),
            cached_tokens: Some(8),
            reasoning_tokens: Some(20),
            odd: false,
        }
    }

    #[test]
    fn answers_are_counted_by_how_they_ended() {
        let mut tally = Tally::default();
        record(&mut tally, Ending::Complete, 1, &usage());
        record(&mut tally, Ending::Complete, 3, &usage());
        record(&mut tally, Ending::Stopped, 1, &Usage::default());
        record(&mut tally, Ending::CutShort, 2, &Usage::default());
        record(&mut tally, Ending::Failed, 1, &Usage::default());
        assert_eq!((tally.answers, tally.attempts, tally.retries), (5, 8, 3));
        assert_eq!((tally.stopped, tally.cut_short, tally.failed), (1, 1, 1));
        assert_eq!(tally.retry_rate(), Some(3.0 / 5.0));
        assert_eq!((tally.breaches, tally.judged), (2, 4));
        assert_eq!(tally.breach_rate(), Some(0.5));
        assert_eq!((tally.ttft.count(), tally.e2e.count()), (5, 2));
        assert_eq!((tally.speed_wall.count(), tally.tpot.count()), (2, 2));
        assert_eq!((tally.thinking.count(), tally.speed_server.count()), (0, 0));
        let gaps = tally.gaps.quantiles().unwrap();
        assert_eq!((gaps.count, gaps.min), (45, Duration::from_millis(10)));
        let used = Used {
            prompt: 100,
            cached: 16,
            completion: 200,
            reasoning: 40,
            uncounted: 3,
        };
        assert_eq!(tally.used, used);
    }

    #[test]
    fn what_a_token_holds_is_learnt_from_counted_answers() {
        let mut tally = Tally::default();
        record(&mut tally, Ending::Stopped, 1, &Usage::default());
        assert_eq!(tally.density(), None);
        record(&mut tally, Ending::Complete, 1, &usage());
        // 300 bytes are the 80 tokens that are not hidden.
        assert_eq!(tally.density().map(|d| d.tokens_in(300)), Some(80));
    }

    #[test]
    fn merging_is_recording() {
        let (mut left, mut right, mut both) =
            (Tally::default(), Tally::default(), Tally::default());
        for (tally, ending) in [(&mut left, Ending::Complete), (&mut right, Ending::Stopped)] {
            record(tally, ending, 2, &usage());
            record(&mut both, ending, 2, &usage());
        }
        left.merge(&right);
        assert_eq!(left, both);
    }

    #[test]
    fn a_session_knows_its_models_apart_and_together() {
        let asked = |model: &str| Asked {
            profile: "cerebras".to_owned(),
            model: model.to_owned(),
        };
        let mut tallies = Tallies::default();
        let timeline: Timeline = [Arrival::new(Channel::Content, 90, Duration::ZERO)]
            .into_iter()
            .collect();
        let (deltas, server) = (Deltas::default(), ServerTime::default());
        let end = Some(Duration::from_secs(1));
        let summary = Summary::new(&timeline, &deltas, &usage(), &server, end);
        let outcome = Outcome {
            summary: &summary,
            timeline: &timeline,
            ending: Ending::Complete,
            attempts: 1,
            breached: None,
        };
        tallies.record(asked("b"), &outcome);
        tallies.record(asked("a"), &outcome);
        tallies.record(asked("a"), &outcome);
        assert_eq!(tallies.all().answers, 3);
        let models: Vec<_> = tallies
            .models()
            .map(|(a, t)| (&*a.model, t.answers))
            .collect();
        assert_eq!(models, [("a", 2), ("b", 1)]);
        assert_eq!(tallies.of(&asked("c")), None);
        assert_eq!(tallies.density(&asked("a")).tokens_in(90), 80);
        assert_eq!(tallies.density(&asked("c")).tokens_in(90), 23);
        assert_eq!(
            (tallies.all().judged, tallies.all().breach_rate()),
            (0, None)
        );
        assert_eq!(Tally::default().retry_rate(), None);
    }
}
