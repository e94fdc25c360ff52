//! The queue on a clock of its own: who goes out when, and against a server that keeps real buckets.
//! That people are told, and that nothing hangs over real connections, is tested in `tests/it/quota.rs`.

use proptest::prelude::*;

use super::*;
use crate::chat::quota::WhenFull;
use crate::chat::{Bucket, Quota, Wait};

const NO_CAPS: Allowance = Allowance {
    requests_minute: None,
    tokens_minute: None,
    presets: Vec::new(),
};

/// What reserves so many tokens and waits for them.
fn wants(tokens: u64) -> Demand {
    Demand {
        prompt: 0,
        answer: tokens,
        when_full: WhenFull::Stagger,
    }
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn tokens(completion: u64) -> Use {
    Use::Tokens {
        prompt: 0,
        completion,
    }
}

fn tokens_minute(limit: u64, remaining: u64) -> Limits {
    Limits(vec![Quota {
        unit: Unit::Tokens,
        bucket: Bucket::Minute,
        limit: Some(limit),
        remaining: Some(remaining),
        reset: None,
    }])
}

/// A queue and its clock.
struct Desk {
    queue: Queue,
    now: Duration,
}

impl Desk {
    fn new(places: usize, caps: Allowance) -> Self {
        Self {
            queue: Queue::new(places, caps),
            now: Duration::ZERO,
        }
    }

    fn join(&mut self, model: &str, tokens: u64) -> u64 {
        let number = self.queue.draw();
        self.again(number, model, tokens, false);
        number
    }

    fn close(&mut self, model: &str, until: Duration) {
        self.queue.close(model, until, until);
    }

    fn again(&mut self, number: u64, model: &str, tokens: u64, again: bool) {
        let demand = wants(tokens);
        self.queue.join(number, model, demand, again, self.now);
        self.queue.plan(self.now);
    }

    fn answered(&mut self, number: u64, refused: bool, limits: &Limits) {
        let outcome = if refused {
            Outcome::Refused
        } else {
            Outcome::Accepted
        };
        self.queue.answered(number, outcome, limits, self.now);
        self.queue.plan(self.now);
    }

    /// It is over and has used so many tokens.
    fn leave(&mut self, number: u64, used: u64) {
        self.queue.leave(number, tokens(used), self.now);
        self.queue.plan(self.now);
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.queue.plan(self.now);
    }

    fn is_out(&self, number: u64) -> bool {
        self.queue.hold(number).is_none()
    }

    fn wait(&self, number: u64) -> Wait {
        self.queue.hold(number).expect("it waits").wait(self.now)
    }

    #[track_caller]
    fn waits_for_tokens(&self, number: u64, seconds: f64) {
        let wait = self.wait(number);
        let left = wait.left.expect("a time").as_secs_f64();
        assert!((left - seconds).abs() < 0.05, "{left} s, not {seconds} s");
        assert!(
            matches!(
                wait.held,
                Held::Quota {
                    unit: Unit::Tokens,
                    ..
                }
            ),
            "{}",
            wait.held
        );
    }
}

#[test]
fn small_ones_do_not_overtake_a_large_one_and_other_models_do() {
    let mut desk = Desk::new(16, NO_CAPS);
    let first = desk.join("a", 20_000);
    desk.answered(first, false, &tokens_minute(30_000, 10_000));
    let large = desk.join("a", 15_000);
    let small = desk.join("a", 1_000);
    let other = desk.join("b", 15_000);
    assert!(desk.is_out(other));
    // Half a second for the way of the first one.
    desk.waits_for_tokens(large, 10.5);
    desk.waits_for_tokens(small, 12.5);
    // Tokens that come back shorten both waits.
    desk.pass(ms(1_000));
    desk.leave(first, 16_000);
    desk.waits_for_tokens(large, 1.5);
    desk.pass(ms(1_502));
    assert!(desk.is_out(large) && !desk.is_out(small));
    desk.pass(ms(2_001));
    assert!(desk.is_out(small));
}

#[test]
fn places_are_given_in_order() {
    let mut desk = Desk::new(1, NO_CAPS);
    let [a, b, c] = [1; 3].map(|tokens| desk.join("a", tokens));
    assert!(desk.is_out(a));
    let for_a_place = Wait {
        held: Held::InFlight,
        left: None,
    };
    assert_eq!((desk.wait(b), desk.wait(c)), (for_a_place, for_a_place));
    // One that gives up leaves no hole.
    desk.leave(b, 0);
    desk.leave(a, 0);
    assert!(desk.is_out(c));
}

#[test]
fn who_waits_behind_gives_nothing_back() {
    let mut desk = Desk::new(16, NO_CAPS);
    let first = desk.join("a", 20_000);
    desk.answered(first, false, &tokens_minute(30_000, 10_000));
    let waits = desk.join("a", 15_000);
    let behind = desk.join("a", 15_000);
    let may = |desk: &Desk, n| desk.queue.may_come_earlier(n, desk.wait(n).held);
    assert!(may(&desk, waits) && may(&desk, behind));
    desk.leave(first, 20_000);
    assert!(!may(&desk, waits), "only one behind it is left");
    assert!(may(&desk, behind), "the one before may use less");
}

#[test]
fn what_never_fits_goes_when_nothing_else_is_out() {
    let mut desk = Desk::new(16, NO_CAPS);
    let first = desk.join("a", 20_000);
    desk.answered(first, false, &tokens_minute(30_000, 10_000));
    let huge = desk.join("a", 31_000);
    let small = desk.join("a", 10);
    assert_eq!(desk.wait(huge).left, None);
    assert_eq!(desk.wait(small).left, None);
    desk.pass(ms(3_600_000));
    assert!(!desk.is_out(huge) && !desk.is_out(small));
    desk.leave(first, 20_000);
    assert!(desk.is_out(huge) && !desk.is_out(small));
    desk.leave(huge, 0);
    assert!(desk.is_out(small));
}

#[test]
fn after_a_429_the_refused_one_goes_first_and_the_others_follow_one_by_one() {
    let mut desk = Desk::new(16, NO_CAPS);
    let refused = desk.join("a", 10);
    desk.answered(refused, true, &Limits::default());
    desk.close("a", desk.now + ms(60_000));
    desk.leave(refused, 0);
    let others = [10; 3].map(|tokens| desk.join("a", tokens));
    for (n, other) in (1..).zip(others) {
        let expected = Wait {
            held: Held::Refused,
            left: Some(ms(60_000 + n * 100)),
        };
        assert_eq!(desk.wait(other), expected);
    }
    // Servers count each model by itself: another one of the profile goes as ever.
    let other_model = desk.join("b", 10);
    assert!(desk.is_out(other_model));
    desk.pass(ms(59_999));
    desk.pass(ms(1));
    assert!(others.iter().all(|n| !desk.is_out(*n)));
    desk.again(refused, "a", 10, true);
    assert!(desk.is_out(refused));
    for n in 0..3 {
        desk.pass(ms(100));
        let out = others.iter().filter(|n| desk.is_out(**n)).count();
        assert_eq!((out, desk.is_out(others[n])), (n + 1, true));
    }
    desk.pass(ms(100));
    assert!(desk.is_out(other_model));
    // Then all is as before.
    assert!([10; 3].map(|t| desk.join("a", t)).map(|n| desk.is_out(n)) == [true; 3]);
}

#[test]
fn only_what_a_429_held_back_goes_one_by_one_however_many_come_later() {
    let mut desk = Desk::new(64, NO_CAPS);
    let refused = desk.join("a", 10);
    desk.answered(refused, true, &Limits::default());
    desk.close("a", desk.now + ms(1_000));
    desk.leave(refused, 0);
    let held = [10; 3].map(|tokens| desk.join("a", tokens));
    desk.pass(ms(1_000));
    desk.again(refused, "a", 10, true);
    // From here on somebody waits at any time.
    for (n, next) in held.into_iter().enumerate() {
        let late = desk.join("a", 10);
        assert!(!desk.is_out(late), "it would overtake");
        desk.pass(ms(100));
        assert!(desk.is_out(next), "{n}");
        assert_eq!(desk.is_out(late), n == 2);
    }
    let more = [10; 20].map(|tokens| desk.join("a", tokens));
    assert!(more.iter().all(|n| desk.is_out(*n)));
}

#[test]
fn the_longer_of_two_wishes_wins_over_tokens_that_came_back() {
    let mut desk = Desk::new(16, NO_CAPS);
    let [first, second] = [20_000; 2].map(|tokens| desk.join("a", tokens));
    desk.answered(first, false, &tokens_minute(30_000, 10_000));
    desk.answered(second, true, &Limits::default());
    desk.close("a", desk.now + ms(60_000));
    desk.close("a", desk.now + ms(500));
    desk.leave(second, 0);
    desk.leave(first, 1_000);
    let late = desk.join("a", 10);
    assert_eq!(
        desk.wait(late),
        Wait {
            held: Held::Refused,
            left: Some(ms(60_100)),
        }
    );
}

#[test]
fn a_request_that_was_refused_or_never_left_costs_nothing() {
    let caps = Allowance {
        requests_minute: Some(1),
        tokens_minute: None,
        ..NO_CAPS
    };
    for refused in [true, false] {
        let mut desk = Desk::new(16, caps.clone());
        let first = desk.join("a", 10);
        if refused {
            desk.answered(first, true, &Limits::default());
        }
        desk.queue.leave(first, Use::Nothing, desk.now);
        let second = desk.join("a", 10);
        assert!(desk.is_out(second), "refused: {refused}");
        // One that is given up before any response may have been counted.
        desk.leave(second, 0);
        let third = desk.join("a", 10);
        assert!(!desk.is_out(third), "refused: {refused}");
    }
}

/// A request of the simulation: when it is made, what it is, and how it goes. Times in milliseconds.
#[derive(Clone, Debug)]
struct Plan {
    made: u64,
    model: usize,
    reserved: u64,
    used: u64,
    /// On the way to the server.
    there: u64,
    lasts: u64,
}

/// What the headers of the server say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tells {
    Nothing,
    Left,
    Resets,
}

