//! One bucket of a quota: how it empties and refills, and when a server says that it is full at once.
//! Which buckets an account has, and what headers do to them, is `quota`'s.

use std::time::Duration;

use super::flight::{Said, Uncounted};
use super::{Bucket, Held, Quota, Unit};

/// A request reaches the server this much after we sent it, at most: a full bucket there begins to refill so much later
/// than ours, and a request that we let go a moment too early costs a wait of a minute.
const LAG: Duration = Duration::from_millis(500);
/// Less than this is missing only because fractions are not exact.
const NOTHING: f64 = 1e-6;

/// Who says how large a bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The profile.
    Cap,
    /// The documentation.
    Preset,
    /// The headers of the server.
    Server,
    /// The same, but what it says is left exceeded the limit once: it counts another bucket, and is an upper bound.
    Apart,
}

/// Whether what is left is known to a fraction, which headers do not tell.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trust {
    /// No headers spoke of it.
    Guess,
    /// Some did, while others were to come.
    Heard,
    /// It agrees with all of them.
    Sure,
}

/// The moment at which a server says that its bucket is full.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Reset {
    at: Duration,
    /// What it does not count: went out later, or may not have arrived when it said so.
    owed: f64,
}

impl Reset {
    /// `None` where the server names no moment, or none that lies ahead.
    pub(super) fn read(after: Option<Duration>, owed: f64, now: Duration) -> Option<Self> {
        let after = after.filter(|after| !after.is_zero())?;
        let at = now.checked_add(after)?;
        Some(Self { at, owed })
    }

    /// Of two that crossed: the one that promises less.
    pub(super) fn later(self, other: Option<Self>) -> Self {
        let other = other.unwrap_or(self);
        Self {
            at: self.at.max(other.at),
            owed: self.owed.max(other.owed),
        }
    }
}

/// One bucket.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Level {
    pub(super) kind: Kind,
    pub(super) unit: Unit,
    pub(super) bucket: Bucket,
    pub(super) size: u64,
    /// What was left at `since`; below zero when more was used than reserved.
    pub(super) left: f64,
    /// Refill counts from here, which may lie ahead.
    pub(super) since: Duration,
    /// While it lies ahead of what was reckoned last.
    pub(super) reset: Option<Reset>,
    /// The headers that moved it last.
    pub(super) said: Option<Said>,
    /// What those headers may not have counted.
    pub(super) held_back: f64,
    trust: Trust,
    /// By how much headers raised it last, and when.
    raised: (f64, Duration),
}

impl Level {
    pub(super) fn new(kind: Kind, unit: Unit, bucket: Bucket, size: u64, now: Duration) -> Self {
        Self {
            kind,
            unit,
            bucket,
            size,
            left: size as f64,
            since: now,
            reset: None,
            said: None,
            held_back: 0.0,
            trust: Trust::Guess,
            raised: (0.0, now),
        }
    }

    /// The server's headers speak of it so.
    pub(super) fn is_of(&self, quota: &Quota) -> bool {
        self.kind != Kind::Cap && self.unit == quota.unit && self.bucket == quota.bucket
    }

    /// The server says how large it is, and what is left.
    pub(super) fn resize(&mut self, limit: u64, remaining: u64) {
        if self.kind == Kind::Preset && self.size != limit {
            // The documentation was wrong, and what is known of it with it.
            self.left += limit as f64 - self.full();
        }
        self.size = limit;
        if remaining > limit {
            self.kind = Kind::Apart;
        } else if self.kind == Kind::Preset {
            self.kind = Kind::Server;
        }
    }

