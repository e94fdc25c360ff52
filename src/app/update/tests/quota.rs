//! What is left of the quotas as the model sees it: before, after and between responses, and what a draft would meet.
//! The reckoning itself is tested with `chat::quota`; who waits for real, with the provider.

use super::*;
use crate::{
    app::Forecast,
    chat::{
        Bucket, Limits, Quota, Unit,
        quota::{Account, Gauge, Outcome, Source, View},
    },
};

fn minute(unit: Unit, limit: u64, remaining: u64) -> Quota {
    Quota {
        unit,
        bucket: Bucket::Minute,
        limit: Some(limit),
        remaining: Some(remaining),
        reset: None,
    }
}

/// What a gate tells after a response with these headers.
fn view(number: u64, quotas: Vec<Quota>) -> StreamEvent {
    let at = Duration::from_secs(1_000);
    let mut account = Account::new(&Allowance::default(), "thinker", at);
    account.send(1, 0, 0, at);
    account.answered(1, Outcome::Accepted, &Limits(quotas), at);
    StreamEvent::Quota(Box::new(View::new(account, at, number)))
}

fn left(world: &World, unit: Unit) -> Option<(u64, Source)> {
    let gauge = world.model.gauge(&world.model.pane().variant, unit);
    gauge.map(|Gauge { left, source, .. }| (left, source))
}

fn forecast(world: &World) -> Forecast {
    let estimate = world.model.estimate(&world.model.targets());
    estimate.expect("a draft").forecast
}

/// A world of panes that ask one model, with the presets of the free trial.
fn on_the_free_trial(panes: usize, when_full: WhenFull) -> World {
    let mut world = World::comparing(vec![Variant::new("fast", "thinker"); panes]);
    let quotas = vec![
        minute(Unit::Requests, 5, 5),
        minute(Unit::Tokens, 30_000, 30_000),
    ];
    for profile in &mut world.model.profiles {
        profile.allowance.presets = vec![("*".to_owned(), Limits(quotas.clone()))];
        profile.when_full = when_full;
    }
    world
}

#[test]
fn a_preset_holds_until_the_server_says_otherwise_and_is_named_so() {
    let mut world = on_the_free_trial(1, WhenFull::Stagger);
    assert_eq!(left(&world, Unit::Tokens), Some((30_000, Source::Preset)));
    assert_eq!(
        world.model.next_tick(),
        None,
        "a full bucket changes nothing"
    );
    let answer = world.ask("hello");
    world.event(answer, view(2, vec![minute(Unit::Tokens, 60_000, 10_000)]));
    assert_eq!(left(&world, Unit::Tokens), Some((10_000, Source::Server)));
    // What came earlier and arrives later says nothing new.
    world.event(answer, view(1, vec![minute(Unit::Tokens, 60_000, 50_000)]));
    assert_eq!(left(&world, Unit::Tokens), Some((10_000, Source::Server)));
}

#[test]
fn what_is_left_refills_and_is_looked_at_once_a_second() {
    let mut world = World::new();
    let answer = world.ask("hello");
    world.event(answer, view(1, vec![minute(Unit::Tokens, 60_000, 10_000)]));
    world.end(answer, EndState::Complete);
    world.clock(10_400);
    world.model.notices.clear();
    world.model.layout_due = None;
    assert_eq!(left(&world, Unit::Tokens), Some((20_400, Source::Server)));
    assert_eq!(world.model.next_tick(), Some(Duration::from_secs(11)));
    world.clock(60_000);
    assert_eq!(left(&world, Unit::Tokens), Some((60_000, Source::Server)));
    world.model.layout_due = None;
    assert_eq!(
        world.model.next_tick(),
        None,
        "full: nothing changes any more"
    );
}

#[test]
fn each_model_has_its_own_quota_and_panes_of_one_model_share_it() {
    let mut world = on_the_free_trial(4, WhenFull::Stagger);
    world.model.panes[3].variant.model = "talker".to_owned();
    world.write("hello");
    let shared = forecast(&world);
    // 3 × 8,259 of 30,000 fit, and the other model has 30,000 of its own.
    assert_eq!((shared.fit(), shared.later(), shared.left), (4, None, None));
    world.model.panes[3].variant.model = "thinker".to_owned();
    let shared = forecast(&world);
    assert_eq!((shared.fit(), shared.left), (3, Some(30_000)));
    let (waiting, wait) = shared.later().expect("the fourth waits");
    let wait = wait.expect("a time").as_secs_f64();
    // 4 × 8,259 are 3,036 more than 30,000: 6.07 s at 500 a second, and half a second for the way to the server.
    assert!(waiting == 1 && (wait - 6.6).abs() < 0.1, "{wait}");
}

#[test]
fn the_countdown_ticks_when_its_second_changes_and_only_while_there_is_a_draft() {
    let mut world = on_the_free_trial(4, WhenFull::Stagger);
    assert_eq!(world.model.next_tick(), None);
    world.write("hello");
    let wait = |world: &World| forecast(world).later().and_then(|(_, wait)| wait);
    let before = wait(&world).expect("a wait");
    // Nothing was asked, so the bucket stays full and the wait as long as it is.
    let tick = world.model.next_tick().expect("a tick");
    assert_eq!(tick, before.saturating_sub(Duration::from_secs(6)));
    world.keys("ctrl-c");
    world.model.notices.clear();
    assert_eq!(world.model.next_tick(), None);
}

