//! Why an answer failed or was cut short, sorted by what a person can do about it.
//!
//! `provider::Error` and `store` become this at the border, so that screens, transcripts and exit codes agree.

use std::{borrow::Cow, time::Duration};

use serde::{Deserialize, Serialize};

use super::span;

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
    /// The settings cannot work: change them.
    Setup,
    /// Context or payload too long: drop turns.
    TooLong,
    /// 5xx, or an error inside the stream: try again later.
    Server,
    /// DNS, connection refused or reset: check host and network.
    Network,
    /// Others failed just before, so that this was not sent: wait, or try now.
    Down,
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

impl FailureKind {
    /// True where the provider did not do its part: what another would do instead is then worth a thought. What is wrong
    /// with the key, the account, the model or the request stays as it is wherever it is sent.
    pub fn is_outage(self) -> bool {
        match self {
            Self::Quota
            | Self::Server
            | Self::Network
            | Self::Down
            | Self::Tls
            | Self::Proxy
            | Self::Timeout
            | Self::Redirect
            | Self::Malformed
            | Self::Empty
            | Self::Truncated => true,
            Self::Key
            | Self::Payment
            | Self::Model
            | Self::Request
            | Self::Setup
            | Self::TooLong
            | Self::Internal
            | Self::Interrupted => false,
        }
    }
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
    /// After how long it works again, counted from the failure; the remedy says it as well. Of no use once it is saved.
    #[serde(skip)]
    pub again: Option<Duration>,
}

/// What stands in a remedy before the time after which it works again, and what when that is over.
const AGAIN: [(&str, &str); 2] = [
    ("works again in ", "works again now"),
    ("next try in ", "it can be tried again"),
];

impl Failure {
    /// A failure without a status.
    pub fn new(kind: FailureKind, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            remedy: remedy.into(),
            status: None,
            again: None,
        }
    }

    /// Whose wish the wait before the next attempt is, to follow that wait; empty where no server has a say.
    pub fn whose_wait(&self) -> &'static str {
        match (self.status, self.again) {
            (_, Some(_)) => ", as the server asks",
            (Some(429), None) => ", the server named no time",
            _ => "",
        }
    }

    /// The remedy so long after the failure: a time that it names counts down.
    pub fn remedy_after(&self, passed: Duration) -> Cow<'_, str> {
        let split = |(mark, over)| Some((self.remedy.split_once(mark)?, mark, over));
        let split = AGAIN.into_iter().find_map(split);
        let (Some(again), Some(((before, after), mark, over))) = (self.again, split) else {
            return Cow::Borrowed(&self.remedy);
        };
        let rest = after.split_once(';').map(|(_, rest)| rest);
        let rest = rest.map_or_else(String::new, |rest| format!(";{rest}"));
        let when = match again.saturating_sub(passed) {
            Duration::ZERO => over.to_owned(),
            left => format!("{mark}{}", span(left)),
        };
        Cow::Owned(format!("{before}{when}{rest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_says_whose_wish_it_is() {
        let whose = |status, again| {
            let failure = Failure {
                status,
                again,
                ..Failure::new(FailureKind::Quota, "slow down", "")
            };
            failure.whose_wait()
        };
        let second = Some(Duration::from_secs(1));
        assert_eq!(whose(Some(429), second), ", as the server asks");
        assert_eq!(whose(Some(429), None), ", the server named no time");
        assert_eq!(whose(Some(503), None), "");
        assert_eq!(whose(None, None), "");
    }

    #[test]
    fn a_time_in_a_remedy_counts_down() {
        let failure = |remedy: &str, again| Failure {
            again,
            ..Failure::new(FailureKind::Quota, "429", remedy)
        };
        let seconds = Duration::from_secs;
        let said = [
            (
                "works again in 60 s",
                "works again in 2 s",
                "works again now",
            ),
            (
                "works again in 60 s; lower it",
                "works again in 2 s; lower it",
                "works again now; lower it",
            ),
            (
                "the service is busy: works again in 60 s",
                "the service is busy: works again in 2 s",
                "the service is busy: works again now",
            ),
            (
                "next try in 60 s",
                "next try in 2 s",
                "it can be tried again",
            ),
            ("send again", "send again", "send again"),
        ];
        for (remedy, near, over) in said {
            let counting = failure(remedy, Some(seconds(60)));
            assert_eq!(counting.remedy_after(seconds(0)), remedy);
            assert_eq!(counting.remedy_after(Duration::from_millis(58_001)), near);
            assert_eq!(counting.remedy_after(seconds(60)), over);
            assert_eq!(failure(remedy, None).remedy_after(seconds(9)), remedy);
        }
    }
}
