//! Keys and pastes that end up in the composer, and Enter, which may send.
//!
//! Every change of the text asks for the draft to be kept.

use std::time::Duration;

use super::{attach, connect, find, inspect, overlay, queue, shelf, turn, variant};
use crate::{
    app::{Action, Composer, Edit, Effect, Focus, Model, Overlay, Tone},
    chat::{Attached, Draft},
    config::{Key, KeyCode},
    text::SafeText,
};

/// After so long without a request connections may be closed: servers keep idle ones for a minute or less.
const COLD: Duration = Duration::from_secs(30);
/// Characters of a paste into a single line: a title, a name, a path.
const MAX_LINE: usize = 4_096;

/// Takes a key that no binding wanted.
pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    match edit_of(key) {
        Some(edit) => apply(model, edit),
        None => Vec::new(),
    }
}

/// Puts pasted text where the cursor is. A line break in it never sends.
pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    // A chord goes on with a key.
    model.pending.clear();
    model.letter_for = None;
    if let Some(picker) = overlay::top_picker(model) {
        let query = format!("{}{}", picker.query, SafeText::line(text));
        picker.set_query(&query);
        return shelf::look(model);
    }
    if inspect::paste(model, text) {
        return Vec::new();
    }
    if let Some(Overlay::Line(line)) = model.overlays.last_mut() {
        let text = SafeText::line(text)
            .as_str()
            .chars()
            .take(MAX_LINE)
            .collect();
        line.text.edit(Edit::Insert(text));
        return Vec::new();
    }
    if let Some(effects) = connect::paste(model, text) {
        return effects;
    }
    if variant::paste(model, text) || !model.overlays.is_empty() {
        return Vec::new();
    }
    if find::paste(model, text) {
        return Vec::new();
    }
    if !has_room(model.paste_bytes, &model.composer, text) {
        return attach::paste(model, text);
    }
    model.focus = Focus::Composer;
    // Terminals send CR for the line breaks of a paste.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    apply(model, Edit::Insert(text))
}

/// Whether a paste keeps the text within its bound, also with its control characters made visible, which makes them
/// longer.
pub(super) fn has_room(most: usize, composer: &Composer, text: &str) -> bool {
    let room = most.saturating_sub(composer.bytes());
    text.len() <= room && SafeText::new(text).as_str().len() <= room
}

/// Enter or its partner, `sends` telling which of the two bindings it was before they may be swapped.
pub(super) fn enter(model: &mut Model, sends: bool) -> Vec<Effect> {
    if sends == model.settings.enter_is_newline {
        return newline(model);
    }
    if model.composer.ends_in_backslash() {
        model.composer.edit(Edit::Backspace);
        return newline(model);
    }
    turn::submit(model)
}

/// Starts a new line.
pub(super) fn newline(model: &mut Model) -> Vec<Effect> {
    apply(model, Edit::Newline)
}

/// Lets Enter and newline change places.
pub(super) fn swap_enter(model: &mut Model) -> Vec<Effect> {
    model.settings.enter_is_newline = !model.settings.enter_is_newline;
    let sentence = format!(
        "{} sends, {} starts a new line",
        model.key_name(Action::Send),
        model.key_name(Action::Newline)
    );
    model.notify_of("enter", sentence);
    Vec::new()
}

/// Takes the text out of the composer; it stays in the history. What goes along is in no history, and stays. A draft that
/// had given way comes back.
pub(super) fn clear(model: &mut Model) -> Vec<Effect> {
    let attached = attached_by_hand(model);
    let Draft { text, .. } = if model.stop_editing() {
        model.composer.take_written()
    } else {
        model.composer.take()
    };
    bring_back(model);
    model.composer.attach(attached);
    if text.trim().is_empty() {
        return vec![draft(model)];
    }
    model.composer.remember(&text);
    vec![Effect::KeepPrompt(text), draft(model)]
}

