//! What a server says about an answer, and how much of it can be believed: counts of tokens, and where its time went.
//!
//! Kept as it was said. What contradicts itself or what came, or cannot be at all, is no figure but a [`Missing`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Deltas, Missing, Reading, Timeline};

/// More tokens are no count: no model reads or writes as many, and four billion is what broken counters turn over to.
pub(super) const MOST_TOKENS: u64 = 1_000_000_000;
/// Longer times are none: no request lives for a day.
const LONGEST: Duration = Duration::from_hours(24);
/// The longest tokens are runs of some 128 blanks. With more bytes for each the count is of something else: zero where
/// text came, or of an answer without its reasoning.
const LONGEST_TOKEN: u64 = 256;
/// Clocks and rounding may make two times differ by this, and by a hundredth.
const SLACK: Duration = Duration::from_millis(1);

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
    /// A count that it gave was none (negative, broken, gigantic) and was left out.
    #[serde(skip_serializing_if = "is_false")]
    pub odd: bool,
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
    /// A time that it gave was none (negative, broken, gigantic) and was left out.
    #[serde(skip_serializing_if = "is_false")]
    pub odd: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// What is believed of the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// See [`Usage`].
    pub prompt: Reading<u64>,
    /// See [`Usage`].
    pub cached: Reading<u64>,
    /// See [`Usage`].
    pub completion: Reading<u64>,
    /// See [`Usage`].
    pub reasoning: Reading<u64>,
}

impl Usage {
    /// A count that a server may give.
    pub fn is_count(tokens: u64) -> bool {
        tokens <= MOST_TOKENS
    }

    /// What can be believed of an answer with these texts and tool calls.
    pub fn believed(&self, timeline: &Timeline, deltas: &Deltas, has_ended: bool) -> Tokens {
        let told = |count: Option<u64>| match count {
            Some(count) if Self::is_count(count) => Ok(count),
            Some(_) => Err(Missing::Absurd),
            None => Err(unsaid(self.odd, has_ended)),
        };
        let (prompt, cached) = (told(self.prompt_tokens), told(self.cached_tokens));
        let (completion, reasoning) = (told(self.completion_tokens), told(self.reasoning_tokens));
        let exceeds = |part: Reading<u64>, whole: Reading<u64>| {
            part.is_ok_and(|part| whole.is_ok_and(|whole| part > whole))
        };
        // Which of the two is wrong nobody can tell, and rates need the whole one.
        let is_torn = exceeds(reasoning, completion);
        let calls = deltas.calls.map_or(0, |calls| calls.bytes);
        let bytes = timeline.bytes().saturating_add(calls);
        Tokens {
            // There is no prompt of nothing: templates have tokens, too.
            prompt: prompt.and_then(|n| if n == 0 { Err(Missing::Absurd) } else { Ok(n) }),
            cached: unless(exceeds(cached, prompt), cached),
            completion: unless(is_torn, completion).and_then(|n| carried(n, bytes)),
            reasoning: unless(is_torn, reasoning)
                .and_then(|n| carried(n, timeline.reasoning_bytes())),
        }
    }
}

impl ServerTime {
    /// A time that a server may give.
    pub fn is_time(time: Duration) -> bool {
        time <= LONGEST
    }

    /// What it said of one of its times.
    pub(super) fn told(&self, time: Option<Duration>, has_ended: bool) -> Reading<Duration> {
        match time {
            Some(time) if Self::is_time(time) => Ok(time),
            Some(_) => Err(Missing::Absurd),
            None => Err(unsaid(self.odd, has_ended)),
        }
    }
}

/// `part`, unless it takes longer than `whole`.
pub(super) fn within(part: Duration, whole: Duration) -> Reading<Duration> {
    let most = whole.saturating_add(whole / 100).saturating_add(SLACK);
    unless(part > most, Ok(part))
}

fn unless<T>(contradicts: bool, reading: Reading<T>) -> Reading<T> {
    if contradicts {
        return Err(Missing::Contradictory);
    }
    reading
}

/// `tokens`, if they can have carried so much text.
fn carried(tokens: u64, bytes: u64) -> Reading<u64> {
    unless(tokens.saturating_mul(LONGEST_TOKEN) < bytes, Ok(tokens))
}

/// Why something was not said.
fn unsaid(odd: bool, has_ended: bool) -> Missing {
    match (odd, has_ended) {
        (true, _) => Missing::Absurd,
        (false, true) => Missing::NotReported,
        (false, false) => Missing::NotEnded,
    }
}
