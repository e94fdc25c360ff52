//! Code blocks of the visible path: which there are, which one is meant, and jumping from one to the next.
//!
//! Taking one out is `clipboard`'s.

use crate::{
    app::{Effect, Model, Scroll},
    chat::{Conversation, ReadingPart, ReadingPosition, Turn},
    markdown::{CodeBlock, code_blocks},
    text::SafeText,
};

/// Bytes at the end of an answer that are looked through for code: more would be felt.
const MAX_SEARCHED: usize = 4 << 20;

/// A code block and where its first row is.
pub(super) struct Placed {
    pub(super) at: ReadingPosition,
    pub(super) block: CodeBlock,
}

/// Puts the code block before or after the one that is read to the top.
pub(super) fn step(model: &mut Model, step: isize) -> Vec<Effect> {
    let blocks = blocks_of_path(model);
    if blocks.is_empty() {
        model.notify_of("code", "no answer here has a code block");
        return Vec::new();
    }
    let order = |at: &ReadingPosition| model.order(at);
    let target = if let Some(here) = model.pane().code {
        let here = blocks.iter().position(|b| b.at == here);
        here.and_then(|here| here.checked_add_signed(step))
    } else if model.pane().scroll.is_following() {
        // Who follows stands at the end.
        blocks.len().checked_add_signed(step)
    } else {
        let top = model.top().and_then(|top| order(&top));
        let first = blocks.partition_point(|b| order(&b.at) < top);
        let is_at = blocks.get(first).is_some_and(|b| order(&b.at) == top);
        let next = first + usize::from(is_at);
        if step < 0 {
            first.checked_sub(1)
        } else {
            Some(next)
        }
    };
    let count = blocks.len();
    let Some((place, found)) = target.and_then(|place| Some((place, blocks.get(place)?))) else {
        let end = if step < 0 { "above" } else { "below" };
        let sentence = format!("no code block {end}, there are {count} in all");
        model.notify_of("code", sentence);
        return Vec::new();
    };
    let language = match &*found.block.language {
        "" => String::new(),
        language => format!(" · {language}"),
    };
    let (at, sentence) = (
        found.at,
        format!("code block {} of {count}{language}", place + 1),
    );
    let pane = model.pane_mut();
    pane.scroll = Scroll::At { at, rows: 0 };
    pane.code = Some(at);
    model.notify_of("code", sentence);
    Vec::new()
}

/// The code block that the reader of the focused pane has jumped to, or that is at the top of what is read.
pub(super) fn here(model: &Model) -> Option<CodeBlock> {
    let pane = model.pane();
    let at = match pane.code {
        Some(at) => at,
        None if pane.scroll.is_following() => return None,
        None => model.top()?,
    };
    at_place(model, at).map(|placed| placed.block)
}

/// The code block in which a place is.
pub(super) fn at_place(model: &Model, at: ReadingPosition) -> Option<Placed> {
    if at.part != ReadingPart::Answer {
        return None;
    }
    let turn = model.focused_conversation()?.turn(at.turn)?;
    let mut blocks = blocks_of(turn).into_iter();
    blocks.find(|b| b.block.source.contains(&at.byte))
}

fn blocks_of_path(model: &Model) -> Vec<Placed> {
    let conversation = model.focused_conversation();
    let turns = conversation.into_iter().flat_map(Conversation::path);
    turns.flat_map(blocks_of).collect()
}

/// The code blocks of the answer of a turn, in order.
fn blocks_of(turn: &Turn) -> Vec<Placed> {
    let Some(answer) = turn.shown_answer() else {
        return Vec::new();
    };
    let safe = SafeText::new(&answer.content);
    let (offset, searched) = tail(safe.as_str());
    let blocks = code_blocks(searched).into_iter().map(|mut block| {
        // The row of a block begins with its line, whatever stands left of it there.
        let before = searched.get(..block.source.start).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        block.source = start + offset..block.source.end + offset;
        let at = ReadingPosition {
            part: ReadingPart::Answer,
            byte: block.source.start,
            ..ReadingPosition::start_of(turn.id)
        };
        Placed { at, block }
    });
    blocks.filter(|b| !b.block.code.is_empty()).collect()
}

/// The end of a text from the beginning of a line on, and where it begins.
fn tail(text: &str) -> (usize, &str) {
    let Some(cut) = text.len().checked_sub(MAX_SEARCHED) else {
        return (0, text);
    };
    let cut = text.ceil_char_boundary(cut);
    let rest = text.get(cut..).unwrap_or_default();
    match rest.split_once('\n') {
        Some((head, lines)) => (cut + head.len() + 1, lines),
        None => (cut, rest),
    }
}

impl Model {
    /// Where a place of the focused pane comes among the others, on the visible path.
    pub(super) fn order(&self, at: &ReadingPosition) -> Option<(usize, ReadingPart, usize)> {
        let mut path = self.focused_conversation()?.path();
        let turn = path.position(|turn| turn.id == at.turn)?;
        Some((turn, at.part, at.byte))
    }
}
