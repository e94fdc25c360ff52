//! What is tried again, how long is waited, and what stays within bounds when many fail together.

use super::life::delta;
use super::server::{Reply, Server};
use super::*;

const ANSWER: &str = include_str!("../../../tests/data/wire/plain.sse");

fn busy(headers: &str) -> Reply {
    let body = r#"{"message":"Requests per minute limit exceeded","type":"too_many_requests_error","code":"request_quota_exceeded"}"#;
    Reply::status("429 Too Many Requests", headers, body)
}

#[tokio::test]
async fn a_rate_that_is_said_inside_a_stream_is_one() {
    for error in [
        r#"{"error":{"message":"slow","code":"rate_limit_exceeded","status_code":429}}"#,
        r#"{"error":{"message":"slow","code":"rate_limit_exceeded"}}"#,
        r#"{"message":"slow","type":"too_many_requests_error","code":"request_quota_exceeded"}"#,
    ] {
        let error = Reply::stream(format!("data: {error}\n\ndata: [DONE]\n\n"));
        let told = play(error.clone()).await;
        expect(
            told.failed(),
            FailureKind::Quota,
            &["the provider says: slow", "works again soon"],
        );
        let answer = Reply::stream(delta("a") + FINISH);
        let told = play_with(&[error, answer], |_| ()).await;
        assert_eq!(told.end().state, EndState::Complete);
        assert!(matches!(told.retries()[..], [(Some(429), _)]));
    }
    let late = r#"data: {"error":{"message":"slow","code":"rate_limit_exceeded"}}"#;
    let late = Reply::stream(format!("{}{late}\n\n", delta("part")));
    let told = play_with(&[late], |_| ()).await;
    expect(told.cut_short(), FailureKind::Quota, &["slow"]);
    assert_eq!(told.retries(), []);
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    for status in [408, 409, 429, 500, 502, 503, 504, 529] {
        let replies = [
            Reply::status(&format!("{status} X"), "", ""),
            Reply::stream(ANSWER),
        ];
        let told = play_with(&replies, |_| {}).await;
        assert_eq!(told.end().state, EndState::Complete, "{status}");
        let [(Some(seen), wait)] = told.retries()[..] else {
            panic!("{:?}", told.events);
        };
        assert_eq!(seen, status);
        assert!(wait <= Duration::from_millis(1));
        assert!(told.events.contains(&StreamEvent::Sent { number: 2 }));
    }
    for broken in [
        Reply::default(),
        Reply::default().reset(),
        Reply::stream("").reset(),
    ] {
        let told = play_with(&[broken, Reply::stream(ANSWER)], |_| {}).await;
        assert_eq!(
            (&told.end().state, told.retries().len()),
            (&EndState::Complete, 1)
        );
    }
}

#[tokio::test]
async fn what_cannot_pass_is_not() {
    for status in [400, 401, 402, 403, 404, 405, 413, 422, 501, 505] {
        let replies = [
            Reply::status(&format!("{status} X"), "", ""),
            Reply::stream(ANSWER),
        ];
        let told = play_with(&replies, |_| {}).await;
        assert_eq!(
            (told.failed().status, told.retries().len()),
            (Some(status), 0)
        );
    }
    let part = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    let told = play_with(
        &[Reply::stream(part).reset(), Reply::stream(ANSWER)],
        |_| {},
    )
    .await;
    assert_eq!((told.content().as_str(), told.retries().len()), ("a", 0));
}

#[tokio::test]
async fn silence_before_any_reply_is_tried_again() {
    let told = play_with(&[Reply::default().stall(), Reply::stream(ANSWER)], |e| {
        e.timeouts.first = Duration::from_millis(100);
    })
    .await;
    assert_eq!(
        (&told.end().state, told.retries().len()),
        (&EndState::Complete, 1)
    );
    assert!(told.end().waited >= Duration::from_millis(100) && told.end().e2e < told.end().waited);
}

#[tokio::test]
async fn retries_end_and_say_how_many_there_were() {
    let told = play_with(&[Reply::status("503 X", "", "")], |e| {
        e.retry.max_retries = 2;
    })
    .await;
    expect(told.failed(), FailureKind::Server, &["503", "(3 attempts)"]);
    let numbers: Vec<_> = told
        .events
        .iter()
        .filter_map(|e| match e {
            StreamEvent::Retry { next, most, .. } => Some((*next, *most)),
            _ => None,
        })
        .collect();
    assert_eq!(numbers, [(2, 3), (3, 3)]);
}

#[tokio::test]
async fn the_servers_wish_is_honoured_up_to_the_cap() {
    let told = play_with(
        &[busy("retry-after-ms: 40\r\n"), Reply::stream(ANSWER)],
        |_| {},
    )
    .await;
    let wait = told.retries()[0].1;
    assert!((0.04..1.04).contains(&wait.as_secs_f64()), "{wait:?}");

    for headers in [
        "retry-after: 61\r\n",
        "date: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after: Sun, 06 Nov 1994 09:49:37 GMT\r\n",
    ] {
        let told = play_with(&[busy(headers), Reply::stream(ANSWER)], |_| {}).await;
        expect(
            told.failed(),
            FailureKind::Quota,
            &[
                "429: Requests per minute limit",
                "not waiting longer than 60 s",
                "works again in",
            ],
        );
        assert_eq!(told.retries(), []);
    }
    let told = play_with(&[busy("retry-after: 240\r\n")], |e| {
        e.max_wait = Some(Duration::from_secs(1));
    })
    .await;
    expect(told.failed(), FailureKind::Quota, &["works again in 4 min"]);
    let told = play(busy("retry-after: 99999999999999999999999\r\n")).await;
    expect(
        told.failed(),
        FailureKind::Quota,
        &["/ the server names no time that can be believed"],
    );
    assert_eq!(told.failed().again, None);
    for absurd in [
        "retry-after: -4\r\n",
        "retry-after: soon\r\n",
        "retry-after: 0\r\n",
    ] {
        let told = play_with(&[busy(absurd), Reply::stream(ANSWER)], |_| {}).await;
        assert_eq!(told.end().state, EndState::Complete, "{absurd}");
    }
}

