//! The source of what is selected, cut from the texts as they were written and made safe.
//!
//! What is selected, and what becomes of it, is `select`'s.

use crate::{
    app::{Model, SelectedRow, Taken},
    chat::{ReadingPart, Turn},
    text::SafeText,
};

/// The texts of a turn from top to bottom.
const PARTS: [ReadingPart; 3] = [
    ReadingPart::Prompt,
    ReadingPart::Reasoning,
    ReadingPart::Answer,
];

/// The source of what is selected.
pub(super) fn selected(model: &Model) -> Option<String> {
    let select = model.select.as_ref()?;
    let row = select.row()?;
    let text = match &select.taken {
        Taken::Code(_, block) => block.code.clone(),
        Taken::Piece(extent) => {
            let turn = model.focused_conversation()?.turn(extent.turn)?;
            let text = text_of(turn, extent.part);
            let end = extent.end.min(text.len());
            text.get(extent.start..end)?
                .trim_end_matches('\n')
                .to_owned()
        }
        Taken::Rows(other) => rows(model, *other, row)?,
        Taken::Nothing => rows(model, row, row)?,
    };
    Some(text)
}

/// The source from one row to another, whichever comes first; texts of several turns are apart by an empty line.
fn rows(model: &Model, one: SelectedRow, other: SelectedRow) -> Option<String> {
    let order = |row: &SelectedRow| Some((model.order(&row.at)?, row.at.down));
    let (first, last) = if order(&one)? <= order(&other)? {
        (one, other)
    } else {
        (other, one)
    };
    let (from, to) = (model.order(&first.at)?, model.order(&last.at)?);
    let mut pieces = Vec::new();
    let path = model.focused_conversation()?.path().enumerate();
    for (place, turn) in path.skip(from.0).take(to.0 + 1 - from.0) {
        for part in PARTS {
            let here = (place, part);
            let is_between = ((from.0, from.1)..=(to.0, to.1)).contains(&here);
            if !is_between || (part == ReadingPart::Reasoning && is_hidden(model, turn)) {
                continue;
            }
            let text = text_of(turn, part);
            let start = if here == (from.0, from.1) { from.2 } else { 0 };
            let end = if here == (to.0, to.1) {
                last.end.min(text.len())
            } else {
                text.len()
            };
            let piece = text.get(start..end).unwrap_or_default();
            pieces.push(piece.trim_end_matches('\n').to_owned());
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    Some(pieces.join("\n\n"))
}

fn is_hidden(model: &Model, turn: &Turn) -> bool {
    turn.shown_answer().is_none_or(|answer| {
        model
            .pane()
            .is_folded(answer.id, !answer.content.is_empty())
    })
}

/// A text of a turn, made safe: the bytes that places count.
pub(super) fn text_of(turn: &Turn, part: ReadingPart) -> String {
    let answer = turn.shown_answer();
    let text = match part {
        ReadingPart::Prompt => Some(turn.said()),
        ReadingPart::Reasoning => answer.map(|answer| answer.reasoning.as_str()),
        ReadingPart::Answer => answer.map(|answer| answer.content.as_str()),
        ReadingPart::Thinking | ReadingPart::Footer => None,
    };
    text.map_or_else(String::new, |text| SafeText::new(text).into_string())
}
