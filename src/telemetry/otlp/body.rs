//! Figures and spans in the JSON of OTLP: times and sums are strings, ids hexadecimal, names in camel case.
//!
//! Figures are cumulative since the start, so that an export that got lost loses nothing.

use serde_json::{Value as Json, json};

use super::super::{
    instruments::{INSTRUMENTS, Instrument, Kind},
    registry::{Registry, Series, Value},
    resource::Resource,
    span::{Attribute, Span},
    subject::Labels,
};
use crate::chat::Timestamp;

/// The version of the conventions that names come from.
const SCHEMA: &str = "https://opentelemetry.io/schemas/1.41.0";
/// Since the start, not since the last export.
const CUMULATIVE: u8 = 2;
/// The span is a client's.
const CLIENT: u8 = 3;
/// The span's operation failed.
const ERROR: u8 = 2;

/// An export of everything counted between two moments.
pub(super) fn metrics(
    registry: &Registry,
    resource: &Resource,
    since: Timestamp,
    now: Timestamp,
) -> Json {
    let metrics: Vec<_> = INSTRUMENTS
        .into_iter()
        .filter_map(|instrument| Some(metric(instrument, registry.series(instrument)?, since, now)))
        .collect();
    json!({ "resourceMetrics": [{
        "resource": of(resource),
        "scopeMetrics": [{ "scope": scope(), "schemaUrl": SCHEMA, "metrics": metrics }],
    }] })
}

/// An export of requests that have ended.
pub(super) fn spans(spans: &[Span], resource: &Resource) -> Json {
    let spans: Vec<_> = spans.iter().map(span).collect();
    json!({ "resourceSpans": [{
        "resource": of(resource),
        "scopeSpans": [{ "scope": scope(), "schemaUrl": SCHEMA, "spans": spans }],
    }] })
}

fn scope() -> Json {
    json!({ "name": "waferdeck", "version": env!("CARGO_PKG_VERSION") })
}

fn of(resource: &Resource) -> Json {
    let attributes: Vec<_> = resource
        .attributes()
        .iter()
        .map(|(name, value)| text(name, value))
        .collect();
    json!({ "attributes": attributes })
}

fn metric(instrument: &Instrument, series: &Series, since: Timestamp, now: Timestamp) -> Json {
    let points: Vec<_> = series
        .iter()
        .map(|(labels, value)| point(labels, value, since, now))
        .collect();
    let mut metric = json!({
        "name": instrument.name,
        "description": instrument.help,
        "unit": instrument.unit,
    });
    let (key, data) = match instrument.kind {
        Kind::Histogram(_) => (
            "histogram",
            json!({ "aggregationTemporality": CUMULATIVE, "dataPoints": points }),
        ),
        Kind::Counter | Kind::Gauge => (
            "sum",
            json!({
                "aggregationTemporality": CUMULATIVE,
                "isMonotonic": instrument.kind == Kind::Counter,
                "dataPoints": points,
            }),
        ),
    };
    metric[key] = data;
    metric
}

fn point(labels: &Labels, value: &Value, since: Timestamp, now: Timestamp) -> Json {
    let mut point = json!({
        "attributes": labels.iter().map(|(name, value)| label(name, value)).collect::<Vec<_>>(),
        "startTimeUnixNano": nanos(since),
        "timeUnixNano": nanos(now),
    });
    match value {
        Value::Count(count) => point["asInt"] = json!(count.to_string()),
        Value::Level(level) => point["asInt"] = json!(level.to_string()),
        Value::Spread(spread) => {
            // As numbers: every receiver has to read both, and some drop a histogram that counts in strings.
            point["count"] = json!(spread.count());
            point["sum"] = json!(spread.sum);
            point["bucketCounts"] = json!(spread.counts);
            point["explicitBounds"] = json!(spread.bounds);
        }
    }
    point
}

fn span(span: &Span) -> Json {
    let attributes: Vec<_> = span
        .attributes
        .iter()
        .map(|(name, value)| match value {
            Attribute::Text(value) => text(name, value),
            Attribute::Int(value) => {
                json!({ "key": name, "value": { "intValue": value.to_string() } })
            }
            Attribute::Float(value) => json!({ "key": name, "value": { "doubleValue": value } }),
            Attribute::Words(words) => {
                let words: Vec<_> = words.iter().map(|w| json!({ "stringValue": w })).collect();
                json!({ "key": name, "value": { "arrayValue": { "values": words } } })
            }
        })
        .collect();
    let mut made = json!({
        "traceId": span.trace,
        "spanId": span.id,
        "name": span.name,
        "kind": CLIENT,
        "startTimeUnixNano": nanos(span.began),
        "endTimeUnixNano": nanos(span.ended.max(span.began)),
        "attributes": attributes,
    });
    if span.failed {
        made["status"] = json!({ "code": ERROR });
    }
    made
}

/// A label as an attribute; ports are numbers.
fn label(name: &str, value: &str) -> Json {
    if name == "server.port" {
        json!({ "key": name, "value": { "intValue": value } })
    } else {
        text(name, value)
    }
}

fn text(name: &str, value: &str) -> Json {
    json!({ "key": name, "value": { "stringValue": value } })
}

fn nanos(at: Timestamp) -> String {
    (u128::from(at.0) * 1_000_000).to_string()
}
