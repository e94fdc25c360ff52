//! Telemetry of the built program: where it is asked for, and nowhere else. What is counted is `tests/it`'s.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::Stdio,
    sync::mpsc::sync_channel,
    thread,
};

use serde_json::Value;

use crate::harness::{DEADLINE, Home, Workbench, eventually};

/// What the workbench serves at the address that it names.
fn metrics(address: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    let head = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\n\r\n");
    stream.write_all(head.as_bytes()).expect("written");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    text
}

#[test]
fn the_workbench_serves_its_figures_to_this_machine() {
    let home = Home::new();
    let args = ["--metrics-listen", "127.0.0.1:0"];
    let mut workbench = Workbench::open(&home, (120, 40), &args);
    let shown = workbench.until_text("metrics are at http://");
    let row = shown.row_with("http://").expect("an address").to_owned();
    let (_, after) = row.split_once("http://").expect("an address");
    let (address, _) = after.split_once("/metrics").expect("a path");
    assert!(!metrics(address).contains("waferdeck_answers_total{"));
    workbench.send("Write a stable merge sort in Rust");
    let text = eventually("an answer to be counted", || {
        let text = metrics(address);
        text.contains("waferdeck_answer_state=\"complete\"")
            .then_some(text)
    });
    assert!(text.contains("gen_ai_provider_name=\"mock\""), "{text}");
    assert!(
        text.contains("waferdeck_time_to_first_token_seconds_count{"),
        "{text}"
    );
    assert!(!text.contains("merge sort"), "{text}");
    // The figures know of the end before the screen does.
    workbench.until_gone("Esc stop");
    workbench.quit();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_proxy_gets_no_header_that_is_for_the_collector() {
    let proxy = TcpListener::bind("127.0.0.1:0").expect("a port");
    proxy.set_nonblocking(true).expect("a listener");
    let mut home = Home::new();
    let address = proxy.local_addr().expect("an address").to_string();
    home.set("HTTP_PROXY", address.clone());
    home.set(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://collector.invalid:4318",
    );
    home.set("OTEL_EXPORTER_OTLP_HEADERS", "x-key=s3cret");
    let told = home.run(&["ask", "--mock", "hello"]).exits(0).stderr;
    let refused = format!("the proxy {address} would be handed");
    assert!(
        told.contains("collector.invalid:4318") && told.contains(&refused),
        "{told}"
    );
    let doctor = home.run(&["doctor", "--no-probe"]).stdout;
    assert!(doctor.contains(&refused), "{doctor}");
    assert!(proxy.accept().is_err(), "nobody came");
}

/// Takes posts until both signals came; gives each with its body.
fn receiver() -> (String, std::sync::mpsc::Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (give, take) = sync_channel(8);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let give = give.clone();
            thread::spawn(move || {
                while let Some((path, body)) = read_post(&mut stream) {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
                    let _ = give.send((path, serde_json::from_slice(&body).expect("JSON")));
                }
            });
        }
    });
    (url, take)
}

fn read_post(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).expect("a head").to_lowercase();
    let length = head
        .lines()
        .find_map(|l| l.strip_prefix("content-length: "));
    let mut body = vec![0; length.expect("a length").parse().expect("a number")];
    stream.read_exact(&mut body).ok()?;
    let path = head.split(' ').nth(1).expect("a path").to_owned();
    Some((path, body))
}

#[test]
fn bench_counts_its_answers_as_others_do() {
    let (url, got) = receiver();
    let mut home = Home::new();
    home.set("OTEL_EXPORTER_OTLP_ENDPOINT", &url);
    let plan = ["--concurrency", "1", "--requests", "2", "--warmup", "1"];
    let more = ["--mock", "--budget-ms", "1", "--prompt", "hello"];
    home.run(&[&["bench"], &plan[..], &more[..]].concat())
        .exits(0);
    let got: Vec<_> = got.try_iter().collect();
    let metrics = got.iter().rev().find(|(path, _)| path == "/v1/metrics");
    let metrics = metrics.expect("an export").1.to_string();
    for name in ["waferdeck.answers", "waferdeck.budget.breaches"] {
        assert!(
            metrics.contains(&format!("\"{name}\"")),
            "{name}: {metrics}"
        );
    }
    let spans = got.iter().filter(|(path, _)| path == "/v1/traces");
    let spans = spans.map(|(_, body)| body.to_string().matches("\"traceId\"").count());
    assert_eq!(spans.sum::<usize>(), 3, "the warm-up is asked as well");
}

#[test]
fn ask_exports_before_it_ends() {
    let (url, got) = receiver();
    let mut home = Home::new();
    home.set("OTEL_EXPORTER_OTLP_ENDPOINT", &url);
    let ran = home.run(&["ask", "--mock", "hello"]).exits(0);
    assert_eq!(ran.stderr, "");
    let mut got: Vec<_> = got.try_iter().collect();
    got.sort_by(|(a, _), (b, _)| a.cmp(b));
    let [(metrics, figures), (traces, spans)] = &got[..] else {
        panic!("{got:?}");
    };
    assert_eq!((&**metrics, &**traces), ("/v1/metrics", "/v1/traces"));
    assert!(figures.to_string().contains("gen_ai.client.token.usage"));
    let span = &spans["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
    assert!(
        span["name"]
            .as_str()
            .is_some_and(|n| n.starts_with("chat "))
    );
}

#[test]
fn what_cannot_be_served_or_exported_is_one_sentence_and_the_answer_comes() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let mut home = Home::new();
    home.set("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
    home.set("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let args = ["ask", "--mock", "--metrics-listen", &address, "hello"];
    let ran = home.start(&args, Stdio::null()).end().exits(0);
    assert!(!ran.stdout.is_empty());
    let lines: Vec<_> = ran.stderr.lines().collect();
    let [protocol, port] = lines[..] else {
        panic!("{lines:?}");
    };
    assert!(protocol.contains("OTEL_EXPORTER_OTLP_PROTOCOL asks for grpc"));
    assert!(port.contains("metrics cannot be served at"), "{port}");
    let ran = home.run(&["ask", "--mock", "--metrics-listen", "0.0.0.0:9464", "hello"]);
    assert!(ran.exits(2).stderr.contains("--metrics-listen"));
}