impl Tells {
    /// What of this the client is told.
    fn of(self, remaining: [u64; 2], reset: [u64; 2]) -> Limits {
        let quota = |n: usize, unit, limit: u32| Quota {
            unit,
            bucket: Bucket::Minute,
            limit: Some(limit.into()),
            remaining: Some(remaining[n]),
            reset: Some(ms(reset[n])).filter(|_| self == Self::Resets),
        };
        match self {
            Self::Nothing => Limits::default(),
            Self::Left | Self::Resets => Limits(vec![
                quota(0, Unit::Requests, REQUESTS),
                quota(1, Unit::Tokens, TOKENS),
            ]),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Made,
    Arrived,
    /// Requests and tokens that are left, and in how many milliseconds all of them are.
    Headers([u64; 2], [u64; 2]),
    Ended,
    Left,
}

/// The buckets of one model at the server.
struct Served {
    requests: f64,
    tokens: f64,
    filled: u64,
}

const REQUESTS: u32 = 5;
const TOKENS: u32 = 30_000;

impl Served {
    fn refill(&mut self, now: u64) {
        let minutes = (now - self.filled) as f64 / 60_000.0;
        self.filled = now;
        self.requests = (self.requests + minutes * f64::from(REQUESTS)).min(f64::from(REQUESTS));
        self.tokens = (self.tokens + minutes * f64::from(TOKENS)).min(f64::from(TOKENS));
    }

    /// Takes what a request reserves; false where there is not enough.
    fn takes(&mut self, plan: &Plan) -> bool {
        self.requests -= 1.0;
        self.tokens -= plan.reserved as f64;
        self.requests > -1e-6 && self.tokens > -1e-6
    }

    fn headers(&self) -> Step {
        let left = |level: f64| Duration::from_secs_f64(level.max(0.0)).as_secs();
        let full = |level: f64, size: u32| left((1.0 - level / f64::from(size)) * 60_000.0);
        Step::Headers(
            [left(self.requests), left(self.tokens)],
            [full(self.requests, REQUESTS), full(self.tokens, TOKENS)],
        )
    }
}

/// Plays `plans` to the end and gives the order in which they went out. Panics where the server has to refuse.
/// Whatever the server says is `back` under way.
fn play(plans: &[Plan], back: u64, tells: Tells) -> Vec<usize> {
    let caps = Allowance {
        requests_minute: Some(REQUESTS),
        tokens_minute: Some(TOKENS),
        ..NO_CAPS
    };
    let mut queue = Queue::new(16, caps);
    let mut servers = [(); 2].map(|()| Served {
        requests: f64::from(REQUESTS),
        tokens: f64::from(TOKENS),
        filled: 0,
    });
    let numbers: Vec<u64> = plans.iter().map(|_| queue.draw()).collect();
    let mut steps: std::collections::BTreeSet<(u64, usize, Step)> = plans
        .iter()
        .enumerate()
        .map(|(i, plan)| (plan.made, i, Step::Made))
        .collect();
    let mut waiting: Vec<usize> = Vec::new();
    let mut out = Vec::new();
    loop {
        let due = waiting
            .iter()
            .filter_map(|i| queue.hold(numbers[*i])?.due)
            .map(|due| u64::try_from(due.as_micros().div_ceil(1_000)).unwrap())
            .min();
        let step = steps.first().map(|(at, ..)| *at);
        let Some(now) = step.into_iter().chain(due).min() else {
            assert!(waiting.is_empty(), "nothing moves {waiting:?}");
            return out;
        };
        let at = ms(now);
        if step == Some(now)
            && let Some((_, i, step)) = steps.pop_first()
        {
            let (plan, number) = (&plans[i], numbers[i]);
            let server = &mut servers[plan.model];
            server.refill(now);
            match step {
                Step::Made => {
                    let model = plan.model.to_string();
                    queue.join(number, &model, wants(plan.reserved), false, at);
                    waiting.push(i);
                }
                Step::Arrived => {
                    assert!(server.takes(plan), "429 for {i} at {now}");
                    steps.insert((now + back, i, server.headers()));
                    steps.insert((now + back + plan.lasts, i, Step::Ended));
                }
                Step::Headers(remaining, reset) => {
                    let limits = tells.of(remaining, reset);
                    queue.answered(number, Outcome::Accepted, &limits, at);
                }
                Step::Ended => {
                    server.tokens += plan.reserved as f64 - plan.used as f64;
                    steps.insert((now + back, i, Step::Left));
                }
                Step::Left => {
                    queue.leave(number, tokens(plan.used), at);
                }
            }
        }
        queue.plan(at);
        let (gone, left) = waiting
            .into_iter()
            .partition(|i| queue.hold(numbers[*i]).is_none());
        waiting = left;
        for i in gone {
            steps.insert((now + plans[i].there, i, Step::Arrived));
            out.push(i);
        }
    }
}

fn plan() -> impl Strategy<Value = Plan> {
    (
        0_u64..90_000,
        0_usize..2,
        1_u64..=u64::from(TOKENS),
        0_u64..=100,
        1_u64..400,
        1_u64..20_000,
    )
        .prop_map(|(made, model, reserved, share, there, lasts)| Plan {
            made,
            model,
            reserved,
            used: reserved * share / 100,
            there,
            lasts,
        })
}

proptest! {
    #[test]
    fn nothing_goes_out_that_the_server_has_to_refuse_and_all_of_it_goes(
        mut plans in proptest::collection::vec(plan(), 1..24),
        back in 1_u64..400,
        tells in prop::sample::select(vec![Tells::Nothing, Tells::Left, Tells::Resets]),
    ) {
        plans.sort_by_key(|p| p.made);
        let out = play(&plans, back, tells);
        prop_assert_eq!(out.len(), plans.len());
        for model in 0..2 {
            let order: Vec<_> = out.iter().filter(|i| plans[**i].model == model).collect();
            prop_assert!(order.is_sorted(), "{:?}", order);
        }
    }
}
