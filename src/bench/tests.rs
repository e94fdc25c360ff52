//! Tables of due times, events and samples, with results worked out by hand.

use std::time::Duration;

use super::*;
use crate::chat::{
    Attempt, Connection, Delta, End, EndState, Failure, FailureKind, ModelInfo, Role, StreamEvent,
    Variant,
};
use crate::metrics::{Channel, ServerTime, Usage};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn plan(loads: Vec<Load>, extent: Extent) -> Plan {
    Plan {
        variants: vec![Variant::new("p", "a"), Variant::new("p", "b")],
        caches: vec![CacheMode::Bust, CacheMode::Reuse],
        loads,
        arrivals: Arrivals::Even,
        extent,
        warmup: None,
        seed: 1,
    }
}

fn closed(concurrency: u32) -> Load {
    Load::Closed { concurrency }
}

fn open(rate: f64) -> Load {
    Load::Open { rate }
}

#[test]
fn levels_run_variant_by_variant_and_the_caches_apart() {
    let plan = plan(vec![closed(1), closed(4)], Extent::Fitting);
    let order: Vec<_> = plan
        .levels()
        .into_iter()
        .map(|l| (l.variant, l.cache.as_str(), l.load.to_string()))
        .collect();
    let one = "1 at a time".to_owned();
    let four = "4 at a time".to_owned();
    assert_eq!(
        order,
        [
            (0, "bust", one.clone()),
            (0, "bust", four.clone()),
            (0, "reuse", one.clone()),
            (0, "reuse", four.clone()),
            (1, "bust", one.clone()),
            (1, "bust", four.clone()),
            (1, "reuse", one),
            (1, "reuse", four),
        ]
    );
}

#[test]
fn a_level_has_as_many_requests_as_suit_it_unless_told() {
    let fitting = plan(Vec::new(), Extent::Fitting);
    let check = |load, requests, warmup| {
        assert_eq!(fitting.requests(load), Some(requests), "{load}");
        assert_eq!(fitting.warmup(load), warmup, "{load}");
    };
    check(closed(1), 32, 1);
    check(closed(8), 32, 8);
    check(closed(256), 1_024, 256);
    check(open(0.5), 32, 1);
    check(open(12.0), 120, 12);
    check(open(100.0), 1_000, 16);
    let timed = Plan {
        warmup: Some(3),
        ..plan(Vec::new(), Extent::For(ms(2_500)))
    };
    assert_eq!(timed.requests(closed(2)), None);
    assert_eq!(timed.expected(closed(2)), None);
    assert_eq!(timed.expected(open(3.0)), Some(8), "7.5 of them");
    assert_eq!(timed.warmup(open(3.0)), 3);
}

#[test]
fn the_estimate_counts_the_warm_up_and_knows_what_it_cannot_know() {
    let mut model = ModelInfo::unknown("a");
    (model.price_in, model.price_out) = (Some(1.0), Some(10.0));
    let priced = Price::Listed(Box::new(model));
    let mut plan = plan(vec![closed(4)], Extent::Requests(36));
    plan.variants.truncate(1);
    let of = |plan: &Plan, price: &Price| {
        LevelEstimate::of(plan, |_, cache| {
            let prompt = if cache == CacheMode::Bust { 110 } else { 100 };
            (prompt, Ok(1_000), price.clone())
        })
    };
    // 40 requests, twice: 40 × 110 + 40 × 100 tokens in, 80 × 1,000 out; USD 8,400 / 1e6 + 800,000 / 1e6.
    let known = of(&plan, &priced);
    assert_eq!(LevelEstimate::all_requests(&known), Ok(80));
    assert_eq!(LevelEstimate::all_prompt_tokens(&known), Ok(8_400));
    assert_eq!(LevelEstimate::all_completion_tokens(&known), Ok(80_000));
    let cost = LevelEstimate::all_cost(&known).unwrap();
    assert!((cost - 0.8084).abs() < 1e-9, "{cost}");
    let of_mock = of(&plan, &Price::Mock);
    assert_eq!(LevelEstimate::all_cost(&of_mock), Err(MOCK_COST.to_owned()));
    // Beside real answers the mock's are no part of what is paid.
    let both = [known, of_mock].concat();
    assert_eq!(LevelEstimate::all_cost(&both), Ok(cost));
    let unpriced = of(&plan, &Price::Unknown);
    assert_eq!(
        LevelEstimate::all_cost(&unpriced),
        Err("no price is known".to_owned())
    );
    plan.extent = Extent::For(ms(1_000));
    let timed = of(&plan, &priced);
    assert!(
        LevelEstimate::all_requests(&timed).is_err() && LevelEstimate::all_cost(&timed).is_err()
    );
}

