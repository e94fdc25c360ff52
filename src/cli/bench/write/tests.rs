//! The four forms of one result, as pictures; and that they say the same.

use std::time::Duration;

use super::*;
use crate::{
    bench::{
        Arrivals, CacheMode, ErrorLimit, Extent, Goal, LevelTally, Outcome, Price, Recorder, Sample,
    },
    chat::{Delta, End, EndState, FailureKind, ModelInfo, StreamEvent, Timestamp, Variant},
    metrics::{Channel, ServerTime, Usage},
};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// An answer of 400 tokens with its first after `ttft` and a second of text.
fn answered(delay: u64, ttft: u64) -> Sample {
    let mut recorder = Recorder::default();
    recorder.take(StreamEvent::Sent { number: 1 }, ms(delay));
    for at in [ttft, ttft + 500, ttft + 1_000] {
        let delta = StreamEvent::Delta(Delta {
            channel: Channel::Content,
            text: "word".repeat(100),
            at: ms(at),
        });
        recorder.take(delta, ms(0));
    }
    let mut end = End::bare(EndState::Complete);
    end.e2e = ms(ttft + 1_010);
    end.usage = Usage {
        prompt_tokens: Some(1_000),
        completion_tokens: Some(400),
        cached_tokens: Some(896),
        reasoning_tokens: Some(0),
        total_tokens: None,
        odd: false,
    };
    end.server = ServerTime {
        completion: Some(ms(200)),
        ..ServerTime::default()
    };
    let sample = recorder.take(StreamEvent::End(Box::new(end)), ms(0));
    sample.expect("an end")
}

fn level(load: Load, cache: CacheMode, samples: &[Sample]) -> LevelReport {
    let goal = Goal {
        ttft: Some(ms(250)),
        e2e: None,
    };
    let mut tally = LevelTally::new(goal, matches!(load, Load::Open { .. }));
    for sample in samples {
        tally.add(sample);
    }
    let mut model = ModelInfo::unknown("some|model");
    (model.price_in, model.price_out) = (Some(0.35), Some(0.75));
    LevelReport {
        variant: Variant::new("cerebras", "some|model"),
        mock: false,
        cache,
        load,
        arrivals: Arrivals::Even,
        warmup: 2,
        took: ms(2_500),
        price: Price::Listed(Box::new(model)),
        tally,
    }
}

/// Two levels: streams with an error among them, and a rate that the server did not keep up with.
fn example() -> Report {
    let failed = Sample {
        retries: 2,
        refused: 1,
        ..Sample::lost(Outcome::Failed(FailureKind::Server))
    };
    let closed = [answered(1, 200), answered(2, 240), answered(1, 300), failed];
    let open: Vec<_> = (0..24).map(|n| answered(n * 20, 200 + n)).collect();
    Report {
        at: Timestamp(1_795_000_000_000),
        plan: Plan {
            variants: vec![Variant::new("cerebras", "some|model")],
            caches: vec![CacheMode::Bust, CacheMode::Reuse],
            loads: vec![Load::Closed { concurrency: 2 }, Load::Open { rate: 2.5 }],
            arrivals: Arrivals::Even,
            extent: Extent::Fitting,
            warmup: Some(2),
            seed: 7,
        },
        question: Question {
            source: "long.md".to_owned(),
            text: None,
            bytes: 3_740,
            tokens: 1_000,
            hash: 0x1234_abcd,
            max_tokens: vec![512],
        },
        limit: ErrorLimit { percent: 10.0 },
        stopped: None,
        warmup_failures: Vec::new(),
        levels: vec![
            level(Load::Closed { concurrency: 2 }, CacheMode::Bust, &closed),
            level(Load::Open { rate: 2.5 }, CacheMode::Reuse, &open),
        ],
    }
}

