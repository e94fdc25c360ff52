//! One key press: the context stack is asked from the top; what no binding takes is text.
//!
//! Overlays take every key; below them composer or panes come before what holds everywhere.

use super::{
    attach, clipboard, code, composer, connect, continuing, deck, find, inspect, lines, mocking,
    models, overlay, pane, queue, quota, reload, select, session, shelf,
    sidebar::{self, Page},
    theme, transcript, turn, variant,
};
use crate::{
    app::{Action, Effect, Focus, LetterFor, Model},
    chat::Tiling,
    config::{CEREBRAS, Key, KeyCode, Match},
};

/// Carries out a key.
pub(super) fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    if !model.overlays.is_empty() {
        return overlay::key(model, key);
    }
    if let Some(purpose) = model.letter_for {
        return pane::letter(model, purpose, key);
    }
    if find::is_typed(model) {
        return find::key(model, key);
    }
    if model.select.is_some()
        && model.pending.is_empty()
        && let Some(effects) = select::key(model, key)
    {
        return effects;
    }
    let contexts = model.contexts();
    model.pending.push(key);
    let actions: Vec<Action> = match model.keys.resolve(&contexts, &model.pending) {
        Match::Pending => return Vec::new(),
        Match::Actions(names) => names.into_iter().filter_map(Action::named).collect(),
        Match::None => Vec::new(),
    };
    let alone = model.pending.len() == 1;
    model.pending.clear();
    match actions.iter().find(|&&a| !alone || applies(model, a, key)) {
        // The search is what the reader sees last; a key with other meanings (Ctrl-C) is pressed to stop the answer.
        Some(Action::Cancel) if actions.len() == 1 && model.drops_find() => find::forget(model),
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
        Action::Cancel => model.live().next().is_some() || model.is_editing() || model.drops_find(),
        Action::CancelAll => model.live().next().is_some(),
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
        Action::Cancel if model.drops_find() && !model.pane_is_live() => find::forget(model),
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
        Action::HalfPageUp => transcript::half_page(model, -1),
        Action::HalfPageDown => transcript::half_page(model, 1),
        Action::PageUp => transcript::page(model, -1),
        Action::PageDown => transcript::page(model, 1),
        Action::Top => transcript::top(model),
        Action::Bottom => transcript::bottom(model),
        Action::PreviousTurn => transcript::step_turn(model, -1),
        Action::NextTurn => transcript::step_turn(model, 1),
        Action::PreviousAnswer => transcript::step_answer(model, -1),
        Action::NextAnswer => transcript::step_answer(model, 1),
        Action::Regenerate => turn::regenerate(model),
        Action::RegenerateAll => turn::regenerate_all(model),
        Action::EditResend => turn::edit(model),
        Action::FoldReasoning => transcript::fold(model),
        Action::Raw => transcript::raw(model),
        Action::PreviousCode => code::jump(model, -1),
        Action::NextCode => code::jump(model, 1),
        Action::Find => find::open(model),
        Action::NextMatch => find::jump(model, 1),
        Action::PreviousMatch => find::jump(model, -1),
        Action::Select => select::open(model),
        Action::CopyAnswer => clipboard::copy_answer(model),
        Action::CopyCode => clipboard::copy_code(model),
        Action::CopyPane => clipboard::copy_pane(model),
        Action::SaveCode => clipboard::save_code(model),
        Action::Broadcast => pane::broadcast(model),
        Action::Mute => pane::mute(model, model.focused),
        Action::MuteLetter => pane::await_letter(model, LetterFor::Mute),
        Action::GoToPane(place) => pane::go_to(model, usize::from(place.saturating_sub(1))),
        Action::GoToLetter => pane::await_letter(model, LetterFor::Focus),
        Action::PreviousPane => pane::step(model, -1),
        Action::NextPane => pane::step(model, 1),
        Action::Zoom => pane::zoom(model),
        Action::MoveLeft => pane::shift(model, -1),
        Action::MoveRight => pane::shift(model, 1),
        Action::Grow => pane::resize(model, 1),
        Action::Shrink => pane::resize(model, -1),
        Action::Equalize => pane::equalize(model),
        Action::SplitRight => pane::split(model, Tiling::Columns),
        Action::SplitBelow => pane::split(model, Tiling::Rows),
        Action::ClosePane => pane::close(model),
        Action::ReopenPane => pane::reopen(model),
        Action::NextLayout => pane::next_tiling(model),
        Action::LayoutColumns => pane::tile(model, Tiling::Columns),
        Action::LayoutRows => pane::tile(model, Tiling::Rows),
        Action::LayoutGrid => pane::tile(model, Tiling::Grid),
        Action::LayoutTabs => pane::tile(model, Tiling::Tabs),
        Action::Model => models::open(model),
        Action::Parameters => variant::open_parameters(model),
        Action::SystemPrompt => variant::open_system_prompt(model),
        Action::Palette => overlay::open_palette(model),
        Action::Help => overlay::open_help(model),
        Action::Sidebar => sidebar::toggle(model),
        Action::SidebarView => sidebar::other_view(model),
        Action::SidebarRank => sidebar::other_rank(model),
        Action::Definitions => overlay::open_definitions(model),
        Action::Sessions => shelf::open(model),
        Action::NewSession => session::begin(model),
        Action::RenameSession => session::rename(model),
        Action::OpenDeck => deck::open_picker(model),
        Action::SaveDeck => deck::save(model),
        Action::Theme => theme::open_picker(model),
        Action::Editor => composer::editor(model),
        Action::Mouse => pane::mouse(model),
        Action::Export => session::export(model),
        Action::Redraw => vec![Effect::Redraw],
        Action::Suspend => vec![Effect::Suspend],
        Action::Quit => session::quit(model),
        Action::Wrap => lines::wrap(model),
        Action::LineNumbers => lines::number(model),
        Action::PanLeft => lines::pan(model, -1),
        Action::PanRight => lines::pan(model, 1),
        Action::Quota => quota::next(model),
        Action::Connect => connect::open(model, CEREBRAS),
        Action::MockMode => mocking::toggle(model),
        Action::Unqueue => queue::take_back(model),
        Action::Detach => attach::detach(model),
        Action::Continue => continuing::go_on(model),
        Action::SidebarUp => sidebar::turn_page(model, Page::Before),
        Action::SidebarDown => sidebar::turn_page(model, Page::After),
        Action::Inspect => inspect::open(model),
        Action::Reload => reload::ask(model),
    }
}
