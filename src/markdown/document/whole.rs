//! What is asked of a document as a whole: links whose definition came last.

use std::sync::Arc;

use memchr::memmem;
use pulldown_cmark::Parser;

use super::{Document, rendered, table_start};
use crate::markdown::block::BlockKind;
use crate::markdown::render::{self, Context};
use crate::markdown::split::{OPTIONS, Opening};

impl Document {
    /// Renders again what may hold links whose definition stood elsewhere.
    pub(super) fn resolve_links(&mut self) {
        if memmem::find(self.source.as_bytes(), b"]:").is_none() {
            return;
        }
        self.definitions = Parser::new_ext(&self.source, OPTIONS)
            .reference_definitions()
            .iter()
            .map(|(label, link)| (render::label_key(label), link.dest.to_string()))
            .collect();
        if self.definitions.is_empty() {
            return;
        }
        self.work += self.source.len() as u64;
        let mut is_changed = false;
        for index in 0..self.blocks.len() {
            let is_moved = self.follow_table(index);
            is_changed |= self.render_again(index, is_moved);
        }
        if is_changed {
            self.generation += 1;
        }
    }

    /// Whether the table of which a block is a part changed before it.
    fn follow_table(&mut self, index: usize) -> bool {
        let opening = self
            .openings
            .binary_search_by_key(&index, |(block, _)| *block);
        let opening = opening.ok().and_then(|at| self.openings.get_mut(at));
        let known = opening.and_then(|(_, opening)| opening.table.as_mut());
        let before = index.checked_sub(1).and_then(|at| self.blocks.get(at));
        match (known, before.and_then(table_start)) {
            (Some(known), Some(start)) if **known != start => {
                *known = Arc::new(start);
                true
            }
            _ => false,
        }
    }

    /// Answers whether the block changed. One with links may, and one that `is_moved`.
    fn render_again(&mut self, index: usize, is_moved: bool) -> bool {
        let Some(block) = self.blocks.get(index) else {
            return false;
        };
        let may_link = self
            .source
            .get(block.source.clone())
            .is_some_and(|text| text.contains('['));
        let number = match block.kind {
            BlockKind::Code { .. } => return false,
            BlockKind::ListItem { number } => number,
            _ => None,
        };
        if !may_link && !is_moved {
            return false;
        }
        let part = self
            .openings
            .binary_search_by_key(&index, |(block, _)| *block);
        let part = part.ok().and_then(|at| self.openings.get(at));
        let own = Opening {
            numbers: vec![number],
            ..Opening::default()
        };
        let opening = part.map_or(&own, |(_, opening)| opening);
        let range = block.source.clone();
        self.work += range.len() as u64;
        let context = Context {
            definitions: &self.definitions,
            offset: range.start,
            opening,
            is_open: false,
        };
        let rendered = rendered(&self.source, range, context);
        match self.blocks.get_mut(index) {
            Some(block) if block.lines != rendered.lines => {
                block.lines = rendered.lines;
                block.links = rendered.links;
                true
            }
            _ => false,
        }
    }
}
