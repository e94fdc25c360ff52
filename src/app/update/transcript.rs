//! Reading: scrolling, jumping between turns and answers, folding.
//!
//! `update` says how far; the view finds the place and reports it with the next frame.

use crate::{
    app::{Action, Effect, Entry, Model, Scroll, Tone},
    chat::{ReadingPosition, Turn},
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

/// To the last row, and stays there; what waits for a reader is shown.
pub(super) fn bottom(model: &mut Model) -> Vec<Effect> {
    model.pane_mut().scroll = Scroll::Follow;
    model.stop_reading();
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
    let inside = top.is_some_and(|top| top != ReadingPosition::start_of(top.turn));
    let step = if step < 0 && inside { 0 } else { step };
    let target = current.checked_add_signed(step);
    model.pane_mut().scroll = match target.and_then(|t| turns.get(t)) {
        Some(&turn) => Scroll::At {
            at: ReadingPosition::start_of(turn),
            rows: 0,
        },
        None if step < 0 => Scroll::Top { rows: 0 },
        None => Scroll::Follow,
    };
    Vec::new()
}

/// Shows another version of the last turn that has several: asked again, or edited and asked.
pub(super) fn step_answer(model: &mut Model, step: isize) -> Vec<Effect> {
    let id = model.pane().conversation;
    let found = model.conversation(id).and_then(|c| {
        c.path().rev().find_map(|t| {
            let versions = c.versions(t.id);
            let place = versions.iter().position(|&v| v == (t.id, t.shown))?;
            (versions.len() > 1).then_some((versions, place))
        })
    });
    let Some((versions, place)) = found else {
        let sentence = format!(
            "there is one answer only; {} asks again",
            model.key_name(Action::Regenerate)
        );
        model.notify_of("answers", sentence);
        return Vec::new();
    };
    let last = versions.len() - 1;
    let target = place.saturating_add_signed(step).min(last);
    model.notify_of("answers", format!("answer {} of {}", target + 1, last + 1));
    let (turn, answer) = versions[target];
    if target == place {
        return Vec::new();
    }
    let Some(conversation) = model.conversation_mut(id) else {
        return Vec::new();
    };
    conversation.show_version(turn, answer);
    let answer = conversation.turn(turn).and_then(Turn::shown_answer);
    let answer = answer.map(|a| a.id);
    vec![Effect::Keep(vec![Entry::Shown { turn, answer }])]
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
