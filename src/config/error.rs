//! What configuration says when something is wrong: errors that stop a command, warnings that do not, and the
//! place in a file that either is about. Exit codes and colours are left to `cli`.

use std::{fmt, io, path::PathBuf};

use crate::text;

/// A position in a file that a person wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// Counts from 1.
    pub line: usize,
    /// Counts characters from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file.display(), self.line, self.column)
    }
}

/// A line of a file, made safe to print and cut to 80 columns, with a mark below the column in question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    line: String,
    /// Columns before the caret.
    caret: usize,
}

/// Width of an excerpt with its indent.
const EXCERPT_WIDTH: usize = 80;
/// Columns that the excerpt is moved in by.
const INDENT: usize = 2;
/// Words in a line whose value may be a secret that was put into the wrong place.
const TELLTALES: [&str; 8] = [
    "api_key =",
    "api_key=",
    "authorization",
    "bearer",
    "csk-",
    "headers",
    "password",
    "proxy",
];

impl Excerpt {
    /// Shows `line` with a caret below the character at byte `offset`.
    pub(super) fn new(line: &str, offset: usize) -> Self {
        let (line, offset) = match hidden_from(line) {
            Some(end) => (
                format!("{} …", line.get(..end).unwrap_or_default()),
                offset.min(end + 1),
            ),
            None => (line.to_owned(), offset),
        };
        let before = clean(line.get(..offset).unwrap_or(&line));
        let after = clean(line.get(offset..).unwrap_or_default());
        let room = EXCERPT_WIDTH - INDENT;
        let (before_width, after_width) = (text::width(&before), text::width(&after));
        // Keep the caret in view: a third of the line after it, or all of it if that is less.
        let keep = if before_width + after_width <= room {
            before_width
        } else {
            before_width.min(room - after_width.clamp(1, room / 3))
        };
        let mut shown = last_columns(&before, keep);
        let caret = text::width(&shown);
        shown.push_str(&first_columns(&after, room - caret));
        Self { line: shown, caret }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let indent = INDENT;
        writeln!(f, "{:indent$}{}", "", self.line)?;
        write!(f, "{:1$}^", "", indent + self.caret)
    }
}

/// The byte after the `=` of a line whose value must not be printed.
fn hidden_from(line: &str) -> Option<usize> {
    let lower = line.to_lowercase();
    TELLTALES
        .iter()
        .any(|word| lower.contains(word))
        .then(|| line.find('=').map_or(0, |i| i + 1))
}

fn clean(part: &str) -> String {
    text::SafeText::new(&part.replace(['\t', '\n', '\r'], " ")).into_string()
}

fn first_columns(text: &str, columns: usize) -> String {
    let mut used = 0;
    text::graphemes(text)
        .take_while(|(_, width)| {
            used += width;
            used <= columns
        })
        .map(|(grapheme, _)| grapheme)
        .collect()
}

fn last_columns(text: &str, columns: usize) -> String {
    let mut excess = text::width(text).saturating_sub(columns);
    text::graphemes(text)
        .skip_while(|(_, width)| {
            let skip = excess > 0;
            excess = excess.saturating_sub(*width);
            skip
        })
        .map(|(grapheme, _)| grapheme)
        .collect()
}

/// Something in a file that cannot be used as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What is wrong, in one line.
    pub message: String,
    /// The line it is about.
    pub excerpt: Excerpt,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\n{}", self.place, self.message, self.excerpt)
    }
}

/// Why there is no configuration; the variants are the ways out. All of them are exit code 2.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Correct the file at the place.
    #[error("{0}")]
    Fault(Box<Fault>),
    /// Make the file readable, or name another.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What stands in the way.
        reason: String,
        /// What the system said.
        #[source]
        cause: Option<io::Error>,
    },
    /// Make room or give permission, or name another.
    #[error("{}: cannot be written: {cause}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// Correct the flag, variable or variant.
    #[error("{what}: {message}")]
    Value {
        /// The flag, the variable, or the text that was given.
        what: String,
        /// What is wrong, and what would be right.
        message: String,
    },
    /// Give one of two settings another key.
    #[error(
        "{key} is bound to both {first} and {second}; give one of them another key, or none with []"
    )]
    Clash {
        /// The keys, in their text form.
        key: String,
        /// Name of one setting.
        first: String,
        /// Name of the other.
        second: String,
    },
    /// Say where files go.
    #[error(
        "no home directory; set WAFERDECK_CONFIG_DIR, WAFERDECK_DATA_DIR and WAFERDECK_STATE_DIR"
    )]
    NoHome,
}

impl Error {
    pub(super) fn value(what: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Value {
            what: what.into(),
            message: message.into(),
        }
    }
}

/// Something that was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where, if it is in a file.
    pub place: Option<Place>,
    /// What was passed over and why, in one line; never a value that might be a secret.
    pub message: String,
}

impl Warning {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            place: None,
            message: message.into(),
        }
    }

    pub(super) fn at(place: Place, message: impl Into<String>) -> Self {
        Self {
            place: Some(place),
            message: message.into(),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, offset: usize, expected: &str) {
        assert_eq!(
            Excerpt::new(line, offset).to_string(),
            expected,
            "{line:?} at {offset}"
        );
    }

    #[test]
    fn the_caret_stands_below_the_character() {
        check(
            "timeout = \"soon\"",
            10,
            "  timeout = \"soon\"\n            ^",
        );
        check("\ta = 1", 5, "   a = 1\n       ^");
        check("名 = 日", 6, "  名 = 日\n       ^");
        check("", 0, "  \n  ^");
        check("a = ", 99, "  a = \n      ^");
    }

    #[test]
    fn a_long_line_is_cut_to_eighty_columns_around_the_caret() {
        let line = format!("a = [{}]", "1, ".repeat(200));
        for offset in [0, 5, 300, line.len()] {
            for row in Excerpt::new(&line, offset).to_string().lines() {
                assert!(text::width(row) <= 80, "{offset}: {row}");
            }
        }
    }

    #[test]
    fn a_value_that_may_be_a_secret_is_not_shown() {
        check("api_key = \"csk-abc", 10, "  api_key = …\n            ^");
        check(
            "Authorization = Bearer x",
            16,
            "  Authorization = …\n                  ^",
        );
        check("  csk-abc", 2, "   …\n   ^");
    }
}
