//! What is asked of a document as a whole: links whose definition came last.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;
use pulldown_cmark::Parser;

use super::{Document, rendered, table_start};
use crate::markdown::block::{Block, BlockKind, TableStart};
use crate::markdown::render::{self, Context, Rendered};
use crate::markdown::split::{OPTIONS, Opening};

/// A block that may change when links become known.
#[derive(Debug)]
pub(super) struct Linking {
    pub(super) index: usize,
    range: Range<usize>,
    /// What the parser has to read before it.
    opening: Opening,
    may_link: bool,
}

/// The blocks that are to be rendered again, in order.
#[derive(Debug, Default)]
pub(super) struct Links {
    pub(super) waiting: VecDeque<Linking>,
    /// The last table, or part of one, that was rendered again, and what more of it needs to know.
    table: Option<(usize, TableStart)>,
}

impl Document {
    /// Renders again what may hold links whose definition stood elsewhere.
    pub(super) fn resolve_links(&mut self) {
        if !self.find_definitions() {
            return;
        }
        let mut links = Links {
            waiting: self.linking(0).into(),
            table: None,
        };
        while let Some(linking) = links.waiting.pop_front() {
            if let Some(rendered) = self.render_again(&linking, &mut links) {
                self.put_links(linking.index, rendered);
            }
        }
    }

    /// Whether a line begins as the definition of a link does.
    pub(super) fn may_define(&self) -> bool {
        let source = self.source.as_bytes();
        memmem::find_iter(source, b"]:").any(|at| {
            let before = source.get(..at).unwrap_or_default();
            let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
            let line = before.get(start..).unwrap_or_default();
            // Labels may have several lines; quotes and items come before them.
            memchr::memchr(b'[', line).is_none_or(|bracket| {
                let head = line.get(..bracket).unwrap_or_default();
                head.iter().all(|c| !c.is_ascii_alphabetic())
            })
        })
    }

    /// Looks for definitions of links in the whole text; false if there are none.
    pub(super) fn find_definitions(&mut self) -> bool {
        if !self.may_define() {
            return false;
        }
        self.definitions = Parser::new_ext(&self.source, OPTIONS)
            .reference_definitions()
            .iter()
            .map(|(label, link)| (render::label_key(label), link.dest.to_string()))
            .collect();
        if self.definitions.is_empty() {
            return false;
        }
        self.work += self.source.len() as u64;
        true
    }

    /// The settled blocks from the one at `first` on that may change when links become known.
    pub(super) fn linking(&self, first: usize) -> Vec<Linking> {
        let blocks = self.blocks.iter().enumerate().take(self.settled);
        blocks
            .skip(first)
            .filter_map(|(index, block)| self.linking_of(index, block))
            .collect()
    }

    fn linking_of(&self, index: usize, block: &Block) -> Option<Linking> {
        let number = match block.kind {
            BlockKind::Code { .. } => return None,
            BlockKind::ListItem { number } => number,
            _ => None,
        };
        let openings = &self.openings;
        let part = openings.binary_search_by_key(&index, |(block, _)| *block);
        let part = part.ok().and_then(|at| openings.get(at));
        let text = self.source.get(block.source.clone());
        let may_link = text.is_some_and(|text| memchr::memchr(b'[', text.as_bytes()).is_some());
        let is_table = part.is_some_and(|(_, opening)| opening.table.is_some());
        (may_link || is_table).then(|| Linking {
            index,
            range: block.source.clone(),
            opening: part.map_or_else(
                || Opening {
                    numbers: vec![number],
                    ..Opening::default()
                },
                |(_, opening)| opening.clone(),
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
        };
        let rendered = rendered(&self.source, linking.range.clone(), context);
        links.table = table_start(&rendered.lines).map(|start| (linking.index, start));
        Some(rendered)
    }

    /// Replaces a block by itself with other links.
    pub(super) fn put_links(&mut self, index: usize, rendered: Rendered) {
        if let Some(block) = self.blocks.get_mut(index)
            && block.lines != rendered.lines
        {
            block.lines = rendered.lines;
            block.links = rendered.links;
            self.generation += 1;
        }
    }
}
