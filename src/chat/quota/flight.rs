//! The requests for one model that are out, and what the headers of a response can know of each of them.
//! What that does to a bucket is `level`'s, in which order things happen `quota`'s.

use std::time::Duration;

use super::{Cost, Unit};

/// An estimate of a prompt may be wrong by this part of it.
const BLUR: u64 = 4;

/// What a request took in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Nothing: it never left.
    Nothing,
    /// Itself, and so many tokens; the server said how many, or they are an estimate.
    Tokens {
        /// Those of its prompt that count.
        prompt: u64,
        /// Those of its answer.
        completion: u64,
    },
}

/// What the server made of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It answers.
    Accepted,
    /// It wants none of it, for another reason than a quota: the request counts, its tokens do not.
    Rejected,
    /// A 429: nothing was taken off.
    Refused,
}

impl Outcome {
    /// What a status means for the quotas.
    pub fn of_status(status: u16) -> Self {
        match status {
            200..300 => Self::Accepted,
            429 => Self::Refused,
            _ => Self::Rejected,
        }
    }
}

/// A response whose headers a bucket follows. Steps are the order in which things happened here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Said {
    /// When its request went out.
    pub(super) sent: u64,
    /// The same as a moment.
    pub(super) at: Duration,
    /// When the headers came.
    pub(super) heard: u64,
    /// They were taken to count all that was out.
    pub(super) counts_all: bool,
    /// They came as a surprise, so that whoever has no response yet may still have to be taken off.
    pub(super) is_doubtful: bool,
}

/// A request that is out, or ended while others had no response yet.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Flight {
    pub(super) ticket: u64,
    prompt: u64,
    answer: u64,
    sent: u64,
    at: Duration,
    heard: Option<u64>,
    over: Option<Over>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Over {
    step: u64,
    used: Cost,
    /// What the server gave back of what it had reserved.
    back: Cost,
}

/// What a header may not count yet.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Uncounted {
    /// What may still come off.
    pub(super) taken: f64,
    /// What may still come back.
    pub(super) back: f64,
    /// By how much estimates of prompts may be wrong.
    pub(super) blur: f64,
}

impl Uncounted {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            taken: self.taken + other.taken,
            back: self.back + other.back,
            blur: self.blur + other.blur,
        }
    }
}

impl Flight {
    pub(super) fn new(ticket: u64, prompt: u64, answer: u64, sent: u64, at: Duration) -> Self {
        Self {
            ticket,
            prompt,
            answer,
            sent,
            at,
            heard: None,
            over: None,
        }
    }

    pub(super) fn is_out(&self) -> bool {
        self.over.is_none()
    }

    pub(super) fn is_unanswered(&self) -> bool {
        self.is_out() && self.heard.is_none()
    }

    /// When it went out: the step, and the moment.
    pub(super) fn sent(&self) -> (u64, Duration) {
        (self.sent, self.at)
    }

    /// What was taken off for it.
    pub(super) fn taken(&self) -> Cost {
        Cost::reserving(self.prompt.saturating_add(self.answer))
    }

    pub(super) fn answered(&mut self, step: u64) {
        self.heard = Some(step);
    }

    /// Its tokens do not count.
    pub(super) fn rejected(&mut self) {
        (self.prompt, self.answer) = (0, 0);
    }

    /// Its headers came before another request went out.
    fn is_known_to(&self, sent: u64) -> bool {
        self.heard.is_some_and(|heard| heard < sent)
    }

    /// What a bucket holds that follows `said` has the server's own figure for this request taken off, not ours.
    pub(super) fn is_counted(&self, said: Option<Said>) -> bool {
        said.is_some_and(|said| {
            self.sent == said.sent
                || self.is_known_to(said.sent)
                || (said.counts_all && self.sent < said.heard)
        })
    }

    /// Has to be held back from what a bucket holds that follows `said`: the server may not have seen it then.
    pub(super) fn is_doubted(&self, said: Option<Said>) -> bool {
        let doubted = |said: Said| said.is_doubtful && self.sent < said.heard;
        self.is_unanswered() && said.is_some_and(doubted)
    }

    /// What comes back to a bucket that follows `said`, now that it is over; less than nothing if it used more than it
    /// had reserved.
    pub(super) fn back(&self, used: Use, said: Option<Said>, unit: Unit) -> f64 {
        let taken = self.taken().of(unit);
        match used {
            Use::Nothing if self.is_counted(said) => 0.0,
            Use::Nothing => taken,
            Use::Tokens { prompt, completion } => {
                let used = Cost::reserving(prompt.saturating_add(completion)).of(unit);
                if self.is_doubted(said) {
                    -used
                } else if self.is_counted(said) {
                    self.given(completion).of(unit)
                } else {
                    taken - used
                }
            }
        }
    }

    /// What the server gives back, which has reserved the prompt as it is.
    fn given(&self, completion: u64) -> Cost {
        Cost {
            requests: 0.0,
            tokens: self.answer as f64 - completion as f64,
        }
    }

    pub(super) fn end(&mut self, used: Use, step: u64) {
        let (used, back) = match used {
            Use::Nothing => (Cost::default(), Cost::default()),
            Use::Tokens { prompt, completion } => (
                Cost::reserving(prompt.saturating_add(completion)),
                self.given(completion),
            ),
        };
        self.over = Some(Over { step, used, back });
    }

    /// A response to come, of a request that went out at `sent`, may have been written before this one was over.
    pub(super) fn matters_to(&self, sent: u64) -> bool {
        self.over.is_none_or(|over| over.step > sent)
    }

    /// What the headers of the response to a request that went out at the step `sent` may not count of this one.
    pub(super) fn uncounted(&self, sent: u64, unit: Unit) -> Uncounted {
        let is_known = self.is_known_to(sent) || self.sent == sent;
        let blur = Cost {
            requests: 0.0,
            tokens: (self.prompt / BLUR) as f64,
        };
        let (taken, back) = match self.over {
            None if is_known => (0.0, 0.0),
            None => (self.taken().of(unit), 0.0),
            Some(over) if over.step < sent => (0.0, 0.0),
            Some(over) => {
                let back = over.back.of(unit);
                let used = if is_known { 0.0 } else { over.used.of(unit) };
                (used.max(-back), back.max(0.0))
            }
        };
        Uncounted {
            taken,
            back,
            blur: blur.of(unit),
        }
    }
}