#[test]
fn a_closed_loop_sends_when_a_stream_is_free_until_it_has_sent_enough() {
    let mut pacer = Pacer::new(closed(2), Arrivals::Poisson, Extent::Requests(3), 0);
    assert_eq!(pacer.next(ms(0), 0), Next::Send { due: ms(0) });
    assert_eq!(pacer.next(ms(1), 1), Next::Send { due: ms(1) });
    assert_eq!(pacer.next(ms(2), 2), Next::Wait(None));
    assert_eq!(pacer.next(ms(90), 1), Next::Send { due: ms(90) });
    assert_eq!(pacer.next(ms(91), 1), Next::Done);

    let mut timed = Pacer::new(closed(1), Arrivals::Even, Extent::For(ms(50)), 0);
    assert_eq!(timed.next(ms(49), 0), Next::Send { due: ms(49) });
    assert_eq!(timed.next(ms(49), 1), Next::Wait(None));
    assert_eq!(timed.next(ms(50), 0), Next::Done);
}

#[test]
fn an_open_loop_keeps_due_times_however_late_it_is_asked() {
    let mut pacer = Pacer::new(open(10.0), Arrivals::Even, Extent::Requests(4), 0);
    assert_eq!(pacer.next(ms(0), 0), Next::Send { due: ms(0) });
    assert_eq!(pacer.next(ms(0), 1), Next::Wait(Some(ms(100))));
    // Something held the sender up: what was due meanwhile goes out at once, with the times at which it was due.
    assert_eq!(pacer.next(ms(320), 900), Next::Send { due: ms(100) });
    assert_eq!(pacer.next(ms(320), 901), Next::Send { due: ms(200) });
    assert_eq!(pacer.next(ms(320), 902), Next::Send { due: ms(300) });
    assert_eq!(pacer.next(ms(320), 903), Next::Done);

    let mut timed = Pacer::new(open(10.0), Arrivals::Even, Extent::For(ms(200)), 0);
    let due = |next| matches!(next, Next::Send { .. });
    assert!(due(timed.next(ms(500), 0)) && due(timed.next(ms(500), 0)));
    assert_eq!(timed.next(ms(500), 0), Next::Done, "200 is not before 200");
    let mut stopped = Pacer::new(open(10.0), Arrivals::Even, Extent::Requests(9), 0);
    stopped.stop();
    assert_eq!(stopped.next(ms(500), 0), Next::Done);
}

#[test]
fn chance_arrivals_have_the_rate_the_spread_and_the_seed() {
    let arrivals = |seed| {
        let mut pacer = Pacer::new(
            open(50.0),
            Arrivals::Poisson,
            Extent::Requests(20_000),
            seed,
        );
        let forever = Duration::from_hours(1);
        let mut due = Vec::new();
        while let Next::Send { due: at } = pacer.next(forever, 0) {
            due.push(at.as_secs_f64());
        }
        due
    };
    let due = arrivals(7);
    assert_eq!(due, arrivals(7));
    assert_ne!(due, arrivals(8));
    let mut last = 0.0;
    let gaps: Vec<f64> = due
        .iter()
        .map(|&at| at - std::mem::replace(&mut last, at))
        .collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    assert!((mean / 0.02 - 1.0).abs() < 0.03, "{mean}");
    // An exponential gap is over the mean in 1/e of the cases, and over twice the mean in 1/e².
    for (times, share) in [(1.0, 0.3679), (2.0, 0.1353)] {
        let longer = gaps.iter().filter(|&&gap| gap > times * 0.02).count();
        let found = longer as f64 / gaps.len() as f64;
        assert!((found - share).abs() < 0.015, "{found} is not {share}");
    }
}

