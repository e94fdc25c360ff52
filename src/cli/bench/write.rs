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
    bench::{
        Extent, Figure, Known, LevelEstimate, LevelReport, Load, MOCK_COST, Plan, Question, Report,
        Sampled,
    },
    chat::Timestamp,
    config::show_variant,
    metrics::{Missing, P90_FROM, P95_FROM, P99_FROM, Quantiles},
    text::{self, SafeText},
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
pub(super) fn estimate(plan: &Plan, estimates: &[LevelEstimate], form: BenchFormat) -> String {
    match form {
        BenchFormat::Table => table::estimate(plan, estimates),
        BenchFormat::Json => json::estimate(plan, estimates),
        BenchFormat::Csv => csv::estimate(plan, estimates),
        BenchFormat::Markdown => markdown::estimate(plan, estimates),
    }
}

/// The estimate in a sentence.
pub(super) fn announcement(estimates: &[LevelEstimate]) -> String {
    let mut parts = vec![match LevelEstimate::all_requests(estimates) {
        Ok(requests) => text::counted(requests, "request", "requests"),
        Err(why) => format!("requests {DASH}: {why}"),
    }];
    if let Ok(tokens) = LevelEstimate::all_prompt_tokens(estimates) {
        parts.push(format!("~{} in", format::tokens(tokens)));
    }
    if let Ok(tokens) = LevelEstimate::all_completion_tokens(estimates) {
        parts.push(format!("at most {} out", format::count(tokens)));
    }
    parts.push(match LevelEstimate::all_cost(estimates) {
        Ok(cost) => format!("at most {}", format::usd(cost)),
        Err(why) if why == MOCK_COST => why,
        Err(why) => format!("cost {DASH}: {why}"),
    });
    parts.join(", ")
}

/// Money as people read it: the mock's is known to be none, and what is not known is a dash.
fn usd_cell(cost: &Known<f64>) -> String {
    match cost {
        Ok(usd) => format::usd(*usd),
        Err(why) if why == MOCK_COST => why.clone(),
        Err(_) => DASH.to_owned(),
    }
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

    /// The same, or a dash.
    fn show_or_dash(self, value: Option<f64>) -> String {
        value.map_or_else(|| DASH.to_owned(), |value| self.show(value))
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
    found: Result<(u64, Columns), String>,
    missing: Vec<(Missing, u64)>,
}

/// What is told of a spread.
const COLUMNS: [&str; 7] = ["min", "mean", "p50", "p90", "p95", "p99", "max"];

/// Their values; `None` for a percentile of too few samples.
type Columns = [Option<f64>; COLUMNS.len()];

/// The percentiles that need many samples, with how many.
const FROM: [(&str, u64); 3] = [("p90", P90_FROM), ("p95", P95_FROM), ("p99", P99_FROM)];

fn columns<T: Copy>(q: &Quantiles<T>, number: fn(T) -> f64) -> Columns {
    let [min, mean, p50, max] = [q.min, q.mean, q.p50, q.max].map(Some);
    // To thousandths: more would be noise, and every form rounds alike.
    [min, mean, p50, q.p90, q.p95, q.p99, max].map(|value| value.map(|v| thousandths(number(v))))
}

/// The percentiles that some figure of these levels has too few samples for, with how many it takes.
fn not_yet(levels: &[LevelReport]) -> Vec<(&'static str, u64)> {
    let found = levels.iter().flat_map(spreads).map(|row| row.found);
    let least = found.flatten().map(|(n, _)| n).min();
    let lacks = |from: u64| least.is_some_and(|n| n < from);
    FROM.into_iter().filter(|&(_, from)| lacks(from)).collect()
}

/// The same in a sentence.
fn why_dashes(levels: &[LevelReport]) -> Option<String> {
    let parts = not_yet(levels).into_iter();
    let parts: Vec<_> = parts
        .map(|(name, n)| format!("{name} from n {n} on"))
        .collect();
    (!parts.is_empty()).then(|| format!("{}; with fewer it would be the largest", parts.join(", ")))
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
        speed(
            ["speed_server", "server tok/s per user"],
            &figures.speed_server,
        ),
        speed(["speed_wall", "wall tok/s per user"], &figures.speed_wall),
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
        match &self.value {
            Ok(value) => value.show(),
            Err(why) if why == MOCK_COST => why.clone(),
            Err(_) => DASH.to_owned(),
        }
    }

    /// The same with what it is, where there is something to tell.
    fn part(&self) -> Option<String> {
        match &self.value {
            Ok(value) => Some(format!("{} {}", value.show(), self.label)),
            Err(why) => (why == MOCK_COST).then(|| why.clone()),
        }
    }
}

/// What stands for what is not known.
const DASH: &str = "–";

