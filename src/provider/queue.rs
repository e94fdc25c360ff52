//! Who may go out next: the order of tickets, places in flight, quotas, and the wait after a 429. Moments come as
//! parameters; who waits for them is `gate`, the arithmetic of a single model's quotas is `quota`.
//!
//! Whoever changes something plans anew: in the order of tickets each request goes out if it may, or learns what holds
//! it and until when. A request for another model, whose quotas are others, may overtake; none else may.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tokio::time::Instant;

use super::quota::{Account, Caps, Cost, Reply, Room};
use crate::chat::{Held, Limits, Unit, Wait};

/// Between two requests that were held back after a 429.
const PACE: Duration = Duration::from_millis(100);
/// A wait that changes by less is not told again.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// What holds a request, and until when if that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Hold {
    pub(super) held: Held,
    pub(super) due: Option<Instant>,
}

impl Default for Hold {
    fn default() -> Self {
        Self {
            held: Held::InFlight,
            due: None,
        }
    }
}

impl Hold {
    pub(super) fn wait(self, now: Instant) -> Wait {
        Wait {
            held: self.held,
            left: self.due.map(|due| due.saturating_duration_since(now)),
        }
    }

    pub(super) fn is_news_after(self, told: Self) -> bool {
        let moved = match (self.due, told.due) {
            (Some(a), Some(b)) => a.max(b).duration_since(a.min(b)) >= WORTH_TELLING,
            (a, b) => a != b,
        };
        moved || self.held != told.held
    }
}

#[derive(Debug)]
struct Entry {
    model: String,
    cost: Cost,
    again: bool,
    standing: Standing,
}

#[derive(Clone, Copy, Debug)]
enum Standing {
    Waiting(Hold),
    Out {
        sent: Instant,
        answered: bool,
    },
    /// It met a 429, so that nothing was taken off.
    Refused,
}

impl Standing {
    fn is_unanswered(self) -> bool {
        matches!(
            self,
            Self::Out {
                answered: false,
                ..
            }
        )
    }
}

impl Entry {
    fn is_waiting(&self) -> bool {
        matches!(self.standing, Standing::Waiting(_))
    }

    fn is_out_for(&self, model: &str) -> bool {
        self.model == model && matches!(self.standing, Standing::Out { .. })
    }
}

/// Who waits, who is out, and what is left.
#[derive(Debug)]
pub(super) struct Queue {
    places: usize,
    caps: Caps,
    accounts: HashMap<String, Account>,
    /// By ticket.
    entries: BTreeMap<u64, Entry>,
    drawn: u64,
    /// By model, after a 429, until all that it held back are out: servers count each model by itself, and a pane that
    /// asks another is not to wait for it.
    closed: HashMap<String, Closed>,
}

/// What a 429 holds back, and how long.
#[derive(Clone, Copy, Debug)]
struct Closed {
    opens: Instant,
    /// They go out one after the other: not before this moment.
    next: Instant,
    /// The last ticket that it holds back. Who comes when it is open again goes as ever.
    last: u64,
}

impl Closed {
    /// Those who met the 429 go before those who only heard of it.
    fn opens_for(self, again: bool) -> Instant {
        let opens = if again { self.opens } else { self.opens + PACE };
        opens.max(self.next)
    }
}

impl Queue {
    pub(super) fn new(places: usize, caps: Caps) -> Self {
        Self {
            places: places.max(1),
            caps,
            accounts: HashMap::new(),
            entries: BTreeMap::new(),
            drawn: 0,
            closed: HashMap::new(),
        }
    }

    /// The number of the next ticket.
    pub(super) fn draw(&mut self) -> u64 {
        self.drawn += 1;
        self.drawn
    }

    /// A request waits from now on. `again`: it was out before.
    pub(super) fn join(&mut self, number: u64, model: &str, cost: Cost, again: bool, now: Instant) {
        let caps = self.caps;
        self.accounts
            .entry(model.to_owned())
            .or_insert_with(|| Account::new(caps, now));
        let entry = Entry {
            model: model.to_owned(),
            cost,
            again,
            standing: Standing::Waiting(Hold::default()),
        };
        self.entries.insert(number, entry);
        let closed = self.closed.get_mut(model);
        if let Some(closed) = closed.filter(|closed| closed.opens > now) {
            closed.last = closed.last.max(number);
        }
    }

