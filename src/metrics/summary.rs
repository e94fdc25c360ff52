//! The numbers of one answer: what the field calls TTFT, TPOT, output speed and end-to-end time.
//!
//! A figure that cannot be known is a [`Missing`] with its reason, never a zero or an infinity.

use std::time::Duration;

use super::{Deltas, Missing, Reading, ServerTime, Timeline, Times, Tokens, Usage};

/// Under this many completion tokens a rate says more about rounding than about the model.
const MIN_TOKENS: u64 = 32;
/// Under this span a rate is noise: 8 tokens in 0.7 ms would read as 11,000 tokens a second.
pub(super) const MIN_SPAN: Duration = Duration::from_millis(20);
/// Two deltas closer than this came in one read of the socket.
const ONE_READ: Duration = Duration::from_micros(200);
/// Tokens a second beyond which what they were reckoned from cannot be: a thousand times what the fastest models do,
/// and more than prompts are read with.
pub(super) const MAX_RATE: f64 = 5e6;

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
/// The symbols of the formulas are those of [`super::SYMBOLS`].
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
    /// m, the completion tokens that came here: n without reasoning that the server kept to itself, which was made before
    /// tR and would make all that is divided by the time after it too fast.
    pub arrived: Reading<u64>,
    /// Time per output token: (tL − tR) / (m − 1).
    pub tpot: Reading<Duration>,
    /// Output tokens a second by the server's clock: n / `completion_time`.
    pub speed_server: Reading<f64>,
    /// Output tokens a second by ours: (m − n1) / (tL − tR).
    pub speed_wall: Reading<f64>,
    /// n / (tE − t0), what a person waited for included.
    pub speed_overall: Reading<f64>,
    /// What the server counted, as far as it can be believed.
    pub tokens: Tokens,
    /// m / k: a delta is a decode step, not a token.
    pub tokens_per_delta: Reading<f64>,
    /// Uncached prompt tokens a second during prefill.
    pub prefill_rate: Reading<f64>,
    /// What the server said of its time, as far as it can be believed.
    pub times: Times,
    /// Where the time went.
    pub split: Reading<Split>,
}

impl Summary {
    /// Computes all figures. `end` is tE − t0: `None` while the answer still streams, zero if nothing was sent.
    pub fn new(
        timeline: &Timeline,
        deltas: &Deltas,
        usage: &Usage,
        server: &ServerTime,
        end: Option<Duration>,
    ) -> Self {
        let e2e = match end {
            None => Err(Missing::NotEnded),
            Some(Duration::ZERO) => Err(Missing::NoText),
            Some(end) => Ok(end),
        };
        let has_ended = end.is_some();
        let seen = Seen {
            tokens: usage.believed(timeline, deltas, end),
            times: server.believed(
                e2e,
                !timeline.is_empty() || deltas.calls.is_some(),
                has_ended,
            ),
            timeline,
            deltas,
            e2e,
        };
        Self {
            ttft: seen.first(),
            ttfa: seen.first_answer(),
            thinking: seen.thinking(),
            e2e,
            arrived: seen.arrived(),
            tpot: seen.tpot(),
            speed_server: seen.speed_server(),
            speed_wall: seen.speed_wall(),
            speed_overall: e2e.and_then(|e2e| rate(seen.tokens.completion? as f64, e2e)),
            tokens: seen.tokens,
            tokens_per_delta: seen.tokens_per_delta(),
            prefill_rate: seen.prefill_rate(),
            times: seen.times,
            split: seen.split(),
        }
    }
}

/// All that figures are made of.
struct Seen<'a> {
    timeline: &'a Timeline,
    deltas: &'a Deltas,
    tokens: Tokens,
    times: Times,
    e2e: Reading<Duration>,
}

