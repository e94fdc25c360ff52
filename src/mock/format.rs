//! The wire format of answers, written by hand in the recorded key order: chunks of a stream, and whole answers.
//! A chunk's unchanging parts are made once; a delta costs two copies and one escape.

use std::io::Write as _;

use serde::Serialize;

use super::pace::Pace;
use super::scenario::{UsagePlace, Wire};
use super::script::{Delta, Finish, Script, ToolPiece};

/// What the answer says about itself in every chunk.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) id: String,
    /// Unix seconds, with the fraction that `time_info` gives.
    pub(crate) created: f64,
    pub(crate) model: &'static str,
    pub(crate) fingerprint: String,
    /// Whether usage has the keys of a model that sees.
    pub(crate) vision: bool,
}

/// The tokens of a request, in the recorded key order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) prompt: u64,
    pub(crate) cached: u64,
    pub(crate) completion: u64,
    pub(crate) reasoning: u64,
}

impl Usage {
    pub(crate) fn of(script: &Script, prompt: u64, cached: u64) -> Self {
        Self {
            prompt,
            cached,
            completion: script.counted(),
            reasoning: script.reasoning_tokens,
        }
    }
}

/// Writes the chunks of one stream.
#[derive(Clone, Debug)]
pub(crate) struct Chunks {
    identity: Identity,
    before: Vec<u8>,
    after: Vec<u8>,
    eol: &'static str,
    reasoning_key: String,
    nulls: bool,
    empty: bool,
}

impl Chunks {
    pub(crate) fn new(identity: Identity, wire: &Wire) -> Self {
        let mut chunks = Self {
            before: Vec::new(),
            after: Vec::new(),
            eol: wire.line_end.as_str(),
            reasoning_key: wire
                .reasoning_key
                .clone()
                .unwrap_or_else(|| "reasoning".to_owned()),
            nulls: wire.nulls,
            empty: wire.empty_choices,
            identity,
        };
        let finish = if wire.nulls {
            ",\"finish_reason\":null"
        } else {
            ""
        };
        chunks.before = format!(
            "data: {{\"id\":{},\"choices\":[{{\"delta\":{{",
            json(&chunks.identity.id)
        )
        .into_bytes();
        chunks.after = format!(
            "}}{finish},\"index\":0}}]{}}}{}",
            chunks.envelope(),
            chunks.eol.repeat(2)
        )
        .into_bytes();
        chunks
    }

    /// What follows `choices`.
    fn envelope(&self) -> String {
        let Identity {
            created,
            model,
            fingerprint,
            ..
        } = &self.identity;
        let (created, model, fingerprint) = (created.trunc(), json(model), json(fingerprint));
        format!(
            ",\"created\":{created},\"model\":{model},\"system_fingerprint\":{fingerprint},\"object\":\"chat.completion.chunk\""
        )
    }

    /// The first chunk, which holds only the role.
    pub(crate) fn role(&self, out: &mut Vec<u8>) {
        self.chunk(out, |out| out.extend_from_slice(b"\"role\":\"assistant\""));
    }

    /// A chunk with whatever the delta holds; nothing if it is invisible.
    pub(crate) fn delta(&self, out: &mut Vec<u8>, delta: &Delta) {
        let is_invisible = delta.tokens > 0
            && delta.content.is_empty()
            && delta.reasoning.is_empty()
            && delta.tool.is_none();
        if is_invisible {
            return;
        }
        self.chunk(out, |out| {
            let mut comma: &[u8] = if self.nulls {
                b"\"role\":\"assistant\","
            } else {
                b""
            };
            if !delta.content.is_empty() || self.nulls {
                out.extend_from_slice(comma);
                out.extend_from_slice(b"\"content\":");
                if delta.content.is_empty() {
                    out.extend_from_slice(b"null");
                } else {
                    escape(out, &delta.content);
                }
                comma = b",";
            }
            if !delta.reasoning.is_empty() {
                out.extend_from_slice(comma);
                escape(out, &self.reasoning_key);
                out.push(b':');
                escape(out, &delta.reasoning);
                comma = b",";
            }
            if let Some(tool) = &delta.tool {
                out.extend_from_slice(comma);
                tool_piece(out, tool);
            }
        });
    }

