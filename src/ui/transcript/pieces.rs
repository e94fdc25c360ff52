//! The source of a text in pieces, which stand for blocks where Markdown is not rendered.

use std::ops::Range;

/// Lines of source that make one piece.
pub(super) const SOURCE_LINES: usize = 64;
/// Bytes from which on a piece ends with its line, and so many of one line end it at the next blank.
const MANY_BYTES: usize = 16 * 1024;

/// The pieces of a growing text.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// Where each begins.
    starts: Vec<usize>,
    /// Lines in the last one.
    lines: usize,
    /// Where the line that goes on begins, or what is left of it after a cut.
    line: usize,
    /// Bytes of the text that they cover.
    covered: usize,
}

impl Pieces {
    /// Whether they cover all of a text.
    pub(super) fn cover(&self, source: &str) -> bool {
        self.covered == source.len()
    }

    /// Counts the new lines into pieces. The last piece goes on; answers which one that is.
    pub(super) fn grow(&mut self, source: &str) -> usize {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        let changed = self.starts.len() - 1;
        let new = source.get(self.covered..).unwrap_or_default();
        for line in new.split_inclusive('\n') {
            let start = self.starts.last().copied().unwrap_or_default();
            let is_many = self.lines == SOURCE_LINES || self.covered - start >= MANY_BYTES;
            if is_many && self.line == self.covered {
                self.begin(self.covered);
            }
            let end = self.covered + line.len();
            while let Some(cut) = self.cut(source.get(..end).unwrap_or_default()) {
                self.begin(cut);
            }
            self.covered = end;
            if line.ends_with('\n') {
                self.lines += 1;
                self.line = end;
            }
        }
        changed
    }

    fn begin(&mut self, at: usize) {
        self.starts.push(at);
        self.lines = 0;
        self.line = at;
    }

    /// Where the line at the end of `text` is too long for one piece: after a blank, or before any character that
    /// stands alone. The text up to there decides, however it arrived.
    fn cut(&self, text: &str) -> Option<usize> {
        let least = self.line + MANY_BYTES;
        if text.len() <= least {
            return None;
        }
        let from = text.floor_char_boundary(least.max(self.covered));
        let mut before = text.get(..from)?.chars().next_back();
        for (at, c) in text.get(from..)?.char_indices() {
            let at = from + at;
            let is_late = at >= least + MANY_BYTES;
            let stands_alone = c.is_alphanumeric() && before.is_some_and(char::is_alphanumeric);
            if at >= least && (before == Some(' ') && c != ' ' || is_late && stands_alone) {
                return Some(at);
            }
            before = Some(c);
        }
        None
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// How many pieces begin at a place or before it.
    pub(super) fn up_to(&self, byte: usize) -> usize {
        self.starts.partition_point(|&start| start <= byte)
    }

    /// Where a piece stands in the text.
    pub(super) fn range(&self, piece: usize) -> Range<usize> {
        let start = self.starts.get(piece).copied().unwrap_or_default();
        let end = self.starts.get(piece + 1).copied();
        start..end.unwrap_or(self.covered)
    }
}
