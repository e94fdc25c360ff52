//! Tables of arrivals and the figures they must give, worked out by hand in `tests/data/metrics`, and what holds for
//! any arrivals at all.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use proptest::prelude::*;
use serde::Deserialize;

use super::{
    Arrival, Calls, Channel, DEFINITIONS, Deltas, Density, LiveRate, Missing, Quantiles, Reading,
    ServerTime, Split, Stall, Summary, Timeline, Times, Tokens, Usage, definition,
};

/// A file holds one answer, or a list of them that go through one subject.
#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    Many { answer: Vec<Table> },
    One(Box<Table>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    about: String,
    end_us: Option<u64>,
    #[serde(default)]
    deltas: Vec<Run>,
    /// Deltas with text or a tool call, where that is not the number of texts.
    events: Option<u64>,
    calls: Option<CallsTold>,
    #[serde(default)]
    usage: Usage,
    #[serde(default)]
    server: Server,
    expected: Expected,
}

/// Deltas of the same size at the same distance.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    channel: Channel,
    count: u32,
    bytes: usize,
    first_us: u64,
    every_us: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CallsTold {
    first_us: u64,
    last_us: u64,
    first_bytes: u64,
    bytes: u64,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Server {
    queue_us: Option<u64>,
    prompt_us: Option<u64>,
    completion_us: Option<u64>,
    total_us: Option<u64>,
    odd: bool,
}

/// What must come out; a list of answers names in each what it is about.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    ttft_us: Option<Figure>,
    ttfa_us: Option<Figure>,
    thinking_us: Option<Figure>,
    e2e_us: Option<Figure>,
    tpot_us: Option<Figure>,
    speed_server: Option<Figure>,
    speed_wall: Option<Figure>,
    speed_overall: Option<Figure>,
    prompt_tokens: Option<Figure>,
    cached_tokens: Option<Figure>,
    completion_tokens: Option<Figure>,
    reasoning_tokens: Option<Figure>,
    tokens_per_delta: Option<Figure>,
    prefill_rate: Option<Figure>,
    queue_us: Option<Figure>,
    prompt_us: Option<Figure>,
    generation_us: Option<Figure>,
    server_total_us: Option<Figure>,
    split: Option<Parts>,
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

fn words(missing: Missing) -> String {
    missing.word().replace('_', " ")
}

/// Micros, for tables that say `_us`.
fn micros(reading: Reading<Duration>) -> Reading<f64> {
    reading.map(|d| d.as_secs_f64() * 1e6)
}

/// What tables have shown: each figure as a number, and each with each of its reasons.
type Shown = BTreeSet<String>;

fn check(
    (place, name): (&str, &str),
    got: Reading<f64>,
    expected: Option<&Figure>,
    shown: &mut Shown,
) {
    let Some(expected) = expected else { return };
    let agree = match (&got, expected) {
        // Hand-worked numbers carry seven figures.
        (Ok(got), Figure::Number(wanted)) => (got - wanted).abs() <= wanted.abs() * 1e-5,
        (Err(why), Figure::Missing(wanted)) => words(*why) == *wanted,
        _ => false,
    };
    assert!(agree, "{place}: {name}: {got:?} instead of {expected:?}");
    let what = got.map_or_else(words, |_| "known".to_owned());
    shown.insert(format!("{name}: {what}"));
}

fn check_split(place: &str, got: Reading<Split>, expected: Option<&Parts>, shown: &mut Shown) {
    let us = Duration::from_micros;
    let Some(expected) = expected else { return };
    match (got, expected) {
        (Err(why), Parts::Missing(wanted)) => assert_eq!(words(why), *wanted, "{place}: split"),
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
    let what = got.map_or_else(words, |_| "known".to_owned());
    shown.insert(format!("split: {what}"));
}

fn summary(table: &Table) -> Summary {
    let us = Duration::from_micros;
    let timeline: Timeline = table
        .deltas
        .iter()
        .flat_map(|run| {
            let at = |i: u32| us(run.first_us + u64::from(i) * run.every_us);
            (0..run.count).map(move |i| Arrival::new(run.channel, run.bytes, at(i)))
        })
        .collect();
    let deltas = Deltas {
        count: table.events,
        is_whole: false,
        calls: table.calls.as_ref().map(|calls| Calls {
            first: us(calls.first_us),
            last: us(calls.last_us),
            first_bytes: calls.first_bytes,
            bytes: calls.bytes,
        }),
    };
    let server = ServerTime {
        queue: table.server.queue_us.map(us),
        prompt: table.server.prompt_us.map(us),
        completion: table.server.completion_us.map(us),
        total: table.server.total_us.map(us),
        odd: table.server.odd,
    };
    Summary::new(
        &timeline,
        &deltas,
        &table.usage,
        &server,
        table.end_us.map(us),
    )
}

fn check_table(table: &Table, shown: &mut Shown) {
    let got = summary(table);
    let expected = &table.expected;
    let tokens = |count: Reading<u64>| count.map(|n| n as f64);
    for (name, got, expected) in [
        ("ttft", micros(got.ttft), &expected.ttft_us),
        ("ttfa", micros(got.ttfa), &expected.ttfa_us),
        ("thinking", micros(got.thinking), &expected.thinking_us),
        ("e2e", micros(got.e2e), &expected.e2e_us),
        ("tpot", micros(got.tpot), &expected.tpot_us),
        ("speed_server", got.speed_server, &expected.speed_server),
        ("speed_wall", got.speed_wall, &expected.speed_wall),
        ("speed_overall", got.speed_overall, &expected.speed_overall),
        (
            "prompt_tokens",
            tokens(got.tokens.prompt),
            &expected.prompt_tokens,
        ),
        (
            "cached_tokens",
            tokens(got.tokens.cached),
            &expected.cached_tokens,
        ),
        (
            "completion_tokens",
            tokens(got.tokens.completion),
            &expected.completion_tokens,
        ),
        (
            "reasoning_tokens",
            tokens(got.tokens.reasoning),
            &expected.reasoning_tokens,
        ),
        (
            "tokens_per_delta",
            got.tokens_per_delta,
            &expected.tokens_per_delta,
        ),
        ("prefill_rate", got.prefill_rate, &expected.prefill_rate),
        ("queue", micros(got.times.queue), &expected.queue_us),
        ("prompt", micros(got.times.prompt), &expected.prompt_us),
        (
            "generation",
            micros(got.times.completion),
            &expected.generation_us,
        ),
        (
            "server total",
            micros(got.times.total),
            &expected.server_total_us,
        ),
    ] {
        check((&table.about, name), got, expected.as_ref(), shown);
    }
    check_split(&table.about, got.split, expected.split.as_ref(), shown);
}

/// What can become of each figure. One that is not in the list is not possible; one that is has a row in a table.
const POSSIBLE: [(&str, &[&str]); 19] = [
    ("ttft", &["known", "no text"]),
    ("ttfa", &["known", "no text", "no answer"]),
    (
        "thinking",
        &["known", "no text", "no answer", "no reasoning"],
    ),
    ("e2e", &["known", "not ended", "no text"]),
    (
        "tpot",
        &[
            "known",
            "not ended",
            "not reported",
            "too short",
            "one read",
            "no text",
            "contradictory",
            "absurd",
        ],
    ),
    (
        "speed_server",
        &[
            "known",
            "not ended",
            "not reported",
            "too short",
            "contradictory",
            "absurd",
        ],
    ),
    (
        "speed_wall",
        &[
            "known",
            "not ended",
            "not reported",
            "too short",
            "one read",
            "no text",
            "contradictory",
            "absurd",
        ],
    ),
    (
        "speed_overall",
        &[
            "known",
            "not ended",
            "not reported",
            "too short",
            "no text",
            "contradictory",
            "absurd",
        ],
    ),
    (
        "prompt_tokens",
        &[
            "known",
            "not ended",
            "not reported",
            "contradictory",
            "absurd",
        ],
    ),
    (
        "cached_tokens",
        &[
            "known",
            "not ended",
            "not reported",
            "contradictory",
            "absurd",
        ],
    ),
    (
        "completion_tokens",
        &[
            "known",
            "not ended",
            "not reported",
            "contradictory",
            "absurd",
        ],
    ),
    (
        "reasoning_tokens",
        &[
            "known",
            "not ended",
            "not reported",
            "contradictory",
            "absurd",
        ],
    ),
    (
        "tokens_per_delta",
        &[
            "known",
            "not ended",
            "not reported",
            "no text",
            "contradictory",
            "absurd",
            "no steps",
        ],
    ),
    (
        "prefill_rate",
        &[
            "known",
            "not ended",
            "not reported",
            "too short",
            "contradictory",
            "absurd",
            "all cached",
        ],
    ),
    (
        "queue",
        &[
            "known",
            "not ended",
            "not reported",
            "contradictory",
            "absurd",
        ],
    ),
    (
        "prompt",
        &[
            "known",
            "not ended",
            "not reported",
            "contradictory",
            "absurd",
        ],
    ),
    (
        "generation",
        &[
            "known",
            "not ended",
            "not reported",
            "contradictory",
            "absurd",
        ],
    ),
    (
        "server total",
        &[
            "known",
            "not ended",
            "not reported",
            "contradictory",
            "absurd",
        ],
    ),
    (
        "split",
        &[
            "known",
            "not ended",
            "not reported",
            "no text",
            "contradictory",
            "absurd",
        ],
    ),
];

#[test]
fn the_tables_hold_and_show_whatever_can_become_of_a_figure() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/metrics");
    let mut shown = Shown::new();
    for file in fs::read_dir(&dir).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let file: File = toml::from_str(&text).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        match file {
            File::Many { answer } => answer.iter().for_each(|t| check_table(t, &mut shown)),
            File::One(table) => check_table(&table, &mut shown),
        }
    }
    let possible: Shown = POSSIBLE
        .iter()
        .flat_map(|(figure, whats)| whats.iter().map(move |what| format!("{figure}: {what}")))
        .collect();
    let odd: Vec<_> = shown.symmetric_difference(&possible).collect();
    assert!(
        odd.is_empty(),
        "shown and not possible, or the other way round: {odd:#?}"
    );
}

