//! Where top-level blocks begin, and where what does not end may be cut.
//!
//! Both depend on nothing but the text before them, so an answer splits in the same way however it arrives.

mod definitions;
mod inside;

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

use super::math;
use crate::text::graphemes;

pub(super) use definitions::passed;
pub(super) use inside::{CodeStart, Opening, PART, Rest, Whole, parts};

/// The dialect: what models write. LaTeX is found in `math`: prices are none, and lines of it stay lines.
pub(super) const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_GFM);

/// Bytes after which a paragraph is cut at the next word, so that its layout stays cheap while it grows.
pub(super) const PARAGRAPH_LIMIT: usize = 8 * 1024;

/// Bytes after that in which a word is looked for.
const WORD_LIMIT: usize = 1024;

/// What joins emoji to one.
const JOINER: char = '\u{200d}';

/// The most digits that the number of an item has.
pub(super) const LIST_DIGITS: usize = 9;

/// One top-level block, or one item of a top-level list.
#[derive(Debug)]
pub(super) struct Top {
    /// From the start of its first line to the start of the next block.
    pub(super) range: Range<usize>,
    pub(super) kind: TopKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TopKind {
    Paragraph,
    Fence,
    Item {
        /// Whether the list begins with it.
        is_first: bool,
        /// The number of the list's first item, if it is ordered.
        list_start: Option<u64>,
    },
    /// Other blocks that are one run of lines: they may turn out to have begun as a paragraph.
    Leaf,
    Container,
}

/// The top-level blocks of `text`, of which `skip` bytes only open it, without gaps. Text that shows nothing (link
/// definitions) belongs to what follows.
pub(super) fn top_level(text: &str, skip: usize) -> Vec<Top> {
    let mut tops: Vec<Top> = Vec::new();
    let mut from = 0;
    loop {
        let rest = text.get(from..).unwrap_or_default();
        let (found, next) = first_tops(rest, skip.saturating_sub(from));
        for mut top in found {
            let is_again = from > 0 && top.range.start == 0;
            if let TopKind::Item { is_first, .. } = &mut top.kind {
                *is_first &= !is_again;
            }
            top.range = from + top.range.start..from + top.range.end;
            tops.push(top);
        }
        match next {
            Some(next) => from += next,
            None => return tops,
        }
    }
}

/// The same as far as one reading says. LaTeX ends with its block: a block that begins inside it, and what comes after,
/// has to be read anew from there, as if all before had settled before that came.
pub(super) fn first_tops(text: &str, skip: usize) -> (Vec<Top>, Option<usize>) {
    let displays = math::displays(text, skip);
    let mut found = blocks(text, &math::veil(text, &displays));
    let anew = found
        .iter()
        .position(|top| math::is_inside(&displays, top.range.start));
    let next = anew
        .and_then(|index| found.get(index))
        .map(|top| top.range.start);
    found.truncate(anew.unwrap_or(found.len()));
    (found, next)
}

/// The top-level blocks of `text`, which the parser sees as `veiled`.
fn blocks(text: &str, veiled: &str) -> Vec<Top> {
    let mut tops: Vec<Top> = Vec::new();
    let mut depth = 0_usize;
    let mut list = (true, None);
    let mut last_end = 0;
    for (event, range) in Parser::new_ext(veiled, OPTIONS).into_offset_iter() {
        let kind = match &event {
            Event::Start(Tag::List(number)) if depth == 0 => {
                list = (true, *number);
                None
            }
            Event::Start(Tag::Item) if depth == 1 => Some(TopKind::Item {
                is_first: std::mem::take(&mut list.0),
                list_start: list.1,
            }),
            Event::End(_) => None,
            _ if depth > 0 => None,
            Event::Start(Tag::Paragraph) => Some(TopKind::Paragraph),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) => Some(TopKind::Fence),
            Event::Start(Tag::BlockQuote(_) | Tag::FootnoteDefinition(_)) => {
                Some(TopKind::Container)
            }
            _ => Some(TopKind::Leaf),
        };
        match &event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if let Some(kind) = kind {
            let start = block_start(text, veiled, last_end, range.start);
            if let Some(last) = tops.last_mut() {
                last.range.end = start;
            }
            tops.push(Top {
                range: start..text.len(),
                kind,
            });
            last_end = range.end;
        }
    }
    tops
}

/// The start of the line of `at`, or of the text directly above it that belongs to no block: of definitions, the last.
/// The parser reads `veiled` instead of `text`.
fn block_start(text: &str, veiled: &str, last_end: usize, at: usize) -> usize {
    let gap = text.get(last_end..at).unwrap_or_default();
    // The last block may end inside a line.
    let gap_start = if last_end == 0 || text.get(..last_end).is_some_and(|t| t.ends_with('\n')) {
        last_end
    } else {
        last_end + gap.find('\n').map_or(gap.len(), |newline| newline + 1)
    };
    let line = line_start(text, at).max(gap_start);
    let start = definitions::lines_above(text, gap_start, line);
    definitions::last_begin(veiled, start, line)
}

/// Where the line of `at` begins.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text.get(..at)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |newline| newline + 1)
}

/// The first word after [`PARAGRAPH_LIMIT`]; in text without words, whatever stands [`WORD_LIMIT`] after that.
pub(super) fn cut_position(text: &str) -> Option<usize> {
    cut_after(text, PARAGRAPH_LIMIT)
}

/// The same after `limit`.
fn cut_after(text: &str, limit: usize) -> Option<usize> {
    let from = text.ceil_char_boundary(limit);
    let mut before = text.get(..from)?.chars().next_back()?;
    for (offset, c) in text.get(from..)?.char_indices() {
        if begins_word(before, c) {
            return Some(from + offset);
        }
        // What follows a joiner may belong to a cluster of several emoji.
        let is_late = offset >= 2 * WORD_LIMIT || before != JOINER;
        if offset >= WORD_LIMIT && is_late && may_part(before, text.get(from + offset..)?) {
            return Some(from + offset);
        }
        before = c;
    }
    None
}

/// Whether a word begins with `c`, with which no block but a paragraph can begin.
pub(super) fn begins_word(before: char, c: char) -> bool {
    let is_far = c >= '\u{2e80}';
    match before {
        ' ' | '\n' => c.is_alphabetic() || (is_far && !is_joined(before, c)),
        _ => is_far && c.is_alphabetic(),
    }
}

/// Whether text without words may be cut between `before` and `after`: not inside a cluster, and not so that the rest
/// begins a list.
fn may_part(before: char, after: &str) -> bool {
    let Some(c) = after.chars().next() else {
        return false;
    };
    if c.is_ascii_digit() {
        let digits = after.bytes().take(LIST_DIGITS + 1);
        return digits.filter(u8::is_ascii_digit).count() > LIST_DIGITS;
    }
    if c.is_ascii() {
        return c.is_ascii_graphic() && before != '\\';
    }
    !is_joined(before, c)
}

/// Whether two characters may be shown as one cluster, or the second one not at all.
pub(super) fn is_joined(before: char, c: char) -> bool {
    !c.is_ascii()
        && graphemes(&format!("{before}{c}"))
            .nth(1)
            .is_none_or(|(_, columns)| columns == 0)
}
