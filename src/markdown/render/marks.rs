//! What the parser takes for plain text and people do not: LaTeX that was hidden from it, and footnotes whose text
//! stands in another block.

use std::ops::Range;

use memchr::memmem;

use crate::markdown::math;

/// Bytes of the longest name of a footnote.
const NAME_LIMIT: usize = 32;

/// A part of a block that is more than plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    range: Range<usize>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// LaTeX; a display keeps its lines.
    Math { is_display: bool },
    /// The mark of a footnote.
    Footnote,
    /// The sign in it that is not shown.
    Caret,
}

/// The marks of `source`, in order; `maths` are those of LaTeX.
pub(super) fn find(source: &str, maths: Vec<Range<usize>>) -> Vec<Mark> {
    let mut marks: Vec<_> = maths
        .into_iter()
        .map(|range| Mark {
            kind: Kind::Math {
                is_display: source.get(range.start..).is_some_and(math::is_display),
            },
            range,
        })
        .collect();
    let count = marks.len();
    for at in memmem::find_iter(source.as_bytes(), b"[^") {
        if let Some(end) = footnote_end(source, at)
            && self::at(marks.get(..count).unwrap_or_default(), at).is_none()
        {
            let parts = [
                (at..at + 1, Kind::Footnote),
                (at + 1..at + 2, Kind::Caret),
                (at + 2..end, Kind::Footnote),
            ];
            marks.extend(parts.map(|(range, kind)| Mark { range, kind }));
        }
    }
    marks.sort_by_key(|mark| mark.range.start);
    marks
}

/// Where the mark of a footnote that begins at `at` ends, if it is one.
fn footnote_end(source: &str, at: usize) -> Option<usize> {
    let is_escaped = source.get(..at)?.ends_with('\\');
    let name = source.get(at + 2..)?;
    let len = name.find(|c: char| c == ']' || c == '[' || c == '^' || c.is_whitespace())?;
    let is_closed = name.get(len..)?.starts_with(']');
    (is_closed && !is_escaped && (1..=NAME_LIMIT).contains(&len)).then_some(at + 2 + len + 1)
}

/// The mark in which a place is.
pub(super) fn at(marks: &[Mark], at: usize) -> Option<Kind> {
    let next = marks.partition_point(|mark| mark.range.end <= at);
    let mark = marks.get(next).filter(|mark| mark.range.contains(&at))?;
    Some(mark.kind)
}

/// Whether a display ends at `end` or begins at `start`.
pub(super) fn display_beside(marks: &[Mark], end: usize, start: usize) -> bool {
    let is_display = |mark: &Mark| mark.kind == Kind::Math { is_display: true };
    let next = marks.partition_point(|mark| mark.range.end < end);
    let mut beside = marks.iter().skip(next).take(2);
    beside.any(|mark| is_display(mark) && (mark.range.end == end || mark.range.start == start))
}

/// `range` in parts that are plain or of one mark.
pub(super) fn cut(marks: &[Mark], range: Range<usize>) -> Vec<(Range<usize>, Option<Kind>)> {
    let first = marks.partition_point(|mark| mark.range.end <= range.start);
    let mut parts = Vec::new();
    let mut at = range.start;
    for mark in marks.get(first..).unwrap_or_default() {
        let (start, end) = (mark.range.start.max(at), mark.range.end.min(range.end));
        if start >= range.end {
            break;
        }
        if at < start {
            parts.push((at..start, None));
        }
        parts.push((start..end, Some(mark.kind)));
        at = end;
    }
    if at < range.end {
        parts.push((at..range.end, None));
    }
    parts
}
