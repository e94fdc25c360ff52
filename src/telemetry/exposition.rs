//! The registry as text that Prometheus reads: its own format, version 0.0.4, and OpenMetrics 1.0.
//!
//! The two differ in the names of counters' families, in `# UNIT` and in the end mark; samples are the same, bounds to
//! the letter, so that a change of format breaks no series.

use std::fmt::Write;

use super::{
    instruments::{INSTRUMENTS, Instrument, Kind, underscored},
    registry::{Registry, Spread, Value},
    resource::Resource,
    subject::Labels,
};

/// How the text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// What every Prometheus reads.
    Text,
    /// What newer ones ask for.
    OpenMetrics,
}

impl Format {
    /// The better one of those that a request accepts.
    pub fn accepted(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") {
            Self::OpenMetrics
        } else {
            Self::Text
        }
    }

    /// Its name in HTTP.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// All of it.
pub(super) fn write(registry: &Registry, resource: &Resource, format: Format) -> String {
    let mut out = String::new();
    target_info(resource, format, &mut out);
    for instrument in INSTRUMENTS {
        head(instrument, format, &mut out);
        for (labels, value) in registry.series(instrument).into_iter().flatten() {
            samples(instrument, labels, value, &mut out);
        }
    }
    if format == Format::OpenMetrics {
        out.push_str("# EOF\n");
    }
    out
}

fn head(instrument: &Instrument, format: Format, out: &mut String) {
    let (name, kind) = match (instrument.kind, format) {
        (Kind::Counter, Format::Text) => (instrument.prometheus(), "counter"),
        (Kind::Counter, Format::OpenMetrics) => (instrument.family(), "counter"),
        (Kind::Gauge, _) => (instrument.prometheus(), "gauge"),
        (Kind::Histogram(_), _) => (instrument.prometheus(), "histogram"),
    };
    put(out, format_args!("# HELP {name} {}\n", instrument.help));
    put(out, format_args!("# TYPE {name} {kind}\n"));
    if format == Format::OpenMetrics && instrument.unit == "s" {
        put(out, format_args!("# UNIT {name} seconds\n"));
    }
}

fn samples(instrument: &Instrument, labels: &Labels, value: &Value, out: &mut String) {
    let name = instrument.prometheus();
    let shared: Vec<_> = labels
        .iter()
        .map(|(name, value)| label(name, value))
        .collect();
    let shared = shared.join(",");
    match value {
        Value::Count(count) => put(out, format_args!("{name}{{{shared}}} {count}\n")),
        Value::Level(level) => put(out, format_args!("{name}{{{shared}}} {level}\n")),
        Value::Spread(spread) => histogram(&name, &shared, spread, out),
    }
}

fn histogram(name: &str, shared: &str, spread: &Spread, out: &mut String) {
    let bounds = spread.bounds.iter().map(|bound| format!("{bound:?}"));
    let mut below = 0;
    for (bound, count) in bounds.chain(["+Inf".to_owned()]).zip(&spread.counts) {
        below += count;
        put(
            out,
            format_args!("{name}_bucket{{{shared},le=\"{bound}\"}} {below}\n"),
        );
    }
    put(out, format_args!("{name}_sum{{{shared}}} {}\n", spread.sum));
    put(out, format_args!("{name}_count{{{shared}}} {below}\n"));
}

/// What all figures share, as a metric of its own that queries can join.
fn target_info(resource: &Resource, format: Format, out: &mut String) {
    let (name, kind) = match format {
        Format::Text => ("target_info", "gauge"),
        Format::OpenMetrics => ("target", "info"),
    };
    put(out, format_args!("# HELP {name} The program itself.\n"));
    put(out, format_args!("# TYPE {name} {kind}\n"));
    let mut known = Vec::new();
    let mut labels = Vec::new();
    for (name, value) in resource.attributes() {
        let plain = underscored(name);
        if !known.contains(&plain) {
            labels.push(label(name, value));
            known.push(plain);
        }
    }
    put(out, format_args!("target_info{{{}}} 1\n", labels.join(",")));
}

/// `name="value"`, the value escaped.
fn label(name: &str, value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' => escaped.push_str(r"\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str(r"\n"),
            c => escaped.push(c),
        }
    }
    format!("{}=\"{escaped}\"", underscored(name))
}

/// Writing to a string cannot fail.
fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}
