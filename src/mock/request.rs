//! Reads a chat request as strictly as the real service: what it does not know is refused, with the dotted path.
//! Limits of the model and of the account are checked by `server`; this file knows only the request and its model.

use serde_json::{Map, Value};

use super::models::{self, Effort, Model};
use super::reject::Refusal;

mod messages;

pub(crate) use messages::{Role, Turn};

/// A request that can be answered.
#[derive(Clone, Debug)]
pub(crate) struct ChatRequest {
    pub(crate) model: &'static Model,
    pub(crate) turns: Vec<Turn>,
    pub(crate) stream: bool,
    /// `max_completion_tokens`; absent for "as much as possible".
    pub(crate) max_completion: Option<u64>,
    pub(crate) stop: Vec<String>,
    pub(crate) effort: Effort,
    pub(crate) reasoning: ReasoningFormat,
    pub(crate) shape: Shape,
    pub(crate) tool: Option<Tool>,
    pub(crate) seed: Option<i64>,
}

/// Where reasoning goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReasoningFormat {
    /// Into a field of its own.
    Parsed,
    /// Into the content.
    Raw,
    /// Nowhere, but it is counted.
    Hidden,
}

/// What the content must look like.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Text,
    Object,
    Schema(Value),
}

/// The tool that the answer calls.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) parameters: Value,
}

/// What a body property must be.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Flag,
    Whole,
    Number(f64, f64),
    List,
    Object,
    OneOf(&'static [&'static str]),
    /// Checked where it is read.
    Other,
}

const PROPERTIES: &[(&str, Kind)] = &[
    ("model", Kind::Text),
    ("messages", Kind::List),
    ("stream", Kind::Flag),
    ("stream_options", Kind::Object),
    ("max_completion_tokens", Kind::Whole),
    ("max_tokens", Kind::Whole),
    ("min_completion_tokens", Kind::Whole),
    ("min_tokens", Kind::Whole),
    ("temperature", Kind::Number(0.0, 2.0)),
    ("top_p", Kind::Number(0.0, 1.0)),
    ("frequency_penalty", Kind::Number(-2.0, 2.0)),
    ("presence_penalty", Kind::Number(-2.0, 2.0)),
    ("logit_bias", Kind::Object),
    ("seed", Kind::Whole),
    ("stop", Kind::Other),
    ("n", Kind::Number(1.0, 1.0)),
    ("logprobs", Kind::Flag),
    ("top_logprobs", Kind::Number(0.0, 20.0)),
    ("response_format", Kind::Object),
    ("tools", Kind::List),
    ("tool_choice", Kind::Other),
    ("parallel_tool_calls", Kind::Flag),
    (
        "reasoning_effort",
        Kind::OneOf(&["none", "low", "medium", "high"]),
    ),
    (
        "reasoning_format",
        Kind::OneOf(&["none", "parsed", "text_parsed", "raw", "hidden"]),
    ),
    ("disable_reasoning", Kind::Flag),
    ("clear_thinking", Kind::Flag),
    ("prediction", Kind::Object),
    ("prompt_cache_key", Kind::Text),
    (
        "service_tier",
        Kind::OneOf(&["auto", "default", "flex", "priority"]),
    ),
    ("user", Kind::Text),
];

impl ChatRequest {
    /// Reads a body. All complaints about its form come together, as the real service sends them.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let value: Value = serde_json::from_slice(body).map_err(|e| {
            Refusal::format(&[format!(
                "body: invalid JSON at line {} column {}",
                e.line(),
                e.column()
            )])
        })?;
        let Value::Object(body) = value else {
            return Err(Refusal::format(&["body: must be an object".to_owned()]));
        };
        let mut complaints = form(&body);
        let turns = messages::read(body.get("messages"), &mut complaints);
        if !complaints.is_empty() {
            return Err(Refusal::format(&complaints));
        }
        let model = models::find(text(&body, "model").unwrap_or_default())?;
        messages::check_tools(&turns)?;
        messages::check_images(&turns, model)?;
        let shape = shape(&body)?;
        let reasoning = reasoning_format(&body, &shape)?;
        Ok(Self {
            model,
            stream: flag(&body, "stream"),
            max_completion: max_completion(&body)?,
            stop: stop(&body)?,
            effort: effort(&body, model)?,
            reasoning,
            tool: tool(&body, &turns)?,
            seed: body.get("seed").and_then(Value::as_i64),
            shape,
            turns,
        })
    }

    /// What was asked before its answer was cut, and how that began, if this is a request for the rest of it: with the
    /// beginning as the last message, or with one more that asks to go on.
    pub(crate) fn before_cut(&self) -> Option<(Self, &str)> {
        let (asked, begun) = match self.turns.as_slice() {
            [asked @ .., begun, on] if on.role == Role::User && asks_to_go_on(&on.text) => {
                (asked, begun)
            }
            [asked @ .., begun] => (asked, begun),
            [] => return None,
        };
        if begun.role != Role::Assistant || begun.text.is_empty() {
            return None;
        }
        let asked = Self {
            turns: asked.to_vec(),
            ..self.clone()
        };
        Some((asked, begun.text.as_str()))
    }

    /// Characters of the prompt, as the mock counts them.
    pub(crate) fn chars(&self) -> u64 {
        self.turns
            .iter()
            .map(|t| t.text.chars().count() as u64)
            .sum()
    }

    /// What the user wrote last.
    pub(crate) fn prompt(&self) -> &str {
        self.user_texts().last().unwrap_or_default()
    }

    /// What the user wrote, in order.
    pub(crate) fn user_texts(&self) -> impl Iterator<Item = &str> {
        self.turns
            .iter()
            .filter(|t| t.role == Role::User)
            .map(|t| t.text.as_str())
    }
}

