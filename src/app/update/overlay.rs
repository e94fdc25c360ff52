//! Overlays: opening them, the keys they take, and what choosing an item does.
//!
//! Only the topmost overlay takes keys; Esc closes it.

use super::{
    clipboard, composer, connect, deck, inspect, keys, models, session, shelf, sidebar, theme,
    turn, variant,
};
use crate::{
    app::{
        ACTIONS, Action, Choice, Definitions, Effect, Item, Model, Overlay, Pane, Picker,
        PickerKind, Purpose, Tone,
    },
    config::{Context, Key, KeyCode, Match},
    text::SafeText,
};

/// The picker on top, if the topmost overlay is one.
pub(super) fn top_picker(model: &mut Model) -> Option<&mut Picker> {
    match model.overlays.last_mut() {
        Some(Overlay::Picker(picker)) => Some(picker),
        _ => None,
    }
}

/// Takes a key while an overlay is open.
pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let key = meant(model, key);
    let ctrl_c = Key::new(KeyCode::Char('c'), true, false, false);
    let closes = key.code() == KeyCode::Esc || key == ctrl_c;
    if closes {
        if inspect::leaves_line(model) {
            return Vec::new();
        }
        if matches!(model.overlays.last(), Some(Overlay::Connect(_))) {
            return connect::close(model);
        }
        model.overlays.pop();
        return Vec::new();
    }
    match model.overlays.last_mut() {
        Some(Overlay::Help { top }) => {
            *top = help_top(*top, model.frame.help_page.max(1), key);
            if matches!(key.code(), KeyCode::Char('q' | '?') | KeyCode::F(1)) {
                model.overlays.pop();
            }
            Vec::new()
        }
        Some(Overlay::ConfirmQuit) => confirm(model, key),
        Some(Overlay::ConfirmKey { .. }) => confirm_key(model, key),
        Some(Overlay::Connect(_)) => connect::key(model, key),
        Some(Overlay::Inspector(_)) => inspect::key(model, key),
        Some(Overlay::Line(line)) => {
            if key.code() == KeyCode::Enter {
                return take_line(model);
            }
            if let Some(edit) = composer::edit_of(key) {
                line.text.edit(edit);
            }
            Vec::new()
        }
        Some(Overlay::Picker(_)) if key.code() == KeyCode::Enter => choose(model, key.alt()),
        Some(Overlay::Picker(picker)) => {
            if picker.kind == PickerKind::Sessions
                && let Some(effects) = shelf::key(model, key)
            {
                return effects;
            }
            if let Some(picker) = top_picker(model) {
                if picker.kind == PickerKind::Themes && theme::keeps(key) {
                    return keep_theme(model);
                }
                picker_key(picker, key);
            }
            shelf::look(model)
        }
        Some(Overlay::Form(_)) => variant::form_key(model, key),
        Some(Overlay::SystemPrompt(_)) => variant::prompt_key(model, key),
        Some(Overlay::Figures) => sidebar::key(model, key),
        Some(Overlay::Definitions(definitions)) => {
            let is_way_in = matches!(key.code(), KeyCode::F(1 | 3));
            definitions_key(definitions, model.frame.help_page.max(1), key);
            if is_way_in {
                model.overlays.pop();
            }
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// Shows the keys.
pub(super) fn open_help(model: &mut Model) -> Vec<Effect> {
    model.overlays.push(Overlay::Help { top: 0 });
    Vec::new()
}

/// Shows what the figures mean.
pub(super) fn open_definitions(model: &mut Model) -> Vec<Effect> {
    let definitions = Definitions::default();
    model.overlays.push(Overlay::Definitions(definitions));
    Vec::new()
}

/// Lists every action with the keys that lead to it from where the focus is, and a row for each pane.
pub(super) fn open_palette(model: &mut Model) -> Vec<Effect> {
    let mut items = Vec::new();
    for row in ACTIONS {
        match row.action {
            Action::GoToPane(1) if model.panes.len() > 1 => items.extend(pane_items(model)),
            Action::Palette | Action::GoToPane(_) => {}
            action => items.push(Item {
                label: row.does.to_owned(),
                detail: format!("{} · {}", action.group().word(), row.name),
                hint: model.way_to(action).unwrap_or_default(),
                choice: Choice::Do(action),
            }),
        }
        if row.action == Action::Connect {
            items.extend(connect::items(model));
        }
    }
    push_picker(model, Picker::new(PickerKind::Palette, items));
    Vec::new()
}

/// A row for each pane; those that have no action of their own are reached by their letter.
fn pane_items(model: &Model) -> Vec<Item> {
    let item = |(place, pane): (u8, &Pane)| {
        let action = Action::GoToPane(place);
        let hint = if action.info().action == action {
            model.way_to(action)
        } else {
            let keys = model.way_to(Action::GoToLetter);
            keys.map(|keys| format!("{keys} {}", pane.letter))
        };
        Item {
            label: format!("go to pane {}", pane.letter),
            detail: SafeText::line(&pane.variant.model).into_string(),
            hint: hint.unwrap_or_default(),
            choice: Choice::Do(action),
        }
    };
    (1..).zip(&model.panes).map(item).collect()
}

/// Lists earlier prompts, newest first.
pub(super) fn open_history(model: &mut Model) -> Vec<Effect> {
    let items = model
        .composer
        .history()
        .iter()
        .rev()
        .map(|prompt| Item {
            label: SafeText::line(prompt).into_string(),
            detail: String::new(),
            hint: String::new(),
            choice: Choice::Prompt(prompt.clone()),
        })
        .collect();
    push_picker(model, Picker::new(PickerKind::History, items));
    Vec::new()
}

/// Opens a picker; from the palette, it takes its place.
pub(super) fn push_picker(model: &mut Model, picker: Picker) {
    model.overlays.retain(|o| !matches!(o, Overlay::Picker(_)));
    model.overlays.push(Overlay::Picker(picker));
}

/// The key that a list or dialog knows, for one that `[keys.overlay]` gives its meaning.
fn meant(model: &Model, key: Key) -> Key {
    let Match::Actions(names) = model.keys.resolve(&[Context::Overlay], &[key]) else {
        return key;
    };
    let mut actions = names.into_iter().filter_map(Action::named);
    let code = actions.find_map(Action::in_overlay);
    code.map_or(key, Key::plain)
}

fn take_line(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Line(line)) = model.overlays.pop() else {
        return Vec::new();
    };
    let text = line.text.text();
    if text.trim().is_empty()
        && let Some(sentence) = without_text(&line.purpose)
    {
        model.notify(Tone::Info, sentence);
        return Vec::new();
    }
    match line.purpose {
        Purpose::RenameSession => session::rename_to(model, &text),
        Purpose::SaveDeck => deck::save_as(model, &text),
        Purpose::SaveElsewhere => session::save_elsewhere(model, &text),
        Purpose::RenameListed(id) => shelf::rename_to(model, id, &text),
        Purpose::ReplaceDeck(name) => deck::save_again(model, &name, &text),
        Purpose::SaveText { what, text: taken } => clipboard::save_as(model, what, taken, &text),
    }
}

/// What an empty line comes to; code without a name is asked for again, with a word of its own.
fn without_text(purpose: &Purpose) -> Option<&'static str> {
    match purpose {
        Purpose::RenameSession | Purpose::RenameListed(_) => {
            Some("a title has a character at least: the title stays")
        }
        Purpose::SaveDeck | Purpose::ReplaceDeck(_) => Some("no name was given: nothing is saved"),
        Purpose::SaveText { .. } | Purpose::SaveElsewhere => None,
    }
}

