//! The result for a terminal: a block for each level, and at the end the levels beside each other.
//!
//! It fits 80 columns.

use std::slice;

use super::{
    DASH, Number, counts, errors, format, numbers, reasons, spreads, usd_cell, why_dashes,
};
use crate::{
    bench::{Known, LevelEstimate, LevelReport, Plan, Report},
    cli::bench::{phrases, title},
    text::{self, SafeText},
};

/// Columns of a row.
const COLUMNS: usize = 80;
/// Columns of sentences, which stand two from the left.
const WIDTH: usize = COLUMNS - 2;

/// Columns of a spread that are shown.
const SHOWN: [&str; 5] = ["p50", "p90", "p95", "p99", "max"];

pub(super) fn report(report: &Report) -> String {
    let mut out = String::new();
    for level in &report.levels {
        block(level, &mut out);
        out.push('\n');
    }
    if report.levels.len() > 1 {
        overview(report, &mut out);
    } else if out.ends_with("\n\n") {
        out.pop();
    }
    out
}

fn block(level: &LevelReport, out: &mut String) {
    let mock = if level.mock { " · MOCK" } else { "" };
    let heading = format!(
        "{} · {}{mock}",
        title(&level.variant, level.cache),
        level.load
    );
    for row in phrases::rows(&heading, COLUMNS) {
        out.push_str(&format!("{row}\n"));
    }
    let counts = counts(level).into_iter();
    let counts = counts.filter(|&(key, _, n)| n > 0 || matches!(key, "answered" | "failed"));
    let mut parts: Vec<_> = counts
        .map(|(_, label, n)| format!("{label} {}", format::count(n)))
        .collect();
    let took = format::time_text(level.took);
    parts.push(format!(
        "in {took}, after {} to warm up",
        format::count(level.warmup)
    ));
    lines(&parts.join(" · "), out);
    let mut rows = vec![head(["", "n"], SHOWN)];
    for row in spreads(level) {
        let Ok((n, values)) = row.found else { continue };
        let [_, _, shown @ ..] = values;
        let mut cells = vec![format!("  {}", row.label), format::count(n)];
        cells.extend(shown.map(|value| row.unit.show_or_dash(value)));
        rows.push(cells);
    }
    if rows.len() > 1 {
        out.push_str(&aligned(&rows, 1));
    }
    let numbers: Vec<_> = numbers(level).iter().filter_map(Number::part).collect();
    let numbers: Vec<_> = numbers.iter().map(|part| SafeText::line(part)).collect();
    for row in format::rows_of_parts(&numbers, WIDTH) {
        out.push_str(&format!("  {row}\n"));
    }
    let goal = super::goal(level);
    let failed = (level.tally.failed() > 0).then(|| format!("failed: {}", errors(level)));
    let dashes = why_dashes(slice::from_ref(level)).map(|why| format!("{DASH} {why}"));
    let first = goal
        .map(|goal| format!("good: {goal}"))
        .into_iter()
        .chain(failed);
    let window = super::window(level);
    for line in first.chain(window).chain(reasons(level)).chain(dashes) {
        lines(&line, out);
    }
}

/// A sentence below a level.
fn lines(sentence: &str, out: &mut String) {
    for row in phrases::rows(SafeText::line(sentence).as_str(), WIDTH) {
        out.push_str(&format!("  {row}\n"));
    }
}

fn head<const N: usize>(first: [&str; 2], rest: [&str; N]) -> Vec<String> {
    let all = first.iter().chain(&rest);
    all.map(|&cell| cell.to_owned()).collect()
}

