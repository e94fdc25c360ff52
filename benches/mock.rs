//! Whether the mock keeps its published rate: 1, 4 and 16 streams of 3,000 tokens a second, one token in an event, and
//! how many events it writes without pacing. The clients are plain threads on raw sockets, apart from the server.

#![expect(clippy::print_stdout, reason = "the table is the result")]

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use tokio::time::Instant;
use waferdeck::mock::{MockOptions, Scenario, serve};

/// Tokens a second of a paced stream.
const RATE: f64 = 3_000.0;
/// Tokens of a paced stream: two and a half seconds.
const PACED: u64 = 7_500;
/// Tokens of an unpaced stream.
const UNPACED: u64 = 400_000;
/// The kernel's clock ticks in `/proc`, the same on every Linux.
const TICKS: f64 = 100.0;

/// What one client saw.
#[derive(Clone, Copy)]
struct Seen {
    events: u64,
    /// From the first event to the last.
    span: Duration,
    /// Longest time without a byte.
    gap: Duration,
}

fn main() {
    println!(
        "| streams | pace | tok/s, slowest | tok/s, median | of the rate | longest gap | server CPU per token |"
    );
    println!(
        "|--------:|:-----|---------------:|--------------:|------------:|------------:|---------------------:|"
    );
    for (per_delta, label) in [
        ("1", "3,000/s, 1 a delta"),
        ("[4, 10]", "3,000/s, 4 to 10 a delta"),
    ] {
        for streams in [1, 4, 16] {
            let toml = format!(
                "tokens_per_second = {RATE}\ntokens_per_delta = {per_delta}\ntokens = {PACED}\ntext = \"mixed\"\nignore_limit = true"
            );
            run(&toml, streams, PACED, label, Some(RATE));
        }
    }
    for streams in [1, 4] {
        let toml = format!(
            "tokens_per_second = \"unpaced\"\ntokens_per_delta = 1\ntokens = {UNPACED}\ntext = \"mixed\"\nignore_limit = true"
        );
        run(&toml, streams, UNPACED, "unpaced, 1 a delta", None);
    }
}

fn run(toml: &str, streams: usize, tokens: u64, label: &str, rate: Option<f64>) {
    let scenario = Scenario::from_toml(toml).expect("a valid scenario");
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("mock-server")
        .enable_all()
        .build()
        .expect("a runtime");
    let options = MockOptions {
        scenario: Some(scenario),
        ..MockOptions::default()
    };
    let server = runtime.block_on(serve(options)).expect("a server");
    let address = server.addr();
    let before = server_cpu();
    let clients: Vec<_> = (0..streams)
        .map(|n| thread::spawn(move || read_stream(address, n)))
        .collect();
    let mut seen: Vec<Seen> = clients
        .into_iter()
        .map(|c| c.join().expect("a client"))
        .collect();
    let cpu = server_cpu() - before;
    seen.sort_by_key(|s| std::cmp::Reverse(s.span));

    let speed = |s: &Seen| tokens as f64 / s.span.as_secs_f64();
    let (slowest, median) = (speed(&seen[0]), speed(&seen[seen.len() / 2]));
    let ratio = rate.map_or("-".to_owned(), |r| format!("{:.1} %", slowest / r * 100.0));
    let gap = seen.iter().map(|s| s.gap).max().unwrap_or_default();
    let per_token = cpu / (streams as f64 * tokens as f64) * 1e6;
    println!(
        "| {streams} | {label} | {slowest:.0} | {median:.0} | {ratio} | {:.1} ms | {per_token:.2} µs |",
        gap.as_secs_f64() * 1e3
    );
    assert!(
        seen.iter().all(|s| s.events * 12 > tokens),
        "every stream came through"
    );
    runtime.block_on(server.shutdown());
}

fn read_stream(address: SocketAddr, number: usize) -> Seen {
    let body = format!(
        r#"{{"model":"mock-gpu-50","stream":true,"messages":[{{"role":"user","content":"stream {number}"}}]}}"#
    );
    let request = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer bench\r\n\
         content-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_nodelay(true).expect("no delay");
    stream.write_all(request.as_bytes()).expect("a request");

    let mut buffer = vec![0; 64 * 1024];
    let (mut events, mut gap) = (0, Duration::ZERO);
    let (mut first, mut last): (Option<Instant>, Option<Instant>) = (None, None);
    loop {
        let read = stream.read(&mut buffer).expect("bytes");
        let now = Instant::now();
        // The finish chunk comes a little after the last token; the events before it set the speed.
        let found = memchr::memmem::find_iter(&buffer[..read], b"data: {").count() as u64;
        if read == 0 {
            break;
        }
        if found > 0 {
            gap = gap.max(last.map_or(Duration::ZERO, |l| now - l));
            first = first.or(Some(now));
            last = Some(now);
            events += found;
        }
    }
    let span = last.zip(first).map_or(Duration::ZERO, |(l, f)| l - f);
    Seen { events, span, gap }
}

/// CPU seconds that the server's threads have used so far, from `/proc`; 0 where there is none.
fn server_cpu() -> f64 {
    let tasks = fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let ticks = tasks.filter_map(|task| {
        let stat = fs::read_to_string(task.path().join("stat")).ok()?;
        let (name, rest) = stat.rsplit_once(')')?;
        if !name.contains("mock-server") {
            return None;
        }
        let mut fields = rest.split_whitespace().skip(11);
        let (user, system): (f64, f64) =
            (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        Some(user + system)
    });
    ticks.sum::<f64>() / TICKS
}
