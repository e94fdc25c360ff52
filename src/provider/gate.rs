//! The one gate that all requests of a profile pass: it waits, says what for, and gives back what was taken. Gates of one
//! key close together after a 429.
//! Who may go out, and when, is `queue`'s to say; what is tried again is `call`'s.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::assembly::Sink;
use super::endpoint::Endpoint;
use super::error::Error;
use super::limits::FAR;
use super::queue::{Queue, is_news};
use super::{Request, lock};
use crate::chat::quota::{Allowance, Demand, Hold, Outcome, Use};
use crate::chat::{Failure, FailureKind, Held, Limits, StreamEvent, Wait, span};
use crate::metrics::{LiveRate, Usage};

/// The gate of a profile.
#[derive(Debug)]
pub(super) struct Gate {
    /// From here its clock counts.
    begun: Instant,
    queue: Mutex<Queue>,
    /// Wakes those who wait after each plan.
    planned: watch::Sender<()>,
    max_wait: Option<Duration>,
    /// The longest wait that a server may ask for.
    longest: Duration,
    /// All gates of the same key, this one among them.
    kin: Arc<Mutex<Vec<Weak<Self>>>>,
}

impl Gate {
    pub(super) fn new(endpoint: &Endpoint) -> Arc<Self> {
        Self::among(endpoint, Arc::default())
    }

    /// A further gate for the same key. What a 429 holds back, it holds back, too; places and quotas are its own.
    pub(super) fn beside(&self, endpoint: &Endpoint) -> Arc<Self> {
        let gate = Self::among(endpoint, Arc::clone(&self.kin));
        let now = self.now();
        for (model, opens, until) in lock(&self.queue).closings() {
            let (opens, until) = (opens.saturating_sub(now), until.saturating_sub(now));
            gate.change(|queue, now| queue.close(model, now + opens, now + until));
        }
        gate
    }

    fn among(endpoint: &Endpoint, kin: Arc<Mutex<Vec<Weak<Self>>>>) -> Arc<Self> {
        let gate = Arc::new(Self {
            begun: Instant::now(),
            queue: Mutex::new(Queue::new(
                endpoint.max_in_flight,
                Allowance {
                    requests_minute: endpoint.rpm,
                    tokens_minute: endpoint.tpm,
                    presets: endpoint.presets.clone(),
                },
            )),
            planned: watch::Sender::new(()),
            max_wait: endpoint.max_wait,
            longest: endpoint.longest_wait(),
            kin,
        });
        let mut all = lock(&gate.kin);
        all.retain(|gate| gate.strong_count() > 0);
        all.push(Arc::downgrade(&gate));
        drop(all);
        gate
    }

    /// A place in the order, kept through all attempts of the request.
    pub(super) fn ticket(&self, request: &Request) -> Ticket<'_> {
        let bytes: usize = request.messages.iter().map(|m| m.text.len()).sum();
        Ticket {
            gate: self,
            number: lock(&self.queue).draw(),
            model: request.model.clone(),
            demand: Demand::new(bytes, request.max_completion_tokens, request.when_full),
            again: false,
        }
    }

    /// What is left of the quotas of a model, as an event.
    pub(super) fn view(&self, model: &str) -> StreamEvent {
        StreamEvent::Quota(Box::new(lock(&self.queue).view(model, self.now())))
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    /// Holds all requests with the key for a model back for `wait`. Where the server's `wish` is longer than it may ask
    /// for, they are turned away until the longest wait is over: who comes then may see whether it is still so.
    pub(super) fn close(&self, model: &str, wait: Duration, wish: Option<Duration>) {
        let gates: Vec<_> = lock(&self.kin).iter().filter_map(Weak::upgrade).collect();
        let until = wish.unwrap_or(wait).min(FAR);
        for gate in gates {
            let opens = wait.min(gate.longest);
            gate.change(|queue, now| queue.close(model, now + opens, now + until));
        }
    }

    async fn at(&self, moment: Option<Duration>) {
        match moment.and_then(|moment| self.begun.checked_add(moment)) {
            Some(moment) => sleep_until(moment).await,
            None => std::future::pending().await,
        }
    }

    fn change(&self, act: impl FnOnce(&mut Queue, Duration)) {
        let now = self.now();
        let mut queue = lock(&self.queue);
        act(&mut queue, now);
        queue.plan(now);
        drop(queue);
        self.planned.send_replace(());
    }

    /// What holds a request; `None` once it is out.
    fn hold(&self, number: u64) -> Option<Hold> {
        lock(&self.queue).hold(number)
    }

    /// Until when a request may be held back; an error if that is not enough.
    fn deadline(
        &self,
        number: u64,
        hold: Hold,
        since: Duration,
    ) -> Result<Option<Duration>, Error> {
        let now = self.now();
        if hold.held == Held::Refused
            && let Some(until) = lock(&self.queue).unwanted_until(number)
            && let Some(left) = until.checked_sub(now).filter(|left| *left > self.longest)
        {
            return Err(unwanted(left, self.longest));
        }
        let Some(most) = self.max_wait.filter(|_| hold.held != Held::InFlight) else {
            return Ok(None);
        };
        let Some(end) = since.checked_add(most) else {
            return Ok(None);
        };
        let in_vain = hold.due.is_some_and(|due| due > end)
            && !lock(&self.queue).may_come_earlier(number, hold.held);
        if now >= end || in_vain {
            return Err(too_long(hold.wait(now), most));
        }
        Ok(Some(end))
    }
}

