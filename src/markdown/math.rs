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

/// `text` with the displays hidden that a line begins with, so that their lines are no items, headings or tables.
///
/// Whether a line is hidden depends on nothing but the lines before it: blocks are found while text arrives.
pub(super) fn veiled_displays(text: &str) -> Cow<'_, str> {
    if !may_hold(text) {
        return Cow::Borrowed(text);
    }
    veil(text, &displays(text))
}

/// The LaTeX of one block, in order. `is_open` says that the block may go on: then what has not been closed yet will be.
pub(super) fn ranges(text: &str, is_open: bool) -> Vec<Range<usize>> {
    if !may_hold(text) {
        return Vec::new();
    }
    let mut found = displays(text);
    let (mut at, mut index) = (0, 0);
    while at < text.len() {
        let end = found.get(index).map_or(text.len(), |next| next.start);
        let part = text.get(at..end).unwrap_or_default();
        let inside = in_line(part, is_open && end == text.len());
        let count = inside.len();
        let moved = inside.into_iter().map(|r| at + r.start..at + r.end);
        found.splice(index..index, moved);
        index += count;
        at = found.get(index).map_or(text.len(), |next| next.end);
        index += 1;
    }
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
/// does a code fence, which must not be missed.
fn displays(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut open: Option<(usize, &str)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
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

fn closer_of(line: &str) -> Option<&'static str> {
    if line.starts_with("\\[") {
        Some("\\]")
    } else {
        line.starts_with("$$").then_some("$$")
    }
}

/// `\(…\)` and `\[…\]`, each within its paragraph.
fn in_line(text: &str, is_open: bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = memchr::memchr(b'\\', text.as_bytes().get(at..).unwrap_or_default()) {
        let start = at + next;
        let closer = match text.as_bytes().get(start + 1) {
            Some(b'(') => "\\)",
            Some(b'[') => "\\]",
            // A backslash before anything else, itself included, has nothing to do with LaTeX.
            _ => {
                at = start + 2;
                continue;
            }
        };
        let inside = text.get(start + 2..).unwrap_or_default();
        let paragraph = inside.find("\n\n").unwrap_or(inside.len());
        let rest = inside.get(..paragraph).unwrap_or_default();
        match rest.find(closer) {
            Some(0) => at = start + 2,
            Some(place) => {
                at = start + 2 + place + closer.len();
                found.push(start..at);
            }
            None if is_open && paragraph == inside.len() => {
                found.push(start..text.trim_end_matches('\n').len().max(start));
                return found;
            }
            None => at = start + 2,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, is_open: bool, expected: &[&str]) {
        let found = ranges(text, is_open);
        let found: Vec<_> = found.iter().map(|r| &text[r.clone()]).collect();
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
    fn a_veil_is_as_long_as_what_it_hides() {
        let text = "a \\[\n  é + |\n\\] b";
        let veiled = veil(text, &ranges(text, false));
        assert_eq!(veiled, "a xx\n  xxxxxx\nxx b");
        assert_eq!(veiled.len(), text.len());
    }
}
