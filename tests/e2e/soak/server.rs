//! A server of random faults, the same for the same seed and order of requests.
//! What it has said for certain is known, so that it can be looked for.

use std::{
    collections::BTreeMap,
    io::{BufReader, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use crate::harness::read_request;

/// Panes that ask at once.
pub(super) const PANES: usize = 16;
/// The words of a good answer after its mark.
const WORDS: usize = 40;

/// The server.
pub(super) struct Faults {
    url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    asked: AtomicUsize,
    /// The first words of answers that were not stopped.
    said: Mutex<Vec<String>>,
    played: Mutex<BTreeMap<&'static str, usize>>,
}

/// What becomes of a request.
type Play = fn(&mut Line) -> std::io::Result<()>;

/// The plays; good ones come as often as all others together.
const PLAYS: [(&str, Play); 22] = [
    ("refused with 503", |l| {
        l.refuse("503 Service Unavailable", "")
    }),
    ("refused with 500", |l| {
        l.refuse("500 Internal Server Error", "")
    }),
    ("refused with 429", |l| {
        l.refuse("429 Too Many Requests", "retry-after: 1\r\n")
    }),
    ("refused with 429 and nonsense", |l| {
        l.refuse("429 Too Many Requests", "retry-after: soon\r\n")
    }),
    ("refused with 400", |l| l.refuse("400 Bad Request", "")),
    ("closed without a word", |_| Ok(())),
    ("silent", |_| {
        pause(1500);
        Ok(())
    }),
    ("a page", |l| {
        l.raw("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>")
    }),
    ("headers without end", |l| {
        l.raw("HTTP/1.1 200 OK\r\n")?;
        (0..5000).try_for_each(|n| l.raw(&format!("x-{n}: {}\r\n", "y".repeat(100))))
    }),
    ("said to be compressed", |l| {
        l.raw("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-encoding: gzip\r\n\r\nxxxx")
    }),
    ("nothing said", |l| {
        l.head()?;
        l.done()
    }),
    ("cut", |l| {
        l.head()?;
        l.mark()?;
        l.words(WORDS / 2)
    }),
    ("cut within an event", |l| {
        l.head()?;
        l.mark()?;
        l.raw("7\r\ndata: {\r\n")
    }),
    ("stalled", |l| {
        l.head()?;
        l.mark()?;
        pause(2500);
        Ok(())
    }),
    ("alive and silent", |l| {
        l.head()?;
        l.mark()?;
        (0..30).try_for_each(|_| {
            l.chunk(": alive\n\n")?;
            pause(100);
            Ok(())
        })
    }),
    ("an event of five megabytes", |l| {
        l.head()?;
        l.mark()?;
        l.event(&"x".repeat(5 << 20))
    }),
    ("an error within", |l| {
        l.head()?;
        l.mark()?;
        l.chunk("data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n")
    }),
    ("broken JSON", |l| {
        l.head()?;
        l.mark()?;
        l.chunk("data: {\"choices\":[{\"delta\n\n")?;
        l.words(3)?;
        l.done()
    }),
    ("hostile text", |l| {
        l.head()?;
        l.mark()?;
        l.event("\\u001b[2J\\u001b]52;c;AAAA\\u0007\\u202eabc\\u0000\\r\\n")?;
        l.words(5)?;
        l.done()
    }),
    ("two ends", |l| {
        l.head()?;
        l.mark()?;
        l.finish()?;
        l.finish()?;
        l.words(2)?;
        l.done()
    }),
    ("no last word", |l| {
        l.head()?;
        l.mark()?;
        l.finish()?;
        l.raw("0\r\n\r\n")
    }),
    ("byte by byte", |l| {
        l.head()?;
        l.mark()?;
        let event = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"slow\"}}]}\n\n";
        event.chars().try_for_each(|c| l.chunk(&c.to_string()))?;
        l.done()
    }),
];

impl Faults {
    /// Serves on a free port, from this seed.
    pub(super) fn serve(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&theirs);
                // Whoever hangs up has stopped asking.
                thread::spawn(move || serve(stream, seed, &shared).is_ok());
            }
        });
        Self { url, shared }
    }

    /// Where it listens.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Requests so far.
    pub(super) fn asked(&self) -> usize {
        self.shared.asked.load(Ordering::SeqCst)
    }

    /// What has to be found on disk.
    pub(super) fn said(&self) -> Vec<String> {
        lock(&self.shared.said).clone()
    }

    /// How often what was played.
    pub(super) fn figures(&self) -> String {
        let played = lock(&self.shared.played);
        format!("{} requests: {played:?}", played.values().sum::<usize>())
    }
}

