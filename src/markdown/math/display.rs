//! LaTeX in lines of its own: from a line that begins with `\[`, `$$` or an environment to where that ends.
//!
//! Once hidden, its lines are no items, headings or tables. Whether a line is hidden depends on nothing but the lines
//! before it: blocks are found while text arrives.

use std::ops::Range;

use super::lines::{Lead, is_fence, within_quotes};
use super::may_hold;

/// What begins an environment.
pub(super) const BEGIN: &str = "\\begin{";

/// What ends one.
const END: &str = "\\end{";

/// Bytes of the longest name of an environment.
const NAME_LIMIT: usize = 32;

/// A display that has begun.
struct Open<'a> {
    start: usize,
    closer: Closer<'a>,
    /// The marks of quotes that its lines have.
    quotes: usize,
    /// It begins with an item: its lines are indented.
    is_item: bool,
}

#[derive(Clone, Copy)]
enum Closer<'a> {
    Mark(&'static str),
    /// The end of the environment of this name.
    End(&'a str),
}

impl<'a> Closer<'a> {
    /// What ends the display with which `text` begins, which is the rest of its line.
    fn of(text: &'a str) -> Option<Self> {
        if let Some(name) = text.strip_prefix(BEGIN) {
            let name = name.get(..name.find('}')?)?;
            let is_name = !name.is_empty() && name.len() <= NAME_LIMIT;
            return is_name.then_some(Self::End(name));
        }
        if text.starts_with("\\[") {
            return Some(Self::Mark("\\]"));
        }
        let is_pair = text.starts_with("$$") && !text.starts_with("$$$");
        is_pair.then_some(Self::Mark("$$"))
    }

    fn is_environment(self) -> bool {
        matches!(self, Self::End(_))
    }

    /// Where the display ends in a part of a line.
    fn end(self, text: &str) -> Option<usize> {
        match self {
            Self::Mark(mark) => text.find(mark).map(|at| at + mark.len()),
            Self::End(name) => text.match_indices(END).find_map(|(at, end)| {
                let after = text.get(at + end.len()..)?;
                let is_closed = after.strip_prefix(name)?.starts_with('}');
                is_closed.then_some(at + end.len() + name.len() + 1)
            }),
        }
    }
}

impl Open<'_> {
    /// Whether a line, without its marks of quotes, cannot belong to it: an empty line ends all LaTeX, and so does a code
    /// fence, which must not be missed.
    fn is_over(&self, line: &str) -> bool {
        let text = line.trim_start_matches([' ', '\t']);
        let is_indented = line.starts_with('\t') || line.starts_with("  ");
        text.trim_end().is_empty() || is_fence(text) || (self.is_item && !is_indented)
    }

    /// What of `text` it takes up to `end`, where it has not been closed. One line alone is none.
    fn unclosed(&self, text: &str, end: usize) -> Option<Range<usize>> {
        let range = self.start..end.max(self.start);
        let shown = text.get(range.clone())?.trim_end();
        (self.closer.is_environment() || shown.contains('\n')).then_some(range)
    }
}

/// The displays of `text`, in order. Lines that begin in the first `skip` bytes do not count.
pub(in crate::markdown) fn displays(text: &str, skip: usize) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    if !may_hold(text) {
        return found;
    }
    let mut open: Option<Open<'_>> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let begin = at;
        at += line.len();
        if begin < skip {
            continue;
        }
        if let Some(display) = open.take() {
            let inner = within_quotes(line, display.quotes);
            if display.is_over(inner) {
                found.extend(display.unclosed(text, begin));
            } else if let Some(end) = display.closer.end(inner) {
                found.push(display.start..at - inner.len() + end);
                continue;
            } else {
                open = Some(display);
                continue;
            }
        }
        let lead = Lead::of(line);
        let shown = line.get(lead.len..).unwrap_or_default();
        let Some(closer) = Closer::of(shown) else {
            continue;
        };
        let start = begin + lead.len;
        let after = shown.get(2..).unwrap_or_default();
        match closer.end(after) {
            Some(end) if closer.is_environment() => found.push(start..start + 2 + end),
            Some(_) => {}
            // In a list of prices, `$$` is one.
            None if lead.is_item && !closer.is_environment() && !after.trim_end().is_empty() => {}
            None => {
                open = Some(Open {
                    start,
                    closer,
                    quotes: lead.quotes,
                    is_item: lead.is_item,
                });
            }
        }
    }
    let end = text.trim_end_matches('\n').len();
    found.extend(open.and_then(|display| display.unclosed(text, end)));
    found
}
