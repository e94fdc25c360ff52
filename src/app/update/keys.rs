//! One key press: the context stack is asked from the top; what no binding takes is text.
//!
//! Overlays take every key; below them composer or panes come before what holds everywhere.

use super::{composer, overlay, pane, session, transcript, turn};
use crate::{
    app::{Action, Effect, Focus, Model},
    config::{Context, Key, KeyCode, Match},
};

/// Carries out a key.
pub(super) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    if !model.overlays.is_empty() {
        return overlay::key(model, key);
    }
    let contexts = match model.focus {
        Focus::Composer => [Context::Composer, Context::Global],
        Focus::Panes => [Context::Panes, Context::Global],
    };
    model.pending.push(key);
    let actions: Vec<Action> = match model.keys.resolve(&contexts, &model.pending) {
        Match::Pending => return Vec::new(),
        Match::Actions(names) => names.into_iter().filter_map(Action::named).collect(),
        Match::None => Vec::new(),
    };
    let alone = model.pending.len() == 1;
    model.pending.clear();
    match actions.iter().find(|&&a| !alone || applies(model, a, key)) {
        // A key that also stops answers is pressed in a hurry: it leaves only when pressed again.
        Some(Action::Quit) if actions.len() > 1 => session::quit_armed(model),
        // These two keys may have changed places; chosen by name, the actions mean what they say.
        Some(Action::Send) => composer::enter(model, true),
        Some(Action::Newline) => composer::enter(model, false),
        Some(&action) => act(model, action),
        // The second key of a chord that does not exist is swallowed, not typed.
        None if alone && model.focus == Focus::Composer => composer::key(model, key),
        None => Vec::new(),
    }
}

/// Whether an action means anything in the present state. Keys that share actions, and keys that type, depend on it.
fn applies(model: &Model, action: Action, key: Key) -> bool {
    let writing = model.focus == Focus::Composer;
    match action {
        Action::Cancel => model.live().next().is_some() || model.pane().editing.is_some(),
        Action::ClearDraft => !model.composer.is_empty(),
        Action::Quit if writing => model.composer.is_empty(),
        Action::Help if writing => model.composer.is_empty() || !is_typed(key),
        _ => true,
    }
}

/// Whether the key is a character where no binding takes it.
fn is_typed(key: Key) -> bool {
    matches!(key.code(), KeyCode::Char(_)) && !key.ctrl() && !key.alt()
}

/// Carries out an action, from wherever it was asked for.
pub(super) fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Send => turn::submit(model),
        Action::Newline => composer::newline(model),
        Action::SwapEnter => composer::swap_enter(model),
        Action::Cancel => turn::cancel_focused(model),
        Action::CancelAll => turn::cancel_all(model),
        Action::ClearDraft => composer::clear(model),
        Action::HistoryPrevious => composer::history_previous(model),
        Action::HistoryNext => composer::history_next(model),
        Action::HistorySearch => overlay::open_history(model),
        Action::FocusPanes => pane::focus(model, Focus::Panes),
        Action::FocusComposer => pane::focus(model, Focus::Composer),
        Action::ScrollUp => transcript::scroll(model, -1),
        Action::ScrollDown => transcript::scroll(model, 1),
        Action::HalfPageUp => transcript::page(model, -1, 2),
        Action::HalfPageDown => transcript::page(model, 1, 2),
        Action::PageUp => transcript::page(model, -1, 1),
        Action::PageDown => transcript::page(model, 1, 1),
        Action::Top => transcript::top(model),
        Action::Bottom => transcript::bottom(model),
        Action::PreviousTurn => transcript::step_turn(model, -1),
        Action::NextTurn => transcript::step_turn(model, 1),
        Action::PreviousAnswer => transcript::step_answer(model, -1),
        Action::NextAnswer => transcript::step_answer(model, 1),
        Action::Regenerate => turn::regenerate(model),
        Action::EditResend => turn::edit(model),
        Action::FoldReasoning => transcript::fold(model),
        Action::Raw => transcript::raw(model),
        Action::CopyAnswer => transcript::copy(model),
        Action::Model => overlay::open_models(model),
        Action::Palette => overlay::open_palette(model),
        Action::Help => overlay::open_help(model),
        Action::Sidebar => pane::sidebar(model),
        Action::Sessions => overlay::open_sessions(model),
        Action::NewSession => session::begin(model),
        Action::Export => session::export(model),
        Action::Redraw => vec![Effect::Redraw],
        Action::Suspend => vec![Effect::Suspend],
        Action::Quit => session::quit(model),
    }
}
