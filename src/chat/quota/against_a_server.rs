//! The account against a server that keeps real buckets, with headers that come in any order.
//! Single cases are in `tests`; who waits for whom is tested with `queue`.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::chat::Quota;

const REQUESTS: u64 = 5;
const TOKENS: u64 = 30_000;
const SIZES: [u64; 2] = [REQUESTS, TOKENS];

/// A request: when it is made, what it is, and how long its parts take. Times in milliseconds.
#[derive(Clone, Debug)]
struct Plan {
    made: u64,
    /// Tokens of the prompt, and our estimate of them.
    prompt: [u64; 2],
    bound: u64,
    used: u64,
    there: u64,
    headers_back: u64,
    lasts: u64,
    end_back: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Made,
    Arrives,
    Headers([u64; 2]),
    Ends,
    Over,
    /// Somebody else takes a request and so many tokens.
    Other(u64),
}

/// Requests and tokens at the server.
#[derive(Clone, Copy)]
struct Server {
    left: [f64; 2],
    filled: u64,
}

impl Server {
    fn refill(&mut self, now: u64) {
        let minutes = (now - self.filled) as f64 / 60_000.0;
        self.filled = now;
        self.change([minutes * REQUESTS as f64, minutes * TOKENS as f64]);
    }

    fn change(&mut self, by: [f64; 2]) {
        for (n, by) in by.into_iter().enumerate() {
            self.left[n] = (self.left[n] + by).min(SIZES[n] as f64);
        }
    }
}

fn headers(left: [u64; 2]) -> Limits {
    let quota = |unit, n: usize| Quota {
        unit,
        bucket: Bucket::Minute,
        limit: Some(SIZES[n]),
        remaining: Some(left[n]),
        reset: None,
    };
    Limits(vec![quota(Unit::Requests, 0), quota(Unit::Tokens, 1)])
}

fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// What the account says is left, refill included.
fn left(account: &Account, now: u64) -> [f64; 2] {
    [Unit::Requests, Unit::Tokens].map(|unit| {
        let level = account.levels.iter().find(|level| level.unit == unit);
        level.expect("known").at(millis(now))
    })
}

/// How far the account may be from the server at its worst.
#[derive(Clone, Copy)]
struct Bounds {
    /// More than there is, while requests are out.
    above: [f64; 2],
    /// Less than there is, once none is.
    below: [f64; 2],
}

/// Plays `plans` with `taken` requests and tokens gone before the first, of which nobody knows.
fn play(plans: &[Plan], taken: [f64; 2], others: &[(u64, u64)], bounds: Bounds) {
    let mut server = Server {
        left: [REQUESTS as f64 - taken[0], TOKENS as f64 - taken[1]],
        filled: 0,
    };
    let allowance = Allowance {
        presets: vec![("*".to_owned(), headers(SIZES))],
        ..Allowance::default()
    };
    let mut account = Account::new(&allowance, "m", Duration::ZERO);
    let made = plans
        .iter()
        .enumerate()
        .map(|(i, p)| (p.made, i, Step::Made));
    let other = others
        .iter()
        .map(|(at, tokens)| (*at, usize::MAX, Step::Other(*tokens)));
    let mut steps: BTreeSet<_> = made.chain(other).collect();
    let (mut on_the_way, mut was_heard) = (BTreeSet::new(), false);
    while let Some((now, i, step)) = steps.pop_first() {
        server.refill(now);
        let at = millis(now);
        if let Step::Other(tokens) = step {
            server.change([-1.0, -(tokens as f64)]);
            continue;
        }
        let (plan, ticket) = (&plans[i], i as u64);
        let reserved = (plan.prompt[0] + plan.bound) as f64;
        match step {
            Step::Made => match account.room(Cost::reserving(plan.prompt[1] + plan.bound), at) {
                Room::At(due, _) if due <= at => {
                    account.send(ticket, plan.prompt[1], plan.bound, at);
                    on_the_way.insert(i);
                    steps.insert((now + plan.there, i, Step::Arrives));
                }
                Room::At(due, _) => {
                    let due = u64::try_from(due.as_millis()).expect("soon") + 1;
                    steps.insert((due, i, Step::Made));
                }
                Room::Alone(_) => {}
            },
            Step::Arrives => {
                on_the_way.remove(&i);
                let refused = server.left[0] < 1.0 || server.left[1] < reserved;
                let is_near = server.left[0] + bounds.above[0] >= 1.0
                    && server.left[1] + bounds.above[1] >= reserved;
                assert!(is_near, "429 for {i} at {now}");
                if refused {
                    account.answered(ticket, Outcome::Refused, &Limits::default(), at);
                    continue;
                }
                server.change([-1.0, -reserved]);
                let told = server.left.map(|left| whole(left + 1e-6));
                steps.insert((now + plan.headers_back, i, Step::Headers(told)));
                steps.insert((now + plan.lasts, i, Step::Ends));
            }
            Step::Headers(told) => {
                was_heard = true;
                account.answered(ticket, Outcome::Accepted, &headers(told), at);
            }
            Step::Ends => {
                let back = plan.bound as f64 - plan.used as f64;
                server.change([0.0, back]);
                let over =
                    now.max(now + plan.headers_back.saturating_sub(plan.lasts)) + plan.end_back;
                steps.insert((over, i, Step::Over));
            }
            Step::Over => {
                let used = Use::Tokens {
                    prompt: plan.prompt[0],
                    completion: plan.used,
                };
                account.end(ticket, used, at);
            }
            Step::Other(_) => {}
        }
        if was_heard {
            let coming = on_the_way.iter().map(|&i| &plans[i]);
            let more = difference(&account, &server, coming, now);
            for (n, more) in more.into_iter().enumerate() {
                let most = bounds.above[n];
                assert!(more <= most, "{more} more than there is of {n} at {now}");
                let least = if account.is_busy() {
                    f64::MIN
                } else {
                    -bounds.below[n]
                };
                assert!(
                    more >= least,
                    "{} less than there is of {n} at {now}",
                    -more
                );
            }
        }
    }
}

