//! What is recorded of requests that go over a socket: all attempts, as they were sent and received, and no key.

use std::sync::Mutex;

use super::server::{Reply, Server};
use super::*;
use crate::chat::{Exchange, RawPart};

/// Asks a server that plays `replies`; the result is what was recorded.
async fn recorded(replies: &[Reply], adjust: impl FnOnce(&mut Endpoint)) -> (Told, Exchange) {
    let server = Server::start(replies).await;
    let mut endpoint = endpoint(server.port);
    adjust(&mut endpoint);
    let secrets = endpoint.secrets.clone();
    let recording = Recording::new("0badcafe", "test");
    let provider = Provider::new(endpoint).unwrap();
    let provider = provider.traced("0badcafe", Some(recording.clone()));
    let told = ask(&provider, &request()).await;
    let exchange = recording.exchange(&secrets);
    let shown = format!("{exchange:?}");
    assert!(!shown.contains("canary"), "the key leaked: {shown}");
    (told, exchange)
}

#[tokio::test]
async fn a_request_and_all_its_replies_are_recorded() {
    let busy = Reply::status(
        "503 Service Unavailable",
        "content-type: text/plain\r\nx-request-id: first\r\n",
        format!("busy, {CANARY}"),
    );
    let headers =
        format!("content-type: text/event-stream\r\nx-request-id: second\r\nx-key: {CANARY}\r\n");
    let event = format!(
        "data: {{\"id\":\"{CANARY}\",\"choices\":[{{\"delta\":{{\"content\":\"hi\"}}}}]}}\n\n"
    );
    let good = Reply::status("200 OK", &headers, event)
        .pause(30)
        .then(FINISH);
    let (told, exchange) = recorded(&[busy, good], |e| {
        e.headers = vec![("X-Team".to_owned(), "canary-team".to_owned())];
    })
    .await;
    assert_eq!(told.content(), "hi");
    let sent = &exchange.request;
    assert!(
        sent.line.starts_with("POST http://127.0.0.1:"),
        "{}",
        sent.line
    );
    assert!(
        sent.body
            .contains(&"  \"model\": \"gpt-oss-120b\",".to_owned())
    );
    let of = |name: &str| {
        let mut headers = sent.headers.iter().filter(|(n, _)| n == name);
        headers
            .next()
            .map(|(_, value)| value.clone())
            .unwrap_or_default()
    };
    assert_eq!(of("authorization"), "Bearer [key hidden]");
    assert_eq!(of("x-team"), "[hidden]");
    assert_eq!(of("accept-encoding"), "identity");
    assert_eq!(of("content-length"), sent.bytes.to_string());
    assert!(of("user-agent").starts_with("waferdeck/"));

    let [first, second] = exchange.attempts.as_slice() else {
        panic!("{:?}", exchange.attempts);
    };
    let head = first.head.as_ref().unwrap();
    assert_eq!(
        (head.status, head.server_id.as_deref()),
        (503, Some("first"))
    );
    assert_eq!(
        first.parts,
        [RawPart::Text("busy, [key hidden]".to_owned())]
    );
    assert!(first.ended.as_ref().unwrap().1.starts_with("failed: "));
    let head = second.head.as_ref().unwrap();
    assert_eq!(
        (head.status, head.server_id.as_deref()),
        (200, Some("second"))
    );
    let [RawPart::Event(text), RawPart::Event(finish)] = second.parts.as_slice() else {
        panic!("{:?}", second.parts);
    };
    assert!(
        text.lines[0].contains("\"id\":\"[key hidden]\""),
        "{text:?}"
    );
    assert!(head.at <= text.at && text.at < finish.at);
    assert_eq!(finish.bytes, FINISH.len());
    assert_eq!(second.ended.as_ref().unwrap().1, "complete");
}

#[tokio::test]
async fn what_never_came_is_said() {
    let (_, exchange) = recorded(&[Reply::raw("").reset()], |e| e.retry.max_retries = 0).await;
    let [only] = exchange.attempts.as_slice() else {
        panic!("{exchange:?}");
    };
    assert_eq!((only.head.as_ref(), only.bytes), (None, 0));
    assert!(
        only.ended.as_ref().unwrap().1.starts_with("failed: "),
        "{only:?}"
    );
}

#[tokio::test]
async fn what_was_stopped_ends_there() {
    let server = Server::start(&[Reply::stream(
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
    )
    .stall()])
    .await;
    let recording = Recording::new("0badcafe", "test");
    let provider = Provider::new(endpoint(server.port)).unwrap();
    let provider = provider.traced("0badcafe", Some(recording.clone()));
    stop_at(&provider, &request(), |e| {
        matches!(e, StreamEvent::Delta(_))
    })
    .await;
    let exchange = recording.exchange(&crate::text::Secrets::default());
    assert_eq!(exchange.attempts[0].ended.as_ref().unwrap().1, "stopped");
}

/// Hears in words.
#[derive(Default)]
struct Ears(Mutex<Vec<String>>);

impl Witness for Ears {
    fn hear(&self, of: &Line<'_>, said: Said<'_>) {
        let words = match said {
            Said::Request { method, .. } => method.to_owned(),
            Said::Head { status, .. } => status.to_string(),
            Said::Bytes(bytes) => format!("{} bytes", bytes.len()),
            Said::End(how) => how.to_owned(),
        };
        lock(&self.0).push(format!("{} {}: {words}", of.id, of.attempt));
    }
}

#[tokio::test]
async fn a_reply_that_is_no_list_is_not_called_complete() {
    let server = Server::start(&[Reply::json("200 OK", "no list")]).await;
    let ears = Arc::new(Ears::default());
    let mut endpoint = endpoint(server.port);
    endpoint.witness = Some(Arc::clone(&ears) as _);
    let provider = Provider::new(endpoint).unwrap();
    provider.first_reply().await.unwrap().models.unwrap_err();
    let heard = lock(&ears.0).clone();
    let last = heard.last().unwrap();
    assert!(last.contains("failed: the answer is no list"), "{heard:?}");
}

#[tokio::test]
async fn requests_that_are_no_answer_are_heard_as_well() {
    let list = r#"{"data":[{"id":"a"}]}"#;
    let server = Server::start(&[
        Reply::json("404 Not Found", "{}"),
        Reply::json("200 OK", list),
    ])
    .await;
    let ears = Arc::new(Ears::default());
    let mut endpoint = endpoint(server.port);
    endpoint.witness = Some(Arc::clone(&ears) as _);
    Provider::new(endpoint).unwrap().models().await.unwrap();
    let heard = lock(&ears.0).clone();
    let of = |id: &str| -> Vec<&String> { heard.iter().filter(|h| h.starts_with(id)).collect() };
    assert!(of("models-1")[1].ends_with(": 404"), "{heard:?}");
    assert!(
        of("models-1").last().unwrap().contains("failed: "),
        "{heard:?}"
    );
    let second: Vec<_> = of("models-2")[1..].to_vec();
    assert_eq!(
        second,
        [
            "models-2 1: 200",
            &format!("models-2 1: {} bytes", list.len()),
            "models-2 1: complete"
        ]
    );
}
