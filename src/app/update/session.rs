//! Beginning, opening, exporting and leaving sessions.
//!
//! A session is on disk from its first prompt on, and not before.

use std::time::Duration;

use super::{composer, pane, queue, turn};
use crate::{
    app::{Action, Effect, Entry, ExportFormat, Focus, Line, Model, Overlay, Purpose, Tone},
    chat::{Conversation, Deck, Draft, Session, SessionId},
    text::{SafeText, hide_known},
};

/// A second Ctrl-C within this time leaves.
const QUIT_WINDOW: Duration = Duration::from_secs(2);
/// Where a session is offered to go that cannot be saved where it should be.
const ELSEWHERE: &str = "~/waferdeck-rescued";

/// What stands before the first turn of a session: its title and its arrangement.
pub(super) fn first_entries(model: &mut Model, prompt: &str) -> Vec<Entry> {
    if !model.kept.is_empty() {
        return Vec::new();
    }
    // A title that the person gave before the first prompt stays.
    let title = model
        .title_from(prompt)
        .unwrap_or_else(|| Entry::Title(model.title.clone()));
    let layout = model.layout();
    model.layout_kept = Some(layout.clone());
    vec![title, Entry::Layout(layout)]
}

/// Writes the arrangement if it is another than the one on disk.
pub(super) fn keep_layout(model: &mut Model) -> Vec<Effect> {
    let layout = model.layout();
    if model.kept.is_empty() || model.layout_kept.as_ref() == Some(&layout) {
        return Vec::new();
    }
    model.layout_kept = Some(layout.clone());
    vec![Effect::Keep(vec![Entry::Layout(layout)])]
}

/// Begins a new session with the same panes, empty. The old one stays on disk.
pub(super) fn begin(model: &mut Model) -> Vec<Effect> {
    if model.opening.is_some() || still_streaming(model) {
        return Vec::new();
    }
    let mut effects = close(model);
    model.conversations.clear();
    model.tally_all();
    for pane in std::mem::take(&mut model.panes) {
        model.add_pane(pane.variant);
        let new = model.panes.last_mut();
        if let Some(new) = new {
            (new.letter, new.muted, new.weight) = (pane.letter, pane.muted, pane.weight);
        }
    }
    model.focused = model.focused.min(model.panes.len().saturating_sub(1));
    // There is nothing to read; what is typed is the first prompt.
    effects.extend(pane::focus(model, Focus::Composer));
    effects.extend(started(model));
    model.notify(Tone::Info, "new session; the one before is kept");
    effects
}

/// Begins a new session with the panes of a deck. The old one stays on disk.
pub(super) fn begin_with(model: &mut Model, deck: &Deck) -> Vec<Effect> {
    if model.opening.is_some() || still_streaming(model) {
        return Vec::new();
    }
    let mut effects = close(model);
    model.arrange(deck);
    effects.extend(started(model));
    let sentence = format!("new session with the deck {}", deck.name);
    model.notify(Tone::Info, sentence);
    effects
}

/// Leaves the session behind for one with another id; its panes are left to the caller.
fn close(model: &mut Model) -> Vec<Effect> {
    queue::into_draft(model);
    let mut effects = keep_layout(model);
    // What was being written goes along into the new session.
    effects.push(Effect::KeepDraft {
        session: model.session,
        draft: Draft::default(),
    });
    model.session = SessionId::from_uuid(model.ids.next(model.now.wall));
    model.created = model.now.wall;
    model.title.clear();
    model.closed.clear();
    model.kept.clear();
    model.forget_trouble();
    model.layout_kept = None;
    model.layout_due = None;
    effects
}

fn started(model: &Model) -> [Effect; 2] {
    let begun = Effect::NewSession {
        id: model.session,
        created: model.created,
    };
    [begun, composer::draft(model)]
}

/// Asks for a stored session to be opened.
pub(super) fn open(model: &mut Model, id: SessionId) -> Vec<Effect> {
    if id == model.session || model.opening.is_some() || still_streaming(model) {
        return Vec::new();
    }
    model.opening = Some(id);
    let mut effects = keep_layout(model);
    let copy = SessionId::from_uuid(model.ids.next(model.now.wall));
    effects.push(Effect::OpenSession { id, copy });
    effects
}

/// Puts an opened session on screen.
pub(super) fn opened(
    model: &mut Model,
    session: Session,
    draft: Draft,
    complaints: Vec<String>,
) -> Vec<Effect> {
    model.opening = None;
    queue::into_draft(model);
    let own = draft.clone();
    let (mut effects, draft) = take_draft_along(model, draft);
    let goes_along = draft != own;
    // At once: what follows may be of yet another session.
    effects.push(Effect::Follow(session.id));
    model.restore(session, draft);
    if goes_along {
        effects.push(composer::draft(model));
    }
    model.layout_kept = Some(model.layout());
    model.layout_due = None;
    for complaint in complaints {
        model.notify(Tone::Warning, complaint);
    }
    effects
}

/// The draft of the session that is left. One that has a file keeps it. Without a file nobody would find it again: it
/// goes along into the session that opens; if that has a draft of its own, its text goes into the history of prompts.
fn take_draft_along(model: &mut Model, mut own: Draft) -> (Vec<Effect>, Draft) {
    let left = composer::unsent(model);
    if !model.kept.is_empty() || left.is_blank() {
        return (Vec::new(), own);
    }
    let mut effects = vec![Effect::KeepDraft {
        session: model.session,
        draft: Draft::default(),
    }];
    if own.is_empty() {
        return (effects, left);
    }
    model.composer.remember(&left.text);
    effects.push(Effect::KeepPrompt(left.text));
    own.attached.extend(left.attached);
    model.notify(
        Tone::Info,
        "what you were writing is in the history of prompts: this session has a draft of its own",
    );
    (effects, own)
}

