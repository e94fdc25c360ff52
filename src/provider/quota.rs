//! What is left of the quotas of one model, as arithmetic: configured caps, the server's buckets, refill, reservations.
//! Who waits for a bucket is `gate`'s to say; moments come as parameters.
//!
//! A bucket of 5 requests a minute is full with 5 and gains one every 12 s. A request is taken off when it goes out, and
//! what it did not use is given back when it ends. What the headers of a response say replaces our own reckoning, but
//! for the requests that are out and unanswered: the server may not have seen them yet. A server whose buckets fill at
//! once, at a moment that it names, is believed as well: what is left is the more of what has refilled and what is full.

use std::time::Duration;

use tokio::time::Instant;

use crate::chat::{Bucket, Held, Limits, Unit};

/// A request reaches the server this much after we sent it, at most: a full bucket there begins to refill so much later
/// than ours, and a request that we let go a moment too early costs a wait of a minute.
const LAG: Duration = Duration::from_millis(500);
/// Less than this is missing only because fractions are not exact.
const NOTHING: f64 = 1e-6;

/// What a request takes off the quotas.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cost {
    pub(super) requests: f64,
    pub(super) tokens: f64,
}

impl Cost {
    /// One request that reserves so many tokens.
    pub(super) fn reserving(tokens: u64) -> Self {
        Self {
            requests: 1.0,
            tokens: tokens as f64,
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            tokens: self.tokens + other.tokens,
        }
    }

    fn of(self, unit: Unit) -> f64 {
        match unit {
            Unit::Requests => self.requests,
            Unit::Tokens => self.tokens,
        }
    }
}

/// Quotas that the profile sets itself, for each model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Caps {
    pub(super) requests_minute: Option<u32>,
    pub(super) tokens_minute: Option<u32>,
}

/// When there is room for a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Room {
    /// At this moment; and what holds it back until then.
    At(Instant, Option<Held>),
    /// Never: it takes more than the whole bucket. It goes out alone, and the server says what is wrong with it.
    Alone(Held),
}

/// The quotas of one model. With none known there is always room.
#[derive(Clone, Debug)]
pub(super) struct Account {
    levels: Vec<Level>,
    /// When the last headers came.
    heard: Option<Instant>,
}

/// What is known besides when a response tells of its quotas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reply {
    /// When its request went out.
    pub(super) sent: Instant,
    /// What all requests took that are out, its own included unless it was refused.
    pub(super) out: Cost,
    /// What those of them took that have no response yet.
    pub(super) unanswered: Cost,
}

impl Account {
    /// Full buckets for the caps.
    pub(super) fn new(caps: Caps, now: Instant) -> Self {
        let requests = caps.requests_minute.map(|n| (Unit::Requests, n));
        let tokens = caps.tokens_minute.map(|n| (Unit::Tokens, n));
        let caps = requests.into_iter().chain(tokens);
        Self {
            levels: caps
                .map(|(unit, n)| Level::new(Kind::Cap, unit, Bucket::Minute, n.into(), now))
                .collect(),
            heard: None,
        }
    }

    /// When there is room for `cost`, from `from` on, if nothing else goes out before.
    pub(super) fn room(&self, cost: Cost, from: Instant) -> Room {
        let mut latest = (from, None);
        for level in &self.levels {
            match level.room(cost.of(level.unit), from) {
                None => return Room::Alone(level.held()),
                Some(at) if at > latest.0 => latest = (at, Some(level.held())),
                Some(_) => {}
            }
        }
        Room::At(latest.0, latest.1)
    }

    /// A request goes out.
    pub(super) fn take(&mut self, cost: Cost, now: Instant) {
        for level in &mut self.levels {
            level.take(cost.of(level.unit), now);
        }
    }

    /// What a request did not use comes back; less than nothing if it used more than it had reserved. The server gave
    /// it back a moment ago, when it may not have seen those yet that are out `unanswered`, and what overflowed then is
    /// lost.
    pub(super) fn give(&mut self, cost: Cost, unanswered: Cost, now: Instant) {
        for level in &mut self.levels {
            let unseen = unanswered.of(level.unit);
            level.add(unseen + cost.of(level.unit), now, now);
            if unseen > 0.0 {
                level.take(unseen, now);
            }
        }
    }

