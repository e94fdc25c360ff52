//! What holds a request back over real connections: each 429, and what earlier requests took, however they ended.
//! Who goes out when, to the millisecond, is tested with `queue` and `quota`.

use std::net::TcpListener;

use tokio::io::AsyncWriteExt;

use super::server::{Reply, Server};
use super::*;
use crate::chat::Unit;

const ANSWER: &str = include_str!("../../../tests/data/wire/plain.sse");

fn busy(headers: &str) -> Reply {
    Reply::status("429 Too Many Requests", headers, "")
}

/// Its prompt has about 2,065 tokens: with 512 for the answer it fits once into 4,000.
fn long() -> Request {
    Request {
        messages: vec![Message::new(Role::User, "a".repeat(8_000))],
        ..request()
    }
}

async fn provider_for(replies: &[Reply], adjust: impl FnOnce(&mut Endpoint)) -> (Server, Provider) {
    let server = Server::start(replies).await;
    let mut endpoint = endpoint(server.port);
    adjust(&mut endpoint);
    (server, Provider::new(endpoint).unwrap())
}

/// What holds the next request; it is stopped as soon as it has said so.
async fn next_wait(provider: &Provider, request: &Request) -> Option<Wait> {
    let is_held = |event: &StreamEvent| matches!(event, StreamEvent::Queued(_));
    let told = stop_at(provider, request, is_held).await;
    told.waits().first().copied()
}

fn waits_for(unit: Unit) -> impl Fn(Option<Wait>) -> bool {
    move |wait| matches!(wait, Some(Wait { held: Held::Quota { unit: held, .. }, .. }) if held == unit)
}

#[tokio::test]
async fn the_429_of_a_last_attempt_holds_the_others_back_too() {
    let (_server, provider) = provider_for(&[busy("retry-after: 2\r\n")], |e| {
        e.retry.max_retries = 0;
    })
    .await;
    ask(&provider, &request()).await.failed();
    let wait = next_wait(&provider, &request()).await.expect("a wait");
    assert_eq!(wait.held, Held::Refused);
    let left = wait.left.unwrap().as_secs_f64();
    assert!((1.5..3.2).contains(&left), "{left} s");
}

#[tokio::test]
async fn a_429_holds_the_others_back_when_the_pool_of_retries_is_empty() {
    let mut replies = vec![busy(""); 11];
    replies.push(busy("retry-after: 2\r\n"));
    let (server, provider) = provider_for(&replies, |e| e.retry.max_retries = 20).await;
    for requests in [11, 12] {
        ask(&provider, &request()).await.failed();
        assert_eq!(server.requests().len(), requests);
    }
    let wait = next_wait(&provider, &request()).await.expect("a wait");
    assert_eq!(wait.held, Held::Refused);
    assert!(
        wait.left.unwrap() > Duration::from_millis(1_500),
        "{wait:?}"
    );
}

#[tokio::test]
async fn after_a_429_that_asks_for_too_long_the_others_are_told_the_time_at_once() {
    let (server, provider) = provider_for(&[busy("retry-after: 3600\r\n")], |_| ()).await;
    ask(&provider, &request()).await.failed();
    let told = ask(&provider, &request()).await;
    let failure = told.failed();
    assert_eq!(failure.kind, FailureKind::Quota);
    assert_eq!(
        failure.message,
        "not sent: a request with the same key was refused (429), not waiting longer than 60 s"
    );
    assert_eq!(failure.remedy, "works again in 60 min");
    assert!(failure.again.unwrap() > Duration::from_mins(59));
    assert_eq!(server.requests().len(), 1);
    let other = Request {
        model: "other".to_owned(),
        ..request()
    };
    ask(&provider, &other).await.failed();
    assert_eq!(server.requests().len(), 2, "another model counts by itself");
}

