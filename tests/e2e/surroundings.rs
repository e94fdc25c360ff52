//! What the environment says of the way to a provider: `HTTPS_PROXY` and `NO_PROXY`, and `SSL_CERT_FILE` for whom to trust.
//! Each is read by the whole process, so that only the built program shows it.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, mpsc},
    thread,
};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::harness::Home;

/// A profile without a key at this address, which is asked once.
fn asking(address: &str) -> Home {
    Home::with_config(&format!(
        "default_profile = \"t\"\n[providers.t]\nbase_url = \"{address}\"\nauth = \"none\"\nmodel = \"m\"\nmax_retries = 0"
    ))
}

fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

#[test]
fn a_proxy_of_the_environment_is_asked_unless_the_host_is_excepted() {
    let (listener, port) = listen();
    let (say, heard) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let (mut socket, _) = listener.accept()?;
        let mut line = String::new();
        BufReader::new(TcpStream::try_clone(&socket)?).read_line(&mut line)?;
        // Who listens is there until the program has ended.
        let _ = say.send(line);
        socket.write_all(b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n")
    });
    let mut home = asking("https://far.example");
    home.set(
        "HTTPS_PROXY",
        format!("http://user:canary@127.0.0.1:{port}"),
    );
    let ran = home.run(&["ask", "hi"]).exits(5);
    assert_eq!(
        heard.recv().expect("a line"),
        "CONNECT far.example:443 HTTP/1.1\r\n"
    );
    let place = format!("the proxy 127.0.0.1:{port}");
    assert!(ran.stderr.contains(&place), "{}", ran.stderr);
    assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    let way = |home: &Home| home.run(&["doctor", "--offline", "--profile", "t"]).stdout;
    assert!(way(&home).contains(&place));
    home.set("NO_PROXY", "far.example");
    let direct = way(&home);
    assert!(direct.contains("https://far.example/v1\n"), "{direct}");
}

/// A server whose certificate an authority of its own has signed.
fn serve(listener: &TcpListener) -> Option<()> {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls");
    let chain = vec![CertificateDer::from_pem_file(data.join("good.pem")).ok()?];
    let key = PrivateKeyDer::from_pem_file(data.join("server-key.pem")).ok()?;
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .ok()?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .ok()?;
    let config = Arc::new(config);
    for socket in listener.incoming().flatten() {
        let connection = ServerConnection::new(Arc::clone(&config)).ok()?;
        let mut tls = BufReader::new(StreamOwned::new(connection, socket));
        let mut line = String::new();
        // A client that does not believe the certificate breaks off here.
        while tls.read_line(&mut line).is_ok_and(|bytes| bytes > 2) {
            line.clear();
        }
        let body = include_str!("../data/wire/plain.sse");
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        let _ = tls.get_mut().write_all(format!("{head}{body}").as_bytes());
        tls.get_mut().conn.send_close_notify();
        let _ = tls.get_mut().flush();
    }
    Some(())
}

#[test]
fn an_authority_of_the_environment_is_believed() {
    let (listener, port) = listen();
    thread::spawn(move || serve(&listener));
    let mut home = asking(&format!("https://localhost:{port}"));
    let refused = home.run(&["ask", "hi"]).exits(5);
    assert!(
        refused.stderr.contains("signed by nobody we trust"),
        "{}",
        refused.stderr
    );
    let authority = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/tls/ca.pem");
    home.set("SSL_CERT_FILE", authority);
    home.run(&["ask", "hi"]).exits(0);
}
