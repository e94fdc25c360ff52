//! The end of an answer on disk: its state as a word, its times in whole nanoseconds.
//!
//! `timing` holds the client's times and the server's; what is unknown is `null`. For serde's `with`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

use crate::{
    chat::{
        Budget, Connection, End, EndState, Failure, FailureKind, FinishReason, HttpVersion, Limits,
        Prices,
    },
    metrics::{Calls, Deltas, ServerTime, Usage},
};

#[derive(Serialize, Deserialize)]
struct Fields {
    state: String,
    /// Unreadable events, for the state `damaged`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    damaged: Option<u32>,
    #[serde(default)]
    error: Option<Failure>,
    #[serde(default)]
    finish_reason: Option<FinishReason>,
    #[serde(default)]
    usage: Usage,
    #[serde(default)]
    timing: Timing,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    request_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prices: Option<Prices>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    budget: Option<Budget>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Timing {
    e2e_ns: u64,
    waited_ns: u64,
    queue_ns: Option<u64>,
    prompt_ns: Option<u64>,
    completion_ns: Option<u64>,
    total_ns: Option<u64>,
    connection: Option<Connection>,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<HttpVersion>,
    /// A time that the server gave was none.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    odd: bool,
    /// Deltas with text or a tool call.
    #[serde(skip_serializing_if = "Option::is_none")]
    deltas: Option<u64>,
    /// It came as one body.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    whole: bool,
    /// First and last piece of tool calls in microseconds since sending, bytes of the first and of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    calls: Option<[u64; 4]>,
}

pub(super) fn serialize<S: Serializer>(end: &End, serializer: S) -> Result<S::Ok, S::Error> {
    Fields {
        state: end.state.as_str().to_owned(),
        damaged: match end.state {
            EndState::Damaged(events) => Some(events),
            _ => None,
        },
        error: end.state.failure().cloned(),
        finish_reason: end.finish_reason.clone(),
        usage: end.usage,
        timing: Timing {
            e2e_ns: nanos(end.e2e),
            waited_ns: nanos(end.waited),
            queue_ns: end.server.queue.map(nanos),
            prompt_ns: end.server.prompt.map(nanos),
            completion_ns: end.server.completion.map(nanos),
            total_ns: end.server.total.map(nanos),
            connection: end.connection,
            http: end.http,
            odd: end.server.odd,
            deltas: end.deltas.count,
            whole: end.deltas.is_whole,
            calls: end.deltas.calls.map(|calls| {
                let (first, last) = (micros(calls.first), micros(calls.last));
                [first, last, calls.first_bytes, calls.bytes]
            }),
        },
        limits: end.limits.clone(),
        request_id: end.request_id.clone(),
        prices: end.prices,
        note: end.note.clone(),
        budget: end.budget,
    }
    .serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Box<End>, D::Error> {
    let fields = Fields::deserialize(deserializer)?;
    let failure = fields
        .error
        .unwrap_or_else(|| Failure::new(FailureKind::Internal, "the reason was not recorded", ""));
    let state = match &*fields.state {
        "complete" => EndState::Complete,
        "at_limit" => EndState::AtLimit,
        "damaged" => EndState::Damaged(fields.damaged.unwrap_or_default()),
        "stopped" => EndState::Stopped,
        "cut_short" => EndState::CutShort(failure),
        "failed" => EndState::Failed(failure),
        "skipped" => EndState::Skipped(failure),
        word => return Err(D::Error::custom(format_args!("unknown state {word:?}"))),
    };
    let timing = fields.timing;
    Ok(Box::new(End {
        state,
        finish_reason: fields.finish_reason,
        usage: fields.usage,
        server: ServerTime {
            queue: timing.queue_ns.map(Duration::from_nanos),
            prompt: timing.prompt_ns.map(Duration::from_nanos),
            completion: timing.completion_ns.map(Duration::from_nanos),
            total: timing.total_ns.map(Duration::from_nanos),
            odd: timing.odd,
        },
        deltas: Deltas {
            count: timing.deltas,
            is_whole: timing.whole,
            calls: timing.calls.map(|[first, last, first_bytes, bytes]| Calls {
                first: Duration::from_micros(first),
                last: Duration::from_micros(last),
                first_bytes,
                bytes,
            }),
        },
        e2e: Duration::from_nanos(timing.e2e_ns),
        waited: Duration::from_nanos(timing.waited_ns),
        connection: timing.connection,
        http: timing.http,
        request_id: fields.request_id,
        prices: fields.prices,
        limits: fields.limits,
        note: fields.note,
        budget: fields.budget,
    }))
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
