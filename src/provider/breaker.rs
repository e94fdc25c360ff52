//! The circuit breaker of an endpoint: after failures in a row nothing new is sent for a while, then one request tries,
//! and those that come meanwhile wait for what it finds.
//!
//! What is under way goes on: its retries are bounded by a policy of their own and find out, too, that all is well again.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::endpoint::BreakerPolicy;
use super::error::Error;
use super::lock;

/// Whether somebody is there is looked at so often at most, however many ask.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The breaker of an endpoint.
#[derive(Debug)]
pub(super) struct Breaker {
    policy: BreakerPolicy,
    state: Mutex<State>,
    /// The number of the request that tries; 0 while none does.
    trying: watch::Sender<u32>,
}

/// What becomes of a new request.
pub(super) enum Door<'a> {
    /// It goes out.
    Open,
    /// It goes out alone, and finds out for all.
    Try(Turn<'a>),
    /// Nobody was there at all: a look that costs nothing tells whether somebody is again. If not, it is so long until a
    /// request may try.
    Look(Turn<'a>, Duration),
    /// Another one is finding out.
    Wait,
    /// It is so long until one may try.
    Closed(Duration),
}

/// The same before anybody has gone.
enum Way {
    Open,
    Try,
    Look(Duration),
    Wait,
    Closed(Duration),
}

/// Whoever holds it is the one that finds out. It is over when that is known; dropped before, it is the next one's.
pub(super) struct Turn<'a> {
    number: u32,
    /// A look alone.
    looks: bool,
    breaker: &'a Breaker,
}

impl Turn<'_> {
    /// The look has found nobody.
    pub(super) fn found_nobody(self) {
        self.breaker.over(|trying| trying == self.number);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.breaker.give_back(self);
    }
}

#[derive(Debug, Default)]
struct State {
    failures: VecDeque<Instant>,
    /// While it is open: when the next request may try.
    next: Option<Instant>,
    /// The last failure had no reply at all.
    silent: bool,
    looked: Option<Instant>,
    /// Those that have tried or looked.
    turns: u32,
}

impl Breaker {
    pub(super) fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            state: Mutex::default(),
            trying: watch::Sender::default(),
        }
    }

    /// Says what becomes of a new request. The one that tries closes the door behind it for another pause.
    pub(super) fn admit(&self) -> Door<'_> {
        let now = Instant::now();
        let mut state = lock(&self.state);
        match self.way(&state, now) {
            Way::Open => Door::Open,
            Way::Wait => Door::Wait,
            Way::Closed(left) => Door::Closed(left),
            Way::Try => {
                state.next = Some(now + self.policy.pause);
                Door::Try(self.turn(&mut state, false))
            }
            Way::Look(left) => {
                state.looked = Some(now);
                Door::Look(self.turn(&mut state, true), left)
            }
        }
    }

    /// How long it is until one may try, where a new request can only be told that.
    pub(super) fn closed(&self) -> Option<Duration> {
        match self.way(&lock(&self.state), Instant::now()) {
            Way::Closed(left) => Some(left),
            _ => None,
        }
    }

    fn way(&self, state: &State, now: Instant) -> Way {
        let Some(next) = state.next else {
            return Way::Open;
        };
        if *self.trying.borrow() != 0 {
            return Way::Wait;
        }
        if next <= now {
            return Way::Try;
        }
        let left = next.saturating_duration_since(now);
        let just_now = |at: Instant| now.saturating_duration_since(at) < LOOK_EVERY;
        if !state.silent || state.looked.is_some_and(just_now) {
            return Way::Closed(left);
        }
        Way::Look(left)
    }

    fn turn(&self, state: &mut State, looks: bool) -> Turn<'_> {
        state.turns = state.turns.wrapping_add(1).max(1);
        self.trying.send_replace(state.turns);
        Turn {
            number: state.turns,
            looks,
            breaker: self,
        }
    }

    /// Nothing was found out, so that another one may.
    fn give_back(&self, turn: &Turn<'_>) {
        let mut state = lock(&self.state);
        if *self.trying.borrow() != turn.number {
            return;
        }
        if turn.looks {
            state.looked = None;
        } else {
            state.next = state.next.map(|_| Instant::now());
        }
        drop(state);
        self.over(|trying| trying == turn.number);
    }

    /// Ends once nobody is finding out any more.
    pub(super) async fn found_out(&self) {
        // The sender lives as long as this borrow of it.
        let _ = self
            .trying
            .subscribe()
            .wait_for(|trying| *trying == 0)
            .await;
    }

    /// Those that wait need wait no longer, if it is for this one.
    fn over(&self, is_this: impl FnOnce(u32) -> bool) {
        self.trying.send_if_modified(|trying| {
            let ends = *trying != 0 && is_this(*trying);
            if ends {
                *trying = 0;
            }
            ends
        });
    }

    /// The next request may try, however long it was to be.
    pub(super) fn try_now(&self) {
        let mut state = lock(&self.state);
        state.next = state.next.map(|_| Instant::now());
    }

    /// The endpoint has replied.
    pub(super) fn replied(&self) {
        let mut state = lock(&self.state);
        *state = State {
            turns: state.turns,
            ..State::default()
        };
        drop(state);
        self.over(|_| true);
    }

    /// An attempt failed. Only what says that the endpoint is down counts.
    pub(super) fn failed(&self, error: &Error) {
        let Some(silent) = is_down(error).filter(|_| self.policy.failures > 0) else {
            return;
        };
        let now = Instant::now();
        let mut state = lock(&self.state);
        state.silent = silent;
        state.failures.push_back(now);
        let since = |at: &Instant| now.saturating_duration_since(*at);
        while state.failures.len() > self.policy.failures as usize
            || state
                .failures
                .front()
                .is_some_and(|at| since(at) > self.policy.within)
        {
            state.failures.pop_front();
        }
        let is_open = state.next.is_some();
        if is_open || state.failures.len() >= self.policy.failures as usize {
            state.next = Some(now + self.policy.pause);
        }
        drop(state);
        self.over(|_| true);
    }
}

/// Whether an error says that the endpoint is down, and then whether there was no reply at all.
fn is_down(error: &Error) -> Option<bool> {
    match error {
        Error::Network { stale, .. } => (!stale).then_some(true),
        Error::Tls { .. } | Error::Proxy { .. } | Error::Timeout { again: true, .. } => Some(true),
        Error::Refused { failure, .. } => failure.status.filter(|s| *s >= 500).map(|_| false),
        _ => None,
    }
}
