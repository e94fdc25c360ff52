//! Tables of arrivals and the figures they must give, worked out by hand in `tests/data/metrics`, and what holds for
//! any arrivals at all.

use std::{fs, path::Path, time::Duration};

use proptest::prelude::*;
use serde::Deserialize;

use super::{
    Arrival, Channel, LiveRate, Missing, Reading, ServerTime, Split, Summary, Timeline, Usage,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    about: String,
    end_us: Option<u64>,
    deltas: Vec<Deltas>,
    #[serde(default)]
    usage: Usage,
    #[serde(default)]
    server: Server,
    expected: Expected,
}

/// Deltas of the same size at the same distance.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deltas {
    channel: Channel,
    count: u32,
    bytes: usize,
    first_us: u64,
    every_us: u64,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_field_names,
    reason = "the names of the tables carry their unit"
)]
struct Server {
    queue_us: Option<u64>,
    prompt_us: Option<u64>,
    completion_us: Option<u64>,
    total_us: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    ttft_us: Figure,
    ttfa_us: Figure,
    thinking_us: Figure,
    e2e_us: Figure,
    tpot_us: Figure,
    speed_server: Figure,
    speed_wall: Figure,
    speed_overall: Figure,
    tokens_per_delta: Figure,
    prefill_rate: Figure,
    split: Parts,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Figure {
    Number(f64),
    Missing(String),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Parts {
    Known {
        queue_us: u64,
        prompt_us: u64,
        generation_us: u64,
        other_us: u64,
        network_us: u64,
        exceeds_e2e: bool,
    },
    Missing(String),
}

fn word(missing: Missing) -> &'static str {
    match missing {
        Missing::NotReported => "not reported",
        Missing::TooShort => "too short",
        Missing::OneRead => "one read",
        Missing::NoText => "no text",
    }
}

/// Micros, for tables that say `_us`.
fn micros(reading: Reading<Duration>) -> Reading<f64> {
    reading.map(|d| d.as_secs_f64() * 1e6)
}

fn check(place: &str, got: Reading<f64>, expected: &Figure) {
    let agree = match (&got, expected) {
        // Hand-worked numbers carry seven figures.
        (Ok(got), Figure::Number(wanted)) => (got - wanted).abs() <= wanted.abs() * 1e-5,
        (Err(why), Figure::Missing(wanted)) => word(*why) == wanted,
        _ => false,
    };
    assert!(agree, "{place}: {got:?} instead of {expected:?}");
}

fn check_split(place: &str, got: Reading<Split>, expected: &Parts) {
    let us = Duration::from_micros;
    match (got, expected) {
        (Err(why), Parts::Missing(wanted)) => assert_eq!(word(why), wanted, "{place}"),
        (
            Ok(got),
            &Parts::Known {
                queue_us,
                prompt_us,
                generation_us,
                other_us,
                network_us,
                exceeds_e2e,
            },
        ) => {
            let wanted = Split {
                queue: us(queue_us),
                prompt: us(prompt_us),
                generation: us(generation_us),
                other: us(other_us),
                network: us(network_us),
                exceeds_e2e,
            };
            assert_eq!(got, wanted, "{place}");
        }
        (got, expected) => panic!("{place}: {got:?} instead of {expected:?}"),
    }
}

fn check_table(table: &Table) {
    let us = Duration::from_micros;
    let timeline: Timeline = table
        .deltas
        .iter()
        .flat_map(|run| {
            let at = |i: u32| us(run.first_us + u64::from(i) * run.every_us);
            (0..run.count).map(move |i| Arrival::new(run.channel, run.bytes, at(i)))
        })
        .collect();
    let server = ServerTime {
        queue: table.server.queue_us.map(us),
        prompt: table.server.prompt_us.map(us),
        completion: table.server.completion_us.map(us),
        total: table.server.total_us.map(us),
    };
    let got = Summary::new(&timeline, &table.usage, &server, table.end_us.map(us));
    let expected = &table.expected;
    let check =
        |name: &str, got, expected| check(&format!("{}: {name}", table.about), got, expected);
    check("ttft", micros(got.ttft), &expected.ttft_us);
    check("ttfa", micros(got.ttfa), &expected.ttfa_us);
    check("thinking", micros(got.thinking), &expected.thinking_us);
    check("e2e", micros(got.e2e), &expected.e2e_us);
    check("speed_server", got.speed_server, &expected.speed_server);
    check("speed_wall", got.speed_wall, &expected.speed_wall);
    check("speed_overall", got.speed_overall, &expected.speed_overall);
    check(
        "tokens_per_delta",
        got.tokens_per_delta,
        &expected.tokens_per_delta,
    );
    check("prefill_rate", got.prefill_rate, &expected.prefill_rate);
    check("tpot", micros(got.tpot), &expected.tpot_us);
    check_split(&table.about, got.split, &expected.split);
}

#[test]
fn the_tables_hold() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/metrics");
    let mut tables = 0;
    for file in fs::read_dir(&dir).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let table: Table = toml::from_str(&text).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        check_table(&table);
        tables += 1;
    }
    assert!(tables >= 9, "{tables} tables in {dir:?}");
}

fn arrival(micros: u64, bytes: usize) -> Arrival {
    Arrival::new(Channel::Content, bytes, Duration::from_micros(micros))
}

