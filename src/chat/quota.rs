//! What is left of the quotas of one model, as arithmetic: own caps, documented presets, the server's buckets, refill.
//! Who waits for a bucket is `lane`'s to say; moments come as parameters, on whatever clock the caller keeps.
//!
//! A bucket of 5 requests a minute is full with 5 and gains one every 12 s. A request is taken off when it goes out, and
//! what it did not use is given back when it ends; what headers do to that is said at [`Account`]. A server whose
//! buckets fill at once, at a moment that it names, is believed as well: what is left is the more of what has refilled
//! and what is full.

mod flight;
mod lane;
mod level;

use std::time::Duration;

use self::flight::{Flight, Said, Uncounted};
pub use self::flight::{Outcome, Use};
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
///
/// Each bucket holds one number: what the server would have left if it had seen everything that went out, and refill.
/// What we do changes it at once. The headers of a response are about an earlier moment, somewhere between the sending
/// of its request and their arrival, and of what was out then they count its own request for sure, and whatever had a
/// response before that one was sent. So they permit a range: at most what they say (they may count all the rest), and
/// at least that without whatever they may not count. The number stands if it lies in this range, and else moves to the
/// nearer end. From this follows, however the headers of requests that are out together come in:
///
/// - While we alone use the quota the number is what the server has left, and no header moves it but for what a prompt
///   was estimated wrong, which the end of its answer puts right.
/// - Once nothing is out the number is what the last header that the server wrote said, with refill and with what has
///   come back since. It is never below that, whoever else uses the quota.
/// - An end of which we hear after headers that count it already does not come back twice, as far as those headers had
///   raised the number.
/// - Where a header is a surprise (somebody else uses the quota), requests without a response are held back from the
///   number until theirs comes, so that it does not promise more than the server has.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    levels: Vec<Level>,
    flights: Vec<Flight>,
    /// Counts what happens.
    step: u64,
    /// When the last headers came.
    heard: u64,
    /// A 429 came after them.
    old: bool,
    /// What the last headers named without saying anything that can be true.
    odd: Vec<Unit>,
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
            flights: Vec::new(),
            step: 0,
            heard: 0,
            old: false,
            odd: Vec::new(),
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

    /// Whether the last headers said of these quotas what cannot be true.
    pub fn is_odd(&self, unit: Unit) -> bool {
        self.odd.contains(&unit)
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

    /// A request is planned to go out.
    pub fn take(&mut self, cost: Cost, now: Duration) {
        for level in &mut self.levels {
            level.take(cost.of(level.unit), now);
        }
    }

    /// A request goes out, with so many tokens reserved for its prompt and its answer.
    pub fn send(&mut self, ticket: u64, prompt: u64, answer: u64, now: Duration) {
        self.step += 1;
        let flight = Flight::new(ticket, prompt, answer, self.step, now);
        self.take(flight.taken(), now);
        self.flights.push(flight);
    }

    /// Whether requests are out.
    pub fn is_busy(&self) -> bool {
        self.flights.iter().any(Flight::is_out)
    }

    /// The headers of a response came.
    pub fn answered(&mut self, ticket: u64, outcome: Outcome, limits: &Limits, now: Duration) {
        let Some(mut flight) = self.lift(ticket) else {
            return;
        };
        let sent = flight.sent();
        self.step += 1;
        match outcome {
            Outcome::Accepted => {}
            Outcome::Rejected => {
                self.give(
                    |level| flight.back(Use::Nothing, level.said, Unit::Tokens),
                    Some(Unit::Tokens),
                    now,
                );
                flight.rejected();
            }
            Outcome::Refused => {
                self.give(
                    |level| flight.back(Use::Nothing, level.said, level.unit),
                    None,
                    now,
                );
                self.old = true;
            }
        }
        if outcome != Outcome::Refused {
            flight.answered(self.step);
            self.flights.push(flight);
        }
        self.hear(sent, limits, now);
        self.tidy();
    }

    /// A request is over.
    pub fn end(&mut self, ticket: u64, used: Use, now: Duration) {
        let Some(mut flight) = self.lift(ticket) else {
            return;
        };
        self.step += 1;
        self.give(|level| flight.back(used, level.said, level.unit), None, now);
        if used != Use::Nothing {
            flight.end(used, self.step);
            self.flights.push(flight);
        }
        self.tidy();
    }

    fn lift(&mut self, ticket: u64) -> Option<Flight> {
        let is_it = |flight: &Flight| flight.ticket == ticket && flight.is_out();
        let at = self.flights.iter().position(is_it)?;
        Some(self.flights.remove(at))
    }

    /// What a request did not use comes back. The server gave it back a moment ago, when it may not have seen those yet
    /// that have no response, and what overflowed then is lost.
    fn give(&mut self, amount: impl Fn(&Level) -> f64, only: Option<Unit>, now: Duration) {
        let unanswered = || self.flights.iter().filter(|f| f.is_unanswered());
        for level in &mut self.levels {
            if only.is_some_and(|unit| unit != level.unit) {
                continue;
            }
            let unseen: f64 = unanswered().map(|f| f.taken().of(level.unit)).sum();
            let amount = amount(level);
            let news = level.news_of(amount, now);
            level.add(unseen + news, now, now);
            if unseen > 0.0 {
                level.take(unseen, now);
            }
        }
    }

    /// Forgets what no response to come can leave out, and holds back whom the headers may not have counted.
    fn tidy(&mut self) {
        let unanswered = self.flights.iter().filter(|f| f.is_unanswered());
        let earliest = unanswered.map(|f| f.sent().0).min();
        self.flights
            .retain(|f| f.is_out() || earliest.is_some_and(|sent| f.matters_to(sent)));
        for level in &mut self.levels {
            let doubted = self.flights.iter().filter(|f| f.is_doubted(level.said));
            level.held_back = doubted.map(|f| f.taken().of(level.unit)).sum();
            if earliest.is_none() {
                level.heard_all();
            }
        }
    }

    /// What the headers say of a response to a request that went out then.
    fn hear(&mut self, (sent, at): (u64, Duration), limits: &Limits, now: Duration) {
        let crossed = self.heard > sent;
        if !limits.0.is_empty() {
            let odd = limits.0.iter().filter(|q| q.believed().limit.is_none());
            self.odd = odd.map(|q| q.unit).collect();
        }
        for quota in &limits.0 {
            // A bucket of no size is none, nor is one that cannot be.
            let Some(limit @ 1..) = quota.believed().limit else {
                continue;
            };
            let out = || self.flights.iter().filter(|f| f.is_out());
            // One that was not known was full before what is out now.
            let full = || {
                let mut level = Level::new(Kind::Server, quota.unit, quota.bucket, limit, now);
                level.take(out().map(|f| f.taken().of(quota.unit)).sum(), now);
                level
            };
            let index = self.levels.iter().position(|level| level.is_of(quota));
            let index = match (index, quota.remaining) {
                (Some(index), _) => index,
                (None, None) => continue,
                (None, Some(_)) => {
                    self.levels.push(full());
                    self.levels.len() - 1
                }
            };
            let full = quota.remaining.is_none().then(full);
            let unanswered: f64 = out()
                .filter(|f| f.is_unanswered())
                .map(|f| f.taken().of(quota.unit))
                .sum();
            let uncounted = self.flights.iter().map(|f| f.uncounted(sent, quota.unit));
            let uncounted = uncounted.fold(Uncounted::default(), Uncounted::plus);
            let Some(level) = self.levels.get_mut(index) else {
                continue;
            };
            let Some(remaining) = quota.remaining else {
                if let Some(full) = full.filter(|_| level.kind == Kind::Preset) {
                    *level = full;
                }
                continue;
            };
            level.resize(limit, remaining);
            let said = Said {
                sent,
                at,
                heard: self.step,
                counts_all: false,
                is_doubtful: false,
            };
            level.hear(remaining.min(limit) as f64, uncounted, said, now);
            let reset = Reset::read(quota.reset, unanswered, now);
            level.reset = match level.kind {
                Kind::Apart => None,
                _ if crossed => reset.map(|reset| reset.later(level.reset)),
                _ => reset,
            };
            (self.heard, self.old) = (self.step, false);
        }
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
mod against_a_server;
#[cfg(test)]
mod tests;
