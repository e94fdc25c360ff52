//! The mock's own tokens: pieces of about four characters, cut the same way every time and never inside a character.
//! They stand in for a real tokeniser's; nothing but the mock's own counts depends on them.

/// Letters of one word that share a token.
const WORD: usize = 5;
/// Digits that share a token.
const DIGITS: usize = 3;
/// Blanks that share a token, as in the indent of code.
const BLANKS: usize = 8;

/// Bytes of the first token of `text`; 0 only for empty text.
pub(crate) fn first_len(text: &str) -> usize {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return 0 };
    let rest = chars.as_str();
    let same = |limit: usize, belongs: fn(char) -> bool| -> usize {
        let more = rest.chars().take(limit - 1).take_while(|c| belongs(*c));
        first.len_utf8() + more.map(char::len_utf8).sum::<usize>()
    };
    match first {
        ' ' if rest.starts_with(|c: char| c.is_ascii_alphabetic()) => 1 + first_len(rest),
        ' ' => same(BLANKS, |c| c == ' '),
        '\n' => same(BLANKS, |c| c == '\n'),
        '0'..='9' => same(DIGITS, |c| c.is_ascii_digit()),
        'a'..='z' | 'A'..='Z' => same(WORD, |c| c.is_ascii_alphabetic()),
        '`' | '-' | '=' | '#' | '|' => {
            let more = rest.chars().take(2).take_while(|c| *c == first).count();
            1 + more
        }
        other => other.len_utf8(),
    }
}

/// Tokens of an answer's text.
pub(crate) fn count(mut text: &str) -> u64 {
    let mut tokens = 0;
    while !text.is_empty() {
        text = text.get(first_len(text)..).unwrap_or_default();
        tokens += 1;
    }
    tokens
}

/// Tokens of a prompt with `chars` characters: a quarter of them, rounded up, and the model's template.
pub(crate) fn of_prompt(chars: u64, template: u64) -> u64 {
    chars.div_ceil(4) + template
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, tail) = rest.split_at(first_len(rest));
            pieces.push(piece);
            rest = tail;
        }
        assert_eq!(pieces, expected);
    }

    #[test]
    fn cuts_words_numbers_and_marks() {
        check(
            "A wafer sorts 12345 items.",
            &["A", " wafer", " sorts", " ", "123", "45", " items", "."],
        );
        check(
            "```rust\n    let x",
            &["```", "rust", "\n", "    ", "let", " x"],
        );
        check("速い🙂", &["速", "い", "🙂"]);
        check("", &[]);
        assert_eq!(count("A wafer sorts."), 4);
    }

    #[test]
    fn prompts_are_counted_by_characters() {
        assert_eq!(of_prompt(12, 65), 68);
        assert_eq!(of_prompt(13, 15), 19);
    }

    proptest! {
        #[test]
        fn every_cut_is_a_character_boundary_and_moves_on(text in "\\PC{0,60}") {
            let mut rest = text.as_str();
            while !rest.is_empty() {
                let len = first_len(rest);
                prop_assert!(len > 0 && rest.is_char_boundary(len));
                rest = rest.split_at(len).1;
            }
        }
    }
}
