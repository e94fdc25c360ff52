//! What is looked for, and how: letters in the case that was typed, or in any, with the signs of Markdown or without.
//!
//! Where it stands is found in a reading of the text, which is `haystack`'s.

use memchr::memmem;

use super::haystack::{Reading, is_sign};

/// What is looked for, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Needle {
    text: String,
    /// What is looked for in a reading.
    wanted: String,
    reading: Reading,
}

impl Needle {
    /// A query without capitals finds them, too; one without signs finds text whatever signs are in it.
    pub(super) fn new(text: String) -> Self {
        let reading = Reading {
            is_plain: !text.contains(|c| is_sign(c) || c == '\n') && !text.contains("  "),
            is_folded: !text.chars().any(char::is_uppercase),
        };
        let wanted = if reading.is_folded {
            text.chars().map(fold).collect()
        } else {
            text.clone()
        };
        Self {
            text,
            wanted,
            reading,
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// How texts are to be read for it.
    pub(super) fn reading(&self) -> Reading {
        self.reading
    }

    /// Bytes of it in a reading.
    pub(super) fn len(&self) -> usize {
        self.wanted.len()
    }

    /// Where it begins in a reading from `from` on. Places do not overlap.
    pub(super) fn search(&self, reading: &str, from: usize) -> impl Iterator<Item = usize> {
        let bytes = reading.as_bytes().get(from..).unwrap_or_default();
        memmem::find_iter(bytes, &self.wanted).map(move |at| from + at)
    }
}

/// A letter without its case, character for character: what has a small form of several stays, and so do signs that
/// only look like letters of ASCII.
pub(super) fn fold(c: char) -> char {
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
    use super::{super::haystack::Haystack, *};

    fn found(query: &str, text: &str) -> Vec<(usize, usize)> {
        let needle = Needle::new(query.to_owned());
        let mut hay = Haystack::new(needle.reading());
        hay.grow(text, true);
        let places = needle.search(hay.text(text), 0);
        let places = places.map(|at| hay.place(text, at, at + needle.len()));
        places.map(|(start, end)| (start, end - start)).collect()
    }

    #[test]
    fn what_is_shown_as_one_is_found_as_one() {
        let check = |query, text: &str, expected: &[&str]| {
            let found = found(query, text);
            let found = found
                .iter()
                .map(|&(at, len)| text.get(at..at + len).expect("a place"));
            assert_eq!(found.collect::<Vec<_>>(), expected, "{query} in {text}");
        };
        check("bold word", "a **bold** word", &["bold** word"]);
        check("abcdef", "ab*cd*ef, abcdef", &["ab*cd*ef", "abcdef"]);
        check("use it", "`use` ~~it~~ *use it*", &["use` ~~it", "use it"]);
        check("abc def", "abc\ndef", &["abc\ndef"]);
        check("abc def", "> abc\n>   def", &["abc\n>   def"]);
        check("abc def", "abc \n  def", &["abc \n  def"]);
        check("abc def", "abc\n\ndef abc\n> \ndef", &[]);
        check("snake case", "snake_case", &[]);
        check("snakecase", "snake_case", &[]);
        check("a  b", "a * b a  b", &["a  b"]);
        check("2 4", "2 * 4 ~ 4", &[]);
        check("*bold*", "**bold**", &["*bold*"]);
        check("straße", "STRA*ẞE*", &["STRA*ẞE"]);
        check("Ab", "*A*b ab", &["A*b"]);
    }

    #[test]
    fn repetition_costs_no_more_than_other_text() {
        let text = "a".repeat(1 << 20);
        assert_eq!(found(&format!("{}b", "a".repeat(255)), &text), []);
        let signs = "*a".repeat((1 << 20) + 256);
        let query = "a".repeat(256);
        assert!(!found(&query, &signs).is_empty());
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
