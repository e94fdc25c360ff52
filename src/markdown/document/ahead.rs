//! The text of a document that is not settled yet, read on another thread in steps.
//!
//! The document stays where it is with all that was settled; it takes over what was read, or does without it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::defining::Portion;
use super::links::Links;
use super::tail::Tail;
use super::{Document, Joint};
use crate::markdown::block::Block;
use crate::markdown::fence::Fence;
use crate::markdown::render::{Rendered, plain};
use crate::markdown::split::Opening;
use crate::text::cluster_start;

/// Bytes of a block of text that could not be read.
const PLAIN: usize = 4 * 1024;

/// A part of the work that a document asks for, and how far that has come.
#[derive(Debug)]
pub struct Ahead {
    document: Document,
    errand: Errand,
}

#[derive(Debug)]
enum Errand {
    /// To read the text. The document begins with what the one at home settled last.
    Grow {
        /// How many of its blocks the document at home has already.
        known: usize,
        /// How many blocks at home come before them.
        at_home: usize,
        window: usize,
        is_done: bool,
    },
    /// To look for links that are defined in portions of the text.
    Define(VecDeque<Portion>),
    /// To render blocks at home again, with what is known of links.
    Link {
        links: Links,
        linked: Vec<(usize, Rendered)>,
    },
}

impl Ahead {
    /// Does a part of the work; false when everything is done.
    pub fn step(&mut self) -> bool {
        let document = &mut self.document;
        match &mut self.errand {
            Errand::Grow {
                window, is_done, ..
            } => {
                if *is_done || document.settle(window) {
                    return !*is_done;
                }
                document.settled = document.blocks.len();
                document.render_tail();
                *is_done = true;
                false
            }
            Errand::Define(portions) => {
                let portion = portions.pop_front();
                portion.is_some_and(|portion| {
                    document.read_definitions(&portion);
                    true
                })
            }
            Errand::Link { links, linked } => {
                while let Some(linking) = links.waiting.pop_front() {
                    let rendered = document.render_again(&linking, links);
                    linked.extend(rendered.map(|rendered| (linking.index, rendered)));
                }
                false
            }
        }
    }
}

impl Document {
    /// Bytes that the next [`Document::advance`] would work through.
    pub fn due(&self) -> usize {
        if !self.is_dirty {
            return 0;
        }
        if self.lacks_links() {
            return self.source.len();
        }
        if self.tail_may_wait() {
            return self.source.len() - self.tail.range.end;
        }
        let read = self.fence.as_ref().map_or(self.stable, Fence::position);
        let new = self.source.len() - read;
        if self.is_finished && self.may_define() {
            new + self.source.len()
        } else {
            // What ended has to be settled, even if all of it was read.
            new.max(1)
        }
    }

    /// What is to be done next, for another thread. Until text is taken over, [`Document::glimpse`] shows some of it.
    /// `spare` is the source of an earlier one, or nothing.
    pub fn ahead(&mut self, spare: String) -> Ahead {
        let mut source = spare;
        source.push_str(self.source.get(source.len()..).unwrap_or_default());
        let errand = if let Some(links) = self.next_links() {
            let linked = Vec::new();
            Errand::Link { links, linked }
        } else if self.lacks_links() {
            Errand::Define(self.defining.clone())
        } else {
            return self.growth(source);
        };
        let document = Self {
            source,
            is_finished: self.is_finished,
            keeps_lines: self.keeps_lines,
            definitions: Arc::clone(&self.definitions),
            ..Self::default()
        };
        Ahead { document, errand }
    }

