//! The result for spreadsheets: one row a level, an empty cell for what cannot be known (RFC 4180).

use super::{COLUMNS, Value, counts, numbers, spreads};
use crate::{
    bench::{Extent, Known, LevelEstimate, LevelReport, Load, Plan, Report},
    config::show_variant,
};

pub(super) fn report(report: &Report) -> String {
    let mut out = String::new();
    for (index, level) in report.levels.iter().enumerate() {
        let cells = cells(level).into_iter().chain(about(report, level));
        let (names, cells): (Vec<_>, Vec<_>) = cells.unzip();
        if index == 0 {
            row(&names, &mut out);
        }
        row(&cells, &mut out);
    }
    out
}

/// The cells of a level with the names of their columns, which are the same for all levels.
fn cells(level: &LevelReport) -> Vec<(String, String)> {
    let (kind, size) = match level.load {
        Load::Closed { concurrency } => ("closed", concurrency.to_string()),
        Load::Open { rate } => (level.arrivals.as_str(), rate.to_string()),
    };
    let mut cells: Vec<(String, String)> = [
        ("variant", show_variant(&level.variant)),
        ("mock", level.mock.to_string()),
        ("cache", level.cache.as_str().to_owned()),
        ("load", kind.to_owned()),
        ("streams_or_requests_per_s", size),
        ("warmup_requests", level.warmup.to_string()),
        ("duration_s", decimal(level.took.as_secs_f64())),
    ]
    .map(|(name, cell)| (name.to_owned(), cell))
    .into();
    cells.extend(counts(level).map(|(key, _, n)| (key.to_owned(), n.to_string())));
    cells.push(("errors".to_owned(), super::errors(level)));
    for number in numbers(level) {
        let cell = match number.value {
            Ok(Value::Count(n)) => n.to_string(),
            Ok(Value::Real(n)) => decimal(n),
            Ok(Value::Usd(usd)) => format!("{usd:.6}"),
            Err(_) => String::new(),
        };
        cells.push((number.key.to_owned(), cell));
    }
    for spread in spreads(level) {
        let name = |column: &str| format!("{}_{}_{column}", spread.key, spread.unit.suffix());
        let (n, values) = match &spread.found {
            Ok((n, values)) => (*n, Some(values)),
            Err(_) => (0, None),
        };
        cells.push((format!("{}_n", spread.key), n.to_string()));
        cells.extend(COLUMNS.iter().enumerate().map(|(at, column)| {
            let value = values.and_then(|values| *values.get(at)?);
            (name(column), value.map_or_else(String::new, decimal))
        }));
    }
    cells
}

/// When, with what and how it was measured: the same for all levels but for the model.
fn about(report: &Report, level: &LevelReport) -> Vec<(String, String)> {
    let Report { plan, question, .. } = report;
    let variant = plan.variants.iter().position(|v| *v == level.variant);
    let bound = variant.and_then(|at| question.max_tokens.get(at));
    let bound = bound.filter(|&&bound| bound > 0);
    let planned = match plan.extent {
        Extent::For(_) => None,
        _ => plan.requests(level.load),
    };
    let span = match plan.extent {
        Extent::For(span) => decimal(span.as_secs_f64()),
        _ => String::new(),
    };
    [
        (
            "stopped_because",
            report.stopped.clone().unwrap_or_default(),
        ),
        ("at", super::date(report.at)),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("profile", level.variant.profile.clone()),
        ("model", level.variant.model.clone()),
        ("max_tokens", bound.map_or_else(String::new, u32::to_string)),
        ("prompt", question.source.clone()),
        ("prompt_bytes", question.bytes.to_string()),
        ("prompt_crc32c", super::hash(question)),
        (
            "planned_requests",
            planned.map_or_else(String::new, |n| n.to_string()),
        ),
        ("planned_duration_s", span),
        ("seed", plan.seed.to_string()),
    ]
    .map(|(name, cell)| (name.to_owned(), cell))
    .into()
}

fn decimal(value: f64) -> String {
    format!("{value:.3}")
}

pub(super) fn estimate(plan: &Plan, estimates: &[LevelEstimate]) -> String {
    let names = [
        "variant",
        "cache",
        "load",
        "warmup_requests",
        "requests",
        "prompt_tokens",
        "completion_tokens_at_most",
        "cost_usd_at_most",
    ];
    let known = |n: &Known<u64>| n.as_ref().map_or_else(|_| String::new(), u64::to_string);
    let mut out = String::new();
    row(&names.map(str::to_owned), &mut out);
    for level in estimates {
        let variant = plan.variants.get(level.variant).map(show_variant);
        let cost = level.cost.as_ref().map(|usd| format!("{usd:.6}"));
        row(
            &[
                variant.unwrap_or_default(),
                level.cache.as_str().to_owned(),
                level.load.to_string(),
                level.warmup.to_string(),
                known(&level.requests),
                known(&level.prompt_tokens),
                known(&level.completion_tokens),
                cost.unwrap_or_default(),
            ],
            &mut out,
        );
    }
    out
}

fn row(cells: &[String], out: &mut String) {
    let cells: Vec<_> = cells.iter().map(|cell| quoted(cell)).collect();
    out.push_str(&cells.join(","));
    out.push_str("\r\n");
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
