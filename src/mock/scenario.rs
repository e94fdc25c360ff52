//! Scenarios: what the mock plays, as TOML. A model has one, the user may lay another over it; faults are part of it.
//! The words are read here and carried out by `pace` (when), `script` (what), `playback` and `socket` (how it breaks).

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Error;
use super::models::MODELS;

/// Bytes that a repetition may come to: enough for every fault, and not the machine's memory.
const REPEATED: usize = 256 * 1024 * 1024;
/// The slowest speed, so that no deadline leaves the clock's range.
const SLOWEST: f64 = 0.001;

/// A scenario file. Every key may be absent; what is absent is left to the scenario below, and at last to the model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scenario {
    /// One line for lists.
    pub about: Option<String>,
    /// The models it applies to; all if empty.
    pub models: Vec<String>,
    /// Speed of decoding.
    pub tokens_per_second: Option<Speed>,
    /// Tokens in one delta: a number, or the least and the most.
    pub tokens_per_delta: Option<PerDelta>,
    /// Milliseconds from the request to the start of decoding, queue included; by the length of the prompt if absent.
    pub ttft_ms: Option<u32>,
    /// Milliseconds of it spent in the queue.
    pub queue_ms: Option<u32>,
    /// A delta may come up to this many milliseconds late; delays do not add up.
    pub jitter_ms: Option<u32>,
    /// What the answer is made of; the corpus if absent.
    pub text: Option<TextKind>,
    /// Length of the answer in tokens, reasoning not included.
    pub tokens: Option<u64>,
    /// Length of the reasoning in tokens.
    pub reasoning_tokens: Option<u64>,
    /// Plays `tokens` to the end, whatever the request and the model allow (for size tests).
    pub ignore_limit: Option<bool>,
    /// Pauses in the middle of the answer.
    pub stalls: Vec<Stall>,
    /// Canned replies that take the place of an answer, one request after the other.
    pub reply: Vec<Reply>,
    /// Buckets of its own in place of the tier's.
    pub limits: Option<Limits>,
    /// How the stream is written, and how it breaks.
    pub wire: Wire,
}

/// Speed of decoding.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Speed {
    /// Tokens in a second.
    TokensPerSecond(f64),
    /// As fast as the connection takes it.
    Word(Unpaced),
}

/// The word for no pacing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unpaced {
    /// As fast as the connection takes it.
    Unpaced,
}

/// Tokens in one delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum PerDelta {
    /// Always as many.
    Fixed(u32),
    /// Between the two, both included.
    Between([u32; 2]),
}

impl PerDelta {
    pub(crate) fn bounds(self) -> (u64, u64) {
        let [low, high] = match self {
            Self::Fixed(n) => [n, n],
            Self::Between(pair) => pair,
        };
        (u64::from(low.max(1)), u64::from(high.max(low).max(1)))
    }
}

/// What a generated answer is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextKind {
    /// Headings, prose, lists, tables and code in turn.
    Mixed,
    /// Paragraphs.
    Prose,
    /// One code block.
    Code,
    /// One table.
    Table,
    /// One list.
    List,
    /// Prose with many wide and joined characters.
    Emoji,
    /// Paragraphs of Chinese, Japanese and Korean, without blanks but in the last.
    Cjk,
    /// A paragraph without a line break.
    OneParagraph,
    /// A line without a blank.
    OneLine,
    /// Lists and quotes inside each other.
    Nested,
    /// Many short code blocks.
    Blocks,
    /// Control sequences, invisible and right-to-left characters, Markdown bombs.
    Hostile,
}

/// A pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stall {
    /// Tokens sent before it.
    pub after_tokens: u64,
    /// Its length; for ever if absent.
    pub ms: Option<u32>,
}

/// A canned reply in place of an answer.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// How many attempts of the same request get it; all if absent.
    pub times: Option<u32>,
    /// Message of the JSON error body.
    pub message: Option<String>,
    /// Type of the JSON error body.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Code of the JSON error body.
    pub code: Option<String>,
    /// Wraps the JSON error in `{"error": …}` as other servers do.
    #[serde(default)]
    pub wrapped: bool,
    /// The body itself, in place of the JSON error.
    pub body: Option<String>,
    /// Sends the body this many times over.
    pub repeat: Option<u32>,
    /// Milliseconds between the body's bytes.
    pub drip_ms: Option<u32>,
    /// Headers; `content-type` replaces the usual one.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
}

/// Token buckets of a scenario: what is absent is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Requests in a minute.
    pub requests_minute: Option<u64>,
    /// Requests in an hour.
    pub requests_hour: Option<u64>,
    /// Requests in a day.
    pub requests_day: Option<u64>,
    /// Uncached tokens in a minute.
    pub tokens_minute: Option<u64>,
    /// Uncached tokens in an hour.
    pub tokens_hour: Option<u64>,
    /// Uncached tokens in a day.
    pub tokens_day: Option<u64>,
    /// Tokens in a minute, cached ones included.
    pub total_tokens_minute: Option<u64>,
    /// Seconds in `retry-after`; 60 if absent, as recorded.
    pub retry_after: Option<u64>,
}

