//! What is asked of a document as a whole: its code, and links whose definition came last.

use std::ops::Range;

use memchr::memmem;
use pulldown_cmark::Parser;

use super::Document;
use crate::markdown::block::BlockKind;
use crate::markdown::highlight::Highlighter;
use crate::markdown::split::OPTIONS;
use crate::markdown::{fence, render};

/// A code block of a document, for copying and saving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeBlock {
    /// The first word after the opening fence; empty if there is none.
    pub language: Box<str>,
    /// Which of [`Document::blocks`] show it.
    pub blocks: Range<usize>,
    /// The code, tabs included.
    pub code: String,
}

impl Document {
    /// The code blocks at top level, in order.
    pub fn code_blocks(&self) -> Vec<CodeBlock> {
        let mut found: Vec<CodeBlock> = Vec::new();
        let mut opener = None;
        for (index, block) in self.blocks.iter().enumerate() {
            let BlockKind::Code {
                language,
                continued,
            } = &block.kind
            else {
                continue;
            };
            let source = self.source.get(block.source.clone()).unwrap_or_default();
            let code = fence::content(source, *continued, &mut opener);
            match found.last_mut() {
                Some(last) if *continued => {
                    last.blocks.end = index + 1;
                    last.code.push_str(&code);
                }
                _ => found.push(CodeBlock {
                    language: language.as_ref().into(),
                    blocks: index..index + 1,
                    code,
                }),
            }
        }
        found
    }

    /// Renders again what may hold links whose definition stood elsewhere.
    pub(super) fn resolve_links(&mut self, highlighter: &Highlighter) {
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
            is_changed |= self.render_again(index, highlighter);
        }
        if is_changed {
            self.generation += 1;
        }
    }

    fn render_again(&mut self, index: usize, highlighter: &Highlighter) -> bool {
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
        let rendered = self.render(block.source.clone(), number, highlighter);
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
