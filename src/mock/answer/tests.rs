//! What answers look like, for prompts that people try first.

use serde_json::json;

use super::super::script::{Delta, Finish, Script};
use super::*;

fn request(model: &str, turns: &[&str]) -> ChatRequest {
    let messages: Vec<_> = turns
        .iter()
        .enumerate()
        .map(|(n, text)| json!({ "role": if n % 2 == 0 { "user" } else { "assistant" }, "content": text }))
        .collect();
    ChatRequest::read(
        json!({ "model": model, "messages": messages })
            .to_string()
            .as_bytes(),
    )
    .expect("valid")
}

fn play(request: &ChatRequest, toml: &str) -> (String, String, Finish, u64) {
    let scenario = Scenario::from_toml(toml).expect("valid");
    let mut script = Script::new(compose(request, &scenario, 1_000_000, 1), 2);
    let (mut delta, mut reasoning, mut content) = (Delta::default(), String::new(), String::new());
    loop {
        if let Some(finish) = script.step(&mut delta) {
            return (reasoning, content, finish, script.tokens);
        }
        reasoning.push_str(&delta.reasoning);
        content.push_str(&delta.content);
    }
}

fn content(model: &str, turns: &[&str]) -> String {
    play(&request(model, turns), "").1
}

#[test]
fn the_same_request_is_answered_the_same() {
    let ask = || content("gpt-oss-120b", &["Write a stable merge sort in Rust."]);
    assert_eq!(ask(), ask());
    assert!(ask().contains("```rust"));
}

#[test]
fn models_answer_differently() {
    let answers =
        ["gpt-oss-120b", "qwen-3.8-27b", "mock-gpu-50"].map(|m| content(m, &["Explain sorting"]));
    let [thorough, brief, plain] = &answers;
    assert!(thorough.len() > brief.len() && thorough != plain && brief != plain);
}

#[test]
fn a_language_in_the_prompt_decides_the_code() {
    for (word, label) in [
        ("Python", "python"),
        ("Go", "go"),
        ("TypeScript", "typescript"),
        ("C", "c"),
        ("Haskell", "haskell"),
    ] {
        let text = content("qwen-3.8-27b", &[&format!("merge sort in {word}")]);
        assert!(text.contains(&format!("```{label}\n")), "{word}: {text}");
    }
}

#[test]
fn a_later_turn_refers_to_the_one_before() {
    let text = content(
        "gpt-oss-120b",
        &["Explain the borrow checker", "…", "and regex?"],
    );
    assert!(text.contains("*borrow checker* (turn 2)"), "{text}");
}

#[test]
fn effort_decides_how_long_it_thinks() {
    let body = |effort: &str| json!({ "model": "gpt-oss-120b", "messages": [{ "role": "user", "content": "hi" }], "reasoning_effort": effort });
    let length = |effort| {
        let request = ChatRequest::read(body(effort).to_string().as_bytes()).expect("valid");
        play(&request, "").0.len()
    };
    assert!(length("low") * 2 < length("medium") && length("medium") * 2 < length("high"));
    assert!(play(&request("mock-gpu-50", &["hi"]), "").0.is_empty());
}

#[test]
fn length_follows_the_question_and_the_scenario() {
    let tokens = |prompt: &str, toml: &str| play(&request("mock-gpu-50", &[prompt]), toml).3;
    let usual = tokens("Explain how to debug errors", "");
    assert!((30..700).contains(&usual), "{usual}");
    let long = tokens("A long tutorial about Rust", "");
    assert!((2_000..20_000).contains(&long), "{long}");
    assert_eq!(tokens("x", "tokens = 12345"), 12_345);
    assert_eq!(tokens("x", "tokens = 500\ntext = \"hostile\""), 500);
    let request = request("gpt-oss-120b", &["x"]);
    for exact in [777, 30_000] {
        let text = format!("reasoning_tokens = {exact}");
        let scenario = Scenario::from_toml(&text).expect("valid");
        let mut script = Script::new(compose(&request, &scenario, 1_000_000, 1), 2);
        while script.step(&mut Delta::default()).is_none() {}
        assert_eq!(script.reasoning_tokens, exact);
    }
}

#[test]
fn it_says_what_it_is() {
    for model in ["gpt-oss-120b", "qwen-3.8-27b", "mock-gpu-50"] {
        let text = content(model, &["Who are you? Are you a real model?"]).to_lowercase();
        assert!(
            text.contains("mock") && text.contains("waferdeck"),
            "{text}"
        );
    }
}

#[test]
fn json_and_tools_are_answered_in_kind() {
    let mut body =
        json!({ "model": "gpt-oss-120b", "messages": [{ "role": "user", "content": "x" }] });
    body["response_format"] = json!({ "type": "json_object" });
    let object = ChatRequest::read(body.to_string().as_bytes()).expect("valid");
    assert!(serde_json::from_str::<serde_json::Value>(&play(&object, "").1).is_ok());
    body["response_format"] = json!(null);
    body["tools"] = json!([{ "type": "function", "function": { "name": "f", "parameters": { "type": "object", "properties": { "path": { "type": "string" } } } } }]);
    body["tool_choice"] = json!("required");
    let tool = ChatRequest::read(body.to_string().as_bytes()).expect("valid");
    let (_, content, finish, _) = play(&tool, "");
    assert_eq!((content.as_str(), finish), ("", Finish::ToolCalls));
}
