//! Who may go out next: the order of tickets, places in flight, quotas, and the wait after a 429. Moments come as
//! parameters; who waits for them is `gate`, the arithmetic of a single model's quotas is `chat::quota`.
//!
//! Whoever changes something plans anew: in the order of tickets each request goes out if it may, or learns what holds
//! it and until when. A request for another model, whose quotas are others, may overtake; none else may.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::chat::quota::{Account, Allowance, Demand, Hold, Lane, Outcome, Use, View};
use crate::chat::{Held, Limits, Unit};

/// Between two requests that were held back after a 429.
const PACE: Duration = Duration::from_millis(100);
/// A wait that changes by less is not told again.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// Whether who waits hears of `hold`, having been told of another.
pub(super) fn is_news(hold: Hold, told: Hold) -> bool {
    let moved = match (hold.due, told.due) {
        (Some(a), Some(b)) => a.abs_diff(b) >= WORTH_TELLING,
        (a, b) => a != b,
    };
    moved || hold.held != told.held
}

#[derive(Debug)]
struct Entry {
    model: String,
    demand: Demand,
    /// Tokens that it takes off when it goes, which may be less than it wants.
    reserved: u64,
    again: bool,
    standing: Standing,
}

#[derive(Clone, Copy, Debug)]
enum Standing {
    Waiting(Hold),
    Out,
    /// It met a 429, so that nothing was taken off.
    Refused,
}

impl Entry {
    fn is_waiting(&self) -> bool {
        matches!(self.standing, Standing::Waiting(_))
    }

    fn is_out_for(&self, model: &str) -> bool {
        self.model == model && matches!(self.standing, Standing::Out)
    }
}

/// Who waits, who is out, and what is left.
#[derive(Debug)]
pub(super) struct Queue {
    places: usize,
    allowance: Allowance,
    accounts: HashMap<String, Account>,
    /// By ticket.
    entries: BTreeMap<u64, Entry>,
    drawn: u64,
    /// How often was planned.
    planned: u64,
    /// By model, after a 429, until all that it held back are out: servers count each model by itself, and a pane that
    /// asks another is not to wait for it.
    closed: HashMap<String, Closed>,
}

/// What a 429 holds back, and how long.
#[derive(Clone, Copy, Debug)]
struct Closed {
    opens: Duration,
    /// Until when the server wants to be left alone, which may be longer than anybody is held back.
    until: Duration,
    /// They go out one after the other: not before this moment.
    next: Duration,
    /// The last ticket that it holds back. Who comes when it is open again goes as ever.
    last: u64,
}

impl Closed {
    /// Those who met the 429 go before those who only heard of it.
    fn opens_for(self, again: bool) -> Duration {
        let opens = if again { self.opens } else { self.opens + PACE };
        opens.max(self.next)
    }
}

impl Queue {
    pub(super) fn new(places: usize, allowance: Allowance) -> Self {
        Self {
            places: places.max(1),
            allowance,
            accounts: HashMap::new(),
            entries: BTreeMap::new(),
            drawn: 0,
            planned: 0,
            closed: HashMap::new(),
        }
    }