fn asks_to_go_on(text: &str) -> bool {
    let text = text.trim_start().to_ascii_lowercase();
    text.starts_with("continue") || text.starts_with("go on") || text.contains("was cut off")
}

fn form(body: &Map<String, Value>) -> Vec<String> {
    let mut complaints: Vec<String> = Vec::new();
    for required in ["model", "messages"] {
        if !body.contains_key(required) {
            complaints.push(format!(
                "body.{required}: property 'body.{required}' is missing"
            ));
        }
    }
    for (name, value) in body {
        match PROPERTIES.iter().find(|(known, _)| known == name) {
            None => complaints.push(unknown(&format!("body.{name}"))),
            Some((_, kind)) if !value.is_null() => {
                complaints.extend(mismatch(*kind, value).map(|m| format!("body.{name}: {m}")));
            }
            Some(_) => {}
        }
    }
    complaints
}

/// The real service's sentence about a property that it does not know.
fn unknown(path: &str) -> String {
    format!("{path}: property '{path}' is unsupported")
}

fn mismatch(kind: Kind, value: &Value) -> Option<String> {
    let wanted = match kind {
        Kind::Text if !value.is_string() => "a string".to_owned(),
        Kind::Flag if !value.is_boolean() => "a boolean".to_owned(),
        Kind::Whole if !(value.is_i64() || value.is_u64()) => "an integer".to_owned(),
        Kind::List if !value.is_array() => "an array".to_owned(),
        Kind::Object if !value.is_object() => "an object".to_owned(),
        Kind::Number(low, high) if !value.as_f64().is_some_and(|n| (low..=high).contains(&n)) => {
            format!("a number from {low} to {high}")
        }
        Kind::OneOf(words) if !value.as_str().is_some_and(|w| words.contains(&w)) => {
            format!("one of {}", words.join(", "))
        }
        _ => return None,
    };
    Some(format!("must be {wanted}"))
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    body.get(name).and_then(Value::as_str)
}

fn flag(body: &Map<String, Value>, name: &str) -> bool {
    body.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn max_completion(body: &Map<String, Value>) -> Result<Option<u64>, Refusal> {
    let given = ["max_completion_tokens", "max_tokens"]
        .iter()
        .find_map(|name| body.get(*name)?.as_i64());
    match given {
        None | Some(-1) => Ok(None),
        Some(limit) => match u64::try_from(limit) {
            Ok(limit) if limit > 0 => Ok(Some(limit)),
            _ => Err(Refusal::parameter(
                "max_completion_tokens",
                "max_completion_tokens must be at least 1, or -1",
            )),
        },
    }
}

fn stop(body: &Map<String, Value>) -> Result<Vec<String>, Refusal> {
    let wrong = || {
        Refusal::parameter(
            "stop",
            "stop must be a string or an array of at most 4 strings",
        )
    };
    match body.get("stop") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(one)) => Ok(vec![one.clone()]),
        Some(Value::Array(many)) if many.len() <= 4 => many
            .iter()
            .map(|s| s.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect(),
        Some(_) => Err(wrong()),
    }
}

fn effort(body: &Map<String, Value>, model: &Model) -> Result<Effort, Refusal> {
    let Some(default) = model.efforts.first() else {
        return Ok(Effort::None);
    };
    let asked = text(body, "reasoning_effort").and_then(Effort::from_word);
    let asked = if flag(body, "disable_reasoning") {
        Some(Effort::None)
    } else {
        asked
    };
    match asked {
        None => Ok(*default),
        Some(effort) if model.efforts.contains(&effort) => Ok(effort),
        Some(_) => {
            let message = format!("reasoning_effort 'none' is not supported by {}", model.id);
            Err(Refusal::parameter("reasoning_effort", message))
        }
    }
}

fn reasoning_format(body: &Map<String, Value>, shape: &Shape) -> Result<ReasoningFormat, Refusal> {
    match text(body, "reasoning_format") {
        Some("hidden") => Ok(ReasoningFormat::Hidden),
        Some("raw") if *shape != Shape::Text => {
            let message = "reasoning_format 'raw' cannot be combined with a JSON response_format";
            Err(Refusal::parameter("reasoning_format", message))
        }
        Some("raw") => Ok(ReasoningFormat::Raw),
        _ => Ok(ReasoningFormat::Parsed),
    }
}