#[tokio::test]
async fn a_full_token_bucket_advises_to_reserve_less() {
    let body = r#"{"message":"Tokens per minute limit exceeded","type":"too_many_tokens_error","code":"token_quota_exceeded"}"#;
    let reply = Reply::status("429 X", "retry-after: 90\r\n", body);
    let told = play_with(&[reply], |_| {}).await;
    expect(
        told.failed(),
        FailureKind::Quota,
        &[
            "lower max_completion_tokens (now 512)",
            "works again in 90 s",
        ],
    );
    let reply = Reply::status("429 X", "x-ratelimit-limit-tokens-minute: 300\r\n", body);
    let told = play_with(&[reply], |_| {}).await;
    expect(
        told.failed(),
        FailureKind::Quota,
        &["more than the whole quota"],
    );
    assert_eq!(told.retries(), []);
}

#[tokio::test]
async fn a_kept_connection_that_went_stale_costs_nothing() {
    let server = Server::start(&[
        Reply::kept(ANSWER),
        Reply::default().reset(),
        Reply::stream(ANSWER),
    ])
    .await;
    let mut endpoint = endpoint(server.port);
    endpoint.retry.max_retries = 0;
    let provider = Provider::new(endpoint).unwrap();
    ask(&provider, &request()).await;
    let told = ask(&provider, &request()).await;
    assert_eq!(told.end().state, EndState::Complete);
    assert_eq!(told.retries(), [(None, Duration::ZERO)]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_changed_key_is_read_again_after_a_401() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    let write = |key: &str| {
        std::fs::write(&path, key).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    write("csk-canary-old");
    let rejected = Reply::json("401 Unauthorized", "{}");
    let server = Server::start(&[
        Reply::stream(ANSWER),
        rejected.clone(),
        Reply::stream(ANSWER),
        rejected,
    ])
    .await;
    let mut endpoint = endpoint(server.port);
    endpoint.auth = Auth::Key(KeySource::File(path.clone()));
    let provider = Provider::new(endpoint).unwrap();
    assert_eq!(
        ask(&provider, &request()).await.end().state,
        EndState::Complete
    );
    write("csk-canary-new");
    let told = ask(&provider, &request()).await;
    assert_eq!(told.end().state, EndState::Complete);
    assert_eq!(told.retries(), [(Some(401), Duration::ZERO)]);
    assert!(server.requests()[1].contains("csk-canary-old"));
    assert!(server.requests()[2].contains("csk-canary-new"));
    let told = ask(&provider, &request()).await;
    expect(told.failed(), FailureKind::Key, &["the file "]);
    assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn many_that_fail_together_stay_within_the_pool() {
    let server = Server::start(&[busy("")]).await;
    let mut endpoint = endpoint(server.port);
    endpoint.max_in_flight = 64;
    let provider = Provider::new(endpoint).unwrap();
    let asking = (0..32).map(|_| {
        let provider = provider.clone();
        tokio::spawn(async move { ask(&provider, &request()).await })
    });
    for asked in futures_util::future::join_all(asking).await {
        expect(asked.unwrap().failed(), FailureKind::Quota, &["429"]);
    }
    let requests = server.requests().len();
    assert!(requests <= 32 + 10, "{requests} requests");
}

#[tokio::test]
async fn one_429_holds_the_others_back() {
    let server = Server::start(&[busy("retry-after-ms: 300\r\n"), Reply::stream(ANSWER)]).await;
    let provider = Provider::new(endpoint(server.port)).unwrap();
    let (question, cancel) = (request(), CancellationToken::new());
    let closed = tokio::sync::Notify::new();
    let see = |event: &StreamEvent| {
        if matches!(event, StreamEvent::Retry { .. }) {
            closed.notify_one();
        }
    };
    let late = async {
        closed.notified().await;
        let began = tokio::time::Instant::now();
        (ask(&provider, &question).await, began.elapsed())
    };
    let (first, (second, waited)) = tokio::join!(ask_and(&provider, &question, &cancel, see), late);
    assert_eq!(
        (&first.end().state, &second.end().state),
        (&EndState::Complete, &EndState::Complete)
    );
    let [wait] = second.waits()[..] else {
        panic!("{:?}", second.events);
    };
    assert_eq!(wait.held, Held::Refused);
    let left = wait.left.unwrap();
    assert!(left > Duration::from_millis(150), "{left:?}");
    assert!(waited >= Duration::from_millis(150), "{waited:?}");
}

#[tokio::test]
async fn a_wait_before_an_attempt_that_never_goes_out_is_no_requests_time() {
    let server = Server::start(&[Reply::json("503 Busy", "{}")]).await;
    let mut slow = endpoint(server.port);
    slow.retry.initial_delay = Duration::from_mins(1);
    slow.retry.max_delay = Duration::from_mins(1);
    let provider = Provider::new(slow).unwrap();
    let told = stop_at(&provider, &request(), |event| {
        matches!(event, StreamEvent::Retry { .. })
    })
    .await;
    assert_eq!(told.end().state, EndState::Stopped);
    assert_eq!(told.end().e2e, Duration::ZERO);
    assert!(!told.end().waited.is_zero());
}
