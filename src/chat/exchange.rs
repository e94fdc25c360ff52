//! What went over the wire for an answer: the request as it was sent, and each attempt's reply as it came. Text in here is
//! safe to draw and holds no key.
//!
//! Who listens is `provider`; how much is kept is decided there.

use std::time::Duration;

/// A header, name and value.
pub type Header = (String, String);

/// All that is known of one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// Our id of it; the log has the same.
    pub id: String,
    /// Whom it went to.
    pub profile: String,
    /// What was sent last.
    pub request: SentRequest,
    /// The attempts, oldest first; the last one counts.
    pub attempts: Vec<Trial>,
    /// Attempts before those.
    pub left_out: u32,
}

/// A request as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentRequest {
    /// Method and address.
    pub line: String,
    /// Its headers.
    pub headers: Vec<Header>,
    /// Its body, a line for each field.
    pub body: Vec<String>,
    /// Bytes of the body on the wire.
    pub bytes: usize,
}

/// One attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// Counts from 1.
    pub number: u32,
    /// How its reply began, once it did.
    pub head: Option<ReplyHead>,
    /// What came behind that.
    pub parts: Vec<RawPart>,
    /// Bytes of it.
    pub bytes: u64,
    /// When it was over, and how.
    pub ended: Option<(Duration, String)>,
}

/// How a reply began. Times are since the attempt was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplyHead {
    /// When it came.
    pub at: Duration,
    /// The HTTP version.
    pub version: String,
    /// The status code.
    pub status: u16,
    /// The server's id of the request.
    pub server_id: Option<String>,
    /// Its headers.
    pub headers: Vec<Header>,
}

/// A piece of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawPart {
    /// An event of a stream.
    Event(RawEvent),
    /// A line of a body that is no stream, or the beginning of an event that has not ended.
    Text(String),
    /// This much of the stream was not kept.
    LeftOut {
        /// Events that ended in it.
        events: u64,
        /// All of its bytes.
        bytes: u64,
    },
}

/// An event as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawEvent {
    /// Counts from 1, those that were not kept included.
    pub number: u64,
    /// When its last byte was read.
    pub at: Duration,
    /// Bytes on the wire.
    pub bytes: usize,
    /// Its lines.
    pub lines: Vec<String>,
}
