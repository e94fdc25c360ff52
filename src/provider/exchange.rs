//! Tells what goes over the wire to whoever listens, and to the log: each attempt's request, reply, bytes and end.
//! What is kept of it is `kept`'s, what a file gets is the commands'; keys are hidden before anybody hears.
//!
//! It is called for every read of every stream. A recording costs a read a lock that nobody else wants and a copy, and
//! once a stream is long a look for line ends in what is let go: less than half a microsecond, of five that a token may
//! cost. Nothing is parsed until somebody looks.

mod blocks;
mod kept;
mod pretty;
mod shown;
#[cfg(test)]
mod tests;
mod veil;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, SET_COOKIE};
use reqwest::{Response, Version};
use tokio::time::Instant;

pub use self::blocks::Splitter;
pub use self::kept::{MOST_BYTES, Recording};
pub use self::veil::Veil;
use super::error::Error;
use super::reply::request_id;
use crate::chat::{End, EndState, Failure, FailureKind, Header};
use crate::text::{HIDDEN, SafeText, Secrets};

/// What stands for a value that is nobody's business.
const MASKED: &str = "[hidden]";

/// Listens to what goes over the wire. It is called while bytes are being read: it must not wait.
pub trait Witness: Send + Sync {
    /// Something was said.
    fn hear(&self, of: &Line<'_>, said: Said<'_>);
}

/// Whose words they are, and when.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Our id of the request.
    pub id: &'a str,
    /// Whom it goes to.
    pub profile: &'a str,
    /// The attempt, from 1.
    pub attempt: u32,
    /// Since the attempt was sent.
    pub at: Duration,
}

