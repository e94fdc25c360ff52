//! The text of a document that is not settled yet, read on another thread in steps.
//!
//! The document stays where it is with all that was settled; it takes over what was read, or does without it.

use super::whole::Links;
use super::{Document, Joint, Tail, WINDOW};
use crate::markdown::block::Block;
use crate::markdown::fence::Fence;
use crate::markdown::render::{Rendered, plain};
use crate::markdown::split::Opening;

/// Bytes of a block of text that could not be read.
const PLAIN: usize = 4 * 1024;

/// What of a document is still to be read, and how far that has come.
#[derive(Debug)]
pub struct Ahead {
    /// Begins with what the document at home settled last.
    document: Document,
    /// How many of its blocks the document at home has already.
    known: usize,
    window: usize,
    next: Step,
    /// How many blocks at home come before its own.
    at_home: usize,
    /// The blocks that may change when links become known, by their place at home; at first those that stay there.
    links: Links,
    /// Blocks at home that were rendered again.
    linked: Vec<(usize, Rendered)>,
}

/// What is done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Settle,
    RenderTail,
    FindDefinitions,
    Link,
    Nothing,
}

impl Ahead {
    /// Does a part of the work; false when everything is done.
    pub fn step(&mut self) -> bool {
        match self.next {
            Step::Settle => {
                if !self.document.settle(&mut self.window) {
                    self.next = Step::RenderTail;
                }
            }
            Step::RenderTail => {
                self.document.settled = self.document.blocks.len();
                self.document.render_tail();
                self.next = if self.document.is_finished {
                    Step::FindDefinitions
                } else {
                    Step::Nothing
                };
            }
            Step::FindDefinitions => {
                self.next = Step::Nothing;
                if self.document.find_definitions() {
                    for mut linking in self.document.linking(self.known) {
                        linking.index += self.at_home;
                        self.links.waiting.push_back(linking);
                    }
                    self.next = Step::Link;
                }
            }
            Step::Link => self.link(),
            Step::Nothing => {}
        }
        self.next != Step::Nothing
    }

    fn link(&mut self) {
        let before = self.document.work;
        while self.document.work - before < WINDOW as u64 {
            let Some(linking) = self.links.waiting.pop_front() else {
                self.next = Step::Nothing;
                return;
            };
            let Some(rendered) = self.document.render_again(&linking, &mut self.links) else {
                continue;
            };
            match linking.index.checked_sub(self.at_home) {
                Some(own) if own >= self.known => self.document.put_links(own, rendered),
                _ => self.linked.push((linking.index, rendered)),
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

    /// What is still to be read, for another thread. Until it is taken over, [`Document::glimpse`] shows some of it.
    /// `spare` is the source of an earlier one, or nothing.
    pub fn ahead(&mut self, spare: String) -> Ahead {
        let mut source = spare;
        source.push_str(self.source.get(source.len()..).unwrap_or_default());
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
        let mut links = Links::default();
        if self.is_finished && self.may_define() {
            links.waiting.extend(self.linking(0));
        }
        Ahead {
            known: blocks.len(),
            window: self.window(),
            next: Step::Settle,
            at_home: self.settled - blocks.len(),
            links,
            linked: Vec::new(),
            document: Self {
                source,
                complete: self.complete,
                is_finished: self.is_finished,
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

    /// Takes over what was read of this document elsewhere. Gives back its source, to be used again.
    pub fn take_over(&mut self, ahead: Ahead) -> String {
        let mut read = ahead.document;
        self.glimpse = None;
        self.blocks.truncate(self.settled);
        self.blocks.extend(read.blocks.drain(ahead.known..));
        let moved = |(index, opening)| (index + ahead.at_home, opening);
        self.openings.extend(read.openings.drain(..).map(moved));
        self.settled += read.settled - ahead.known;
        self.stable = read.stable;
        self.seen = read.seen;
        self.fence = read.fence;
        self.joint = read.joint;
        self.opening = read.opening;
        self.tail = read.tail;
        self.paragraph = read.paragraph;
        self.look_again = read.look_again;
        self.definitions = read.definitions;
        self.work += read.work;
        for (index, rendered) in ahead.linked {
            self.put_links(index, rendered);
        }
        self.is_dirty =
            self.source.len() > read.source.len() || self.is_finished != read.is_finished;
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
            newline.or_else(blank).map_or(near, |cut| cut + 1)
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