#[test]
fn a_timeline_counts_text_alone() {
    let at = Duration::from_millis;
    let timeline: Timeline = [
        Arrival::new(Channel::Content, 0, at(1)),
        Arrival::new(Channel::Reasoning, 5, at(2)),
        Arrival::new(Channel::Reasoning, 0, at(3)),
        Arrival::new(Channel::Content, 7, at(4)),
        Arrival::new(Channel::Reasoning, 1, at(5)),
    ]
    .into_iter()
    .collect();
    assert_eq!(timeline.arrivals().len(), 3);
    assert_eq!(timeline.first().map(Arrival::at), Some(at(2)));
    assert_eq!(timeline.first_content().map(Arrival::at), Some(at(4)));
    assert_eq!(timeline.last().map(Arrival::at), Some(at(5)));
    assert_eq!(
        (timeline.content_bytes(), timeline.reasoning_bytes()),
        (7, 6)
    );
    assert_eq!(timeline.bytes(), 13);
    assert!(Timeline::default().is_empty() && !timeline.is_empty());
}

#[test]
fn numbers_out_of_range_stop_at_its_end() {
    let late = Arrival::new(Channel::Content, usize::MAX, Duration::MAX);
    assert_eq!((late.micros(), late.bytes), (u64::MAX, u32::MAX));
    let timeline: Timeline = [late, late].into_iter().collect();
    assert_eq!(timeline.bytes(), 2 * u64::from(u32::MAX));
}

#[test]
fn the_live_rate_looks_back_a_second() {
    // 12 bytes, so three tokens, in each millisecond of two seconds.
    let timeline: Timeline = (0..=2_000).map(|ms| arrival(ms * 1_000, 12)).collect();
    let rate = |ms| LiveRate::at(&timeline, Duration::from_millis(ms));
    assert_eq!(rate(19), None, "too short a span");
    assert_eq!(rate(2_000).map(|r| r.tokens_per_s), Some(3_000.0));
    assert_eq!(rate(2_500).map(|r| r.tokens_per_s), Some(1_500.0));
    assert_eq!(rate(5_000).map(|r| r.tokens_per_s), Some(0.0), "a stall");
    assert_eq!(rate(5_000).map(|r| r.tokens), Some(2_001 * 3));
    assert_eq!(
        rate(1_000).map(|r| r.tokens_per_s),
        Some(3_000.0),
        "as it was a second before the last delta"
    );
    assert_eq!(LiveRate::at(&Timeline::default(), Duration::MAX), None);
    assert_eq!(LiveRate::tokens_in(9), 3);
}

#[test]
fn bytes_at_a_moment_are_those_of_the_arrivals_until_then() {
    let arrivals: Vec<_> = (0..300)
        .map(|i| arrival(i * 10, usize::try_from(i % 7 + 1).unwrap()))
        .collect();
    let timeline: Timeline = arrivals.iter().copied().collect();
    for at in [0, 5, 10, 629, 630, 640, 1_280, 2_555, 2_990, 9_999] {
        let at = Duration::from_micros(at);
        let counted = arrivals
            .iter()
            .filter(|a| a.at() <= at)
            .map(|a| u64::from(a.bytes));
        assert_eq!(timeline.bytes_at(at), counted.sum::<u64>(), "{at:?}");
    }
    assert_eq!(Timeline::default().bytes_at(Duration::ZERO), 0);
}

fn maybe_micros() -> impl Strategy<Value = Option<Duration>> {
    proptest::option::of((0u64..10_000_000).prop_map(Duration::from_micros))
}

fn maybe_tokens() -> impl Strategy<Value = Option<u64>> {
    proptest::option::of(prop_oneof![0u64..5_000, any::<u64>()])
}

proptest! {
    #[test]
    fn no_figure_is_infinite_and_the_split_sums(
        gaps in proptest::collection::vec((any::<bool>(), 0usize..40, 0u64..50_000), 0..60),
        tail in 0u64..100_000,
        completion_tokens in maybe_tokens(),
        prompt_tokens in maybe_tokens(),
        cached_tokens in maybe_tokens(),
        (queue, prompt, completion, total) in (maybe_micros(), maybe_micros(), maybe_micros(), maybe_micros()),
    ) {
        let mut now = 0;
        let timeline: Timeline = gaps
            .into_iter()
            .map(|(thinks, bytes, gap)| {
                now += gap;
                let channel = if thinks { Channel::Reasoning } else { Channel::Content };
                Arrival::new(channel, bytes, Duration::from_micros(now))
            })
            .collect();
        let end = Duration::from_micros(now + tail);
        let usage = Usage { prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens: None };
        let server = ServerTime { queue, prompt, completion, total };
        let got = Summary::new(&timeline, &usage, &server, Some(end));
        for rate in [
            got.speed_server,
            got.speed_wall,
            got.speed_overall,
            got.tokens_per_delta,
            got.prefill_rate,
        ] {
            prop_assert!(rate.is_err() || rate.is_ok_and(|r| r.is_finite() && r >= 0.0), "{rate:?}");
        }
        if let (Ok(ttft), Ok(ttfa)) = (got.ttft, got.ttfa) {
            prop_assert!(ttft <= ttfa && ttfa <= end);
        }
        if let Ok(split) = got.split {
            let sum = split.queue + split.prompt + split.generation + split.other + split.network;
            prop_assert_eq!(split.exceeds_e2e, sum > end);
            prop_assert!(sum >= end);
        }
    }
}
