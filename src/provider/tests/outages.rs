//! Endpoints that are down, come back, or fall silent while the machine sleeps.

use std::sync::atomic::{AtomicU64, Ordering};

use super::server::{Reply, Server};
use super::*;
use crate::chat::{Connection, Step};

const PART: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"part\"}}]}\n\n";

/// A provider without retries that takes three failures for an outage.
fn breaking(port: u16, pause: Duration) -> Provider {
    breaking_with(port, pause, |_| ())
}

fn breaking_with(port: u16, pause: Duration, adjust: impl FnOnce(&mut Endpoint)) -> Provider {
    let mut endpoint = endpoint(port);
    adjust(&mut endpoint);
    endpoint.retry.max_retries = 0;
    endpoint.breaker = BreakerPolicy {
        failures: 3,
        within: Duration::from_secs(30),
        pause,
    };
    Provider::new(endpoint).unwrap()
}

fn busy() -> Reply {
    Reply::json("503 Busy", "{}")
}

fn hello() -> Reply {
    Reply::stream(PART.to_owned() + FINISH)
}

#[test]
fn that_the_machine_slept_is_no_sign_of_an_outage() {
    let breaker = breaker::Breaker::new(BreakerPolicy {
        failures: 1,
        within: Duration::from_secs(30),
        pause: Duration::from_mins(1),
    });
    let place = transport::Place {
        server: "api.test:443".to_owned(),
        proxy: None,
        connect: Duration::from_secs(10),
        is_tls: false,
    };
    let slept = place.overslept();
    assert!(slept.may_repeat());
    breaker.failed(&slept);
    assert!(matches!(breaker.admit(), breaker::Door::Open));
    breaker.failed(&Error::Timeout {
        message: "no reply".to_owned(),
        again: true,
    });
    assert!(!matches!(breaker.admit(), breaker::Door::Open));
}

#[tokio::test]
async fn what_fails_again_and_again_is_not_asked_for_a_while() {
    let server = Server::start(&[busy()]).await;
    let provider = breaking(server.port, Duration::from_mins(1));
    for _ in 0..3 {
        let told = ask(&provider, &request()).await;
        expect(told.failed(), FailureKind::Server, &["503"]);
    }
    let told = ask(&provider, &request()).await;
    let named = format!("127.0.0.1:{} is down", server.port);
    expect(
        told.failed(),
        FailureKind::Down,
        &[&named, "next try in 60 s"],
    );
    assert_eq!(server.requests().len(), 3, "it was not sent");
    assert!(
        !told
            .events
            .iter()
            .any(|e| matches!(e, StreamEvent::Sent { .. }))
    );
    assert!(told.failed().again.is_some());
}

#[tokio::test]
async fn after_the_pause_one_request_tries_and_closes_it_when_all_is_well() {
    let server = Server::start(&[busy(), busy(), busy(), busy(), hello()]).await;
    let provider = breaking(server.port, Duration::from_millis(200));
    for _ in 0..3 {
        ask(&provider, &request()).await;
    }
    let down = |told: &Told| told.failed().kind == FailureKind::Down;
    assert!(down(&ask(&provider, &request()).await));
    tokio::time::sleep(Duration::from_millis(250)).await;
    let told = ask(&provider, &request()).await;
    expect(told.failed(), FailureKind::Server, &["503"]);
    assert!(down(&ask(&provider, &request()).await), "it is open again");
    tokio::time::sleep(Duration::from_millis(250)).await;
    assert_eq!(ask(&provider, &request()).await.content(), "part");
    assert_eq!(ask(&provider, &request()).await.content(), "part");
}

#[tokio::test]
async fn those_that_come_while_one_tries_wait_for_what_it_finds() {
    let slow = Reply::stream(PART).pause(300).then(FINISH);
    let server = Server::start(&[busy(), busy(), busy(), slow, hello()]).await;
    let provider = breaking(server.port, Duration::from_mins(1));
    for _ in 0..3 {
        ask(&provider, &request()).await;
    }
    provider.try_now();
    let asked = request();
    let all = futures_util::future::join_all((0..4).map(|_| ask(&provider, &asked))).await;
    for told in all {
        assert_eq!(told.content(), "part");
    }

    let server = Server::start(&[busy()]).await;
    let provider = breaking(server.port, Duration::from_mins(1));
    for _ in 0..3 {
        ask(&provider, &asked).await;
    }
    provider.try_now();
    let all = futures_util::future::join_all((0..4).map(|_| ask(&provider, &asked))).await;
    assert_eq!(server.requests().len(), 4, "one tried for all");
    let down = |told: &&Told| told.failed().kind == FailureKind::Down;
    assert_eq!(all.iter().filter(down).count(), 3);
}