#[test]
fn prompts_differ_from_their_first_bytes_or_not_at_all() {
    let mut prompts = Prompts::new("Hello", 3);
    let texts: Vec<_> = (0..100)
        .map(|_| prompts.next(Some("Be brief."), CacheMode::Bust))
        .collect();
    assert_eq!(texts[0][0].role, Role::System);
    assert!(texts[0][0].text.ends_with("\n\nBe brief."));
    assert_eq!(texts[0][1].text, "Hello", "what comes later stays");
    let mut firsts: Vec<_> = texts.iter().map(|m| m[0].text.clone()).collect();
    let lengths: std::collections::BTreeSet<_> = firsts.iter().map(String::len).collect();
    assert_eq!(lengths.len(), 1, "no request is longer than another");
    firsts.sort();
    firsts.dedup();
    assert_eq!(firsts.len(), 100);
    let other_run = Prompts::new("Hello", 4).next(Some("Be brief."), CacheMode::Bust);
    assert!(!firsts.contains(&other_run[0].text));
    let same = prompts.next(None, CacheMode::Reuse);
    assert_eq!(same, prompts.next(None, CacheMode::Reuse));
    assert_eq!(same[0].text, "Hello");
}

#[test]
fn the_estimate_of_a_prompt_knows_the_template_of_its_model() {
    // 26 bytes that differ, 100 that do not, 14 of the system prompt: 140 bytes are 35 tokens.
    let prompts = Prompts::new("x".repeat(100), 3);
    let mut variant = Variant::new("cerebras", "gpt-oss-120b");
    variant.system = Some("Answer briefly".to_owned());
    assert_eq!(prompts.tokens(&variant, CacheMode::Bust), 35 + 65);
    variant.model = "qwen-3.8-27b".to_owned();
    assert_eq!(prompts.tokens(&variant, CacheMode::Bust), 35 + 15);
    variant.system = None;
    assert_eq!(prompts.tokens(&variant, CacheMode::Reuse), 25 + 15);
}

#[test]
fn an_open_level_never_answers_more_a_second_than_was_asked() {
    let level = |load, took, answers| {
        let mut tally = LevelTally::default();
        for _ in 0..answers {
            tally.add(&answered(0));
        }
        LevelReport {
            variant: Variant::new("cerebras", "gpt-oss-120b"),
            mock: true,
            cache: CacheMode::Bust,
            load,
            arrivals: Arrivals::Even,
            warmup: 0,
            took: ms(took),
            price: Price::Mock,
            tally,
        }
    };
    // Four at ten a second, each at once: from the first to the last 300 ms, and yet ten a second.
    let fast = level(open(10.0), 301, 4);
    assert_eq!(fast.window(), ms(400));
    assert_eq!(fast.tally.throughput(fast.window()), Ok(10.0));
    let slow = level(open(10.0), 800, 4);
    assert_eq!(slow.tally.throughput(slow.window()), Ok(5.0));
    let in_turn = level(closed(1), 301, 4);
    assert_eq!(in_turn.window(), ms(301));
}

fn sent(number: u32) -> StreamEvent {
    StreamEvent::Sent { number }
}

fn text(channel: Channel, bytes: usize, at: u64) -> StreamEvent {
    StreamEvent::Delta(Delta {
        channel,
        text: "x".repeat(bytes),
        at: ms(at),
    })
}

fn refused(status: u16) -> StreamEvent {
    StreamEvent::Retry {
        attempt: Attempt {
            status: Some(status),
            error: Failure::new(FailureKind::Quota, "wait", ""),
            wait: ms(100),
        },
        next: 2,
        most: 5,
    }
}

fn end(state: EndState, e2e: u64, tokens: Option<u64>) -> StreamEvent {
    StreamEvent::End(Box::new(End {
        e2e: ms(e2e),
        usage: Usage {
            prompt_tokens: Some(100),
            completion_tokens: tokens,
            cached_tokens: Some(64),
            reasoning_tokens: None,
            total_tokens: None,
            odd: false,
        },
        server: ServerTime {
            completion: Some(ms(100)),
            ..ServerTime::default()
        },
        connection: Some(Connection::New),
        ..End::bare(state)
    }))
}

/// Feeds events, each with the time since the request was due.
fn record(events: impl IntoIterator<Item = (u64, StreamEvent)>) -> Sample {
    let mut recorder = Recorder::default();
    let mut events = events.into_iter();
    events
        .find_map(|(since_due, event)| recorder.take(event, ms(since_due)))
        .expect("an end")
}

/// An answer of 200 tokens that was sent `delay` after it was due: 100 ms to the first token, 150 to the first of the
/// answer, 300 to the last, 310 to the end.
fn answered(delay: u64) -> Sample {
    record([
        (delay, sent(1)),
        (delay + 100, text(Channel::Reasoning, 8, 100)),
        (delay + 150, text(Channel::Content, 392, 150)),
        (delay + 300, text(Channel::Content, 400, 300)),
        (delay + 310, end(EndState::Complete, 310, Some(200))),
    ])
}

