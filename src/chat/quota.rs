//! What is left of the quotas of one model, as arithmetic: own caps, documented presets, the server's buckets, refill.
//! Who waits for a bucket is `lane`'s to say; moments come as parameters, on whatever clock the caller keeps.
//!
//! A bucket of 5 requests a minute is full with 5 and gains one every 12 s. A request is taken off when it goes out, and
//! what it did not use is given back when it ends. What the headers of a response say replaces our own reckoning, but
//! for the requests that are out and unanswered: the server may not have seen them yet. A server whose buckets fill at
//! once, at a moment that it names, is believed as well: what is left is the more of what has refilled and what is full.

mod lane;
mod level;

use std::time::Duration;

pub use self::lane::{Demand, Hold, Lane, Place, Slot, View, When, WhenFull};
use self::level::{Kind, Level, Reset};
use super::{Bucket, Held, Limits, Quota, Unit};
use crate::metrics::LiveRate;

/// Of the answer's bound so many tokens are reserved at most, and all of them where there is no bound (rate limits, as
/// documented in `assets/limits.toml`).
pub const RESERVED_AT_MOST: u64 = 16_384;
/// Tokens that a model's template adds to a prompt.
const TEMPLATE: u64 = 65;

/// Tokens of a prompt of so many bytes, its template included; an estimate.
pub fn prompt_tokens(bytes: usize) -> u64 {
    LiveRate::tokens_in(bytes as u64).saturating_add(TEMPLATE)
}

/// Tokens of an answer that are reserved before it begins; 0 stands for no bound.
pub fn reserved_for_answer(max_completion_tokens: u32) -> u64 {
    match u64::from(max_completion_tokens) {
        0 => RESERVED_AT_MOST,
        bound => bound.min(RESERVED_AT_MOST),
    }
}

/// What is known of a profile's quotas before anything was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Requests a minute that the profile allows itself, for each model.
    pub requests_minute: Option<u32>,
    /// The same for tokens.
    pub tokens_minute: Option<u32>,
    /// Documented quotas of the profile's tier by model; `*` stands for every other.
    pub presets: Vec<(String, Limits)>,
}

impl Allowance {
    fn preset(&self, model: &str) -> impl Iterator<Item = (Unit, Bucket, u64)> {
        let of = |name: &str| self.presets.iter().find(|(model, _)| model == name);
        let limits = of(model).or_else(|| of("*")).map(|(_, limits)| limits);
        let quotas = limits.into_iter().flat_map(|limits| &limits.0);
        quotas.filter_map(|q| Some((q.unit, q.bucket, q.limit.filter(|n| *n > 0)?)))
    }
}

/// Where the figures of a bucket come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The profile sets it.
    Own,
    /// The documentation of the profile's tier; no response has said otherwise yet.
    Preset,
    /// The headers of a response.
    Server,
    /// The same, and a 429 came since, which has no such headers.
    Old,
}

/// One bucket as people see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gauge {
    /// What it counts.
    pub unit: Unit,
    /// Its period.
    pub bucket: Bucket,
    /// Its size, never zero.
    pub limit: u64,
    /// What is left, never more than its size.
    pub left: u64,
    /// Where that comes from.
    pub source: Source,
}

impl Gauge {
    /// It is too large to matter, so that its figures would be noise.
    pub fn is_endless(&self) -> bool {
        let minutes = match self.bucket {
            Bucket::Minute => 1,
            Bucket::Hour => 60,
            Bucket::Day => 1_440,
        };
        let most = match self.unit {
            Unit::Requests => 100_000,
            Unit::Tokens => 10_000_000,
        };
        self.limit / minutes > most
    }
}

/// What a request takes off the quotas.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Requests.
    pub requests: f64,
    /// Tokens.
    pub tokens: f64,
}

impl Cost {
    /// One request that reserves so many tokens.
    pub fn reserving(tokens: u64) -> Self {
        Self {
            requests: 1.0,
            tokens: tokens as f64,
        }
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
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

/// When there is room for a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Room {
    /// At this moment; and what holds it back until then.
    At(Duration, Option<Held>),
    /// Never: it takes more than the whole bucket. It goes out alone, and the server says what is wrong with it.
    Alone(Held),
}

/// The quotas of one model. With none known there is always room.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    levels: Vec<Level>,
    /// When the last headers came.
    heard: Option<Duration>,
    /// A 429 came after them.
    old: bool,
}

