//! The requests for one model in their order: when each goes out, with how many tokens, and what holds it until then.
//! Who goes for real is decided in `provider`; the same reckoning tells beforehand what would happen to a draft.

use std::time::Duration;

use super::{Account, Allowance, Cost, Gauge, Room, prompt_tokens, reserved_for_answer};
use crate::chat::{Held, Unit, Wait};

/// An answer is never shrunk below this: reasoning counts, and less often ends before there is any text.
const LEAST_ANSWER: u64 = 1_024;
/// A shrunk request leaves this part of its prompt's estimate free: an estimate that is too low would cost a 429.
const MARGIN: u64 = 4;

/// What happens to a request that the quota has no room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// Its answer gets fewer tokens, so that it fits.
    Shrink,
    /// It waits until it fits.
    #[default]
    Stagger,
    /// The same, once the person has heard of it and wants it.
    Warn,
    /// It is sent, and the server says no.
    Send,
}

/// What a request wants of the quotas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Tokens of its prompt.
    pub prompt: u64,
    /// Tokens that are reserved for its answer.
    pub answer: u64,
    /// What happens if there is no room.
    pub when_full: WhenFull,
}

impl Demand {
    /// That of a prompt of so many bytes and an answer with this bound, 0 being none.
    pub fn new(prompt_bytes: usize, max_completion_tokens: u32, when_full: WhenFull) -> Self {
        Self {
            prompt: prompt_tokens(prompt_bytes),
            answer: reserved_for_answer(max_completion_tokens),
            when_full,
        }
    }

    /// Tokens that are reserved before it runs.
    pub fn tokens(self) -> u64 {
        self.prompt.saturating_add(self.answer)
    }

    /// Tokens that it cannot go without.
    fn least(self) -> u64 {
        match self.when_full {
            WhenFull::Shrink => self.prompt.saturating_add(self.answer.min(LEAST_ANSWER)),
            WhenFull::Stagger | WhenFull::Warn | WhenFull::Send => self.tokens(),
        }
    }
}

/// What holds a request, and until when if that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hold {
    /// What holds it.
    pub held: Held,
    /// When it may go.
    pub due: Option<Duration>,
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
    /// The same for a person.
    pub fn wait(self, now: Duration) -> Wait {
        Wait {
            held: self.held,
            left: self.due.map(|due| due.saturating_sub(now)),
        }
    }
}

/// The place of a request in its lane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slot {
    /// What holds it.
    pub hold: Hold,
    /// Tokens that it reserves when it goes.
    pub tokens: u64,
    /// It takes more than a whole bucket, and goes when nothing else is out.
    pub alone: bool,
}

/// The requests for one model as they will go out.
#[derive(Clone, Debug)]
pub struct Lane {
    account: Account,
    /// Some are out, or will be before the next.
    is_busy: bool,
    begins: Duration,
    /// What held the last one; nobody overtakes it.
    last: Hold,
}

impl Lane {
    /// An empty one. `is_busy`: requests are out.
    pub fn new(account: Account, is_busy: bool, now: Duration) -> Self {
        Self {
            account,
            is_busy,
            begins: now,
            last: Hold {
                due: Some(now),
                ..Hold::default()
            },
        }
    }

    /// Where the next one stands, which may not go before `opens`.
    pub fn next(&mut self, demand: Demand, opens: Option<Duration>) -> Slot {
        if demand.when_full == WhenFull::Send {
            return self.send(demand, opens);
        }
        let mut slot = Slot {
            hold: self.last,
            tokens: demand.tokens(),
            alone: false,
        };
        let Some(mut due) = self.last.due else {
            return slot;
        };
        let mut held = self.last.held;
        if let Some(opens) = opens.filter(|opens| *opens > due) {
            (due, held) = (opens, Held::Refused);
        }
        let least = Cost::reserving(demand.least());
        slot.hold = match self.account.room(least, due) {
            Room::Alone(held) => {
                slot.alone = true;
                let due = Some(due).filter(|_| !self.is_busy);
                Hold { held, due }
            }
            Room::At(at, why) => Hold {
                held: why.unwrap_or(held),
                due: Some(at),
            },
        };
        self.last = slot.hold;
        if let Some(due) = slot.hold.due {
            slot.tokens = self.granted(demand, due);
            self.account.take(Cost::reserving(slot.tokens), due);
            self.is_busy = true;
        }
        slot
    }

