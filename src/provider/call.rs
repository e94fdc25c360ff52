//! The life of a request: a way through the gate, attempts, retries, the stream, and its one end.
//! Each step is another module's; the order, and what ends it, is decided here.

mod life;
mod tries;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use reqwest::Response;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use self::life::Life;
use self::tries::{Tries, with_reason};
use super::assembly::Sink;
use super::breaker::{Door, Turn};
use super::echo::Echo;
use super::endpoint::Dialect;
use super::error::Error;
use super::exchange::{Tap, Trace};
use super::gate::Pass;
use super::key::{Key, KeySource, authorized};
use super::refusal::About;
use super::reply::{check_headers, local_address, refuse_encoding, refused, request_id};
use super::slumber::Slumber;
use super::stream::{self, Watch};
use super::transport::connection_of;
use super::{Inner, Request, embedded_models, limits, lock, wire};
use crate::chat::{
    Attempt, Catalogue, EndState, HttpVersion, Prices, Role, Step, StreamEvent, span,
};

/// Who asks again at once should find the connection free: what follows an end mark within so little is waited for.
const AT_ONCE: Duration = Duration::from_millis(5);

impl Inner {
    pub(super) async fn answer(
        &self,
        request: &Request,
        trace: &Trace,
        cancel: &CancellationToken,
        sink: &mut Sink<'_>,
    ) {
        let mut life = Life {
            asked: Some(Instant::now()),
            ..Life::default()
        };
        let mut tap = self.tap(trace, "answer");
        let messages = request.messages.iter();
        let said = messages.rev().find(|m| m.role == Role::Assistant);
        let before = said.map(|message| message.text.as_str());
        let mut echo = Echo::new(&self.endpoint.secrets, before);
        let sink: &mut Sink<'_> = &mut |event| echo.pass(event, sink);
        let begun = Arc::clone(&life.begun);
        let total = self.endpoint.timeouts.total;
        let out_of_time = async {
            // What waits in the queue has not begun.
            begun.notified().await;
            match total {
                Some(total) => sleep(total).await,
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            // Dropping the last branch closes the connection, wherever it stands.
            biased;
            () = cancel.cancelled() => Ok(EndState::Stopped),
            () = out_of_time => Err(not_done(total.unwrap_or_default())),
            state = self.run(request, &mut life, &mut tap, sink) => Ok(state),
        };
        // First: what was held back is text, and an answer that has some is cut short.
        let at = life.sent.map_or(Duration::ZERO, |sent| sent.elapsed());
        life.assembly.flush(at, sink);
        let state = match ended {
            Ok(state) => state,
            Err(error) => life.broken(error.failure()),
        };
        tap.ended(&state);
        life.settle();
        sink(self.gate.view(&request.model));
        let draining = life.draining.take();
        let ttft = life.assembly.first;
        let ttft = ttft.filter(|_| !life.assembly.deltas.is_whole);
        let mut end = life.end(state);
        end.prices = self.prices_of(&request.model);
        tap.answered(&request.model, &end, ttft);
        sink(StreamEvent::End(Box::new(end)));
        if let Some(draining) = draining {
            let _ = timeout(AT_ONCE, draining).await;
        }
    }

    /// Attempts until one gives an answer or none is left.
    async fn run<'a>(
        &'a self,
        request: &Request,
        life: &mut Life<'a>,
        tap: &mut Tap,
        sink: &mut Sink<'_>,
    ) -> EndState {
        let mut tries = Tries::within(&self.endpoint.retry);
        if let Some(next) = self.breaker.closed() {
            return EndState::Failed(self.down(next).failure());
        }
        let mut ticket = self.gate.ticket(request);
        match ticket.pass(sink).await {
            Ok(pass) => life.pass = Some(pass),
            Err(error) => return EndState::Failed(error.failure()),
        }
        // Only now: whoever finds out for others is not to wait for a quota meanwhile.
        let mut turn = match self.admit(sink).await {
            Ok(turn) => turn,
            Err(error) => return EndState::Failed(error.failure()),
        };
        loop {
            let error = match self.attempt(request, tries.number, life, tap, sink).await {
                Ok(state) => {
                    self.retries.succeeded(self.endpoint.caps.answers_per_retry);
                    return state;
                }
                Err(error) => error,
            };
            self.breaker.failed(&error);
            // Those who wait for what it finds hold places, and it is about to give its own back.
            drop(turn.take());
            let failure = error.failure();
            tap.failed(&failure);
            if life.assembly.has_text() {
                return EndState::CutShort(failure);
            }
            let wait = match self
                .wait(&request.model, &error, &mut tries, life.key.as_ref(), sink)
                .await
            {
                Ok(wait) => wait,
                Err(why) => return EndState::Failed(with_reason(failure, why)),
            };
            // Only now, so that nobody takes the place before a 429 has closed the gate.
            life.settle();
            sink(self.gate.view(&request.model));
            tries.number = tries.number.saturating_add(1);
            sink(StreamEvent::Retry {
                attempt: Attempt {
                    status: failure.status,
                    error: failure,
                    wait,
                },
                next: tries.number,
                most: tries.most,
            });
            // The wait belongs to what a person waits for, and to no request.
            (life.sent, life.ended) = (None, None);
            sleep(wait).await;
            match ticket.pass(sink).await {
                Ok(pass) => life.pass = Some(pass),
                Err(error) => return EndState::Failed(error.failure()),
            }
        }
    }

