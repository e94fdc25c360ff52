//! What is counted when: each step of an answer, and all its figures at once when it has ended.
//!
//! A figure that is missing is not counted; a zero in its place would be a lie with a percentile.

use std::{borrow::Cow, time::Duration};

use super::{
    instruments::{
        ANSWERS, BREACHES, DURATION, FALLBACKS, FIRST_CHUNK, GAP, IN_FLIGHT, JUDGED, OUTPUT_CHUNK,
        QUOTA_WAIT, REFUSALS, RETRIES, SPEED, TOKEN_USAGE, TTFT, WAITED,
    },
    registry::{Registry, Spread},
    subject::{Labels, Subject, with},
};
use crate::{
    chat::{Attempt, Budget, Course, End, Failure, FailureKind, Held},
    metrics::Summary,
};

/// The status of a response that refuses for a quota.
const TOO_MANY: u16 = 429;

/// An answer that has ended, with everything that is known of it.
pub(super) struct Finished<'a> {
    /// Its figures.
    pub(super) figures: &'a Summary,
    /// Its end.
    pub(super) end: &'a End,
    /// It came as a stream: the gaps between its chunks, by the conventions' bounds and by ours.
    pub(super) gaps: Option<&'a Gaps>,
    /// How long it may take.
    pub(super) budget: Option<Budget>,
}

/// The gaps between the chunks of an answer, counted as they come.
pub(super) struct Gaps {
    conventional: Spread,
    fine: Spread,
}

impl Gaps {
    pub(super) fn new() -> Self {
        Self {
            conventional: Spread::of(&OUTPUT_CHUNK),
            fine: Spread::of(&GAP),
        }
    }

    pub(super) fn add(&mut self, gap: Duration) {
        self.conventional.add(gap.as_secs_f64());
        self.fine.add(gap.as_secs_f64());
    }
}

impl Registry {
    /// An answer is asked for. What can happen to it starts at zero, so that the first time shows as an increase.
    pub(super) fn asked(&mut self, subject: Subject, limit: Option<Budget>) -> Labels {
        let labels = self.admit(subject);
        self.add(&IN_FLIGHT, labels.clone(), 0);
        self.add(&REFUSALS, labels.clone(), 0);
        if let Some(limit) = limit {
            self.add(&JUDGED, budget(&labels, limit), 0);
            self.add(&BREACHES, budget(&labels, limit), 0);
        }
        labels
    }

    /// A request goes out (1), or is over (-1).
    pub(super) fn in_flight(&mut self, labels: &Labels, more: i64) {
        self.add(&IN_FLIGHT, labels.clone(), more);
    }

    /// An attempt failed, and another follows.
    pub(super) fn retried(&mut self, labels: &Labels, attempt: &Attempt) {
        let error = error_type(&attempt.error);
        self.add(&RETRIES, with(labels, "error.type", error), 1);
        if attempt.status == Some(TOO_MANY) {
            self.add(&REFUSALS, labels.clone(), 1);
        }
    }

    /// A request was held back for so long. Only what quotas hold is counted.
    pub(super) fn held(&mut self, labels: &Labels, held: Held, time: Duration) {
        let reason = match held {
            Held::InFlight => return,
            Held::Quota { .. } => "quota",
            Held::Refused => "refused",
        };
        let labels = with(labels, "waferdeck.wait.reason", reason);
        self.observe(&QUOTA_WAIT, labels, time.as_secs_f64());
    }

    /// Another profile answers, or nobody.
    pub(super) fn fallback(&mut self, subject: Subject, to: &'static str) {
        let labels = self.admit(subject);
        self.add(&FALLBACKS, with(&labels, "waferdeck.fallback", to), 1);
    }

