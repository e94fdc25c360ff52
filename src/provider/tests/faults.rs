//! What servers and networks do wrong, and what is said about it. Answers that refuse are `refusals`'.

use super::server::{Reply, Server};
use super::*;

const PART: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"part\"}}]}\n\n";

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Server::start(&[Reply::stream(FINISH)]).await;
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let to = format!("location: http://localhost:{}/x?k=1\r\n", other.port);
        let failure = play(Reply::status(status, &to, "")).await.failed().clone();
        let named = format!("redirect to localhost:{} not followed", other.port);
        expect(&failure, FailureKind::Redirect, &[&named]);
        assert_eq!(
            failure.status.map(|s| s.to_string()).as_deref(),
            status.get(..3)
        );
    }
    assert_eq!(other.connections(), 0);
    expect(
        play(Reply::status("304 X", "", "")).await.failed(),
        FailureKind::Redirect,
        &["304 and no address to go on to", "set base_url"],
    );
}

#[tokio::test]
async fn white_space_before_an_answer_means_nothing() {
    for space in [" ", "\r\n ", "\t\n\n"] {
        let body = format!("{space}{PART}{FINISH}");
        let whole = play(Reply::stream(body)).await;
        assert_eq!(whole.content(), "part", "{space:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_named() {
    let page = Reply::status(
        "200 OK",
        "content-type: text/html\r\n",
        "<!doctype html><html>login",
    );
    expect(
        play(page).await.failed(),
        FailureKind::Malformed,
        &["not an event stream but an HTML page", "login page"],
    );
    let page = Reply::stream("\n <html>login");
    expect(
        play(page).await.failed(),
        FailureKind::Malformed,
        &["an HTML page"],
    );
    let text = Reply::status(
        "200 OK",
        "content-type: image/png\r\n",
        b"\x89PNG\n\n".as_slice(),
    );
    expect(
        play(text).await.failed(),
        FailureKind::Malformed,
        &["not an event stream but image/png"],
    );
    let nothing = play(Reply::status("204 No Content", "", "")).await;
    expect(
        nothing.failed(),
        FailureKind::Malformed,
        &["not an event stream"],
    );
    assert_eq!(nothing.failed().status, Some(204));
    let json = Reply::json("200 OK", "{\"half\":");
    expect(
        play(json).await.failed(),
        FailureKind::Malformed,
        &["no JSON that can be read"],
    );
    let json = Reply::stream("{\"half\":");
    expect(
        play(json).await.failed(),
        FailureKind::Malformed,
        &["no JSON that can be read"],
    );
    expect(
        play(Reply::json("200 OK", "{}")).await.failed(),
        FailureKind::Empty,
        &["no choices"],
    );
    let coded = Reply::status(
        "200 OK",
        "content-type: text/event-stream\r\ncontent-encoding: gzip\r\n",
        PART,
    );
    expect(
        play(coded).await.failed(),
        FailureKind::Malformed,
        &["compressed answer not asked for"],
    );
    let unlabelled = Reply::stream(b"\x1f\x8b\x08\x00".as_slice());
    expect(
        play(unlabelled).await.failed(),
        FailureKind::Malformed,
        &["compressed answer not asked for"],
    );
    let labelled = Reply::status(
        "200 OK",
        "content-encoding: identity\r\n",
        PART.to_owned() + FINISH,
    );
    assert_eq!(play(labelled).await.end().state, EndState::Complete);
}

#[tokio::test]
async fn a_broken_protocol_is_named() {
    expect(
        play(Reply::raw("SSH-2.0-x\r\n")).await.failed(),
        FailureKind::Malformed,
        &["does not answer in HTTP"],
    );
    let many = "x-more: 1\r\n".repeat(200);
    expect(
        play(Reply::status("200 OK", &many, PART)).await.failed(),
        FailureKind::Malformed,
        &["the headers of the reply are too large"],
    );
    let long = format!("x-long: {}\r\n", "a".repeat(80 << 10));
    expect(
        play(Reply::status("200 OK", &long, PART)).await.failed(),
        FailureKind::Malformed,
        &["headers"],
    );
    let odd = "content-type: text/event-stream\r\ninference-id: a  b\r\n";
    let told = play(Reply::status(
        "200 \u{1b}[31mOK",
        odd,
        PART.to_owned() + FINISH,
    ))
    .await;
    if told.end().state == EndState::Complete {
        assert_eq!(told.end().request_id.as_deref(), Some("a b"));
    } else {
        expect(told.failed(), FailureKind::Malformed, &["HTTP"]);
    }
}

#[tokio::test]
async fn a_giant_event_ends_the_stream_and_keeps_the_text() {
    for flood in ["data: x", ": ", "x"] {
        let told = play(Reply::stream(PART).then(flood).flood(vec![b'y'; 1 << 16])).await;
        expect(
            told.cut_short(),
            FailureKind::Malformed,
            &["event over 4 MiB"],
        );
        assert_eq!(told.content(), "part");
    }
}

#[tokio::test]
async fn endless_text_stops_at_its_bound() {
    let event = format!(
        "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n",
        "z".repeat(1 << 20)
    );
    let told = play(Reply::stream("").flood(event)).await;
    expect(
        told.cut_short(),
        FailureKind::Malformed,
        &["answer over 16 MiB"],
    );
    assert_eq!(told.content().len(), 16 << 20);
}

#[tokio::test]
async fn sixteen_unreadable_events_end_the_stream() {
    let told = play(Reply::stream(
        PART.to_owned() + &"data: oops\n\n".repeat(15) + FINISH,
    ))
    .await;
    assert_eq!(told.end().state, EndState::Damaged(15));
    let told = play(Reply::stream(PART).flood("data: oops\n\n")).await;
    expect(
        told.cut_short(),
        FailureKind::Malformed,
        &["16 unreadable events"],
    );
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_by_its_phase() {
    let told = play(Reply::default()).await;
    expect(
        told.failed(),
        FailureKind::Network,
        &["127.0.0.1:", "closed the connection before it replied"],
    );
    let told = play(Reply::default().reset()).await;
    expect(
        told.failed(),
        FailureKind::Network,
        &["reset the connection before it replied"],
    );
    let told = play(Reply::stream(PART.to_owned() + "data: {\"choi").reset()).await;
    expect(
        told.cut_short(),
        FailureKind::Network,
        &["reset the connection in the middle of the answer"],
    );
    assert_eq!(told.content(), "part");
    let chunked =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let told = play(Reply::raw(format!(
        "{chunked}{:x}\r\n{PART}\r\n5\r\nda",
        PART.len()
    )))
    .await;
    expect(
        told.cut_short(),
        FailureKind::Network,
        &["closed the connection in the middle"],
    );
    let told = play(Reply::stream(PART.to_owned() + FINISH).reset()).await;
    assert_eq!(told.end().state, EndState::Complete);
}

#[tokio::test]
async fn nobody_there_is_told_by_host_and_port() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let mut closed = endpoint(port);
    closed.retry.max_retries = 0;
    let told = ask(&Provider::new(closed.clone()).unwrap(), &request()).await;
    let refuses = format!("127.0.0.1:{port} refuses the connection");
    expect(told.failed(), FailureKind::Network, &[&refuses]);
    closed.base = BaseUrl::parse("http://no-such-name.invalid:81").unwrap();
    closed.allow_http = true;
    let told = ask(&Provider::new(closed).unwrap(), &request()).await;
    expect(
        told.failed(),
        FailureKind::Network,
        &["cannot find no-such-name.invalid (DNS)"],
    );
}

#[tokio::test]
async fn a_handshake_with_something_else_is_a_tls_error() {
    let server = Server::start(&[Reply::raw("HTTP/1.1 400 Bad Request\r\n\r\n")]).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            use tokio::io::AsyncWriteExt;
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let mut plain = endpoint(server.port);
    plain.base = BaseUrl::parse(&format!("https://127.0.0.1:{port}")).unwrap();
    let told = ask(&Provider::new(plain).unwrap(), &request()).await;
    expect(
        told.failed(),
        FailureKind::Tls,
        &["127.0.0.1:", "what it sends is no TLS"],
    );
    assert_eq!(told.retries(), []);
}

#[tokio::test]
async fn every_wait_runs_out() {
    let quick = |e: &mut Endpoint| {
        e.retry.max_retries = 0;
        e.timeouts.first = Duration::from_millis(150);
        e.timeouts.idle = Duration::from_millis(100);
        e.timeouts.no_text = Duration::from_millis(300);
    };
    let told = play_with(&[Reply::default().stall()], quick).await;
    expect(
        told.failed(),
        FailureKind::Timeout,
        &["no reply from 127.0.0.1:", "within 0.15 s"],
    );
    let told = play_with(&[Reply::stream("").stall()], quick).await;
    let silent = ["replied 200 and then sent nothing within 0.15 s"];
    expect(told.failed(), FailureKind::Timeout, &silent);
    let told = play_with(&[Reply::stream(PART).stall()], quick).await;
    expect(
        told.cut_short(),
        FailureKind::Timeout,
        &["no data from 127.0.0.1:", "for 0.1 s"],
    );
    let told = play_with(&[Reply::stream(": ping\n\n").flood(": ping\n\n")], quick).await;
    expect(
        told.failed(),
        FailureKind::Timeout,
        &["alive but sent no text"],
    );
    let drip = (0..40).fold(Reply::stream(PART), |r, _| r.pause(30).then(":"));
    let told = play_with(&[drip], quick).await;
    expect(
        told.cut_short(),
        FailureKind::Timeout,
        &["alive but sent no text"],
    );
    let told = play_with(&[Reply::stream(PART).flood(PART)], |e| {
        e.timeouts.total = Some(Duration::from_millis(50));
    })
    .await;
    assert!(matches!(
        told.cut_short().kind,
        FailureKind::Timeout | FailureKind::Malformed
    ));
}

#[tokio::test]
async fn text_that_could_have_been_a_tag_is_text_when_time_is_over() {
    let held = "data: {\"choices\":[{\"delta\":{\"content\":\"<thi\"}}]}\n\n";
    let told = play_with(&[Reply::stream(held).stall()], |e| {
        e.timeouts.total = Some(Duration::from_millis(200));
    })
    .await;
    assert_eq!(told.cut_short().kind, FailureKind::Timeout);
    assert_eq!(told.content(), "<thi");
}

#[tokio::test]
async fn bytes_without_text_are_told_of_now_and_then() {
    let drip = |what: &'static str| async move {
        let begun = Reply::stream(PART);
        let some = (0..20).fold(begun, |r, _| r.pause(20).then(what));
        let many = (0..40).fold(some.then("\n\n").then(PART), |r, _| r.pause(40).then(what));
        play(many.then("\n\n").then(FINISH)).await
    };
    let empty = "data: {\"choices\":[{\"delta\":{}}]}\n\n";
    for told in futures_util::future::join_all([":", ": ping\n\n", empty].map(drip)).await {
        let times = told.events.iter().filter_map(|e| match e {
            StreamEvent::Delta(delta) => Some((false, delta.at)),
            StreamEvent::Alive { at } => Some((true, *at)),
            _ => None,
        });
        let times: Vec<_> = times.collect();
        assert!(times.iter().any(|(is_sign, _)| *is_sign), "{times:?}");
        for pair in times.windows(2) {
            let after = pair[1].1.saturating_sub(pair[0].1);
            assert!(!pair[1].0 || after >= Duration::from_secs(1), "{times:?}");
        }
    }
}

#[tokio::test]
async fn a_silent_handshake_runs_into_the_connect_timeout() {
    let server = Server::start(&[Reply::default().stall()]).await;
    let mut silent = endpoint(server.port);
    silent.base = BaseUrl::parse(&format!("https://127.0.0.1:{}", server.port)).unwrap();
    silent.timeouts.connect = Duration::from_millis(150);
    silent.retry.max_retries = 1;
    let told = ask(&Provider::new(silent).unwrap(), &request()).await;
    let message = format!(
        "127.0.0.1:{} is there and says nothing: no TLS within 0.15 s",
        server.port
    );
    expect(
        told.failed(),
        FailureKind::Timeout,
        &[&message, "(2 attempts)"],
    );
}

#[test]
fn an_endpoint_that_cannot_work_is_refused() {
    let check = |adjust: &dyn Fn(&mut Endpoint), part: &str| {
        let mut endpoint = endpoint(1);
        adjust(&mut endpoint);
        let error = Provider::new(endpoint).map(|_| ()).unwrap_err();
        assert!(
            matches!(error, Error::Setup { .. }) && error.to_string().contains(part),
            "{error}"
        );
    };
    let remote = |text: &str| BaseUrl::parse(text).unwrap();
    check(
        &|e| e.base = remote("http://example.com"),
        "is not encrypted",
    );
    check(
        &|e| e.headers = vec![("a b".to_owned(), String::new())],
        "\"a b\"",
    );
    check(
        &|e| e.headers = vec![("a".to_owned(), "x\ny".to_owned())],
        "cannot be sent",
    );
    check(
        &|e| e.ca_file = Some("/no/such/file.pem".into()),
        "ca_file /no/such/file.pem",
    );
    check(
        &|e| {
            e.base = remote("https://example.com");
            e.proxy = Some("http://user:pass word@[".to_owned());
        },
        "no usable address",
    );
}

#[test]
fn nothing_shows_a_key() {
    let mut endpoint = endpoint(1);
    endpoint.headers = vec![("x-api-key".to_owned(), CANARY.to_owned())];
    endpoint.proxy = Some(format!("http://user:{CANARY}@proxy.example:3128"));
    let shown = format!("{endpoint:?} {:?}", Provider::new(endpoint.clone()));
    assert!(
        !shown.contains("canary") && shown.contains("proxy.example:3128"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_proxy_that_refuses_is_named_without_its_password() {
    let proxy = Server::start(&[Reply::status("407 Proxy Authentication Required", "", "")]).await;
    let mut remote = endpoint(1);
    remote.base = BaseUrl::parse("https://example.invalid").unwrap();
    remote.proxy = Some(format!("http://user:secret@127.0.0.1:{}", proxy.port));
    let told = ask(&Provider::new(remote).unwrap(), &request()).await;
    let named = format!("the proxy 127.0.0.1:{} wants a user name", proxy.port);
    expect(told.failed(), FailureKind::Proxy, &[&named]);
    assert!(!format!("{:?}", told.events).contains("secret"));
    assert!(proxy.requests()[0].starts_with("CONNECT example.invalid:443 "));
}

/// Asks a server that only a proxy can reach.
async fn through(proxy: &str) -> Told {
    let mut remote = endpoint(1);
    remote.base = BaseUrl::parse("https://example.invalid").unwrap();
    remote.proxy = Some(proxy.to_owned());
    remote.retry.max_retries = 1;
    ask(&Provider::new(remote).unwrap(), &request()).await
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_named_and_tried_again() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let absent = free.local_addr().unwrap().to_string();
    drop(free);
    for (scheme, proxy) in [
        ("http", absent.as_str()),
        ("socks5h", absent.as_str()),
        ("http", "no-such-proxy.invalid:3128"),
    ] {
        let told = through(&format!("{scheme}://user:secret@{proxy}")).await;
        let named = format!("no connection to the proxy {proxy}: ");
        expect(
            told.failed(),
            FailureKind::Proxy,
            &[&named, "(2 attempts)", "`proxy` in the profile"],
        );
    }
}

#[tokio::test]
async fn a_proxy_that_answers_itself_may_want_a_login() {
    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n";
    let at_once = Reply::raw(format!("{page}<html>log in"));
    let later = Reply::raw(page).pause(20).then("<html>log in");
    for reply in [at_once, later] {
        let proxy = Server::start(&[reply]).await;
        let told = through(&format!("http://127.0.0.1:{}", proxy.port)).await;
        let words = format!(
            "behind the proxy 127.0.0.1:{} nobody speaks TLS for example.invalid:443: a login page",
            proxy.port
        );
        expect(told.failed(), FailureKind::Proxy, &[&words]);
        assert_eq!(told.retries(), []);
    }
}