/// The levels beside each other, in what people compare. All are by one clock: by the server's if each level has it.
fn overview(report: &Report, out: &mut String) {
    let has_server = |l: &LevelReport| l.tally.figures.speed_server.spread.count() > 0;
    let answered = report.levels.iter().filter(|l| l.tally.answered > 0);
    let (speed, clock) = if answered.clone().all(has_server) {
        ("speed_server", "server")
    } else {
        ("speed_wall", "wall")
    };
    let mut rows = vec![
        head(
            ["", "TTFT"],
            ["TTFT", "total", "total", "per user", "all users", ""],
        ),
        head(
            ["load", "p50"],
            ["p95", "p50", "p95", "tok/s p50", "tok/s", "% good"],
        ),
    ];
    let is_one = |l: &LevelReport, m: &LevelReport| l.variant == m.variant && l.cache == m.cache;
    let mut last: Option<&LevelReport> = None;
    for level in &report.levels {
        let is_apart = report.levels.iter().any(|other| !is_one(other, level));
        if is_apart && !last.is_some_and(|last| is_one(last, level)) {
            rows.push(vec![title(&level.variant, level.cache)]);
        }
        last = Some(level);
        rows.push(compared(level, speed));
    }
    out.push_str(&aligned(&rows, 1));
    let notes = [
        Some(format!(
            "tok/s per user: {clock} clock; all users: tokens of all answers by the level's time"
        )),
        why_dashes(&report.levels).map(|why| format!("{DASH} {why}")),
    ];
    for note in notes.into_iter().flatten() {
        lines(&note, out);
    }
}

/// A row of the overview.
fn compared(level: &LevelReport, speed: &str) -> Vec<String> {
    let spreads = spreads(level);
    let of = |key: &str, column: &str| {
        let row = spreads.iter().find(|row| row.key == key)?;
        let at = super::COLUMNS.iter().position(|name| *name == column)?;
        let (_, values) = row.found.as_ref().ok()?;
        Some(row.unit.show_or_dash(*values.get(at)?))
    };
    let numbers = numbers(level);
    let number = |key: &str| Some(numbers.iter().find(|n| n.key == key)?.show());
    let cells = [
        of("ttft", "p50"),
        of("ttft", "p95"),
        of("e2e", "p50"),
        of("e2e", "p95"),
        of(speed, "p50"),
        number("system_tokens_per_s"),
        number("good_percent"),
    ];
    let mut row = vec![level.load.to_string()];
    row.extend(cells.map(|cell| cell.unwrap_or_else(|| DASH.to_owned())));
    row
}

pub(super) fn estimate(plan: &Plan, estimates: &[LevelEstimate]) -> String {
    let rest = [
        "requests",
        "warm-up",
        "~tokens in",
        "out at most",
        "cost at most",
    ];
    let mut rows = vec![head(["load", "cache"], rest)];
    let mut variant = None;
    for level in estimates {
        if variant != Some(level.variant) {
            let name = plan
                .variants
                .get(level.variant)
                .map(crate::config::show_variant);
            rows.push(name.into_iter().collect());
        }
        variant = Some(level.variant);
        rows.push(vec![
            level.load.to_string(),
            level.cache.as_str().to_owned(),
            known(&level.requests),
            format::count(level.warmup),
            known(&level.prompt_tokens),
            known(&level.completion_tokens),
            usd_cell(&level.cost),
        ]);
    }
    let mut out = aligned(&rows, 2);
    for row in phrases::rows(&super::announcement(estimates), COLUMNS) {
        out.push_str(&format!("{row}\n"));
    }
    out
}

fn known(count: &Known<u64>) -> String {
    count
        .as_ref()
        .map_or(DASH.to_owned(), |&n| format::count(n))
}

/// Rows in columns, the first `left` of them aligned left; a row of one cell is a heading.
fn aligned(rows: &[Vec<String>], left: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter(|row| row.len() > 1);
            let widths = cells
                .filter_map(|row| row.get(column))
                .map(|c| text::width(c));
            widths.max().unwrap_or_default()
        })
        .collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let width = widths.get(column).copied().unwrap_or_default();
            let gap = " ".repeat(width.saturating_sub(text::width(cell)));
            if column >= left {
                line.push_str(&gap);
            }
            line.push_str(cell);
            if column < left {
                line.push_str(&gap);
            }
            line.push_str("  ");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
