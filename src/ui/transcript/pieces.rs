//! The source of a text in pieces, which stand for blocks where Markdown is not rendered. Where they begin depends on
//! nothing but the text before that; how they are laid out is `stream`'s.

use std::ops::Range;

use crate::text::graphemes;

/// Lines of source that make one piece.
pub(super) const SOURCE_LINES: usize = 64;
/// Bytes after which a piece ends with its line, and inside a line before the next word, so that its layout stays cheap
/// while it grows.
const LIMIT: usize = 8 * 1024;
/// Bytes in which that word is looked for, from the beginning of the line or of its rest.
const WINDOW: usize = LIMIT + 1024;

/// The pieces of a growing text.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// Where each begins.
    starts: Vec<usize>,
    /// Lines in the last one.
    lines: usize,
    /// Where the last line begins, or what of it is in the last piece.
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
            if self.line == self.covered && self.is_full() {
                self.begin(self.covered);
            }
            let text = line.strip_suffix('\n').unwrap_or(line);
            let end = self.covered + text.len();
            while let Some(bytes) = source.get(self.line..end).and_then(cut) {
                self.line += bytes;
                self.begin(self.line);
            }
            self.covered += line.len();
            if text.len() < line.len() {
                self.lines += 1;
                self.line = self.covered;
            }
        }
        changed
    }

    fn begin(&mut self, at: usize) {
        self.starts.push(at);
        self.lines = 0;
    }

    /// Whether the next line begins a piece.
    fn is_full(&self) -> bool {
        let start = self.starts.last().copied().unwrap_or_default();
        self.lines == SOURCE_LINES || self.covered - start >= LIMIT
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// How many pieces begin at a place or before it.
    pub(super) fn up_to(&self, byte: usize) -> usize {
        self.starts.partition_point(|&start| start <= byte)
    }

    /// Where a piece begins.
    pub(super) fn start(&self, piece: usize) -> Option<usize> {
        self.starts.get(piece).copied()
    }

    /// Where a piece stands in the text.
    pub(super) fn range(&self, piece: usize) -> Range<usize> {
        let start = self.starts.get(piece).copied().unwrap_or_default();
        let end = self.starts.get(piece + 1).copied();
        start..end.unwrap_or(self.covered)
    }
}

/// Bytes of a line after which another piece begins, once that is certain: before a word, else between clusters.
fn cut(line: &str) -> Option<usize> {
    if line.len() <= WINDOW {
        return None;
    }
    let window = line.get(..line.floor_char_boundary(WINDOW))?;
    let (mut word, mut cluster) = (None, None);
    let (mut at, mut is_after_blank) = (0, false);
    for (text, columns) in graphemes(window) {
        let is_blank = text == " ";
        if at >= LIMIT && !is_blank && columns > 0 {
            cluster = Some(at);
            word = word.or(cluster.filter(|_| is_after_blank));
        }
        at += text.len();
        is_after_blank = is_blank;
    }
    // What ends with the window may go on after it, but it begins where it does.
    word.or(cluster).or(Some(window.len()))
}

#[cfg(test)]
mod tests;
