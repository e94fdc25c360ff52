//! The arithmetic of one model's quotas, moment by moment.
//! Who goes out when, with several requests and models, is tested with `queue`.

use super::*;
use crate::chat::Quota;

/// Moments can be reckoned back from it.
const START: Duration = Duration::from_hours(48);

const FIVE: Allowance = Allowance {
    requests_minute: Some(5),
    tokens_minute: None,
    presets: Vec::new(),
};

fn secs(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn minute(unit: Unit, limit: u64, remaining: u64) -> Limits {
    Limits(vec![Quota {
        unit,
        bucket: Bucket::Minute,
        limit: Some(limit),
        remaining: Some(remaining),
        reset: None,
    }])
}

/// An account of which nothing is known, in which these requests went out, with their numbers in order.
fn with_out(reserved: &[u64], now: Duration) -> Account {
    let mut account = Account::new(&Allowance::default(), "m", now);
    for (ticket, tokens) in (1..).zip(reserved) {
        account.send(ticket, 0, *tokens, now);
    }
    account
}

fn accept(account: &mut Account, ticket: u64, limits: &Limits, now: Duration) {
    account.answered(ticket, Outcome::Accepted, limits, now);
}

/// The headers of a response to a request that reserved nothing.
fn ask(account: &mut Account, limits: &Limits, now: Duration) {
    account.send(99, 0, 0, now);
    accept(account, 99, limits, now);
    account.end(99, used(0), now);
}

fn used(completion: u64) -> Use {
    Use::Tokens {
        prompt: 0,
        completion,
    }
}

/// How long a request that reserves `tokens` has to wait, to the tenth of a second.
#[track_caller]
fn waits(account: &Account, tokens: u64, from: Duration, expected: f64) {
    match account.room(Cost::reserving(tokens), from) {
        Room::At(at, held) => {
            let wait = at.saturating_sub(from).as_secs_f64();
            assert!((wait - expected).abs() < 0.05, "{wait} s, not {expected} s");
            assert_eq!(held.is_some(), expected > 0.0);
        }
        Room::Alone(held) => panic!("only alone: {held}"),
    }
}

#[test]
fn with_nothing_known_there_is_room() {
    let now = START;
    let mut account = Account::new(&Allowance::default(), "m", now);
    for _ in 0..1_000 {
        account.take(Cost::reserving(1_000_000), now);
    }
    waits(&account, u64::MAX, now, 0.0);
    // A limit without what remains, or the other way round, tells nothing.
    let mut limits = minute(Unit::Tokens, 10, 0);
    limits.0[0].limit = None;
    ask(&mut account, &limits, now);
    waits(&account, 1_000, now, 0.0);
}

#[test]
fn five_go_at_once_and_then_one_every_twelve_seconds() {
    let now = START;
    let mut account = Account::new(&FIVE, "m", now);
    for _ in 0..5 {
        waits(&account, 1, now, 0.0);
        account.take(Cost::reserving(1), now);
    }
    waits(&account, 1, now, 12.5);
    waits(&account, 1, now + secs(10.0), 2.5);
    waits(&account, 1, now + secs(12.6), 0.0);
    account.take(Cost::reserving(1), now + secs(12.6));
    waits(&account, 1, now + secs(12.6), 11.9);
    waits(&account, 1, now + secs(3_600.0), 0.0);
}

#[test]
fn what_was_not_used_comes_back() {
    let now = START;
    let caps = Allowance {
        tokens_minute: Some(30_000),
        ..Allowance::default()
    };
    let mut account = Account::new(&caps, "m", now);
    for ticket in 1..=3 {
        account.send(ticket, 0, 8_233, now);
    }
    // 30,000 − 3 × 8,233 = 5,301; 2,932 more at 500 a second.
    waits(&account, 8_233, now, 0.5 + 5.864);
    account.end(1, used(233), now);
    waits(&account, 8_233, now, 0.0);
    // One may use more than it had reserved.
    account.end(2, used(8_233 + 8_000), now);
    waits(&account, 8_233, now, 0.5 + 5.864);
    // What is larger than a cap goes when the cap is full.
    waits(&account, 90_000, now, 0.5 + 24_699.0 / 500.0);
}

#[test]
fn headers_correct_our_own_reckoning() {
    let start = START;
    let mut account = with_out(&[8_000], start);
    let now = start + secs(1.0);
    // Others use the same quota: only 3,000 are left of it.
    accept(&mut account, 1, &minute(Unit::Tokens, 30_000, 3_000), now);
    waits(&account, 3_000, now, 0.0);
    waits(&account, 8_000, now, 10.0);
    // Two of 1,000 are out when the next one is answered: the server may not have seen them.
    for (ticket, tokens) in [(2, 500), (3, 1_000), (4, 1_000)] {
        account.send(ticket, 0, tokens, now);
    }
    accept(&mut account, 2, &minute(Unit::Tokens, 30_000, 20_000), now);
    waits(&account, 18_000, now, 0.0);
    waits(&account, 18_500, now, 1.0);
}

#[test]
fn headers_that_come_together_and_in_any_order_take_nothing_off_twice() {
    let headers = |left: [u64; 2]| {
        let mut limits = minute(Unit::Requests, 5, left[0]);
        limits.0.extend(minute(Unit::Tokens, 30_000, left[1]).0);
        limits
    };
    let said = [[4, 22_000], [3, 14_000], [2, 6_000]];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        for (allowance, known) in [(tier(), true), (Allowance::default(), false)] {
            let mut account = Account::new(&allowance, "m", START);
            for ticket in 0..3 {
                account.send(ticket, 100, 7_900, START);
            }
            let now = START + secs(0.1);
            for ticket in order {
                let index = usize::try_from(ticket).expect("small");
                accept(&mut account, ticket, &headers(said[index]), now);
                let left = gauge(&account, Unit::Requests, now).0;
                assert!(left <= 2, "{order:?}: {left}");
                assert!(left == 2 || !known, "{order:?}: {left}");
            }
            assert_eq!(gauge(&account, Unit::Requests, now).0, 2, "{order:?}");
            assert_eq!(gauge(&account, Unit::Tokens, now).0, 6_000, "{order:?}");
        }
    }
}

