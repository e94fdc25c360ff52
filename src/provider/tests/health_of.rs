//! The way to an endpoint, looked at a step at a time, with servers and certificates of every kind at its end.

use std::path::PathBuf;

use super::health::{FirstReply, Way};
use super::server::{Reply, Server};
use super::tls::{data, serve};
use super::*;

fn provider_at(url: &str, ca_file: Option<PathBuf>) -> Provider {
    let mut endpoint = endpoint(1);
    endpoint.base = BaseUrl::parse(url).unwrap();
    endpoint.ca_file = ca_file;
    Provider::new(endpoint).unwrap()
}

async fn shake(certificate: &str, ca_file: Option<PathBuf>) -> health::Handshake {
    let (port, requests) = serve(certificate);
    let provider = provider_at(&format!("https://localhost:{port}"), ca_file);
    let way = provider.way();
    let addresses = provider.resolve(&way).await.unwrap();
    let (stream, _) = provider.connect(&way, &addresses).await.unwrap();
    let handshake = provider.handshake(stream).await;
    assert_eq!(requests.load(std::sync::atomic::Ordering::Relaxed), 0);
    handshake
}

#[tokio::test]
async fn a_handshake_tells_what_was_agreed_on_and_until_when_the_certificate_holds() {
    let handshake = shake("good.pem", Some(data("ca.pem"))).await;
    assert_eq!(handshake.agreed.unwrap().protocol, "TLS 1.3");
    let certificate = handshake.certificate.unwrap();
    assert_eq!(certificate.names, ["localhost", "127.0.0.1"]);
    assert_eq!(certificate.issuer, "CN=waferdeck test authority");
    assert_eq!(certificate.until.to_string(), "2100-01-01T00:00:00Z");
    assert_eq!(certificate.from.to_string(), "2026-01-01T00:00:00Z");
}

#[tokio::test]
async fn a_certificate_that_is_not_believed_is_looked_at_all_the_same() {
    let ca = Some(data("ca.pem"));
    for (certificate, ca_file, words, until) in [
        ("good.pem", None, "signed by nobody we trust", "2100-01-01"),
        (
            "expired.pem",
            ca.clone(),
            "expired on 2021-02-03",
            "2021-02-03",
        ),
        ("early.pem", ca.clone(), "valid from 2090-01-01 on only", ""),
        ("other.pem", ca.clone(), "for another host", "2100-01-01"),
    ] {
        let handshake = shake(certificate, ca_file).await;
        let error = handshake.agreed.unwrap_err();
        expect(&error.failure(), FailureKind::Tls, &[words, "localhost"]);
        let shown = handshake.certificate.unwrap().until.to_string();
        assert!(shown.starts_with(until), "{shown}");
    }
}

#[tokio::test]
async fn what_speaks_no_tls_or_nothing_at_all_is_said_to() {
    for (greeting, kind, words) in [
        (
            "HTTP/1.1 400 Bad Request\r\n\r\n",
            FailureKind::Tls,
            "no TLS",
        ),
        ("", FailureKind::Timeout, "no TLS handshake"),
    ] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let greeting = greeting.as_bytes();
            tokio::io::AsyncWriteExt::write_all(&mut socket, greeting)
                .await
                .unwrap();
            // Held open: only a wait that is bounded ends then.
            std::future::pending::<()>().await;
        });
        let mut silent = endpoint(port);
        silent.base = BaseUrl::parse(&format!("https://127.0.0.1:{port}")).unwrap();
        silent.timeouts.connect = Duration::from_millis(200);
        let provider = Provider::new(silent).unwrap();
        let way = provider.way();
        let addresses = provider.resolve(&way).await.unwrap();
        let (stream, _) = provider.connect(&way, &addresses).await.unwrap();
        let handshake = provider.handshake(stream).await;
        server.abort();
        let failure = handshake.agreed.unwrap_err().failure();
        expect(&failure, kind, &[words, "127.0.0.1"]);
        assert!(handshake.certificate.is_none());
    }
}