/// One request's connection.
struct Line {
    stream: TcpStream,
    mark: String,
    shared: Arc<Shared>,
    is_stopped: bool,
}

impl Line {
    fn raw(&mut self, text: &str) -> std::io::Result<()> {
        self.stream.write_all(text.as_bytes())
    }

    fn chunk(&mut self, text: &str) -> std::io::Result<()> {
        self.raw(&format!("{:x}\r\n{text}\r\n", text.len()))
    }

    fn refuse(&mut self, status: &str, header: &str) -> std::io::Result<()> {
        let body = "{\"message\":\"no\",\"type\":\"x\",\"code\":\"y\"}";
        let length = body.len();
        self.raw(&format!(
            "HTTP/1.1 {status}\r\n{header}content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        ))
    }

    fn head(&mut self) -> std::io::Result<()> {
        self.raw("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n")
    }

    /// An event with this text, which is written as JSON has it.
    fn event(&mut self, text: &str) -> std::io::Result<()> {
        self.chunk(&format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}}}}]}}\n\n"
        ))
    }

    /// The words by which the answer is found on disk.
    fn mark(&mut self) -> std::io::Result<()> {
        let mark = self.mark.clone();
        self.event(&format!("{mark} "))?;
        if !self.is_stopped {
            lock(&self.shared.said).push(mark);
        }
        Ok(())
    }

    fn words(&mut self, count: usize) -> std::io::Result<()> {
        (0..count).try_for_each(|n| {
            self.event(&format!("word{n} "))?;
            pause(2);
            Ok(())
        })
    }

    fn finish(&mut self) -> std::io::Result<()> {
        self.chunk(
            "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
        )
    }

    fn done(&mut self) -> std::io::Result<()> {
        self.finish()?;
        self.chunk("data: [DONE]\n\n")?;
        self.raw("0\r\n\r\n")
    }
}

fn serve(stream: TcpStream, seed: u64, shared: &Arc<Shared>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut line = Line {
        stream,
        mark: String::new(),
        shared: Arc::clone(shared),
        is_stopped: false,
    };
    while let Some((is_answer, body)) = read_request(&mut reader) {
        if !is_answer {
            line.raw("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")?;
            continue;
        }
        let number = shared.asked.fetch_add(1, Ordering::SeqCst);
        line.mark = format!("mark{number}x");
        line.is_stopped = prompt(&body).ends_with("stopped");
        let chance = chance(seed, number, 2 * PLAYS.len());
        let fault = PLAYS.get(chance);
        let name = fault.map_or("answered", |(name, _)| name);
        *lock(&shared.played).entry(name).or_default() += 1;
        let played = match fault {
            Some((_, play)) => play(&mut line),
            None => answer(&mut line),
        };
        // What was written is read to its end: a reset would take some of it away.
        line.stream.shutdown(Shutdown::Write)?;
        return played;
    }
    Ok(())
}

fn answer(line: &mut Line) -> std::io::Result<()> {
    line.head()?;
    line.mark()?;
    line.words(WORDS)?;
    line.done()
}

/// The last prompt of a request.
fn prompt(body: &[u8]) -> String {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let last = body["messages"].as_array().and_then(|m| m.last());
    let prompt = last.and_then(|m| m["content"].as_str());
    prompt.unwrap_or_default().to_owned()
}

/// The pace is what is played: nobody waits for a condition here.
fn pause(milliseconds: u64) {
    thread::park_timeout(Duration::from_millis(milliseconds));
}

/// A number below `below`, by the seed and the request's number: a step of
/// [`SplitMix64`](https://prng.di.unimi.it/splitmix64.c).
fn chance(seed: u64, number: usize, below: usize) -> usize {
    let x = seed ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((x ^ (x >> 31)) % below as u64).unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
