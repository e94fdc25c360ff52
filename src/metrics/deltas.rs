//! What a stream held that its texts do not tell: how many deltas there were, and when tool calls came.
//!
//! Counted where events are read. An answer that an earlier version kept has none of it.

use std::time::Duration;

use super::Timeline;

/// The deltas of an answer beside their texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deltas {
    /// Deltas that bore text or a tool call. One that held reasoning and content is one delta and two arrivals.
    pub count: Option<u64>,
    /// It came as one body and not as a stream, so that its first text is no sign of when there was a first token.
    pub is_whole: bool,
    /// The tool calls, if there were any: they are tokens like text, though nobody shows or runs them.
    pub calls: Option<Calls>,
}

/// When pieces of tool calls came, since the attempt was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calls {
    /// The first piece.
    pub first: Duration,
    /// The last one.
    pub last: Duration,
    /// Bytes of names and arguments that came with the first piece.
    pub first_bytes: u64,
    /// Bytes of all of them.
    pub bytes: u64,
}

impl Deltas {
    /// Notes a delta that bore something, and the bytes of its tool call if it had one.
    pub fn push(&mut self, call: Option<usize>, at: Duration) {
        self.count = Some(self.count.unwrap_or_default().saturating_add(1));
        let Some(bytes) = call else { return };
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        // To the microsecond, like texts: a call and a text of one read have the same time.
        let at = Duration::from_micros(u64::try_from(at.as_micros()).unwrap_or(u64::MAX));
        let calls = self.calls.get_or_insert(Calls {
            first: at,
            last: at,
            first_bytes: 0,
            bytes: 0,
        });
        calls.last = at;
        calls.bytes = calls.bytes.saturating_add(bytes);
        if calls.first == at {
            calls.first_bytes = calls.bytes;
        }
    }

    /// How many deltas bore something, at least one; the texts are counted where nobody counted deltas.
    pub(super) fn count(&self, timeline: &Timeline) -> u64 {
        let texts = u64::try_from(timeline.arrivals().len()).unwrap_or(u64::MAX);
        self.count.unwrap_or(texts).max(1)
    }
}
