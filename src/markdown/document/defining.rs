//! Where a text may define links, in portions: only what looks like it is parsed for it.
//!
//! A portion begins and ends where a block does, so the parser finds in it what it finds in the whole text.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use memchr::memmem;
use pulldown_cmark::Parser;

use super::skim::opens_fence;
use super::{Document, opened};
use crate::markdown::block::{Block, BlockKind};
use crate::markdown::render;
use crate::markdown::split::{OPTIONS, Opening, Rest, line_start};

/// Bytes of a portion, and as many as its last block has beyond them. A paragraph, a table or HTML is read to its end,
/// however long: from its middle, what follows could not be told from more of it.
const PORTION: usize = 16 * 1024;

/// Bytes of one paragraph after which a portion begins inside it after all, with what follows a blank line.
const FAR: usize = 8 * PORTION;

/// A part of the source in which links may be defined.
#[derive(Clone, Debug)]
pub(super) struct Portion {
    range: Range<usize>,
    /// What the parser has to read before it.
    opening: Opening,
}

impl Document {
    /// Whether a line begins as the definition of a link does.
    pub(super) fn may_define(&self) -> bool {
        self.definition_after(0).is_some()
    }

    /// The portions of what is settled, in the order of the text. The search is as quick as the machine; code has none.
    pub(super) fn portions(&self) -> VecDeque<Portion> {
        let mut portions = VecDeque::new();
        let mut done = 0;
        while let Some(at) = self.definition_after(done).filter(|&at| at < self.stable) {
            match self.portion(at, done) {
                Ok(portion) => {
                    done = portion.range.end;
                    portions.push_back(portion);
                }
                Err(end_of_code) => done = end_of_code,
            }
        }
        portions
    }

    /// Adds the links that are defined in a portion to those that are known. Of two with one name the first counts.
    pub(super) fn read_definitions(&mut self, portion: &Portion) {
        let text = opened(&portion.opening, &self.source, portion.range.clone());
        self.work += text.len() as u64;
        let parser = Parser::new_ext(&text, OPTIONS);
        for (label, link) in parser.reference_definitions().iter() {
            let known = Arc::make_mut(&mut self.definitions).entry(render::label_key(label));
            known.or_insert_with(|| link.dest.to_string());
        }
    }

    /// A place where the label of a definition may end. Each line is looked at once, however long it is.
    fn definition_after(&self, from: usize) -> Option<usize> {
        let source = self.source.as_bytes();
        let (mut line, mut looked) = (line_start(&self.source, from), from);
        let mut is_text = false;
        let mut ends = memmem::find_iter(source.get(from..)?, b"]:").map(|at| from + at);
        ends.find(|&at| {
            let new = source.get(looked..at).unwrap_or_default();
            if let Some(newline) = memchr::memrchr(b'\n', new) {
                (line, is_text) = (looked + newline + 1, false);
            }
            looked = at;
            is_text = is_text || !may_be_label(source.get(line..at).unwrap_or_default());
            !is_text
        })
    }

    /// The portion in which `at` is; where code ends, if it is in code. What comes before `done` is known.
    fn portion(&self, at: usize, done: usize) -> Result<Portion, usize> {
        let blocks = self.blocks.get(..self.settled).unwrap_or_default();
        let after = blocks.partition_point(|block| block.source.start <= at);
        let mut begin = after.saturating_sub(1);
        while begin > 0 && self.is_inside_words(begin) {
            begin -= 1;
        }
        let (start, opening) = match blocks.get(begin).filter(|_| after > 0) {
            Some(block) if self.is_fenced(block, begin) => {
                let end = block.source.end;
                if at < end {
                    return Err(end);
                }
                (self.after_fence(end.max(done)), None)
            }
            Some(block) if at - block.source.start > FAR => (self.after_blank(at).max(done), None),
            Some(block) if block.is_continued => (block.source.start, self.opening_of(begin)),
            Some(block) => (line_start(&self.source, block.source.start), None),
            // What comes before the first block stands in none.
            None => (done, None),
        };
        let enough = blocks.partition_point(|block| block.source.start < start + PORTION);
        let mut end = enough.max(after);
        while self.is_inside_words(end) {
            end += 1;
        }
        let end = blocks.get(end);
        Ok(Portion {
            range: start..end.map_or(self.stable, |block| block.source.start),
            opening: opening.cloned().unwrap_or_default(),
        })
    }

    /// Whether a block begins inside a paragraph, a table or HTML: definitions after it would be taken for more of that.
    fn is_inside_words(&self, index: usize) -> bool {
        self.opening_of(index)
            .is_some_and(|opening| opening.rest != Rest::Block)
    }

    /// What comes after the last blank line before `at`.
    fn after_blank(&self, at: usize) -> usize {
        let before = self.source.as_bytes().get(..at).unwrap_or_default();
        memmem::rfind(before, b"\n\n").map_or(0, |blank| blank + 2)
    }

    /// Whether a block is code between fences and nothing else, or a piece of it.
    fn is_fenced(&self, block: &Block, index: usize) -> bool {
        let text = self.source.get(block.source.clone()).unwrap_or_default();
        let begins = if block.is_continued {
            self.opening_of(index).is_none()
        } else {
            let line = text.split('\n').next().unwrap_or_default();
            !line.starts_with("    ") && opens_fence(line)
        };
        begins && matches!(block.kind, BlockKind::Code { .. })
    }

