//! The circuit breaker of an endpoint: after failures in a row nothing new is sent for a while, then one request tries.
//!
//! What is under way goes on: its retries are bounded by a policy of their own and find out, too, that all is well again.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

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
}

#[derive(Debug, Default)]
struct State {
    failures: VecDeque<Instant>,
    /// While it is open: when the next request may try.
    next: Option<Instant>,
    /// The last failure had no reply at all.
    silent: bool,
    looked: Option<Instant>,
}

impl Breaker {
    pub(super) fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            state: Mutex::default(),
        }
    }

    /// Lets a new request through, or says how long it is until one may try. The one that tries closes the door behind
    /// it for another pause.
    pub(super) fn admit(&self) -> Result<(), Duration> {
        let now = Instant::now();
        let mut state = lock(&self.state);
        match state.next {
            Some(next) if next > now => Err(next.saturating_duration_since(now)),
            Some(_) => {
                state.next = Some(now + self.policy.pause);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// True where it is worth a look whether the endpoint can be reached again: nobody was there, and nobody has looked
    /// just now.
    pub(super) fn may_look(&self) -> bool {
        let now = Instant::now();
        let mut state = lock(&self.state);
        let just_now = |at: Instant| now.saturating_duration_since(at) < LOOK_EVERY;
        let may = state.silent && !state.looked.is_some_and(just_now);
        if may {
            state.looked = Some(now);
        }
        may
    }

    /// The next request may try, however long it was to be.
    pub(super) fn try_now(&self) {
        let mut state = lock(&self.state);
        state.next = state.next.map(|_| Instant::now());
    }

    /// The endpoint has replied.
    pub(super) fn replied(&self) {
        *lock(&self.state) = State::default();
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
