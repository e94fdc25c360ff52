//! The figures of an answer as JSON: what is believed of them, `null` for the rest, and a word for why.
//!
//! The judgement is that of `metrics`; what the server said to the letter stays in the transcript alone.

use std::time::Duration;

use serde_json::{Map, Value, json as value};

use super::millis;
use crate::{
    chat::{Answer, Quota},
    metrics::Reading,
};

/// `usage` and `timing`, and under `missing` each figure that is `null` with its reason.
pub(super) struct Figures {
    pub(super) usage: Value,
    pub(super) timing: Value,
    pub(super) missing: Value,
}

/// All figures of an answer.
pub(super) fn of(answer: &Answer) -> Figures {
    let mut missing = Map::new();
    let summary = answer.summary();
    let tokens = &summary.tokens;
    let usage = part(
        &mut missing,
        [
            ("prompt_tokens", tokens.prompt.map(Value::from)),
            ("completion_tokens", tokens.completion.map(Value::from)),
            ("cached_tokens", tokens.cached.map(Value::from)),
            ("reasoning_tokens", tokens.reasoning.map(Value::from)),
        ],
    );
    let time = |reading: Reading<Duration>| reading.map(|time| Value::from(millis(time)));
    let times = &summary.times;
    let mut timing = part(
        &mut missing,
        [
            ("ttft_ms", time(summary.ttft)),
            ("ttfa_ms", time(summary.ttfa)),
            ("e2e_ms", time(summary.e2e)),
            ("tpot_ms", time(summary.tpot)),
            ("tokens_per_s_server", summary.speed_server.map(Value::from)),
            ("tokens_per_s_wall", summary.speed_wall.map(Value::from)),
            ("queue_ms", time(times.queue)),
            ("prompt_ms", time(times.prompt)),
            ("completion_ms", time(times.completion)),
            ("server_total_ms", time(times.total)),
            ("network_ms", time(summary.split.map(|split| split.network))),
        ],
    );
    let end = answer.end();
    timing.extend([
        (
            "waited_ms".to_owned(),
            value!(end.map(|e| millis(e.waited))),
        ),
        (
            "connection".to_owned(),
            value!(end.and_then(|e| e.connection)),
        ),
        ("http".to_owned(), value!(end.and_then(|e| e.http))),
    ]);
    Figures {
        usage: usage.into(),
        timing: timing.into(),
        missing: missing.into(),
    }
}

fn part<const N: usize>(
    missing: &mut Map<String, Value>,
    readings: [(&str, Reading<Value>); N],
) -> Map<String, Value> {
    let written = readings.map(|(key, reading)| {
        let value = reading.unwrap_or_else(|why| {
            missing.insert(key.to_owned(), why.word().into());
            Value::Null
        });
        (key.to_owned(), value)
    });
    written.into_iter().collect()
}

/// A quota as the response's headers had it, as far as it can be true.
pub(super) fn quota(quota: &Quota) -> Value {
    let quota = quota.believed();
    value!({
        "unit": quota.unit,
        "bucket": quota.bucket,
        "limit": quota.limit,
        "remaining": quota.remaining,
        "reset_s": quota.reset.map(|time| millis(time) / 1e3),
    })
}
