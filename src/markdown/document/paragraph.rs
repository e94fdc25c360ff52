//! An open paragraph that has become long: as long as nothing but words come, only the last of them are parsed.
//!
//! What is found here is shown until the paragraph settles; what settles was rendered whole.

use std::ops::Range;

use super::{Document, opened, rendered};
use crate::markdown::block::{Block, Body, Line, Piece, Role, Style};
use crate::markdown::render::Context;
use crate::markdown::split::{
    Opening, PARAGRAPH_LIMIT, PART, Top, TopKind, Whole, begins_word, line_start, parts,
};

/// Bytes of a line after which it is known what it begins.
pub(super) const KNOWN_LINE: usize = 64;

/// What may go on to mean something else after it.
const PENDING: [char; 7] = ['*', '_', '~', '`', '[', '<', '$'];

/// The paragraph at the end of the source.
#[derive(Debug)]
pub(super) struct Paragraph {
    /// What the block is that ends with it.
    kind: TopKind,
    /// What the parser needs before more of it.
    opening: Opening,
    /// The source ends with it at least up to here.
    known: usize,
    /// Marks of quotes that a line of it may have.
    quotes: usize,
    /// Its words so far that are sure, and where they end.
    sure: Option<(Block, usize)>,
}

impl Paragraph {
    fn is_plain(&self, line: &str) -> bool {
        let text = line.trim_start_matches([' ', '>']);
        let marks = line.len() - text.len();
        let quotes = line.bytes().take(marks).filter(|&b| b == b'>').count();
        let begins_word = |first| begins_word(' ', first);
        quotes <= self.quotes && text.chars().next().is_some_and(begins_word)
    }
}

impl Document {
    /// Whether the source is known to go on with the open paragraph up to its end, so that nothing can settle.
    pub(super) fn paragraph_goes_on(&mut self) -> bool {
        let Some(paragraph) = &mut self.paragraph else {
            return false;
        };
        let line = line_start(&self.source, paragraph.known);
        let from = if paragraph.known - line >= KNOWN_LINE {
            paragraph.known
        } else {
            line
        };
        let text = self.source.get(from..).unwrap_or_default();
        // What follows on the line that is known may be anything.
        let new = text.split_inclusive('\n').skip(usize::from(from > line));
        let is_plain = new.into_iter().all(|line| paragraph.is_plain(line));
        let is_short = self.source.len() - self.stable <= PARAGRAPH_LIMIT;
        if is_plain && is_short && !self.is_finished {
            paragraph.known = self.source.len();
            return true;
        }
        self.paragraph = None;
        false
    }

    /// Looks whether the tail, which was rendered as one block, ends in a long paragraph.
    pub(super) fn find_paragraph(&mut self, top: &Top) {
        let range = top.range.clone();
        // Where lines stay lines, words are not all that there is between words.
        let is_early = range.end < self.look_again || self.keeps_lines;
        if is_early || range.len() < PART || top.kind == TopKind::Fence || self.is_finished {
            return;
        }
        let text = opened(&self.opening, &self.source, range.clone());
        self.work += text.len() as u64;
        let found = parts(Whole {
            text: &text,
            opening: &self.opening,
            offset: range.start,
        });
        let has_words = last_word(&self.source, range.start).is_some();
        let Some(opening) = found.words.filter(|_| has_words) else {
            self.look_again = range.end + range.len() / 8;
            return;
        };
        let line = opening.text.rsplit('\n').next().unwrap_or_default();
        self.paragraph = Some(Paragraph {
            kind: top.kind,
            known: range.end,
            quotes: line.matches('>').count(),
            opening,
            sure: None,
        });
    }

    /// Adds to the block of the open paragraph what came. Answers whether that could be done.
    pub(super) fn grow_paragraph(&mut self) -> bool {
        let Some(mut paragraph) = self.paragraph.take() else {
            return false;
        };
        self.make_sure(&mut paragraph);
        let end = self.shown_end();
        let grown = paragraph.sure.clone().and_then(|(mut block, at)| {
            if at > end {
                return None;
            }
            let rest = self.words(at..end, &paragraph.opening)?;
            block.source.end = end;
            add(&mut block, rest);
            Some(block)
        });
        self.paragraph = Some(paragraph);
        let Some(block) = grown else {
            return false;
        };
        self.blocks.truncate(self.settled);
        self.blocks.push(block);
        self.note_tail(end);
        true
    }