/// What is known besides when a response tells of its quotas.
#[derive(Clone, Copy, Debug)]
pub struct Reply {
    /// When its request went out.
    pub sent: Duration,
    /// What all requests took that are out, its own included unless it was refused.
    pub out: Cost,
    /// What those of them took that have no response yet.
    pub unanswered: Cost,
}

impl Account {
    /// Full buckets for what is known of `model` beforehand.
    pub fn new(allowance: &Allowance, model: &str, now: Duration) -> Self {
        let caps = [
            (Unit::Requests, allowance.requests_minute),
            (Unit::Tokens, allowance.tokens_minute),
        ];
        let caps = caps
            .into_iter()
            .filter_map(|(unit, n)| Some((Kind::Cap, unit, Bucket::Minute, u64::from(n?))));
        let presets = allowance
            .preset(model)
            .map(|(unit, bucket, n)| (Kind::Preset, unit, bucket, n));
        Self {
            levels: caps
                .chain(presets)
                .map(|(kind, unit, bucket, n)| Level::new(kind, unit, bucket, n, now))
                .collect(),
            heard: None,
            old: false,
        }
    }

    /// What is left of each quota.
    pub fn gauges(&self, now: Duration) -> impl Iterator<Item = Gauge> {
        self.levels.iter().map(move |level| Gauge {
            unit: level.unit,
            bucket: level.bucket,
            limit: level.size,
            left: whole(level.at(now)).min(level.size),
            source: match level.kind {
                Kind::Cap => Source::Own,
                Kind::Preset => Source::Preset,
                Kind::Server | Kind::Apart if self.old => Source::Old,
                Kind::Server | Kind::Apart => Source::Server,
            },
        })
    }

    /// Tokens that are left in the emptiest of the buckets that count them; `None` where none is known.
    fn tokens(&self, now: Duration) -> Option<u64> {
        let tokens = self.gauges(now).filter(|g| g.unit == Unit::Tokens);
        tokens.map(|g| g.left).min()
    }

    /// When there is room for `cost`, from `from` on, if nothing else goes out before.
    pub fn room(&self, cost: Cost, from: Duration) -> Room {
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
    pub fn take(&mut self, cost: Cost, now: Duration) {
        for level in &mut self.levels {
            level.take(cost.of(level.unit), now);
        }
    }

    /// What a request did not use comes back; less than nothing if it used more than it had reserved. The server gave
    /// it back a moment ago, when it may not have seen those yet that are out `unanswered`, and what overflowed then is
    /// lost.
    pub fn give(&mut self, cost: Cost, unanswered: Cost, now: Duration) {
        for level in &mut self.levels {
            let unseen = unanswered.of(level.unit);
            level.add(unseen + cost.of(level.unit), now, now);
            if unseen > 0.0 {
                level.take(unseen, now);
            }
        }
    }

    /// A response without such headers said that there is no room: what is known of the server is old.
    pub fn refused(&mut self) {
        self.old = true;
    }

    /// The headers of a response came.
    pub fn hear(&mut self, limits: &Limits, reply: Reply, now: Duration) {
        // Another response came while this one was under way: which of the two the server wrote first is not known,
        // and the lower one holds both requests.
        let crossed = self.heard.is_some_and(|heard| heard > reply.sent);
        for quota in &limits.0 {
            // A bucket of no size is none.
            let Some(limit @ 1..) = quota.limit else {
                continue;
            };
            // One that was not known was full before what is out now.
            let full = || {
                let mut level = Level::new(Kind::Server, quota.unit, quota.bucket, limit, now);
                level.take(reply.out.of(quota.unit), now);
                level
            };
            if self.level_of(quota).is_none() && quota.remaining.is_some() {
                self.levels.push(full());
            }
            let Some(level) = self.level_of(quota) else {
                continue;
            };
            let Some(remaining) = quota.remaining else {
                if level.kind == Kind::Preset {
                    *level = full();
                }
                continue;
            };
            level.size = limit;
            if remaining > limit {
                level.kind = Kind::Apart;
            } else if level.kind == Kind::Preset {
                level.kind = Kind::Server;
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
            (self.heard, self.old) = (Some(now), false);
        }
    }

    /// The bucket that the server counts so.
    fn level_of(&mut self, quota: &Quota) -> Option<&mut Level> {
        let mut levels = self.levels.iter_mut().filter(|l| l.kind != Kind::Cap);
        levels.find(|l| l.unit == quota.unit && l.bucket == quota.bucket)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float's cast to u64 saturates, which is meant"
)]
fn whole(left: f64) -> u64 {
    left as u64
}

#[cfg(test)]
mod tests;
