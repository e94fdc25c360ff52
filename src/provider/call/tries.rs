//! Whether a failed attempt is followed by another one, after how long, and why not.
//! Which errors are worth it is said by `error`, how long waits are by `retry`.

use std::time::Duration;

use super::super::Inner;
use super::super::assembly::Sink;
use super::super::endpoint::RetryPolicy;
use super::super::error::Error;
use super::super::key::{Key, KeySource};
use super::tell_source;
use crate::chat::{Failure, span};

/// How often was tried, and why.
#[derive(Default)]
pub(super) struct Tries {
    pub(super) number: u32,
    pub(super) most: u32,
    /// Those that cost a place in the retry policy.
    retries: u32,
    after_stale: bool,
    after_key: bool,
}

impl Tries {
    /// Before the first attempt.
    pub(super) fn within(policy: &RetryPolicy) -> Self {
        Self {
            number: 1,
            most: policy.max_retries.saturating_add(1),
            ..Self::default()
        }
    }
}

impl Inner {
    /// How long to wait before the next attempt, or why there is none.
    pub(super) async fn wait(
        &self,
        model: &str,
        error: &Error,
        tries: &mut Tries,
        key: Option<&Key>,
        sink: &mut Sink<'_>,
    ) -> Result<Duration, Option<String>> {
        if let Error::Network { stale: true, .. } = error
            && !std::mem::replace(&mut tries.after_stale, true)
        {
            // A server closed an idle connection just as we used it. That costs no retry and no wait.
            tries.most = tries.most.saturating_add(1);
            return Ok(Duration::ZERO);
        }
        if let (
            Error::Key {
                status: Some(401), ..
            },
            Some(key),
        ) = (error, key)
            && !std::mem::replace(&mut tries.after_key, true)
        {
            let mut tell = |source: &KeySource| tell_source(source, sink);
            let endpoint = &self.endpoint;
            match self.key.is_other_than(key, endpoint, &mut tell).await {
                Ok(true) => {
                    tries.most = tries.most.saturating_add(1);
                    return Ok(Duration::ZERO);
                }
                Ok(false) => {}
                Err(error) => {
                    let failure = error.failure();
                    let what = format!("read again: {}; {}", failure.message, failure.remedy);
                    return Err(Some(what));
                }
            }
        }
        if !error.may_repeat() {
            return Err(None);
        }
        let wish = error.wish();
        let longest = self.endpoint.longest_wait();
        let wait = self.endpoint.retry.wait(tries.retries, wish);
        if error.status() == Some(429) {
            // The others would meet it too, whether or not this one is tried again. Only one that never fits, which is
            // out by now, says nothing about them.
            self.gate.close(model, wait, wish);
        }
        if wish.is_some_and(|wish| wish > longest) {
            return Err(Some(format!("not waiting longer than {}", span(longest))));
        }
        if tries.number >= tries.most {
            return Err((tries.number > 1).then(|| format!("{} attempts", tries.number)));
        }
        if !self.retries.take_retry(self.endpoint.caps.retries) {
            return Err(Some(
                "not tried again: many requests have failed within a minute".to_owned(),
            ));
        }
        tries.retries = tries.retries.saturating_add(1);
        Ok(wait)
    }
}

/// Adds why it was not tried again.
pub(super) fn with_reason(mut failure: Failure, why: Option<String>) -> Failure {
    if let Some(why) = why {
        failure.message = format!("{} ({why})", failure.message);
    }
    failure
}
