//! Reads served text back, by the rules of the format and nothing of ours, and holds it to them.

use std::collections::{BTreeMap, BTreeSet};

/// One line with a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) value: f64,
}

impl Sample {
    /// A label's value; empty without one.
    pub(super) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// Whether it has these labels, among others.
    pub(super) fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels
            .iter()
            .all(|(name, value)| self.label(name) == *value)
    }
}

/// All samples; panics where the text breaks a rule.
pub(super) fn parse(text: &str) -> Vec<Sample> {
    let mut kinds = BTreeMap::new();
    let mut samples = Vec::new();
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        let words: Vec<_> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "TYPE", name, kind] => {
                let before = kinds.insert(name.to_owned(), kind.to_owned());
                assert_eq!(before, None, "{name} has two types");
            }
            ["#", ..] => {}
            _ => samples.push(sample(line)),
        }
    }
    let mut seen = BTreeSet::new();
    for sample in &samples {
        let known = ["", "_total", "_info", "_bucket", "_sum", "_count"].iter();
        let has_type = known
            .filter_map(|suffix| sample.name.strip_suffix(suffix))
            .any(|family| kinds.contains_key(family));
        assert!(has_type, "{} has no type", sample.name);
        let key = (sample.name.clone(), sample.labels.clone());
        assert!(seen.insert(key), "twice: {sample:?}");
    }
    check_buckets(&samples);
    samples
}

/// Buckets hold all below them, and the last one as many as are counted.
fn check_buckets(samples: &[Sample]) {
    let mut highest: BTreeMap<(String, BTreeMap<String, String>), (f64, f64)> = BTreeMap::new();
    for sample in samples {
        let Some(name) = sample.name.strip_suffix("_bucket") else {
            continue;
        };
        let mut labels = sample.labels.clone();
        let bound = labels.remove("le").expect("a bucket has a bound");
        let bound: f64 = bound.replace("+Inf", "inf").parse().expect("a bound");
        let last = highest
            .entry((name.to_owned(), labels))
            .or_insert((-1.0, 0.0));
        assert!(
            last.0 < bound && last.1 <= sample.value,
            "{sample:?} after {last:?}"
        );
        *last = (bound, sample.value);
    }
    for ((name, labels), (bound, count)) in highest {
        assert!(bound.is_infinite(), "{name}");
        let counted = format!("{name}_count");
        let counted = samples
            .iter()
            .find(|s| s.name == counted && s.labels == labels);
        assert_eq!(counted.map(|s| s.value), Some(count), "{name} {labels:?}");
    }
}

fn sample(line: &str) -> Sample {
    let (name, rest) = line.split_once('{').expect("a name and labels");
    assert!(
        name.chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':'),
        "{line}"
    );
    let mut labels = BTreeMap::new();
    let mut rest = rest;
    while !rest.starts_with('}') {
        let (label, after) = rest.split_once("=\"").expect("a label");
        let (value, after) = value(after);
        assert_eq!(labels.insert(label.to_owned(), value), None, "{line}");
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    let value = rest.strip_prefix("} ").expect("a value");
    Sample {
        name: name.to_owned(),
        labels,
        value: value.parse().unwrap_or_else(|_| panic!("{line}")),
    }
}

/// The text up to the closing quote with its escapes undone, and what follows.
fn value(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return (value, chars.as_str()),
            '\\' => value.push(match chars.next() {
                Some('n') => '\n',
                Some(c @ ('\\' | '"')) => c,
                other => panic!("no such escape: {other:?}"),
            }),
            c => value.push(c),
        }
    }
    panic!("a value without an end: {text}");
}