fn help_top(top: usize, page: usize, key: Key) -> usize {
    match key.code() {
        KeyCode::Up | KeyCode::Char('k') => top.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => top.saturating_add(1),
        KeyCode::PageUp => top.saturating_sub(page),
        KeyCode::PageDown => top.saturating_add(page),
        // The next frame says where that is.
        KeyCode::End => usize::MAX,
        KeyCode::Home => 0,
        _ => top,
    }
}

/// Letters are what is looked for; all other keys move as in the help.
fn definitions_key(definitions: &mut Definitions, page: usize, key: Key) {
    match (key.code(), key.ctrl() || key.alt()) {
        (KeyCode::Backspace, _) => {
            let mut query = definitions.query.clone();
            query.pop();
            definitions.set_query(&query);
        }
        (KeyCode::Char('u'), true) => definitions.set_query(""),
        (KeyCode::Char(c), false) => {
            let query = format!("{}{c}", definitions.query);
            definitions.set_query(&query);
        }
        (KeyCode::Char(_), true) => {}
        _ => definitions.top = help_top(definitions.top, page, key),
    }
}

fn confirm(model: &mut Model, key: Key) -> Vec<Effect> {
    match key.code() {
        KeyCode::Enter | KeyCode::Char('y' | 'Y' | 'q') => {
            model.overlays.pop();
            session::stop_and_leave(model)
        }
        KeyCode::Char('n' | 'N') => {
            model.overlays.pop();
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn confirm_key(model: &mut Model, key: Key) -> Vec<Effect> {
    match key.code() {
        // Enter pressed twice by habit must not send a key.
        KeyCode::Char('y' | 'Y') => {
            model.overlays.pop();
            turn::submit_as_it_is(model)
        }
        KeyCode::Char('n' | 'N') => {
            model.overlays.pop();
            Vec::new()
        }
        _ => Vec::new(),
    }
}

fn picker_key(picker: &mut Picker, key: Key) {
    match (key.code(), key.ctrl()) {
        (KeyCode::Up, _) | (KeyCode::Char('p'), true) => picker.step(-1),
        (KeyCode::Down | KeyCode::Tab, _) | (KeyCode::Char('n'), true) => picker.step(1),
        (KeyCode::PageUp, _) => picker.step(-10),
        (KeyCode::PageDown, _) => picker.step(10),
        (KeyCode::Home, _) => picker.step(isize::MIN),
        (KeyCode::End, _) => picker.step(isize::MAX),
        (KeyCode::Backspace, _) => {
            let mut query = picker.query.clone();
            query.pop();
            picker.set_query(&query);
        }
        (KeyCode::Char('u'), true) => picker.set_query(""),
        (KeyCode::Char(c), false) => {
            let query = format!("{}{c}", picker.query);
            picker.set_query(&query);
        }
        _ => {}
    }
}

/// Does what the selected item of the topmost picker is for; a model is asked in a pane of its own if it is taken
/// `beside`.
pub(super) fn choose(model: &mut Model, beside: bool) -> Vec<Effect> {
    let Some(choice) = top_picker(model)
        .and_then(|p| p.chosen())
        .map(|i| i.choice.clone())
    else {
        return nothing_chosen(model);
    };
    model.overlays.pop();
    match choice {
        Choice::Do(action) => keys::act(model, action),
        Choice::Model { profile, model: id } if beside => models::ask_beside(model, profile, id),
        Choice::Model { profile, model: id } => models::ask_with(model, profile, id),
        Choice::Session(id) => session::open(model, id),
        Choice::CopyCode(block) => clipboard::copy_block(block),
        Choice::SaveCode(block) => clipboard::ask_for_code(model, block),
        Choice::Deck(name) | Choice::BrokenDeck(name) => deck::open(model, &name),
        Choice::Prompt(text) => {
            let mut effects = composer::keep_changed(model);
            model.composer.show_earlier(&text);
            effects.push(composer::draft(model));
            effects
        }
        Choice::SystemPrompt(name) => variant::take_prompt(model, &name),
        Choice::Theme(name) => theme::wear(model, name),
        Choice::Connect(profile) => connect::open(model, &profile),
    }
}

/// Says why there is nothing to choose.
fn nothing_chosen(model: &mut Model) -> Vec<Effect> {
    let Some(picker) = top_picker(model) else {
        return Vec::new();
    };
    let sentence = if picker.loading {
        "the list is still being read".to_owned()
    } else if picker.query.trim().is_empty() {
        "the list is empty, Esc closes it".to_owned()
    } else {
        let query = SafeText::line(picker.query.trim());
        let why = match picker.kind {
            PickerKind::Models if picker.unlisted.is_empty() => {
                ", and the mock has no other models"
            }
            _ => "",
        };
        format!("nothing in the list matches {query}{why}: Ctrl-U empties the line")
    };
    model.notify_of("list", sentence);
    Vec::new()
}

/// Takes the selected theme for this run and for later ones.
fn keep_theme(model: &mut Model) -> Vec<Effect> {
    let chosen = top_picker(model).and_then(|p| p.chosen());
    let Some(Choice::Theme(name)) = chosen.map(|item| item.choice.clone()) else {
        return Vec::new();
    };
    model.overlays.pop();
    theme::keep(model, name)
}