#[tokio::test]
async fn a_name_that_does_not_exist_and_a_port_where_nobody_listens_are_named() {
    let provider = provider_at("https://no-such-host.invalid", None);
    let error = provider.resolve(&provider.way()).await.unwrap_err();
    let parts = ["no-such-host.invalid", "DNS"];
    expect(&error.failure(), FailureKind::Network, &parts);
    let provider = provider_at("http://127.0.0.1:1", None);
    let way = provider.way();
    let addresses = provider.resolve(&way).await.unwrap();
    let error = provider.connect(&way, &addresses).await.unwrap_err();
    let parts = ["127.0.0.1:1 refuses"];
    expect(&error.failure(), FailureKind::Network, &parts);
}

#[tokio::test]
async fn an_address_that_swallows_packets_does_not_hide_the_next_one() {
    // A listener whose queue is full lets whoever knocks wait.
    let full = tokio::net::TcpSocket::new_v4().unwrap();
    full.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let full = full.listen(1).unwrap();
    let swallowing = full.local_addr().unwrap();
    let mut knocking = Vec::new();
    for _ in 0..8 {
        let knock = tokio::net::TcpStream::connect(swallowing);
        match tokio::time::timeout(Duration::from_millis(200), knock).await {
            Ok(taken) => knocking.push(taken.unwrap()),
            Err(_) => break,
        }
    }
    let open = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let open = (open.local_addr().unwrap(), open).0;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taking = listener.local_addr().unwrap();
    let mut endpoint = endpoint(taking.port());
    endpoint.timeouts.connect = Duration::from_secs(2);
    let provider = Provider::new(endpoint).unwrap();
    let way = provider.way();
    let connected = provider.connect(&way, &[swallowing, open, taking]).await;
    assert_eq!(connected.unwrap().1, taking);
    // What all of them refuse is refused at once.
    let refused = provider.connect(&way, &[open, open]).await.unwrap_err();
    expect(&refused.failure(), FailureKind::Network, &["refuses"]);
}

#[tokio::test]
async fn a_proxy_that_is_not_there_is_the_trouble_and_not_the_server() {
    let mut behind = endpoint(1);
    behind.base = BaseUrl::parse("https://api.example").unwrap();
    for (proxy, words) in [
        (
            "http://me:s3cret@no-such-proxy.invalid:3128",
            "cannot find the proxy no-such-proxy.invalid",
        ),
        ("http://127.0.0.1:1", "the proxy 127.0.0.1:1 refuses"),
    ] {
        behind.proxy = Some(proxy.to_owned());
        let provider = Provider::new(behind.clone()).unwrap();
        let way = provider.way();
        let error = match provider.resolve(&way).await {
            Ok(addresses) => provider.connect(&way, &addresses).await.unwrap_err(),
            Err(error) => error,
        };
        let setting = format!("`proxy` in the profile {}", behind.profile);
        let parts = [words, &setting, "take proxy out"];
        expect(&error.failure(), FailureKind::Proxy, &parts);
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    }
}

#[test]
fn a_proxy_is_where_connections_go_and_its_password_nowhere() {
    let mut behind = endpoint(1);
    behind.base = BaseUrl::parse("https://api.example").unwrap();
    for (proxy, host, port) in [
        ("http://me:s3cret@proxy.example:3128", "proxy.example", 3128),
        ("https://me:s3cret@proxy.example", "proxy.example", 443),
        ("socks5h://me:s3cret@proxy.example", "proxy.example", 1080),
    ] {
        behind.proxy = Some(proxy.to_owned());
        let way = Provider::new(behind.clone()).unwrap().way();
        assert_eq!((way.host.as_str(), way.port), (host, port));
        assert!(!format!("{way:?}").contains("s3cret"), "{way:?}");
        assert!(way.proxy.is_some());
    }
    let mut here = endpoint(7);
    here.proxy = Some("http://proxy.example:3128".to_owned());
    let direct = Way {
        host: "127.0.0.1".to_owned(),
        port: 7,
        proxy: None,
    };
    assert_eq!(Provider::new(here).unwrap().way(), direct);
}

