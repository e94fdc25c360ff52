//! What an attempt says of itself before its answer begins: which step it has come to, and with whom.

use tokio::net::TcpListener;

use super::server::{Reply, Server};
use super::*;
use crate::chat::Step;

const ANSWER: &str = include_str!("../../../tests/data/wire/plain.sse");

fn steps(told: &Told) -> Vec<Step> {
    let steps = told.events.iter().filter_map(|e| match e {
        StreamEvent::Step(step) => Some(step.clone()),
        _ => None,
    });
    steps.collect()
}

/// The steps of an attempt that comes to its reply.
fn to_reply(port: u16, status: u16) -> [Step; 3] {
    let server = || format!("127.0.0.1:{port}");
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
    let mut expected = to_reply(server.port, 200).to_vec();
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
    assert_eq!(steps(&told), to_reply(server.port, 500));
}