/// Asks for another title.
pub(super) fn rename(model: &mut Model) -> Vec<Effect> {
    let line = Line::new(Purpose::RenameSession, &model.title);
    model.overlays.push(Overlay::Line(line));
    Vec::new()
}

/// Gives the session this title.
pub(super) fn rename_to(model: &mut Model, title: &str) -> Vec<Effect> {
    let title = hide_known(title.trim(), &model.known_keys);
    let title = SafeText::line(&title).into_string();
    if title.is_empty() || title == model.title {
        return Vec::new();
    }
    model.title.clone_from(&title);
    model.notify(Tone::Info, format!("the session is called “{title}” now"));
    if model.kept.is_empty() {
        // It is written with the first prompt.
        return Vec::new();
    }
    vec![Effect::Keep(vec![Entry::Title(title)])]
}

/// Writes the session as Markdown.
pub(super) fn export(model: &mut Model) -> Vec<Effect> {
    if model.conversations.iter().all(Conversation::is_empty) {
        model.notify(Tone::Info, "there is nothing to export yet");
        return Vec::new();
    }
    vec![Effect::Export(ExportFormat::Markdown)]
}

/// Leaves when asked a second time soon after.
pub(super) fn quit_armed(model: &mut Model) -> Vec<Effect> {
    if model.quit_armed.is_some() {
        return leave_or_ask(model);
    }
    model.quit_armed = Some(model.now.mono.saturating_add(QUIT_WINDOW));
    model.notify(Tone::Info, "press it again to leave");
    Vec::new()
}

/// Leaves, after a question while answers stream.
pub(super) fn quit(model: &mut Model) -> Vec<Effect> {
    if model.running.is_empty() {
        return leave_or_ask(model);
    }
    if !model.overlays.contains(&Overlay::ConfirmQuit) {
        model.overlays.push(Overlay::ConfirmQuit);
    }
    Vec::new()
}

/// Stops every answer and leaves, unless there is something to ask.
pub(super) fn stop_and_leave(model: &mut Model) -> Vec<Effect> {
    let mut effects = turn::cancel_all(model);
    effects.extend(leave_or_ask(model));
    effects
}

/// Stops every answer and leaves if nothing can be saved and that must not be; what is here is offered another place.
pub(super) fn stop_unsaved(model: &mut Model) -> Option<Vec<Effect>> {
    let must_stop = model.unsaved.is_some() && model.settings.requires_store;
    must_stop.then(|| {
        let mut effects = turn::cancel_all(model);
        if !is_asked_elsewhere(model) {
            effects.extend(leave_or_ask(model));
        }
        effects
    })
}

/// Leaves; what nobody saves is offered another place before.
fn leave_or_ask(model: &mut Model) -> Vec<Effect> {
    let is_empty = model.conversations.iter().all(Conversation::is_empty);
    if model.unsaved.is_none() || model.settings.temporary || is_empty {
        return leave(model);
    }
    ask_elsewhere(model, ELSEWHERE);
    Vec::new()
}

fn is_asked_elsewhere(model: &Model) -> bool {
    let is_question =
        |o: &Overlay| matches!(o, Overlay::Line(line) if line.purpose == Purpose::SaveElsewhere);
    model.overlays.iter().any(is_question)
}

fn ask_elsewhere(model: &mut Model, folder: &str) {
    let line = Line::new(Purpose::SaveElsewhere, folder);
    model.overlays.push(Overlay::Line(line));
}

/// Writes the session below this folder; the line stays open until that has worked. Without one it is left unsaved.
pub(super) fn save_elsewhere(model: &mut Model, folder: &str) -> Vec<Effect> {
    let folder = folder.trim();
    if folder.is_empty() {
        return leave(model);
    }
    ask_elsewhere(model, folder);
    vec![Effect::SaveElsewhere {
        folder: folder.to_owned(),
        session: Box::new(model.snapshot()),
        draft: composer::unsent(model),
    }]
}

/// Leaves once the session is whole in another place.
pub(super) fn saved_elsewhere(model: &mut Model, result: Result<(), String>) -> Vec<Effect> {
    match result {
        Ok(()) => leave(model),
        Err(sentence) => {
            model.notify(Tone::Error, sentence);
            Vec::new()
        }
    }
}

/// Stops every answer and leaves without a question.
pub(super) fn end(model: &mut Model) -> Vec<Effect> {
    let mut effects = turn::cancel_all(model);
    effects.extend(leave(model));
    effects
}

/// Leaves without a question.
pub(super) fn leave(model: &mut Model) -> Vec<Effect> {
    if model.leaving {
        return Vec::new();
    }
    model.leaving = true;
    let mut effects = keep_layout(model);
    effects.push(Effect::Quit);
    effects
}

fn still_streaming(model: &mut Model) -> bool {
    let streaming = !model.running.is_empty();
    if streaming {
        let sentence = format!(
            "an answer is still running: {} stops it, then change the session",
            model.key_name(Action::CancelAll)
        );
        model.notify_while_streaming(&sentence);
    }
    streaming
}