    /// The last chunks: finish reason, usage, timing, end mark, each as the wire settings want it.
    pub(crate) fn end(&self, out: &mut Vec<u8>, wire: &Wire, finish: Finish, usage: &str) {
        let reason = wire.finish_reason.as_deref().unwrap_or(finish.as_str());
        let id = json(&self.identity.id);
        let (envelope, eol) = (self.envelope(), self.eol);
        if !wire.no_finish {
            let tail = if wire.usage == UsagePlace::Finish {
                usage
            } else {
                ""
            };
            let choice = format!(
                "{{\"delta\":{{}},\"finish_reason\":{},\"index\":0}}",
                json(reason)
            );
            let choice = if self.empty { "" } else { &choice };
            put(
                out,
                format_args!(
                    "data: {{\"id\":{id},\"choices\":[{choice}]{envelope}{tail}}}{eol}{eol}"
                ),
            );
        }
        if wire.usage == UsagePlace::Trailing {
            put(
                out,
                format_args!("data: {{\"id\":{id},\"choices\":[]{envelope}{usage}}}{eol}{eol}"),
            );
        }
        if !wire.no_done {
            put(out, format_args!("data: [DONE]{eol}{eol}"));
        }
        out.extend_from_slice(wire.trailer.as_deref().unwrap_or_default().as_bytes());
    }

    /// A keep-alive comment.
    pub(crate) fn comment(&self, out: &mut Vec<u8>) {
        put(out, format_args!(": keep-alive{eol}{eol}", eol = self.eol));
    }

    /// Usage and timing, as they stand at the end of a chunk.
    pub(crate) fn usage(&self, usage: Usage, pace: &Pace) -> String {
        tail(&self.identity, usage, pace)
    }

    fn chunk(&self, out: &mut Vec<u8>, delta: impl FnOnce(&mut Vec<u8>)) {
        if self.empty {
            let id = json(&self.identity.id);
            put(
                out,
                format_args!(
                    "data: {{\"id\":{id},\"choices\":[]{}}}{eol}{eol}",
                    self.envelope(),
                    eol = self.eol
                ),
            );
            return;
        }
        out.extend_from_slice(&self.before);
        delta(out);
        out.extend_from_slice(&self.after);
    }
}

/// A whole answer, for a request that did not ask for a stream.
pub(crate) fn whole(
    identity: &Identity,
    message: &Collected,
    finish: &str,
    usage: Usage,
    pace: &Pace,
) -> String {
    let Identity {
        id,
        created,
        model,
        fingerprint,
        ..
    } = identity;
    let mut fields = Vec::new();
    if !message.content.is_empty() {
        fields.push(format!("\"content\":{}", json(&message.content)));
    }
    if !message.reasoning.is_empty() {
        fields.push(format!("\"reasoning\":{}", json(&message.reasoning)));
    }
    if let Some((id, name)) = &message.tool {
        let arguments = json(&message.arguments);
        let (id, name) = (json(id), json(name));
        let function = format!("{{\"name\":{name},\"arguments\":{arguments}}}");
        fields.push(format!(
            "\"tool_calls\":[{{\"id\":{id},\"type\":\"function\",\"function\":{function}}}]"
        ));
    }
    fields.push("\"role\":\"assistant\"".to_owned());
    format!(
        "{{\"id\":{},\"choices\":[{{\"finish_reason\":{},\"index\":0,\"message\":{{{}}}}}],\"created\":{},\"model\":{},\
         \"system_fingerprint\":{},\"object\":\"chat.completion\"{}}}",
        json(id),
        json(finish),
        fields.join(","),
        created.trunc(),
        json(model),
        json(fingerprint),
        tail(identity, usage, pace)
    )
}

