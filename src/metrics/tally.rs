//! The figures of many answers together: of a session, of one model in it. How they ended, what was retried and what was
//! over budget is counted elsewhere (`app::totals`).
//!
//! Fed once with each answer that has ended. Whoever shows them says how many answers they are of.

use std::collections::BTreeMap;

use super::{Density, Distribution, Summary, Timeline};

/// An answer that has ended, as it goes into a tally.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Its figures.
    pub summary: &'a Summary,
    /// When its texts came.
    pub timeline: &'a Timeline,
    /// All of it came: that a broken off one took no longer says nothing about the model.
    pub is_whole: bool,
}

/// The figures of some answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Answers that ended, however they did.
    pub answers: u64,
    /// Times to first token.
    pub ttft: Distribution,
    /// Times per output token.
    pub tpot: Distribution,
    /// End-to-end times of whole answers.
    pub e2e: Distribution,
    /// Output tokens a second by the server's clock.
    pub speed_server: Distribution<f64>,
    /// Output tokens a second by ours.
    pub speed_wall: Distribution<f64>,
    /// Times between deltas, of all answers.
    pub gaps: Distribution,
    /// Bytes of text, and the tokens that they were, of answers whose tokens were counted.
    told: (u64, u64),
}

impl Tally {
    /// Takes an answer.
    pub fn record(&mut self, entry: &Entry<'_>) {
        let Entry {
            summary, timeline, ..
        } = entry;
        self.answers += 1;
        let times = [
            (&mut self.ttft, summary.ttft.ok()),
            (&mut self.tpot, summary.tpot.ok()),
            (&mut self.e2e, summary.e2e.ok().filter(|_| entry.is_whole)),
        ];
        for (times, time) in times {
            if let Some(time) = time {
                times.record(time);
            }
        }
        let rates = [
            (&mut self.speed_server, summary.speed_server),
            (&mut self.speed_wall, summary.speed_wall),
        ];
        for (rates, rate) in rates {
            if let Ok(rate) = rate {
                rates.record(rate);
            }
        }
        timeline.gaps().for_each(|gap| self.gaps.record(gap));
        if let (Ok(arrived), 1..) = (summary.arrived, timeline.bytes()) {
            self.told.0 = self.told.0.saturating_add(timeline.bytes());
            self.told.1 = self.told.1.saturating_add(arrived);
        }
    }

    /// How much text a token of these answers was; `None` while none was counted.
    pub fn density(&self) -> Option<Density> {
        Density::new(self.told.0, self.told.1)
    }
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
    pub fn record(&mut self, asked: Asked, entry: &Entry<'_>) {
        self.all.record(entry);
        self.models.entry(asked).or_default().record(entry);
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
    fn record(tally: &mut Tally, is_whole: bool, usage: &Usage) {
        let ms = Duration::from_millis;
        let timeline: Timeline = (0..10)
            .map(|i| Arrival::new(Channel::Content, 30, ms(100 + i * 10)))
            .collect();
        let (deltas, server) = (Deltas::default(), ServerTime::default());
        let summary = Summary::new(&timeline, &deltas, usage, &server, Some(ms(200)));
        tally.record(&Entry {
            summary: &summary,
            timeline: &timeline,
            is_whole,
        });
    }

    fn usage() -> Usage {
        Usage {
            prompt_tokens: Some(50),
            completion_tokens: Some(100),
            cached_tokens: Some(8),
            reasoning_tokens: Some(20),
            total_tokens: None,
            odd: false,
        }
    }

    #[test]
    fn each_figure_has_the_answers_that_have_it() {
        let mut tally = Tally::default();
        record(&mut tally, true, &usage());
        record(&mut tally, true, &usage());
        record(&mut tally, false, &Usage::default());
        assert_eq!(tally.answers, 3);
        assert_eq!((tally.ttft.count(), tally.e2e.count()), (3, 2));
        assert_eq!((tally.speed_wall.count(), tally.tpot.count()), (2, 2));
        assert_eq!(tally.speed_server.count(), 0);
        let gaps = tally.gaps.quantiles().unwrap();
        assert_eq!((gaps.count, gaps.min), (27, Duration::from_millis(10)));
    }

    #[test]
    fn what_a_token_holds_is_learnt_from_counted_answers() {
        let mut tally = Tally::default();
        record(&mut tally, false, &Usage::default());
        assert_eq!(tally.density(), None);
        record(&mut tally, true, &usage());
        // 300 bytes are the 80 tokens that are not hidden.
        assert_eq!(tally.density().map(|d| d.tokens_in(300)), Some(80));
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
        let entry = Entry {
            summary: &summary,
            timeline: &timeline,
            is_whole: true,
        };
        tallies.record(asked("b"), &entry);
        tallies.record(asked("a"), &entry);
        tallies.record(asked("a"), &entry);
        assert_eq!(tallies.all().answers, 3);
        let models: Vec<_> = tallies
            .models()
            .map(|(a, t)| (&*a.model, t.answers))
            .collect();
        assert_eq!(models, [("a", 2), ("b", 1)]);
        assert_eq!(tallies.of(&asked("c")), None);
        assert_eq!(tallies.density(&asked("a")).tokens_in(90), 80);
        assert_eq!(tallies.density(&asked("c")).tokens_in(90), 23);
    }
}
