//! Safe text cut to fit: columns, cells, tab stops, and names for files.
//!
//! All functions count columns as [`width`](super::width) does.

use std::borrow::Cow;

use super::{graphemes, width};

/// Columns between tab stops.
pub const TAB_STOP: usize = 4;

/// Code points drawn in one cell: towers of combining marks are cut there, the transcript keeps all of them.
const CELL_LIMIT: usize = 16;

/// The longest [`slug`].
const SLUG_LIMIT: usize = 64;

/// The longest start of `text` that fits into `columns`, and the columns it takes.
pub fn take_columns(text: &str, columns: usize) -> (&str, usize) {
    let (mut end, mut taken) = (0_usize, 0_usize);
    for (grapheme, grapheme_columns) in graphemes(text) {
        let next = taken.saturating_add(grapheme_columns);
        if next > columns {
            break;
        }
        taken = next;
        end = end.saturating_add(grapheme.len());
    }
    (text.get(..end).unwrap_or_default(), taken)
}

/// `text`, or as much of it as fits into `columns` together with an ellipsis.
///
/// ```
/// # use waferdeck::text::truncate;
/// assert_eq!(truncate("merge sort", 6), "merge…");
/// ```
pub fn truncate(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    match columns.checked_sub(1) {
        None => Cow::Borrowed(""),
        Some(room) => Cow::Owned(format!("{}…", take_columns(text, room).0.trim_end())),
    }
}

/// What of a grapheme is given to one cell: its first 16 code points.
///
/// The cut leaves no joiner at the end that would tie the next cell to this one.
pub fn cell(grapheme: &str) -> &str {
    match grapheme.char_indices().nth(CELL_LIMIT) {
        None => grapheme,
        Some((end, _)) => grapheme
            .get(..end)
            .unwrap_or_default()
            .trim_end_matches(ties_the_next),
    }
}

/// A name for files and links: `[a-z0-9-]`, 1 to 64 characters, whatever the text.
///
/// ```
/// # use waferdeck::text::slug;
/// assert_eq!(slug("../Merge sort, in Rust!"), "merge-sort-in-rust");
/// ```
pub fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if out.len() == SLUG_LIMIT {
            break;
        }
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    if out.is_empty() {
        out.push_str("untitled");
    }
    out
}

/// The zero-width joiner, and the signs that stack Indic and South-East Asian letters.
fn ties_the_next(c: char) -> bool {
    matches!(
        c,
        '\u{200d}'
            | '\u{94d}'
            | '\u{9cd}'
            | '\u{acd}'
            | '\u{b4d}'
            | '\u{c4d}'
            | '\u{d4d}'
            | '\u{1039}'
            | '\u{17d2}'
            | '\u{1a60}'
            | '\u{1b44}'
            | '\u{1bab}'
            | '\u{a9c0}'
            | '\u{aaf6}'
            | '\u{10a3f}'
            | '\u{11133}'
            | '\u{113d0}'
            | '\u{1193e}'
            | '\u{11a47}'
            | '\u{11a99}'
    )
}
