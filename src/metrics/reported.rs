//! What a server says about an answer, and how much of it can be believed: counts of tokens, and where its time went.
//!
//! Kept as it was said. What contradicts itself or what came, or cannot be at all, is no figure but a [`Missing`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::summary::{MAX_RATE, MIN_SPAN};
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
    /// Prompt and completion together. It is no figure: it only shows whether the two can be believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_tokens: Option<u64>,
    /// A count that it gave was none (negative, broken, gigantic) or contradicted an earlier one, and was left out.
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
    /// A time that it gave was none (negative, broken, gigantic) or contradicted an earlier one, and was left out.
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

/// What is believed of the server's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// See [`ServerTime`].
    pub queue: Reading<Duration>,
    /// See [`ServerTime`].
    pub prompt: Reading<Duration>,
    /// See [`ServerTime`].
    pub completion: Reading<Duration>,
    /// See [`ServerTime`].
    pub total: Reading<Duration>,
}

impl Tokens {
    /// Tokens of prompt and answer in a context window of so many; more than fit cannot have been there.
    pub fn within(&self, window: u64) -> Reading<u64> {
        let used = self.prompt?.saturating_add(self.completion?);
        unless(used > window, Ok(used))
    }
}

impl Usage {
    /// What is known when the server says it once more, as some do with each chunk: an answer grows and its prompt does
    /// not. Of two that differ otherwise nobody can tell which is right.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        let counts = |usage: &Self| usage.prompt_tokens.filter(|&n| n > 0);
        let differ = |(before, after)| before != after;
        let other_prompt = counts(&self).zip(counts(&later)).is_some_and(differ);
        let shrank = |(before, after)| before > after;
        let made = self.completion_tokens.zip(later.completion_tokens);
        if other_prompt || made.is_some_and(shrank) {
            return Self {
                odd: true,
                ..Self::default()
            };
        }
        later
    }

    /// A count that a server may give.
    pub fn is_count(tokens: u64) -> bool {
        tokens <= MOST_TOKENS
    }

    /// What can be believed of an answer with these texts and tool calls that took `end` in all, `None` before its end:
    /// more tokens than anybody reads or writes in that time are not.
    pub fn believed(&self, timeline: &Timeline, deltas: &Deltas, end: Option<Duration>) -> Tokens {
        let has_ended = end.is_some();
        let told = |count: Option<u64>| match count {
            Some(count) if Self::is_count(count) => Ok(count),
            Some(_) => Err(Missing::Absurd),
            None => Err(unsaid(self.odd, has_ended)),
        };
        if self.is_torn() {
            let torn = |count| told(count).and(Err(Missing::Contradictory));
            return Tokens {
                prompt: torn(self.prompt_tokens),
                cached: torn(self.cached_tokens),
                completion: torn(self.completion_tokens),
                reasoning: torn(self.reasoning_tokens),
            };
        }
        let (prompt, cached) = (told(self.prompt_tokens), told(self.cached_tokens));
        let (completion, reasoning) = (told(self.completion_tokens), told(self.reasoning_tokens));
        // There is no prompt of nothing: templates have tokens, too.
        let prompt = prompt.and_then(|n| if n == 0 { Err(Missing::Absurd) } else { Ok(n) });
        let calls = deltas.calls.map_or(0, |calls| calls.bytes);
        let bytes = timeline.bytes().saturating_add(calls);
        let completion = completion
            .and_then(|n| unless(n == 0 && deltas.count.is_some_and(|count| count > 0), Ok(n)))
            .and_then(|n| carried(n, bytes))
            .and_then(|n| unless(is_too_fast(n, end), Ok(n)));
        let read = |all: u64| all.saturating_sub(cached.unwrap_or_default());
        let prompt = prompt.and_then(|n| unless(is_too_fast(read(n), end), Ok(n)));
        let (prompt, cached) = whole_and_part(prompt, cached);
        let (completion, reasoning) = whole_and_part(completion, reasoning);
        Tokens {
            prompt,
            cached,
            completion,
            reasoning: reasoning.and_then(|n| carried(n, timeline.reasoning_bytes())),
        }
    }

    /// Whether prompt and completion do not add up to what is said of both: which of the three is wrong nobody can tell.
    fn is_torn(&self) -> bool {
        let sum = self.prompt_tokens.zip(self.completion_tokens);
        let sum = sum.map(|(prompt, completion)| prompt.saturating_add(completion));
        sum.zip(self.total_tokens)
            .is_some_and(|(sum, total)| sum != total)
    }
}

