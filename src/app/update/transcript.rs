//! Reading: scrolling, jumping between turns and answers, folding.
//!
//! `update` says how far; the view finds the place and reports it with the next frame.

use crate::{
    app::{Effect, Entry, Model, Scroll, Tone},
    chat::ReadingPosition,
};

/// Moves the focused pane by rows; negative is up.
pub(super) fn scroll(model: &mut Model, rows: i32) -> Vec<Effect> {
    scroll_pane(model, model.focused, rows)
}

/// Moves a pane by rows.
pub(super) fn scroll_pane(model: &mut Model, index: usize, rows: i32) -> Vec<Effect> {
    if let Some(pane) = model.panes.get_mut(index) {
        pane.scroll = pane.scroll.by(rows);
    }
    Vec::new()
}

/// Moves by a part of what is visible, keeping two rows for the eye when it is all of it.
pub(super) fn page(model: &mut Model, direction: i32, part: i32) -> Vec<Effect> {
    let height = model
        .frame
        .panes
        .get(model.focused)
        .map_or(10, |p| i32::from(p.transcript.height));
    let rows = if part == 1 { height - 2 } else { height / part };
    scroll(model, direction * rows.max(1))
}

/// To the first row.
pub(super) fn top(model: &mut Model) -> Vec<Effect> {
    model.pane_mut().scroll = Scroll::Top { rows: 0 };
    Vec::new()
}

/// To the last row, and stays there.
pub(super) fn bottom(model: &mut Model) -> Vec<Effect> {
    model.pane_mut().follow();
    Vec::new()
}

/// Puts the turn before or after the one at the top to the top.
pub(super) fn step_turn(model: &mut Model, step: isize) -> Vec<Effect> {
    let top = model.frame.panes.get(model.focused).and_then(|p| p.top);
    let Some(conversation) = model.focused_conversation() else {
        return Vec::new();
    };
    let turns: Vec<_> = conversation.path().map(|t| t.id).collect();
    let Some(current) = top.and_then(|top| turns.iter().position(|&t| t == top.turn)) else {
        return Vec::new();
    };
    // In the middle of a turn, "before" means its own start.
    let inside = top.is_some_and(|t| t.block > 0 || t.row > 0);
    let step = if step < 0 && inside { 0 } else { step };
    let target = current.checked_add_signed(step);
    model.pane_mut().scroll = match target.and_then(|t| turns.get(t)) {
        Some(&turn) => Scroll::At {
            at: ReadingPosition {
                turn,
                block: 0,
                row: 0,
                rows: 0,
            },
            rows: 0,
        },
        None if step < 0 => Scroll::Top { rows: 0 },
        None => Scroll::Follow,
    };
    Vec::new()
}

/// Shows another answer of the last turn that has several.
pub(super) fn step_answer(model: &mut Model, step: isize) -> Vec<Effect> {
    let conversation = model.pane().conversation;
    let turn = model.conversation(conversation).and_then(|c| {
        c.path()
            .rev()
            .find(|t| t.answers.len() > 1)
            .map(|t| (t.id, t.shown, t.answers.len()))
    });
    let Some((turn, shown, count)) = turn else {
        model.notify(Tone::Info, "there is one answer only; r asks again");
        return Vec::new();
    };
    let moved = model
        .conversation_mut(conversation)
        .is_some_and(|c| c.show_sibling(turn, step));
    let place = shown.saturating_add_signed(if moved { step } else { 0 }) + 1;
    model.notify_of("answers", format!("answer {place} of {count}"));
    let answer = model
        .conversation(conversation)
        .and_then(|c| c.turn(turn)?.shown_answer())
        .map(|a| a.id);
    if moved {
        vec![Effect::Keep(vec![Entry::Shown { turn, answer }])]
    } else {
        Vec::new()
    }
}

/// Folds or unfolds the reasoning of the last answer that has any.
pub(super) fn fold(model: &mut Model) -> Vec<Effect> {
    let pane = model.pane();
    let found = model.conversation(pane.conversation).and_then(|c| {
        c.path()
            .rev()
            .filter_map(|t| t.shown_answer())
            .find(|a| !a.reasoning.is_empty())
            .map(|a| (a.id, pane.is_folded(a.id, !a.content.is_empty())))
    });
    match found {
        Some((id, folded)) => {
            model.pane_mut().folds.insert(id, !folded);
            model.layout_changed();
        }
        None => model.notify(Tone::Info, "no answer here has reasoning"),
    }
    Vec::new()
}

/// Shows answers as source or rendered.
pub(super) fn raw(model: &mut Model) -> Vec<Effect> {
    let pane = model.pane_mut();
    pane.raw = !pane.raw;
    Vec::new()
}