/// A level in which nothing was answered.
fn empty() -> Report {
    let lost = Sample::lost(Outcome::Failed(FailureKind::Network));
    let load = Load::Closed { concurrency: 1 };
    let mut report = example();
    report.stopped = Some("1 of 1 requests failed".to_owned());
    report.levels = vec![level(load, CacheMode::Bust, &[lost])];
    report
}

fn check(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../../tests/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn a_result_in_four_forms() {
    for (name, form) in [
        ("bench-table", BenchFormat::Table),
        ("bench-json", BenchFormat::Json),
        ("bench-csv", BenchFormat::Csv),
        ("bench-markdown", BenchFormat::Markdown),
    ] {
        check(name, &report(&example(), form));
    }
    check("bench-nothing", &report(&empty(), BenchFormat::Table));
}

#[test]
fn an_estimate_in_four_forms() {
    let plan = Plan {
        variants: vec![
            Variant::new("cerebras", "known"),
            Variant::new("local", "unknown"),
        ],
        caches: vec![CacheMode::Bust],
        loads: vec![Load::Closed { concurrency: 8 }],
        arrivals: Arrivals::Even,
        extent: Extent::Requests(92),
        warmup: None,
        seed: 0,
    };
    let mut model = ModelInfo::unknown("known");
    (model.price_in, model.price_out) = (Some(0.35), Some(0.75));
    let estimates = LevelEstimate::of(&plan, |variant, _| match variant {
        0 => (100, Ok(512), Price::Listed(Box::new(model.clone()))),
        _ => (
            100,
            Err("no bound of tokens is sent".to_owned()),
            Price::Unknown,
        ),
    });
    let all = [
        BenchFormat::Table,
        BenchFormat::Json,
        BenchFormat::Csv,
        BenchFormat::Markdown,
    ]
    .map(|form| estimate(&plan, &estimates, form));
    check("bench-estimate", &all.join("\n"));
}

#[test]
fn what_is_unknown_is_null_and_has_a_reason() {
    let json: serde_json::Value =
        serde_json::from_str(&report(&empty(), BenchFormat::Json)).expect("JSON");
    let level = &json["levels"][0];
    let unknown = level["unknown"].as_object().expect("reasons");
    for key in ["system_tokens_per_s", "cost_usd", "completion_tokens"] {
        assert!(level[key].is_null() && unknown[key].is_string(), "{key}");
    }
    for (key, figure) in level["figures"].as_object().expect("figures") {
        assert!(figure.is_null() && unknown[key].is_string(), "{key}");
    }
    // Everything failed, so nothing was good: that is known.
    assert_eq!(level["good_percent"], 0.0);
    assert_eq!(json["stopped"], "1 of 1 requests failed");
}

#[test]
fn a_percentile_of_too_few_is_a_dash_with_its_reason_in_every_form() {
    let load = Load::Closed { concurrency: 1 };
    let mut few = example();
    few.levels = vec![level(load, CacheMode::Bust, &vec![answered(0, 200); 10])];
    let table = report(&few, BenchFormat::Table);
    let ttft = table.lines().find(|l| l.starts_with("  TTFT"));
    let cells: Vec<_> = ttft.expect("a row").split_whitespace().skip(1).collect();
    assert_eq!(
        cells,
        ["10", "200", "ms", "200", "ms", "–", "–", "200", "ms"]
    );
    let why = "– p95 from n 20 on, p99 from n 100 on; with fewer it would be the largest";
    assert!(table.contains(why), "{table}");
    assert!(report(&few, BenchFormat::Markdown).contains(why));
    let json: serde_json::Value =
        serde_json::from_str(&report(&few, BenchFormat::Json)).expect("JSON");
    let level = &json["levels"][0];
    let ttft = &level["figures"]["ttft_ms"];
    assert!(ttft["p90"].is_number() && ttft["p95"].is_null(), "{ttft}");
    assert!(level["unknown"]["p90"].is_null() && level["unknown"]["p95"].is_string());
}

#[test]
fn what_costs_nothing_and_what_nobody_knows_are_told_apart() {
    let mut report = example();
    let shown = |report: &Report| super::report(report, BenchFormat::Table);
    report.levels.truncate(1);
    report.levels[0].price = Price::Mock;
    assert!(
        shown(&report).contains(" · mock, no cost\n"),
        "{}",
        shown(&report)
    );
    assert!(!shown(&report).contains("cost –"));
    report.levels[0].price = Price::Unknown;
    assert!(
        shown(&report).contains("\n  cost –: no price is known\n"),
        "{}",
        shown(&report)
    );
    assert!(!shown(&report).contains("no cost"));
}

#[test]
fn without_a_budget_it_is_said_how_to_set_one() {
    let mut report = example();
    report.levels[0].tally.goal = Goal::default();
    let table = super::report(&report, BenchFormat::Table);
    assert!(
        table.contains("% good, good answers a second –:"),
        "{table}"
    );
    assert!(table.contains("--budget-ms 500 sets one"), "{table}");
}

#[test]
fn no_new_connection_is_not_worth_a_row() {
    let mut report = example();
    for form in [BenchFormat::Table, BenchFormat::Markdown] {
        report.levels[0].tally.opened = 0;
        assert!(!super::report(&report, form).contains("new connections"));
        report.levels[0].tally.opened = 1;
        assert!(super::report(&report, form).contains("new connections"));
    }
}

#[test]
fn a_report_tells_what_was_done() {
    let mut report = example();
    let json: serde_json::Value =
        serde_json::from_str(&super::report(&report, BenchFormat::Json)).expect("JSON");
    assert_eq!(json["at"], "2026-11-18T11:06:40Z");
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    let plan = &json["plan"];
    assert_eq!(plan["variants"][0]["model"], "some|model");
    assert_eq!(plan["variants"][0]["max_tokens"], 512);
    assert_eq!(plan["prompt"]["crc32c"], "1234abcd");
    assert!(
        plan["prompt"]["text"].is_null(),
        "a long one is not repeated"
    );
    assert_eq!(plan["levels"].as_array().map(Vec::len), Some(4));
    assert_eq!(plan["levels"][0]["load"]["concurrency"], 2);
    assert_eq!(
        (&plan["warmup_requests"], &plan["seed"]),
        (&2.into(), &7.into())
    );
    report.question.text = Some("Say hi".to_owned());
    let text = super::report(&report, BenchFormat::Markdown);
    assert!(text.contains("prompt: \"Say hi\""), "{text}");
    for word in [
        "2026-11-18T",
        "waferdeck ",
        "max\\_tokens 512",
        "2 at a time",
        "seed 7",
    ] {
        assert!(text.contains(word), "{word} is not in {text}");
    }
}

#[test]
fn every_row_of_the_csv_has_the_columns_of_its_header() {
    let text = report(&example(), BenchFormat::Csv);
    let rows: Vec<_> = text.split_terminator("\r\n").collect();
    assert_eq!(rows.len(), 3);
    let columns = |row: &str| row.split(',').count();
    assert!(rows.iter().all(|row| columns(row) == columns(rows[0])));
    let json: serde_json::Value =
        serde_json::from_str(&report(&example(), BenchFormat::Json)).expect("JSON");
    let p50 = &json["levels"][0]["figures"]["ttft_ms"]["p50"];
    let at = rows[0].split(',').position(|name| name == "ttft_ms_p50");
    let cell = rows[1].split(',').nth(at.expect("the column"));
    assert_eq!(cell.expect("a cell").parse().ok(), p50.as_f64());
}

#[test]
fn the_table_fits_eighty_columns() {
    for report in [example(), empty()] {
        let text = super::report(&report, BenchFormat::Table);
        let wide: Vec<_> = text
            .lines()
            .filter(|l| crate::text::width(l) > 80)
            .collect();
        assert!(wide.is_empty(), "{wide:#?}");
    }
}