/// Every number that is reckoned for a level as a whole.
fn numbers(level: &LevelReport) -> Vec<Number> {
    let (tally, window) = (&level.tally, level.window());
    let percent = tally.good_share().map(|share| share * 100.0);
    let number = |[key, label]: [&'static str; 2], value| Number { key, label, value };
    let count = |names, known: Known<u64>| number(names, known.map(Value::Count));
    let real = |names, known: Known<f64>| number(names, known.map(Value::Real));
    vec![
        real(
            ["system_tokens_per_s", "tok/s of all users together"],
            tally.system_speed(window),
        ),
        real(
            ["requests_per_s", "answers a second"],
            tally.throughput(window),
        ),
        real(["good_percent", "% good"], percent),
        real(
            ["good_per_s", "good answers a second"],
            tally.good_rate(window),
        ),
        count(["prompt_tokens", "tokens in"], tally.prompt_tokens()),
        count(["cached_tokens", "cached tokens in"], tally.cached_tokens()),
        count(
            ["completion_tokens", "tokens out"],
            tally.completion_tokens(),
        ),
        count(
            ["reasoning_tokens", "reasoning tokens out"],
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
        return vec![format!(
            "times, speeds, tokens {DASH}: no request was answered"
        )];
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
        // Only what was asked for is missed; the mock's cost stands among the numbers.
        if why == NO_DUE_TIMES || why == MOCK_COST {
            continue;
        }
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, labels)) => labels.push(label),
            None => reasons.push((why, vec![label])),
        }
    }
    let mut lines: Vec<_> = reasons
        .into_iter()
        .map(|(why, labels)| format!("{} {DASH}: {why}", labels.join(", ")))
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

/// The moment in UTC, as RFC 3339 has it.
fn date(at: Timestamp) -> String {
    let moment = i64::try_from(at.0).ok();
    let moment = moment.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    moment.map_or_else(String::new, |at| format!("{at:.0}"))
}

/// What tells one prompt from another.
fn hash(question: &Question) -> String {
    format!("{:08x}", question.hash)
}

/// When, with what and how it was measured, as people read it.
fn plan_words(report: &Report) -> Vec<String> {
    let Report { plan, question, .. } = report;
    let models = plan.variants.iter().zip(&question.max_tokens);
    let models = models.map(|(variant, &bound)| {
        let bound = match bound {
            0 => "no bound".to_owned(),
            bound => format!("max_tokens {}", format::count(bound.into())),
        };
        format!("{} ({bound})", show_variant(variant))
    });
    let prompt = match &question.text {
        Some(text) => format!("\"{}\"", SafeText::line(text)),
        None => SafeText::line(&question.source).into_string(),
    };
    let loads = plan.loads.iter().map(ToString::to_string);
    let caches = plan.caches.iter().map(|cache| cache.as_str().to_owned());
    let all = |words: &mut dyn Iterator<Item = String>| words.collect::<Vec<_>>().join(", ");
    let mut words = vec![
        format!(
            "{}, waferdeck {}",
            date(report.at),
            env!("CARGO_PKG_VERSION")
        ),
        format!("asked: {}", all(&mut models.into_iter())),
        format!(
            "prompt: {prompt}, {}, ~{}, CRC-32C {}",
            text::counted(question.bytes, "byte", "bytes"),
            format::tokens(question.tokens),
            hash(question)
        ),
        format!(
            "levels: {}, cache {}",
            all(&mut loads.into_iter()),
            all(&mut caches.into_iter())
        ),
        match plan.extent {
            Extent::Requests(n) => format!("{} a level", text::counted(n, "request", "requests")),
            Extent::For(span) => format!("{} a level", format::time_text(span)),
            Extent::Fitting => "requests as suit each level".to_owned(),
        },
        match plan.warmup {
            Some(n) => format!("{} to warm up", format::count(n)),
            None => "warm-up as suits each level".to_owned(),
        },
    ];
    if plan
        .loads
        .iter()
        .any(|load| matches!(load, Load::Open { .. }))
    {
        words.push(format!(
            "arrivals {}, seed {}",
            plan.arrivals.as_str(),
            plan.seed
        ));
    }
    words.push(format!("stops over {} % errors", report.limit.percent));
    words
}

/// By what the rates of a level are that took less time than its requests were due in.
fn window(level: &LevelReport) -> Option<String> {
    let Load::Open { rate } = level.load else {
        return None;
    };
    let window = level.window();
    (window > level.took).then(|| {
        let requests = level.tally.ended() + level.tally.stopped;
        format!(
            "a second: by the {} in which {} are due at {rate} a second",
            format::time_text(window),
            text::counted(requests, "request", "requests")
        )
    })
}

/// What a good request is, as people read it.
fn goal(level: &LevelReport) -> Option<String> {
    let goal = level.tally.goal;
    let part = |name, most: Option<Duration>| Some(format!("{name} {}", format::time_text(most?)));
    let parts: Vec<_> = [part("TTFT", goal.ttft), part("total", goal.e2e)]
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
