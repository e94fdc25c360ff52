//! What a request says while it lives: attempts, deltas, and exactly one end.
//!
//! The provider makes these; the TUI, the headless commands and the benches read the same ones.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{
    Attempt, Budget, Connection, Failure, HttpVersion, Limits, Prices, Step, Wait, quota::View,
};
use crate::metrics::{Channel, Deltas, ServerTime, Usage};

/// The text of one SSE event, stamped when its bytes were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    /// Which text it extends.
    pub channel: Channel,
    /// The text as received.
    pub text: String,
    /// Since the attempt was sent.
    pub at: Duration,
}

/// Why generation stopped, as the server says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// A natural end or a stop sequence.
    Stop,
    /// The token limit.
    Length,
    /// The model wants to call a tool (never asked for, never run).
    ToolCalls,
    /// The provider's filter.
    ContentFilter,
    /// A word we do not know, kept raw.
    #[serde(untagged)]
    Other(String),
}

impl FinishReason {
    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Self {
        match word {
            "stop" => Self::Stop,
            "length" => Self::Length,
            "tool_calls" => Self::ToolCalls,
            "content_filter" => Self::ContentFilter,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The word on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Other(word) => word,
        }
    }

    /// What a person should know of an answer that ended so, though it is complete.
    pub fn remark(&self) -> Option<String> {
        match self {
            Self::Stop | Self::Length => None,
            Self::ToolCalls => {
                Some("the model wanted to call a tool; none was offered and none is run".to_owned())
            }
            Self::ContentFilter => Some("filtered by the provider".to_owned()),
            Self::Other(word) => Some(format!("ended with “{word}”")),
        }
    }
}

/// How an answer ended; each ends in exactly one of these, on screen and on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndState {
    /// All of it came.
    Complete,
    /// All of it came, up to the token limit.
    AtLimit,
    /// It came, but this many events were unreadable.
    Damaged(u32),
    /// The person stopped it.
    Stopped,
    /// It broke off after text had come.
    CutShort(Failure),
    /// It never gave text.
    Failed(Failure),
    /// It never gave text, and the settings of its profile say that it is then passed over.
    Skipped(Failure),
}

/// Another profile answers in the place of the one that was asked, whose retries are used up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FellBack {
    /// The profile that failed.
    pub from: String,
    /// Why.
    pub error: Failure,
    /// The profile that answers: the mock.
    pub profile: String,
    /// The model that answers.
    pub model: String,
}

impl EndState {
    /// The word in machine output.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::AtLimit => "at_limit",
            Self::Damaged(_) => "damaged",
            Self::Stopped => "stopped",
            Self::CutShort(_) => "cut_short",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
        }
    }

    /// The failure, where there is one.
    pub fn failure(&self) -> Option<&Failure> {
        match self {
            Self::CutShort(failure) | Self::Failed(failure) | Self::Skipped(failure) => {
                Some(failure)
            }
            _ => None,
        }
    }
}

/// The end of an answer with all that is known then.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// How it ended.
    pub state: EndState,
    /// Why generation stopped, if the server said so.
    pub finish_reason: Option<FinishReason>,
    /// Token counts.
    pub usage: Usage,
    /// Where the server's time went.
    pub server: ServerTime,
    /// What the stream held that its texts do not tell.
    pub deltas: Deltas,
    /// tE − t0 of the last attempt.
    pub e2e: Duration,
    /// From asking to the end: places, quotas, retries and their waits included.
    pub waited: Duration,
    /// Whether the last attempt opened a connection.
    pub connection: Option<Connection>,
    /// By which version of HTTP its reply came.
    pub http: Option<HttpVersion>,
    /// The provider's id for support questions.
    pub request_id: Option<String>,
    /// Quota headers of the last response.
    pub limits: Limits,
    /// What its model cost then, if that was known.
    pub prices: Option<Prices>,
    /// Something worth saying though all went well ("no finish chunk, but `[DONE]`").
    pub note: Option<String>,
    /// The latency budget it was asked with.
    pub budget: Option<Budget>,
}

impl End {
    /// An end of which nothing but the state is known.
    pub fn bare(state: EndState) -> Self {
        Self {
            state,
            finish_reason: None,
            usage: Usage::default(),
            server: ServerTime::default(),
            deltas: Deltas::default(),
            e2e: Duration::ZERO,
            waited: Duration::ZERO,
            connection: None,
            http: None,
            request_id: None,
            limits: Limits::default(),
            prices: None,
            note: None,
            budget: None,
        }
    }
}

/// One step in the life of a request. After [`StreamEvent::End`] nothing follows.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamEvent {
    /// The request is held back before it goes out. Said again when the reason or the time changes.
    Queued(Wait),
    /// What the attempt does now.
    Step(Step),
    /// Attempt `number` (from 1) is on its way; times of deltas count from here.
    Sent {
        /// Counts from 1.
        number: u32,
    },
    /// Response headers came and are an event stream.
    Accepted {
        /// The provider's id of the request.
        request_id: Option<String>,
        /// Quota headers.
        limits: Limits,
        /// Whether this attempt opened a connection.
        connection: Option<Connection>,
    },
    /// Text came.
    Delta(Delta),
    /// Bytes came and still no text, though some time has passed since the last of it: the server lives. Said about once a
    /// second at most, however many come.
    Alive {
        /// When they came, since the attempt was sent.
        at: Duration,
    },
    /// An attempt failed and another follows after `attempt.wait`.
    Retry {
        /// What failed, and how long we wait.
        attempt: Attempt,
        /// Number of the coming attempt, and how many there can be.
        next: u32,
        /// Attempts at most.
        most: u32,
    },
    /// The retries are used up, and the mock answers instead.
    FellBack(Box<FellBack>),
    /// It is over.
    End(Box<End>),
    /// What is left of the quotas of its model has changed. Says nothing about the answer itself.
    Quota(Box<View>),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::FailureKind;

    #[test]
    fn finish_reasons_keep_their_words() {
        for (word, reason) in [
            ("stop", FinishReason::Stop),
            ("length", FinishReason::Length),
            ("tool_calls", FinishReason::ToolCalls),
            ("content_filter", FinishReason::ContentFilter),
            ("done", FinishReason::Other("done".to_owned())),
        ] {
            assert_eq!(FinishReason::parse(word), reason);
            assert_eq!(
                reason.remark().is_none(),
                matches!(word, "stop" | "length"),
                "{word}"
            );
            assert_eq!(reason.as_str(), word);
            let json = serde_json::to_string(&reason).unwrap();
            assert_eq!(json, format!("\"{word}\""));
            assert_eq!(serde_json::from_str::<FinishReason>(&json).unwrap(), reason);
        }
    }

    #[test]
    fn only_what_went_wrong_has_a_failure() {
        let failure = Failure::new(FailureKind::Network, "reset", "");
        for state in [
            EndState::Complete,
            EndState::AtLimit,
            EndState::Damaged(2),
            EndState::Stopped,
        ] {
            assert_eq!(state.failure(), None, "{}", state.as_str());
        }
        assert_eq!(
            EndState::CutShort(failure.clone()).failure(),
            Some(&failure)
        );
        assert_eq!(EndState::Failed(failure.clone()).failure(), Some(&failure));
    }
}
