//! The numbers of one answer: what the field calls TTFT, TPOT, output speed and end-to-end time.
//!
//! A figure that cannot be known is a [`Missing`] with its reason, never a zero or an infinity.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Channel, Timeline};

/// Under this many completion tokens a rate says more about rounding than about the model.
const MIN_TOKENS: u64 = 32;
/// Under this span a rate is noise: 8 tokens in 0.7 ms would read as 11,000 tokens a second.
const MIN_SPAN: Duration = Duration::from_millis(20);
/// Two deltas closer than this came in one read of the socket.
const ONE_READ: Duration = Duration::from_micros(200);

/// Token counts as the server reports them; each may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Tokens of the prompt, template and cached ones included.
    pub prompt_tokens: Option<u64>,
    /// All generated tokens, reasoning and hidden control tokens included.
    pub completion_tokens: Option<u64>,
    /// Prompt tokens that came from the prompt cache.
    pub cached_tokens: Option<u64>,
    /// Completion tokens spent on reasoning.
    pub reasoning_tokens: Option<u64>,
}

/// Where the server says its time went (`time_info` on the wire, in seconds there).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerTime {
    /// Waiting before prefill.
    pub queue: Option<Duration>,
    /// Prefill.
    pub prompt: Option<Duration>,
    /// Decoding of all completion tokens.
    pub completion: Option<Duration>,
    /// All of it, with what the parts leave out.
    pub total: Option<Duration>,
}

/// Why a figure is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The server did not report what the figure needs.
    NotReported,
    /// Under 32 tokens or 20 ms: a number would be noise.
    TooShort,
    /// All text came in one read of the socket, so there is no span to divide by.
    OneRead,
    /// No text has come.
    NoText,
}

impl Missing {
    /// The reason as a sentence for a person.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotReported => "the server did not report it",
            Self::TooShort => "too short to measure (under 32 tokens or 20 ms)",
            Self::OneRead => "all text came in one read",
            Self::NoText => "no text came",
        }
    }
}

/// A figure, or why there is none.
pub type Reading<T> = Result<T, Missing>;

/// Where the end-to-end time went. The parts sum to `e2e`, unless the server claims more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// Waiting in the server's queue.
    pub queue: Duration,
    /// Prefill.
    pub prompt: Duration,
    /// Decoding.
    pub generation: Duration,
    /// Server time that belongs to none of the above.
    pub other: Duration,
    /// What is left of the end-to-end time: network and client.
    pub network: Duration,
    /// The server's total is longer than the end-to-end time; `network` is then zero.
    pub exceeds_e2e: bool,
}

/// The figures of one answer, of its successful attempt. Times count from sending.
///
/// Symbols of the formulas: t0 sending, tR first delta, tC first answer delta, tL last delta, tE end of stream,
/// n completion tokens, n1 tokens of the first delta, k deltas with text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Time to first token: tR − t0, reasoning counts.
    pub ttft: Reading<Duration>,
    /// Time to first answer token: tC − t0.
    pub ttfa: Reading<Duration>,
    /// Thinking: tC − tR, when reasoning came first.
    pub thinking: Reading<Duration>,
    /// End to end: tE − t0.
    pub e2e: Reading<Duration>,
    /// Time per output token: (tL − tR) / (n − 1).
    pub tpot: Reading<Duration>,
    /// Output tokens a second by the server's clock: n / `completion_time`.
    pub speed_server: Reading<f64>,
    /// Output tokens a second by ours: (n − n1) / (tL − tR).
    pub speed_wall: Reading<f64>,
    /// n / (tE − t0), what a person waited for included.
    pub speed_overall: Reading<f64>,
    /// n / k: a delta is a decode step, not a token.
    pub tokens_per_delta: Reading<f64>,
    /// Uncached prompt tokens a second during prefill.
    pub prefill_rate: Reading<f64>,
    /// Where the time went.
    pub split: Reading<Split>,
}

