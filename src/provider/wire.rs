//! The shapes of the API: what a request sends and what the chunks of an answer may hold.
//! Reading forgives: a field may be absent, null or of the wrong type without costing the rest of its chunk.

mod chunk;
mod forgiving;
mod mend;
mod problem;

use serde::ser::{Serialize, SerializeSeq, Serializer};

pub(super) use chunk::Chunk;
pub(super) use problem::{Problem, Reply, is_html};

use super::Request;
use super::endpoint::Dialect;
use crate::chat::{Effort, Message};

/// The server takes at most four.
const MAX_STOPS: usize = 4;

/// The body of a request. Only what is set is sent, since Cerebras refuses a field it does not know.
pub(super) fn body(request: &Request, dialect: Dialect) -> Result<Vec<u8>, serde_json::Error> {
    let params = &request.params;
    let cerebras = dialect == Dialect::Cerebras;
    serde_json::to_vec(&Fields {
        model: &request.model,
        messages: Messages(&request.messages),
        stream: request.stream,
        stream_options: (request.stream && !cerebras).then_some(StreamOptions {
            include_usage: true,
        }),
        max_completion_tokens: Some(request.max_completion_tokens).filter(|&n| n > 0),
        temperature: params.temperature,
        top_p: params.top_p,
        seed: params.seed,
        stop: params.stop.get(..MAX_STOPS).unwrap_or(&params.stop),
        reasoning_effort: params.effort,
        reasoning_format: (cerebras && request.reasoning).then_some("parsed"),
    })
}

#[derive(serde::Serialize)]
struct Fields<'a> {
    model: &'a str,
    messages: Messages<'a>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    stop: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<Effort>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_format: Option<&'static str>,
}

#[derive(serde::Serialize)]
struct StreamOptions {
    include_usage: bool,
}

struct Messages<'a>(&'a [Message]);

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Sent<'a> {
            role: crate::chat::Role,
            content: &'a str,
        }
        let mut seq = serializer.serialize_seq(Some(self.0.len()))?;
        for message in self.0 {
            seq.serialize_element(&Sent {
                role: message.role,
                content: &message.text,
            })?;
        }
        seq.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::chat::{BudgetOn, Params, Role, quota::WhenFull};

    fn check(request: &Request, dialect: Dialect, expected: &Value) {
        let body: Value = serde_json::from_slice(&body(request, dialect).unwrap()).unwrap();
        assert_eq!(&body, expected);
    }

    #[test]
    fn only_what_is_set_is_sent() {
        let mut request = Request {
            model: "m".to_owned(),
            messages: vec![
                Message::new(Role::System, "s"),
                Message::new(Role::User, "u"),
            ],
            params: Params::default(),
            max_completion_tokens: 8_192,
            reasoning: false,
            stream: true,
            when_full: WhenFull::Stagger,
        };
        let messages =
            json!([{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]);
        check(
            &request,
            Dialect::Cerebras,
            &json!({"model": "m", "messages": messages, "stream": true, "max_completion_tokens": 8192}),
        );
        check(
            &request,
            Dialect::OpenAi,
            &json!({"model": "m", "messages": messages, "stream": true, "max_completion_tokens": 8192,
                "stream_options": {"include_usage": true}}),
        );
        request.params = Params {
            effort: Some(Effort::Low),
            temperature: Some(0.5),
            top_p: Some(0.9),
            max_tokens: Some(1),
            seed: Some(-7),
            stop: ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec(),
            budget_ms: Some(500),
            budget_on: Some(BudgetOn::E2e),
        };
        request.reasoning = true;
        request.stream = false;
        request.max_completion_tokens = 0;
        check(
            &request,
            Dialect::Cerebras,
            &json!({"model": "m", "messages": messages, "stream": false, "temperature": 0.5, "top_p": 0.9,
                "seed": -7, "stop": ["a", "b", "c", "d"], "reasoning_effort": "low", "reasoning_format": "parsed"}),
        );
    }
}
