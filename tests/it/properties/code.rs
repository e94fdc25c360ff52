//! The highlighter: colour never changes the code, whatever the grammar; and which grammars are slow.
//!
//! Seconds for one line are a grammar's fault; what keeps such lines out is the highlighter's business.

use std::sync::LazyLock;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use tokio::time::Instant;
use waferdeck::text::{SafeText, TAB_STOP, graphemes};

use super::generate;
use super::{seeds::try_with, support::code_lines};

/// The longest that one line may take.
const SLOW: Duration = Duration::from_millis(50);

/// A name for each grammar of the set that a fence can ask for.
static LANGUAGES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let set = two_face::syntax::extra_newlines();
    let mut languages = Vec::new();
    for syntax in set.syntaxes() {
        let names = syntax.file_extensions.iter().chain([&syntax.name]);
        let mut names = names.map(|name| name.to_ascii_lowercase());
        languages.extend(names.find(|name| {
            let is_word = !name.contains([' ', ',', '{', '}', '`']);
            let found = set.find_syntax_by_token(name);
            is_word && found.is_some_and(|found| found.name == syntax.name)
        }));
    }
    languages
});

/// Any lines in any language.
pub(super) fn target(seed: u64) {
    let case = (select(&LANGUAGES[..]), prop::collection::vec(line(), 1..6));
    try_with(seed, 12, &case, |(language, lines)| {
        check(&language, &lines.join("\n"));
    });
}

/// Lines that grammars do not expect.
fn line() -> impl Strategy<Value = String> {
    let marks = "[\"'`(\\[{<>)}\\]\\\\/*#$%@!:;,.=+|&~^?-]{1,40}";
    let piece = prop_oneof![
        3 => marks,
        3 => "[a-zA-Z_0-9]{1,12}",
        2 => select(TRICKS).prop_map(String::from),
        1 => " {1,96}",
        1 => "\t{1,4}",
        1 => generate::unicode(),
    ];
    prop_oneof![
        4 => prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat()),
        1 => (select(ENDLESS), 1..513_usize)
            .prop_map(|(unit, bytes)| unit.repeat((bytes / unit.len()).max(1))),
    ]
}

/// Beginnings of what may never end.
#[rustfmt::skip]
const TRICKS: &[&str] = &[
    "\"", "'", "\"\"\"", "'''", "`", "${", "#{", "{{", "{%", "<%", "<?php", "<!--", "-->", "/*", "*/", "//", "--",
    "(*", "%{", "<<EOF", "EOF", "r#\"", "=begin", "=cut", "#!/bin/sh", "function f(", "fn f<T: ",
    "class A extends ", "def f(x): ", "let x = ", "SELECT * FROM ", "<div class=\"", "import {", "if (", "} else {",
    "x => ", "a ? b : ", "::", "->", "0x1f", "1e10", "\\u{1f}", "@attr(", "#[derive(", "~~~", "+ a", "- b",
    "@@ -1 +1 @@", "key: value", "[section]", "# heading", "\\begin{x}", "$x$", "2026-01-01 12:00:00 ERROR",
];

/// Units of a line that goes on up to the limit.
#[rustfmt::skip]
const ENDLESS: &[&str] = &[
    "a", "0", " ", "\t", "\"", "'", "`", "(", "[", "{", "<", ")", "}", ">", "\\", "/", "*", "#", "$", "-", "=", ":",
    ".", ",", "a ", "a.", "a,", "a(", "a=", "a:", "a-", "a<", "() ", "<>", "\"\" ", "${", "\\\"", "/*", "a b=", "é",
    "漢", "👩‍👩‍👧‍👦", "*a ", "[a](", "\u{a0}",
];

fn check(language: &str, code: &str) {
    let code = SafeText::new(code).into_string();
    // A tower of marks is cut to what a cell holds; a tab becomes the blank that it stands on.
    if graphemes(&code.replace('\t', " ")).any(|(grapheme, _)| grapheme.chars().count() > 16) {
        return;
    }
    let lines: Vec<&str> = code
        .strip_suffix('\n')
        .unwrap_or(&code)
        .split('\n')
        .collect();
    let shown = code_lines(language, &code);
    let lines = if code.is_empty() { Vec::new() } else { lines };
    assert_eq!(shown.len(), lines.len(), "{language}: {code:?}");
    for (line, shown) in lines.into_iter().zip(shown) {
        if line.is_ascii() {
            assert_eq!(shown, with_blanks(line), "{language}");
        } else {
            // Where a grammar cuts a grapheme in two, a tab stop may move.
            let solid = |text: &str| text.replace([' ', '\t'], "");
            assert_eq!(solid(&shown), solid(line), "{language}");
        }
    }
}

/// A line of ASCII with its tabs as blanks up to the next stop.
fn with_blanks(line: &str) -> String {
    let mut out = String::new();
    for part in line.split_inclusive('\t') {
        out += part.trim_end_matches('\t');
        if part.ends_with('\t') {
            out += &" ".repeat(TAB_STOP - out.len() % TAB_STOP);
        }
    }
    out
}

#[test]
fn tabs_reach_the_next_stop() {
    assert_eq!(with_blanks("a\tb\t"), "a   b   ");
    assert_eq!(code_lines("nope", "\u{e9}\tx\n"), ["\u{e9}   x"]);
}

#[test]
fn every_grammar_keeps_the_code() {
    assert!(LANGUAGES.len() > 150, "{} grammars", LANGUAGES.len());
    let code = format!(
        "{}\n\n{}\n",
        TRICKS.join("\n"),
        "x = \"a\\\"\t{[(b' # 漢 👩‍👩‍👧‍👦"
    );
    for language in LANGUAGES.iter() {
        check(language, &code);
    }
}

#[test]
#[ignore = "by hand: prints the lines that take a grammar long, alone on the machine"]
fn slow_grammars() {
    let mixed =
        ["x = \"", "f(", "{ a: [", "<a b='"].map(|unit| (unit, unit.repeat(512 / unit.len())));
    let endless = ENDLESS
        .iter()
        .map(|unit| (*unit, unit.repeat(512 / unit.len())));
    let blanks = ["a", "\"", "(", "#", "-"]
        .map(|unit| (unit, format!("{unit}{}", " ".repeat(96)).repeat(5)));
    let tricks = TRICKS
        .iter()
        .map(|trick| (*trick, trick.repeat(512 / trick.len())));
    let lines: Vec<(&str, String)> = endless.chain(tricks).chain(mixed).chain(blanks).collect();
    for language in LANGUAGES.iter() {
        for (unit, line) in &lines {
            let took = time(language, line);
            if took > SLOW {
                let half = time(
                    language,
                    line.split_at(line.floor_char_boundary(line.len() / 2)).0,
                );
                println!(
                    "{language:20} {:4} bytes of {unit:?}: {took:.0?}, half of it {half:.0?}",
                    line.len()
                );
            }
        }
    }
}

/// What one line takes: the shortest of three times, the first of which compiles the grammar.
fn time(language: &str, line: &str) -> Duration {
    let once = || {
        let begin = Instant::now();
        code_lines(language, line);
        begin.elapsed()
    };
    let first = once();
    if first < SLOW || first > 20 * SLOW {
        first
    } else {
        first.min(once()).min(once())
    }
}
