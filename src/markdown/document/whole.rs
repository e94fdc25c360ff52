//! What is asked of a document as a whole: links whose definition came last.

use memchr::memmem;
use pulldown_cmark::Parser;

use super::{Document, rendered};
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
            is_changed |= self.render_again(index);
        }
        if is_changed {
            self.generation += 1;
        }
    }

    fn render_again(&mut self, index: usize) -> bool {
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
        if !may_link {
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
