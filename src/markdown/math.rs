//! Finds LaTeX, which Markdown would take apart, and hides it from the parser.
//!
//! What is hidden is as long as before, so that every place stays where it is; `render` shows the source instead. What
//! makes a display is decided in `display`, what makes LaTeX inside a line in `inline`.

mod display;
mod inline;
mod lines;

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memmem};

pub(super) use display::displays;
use inline::Finder;
use lines::quotes_before;

/// What stands for a hidden byte: a letter means nothing to Markdown.
const VEIL: u8 = b'x';

/// What stands for the first and the last byte: emphasis may begin and end beside a sign, as it may beside LaTeX's own.
const EDGE: u8 = b',';

/// What is hidden.
#[derive(Debug, Default)]
pub(super) struct Hidden {
    /// LaTeX, in order.
    pub(super) maths: Vec<Range<usize>>,
    /// Signs in code that would part cells of a table.
    pub(super) pipes: Vec<Range<usize>>,
}

/// Whether there may be anything to hide.
fn may_hold(text: &str) -> bool {
    let has = |mark: &[u8]| memmem::find(text.as_bytes(), mark).is_some();
    memchr(b'$', text.as_bytes()).is_some() || has(b"\\(") || has(b"\\[") || has(b"\\begin{")
}

/// What of one block is hidden, where `skip` bytes of the text only open it. `is_open` says that the block may go on:
/// then what has not been closed yet will be.
pub(super) fn hidden(text: &str, skip: usize, is_open: bool) -> Hidden {
    let mut finder = Finder::new(text, skip);
    let mut at = skip;
    for display in displays(text, skip) {
        finder.read(at..display.start, false);
        at = display.end;
        finder.found.maths.push(display);
    }
    finder.read(at..text.len(), is_open);
    finder.found
}

/// `text` with `ranges` hidden; line breaks, and what begins a line as the line of the range does, stay.
pub(super) fn veil<'a>(text: &'a str, ranges: &[Range<usize>]) -> Cow<'a, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut shown = 0;
    for range in ranges {
        out.push_str(text.get(shown..range.start).unwrap_or_default());
        let quotes = quotes_before(text, range.start);
        let last = range.len().saturating_sub(1);
        // How many marks of quotes may still come, where nothing but what begins a line has come.
        let mut lead = None;
        for (index, byte) in text
            .get(range.clone())
            .unwrap_or_default()
            .bytes()
            .enumerate()
        {
            lead = match (byte, lead) {
                (b'\n', _) => Some(quotes),
                (b' ' | b'\t', lead) => lead,
                (b'>', Some(left @ 1..)) => Some(left - 1),
                _ => None,
            };
            let veil = if matches!(index, 0) || index == last {
                EDGE
            } else {
                VEIL
            };
            out.push(char::from(if lead.is_some() { byte } else { veil }));
        }
        shown = range.end;
    }
    out.push_str(text.get(shown..).unwrap_or_default());
    Cow::Owned(out)
}

/// Whether a place is in one of `displays` and not where it begins.
pub(super) fn is_inside(displays: &[Range<usize>], at: usize) -> bool {
    let next = displays.partition_point(|display| display.end <= at);
    displays.get(next).is_some_and(|display| display.start < at)
}

/// Whether LaTeX that begins so is shown in lines of its own.
pub(super) fn is_display(math: &str) -> bool {
    ["$$", "\\[", display::BEGIN]
        .iter()
        .any(|mark| math.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, is_open: bool, expected: &[&str]) {
        let found = hidden(text, 0, is_open).maths;
        let found: Vec<_> = found.iter().filter_map(|r| text.get(r.clone())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_is_closed_is_found_and_nothing_else() {
        check(r"a \(x_1\) b \[y*z\] c", false, &[r"\(x_1\)", r"\[y*z\]"]);
        check(r"\\(x\\) and \*y\* \(\)", false, &[]);
        check("open \\(x\n\nnext\\)", false, &[]);
        check(
            "\\[\nx\n+ y\n\\]\ntext \\(a\\)",
            false,
            &["\\[\nx\n+ y\n\\]", "\\(a\\)"],
        );
        check("$$\n- x\n$$ $$y$$", false, &["$$\n- x\n$$", "$$y$$"]);
        check("$$ x $$ is one line", false, &["$$ x $$"]);
    }

    #[test]
    fn what_is_open_reaches_to_the_end_while_text_arrives() {
        check(r"a \(x_1", true, &[r"\(x_1"]);
        check(r"a \(x_1", false, &[]);
        check("\\[\nx\n- y\n", false, &["\\[\nx\n- y"]);
    }

    #[test]
    fn a_display_ends_with_its_paragraph_and_before_a_fence() {
        check("\\[\nx\n\n- y", false, &["\\[\nx\n"]);
        check("$$\nx\n```\ncode\n```\n", false, &["$$\nx\n"]);
    }

    #[test]
    fn what_opens_a_text_holds_none() {
        let found = hidden("> #\n> \\[a \\(x\\)\n\\[\nb\n", 7, false).maths;
        assert_eq!(found, [10..15, 16..20]);
        assert!(hidden("\\[\nx\n\\]\n", 3, false).maths.is_empty());
    }

    #[test]
    fn a_veil_is_as_long_as_what_it_hides() {
        let text = "a \\[\n  é + |\n\\] b";
        let veiled = veil(text, &hidden(text, 0, false).maths);
        assert_eq!(veiled, "a ,x\n  xxxxxx\nx, b");
        assert_eq!(veiled.len(), text.len());
    }
}
