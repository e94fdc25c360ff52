//! The mock over real connections: its wire format, its limits, its pace and its faults.
//! Requests are written and read as bytes here, so that nothing of the client can hide a mistake.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use waferdeck::mock::{Error, MockOptions, MockServer, Scenario, Tier, serve};

mod faults;

/// Nothing here takes longer, unless it hangs.
const DEADLINE: Duration = Duration::from_secs(20);

fn scenario(toml: &str) -> MockOptions {
    MockOptions {
        scenario: Some(Scenario::from_toml(toml).expect("valid scenario")),
        ..MockOptions::default()
    }
}

fn body(model: &str, extra: &str) -> String {
    format!(
        r#"{{"model":"{model}","stream":true,"messages":[{{"role":"user","content":"Write a merge sort in Rust"}}]{extra}}}"#
    )
}

fn post(body: &str, headers: &str) -> String {
    let length = body.len();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer k\r\ncontent-type: application/json\r\n\
         connection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
}

/// Everything that comes back until the connection ends, and how it ended.
async fn exchange(server: &MockServer, request: &str) -> (Vec<u8>, std::io::Result<()>) {
    let mut stream = TcpStream::connect(server.addr()).await.expect("connect");
    stream.write_all(request.as_bytes()).await.expect("send");
    let mut received = Vec::new();
    let end = timeout(DEADLINE, stream.read_to_end(&mut received))
        .await
        .expect("an end before the deadline");
    (received, end.map(drop))
}

/// A whole answer: head, and body without its chunk sizes.
async fn ask(server: &MockServer, request: &str) -> (String, String) {
    let (bytes, end) = exchange(server, request).await;
    end.expect("an orderly end");
    let text = String::from_utf8(bytes).expect("UTF-8");
    let (head, rest) = text.split_once("\r\n\r\n").expect("a head");
    let body = if head.contains("transfer-encoding: chunked") {
        unchunk(rest.as_bytes())
    } else {
        rest.as_bytes().to_vec()
    };
    (head.to_owned(), String::from_utf8(body).expect("UTF-8"))
}

fn unchunk(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|w| w == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end])
            .ok()
            .and_then(|s| usize::from_str_radix(s, 16).ok());
        let Some(size) = size.filter(|s| *s > 0) else {
            break;
        };
        let start = end + 2;
        body.extend_from_slice(&rest[start..rest.len().min(start + size)]);
        rest = rest.get(start + size + 2..).unwrap_or_default();
    }
    body
}

fn events(body: &str) -> Vec<serde_json::Value> {
    let data = body
        .split("\n\n")
        .filter_map(|e| e.strip_prefix("data: "))
        .filter(|d| *d != "[DONE]");
    data.map(|d| serde_json::from_str(d).expect(d)).collect()
}

fn content(events: &[serde_json::Value], key: &str) -> String {
    events
        .iter()
        .filter_map(|e| e["choices"][0]["delta"][key].as_str())
        .collect()
}

async fn fast() -> MockServer {
    serve(scenario("tokens_per_second = \"unpaced\""))
        .await
        .expect("a server")
}