#[test]
fn shrinking_gives_what_is_left_but_not_less_than_an_answer_needs() {
    let mut world = on_the_free_trial(4, WhenFull::Shrink);
    world.write("hello");
    let fourth = forecast(&world);
    let (shrunk, tokens) = fourth.shrunk().expect("the fourth is shrunk");
    assert_eq!((fourth.fit(), shrunk, fourth.later()), (3, 1, None));
    assert!((5_000..5_300).contains(&tokens), "{tokens}");
    // With 500 left nothing useful fits: it waits for the least that does.
    let answer = world.ask("hello");
    world.event(answer, view(9, vec![minute(Unit::Tokens, 30_000, 500)]));
    world.write("more");
    let later = forecast(&world);
    assert_eq!((later.fit(), later.shrunk()), (0, None));
    assert_eq!(later.later().expect("they wait").0, 4);
}

#[test]
fn warned_once_the_same_prompt_goes_when_it_is_sent_again() {
    let mut world = on_the_free_trial(4, WhenFull::Warn);
    world.write("hello");
    assert_eq!(world.keys("enter"), []);
    assert_eq!(world.draft(), "hello");
    let said = &world.model.notices.last().expect("a notice").text;
    assert!(
        said.starts_with("not sent yet: the quota has room for 3 of 4 requests now, for all of it in 7 s; Enter again"),
        "{said}"
    );
    // Another draft is another question.
    world.write("!");
    assert_eq!(world.keys("enter"), []);
    assert_ne!(world.keys("enter"), []);
    assert_eq!(world.draft(), "");
}

#[test]
fn what_fits_is_sent_without_a_warning() {
    let mut world = on_the_free_trial(3, WhenFull::Warn);
    world.write("hello");
    assert_ne!(world.keys("enter"), []);
}

#[test]
fn the_choice_goes_round_and_holds_for_what_is_sent_next() {
    use WhenFull::{Send, Shrink, Stagger, Warn};
    let mut world = on_the_free_trial(1, WhenFull::Send);
    let other_choice = |world: &mut World| {
        world.keys("ctrl-p");
        world.write("over the quota");
        world.keys("enter");
    };
    let fast = |world: &World| world.model.when_full("fast");
    let mut seen = vec![fast(&world)];
    for _ in 0..4 {
        other_choice(&mut world);
        seen.push(fast(&world));
    }
    assert_eq!(seen, [Send, Shrink, Stagger, Warn, Send]);
    other_choice(&mut world);
    let answer = world.submit("hello");
    assert_eq!(sent(&world.saved(answer)).when_full, Shrink);
}

#[test]
fn odd_headers_never_show_more_than_there_can_be() {
    let odd = |limit, remaining| Quota {
        limit,
        remaining,
        reset: Some(Duration::from_secs(u64::MAX / 4)),
        ..minute(Unit::Tokens, 0, 0)
    };
    for (quota, expected) in [
        (odd(Some(30_000), Some(90_000)), Some(30_000)),
        (odd(Some(0), Some(5)), None),
        (odd(None, Some(5)), None),
        (odd(Some(5), None), None),
        (odd(Some(30_000), Some(0)), Some(0)),
        (odd(Some(u64::MAX), Some(u64::MAX)), None),
    ] {
        let mut world = World::new();
        let answer = world.ask("hello");
        world.event(answer, view(1, vec![quota]));
        let left = left(&world, Unit::Tokens).map(|(left, _)| left);
        assert_eq!(left, expected, "{quota:?}");
        world.write("next");
        assert_eq!(forecast(&world).places.len(), 1);
        world.clock(1 << 40);
        assert!(forecast(&world).left.is_none_or(|left| left <= 30_000));
    }
}

#[test]
fn longer_periods_are_shown_where_they_bind_or_are_half_empty() {
    let of = |bucket, limit, left| Quota {
        bucket,
        ..minute(Unit::Tokens, limit, left)
    };
    let (hour, day) = (Bucket::Hour, Bucket::Day);
    let a_minute = minute(Unit::Tokens, 30_000, 29_000);
    for (quotas, shown, binds) in [
        (
            vec![a_minute, of(hour, 1_000_000, 900_000)],
            vec![29_000],
            29_000,
        ),
        (
            vec![
                a_minute,
                of(hour, 1_000_000, 400_000),
                of(day, 1_000_000, 100_000),
            ],
            vec![29_000, 400_000, 100_000],
            29_000,
        ),
        (vec![a_minute, of(day, 1_000_000, 5)], vec![29_000, 5], 5),
        (vec![of(day, 1_000_000, 900_000)], vec![900_000], 900_000),
    ] {
        let mut world = World::new();
        let answer = world.ask("hello");
        world.event(answer, view(1, quotas));
        let variant = &world.model.pane().variant;
        let gauges = world.model.gauges(variant, Unit::Tokens);
        let lefts: Vec<_> = gauges.iter().map(|g| g.left).collect();
        assert_eq!(lefts, shown);
        assert_eq!(
            left(&world, Unit::Tokens).map(|(left, _)| left),
            Some(binds)
        );
    }
}

#[test]
fn headers_that_cannot_be_true_are_known_as_that_until_better_ones_come() {
    let mut world = World::new();
    let answer = world.ask("hello");
    let odd = Quota {
        limit: None,
        remaining: None,
        ..minute(Unit::Tokens, 0, 0)
    };
    let is_odd = |world: &World| {
        let variant = &world.model.pane().variant;
        [Unit::Tokens, Unit::Requests].map(|unit| world.model.is_odd_quota(variant, unit))
    };
    world.event(answer, view(1, vec![odd]));
    assert_eq!(is_odd(&world), [true, false]);
    world.event(answer, view(2, vec![minute(Unit::Tokens, 30_000, 5)]));
    assert_eq!(is_odd(&world), [false, false]);
}