fn shape(body: &Map<String, Value>) -> Result<Shape, Refusal> {
    let Some(format) = body.get("response_format").filter(|f| !f.is_null()) else {
        return Ok(Shape::Text);
    };
    match format.get("type").and_then(Value::as_str) {
        Some("text") => Ok(Shape::Text),
        Some("json_object") => Ok(Shape::Object),
        Some("json_schema") => schema(format.get("json_schema")),
        _ => Err(Refusal::parameter(
            "response_format",
            "response_format.type must be text, json_object or json_schema",
        )),
    }
}

fn schema(wrapper: Option<&Value>) -> Result<Shape, Refusal> {
    let named = wrapper.is_some_and(|w| w.get("name").is_some_and(Value::is_string));
    if !named {
        return Err(Refusal::parameter(
            "response_format",
            "response_format.json_schema.name is missing",
        ));
    }
    let Some(schema) = wrapper.and_then(|w| w.get("schema")) else {
        return Ok(Shape::Object);
    };
    let strict = wrapper
        .and_then(|w| w.get("strict"))
        .and_then(Value::as_bool)
        .unwrap_or(false);
    let found = if strict { unsupported(schema) } else { None };
    match found {
        Some(field) => {
            let message = format!("Unsupported JSON schema fields: {{'{field}'}}");
            Err(Refusal::parameter("response_format", message))
        }
        None => Ok(Shape::Schema(schema.clone())),
    }
}

/// A keyword that strict schemas may not use.
fn unsupported(schema: &Value) -> Option<&'static str> {
    const REFUSED: [&str; 4] = ["pattern", "format", "minItems", "maxItems"];
    let object = schema.as_object()?;
    if let Some(field) = REFUSED.into_iter().find(|f| object.contains_key(*f)) {
        return Some(field);
    }
    if object.contains_key("properties")
        && object.get("additionalProperties") != Some(&Value::Bool(false))
    {
        return Some("additionalProperties");
    }
    let named = ["properties", "$defs"]
        .into_iter()
        .filter_map(|k| object.get(k)?.as_object())
        .flat_map(Map::values);
    let listed = ["anyOf"]
        .into_iter()
        .filter_map(|k| object.get(k)?.as_array())
        .flatten();
    named
        .chain(listed)
        .chain(object.get("items"))
        .find_map(unsupported)
}

/// The tool that the answer calls: the one that is demanded, else the one whose name is in the prompt.
fn tool(body: &Map<String, Value>, turns: &[Turn]) -> Result<Option<Tool>, Refusal> {
    let choice = body.get("tool_choice").filter(|c| !c.is_null());
    let Some(tools) = body
        .get("tools")
        .and_then(Value::as_array)
        .filter(|t| !t.is_empty())
    else {
        return match choice.and_then(Value::as_str) {
            None if choice.is_none() => Ok(None),
            _ => Err(Refusal::parameter(
                "tool_choice",
                "tool_choice is only allowed when tools are given",
            )),
        };
    };
    let tools: Vec<Tool> = tools
        .iter()
        .map(described)
        .collect::<Option<_>>()
        .ok_or_else(|| {
            Refusal::parameter(
                "tools",
                "tools must be functions with a name of letters, digits, '_' and '-', up to 64",
            )
        })?;
    let named = |name: &str| tools.iter().find(|t| t.name == name).cloned();
    let picked = match choice {
        Some(Value::Object(call)) => {
            let name = call
                .get("function")
                .and_then(|f| f.get("name"))
                .and_then(Value::as_str)
                .unwrap_or_default();
            let tool = named(name).ok_or_else(|| {
                Refusal::parameter("tool_choice", format!("unknown tool '{name}'"))
            })?;
            Some(tool)
        }
        Some(Value::String(word)) if word == "none" => None,
        Some(Value::String(word)) if word == "required" => tools.first().cloned(),
        _ => mentioned(&tools, turns),
    };
    Ok(picked)
}

fn mentioned(tools: &[Tool], turns: &[Turn]) -> Option<Tool> {
    let last = turns.last().filter(|t| t.role == Role::User)?;
    tools.iter().find(|t| last.text.contains(&t.name)).cloned()
}

fn described(tool: &Value) -> Option<Tool> {
    let function = tool.get("function")?;
    let name = function.get("name")?.as_str()?;
    let is_plain = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let is_function = tool.get("type").and_then(Value::as_str) == Some("function");
    (is_function && is_plain && (1..=64).contains(&name.len())).then(|| Tool {
        name: name.to_owned(),
        parameters: function.get("parameters").cloned().unwrap_or(Value::Null),
    })
}

#[cfg(test)]
mod tests;