/// All deltas of an answer, put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Collected {
    content: String,
    reasoning: String,
    tool: Option<(String, String)>,
    arguments: String,
}

impl Collected {
    pub(crate) fn add(&mut self, delta: &Delta) {
        self.content.push_str(&delta.content);
        self.reasoning.push_str(&delta.reasoning);
        if let Some(piece) = &delta.tool {
            self.arguments.push_str(&piece.arguments);
            self.tool = self.tool.take().or_else(|| piece.head.clone());
        }
    }
}

fn tool_piece(out: &mut Vec<u8>, piece: &ToolPiece) {
    let arguments = json(&piece.arguments);
    match &piece.head {
        Some((id, name)) => {
            let (id, name) = (json(id), json(name));
            let function = format_args!("{{\"name\":{name},\"arguments\":{arguments}}}");
            put(
                out,
                format_args!(
                    "\"tool_calls\":[{{\"function\":{function},\"type\":\"function\",\"id\":{id},\"index\":0}}]"
                ),
            );
        }
        None => put(
            out,
            format_args!(
                "\"tool_calls\":[{{\"function\":{{\"arguments\":{arguments}}},\"type\":\"function\",\"index\":0}}]"
            ),
        ),
    }
}

fn tail(identity: &Identity, usage: Usage, pace: &Pace) -> String {
    let Usage {
        prompt,
        cached,
        completion,
        reasoning,
    } = usage;
    let (accepted, images) = if identity.vision {
        ("", ",\"image_tokens\":0")
    } else {
        (
            "\"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0,",
            "",
        )
    };
    let seconds = |d: std::time::Duration| d.as_micros() as f64 / 1e6;
    format!(
        ",\"usage\":{{\"total_tokens\":{},\"completion_tokens\":{completion},\"completion_tokens_details\":{{{accepted}\
         \"reasoning_tokens\":{reasoning}}},\"prompt_tokens\":{prompt},\"prompt_tokens_details\":{{\"cached_tokens\":{cached}\
         {images}}}}},\"time_info\":{{\"created\":{},\"queue_time\":{},\"prompt_time\":{},\"completion_time\":{},\
         \"total_time\":{}}}",
        prompt + completion,
        identity.created,
        seconds(pace.queue),
        seconds(pace.prefill),
        seconds(pace.completion(completion)),
        seconds(pace.total(completion)),
    )
}

