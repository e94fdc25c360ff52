//! How a request of an answer went: the connection and the version of HTTP that it had, and what failed.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Failure;

/// Whether a request opened a connection or found one open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Connection {
    /// DNS, TCP and TLS sit inside the TTFT.
    New,
    /// The connection was kept from earlier.
    Reused,
}

/// The version of HTTP that a reply came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HttpVersion {
    /// One request a connection, unless it says otherwise.
    #[serde(rename = "1.0")]
    Http10,
    /// One request at a time.
    #[serde(rename = "1.1")]
    Http11,
    /// Many at a time.
    #[serde(rename = "2")]
    Http2,
    /// Many at a time, over QUIC.
    #[serde(rename = "3")]
    Http3,
    /// One that a later version of this program wrote.
    #[serde(other)]
    Other,
}

impl HttpVersion {
    /// Its number, as people write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Http10 => "1.0",
            Self::Http11 => "1.1",
            Self::Http2 => "2",
            Self::Http3 => "3",
            Self::Other => "other",
        }
    }
}

/// One failed HTTP request of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// HTTP status, when a response came.
    pub status: Option<u16>,
    /// What went wrong.
    pub error: Failure,
    /// How long was waited before the next attempt.
    pub wait: Duration,
}
