//! What is known of a request while it lives, and what remains of it at its end.
//! It begins anew with each attempt; what drives it is `call`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::super::assembly::Assembly;
use super::super::gate::Pass;
use super::super::key::Key;
use crate::chat::{Connection, End, EndState, Failure, HttpVersion, Limits};
use crate::text;

/// What is known of a request while it lives; what remains when it is cancelled.
#[derive(Default)]
pub(super) struct Life<'a> {
    /// Held while an attempt is under way.
    pub(super) pass: Option<Pass<'a>>,
    /// Tells when the first attempt goes out.
    pub(super) begun: Arc<Notify>,
    pub(super) asked: Option<Instant>,
    pub(super) sent: Option<Instant>,
    pub(super) ended: Option<Instant>,
    pub(super) connection: Option<Connection>,
    pub(super) http: Option<HttpVersion>,
    pub(super) request_id: Option<String>,
    pub(super) limits: Limits,
    /// What it was sent with.
    pub(super) key: Option<Key>,
    /// The bound of the answer, where the quota had no room for the one that was asked for.
    pub(super) shrunk: Option<u32>,
    /// It was not asked for as a stream.
    pub(super) whole: bool,
    pub(super) assembly: Assembly,
    /// What is left behind the end mark is being read: then the connection is free.
    pub(super) draining: Option<JoinHandle<()>>,
}

impl Life<'_> {
    /// A further attempt goes out now: what the one before left is of no use.
    pub(super) fn begin(&mut self) -> Instant {
        let now = Instant::now();
        if let Some(pass) = &mut self.pass {
            pass.sent();
        }
        self.begun.notify_one();
        *self = Self {
            pass: self.pass.take(),
            begun: Arc::clone(&self.begun),
            asked: self.asked,
            sent: Some(now),
            ..Self::default()
        };
        now
    }

    /// The attempt under way is over, however it ended: what it did not use goes back.
    pub(super) fn settle(&mut self) {
        if let Some(pass) = self.pass.take() {
            pass.ended(&self.assembly.usage, self.assembly.text_bytes());
        }
    }

    /// What is worth saying though all went well.
    fn note(&self) -> Option<String> {
        let shrunk = self.shrunk.map(|bound| {
            let bound = text::counted(bound.into(), "token", "tokens");
            format!("at most {bound}: the quota had no room for more (quota = \"shrink\")")
        });
        let is_whole = self.assembly.deltas.is_whole && self.assembly.has_text();
        let whole = self.whole && is_whole;
        let whole = whole.then(|| "it came in one piece (allow_streaming = false)".to_owned());
        let notes = shrunk.into_iter().chain(whole).chain(self.assembly.note());
        let notes: Vec<String> = notes.collect();
        (!notes.is_empty()).then(|| notes.join("; "))
    }

    /// What there is to tell at the end.
    pub(super) fn end(self, state: EndState) -> End {
        let ended = self.ended.unwrap_or_else(Instant::now);
        let since = |from: Option<Instant>| {
            from.map_or(Duration::ZERO, |from| ended.saturating_duration_since(from))
        };
        End {
            state,
            e2e: since(self.sent),
            waited: since(self.asked),
            note: self.note(),
            finish_reason: self.assembly.finish_reason,
            usage: self.assembly.usage,
            server: self.assembly.server,
            deltas: self.assembly.deltas,
            connection: self.connection,
            http: self.http,
            request_id: self.request_id.or(self.assembly.request_id),
            limits: self.limits,
            prices: None,
            budget: None,
        }
    }

    /// How it stands where something else than the server ended it.
    pub(super) fn broken(&self, failure: Failure) -> EndState {
        if self.assembly.has_text() {
            EndState::CutShort(failure)
        } else {
            EndState::Failed(failure)
        }
    }
}
