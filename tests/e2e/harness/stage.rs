//! A server whose answers the test speaks itself, word by word: what is on screen then depends on no timing.
//! The mock serves where the wire format or the pace matters.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

use super::wait::{DEADLINE, eventually};

/// The server; each request for an answer waits here until the test takes it.
#[derive(Debug)]
pub(crate) struct Stage {
    url: String,
    asked: Receiver<Answering>,
}

/// An answer that the test speaks. Dropping it cuts the connection.
#[derive(Debug)]
pub(crate) struct Answering {
    stream: TcpStream,
    /// The request's body.
    pub(crate) request: Value,
}

impl Stage {
    /// Listens on a free port.
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (take, asked) = sync_channel(8);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let take = take.clone();
                thread::spawn(move || serve(stream, &take));
            }
        });
        Self { url, asked }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The next request for an answer; its head has been sent.
    pub(crate) fn next(&self) -> Answering {
        self.asked
            .recv_timeout(DEADLINE)
            .expect("a request in time")
    }
}

impl Answering {
    /// Adds text to the answer.
    pub(crate) fn say(&mut self, text: &str) {
        self.event(&json!({"choices": [{"index": 0, "delta": {"content": text}}]}));
    }

    /// Adds text to the reasoning.
    pub(crate) fn think(&mut self, text: &str) {
        self.event(&json!({"choices": [{"index": 0, "delta": {"reasoning": text}}]}));
    }

    /// Ends the answer as it should end.
    pub(crate) fn finish(mut self) {
        self.event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}));
        self.chunk("data: [DONE]\n\n");
        self.write("0\r\n\r\n");
    }

    /// Says all of it and ends.
    pub(crate) fn answer(mut self, text: &str) {
        self.say(text);
        self.finish();
    }

    /// The text of the last message that was sent.
    pub(crate) fn prompt(&self) -> &str {
        let messages = self.request["messages"].as_array().expect("messages");
        let last = messages.last().expect("a message");
        last["content"].as_str().expect("a text")
    }

    /// Waits until the other side has closed the connection.
    pub(crate) fn until_hung_up(mut self) {
        let short = Some(Duration::from_millis(5));
        self.stream.set_read_timeout(short).expect("a timeout");
        eventually("the connection to close", || {
            match self.stream.read(&mut [0]) {
                Ok(read) => (read == 0).then_some(()),
                Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => Some(()),
                Err(_) => None,
            }
        });
    }

    fn event(&mut self, event: &Value) {
        self.chunk(&format!("data: {event}\n\n"));
    }

    fn chunk(&mut self, text: &str) {
        self.write(&format!("{:x}\r\n{text}\r\n", text.len()));
    }

    fn write(&mut self, text: &str) {
        // A program that was killed reads no more.
        let _ = self.stream.write_all(text.as_bytes());
    }
}

/// Serves one connection until it asks for an answer, which takes it over.
fn serve(mut stream: TcpStream, take: &SyncSender<Answering>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    while let Some((is_answer, body)) = read_request(&mut reader) {
        if !is_answer {
            let none = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
            let _ = stream.write_all(none.as_bytes());
            continue;
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n";
        let _ = stream.write_all(head.as_bytes());
        // The test may be over already.
        let _ = take.send(Answering {
            stream,
            request: serde_json::from_slice(&body).expect("JSON"),
        });
        return;
    }
}

/// Whether an answer is asked for, and the body.
pub(crate) fn read_request(reader: &mut impl BufRead) -> Option<(bool, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head
        .lines()
        .filter_map(|l| l.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, value)| value.trim().parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head.starts_with("POST"), body))
}