fn json(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Writing to a vector cannot fail.
fn escape(out: &mut Vec<u8>, text: &str) {
    let _ = serde_json::to_writer(out, text);
}

/// Writing to a vector cannot fail.
fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::super::Scenario;
    use super::*;

    fn chunks(toml: &str) -> (Chunks, Scenario) {
        let scenario = Scenario::from_toml(toml).expect("valid");
        let identity = Identity {
            id: "chatcmpl-1".to_owned(),
            created: 1_795_000_000.25,
            model: "gpt-oss-120b",
            fingerprint: "fp_1".to_owned(),
            vision: false,
        };
        (Chunks::new(identity, &scenario.wire), scenario)
    }

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    const ENVELOPE: &str = "\"created\":1795000000,\"model\":\"gpt-oss-120b\",\"system_fingerprint\":\"fp_1\",\"object\":\"chat.completion.chunk\"";

    #[track_caller]
    fn check_delta(delta: &Delta, expected: &str) {
        let (chunks, _) = chunks("");
        let wanted = format!(
            "data: {{\"id\":\"chatcmpl-1\",\"choices\":[{{\"delta\":{{{expected}}},\"index\":0}}],{ENVELOPE}}}\n\n"
        );
        assert_eq!(written(|out| chunks.delta(out, delta)), wanted);
    }

    #[test]
    fn deltas_have_the_recorded_shape() {
        let content = || "a\"b\n速".to_owned();
        check_delta(
            &Delta {
                content: content(),
                tokens: 3,
                ..Delta::default()
            },
            r#""content":"a\"b\n速""#,
        );
        let both = Delta {
            content: "17".to_owned(),
            reasoning: " line.".to_owned(),
            ..Delta::default()
        };
        check_delta(&both, r#""content":"17","reasoning":" line.""#);
        check_delta(&Delta::default(), "");
        let tool = |head: Option<(&str, &str)>, arguments: &str| Delta {
            tool: Some(ToolPiece {
                head: head.map(|(a, b)| (a.to_owned(), b.to_owned())),
                arguments: arguments.to_owned(),
            }),
            ..Delta::default()
        };
        check_delta(
            &tool(Some(("3fa91c07e", "read_file")), ""),
            r#""tool_calls":[{"function":{"name":"read_file","arguments":""},"type":"function","id":"3fa91c07e","index":0}]"#,
        );
        check_delta(
            &tool(None, "{\"p"),
            r#""tool_calls":[{"function":{"arguments":"{\"p"},"type":"function","index":0}]"#,
        );
    }

    #[test]
    fn the_end_carries_usage_and_timing_in_the_finish_chunk() {
        let (chunks, scenario) = chunks("tokens_per_second = 1000\nttft_ms = 10\nqueue_ms = 4");
        let pace = Pace::new(&scenario, 0, 1);
        let usage = Usage {
            prompt: 74,
            cached: 0,
            completion: 54,
            reasoning: 24,
        };
        let tail = chunks.usage(usage, &pace);
        let text = written(|out| chunks.end(out, &scenario.wire, Finish::Stop, &tail));
        assert_eq!(
            text,
            format!(
                "data: {{\"id\":\"chatcmpl-1\",\"choices\":[{{\"delta\":{{}},\"finish_reason\":\"stop\",\"index\":0}}],{ENVELOPE},\
                 \"usage\":{{\"total_tokens\":128,\"completion_tokens\":54,\"completion_tokens_details\":{{\
                 \"accepted_prediction_tokens\":0,\"rejected_prediction_tokens\":0,\"reasoning_tokens\":24}},\"prompt_tokens\":74,\
                 \"prompt_tokens_details\":{{\"cached_tokens\":0}}}},\"time_info\":{{\"created\":1795000000.25,\
                 \"queue_time\":0.004,\"prompt_time\":0.006,\"completion_time\":0.054,\"total_time\":0.0663}}}}\n\n\
                 data: [DONE]\n\n"
            )
        );
    }

    #[test]
    fn other_servers_habits_can_be_played() {
        let (crlf, scenario) =
            chunks("[wire]\nline_end = \"crlf\"\nusage = \"trailing\"\nno_done = true");
        let text = written(|out| crlf.end(out, &scenario.wire, Finish::Length, ",\"usage\":{}"));
        assert!(text.contains("\"finish_reason\":\"length\"") && text.contains("\"choices\":[],"));
        assert!(text.ends_with("\"usage\":{}}\r\n\r\n") && !text.contains("[DONE]"));
        let (nulls, _) = chunks("[wire]\nnulls = true\nreasoning_key = \"reasoning_content\"");
        let delta = Delta {
            reasoning: "hm".to_owned(),
            tokens: 1,
            ..Delta::default()
        };
        let text = written(|out| nulls.delta(out, &delta));
        assert!(text.contains(r#"{"role":"assistant","content":null,"reasoning_content":"hm"},"finish_reason":null"#), "{text}");
        let (empty, _) = chunks("[wire]\nempty_choices = true");
        assert!(written(|out| empty.role(out)).contains("\"choices\":[],\"created\""));
    }

    #[test]
    fn an_invisible_delta_writes_nothing() {
        let (chunks, _) = chunks("");
        assert_eq!(
            written(|out| chunks.delta(
                out,
                &Delta {
                    tokens: 4,
                    ..Delta::default()
                }
            )),
            ""
        );
    }
}
