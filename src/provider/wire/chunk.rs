//! One chunk of an answer, or a whole answer: read in one pass, its text borrowed from the bytes where JSON allows.
//! What the fields mean for the answer is decided in `assembly`.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{Deserializer, SeqAccess};
use serde_json::{Map, Value};

use super::Problem;
use super::forgiving::{Forgiving, Number, Object, Present, Word, forgive};
use super::mend::mend;
use crate::metrics::{ServerTime, Usage};

/// What a chunk holds of what we use. Choices other than the first are left out, since only one is ever asked for.
#[derive(Debug, Default, PartialEq)]
pub(in crate::provider) struct Chunk<'a> {
    /// The provider's id of the request.
    pub(in crate::provider) id: Option<Cow<'a, str>>,
    /// Reasoning text; comes before `content` where a chunk holds both.
    pub(in crate::provider) reasoning: Option<Cow<'a, str>>,
    /// Answer text.
    pub(in crate::provider) content: Option<Cow<'a, str>>,
    /// Why generation stopped.
    pub(in crate::provider) finish_reason: Option<Cow<'a, str>>,
    /// The model wants to call a tool, unasked: bytes of its name and arguments.
    pub(in crate::provider) tool_call: Option<usize>,
    /// Token counts.
    pub(in crate::provider) usage: Option<Usage>,
    /// Where the server's time went.
    pub(in crate::provider) server: Option<ServerTime>,
    /// An error in place of text: wrapped in `error`, or flat.
    pub(in crate::provider) problem: Option<Problem>,
}

impl<'a> Chunk<'a> {
    /// Reads a JSON object; `None` if it is not one.
    pub(in crate::provider) fn read(data: &'a str) -> Option<Self> {
        serde_json::from_str::<Object<Envelope<'a>>>(data)
            .ok()?
            .0
            .map(|envelope| envelope.into_chunk(data))
    }

    /// The same for what the parser refuses although its text can be read: half a surrogate pair in a string, which
    /// becomes U+FFFD, a number that is none, which is left out, and a field that stands there twice, of which the last
    /// one counts.
    pub(in crate::provider) fn read_mended(data: &str) -> Option<Chunk<'static>> {
        let mended = mend(data);
        if let Some(chunk) = mended.as_deref().and_then(Chunk::read) {
            return Some(chunk.into_owned());
        }
        let fields: Map<String, Value> =
            serde_json::from_str(mended.as_deref().unwrap_or(data)).ok()?;
        let each_once = Value::Object(fields).to_string();
        Chunk::read(&each_once).map(Chunk::into_owned)
    }

    fn into_owned(self) -> Chunk<'static> {
        let own = |text: Option<Cow<'a, str>>| text.map(|t| Cow::Owned(t.into_owned()));
        Chunk {
            id: own(self.id),
            reasoning: own(self.reasoning),
            content: own(self.content),
            finish_reason: own(self.finish_reason),
            tool_call: self.tool_call,
            usage: self.usage,
            server: self.server,
            problem: self.problem,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    choices: FirstChoice<'a>,
    usage: Object<RawUsage>,
    time_info: Object<RawTime>,
    error: Present,
    errors: Present,
    // Fields of a flat error.
    message: Present,
    detail: Present,
    code: Present,
    status_code: Present,
}

