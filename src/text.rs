//! Text that the world wrote, made safe to draw; widths, graphemes and counts in words; and secrets taken out of it.
//!
//! The [`Sanitiser`] is the only place where control and invisible characters are replaced; [`SafeText`] is its result.

#![deny(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

mod count;
mod fit;
mod sanitise;
mod secret;
mod secrets;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};
use unicode_width::UnicodeWidthStr;

pub use count::{bytes, counted, grouped, size, unreadable};
pub use fit::{TAB_STOP, cell, slug, take_columns, truncate};
pub use sanitise::{Sanitiser, is_hidden};
pub use secret::{Secret, names_secret};
pub use secrets::{
    Found, HIDDEN, KeyFound, KeyPrint, Secrets, Strand, find_key, hide_known, hide_likely, without,
};

/// Text in which every character can be drawn: of the control characters only `\n` and `\t` are left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SafeText(String);

impl SafeText {
    /// Replaces whatever could drive a terminal or hide in it by a visible stand-in.
    ///
    /// ```
    /// # use waferdeck::text::SafeText;
    /// assert_eq!(SafeText::new("\u{1b}[2J\u{202e}\r\n").as_str(), "␛[2J⟨U+202E⟩\n");
    /// ```
    pub fn new(raw: &str) -> Self {
        let mut sanitiser = Sanitiser::default();
        let mut text = String::with_capacity(raw.len());
        sanitiser.push(raw, &mut text);
        sanitiser.finish(&mut text);
        Self(text)
    }

    /// The same on a single line: line breaks and tabs become spaces, runs of blanks one blank.
    pub fn line(raw: &str) -> Self {
        let safe = Self::new(raw).0;
        Self(safe.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for SafeText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<SafeText> for Cow<'_, str> {
    fn from(text: SafeText) -> Self {
        Cow::Owned(text.0)
    }
}

/// Columns that `text` takes on a terminal: the sum of its graphemes, as the cells of the screen count them.
///
/// Not the width of the string as a whole: that joins across graphemes (Arabic lam-alef is one column there), while
/// each cell is drawn alone.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        graphemes(text).fold(0, |sum, (_, columns)| sum.saturating_add(columns))
    }
}

/// The graphemes of `text`, each with its columns: 0 to 2, more only for a conjunct of several Indic letters.
pub fn graphemes(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.graphemes(true)
        .map(|grapheme| (grapheme, columns(grapheme)))
}

/// Where the first grapheme of `text` begins that does not begin before the byte `at`.
///
/// ```
/// # use waferdeck::text::cluster_start;
/// assert_eq!(cluster_start("a👩\u{200d}👧b", 0), 0);
/// assert_eq!(cluster_start("a👩\u{200d}👧b", 2), 12);
/// assert_eq!(cluster_start("ab", 7), 2);
/// ```
pub fn cluster_start(text: &str, at: usize) -> usize {
    let at = text.ceil_char_boundary(at.min(text.len()));
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    match cursor.is_boundary(text, 0) {
        Ok(false) => cursor
            .next_boundary(text, 0)
            .ok()
            .flatten()
            .unwrap_or(text.len()),
        _ => at,
    }
}

/// Columns of one grapheme, as the screen's cells count them.
fn columns(grapheme: &str) -> usize {
    if grapheme.len() == 1 {
        return 1;
    }
    // Terminals give each half-width sound mark of katakana a cell, and so does the screen's buffer.
    let sound_marks = grapheme
        .chars()
        .filter(|c| matches!(c, '\u{ff9e}' | '\u{ff9f}'))
        .count();
    grapheme.width().saturating_add(sound_marks)
}
