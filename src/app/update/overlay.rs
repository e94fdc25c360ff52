//! Overlays: opening them, the keys they take, and what choosing an item does.
//!
//! Only the topmost overlay takes keys; Esc closes it.

use super::{clipboard, composer, deck, keys, session};
use crate::{
    app::{
        ACTIONS, Action, Choice, Effect, Item, Model, Overlay, Picker, PickerKind, Purpose,
        SessionEntry, Tone,
    },
    chat::{Catalogue, CatalogueSource, Failure, ModelInfo, ModelStatus},
    config::{Context, Key, KeyCode},
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
    let ctrl_c = Key::new(KeyCode::Char('c'), true, false, false);
    let closes = key.code() == KeyCode::Esc || key == ctrl_c;
    if closes {
        model.overlays.pop();
        return Vec::new();
    }
    match model.overlays.last_mut() {
        Some(Overlay::Help { top }) => {
            *top = help_top(*top, key).min(ACTIONS.len());
            if matches!(key.code(), KeyCode::Char('q' | '?') | KeyCode::F(1)) {
                model.overlays.pop();
            }
            Vec::new()
        }
        Some(Overlay::ConfirmQuit) => confirm(model, key),
        Some(Overlay::Line(line)) => {
            if key.code() == KeyCode::Enter {
                return take_line(model);
            }
            if let Some(edit) = composer::edit_of(key) {
                line.text.edit(edit);
            }
            Vec::new()
        }
        Some(Overlay::Picker(picker)) => {
            if key.code() == KeyCode::Enter {
                return choose(model);
            }
            picker_key(picker, key);
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

/// Lists every action.
pub(super) fn open_palette(model: &mut Model) -> Vec<Effect> {
    let items = ACTIONS
        .iter()
        .filter(|row| row.action != Action::Palette)
        .map(|row| Item {
            label: row.does.to_owned(),
            detail: row.name.to_owned(),
            hint: model
                .keys
                .keys_for(row.name, Context::Composer)
                .first()
                .cloned()
                .unwrap_or_default(),
            choice: Choice::Do(row.action),
        })
        .collect();
    push_picker(model, Picker::new(PickerKind::Palette, items));
    Vec::new()
}

/// Lists the models of every profile and asks for fresh lists.
pub(super) fn open_models(model: &mut Model) -> Vec<Effect> {
    let items = model_items(model);
    let mut picker = Picker::new(PickerKind::Models, items);
    let current = &model.pane().variant;
    picker.selected = picker
        .items
        .iter()
        .position(|i| {
            i.choice
                == Choice::Model {
                    profile: current.profile.clone(),
                    model: current.model.clone(),
                }
        })
        .unwrap_or_default();
    push_picker(model, picker);
    model
        .profiles
        .iter()
        .map(|p| Effect::FetchModels {
            profile: p.name.clone(),
        })
        .collect()
}

/// Lists the sessions on disk.
pub(super) fn open_sessions(model: &mut Model) -> Vec<Effect> {
    let mut picker = Picker::new(PickerKind::Sessions, Vec::new());
    picker.loading = true;
    push_picker(model, picker);
    vec![Effect::ListSessions]
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

/// Takes a profile's models; an open model picker shows them at once.
pub(super) fn catalogue(
    model: &mut Model,
    profile: String,
    result: Result<Catalogue, Failure>,
) -> Vec<Effect> {
    match result {
        Ok(catalogue) => {
            model.catalogues.insert(profile, catalogue);
        }
        Err(failure) => {
            // Only worth a word to somebody who is looking at the list.
            let looking = top_picker(model).is_some_and(|p| p.kind == PickerKind::Models);
            if looking && model.pane().variant.profile == profile {
                model.notify(
                    Tone::Warning,
                    format!(
                        "models of {profile}: {}; the list may be old",
                        failure.message
                    ),
                );
            }
        }
    }
    let items = model_items(model);
    if let Some(picker) = top_picker(model).filter(|p| p.kind == PickerKind::Models) {
        picker.set_items(items);
    }
    Vec::new()
}

/// Takes the list of sessions, if its picker is still open.
pub(super) fn sessions(
    model: &mut Model,
    sessions: Result<Vec<SessionEntry>, String>,
) -> Vec<Effect> {
    let now = model.now.wall.0;
    let current = model.session;
    match sessions {
        Ok(sessions) => {
            let items = sessions
                .into_iter()
                .filter(|s| s.id != current)
                .map(|s| session_item(&s, now))
                .collect();
            if let Some(picker) = top_picker(model).filter(|p| p.kind == PickerKind::Sessions) {
                picker.set_items(items);
            }
        }
        Err(reason) => {
            model
                .overlays
                .retain(|o| !matches!(o, Overlay::Picker(p) if p.kind == PickerKind::Sessions));
            model.notify(Tone::Error, reason);
        }
    }
    Vec::new()
}

fn push_picker(model: &mut Model, picker: Picker) {
    // Opened from the palette, the new list takes its place.
    model.overlays.retain(|o| !matches!(o, Overlay::Picker(_)));
    model.overlays.push(Overlay::Picker(picker));
}

fn take_line(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Line(line)) = model.overlays.pop() else {
        return Vec::new();
    };
    let text = line.text.text();
    match line.purpose {
        Purpose::RenameSession => session::rename_to(model, &text),
        Purpose::SaveDeck => deck::save_as(model, &text),
        Purpose::SaveCode(code) => clipboard::save_as(model, code, &text),
    }
}

fn help_top(top: usize, key: Key) -> usize {
    match key.code() {
        KeyCode::Up | KeyCode::Char('k') => top.saturating_sub(1),
        KeyCode::Down | KeyCode::Char('j') => top + 1,
        KeyCode::PageUp => top.saturating_sub(10),
        KeyCode::PageDown => top + 10,
        KeyCode::End => ACTIONS.len(),
        KeyCode::Home => 0,
        _ => top,
    }
}

fn confirm(model: &mut Model, key: Key) -> Vec<Effect> {
    match key.code() {
        KeyCode::Enter | KeyCode::Char('y' | 'Y' | 'q') => session::end(model),
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
            picker.set_query(query);
        }
        (KeyCode::Char('u'), true) => picker.set_query(String::new()),
        (KeyCode::Char(c), false) => {
            let query = format!("{}{c}", picker.query);
            picker.set_query(query);
        }
        _ => {}
    }
}

fn choose(model: &mut Model) -> Vec<Effect> {
    let Some(choice) = top_picker(model)
        .and_then(|p| p.chosen())
        .map(|i| i.choice.clone())
    else {
        return Vec::new();
    };
    model.overlays.pop();
    match choice {
        Choice::Do(action) => keys::act(model, action),
        Choice::Model { profile, model: id } => ask_with(model, profile, id),
        Choice::Session(id) => session::open(model, id),
        Choice::Prompt(text) => {
            model.composer.set_text(&text);
            vec![super::composer::draft(model)]
        }
    }
}

/// Lets the focused pane ask with another model, with the parameters that this one takes.
fn ask_with(model: &mut Model, profile: String, id: String) -> Vec<Effect> {
    let variant = &mut model.pane_mut().variant;
    variant.profile = profile;
    variant.model = id;
    let variant = variant.clone();
    let efforts = model.model_info(&variant).map(|m| m.efforts.clone());
    let pane = model.pane_mut();
    if let (Some(efforts), Some(effort)) = (efforts, pane.variant.params.effort)
        && !efforts.contains(&effort)
    {
        pane.variant.params.effort = None;
    }
    let letter = pane.letter;
    model.notify(
        Tone::Info,
        format!("{letter} asks {} from now on", variant.model),
    );
    model.layout_changed();
    Vec::new()
}

fn model_items(model: &Model) -> Vec<Item> {
    let mut items = Vec::new();
    for profile in &model.profiles {
        let Some(catalogue) = model.catalogues.get(&profile.name) else {
            continue;
        };
        for info in catalogue.offered() {
            items.push(model_item(&profile.name, info, catalogue.source));
        }
    }
    items
}

fn model_item(profile: &str, info: &ModelInfo, source: CatalogueSource) -> Item {
    let mut detail = vec![profile.to_owned()];
    if let Some(tokens) = info.context_window {
        detail.push(format!("{}k context", tokens / 1024));
    }
    if let Some(speed) = info.speed_tps {
        detail.push(format!("{speed:.0} tok/s"));
    }
    if info.status == ModelStatus::Deprecated {
        detail.push("going away".to_owned());
    }
    if source == CatalogueSource::Embedded {
        detail.push("from the built-in table".to_owned());
    }
    let hint = match (info.price_in, info.price_out) {
        (Some(price_in), Some(price_out)) => format!("${price_in:.2} / ${price_out:.2} per M"),
        _ => String::new(),
    };
    Item {
        label: SafeText::line(&info.id).into_string(),
        detail: detail.join(" · "),
        hint,
        choice: Choice::Model {
            profile: profile.to_owned(),
            model: info.id.clone(),
        },
    }
}

fn session_item(session: &SessionEntry, now: u64) -> Item {
    Item {
        label: SafeText::line(&session.title).into_string(),
        detail: SafeText::line(&session.note).into_string(),
        hint: ago(now.saturating_sub(session.updated.0)),
        choice: Choice::Session(session.id),
    }
}

/// A span of milliseconds as people say it.
fn ago(millis: u64) -> String {
    match millis / 60_000 {
        0 => "just now".to_owned(),
        minutes @ 1..60 => format!("{minutes} min ago"),
        minutes @ 60..1440 => format!("{} h ago", minutes / 60),
        minutes => format!("{} d ago", minutes / 1440),
    }
}