#[test]
fn whoever_the_server_may_not_have_seen_is_held_back_until_it_answers() {
    let limits = |left| minute(Unit::Tokens, 30_000, left);
    let left = |account: &Account| gauge(account, Unit::Tokens, START).0;
    let mut account = Account::new(&tier(), "m", START);
    for ticket in 1..=3 {
        account.send(ticket, 0, 4_000, START);
    }
    // Somebody else has taken 17,000: this one counts itself, or the others as well.
    accept(&mut account, 1, &limits(9_000), START);
    assert_eq!(left(&account), 1_000);
    accept(&mut account, 3, &limits(5_000), START);
    assert_eq!(left(&account), 1_000);
    account.end(3, used(0), START);
    assert_eq!(left(&account), 5_000);
    // The server wrote this before the third ended there.
    accept(&mut account, 2, &limits(1_000), START);
    account.end(1, used(1_000), START);
    account.end(2, used(1_000), START);
    assert_eq!(left(&account), 30_000 - 17_000 - 2_000);
}

#[test]
fn what_a_prompt_really_counted_is_put_right_at_the_end() {
    for real in [60, 140] {
        let mut account = Account::new(&tier(), "m", START);
        for ticket in 1..=2 {
            account.send(ticket, 100, 1_000, START);
        }
        for (ticket, left) in [(2, 30_000 - 1_000 - real), (1, 28_000 - 2 * real)] {
            accept(
                &mut account,
                ticket,
                &minute(Unit::Tokens, 30_000, left),
                START,
            );
        }
        for ticket in 1..=2 {
            let used = Use::Tokens {
                prompt: real,
                completion: 300,
            };
            account.end(ticket, used, START);
        }
        let left = gauge(&account, Unit::Tokens, START).0;
        assert_eq!(left, 30_000 - 2 * (real + 300));
    }
}

