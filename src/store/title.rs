//! The title of a session that the person gave none: the first words of the first prompt.
//!
//! It is for a list or a status line, cleaned and on one line; a file is never named by it.

use crate::text::{self, SafeText};

/// A title takes at most this many columns.
const COLUMNS: usize = 60;

/// The first words of `prompt`, cleaned, at most 60 columns wide; `…` stands for the rest.
pub fn title_from(prompt: &str) -> String {
    // Of a prompt of a megabyte its beginning is enough: sixty columns take no more than this many characters of use.
    let head: String = prompt.trim_start().chars().take(1000).collect();
    let line = SafeText::line(&head).into_string();
    if text::width(&line) <= COLUMNS {
        return line;
    }
    let mut title = String::new();
    let mut columns = 0;
    for (grapheme, width) in text::graphemes(&line) {
        if columns + width > COLUMNS - 1 {
            break;
        }
        columns += width;
        title.push_str(grapheme);
    }
    if let Some((words, _)) = title
        .rsplit_once(' ')
        .filter(|(w, _)| w.len() > COLUMNS / 2)
    {
        title.truncate(words.len());
    }
    title.truncate(title.trim_end().len());
    title.push('…');
    title
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(prompt: &str, title: &str) {
        assert_eq!(title_from(prompt), title);
        assert!(text::width(&title_from(prompt)) <= COLUMNS);
    }

    #[test]
    fn it_is_the_first_words_on_one_line() {
        check("", "");
        check(
            "  Write a stable\n\tmerge   sort ",
            "Write a stable merge sort",
        );
        check(
            "Explain how a stable merge sort in Rust differs from the one of Python",
            "Explain how a stable merge sort in Rust differs from the…",
        );
    }

    #[test]
    fn long_words_and_wide_characters_are_cut_at_a_column() {
        check(&"a".repeat(80), &format!("{}…", "a".repeat(59)));
        check(&"語".repeat(80), &format!("{}…", "語".repeat(29)));
    }
}
