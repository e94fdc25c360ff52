//! One answer's Markdown, growing: what is settled, what is open, and what a frame has to do.
//!
//! Keeps offsets and joints; finding blocks is left to `split`, rendering them to `render` and `fence`.

mod ahead;
mod defining;
mod glimpse;
mod links;
mod paragraph;
mod skim;
mod tables;
mod tail;
mod unclosed;

pub(super) use skim::beginning;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

pub use ahead::Ahead;

use super::block::{Block, BlockKind, Body, Line, TableStart};
use super::fence::{Fence, language_of};
use super::layout;
use super::render::{Context, Definitions, Rendered, render};
use super::split::{
    Opening, PARAGRAPH_LIMIT, PART, Rest, Top, TopKind, Whole, cut_position, first_tops,
    line_start, parts, passed, top_level,
};
use crate::text::Sanitiser;
use defining::Portion;
use glimpse::Glimpse;
use links::Relinking;
use paragraph::{KNOWN_LINE, Paragraph};
use tail::Tail;

/// Bytes that are split at once: a long text given whole is worked through in steps of this size.
const WINDOW: usize = 64 * 1024;

/// One answer's Markdown, growing.
#[derive(Debug, Default)]
pub struct Document {
    sanitiser: Sanitiser,
    source: String,
    /// Paragraphs are not filled.
    keeps_lines: bool,
    /// Just after the last line break.
    complete: usize,
    is_finished: bool,
    /// Text arrived or ended since the last [`Document::advance`].
    is_dirty: bool,
    blocks: Vec<Block>,
    settled: usize,
    /// What comes before is settled.
    stable: usize,
    /// Up to here nothing more can settle.
    seen: usize,
    fence: Option<Fence>,
    /// What stands at the stable offset goes on with what is settled.
    joint: Joint,
    /// What the parser has to read before the text at the stable offset, if that begins inside a block.
    opening: Opening,
    /// The same for blocks that were settled.
    openings: Vec<(usize, Opening)>,
    tail: Tail,
    paragraph: Option<Paragraph>,
    /// Up to this length of the source its last line is not looked through for words again: there were none.
    look_again: usize,
    /// What is shown instead of the tail while that is read elsewhere.
    glimpse: Option<Glimpse>,
    definitions: Arc<Definitions>,
    /// Where links may be defined that are not known yet, once everything else is settled.
    defining: VecDeque<Portion>,
    /// Blocks that are still to be rendered with the links that became known.
    relinking: Option<Relinking>,
    generation: u64,
    work: u64,
}

/// How the text at the stable offset hangs together with the block before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Joint {
    #[default]
    None,
    /// It is the next item of a list, with this number.
    Item(Option<u64>),
    /// It is the rest of that block.
    Inside,
}

impl Document {
    /// An empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty document whose paragraphs keep the lines in which they were written, as those of reasoning do, which is
    /// written in lines more than in Markdown.
    pub fn in_lines() -> Self {
        Self {
            keeps_lines: true,
            ..Self::default()
        }
    }

    /// Appends text, made safe. Nothing is parsed.
    pub fn push(&mut self, raw: &str) {
        let before = self.source.len();
        self.sanitiser.push(raw, &mut self.source);
        self.note(before);
    }

    /// No more text will come: with the next [`Document::advance`] everything is settled.
    pub fn finish(&mut self) {
        let before = self.source.len();
        self.sanitiser.finish(&mut self.source);
        self.note(before);
        self.is_dirty |= !self.is_finished;
        self.is_finished = true;
    }

    fn note(&mut self, before: usize) {
        let new = self.source.get(before..).unwrap_or_default();
        if let Some(newline) = new.rfind('\n') {
            self.complete = before + newline + 1;
        }
        self.is_dirty |= !new.is_empty();
    }

    /// Settles what can be settled and renders the tail. Call it once per frame; without new text it costs nothing.
    pub fn advance(&mut self) {
        if !std::mem::take(&mut self.is_dirty) {
            return;
        }
        if self.paragraph_goes_on() && self.grow_paragraph() {
            return;
        }
        if self.tail_may_wait() {
            self.extend_tail();
            return;
        }
        self.withdraw_tail();
        self.grow();
        if self.is_finished {
            self.resolve_links();
        }
    }

    fn grow(&mut self) {
        let known = self.settled;
        let mut window = self.window();
        while self.settle(&mut window) {}
        self.settled = self.blocks.len();
        self.render_tail();
        self.follow_columns(known);
    }

    /// How many of the [`blocks`](Self::blocks) are final.
    pub fn settled(&self) -> usize {
        self.settled
    }