impl Summary {
    /// Computes all figures. `end` is tE − t0, `None` while the answer still streams.
    pub fn new(
        timeline: &Timeline,
        usage: &Usage,
        server: &ServerTime,
        end: Option<Duration>,
    ) -> Self {
        let e2e = end.ok_or(Missing::NotReported);
        Self {
            ttft: timeline
                .first()
                .map(super::Arrival::at)
                .ok_or(Missing::NoText),
            ttfa: timeline
                .first_content()
                .map(super::Arrival::at)
                .ok_or(Missing::NoText),
            thinking: thinking(timeline),
            e2e,
            tpot: tpot(timeline, usage),
            speed_server: speed_server(usage, server),
            speed_wall: speed_wall(timeline, usage),
            speed_overall: e2e.and_then(|e2e| rate(reported(usage.completion_tokens)?, e2e)),
            tokens_per_delta: tokens_per_delta(timeline, usage),
            prefill_rate: prefill_rate(usage, server),
            split: e2e.and_then(|e2e| split(server, e2e)),
        }
    }
}

fn reported<T>(value: Option<T>) -> Reading<T> {
    value.ok_or(Missing::NotReported)
}

fn thinking(timeline: &Timeline) -> Reading<Duration> {
    let first = timeline.first().ok_or(Missing::NoText)?;
    if first.channel == Channel::Content {
        return Err(Missing::NoText);
    }
    let answer = timeline.first_content().ok_or(Missing::NoText)?;
    Ok(answer.at().saturating_sub(first.at()))
}

/// From the first to the last delta; an error where everything came in one read.
fn span(timeline: &Timeline) -> Reading<Duration> {
    let first = timeline.first().ok_or(Missing::NoText)?;
    let last = timeline.last().ok_or(Missing::NoText)?;
    let span = last.at().saturating_sub(first.at());
    if span < ONE_READ {
        return Err(Missing::OneRead);
    }
    Ok(span)
}

fn tpot(timeline: &Timeline, usage: &Usage) -> Reading<Duration> {
    let span = span(timeline)?;
    let tokens = reported(usage.completion_tokens)?;
    if tokens < MIN_TOKENS || span < MIN_SPAN {
        return Err(Missing::TooShort);
    }
    Ok(span.div_f64((tokens - 1) as f64))
}

fn rate(tokens: u64, span: Duration) -> Reading<f64> {
    if tokens < MIN_TOKENS || span < MIN_SPAN {
        return Err(Missing::TooShort);
    }
    Ok(tokens as f64 / span.as_secs_f64())
}

fn speed_server(usage: &Usage, server: &ServerTime) -> Reading<f64> {
    rate(
        reported(usage.completion_tokens)?,
        reported(server.completion)?,
    )
}

fn speed_wall(timeline: &Timeline, usage: &Usage) -> Reading<f64> {
    let span = span(timeline)?;
    let tokens = reported(usage.completion_tokens)?;
    rate(tokens, span)?;
    let first = timeline.first().ok_or(Missing::NoText)?;
    let share = f64::from(first.bytes) / timeline.bytes().max(1) as f64;
    let first_tokens = (tokens as f64 * share).max(1.0);
    Ok((tokens as f64 - first_tokens).max(0.0) / span.as_secs_f64())
}

fn tokens_per_delta(timeline: &Timeline, usage: &Usage) -> Reading<f64> {
    let tokens = reported(usage.completion_tokens)?;
    match timeline.arrivals().len() {
        0 => Err(Missing::NoText),
        deltas => Ok(tokens as f64 / deltas as f64),
    }
}

fn prefill_rate(usage: &Usage, server: &ServerTime) -> Reading<f64> {
    let time = reported(server.prompt)?;
    let uncached =
        reported(usage.prompt_tokens)?.saturating_sub(usage.cached_tokens.unwrap_or_default());
    if time.is_zero() || uncached < MIN_TOKENS {
        return Err(Missing::TooShort);
    }
    Ok(uncached as f64 / time.as_secs_f64())
}

fn split(server: &ServerTime, e2e: Duration) -> Reading<Split> {
    let queue = reported(server.queue)?;
    let prompt = reported(server.prompt)?;
    let generation = reported(server.completion)?;
    let parts = queue.saturating_add(prompt).saturating_add(generation);
    let total = reported(server.total)?.max(parts);
    Ok(Split {
        queue,
        prompt,
        generation,
        other: total.saturating_sub(parts),
        network: e2e.saturating_sub(total),
        exceeds_e2e: total > e2e,
    })
}
