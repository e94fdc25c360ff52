//! The result for a terminal: a block for each level, and at the end the levels beside each other.
//!
//! It fits 80 columns.

use super::{DASH, counts, errors, format, numbers, reasons, spreads};
use crate::{
    bench::{Estimate, Known, LevelReport, Plan, Report},
    cli::bench::title,
    text::{self, SafeText},
};

/// Columns of sentences, which stand two from the left.
const WIDTH: usize = 76;

/// Columns of a spread that are shown.
const SHOWN: [&str; 5] = ["p50", "p90", "p95", "p99", "max"];

pub(super) fn report(report: &Report) -> String {
    let mut out = String::new();
    for level in &report.levels {
        block(level, &mut out);
        out.push('\n');
    }
    if report.levels.len() > 1 {
        out.push_str(&aligned(&overview(report), 2));
    } else if out.ends_with("\n\n") {
        out.pop();
    }
    out
}

fn block(level: &LevelReport, out: &mut String) {
    let mock = if level.mock { " · MOCK" } else { "" };
    out.push_str(&format!(
        "{} · {}{mock}\n",
        title(&level.variant, level.cache),
        level.load
    ));
    let counts: Vec<_> = counts(level)
        .into_iter()
        .filter(|&(key, _, n)| n > 0 || matches!(key, "answered" | "failed"))
        .map(|(_, label, n)| format!("{label} {}", format::count(n)))
        .collect();
    out.push_str(&format!(
        "  {} · in {}, after {} to warm up\n",
        counts.join(" · "),
        format::time_text(level.took),
        level.warmup
    ));
    let mut rows = vec![head(["", "n"], SHOWN)];
    for row in spreads(level) {
        let Ok((n, values)) = row.found else { continue };
        let [_, _, shown @ ..] = values;
        let mut cells = vec![format!("  {}", row.label), n.to_string()];
        cells.extend(shown.map(|value| row.unit.show(value)));
        rows.push(cells);
    }
    if rows.len() > 1 {
        out.push_str(&aligned(&rows, 1));
    }
    let numbers: Vec<_> = numbers(level)
        .iter()
        .filter_map(|n| Some(format!("{} {}", n.value.as_ref().ok()?.show(), n.label)))
        .map(|part| SafeText::line(&part))
        .collect();
    let mut lines = format::rows_of_parts(&numbers, WIDTH);
    lines.extend(super::budget(level).map(|budget| format!("good: {budget}")));
    if level.tally.failed() > 0 {
        lines.push(format!("failed: {}", errors(level)));
    }
    lines.extend(reasons(level));
    for line in lines {
        for row in format::wrap(&line, WIDTH) {
            out.push_str(&format!("  {row}\n"));
        }
    }
}

fn head<const N: usize>(first: [&str; 2], rest: [&str; N]) -> Vec<String> {
    let all = first.iter().chain(&rest);
    all.map(|&cell| cell.to_owned()).collect()
}

/// The levels beside each other, in what people compare.
fn overview(report: &Report) -> Vec<Vec<String>> {
    let rest = [
        "TTFT p50",
        "p95",
        "total p50",
        "p95",
        "tok/s p50",
        "all",
        "% good",
    ];
    let mut rows = vec![head(["load", "cache"], rest)];
    let mut variant = None;
    for level in &report.levels {
        if variant != Some(&level.variant)
            && report.levels.iter().any(|l| l.variant != level.variant)
        {
            rows.push(vec![crate::config::show_variant(&level.variant)]);
        }
        variant = Some(&level.variant);
        let spreads = spreads(level);
        let of = |key: &str, column: &str| {
            let row = spreads.iter().find(|row| row.key == key)?;
            let at = super::COLUMNS.iter().position(|name| *name == column)?;
            let (_, values) = row.found.as_ref().ok()?;
            Some(row.unit.show(*values.get(at)?))
        };
        let numbers = numbers(level);
        let number = |key: &str| Some(numbers.iter().find(|n| n.key == key)?.show());
        let speed = of("speed_server", "p50").or_else(|| of("speed_wall", "p50"));
        let cells = [
            of("ttft", "p50"),
            of("ttft", "p95"),
            of("e2e", "p50"),
            of("e2e", "p95"),
            speed,
            number("system_tokens_per_s"),
            number("good_percent"),
        ];
        let mut row = vec![level.load.to_string(), level.cache.as_str().to_owned()];
        row.extend(cells.map(|cell| cell.unwrap_or_else(|| DASH.to_owned())));
        rows.push(row);
    }
    rows
}

pub(super) fn estimate(plan: &Plan, estimates: &[Estimate]) -> String {
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
            level
                .cost
                .as_ref()
                .map_or(DASH.to_owned(), |&c| format::usd(c)),
        ]);
    }
    let mut out = aligned(&rows, 2);
    out.push_str(&format!("{}\n", super::announcement(estimates)));
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