    fn growth(&mut self, source: String) -> Ahead {
        if self.fence.is_some() {
            self.withdraw_tail();
        }
        let last = self.settled.checked_sub(1);
        let blocks: Vec<Block> = last
            .and_then(|last| self.blocks.get(last))
            .map(Block::without_lines)
            .into_iter()
            .collect();
        // It may go on otherwise when the rest was read.
        self.paragraph = None;
        Ahead {
            errand: Errand::Grow {
                known: blocks.len(),
                at_home: self.settled - blocks.len(),
                window: self.window(),
                is_done: false,
            },
            document: Self {
                source,
                complete: self.complete,
                is_finished: self.is_finished,
                keeps_lines: self.keeps_lines,
                settled: blocks.len(),
                blocks,
                stable: self.stable,
                seen: self.seen,
                fence: self.fence.clone(),
                joint: self.joint,
                opening: self.opening.clone(),
                look_again: self.look_again,
                ..Self::default()
            },
        }
    }

    /// Takes over what was done for this document elsewhere. Gives back its source, to be used again.
    pub fn take_over(&mut self, ahead: Ahead) -> String {
        let Ahead { document, errand } = ahead;
        self.work += document.work;
        match errand {
            Errand::Grow { known, at_home, .. } => {
                return self.take_growth(document, known, at_home);
            }
            Errand::Define(_) => {
                self.definitions = document.definitions;
                self.begin_links();
            }
            Errand::Link { links, linked } => {
                for (index, rendered) in linked {
                    self.put_links(index, rendered);
                }
                self.end_links(links);
            }
        }
        self.is_dirty = self.lacks_links();
        document.source
    }

    fn take_growth(&mut self, mut read: Self, known: usize, at_home: usize) -> String {
        self.glimpse = None;
        self.blocks.truncate(self.settled);
        self.blocks.extend(read.blocks.drain(known..));
        let moved = |(index, opening)| (index + at_home, opening);
        self.openings.extend(read.openings.drain(..).map(moved));
        let settled = self.settled;
        self.settled += read.settled - known;
        self.stable = read.stable;
        self.seen = read.seen;
        self.fence = read.fence;
        self.joint = read.joint;
        self.opening = read.opening;
        self.tail = read.tail;
        self.paragraph = read.paragraph;
        self.look_again = read.look_again;
        self.follow_columns(settled);
        if read.is_finished {
            self.defining = self.portions();
        }
        self.is_dirty = self.lacks_links()
            || self.source.len() > read.source.len()
            || self.is_finished != read.is_finished;
        read.source
    }

    /// Settles what there is as it was written, because it cannot be read.
    pub fn give_up(&mut self) {
        self.withdraw_tail();
        if let Some(mut fence) = self.fence.take() {
            fence.flush(&mut self.blocks);
        }
        self.joint = Joint::None;
        self.opening = Opening::default();
        self.paragraph = None;
        self.tail = Tail::default();
        self.relinking = None;
        self.defining.clear();
        let end = self.source.len();
        for block in plain_blocks(&self.source, self.stable, end) {
            self.blocks.push(block);
        }
        (self.stable, self.seen, self.settled) = (end, end, self.blocks.len());
        self.is_dirty = false;
    }
}

/// Text as it was written, in blocks.
pub(super) fn plain_blocks(source: &str, start: usize, end: usize) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut at = start;
    while at < end {
        let rest = source.get(at..end).unwrap_or_default();
        let near = rest.floor_char_boundary(PLAIN.min(rest.len()));
        let window = rest.get(..near).unwrap_or_default();
        let length = if near == rest.len() {
            near
        } else {
            let newline = memchr::memrchr(b'\n', window.as_bytes());
            let blank = || memchr::memrchr(b' ', window.as_bytes());
            let cut = newline.or_else(blank).map(|cut| cut + 1);
            cut.unwrap_or_else(|| cluster_start(rest, near))
        };
        let text = rest.get(..length).unwrap_or_default();
        let rendered = plain(text, at);
        blocks.push(Block {
            source: at..at + length,
            kind: rendered.kind,
            is_continued: false,
            space_before: at == start && at > 0 && source.as_bytes().get(at - 1) == Some(&b'\n'),
            lines: rendered.lines,
            links: rendered.links,
        });
        // A line break was there or the text is over: characters have at most four bytes.
        at += length.max(1);
    }
    blocks
}