#[test]
fn each_figure_is_defined_once_and_in_words() {
    // Taken apart, so that a new field does not compile before it is named here.
    let Summary {
        ttft: _,
        ttfa: _,
        thinking: _,
        e2e: _,
        arrived: _,
        tpot: _,
        speed_server: _,
        speed_wall: _,
        speed_overall: _,
        tokens:
            Tokens {
                prompt: _,
                cached: _,
                completion: _,
                reasoning: _,
            },
        tokens_per_delta: _,
        prefill_rate: _,
        times:
            Times {
                queue: _,
                prompt: _,
                completion: _,
                total: _,
            },
        split: _,
    } = Summary::new(
        &Timeline::default(),
        &Deltas::default(),
        &Usage::default(),
        &ServerTime::default(),
        None,
    );
    let Quantiles {
        count: _,
        min: _,
        mean: _,
        p50: _,
        p90: _,
        p95: _,
        p99: _,
        max: _,
    } = Quantiles::<Duration>::default();
    let of_answers = POSSIBLE
        .iter()
        .map(|(key, _)| *key)
        .filter(|k| !["server total", "split"].contains(k));
    let parts = ["other", "network"];
    let spread = ["count", "min", "mean", "p50", "p90", "p95", "p99", "max"];
    for key in of_answers.chain(parts).chain(spread) {
        assert!(definition(key).is_some(), "{key} is not defined");
    }
    let keys: BTreeSet<_> = DEFINITIONS.iter().map(|d| d.key).collect();
    assert_eq!(keys.len(), DEFINITIONS.len(), "a key stands there twice");
    for found in DEFINITIONS {
        let texts = [found.label, found.sentence];
        assert!(texts.iter().all(|t| !t.is_empty()), "{}", found.key);
        let sentences = [found.sentence, found.unknown];
        assert!(sentences.iter().all(|t| !t.ends_with('.')), "{}", found.key);
    }
    assert_eq!(definition("no such figure"), None);
}

