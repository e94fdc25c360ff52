//! What breaks, breaks as the scenario says: errors before the answer, cuts, stalls and wrong bytes in it.
//! The helpers that speak HTTP are those of `mock`.

use super::*;

/// A scenario of `tests/scenarios`.
fn nasty(name: &str) -> MockOptions {
    let path = format!("{}/tests/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    scenario(&std::fs::read_to_string(&path).expect(&path))
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_generation() {
    let server = serve(scenario(
        "tokens_per_second = 200\ntokens = 100000\nignore_limit = true",
    ))
    .await
    .expect("a server");
    let mut stream = TcpStream::connect(server.addr()).await.expect("connect");
    stream
        .write_all(post(&body("gpt-oss-120b", ""), "").as_bytes())
        .await
        .expect("send");
    let mut some = [0; 512];
    assert!(stream.read(&mut some).await.expect("an answer") > 0);
    assert_eq!(server.live(), 1);
    drop(stream);
    until(|| server.live() == 0).await;
}

#[tokio::test]
async fn a_stalled_answer_is_dropped_with_its_client_and_with_the_server() {
    let server = serve(MockOptions::default()).await.expect("a server");
    let mut stream = TcpStream::connect(server.addr()).await.expect("connect");
    stream
        .write_all(post(&body("mock-stall", ""), "").as_bytes())
        .await
        .expect("send");
    let mut other = TcpStream::connect(server.addr()).await.expect("connect");
    other
        .write_all(post(&body("mock-stall", ""), "").as_bytes())
        .await
        .expect("send");
    until(|| server.live() == 2).await;
    let mut received = Vec::new();
    while timeout(Duration::from_millis(600), stream.read_buf(&mut received))
        .await
        .is_ok_and(|r| r.is_ok_and(|n| n > 0))
    {}
    let text = String::from_utf8_lossy(&received);
    assert!(
        text.contains("\"content\"") && !text.contains("finish_reason"),
        "{text}"
    );
    drop(stream);
    until(|| server.live() == 1).await;
    timeout(DEADLINE, server.shutdown())
        .await
        .expect("a stop in time");
    let mut rest = Vec::new();
    let _ = timeout(DEADLINE, other.read_to_end(&mut rest))
        .await
        .expect("an end");
    assert!(!String::from_utf8_lossy(&rest).contains("[DONE]"));
}

#[tokio::test]
async fn mock_break_resets_the_connection_inside_an_event() {
    let server = serve(MockOptions::default()).await.expect("a server");
    let (bytes, end) = exchange(&server, &post(&body("mock-break", ""), "")).await;
    assert_eq!(
        end.expect_err("a reset").kind(),
        std::io::ErrorKind::ConnectionReset
    );
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("\"content\"") && !text.contains("[DONE]"));
    assert!(
        !text.trim_end().ends_with('}'),
        "cut inside an event: {text}"
    );
}

#[tokio::test]
async fn mock_flaky_fails_three_times_and_then_answers() {
    let server = serve(scenario("tokens_per_second = \"unpaced\""))
        .await
        .expect("a server");
    let mut seen = Vec::new();
    for _ in 0..4 {
        let (head, _) = ask(&server, &post(&body("mock-flaky", ""), "")).await;
        seen.push(head.get(9..12).unwrap_or_default().to_owned());
    }
    assert_eq!(seen, ["503", "429", "500", "200"]);
    assert_eq!(server.requests(), 4);
}

#[tokio::test]
async fn mock_limited_says_when_to_come_back() {
    let server = serve(MockOptions::default()).await.expect("a server");
    for _ in 0..3 {
        let refused = ask(&server, &post(&body("mock-limited", ""), "")).await;
        check_refusal(&refused, "429", "request_quota_exceeded");
        assert!(refused.0.contains("retry-after: 2"));
    }
}

#[tokio::test]
async fn a_canned_page_comes_with_its_status() {
    let (head, page) = ask(
        &serve(nasty("proxy-page")).await.expect("a server"),
        &post(&body("gpt-oss-120b", ""), ""),
    )
    .await;
    assert!(
        head.starts_with("HTTP/1.1 502")
            && head.contains("content-type: text/html")
            && page.starts_with("<html>"),
        "{head}"
    );
    let (head, _) = ask(
        &serve(nasty("redirect")).await.expect("a server"),
        &post(&body("gpt-oss-120b", ""), ""),
    )
    .await;
    assert!(
        head.starts_with("HTTP/1.1 307") && head.contains("location: http://127.0.0.1:9/"),
        "{head}"
    );
    let (head, page) = ask(
        &serve(nasty("login-page")).await.expect("a server"),
        &post(&body("gpt-oss-120b", ""), ""),
    )
    .await;
    assert!(
        head.starts_with("HTTP/1.1 200") && page.contains("<form"),
        "{head}"
    );
}

#[tokio::test]
async fn split_writes_leave_the_bytes_as_they_are() {
    let whole = ask(&fast().await, &post(&body("qwen-3.8-27b", ""), ""))
        .await
        .1;
    let split = ask(
        &serve(nasty("split-bytes")).await.expect("a server"),
        &post(&body("qwen-3.8-27b", ""), ""),
    )
    .await
    .1;
    assert_eq!(whole, split);
}

#[tokio::test]
async fn bytes_of_any_kind_can_be_sent() {
    let (bytes, _) = exchange(
        &serve(nasty("bad-chunk-size")).await.expect("a server"),
        &post(&body("gpt-oss-120b", ""), ""),
    )
    .await;
    assert!(
        bytes.ends_with(b"zz\r\nnot a chunk\r\n"),
        "{}",
        String::from_utf8_lossy(&bytes)
    );
    let (bytes, _) = exchange(
        &serve(nasty("bad-utf8")).await.expect("a server"),
        &post(&body("gpt-oss-120b", ""), ""),
    )
    .await;
    assert!(bytes.windows(2).any(|w| w == [0xc3, 0x28]));
    let (bytes, end) = exchange(
        &serve(nasty("no-headers")).await.expect("a server"),
        &post(&body("gpt-oss-120b", ""), ""),
    )
    .await;
    assert!(bytes.is_empty() && end.is_err());
}

#[tokio::test]
async fn an_error_in_the_stream_is_the_last_event() {
    let (_, text) = ask(
        &serve(nasty("stream-error")).await.expect("a server"),
        &post(&body("gpt-oss-120b", ""), ""),
    )
    .await;
    let expected = r#"data: {"status_code":500,"error":{"message":"Encountered a server error, please try again.","type":"server_error","param":"","code":"","id":""}}"#;
    assert!(text.ends_with(&format!("{expected}\n\n")), "{text}");
}

#[tokio::test]
async fn every_nasty_scenario_is_valid() {
    let folder = format!("{}/tests/scenarios", env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("a file");
        if let Err(error) = Scenario::from_toml(&text) {
            panic!("{}: {error}", path.display());
        }
        count += 1;
    }
    assert!(count >= 20);
}

async fn until(condition: impl Fn() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < deadline, "the condition never came");
        tokio::task::yield_now().await;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