#[test]
fn the_attempt_that_counts_is_measured_and_what_came_before_is_delay() {
    let sample = record([
        (2, sent(1)),
        (40, refused(429)),
        (145, sent(2)),
        (150, refused(503)),
        (250, sent(3)),
        (350, text(Channel::Content, 400, 100)),
        (550, text(Channel::Content, 400, 300)),
        (560, end(EndState::AtLimit, 310, Some(200))),
    ]);
    assert_eq!(sample.outcome, Outcome::Answered);
    assert_eq!((sample.retries, sample.refused), (2, 1));
    assert_eq!(sample.delay, Some(ms(250)));
    assert_eq!(sample.summary.ttft, Ok(ms(100)));
    assert_eq!(sample.summary.e2e, Ok(ms(310)));
    assert_eq!(sample.ttft_corrected(), Ok(ms(350)));
    assert_eq!(sample.e2e_corrected(), Ok(ms(560)));
}

#[test]
fn every_end_has_its_outcome() {
    let failure = |status| Failure {
        status,
        ..Failure::new(FailureKind::Server, "no", "")
    };
    let outcome = |state| record([(0, sent(1)), (9, end(state, 9, None))]).outcome;
    assert_eq!(outcome(EndState::Complete), Outcome::Answered);
    assert_eq!(outcome(EndState::Stopped), Outcome::Stopped);
    let malformed = Outcome::Failed(FailureKind::Malformed);
    assert_eq!(outcome(EndState::Damaged(1)), malformed);
    let server = Outcome::Failed(FailureKind::Server);
    assert_eq!(outcome(EndState::CutShort(failure(None))), server);
    // The last attempt that is refused is no retry, but it was refused.
    let state = EndState::Failed(failure(Some(429)));
    let last = record([(0, sent(1)), (5, refused(429)), (9, end(state, 9, None))]);
    assert_eq!((last.retries, last.refused), (1, 2));
    let unsent = record([(500, end(EndState::Failed(failure(None)), 0, None))]);
    assert_eq!((unsent.delay, unsent.outcome), (None, server));
    assert!(unsent.summary.e2e.is_err() && unsent.e2e_corrected().is_err());
}

#[test]
fn a_stall_is_felt_by_all_who_were_due_behind_it() {
    // One request every 100 ms; the sender is stuck until 500, then each takes 310 ms in service. Delays: 500 − 0,
    // 500 − 100, and so on. By their service time alone, all are alike.
    let mut tally = LevelTally::new(Goal::default(), true);
    for delay in [500, 400, 300, 200, 100] {
        tally.add(&answered(delay));
    }
    let [service, corrected] = [&tally.figures.e2e, &tally.figures.e2e_corrected];
    let service = service.spread.quantiles().unwrap();
    assert_eq!((service.min, service.max), (ms(310), ms(310)));
    let corrected = corrected.spread.quantiles().unwrap();
    assert_eq!(
        (corrected.min, corrected.mean, corrected.max),
        (ms(410), ms(610), ms(810))
    );
    let ttft = tally.figures.ttft_corrected.spread.quantiles().unwrap();
    assert_eq!((ttft.min, ttft.mean, ttft.max), (ms(200), ms(400), ms(600)));
}

#[test]
fn a_level_is_the_sum_of_its_requests() {
    let goal = Goal {
        ttft: Some(ms(150)),
        e2e: Some(ms(310)),
    };
    let mut tally = LevelTally::new(goal, false);
    tally.add(&answered(0));
    tally.add(&answered(700));
    tally.add(&record([
        (0, sent(1)),
        (200, text(Channel::Content, 80, 200)),
        (300, end(EndState::Complete, 300, Some(20))),
    ]));
    tally.add(&Sample::lost(Outcome::Failed(FailureKind::Timeout)));
    tally.add(&Sample::lost(Outcome::Stopped));
    assert_eq!((tally.answered, tally.failed(), tally.stopped), (3, 1, 1));
    // 800 + 800 + 80 bytes for 420 tokens.
    assert_eq!(tally.density().tokens_in(1_680), 420);
    assert_eq!(tally.errors.get("timeout"), Some(&1));
    assert_eq!(tally.opened, 3);
    // 200 + 200 + 20 tokens and 3 answers in 2 s.
    assert_eq!(tally.completion_tokens(), Ok(420));
    assert_eq!(tally.system_speed(ms(2_000)), Ok(210.0));
    assert_eq!(tally.throughput(ms(2_000)), Ok(1.5));
    assert_eq!(
        (tally.prompt_tokens(), tally.cached_tokens()),
        (Ok(300), Ok(192))
    );
    // Good are two of four that ended: the third was late, the fourth failed. The delay is no part of a closed loop.
    assert_eq!(tally.good_share(), Ok(0.5));
    assert_eq!(tally.good_rate(ms(2_000)), Ok(1.0));
    let figures = &tally.figures;
    let speed = figures.speed_server.spread.quantiles().unwrap();
    assert_eq!((speed.count, speed.min, speed.max), (2, 2_000.0, 2_000.0));
    // 200 tokens less the 2 that came first, in 200 ms.
    let wall = figures.speed_wall.spread.quantiles().unwrap();
    assert_eq!((wall.count, wall.mean), (2, 990.0));
    let first_answer = figures.ttfa.spread.quantiles().unwrap();
    assert_eq!((first_answer.count, first_answer.min), (3, ms(150)));
    // The short one has neither a speed nor a time per token, and each says why.
    assert_eq!(figures.tpot.missing.len(), 1);
    assert_eq!(figures.tpot.spread.count(), 2);
}

