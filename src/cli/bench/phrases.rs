//! Sentences and lists on rows of a terminal: a row ends between phrases, where there is one, and not within a term.
//!
//! Words of a phrase that is wider than a row wrap as everywhere.

use crate::{text, ui::format};

/// What ends a phrase.
const ENDS: [&str; 3] = [" · ", ", ", "; "];
/// What ends a part of a phrase that is too wide for a row of its own.
const PART_ENDS: [&str; 1] = [": "];
/// Rows after the first stand this much further to the right.
const INDENT: &str = "  ";

/// `text` on rows of `columns` at most.
pub(super) fn rows(text: &str, columns: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let mut row = String::new();
    let fits = |phrase: &str| text::width(bare(phrase)) + INDENT.len() <= columns;
    let parts = phrases(text, &ENDS).into_iter().flat_map(|phrase| {
        if fits(phrase) {
            vec![phrase]
        } else {
            phrases(phrase, &PART_ENDS)
        }
    });
    for phrase in parts {
        let joined = format!("{row}{phrase}");
        if text::width(bare(&joined)) <= columns {
            row = joined;
            continue;
        }
        let room = columns.saturating_sub(INDENT.len());
        if !row.trim().is_empty() {
            rows.push(bare(&row).to_owned());
        }
        let is_first = rows.is_empty();
        let mut wrapped = format::wrap(phrase.trim_end(), room);
        row = wrapped.pop().unwrap_or_default();
        rows.extend(wrapped.into_iter().enumerate().map(|(at, words)| {
            let indent = if is_first && at == 0 { "" } else { INDENT };
            format!("{indent}{words}")
        }));
        if !rows.is_empty() {
            row.insert_str(0, INDENT);
        }
        row.push_str(phrase.strip_prefix(phrase.trim_end()).unwrap_or_default());
    }
    if !row.trim().is_empty() {
        rows.push(bare(&row).to_owned());
    }
    rows
}

/// Without the sign between phrases at its end.
fn bare(row: &str) -> &str {
    row.trim_end().trim_end_matches(" ·")
}

/// The parts of `text`, each with what ends it.
fn phrases<'a>(text: &'a str, ends: &[&str]) -> Vec<&'a str> {
    let mut phrases = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let found = ends
            .iter()
            .filter_map(|end| Some(rest.find(end)? + end.len()));
        let (phrase, after) = rest.split_at(found.min().unwrap_or(rest.len()));
        phrases.push(phrase);
        rest = after;
    }
    phrases
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_ends_between_phrases() {
        assert_eq!(
            rows("server speed, wall speed, TPOT –: too short", 26),
            ["server speed, wall speed,", "  TPOT –: too short"]
        );
        assert_eq!(
            rows("per user: server clock; all users: tokens by time", 40),
            ["per user: server clock;", "  all users: tokens by time"]
        );
        assert_eq!(
            rows("1,200 tok/s · 3 answers", 14),
            ["1,200 tok/s", "  3 answers"]
        );
        assert_eq!(rows("a, b, c", 80), ["a, b, c"]);
        assert_eq!(rows("", 10), [""; 0]);
    }

    #[test]
    fn a_phrase_that_is_too_wide_wraps_between_words() {
        assert_eq!(
            rows("why: all text came in one read of it, or two", 18),
            [
                "why:",
                "  all text came in",
                "  one read of it,",
                "  or two"
            ]
        );
        let wide = "x".repeat(30);
        let cut = rows(&wide, 10);
        assert!(cut.iter().all(|row| text::width(row) <= 10), "{cut:?}");
        assert_eq!(cut.concat().matches('x').count(), 30);
    }
}
