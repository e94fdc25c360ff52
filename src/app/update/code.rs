//! Code blocks of the visible path: which there are, which one is meant, and jumping from one to the next.
//!
//! Taking one out is `clipboard`'s.

use crate::{
    app::{Effect, Model, Scroll},
    chat::{ReadingPart, ReadingPosition, Turn},
    markdown::{CodeBlock, last_code_blocks},
    text::SafeText,
};

/// Bytes at the end of an answer that are looked through for code: more would be felt.
const MAX_SEARCHED: usize = 4 << 20;

/// A code block and where its first row is.
pub(super) struct Placed {
    pub(super) at: ReadingPosition,
    pub(super) block: CodeBlock,
}

/// Puts the next code block above or below to the top.
pub(super) fn jump(model: &mut Model, by: isize) -> Vec<Effect> {
    step(model, by, None);
    Vec::new()
}

/// Puts the code block before or after a place, else the one that is read, to the top; answers where it is, if there is
/// one.
pub(super) fn step(
    model: &mut Model,
    step: isize,
    from: Option<ReadingPosition>,
) -> Option<ReadingPosition> {
    let Some((at, sentence)) = beside(model, step, from) else {
        let end = if step < 0 { "above" } else { "below" };
        model.notify_of("code", format!("no code block {end}"));
        return None;
    };
    model.show_place(at);
    let pane = model.pane_mut();
    pane.go(Scroll::At { at, rows: 0 });
    pane.code = Some(at);
    model.notify_of("code", sentence);
    Some(at)
}

/// The next code block above or below a place, and what is said of it. Answers are looked through one by one, so that
/// only those between cost anything.
fn beside(
    model: &Model,
    step: isize,
    from: Option<ReadingPosition>,
) -> Option<(ReadingPosition, String)> {
    let conversation = model.focused_conversation()?;
    let turns = conversation.path().len();
    let follows = from.is_none() && model.pane().scroll.is_following();
    // Who follows stands at the end and has all that is seen before him.
    let top = from.or_else(|| model.top().filter(|_| !follows || step > 0));
    let top = top.and_then(|top| model.order(&top));
    let top = top.unwrap_or((turns, ReadingPart::Prompt, 0));
    let mut outward = (0..=turns).map_while(|n| match step {
        ..0 => top.0.checked_sub(n),
        _ => top.0.checked_add(n),
    });
    outward.find_map(|turn| {
        let blocks = blocks_of(conversation.on_path(turn)?);
        let order = |b: &Placed| (turn, b.at.part, b.at.byte);
        let place = if step < 0 {
            blocks.iter().rposition(|b| order(b) < top)
        } else {
            let is_next = |b: &Placed| order(b) > top || (follows && order(b) == top);
            blocks.iter().position(is_next)
        }?;
        let found = blocks.get(place)?;
        let language = match &*found.block.language {
            "" => String::new(),
            language => format!(" · {language}"),
        };
        let (number, count) = (place + 1, blocks.len());
        let sentence = format!("code block {number} of {count} in this answer{language}");
        Some((found.at, sentence))
    })
}

/// The code block at the top of what is read.
pub(super) fn here(model: &Model) -> Option<CodeBlock> {
    let top = model.top().filter(|_| !model.pane().scroll.is_following());
    at_place(model, top?).map(|placed| placed.block)
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

/// Whether an answer is so long that only its end is looked through.
pub(super) fn is_too_long(turn: &Turn) -> bool {
    let answer = turn.shown_answer();
    answer.is_some_and(|answer| answer.content.len() > MAX_SEARCHED)
}

/// The code blocks of the answer of a turn, in order; of a very long one those near its end.
pub(super) fn blocks_of(turn: &Turn) -> Vec<Placed> {
    let Some(answer) = turn.shown_answer() else {
        return Vec::new();
    };
    let safe = SafeText::new(&answer.content);
    let source = safe.as_str();
    let blocks = last_code_blocks(source, MAX_SEARCHED).into_iter();
    let blocks = blocks.filter(|block| !block.code.is_empty());
    let placed = blocks.map(|mut block| {
        // The row of a block begins with its line, whatever stands left of it there.
        let before = source.get(..block.source.start).unwrap_or_default();
        block.source.start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let at = ReadingPosition {
            part: ReadingPart::Answer,
            byte: block.source.start,
            ..ReadingPosition::start_of(turn.id)
        };
        Placed { at, block }
    });
    placed.collect()
}
