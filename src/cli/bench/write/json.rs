//! The result for programs: one object. What cannot be known is `null`, and `unknown` beside it says why.

use std::slice;

use serde_json::{Map, Value as Json, json};

use super::{COLUMNS, Value, counts, date, hash, not_yet, numbers, spreads, thousandths};
use crate::bench::{Arrivals, Extent, Known, LevelEstimate, LevelReport, Load, Plan, Report};

/// Grows when a key changes its meaning or goes.
const FORMAT: u32 = 1;

pub(super) fn report(report: &Report) -> String {
    let levels: Vec<_> = report.levels.iter().map(level).collect();
    let object = json!({
        "format": FORMAT,
        "version": env!("CARGO_PKG_VERSION"),
        "at_ms": report.at,
        "at": date(report.at),
        "seed": report.plan.seed,
        "plan": plan(report),
        "stopped": report.stopped,
        "levels": levels,
    });
    format!("{object:#}\n")
}

/// What was to be done, whether or not it came to it.
fn plan(report: &Report) -> Json {
    let Report { plan, question, .. } = report;
    let (requests, span) = match plan.extent {
        Extent::Requests(n) => (Some(n), None),
        Extent::For(span) => (None, Some(span.as_secs_f64())),
        Extent::Fitting => (None, None),
    };
    let bounds = question.max_tokens.iter();
    let models = plan.variants.iter().zip(bounds).map(|(variant, &bound)| {
        json!({
            "profile": variant.profile,
            "model": variant.model,
            "params": variant.params,
            "max_tokens": (bound > 0).then_some(bound),
        })
    });
    let levels = plan.levels().into_iter().map(|level| {
        json!({
            "variant": level.variant,
            "cache": level.cache.as_str(),
            "load": load(level.load, plan.arrivals),
            "requests": plan.requests(level.load),
            "warmup_requests": plan.warmup(level.load),
        })
    });
    json!({
        "variants": models.collect::<Vec<_>>(),
        "prompt": {
            "source": question.source,
            "text": question.text,
            "bytes": question.bytes,
            "tokens_estimated": question.tokens,
            "crc32c": hash(question),
        },
        "levels": levels.collect::<Vec<_>>(),
        "requests": requests,
        "duration_s": span,
        "warmup_requests": plan.warmup,
        "seed": plan.seed,
        "max_errors_percent": report.limit.percent,
    })
}

fn level(level: &LevelReport) -> Json {
    let tally = &level.tally;
    let mut unknown = Map::new();
    let mut figures = Map::new();
    for row in spreads(level) {
        let key = format!("{}_{}", row.key, row.unit.suffix());
        let value = match row.found {
            Ok((n, values)) => {
                let mut object = Map::from_iter([("n".to_owned(), json!(n))]);
                let columns = COLUMNS.iter().zip(values);
                let value = |v: Option<f64>| v.map_or(Json::Null, rounded);
                object.extend(columns.map(|(name, v)| ((*name).to_owned(), value(v))));
                let missing = row.missing.iter();
                let missing: Map<_, _> = missing
                    .map(|(why, n)| (why.reason().to_owned(), json!(n)))
                    .collect();
                object.insert("missing".to_owned(), missing.into());
                object.into()
            }
            Err(why) => {
                unknown.insert(key.clone(), why.into());
                Json::Null
            }
        };
        figures.insert(key, value);
    }
    for (percentile, n) in not_yet(slice::from_ref(level)) {
        let why = format!("under {n} samples it would be the largest");
        unknown.insert(percentile.to_owned(), why.into());
    }
    let mut object = Map::new();
    let mut put = |key: &str, value: Json| object.insert(key.to_owned(), value);
    put("variant", json!(level.variant));
    put("mock", level.mock.into());
    put("cache", level.cache.as_str().into());
    put("load", load(level.load, level.arrivals));
    put("warmup_requests", level.warmup.into());
    put("duration_s", rounded(level.took.as_secs_f64()));
    put("window_s", rounded(level.window().as_secs_f64()));
    for (key, _, n) in counts(level) {
        put(key, n.into());
    }
    put("errors", json!(tally.errors));
    put(
        "budget",
        json!({
            "ttft_ms": tally.goal.ttft.map(super::millis),
            "e2e_ms": tally.goal.e2e.map(super::millis),
            "from": if tally.from_due { "due" } else { "sent" },
        }),
    );
    for number in numbers(level) {
        let value = match number.value {
            Ok(Value::Count(n)) => n.into(),
            Ok(Value::Real(n)) => rounded(n),
            // Small sums have many digits.
            Ok(Value::Usd(usd)) => json!(usd),
            Err(why) => {
                unknown.insert(number.key.to_owned(), why.into());
                Json::Null
            }
        };
        put(number.key, value);
    }
    put("figures", figures.into());
    put("unknown", unknown.into());
    object.into()
}

fn load(load: Load, arrivals: Arrivals) -> Json {
    match load {
        Load::Closed { concurrency } => json!({"kind": "closed", "concurrency": concurrency}),
        Load::Open { rate } => {
            json!({"kind": "open", "requests_per_s": rate, "arrivals": arrivals.as_str()})
        }
    }
}

fn rounded(value: f64) -> Json {
    json!(thousandths(value))
}

pub(super) fn estimate(plan: &Plan, estimates: &[LevelEstimate]) -> String {
    let known = |n: &Known<u64>| json!(n.as_ref().ok());
    let levels: Vec<_> = estimates
        .iter()
        .map(|level| {
            json!({
                "variant": plan.variants.get(level.variant),
                "cache": level.cache.as_str(),
                "load": level.load.to_string(),
                "warmup_requests": level.warmup,
                "requests": known(&level.requests),
                "prompt_tokens": known(&level.prompt_tokens),
                "completion_tokens_at_most": known(&level.completion_tokens),
                "cost_usd_at_most": level.cost.as_ref().ok(),
            })
        })
        .collect();
    let object = json!({
        "format": FORMAT,
        "levels": levels,
        "requests": LevelEstimate::all_requests(estimates).ok(),
        "prompt_tokens": LevelEstimate::all_prompt_tokens(estimates).ok(),
        "completion_tokens_at_most": LevelEstimate::all_completion_tokens(estimates).ok(),
        "cost_usd_at_most": LevelEstimate::all_cost(estimates).ok(),
    });
    format!("{object:#}\n")
}