#[tokio::test]
async fn after_the_longest_wait_one_request_sees_whether_a_server_still_wants_none() {
    let replies = [busy("retry-after: 3600\r\n"), Reply::stream(ANSWER)];
    let (server, provider) = provider_for(&replies, |e| {
        e.caps.retry_after = Duration::from_millis(100);
    })
    .await;
    ask(&provider, &request()).await.failed();
    let told = loop {
        let told = ask(&provider, &request()).await;
        if server.requests().len() == 2 {
            break told;
        }
        assert!(told.failed().message.starts_with("not sent:"));
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(told.end().state, EndState::Complete);
}

#[tokio::test]
async fn the_longest_waits_there_are_do_no_harm() {
    let (_server, provider) = provider_for(&[Reply::stream(ANSWER)], |e| {
        (e.rpm, e.max_wait) = (Some(1), Some(Duration::MAX));
    })
    .await;
    ask(&provider, &request()).await;
    let wait = next_wait(&provider, &request()).await;
    assert!(waits_for(Unit::Requests)(wait), "{wait:?}");

    let far = busy("retry-after: 9300000000000000000\r\n");
    let (_server, provider) = provider_for(&[far], |e| e.max_wait = Some(Duration::MAX)).await;
    let is_retry = |event: &StreamEvent| matches!(event, StreamEvent::Retry { .. });
    stop_at(&provider, &request(), is_retry).await;
    let wait = next_wait(&provider, &request()).await.expect("a wait");
    assert_eq!(wait.held, Held::Refused);
}

#[tokio::test]
async fn a_stop_before_the_first_byte_has_used_its_request_and_its_prompt() {
    for (rpm, tpm, unit) in [
        (Some(1), None, Unit::Requests),
        (None, Some(4_000), Unit::Tokens),
    ] {
        let (server, provider) = provider_for(&[Reply::default().stall()], |e| {
            (e.rpm, e.tpm) = (rpm, tpm);
        })
        .await;
        let (cancel, question) = (CancellationToken::new(), long());
        let stopping = async {
            server.asked(1).await;
            cancel.cancel();
        };
        tokio::join!(ask_until(&provider, &question, &cancel), stopping);
        let wait = next_wait(&provider, &question).await;
        assert!(waits_for(unit)(wait), "{wait:?}");
    }
}

#[tokio::test]
async fn what_never_left_costs_nothing() {
    // Nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    // No TLS is spoken there.
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain_port = plain.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = plain.accept().await {
            let _ = socket.write_all(b"220 mail\r\n").await;
        }
    });
    let no_key = std::path::PathBuf::from("/nowhere/key");
    let cases: [&dyn Fn(&mut Endpoint); 3] = [
        &|_| (),
        &|e| e.base = BaseUrl::parse(&format!("https://127.0.0.1:{plain_port}")).unwrap(),
        &|e| e.auth = Auth::Key(KeySource::File(no_key.clone())),
    ];
    for (n, adjust) in cases.iter().enumerate() {
        let mut endpoint = endpoint(free);
        (endpoint.rpm, endpoint.tpm) = (Some(1), Some(600));
        endpoint.retry.max_retries = 0;
        adjust(&mut endpoint);
        let provider = Provider::new(endpoint).unwrap();
        for _ in 0..3 {
            let told = ask(&provider, &request()).await;
            assert_eq!(told.waits(), [], "case {n}: {:?}", told.events);
            told.failed();
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_stopped_has_used_what_had_come() {
    let text = "a".repeat(7_000);
    let delta = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n");
    let tpm = |e: &mut Endpoint| e.tpm = Some(2_000);
    // The prompt takes 67 and the text 1,750: of 2,000 tokens 183 are left, and the next reserves 579.
    let (_server, provider) = provider_for(&[Reply::stream(&delta).stall()], tpm).await;
    let is_text = |event: &StreamEvent| matches!(event, StreamEvent::Delta(_));
    let told = stop_at(&provider, &request(), is_text).await;
    assert_eq!(told.end().state, EndState::Stopped);
    let wait = next_wait(&provider, &request()).await;
    assert!(waits_for(Unit::Tokens)(wait), "{wait:?}");

    // The same where time is up.
    let (_server, provider) = provider_for(&[Reply::stream(&delta).stall()], |e| {
        tpm(e);
        e.timeouts.total = Some(Duration::from_secs(1));
    })
    .await;
    ask(&provider, &request()).await.cut_short();
    let wait = next_wait(&provider, &request()).await;
    assert!(waits_for(Unit::Tokens)(wait), "{wait:?}");
}

#[tokio::test]
async fn a_prompt_that_was_taken_counts_and_one_that_was_refused_does_not() {
    let tpm = |e: &mut Endpoint| {
        (e.tpm, e.retry.max_retries) = (Some(4_000), 0);
    };
    let (_server, provider) = provider_for(&[Reply::stream("").stall()], tpm).await;
    let is_accepted = |event: &StreamEvent| matches!(event, StreamEvent::Accepted { .. });
    stop_at(&provider, &long(), is_accepted).await;
    let wait = next_wait(&provider, &long()).await;
    assert!(waits_for(Unit::Tokens)(wait), "{wait:?}");

    for status in ["400 X", "500 X"] {
        let (_server, provider) = provider_for(&[Reply::status(status, "", "")], tpm).await;
        for _ in 0..3 {
            let told = ask(&provider, &long()).await;
            assert_eq!(told.waits(), [], "{status}");
        }
    }
}

#[tokio::test]
async fn the_time_for_everything_begins_when_the_request_is_sent() {
    let slow = Reply::default()
        .pause(300)
        .then("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n");
    let (_server, provider) = provider_for(&[slow.then(ANSWER)], |e| {
        e.max_in_flight = 1;
        e.timeouts.total = Some(Duration::from_millis(1_500));
    })
    .await;
    let question = request();
    let answers = (0..7).map(|_| ask(&provider, &question));
    for told in futures_util::future::join_all(answers).await {
        assert_eq!(told.end().state, EndState::Complete);
    }
}