#[test]
fn reasoning_that_nobody_sees_has_no_part_in_how_much_text_a_token_is() {
    let StreamEvent::End(mut last) = end(EndState::Complete, 300, Some(1_000)) else {
        unreachable!("it is an end");
    };
    last.usage.reasoning_tokens = Some(900);
    let mut tally = LevelTally::default();
    tally.add(&record([
        (0, sent(1)),
        (200, text(Channel::Content, 400, 200)),
        (300, StreamEvent::End(last)),
    ]));
    assert_eq!(tally.completion_tokens(), Ok(1_000));
    assert_eq!(tally.density().tokens_in(400), 100);
}

#[test]
fn what_cannot_be_known_says_why() {
    let empty = LevelTally::default();
    assert!(empty.system_speed(ms(1_000)).is_err());
    assert_eq!(empty.throughput(ms(1_000)), Ok(0.0));
    assert!(empty.throughput(ms(0)).is_err(), "no time to divide by");
    assert!(empty.good_share().is_err());
    assert_eq!(
        empty.figures.ttft.why_none(),
        Some("no request was answered")
    );

    let mut untold = LevelTally::default();
    untold.add(&answered(0));
    untold.add(&record([
        (0, sent(1)),
        (9, text(Channel::Content, 4, 9)),
        (10, end(EndState::Complete, 10, None)),
    ]));
    let reason = "1 of 2 answers came without a count that can be believed";
    assert_eq!(untold.completion_tokens(), Err(reason.to_owned()));
    assert_eq!(untold.system_speed(ms(1_000)), Err(reason.to_owned()));
    assert!(untold.reasoning_tokens().is_err());
    let why = untold.good_share().unwrap_err();
    assert!(why.contains("--budget-ms"), "{why}");

    let mut failed = LevelTally::new(
        Goal {
            ttft: Some(ms(1)),
            e2e: None,
        },
        true,
    );
    failed.add(&Sample::lost(Outcome::Failed(FailureKind::Network)));
    assert_eq!(failed.good_share(), Ok(0.0));
}

#[test]
fn an_open_loop_is_good_by_what_people_waited() {
    let goal = Goal {
        ttft: Some(ms(120)),
        e2e: None,
    };
    let good = |from_due| {
        let mut tally = LevelTally::new(goal, from_due);
        tally.add(&answered(10));
        tally.add(&answered(30));
        tally.good_share()
    };
    assert_eq!((good(false), good(true)), (Ok(1.0), Ok(0.5)));
}

#[test]
fn some_errors_are_borne_and_too_many_are_not() {
    let limit = ErrorLimit { percent: 10.0 };
    let check = |failed, ended, running, over| {
        assert_eq!(
            limit.is_passed(failed, ended),
            running,
            "{failed} of {ended}"
        );
        assert_eq!(
            limit.is_passed_at_end(failed, ended),
            over,
            "{failed} of {ended}"
        );
    };
    check(0, 0, false, false);
    check(5, 5, false, true);
    check(1, 10, false, false);
    check(2, 20, false, false);
    check(3, 20, true, true);
    let none = ErrorLimit { percent: 0.0 };
    assert!(!none.is_passed(0, 50) && none.is_passed(1, 50));
    assert!(!ErrorLimit { percent: 100.0 }.is_passed_at_end(50, 50));
}
