//! What is looked for, and where it stands in a text: letters in the case that was typed, or in any.
//!
//! Places are bytes of the text as it is; what was found may have another length than what was typed.

use memchr::{memchr2, memmem};

/// Bytes of the longest character.
const CHAR: usize = 4;

/// What is looked for, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needle {
    text: String,
    case: Case,
}

/// Which letters are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Case {
    /// Those that are written alike: capitals were typed.
    #[default]
    Exact,
    /// Those of ASCII without regard to case; nothing else was typed.
    Ascii,
    /// All without regard to case; this was typed, folded.
    Folded(Vec<char>),
}

impl Needle {
    /// A query without capitals finds them, too.
    pub(super) fn new(text: String) -> Self {
        let case = if text.chars().any(char::is_uppercase) {
            Case::Exact
        } else if text.is_ascii() {
            Case::Ascii
        } else {
            Case::Folded(text.chars().map(fold).collect())
        };
        Self { text, case }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Bytes of the longest place that may be found.
    pub(super) fn longest(&self) -> usize {
        match &self.case {
            Case::Exact | Case::Ascii => self.text.len(),
            Case::Folded(chars) => chars.len() * CHAR,
        }
    }

    /// Tells `found` where places begin from `from` on, and how many bytes they have. They do not overlap.
    pub(super) fn search(&self, text: &str, from: usize, mut found: impl FnMut(usize, usize)) {
        let len = self.text.len();
        if len == 0 {
            return;
        }
        let bytes = text.as_bytes().get(from..).unwrap_or_default();
        match &self.case {
            Case::Exact => {
                memmem::find_iter(bytes, &self.text).for_each(|at| found(from + at, len));
            }
            Case::Ascii => ascii(self.text.as_bytes(), bytes, |at| found(from + at, len)),
            Case::Folded(chars) => {
                let mut at = text.floor_char_boundary(from);
                while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
                    let len = folded_len(chars, rest);
                    if let Some(len) = len {
                        found(at, len);
                    }
                    at += len.unwrap_or_else(|| rest.ceil_char_boundary(1));
                }
            }
        }
    }
}

/// The places of `needle` in `text` without regard to the case of ASCII.
fn ascii(needle: &[u8], text: &[u8], mut found: impl FnMut(usize)) {
    let Some(first) = needle.first() else {
        return;
    };
    let (small, large) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
    let mut at = 0;
    while let Some(hit) = memchr2(small, large, text.get(at..).unwrap_or_default()) {
        let start = at + hit;
        let Some(candidate) = text.get(start..start + needle.len()) else {
            return;
        };
        at = start + 1;
        if candidate.eq_ignore_ascii_case(needle) {
            found(start);
            at = start + needle.len();
        }
    }
}

/// Bytes of the beginning of `text` that is `needle` when folded, if it is.
fn folded_len(needle: &[char], text: &str) -> Option<usize> {
    let mut chars = text.chars();
    for wanted in needle {
        if fold(chars.next()?) != *wanted {
            return None;
        }
    }
    Some(text.len() - chars.as_str().len())
}

/// A letter without its case, character for character: what has a small form of several stays, and so do signs that
/// only look like letters of ASCII.
fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut small = c.to_lowercase();
    match (small.next(), small.next()) {
        // The same letter at the end of a word.
        (Some('ς'), None) => 'σ',
        (Some(small), None) if !small.is_ascii() => small,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(query: &str, text: &str) -> Vec<(usize, usize)> {
        let mut places = Vec::new();
        Needle::new(query.to_owned()).search(text, 0, |at, len| places.push((at, len)));
        places
    }

    #[test]
    fn case_matters_only_where_a_capital_was_typed() {
        assert_eq!(found("ab", "ab AB aB"), [(0, 2), (3, 2), (6, 2)]);
        assert_eq!(found("aB", "ab AB aB"), [(6, 2)]);
        assert_eq!(found("é", "é É"), [(0, 2), (3, 2)]);
        assert_eq!(found("É", "é É"), [(3, 2)]);
        assert_eq!(found("привет", "ПРИВЕТ, Привет").len(), 2);
        assert_eq!(found("λογος", "ΛΟΓΟΣ").len(), 1);
        assert_eq!(found("aa", "aaaa"), [(0, 2), (2, 2)], "no overlap");
        assert_eq!(found("éé", "ÉéÉé"), [(0, 4), (4, 4)], "no overlap");
        assert_eq!(found("x", "no"), []);
    }

    #[test]
    fn places_have_the_length_that_the_text_has() {
        assert_eq!(found("straße", "STRAẞE, straße"), [(0, 8), (10, 7)]);
        assert_eq!(found("ⱥx", "ȺX ⱥx"), [(0, 3), (4, 4)]);
        assert_eq!(found("k", "\u{212a}"), [], "a sign, not the letter");
        assert_eq!(found("é i", "É İ"), [], "a small form of two characters");
    }
}
