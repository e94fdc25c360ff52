//! The sanitiser: nothing that drives a terminal or hides in it comes through, however the text was cut.
//!
//! Which characters hide is said here once more, from the Unicode tables, not from the sanitiser's own.

use proptest::prelude::*;
use waferdeck::text::{SafeText, Sanitiser, cell, graphemes, take_columns, width};

use super::generate;
use super::seeds::try_with;

/// Sanitiser, widths and graphemes.
pub(super) fn target(seed: u64) {
    try_with(
        seed,
        48,
        &(generate::text(), generate::cuts()),
        |(raw, cuts)| {
            check_sanitiser(&raw, &cuts);
        },
    );
    try_with(
        seed,
        32,
        &prop_oneof![generate::unicode(), generate::bytes()],
        |raw| {
            check_columns(SafeText::line(&raw).as_str());
        },
    );
}

fn check_sanitiser(raw: &str, cuts: &[(usize, bool)]) {
    let safe = SafeText::new(raw).into_string();
    assert_visible(&safe.replace(['\n', '\t'], " "));
    assert_eq!(
        SafeText::new(&safe).as_str(),
        safe,
        "safe text stays as it is"
    );
    let mut pieces = String::new();
    let mut sanitiser = Sanitiser::default();
    let mut rest = raw;
    for (length, _) in cuts.iter().cycle() {
        let at = rest.char_indices().nth(*length).map_or(rest.len(), |c| c.0);
        let (piece, after) = rest.split_at(at);
        sanitiser.push(piece, &mut pieces);
        rest = after;
        if rest.is_empty() {
            break;
        }
    }
    sanitiser.finish(&mut pieces);
    assert_eq!(pieces, safe, "any split gives the same");
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    assert!(letters(&safe) >= letters(raw), "letters stay");
}

fn check_columns(line: &str) {
    let sum: usize = graphemes(line).map(|(_, columns)| columns).sum();
    assert_eq!(width(line), sum);
    assert_eq!(graphemes(line).map(|(g, _)| g).collect::<String>(), line);
    for columns in [0, 1, 2, 3, 7, 40] {
        let (start, taken) = take_columns(line, columns);
        assert!(taken <= columns && line.starts_with(start));
    }
    for (grapheme, columns) in graphemes(line) {
        assert!(grapheme.starts_with(cell(grapheme)));
        assert!(width(cell(grapheme)) <= columns.max(2));
    }
}

/// Every character of a row is drawn, or belongs to a character before it that is.
#[track_caller]
pub(super) fn assert_visible(row: &str) {
    let mut before = None;
    for c in row.chars() {
        assert!(!c.is_control(), "a control character: {row:?}");
        assert!(!is_hidden(c), "U+{:04X} hides: {row:?}", u32::from(c));
        let is_alone = before.is_none_or(|b: char| b.is_ascii_alphabetic() || b == ' ');
        assert!(
            !(is_alone && is_joining(c)),
            "U+{:04X} joins nothing: {row:?}",
            u32::from(c)
        );
        before = Some(c);
    }
}

/// Of `Default_Ignorable_Code_Point` and the formats (Cf) all that no script and no emoji needs; noncharacters.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{200e}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e001f}' | '\u{e0080}'..='\u{e00ff}'
        | '\u{e01f0}'..='\u{e0fff}' | '\u{fdd0}'..='\u{fdef}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// Shows nothing by itself, but some scripts and emoji are written with it. Without the two selectors of emoji: one
/// after a `*` that was markup is left alone, and no cell takes it.
fn is_joining(c: char) -> bool {
    matches!(c,
        '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0d}'
        | '\u{e0020}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}')
}
