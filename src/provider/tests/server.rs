//! A server of raw bytes: what it sends, and when it stalls or hangs up, is the test's to say.
//! It keeps what it was sent, so that a test can look at the request.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// One reply, in steps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply(Vec<Step>);

#[derive(Clone, Debug)]
enum Step {
    Send(Vec<u8>),
    Pause(Duration),
    /// Sends the bytes again and again.
    Flood(Vec<u8>),
    /// Keeps the connection open and silent.
    Stall,
    /// Closes with a reset.
    Reset,
    /// Keeps the connection for another request.
    Keep,
}

impl Reply {
    /// Any bytes, then the connection closes.
    pub(crate) fn raw(bytes: impl AsRef<[u8]>) -> Self {
        Self(vec![Step::Send(bytes.as_ref().to_vec())])
    }

    /// A status line, headers and a body; then the connection closes.
    pub(crate) fn status(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Self {
        let mut bytes =
            format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\n\r\n").into_bytes();
        bytes.extend_from_slice(body.as_ref());
        Self::raw(bytes)
    }

    /// A JSON body with a status.
    pub(crate) fn json(status: &str, body: &str) -> Self {
        Self::status(status, "content-type: application/json\r\n", body)
    }

    /// The head of an event stream and its first bytes.
    pub(crate) fn stream(body: impl AsRef<[u8]>) -> Self {
        Self::status(
            "200 OK",
            "content-type: text/event-stream; charset=utf-8\r\n",
            body,
        )
    }

    /// A whole event stream on a connection that is kept.
    pub(crate) fn kept(body: &str) -> Self {
        Self::raw(format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
        .keep()
    }

    pub(crate) fn keep(mut self) -> Self {
        self.0.push(Step::Keep);
        self
    }

    pub(crate) fn then(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.0.push(Step::Send(bytes.as_ref().to_vec()));
        self
    }

    pub(crate) fn pause(mut self, ms: u64) -> Self {
        self.0.push(Step::Pause(Duration::from_millis(ms)));
        self
    }

    pub(crate) fn flood(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.0.push(Step::Flood(bytes.as_ref().to_vec()));
        self
    }

    pub(crate) fn stall(mut self) -> Self {
        self.0.push(Step::Stall);
        self
    }

    pub(crate) fn reset(mut self) -> Self {
        self.0.push(Step::Reset);
        self
    }
}

/// Plays its replies in turn, the last one for ever, each to one request.
pub(crate) struct Server {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct State {
    replies: Vec<Reply>,
    requests: Vec<String>,
    connections: usize,
    /// Connections that the other side closed while we still held them.
    hung_up: usize,
}

impl Server {
    pub(crate) async fn start(replies: &[Reply]) -> Self {
        Self::at(0, replies).await
    }

    /// At this port, as soon as whoever had it before is gone.
    pub(crate) async fn at(port: u16, replies: &[Reply]) -> Self {
        let binding = async {
            loop {
                if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)).await {
                    return listener;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let limit = Duration::from_secs(20);
        let listener = tokio::time::timeout(limit, binding).await.expect("a port");
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            replies: replies.to_vec(),
            ..State::default()
        }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                tokio::spawn(serve(socket, Arc::clone(&shared)));
            }
        });
        Self { port, state, task }
    }

    /// Every request so far: head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.state.lock().unwrap().requests.clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    /// Waits until a client has closed a stalled connection.
    pub(crate) async fn hung_up(&self) {
        self.until(|s| s.hung_up > 0).await;
    }

    /// Waits until `n` requests have come.
    pub(crate) async fn asked(&self, n: usize) {
        self.until(|s| s.requests.len() >= n).await;
    }

    async fn until(&self, condition: impl Fn(&State) -> bool) {
        let waiting = async {
            while !condition(&self.state.lock().unwrap()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waiting)
            .await
            .expect("the condition is met");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut socket: TcpStream, state: Arc<Mutex<State>>) {
    while let Some(request) = read_request(&mut socket).await {
        let reply = {
            let mut state = state.lock().unwrap();
            let turn = state.requests.len().min(state.replies.len() - 1);
            state.requests.push(request);
            state.replies[turn].clone()
        };
        if !play(reply, &mut socket, &state).await {
            return;
        }
    }
}

/// True if the connection is kept.
async fn play(reply: Reply, socket: &mut TcpStream, state: &Mutex<State>) -> bool {
    for step in reply.0 {
        match step {
            Step::Send(bytes) => {
                if socket.write_all(&bytes).await.is_err() {
                    return false;
                }
            }
            Step::Pause(time) => {
                let _ = socket.flush().await;
                tokio::time::sleep(time).await;
            }
            Step::Flood(bytes) => while socket.write_all(&bytes).await.is_ok() {},
            Step::Stall => {
                let mut byte = [0];
                let _ = socket.read(&mut byte).await;
                state.lock().unwrap().hung_up += 1;
            }
            Step::Reset => {
                // What was sent before has to arrive, since a reset overtakes it.
                tokio::time::sleep(Duration::from_millis(30)).await;
                let _ = socket.set_zero_linger();
                return false;
            }
            Step::Keep => return true,
        }
    }
    let _ = socket.shutdown().await;
    false
}

pub(super) async fn read_request(socket: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .to_lowercase()
                .lines()
                .find_map(|l| l.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        match socket.read(&mut buffer).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
        }
    }
}