    /// Headers say what is left, with what they may not count: our own number stands where it can be true.
    pub(super) fn hear(&mut self, left: f64, uncounted: Uncounted, said: Said, now: Duration) {
        let mine = self.reckoned(now);
        let (least, most) = (left - uncounted.taken, left + uncounted.back);
        // It may have been said when the request went out, and is a whole number.
        let refilled = now.saturating_sub(said.at).as_secs_f64() * self.rate();
        let fraction = if self.trust == Trust::Sure { 1.0 } else { 0.0 };
        if self.trust == Trust::Guess {
            self.trust = Trust::Heard;
        }
        let surprise = mine - (most + refilled + fraction);
        if mine < least && self.kind != Kind::Apart {
            self.left = least;
            self.said = Some(said);
            self.raised = ((least - mine - uncounted.blur).max(0.0), now);
        } else if surprise > 0.0 {
            self.left = most;
            self.said = Some(Said {
                counts_all: true,
                is_doubtful: surprise > uncounted.blur,
                ..said
            });
        } else {
            return;
        }
        self.left = self.left.min(self.full());
        self.since = now;
        self.trust = Trust::Sure;
    }

    /// What of an amount that comes back now is news: headers that came right before may have counted it already, and
    /// raised the bucket by that.
    pub(super) fn news_of(&mut self, amount: f64, now: Duration) -> f64 {
        let (by, at) = self.raised;
        let is_fresh = now.saturating_sub(at) <= LAG;
        let known = if is_fresh {
            by.min(amount).max(0.0)
        } else {
            0.0
        };
        self.raised.0 -= known;
        amount - known
    }

    /// Every request that is out has its response: if one of them had said less, it would have been lowered.
    pub(super) fn heard_all(&mut self) {
        if self.trust == Trust::Heard {
            self.trust = Trust::Sure;
        }
    }

    fn full(&self) -> f64 {
        self.size as f64
    }

    /// Refill in a second.
    fn rate(&self) -> f64 {
        let seconds = match self.bucket {
            Bucket::Minute => 60.0,
            Bucket::Hour => 3_600.0,
            Bucket::Day => 86_400.0,
        };
        self.full() / seconds
    }

    /// What is left at `when`, without what is held back.
    pub(super) fn at(&self, when: Duration) -> f64 {
        self.reckoned(when) - self.held_back
    }

    fn reckoned(&self, when: Duration) -> f64 {
        let refilled = |left: f64, since: Duration| {
            let passed = when.saturating_sub(since).as_secs_f64();
            (left + passed * self.rate()).min(self.full())
        };
        let left = refilled(self.left, self.since);
        match self.reset.filter(|reset| reset.at <= when) {
            Some(reset) => left.max(refilled(self.full() - reset.owed, reset.at)),
            None => left,
        }
    }

    /// From now on it holds so much more, or less; refill counts from `begins`.
    pub(super) fn add(&mut self, amount: f64, now: Duration, begins: Duration) {
        self.left = (self.reckoned(now) + amount).min(self.full());
        self.since = self.since.max(begins);
        self.reset = self.reset.filter(|reset| reset.at > now);
        if let Some(reset) = &mut self.reset {
            reset.owed = (reset.owed - amount).max(0.0);
        }
    }

    pub(super) fn take(&mut self, amount: f64, now: Duration) {
        let there = now.saturating_add(LAG);
        let is_full_there = self.reckoned(there) >= self.full();
        let begins = if is_full_there { there } else { now };
        self.add(-amount, now, begins);
    }

    /// When `amount` fits, from `from` on. A cap lets what is larger than itself go when it is full.
    pub(super) fn room(&self, amount: f64, from: Duration) -> Option<Duration> {
        if amount > self.full() && self.kind != Kind::Cap {
            return None;
        }
        let missing = amount.min(self.full()) - self.at(from);
        if missing <= NOTHING {
            return Some(from);
        }
        // Rounded up, so that who comes back then finds it.
        let after = |missing: f64, from: Duration| {
            let wait = Duration::try_from_secs_f64(missing.max(0.0) / self.rate()).ok()?;
            from.checked_add(wait.saturating_add(Duration::from_millis(1)))
        };
        let refilled = after(missing, from.max(self.since));
        let reset = self.reset.filter(|reset| reset.at > from);
        let full = reset
            .and_then(|reset| after(amount.min(self.full()) + reset.owed - self.full(), reset.at));
        refilled.into_iter().chain(full).min()
    }

    pub(super) fn held(&self) -> Held {
        Held::Quota {
            unit: self.unit,
            bucket: self.bucket,
            limit: self.size,
        }
    }
}
