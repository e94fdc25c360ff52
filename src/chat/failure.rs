//! Why an answer failed or was cut short, sorted by what a person can do about it.
//!
//! `provider::Error` and `store` become this at the border, so that screens, transcripts and exit codes agree.

use serde::{Deserialize, Serialize};

/// The way out decides the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// 401, 403 or no key: fix the key.
    Key,
    /// 402: pay.
    Payment,
    /// 404: choose another model.
    Model,
    /// 429: wait.
    Quota,
    /// 400, 413, 422: change the request.
    Request,
    /// Context or payload too long: drop turns.
    TooLong,
    /// 5xx, or an error inside the stream: try again later.
    Server,
    /// DNS, connection refused or reset: check host and network.
    Network,
    /// Certificate or handshake: check certificate, clock, CA file.
    Tls,
    /// A proxy stands in the way.
    Proxy,
    /// A wait ran out.
    Timeout,
    /// 3xx, never followed: fix the base URL.
    Redirect,
    /// Not the protocol: HTML, compression not asked for, unreadable events, too large.
    Malformed,
    /// The stream ended well and held no text.
    Empty,
    /// The stream ended without its finish chunk.
    Truncated,
    /// A task of ours panicked.
    Internal,
    /// Killed by a signal or a crash of an earlier run.
    Interrupted,
}

/// What happened and what to do, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Sorted by the way out.
    pub kind: FailureKind,
    /// One line: what happened, where. No secrets, sanitised, at most about 500 characters.
    pub message: String,
    /// One line: what to do next; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remedy: String,
    /// HTTP status, when a response came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

impl Failure {
    /// A failure without a status.
    pub fn new(kind: FailureKind, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            remedy: remedy.into(),
            status: None,
        }
    }
}
