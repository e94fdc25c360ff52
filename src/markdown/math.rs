//! Finds LaTeX that Markdown would take apart, `\(…\)`, `\[…\]` and displays of several lines, and hides it from the parser.
//!
//! What is hidden is as long as before, so that every place stays where it is; `render` shows the source instead.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;

/// What stands for a hidden byte: a letter means nothing to Markdown.
const VEIL: u8 = b'x';

/// Whether there may be anything to hide.
fn may_hold(text: &str) -> bool {
    let has = |mark: &[u8]| memmem::find(text.as_bytes(), mark).is_some();
    has(b"\\(") || has(b"\\[") || has(b"$$")
}

/// The LaTeX of one block, in order, where `skip` bytes of the text only open it. `is_open` says that the block may go
/// on: then what has not been closed yet will be.
pub(super) fn ranges(text: &str, skip: usize, is_open: bool) -> Vec<Range<usize>> {
    if !may_hold(text) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut at = skip;
    for display in displays(text, skip) {
        in_line(text, at..display.start, false, &mut found);
        at = display.end;
        found.push(display);
    }
    in_line(text, at..text.len(), is_open, &mut found);
    found
}

/// `text` with `ranges` hidden; line breaks and the blanks that begin a line stay.
pub(super) fn veil<'a>(text: &'a str, ranges: &[Range<usize>]) -> Cow<'a, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut shown = 0;
    for range in ranges {
        out.push_str(text.get(shown..range.start).unwrap_or_default());
        let mut is_indent = false;
        for byte in text.get(range.clone()).unwrap_or_default().bytes() {
            is_indent = byte == b'\n' || (is_indent && matches!(byte, b' ' | b'\t'));
            out.push(char::from(if is_indent { byte } else { VEIL }));
        }
        shown = range.end;
    }
    out.push_str(text.get(shown..).unwrap_or_default());
    Cow::Owned(out)
}

/// From a line that begins with `\[` or `$$` and does not end it, to the end of it. An empty line ends all LaTeX, and so
/// does a code fence, which must not be missed. Lines that begin in the first `skip` bytes do not count.
///
/// Once hidden, their lines are no items, headings or tables. Whether a line is hidden depends on nothing but the lines
/// before it: blocks are found while text arrives.
pub(super) fn displays(text: &str, skip: usize) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    if !may_hold(text) {
        return found;
    }
    let mut open: Option<(usize, &str)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if at < skip {
            at += line.len();
            continue;
        }
        let trimmed = line.trim_start_matches([' ', '\t']);
        let begin = at + line.len() - trimmed.len();
        let is_blank = trimmed.trim_end().is_empty();
        let is_fence = trimmed.starts_with("```") || trimmed.starts_with("~~~");
        match open {
            None => {
                let closer = closer_of(trimmed);
                open = closer
                    .filter(|closer| !trimmed.get(2..).is_some_and(|rest| rest.contains(closer)))
                    .map(|closer| (begin, closer));
            }
            Some((start, _)) if is_blank || is_fence => {
                found.push(start..at);
                open = None;
            }
            Some((start, closer)) => {
                if let Some(place) = trimmed.find(closer) {
                    found.push(start..begin + place + closer.len());
                    open = None;
                }
            }
        }
        at += line.len();
    }
    found.extend(open.map(|(start, _)| start..text.trim_end_matches('\n').len().max(start)));
    found.retain(|range| text.get(range.clone()).is_some_and(|t| t.contains('\n')));
    found
}

/// Whether a place is in one of `displays` and not where it begins.
pub(super) fn is_inside(displays: &[Range<usize>], at: usize) -> bool {
    let next = displays.partition_point(|display| display.end <= at);
    displays.get(next).is_some_and(|display| display.start < at)
}

fn closer_of(line: &str) -> Option<&'static str> {
    if line.starts_with("\\[") {
        Some("\\]")
    } else {
        line.starts_with("$$").then_some("$$")
    }
}

/// `\(…\)` and `\[…\]` in a part of `text`, each within its paragraph.
fn in_line(text: &str, part: Range<usize>, is_open: bool, found: &mut Vec<Range<usize>>) {
    let part_end = part.end;
    let text = text.get(..part_end).unwrap_or_default();
    let (mut round, mut square) = (Next::of("\\)"), Next::of("\\]"));
    let mut blank = Next::of("\n\n");
    let mut at = part.start;
    while let Some(next) = memchr::memchr(b'\\', text.as_bytes().get(at..).unwrap_or_default()) {
        let start = at + next;
        // A backslash before anything else, itself included, has nothing to do with LaTeX.
        at = start + 2;
        let closer = match text.as_bytes().get(start + 1) {
            Some(b'(') => &mut round,
            Some(b'[') => &mut square,
            _ => continue,
        };
        let paragraph = blank.from(text, at);
        let end = closer.from(text, at);
        match end.filter(|end| paragraph.is_none_or(|paragraph| *end < paragraph)) {
            Some(end) if end > start + 2 => {
                at = end + 2;
                found.push(start..at);
            }
            None if is_open && paragraph.is_none() => {
                found.push(start..text.trim_end_matches('\n').len().max(start));
                return;
            }
            _ => {}
        }
    }
}

/// The next place of a mark, for places that only go forward: the text is searched once.
struct Next {
    mark: &'static str,
    /// What was found last; `None` when there is no more.
    found: Option<usize>,
}

impl Next {
    fn of(mark: &'static str) -> Self {
        Self {
            mark,
            found: Some(0),
        }
    }

    /// The first place at `from` or behind it; `from` is never 0.
    fn from(&mut self, text: &str, from: usize) -> Option<usize> {
        if self.found.is_some_and(|found| found < from) {
            let rest = text.as_bytes().get(from..).unwrap_or_default();
            self.found = memmem::find(rest, self.mark.as_bytes()).map(|at| from + at);
        }
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, is_open: bool, expected: &[&str]) {
        let found = ranges(text, 0, is_open);
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
        check("$$\n- x\n$$ $$y$$", false, &["$$\n- x\n$$"]);
        check("$$ x $$ is one line", false, &[]);
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
        let found = ranges("> #\n> \\[a \\(x\\)\n\\[\nb\n", 7, false);
        assert_eq!(found, [10..15, 16..20]);
        assert!(ranges("\\[\nx\n\\]\n", 3, false).is_empty());
    }

    #[test]
    fn a_veil_is_as_long_as_what_it_hides() {
        let text = "a \\[\n  é + |\n\\] b";
        let veiled = veil(text, &ranges(text, 0, false));
        assert_eq!(veiled, "a xx\n  xxxxxx\nxx b");
        assert_eq!(veiled.len(), text.len());
    }
}