#[test]
fn what_was_refused_or_never_left_takes_nothing_off() {
    let mut account = Account::new(&tier(), "m", START);
    let left = |account: &Account| {
        [Unit::Requests, Unit::Tokens].map(|unit| gauge(account, unit, START).0)
    };
    for ticket in 1..=4 {
        account.send(ticket, 0, 1_000, START);
    }
    account.answered(1, Outcome::Refused, &Limits::default(), START);
    assert_eq!(left(&account), [2, 27_000]);
    account.end(2, Use::Nothing, START);
    assert_eq!(left(&account), [3, 28_000]);
    account.answered(3, Outcome::Rejected, &Limits::default(), START);
    account.end(3, used(0), START);
    assert_eq!(left(&account), [3, 29_000]);
    // One that was given up before any response may have been counted.
    account.end(4, used(0), START);
    assert_eq!(left(&account), [3, 30_000]);
    assert!(!account.is_busy());
}

#[test]
fn more_left_than_the_limit_is_of_another_bucket() {
    let start = START;
    let mut account = with_out(&[24_000], start);
    let now = start + secs(0.5);
    accept(&mut account, 1, &minute(Unit::Tokens, 30_000, 66_000), now);
    // Full before ours, as far as we know.
    waits(&account, 6_000, now, 0.0);
    waits(&account, 8_000, now, 0.5 + 4.0);
    // From now on what it says is an upper bound.
    ask(&mut account, &minute(Unit::Tokens, 30_000, 29_000), now);
    waits(&account, 8_000, now, 0.5 + 4.0);
    ask(&mut account, &minute(Unit::Tokens, 30_000, 1_000), now);
    waits(&account, 2_000, now, 2.0);
}

#[test]
fn a_bucket_that_is_full_at_once_is_waited_for_no_longer_than_the_server_says() {
    let start = START;
    let limits = |remaining, reset: f64| {
        let mut limits = minute(Unit::Tokens, 30_000, remaining);
        limits.0[0].reset = Some(secs(reset));
        limits
    };
    let mut account = Account::new(&Allowance::default(), "m", start);
    ask(&mut account, &limits(0, 4.0), start);
    // Refill would take 20 s, and 1 s.
    waits(&account, 10_000, start, 4.0);
    waits(&account, 500, start, 1.0);
    waits(&account, 30_000, start + secs(3.0), 1.0);
    waits(&account, 30_000, start + secs(4.0), 0.0);
    // What goes out before that moment may be counted after it.
    account.take(Cost::reserving(500), start + secs(1.1));
    waits(&account, 29_500, start + secs(3.0), 1.0);
    waits(&account, 30_000, start + secs(3.0), 2.0);
    // Afterwards it refills as far as we know, until the server says more.
    account.take(Cost::reserving(29_500), start + secs(4.0));
    waits(&account, 10_000, start + secs(4.0), 20.0);

    // What may not have arrived when it was said is still to come off.
    account.send(1, 0, 0, start);
    account.send(2, 0, 5_000, start);
    accept(&mut account, 1, &limits(0, 4.0), start);
    waits(&account, 25_000, start, 4.0);
    waits(&account, 27_500, start, 9.0);
    // Of two that crossed the one counts that promises less.
    let mut account = with_out(&[0, 0], start);
    accept(&mut account, 1, &limits(0, 4.0), start);
    accept(&mut account, 2, &limits(0, 2.0), start);
    waits(&account, 10_000, start, 4.0);
    // Nothing, or a date instead of a span, is no help; refill is.
    for useless in [0.0, 1.8e9] {
        let mut account = with_out(&[], start);
        ask(&mut account, &limits(0, useless), start);
        waits(&account, 10_000, start, 20.0);
    }
}

