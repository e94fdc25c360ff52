//! Which requests are taken, and what the others hear.

use serde_json::json;

use super::*;

fn read(body: &Value) -> Result<ChatRequest, Refusal> {
    ChatRequest::read(body.to_string().as_bytes())
}

/// A good request, changed by `extra`.
fn with(extra: Value) -> Value {
    let mut body =
        json!({ "model": "gpt-oss-120b", "messages": [{ "role": "user", "content": "hi" }] });
    if let (Some(body), Value::Object(extra)) = (body.as_object_mut(), extra) {
        body.extend(extra);
    }
    body
}

#[track_caller]
fn refuses(extra: Value, status: u16, part: &str) {
    let refusal = read(&with(extra)).expect_err("must be refused");
    assert_eq!(refusal.status.as_u16(), status, "{refusal:?}");
    let text = format!("{} {}", refusal.body.message, refusal.body.code);
    assert!(text.contains(part), "{text}");
}

#[test]
fn a_plain_request_gets_the_defaults() {
    let request = read(&with(json!({}))).expect("valid");
    assert_eq!(
        (request.effort, request.reasoning),
        (Effort::Medium, ReasoningFormat::Parsed)
    );
    assert_eq!((request.prompt(), request.chars()), ("hi", 2));
    assert!(!request.stream && request.max_completion.is_none());
}

#[test]
fn unknown_properties_are_named_by_path_and_together() {
    let body = with(json!({ "store": true, "topK": 3 }));
    let message = read(&body).expect_err("must be refused").body.message;
    assert_eq!(
        message,
        "body.store: property 'body.store' is unsupported\nbody.topK: property 'body.topK' is unsupported"
    );
    let messages = json!([{ "role": "user", "content": "a" }, { "role": "assistant", "content": "b", "reasoning_content": "c" }]);
    refuses(
        json!({ "messages": messages }),
        400,
        "messages.1.assistant.reasoning_content",
    );
}

#[test]
fn values_are_checked() {
    refuses(json!({ "temperature": 3 }), 400, "body.temperature");
    refuses(
        json!({ "stream": "yes" }),
        400,
        "body.stream: must be a boolean",
    );
    refuses(json!({ "messages": [] }), 400, "must not be empty");
    refuses(
        json!({ "messages": [{ "role": "robot", "content": "x" }] }),
        400,
        "messages.0.role",
    );
    refuses(
        json!({ "messages": [{ "role": "user" }] }),
        400,
        "messages.0.user.content",
    );
    refuses(
        json!({ "stop": ["a", "b", "c", "d", "e"] }),
        400,
        "at most 4",
    );
    refuses(json!({ "max_completion_tokens": 0 }), 400, "at least 1");
    refuses(
        json!({ "reasoning_effort": "max" }),
        400,
        "body.reasoning_effort",
    );
    assert_eq!(
        read(&with(json!({ "max_completion_tokens": -1 })))
            .map(|r| r.max_completion)
            .ok(),
        Some(None)
    );
    assert_eq!(
        ChatRequest::read(b"{")
            .expect_err("no JSON")
            .status
            .as_u16(),
        400
    );
}

#[test]
fn models_have_their_own_rules() {
    refuses(json!({ "model": "llama-3.3-70b" }), 404, "model_not_found");
    refuses(json!({ "model": "zai-glm-4.7" }), 404, "model_archived");
    refuses(
        json!({ "reasoning_effort": "none" }),
        400,
        "not supported by gpt-oss-120b",
    );
    let qwen = read(&with(
        json!({ "model": "qwen-3.8-27b", "reasoning_effort": "none" }),
    ))
    .expect("valid");
    assert_eq!(qwen.effort, Effort::None);
    let picture = |url: &str| json!([{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": url } }] }]);
    refuses(
        json!({ "messages": picture("data:image/png;base64,AA==") }),
        400,
        "does not take images",
    );
    refuses(
        json!({ "model": "qwen-3.8-27b", "messages": picture("https://example.com/a.png") }),
        400,
        "data URIs",
    );
    assert!(
        read(&with(
            json!({ "model": "qwen-3.8-27b", "messages": picture("data:image/png;base64,AA==") })
        ))
        .is_ok()
    );
}

#[test]
fn tool_messages_follow_their_calls() {
    let call = json!({ "role": "assistant", "tool_calls": [{ "id": "1", "type": "function", "function": { "name": "f", "arguments": "{}" } }] });
    let result = json!({ "role": "tool", "tool_call_id": "1", "content": "ok" });
    let user = json!({ "role": "user", "content": "hi" });
    assert!(read(&with(json!({ "messages": [user, call, result] }))).is_ok());
    refuses(json!({ "messages": [user, call] }), 400, "not followed");
    refuses(
        json!({ "messages": [user, call, user, result] }),
        400,
        "not followed",
    );
    refuses(
        json!({ "messages": [user, result] }),
        400,
        "follows no call",
    );
    refuses(
        json!({ "messages": [user, call, result, call, result] }),
        400,
        "twice",
    );
    refuses(
        json!({ "tool_choice": "auto" }),
        400,
        "only allowed when tools",
    );
}

#[test]
fn tools_are_called_when_demanded_or_named() {
    let tools = json!([{ "type": "function", "function": { "name": "read_file", "parameters": { "type": "object" } } }]);
    let called = |extra: Value| {
        read(&with(extra))
            .map(|r| r.tool.map(|t| t.name))
            .ok()
            .flatten()
    };
    assert_eq!(called(json!({ "tools": tools })), None);
    assert_eq!(
        called(json!({ "tools": tools, "tool_choice": "required" })).as_deref(),
        Some("read_file")
    );
    let messages = json!([{ "role": "user", "content": "use read_file please" }]);
    assert_eq!(
        called(json!({ "tools": tools, "messages": messages })).as_deref(),
        Some("read_file")
    );
    refuses(
        json!({ "tools": [{ "type": "function", "function": { "name": "a b" } }] }),
        400,
        "tools must be",
    );
}

#[test]
fn structured_output_has_limits() {
    let format = |schema: Value| json!({ "response_format": { "type": "json_schema", "json_schema": { "name": "s", "strict": true, "schema": schema } } });
    refuses(
        format(json!({ "type": "string", "pattern": "a" })),
        400,
        "Unsupported JSON schema fields: {'pattern'}",
    );
    refuses(
        format(json!({ "type": "object", "properties": { "a": {} } })),
        400,
        "additionalProperties",
    );
    let object = json!({ "response_format": { "type": "json_object" }, "reasoning_format": "raw" });
    refuses(object, 400, "cannot be combined");
}