impl<'a> Envelope<'a> {
    fn into_chunk(self, data: &str) -> Chunk<'a> {
        let FirstChoice { choice, is_list } = self.choices;
        let is = |field: Present| field == Present::Yes;
        let flat = choice.is_none()
            && (is(self.message) || is(self.detail))
            && (is(self.code) || is(self.status_code) || self.id.0.is_none());
        // Next to choices an empty one says that there is none.
        let hollow = self.error == Present::Hollow && !is_list && self.usage.0.is_none();
        let of_choice = choice.as_ref().is_some_and(|c| is(c.error));
        let problem = (is(self.error) || is(self.errors) || of_choice || flat || hollow)
            .then(|| Problem::read(data.as_bytes()).unwrap_or_default());
        let choice = choice.unwrap_or_default();
        let text = match (choice.delta.0, choice.message.0) {
            (Some(delta), _) => delta,
            (None, Some(message)) => message,
            (None, None) => Text::default(),
        };
        Chunk {
            id: self.id.0,
            // Who knows both names may fill either.
            reasoning: text
                .reasoning
                .0
                .filter(|text| !text.is_empty())
                .or(text.reasoning_content.0),
            content: text.content.0,
            finish_reason: choice.finish_reason.0,
            tool_call: text.tool_calls.0,
            usage: self.usage.0.map(RawUsage::into_usage),
            server: self.time_info.0.map(RawTime::into_server_time),
            problem,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Choice<'a> {
    index: Number,
    #[serde(borrow)]
    delta: Object<Text<'a>>,
    #[serde(borrow)]
    message: Object<Text<'a>>,
    #[serde(borrow)]
    finish_reason: Word<'a>,
    error: Present,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Text<'a> {
    #[serde(borrow)]
    content: Word<'a>,
    #[serde(borrow)]
    reasoning: Word<'a>,
    #[serde(borrow)]
    reasoning_content: Word<'a>,
    tool_calls: ToolCalls,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawUsage {
    prompt_tokens: Number,
    completion_tokens: Number,
    total_tokens: Number,
    prompt_tokens_details: Object<PromptDetails>,
    completion_tokens_details: Object<CompletionDetails>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PromptDetails {
    cached_tokens: Number,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CompletionDetails {
    reasoning_tokens: Number,
}

impl RawUsage {
    fn into_usage(self) -> Usage {
        let mut odd = false;
        let mut count = |number: Number| {
            let count = number.count();
            odd |= count.is_none() && number.is_said();
            count
        };
        let cached = self.prompt_tokens_details.0.unwrap_or_default();
        let reasoning = self.completion_tokens_details.0.unwrap_or_default();
        Usage {
            prompt_tokens: count(self.prompt_tokens),
            completion_tokens: count(self.completion_tokens),
            cached_tokens: count(cached.cached_tokens),
            reasoning_tokens: count(reasoning.reasoning_tokens),
            total_tokens: count(self.total_tokens),
            odd,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawTime {
    #[serde(rename = "queue_time")]
    queue: Number,
    #[serde(rename = "prompt_time")]
    prompt: Number,
    #[serde(rename = "completion_time")]
    completion: Number,
    #[serde(rename = "total_time")]
    total: Number,
}

impl RawTime {
    fn into_server_time(self) -> ServerTime {
        let mut odd = false;
        let mut seconds = |number: Number| {
            let time = number.seconds();
            odd |= time.is_none() && number.is_said();
            time
        };
        ServerTime {
            queue: seconds(self.queue),
            prompt: seconds(self.prompt),
            completion: seconds(self.completion),
            total: seconds(self.total),
            odd,
        }
    }
}

/// Bytes of what a list of tool calls holds; none without a call.
#[derive(Default)]
struct ToolCalls(Option<usize>);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Call<'a> {
    #[serde(borrow)]
    function: Object<Function<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Function<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    arguments: Word<'a>,
}

impl<'de> Forgiving<'de> for ToolCalls {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut bytes = None;
        while let Some(call) = list.next_element::<Object<Call<'de>>>()? {
            let function = call.0.and_then(|c| c.function.0).unwrap_or_default();
            let words = [function.name.0, function.arguments.0];
            *bytes.get_or_insert(0) += words.iter().flatten().map(|w| w.len()).sum::<usize>();
        }
        Ok(Self(bytes))
    }
}

impl<'de> Deserialize<'de> for ToolCalls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        forgive(deserializer)
    }
}

/// The choice with index 0, or without an index.
#[derive(Default)]
struct FirstChoice<'a> {
    choice: Option<Choice<'a>>,
    /// There is a list of choices, though it may be empty.
    is_list: bool,
}

impl<'de: 'a, 'a> Forgiving<'de> for FirstChoice<'a> {
    fn list<A: SeqAccess<'de>>(mut list: A) -> Result<Self, A::Error> {
        let mut first = None;
        while let Some(choice) = list.next_element::<Object<Choice<'a>>>()? {
            if let Some(choice) = choice.0
                && first.is_none()
                && matches!(choice.index, Number::None | Number::Whole(0))
            {
                first = Some(choice);
            }
        }
        Ok(Self {
            choice: first,
            is_list: true,
        })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for FirstChoice<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        forgive(deserializer)
    }
}

#[cfg(test)]
mod tests;
