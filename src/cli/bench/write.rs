//! The result of a load test, and the estimate before it, in four forms. All are made from the same rows.
//!
//! What cannot be known is a dash for people and `null` for programs, with its reason.

mod csv;
mod json;
mod markdown;
mod table;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::super::args::BenchFormat;
use crate::{
    bench::{Estimate, Figure, Known, LevelReport, Load, Plan, Report, Sampled},
    metrics::{Missing, Quantiles},
    ui::format,
};

/// The result in a form.
pub(super) fn report(report: &Report, form: BenchFormat) -> String {
    match form {
        BenchFormat::Table => table::report(report),
        BenchFormat::Json => json::report(report),
        BenchFormat::Csv => csv::report(report),
        BenchFormat::Markdown => markdown::report(report),
    }
}

/// The estimate in a form.
pub(super) fn estimate(plan: &Plan, estimates: &[Estimate], form: BenchFormat) -> String {
    match form {
        BenchFormat::Table => table::estimate(plan, estimates),
        BenchFormat::Json => json::estimate(plan, estimates),
        BenchFormat::Csv => csv::estimate(plan, estimates),
        BenchFormat::Markdown => markdown::estimate(plan, estimates),
    }
}

/// The estimate in a sentence.
pub(super) fn announcement(estimates: &[Estimate]) -> String {
    let mut parts = vec![match Estimate::all_requests(estimates) {
        Ok(requests) => format!("{} requests", format::count(requests)),
        Err(why) => format!("requests: {why}"),
    }];
    if let Ok(tokens) = Estimate::all_prompt_tokens(estimates) {
        parts.push(format!("~{} tokens in", format::count(tokens)));
    }
    if let Ok(tokens) = Estimate::all_completion_tokens(estimates) {
        parts.push(format!("at most {} out", format::count(tokens)));
    }
    parts.push(match Estimate::all_cost(estimates) {
        Ok(cost) => format!("at most {}", format::usd(cost)),
        Err(why) => format!("cost not known: {why}"),
    });
    parts.join(", ")
}

/// What a figure is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    Milliseconds,
    TokensPerSecond,
}

impl Unit {
    fn suffix(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::TokensPerSecond => "tokens_per_s",
        }
    }

    /// A value as people read it.
    fn show(self, value: f64) -> String {
        match self {
            Self::Milliseconds => {
                let time = Duration::try_from_secs_f64(value / 1e3);
                format::time_text(time.unwrap_or_default())
            }
            Self::TokensPerSecond => format::rate(value),
        }
    }
}

/// A figure with a spread.
struct Spread {
    /// The name in machine output, without its unit.
    key: &'static str,
    /// The name for people.
    label: &'static str,
    unit: Unit,
    /// Number of samples, and their spread in the unit.
    found: Result<(u64, [f64; COLUMNS.len()]), String>,
    missing: Vec<(Missing, u64)>,
}

/// What is told of a spread.
const COLUMNS: [&str; 7] = ["min", "mean", "p50", "p90", "p95", "p99", "max"];

fn columns<T: Copy>(q: &Quantiles<T>, number: fn(T) -> f64) -> [f64; COLUMNS.len()] {
    // To thousandths: more would be noise, and every form rounds alike.
    [q.min, q.mean, q.p50, q.p90, q.p95, q.p99, q.max].map(|value| thousandths(number(value)))
}