/// How much more of each the account shows than the server has, once what is on the way has come there.
fn difference<'a>(
    account: &Account,
    server: &Server,
    coming: impl Iterator<Item = &'a Plan>,
    now: u64,
) -> [f64; 2] {
    let [requests, tokens] = coming.fold(server.left, |[requests, tokens], plan| {
        [
            requests - 1.0,
            tokens - (plan.prompt[0] + plan.bound) as f64,
        ]
    });
    let ours = left(account, now);
    [ours[0] - requests, ours[1] - tokens]
}

/// A plan; `blur`: by how many percent our estimate of a prompt is wrong at most.
fn plan(blur: u64) -> impl Strategy<Value = Plan> {
    (
        (0_u64..30_000, 1_u64..2_000, 100 - blur..=100 + blur),
        (1_u64..9_000, 0_u64..=100),
        (1_u64..300, 1_u64..300, 1_u64..3_000, 1_u64..300),
    )
        .prop_map(
            |((made, prompt, share), (bound, used), (there, headers_back, lasts, end_back))| Plan {
                // Many at the same moment, as panes send them.
                made: made / 10_000 * 10_000 + made % 7,
                prompt: [prompt, prompt * share / 100],
                bound,
                used: bound * used / 100,
                there,
                headers_back,
                lasts,
                end_back,
            },
        )
}

/// The same with one way back for all: requests overtake each other on the way there, but no end on the way back is
/// overtaken by headers.
fn in_order(plans: Vec<Plan>, back: u64) -> Vec<Plan> {
    let all = plans.into_iter();
    all.map(|plan| Plan {
        headers_back: back,
        end_back: back,
        ..plan
    })
    .collect()
}

/// A full bucket does not refill, and here it is full a little earlier or later than there: what refills in 1.2 s, which
/// is two ways of 300 ms each and half a second that is allowed for them; and what is less than one token.
const WAY: [f64; 2] = [0.1, 601.0];

/// How much somebody else takes cannot be known beforehand.
const UNKNOWN: [f64; 2] = [f64::MAX; 2];

/// A header may count what an answer gave back of whose end we hear later; how far that is seen depends on how well
/// prompts are known: a quarter of two of them.
const BLUR: f64 = 2.0 * 500.0;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn alone_it_knows_what_the_server_has(plans in proptest::collection::vec(plan(0), 1..16)) {
        play(&plans, [0.0; 2], &[], Bounds { above: [WAY[0], WAY[1] + BLUR], below: WAY });
    }

    #[test]
    fn wrong_estimates_of_prompts_are_put_right(plans in proptest::collection::vec(plan(20), 1..16)) {
        // A fifth of five prompts.
        play(&plans, [0.0; 2], &[], Bounds { above: [WAY[0], WAY[1] + BLUR + 5.0 * 400.0], below: WAY });
    }

    #[test]
    fn what_others_took_before_is_found_out(
        plans in proptest::collection::vec(plan(0), 1..16),
        taken in (0.0..4.0, 0.0..20_000.0),
        back in 1_u64..300,
    ) {
        let plans = in_order(plans, back);
        // Headers are whole numbers, and the first ones may come while others are out.
        let below = [1.0 + WAY[0], WAY[1]];
        play(&plans, [taken.0, taken.1], &[], Bounds { above: UNKNOWN, below });
    }

    #[test]
    fn what_others_take_meanwhile_never_lowers_it_below_what_is_there(
        plans in proptest::collection::vec(plan(0), 1..16),
        others in proptest::collection::vec((0_u64..30_000, 1_u64..8_000), 1..4),
        back in 1_u64..300,
    ) {
        let plans = in_order(plans, back);
        let below = [1.0 + WAY[0], WAY[1]];
        play(&plans, [0.0; 2], &others, Bounds { above: UNKNOWN, below });
    }
}