/// How the stream is written, and how it breaks.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the file"
)]
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Wire {
    /// Line ends.
    pub line_end: LineEnd,
    /// Starts the stream with a byte order mark.
    pub bom: bool,
    /// At most this many bytes in one write to the socket.
    pub split_writes: Option<usize>,
    /// A comment line this often, in milliseconds, while there is nothing to send.
    pub comment_ms: Option<u32>,
    /// Where usage and timing go.
    pub usage: UsagePlace,
    /// Leaves out the finish chunk.
    pub no_finish: bool,
    /// Leaves out `data: [DONE]`.
    pub no_done: bool,
    /// Another finish reason.
    pub finish_reason: Option<String>,
    /// `null` where the real service leaves a key out, and the role in each chunk.
    pub nulls: bool,
    /// All chunks have empty `choices`.
    pub empty_choices: bool,
    /// Name of the delta's reasoning key.
    pub reasoning_key: Option<String>,
    /// An empty delta, reasoning after content, and a control character, all seen on the real service.
    pub odd_deltas: bool,
    /// Another content type.
    pub content_type: Option<String>,
    /// A content encoding, which the body does not have.
    pub content_encoding: Option<String>,
    /// Bytes put between the deltas.
    pub insert: Vec<Insert>,
    /// Text after the end mark.
    pub trailer: Option<String>,
    /// Cuts the connection after this many bytes of the body; 0 is before the headers.
    pub cut_after_bytes: Option<u64>,
    /// How it is cut.
    pub cut: Cut,
    /// Takes the request and says nothing.
    pub no_reply: bool,
    /// These bytes in place of an HTTP response.
    pub raw: Option<String>,
}

/// Line ends of the event stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineEnd {
    /// As the real service.
    #[default]
    Lf,
    /// As some proxies.
    Crlf,
    /// Allowed by the standard, written by nobody.
    Cr,
}

impl LineEnd {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::Crlf => "\r\n",
            Self::Cr => "\r",
        }
    }
}

/// Where usage and timing go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UsagePlace {
    /// In the finish chunk, as Cerebras does.
    #[default]
    Finish,
    /// In a chunk of their own with empty `choices`, as OpenAI does.
    Trailing,
    /// Nowhere.
    Absent,
}

/// How a connection is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cut {
    /// TCP reset.
    #[default]
    Reset,
    /// Orderly close of the connection, in the middle of the body.
    Close,
    /// The body ends as if nothing were wrong.
    End,
}

/// Bytes put between the deltas.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Insert {
    /// Deltas sent before it.
    pub after_deltas: u64,
    /// The bytes, as text.
    #[serde(default)]
    pub text: String,
    /// The bytes, as hex digits, after the text.
    #[serde(default)]
    pub hex: String,
    /// How often.
    #[serde(default = "once")]
    pub repeat: u32,
    /// Ends the stream after it.
    #[serde(default)]
    pub last: bool,
}

impl Insert {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let digits: Vec<u8> = self
            .hex
            .chars()
            .filter_map(|c| c.to_digit(16))
            .filter_map(|d| u8::try_from(d).ok())
            .collect();
        let mut bytes = self.text.clone().into_bytes();
        bytes.extend(
            digits
                .chunks_exact(2)
                .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)),
        );
        bytes
    }
}

/// How often `len` bytes may be repeated: as often as asked for, up to [`REPEATED`] bytes.
pub(crate) fn repeats(times: u32, len: usize) -> usize {
    let times = usize::try_from(times).unwrap_or(usize::MAX);
    times.min(REPEATED / len.max(1))
}

fn once() -> u32 {
    1
}

/// A scenario that comes with the program.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its TOML.
    pub source: &'static str,
}

/// The scenarios that come with the program.
pub const BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        name: "steady",
        source: include_str!("../../assets/scenarios/steady.toml"),
    },
    BuiltIn {
        name: "unhurried",
        source: include_str!("../../assets/scenarios/unhurried.toml"),
    },
    BuiltIn {
        name: "sprint",
        source: include_str!("../../assets/scenarios/sprint.toml"),
    },
    BuiltIn {
        name: "marathon",
        source: include_str!("../../assets/scenarios/marathon.toml"),
    },
    BuiltIn {
        name: "far-away",
        source: include_str!("../../assets/scenarios/far-away.toml"),
    },
    BuiltIn {
        name: "rush-hour",
        source: include_str!("../../assets/scenarios/rush-hour.toml"),
    },
    BuiltIn {
        name: "deep-thought",
        source: include_str!("../../assets/scenarios/deep-thought.toml"),
    },
    BuiltIn {
        name: "stutter",
        source: include_str!("../../assets/scenarios/stutter.toml"),
    },
];