fn thousandths(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn spread<T: Sampled>(
    [key, label]: [&'static str; 2],
    unit: Unit,
    figure: &Figure<T>,
    number: fn(T) -> f64,
) -> Spread {
    let found = figure
        .spread
        .quantiles()
        .map(|q| (q.count, columns(&q, number)));
    Spread {
        key,
        label,
        unit,
        found: found.ok_or_else(|| figure.why_none().unwrap_or_default().to_owned()),
        missing: figure.missing.clone(),
    }
}

/// Every figure with a spread, in the order in which people read them.
fn spreads(level: &LevelReport) -> Vec<Spread> {
    let figures = &level.tally.figures;
    let time = |names, figure| spread(names, Unit::Milliseconds, figure, millis);
    let speed = |names, figure| spread(names, Unit::TokensPerSecond, figure, |speed| speed);
    let mut rows = vec![
        time(["ttft", "TTFT"], &figures.ttft),
        time(["ttfa", "first answer"], &figures.ttfa),
        time(["tpot", "TPOT"], &figures.tpot),
        time(["e2e", "total"], &figures.e2e),
        speed(["speed_server", "server speed"], &figures.speed_server),
        speed(["speed_wall", "wall speed"], &figures.speed_wall),
        time(["delay", "delay"], &figures.delay),
        time(["ttft_corrected", "TTFT from due"], &figures.ttft_corrected),
        time(["e2e_corrected", "total from due"], &figures.e2e_corrected),
    ];
    if matches!(level.load, Load::Closed { .. }) {
        for row in rows.iter_mut().filter(|r| r.key.ends_with("_corrected")) {
            row.found = Err(NO_DUE_TIMES.to_owned());
        }
    }
    rows
}

/// Why a closed level has no corrected figures.
const NO_DUE_TIMES: &str = "in a closed loop no request is due before the one before it has ended";

/// A number that is reckoned for a level as a whole.
struct Number {
    key: &'static str,
    label: &'static str,
    value: Known<Value>,
}

/// A number with what it counts.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    Count(u64),
    Real(f64),
    Usd(f64),
}

impl Value {
    /// As people read it.
    fn show(self) -> String {
        match self {
            Self::Count(n) => format::count(n),
            Self::Real(n) if n < 10.0 => format!("{n:.2}"),
            Self::Real(n) => format::rate(n),
            Self::Usd(usd) => format::usd(usd),
        }
    }
}

impl Number {
    /// As people read it.
    fn show(&self) -> String {
        self.value
            .as_ref()
            .map_or_else(|_| DASH.to_owned(), |value| value.show())
    }
}

/// What stands for what cannot be known.
const DASH: &str = "–";

/// Every number that is reckoned for a level as a whole.
fn numbers(level: &LevelReport) -> Vec<Number> {
    let (tally, took) = (&level.tally, level.took);
    let percent = tally.good_share().map(|share| share * 100.0);
    let number = |[key, label]: [&'static str; 2], value| Number { key, label, value };
    let count = |names, known: Known<u64>| number(names, known.map(Value::Count));
    let real = |names, known: Known<f64>| number(names, known.map(Value::Real));
    vec![
        real(
            ["system_tokens_per_s", "tok/s of all streams"],
            tally.system_speed(took),
        ),
        real(
            ["requests_per_s", "answers a second"],
            tally.throughput(took),
        ),
        real(["good_percent", "% good"], percent),
        real(
            ["good_per_s", "good answers a second"],
            tally.good_rate(took),
        ),
        count(["prompt_tokens", "tokens in"], tally.prompt_tokens()),
        count(["cached_tokens", "of them cached"], tally.cached_tokens()),
        count(
            ["completion_tokens", "tokens out"],
            tally.completion_tokens(),
        ),
        count(
            ["reasoning_tokens", "of them reasoning"],
            tally.reasoning_tokens(),
        ),
        number(["cost_usd", "cost"], level.cost().map(Value::Usd)),
    ]
}

/// What is simply counted in a level.
fn counts(level: &LevelReport) -> [(&'static str, &'static str, u64); 6] {
    let tally = &level.tally;
    [
        ("answered", "answered", tally.answered),
        ("failed", "failed", tally.failed()),
        ("stopped", "stopped", tally.stopped),
        ("retries", "retries", tally.retries),
        ("refused_429", "429s", tally.refused),
        ("connections_opened", "new connections", tally.opened),
    ]
}

/// The kinds of failure with their numbers, as people read them.
fn errors(level: &LevelReport) -> String {
    let kinds = level.tally.errors.iter();
    let parts: Vec<_> = kinds.map(|(kind, n)| format!("{kind} {n}")).collect();
    parts.join(", ")
}

/// What has no figure at all, each reason once with all it is the reason for.
fn reasons(level: &LevelReport) -> Vec<String> {
    if level.tally.answered == 0 {
        return vec!["no times, speeds or tokens: no request was answered".to_owned()];
    }
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    let spreads = spreads(level);
    let of_spreads = spreads
        .iter()
        .filter_map(|row| Some((row.label, row.found.as_ref().err()?.clone())));
    let numbers = numbers(level);
    let of_numbers = numbers
        .iter()
        .filter_map(|row| Some((row.label, row.value.as_ref().err()?.clone())));
    for (label, why) in of_spreads.chain(of_numbers) {
        // Only what was asked for is missed.
        if why == NO_DUE_TIMES || level.tally.budget.is_empty() && label.contains("good") {
            continue;
        }
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, labels)) => labels.push(label),
            None => reasons.push((why, vec![label])),
        }
    }
    let mut lines: Vec<_> = reasons
        .into_iter()
        .map(|(why, labels)| format!("no {}: {why}", labels.join(", ")))
        .collect();
    for row in &spreads {
        let Ok((n, _)) = row.found else { continue };
        lines.extend(row.missing.iter().map(|(why, without)| {
            let all = n + without;
            format!(
                "{}: {without} of {all} without: {}",
                row.label,
                why.reason()
            )
        }));
    }
    lines
}

/// What a budget asks for, as people read it.
fn budget(level: &LevelReport) -> Option<String> {
    let budget = level.tally.budget;
    let part = |name, most: Option<Duration>| Some(format!("{name} {}", format::time_text(most?)));
    let parts: Vec<_> = [part("TTFT", budget.ttft), part("total", budget.e2e)]
        .into_iter()
        .flatten()
        .collect();
    let from = if level.tally.from_due {
        " from due"
    } else {
        ""
    };
    (!parts.is_empty()).then(|| format!("within {}{from}", parts.join(" and ")))
}
