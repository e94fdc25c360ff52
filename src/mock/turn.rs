//! A request that was admitted: its answer as a stream or in one piece, and the account's settling at its end.
//! Whether a request is admitted is the business of `server`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body as HttpBody;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::format::{self, Chunks, Collected, Identity, Usage};
use super::limits::Reservation;
use super::pace::Pace;
use super::playback::{Body, Playback};
use super::request::ChatRequest;
use super::scenario::Wire;
use super::script::{Delta, Script};
use super::server::{Shared, lock};
use super::socket::Orders;

/// A request that is being answered.
pub(crate) struct Turn {
    pub(crate) request: ChatRequest,
    pub(crate) script: Script,
    pub(crate) pace: Pace,
    pub(crate) wire: Wire,
    pub(crate) identity: Identity,
    pub(crate) headers: HeaderMap,
    pub(crate) running: Running,
    pub(crate) prompt: u64,
    pub(crate) cached: u64,
}

impl Turn {
    /// The answer as an event stream.
    pub(crate) fn stream(self, orders: Orders, started: Instant) -> Response {
        let headers = self.head("text/event-stream; charset=utf-8");
        let play = Playback {
            chunks: Chunks::new(self.identity, &self.wire),
            script: self.script,
            pace: self.pace,
            wire: self.wire,
            running: self.running,
            prompt: self.prompt,
            cached: self.cached,
            orders,
        };
        (headers, HttpBody::from_stream(Body::new(play, started))).into_response()
    }

    /// The same answer in one piece, as late as the stream would have ended.
    pub(crate) async fn whole(mut self, started: Instant) -> Response {
        let (mut message, mut delta) = (Collected::default(), Delta::default());
        let finish = loop {
            if let Some(finish) = self.script.step(&mut delta) {
                break finish;
            }
            self.running.tokens(self.script.counted());
            message.add(&delta);
        };
        let usage = Usage::of(&self.script, self.prompt, self.cached);
        if self.pace.is_paced() {
            tokio::time::sleep_until(started + self.pace.total(usage.completion)).await;
        }
        let reason = self
            .wire
            .finish_reason
            .as_deref()
            .unwrap_or(finish.as_str());
        let body = format::whole(&self.identity, &message, reason, usage, &self.pace);
        (self.head("application/json"), body).into_response()
    }

    fn head(&self, media: &str) -> HeaderMap {
        let mut headers = self.headers.clone();
        let value =
            |text: &str| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
        headers.insert(
            header::CONTENT_TYPE,
            value(self.wire.content_type.as_deref().unwrap_or(media)),
        );
        headers.insert("inference-id", value(&self.identity.id));
        if let Some(encoding) = &self.wire.content_encoding {
            headers.insert(header::CONTENT_ENCODING, value(encoding));
        }
        headers
    }
}

/// An answer on its way. Dropping it, at the end or because the client left, settles the account.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) shared: Arc<Shared>,
    pub(crate) reservation: Reservation,
    pub(crate) tokens: u64,
}

impl Running {
    /// Tokens made so far.
    pub(crate) fn tokens(&mut self, tokens: u64) {
        self.tokens = tokens;
    }

    /// Resolves when the server stops.
    pub(crate) fn stopped(&self) -> WaitForCancellationFutureOwned {
        self.shared.stop.clone().cancelled_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shared.live.fetch_sub(1, Ordering::Relaxed);
        lock(&self.shared.buckets).settle(&self.reservation, self.tokens, Instant::now());
    }
}