    /// Lets a new request out unless the endpoint is down. The turn, where it is this one's, lasts as long as it.
    async fn admit(&self, sink: &mut Sink<'_>) -> Result<Option<Turn<'_>>, Error> {
        let next = loop {
            match self.breaker.admit() {
                Door::Open => return Ok(None),
                Door::Try(turn) => return Ok(Some(turn)),
                Door::Look(turn, next) => {
                    if self.warm().await {
                        self.breaker.replied();
                        return Ok(None);
                    }
                    turn.found_nobody();
                    break next;
                }
                Door::Wait => {
                    let server = self.place.server.clone();
                    sink(StreamEvent::Step(Step::Behind { server }));
                    self.breaker.found_out().await;
                }
                Door::Closed(next) => break next,
            }
        };
        Err(self.down(next))
    }

    fn down(&self, next: Duration) -> Error {
        Error::Down {
            host: self.endpoint.base.authority(),
            next,
        }
    }

    /// One HTTP request, to the end of its answer.
    async fn attempt(
        &self,
        request: &Request,
        number: u32,
        life: &mut Life<'_>,
        tap: &mut Tap,
        sink: &mut Sink<'_>,
    ) -> Result<EndState, Error> {
        let mut tell = |source: &KeySource| tell_source(source, sink);
        let key = self.key.get(&self.endpoint, &mut tell).await?;
        let mut request = Cow::Borrowed(request);
        let shrunk = life.pass.as_ref().and_then(Pass::shrunk);
        if let Some(bound) = shrunk {
            request.to_mut().max_completion_tokens = bound;
        }
        let (http, body) = self.post(request.as_ref(), key.as_ref())?;
        tap.request(&http);
        let mut slumber = Slumber::new(self.endpoint.wall.as_ref());
        let sent = life.begin();
        tap.sent(sent);
        life.shrunk = shrunk;
        life.assembly.secrets = self.endpoint.secrets.clone();
        life.assembly.caps = self.endpoint.caps;
        life.whole = !request.stream;
        life.key.clone_from(&key);
        let timeouts = self.endpoint.timeouts.of(request.stream);
        let mut watch = Watch::new(sent, timeouts, tap.ear().clone());
        sink(StreamEvent::Sent { number });
        let response = match self.depart(http, body, &watch, &mut slumber, sink).await? {
            Ok(response) => response,
            Err(error) => {
                // DNS, TCP, TLS or a proxy.
                if error.is_connect()
                    && let Some(pass) = &mut life.pass
                {
                    pass.never_left();
                }
                let local = connection_of(&error);
                let stale = local.is_some_and(|local| self.connections.knows(local));
                return Err(self.place.explain_departure(error, stale).await);
            }
        };
        tap.head(&response);
        self.heard(&response, sent, life);
        sink(self.gate.view(&request.model));
        let about_limits = lock(&self.limits).clone();
        let catalogue = self.known_models();
        let about = About {
            endpoint: &self.endpoint,
            request: Some(request.as_ref()),
            key: key.as_ref(),
            catalogue: &catalogue,
            limits: &about_limits,
            ear: tap.ear(),
        };
        check_headers(response.headers(), &self.endpoint.caps)?;
        if !response.status().is_success() {
            return Err(refused(&about, response).await);
        }
        refuse_encoding(response.headers())?;
        sink(StreamEvent::Accepted {
            request_id: life.request_id.clone(),
            limits: life.limits.clone(),
            connection: life.connection,
        });
        watch.slumber = slumber;
        let local = local_address(&response);
        let read = stream::read(response, &mut watch, &self.place, &mut life.assembly, sink).await;
        life.draining = watch.draining.take();
        if let Some(local) = local {
            self.connections.touch(local);
        }
        let (ended, broken) = match read {
            Ok(ended) => (ended, None),
            Err(error) => (Instant::now(), Some(error)),
        };
        life.ended = Some(ended);
        life.assembly
            .flush(ended.saturating_duration_since(sent), sink);
        life.assembly.verdict(broken, &about)
    }

    /// Takes what the head of a reply tells, whatever its status.
    fn heard(&self, response: &Response, sent: Instant, life: &mut Life<'_>) {
        let status = response.status().as_u16();
        if status < 500 {
            self.breaker.replied();
        }
        let local = local_address(response);
        life.connection = local.and_then(|local| self.connections.note(local, sent));
        life.http = http_version(response.version());
        life.request_id = request_id(response.headers(), &self.endpoint.secrets);
        life.limits = limits::parse(response.headers());
        if !life.limits.0.is_empty() {
            lock(&self.limits).clone_from(&life.limits);
        }
        if let Some(pass) = &mut life.pass {
            pass.answered(status, &life.limits);
        }
    }

    /// The request as HTTP has it, and its body.
    fn post(
        &self,
        request: &Request,
        key: Option<&Key>,
    ) -> Result<(reqwest::Request, Bytes), Error> {
        let cannot = |e: &dyn std::fmt::Display| Error::Setup {
            message: format!("the request cannot be written: {e}"),
            remedy: "change its parameters".to_owned(),
        };
        let body = wire::body(request, self.endpoint.dialect).map_err(|e| cannot(&e))?;
        let body = Bytes::from(body);
        let accept = if request.stream {
            "text/event-stream, application/json"
        } else {
            "application/json"
        };
        let http = self.client.post(self.endpoint.base.chat_url());
        let http = authorized(http, key)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, accept)
            .body(body.clone())
            .build()
            .map_err(|e| cannot(&e.without_url()))?;
        Ok((http, body))
    }