/// Takes the draft out, since something else takes its place: it comes back after that, and its text is in the history.
pub(super) fn set_aside(model: &mut Model) -> Vec<Effect> {
    let draft = model.composer.take_written();
    if draft.is_blank() {
        return Vec::new();
    }
    let effects = keep_text(model, &draft.text);
    model.stash = Some(match model.stash.take() {
        Some(later) => Draft::join([&draft, &later], "\n"),
        None => draft,
    });
    effects
}

/// Brings back what had given way, now that its place is free.
pub(super) fn bring_back(model: &mut Model) {
    if let Some(before) = model.stash.take_if(|_| model.composer.has_nothing()) {
        model.composer.set_draft(before);
    }
}

/// Gives up what is edited. What was changed of its text is in the history, and what was attached to it goes along with what
/// is written next.
pub(super) fn give_up_editing(model: &mut Model) -> Vec<Effect> {
    let attached = attached_by_hand(model);
    let edited = model.composer.take_written();
    model.stop_editing();
    if !attached.is_empty() {
        model
            .stash
            .get_or_insert_default()
            .attached
            .extend(attached);
    }
    keep_text(model, &edited.text)
}

/// What goes along with the draft, but for what a prompt that is edited brought along: that is kept with it.
fn attached_by_hand(model: &Model) -> Vec<Attached> {
    let mut attached = model.composer.attached().to_vec();
    let edited = model.panes.iter().find_map(|pane| {
        let conversation = model.conversation(pane.conversation)?;
        conversation.turn(pane.editing?)
    });
    if let Some(turn) = edited {
        let own = Draft::of(&turn.text, &turn.attachments).attached;
        attached.retain(|a| !own.contains(a));
    }
    attached
}

/// Keeps an earlier prompt that is shown and was changed, before another text takes its place.
pub(super) fn keep_changed(model: &mut Model) -> Vec<Effect> {
    let changed = model.composer.keep_changed();
    changed.map(Effect::KeepPrompt).into_iter().collect()
}

fn keep_text(model: &mut Model, text: &str) -> Vec<Effect> {
    if text.trim().is_empty() || model.composer.history().iter().any(|known| known == text) {
        return Vec::new();
    }
    model.composer.remember(text);
    vec![Effect::KeepPrompt(text.to_owned())]
}

/// Up: within the text first, then through earlier prompts.
pub(super) fn history_previous(model: &mut Model) -> Vec<Effect> {
    if model.composer.edit(Edit::Up) {
        return Vec::new();
    }
    let mut effects = keep_changed(model);
    if model.composer.history_previous() {
        effects.push(draft(model));
    }
    effects
}

/// Down: within the text first, then through later prompts.
pub(super) fn history_next(model: &mut Model) -> Vec<Effect> {
    if model.composer.edit(Edit::Down) {
        return Vec::new();
    }
    let mut effects = keep_changed(model);
    if model.composer.history_next() {
        effects.push(draft(model));
    }
    effects
}

/// Opens the draft in the external editor. Not while another session is being opened, which brings its own draft.
pub(super) fn editor(model: &mut Model) -> Vec<Effect> {
    if turn::is_opening(model) {
        return Vec::new();
    }
    model.outside = Some(model.session);
    vec![Effect::Edit(model.composer.text())]
}

/// Takes what became of the draft in the editor.
pub(super) fn edited(model: &mut Model, result: Result<String, String>) -> Vec<Effect> {
    let edited = model.outside.take();
    match result {
        Ok(text) if edited != Some(model.session) => {
            model.composer.remember(&text);
            let sentence = format!(
                "the session changed meanwhile; what you wrote is among the earlier prompts ({})",
                model.key_name(Action::HistorySearch)
            );
            model.notify(Tone::Warning, sentence);
            vec![Effect::KeepPrompt(text)]
        }
        Ok(text) => {
            model.focus = Focus::Composer;
            if text == model.composer.text() {
                return Vec::new();
            }
            model.composer.set_text(&text);
            vec![draft(model)]
        }
        Err(sentence) => {
            model.notify(Tone::Error, sentence);
            Vec::new()
        }
    }
}