    /// The headers of a response came.
    pub(super) fn hear(&mut self, limits: &Limits, reply: Reply, now: Instant) {
        // Another response came while this one was under way: which of the two the server wrote first is not known,
        // and the lower one holds both requests.
        let crossed = self.heard.is_some_and(|heard| heard > reply.sent);
        for quota in &limits.0 {
            let (Some(limit), Some(remaining)) = (quota.limit, quota.remaining) else {
                continue;
            };
            let known = |l: &&mut Level| {
                l.kind != Kind::Cap && l.unit == quota.unit && l.bucket == quota.bucket
            };
            if self.levels.iter_mut().find(known).is_none() {
                // One that was not known was full before what is out now.
                let mut level = Level::new(Kind::Server, quota.unit, quota.bucket, limit, now);
                level.take(reply.out.of(quota.unit), now);
                self.levels.push(level);
            }
            let Some(level) = self.levels.iter_mut().find(known) else {
                continue;
            };
            level.size = limit;
            if remaining > limit {
                level.kind = Kind::Apart;
            }
            let unanswered = reply.unanswered.of(quota.unit);
            let said = remaining.min(limit) as f64 - unanswered;
            let reset = Reset::read(quota.reset, unanswered, now);
            if level.kind == Kind::Apart {
                level.set(said.min(level.at(now)), now);
                level.reset = None;
            } else if crossed {
                level.set(said.min(level.at(now)), now);
                level.reset = reset.map(|reset| reset.later(level.reset));
            } else {
                (level.left, level.since, level.reset) = (said, now, reset);
            }
            self.heard = Some(now);
        }
    }
}

/// Who says how large a bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The profile.
    Cap,
    /// The headers of the server.
    Server,
    /// The same, but what it says is left exceeded the limit once: it counts another bucket, and is an upper bound.
    Apart,
}

/// The moment at which a server says that its bucket is full.
#[derive(Clone, Copy, Debug)]
struct Reset {
    at: Instant,
    /// What it does not count: went out later, or may not have arrived when it said so.
    owed: f64,
}

impl Reset {
    /// `None` where the server names no moment, or none that lies ahead.
    fn read(after: Option<Duration>, owed: f64, now: Instant) -> Option<Self> {
        let after = after.filter(|after| !after.is_zero())?;
        let at = now.checked_add(after)?;
        Some(Self { at, owed })
    }

    /// Of two that crossed: the one that promises less.
    fn later(self, other: Option<Self>) -> Self {
        let other = other.unwrap_or(self);
        Self {
            at: self.at.max(other.at),
            owed: self.owed.max(other.owed),
        }
    }
}

/// One bucket.
#[derive(Clone, Debug)]
struct Level {
    kind: Kind,
    unit: Unit,
    bucket: Bucket,
    size: u64,
    /// What was left at `since`; below zero when more was used than reserved.
    left: f64,
    /// Refill counts from here, which may lie ahead.
    since: Instant,
    /// While it lies ahead of what was reckoned last.
    reset: Option<Reset>,
}

impl Level {
    fn new(kind: Kind, unit: Unit, bucket: Bucket, size: u64, now: Instant) -> Self {
        Self {
            kind,
            unit,
            bucket,
            size,
            left: size as f64,
            since: now,
            reset: None,
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

    /// What is left at `when`.
    fn at(&self, when: Instant) -> f64 {
        let refilled = |left: f64, since: Instant| {
            let passed = when.saturating_duration_since(since).as_secs_f64();
            (left + passed * self.rate()).min(self.full())
        };
        let left = refilled(self.left, self.since);
        match self.reset.filter(|reset| reset.at <= when) {
            Some(reset) => left.max(refilled(self.full() - reset.owed, reset.at)),
            None => left,
        }
    }

    fn set(&mut self, left: f64, now: Instant) {
        self.left = left.min(self.full());
        self.since = self.since.max(now);
    }

    /// From now on it holds so much more, or less; refill counts from `begins`.
    fn add(&mut self, amount: f64, now: Instant, begins: Instant) {
        self.set(self.at(now) + amount, begins);
        self.reset = self.reset.filter(|reset| reset.at > now);
        if let Some(reset) = &mut self.reset {
            reset.owed = (reset.owed - amount).max(0.0);
        }
    }

    fn take(&mut self, amount: f64, now: Instant) {
        let is_full_there = self.at(now + LAG) >= self.full();
        let begins = if is_full_there { now + LAG } else { now };
        self.add(-amount, now, begins);
    }

    /// When `amount` fits, from `from` on. A cap lets what is larger than itself go when it is full.
    fn room(&self, amount: f64, from: Instant) -> Option<Instant> {
        if amount > self.full() && self.kind != Kind::Cap {
            return None;
        }
        let missing = amount.min(self.full()) - self.at(from);
        if missing <= NOTHING {
            return Some(from);
        }
        // Rounded up, so that who comes back then finds it.
        let after = |missing: f64, from: Instant| {
            let wait = Duration::try_from_secs_f64(missing.max(0.0) / self.rate()).ok()?;
            from.checked_add(wait.saturating_add(Duration::from_millis(1)))
        };
        let refilled = after(missing, from.max(self.since));
        let reset = self.reset.filter(|reset| reset.at > from);
        let full = reset
            .and_then(|reset| after(amount.min(self.full()) + reset.owed - self.full(), reset.at));
        refilled.into_iter().chain(full).min()
    }

    fn held(&self) -> Held {
        Held::Quota {
            unit: self.unit,
            bucket: self.bucket,
            limit: self.size,
        }
    }
}

#[cfg(test)]
mod tests;