    /// No quota holds it, nor anybody whom one holds; what the server asked for after a 429 does.
    fn send(&mut self, demand: Demand, opens: Option<Duration>) -> Slot {
        let (due, held) = match opens.filter(|opens| *opens > self.begins) {
            Some(opens) => (opens, Held::Refused),
            None => (self.begins, Held::InFlight),
        };
        self.account.take(Cost::reserving(demand.tokens()), due);
        self.is_busy = true;
        Slot {
            hold: Hold {
                held,
                due: Some(due),
            },
            tokens: demand.tokens(),
            alone: false,
        }
    }

    /// All that it wants, or what is left of that.
    fn granted(&self, demand: Demand, due: Duration) -> u64 {
        let whole = demand.tokens();
        let fits = self.account.room(Cost::reserving(whole), due);
        if demand.when_full != WhenFull::Shrink || matches!(fits, Room::At(at, _) if at <= due) {
            return whole;
        }
        let left = self.account.tokens(due).unwrap_or(whole);
        left.saturating_sub(demand.prompt / MARGIN)
            .clamp(demand.least(), whole)
    }
}

/// What a gate knows of the quotas of one model, to be looked at elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// When it was so, on the gate's clock.
    pub at: Duration,
    /// Later views have higher numbers.
    pub number: u64,
    account: Account,
    /// Requests that wait already.
    ahead: Vec<Demand>,
    is_busy: bool,
    /// After a 429: until then nothing goes.
    opens: Option<Duration>,
}

impl View {
    /// What is known before anything was asked.
    pub fn fresh(allowance: &Allowance, model: &str) -> Self {
        Self::new(
            Account::new(allowance, model, Duration::ZERO),
            Duration::ZERO,
            0,
        )
    }

    /// An account at a moment, with nobody waiting.
    pub fn new(account: Account, at: Duration, number: u64) -> Self {
        Self {
            at,
            number,
            account,
            ahead: Vec::new(),
            is_busy: false,
            opens: None,
        }
    }

    /// The same while requests are out or wait, and with the end of a wait after a 429.
    pub fn with(self, ahead: Vec<Demand>, is_busy: bool, opens: Option<Duration>) -> Self {
        Self {
            ahead,
            is_busy,
            opens,
            ..self
        }
    }

    /// What is left of each quota.
    pub fn gauges(&self, now: Duration) -> impl Iterator<Item = Gauge> {
        self.account.gauges(now)
    }

    /// Whether the server said of these quotas what cannot be true.
    pub fn is_odd(&self, unit: Unit) -> bool {
        self.account.is_odd(unit)
    }

    /// How long nothing goes yet after a 429.
    pub fn refused(&self, now: Duration) -> Option<Duration> {
        let left = self.opens?.saturating_sub(now);
        (!left.is_zero()).then_some(left)
    }

    /// What would become of these requests if they were sent now, one after the other. Those that would be sent in any
    /// case are planned as if they waited, which tells how many of them fit.
    pub fn plan(&self, demands: &[Demand], now: Duration) -> Vec<Place> {
        let mut lane = Lane::new(self.account.clone(), self.is_busy, now);
        for demand in &self.ahead {
            lane.next(*demand, self.opens);
        }
        let place = |wanted: &Demand| {
            let when_full = match wanted.when_full {
                WhenFull::Shrink => WhenFull::Shrink,
                _ => WhenFull::Stagger,
            };
            let demand = Demand {
                when_full,
                ..*wanted
            };
            let slot = lane.next(demand, self.opens);
            Place {
                wanted: wanted.tokens(),
                granted: slot.tokens,
                when: match slot.hold.due {
                    _ if slot.alone => When::Never,
                    Some(due) if due <= now => When::Now,
                    Some(due) => When::In(due.saturating_sub(now)),
                    None => When::AfterOthers,
                },
            }
        };
        demands.iter().map(place).collect()
    }
}

/// When a request fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At this moment.
    Now,
    /// After so long, or earlier if others use less than they reserved.
    In(Duration),
    /// When others have ended.
    AfterOthers,
    /// It takes more than a whole quota.
    Never,
}

/// What would become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Tokens that it would reserve.
    pub wanted: u64,
    /// Tokens that it gets; fewer only where it may be shrunk.
    pub granted: u64,
    /// When it fits.
    pub when: When,
}

impl Place {
    /// It fits at once, with all that it wants.
    pub fn fits(self) -> bool {
        self.when == When::Now && self.granted == self.wanted
    }
}

#[cfg(test)]
mod tests;