/// The draft as it stands, to be kept.
pub(super) fn draft(model: &Model) -> Effect {
    Effect::KeepDraft {
        session: model.session,
        draft: unsent(model),
    }
}

/// All that is written and not sent.
pub(super) fn unsent(model: &Model) -> Draft {
    let mut stash = model.stash.clone().unwrap_or_default();
    if model.is_editing() {
        // Its text would be taken for a part of the prompt that is edited. It is in the history; what goes along with it
        // has no other place.
        stash.text.clear();
    }
    Draft::join([&queue::as_draft(model), &stash], "\n\n")
}

fn apply(model: &mut Model, edit: Edit) -> Vec<Effect> {
    let moves = matches!(
        edit,
        Edit::Left
            | Edit::Right
            | Edit::Up
            | Edit::Down
            | Edit::WordLeft
            | Edit::WordRight
            | Edit::Home
            | Edit::End
    );
    let was_empty = model.composer.is_empty();
    let changed = model.composer.edit(edit);
    if !changed || moves {
        return Vec::new();
    }
    let mut effects = vec![draft(model)];
    if was_empty && !model.composer.is_empty() {
        effects.extend(warm(model));
    }
    effects
}

/// Opens connections while a prompt is being written, where those from before may be closed by now.
fn warm(model: &mut Model) -> Option<Effect> {
    let idle = model.now.mono.saturating_sub(model.warmed);
    if idle < COLD || model.live().next().is_some() {
        return None;
    }
    model.warmed = model.now.mono;
    let targets = model.targets();
    let panes = targets.iter().filter_map(|&i| model.panes.get(i));
    let mut profiles: Vec<_> = panes
        .map(|p| model.asked_variant(&p.variant).profile.clone())
        .collect();
    profiles.sort();
    profiles.dedup();
    (!profiles.is_empty()).then_some(Effect::Warm(profiles))
}

/// The editing keys that every line editor has; they are not bindings, so that nothing can take typing away.
pub(super) fn edit_of(key: Key) -> Option<Edit> {
    let edit = match (key.code(), key.ctrl(), key.alt()) {
        (KeyCode::Char(c), false, false) => Edit::Insert(c.to_string()),
        (KeyCode::Tab, false, false) => Edit::Insert("\t".to_owned()),
        (KeyCode::Backspace, false, false) | (KeyCode::Char('h'), true, false) => Edit::Backspace,
        (KeyCode::Backspace, _, _) | (KeyCode::Char('w'), true, false) => Edit::DeleteWord,
        (KeyCode::Delete, false, false) | (KeyCode::Char('d'), true, false) => Edit::Delete,
        (KeyCode::Delete, _, _) | (KeyCode::Char('d'), false, true) => Edit::DeleteNextWord,
        (KeyCode::Char('u'), true, false) => Edit::DeleteToStart,
        (KeyCode::Char('k'), true, false) => Edit::DeleteToEnd,
        (KeyCode::Left, false, false) | (KeyCode::Char('b'), true, false) => Edit::Left,
        (KeyCode::Right, false, false) | (KeyCode::Char('f'), true, false) => Edit::Right,
        (KeyCode::Left, _, _) | (KeyCode::Char('b'), false, true) => Edit::WordLeft,
        (KeyCode::Right, _, _) | (KeyCode::Char('f'), false, true) => Edit::WordRight,
        (KeyCode::Up, false, false) => Edit::Up,
        (KeyCode::Down, false, false) => Edit::Down,
        (KeyCode::Home, _, _) | (KeyCode::Char('a'), true, false) => Edit::Home,
        (KeyCode::End, _, _) | (KeyCode::Char('e'), true, false) => Edit::End,
        (KeyCode::Char('z' | '_'), true, false) => Edit::Undo,
        (KeyCode::Char('y'), true, false) => Edit::Redo,
        _ => return None,
    };
    Some(edit)
}