#[tokio::test]
async fn when_the_one_that_tries_is_stopped_the_next_one_tries() {
    let silent = Reply::default().stall();
    let server = Server::start(&[busy(), busy(), busy(), silent, hello()]).await;
    let provider = breaking(server.port, Duration::from_mins(1));
    for _ in 0..3 {
        ask(&provider, &request()).await;
    }
    provider.try_now();
    let (first, cancel) = (request(), CancellationToken::new());
    let second = request();
    let trying = ask_until(&provider, &first, &cancel);
    let then = async {
        server.asked(4).await;
        let waiting = ask(&provider, &second);
        let stopping = async {
            tokio::task::yield_now().await;
            cancel.cancel();
        };
        tokio::join!(waiting, stopping).0
    };
    let (stopped, told) = tokio::join!(trying, then);
    let server = format!("127.0.0.1:{}", server.port);
    let behind = StreamEvent::Step(Step::Behind { server });
    assert!(told.events.contains(&behind), "{:?}", told.events);
    assert_eq!(stopped.end().state, EndState::Stopped);
    assert_eq!(told.content(), "part");
}

#[tokio::test]
async fn who_finds_out_for_others_does_not_wait_for_a_quota_meanwhile() {
    let server = Server::start(&[busy(), busy(), busy(), hello()]).await;
    let provider = breaking_with(server.port, Duration::from_mins(1), |e| e.rpm = Some(3));
    for _ in 0..3 {
        ask(&provider, &request()).await;
    }
    provider.try_now();
    let is_held = |event: &StreamEvent| matches!(event, StreamEvent::Queued(_));
    let other = Request {
        model: "other".to_owned(),
        ..request()
    };
    let (same, cancel) = (request(), CancellationToken::new());
    let held = ask_until(&provider, &same, &cancel);
    let asking = async {
        let told = ask(&provider, &other).await;
        cancel.cancel();
        told
    };
    let (held, told) = tokio::join!(held, asking);
    assert!(held.events.iter().any(is_held));
    assert_eq!(told.content(), "part");
}

#[tokio::test]
async fn who_finds_out_for_others_and_they_do_not_wait_for_each_other() {
    let kept = || Reply::raw("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").keep();
    let stale = Reply::default().reset();
    let server = Server::start(&[kept(), kept(), kept(), stale, hello()]).await;
    let provider = breaking_with(server.port, Duration::from_mins(1), |e| e.max_in_flight = 1);
    for _ in 0..3 {
        ask(&provider, &request()).await;
    }
    provider.try_now();
    let (first, second) = (request(), request());
    let both = async { tokio::join!(ask(&provider, &first), ask(&provider, &second)) };
    let both = tokio::time::timeout(Duration::from_secs(20), both).await;
    let (first, second) = both.expect("they end");
    assert_eq!(first.retries(), [(None, Duration::ZERO)], "it was stale");
    assert_eq!(
        (first.content(), second.content()),
        ("part".into(), "part".into())
    );
}

#[tokio::test]
async fn a_person_need_not_wait() {
    let server = Server::start(&[busy(), busy(), busy(), hello()]).await;
    let provider = breaking(server.port, Duration::from_mins(1));
    for _ in 0..4 {
        ask(&provider, &request()).await;
    }
    provider.try_now();
    assert_eq!(ask(&provider, &request()).await.content(), "part");
}

#[tokio::test]
async fn only_what_says_that_it_is_down_counts() {
    for reply in [
        Reply::json("400 Bad", "{}"),
        Reply::json("401 No", "{}"),
        Reply::json("429 Slow", "{}"),
        Reply::stream(PART).reset(),
    ] {
        let server = Server::start(&[reply]).await;
        let provider = breaking(server.port, Duration::from_mins(1));
        for _ in 0..4 {
            let told = ask(&provider, &request()).await;
            let failure = told.end().state.failure().map(|f| f.kind);
            assert_ne!(failure, Some(FailureKind::Down));
        }
    }
}

#[tokio::test]
async fn an_outage_does_not_take_the_retries_of_who_is_under_way() {
    let server = Server::start(&[busy()]).await;
    let mut endpoint = endpoint(server.port);
    endpoint.breaker = BreakerPolicy {
        failures: 2,
        ..BreakerPolicy::default()
    };
    let provider = Provider::new(endpoint).unwrap();
    let told = ask(&provider, &request()).await;
    assert_eq!(told.retries().len(), 4);
    expect(told.failed(), FailureKind::Server, &["503", "5 attempts"]);
}