#[test]
fn what_is_larger_than_the_servers_bucket_goes_alone() {
    let now = START;
    let mut account = Account::new(&Allowance::default(), "m", now);
    ask(&mut account, &minute(Unit::Tokens, 30_000, 0), now);
    let Room::Alone(held) = account.room(Cost::reserving(30_001), now) else {
        panic!("room for more than there ever is");
    };
    assert!(held.to_string().contains("tokens a minute"));
}

#[test]
fn a_bucket_of_no_size_is_none() {
    let mut account = Account::new(&Allowance::default(), "m", START);
    ask(&mut account, &minute(Unit::Tokens, 0, 0), START);
    waits(&account, 30_001, START, 0.0);
    assert_eq!(account.gauges(START).next(), None);
}

/// A tier that gives every model 5 requests and 30,000 tokens a minute, and one of them more.
fn tier() -> Allowance {
    let quotas = |requests, tokens| {
        let mut limits = minute(Unit::Requests, requests, requests);
        limits.0.extend(minute(Unit::Tokens, tokens, tokens).0);
        limits
    };
    Allowance {
        presets: vec![
            ("*".to_owned(), quotas(5, 30_000)),
            ("large".to_owned(), quotas(300, 150_000)),
        ],
        ..Allowance::default()
    }
}

fn gauge(account: &Account, unit: Unit, now: Duration) -> (u64, u64, Source) {
    let gauge = account.gauges(now).find(|g| g.unit == unit);
    let gauge = gauge.expect("a known quota");
    (gauge.left, gauge.limit, gauge.source)
}

fn refuse(account: &mut Account) {
    account.send(98, 0, 0, START);
    account.answered(98, Outcome::Refused, &Limits::default(), START);
}

#[test]
fn presets_hold_until_headers_come_and_after_a_429_those_are_old() {
    let (now, tokens) = (START, Unit::Tokens);
    let large = Account::new(&tier(), "large", now);
    assert_eq!(
        gauge(&large, tokens, now),
        (150_000, 150_000, Source::Preset)
    );
    let mut account = Account::new(&tier(), "m", now);
    assert_eq!(
        gauge(&account, tokens, now),
        (30_000, 30_000, Source::Preset)
    );
    account.take(Cost::reserving(10_000), now);
    assert_eq!(
        gauge(&account, tokens, now),
        (20_000, 30_000, Source::Preset)
    );
    // A 429 has no headers: nothing is known of the server yet.
    refuse(&mut account);
    assert_eq!(gauge(&account, tokens, now).2, Source::Preset);
    ask(&mut account, &minute(tokens, 60_000, 50_000), now);
    assert_eq!(
        gauge(&account, tokens, now),
        (50_000, 60_000, Source::Server)
    );
    // Of what the headers do not speak of the documentation goes on to.
    assert_eq!(gauge(&account, Unit::Requests, now).2, Source::Preset);
    refuse(&mut account);
    assert_eq!(gauge(&account, tokens, now), (50_000, 60_000, Source::Old));
    ask(&mut account, &minute(tokens, 60_000, 40_000), now);
    assert_eq!(
        gauge(&account, tokens, now),
        (40_000, 60_000, Source::Server)
    );
}

#[test]
fn a_size_alone_wins_over_the_documented_one() {
    let mut account = Account::new(&tier(), "m", START);
    account.send(1, 0, 8_000, START);
    let mut limits = minute(Unit::Tokens, 90_000, 0);
    limits.0[0].remaining = None;
    accept(&mut account, 1, &limits, START);
    let known = gauge(&account, Unit::Tokens, START);
    assert_eq!(known, (82_000, 90_000, Source::Server));
}

#[test]
fn what_is_shown_is_never_below_nothing_nor_above_the_limit() {
    let mut account = Account::new(&tier(), "m", START);
    account.send(1, 0, 90_000, START);
    account.send(2, 0, 30_000, START);
    assert_eq!(gauge(&account, Unit::Tokens, START).0, 0);
    account.end(1, used(0), START);
    account.end(2, used(0), START);
    assert_eq!(gauge(&account, Unit::Tokens, START).0, 30_000);
}