    /// Takes all words but the last among those that are sure, unless something is open between them.
    fn make_sure(&mut self, paragraph: &mut Paragraph) {
        let from = paragraph.sure.as_ref().map_or(self.stable, |(_, at)| *at);
        let Some((end, at)) = last_word(&self.source, from) else {
            return;
        };
        let (mut block, lines) = if let Some((block, from)) = paragraph.sure.take() {
            let lines = self.words(from..end, &paragraph.opening);
            (block, lines)
        } else {
            let top = Top {
                range: from..end,
                kind: paragraph.kind,
            };
            let mut block = self.block(from..end, &top, self.joint, true);
            let shown = self.blocks.last();
            block.space_before = shown.is_some_and(|shown| shown.space_before);
            let lines = std::mem::take(&mut block.lines);
            (block, Some(lines))
        };
        let style = lines.as_deref().and_then(end_of_words);
        match (lines, style) {
            (Some(lines), Some(style)) if block.links.is_empty() => {
                add(&mut block, lines);
                if let Some(last) = block.lines.last_mut() {
                    let blank = if end < at { " " } else { "" };
                    last.text.push(blank, style, Some(end));
                }
                paragraph.sure = Some((block, at));
            }
            _ if from > self.stable => paragraph.sure = Some((block, from)),
            _ => {}
        }
    }

    /// The lines of words of the paragraph; none if there are links among them.
    fn words(&mut self, range: Range<usize>, opening: &Opening) -> Option<Vec<Line>> {
        self.work += (range.len() + opening.text.len()) as u64;
        let context = Context {
            definitions: &self.definitions,
            offset: range.start,
            opening,
            is_open: true,
            keeps_lines: self.keeps_lines,
        };
        let rendered = rendered(&self.source, range, context);
        let is_text = rendered.lines.iter().all(|line| line.body == Body::Prose);
        (is_text && rendered.links.is_empty()).then_some(rendered.lines)
    }
}

/// Puts more of a paragraph behind its last line.
fn add(block: &mut Block, lines: Vec<Line>) {
    let mut lines = lines.into_iter();
    if let Some(last) = block.lines.last_mut()
        && let Some(first) = lines.next()
    {
        last.text.append(&first.text);
    }
    block.lines.extend(lines);
}

/// Where the last word after `from` begins, and where the one before it ends.
fn last_word(source: &str, from: usize) -> Option<(usize, usize)> {
    let text = source.get(from..)?;
    let mut after = None;
    for (at, c) in text.char_indices().rev() {
        if let Some((begin, next)) = after.filter(|&(_, next)| begins_word(c, next)) {
            if matches!(c, ' ' | '\n')
                && let Some(end) = end_of_word(text, begin)
            {
                return Some((from + end, from + begin));
            }
            if c >= '\u{2e80}' && c.is_alphabetic() && next >= '\u{2e80}' {
                return Some((from + begin, from + begin));
            }
        }
        after = Some((at, c));
    }
    None
}

/// Where the word ends that stands before the one at `begin`: there is one blank between them, or a line break with the
/// marks of quotes after it.
fn end_of_word(text: &str, begin: usize) -> Option<usize> {
    let line = line_start(text, begin);
    let marks = text.get(line..begin)?;
    let end = if marks.trim_matches([' ', '>']).is_empty() {
        line.checked_sub(1)?
    } else {
        begin.checked_sub(1)?
    };
    let before = text.get(..end)?.chars().next_back()?;
    (!matches!(before, ' ' | '\n' | '\\' | '>')).then_some(end)
}

/// How the last of some words is styled, if nothing between them may go on after it.
fn end_of_words(lines: &[Line]) -> Option<Style> {
    let is_closed = |piece: Piece<'_>| {
        let is_verbatim = matches!(piece.style.role, Role::InlineCode | Role::Math | Role::Html);
        is_verbatim || !piece.text.contains(PENDING)
    };
    let mut pieces = lines.iter().flat_map(|line| line.text.pieces());
    let last = lines.last()?.text.pieces().last()?;
    let is_plain = [Role::Text, Role::Quote]
        .map(Style::from)
        .contains(&last.style);
    (is_plain && pieces.all(is_closed)).then_some(last.style)
}
