//! Error bodies: flat as Cerebras sends them, wrapped as OpenAI does, RFC 9457, or a page for a browser.
//! What a person is told about them is composed in `refusal`.

use serde_json::{Map, Value};

/// What an error body says. Empty text where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::provider) struct Problem {
    /// In words, as received.
    pub(in crate::provider) message: String,
    /// `type` on the wire.
    pub(in crate::provider) kind: String,
    /// What it is about.
    pub(in crate::provider) param: String,
    /// The most exact word for it.
    pub(in crate::provider) code: String,
    /// The status that an error inside a stream would have had.
    pub(in crate::provider) status: Option<u16>,
}

impl Problem {
    /// Reads a JSON error of any of the shapes; `None` if the body is no JSON object or says nothing.
    pub(in crate::provider) fn read(body: &[u8]) -> Option<Self> {
        let Ok(Value::Object(outer)) = serde_json::from_slice(body) else {
            return None;
        };
        let said = match outer.get("errors") {
            Some(Value::Array(list)) => list.first(),
            other => other,
        };
        // A server may name the choice that failed.
        let of_choice = outer.get("choices").and_then(Value::as_array);
        let of_choice = of_choice.and_then(|c| c.iter().find_map(|choice| choice.get("error")));
        let said = [outer.get("error"), said, of_choice].into_iter().flatten();
        let said = said.filter(|e| matches!(e, Value::Object(_) | Value::String(_)));
        let mut problem = match said.into_iter().next() {
            Some(Value::Object(inner)) => {
                let mut problem = Self::of(inner);
                if problem == Self::default() && !inner.is_empty() {
                    // Of no known shape, and yet its words.
                    problem.message = Value::from(inner.clone()).to_string();
                }
                problem.status = status(inner);
                problem
            }
            Some(Value::String(message)) => Self {
                message: message.clone(),
                ..Self::of(&outer)
            },
            _ => Self::of(&outer),
        };
        problem.status = status(&outer).or(problem.status);
        (problem != Self::default()).then_some(problem)
    }

    fn of(object: &Map<String, Value>) -> Self {
        let word = |name: &str| match object.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            // What a check of the fields found, one after the other.
            Some(Value::Array(list)) => {
                let words = list.iter().map(|item| item.get("msg").unwrap_or(item));
                let words: Vec<&str> = words.filter_map(Value::as_str).collect();
                words.join("; ")
            }
            _ => String::new(),
        };
        // RFC 9457 has a title and a detail; others call their message so.
        let message = ["message", "msg", "detail", "title", "error_description"]
            .iter()
            .map(|name| word(name))
            .find(|text| !text.is_empty());
        Self {
            message: message.unwrap_or_default(),
            kind: word("type"),
            param: word("param"),
            code: word("code"),
            status: None,
        }
    }

    /// True where code, type or message says one of `words`.
    pub(in crate::provider) fn says(&self, words: &[&str]) -> bool {
        words.iter().any(|word| {
            [&self.code, &self.kind, &self.message]
                .iter()
                .any(|text| text.contains(word))
        })
    }
}

fn status(object: &Map<String, Value>) -> Option<u16> {
    let status = ["status_code", "status"]
        .iter()
        .find_map(|name| object.get(*name)?.as_u64());
    // Where others have a word, some repeat the status.
    let code = || {
        object
            .get("code")?
            .as_u64()
            .filter(|c| (400..600).contains(c))
    };
    status.or_else(code).and_then(|s| u16::try_from(s).ok())
}

/// The body of a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::provider) enum Reply {
    /// It says what is wrong.
    Problem(Problem),
    /// A page for a browser: a proxy or a portal answered.
    Html,
    /// Nothing.
    Empty,
    /// Text of no known shape.
    Text(String),
    /// Not text.
    Binary,
}

impl Reply {
    /// Sorts a body.
    pub(in crate::provider) fn read(content_type: &str, body: &[u8]) -> Self {
        if let Some(problem) = Problem::read(body) {
            return Self::Problem(problem);
        }
        if is_html(content_type, body) {
            return Self::Html;
        }
        if body.trim_ascii().is_empty() {
            return Self::Empty;
        }
        // A body that was cut at its bound may end inside a character.
        match std::str::from_utf8(body) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(e) if e.error_len().is_none() => {
                Self::Text(String::from_utf8_lossy(body).into_owned())
            }
            Err(_) => Self::Binary,
        }
    }
}

/// True for a page for a browser.
pub(in crate::provider) fn is_html(content_type: &str, body: &[u8]) -> bool {
    let start: Vec<u8> = body
        .trim_ascii_start()
        .iter()
        .take(14)
        .map(u8::to_ascii_lowercase)
        .collect();
    content_type.contains("html")
        || [b"<!doctype html".as_slice(), b"<html", b"<head", b"<body"]
            .iter()
            .any(|tag| start.starts_with(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> Option<String> {
        Problem::read(body.as_bytes()).map(|p| p.message)
    }

    #[test]
    fn all_shapes_are_read() {
        for body in [
            r#"{"message":"m","type":"t","param":"p","code":"c","id":""}"#,
            r#"{"error":{"message":"m","type":"t","code":7}}"#,
            r#"{"error":"m"}"#,
            r#"{"type":"https://example.org/p","title":"m","status":404}"#,
            r#"{"title":"t","detail":"m"}"#,
            r#"{"errors":[{"message":"m"},{"message":"n"}]}"#,
            r#"{"errors":["m"]}"#,
            r#"{"detail":[{"loc":["body"],"msg":"m"}]}"#,
            r#"{"choices":[{"index":0,"finish_reason":"error","error":{"message":"m"}}]}"#,
        ] {
            assert_eq!(message(body).as_deref(), Some("m"), "{body}");
        }
        assert_eq!(
            message(r#"{"error":{"why":"m"}}"#).as_deref(),
            Some(r#"{"why":"m"}"#)
        );
        assert_eq!(
            message(r#"{"detail":[{"msg":"m"},{"msg":"n"}]}"#).as_deref(),
            Some("m; n")
        );
        for body in ["", "{}", "[]", "null", "{\"error\":null}", "oops"] {
            assert_eq!(message(body), None, "{body}");
        }
    }

    #[test]
    fn bodies_are_sorted() {
        let read = |content_type, body: &[u8]| Reply::read(content_type, body);
        assert_eq!(read("text/html", b"x"), Reply::Html);
        assert_eq!(read("", b" \n<!DOCTYPE HTML><html>"), Reply::Html);
        assert_eq!(read("application/json", b" \n"), Reply::Empty);
        assert_eq!(
            read("", b"upstream gone"),
            Reply::Text("upstream gone".into())
        );
        assert_eq!(
            read("", b"cut \xe8\xaa"),
            Reply::Text("cut \u{fffd}".into())
        );
        assert_eq!(read("", b"\xff\xfe\x00"), Reply::Binary);
    }
}