    /// The number of the next ticket.
    pub(super) fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }

    /// A request waits from now on. `again`: it was out before.
    pub(super) fn join(
        &mut self,
        number: u64,
        model: &str,
        demand: Demand,
        again: bool,
        now: Duration,
    ) {
        let allowance = &self.allowance;
        self.accounts
            .entry(model.to_owned())
            .or_insert_with(|| Account::new(allowance, model, now));
        let entry = Entry {
            model: model.to_owned(),
            demand,
            reserved: demand.tokens(),
            again,
            standing: Standing::Waiting(Hold::default()),
        };
        self.entries.insert(number, entry);
        let closed = self.closed.get_mut(model);
        if let Some(closed) = closed.filter(|closed| closed.opens > now) {
            closed.last = closed.last.max(number);
        }
    }

    /// Holds all requests for a model back until it `opens`, since one met a 429 whose server wants to be left alone
    /// `until` then.
    pub(super) fn close(&mut self, model: &str, opens: Duration, until: Duration) {
        let before = self.closed.get(model);
        let later =
            |now: Duration, of: fn(&Closed) -> Duration| before.map_or(now, |b| now.max(of(b)));
        let closed = Closed {
            opens: later(opens, |b| b.opens),
            until: later(until, |b| b.until),
            next: later(opens, |b| b.next),
            last: self.drawn,
        };
        self.closed.insert(model.to_owned(), closed);
    }

    /// Models whose requests are held back after a 429, until when, and until when the server wants to be left alone.
    pub(super) fn closings(&self) -> impl Iterator<Item = (&str, Duration, Duration)> {
        self.closed
            .iter()
            .map(|(model, closed)| (model.as_str(), closed.opens, closed.until))
    }

    /// Until when the server that refused others wants to be left alone by a request that waits.
    pub(super) fn unwanted_until(&self, number: u64) -> Option<Duration> {
        let entry = self.entries.get(&number)?;
        self.closed.get(&entry.model).map(|closed| closed.until)
    }

    /// What holds a request; `None` once it is out.
    pub(super) fn hold(&self, number: u64) -> Option<Hold> {
        match self.entries.get(&number)?.standing {
            Standing::Waiting(hold) => Some(hold),
            Standing::Out | Standing::Refused => None,
        }
    }

    /// Tokens that a request reserves that is out.
    pub(super) fn reserved(&self, number: u64) -> Option<u64> {
        Some(self.entries.get(&number)?.reserved)
    }

    /// What there is to know of a model's quotas.
    pub(super) fn view(&self, model: &str, now: Duration) -> View {
        let account = match self.accounts.get(model) {
            Some(account) => account.clone(),
            None => Account::new(&self.allowance, model, now),
        };
        let of_model = || self.entries.values().filter(|e| e.model == model);
        let waiting = of_model().filter(|e| e.is_waiting());
        let opens = self.closed.get(model).map(|closed| closed.opens);
        View::new(account, now, self.planned).with(
            waiting.map(|e| e.demand).collect(),
            of_model().any(|e| e.is_out_for(model)),
            opens.filter(|opens| *opens > now),
        )
    }

    /// Other requests for the same model give tokens back when they end: those that are out, and those that go before.
    pub(super) fn may_come_earlier(&self, number: u64, held: Held) -> bool {
        let counts_tokens = matches!(
            held,
            Held::Quota {
                unit: Unit::Tokens,
                ..
            }
        );
        let Some(own) = self.entries.get(&number) else {
            return false;
        };
        let mut others = self.entries.iter().filter(|(n, e)| match e.standing {
            Standing::Out => true,
            Standing::Waiting(_) => **n < number,
            Standing::Refused => false,
        });
        counts_tokens && others.any(|(_, e)| e.model == own.model)
    }

    /// The headers of a response came.
    pub(super) fn answered(
        &mut self,
        number: u64,
        outcome: Outcome,
        limits: &Limits,
        now: Duration,
    ) {
        let Some(entry) = self.entries.get_mut(&number) else {
            return;
        };
        if outcome == Outcome::Refused {
            entry.standing = Standing::Refused;
        }
        if let Some(account) = self.accounts.get_mut(&entry.model) {
            account.answered(number, outcome, limits, now);
        }
    }

    /// A request is over, or gave up waiting. What it did not use comes back.
    pub(super) fn leave(&mut self, number: u64, used: Use, now: Duration) {
        let Some(entry) = self.entries.remove(&number) else {
            return;
        };
        if let Some(account) = self.accounts.get_mut(&entry.model) {
            account.end(number, used, now);
        }
    }

    /// Lets out who may go, and says to all others what holds them.
    pub(super) fn plan(&mut self, now: Duration) {
        self.planned += 1;
        let waiting = || self.entries.values().filter(|e| e.is_waiting());
        let under_way = self.entries.len() - waiting().count();
        let mut free = self.places.saturating_sub(under_way);
        let mut lanes: HashMap<String, Lane> = HashMap::new();
        for Entry { model, .. } in waiting() {
            if !lanes.contains_key(model)
                && let Some(account) = self.accounts.get(model)
            {
                let is_busy = self.entries.values().any(|e| e.is_out_for(model));
                lanes.insert(model.clone(), Lane::new(account.clone(), is_busy, now));
            }
        }
        let mut closed = self.closed.clone();
        for (number, entry) in self.entries.iter_mut().filter(|(_, e)| e.is_waiting()) {
            let Some(lane) = lanes.get_mut(&entry.model) else {
                continue;
            };
            let behind = closed.get_mut(&entry.model);
            let mut behind = behind.filter(|closed| *number <= closed.last);
            let opens = behind.as_ref().map(|closed| closed.opens_for(entry.again));
            let slot = lane.next(entry.demand, opens);
            let hold = slot.hold;
            if let (Some(closed), Some(opens)) = (&mut behind, opens)
                && hold.due == Some(opens)
            {
                closed.next = opens + PACE;
            }
            entry.standing = Standing::Waiting(hold);
            if hold.due.is_none_or(|due| due > now) {
                continue;
            }
            if free == 0 {
                entry.standing = Standing::Waiting(Hold::default());
                continue;
            }
            free -= 1;
            entry.standing = Standing::Out;
            entry.reserved = slot.tokens;
            if let Some(account) = self.accounts.get_mut(&entry.model) {
                let prompt = entry.demand.prompt.min(slot.tokens);
                account.send(*number, prompt, slot.tokens - prompt, now);
            }
            if let Some(closed) = behind {
                closed.next = now + PACE;
                self.closed.insert(entry.model.clone(), *closed);
            }
        }
        self.closed.retain(|model, closed| {
            let mut held = self.entries.range(..=closed.last);
            closed.opens > now || held.any(|(_, e)| e.model == *model && e.is_waiting())
        });
    }
}

#[cfg(test)]
mod tests;
