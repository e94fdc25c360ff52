//! Certificates of every kind: what is wrong is named, nothing is retried, and no key leaves. The certificates lie in
//! `tests/data/tls`; their authority exists nowhere else, and its key was thrown away.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

pub(super) fn data(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/tls")
        .join(name)
}

/// A server's side of TLS, with the named certificate.
pub(super) fn config(certificate: &str) -> ServerConfig {
    let chain = vec![CertificateDer::from_pem_file(data(certificate)).unwrap()];
    let key = PrivateKeyDer::from_pem_file(data("server-key.pem")).unwrap();
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap()
}

/// A server with the named certificate; answers what gets through, and counts it.
pub(super) fn serve(certificate: &str) -> (u16, Arc<AtomicUsize>) {
    let config = Arc::new(config(certificate));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut tls = BufReader::new(StreamOwned::new(connection, socket));
            // A client that refuses the certificate breaks off here.
            if let Some(length) = read_head(&mut tls) {
                counted.fetch_add(1, Ordering::Relaxed);
                let mut body = vec![0; length];
                let _ = tls.read_exact(&mut body);
                let body = include_str!("../../../tests/data/wire/plain.sse");
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                let _ = tls.get_mut().write_all((head + body).as_bytes());
                let _ = tls.get_mut().flush();
            }
        }
    });
    (port, requests)
}

/// Reads up to the blank line; the length of the body that follows, or `None` if none of it came.
fn read_head(reader: &mut impl BufRead) -> Option<usize> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            return Some(length);
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
}

async fn ask_over_tls(port: u16, ca_file: Option<PathBuf>) -> Told {
    let mut endpoint = endpoint(port);
    endpoint.base = BaseUrl::parse(&format!("https://localhost:{port}")).unwrap();
    endpoint.ca_file = ca_file;
    ask(&Provider::new(endpoint).unwrap(), &request()).await
}

#[tokio::test]
async fn a_server_without_encryption_is_told_from_a_bad_certificate() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let _ = socket.read(&mut [0; 512]);
            let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let told = ask_over_tls(port, None).await;
    let parts = ["what it sends is no TLS", "http://"];
    expect(told.failed(), FailureKind::Tls, &parts);
}

#[tokio::test]
async fn an_authority_of_ones_own_goes_into_ca_file() {
    let (port, requests) = serve("good.pem");
    let told = ask_over_tls(port, Some(data("ca.pem"))).await;
    assert_eq!(told.end().state, EndState::Complete);
    assert_eq!(requests.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_bad_certificate_is_named_and_nothing_is_sent() {
    let ca = Some(data("ca.pem"));
    for (certificate, ca_file, parts) in [
        ("good.pem", None, ["signed by nobody we trust", "ca_file"]),
        (
            "expired.pem",
            ca.clone(),
            ["expired on 2021-02-03", "check the clock"],
        ),
        (
            "early.pem",
            ca.clone(),
            ["valid from 2090-01-01 on only", "check the clock"],
        ),
        (
            "other.pem",
            ca.clone(),
            ["for another host (other.example", "check the clock"],
        ),
        (
            "own.pem",
            ca.clone(),
            ["it is an authority's own and not a server's", "ca_file"],
        ),
    ] {
        let (port, requests) = serve(certificate);
        let told = ask_over_tls(port, ca_file).await;
        expect(told.failed(), FailureKind::Tls, &parts);
        assert_eq!(
            (told.retries().len(), requests.load(Ordering::Relaxed)),
            (0, 0)
        );
    }
}