    /// The settled blocks, then those of the tail.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The language of the code block that begins at `block`; empty if it names none.
    pub fn language(&self, block: usize) -> Arc<str> {
        let line = self
            .source
            .get(block..)
            .and_then(|rest| rest.split('\n').next());
        line.map_or_else(|| "".into(), language_of)
    }

    /// Changes when a settled block changed after all: a finished answer may define links that were used before, and later
    /// rows of a table may ask for wider columns.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// The text so far, made safe.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether [`Document::finish`] was called.
    pub fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// Bytes that were split, rendered and highlighted so far. Divided by the length of the source it stays flat.
    pub fn work(&self) -> u64 {
        self.work
    }

    /// Settles what begins within a window; false when nothing more can settle.
    fn settle(&mut self, window: &mut usize) -> bool {
        let end = self.settle_end();
        let before = (self.stable, self.fence.is_some());
        if self.fence.is_some() {
            self.read_fence();
        } else if let Some(length) = self.settle_blocks(end, *window) {
            // What is read anew is read with little after it: that may have to be read anew, too.
            *window = 4 * length;
            return true;
        }
        if before != (self.stable, self.fence.is_some()) {
            *window = self.window();
        } else if self.fence.is_some() || (self.seen >= end && !self.may_end(end)) {
            return false;
        } else {
            *window = window.saturating_mul(2);
        }
        true
    }

    /// Whether the text is over and not all of it is settled: what could not settle while more might come now can.
    fn may_end(&self, end: usize) -> bool {
        self.is_finished && self.stable < end
    }

    /// What begins inside a paragraph is soon cut again.
    fn window(&self) -> usize {
        match self.opening.rest {
            Rest::Block => WINDOW,
            _ => 2 * PARAGRAPH_LIMIT,
        }
    }

    /// How far text may settle: to the last line break, and inside a line that is longer than a paragraph may be.
    fn settle_end(&self) -> usize {
        if self.is_finished {
            return self.source.len();
        }
        let start = self.complete.max(self.stable);
        let line = self.source.get(start..).unwrap_or_default();
        if self.source.len() >= self.look_again && cut_position(line).is_some() {
            self.source.len()
        } else {
            self.complete
        }
    }

    fn read_fence(&mut self) {
        // An incomplete line may turn out to close the fence.
        let all = if self.is_finished {
            self.source.len()
        } else {
            self.complete
        };
        let Some(mut fence) = self.fence.take() else {
            return;
        };
        let before = fence.position();
        let enough = before.saturating_add(WINDOW);
        let closed = fence.read(&self.source, all, enough, &mut self.blocks);
        self.work += (fence.position() - before) as u64;
        self.stable = fence.position();
        self.seen = self.stable;
        if closed.is_none() {
            if self.is_finished && fence.position() >= all {
                fence.flush(&mut self.blocks);
            } else {
                self.fence = Some(fence);
            }
        }
    }

    /// Finds the blocks from the stable offset on and settles all that cannot change. Answers how much was settled if
    /// what follows has to be read anew.
    fn settle_blocks(&mut self, end: usize, window: usize) -> Option<usize> {
        let horizon = self.horizon(end, window);
        let is_last_pass = self.is_finished && horizon == self.source.len();
        if horizon <= self.stable || (horizon <= self.seen && !is_last_pass) {
            return None;
        }
        self.seen = horizon;
        let base = self.stable;
        let (mut tops, anew) = self.first_tops(base..horizon);
        if tops.is_empty() && !is_last_pass && self.opening.text.is_empty() {
            self.pass(base..horizon);
            return None;
        }
        let seen = self.source.get(..horizon).unwrap_or_default();
        let is_sure = |at: &usize| {
            let line = seen.get(*at..).unwrap_or_default();
            let is_known = line.len() >= KNOWN_LINE && !is_row_of_signs(line);
            is_last_pass || is_known || line.contains('\n')
        };
        if let Some(anew) = anew {
            if !is_sure(&anew) || !self.settle_all(&tops) {
                return None;
            }
            self.stable = anew;
            self.seen = anew;
            return Some(anew - base);
        }
        let open = if is_last_pass { None } else { tops.pop() };
        // Inside a line it may not be known yet whether a fence begins, or what a row of signs means.
        let is_inside_line = !is_last_pass && !seen.ends_with('\n');
        let is_unsure = |top: &Top| {
            let text = seen.get(top.range.start..).unwrap_or_default();
            top.kind == TopKind::Fence && !text.contains('\n')
        };
        if is_inside_line && (is_row_of_signs(seen) || open.as_ref().is_none_or(is_unsure)) {
            return None;
        }
        if !self.settle_all(&tops) {
            return None;
        }
        match open {
            None if is_last_pass => self.stable = horizon,
            None => {}
            Some(top) => {
                self.begin(&top, tops.is_empty());
                self.leave_open(top);
            }
        }
        None
    }

