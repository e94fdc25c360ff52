//! The four forms of one result, as pictures; and that they say the same.

use std::time::Duration;

use super::*;
use crate::{
    bench::{Arrivals, Budget, CacheMode, Extent, Outcome, Price, Recorder, Sample, Tally},
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
    let budget = Budget {
        ttft: Some(ms(250)),
        e2e: None,
    };
    let mut tally = Tally::new(budget, matches!(load, Load::Open { .. }));
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
    let open = [answered(0, 200), answered(100, 200), answered(400, 210)];
    Report {
        at: Timestamp(1_795_000_000_000),
        seed: 7,
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
    let estimates = Estimate::of(&plan, |variant, _| match variant {
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
