//! Text whose marks are shown instead of read: what is too deep, too large, or shown raw.
//!
//! Knows nothing of the parser.

use super::Rendered;
use crate::markdown::block::{BlockKind, Body, Line, Role, Style, Styled};
use crate::text::{TAB_STOP, width};

/// `text` as it was written.
pub(in crate::markdown) fn plain(text: &str, offset: usize) -> Rendered {
    Rendered {
        kind: BlockKind::Plain,
        lines: literal_lines(text.trim_end_matches('\n'), offset, Role::Text),
        links: Vec::new(),
    }
}

/// The lines of `text`, which begins at `offset`, as they were written.
pub(in crate::markdown) fn literal_lines(text: &str, offset: usize, role: Role) -> Vec<Line> {
    let mut start = offset;
    text.split('\n')
        .map(|line| {
            let begin = start;
            start += line.len() + 1;
            Line {
                start: begin,
                prefix: None,
                text: tabbed(line, begin, role.into()),
                body: Body::Literal,
            }
        })
        .collect()
}

/// A line of the source with its tabs as blanks.
pub(in crate::markdown) fn tabbed(line: &str, from: usize, style: Style) -> Styled {
    let mut text = Styled::default();
    let (mut at, mut column) = (from, 0);
    for (index, part) in line.split('\t').enumerate() {
        if index > 0 {
            let blanks = TAB_STOP - column % TAB_STOP;
            text.push(&" ".repeat(blanks), style, None);
            (at, column) = (at + 1, column + blanks);
        }
        text.push(part, style, Some(at));
        (at, column) = (at + part.len(), column + width(part));
    }
    text.shrink()
}
