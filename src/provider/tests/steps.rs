//! What an attempt says of itself before its answer begins: which step it has come to, and with whom.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::server::{Reply, Server};
use super::tls::{config, data};
use super::*;
use crate::chat::{HttpVersion, Step};

const ANSWER: &str = include_str!("../../../tests/data/wire/plain.sse");

fn steps(told: &Told) -> Vec<Step> {
    let steps = told.events.iter().filter_map(|e| match e {
        StreamEvent::Step(step) => Some(step.clone()),
        _ => None,
    });
    steps.collect()
}

/// The steps of an attempt that comes to its reply.
fn to_reply(server: &str, status: u16) -> [Step; 3] {
    let server = || server.to_owned();
    let connecting = Step::Connecting {
        server: server(),
        proxy: None,
    };
    let sent = Step::Sent { server: server() };
    let server = server();
    [connecting, sent, Step::Replied { server, status }]
}

#[tokio::test]
async fn each_step_is_told_when_it_begins() {
    let server = Server::start(&[Reply::kept(ANSWER)]).await;
    let mut endpoint = endpoint(server.port);
    endpoint.auth = Auth::Key(KeySource::Command(format!("echo {CANARY}")));
    let provider = Provider::new(endpoint).unwrap();
    let mut expected = to_reply(&format!("127.0.0.1:{}", server.port), 200).to_vec();
    // A kept connection is there at once.
    for is_first in [true, false] {
        let told = ask(&provider, &request()).await;
        assert_eq!(told.end().state, EndState::Complete);
        if is_first {
            let from = "the key command (echo)".to_owned();
            expected.insert(0, Step::Key { from });
        } else {
            expected.remove(0);
        }
        assert_eq!(steps(&told), expected);
    }
    for asked in server.requests() {
        let (head, body) = asked.split_once("\r\n\r\n").unwrap();
        let length = format!("content-length: {}", body.len());
        assert!(head.to_ascii_lowercase().contains(&length), "{head}");
        assert!(body.ends_with('}'), "{body}");
    }
}

/// All of a request's body, and the length that its head claims.
async fn received(asked: hyper::Request<Incoming>) -> (usize, Option<String>) {
    let claimed = asked.headers().get("content-length");
    let claimed = claimed.map(|length| length.to_str().unwrap().to_owned());
    let (mut body, mut bytes) = (asked.into_body(), 0);
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        bytes += frame.unwrap().into_data().map_or(0, |data| data.len());
    }
    (bytes, claimed)
}

#[tokio::test]
async fn over_http_2_it_is_the_same_and_a_long_prompt_arrives_whole() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut tls = config("good.pem");
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let serving = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        let tls = TlsAcceptor::from(Arc::new(tls));
        let tls = tls.accept(socket).await.unwrap();
        let answer = service_fn(|asked| async {
            let (bytes, claimed) = received(asked).await;
            let reply = hyper::Response::builder()
                .header("content-type", "text/event-stream")
                .header("x-request-id", format!("{bytes} of {}", claimed.unwrap()));
            let reply = reply.body(reqwest::Body::from(ANSWER));
            Ok::<_, Infallible>(reply.unwrap())
        });
        let io = TokioIo::new(tls);
        let _ = http2::Builder::new(TokioExecutor::new())
            .serve_connection(io, answer)
            .await;
    });
    let mut endpoint = endpoint(port);
    endpoint.base = BaseUrl::parse(&format!("https://localhost:{port}")).unwrap();
    endpoint.ca_file = Some(data("ca.pem"));
    let provider = Provider::new(endpoint).unwrap();
    let long = Request {
        messages: vec![Message::new(Role::User, "a".repeat(1 << 20))],
        ..request()
    };
    for question in [request(), long] {
        let told = ask(&provider, &question).await;
        let end = told.end();
        assert_eq!(end.state, EndState::Complete);
        assert_eq!(end.http, Some(HttpVersion::Http2));
        let (bytes, claimed) = end
            .request_id
            .as_deref()
            .unwrap()
            .split_once(" of ")
            .unwrap();
        assert_eq!(bytes, claimed);
        let expected = to_reply(&format!("localhost:{port}"), 200);
        assert_eq!(steps(&told), expected);
    }
    serving.abort();
}

#[tokio::test]
async fn the_source_after_a_keyring_is_told_as_well() {
    #[derive(Debug)]
    struct Locked;
    impl Vault for Locked {
        fn get(&self, _: &Entry) -> Result<SecretString, String> {
            Err("is locked or refused".to_owned())
        }
        fn set(&self, _: &Entry, _: &SecretString) -> Result<(), String> {
            Err("is locked or refused".to_owned())
        }
    }
    let told = play_with(&[Reply::stream(ANSWER)], |e| {
        e.auth = Auth::Key(KeySource::Keyring {
            vault: Arc::new(Locked),
            entry: Entry {
                service: "waferdeck".to_owned(),
                user: "test".to_owned(),
            },
            limit: Duration::from_secs(20),
            next: Some(Box::new(KeySource::Command(format!("echo {CANARY}")))),
        });
    })
    .await;
    let keys = [
        "the keyring's entry waferdeck/test",
        "the key command (echo)",
    ];
    let keys = keys.map(|from| Step::Key {
        from: from.to_owned(),
    });
    assert_eq!(steps(&told)[..2], keys);
}

#[tokio::test]
async fn without_a_connection_nothing_has_been_sent() {
    // It takes connections and never says a word of TLS.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = silent.local_addr().unwrap().port();
    let asking = |base: String, proxy: Option<String>| async move {
        let mut endpoint = endpoint(port);
        endpoint.base = BaseUrl::parse(&base).unwrap();
        endpoint.proxy = proxy;
        endpoint.timeouts.connect = Duration::from_millis(200);
        endpoint.retry.max_retries = 0;
        steps(&ask(&Provider::new(endpoint).unwrap(), &request()).await)
    };
    let (server, proxy) = (format!("127.0.0.1:{port}"), None);
    let direct = asking(format!("https://{server}"), None).await;
    assert_eq!(direct, [Step::Connecting { server, proxy }]);
    let through = format!("127.0.0.1:{port}");
    let by_proxy = asking(
        "https://api.test".to_owned(),
        Some(format!("http://{through}")),
    )
    .await;
    let connecting = Step::Connecting {
        server: "api.test:443".to_owned(),
        proxy: Some(through),
    };
    assert_eq!(by_proxy, [connecting]);
}

#[tokio::test]
async fn a_refusal_is_told_before_its_reasons_are_read() {
    let drip = Reply::status("500 Internal Server Error", "content-length: 99\r\n", "x").stall();
    let server = Server::start(&[drip]).await;
    let provider = Provider::new(endpoint(server.port)).unwrap();
    let has_replied = |e: &StreamEvent| matches!(e, StreamEvent::Step(Step::Replied { .. }));
    let told = stop_at(&provider, &request(), has_replied).await;
    assert_eq!(told.end().state, EndState::Stopped);
    assert_eq!(
        steps(&told),
        to_reply(&format!("127.0.0.1:{}", server.port), 500)
    );
}
