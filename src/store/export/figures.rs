//! The figures of an answer as JSON: what is believed of them, `null` for the rest, and a word for why.
//!
//! The judgement is that of `metrics`; what the server said to the letter stays in the transcript alone.

use std::time::Duration;

use serde_json::{Map, Value, json as value};

use super::millis;
use crate::{
    chat::{Answer, Quota},
    metrics::{Missing, Reading},
};

/// `usage` and `timing`, and under `missing` each figure that is `null` with its reason.
pub(super) struct Figures {
    pub(super) usage: Value,
    pub(super) timing: Value,
    pub(super) cost: Value,
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
    let cost = answer.cost(None);
    if cost.is_none() {
        missing.insert("cost_usd".to_owned(), why_no_cost(answer).into());
    }
    Figures {
        usage: usage.into(),
        timing: timing.into(),
        cost: cost.map(usd).into(),
        missing: missing.into(),
    }
}

/// Dollars without the noise of sums: no price means less than a billionth of one.
pub fn usd(dollars: f64) -> f64 {
    (dollars * 1e9).round() / 1e9
}

fn why_no_cost(answer: &Answer) -> &'static str {
    if answer.mock {
        return "mock";
    }
    if answer.is_live() {
        return Missing::NotEnded.word();
    }
    let tokens = answer.tokens();
    match tokens.prompt.and(tokens.completion) {
        Ok(_) => "no_price",
        Err(why) => why.word(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{AnswerId, End, EndState, IdSource, StreamEvent, Timestamp, Variant};
    use crate::metrics::Usage;

    #[test]
    fn why_there_is_no_cost_is_a_word() {
        let ended = |mock: bool, tokens: Option<u64>| {
            let id = AnswerId::from_uuid(IdSource::new(1).next(Timestamp(1)));
            let mut answer = Answer::new(id, Variant::new("p", "m"), mock, 1, Duration::ZERO);
            let mut end = End::bare(EndState::Complete);
            end.e2e = Duration::from_secs(1);
            end.usage = Usage {
                prompt_tokens: tokens,
                completion_tokens: tokens,
                ..Usage::default()
            };
            answer.content = "hello".to_owned();
            answer.apply(StreamEvent::End(Box::new(end)), Duration::ZERO);
            of(&answer).missing["cost_usd"].clone()
        };
        assert_eq!(ended(true, Some(1)), "mock");
        assert_eq!(ended(false, Some(1)), "no_price");
        assert_eq!(ended(false, None), "not_reported");
    }

    #[test]
    fn dollars_have_no_noise() {
        assert_eq!(usd(0.001_274_999_999_999_999_9).to_string(), "0.001275");
    }
}