impl Seen<'_> {
    /// tR − t0.
    fn first(&self) -> Reading<Duration> {
        self.step_by_step()?;
        let text = self.timeline.first().map(super::Arrival::at);
        let call = self.deltas.calls.map(|c| c.first);
        text.into_iter().chain(call).min().ok_or(Missing::NoText)
    }

    /// tC − t0.
    fn first_answer(&self) -> Reading<Duration> {
        self.step_by_step()?;
        let text = self.timeline.first_content().map(super::Arrival::at);
        let call = self.deltas.calls.map(|c| c.first);
        let first = text.into_iter().chain(call).min();
        first.ok_or(if self.timeline.is_empty() {
            Missing::NoText
        } else {
            Missing::NoAnswer
        })
    }

    fn step_by_step(&self) -> Reading<()> {
        if self.deltas.is_whole {
            Err(Missing::NoSteps)
        } else {
            Ok(())
        }
    }

    /// tL − t0.
    fn last(&self) -> Reading<Duration> {
        let text = self.timeline.last().map(super::Arrival::at);
        let call = self.deltas.calls.map(|c| c.last);
        text.into_iter().chain(call).max().ok_or(Missing::NoText)
    }

    fn thinking(&self) -> Reading<Duration> {
        let (first, answer) = (self.first()?, self.first_answer()?);
        let text = self.timeline.first().map(super::Arrival::at);
        if text == Some(first) && self.timeline.starts_with_reasoning() {
            Ok(answer.saturating_sub(first))
        } else {
            Err(Missing::NoReasoning)
        }
    }

    /// From the first to the last delta; an error where everything came in one read.
    fn span(&self) -> Reading<Duration> {
        let span = self.last()?.saturating_sub(self.first()?);
        if span < ONE_READ {
            return Err(Missing::OneRead);
        }
        Ok(span)
    }

    /// m: where no reasoning came, what was counted of it was kept back.
    fn arrived(&self) -> Reading<u64> {
        let made = self.tokens.completion?;
        let is_kept_back = self.timeline.reasoning_bytes() == 0;
        let reasoning = self.tokens.reasoning.ok().filter(|_| is_kept_back);
        Ok(made.saturating_sub(reasoning.unwrap_or_default()))
    }

    fn tpot(&self) -> Reading<Duration> {
        let span = self.span()?;
        let tokens = self.arrived()?;
        if tokens < MIN_TOKENS || span < MIN_SPAN {
            return Err(Missing::TooShort);
        }
        Ok(span.div_f64((tokens - 1) as f64))
    }

    fn speed_server(&self) -> Reading<f64> {
        let tokens = self.tokens.completion?;
        rate(tokens as f64, self.times.completion?)
    }

    fn speed_wall(&self) -> Reading<f64> {
        let span = self.span()?;
        let tokens = self.arrived()?;
        let first = self.first()?;
        let (mut first_bytes, mut bytes) = (self.timeline.bytes_with(first), self.timeline.bytes());
        if let Some(calls) = self.deltas.calls {
            bytes = bytes.saturating_add(calls.bytes);
            first_bytes += if calls.first == first {
                calls.first_bytes
            } else {
                0
            };
        }
        let share = first_bytes as f64 / bytes.max(1) as f64;
        let tokens = tokens as f64;
        rate(tokens - (tokens * share).max(1.0), span)
    }

    fn tokens_per_delta(&self) -> Reading<f64> {
        self.first()?;
        let tokens = self.arrived()?;
        let deltas = self.deltas.count(self.timeline);
        // A body in one piece, or tool calls, which servers cut as they like.
        if deltas < 2 || self.deltas.calls.is_some() {
            return Err(Missing::NoSteps);
        }
        Ok(tokens as f64 / deltas as f64)
    }

    fn prefill_rate(&self) -> Reading<f64> {
        let time = self.times.prompt?;
        let (prompt, cached) = (self.tokens.prompt?, self.tokens.cached?);
        let uncached = prompt.saturating_sub(cached);
        if uncached == 0 {
            return Err(Missing::AllCached);
        }
        if time.is_zero() || uncached < MIN_TOKENS {
            return Err(Missing::TooShort);
        }
        bounded(uncached as f64 / time.as_secs_f64())
    }

    fn split(&self) -> Reading<Split> {
        let e2e = self.e2e?;
        let (queue, prompt) = (self.times.queue?, self.times.prompt?);
        let generation = self.times.completion?;
        let parts = queue.saturating_add(prompt).saturating_add(generation);
        // Rounded parts may exceed a rounded total.
        let total = self.times.total?.max(parts);
        Ok(Split {
            queue,
            prompt,
            generation,
            other: total.saturating_sub(parts),
            network: e2e.saturating_sub(total),
            exceeds_e2e: total > e2e,
        })
    }
}

/// `tokens` by `span`, where that says something.
pub(super) fn rate(tokens: f64, span: Duration) -> Reading<f64> {
    if tokens < MIN_TOKENS as f64 || span < MIN_SPAN {
        return Err(Missing::TooShort);
    }
    bounded(tokens / span.as_secs_f64())
}

fn bounded(rate: f64) -> Reading<f64> {
    if rate > MAX_RATE {
        return Err(Missing::Absurd);
    }
    Ok(rate)
}