async fn first(reply: Reply) -> FirstReply {
    let server = Server::start(&[reply]).await;
    let provider = Provider::new(endpoint(server.port)).unwrap();
    let reply = provider.first_reply().await.unwrap();
    let requests = server.requests();
    assert_eq!(requests.len(), 1, "nothing is sent again");
    assert!(requests[0].starts_with("GET /v1/models "), "{requests:?}");
    assert!(requests[0].contains(CANARY));
    let shown = format!("{reply:?}");
    assert!(!shown.contains("canary"), "the key leaked: {shown}");
    reply
}

#[tokio::test]
async fn a_first_reply_tells_clock_quota_and_models() {
    let headers = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
                   x-ratelimit-limit-requests-minute: 30\r\nx-ratelimit-remaining-requests-minute: 29\r\n";
    let reply = first(Reply::status("200 OK", headers, r#"{"data":[{"id":"a"}]}"#)).await;
    assert_eq!(reply.date.unwrap().to_string(), "1994-11-06T08:49:37Z");
    assert_eq!(reply.limits.0.len(), 1);
    assert!(reply.certificate.is_none());
    assert!(reply.models.unwrap().get("a").is_some());
}

#[tokio::test]
async fn what_is_no_list_is_named_with_what_it_is() {
    let echo = format!(r#"{{"message":"wrong key {CANARY}","code":"wrong_api_key"}}"#);
    let html = "content-type: text/html\r\n";
    for (reply, kind, parts) in [
        (
            Reply::json("401 Unauthorized", &echo),
            FailureKind::Key,
            ["key rejected", "[key hidden]"],
        ),
        (
            Reply::status("302 Found", "location: https://login.example/\r\n", ""),
            FailureKind::Redirect,
            ["login.example", "base_url"],
        ),
        (
            Reply::status("200 OK", html, "<html><body>Sign in</body></html>"),
            FailureKind::Malformed,
            ["no list of models", "base_url"],
        ),
        (
            Reply::status("200 OK", "content-encoding: gzip\r\n", "\x1f"),
            FailureKind::Malformed,
            ["compressed", "proxy"],
        ),
        (
            Reply::json("503 Service Unavailable", "{}"),
            FailureKind::Server,
            ["503", "provider's side"],
        ),
    ] {
        let reply = first(reply).await;
        expect(&reply.models.unwrap_err().failure(), kind, &parts);
    }
}

#[tokio::test]
async fn without_a_key_the_public_list_is_asked_for_and_nothing_is_sent_along() {
    let server = Server::start(&[Reply::json("200 OK", r#"{"data":[{"id":"a"}]}"#)]).await;
    let mut open = endpoint(server.port);
    open.auth = Auth::None;
    Provider::new(open).unwrap().first_reply().await.unwrap();
    let request = server.requests().remove(0);
    assert!(request.starts_with("GET /public/v1/models "), "{request}");
    assert!(!request.to_lowercase().contains("authorization"));
}

#[tokio::test]
async fn behind_a_proxy_the_reply_brings_the_certificate_back() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let (port, requests) = serve("other.pem");
    let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = proxy.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut near, _) = proxy.accept().await.unwrap();
        let mut asked = vec![0; 4096];
        let count = near.read(&mut asked).await.unwrap();
        assert!(asked[..count].starts_with(b"CONNECT other.example:443 "));
        near.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let far = ("127.0.0.1", port);
        let mut far = tokio::net::TcpStream::connect(far).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
    });
    let mut behind = endpoint(1);
    behind.base = BaseUrl::parse("https://other.example").unwrap();
    behind.ca_file = Some(data("ca.pem"));
    behind.proxy = Some(format!("http://{address}"));
    let provider = Provider::new(behind).unwrap();
    let way = provider.way();
    assert_eq!(way.place(), address.to_string());
    let reply = provider.first_reply().await.unwrap();
    assert_eq!(requests.load(std::sync::atomic::Ordering::Relaxed), 1);
    let until = reply.certificate.unwrap().until.to_string();
    assert_eq!(until, "2100-01-01T00:00:00Z");
}
