//! Answers that refuse a request, and what is said about them: the cause, the way out, and no part of a key.

use super::server::{Reply, Server};
use super::*;

async fn refused(status: &str, body: &str) -> Failure {
    play(Reply::json(status, body)).await.failed().clone()
}

#[tokio::test]
async fn statuses_say_what_to_do() {
    let failure = refused(
        "400 Bad Request",
        r#"{"message":"body.store: property 'body.store' is unsupported","type":"invalid_request_error","code":"wrong_api_format"}"#,
    )
    .await;
    expect(
        &failure,
        FailureKind::Request,
        &["400: body.store: property", "change what the message names"],
    );
    assert_eq!(failure.status, Some(400));
    let failure = refused(
        "400 Bad Request",
        r#"{"message":"Please reduce the length of the messages or completion. Current length is 136333 while limit is 131072","code":"context_length_exceeded"}"#,
    )
    .await;
    expect(
        &failure,
        FailureKind::TooLong,
        &["take 136,333 tokens, the model 131,072", "oldest turns"],
    );
    let failure = refused("402 Payment Required", r#"{"message":"Payment required"}"#).await;
    expect(
        &failure,
        FailureKind::Payment,
        &["402: Payment required", "credit"],
    );
    let failure = refused(
        "404 Not Found",
        r#"{"message":"Model does not exist or you do not have access to it.","param":"model","code":"model_not_found"}"#,
    )
    .await;
    expect(
        &failure,
        FailureKind::Model,
        &["no model gpt-oss-120b", "qwen-3.8-27b"],
    );
    expect(
        &refused("404 Not Found", "").await,
        FailureKind::Request,
        &["check base_url", "/v1/chat/completions"],
    );
    expect(
        &refused("413 Too Large", "too large").await,
        FailureKind::TooLong,
        &["413: too large"],
    );
    for status in ["408 Request Timeout", "409 Conflict"] {
        let failure = refused(status, r#"{"message":"late"}"#).await;
        expect(&failure, FailureKind::Server, &["late", "send again later"]);
    }
    expect(
        &refused("422 Unprocessable", r#"{"detail":"d"}"#).await,
        FailureKind::Request,
        &["422: d"],
    );
    expect(
        &refused("501 Not Implemented", "{}").await,
        FailureKind::Server,
        &["501: {}"],
    );
}

#[tokio::test]
async fn too_long_a_prompt_is_told_in_numbers_where_they_are_clear() {
    for (message, told) in [
        (
            "This model's maximum context length is 8192 tokens. However, you requested 9,000 tokens (8000 in the \
             messages, 1000 in the completion).",
            "prompt and answer take 9,000 tokens, the model 8,192",
        ),
        (
            "qwen-3-235b-a22b-2507: reduce the length, its limit is 131072.",
            "400: qwen-3-235b-a22b-2507: reduce the length, its limit is 131072.",
        ),
        (
            "reduce the length: prompt 130000, answer 4096, limit 131072",
            "400: reduce the length: prompt 130000, answer 4096, limit 131072",
        ),
    ] {
        let body = serde_json::json!({ "message": message }).to_string();
        let failure = refused("400 Bad Request", &body).await;
        assert_eq!(failure.kind, FailureKind::TooLong);
        assert_eq!(failure.message, told);
    }
}

#[tokio::test]
async fn a_server_that_takes_no_begun_answer_names_the_setting() {
    let no = Reply::json(
        "400 No",
        r#"{"message":"assistant prefill is not supported"}"#,
    );
    let server = Server::start(&[no]).await;
    let provider = Provider::new(endpoint(server.port)).unwrap();
    let mut begun = request();
    for (text, remedy) in [
        ("", "change what the message names"),
        ("It began", "continue_prefix = false"),
    ] {
        if !text.is_empty() {
            begun.messages.push(Message::new(Role::Assistant, text));
        }
        let told = ask(&provider, &begun).await;
        expect(
            told.failed(),
            FailureKind::Request,
            &["prefill is not supported", remedy],
        );
    }
}

#[tokio::test]
async fn a_server_in_trouble_may_name_the_time() {
    let reply = Reply::status("503 Busy", "retry-after: 90\r\n", "{}");
    let told = play_with(&[reply], |_| {}).await;
    expect(
        told.failed(),
        FailureKind::Server,
        &[
            "not waiting longer than 60 s",
            "the trouble is on the provider's side: works again in 90 s",
        ],
    );
    assert_eq!(told.failed().again, Some(Duration::from_secs(90)));
    assert_eq!(told.failed().whose_wait(), ", as the server asks");
}

#[tokio::test]
async fn a_retired_model_names_its_successor() {
    let body = r#"{"message":"gone","param":"model","code":"model_archived"}"#;
    let server = Server::start(&[Reply::json("404 Not Found", body)]).await;
    let mut question = request();
    question.model = "zai-glm-4.7".to_owned();
    let told = ask(&Provider::new(endpoint(server.port)).unwrap(), &question).await;
    expect(
        told.failed(),
        FailureKind::Model,
        &["was retired on 2026-08-17: use gpt-oss-120b"],
    );
}

#[tokio::test]
async fn a_rejected_key_names_its_source_and_no_part_of_it() {
    let echo = format!(r#"{{"message":"Wrong API Key {CANARY} given","code":"wrong_api_key"}}"#);
    let failure = refused("401 Unauthorized", &echo).await;
    expect(
        &failure,
        FailureKind::Key,
        &["key rejected", "[key hidden]", "a key given directly"],
    );
    let page = Reply::status(
        "403 Forbidden",
        "content-type: text/html\r\ncf-ray: 8f-ZRH\r\n",
        "<html>",
    );
    let told = play(page).await;
    expect(
        told.failed(),
        FailureKind::Key,
        &["blocked before the API (403", "cf-ray 8f-ZRH"],
    );
    let told = play_with(&[Reply::json("401 Unauthorized", "{}")], |e| {
        e.auth = Auth::None;
    })
    .await;
    expect(told.failed(), FailureKind::Key, &["the server wants a key"]);
    let server = Server::start(&[Reply::json("401 Unauthorized", "{}")]).await;
    let mut keyless = endpoint(server.port);
    keyless.auth = Auth::Key(KeySource::StandIn);
    let told = ask(&Provider::new(keyless).unwrap(), &request()).await;
    expect(
        told.failed(),
        FailureKind::Key,
        &["a key is wanted (401", "no key is set", "the word none"],
    );
    assert!(server.requests()[0].contains("Bearer none\r\n"));
}

#[tokio::test]
async fn a_missing_key_says_where_one_can_come_from() {
    let server = Server::start(&[Reply::stream(FINISH)]).await;
    let mut endpoint = endpoint(server.port);
    endpoint.auth = Auth::Key(KeySource::Env("WAFERDECK_TEST_UNSET".to_owned()));
    let told = ask(&Provider::new(endpoint).unwrap(), &request()).await;
    expect(
        told.failed(),
        FailureKind::Key,
        &["WAFERDECK_TEST_UNSET is not set", "api_key_file"],
    );
    assert_eq!((told.events.len(), server.connections()), (1, 0));
}

#[tokio::test]
async fn error_bodies_of_any_kind_are_one_clean_line() {
    let html = Reply::status(
        "502 Bad Gateway",
        "content-type: text/html\r\n",
        "<html><h1>502</h1>",
    );
    expect(
        play(html).await.failed(),
        FailureKind::Server,
        &["502, HTML page from a proxy"],
    );
    let binary = Reply::status("503 Gone", "", b"\x00\xff\xfe".as_slice());
    expect(
        play(binary).await.failed(),
        FailureKind::Server,
        &["503 with a message that is no text"],
    );
    expect(
        play(Reply::status("500 X", "", "")).await.failed(),
        FailureKind::Server,
        &["500 without a message"],
    );
    let lines = Reply::status("500 X", "", "a\r\n\tb\n".to_owned() + &"x".repeat(5_000));
    let failure = play(lines).await.failed().clone();
    assert!(
        failure.message.starts_with("500: a b xxx"),
        "{}",
        failure.message
    );
    assert_eq!(failure.message.chars().count(), "500: ".len() + 500 + 1);
    let coded = Reply::status("500 X", "content-encoding: gzip\r\n", "zip");
    expect(
        play(coded).await.failed(),
        FailureKind::Server,
        &["500 with a message that is no text"],
    );
}

#[tokio::test]
async fn an_endless_error_body_is_cut() {
    let told = play(Reply::status("400 X", "", "").flood([b'y'; 1024])).await;
    assert!(told.failed().message.chars().count() < 600);
}

#[tokio::test]
async fn a_message_that_is_there_is_told_though_its_reply_does_not_end() {
    let said = r#"{"error":{"message":"stop is too long","type":"invalid_request_error"}}"#;
    let head = "content-type: application/json\r\ncontent-length: 9999\r\n";
    let unfinished = |body: &str| Reply::status("400 Bad Request", head, body);
    for (reply, expected) in [
        (unfinished(said).stall(), "400: stop is too long"),
        (unfinished(said), "400: stop is too long"),
        (
            unfinished("{\"error\":{\"mess").stall(),
            "400 without a message",
        ),
        (
            Reply::status("502 Bad Gateway", "content-type: text/html\r\n", "<html>").stall(),
            "502, HTML page from a proxy",
        ),
    ] {
        let told = play_with(&[reply], |e| {
            e.retry.max_retries = 0;
            e.caps.error_time = Duration::from_millis(100);
        })
        .await;
        assert_eq!(told.failed().message, expected);
    }
}
