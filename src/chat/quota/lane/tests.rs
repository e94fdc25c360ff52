//! Who goes when and with how much, for each of the four settings.
//! The arithmetic of a bucket is tested one level up; real waits, with the provider.

use proptest::prelude::*;

use super::*;

const START: Duration = Duration::from_secs(100);

/// 30,000 tokens a minute, 500 a second; nothing else is limited.
fn account() -> Account {
    let allowance = Allowance {
        tokens_minute: Some(30_000),
        ..Allowance::default()
    };
    Account::new(&allowance, "m", START)
}

fn wants(prompt: u64, answer: u64, when_full: WhenFull) -> Demand {
    Demand {
        prompt,
        answer,
        when_full,
    }
}

/// How long each of these waits, in tenths of a second, and what it reserves.
fn goes(demands: &[Demand]) -> Vec<(u128, u64)> {
    let mut lane = Lane::new(account(), false, START);
    let slots = demands.iter().map(|d| lane.next(*d, None));
    slots
        .map(|slot| {
            let wait = slot.hold.wait(START).left.expect("a time");
            (wait.as_millis() / 100, slot.tokens)
        })
        .collect()
}

#[test]
fn what_does_not_fit_waits_and_holds_back_whoever_comes_after_it() {
    let big = wants(100, 9_900, WhenFull::Stagger);
    let small = wants(100, 400, WhenFull::Stagger);
    let expected = [
        (0, 10_000),
        (0, 10_000),
        (0, 10_000),
        (205, 10_000),
        (215, 500),
    ];
    assert_eq!(goes(&[big, big, big, big, small]), expected);
}

#[test]
fn what_may_be_shrunk_takes_what_is_left_and_leaves_a_little() {
    let big = wants(400, 9_600, WhenFull::Shrink);
    // 6,000 are left when the last one comes: a quarter of its prompt's estimate stays free.
    let first = wants(400, 23_600, WhenFull::Shrink);
    assert_eq!(goes(&[first, big]), [(0, 24_000), (0, 5_900)]);
    // Of 1,000 no answer can be made: it waits for the least that it needs.
    let first = wants(400, 28_600, WhenFull::Shrink);
    let waits = goes(&[first, big]);
    assert_eq!(waits, [(0, 29_000), (13, 400 + LEAST_ANSWER)]);
    // Who wants less than the least gets it whole.
    let short = wants(400, 100, WhenFull::Shrink);
    assert_eq!(goes(&[first, short]), [(0, 29_000), (0, 500)]);
}

#[test]
fn what_is_sent_in_any_case_goes_past_all_who_wait() {
    let wait = wants(0, 20_000, WhenFull::Stagger);
    let send = wants(0, 20_000, WhenFull::Send);
    let mut lane = Lane::new(account(), false, START);
    let due = |slot: Slot| slot.hold.due.map(|due| due > START);
    assert_eq!(due(lane.next(wait, None)), Some(false));
    assert_eq!(due(lane.next(wait, None)), Some(true));
    assert_eq!(due(lane.next(send, None)), Some(false));
    // After a 429 the server's wish counts for it, too.
    let opens = START + Duration::from_mins(1);
    let slot = lane.next(send, Some(opens));
    assert_eq!(
        (slot.hold.due, slot.hold.held),
        (Some(opens), Held::Refused)
    );
}

#[test]
fn a_view_knows_who_waits_already_and_how_long_a_429_holds() {
    let one = wants(0, 10_000, WhenFull::Stagger);
    let view = View::new(account(), START, 1);
    let now = |view: &View| view.plan(&[one], START).first().map(|p| p.when);
    assert_eq!(now(&view), Some(When::Now));
    let busy = view.clone().with(vec![one; 3], true, None);
    assert!(matches!(now(&busy), Some(When::In(wait)) if wait > Duration::from_secs(20)));
    let closed = view.with(Vec::new(), false, Some(START + Duration::from_mins(1)));
    assert_eq!(now(&closed), Some(When::In(Duration::from_mins(1))));
}

#[test]
fn a_forecast_tells_what_fits_also_where_all_is_sent() {
    let places = |when_full| {
        let view = View::new(account(), START, 1);
        let plan = view.plan(&[wants(100, 9_900, when_full); 4], START);
        plan.iter().map(|p| p.fits()).collect::<Vec<_>>()
    };
    for when_full in [WhenFull::Stagger, WhenFull::Warn, WhenFull::Send] {
        assert_eq!(
            places(when_full),
            [true, true, true, false],
            "{when_full:?}"
        );
    }
}

proptest! {
    #[test]
    fn nobody_gets_more_than_asked_for_nor_less_than_needed(
        demands in proptest::collection::vec((0_u64..40_000, 0_u64..20_000, 0..4), 1..12),
    ) {
        let mut lane = Lane::new(account(), false, START);
        let mut last = START;
        for (prompt, answer, when_full) in demands {
            let when_full = match when_full {
                0 => WhenFull::Shrink,
                1 => WhenFull::Stagger,
                2 => WhenFull::Warn,
                _ => WhenFull::Send,
            };
            let demand = wants(prompt, answer, when_full);
            let slot = lane.next(demand, None);
            prop_assert!((demand.least()..=demand.tokens()).contains(&slot.tokens));
            if let Some(due) = slot.hold.due.filter(|_| when_full != WhenFull::Send) {
                prop_assert!(due >= last);
                last = due;
            }
        }
    }
}