    /// Code that ends with a full piece shows nothing after it, so that the line which closes it belongs to no block.
    fn after_fence(&self, at: usize) -> usize {
        let rest = self.source.get(at..).unwrap_or_default();
        let line = rest.split_inclusive('\n').next().unwrap_or_default();
        let inner = line.trim_start();
        if inner.starts_with("```") || inner.starts_with("~~~") {
            at + line.len()
        } else {
            at
        }
    }

    /// What the parser has to read before a settled block, if that begins inside another one.
    pub(super) fn opening_of(&self, index: usize) -> Option<&Opening> {
        let openings = &self.openings;
        let found = openings.binary_search_by_key(&index, |(block, _)| *block);
        found
            .ok()
            .and_then(|at| openings.get(at))
            .map(|(_, opening)| opening)
    }
}

/// Whether a line may hold nothing before a label. Labels may have several lines; quotes and items come before them.
fn may_be_label(line: &[u8]) -> bool {
    memchr::memchr(b'[', line).is_none_or(|bracket| {
        let head = line.get(..bracket).unwrap_or_default();
        head.iter().all(|c| !c.is_ascii_alphabetic())
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::{prelude::*, sample::select};

    use super::*;

    fn in_portions(source: &str) -> BTreeMap<String, String> {
        let mut document = Document::new();
        document.push(source);
        document.finish();
        document.advance();
        let found = document.definitions.iter();
        found
            .map(|(label, to)| (label.clone(), to.clone()))
            .collect()
    }

    fn at_once(source: &str) -> BTreeMap<String, String> {
        let parser = Parser::new_ext(source, OPTIONS);
        let found = parser.reference_definitions().iter();
        found
            .map(|(label, link)| (render::label_key(label), link.dest.to_string()))
            .collect()
    }

    #[test]
    fn definitions_are_found_wherever_they_may_stand() {
        for source in [
            "[a]: /x",
            "text\n\n[a]: /x\n\n- item\n\n  [b]: /y\n\n> [c]:\n> /z 'title'\n\ntext\n",
            "[a\nb]: /x\n[c]: /y\nwords [d]: /no\n",
            "```\n[a]: /no\n```\n[b]: /y\n",
            "    [a]: /no\n\n[A]: /x\n[a]: /later\n",
            "[^1]: [a]: /x\n\n[b]: /y\n",
        ] {
            assert_eq!(in_portions(source), at_once(source), "{source:?}");
        }
        assert_eq!(in_portions("- a\n\n  [b]: /y\n").len(), 1);
    }

    #[test]
    fn code_that_ends_with_a_piece_hides_nothing_after_it() {
        for lines in [63, 64, 65, 128] {
            let source = format!("```\n{}```\n[b]: /y\n", "[a]: /no\n".repeat(lines));
            assert_eq!(in_portions(&source), at_once(&source), "{lines}");
        }
    }

    #[test]
    fn words_that_go_on_lazily_after_definitions_hold_none() {
        let lazy = "    indented\n[f]: /x\ntext\n";
        let quoted = "> [e]: /q\n";
        let item = format!(
            "- item\n[f]: /x\ntext\n{}{}{}{}",
            "[a]: /x\n".repeat(70),
            "[b]: /y 'title'\n".repeat(700),
            quoted.repeat(700),
            "[a]: /x\n".repeat(2)
        );
        for before in [
            item,
            quoted.repeat(70),
            quoted.repeat(2_000),
            format!("- item\n\n{}", "  [d]: /in\n".repeat(2_000)),
            format!("[^1]: note\n\n{}", "    [d]: /in\n".repeat(70)),
        ] {
            for times in [1, 70, 700] {
                let source = before.clone() + &lazy.repeat(times);
                assert_eq!(in_portions(&source), at_once(&source));
                assert!(!at_once(&source).contains_key("f"));
            }
        }
    }

    #[test]
    fn a_long_line_of_what_may_be_labels_is_looked_along_once() {
        let mut document = Document::new();
        document.push(&format!("x {}", "[]:".repeat(200_000)));
        assert!(!document.may_define());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn portions_define_what_the_whole_does(
            pieces in prop::collection::vec(
                (
                    select(vec![
                        "[a]: /x\n", "[b]: /y 'title'\n", "[c]:\n  /z\n", "[a]: /other\n", "- item\n", "  [d]: /in\n", "> [e]: /q\n",
                        "words [a] and [b]\n", "\n", "\n", "# head\n", "```\n", "| a | b |\n|---|---|\n", "1. one\n", "   more\n",
                        "<div>\n", "---\n", "    indented\n", "> quote\n", "[f]: /x\ntext\n", "[^1]: note\n",
                    ]),
                    select(vec![1_usize, 1, 1, 2, 70, 700]),
                ),
                0..24,
            ),
        ) {
            let source: String = pieces.into_iter().map(|(piece, times)| piece.repeat(times)).collect();
            // A quote that words without its mark go on with is cut like a paragraph once it is long, and what is quoted
            // after that begins anew: it is another text then than the parser sees in the whole.
            prop_assume!(!["> quote\nwords", "/q\nwords"].iter().any(|lazy| source.contains(lazy)));
            prop_assert!(in_portions(&source) == at_once(&source));
        }
    }
}
