//! The list of sessions: what is seen of the selected one, another title, into the trash and back.
//!
//! The files are the store's; a session that is open anywhere is refused there.

use super::{overlay, session};
use crate::{
    app::{
        Choice, Deed, Effect, Item, Line, Model, Overlay, Picker, PickerKind, Purpose,
        SessionEntry, Tone,
    },
    chat::{Preview, SessionId, Timestamp},
    config::{Key, KeyCode},
    text::SafeText,
};

/// Lists the sessions on disk.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let mut picker = Picker::new(PickerKind::Sessions, Vec::new());
    picker.loading = true;
    overlay::push_picker(model, picker);
    vec![Effect::ListSessions]
}

/// Takes the list of sessions, if its picker is still open.
pub(super) fn list(model: &mut Model, sessions: Result<Vec<SessionEntry>, String>) -> Vec<Effect> {
    let now = model.now.wall;
    let current = model.session;
    match sessions {
        Ok(sessions) => {
            let items = sessions
                .into_iter()
                .filter(|s| s.id != current)
                .map(|s| item(&s, now))
                .collect();
            if let Some(picker) = picker(model) {
                picker.set_items(items);
            }
            look(model)
        }
        Err(reason) => {
            model
                .overlays
                .retain(|o| !matches!(o, Overlay::Picker(p) if p.kind == PickerKind::Sessions));
            model.notify(Tone::Error, reason);
            Vec::new()
        }
    }
}

/// Looks into the selected session, unless that was done. One at a time: whoever holds an arrow key passes many.
pub(super) fn look(model: &mut Model) -> Vec<Effect> {
    let Some(picker) = picker(model) else {
        return Vec::new();
    };
    match picker.chosen_session() {
        Some(id) if picker.looking.is_none() && !picker.previews.contains_key(&id) => {
            picker.looking = Some(id);
            vec![Effect::PreviewSession(id)]
        }
        _ => Vec::new(),
    }
}

/// Takes what was seen of a session, and looks into the one that was selected meanwhile.
pub(super) fn preview(
    model: &mut Model,
    id: SessionId,
    result: Result<Preview, String>,
) -> Vec<Effect> {
    if let Some(picker) = picker(model) {
        picker.looking = picker.looking.filter(|&looking| looking != id);
        picker.previews.insert(id, result);
    }
    look(model)
}

/// Takes a key of the list of sessions; `None` for those that every list has.
pub(super) fn key(model: &mut Model, key: Key) -> Option<Vec<Effect>> {
    let chosen = picker(model)?.chosen_session();
    match (key.code(), key.ctrl()) {
        (KeyCode::Char('r'), true) => Some(chosen.map_or_else(Vec::new, |id| rename(model, id))),
        (KeyCode::Char('d'), true) => Some(chosen.map_or_else(Vec::new, |id| delete(model, id))),
        (KeyCode::Char('z'), true) => Some(undo(model)),
        (KeyCode::Char('t'), true) => {
            model.overlays.pop();
            Some(session::begin(model))
        }
        _ => None,
    }
}

/// Gives a session of the list this title.
pub(super) fn rename_to(model: &mut Model, id: SessionId, title: &str) -> Vec<Effect> {
    let title = SafeText::line(title).into_string();
    if title.is_empty() || title == title_of(model, id) {
        return Vec::new();
    }
    vec![Effect::Shelf {
        id,
        deed: Deed::Rename(title),
    }]
}

/// Says what came of a change, and brings the list up to date.
pub(super) fn done(
    model: &mut Model,
    id: SessionId,
    deed: Deed,
    result: Result<(), String>,
) -> Vec<Effect> {
    match (deed, result) {
        (Deed::Rename(title), Ok(())) => {
            if let Some(picker) = picker(model) {
                for item in &mut picker.items {
                    if item.choice == Choice::Session(id) {
                        item.label.clone_from(&title);
                    }
                }
                if let Some(Ok(preview)) = picker.previews.get_mut(&id) {
                    preview.title.clone_from(&title);
                }
            }
            model.notify(Tone::Info, format!("the session is called “{title}” now"));
            return Vec::new();
        }
        (Deed::Delete(title), Ok(())) => {
            let sentence =
                format!("“{title}” is in the trash for 30 days; Ctrl-Z in the list takes it back");
            model.notify_of("shelf", sentence);
            model.deleted.push((id, title));
            return Vec::new();
        }
        (Deed::Restore(title), Ok(())) => model.notify_of("shelf", format!("“{title}” is back")),
        (Deed::Delete(_), Err(reason)) => {
            model.notify(Tone::Warning, format!("not deleted: {reason}"));
        }
        (Deed::Rename(_), Err(reason)) => {
            model.notify(Tone::Warning, format!("not renamed: {reason}"));
        }
        (Deed::Restore(title), Err(reason)) => {
            model.notify(Tone::Error, format!("“{title}” cannot come back: {reason}"));
        }
    }
    picker(model).map_or_else(Vec::new, |_| vec![Effect::ListSessions])
}

/// The list of sessions, whatever lies over it.
fn picker(model: &mut Model) -> Option<&mut Picker> {
    model.overlays.iter_mut().find_map(|o| match o {
        Overlay::Picker(picker) if picker.kind == PickerKind::Sessions => Some(picker),
        _ => None,
    })
}

fn rename(model: &mut Model, id: SessionId) -> Vec<Effect> {
    let line = Line::new(Purpose::RenameListed(id), &title_of(model, id));
    model.overlays.push(Overlay::Line(line));
    Vec::new()
}

/// The row goes at once, so that a second press does not mean the same session; it comes back if the store refuses.
fn delete(model: &mut Model, id: SessionId) -> Vec<Effect> {
    let title = title_of(model, id);
    if let Some(picker) = picker(model) {
        let mut items = std::mem::take(&mut picker.items);
        items.retain(|item| item.choice != Choice::Session(id));
        picker.set_items(items);
        picker.previews.remove(&id);
    }
    let mut effects = vec![Effect::Shelf {
        id,
        deed: Deed::Delete(title),
    }];
    effects.extend(look(model));
    effects
}

fn undo(model: &mut Model) -> Vec<Effect> {
    let Some((id, title)) = model.deleted.pop() else {
        model.notify(Tone::Info, "nothing was deleted since the start");
        return Vec::new();
    };
    vec![Effect::Shelf {
        id,
        deed: Deed::Restore(title),
    }]
}

/// The title of a session as the list has it.
fn title_of(model: &mut Model, id: SessionId) -> String {
    let items = picker(model).map(|p| p.items.iter());
    let item = items
        .into_iter()
        .flatten()
        .find(|item| item.choice == Choice::Session(id));
    item.map_or_else(String::new, |item| item.label.clone())
}

fn item(session: &SessionEntry, now: Timestamp) -> Item {
    Item {
        label: SafeText::line(&session.title).into_string(),
        detail: SafeText::line(&session.note).into_string(),
        hint: session.updated.ago(now),
        choice: Choice::Session(session.id),
    }
}
