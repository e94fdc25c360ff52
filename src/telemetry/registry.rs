//! The series: what was counted, by instrument and labels. Pure; bounded however many models are asked.
//!
//! What is counted when is `record`'s, how it is written down is `exposition`'s and `otlp`'s.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    instruments::{Instrument, Kind},
    subject::{Labels, Subject},
};

/// Whom figures may be about, at most; all others of a provider share one name.
pub(super) const SUBJECTS: usize = 200;

/// One value of a series.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Of a counter.
    Count(u64),
    /// Of a gauge.
    Level(i64),
    /// Of a histogram.
    Spread(Spread),
}

/// Samples in buckets.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spread {
    /// Upper bounds; what is above the last has a bucket of its own.
    pub(super) bounds: &'static [f64],
    /// Samples in each bucket, one more than there are bounds.
    pub(super) counts: Vec<u64>,
    /// All samples added up.
    pub(super) sum: f64,
}

impl Spread {
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: vec![0; bounds.len() + 1],
            sum: 0.0,
        }
    }

    /// No samples yet of an instrument that is a histogram.
    pub(super) fn of(instrument: &Instrument) -> Self {
        Self::new(match instrument.kind {
            Kind::Histogram(bounds) => bounds,
            Kind::Counter | Kind::Gauge => &[],
        })
    }

    /// Counts a sample; what is no number is none.
    pub(super) fn add(&mut self, sample: f64) {
        if !sample.is_finite() {
            return;
        }
        let at = self.bounds.partition_point(|&bound| bound < sample);
        if let Some(count) = self.counts.get_mut(at) {
            *count += 1;
            self.sum += sample;
        }
    }

    /// How many samples there are.
    pub(super) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.sum += other.sum;
    }
}

/// The series of one instrument.
pub(super) type Series = BTreeMap<Labels, Value>;

/// Everything that was counted.
#[derive(Debug, Default)]
pub(super) struct Registry {
    subjects: BTreeSet<Subject>,
    series: BTreeMap<&'static str, Series>,
}

impl Registry {
    /// The labels of a subject: its own, or after there were too many those that all further ones share.
    pub(super) fn admit(&mut self, subject: Subject) -> Labels {
        let subject = subject.made_safe();
        if self.subjects.contains(&subject) {
            return subject.labels();
        }
        if self.subjects.len() >= SUBJECTS {
            return Subject::other(subject.provider).labels();
        }
        let labels = subject.labels();
        self.subjects.insert(subject);
        labels
    }

    /// The series of an instrument, sorted by labels.
    pub(super) fn series(&self, instrument: &Instrument) -> Option<&Series> {
        self.series.get(instrument.name)
    }

    /// True until something was counted.
    pub(super) fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// Adds to a counter, or to a gauge. Adding nothing makes the series known.
    pub(super) fn add(&mut self, instrument: &Instrument, labels: Labels, more: i64) {
        match self.value(instrument, labels) {
            Value::Count(count) => *count = count.saturating_add_signed(more.max(0)),
            Value::Level(level) => *level = level.saturating_add(more),
            Value::Spread(_) => {}
        }
    }

    /// Counts a sample of a histogram.
    pub(super) fn observe(&mut self, instrument: &Instrument, labels: Labels, sample: f64) {
        if let Value::Spread(spread) = self.value(instrument, labels) {
            spread.add(sample);
        }
    }

    /// Counts many samples of a histogram at once.
    pub(super) fn merge(&mut self, instrument: &Instrument, labels: Labels, samples: &Spread) {
        if let Value::Spread(spread) = self.value(instrument, labels) {
            spread.merge(samples);
        }
    }

    fn value(&mut self, instrument: &Instrument, labels: Labels) -> &mut Value {
        let series = self.series.entry(instrument.name).or_default();
        series
            .entry(labels)
            .or_insert_with(|| match instrument.kind {
                Kind::Counter => Value::Count(0),
                Kind::Gauge => Value::Level(0),
                Kind::Histogram(_) => Value::Spread(Spread::of(instrument)),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_in_the_first_bucket_whose_bound_it_does_not_exceed() {
        let mut spread = Spread::new(&[1.0, 2.0]);
        for sample in [0.0, 1.0, 1.5, 2.0, 2.1, f64::NAN, f64::INFINITY] {
            spread.add(sample);
        }
        assert_eq!(spread.counts, [2, 2, 1]);
        assert_eq!(spread.count(), 5);
        assert!((spread.sum - 6.6).abs() < 1e-9);
    }

    #[test]
    fn after_too_many_subjects_all_others_share_a_name() {
        let mut registry = Registry::default();
        let subject = |n: usize| Subject {
            provider: "openai",
            profile: "p".to_owned(),
            model: format!("m{n}"),
            server: Some(("h".to_owned(), 443)),
        };
        let labels: BTreeSet<_> = (0..1_000).map(|n| registry.admit(subject(n))).collect();
        assert_eq!(labels.len(), SUBJECTS + 1);
        assert_eq!(registry.admit(subject(7)), subject(7).labels());
        assert_eq!(
            registry.admit(subject(999)),
            Subject::other("openai").labels()
        );
    }
}