#[test]
fn each_reason_has_a_word_and_a_sentence_of_its_own() {
    let words: BTreeSet<_> = Missing::ALL.map(Missing::word).into();
    let sentences: BTreeSet<_> = Missing::ALL.map(Missing::reason).into();
    assert_eq!((words.len(), sentences.len()), (11, 11));
}

#[test]
fn what_is_said_again_may_grow_and_not_change() {
    let usage = |prompt, completion| Usage {
        prompt_tokens: Some(prompt),
        completion_tokens: Some(completion),
        ..Usage::default()
    };
    let odd = Usage {
        odd: true,
        ..Usage::default()
    };
    assert_eq!(Usage::default().then(usage(10, 1)), usage(10, 1));
    assert_eq!(usage(0, 0).then(usage(10, 1)), usage(10, 1));
    assert_eq!(usage(10, 1).then(usage(10, 2)), usage(10, 2));
    assert_eq!(usage(10, 2).then(usage(10, 1)), odd, "it shrank");
    assert_eq!(usage(10, 1).then(usage(20, 2)), odd, "another prompt");

    let time = |ms| ServerTime {
        completion: Some(Duration::from_millis(ms)),
        ..ServerTime::default()
    };
    assert_eq!(time(5).then(time(6)), time(6));
    assert!(time(6).then(time(5)).odd);
}

