//! The source of a text in pieces, which stand for blocks where Markdown is not rendered.

use std::ops::Range;

/// Lines of source that make one piece.
pub(super) const SOURCE_LINES: usize = 64;

/// The pieces of a growing text.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// Where each begins.
    starts: Vec<usize>,
    /// Lines in the last one.
    lines: usize,
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
            if self.lines == SOURCE_LINES {
                self.starts.push(self.covered);
                self.lines = 0;
            }
            self.lines += usize::from(line.ends_with('\n'));
            self.covered += line.len();
        }
        changed
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