    /// Settles blocks that are over. Answers whether all of them did: after a part of a long one the text is split again.
    fn settle_all(&mut self, tops: &[Top]) -> bool {
        tops.iter().enumerate().all(|(index, top)| {
            self.begin(top, index == 0);
            let is_cut = self.settle_parts(top);
            if !is_cut {
                self.settle_block(top);
            }
            !is_cut
        })
    }

    /// Comes past blank lines and definitions, which show nothing, as far as what follows does not depend on them.
    fn pass(&mut self, range: Range<usize>) {
        let text = self.source.get(range.clone()).unwrap_or_default();
        if text.trim_ascii().is_empty() {
            self.stable = range.end;
        } else {
            self.work += text.len() as u64;
            self.stable = range.start + passed(text);
        }
    }

    /// The top-level blocks of a part of the source, which begins at the stable offset.
    fn tops(&mut self, range: Range<usize>) -> Vec<Top> {
        let text = opened(&self.opening, &self.source, range.clone());
        self.work += text.len() as u64;
        let mut tops = top_level(&text, self.opening.text.len());
        self.place(&mut tops, range.start);
        tops
    }

    /// The first of them, and from where on the others have to be read anew.
    fn first_tops(&mut self, range: Range<usize>) -> (Vec<Top>, Option<usize>) {
        let text = opened(&self.opening, &self.source, range.clone());
        self.work += text.len() as u64;
        let skip = self.opening.text.len();
        let (mut tops, anew) = first_tops(&text, skip);
        self.place(&mut tops, range.start);
        (tops, anew.map(|at| range.start + at.saturating_sub(skip)))
    }

    /// Turns places in the text that begins at `start`, after its opening, into places of the source.
    fn place(&self, tops: &mut [Top], start: usize) {
        let place = |at: usize| start + at.saturating_sub(self.opening.text.len());
        for top in tops {
            top.range = place(top.range.start)..place(top.range.end);
        }
    }

    /// Where to stop looking: at a line break not much more than `window` ahead, or inside a longer line.
    fn horizon(&self, end: usize, window: usize) -> usize {
        if end.saturating_sub(self.stable) <= 2 * window {
            return end;
        }
        let from = self.stable + window;
        let limit = self.source.floor_char_boundary(from + window);
        let rest = self.source.as_bytes().get(from..limit).unwrap_or_default();
        memchr::memchr(b'\n', rest).map_or(limit, |newline| from + newline + 1)
    }

    /// Comes to the next block, of which the first may go on with what is settled.
    fn begin(&mut self, top: &Top, is_first: bool) {
        self.joint = joint_before(top, is_first, self.joint);
        if !is_first {
            self.opening = Opening::default();
        }
    }

    /// The last block may still change; a fence and what has become long settle in parts.
    fn leave_open(&mut self, mut top: Top) {
        self.stable = top.range.start;
        if top.kind == TopKind::Fence {
            let space_before = !self.blocks.is_empty();
            self.fence = Fence::open(&self.source, self.stable, space_before);
        } else {
            top.range.end = self.seen;
            self.settle_parts(&top);
        }
    }

    /// Settles all but the last part of a long block. Answers whether what follows has to be split again.
    fn settle_parts(&mut self, top: &Top) -> bool {
        if top.kind == TopKind::Fence {
            return false;
        }
        if self.joint != Joint::Inside {
            let (number, _) = numbering(top, self.joint);
            self.opening.numbers = vec![number];
        }
        let range = top.range.clone();
        let text = opened(&self.opening, &self.source, range.clone());
        let found = parts(Whole {
            text: &text,
            opening: &self.opening,
            offset: range.start,
        });
        let skip = self.opening.text.len();
        if range.len() >= PART {
            self.work += text.len() as u64;
        }
        let mut start = range.start;
        for part in found.more {
            let end = range.start + (part.at - skip);
            let block = self.block(start..end, top, self.joint, false);
            let table = table_start(&block.lines).filter(|_| part.opening.rest == Rest::More);
            self.push_settled(block);
            self.opening = Opening {
                table: table.map(Arc::new),
                ..part.opening
            };
            self.joint = Joint::Inside;
            start = end;
            self.stable = end;
        }
        if found.is_cut {
            self.seen = self.stable;
        }
        found.is_cut
    }

    fn push_settled(&mut self, block: Block) {
        if self.joint == Joint::Inside {
            let opening = std::mem::take(&mut self.opening);
            self.openings.push((self.blocks.len(), opening));
        }
        self.blocks.push(block);
    }

