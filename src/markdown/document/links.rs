//! Links whose definition came after them: what may hold some is rendered again once all of the text is there.
//!
//! Where definitions stand is looked for in `defining`.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::{Document, WINDOW, rendered, table_start};
use crate::markdown::block::{Block, BlockKind, TableStart};
use crate::markdown::render::{Context, Rendered};
use crate::markdown::split::Opening;

/// What a block costs besides its text, in bytes.
const BLOCK: usize = 32;

/// A block that may change when links become known.
#[derive(Debug)]
pub(super) struct Linking {
    pub(super) index: usize,
    range: Range<usize>,
    /// What the parser has to read before it.
    opening: Opening,
    may_link: bool,
}

/// How far the blocks were rendered again, now that links are known.
#[derive(Debug, Default)]
pub(super) struct Relinking {
    /// The first block that was not.
    next: usize,
    table: Option<(usize, TableStart)>,
}

/// Blocks that are to be rendered again, in order.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub(super) waiting: VecDeque<Linking>,
    /// The last table, or part of one, that was rendered again, and what more of it needs to know.
    table: Option<(usize, TableStart)>,
    /// The first block after them.
    next: usize,
}

impl Document {
    /// Renders again what may hold links whose definition stood elsewhere.
    pub(super) fn resolve_links(&mut self) {
        if self.relinking.is_none() {
            for portion in self.portions() {
                self.read_definitions(&portion);
            }
            self.begin_links();
        }
        while let Some(mut links) = self.next_links() {
            while let Some(linking) = links.waiting.pop_front() {
                if let Some(rendered) = self.render_again(&linking, &mut links) {
                    self.put_links(linking.index, rendered);
                }
            }
            self.end_links(links);
        }
    }

    /// Whether links are still to be looked for, or to be put into blocks.
    pub(super) fn lacks_links(&self) -> bool {
        self.relinking.is_some() || !self.defining.is_empty()
    }

    /// Has all blocks rendered again if links became known.
    pub(super) fn begin_links(&mut self) {
        self.defining.clear();
        self.relinking = (!self.definitions.is_empty()).then(Relinking::default);
    }

    /// As many of the blocks that may change as a frame has time for.
    pub(super) fn next_links(&self) -> Option<Links> {
        let Relinking { next, table } = self.relinking.as_ref()?;
        let mut links = Links {
            waiting: VecDeque::new(),
            table: table.clone(),
            next: *next,
        };
        let mut bytes = 0;
        let blocks = self.blocks.get(*next..self.settled).unwrap_or_default();
        for block in blocks {
            if bytes >= WINDOW {
                break;
            }
            bytes += BLOCK;
            if let Some(linking) = self.linking_of(links.next, block) {
                bytes += linking.range.len();
                links.waiting.push_back(linking);
            }
            links.next += 1;
        }
        Some(links)
    }

    /// Goes on after blocks that were rendered again.
    pub(super) fn end_links(&mut self, links: Links) {
        let Links { next, table, .. } = links;
        self.relinking = (next < self.settled).then_some(Relinking { next, table });
        if self.relinking.is_none() && self.agree_on_columns(0).is_some() {
            self.generation += 1;
        }
    }

    fn linking_of(&self, index: usize, block: &Block) -> Option<Linking> {
        let number = match block.kind {
            BlockKind::Code { .. } => return None,
            BlockKind::ListItem { number } => number,
            _ => None,
        };
        let part = self.opening_of(index);
        let text = self.source.get(block.source.clone());
        let may_link = text.is_some_and(|text| memchr::memchr(b'[', text.as_bytes()).is_some());
        let is_table = part.is_some_and(|opening| opening.table.is_some());
        (may_link || is_table).then(|| Linking {
            index,
            range: block.source.clone(),
            opening: part.map_or_else(
                || Opening {
                    numbers: vec![number],
                    ..Opening::default()
                },
                Opening::clone,
            ),
            may_link,
        })
    }

    /// A block with what is known of links now. It is rendered if there may be some in it, and if the table of which it
    /// is a part changed before it.
    pub(super) fn render_again(
        &mut self,
        linking: &Linking,
        links: &mut Links,
    ) -> Option<Rendered> {
        let mut opening = Cow::Borrowed(&linking.opening);
        let mut is_moved = false;
        if let (Some(known), Some((index, start))) = (&linking.opening.table, links.table.take())
            && index + 1 == linking.index
            && **known != start
        {
            opening.to_mut().table = Some(Arc::new(start));
            is_moved = true;
        }
        if !linking.may_link && !is_moved {
            return None;
        }
        self.work += linking.range.len() as u64;
        let context = Context {
            definitions: &self.definitions,
            offset: linking.range.start,
            opening: &opening,
            is_open: false,
            keeps_lines: self.keeps_lines,
        };
        let rendered = rendered(&self.source, linking.range.clone(), context);
        links.table = table_start(&rendered.lines).map(|start| (linking.index, start));
        Some(rendered)
    }

    /// Replaces a block by itself with other links.
    pub(super) fn put_links(&mut self, index: usize, mut rendered: Rendered) {
        if self.goes_on_with_table(index + 1) {
            // Until all links are known, the parts of a table stay as wide as they were.
            self.keep_columns(index, &mut rendered.lines);
        }
        if let Some(block) = self.blocks.get_mut(index)
            && block.lines != rendered.lines
        {
            block.lines = rendered.lines;
            block.links = rendered.links;
            self.generation += 1;
        }
    }
}
