//! Reading: scrolling, jumping between turns and answers, folding.
//!
//! `update` says how far; the view finds the place and reports it with the next frame.

use crate::{
    app::{Action, Effect, Entry, Model, Order, Pane, PaneFrame, Scroll, Tone},
    chat::{Answer, AnswerId, ReadingPart, ReadingPosition, Turn},
};

/// Moves the focused pane by rows; negative is up.
pub(super) fn scroll(model: &mut Model, rows: i32) -> Vec<Effect> {
    scroll_pane(model, model.focused, rows)
}

/// Moves a pane by rows.
pub(super) fn scroll_pane(model: &mut Model, index: usize, rows: i32) -> Vec<Effect> {
    if let Some(pane) = model.panes.get_mut(index) {
        pane.go(pane.scroll.by(rows));
    }
    Vec::new()
}

/// Moves by half of what is visible.
pub(super) fn half_page(model: &mut Model, direction: i32) -> Vec<Effect> {
    let rows = half_page_of(model);
    scroll(model, direction * rows)
}

/// Moves by what is visible.
pub(super) fn page(model: &mut Model, direction: i32) -> Vec<Effect> {
    let rows = page_of(model);
    scroll(model, direction * rows)
}

/// Rows of half a page of the focused pane.
pub(super) fn half_page_of(model: &Model) -> i32 {
    (height(model) / 2).max(1)
}

/// Rows of a page of it; two that were seen stay for the eye.
pub(super) fn page_of(model: &Model) -> i32 {
    (height(model) - 2).max(1)
}

fn height(model: &Model) -> i32 {
    let drawn = model.frame.panes.get(model.focused);
    drawn.map_or(10, |drawn| i32::from(drawn.transcript.height))
}

/// To the first row.
pub(super) fn top(model: &mut Model) -> Vec<Effect> {
    model.pane_mut().go(Scroll::Top { rows: 0 });
    Vec::new()
}

/// To the last row, and stays there; what waits for a reader is shown.
pub(super) fn bottom(model: &mut Model) -> Vec<Effect> {
    model.stop_reading();
    model.pane_mut().go(Scroll::Follow);
    Vec::new()
}

/// Puts the turn before or after the one at the top to the top.
pub(super) fn step_turn(model: &mut Model, step: isize) -> Vec<Effect> {
    let beside = model.top().and_then(|top| model.turn_beside(top, step));
    let scroll = match beside {
        Some(Beside::Turn(at)) => Scroll::At { at, rows: 0 },
        Some(Beside::First) => Scroll::Top { rows: 0 },
        Some(Beside::Last) => Scroll::Follow,
        None => return Vec::new(),
    };
    model.pane_mut().go(scroll);
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
    // Another answer has its code elsewhere.
    model.pane_mut().code = None;
    vec![Effect::Keep(vec![Entry::Shown { turn, answer }])]
}

/// Folds or unfolds the reasoning at the reader's place: the nearest one above, else below.
pub(super) fn fold(model: &mut Model) -> Vec<Effect> {
    if let Some(answer) = reasoning_here(model) {
        return fold_answer(model, model.focused, answer);
    }
    model.notify(Tone::Info, "no answer here has reasoning");
    Vec::new()
}

/// The answer whose reasoning is the nearest to what is read.
fn reasoning_here(model: &Model) -> Option<AnswerId> {
    let turns: Vec<&Turn> = model.focused_conversation()?.path().collect();
    let top = model.top().filter(|_| !model.pane().scroll.is_following());
    let here = top.and_then(|top| turns.iter().position(|turn| turn.id == top.turn));
    let (above, below) = turns.split_at(here.map_or(turns.len(), |here| here + 1));
    let of = |turn: &&Turn| -> Option<AnswerId> {
        let answer = turn.shown_answer()?;
        (!answer.reasoning.is_empty()).then_some(answer.id)
    };
    let mut above = above.iter().rev().filter_map(of);
    above.next().or_else(|| below.iter().find_map(of))
}