    /// An answer has ended.
    pub(super) fn finished(&mut self, labels: &Labels, done: &Finished<'_>) {
        let Finished { figures, end, .. } = done;
        let failure = end.state.failure();
        if failure.is_some_and(|f| f.status == Some(TOO_MANY)) {
            self.add(&REFUSALS, labels.clone(), 1);
        }
        let ended = match failure {
            Some(failure) => with(labels, "error.type", error_type(failure)),
            None => labels.clone(),
        };
        let state = end.state.as_str();
        self.add(&ANSWERS, with(&ended, "waferdeck.answer.state", state), 1);
        if let Ok(e2e) = figures.e2e {
            self.observe(&DURATION, ended.clone(), e2e.as_secs_f64());
            self.observe(&WAITED, ended, end.waited.as_secs_f64());
        }
        self.tokens(labels, figures);
        for (clock, speed) in [
            ("server", figures.speed_server),
            ("wall", figures.speed_wall),
        ] {
            if let Ok(speed) = speed {
                self.observe(&SPEED, with(labels, "waferdeck.clock", clock), speed);
            }
        }
        if let Some(gaps) = done.gaps {
            self.streamed(labels, figures, gaps);
        }
        self.judge(labels, done);
    }

    fn tokens(&mut self, labels: &Labels, figures: &Summary) {
        let tokens = &figures.tokens;
        for (kind, tokens) in [("input", tokens.prompt), ("output", tokens.completion)] {
            if let Ok(tokens) = tokens {
                let labels = with(labels, "gen_ai.token.type", kind);
                self.observe(&TOKEN_USAGE, labels, tokens as f64);
            }
        }
    }

    fn streamed(&mut self, labels: &Labels, figures: &Summary, gaps: &Gaps) {
        let Ok(ttft) = figures.ttft else { return };
        self.observe(&FIRST_CHUNK, labels.clone(), ttft.as_secs_f64());
        self.observe(&TTFT, labels.clone(), ttft.as_secs_f64());
        self.merge(&OUTPUT_CHUNK, labels.clone(), &gaps.conventional);
        self.merge(&GAP, labels.clone(), &gaps.fine);
    }

    fn judge(&mut self, labels: &Labels, done: &Finished<'_>) {
        let Some(limit) = done.budget else { return };
        let verdict = limit.judge(done.figures, Course::ended(&done.end.state));
        if let Some(is_breach) = verdict.is_breach() {
            self.add(&JUDGED, budget(labels, limit), 1);
            self.add(&BREACHES, budget(labels, limit), i64::from(is_breach));
        }
    }
}

/// The labels with what the budget is on: of both counters, so that the one divided by the other matches.
fn budget(labels: &Labels, limit: Budget) -> Labels {
    with(labels, "waferdeck.budget.on", limit.on.as_str())
}

/// What went wrong, in a word: the status of the response, or the kind of failure where none came. Only known statuses
/// are told apart, so that no server can make more of them.
pub(super) fn error_type(failure: &Failure) -> Cow<'static, str> {
    const KNOWN: [u16; 17] = [
        400, 401, 402, 403, 404, 408, 409, 413, 415, 422, 424, TOO_MANY, 500, 502, 503, 504, 529,
    ];
    match failure.status {
        Some(status) if KNOWN.contains(&status) => status.to_string().into(),
        Some(status @ 300..600) => format!("{}xx", status / 100).into(),
        _ => word(failure.kind).into(),
    }
}

fn word(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Key => "key",
        FailureKind::Payment => "payment",
        FailureKind::Model => "model",
        FailureKind::Quota => "quota",
        FailureKind::Request => "request",
        FailureKind::Setup => "setup",
        FailureKind::TooLong => "too_long",
        FailureKind::Server => "server",
        FailureKind::Network => "network",
        FailureKind::Down => "down",
        FailureKind::Tls => "tls",
        FailureKind::Proxy => "proxy",
        FailureKind::Timeout => "timeout",
        FailureKind::Redirect => "redirect",
        FailureKind::Malformed => "malformed",
        FailureKind::Empty => "empty",
        FailureKind::Truncated => "truncated",
        FailureKind::Internal => "internal",
        FailureKind::Interrupted => "interrupted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_a_status_that_is_known_or_a_kind() {
        let check = |status, kind, expected: &str| {
            let mut failure = Failure::new(kind, "the prompt was: secret", "");
            failure.status = status;
            assert_eq!(error_type(&failure), expected);
        };
        check(Some(429), FailureKind::Quota, "429");
        check(Some(599), FailureKind::Server, "5xx");
        check(Some(418), FailureKind::Request, "4xx");
        check(Some(200), FailureKind::Truncated, "truncated");
        check(None, FailureKind::Timeout, "timeout");
    }
}