    fn settle_block(&mut self, top: &Top) {
        let space_before = !self.blocks.is_empty();
        if top.kind == TopKind::Fence
            && let Some(mut fence) = Fence::open(&self.source, top.range.start, space_before)
        {
            self.stable = top.range.end;
            self.work += top.range.len() as u64;
            let text = self.source.get(..top.range.end).unwrap_or_default();
            let closed = fence.read(text, text.len(), text.len(), &mut self.blocks);
            if closed.is_none() {
                fence.flush(&mut self.blocks);
            }
            self.joint = Joint::None;
            return;
        }
        let start = self.stable.max(top.range.start);
        let block = self.block(start..top.range.end, top, self.joint, false);
        self.stable = top.range.end;
        let joint = self.joint_after(top, self.joint);
        self.push_settled(block);
        self.opening = Opening::default();
        self.joint = joint;
    }

    /// A part of `top`, or all of it. `is_open` says that it may go on.
    fn block(&mut self, range: Range<usize>, top: &Top, joint: Joint, is_open: bool) -> Block {
        let (number, is_joined) = numbering(top, joint);
        let own = Opening {
            numbers: vec![number],
            ..Opening::default()
        };
        let opening = if joint == Joint::Inside {
            &self.opening
        } else {
            &own
        };
        self.work += (range.len() + opening.text.len()) as u64;
        let context = Context {
            definitions: &self.definitions,
            offset: range.start,
            opening,
            is_open,
            keeps_lines: self.keeps_lines,
        };
        let rendered = rendered(&self.source, range.clone(), context);
        let number = opening.numbers.first().copied().flatten();
        let space_before = !is_joined && self.needs_space(&rendered.kind);
        Block {
            source: range,
            kind: match rendered.kind {
                BlockKind::ListItem { .. } => BlockKind::ListItem { number },
                kind => kind,
            },
            is_continued: joint == Joint::Inside,
            space_before,
            lines: rendered.lines,
            links: rendered.links,
        }
    }

    /// What `top` may be continued by, also if it is an item too deep to be laid out as one.
    fn joint_after(&self, top: &Top, joint: Joint) -> Joint {
        let number = match joint {
            Joint::Inside => self.opening.numbers.first().copied().flatten(),
            _ => numbering(top, joint).0,
        };
        match top.kind {
            TopKind::Item { .. } => Joint::Item(number.map(|n| n.saturating_add(1))),
            _ => Joint::None,
        }
    }

    /// Small headings stand close to the prose that they are about.
    fn needs_space(&self, kind: &BlockKind) -> bool {
        let is_close = matches!(kind, BlockKind::Paragraph | BlockKind::ListItem { .. });
        self.blocks.last().is_some_and(|before| match before.kind {
            BlockKind::Heading(level) => level < 3 || !is_close,
            _ => true,
        })
    }
}

/// Whether the last line of a text may be a rule, or what underlines a heading, if nothing else comes.
fn is_row_of_signs(text: &str) -> bool {
    let from = text.ceil_char_boundary(line_start(text, text.len()) + KNOWN_LINE);
    let signs = text.get(from..).unwrap_or_default();
    signs.chars().all(|c| c.is_ascii() && !c.is_alphanumeric())
}

/// What more of the table needs to know with which a block of these lines ends, if it does.
fn table_start(lines: &[Line]) -> Option<TableStart> {
    match &lines.last()?.body {
        Body::Table(table) => Some(layout::table_start(table)),
        _ => None,
    }
}

/// A part of the source after what opens it.
fn opened<'a>(opening: &Opening, source: &'a str, range: Range<usize>) -> Cow<'a, str> {
    let text = source.get(range).unwrap_or_default();
    if opening.text.is_empty() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("{}{text}", opening.text))
    }
}

fn rendered(source: &str, range: Range<usize>, context: Context<'_>) -> Rendered {
    render(&opened(context.opening, source, range), context)
}

/// The number of the item with which `top` begins, and whether it goes on with what is settled.
fn numbering(top: &Top, joint: Joint) -> (Option<u64>, bool) {
    match (top.kind, joint) {
        (TopKind::Item { .. }, Joint::Item(number)) => (number, true),
        (TopKind::Item { list_start, .. }, _) => (list_start, joint == Joint::Inside),
        _ => (None, joint == Joint::Inside),
    }
}

/// How `top` hangs together with what was settled. A text parsed from the middle of a list begins with a new list
/// for the parser, so the first block keeps the joint that was remembered.
fn joint_before(top: &Top, is_first: bool, joint: Joint) -> Joint {
    match top.kind {
        _ if is_first => joint,
        TopKind::Item {
            is_first: false, ..
        } => joint,
        _ => Joint::None,
    }
}
