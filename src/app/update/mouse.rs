//! The mouse, while it is ours: a click gives the focus or chooses, the wheel scrolls what is under it.
//!
//! What is where is what the view drew last.

use ratatui::layout::Position;

use super::{inspect, overlay, pane, select, shelf, sidebar, transcript};
use crate::{
    app::{Definitions, Effect, Focus, Model, Overlay, Pointer},
    chat::AnswerId,
};

/// Rows that one notch of the wheel scrolls.
const NOTCH: i32 = 3;

/// Carries out what the mouse did at a place on the screen.
pub(super) fn act(model: &mut Model, what: Pointer, at: Position) -> Vec<Effect> {
    // A chord goes on with a key, not with a hand on the mouse.
    model.pending.clear();
    model.letter_for = None;
    match (model.overlays.is_empty(), what) {
        (true, Pointer::Click) => click(model, at),
        (true, Pointer::WheelUp) => wheel(model, at, -NOTCH),
        (true, Pointer::WheelDown) => wheel(model, at, NOTCH),
        (false, Pointer::Click) => click_overlay(model, at),
        (false, Pointer::WheelUp) => wheel_overlay(model, -1),
        (false, Pointer::WheelDown) => wheel_overlay(model, 1),
    }
}

fn click(model: &mut Model, at: Position) -> Vec<Effect> {
    if model.frame.composer.contains(at) {
        return pane::focus(model, Focus::Composer);
    }
    let tab = model.frame.tabs.iter().find(|t| t.area.contains(at));
    if let Some(index) = tab.map(|t| t.pane).or_else(|| pane_at(model, at)) {
        pane::focus(model, Focus::Panes);
        pane::go_to(model, index);
        return match fold_at(model, index, at) {
            Some(answer) => transcript::fold_answer(model, index, answer),
            None => Vec::new(),
        };
    }
    Vec::new()
}

fn wheel(model: &mut Model, at: Position, rows: i32) -> Vec<Effect> {
    if model.frame.sidebar.area.is_some_and(|a| a.contains(at)) {
        sidebar::scroll(model, rows.signum() as isize);
        return Vec::new();
    }
    match pane_at(model, at) {
        Some(index) if index == model.focused && model.select.is_some() => {
            select::step(model, rows);
            Vec::new()
        }
        Some(index) => transcript::scroll_pane(model, index, rows),
        None => Vec::new(),
    }
}

fn click_overlay(model: &mut Model, at: Position) -> Vec<Effect> {
    let row = model.frame.picker.filter(|p| p.list.contains(at));
    let place = row.map(|p| p.first + usize::from(at.y - p.list.y));
    match (overlay::top_picker(model), place) {
        (Some(picker), Some(place)) if place < picker.matches.len() => {
            picker.selected = place;
            overlay::choose(model, false)
        }
        _ => Vec::new(),
    }
}

fn wheel_overlay(model: &mut Model, by: isize) -> Vec<Effect> {
    match model.overlays.last_mut() {
        Some(Overlay::Picker(picker)) => picker.step(by),
        Some(Overlay::Help { top } | Overlay::Definitions(Definitions { top, .. })) => {
            *top = top.saturating_add_signed(by * NOTCH as isize);
        }
        Some(Overlay::Figures) => sidebar::scroll(model, by),
        Some(Overlay::Inspector(_)) => inspect::wheel(model, by * NOTCH as isize),
        _ => {}
    }
    shelf::look(model)
}

/// The answer whose reasoning a click there folds or unfolds.
fn fold_at(model: &Model, index: usize, at: Position) -> Option<AnswerId> {
    let pane = model.frame.panes.get(index)?;
    let inside = pane.transcript.contains(at);
    let mut folds = pane.folds.iter().filter(|_| inside);
    folds.find(|(y, _)| *y == at.y).map(|&(_, answer)| answer)
}

fn pane_at(model: &Model, at: Position) -> Option<usize> {
    let mut panes = model.frame.panes.iter();
    panes.position(|p| p.area.contains(at))
}
