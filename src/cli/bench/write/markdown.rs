//! The result for a document: for each variant and way to meet the cache one table of levels, then one of spreads.

use std::slice;

use super::{
    COLUMNS, DASH, counts, errors, format, numbers, plan_words, reasons, spreads, usd_cell,
    why_dashes,
};
use crate::{
    bench::{Known, LevelEstimate, LevelReport, Plan, Report},
    cli::bench::title,
};

pub(super) fn report(report: &Report) -> String {
    let mut out = String::from("# Load test\n\n");
    out.push_str(&format!("{}.\n", escaped(&plan_words(report).join("; "))));
    if let Some(why) = &report.stopped {
        out.push_str(&format!("\nStopped: {}.\n", escaped(why)));
    }
    let mut levels = report.levels.as_slice();
    while let Some(first) = levels.first() {
        let alike = |l: &&LevelReport| l.variant == first.variant && l.cache == first.cache;
        let (group, rest) = levels.split_at(levels.iter().take_while(alike).count());
        levels = rest;
        let mock = if first.mock { " · MOCK" } else { "" };
        let title = title(&first.variant, first.cache);
        out.push_str(&format!("\n## {}{mock}\n\n", escaped(&title)));
        overview(group, &mut out);
        for level in group {
            detail(level, &mut out);
        }
    }
    out
}

/// Levels beside each other: what is counted and reckoned for each as a whole.
fn overview(group: &[LevelReport], out: &mut String) {
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut head = vec![String::new()];
    head.extend(group.iter().map(|level| level.load.to_string()));
    rows.push(head);
    let mut row = |label: &str, cells: Vec<String>| {
        let mut row = vec![label.to_owned()];
        row.extend(cells);
        rows.push(row);
    };
    let each = |cell: &dyn Fn(&LevelReport) -> String| group.iter().map(cell).collect::<Vec<_>>();
    row("duration", each(&|l| format::time_text(l.took)));
    row("warm-up", each(&|l| format::count(l.warmup)));
    let labels = group.first().map(counts).into_iter().flatten();
    for (at, (key, label, _)) in labels.enumerate() {
        let count = |l: &LevelReport| counts(l).get(at).map_or(0, |(_, _, n)| *n);
        if key == "connections_opened" && group.iter().all(|l| count(l) == 0) {
            continue;
        }
        row(label, each(&|l| format::count(count(l))));
    }
    let labels = group.first().map(numbers).into_iter().flatten();
    for (at, number) in labels.enumerate() {
        row(
            number.label,
            each(&|l| {
                numbers(l)
                    .get(at)
                    .map_or_else(String::new, super::Number::show)
            }),
        );
    }
    table(&rows, out);
}

/// The spreads of a level, and what it lacks.
fn detail(level: &LevelReport, out: &mut String) {
    out.push_str(&format!("\n### {}\n\n", level.load));
    let head = ["", "n"].iter().chain(&COLUMNS);
    let mut rows: Vec<Vec<String>> = vec![head.map(|&cell| cell.to_owned()).collect()];
    for spread in spreads(level) {
        let Ok((n, values)) = spread.found else {
            continue;
        };
        let mut row = vec![spread.label.to_owned(), format::count(n)];
        row.extend(values.map(|value| spread.unit.show_or_dash(value)));
        rows.push(row);
    }
    table(&rows, out);
    let mut notes: Vec<String> = super::goal(level)
        .map(|goal| format!("good: {goal}"))
        .into_iter()
        .collect();
    if level.tally.failed() > 0 {
        notes.push(format!("failed: {}", errors(level)));
    }
    notes.extend(super::window(level));
    notes.extend(reasons(level));
    let dashes = why_dashes(slice::from_ref(level));
    notes.extend(dashes.map(|why| format!("{DASH} {why}")));
    if !notes.is_empty() {
        out.push('\n');
    }
    for note in notes {
        out.push_str(&format!("- {}\n", escaped(&note)));
    }
}

pub(super) fn estimate(plan: &Plan, estimates: &[LevelEstimate]) -> String {
    let head = [
        "variant",
        "cache",
        "load",
        "warm-up",
        "requests",
        "~tokens in",
        "tokens out at most",
        "cost at most",
    ];
    let known = |n: &Known<u64>| n.as_ref().map_or(DASH.to_owned(), |&n| format::count(n));
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for level in estimates {
        let variant = plan
            .variants
            .get(level.variant)
            .map(crate::config::show_variant);
        rows.push(vec![
            variant.unwrap_or_default(),
            level.cache.as_str().to_owned(),
            level.load.to_string(),
            format::count(level.warmup),
            known(&level.requests),
            known(&level.prompt_tokens),
            known(&level.completion_tokens),
            usd_cell(&level.cost),
        ]);
    }
    let mut out = String::new();
    table(&rows, &mut out);
    out.push_str(&format!("\n{}\n", super::announcement(estimates)));
    out
}

/// A table whose first column is words and whose others are figures.
fn table(rows: &[Vec<String>], out: &mut String) {
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<_> = row.iter().map(|cell| escaped(cell)).collect();
        out.push_str(&format!("| {} |\n", cells.join(" | ")));
        if index == 0 {
            let rules = row.iter().enumerate();
            let rules: Vec<_> = rules
                .map(|(column, _)| if column == 0 { "---" } else { "---:" })
                .collect();
            out.push_str(&format!("| {} |\n", rules.join(" | ")));
        }
    }
}

/// Text of others that is to stay text.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(
            c,
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '<' | '>' | '#'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