impl Scenario {
    /// Reads a scenario.
    ///
    /// The error names line and column, and the key that is unknown or wrong.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let scenario: Self = toml::from_str(text)
            .map_err(|e| Error::Scenario(e.to_string().trim_end().to_owned()))?;
        scenario.check()?;
        Ok(scenario)
    }

    /// The scenario of that name that comes with the program.
    pub fn built_in(name: &str) -> Option<Result<Self, Error>> {
        BUILT_IN
            .iter()
            .find(|b| b.name == name)
            .map(|b| Self::from_toml(b.source))
    }

    /// Whether it applies to `model`.
    pub fn applies_to(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|m| m == model)
    }

    /// This scenario where it says something, `below` where it does not.
    pub(crate) fn over(&self, below: &Self) -> Self {
        let filled = |own: &Vec<Stall>, other: &Vec<Stall>| {
            if own.is_empty() {
                other.clone()
            } else {
                own.clone()
            }
        };
        Self {
            about: self.about.clone().or_else(|| below.about.clone()),
            models: self.models.clone(),
            tokens_per_second: self.tokens_per_second.or(below.tokens_per_second),
            tokens_per_delta: self.tokens_per_delta.or(below.tokens_per_delta),
            ttft_ms: self.ttft_ms.or(below.ttft_ms),
            queue_ms: self.queue_ms.or(below.queue_ms),
            jitter_ms: self.jitter_ms.or(below.jitter_ms),
            text: self.text.or(below.text),
            tokens: self.tokens.or(below.tokens),
            reasoning_tokens: self.reasoning_tokens.or(below.reasoning_tokens),
            ignore_limit: self.ignore_limit.or(below.ignore_limit),
            stalls: filled(&self.stalls, &below.stalls),
            reply: if self.reply.is_empty() {
                below.reply.clone()
            } else {
                self.reply.clone()
            },
            limits: self.limits.or(below.limits),
            wire: if self.wire == Wire::default() {
                below.wire.clone()
            } else {
                self.wire.clone()
            },
        }
    }

    fn check(&self) -> Result<(), Error> {
        if let Some(unknown) = self
            .models
            .iter()
            .find(|m| MODELS.iter().all(|known| known.id != *m))
        {
            return Err(Error::Scenario(format!(
                "models names {unknown}, which the mock does not have"
            )));
        }
        let speed_is_positive = match self.tokens_per_second {
            Some(Speed::TokensPerSecond(speed)) => speed.is_finite() && speed >= SLOWEST,
            Some(Speed::Word(_)) | None => true,
        };
        if !speed_is_positive {
            return Err(Error::Scenario(
                "tokens_per_second must be a number of at least 0.001, or \"unpaced\"".to_owned(),
            ));
        }
        let statuses_are_http = self.reply.iter().all(|r| (200..=599).contains(&r.status));
        if !statuses_are_http {
            return Err(Error::Scenario(
                "reply.status must be from 200 to 599".to_owned(),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_scenarios_are_valid_and_say_what_they_are() {
        for built_in in BUILT_IN {
            let scenario = Scenario::from_toml(built_in.source).expect(built_in.name);
            assert!(scenario.about.is_some(), "{}", built_in.name);
        }
        assert!(Scenario::built_in("nowhere").is_none());
    }

    #[track_caller]
    fn refuses(text: &str, part: &str) {
        let message = Scenario::from_toml(text)
            .expect_err("must be refused")
            .to_string();
        assert!(message.contains(part), "{message}");
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        refuses("tokens_per_second = 3000\nttft = 3\n", "line 2");
        refuses("tokens_per_second = 3000\nttft = 3\n", "`ttft`");
        refuses("tokens_per_second = 0", "at least 0.001");
        refuses("[[reply]]\nstatus = 99", "reply.status");
        refuses("text = \"novel\"", "novel");
        refuses("models = [\"gpt-1\"]", "gpt-1");
    }

    #[test]
    fn a_scenario_lies_over_another() {
        let below =
            Scenario::from_toml("tokens_per_second = 50\nqueue_ms = 4\n[wire]\nno_done = true")
                .expect("valid");
        let above =
            Scenario::from_toml("tokens_per_second = \"unpaced\"\nmodels = [\"mock-stall\"]")
                .expect("valid");
        let both = above.over(&below);
        assert_eq!(both.tokens_per_second, Some(Speed::Word(Unpaced::Unpaced)));
        assert_eq!(both.queue_ms, Some(4));
        assert!(both.wire.no_done);
        assert!(above.applies_to("mock-stall") && !above.applies_to("mock-break"));
    }

    #[test]
    fn inserted_bytes_come_from_text_and_hex() {
        let scenario =
            Scenario::from_toml("[[wire.insert]]\nafter_deltas = 1\ntext = \"a\"\nhex = \"c3 28\"")
                .expect("valid");
        assert_eq!(
            scenario.wire.insert.first().map(Insert::bytes),
            Some(vec![b'a', 0xc3, 0x28])
        );
    }
}