fn too_long(wait: Wait, most: Duration) -> Error {
    let when = wait.left.map_or_else(
        || "works again when other requests have ended".to_owned(),
        |left| format!("works again in {}", span(left)),
    );
    let message = format!(
        "not sent, it waits for {} (not waiting longer than {})",
        wait.held,
        span(most)
    );
    let remedy = format!("{when}; raise max_wait (--max-wait) to wait for it");
    not_sent(wait.left, message, remedy)
}

fn unwanted(left: Duration, longest: Duration) -> Error {
    let message = format!(
        "not sent: a request with the same key was refused (429), not waiting longer than {}",
        span(longest)
    );
    not_sent(
        Some(left),
        message,
        format!("works again in {}", span(left)),
    )
}

fn not_sent(again: Option<Duration>, message: String, remedy: String) -> Error {
    Error::Refused {
        failure: Failure {
            again,
            ..Failure::new(FailureKind::Quota, message, remedy)
        },
        again: false,
        wish: None,
    }
}

/// One request's place in the order.
#[derive(Debug)]
pub(super) struct Ticket<'a> {
    gate: &'a Gate,
    number: u64,
    model: String,
    demand: Demand,
    /// It was out before.
    again: bool,
}

impl<'a> Ticket<'a> {
    /// Waits until the request may go out, and says so where that takes time. Dropping this leaves the queue.
    pub(super) async fn pass(&mut self, sink: &mut Sink<'_>) -> Result<Pass<'a>, Error> {
        let (gate, number) = (self.gate, self.number);
        let mut planned = gate.planned.subscribe();
        let demand = self.demand;
        let again = std::mem::replace(&mut self.again, true);
        gate.change(|queue, now| queue.join(number, &self.model, demand, again, now));
        let mut pass = Pass {
            gate,
            number,
            demand,
            prompt: demand.prompt,
            reserved: demand.tokens(),
            stage: Stage::Kept,
        };
        let mut told: Option<Hold> = None;
        let mut held_since = None;
        while let Some(hold) = gate.hold(number) {
            if told.is_none_or(|told| is_news(hold, told)) {
                sink(gate.view(&self.model));
                sink(StreamEvent::Queued(hold.wait(gate.now())));
                told = Some(hold);
            }
            if hold.held == Held::InFlight {
                held_since = None;
            }
            let since = *held_since.get_or_insert_with(|| gate.now());
            let deadline = gate.deadline(number, hold, since)?;
            let wake = hold.due.into_iter().chain(deadline).min();
            tokio::select! {
                _ = planned.changed() => {}
                () = gate.at(wake) => gate.change(|_, _| ()),
            }
        }
        pass.reserved = lock(&gate.queue).reserved(number).unwrap_or(pass.reserved);
        sink(gate.view(&self.model));
        Ok(pass)
    }
}

/// How far a request that is out has come, which decides what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It has not left, so that it costs nothing.
    Kept,
    /// It may have reached the server: it costs itself and its prompt, and so many tokens of an answer.
    Sent { completion: u64 },
    /// The server wanted none of it: it costs itself.
    Refused,
}

/// A request that is out. Dropping it gives back its place and what it did not use.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    gate: &'a Gate,
    number: u64,
    demand: Demand,
    /// Tokens of the prompt that count: estimated, until the server says them.
    prompt: u64,
    reserved: u64,
    stage: Stage,
}

impl Pass<'_> {
    /// The bound of the answer, where it has to be lower than was asked for.
    pub(super) fn shrunk(&self) -> Option<u32> {
        let less = self.reserved < self.demand.tokens();
        let answer = self.reserved.saturating_sub(self.demand.prompt);
        less.then(|| u32::try_from(answer).unwrap_or(u32::MAX))
    }

    /// The request is being sent.
    pub(super) fn sent(&mut self) {
        self.stage = Stage::Sent { completion: 0 };
    }

    /// There was no connection to send it over.
    pub(super) fn never_left(&mut self) {
        self.stage = Stage::Kept;
    }

    /// The headers of its response came.
    pub(super) fn answered(&mut self, status: u16, limits: &Limits) {
        let outcome = Outcome::of_status(status);
        if outcome != Outcome::Accepted {
            self.stage = Stage::Refused;
        }
        self.gate
            .change(|queue, now| queue.answered(self.number, outcome, limits, now));
    }

    /// It is over, after so many bytes of text. Without `usage` they are an estimate of the tokens used.
    pub(super) fn ended(mut self, usage: &Usage, bytes: usize) {
        let prompt = usage.prompt_tokens.unwrap_or(self.prompt);
        self.prompt = prompt.saturating_sub(usage.cached_tokens.unwrap_or(0));
        if let Stage::Sent { completion } = &mut self.stage {
            *completion = usage
                .completion_tokens
                .unwrap_or_else(|| LiveRate::tokens_in(bytes as u64));
        }
    }

    /// What it took.
    fn used(&self) -> Use {
        match self.stage {
            Stage::Kept => Use::Nothing,
            Stage::Refused => Use::Tokens {
                prompt: 0,
                completion: 0,
            },
            Stage::Sent { completion } => Use::Tokens {
                prompt: self.prompt,
                completion,
            },
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.gate
            .change(|queue, now| queue.leave(self.number, self.used(), now));
    }
}
