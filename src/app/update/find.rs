//! Finding text in a pane: the keys of the line, going from place to place, and back to where the reader was.
//!
//! What is found is `app::find`'s; where a place is on the screen the view's.

use super::composer;
use crate::{
    app::{Action, Before, Edit, Effect, Find, Focus, Model, Scroll, Tone, Wrapped},
    chat::{ReadingPart, ReadingPosition},
    config::{Key, KeyCode},
    text::SafeText,
};

/// Characters of what is looked for; no one remembers more.
const MAX_QUERY: usize = 256;

/// Opens the line over the focused pane.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let Some(conversation) = model.focused_conversation().filter(|c| !c.is_empty()) else {
        model.notify(Tone::Info, "there is nothing to look through here yet");
        return Vec::new();
    };
    let pane = model.pane();
    let mut find = Find::new(Before {
        scroll: pane.scroll,
        top: model.top(),
        folds: pane.folds.clone(),
        focus: model.focus,
        query: pane.find.as_ref().map_or("", |f| f.query()).to_owned(),
    });
    find.follow(conversation);
    model.pane_mut().find = Some(find);
    model.focus = Focus::Panes;
    Vec::new()
}

/// Whether keys go into the line.
pub(super) fn is_typed(model: &Model) -> bool {
    model.focus == Focus::Panes && model.pane().find.as_ref().is_some_and(|f| f.is_typed)
}

/// Takes a key while the line is open.
pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    match (key.code(), key.ctrl()) {
        (KeyCode::Esc, _) | (KeyCode::Char('c'), true) => return give_up(model),
        (KeyCode::Enter, _) => return keep(model),
        (KeyCode::Down, _) => return jump(model, 1),
        (KeyCode::Up, _) => return jump(model, -1),
        _ => {}
    }
    match composer::edit_of(key) {
        Some(edit) => typed(model, edit),
        None => Vec::new(),
    }
}

/// Puts pasted text into the line; false where there is none.
pub(super) fn paste(model: &mut Model, text: &str) -> bool {
    let is_typed = is_typed(model);
    if is_typed {
        typed(model, Edit::Insert(SafeText::line(text).into_string()));
    }
    is_typed
}

fn typed(model: &mut Model, edit: Edit) -> Vec<Effect> {
    if let Some(find) = &mut model.pane_mut().find {
        find.line.edit(edit);
        let text = find.line.text();
        if let Some((cut, _)) = text.char_indices().nth(MAX_QUERY) {
            find.line.set_text(text.get(..cut).unwrap_or_default());
        }
        if find.search() {
            show_first(model);
        }
    }
    Vec::new()
}

/// Shows the first place at or below where the reader was; where there is none, the view stays.
fn show_first(model: &mut Model) {
    let Some(find) = &model.pane().find else {
        return;
    };
    let (before, is_empty) = (find.before.clone(), find.query().is_empty());
    let from = before.top.and_then(|top| model.order(&top));
    let first = find.first_from(from).or_else(|| find.first_from(None));
    let pane = model.pane_mut();
    if first.is_some() || is_empty {
        pane.go(before.scroll);
        pane.folds = before.folds;
    }
    if let Some(at) = first {
        let top = before.top.filter(|_| !before.scroll.is_following());
        show(model, at, None, top);
    }
}

/// Goes from the current place to the next or the one before.
pub(super) fn jump(model: &mut Model, by: isize) -> Vec<Effect> {
    step(model, by, None);
    Vec::new()
}

/// Goes from a place, else the current one, to the next or the one before; at the ends it goes on at the other one.
/// Answers where that is, if anything was found.
pub(super) fn step(
    model: &mut Model,
    step: isize,
    from: Option<ReadingPosition>,
) -> Option<ReadingPosition> {
    let Some(find) = model.pane().find.as_ref().filter(|f| !f.query().is_empty()) else {
        let sentence = format!(
            "nothing is being looked for, {} finds text",
            model.key_name(Action::Find)
        );
        model.notify_of("find", sentence);
        return None;
    };
    let here = from.or(find.current).or_else(|| model.top());
    let order = here.and_then(|here| model.order(&here));
    let (found, wrapped) = if step < 0 {
        match find.last_before(order) {
            Some(at) => (Some(at), None),
            None => (find.last_before(None), Some(Wrapped::ToBottom)),
        }
    } else {
        let after =
            order.map(|(turn, part, byte)| (turn, part, byte + usize::from(find.current == here)));
        match find.first_from(after) {
            Some(at) => (Some(at), None),
            None => (find.first_from(None), Some(Wrapped::ToTop)),
        }
    };
    if let Some(at) = found {
        let top = model.top().filter(|_| !model.pane().scroll.is_following());
        show(model, at, wrapped, top);
    }
    found
}

/// Takes the reader to a place, out of folded reasoning, too.
fn show(
    model: &mut Model,
    at: ReadingPosition,
    wrapped: Option<Wrapped>,
    top: Option<ReadingPosition>,
) {
    let answer = model
        .focused_conversation()
        .and_then(|c| c.turn(at.turn)?.shown_answer())
        .filter(|_| at.part == ReadingPart::Reasoning)
        .map(|answer| (answer.id, !answer.content.is_empty()));
    model.show_place(at);
    let pane = model.pane_mut();
    if let Some((answer, has_content)) = answer
        && pane.is_folded(answer, has_content)
    {
        pane.folds.insert(answer, false);
    }
    pane.go(Scroll::Show { at, top });
    if let Some(find) = &mut pane.find {
        (find.current, find.wrapped) = (Some(at), wrapped);
    }
}

/// Closes the line and keeps what it found; an empty one looks for what was looked for before.
fn keep(model: &mut Model) -> Vec<Effect> {
    let Some(find) = &mut model.pane_mut().find else {
        return Vec::new();
    };
    if find.query().is_empty() {
        let query = std::mem::take(&mut find.before.query);
        find.line.set_text(&query);
        if find.search() {
            show_first(model);
        }
    }
    settle(model);
    Vec::new()
}

/// Closes the line, if it is open, without going anywhere.
pub(super) fn settle(model: &mut Model) {
    let pane = model.pane_mut();
    if let Some(find) = &mut pane.find {
        find.is_typed = false;
        if find.query().is_empty() {
            pane.find = None;
        }
    }
}

/// Forgets what was looked for and goes back to where the reader was.
fn give_up(model: &mut Model) -> Vec<Effect> {
    let pane = model.pane_mut();
    if let Some(find) = pane.find.take() {
        pane.go(find.before.scroll);
        pane.folds = find.before.folds;
        model.focus = find.before.focus;
    }
    Vec::new()
}

/// Forgets what was found and stays.
pub(super) fn forget(model: &mut Model) -> Vec<Effect> {
    model.pane_mut().find = None;
    Vec::new()
}

/// Looks through what came since.
pub(super) fn follow(model: &mut Model) {
    for index in 0..model.panes.len() {
        let Some(mut find) = model.panes.get_mut(index).and_then(|p| p.find.take()) else {
            continue;
        };
        let id = model.panes.get(index).map(|pane| pane.conversation);
        if let Some(conversation) = id.and_then(|id| model.conversation(id)) {
            find.follow(conversation);
        }
        if let Some(pane) = model.panes.get_mut(index) {
            pane.find = Some(find);
        }
    }
}