/// Folds or unfolds the reasoning of an answer in a pane.
pub(super) fn fold_answer(model: &mut Model, index: usize, answer: AnswerId) -> Vec<Effect> {
    let has_content = model.answer(answer).is_some_and(|a| !a.content.is_empty());
    if let Some(pane) = model.panes.get_mut(index) {
        let folded = pane.is_folded(answer, has_content);
        pane.folds.insert(answer, !folded);
        model.layout_changed();
    }
    Vec::new()
}

/// Keeps reasoning open that would fold itself now, where somebody reads in that turn and does not follow.
pub(super) fn keep_open(model: &mut Model, answer: AnswerId) {
    let turn_of = |pane: &Pane| {
        let mut path = model.conversation(pane.conversation)?.path();
        path.find(|turn| turn.shown_answer().is_some_and(|a| a.id == answer))
            .map(|turn| turn.id)
    };
    let reads = |(pane, drawn): (&Pane, &PaneFrame)| {
        let top = pane.scroll.position().or(drawn.top);
        let is_there = |turn| top.is_some_and(|top| top.turn == turn);
        !pane.scroll.is_following() && turn_of(pane).is_some_and(is_there)
    };
    let panes = model.panes.iter().zip(&model.frame.panes);
    let reading: Vec<bool> = panes.map(reads).collect();
    for (pane, reads) in model.panes.iter_mut().zip(reading) {
        if reads {
            pane.folds.entry(answer).or_insert(false);
        }
    }
}

/// Shows answers as source or rendered, from the same place on; who follows text that comes goes on doing so.
pub(super) fn raw(model: &mut Model) -> Vec<Effect> {
    let is_live = model.last_answer(model.pane()).is_some_and(Answer::is_live);
    let top = model.top().filter(|_| !is_live);
    let pane = model.pane_mut();
    pane.raw = !pane.raw;
    if let (true, Some(at)) = (pane.scroll.is_following(), top) {
        pane.go(Scroll::At { at, rows: 0 });
    }
    Vec::new()
}

/// What stands beside a turn.
pub(super) enum Beside {
    /// The beginning of a turn.
    Turn(ReadingPosition),
    /// Nothing above the first one.
    First,
    /// Nothing below the last one.
    Last,
}

impl Model {
    /// The place from which the focused pane is read: where it was put, else what was at the top when it was drawn.
    pub(super) fn top(&self) -> Option<ReadingPosition> {
        let drawn = self.frame.panes.get(self.focused);
        match self.pane().scroll {
            Scroll::At { at, rows: 0 } => Some(at),
            Scroll::Top { rows: 0 } => {
                let first = self.focused_conversation()?.path().next()?;
                Some(ReadingPosition::start_of(first.id))
            }
            // The tail was gone to and has not been drawn yet.
            Scroll::Follow if !drawn?.at_tail => {
                let last = self.focused_conversation()?.last_turn()?;
                Some(ReadingPosition {
                    part: ReadingPart::Footer,
                    ..ReadingPosition::start_of(last.id)
                })
            }
            _ => drawn?.top,
        }
    }

    /// Where a place of the focused pane comes among the others, on the visible path.
    pub(super) fn order(&self, at: &ReadingPosition) -> Option<Order> {
        let turn = self.focused_conversation()?.place_of(at.turn)?;
        Some((turn, at.part, at.byte))
    }

    /// The beginning of the turn before or after the one that a place of the focused pane is in. In the middle of a
    /// turn, "before" is its own.
    pub(super) fn turn_beside(&self, at: ReadingPosition, step: isize) -> Option<Beside> {
        let conversation = self.focused_conversation()?;
        let here = conversation.place_of(at.turn)?;
        let is_inside = at != ReadingPosition::start_of(at.turn);
        let step = if step < 0 && is_inside { 0 } else { step };
        let beside = here.checked_add_signed(step);
        Some(match beside.and_then(|place| conversation.on_path(place)) {
            Some(turn) => Beside::Turn(ReadingPosition::start_of(turn.id)),
            None if step < 0 => Beside::First,
            None => Beside::Last,
        })
    }
}
