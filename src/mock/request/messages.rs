//! The messages of a request: their properties by role, their text, and the order of tool calls and results.
//! Everything beside the messages is read in `request`.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::super::models::Model;
use super::super::reject::Refusal;
use super::unknown;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    pub(crate) role: Role,
    /// All of its text: content, reasoning, arguments of calls.
    pub(crate) text: String,
    images: Vec<bool>,
    calls: Vec<String>,
    answers: Option<String>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    System,
    User,
    Assistant,
    Tool,
}

impl Role {
    fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "system" | "developer" => Self::System,
            "user" => Self::User,
            "assistant" => Self::Assistant,
            "tool" => Self::Tool,
            _ => return None,
        })
    }

    fn properties(self) -> &'static [&'static str] {
        match self {
            Self::System | Self::User => &["role", "content", "name"],
            Self::Assistant => &["role", "content", "name", "reasoning", "tool_calls"],
            Self::Tool => &["role", "content", "name", "tool_call_id"],
        }
    }
}

pub(super) fn read(messages: Option<&Value>, complaints: &mut Vec<String>) -> Vec<Turn> {
    let Some(messages) = messages.and_then(Value::as_array) else {
        return Vec::new();
    };
    if messages.is_empty() {
        complaints.push("body.messages: must not be empty".to_owned());
    }
    messages
        .iter()
        .enumerate()
        .filter_map(|(at, message)| turn(at, message, complaints))
        .collect()
}

fn turn(at: usize, message: &Value, complaints: &mut Vec<String>) -> Option<Turn> {
    let word = message.get("role").and_then(Value::as_str);
    let Some((message, (word, role))) = message
        .as_object()
        .zip(word.and_then(|w| Some((w, Role::from_word(w)?))))
    else {
        complaints.push(format!(
            "messages.{at}.role: must be one of system, developer, user, assistant, tool"
        ));
        return None;
    };
    let path = format!("messages.{at}.{word}");
    let known = role.properties();
    complaints.extend(
        message
            .keys()
            .filter(|k| !known.contains(&k.as_str()))
            .map(|k| unknown(&format!("{path}.{k}"))),
    );
    let mut turn = Turn {
        role,
        text: String::new(),
        images: Vec::new(),
        calls: Vec::new(),
        answers: None,
    };
    let may_be_empty = role == Role::Assistant && message.contains_key("tool_calls");
    match message.get("content") {
        None | Some(Value::Null) if may_be_empty => {}
        content => turn.content(content, &format!("{path}.content"), complaints),
    }
    if let Some(reasoning) = message.get("reasoning").filter(|r| !r.is_null()) {
        turn.content(Some(reasoning), &format!("{path}.reasoning"), complaints);
    }
    turn.tool_calls(message, &path, complaints);
    turn.answers = message
        .get("tool_call_id")
        .and_then(Value::as_str)
        .map(str::to_owned);
    if role == Role::Tool && turn.answers.is_none() {
        complaints.push(format!(
            "{path}.tool_call_id: property '{path}.tool_call_id' is missing"
        ));
    }
    Some(turn)
}

impl Turn {
    fn content(&mut self, content: Option<&Value>, path: &str, complaints: &mut Vec<String>) {
        match content {
            Some(Value::String(text)) => self.text.push_str(text),
            Some(Value::Array(parts)) => {
                for (at, part) in parts.iter().enumerate() {
                    if self.part(part).is_none() {
                        complaints.push(format!("{path}.{at}: must be a text or an image part"));
                    }
                }
            }
            _ => complaints.push(format!("{path}: must be a string or an array of parts")),
        }
    }

    fn part(&mut self, part: &Value) -> Option<()> {
        match part.get("type")?.as_str()? {
            "text" => self.text.push_str(part.get("text")?.as_str()?),
            "image_url" => {
                let url = part.get("image_url")?.get("url")?.as_str()?;
                self.images.push(
                    url.starts_with("data:image/png;base64,")
                        || url.starts_with("data:image/jpeg;base64,"),
                );
            }
            "image" => self.images.push(part.get("image")?.is_string()),
            _ => return None,
        }
        Some(())
    }

    fn tool_calls(
        &mut self,
        message: &Map<String, Value>,
        path: &str,
        complaints: &mut Vec<String>,
    ) {
        let calls = message
            .get("tool_calls")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        for (at, call) in calls.enumerate() {
            let function = call.get("function");
            let arguments = function
                .and_then(|f| f.get("arguments"))
                .and_then(Value::as_str);
            match (call.get("id").and_then(Value::as_str), arguments) {
                (Some(id), Some(arguments)) => {
                    self.calls.push(id.to_owned());
                    self.text.push_str(arguments);
                }
                _ => complaints.push(format!(
                    "{path}.tool_calls.{at}: id and function.arguments must be strings"
                )),
            }
        }
    }
}

/// Each call is answered at once, nothing else is, and no id comes twice.
pub(super) fn check_tools(turns: &[Turn]) -> Result<(), Refusal> {
    let mut seen = HashSet::new();
    let mut open: HashSet<&str> = HashSet::new();
    for turn in turns {
        match &turn.answers {
            Some(id) if !open.remove(id.as_str()) => {
                return Err(Refusal::parameter(
                    "messages",
                    format!("tool message for '{id}' follows no call with that id"),
                ));
            }
            Some(_) => continue,
            None if !open.is_empty() => break,
            None => {}
        }
        for id in &turn.calls {
            if !seen.insert(id.as_str()) {
                return Err(Refusal::parameter(
                    "messages",
                    format!("tool call id '{id}' is used twice"),
                ));
            }
            open.insert(id);
        }
    }
    if open.is_empty() {
        Ok(())
    } else {
        Err(Refusal::parameter(
            "messages",
            "a tool call is not followed by its tool message",
        ))
    }
}

/// Pictures come as data and only to models that see.
pub(super) fn check_images(turns: &[Turn], model: &Model) -> Result<(), Refusal> {
    let mut images = turns.iter().flat_map(|t| &t.images).peekable();
    if images.peek().is_some() && !model.vision {
        return Err(Refusal::parameter(
            "messages",
            format!("{} does not take images", model.id),
        ));
    }
    if images.all(|is_data| *is_data) {
        Ok(())
    } else {
        Err(Refusal::parameter(
            "messages",
            "images must be base64 data URIs of PNG or JPEG",
        ))
    }
}
