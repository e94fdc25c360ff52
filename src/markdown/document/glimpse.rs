//! A part of the text that is shown while the text is read elsewhere: what is near the reader, read from a place where
//! probably a block begins. What stands before and after it is there as text that was not read.

use std::ops::Range;

use super::Document;
use super::ahead::plain_blocks;
use super::skim::{Place, Skim};
use super::tail::LONG_TAIL;
use crate::markdown::block::{Block, BlockKind};
use crate::markdown::fence::Fence;
use crate::markdown::split::Opening;
use crate::text::cluster_start;

/// Bytes before the reader's place that are read with it.
const BEFORE: usize = 12 * 1024;
/// Bytes after it.
const AFTER: usize = 24 * 1024;
/// Bytes that are read at most to begin at a likely place.
const REACH: usize = 24 * 1024;
/// Bytes around the reader's place that a glimpse has to show to serve on.
const MARGIN: usize = 6 * 1024;

/// What is shown instead of a tail.
#[derive(Debug)]
pub(super) struct Glimpse {
    skim: Skim,
    /// What of the text was read.
    range: Range<usize>,
    /// Bytes of the text when that was done.
    len: usize,
}

impl Document {
    /// Shows what is near the byte `around` while the rest is read elsewhere. Answers whether anything changed.
    pub fn glimpse(&mut self, around: usize) -> bool {
        if self.lacks_links() {
            return false;
        }
        let len = self.source.len();
        let around = around.min(len);
        if self.glimpse.as_ref().is_some_and(|glimpse| {
            (glimpse.len == len || glimpse.range.end < glimpse.len)
                && glimpse.serves(around, self.stable)
        }) {
            return self.extend_unread();
        }
        if self.glimpse.is_none() && self.keeps_its_tail() {
            self.extend_tail();
            return true;
        }
        let mut skim = match self.glimpse.take() {
            Some(glimpse) => glimpse.skim,
            None => Skim::new(&self.source, self.stable_place()),
        };
        skim.read(&self.source);
        self.read_glimpse(skim, around);
        true
    }

    /// Whether a block is shown after text that was not read, so that what comes before it is not known.
    pub fn is_behind_unread(&self, block: usize) -> bool {
        let begins_late = |glimpse: &Glimpse| glimpse.range.start > self.stable;
        block >= self.settled && self.glimpse.as_ref().is_some_and(begins_late)
    }

    /// Whether the tail is rendered well enough to be shown on.
    fn keeps_its_tail(&self) -> bool {
        self.fence.is_none()
            && self.blocks.len() > self.settled
            && self.tail.range.len() > LONG_TAIL
            && self.source.len() - self.tail.range.end <= self.tail.range.len()
    }

    fn stable_place(&self) -> Place {
        match &self.fence {
            Some(fence) => Place {
                at: fence.position(),
                fence: Some(fence.read_so_far()),
            },
            None => Place {
                at: self.stable,
                fence: None,
            },
        }
    }

    /// Lets the text that was not read go on to the end.
    fn extend_unread(&mut self) -> bool {
        let len = self.source.len();
        let (Some(glimpse), Some(last)) = (&mut self.glimpse, self.blocks.last_mut()) else {
            return false;
        };
        if glimpse.len == len {
            return false;
        }
        glimpse.len = len;
        last.source.end = len;
        true
    }

    fn read_glimpse(&mut self, skim: Skim, around: usize) {
        let len = self.source.len();
        let wanted = around.saturating_sub(BEFORE).max(self.stable);
        let end = line_end(&self.source, around.max(self.stable).saturating_add(AFTER));
        let place = skim.before(wanted);
        let place = place.filter(|place| wanted - place.at <= REACH);
        self.blocks.truncate(self.settled);
        let (start, blocks) = match place {
            Some(_) if wanted - self.stable <= REACH => (self.stable, self.read_on(None, end)),
            Some(place) => (place.at, self.read_on(Some(place), end)),
            None => {
                let start = line_end(&self.source, wanted);
                (start, plain_blocks(&self.source, start, end))
            }
        };
        let unread = |range: Range<usize>| (!range.is_empty()).then(|| Block::unread(range));
        let settled = self.blocks.last().map_or(0, |block| block.source.end);
        if start > self.stable {
            self.blocks.extend(unread(settled..start));
        }
        self.blocks.extend(blocks);
        self.blocks.extend(unread(end..len));
        self.glimpse = Some(Glimpse {
            skim,
            range: start..end,
            len,
        });
    }

    /// Reads from a place, or from what is settled, to `end`, in a document that is thrown away.
    fn read_on(&mut self, place: Option<Place>, end: usize) -> Vec<Block> {
        let mut source = std::mem::take(&mut self.source);
        let rest = source.split_off(end);
        let newline = memchr::memrchr(b'\n', source.as_bytes());
        let before = self.settled.checked_sub(1).filter(|_| place.is_none());
        let before = before.and_then(|last| self.blocks.get(last));
        let blocks: Vec<Block> = match place {
            None => before.map(Block::without_lines).into_iter().collect(),
            Some(place) => vec![Block::unread(self.stable..place.at)],
        };
        let known = blocks.len();
        let mut reading = Self {
            complete: newline.map_or(0, |newline| newline + 1),
            is_finished: self.is_finished && rest.is_empty(),
            keeps_lines: self.keeps_lines,
            settled: known,
            blocks,
            stable: place.map_or(self.stable, |place| place.at),
            seen: place.map_or(self.seen.min(end), |place| place.at),
            fence: match place {
                None => self.fence.clone(),
                Some(place) => place
                    .fence
                    .and_then(|(start, lines)| Fence::resume(&source, start, place.at, lines)),
            },
            joint: place.map_or(self.joint, |_| super::Joint::None),
            opening: match place {
                None => self.opening.clone(),
                Some(_) => Opening::default(),
            },
            source,
            ..Self::default()
        };
        reading.grow();
        self.source = reading.source;
        self.source.push_str(&rest);
        self.work += reading.work;
        reading.blocks.split_off(known)
    }
}

impl Glimpse {
    /// Whether it shows enough on both sides of a place.
    fn serves(&self, around: usize, stable: usize) -> bool {
        let begins = self.range.start == stable || self.range.start + MARGIN <= around;
        let ends = self.range.end == self.len || around + MARGIN <= self.range.end;
        begins && ends
    }
}

impl Block {
    /// Text that was not read.
    fn unread(source: Range<usize>) -> Self {
        Self {
            source,
            kind: BlockKind::Unread,
            is_continued: false,
            space_before: false,
            lines: Vec::new(),
            links: Vec::new(),
        }
    }

    /// What it is, without what it shows.
    pub(super) fn without_lines(&self) -> Self {
        Self {
            source: self.source.clone(),
            kind: self.kind.clone(),
            is_continued: self.is_continued,
            space_before: self.space_before,
            lines: Vec::new(),
            links: Vec::new(),
        }
    }
}

/// The end of the line in which `at` is, or a place in it if it is long.
fn line_end(source: &str, at: usize) -> usize {
    let from = source.ceil_char_boundary(at.min(source.len()));
    let rest = source.as_bytes().get(from..).unwrap_or_default();
    let rest = rest.get(..MARGIN.min(rest.len())).unwrap_or_default();
    let newline = memchr::memchr(b'\n', rest);
    let blank = || memchr::memchr(b' ', rest);
    match newline.or_else(blank) {
        Some(cut) => from + cut + 1,
        None => cluster_start(source, from),
    }
}
