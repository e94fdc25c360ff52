//! What a token costs, however much came before it. Work is counted, not timed.
//!
//! What any text costs is tried in `tests/it/properties`.

use super::*;

/// Bytes of work for each byte of an answer that arrives token by token, a frame every fifty.
fn work_per_byte(source: &str) -> f64 {
    let mut document = Document::new();
    let tokens: Vec<char> = source.chars().collect();
    for (index, token) in tokens.chunks(4).enumerate() {
        document.push(&token.iter().collect::<String>());
        if index % 50 == 0 {
            document.advance();
        }
    }
    document.finish();
    document.advance();
    document.work() as f64 / source.len() as f64
}

#[track_caller]
fn check_flat(unit: &str) {
    let short = work_per_byte(&unit.repeat(20_000 / unit.len()));
    let long = work_per_byte(&unit.repeat(120_000 / unit.len()));
    assert!(
        long < short * 1.3,
        "{short} bytes of work per byte, then {long}"
    );
}

#[test]
fn a_token_costs_the_same_in_a_long_answer() {
    check_flat("- an item of a list that never ends\n");
    check_flat("A paragraph with *some* words.\n\n");
    check_flat("\n");
    check_flat("- item\n\n  ```py\n  x = 1\n  ```\n");
    check_flat(
        "## Heading\n\nText.\n\n```sh\nls\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quote\n\n",
    );
}

#[test]
fn a_token_costs_the_same_in_endless_code() {
    let code = format!("```py\n{}", "x = f(1)\n".repeat(12_000));
    assert!(work_per_byte(&code) < 3.0);
}

#[test]
fn a_token_costs_a_bounded_amount_in_an_endless_block() {
    let levels = (0..24).map(|level| "  ".repeat(level) + "- level\n");
    let deep: String = levels.collect();
    let quotes = format!("{}x\n", "> ".repeat(31));
    for (start, unit, limit) in [
        ("", "a paragraph without an end ", 8.0),
        ("", "a paragraph with *words* that are `marked`, ", 8.0),
        ("", "lines of a paragraph\n", 8.0),
        ("", "漢字だけの段落", 8.0),
        ("", "one small block\n\n", 8.0),
        ("| a | b |\n|---|---|\n", "| 1 | 2 |\n", 8.0),
        ("- ", "an item without an end ", 8.0),
        ("- top\n", "  - an item in an item\n", 8.0),
        ("- top\n", "\n  a paragraph in an item\n", 8.0),
        ("- top\n\n  ```py\n", "  x = f(1)\n", 8.0),
        ("", "> a quote\n", 8.0),
        ("", "> a paragraph of a quote\n>\n", 8.0),
        ("<div>\n", "html\n", 8.0),
        ("", "    indented\n", 8.0),
        ("[^1]: note\n", "\n    a paragraph of a note\n", 8.0),
        ("```\n", "0123456789", 30.0),
        // What is read before each part is long here.
        ("", &*deep, 16.0),
        // These have no words to part them at.
        ("", "👩‍👩‍👧‍👦🇩🇪👍🏽 ", 16.0),
        ("", "0123456789", 64.0),
        ("<div>", "html in a line ", 64.0),
        (
            "| a | b |\n|---|---|\n| 1 | ",
            "a cell without an end ",
            64.0,
        ),
        ("", &*quotes, 140.0),
    ] {
        let [short, long] = [30_000, 120_000]
            .map(|length| work_per_byte(&format!("{start}{}", unit.repeat(length / unit.len()))));
        assert!(long < short * 1.3, "{unit}: {short}, then {long}");
        assert!(long < limit, "{unit}: {long}");
    }
}
