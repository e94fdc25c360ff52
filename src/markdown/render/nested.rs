//! Highlighted lines of code blocks inside items and quotes, kept between two renderings of the open tail.
//!
//! Such a block is parsed again with its item on every frame; its complete lines are highlighted once.

use std::collections::HashMap;
use std::sync::Arc;

use crate::markdown::block::Styled;
use crate::markdown::highlight::{HighlightState, Highlighter};

/// The lines that are known, by where the code block begins in the document.
#[derive(Debug, Default)]
pub(crate) struct NestedCode {
    blocks: HashMap<usize, Known>,
    /// Bytes highlighted so far.
    work: u64,
}

#[derive(Debug)]
struct Known {
    language: Arc<str>,
    /// Source and result of each line.
    lines: Vec<(Box<str>, Styled)>,
    /// After the last known line.
    state: Option<HighlightState>,
}

impl NestedCode {
    /// The lines of `code`, which begins at `start`.
    pub(super) fn lines(
        &mut self,
        start: usize,
        language: &Arc<str>,
        code: &str,
        highlighter: &Highlighter,
    ) -> Vec<Styled> {
        let known = self.blocks.entry(start).or_insert_with(|| Known {
            language: Arc::clone(language),
            lines: Vec::new(),
            state: highlighter.start(language),
        });
        let source: Vec<&str> = code.lines().collect();
        if !known.is_start_of(language, &source) {
            known.language = Arc::clone(language);
            known.lines.clear();
            known.state = highlighter.start(language);
        }
        // The last complete line is left out: it may turn out to be the closing fence.
        let complete = code.matches('\n').count().saturating_sub(1);
        let mut lines: Vec<Styled> = known.lines.iter().map(|(_, line)| line.clone()).collect();
        let mut state = None;
        for (index, text) in source.iter().enumerate().skip(lines.len()) {
            self.work += text.len() as u64;
            let line = if index < complete {
                let line = highlighter.line(&mut known.state, text);
                known.lines.push(((*text).into(), line.clone()));
                line
            } else {
                let state = state.get_or_insert_with(|| known.state.clone());
                highlighter.line(state, text)
            };
            lines.push(line);
        }
        lines
    }

    /// Forgets what begins before `offset`: it is settled.
    pub(in crate::markdown) fn forget_before(&mut self, offset: usize) {
        self.blocks.retain(|start, _| *start >= offset);
    }

    /// Bytes highlighted so far.
    pub(in crate::markdown) fn work(&self) -> u64 {
        self.work
    }
}

impl Known {
    fn is_start_of(&self, language: &Arc<str>, source: &[&str]) -> bool {
        self.language == *language
            && self.lines.len() <= source.len()
            && self
                .lines
                .iter()
                .zip(source)
                .all(|((known, _), now)| **known == **now)
    }
}
