//! What can go wrong between a request and its answer, sorted by what a person can do about it.
//! Each error becomes a `chat::Failure` at the border; `transport` and `refusal` make them.

use std::error::Error as StdError;
use std::time::Duration;

use crate::chat::{Failure, FailureKind, span};

/// A cause further down, kept for logs.
type Cause = Box<dyn StdError + Send + Sync>;

/// Why there is no answer, or only a part of one. Messages are cleaned, name host and phase, and hold no key.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings of the endpoint cannot work: fix the configuration.
    #[error("{message}")]
    Setup {
        /// What is wrong with which setting.
        message: String,
        /// What to change.
        remedy: String,
    },
    /// No key, an unusable one, or one that was rejected: fix the key.
    #[error("{message}")]
    Key {
        /// What is wrong, naming the source.
        message: String,
        /// Where a key can come from.
        remedy: String,
        /// 401 or 403 if the server said so.
        status: Option<u16>,
    },
    /// The server answered, with an error status or inside the stream.
    #[error("{}", failure.message)]
    Refused {
        /// What it said, and what to do.
        failure: Failure,
        /// The same request may work later.
        again: bool,
        /// How long the server wants us to wait before.
        wish: Option<Duration>,
    },
    /// No connection, or it broke.
    #[error("{message}")]
    Network {
        /// Host, port and phase.
        message: String,
        /// A kept connection broke before any reply: no sign of trouble, servers close idle ones.
        stale: bool,
        /// What the system said.
        #[source]
        cause: Cause,
    },
    /// Requests failed one after the other, so that this one was not sent.
    #[error("{host} is down")]
    Down {
        /// Who, with the port where it is not the usual one.
        host: String,
        /// After how long one is tried again.
        next: Duration,
    },
    /// The certificate or the handshake failed.
    #[error("{message}")]
    Tls {
        /// What is wrong with whose certificate.
        message: String,
        /// What may help.
        remedy: &'static str,
        /// What TLS said.
        #[source]
        cause: Cause,
    },
    /// A proxy did not let us through.
    #[error("{message}")]
    Proxy {
        /// Which proxy, without its password.
        message: String,
        /// Which setting names it.
        remedy: String,
        /// It was not there, as a server may not be for a moment.
        again: bool,
    },
    /// A wait ran out.
    #[error("{message}")]
    Timeout {
        /// Which, how long, where.
        message: String,
        /// Nothing at all had come, so that the request may be sent again.
        again: bool,
    },
    /// The machine slept while the request was under way: that says nothing of the server.
    #[error("the connection to {server} ended while the machine slept")]
    Slept {
        /// Host and port.
        server: String,
    },
    /// The server points elsewhere, where neither key nor prompt go.
    #[error("redirect to {to} not followed")]
    Redirect {
        /// The host it points to.
        to: String,
        /// The 3xx status.
        status: u16,
    },
    /// What came is not what the protocol says.
    #[error("{message}")]
    Malformed {
        /// What came instead.
        message: String,
        /// What it may mean.
        remedy: String,
        /// The status it came with.
        status: Option<u16>,
    },
    /// The stream ended well and held no text.
    #[error("{message}")]
    Empty {
        /// With the reason that the server gave for ending.
        message: String,
        /// What may help.
        remedy: String,
    },
    /// The stream ended without a sign that the answer was complete.
    #[error("the answer broke off: {message}")]
    Truncated {
        /// How it ended.
        message: String,
    },
}

impl Error {
    /// What to tell a person.
    pub fn failure(&self) -> Failure {
        let (kind, remedy, status) = match self {
            Self::Refused { failure, .. } => return failure.clone(),
            Self::Down { next, .. } => return self.down(*next),
            Self::Setup { remedy, .. } => (FailureKind::Setup, remedy.as_str(), None),
            Self::Key { remedy, status, .. } => (FailureKind::Key, remedy.as_str(), *status),
            Self::Network { .. } => (
                FailureKind::Network,
                "check the network and the base URL, then send again",
                None,
            ),
            Self::Tls { remedy, .. } => (FailureKind::Tls, *remedy, None),
            Self::Proxy { remedy, .. } => (FailureKind::Proxy, remedy.as_str(), None),
            Self::Timeout { .. } | Self::Slept { .. } => (
                FailureKind::Timeout,
                "send again; the timeouts are settings of the profile",
                None,
            ),
            Self::Redirect { status, .. } => (
                FailureKind::Redirect,
                "set base_url to the address that serves the API itself",
                Some(*status),
            ),
            Self::Malformed { remedy, status, .. } => {
                (FailureKind::Malformed, remedy.as_str(), *status)
            }
            Self::Empty { remedy, .. } => (FailureKind::Empty, remedy.as_str(), None),
            Self::Truncated { .. } => (
                FailureKind::Truncated,
                "send again for a whole answer",
                None,
            ),
        };
        Failure {
            kind,
            message: self.to_string(),
            remedy: remedy.to_owned(),
            status,
            again: None,
        }
    }

    fn down(&self, next: Duration) -> Failure {
        let remedy = format!("next try in {}", span(next));
        Failure {
            again: Some(next),
            ..Failure::new(FailureKind::Down, self.to_string(), remedy)
        }
    }

    /// The HTTP status, where one came.
    pub fn status(&self) -> Option<u16> {
        self.failure().status
    }

    /// True where the same request may work if it is sent again, as long as no text has come.
    pub(super) fn may_repeat(&self) -> bool {
        match self {
            Self::Network { .. } | Self::Slept { .. } => true,
            Self::Refused { again, .. }
            | Self::Proxy { again, .. }
            | Self::Timeout { again, .. } => *again,
            _ => false,
        }
    }

    /// How long the server wants us to wait.
    pub(super) fn wish(&self) -> Option<Duration> {
        match self {
            Self::Refused { wish, .. } => *wish,
            _ => None,
        }
    }

    /// The same where another source of the key had failed before, and why.
    pub(super) fn after(self, why: &str) -> Self {
        match self {
            Self::Key {
                message,
                remedy,
                status,
            } => Self::Key {
                message: format!("{message}, and {why}"),
                remedy,
                status,
            },
            other => other,
        }
    }

    pub(super) fn malformed(message: impl Into<String>, remedy: &str) -> Self {
        Self::Malformed {
            message: message.into(),
            remedy: remedy.to_owned(),
            status: None,
        }
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        error.failure()
    }
}