#[tokio::test]
async fn offline_and_back_works_without_a_restart() {
    let server = Server::start(&[hello()]).await;
    let port = server.port;
    drop(server);
    let provider = breaking(port, Duration::from_mins(1));
    let mut last = FailureKind::Internal;
    for _ in 0..5 {
        // The port is let go of when the task of the server is gone.
        last = ask(&provider, &request())
            .await
            .end()
            .state
            .failure()
            .map_or(FailureKind::Internal, |f| f.kind);
    }
    assert_eq!(last, FailureKind::Down);
    let models = Reply::raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").keep();
    let _back = Server::at(port, &[models, hello()]).await;
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    let told = ask(&provider, &request()).await;
    assert_eq!(told.content(), "part", "{:?}", told.events);
}

#[tokio::test]
async fn whoever_replies_is_there_though_the_rest_does_not_come() {
    let unfinished = Reply::raw("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}").stall();
    let server = Server::start(&[unfinished]).await;
    let provider = Provider::new(endpoint(server.port)).unwrap();
    assert!(provider.inner.warm().await);
}

#[tokio::test]
async fn a_connection_that_was_opened_ahead_is_used() {
    let models = Reply::raw("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").keep();
    let body = PART.to_owned() + FINISH;
    let server = Server::start(&[models, Reply::kept(&body)]).await;
    let provider = Provider::new(endpoint(server.port)).unwrap();
    provider.warm().await;
    let told = ask(&provider, &request()).await;
    assert_eq!(told.end().connection, Some(Connection::Reused));
    assert_eq!(server.connections(), 1);
    let warming = server.requests().remove(0);
    assert!(warming.starts_with("GET "), "{warming}");
}

/// A wall clock that a test moves on, while the other one goes as it does.
fn sleeper(port: u16) -> (Provider, impl Fn()) {
    let begun = tokio::time::Instant::now();
    let slept = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&slept);
    let mut endpoint = endpoint(port);
    endpoint.retry.max_retries = 0;
    endpoint.timeouts.first = Duration::from_mins(1);
    endpoint.wall = Some(Wall::new(move || {
        begun.elapsed() + Duration::from_secs(clock.load(Ordering::Relaxed))
    }));
    let nap = move || {
        slept.fetch_add(3_600, Ordering::Relaxed);
    };
    (Provider::new(endpoint).unwrap(), nap)
}

#[tokio::test]
async fn a_stream_that_died_while_the_machine_slept_is_cut_short_within_seconds() {
    let server = Server::start(&[Reply::stream(PART).stall()]).await;
    let (provider, nap) = sleeper(server.port);
    let begun = tokio::time::Instant::now();
    let told = ask_and(&provider, &request(), &CancellationToken::new(), |event| {
        if matches!(event, StreamEvent::Delta(_)) {
            nap();
        }
    })
    .await;
    expect(
        told.cut_short(),
        FailureKind::Timeout,
        &["while the machine slept"],
    );
    assert_eq!(told.content(), "part");
    assert!(
        begun.elapsed() < Duration::from_secs(7),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_stream_that_survived_the_sleep_flows_on() {
    let reply = Reply::stream(PART)
        .pause(2_500)
        .then(PART)
        .pause(4_000)
        .then(FINISH);
    let server = Server::start(&[reply]).await;
    let (provider, nap) = sleeper(server.port);
    let told = ask_and(&provider, &request(), &CancellationToken::new(), |event| {
        if matches!(event, StreamEvent::Accepted { .. }) {
            nap();
        }
    })
    .await;
    assert_eq!(told.end().state, EndState::Complete);
    assert_eq!(told.content(), "partpart");
}

#[tokio::test]
async fn a_reply_that_never_came_after_a_sleep_is_asked_for_again() {
    let server = Server::start(&[Reply::default().stall(), hello()]).await;
    let (provider, nap) = sleeper(server.port);
    let mut endpoint = provider.endpoint().clone();
    endpoint.retry.max_retries = 1;
    let provider = Provider::new(endpoint).unwrap();
    let told = ask_and(&provider, &request(), &CancellationToken::new(), |event| {
        if matches!(event, StreamEvent::Sent { number: 1 }) {
            nap();
        }
    })
    .await;
    assert_eq!(told.content(), "part");
    assert_eq!(told.retries().len(), 1);
}