    /// The key, read when first needed.
    pub(super) async fn key(&self) -> Result<Option<Key>, Error> {
        self.key.get(&self.endpoint, &mut |_| ()).await
    }

    /// The same ahead of all requests, which share also what goes wrong.
    pub(super) async fn key_ahead(&self) -> Result<Option<Key>, Error> {
        self.key.get_ahead(&self.endpoint).await
    }

    /// What a model costs by the live list, else by the embedded one.
    fn prices_of(&self, model: &str) -> Option<Prices> {
        let known = self.known_models();
        known.get(model)?.prices()
    }

    /// The models to suggest when a name is wrong.
    pub(super) fn known_models(&self) -> Arc<Catalogue> {
        if let Some(live) = &*lock(&self.catalogue) {
            return Arc::clone(live);
        }
        Arc::new(match self.endpoint.dialect {
            Dialect::Cerebras => embedded_models().clone(),
            Dialect::OpenAi => Catalogue::default(),
        })
    }
}

/// What is told of an answer that took longer than `total`.
fn not_done(total: Duration) -> Error {
    let limit = if total.subsec_nanos() == 0 {
        span(total)
    } else {
        format!("{} s", total.as_secs_f32())
    };
    Error::Timeout {
        message: format!("not done within {limit}"),
        again: false,
    }
}

/// Says where a key is being read, if that can take time.
fn tell_source(source: &KeySource, sink: &mut Sink<'_>) {
    if let Some(from) = source.slow() {
        sink(StreamEvent::Step(Step::Key { from }));
    }
}

/// The version in the product's words, where it has one.
pub(super) fn http_version(version: reqwest::Version) -> Option<HttpVersion> {
    match version {
        reqwest::Version::HTTP_10 => Some(HttpVersion::Http10),
        reqwest::Version::HTTP_11 => Some(HttpVersion::Http11),
        reqwest::Version::HTTP_2 => Some(HttpVersion::Http2),
        reqwest::Version::HTTP_3 => Some(HttpVersion::Http3),
        _ => None,
    }
}
