//! Where a run of link definitions may be parted: they show nothing, so a text may have any number of them without a block.
//!
//! Each place depends on nothing but the text before it. What follows a run takes only its last definitions with it.

use pulldown_cmark::Parser;

use super::{OPTIONS, PART, line_start};
use crate::markdown::math;

/// Blanks before a definition at most; with more of them it only goes on with what is above.
const INDENT: usize = 3;

/// How much of `text`, which shows nothing, has no bearing on what may follow: it can be read anew from there.
pub(in crate::markdown) fn passed(text: &str) -> usize {
    let end = memchr::memrchr(b'\n', text.as_bytes()).map_or(0, |newline| newline + 1);
    let start = lines_above(text, 0, end);
    let last = line_start(text, end.saturating_sub(1));
    if last < start + PART {
        return start;
    }
    let veiled = math::veil(text, &math::displays(text, 0));
    last_begin(&veiled, start, last)
}

/// The first of the lines directly above the one at `line`, not above `floor`, of which none is empty.
pub(super) fn lines_above(text: &str, floor: usize, line: usize) -> usize {
    let mut start = line;
    while start > floor {
        let above = line_start(text, start - 1).max(floor);
        let written = text.get(above..start).unwrap_or_default();
        if written.trim_ascii().is_empty() {
            break;
        }
        start = above;
    }
    start
}

/// The last place to part the definitions that begin at `start` and go on to the line at `last`, or their start.
pub(super) fn last_begin(text: &str, start: usize, last: usize) -> usize {
    let mut from = start;
    let mut length = PART;
    while let Some(line) = line_from(text, from + length, last) {
        if let Some(next) = definition_before(text, from, line) {
            from = next;
            length = PART;
        } else {
            // A definition may have any number of lines, which are not read again for each of them.
            length = 2 * (line - from);
        }
    }
    from
}

/// The first line that begins at `at` or after it, and not after `last`.
fn line_from(text: &str, at: usize, last: usize) -> Option<usize> {
    let rest = text.as_bytes().get(at.checked_sub(1)?..last)?;
    memchr::memchr(b'\n', rest).map(|newline| at + newline)
}

/// The last definition after `from` that begins at `line`, or before it if its lines go on there.
fn definition_before(text: &str, from: usize, line: usize) -> Option<usize> {
    let run = text.get(from..line)?;
    // What is no definition without the lines after it is the beginning of one.
    let shown = Parser::new_ext(run, OPTIONS).into_offset_iter().next();
    let begin = shown.map_or(line, |(_, range)| from + line_start(run, range.start));
    let written = text.get(begin..)?;
    let label = written.trim_start_matches(' ');
    // The title of a definition may stand on a line of its own, but not begin like one.
    let is_begin = label.starts_with('[') && written.len() - label.len() <= INDENT;
    (begin > from && is_begin).then_some(begin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_parted_where_a_definition_begins() {
        for definition in [
            "[a]: /x\n",
            "  [a]:\n   /x\n",
            "[a]: /x\n'title'\n",
            "[a\nb]: /x '\n[c]: /y\n[d]: /z\n'\n",
            "[a]:\n[b]:\n",
            "[a]: /x '\n\\[\n[b]: /y '\n\\]'\n",
        ] {
            let text = definition.repeat(400);
            let at = passed(&text);
            assert_eq!(at % definition.len(), 0, "{definition:?}");
            assert!(text.len() - at < 2 * PART, "{definition:?}: {at}");
            for end in (at..text.len()).step_by(7) {
                let before = passed(text.get(..end).expect("ASCII"));
                assert!(before <= at && before.is_multiple_of(definition.len()));
            }
        }
    }

    #[test]
    fn what_is_not_over_stays_together() {
        for (text, at) in [
            ("", 0),
            ("[a]: /x\n", 0),
            ("[a]: /x\n\n", 9),
            ("[a]: /x\n\n[b]:", 9),
            ("[a]: /x\n\n[b]:\n/y\n", 9),
        ] {
            assert_eq!(passed(text), at, "{text:?}");
        }
        let title = format!("[a]: /x '\n{}'\n", "[b]: /y\n".repeat(900));
        assert_eq!(passed(&title), 0);
        let indented = format!("[a]: /x\n{}", "    [b]: /y\n".repeat(900));
        assert_eq!(passed(&indented), 0);
    }
}
