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
/// Words in a line whose value may be a secret.
const TELLTALES: [&str; 5] = ["authorization", "bearer", "headers", "password", "proxy"];
/// Settings whose name sounds like a secret, and that hold none.
const HARMLESS: [&str; 5] = [
    "api_key_keyring",
    "auth",
    "keyring_timeout",
    "leader_key",
    "max_completion_tokens",
];

impl Excerpt {
    /// Shows `line` with a caret below the character at byte `offset`; of one that `is_secret` no value.
    pub(super) fn new(line: &str, offset: usize, is_secret: bool) -> Self {
        let (line, offset) = match hidden_from(line, is_secret) {
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
        let keep = if before_width + after_width.max(1) <= room {
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

/// How a key of Cerebras begins.
const KEY: &str = "csk-";

/// A name that a person wrote, without the key that was put into it by mistake.
pub(super) fn without_key(name: &str) -> String {
    match name.to_ascii_lowercase().find(KEY) {
        Some(key) => format!("{}…", name.get(..key).unwrap_or_default()),
        None => name.to_owned(),
    }
}

/// The byte from which on a line must not be printed: after its `=`, since its value may be a secret, or where a key
/// begins.
fn hidden_from(line: &str, is_secret: bool) -> Option<usize> {
    let lower = line.to_ascii_lowercase();
    let value = || line.find('=').map_or(0, |i| i + 1);
    let key = lower.find(KEY);
    let hides = is_secret || is_telling(&lower) || key.is_some();
    hides.then(|| key.map_or_else(value, |key| key.min(value())))
}

/// True if the value in a line, in lower case, may be a secret that stands where it belongs or not.
fn is_telling(line: &str) -> bool {
    let name = line.split_once('=').map_or("", |(name, _)| name);
    let name = name.rsplit('.').next().unwrap_or_default().trim();
    let is_number = |value: &str| value.trim().parse::<f64>().is_ok();
    if line.split_once('=').is_some_and(|(_, v)| is_number(v)) {
        return false;
    }
    let has_telling_name = !HARMLESS.contains(&name) && text::names_secret(name);
    // Before the host, or behind the path, where it has no business.
    let has_password = line.contains("://") && line.contains(['@', '?']);
    has_telling_name
        || has_password
        || TELLTALES.iter().any(|word| line.contains(word))
        || text::find_key(line, &[]).is_some()
}

/// `text` made safe, and without what looks like a key that was put into the wrong place.
pub(super) fn printable(text: &str) -> String {
    without_keys(&text::hide_likely(text::SafeText::new(text).as_str()))
}

fn without_keys(text: &str) -> String {
    let is_key = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(KEY) {
        let length: usize = after.chars().take_while(is_key).map(char::len_utf8).sum();
        let (key, behind) = after.split_at_checked(length).unwrap_or((after, ""));
        shown.extend([before, KEY, if key.is_empty() { "" } else { "…" }]);
        rest = behind;
    }
    shown + rest
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
    /// Let `default_profile` name a profile that there is.
    #[error("{0}")]
    NoProfile(Warning),
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
            what: printable(&what.into()),
            message: printable(&message.into()),
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
            message: printable(&message.into()),
        }
    }

    pub(super) fn at(place: Place, message: impl Into<String>) -> Self {
        Self {
            place: Some(place),
            message: printable(&message.into()),
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
            Excerpt::new(line, offset, false).to_string(),
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
        let full = "x".repeat(78);
        for (line, offset) in [
            (&line, 0),
            (&line, 5),
            (&line, 300),
            (&line, line.len()),
            (&full, 78),
        ] {
            for row in Excerpt::new(line, offset, false).to_string().lines() {
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
        check("x = 1, csk-abc = 2", 16, "  x = …\n      ^");
        check("csk-abc = 2", 8, "   …\n   ^");
        check(
            "x-api-key   = \"s3cret",
            14,
            "  x-api-key   = …\n                ^",
        );
        check(
            "base_url = \"https://u:s3cret@h\"",
            11,
            "  base_url = …\n             ^",
        );
        check(
            "model = \"sk-0123456789abcdef\"",
            8,
            "  model = …\n          ^",
        );
        // Where a key was pasted that looks like none.
        check(
            "api_key_file = \"gsk",
            15,
            "  api_key_file = …\n                 ^",
        );
        check("headers = -1", 10, "  headers = -1\n            ^");
        for harmless in ["auth = \"kye\"", "t.api_key_keyring = 3", "[keys.global"] {
            check(harmless, 0, &format!("  {harmless}\n  ^"));
        }
    }

    #[test]
    fn a_key_for_a_name_is_not_told() {
        let check = |text: &str, shown: &str| assert_eq!(printable(text), shown);
        check(
            "unknown setting csk-a1_B-2; csk-",
            "unknown setting csk-…; csk-",
        );
        check("no key", "no key");
    }

    #[test]
    fn what_a_message_quotes_drives_no_terminal() {
        let message = "found \"a\u{feff}b\u{1b}[2J\"";
        let shown = "found \"a⟨U+FEFF⟩b␛[2J\"";
        assert_eq!(Warning::new(message).to_string(), shown);
        let error = Error::value(message, message).to_string();
        assert_eq!(error, format!("{shown}: {shown}"));
    }
}
