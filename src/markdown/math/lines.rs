//! What lines begin with, as far as LaTeX has to know: quotes, items, and what ends a paragraph.
//!
//! Blocks are the parser's; this is only where LaTeX cannot go on.

use crate::markdown::split::{LIST_DIGITS, line_start};

/// What stands before the text of a line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lead {
    /// Bytes of it.
    pub(super) len: usize,
    pub(super) quotes: usize,
    /// Whether an item begins.
    pub(super) is_item: bool,
}

impl Lead {
    pub(super) fn of(line: &str) -> Self {
        let mut lead = Self::default();
        let mut rest = line;
        loop {
            let text = rest.trim_start_matches([' ', '\t']);
            if let Some(after) = text.strip_prefix('>') {
                lead.quotes += 1;
                rest = after;
            } else if let Some(after) = after_item_mark(text) {
                lead.is_item = true;
                rest = after;
            } else {
                lead.len = line.len() - text.len();
                return lead;
            }
        }
    }
}

/// How many marks of quotes begin the line of `at`.
pub(super) fn quotes_before(text: &str, at: usize) -> usize {
    let line = text.get(line_start(text, at)..at).unwrap_or_default();
    Lead::of(line).quotes
}

/// A line without its marks of quotes, of which it may have `quotes`.
pub(super) fn within_quotes(line: &str, quotes: usize) -> &str {
    let mut line = line;
    for _ in 0..quotes {
        match line.trim_start_matches([' ', '\t']).strip_prefix('>') {
            Some(after) => line = after,
            None => break,
        }
    }
    line
}

/// What follows the mark of an item.
fn after_item_mark(text: &str) -> Option<&str> {
    let after = text.strip_prefix(['-', '*', '+']).or_else(|| {
        let after = text.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = text.len() - after.len();
        let is_number = (1..=LIST_DIGITS).contains(&digits);
        after.strip_prefix(['.', ')']).filter(|_| is_number)
    })?;
    after.starts_with([' ', '\t']).then_some(after)
}

/// Whether a line, without what indents it, is code's fence.
pub(super) fn is_fence(text: &str) -> bool {
    text.starts_with("```") || text.starts_with("~~~")
}

/// Whether a paragraph does not go on with a line, without what indents it.
pub(super) fn ends_paragraph(text: &str) -> bool {
    let text = text.trim_end();
    let is_sign = |c| matches!(c, '-' | '=' | '*' | '_' | ' ' | '\t');
    text.starts_with(['#', '<'])
        || is_fence(text)
        || after_item_mark(text).is_some()
        || text.chars().all(is_sign)
}

/// How many columns the table has whose header ends with this line.
pub(super) fn columns(text: &str) -> Option<usize> {
    let text = text.trim_end();
    let is_rule = text.contains('|') && text.contains('-');
    let is_sign = |c| matches!(c, '|' | '-' | ':' | ' ' | '\t');
    if !is_rule || !text.chars().all(is_sign) {
        return None;
    }
    let text = text.strip_prefix('|').unwrap_or(text);
    Some(text.strip_suffix('|').unwrap_or(text).split('|').count())
}