impl ServerTime {
    /// What is known when the server says it once more: time passes, and of less nobody can tell which is right.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        let parts = |time: &Self| [time.queue, time.prompt, time.completion, time.total];
        let mut pairs = parts(&self).into_iter().zip(parts(&later));
        if pairs.any(|(before, after)| before.zip(after).is_some_and(|(b, a)| a < b)) {
            return Self {
                odd: true,
                ..Self::default()
            };
        }
        later
    }

    /// A time that a server may give.
    pub fn is_time(time: Duration) -> bool {
        time <= LONGEST
    }

    /// What can be believed of them in an answer that took `e2e` in all. They are one account: with one of its times
    /// longer than the whole, or a sum over the total, nobody can tell which are right.
    pub(super) fn believed(
        &self,
        e2e: Reading<Duration>,
        has_text: bool,
        has_ended: bool,
    ) -> Times {
        let told = |time: Option<Duration>| match time {
            Some(time) if Self::is_time(time) => Ok(time),
            Some(_) => Err(Missing::Absurd),
            None => Err(unsaid(self.odd, has_ended)),
        };
        let times = [self.queue, self.prompt, self.completion, self.total].map(told);
        let [queue, prompt, completion, total] = match Self::flaw(times, e2e, has_text) {
            Some(flaw) => times.map(|time| time.and(Err(flaw))),
            None => times,
        };
        Times {
            queue,
            prompt,
            completion,
            total,
        }
    }

    /// Why none of these times is believed.
    fn flaw(
        times: [Reading<Duration>; 4],
        e2e: Reading<Duration>,
        has_text: bool,
    ) -> Option<Missing> {
        let [queue, prompt, completion, total] = times;
        // Nothing is answered in no time, and no text is made in none.
        if total == Ok(Duration::ZERO) || (has_text && completion == Ok(Duration::ZERO)) {
            return Some(Missing::Absurd);
        }
        let parts = [queue, prompt, completion].into_iter().flatten();
        let sum = parts.clone().fold(Duration::ZERO, Duration::saturating_add);
        let is_over = |part: Duration, whole: Reading<Duration>| {
            whole.is_ok_and(|whole| is_longer(part, whole))
        };
        let other = total.map(|total| total.saturating_sub(sum));
        let is_torn = is_over(sum, total) || parts.chain(other).any(|part| is_over(part, e2e));
        is_torn.then_some(Missing::Contradictory)
    }
}

/// Whether `part` takes longer than `whole`, by more than clocks and rounding do.
fn is_longer(part: Duration, whole: Duration) -> bool {
    part > whole.saturating_add(whole / 100).saturating_add(SLACK)
}

/// Whether nobody makes so many tokens within a whole answer. Nothing is said of one that was never sent or was there at
/// once.
fn is_too_fast(tokens: u64, end: Option<Duration>) -> bool {
    let time = end
        .filter(|end| !end.is_zero())
        .map(|end| end.max(MIN_SPAN));
    time.is_some_and(|time| tokens as f64 / time.as_secs_f64() > MAX_RATE)
}

/// A whole and a part of it. Where the part is larger, which of the two is wrong nobody can tell; and of a whole that
/// cannot be, no part can be told.
fn whole_and_part(whole: Reading<u64>, part: Reading<u64>) -> (Reading<u64>, Reading<u64>) {
    match (whole, part) {
        (Ok(all), Ok(some)) if some > all => {
            (Err(Missing::Contradictory), Err(Missing::Contradictory))
        }
        (Err(why @ (Missing::Contradictory | Missing::Absurd)), Ok(_)) => (whole, Err(why)),
        pair => pair,
    }
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