/// What goes over the wire. Only in bytes of a body a key can still stand, since it may come in pieces.
#[derive(Clone, Copy, Debug)]
pub enum Said<'a> {
    /// A request goes out.
    Request {
        /// Its method.
        method: &'a str,
        /// Where it goes.
        url: &'a str,
        /// Its headers.
        headers: &'a [Header],
        /// All of its body.
        body: &'a [u8],
    },
    /// The head of a reply.
    Head {
        /// The HTTP version.
        version: &'a str,
        /// The status code.
        status: u16,
        /// The server's id of the request.
        server_id: Option<&'a str>,
        /// Its headers.
        headers: &'a [Header],
    },
    /// Bytes of its body, as they were read.
    Bytes(&'a [u8]),
    /// The attempt is over.
    End(&'a str),
}

/// By which name a request is known, and who keeps what goes over the wire for it.
#[derive(Clone, Default)]
pub(super) struct Trace {
    pub(super) id: Option<Arc<str>>,
    pub(super) recording: Option<Recording>,
}

/// Those who listen to one request.
#[derive(Clone)]
pub(super) struct Ear {
    id: Arc<str>,
    profile: Arc<str>,
    recording: Option<Recording>,
    file: Option<Arc<dyn Witness>>,
    attempt: u32,
    sent: Instant,
}

/// What stands between one request and those who listen.
pub(super) struct Tap {
    ear: Ear,
    /// Headers that every request of this client has.
    always: Arc<[Header]>,
    secrets: Secrets,
    server_id: Option<String>,
    is_open: bool,
}

/// What all taps of an endpoint share.
pub(super) struct Source {
    pub(super) profile: Arc<str>,
    pub(super) always: Arc<[Header]>,
    pub(super) secrets: Secrets,
    pub(super) file: Option<Arc<dyn Witness>>,
}

impl Source {
    /// Listens to one request from now on.
    pub(super) fn tap(&self, id: Arc<str>, recording: Option<Recording>) -> Tap {
        Tap {
            ear: Ear {
                id,
                profile: Arc::clone(&self.profile),
                recording,
                file: self.file.clone(),
                attempt: 0,
                sent: Instant::now(),
            },
            always: Arc::clone(&self.always),
            secrets: self.secrets.clone(),
            server_id: None,
            is_open: false,
        }
    }
}

impl Ear {
    /// Bytes of a reply's body were read.
    pub(super) fn bytes(&self, bytes: &[u8]) {
        tracing::trace!(
            request = &*self.id,
            attempt = self.attempt,
            bytes = bytes.len(),
            ms = self.millis(),
            "read"
        );
        if self.is_open() {
            self.tell(Said::Bytes(bytes));
        }
    }

    fn is_open(&self) -> bool {
        self.recording.is_some() || self.file.is_some()
    }

    fn tell(&self, said: Said<'_>) {
        let line = Line {
            id: &self.id,
            profile: &self.profile,
            attempt: self.attempt,
            at: self.sent.elapsed(),
        };
        if let Some(recording) = &self.recording {
            recording.hear(&line, said);
        }
        if let Some(file) = &self.file {
            file.hear(&line, said);
        }
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.sent.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Tap {
    /// An attempt is about to go out. What is kept of it takes its time now, and not that of the answer.
    pub(super) fn request(&mut self, http: &reqwest::Request) {
        self.ear.attempt = self.ear.attempt.saturating_add(1);
        self.ear.sent = Instant::now();
        self.server_id = None;
        self.is_open = true;
        tracing::debug!(
            request = &*self.ear.id,
            attempt = self.ear.attempt,
            profile = &*self.ear.profile,
            "sent"
        );
        if self.ear.is_open() {
            let body = http.body().and_then(reqwest::Body::as_bytes);
            let body = body.unwrap_or_default();
            let mut headers = shown_headers(http.headers(), &self.secrets);
            headers.extend(self.always.iter().cloned());
            if !body.is_empty() {
                headers.push((CONTENT_LENGTH.to_string(), body.len().to_string()));
            }
            let mut url = http.url().clone();
            // Neither can be told from a request that has none; a URL that cannot have them has none.
            let _ = url.set_username("").and_then(|()| url.set_password(None));
            self.ear.tell(Said::Request {
                method: http.method().as_str(),
                url: &self.secrets.hide(url.as_str()),
                headers: &headers,
                body: &self.secrets.hide_bytes(body),
            });
        }
    }

    /// From this moment times count.
    pub(super) fn sent(&mut self, at: Instant) {
        self.ear.sent = at;
    }

    /// A reply has begun.
    pub(super) fn head(&mut self, response: &Response) {
        self.server_id = request_id(response.headers(), &self.secrets);
        let status = response.status().as_u16();
        let server_id = self.server_id.as_deref();
        tracing::debug!(
            request = &*self.ear.id,
            attempt = self.ear.attempt,
            server_id,
            status,
            ms = self.ear.millis(),
            "reply"
        );
        if self.ear.is_open() {
            self.ear.tell(Said::Head {
                version: version(response.version()),
                status,
                server_id,
                headers: &shown_headers(response.headers(), &self.secrets),
            });
        }
    }

    /// Whom to tell of the bytes of this attempt's reply.
    pub(super) fn ear(&self) -> &Ear {
        &self.ear
    }

    /// The attempt has failed, which may not be the end of the request.
    pub(super) fn failed(&mut self, failure: &Failure) {
        if std::mem::take(&mut self.is_open) {
            self.noted(failure.kind);
            self.ear.tell(Said::End(
                &self.secrets.hide(&format!("failed: {}", failure.message)),
            ));
        }
    }

    /// The request has ended like this.
    pub(super) fn ended(&mut self, state: &EndState) {
        if !std::mem::take(&mut self.is_open) {
            // Without a key, or without a place: nobody was asked.
            if let (EndState::Failed(failure), 0) = (state, self.ear.attempt) {
                self.noted(failure.kind);
            }
            return;
        }
        let words = match state {
            EndState::Failed(failure) | EndState::CutShort(failure) => {
                self.noted(failure.kind);
                format!("{}: {}", state.as_str().replace('_', " "), failure.message)
            }
            state => {
                tracing::debug!(
                    request = &*self.ear.id,
                    attempt = self.ear.attempt,
                    server_id = self.server_id.as_deref(),
                    state = state.as_str(),
                    ms = self.ear.millis(),
                    "ended"
                );
                state.as_str().replace('_', " ")
            }
        };
        self.ear.tell(Said::End(&self.secrets.hide(&words)));
    }

    /// All attempts of the request for an answer have come to this; the text itself is never told.
    pub(super) fn answered(&self, model: &str, end: &End, ttft: Option<Duration>) {
        let millis = |time: Duration| time.as_micros() as f64 / 1_000.0;
        tracing::info!(
            request = &*self.ear.id,
            profile = &*self.ear.profile,
            model,
            state = end.state.as_str(),
            kind = end.state.failure().map(|f| tracing::field::debug(f.kind)),
            attempts = self.ear.attempt,
            server_id = end.request_id.as_deref(),
            ttft_ms = ttft.map(millis),
            tokens_in = end.usage.prompt_tokens,
            tokens_out = end.usage.completion_tokens,
            ms = millis(end.waited),
            "answered"
        );
    }

    /// The request has given this.
    pub(super) fn settle<T>(&mut self, result: &Result<T, Error>) {
        match result {
            Ok(_) => self.ended(&EndState::Complete),
            Err(error) => self.failed(&error.failure()),
        }
    }

    /// What is wrong in the log: never the words of a server, which may quote a prompt.
    fn noted(&self, kind: FailureKind) {
        tracing::warn!(
            request = &*self.ear.id,
            attempt = self.ear.attempt,
            profile = &*self.ear.profile,
            server_id = self.server_id.as_deref(),
            ?kind,
            ms = self.ear.millis(),
            "failed"
        );
    }
}

/// What was begun and not ended was given up, wherever it stood.
impl Drop for Tap {
    fn drop(&mut self) {
        if self.is_open {
            self.ear.tell(Said::End("given up"));
        }
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tap({})", self.ear.id)
    }
}

/// Headers without what is a secret: marked ones, cookies, and keys wherever they stand.
pub(super) fn shown_headers(headers: &HeaderMap, secrets: &Secrets) -> Vec<Header> {
    let shown = |(name, value): (&HeaderName, &reqwest::header::HeaderValue)| {
        let text = String::from_utf8_lossy(value.as_bytes());
        let value = if !value.is_sensitive() && name != SET_COOKIE {
            SafeText::line(&secrets.hide_all(&text)).into_string()
        } else if text.starts_with("Bearer ") {
            format!("Bearer {HIDDEN}")
        } else {
            MASKED.to_owned()
        };
        (name.to_string(), value)
    };
    headers.iter().map(shown).collect()
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_11 => "HTTP/1.1",
        Version::HTTP_2 => "HTTP/2",
        Version::HTTP_3 => "HTTP/3",
        _ => "HTTP",
    }
}

/// A text without keys so that it can be drawn on one line as it came.
fn drawn(text: &str) -> String {
    SafeText::new(text).into_string().replace('\t', "␉")
}