#[tokio::test]
async fn a_stream_has_the_recorded_shape() {
    let server = serve(scenario("tokens_per_second = 100000"))
        .await
        .expect("a server");
    let (head, body) = ask(&server, &post(&body("gpt-oss-120b", ""), "")).await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    for part in [
        "content-type: text/event-stream; charset=utf-8",
        "inference-id: chatcmpl-",
        "server: waferdeck-mock",
        "x-ratelimit-remaining-tokens-day: ",
    ] {
        assert!(head.contains(part), "{part} in {head}");
    }
    assert_eq!(head.matches("x-ratelimit-").count(), 12);
    assert!(body.ends_with("}}\n\ndata: [DONE]\n\n"), "{body}");
    assert!(!body.contains("null"), "no key is null");

    let events = events(&body);
    let (first, last) = (
        events.first().expect("events"),
        events.last().expect("events"),
    );
    let prefix = r#"data: {"id":"chatcmpl-"#;
    assert!(body.starts_with(prefix));
    assert!(body.contains(r#"","choices":[{"delta":{"role":"assistant"},"index":0}],"created":1795000000,"model":"gpt-oss-120b","#));
    assert!(head.contains(first["id"].as_str().expect("an id")));
    assert!(content(&events, "reasoning").len() > 100);
    assert!(content(&events, "content").contains("```rust"));
    assert_eq!(last["choices"][0]["finish_reason"], "stop");
    let usage = &last["usage"];
    let count = |name: &str| usage[name].as_u64().expect(name);
    assert_eq!(
        count("total_tokens"),
        count("prompt_tokens") + count("completion_tokens")
    );
    assert_eq!(count("prompt_tokens"), 65 + 7);
    let reasoning = usage["completion_tokens_details"]["reasoning_tokens"]
        .as_u64()
        .expect("a count");
    assert!(reasoning > 0 && reasoning < count("completion_tokens"));
    let time = |name: &str| last["time_info"][name].as_f64().expect(name);
    let sum = time("queue_time") + time("prompt_time") + time("completion_time") + 0.0023;
    assert!((time("total_time") - sum).abs() < 1e-6);
}

#[tokio::test]
async fn the_same_request_gets_the_same_bytes_and_another_seed_other_ones() {
    let request = post(&body("qwen-3.8-27b", ""), "");
    let with = |seed| {
        serve(MockOptions {
            seed,
            ..scenario("tokens_per_second = \"unpaced\"")
        })
    };
    let (one, two, other) = (
        with(1).await.expect("a"),
        with(1).await.expect("b"),
        with(2).await.expect("c"),
    );
    let first = ask(&one, &request).await.1;
    assert_eq!(first, ask(&one, &request).await.1);
    assert_eq!(first, ask(&two, &request).await.1);
    assert_ne!(first, ask(&other, &request).await.1);
}

#[tokio::test]
async fn repeats_vary_when_told_to_unless_the_request_has_a_seed() {
    let options = MockOptions {
        vary_repeats: true,
        ..scenario("tokens_per_second = \"unpaced\"")
    };
    let server = serve(options).await.expect("a server");
    let (plain, seeded) = (
        post(&body("gpt-oss-120b", ""), ""),
        post(&body("gpt-oss-120b", ",\"seed\":7"), ""),
    );
    assert_ne!(ask(&server, &plain).await.1, ask(&server, &plain).await.1);
    assert_eq!(ask(&server, &seeded).await.1, ask(&server, &seeded).await.1);
}

#[tokio::test]
async fn an_answer_that_was_cut_goes_on_where_it_stopped() {
    let options = MockOptions {
        vary_repeats: true,
        ..scenario("tokens_per_second = \"unpaced\"")
    };
    let server = serve(options).await.expect("a server");
    let asked = || serde_json::json!({ "role": "user", "content": "Explain sorting" });
    let go_on = || serde_json::json!({ "role": "user", "content": "Continue where it stopped" });
    let answer = async |messages: Vec<serde_json::Value>| {
        let body = serde_json::json!({
            "model": "gpt-oss-120b", "stream": true, "messages": messages,
        });
        let reply = ask(&server, &post(&body.to_string(), "")).await;
        content(&events(&reply.1), "content")
    };
    for _ in 0..2 {
        let whole = answer(vec![asked()]).await;
        for cut in [1, 40, whole.len() - 2] {
            let cut = whole.floor_char_boundary(cut);
            let (said, left) = whole.split_at(cut);
            let begun = serde_json::json!({ "role": "assistant", "content": said });
            let rest = answer(vec![asked(), begun.clone(), go_on()]).await;
            assert_eq!(rest, left);
            assert_eq!(answer(vec![asked(), begun]).await, left);
        }
        let complete = serde_json::json!({ "role": "assistant", "content": whole });
        assert!(!answer(vec![asked(), complete, go_on()]).await.is_empty());
    }
}

#[tokio::test]
async fn without_a_stream_the_answer_is_the_same_in_one_piece() {
    let server = fast().await;
    let streamed = events(&ask(&server, &post(&body("gpt-oss-120b", ""), "")).await.1);
    let whole = body("gpt-oss-120b", "").replace("\"stream\":true", "\"stream\":false");
    let (head, text) = ask(&server, &post(&whole, "")).await;
    assert!(head.contains("content-type: application/json"));
    assert!(
        text.contains(r#""choices":[{"finish_reason":"stop","index":0,"message":{"content":""#),
        "{text}"
    );
    let answer: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(
        answer["choices"][0]["message"]["content"],
        content(&streamed, "content")
    );
    assert_eq!(
        answer["choices"][0]["message"]["reasoning"],
        content(&streamed, "reasoning")
    );
    assert_eq!(answer["usage"], streamed.last().expect("events")["usage"]);
}

#[tokio::test]
async fn limits_and_stop_texts_of_a_request_are_kept() {
    let server = fast().await;
    let short = events(
        &ask(
            &server,
            &post(&body("gpt-oss-120b", ",\"max_completion_tokens\":5"), ""),
        )
        .await
        .1,
    );
    assert_eq!(content(&short, "content"), "");
    let last = short.last().expect("events");
    assert_eq!(
        (
            &last["choices"][0]["finish_reason"],
            &last["usage"]["completion_tokens"]
        ),
        (&"length".into(), &5.into())
    );
    let stopped = events(
        &ask(
            &server,
            &post(&body("mock-gpu-50", ",\"stop\":[\"half\"]"), ""),
        )
        .await
        .1,
    );
    let text = content(&stopped, "content");
    assert!(!text.is_empty() && !text.contains("half"));
}

#[tokio::test]
async fn raw_and_hidden_reasoning() {
    let server = fast().await;
    let raw = events(
        &ask(
            &server,
            &post(&body("qwen-3.8-27b", ",\"reasoning_format\":\"raw\""), ""),
        )
        .await
        .1,
    );
    let text = content(&raw, "content");
    assert!(
        text.starts_with("<think>\n") && text.contains("\n</think>\n\n"),
        "{text}"
    );
    let hidden = events(
        &ask(
            &server,
            &post(
                &body("qwen-3.8-27b", ",\"reasoning_format\":\"hidden\""),
                "",
            ),
        )
        .await
        .1,
    );
    assert_eq!(content(&hidden, "reasoning"), "");
    let counted =
        &hidden.last().expect("events")["usage"]["completion_tokens_details"]["reasoning_tokens"];
    assert!(counted.as_u64().is_some_and(|n| n > 0));
}

#[track_caller]
fn check_refusal((head, body): &(String, String), status: &str, code: &str) {
    assert!(
        head.starts_with(&format!("HTTP/1.1 {status}")),
        "{head}\n{body}"
    );
    let error: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(error["code"], code, "{body}");
    assert!(error["error"].is_null(), "flat, not wrapped");
}

#[tokio::test]
async fn refusals_have_their_status_and_flat_body() {
    let server = fast().await;
    let good = body("gpt-oss-120b", "");
    let without_key = post(&good, "").replace("authorization: Bearer k\r\n", "");
    check_refusal(&ask(&server, &without_key).await, "401", "wrong_api_key");
    let unpaid = post(&good, "").replace("Bearer k", "Bearer csk-mock-payment");
    check_refusal(&ask(&server, &unpaid).await, "402", "payment_required");
    check_refusal(
        &ask(&server, &post(&body("llama3.1-8b", ""), "")).await,
        "404",
        "model_not_found",
    );
    check_refusal(
        &ask(&server, &post(&body("zai-glm-4.7", ""), "")).await,
        "404",
        "model_archived",
    );
    check_refusal(
        &ask(&server, &post(&body("gpt-oss-120b", ",\"store\":true"), "")).await,
        "400",
        "wrong_api_format",
    );
    let large = body("gpt-oss-120b", ",\"max_completion_tokens\":131072");
    let refused = ask(&server, &post(&large, "")).await;
    check_refusal(&refused, "400", "context_length_exceeded");
    assert!(
        refused
            .1
            .contains("Current length is 131144 while limit is 131072"),
        "{}",
        refused.1
    );
    check_refusal(
        &ask(&server, &post(&good, "origin: http://localhost\r\n")).await,
        "403",
        "forbidden",
    );
    let foreign = post(&good, "").replace("host: 127.0.0.1", "host: example.com");
    check_refusal(&ask(&server, &foreign).await, "403", "forbidden");
    check_refusal(
        &ask(&server, &post(&good, "").replace("completions", "nowhere")).await,
        "404",
        "not_found",
    );
    check_refusal(
        &ask(&server, &post(&good, "content-encoding: gzip\r\n")).await,
        "415",
        "unsupported_media_type",
    );
}

#[tokio::test]
async fn listings_name_the_models_and_only_one_needs_a_key() {
    let server = fast().await;
    let get = |path: &str, key: &str| {
        format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{key}\r\n")
    };
    let key = "authorization: Bearer k\r\n";
    let (_, list) = ask(&server, &get("/v1/models", key)).await;
    let (_, catalogue) = ask(&server, &get("/public/v1/models", "")).await;
    for model in waferdeck::mock::MODELS {
        assert!(
            list.contains(model.id) && catalogue.contains(model.id),
            "{}",
            model.id
        );
    }
    assert!(catalogue.contains(r#""prompt":"0.00000035""#));
    assert!(
        ask(&server, &get("/v1/models", ""))
            .await
            .0
            .starts_with("HTTP/1.1 401")
    );
    assert!(
        ask(&server, &get("/v1/models/gpt-oss-120b", key))
            .await
            .1
            .contains("\"owned_by\":\"Cerebras\"")
    );
    assert!(
        ask(&server, &get("/v1/models/nothing", key))
            .await
            .0
            .starts_with("HTTP/1.1 404")
    );
    assert!(
        ask(&server, &get("/v1/tcp_warming", key))
            .await
            .0
            .starts_with("HTTP/1.1 200")
    );
}

#[tokio::test]
async fn the_free_trial_ends_after_five_requests() {
    let options = MockOptions {
        tier: Tier::FreeTrial,
        ..scenario("tokens_per_second = \"unpaced\"")
    };
    let server = serve(options).await.expect("a server");
    let request = post(&body("gpt-oss-120b", ",\"max_completion_tokens\":100"), "");
    let first = ask(&server, &request).await.0;
    assert!(
        first.contains("x-ratelimit-limit-requests-minute: 5\r\n"),
        "{first}"
    );
    assert!(
        first.contains("x-ratelimit-remaining-requests-minute: 4\r\n"),
        "{first}"
    );
    for _ in 0..4 {
        assert!(ask(&server, &request).await.0.starts_with("HTTP/1.1 200"));
    }
    let refused = ask(&server, &request).await;
    check_refusal(&refused, "429", "request_quota_exceeded");
    assert!(
        refused.0.contains("retry-after: 60") && !refused.0.contains("x-ratelimit"),
        "{}",
        refused.0
    );
}

#[tokio::test]
async fn a_stream_keeps_its_published_rate() {
    let server = serve(scenario("tokens = 1500\ntext = \"prose\""))
        .await
        .expect("a server");
    let started = Instant::now();
    let (_, text) = ask(
        &server,
        &post(&body("gpt-oss-120b", ",\"reasoning_effort\":\"low\""), ""),
    )
    .await;
    let took = started.elapsed().as_secs_f64();
    let events = events(&text);
    let last = events.last().expect("events");
    let tokens = last["usage"]["completion_tokens"]
        .as_f64()
        .expect("a count");
    let planned = last["time_info"]["total_time"].as_f64().expect("a time");
    assert!(
        (planned - tokens / 3000.0 - 0.0078).abs() < 1e-3,
        "{planned} for {tokens}"
    );
    assert!(
        took >= planned && took < planned * 1.5 + 0.2,
        "{took} for {planned}"
    );
}

#[tokio::test]
async fn a_tool_call_comes_in_pieces() {
    let server = fast().await;
    let tools = r#","tools":[{"type":"function","function":{"name":"read_file","parameters":{"type":"object","properties":{"path":{"type":"string"}}}}}],"tool_choice":"required""#;
    let (_, text) = ask(&server, &post(&body("gpt-oss-120b", tools), "")).await;
    assert!(text.contains(r#"{"delta":{"tool_calls":[{"function":{"name":"read_file","arguments":""},"type":"function","id":""#));
    let pieces = events(&text)
        .iter()
        .filter_map(|e| {
            e["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]
                .as_str()
                .map(str::to_owned)
        })
        .collect::<String>();
    assert_eq!(pieces, r#"{"path":"notes/today.md"}"#);
    assert!(text.contains(r#""finish_reason":"tool_calls""#));
}

#[tokio::test]
async fn a_long_prompt_is_cached_the_second_time() {
    let server = fast().await;
    let long =
        body("gpt-oss-120b", "").replace("Write a merge sort", &"Write a merge sort ".repeat(60));
    let mut cached = Vec::new();
    for _ in 0..2 {
        let events = events(&ask(&server, &post(&long, "")).await.1);
        cached.push(
            events.last().expect("events")["usage"]["prompt_tokens_details"]["cached_tokens"]
                .clone(),
        );
    }
    assert_eq!(cached, [0, 256]);
}

#[tokio::test]
async fn writes_can_be_stamped() {
    let options = MockOptions {
        stamps: true,
        ..scenario("tokens_per_second = \"unpaced\"")
    };
    let server = serve(options).await.expect("a server");
    let (head, _) = ask(&server, &post(&body("mock-gpu-50", ""), "")).await;
    let id = head
        .lines()
        .find_map(|l| l.strip_prefix("inference-id: "))
        .expect("an id");
    let get =
        format!("GET /mock/stamps/{id} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let stamps: serde_json::Value =
        serde_json::from_str(&ask(&server, &get).await.1).expect("JSON");
    assert!(stamps["read_us"].as_u64().is_some_and(|t| t > 0));
    assert!(stamps["writes"].as_array().is_some_and(|w| !w.is_empty()));
}

#[tokio::test]
async fn the_same_request_asked_twice_has_stamps_of_its_own_each_time() {
    let options = MockOptions {
        stamps: true,
        ..scenario("tokens_per_second = \"unpaced\"")
    };
    let server = serve(options).await.expect("a server");
    let request = post(&body("mock-gpu-50", ""), "");
    let mut asked = Vec::new();
    for _ in 0..2 {
        let (head, text) = ask(&server, &request).await;
        let id = head.lines().find(|l| l.starts_with("inference-id: "));
        let id = id.expect("an id").to_owned();
        let told: String = events(&text)
            .iter()
            .filter_map(|e| e["choices"][0]["delta"]["content"].as_str())
            .collect();
        asked.push((id, told));
    }
    assert_ne!(asked[0].0, asked[1].0);
    assert_eq!(asked[0].1, asked[1].1, "the answer is the same");
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let options = MockOptions {
        listen: "0.0.0.0:0".parse().expect("an address"),
        ..MockOptions::default()
    };
    assert!(matches!(serve(options).await, Err(Error::NotLoopback(_))));
}

#[tokio::test]
async fn one_token_a_delta_is_one_event_a_token() {
    let server = serve(scenario(
        "tokens_per_second = \"unpaced\"\ntokens_per_delta = 1\ntokens = 3000\ntext = \"mixed\"",
    ));
    let server = server.await.expect("a server");
    let events = events(&ask(&server, &post(&body("mock-gpu-50", ""), "")).await.1);
    assert_eq!(
        events.len(),
        3_000 + 2,
        "the role and the finish chunk beside the tokens"
    );
    assert_eq!(
        events.last().expect("events")["usage"]["completion_tokens"],
        3_000
    );
}