#[test]
fn no_more_than_a_window_holds_was_in_it() {
    let tokens = Tokens {
        prompt: Ok(90),
        cached: Ok(0),
        completion: Ok(10),
        reasoning: Ok(0),
    };
    assert_eq!(tokens.within(100), Ok(100));
    assert_eq!(tokens.within(99), Err(Missing::Contradictory));
    let completion = Err(Missing::NotEnded);
    let running = Tokens {
        completion,
        ..tokens
    };
    assert_eq!(running.within(100), Err(Missing::NotEnded));
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
fn reasoning_is_never_estimated_over_the_output() {
    let at = Duration::from_millis;
    let mut timeline = Timeline::default();
    for i in 0..40 {
        let channel = if i < 8 {
            Channel::Reasoning
        } else {
            Channel::Content
        };
        timeline.push(Arrival::new(channel, 40, at(200 + i * 10)));
    }
    // A fifth of the text: 6.2 of 31 tokens.
    assert_eq!(timeline.reasoning_tokens(Some(31)), 6);
    assert_eq!(timeline.reasoning_tokens(Some(1)), 1, "some was there");
    assert_eq!(timeline.reasoning_tokens(None), 80);
    assert_eq!(Timeline::default().reasoning_tokens(Some(31)), 0);
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
fn a_stream_of_short_tokens_is_not_taken_for_few_long_ones() {
    // A token of three bytes in each millisecond.
    let timeline: Timeline = (0..=1_000).map(|ms| arrival(ms * 1_000, 3)).collect();
    let rate = LiveRate::at(&timeline, Duration::from_secs(1)).unwrap();
    assert_eq!((rate.tokens_per_s, rate.tokens), (1_000.0, 1_001));
    // Deltas of several tokens say nothing about their number.
    let timeline: Timeline = (0..=100).map(|i| arrival(i * 10_000, 40)).collect();
    assert_eq!(
        (timeline.tokens(), timeline.reasoning_tokens(None)),
        (1_010, 0)
    );
}

#[test]
fn an_estimate_goes_by_what_earlier_answers_have_shown() {
    let mut timeline = Timeline::default();
    timeline.assume(Density::new(500, 100).unwrap());
    for ms in 0..=100 {
        timeline.push(arrival(ms * 10_000, 20));
    }
    let rate = LiveRate::at(&timeline, Duration::from_secs(1)).unwrap();
    assert_eq!((rate.tokens_per_s, rate.tokens), (400.0, 404));
    let rounded = |counted| timeline.rates(1, None, counted)[0].round();
    // 2,020 bytes in a second and a hundredth, of which the first 20 came at its beginning.
    assert_eq!((rounded(None), rounded(Some(1_010))), (400.0, 1_000.0));
}

#[test]
fn stalls_are_found_at_their_place_in_their_text() {
    let ms = Duration::from_millis;
    let of = |channel, bytes, at| Arrival::new(channel, bytes, ms(at));
    let timeline: Timeline = [
        of(Channel::Reasoning, 5, 400),
        of(Channel::Reasoning, 6, 449),
        of(Channel::Content, 7, 700),
        of(Channel::Content, 8, 950),
        of(Channel::Reasoning, 9, 2_000),
        of(Channel::Content, 1, 2_010),
    ]
    .into_iter()
    .collect();
    let stall = |channel, byte, since, lasted| Stall {
        channel,
        byte,
        since: ms(since),
        lasted: ms(lasted),
    };
    let all = [
        stall(Channel::Content, 0, 449, 251),
        stall(Channel::Content, 7, 700, 250),
        stall(Channel::Reasoning, 11, 950, 1_050),
    ];
    let over = |threshold| timeline.stalls(ms(threshold)).copied().collect::<Vec<_>>();
    assert_eq!(over(0), all, "the one of 49 ms is not kept");
    assert_eq!(over(250), [all[0], all[2]], "over, not at");
    assert_eq!(over(1_050), []);
    assert_eq!(timeline.gaps().count(), 5);
    assert_eq!(timeline.gaps().max(), Some(ms(1_050)));
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
    let micros = prop_oneof![0u64..10_000_000, any::<u64>()];
    proptest::option::of(micros.prop_map(Duration::from_micros))
}

fn maybe_tokens() -> impl Strategy<Value = Option<u64>> {
    proptest::option::of(prop_oneof![0u64..5_000, any::<u64>()])
}

fn usage() -> impl Strategy<Value = Usage> {
    (
        maybe_tokens(),
        maybe_tokens(),
        maybe_tokens(),
        maybe_tokens(),
        prop_oneof![3 => Just(None), 1 => maybe_tokens()],
        any::<bool>(),
    )
        .prop_map(
            |(
                prompt_tokens,
                completion_tokens,
                cached_tokens,
                reasoning_tokens,
                total_tokens,
                odd,
            )| Usage {
                prompt_tokens,
                completion_tokens,
                cached_tokens,
                reasoning_tokens,
                total_tokens,
                odd,
            },
        )
}

fn server_time() -> impl Strategy<Value = ServerTime> {
    (
        maybe_micros(),
        maybe_micros(),
        maybe_micros(),
        maybe_micros(),
        any::<bool>(),
    )
        .prop_map(|(queue, prompt, completion, total, odd)| ServerTime {
            queue,
            prompt,
            completion,
            total,
            odd,
        })
}

fn timeline() -> impl Strategy<Value = Timeline> {
    let gap = (
        any::<bool>(),
        prop_oneof![0usize..40, Just(usize::MAX)],
        0u64..50_000,
    );
    proptest::collection::vec(gap, 0..60).prop_map(|gaps| {
        let mut now = 0;
        gaps.into_iter()
            .map(|(thinks, bytes, gap)| {
                now += gap;
                let channel = if thinks {
                    Channel::Reasoning
                } else {
                    Channel::Content
                };
                Arrival::new(channel, bytes, Duration::from_micros(now))
            })
            .collect()
    })
}

fn deltas() -> impl Strategy<Value = Deltas> {
    let call = (0u64..5_000_000, 0u64..5_000_000, 0u64..500, any::<u64>());
    let calls = call.prop_map(|(first, later, first_bytes, more)| Calls {
        first: Duration::from_micros(first),
        last: Duration::from_micros(first + later),
        first_bytes,
        bytes: more.saturating_add(first_bytes),
    });
    (maybe_tokens(), proptest::option::of(calls)).prop_map(|(count, calls)| Deltas {
        count,
        calls,
        is_whole: false,
    })
}

proptest! {
    #[test]
    fn no_figure_is_infinite_or_negative_and_the_split_sums(
        timeline in timeline(),
        deltas in deltas(),
        usage in usage(),
        server in server_time(),
        tail in 0u64..100_000,
        has_ended in any::<bool>(),
    ) {
        let last = timeline.last().map(Arrival::at).max(deltas.calls.map(|c| c.last));
        let end = last.unwrap_or_default() + Duration::from_micros(tail);
        let got = Summary::new(&timeline, &deltas, &usage, &server, has_ended.then_some(end));
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
            prop_assert!(got.thinking.is_err() || got.thinking == Ok(ttfa.saturating_sub(ttft)));
        }
        let tokens = got.tokens;
        if let (Ok(part), Ok(whole)) = (tokens.cached, tokens.prompt) {
            prop_assert!(part <= whole);
        }
        if let (Ok(part), Ok(whole)) = (tokens.reasoning, tokens.completion) {
            prop_assert!(part <= whole);
        }
        if let Ok(split) = got.split {
            let sum = split.queue + split.prompt + split.generation + split.other + split.network;
            prop_assert_eq!(split.exceeds_e2e, sum > end);
            prop_assert!(sum >= end);
            let most = end + end / 50 + Duration::from_millis(2);
            for part in [split.queue, split.prompt, split.generation, split.other] {
                prop_assert!(part <= most, "{:?} of {:?}", split, end);
            }
        }
    }

    #[test]
    fn no_estimate_is_infinite_or_negative(
        timeline in timeline(),
        counted in maybe_tokens(),
        now in maybe_micros(),
        cells in 0usize..70,
    ) {
        let rates = timeline.rates(cells, now, counted);
        prop_assert!(rates.iter().all(|r| r.is_finite() && *r >= 0.0), "{:?}", rates);
        let live = LiveRate::at(&timeline, now.unwrap_or_default());
        prop_assert!(live.is_none_or(|l| l.tokens_per_s.is_finite() && l.tokens_per_s >= 0.0));
    }
}