    /// Holds all requests for a model back, since one met a 429.
    pub(super) fn close(&mut self, model: &str, until: Instant) {
        let before = self.closed.get(model);
        let opens = before.map_or(until, |closed| closed.opens.max(until));
        let next = before.map_or(until, |closed| closed.next.max(until));
        let last = self.drawn;
        self.closed
            .insert(model.to_owned(), Closed { opens, next, last });
    }

    /// What holds a request; `None` once it is out.
    pub(super) fn hold(&self, number: u64) -> Option<Hold> {
        match self.entries.get(&number)?.standing {
            Standing::Waiting(hold) => Some(hold),
            Standing::Out { .. } | Standing::Refused => None,
        }
    }

    /// Other requests for the same model give tokens back when they end.
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
        let mut others = self.entries.iter().filter(|(n, _)| **n != number);
        counts_tokens && others.any(|(_, e)| e.model == own.model)
    }

    /// The headers of a response came. `refused`: with a 429, which takes nothing off.
    pub(super) fn answered(&mut self, number: u64, refused: bool, limits: &Limits, now: Instant) {
        let Some(entry) = self.entries.get_mut(&number) else {
            return;
        };
        let Standing::Out { sent, .. } = entry.standing else {
            return;
        };
        let model = entry.model.clone();
        entry.standing = if refused {
            Standing::Refused
        } else {
            Standing::Out {
                sent,
                answered: true,
            }
        };
        let cost = entry.cost;
        let unanswered = self.cost_of(&model, Standing::is_unanswered);
        let reply = Reply {
            sent,
            out: self.cost_of(&model, |standing| matches!(standing, Standing::Out { .. })),
            unanswered,
        };
        let Some(account) = self.accounts.get_mut(&model) else {
            return;
        };
        if refused {
            account.give(cost, unanswered, now);
        }
        account.hear(limits, reply, now);
    }

    /// A request is over, or gave up waiting. What it did not use comes back.
    pub(super) fn leave(&mut self, number: u64, unused: Cost, now: Instant) {
        let Some(entry) = self.entries.remove(&number) else {
            return;
        };
        if !matches!(entry.standing, Standing::Out { .. }) {
            return;
        }
        let unanswered = self.cost_of(&entry.model, Standing::is_unanswered);
        if let Some(account) = self.accounts.get_mut(&entry.model) {
            account.give(unused, unanswered, now);
        }
    }

    /// What the requests for a model take together that stand so.
    fn cost_of(&self, model: &str, stands: impl Fn(Standing) -> bool) -> Cost {
        self.entries
            .values()
            .filter(|e| e.model == model && stands(e.standing))
            .fold(Cost::default(), |sum, e| sum.plus(e.cost))
    }

    /// Lets out who may go, and says to all others what holds them.
    pub(super) fn plan(&mut self, now: Instant) {
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
            let hold = lane.next(entry.cost, opens);
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
            entry.standing = Standing::Out {
                sent: now,
                answered: false,
            };
            if let Some(account) = self.accounts.get_mut(&entry.model) {
                account.take(entry.cost, now);
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

/// The requests for one model as they will go out.
#[derive(Debug)]
struct Lane {
    account: Account,
    /// Some are out, or will be before the next.
    is_busy: bool,
    /// What held the last one; nobody overtakes it.
    last: Hold,
}

impl Lane {
    fn new(account: Account, is_busy: bool, now: Instant) -> Self {
        Self {
            account,
            is_busy,
            last: Hold {
                due: Some(now),
                ..Hold::default()
            },
        }
    }

    /// What holds the next one, which may not go before `opens`.
    fn next(&mut self, cost: Cost, opens: Option<Instant>) -> Hold {
        let Some(mut due) = self.last.due else {
            return self.last;
        };
        let mut held = self.last.held;
        if let Some(opens) = opens.filter(|opens| *opens > due) {
            (due, held) = (opens, Held::Refused);
        }
        self.last = match self.account.room(cost, due) {
            Room::Alone(held) if self.is_busy => Hold { held, due: None },
            Room::At(at, Some(held)) => Hold {
                held,
                due: Some(at),
            },
            Room::At(..) | Room::Alone(_) => Hold {
                held,
                due: Some(due),
            },
        };
        if let Some(due) = self.last.due {
            self.account.take(cost, due);
            self.is_busy = true;
        }
        self.last
    }
}

#[cfg(test)]
mod tests;
