//! The inspector: opening it, its keys, and looking again while its answer grows.
//!
//! What was recorded comes as a message; a look costs milliseconds on another thread, so there are few.

use std::time::Duration;

use crate::{
    app::{Effect, Inspected, Inspector, Model, Overlay, Room, Tone},
    chat::{AnswerId, Exchange},
    config::{Key, KeyCode},
};

/// Between two looks at an answer that is under way.
const EVERY: Duration = Duration::from_millis(250);

/// Opens it for the last answer of the focused pane.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let Some(answer) = model.last_answer(model.pane()).map(|answer| answer.id) else {
        model.notify(
            Tone::Info,
            "nothing was asked here yet, so nothing went over the wire",
        );
        return Vec::new();
    };
    let mut inspector = Inspector::new(answer);
    inspector.was_live = is_live(model, answer);
    inspector.looked = model.now.mono;
    model.overlays.push(Overlay::Inspector(Box::new(inspector)));
    vec![Effect::Inspect(answer)]
}

/// Takes what was recorded.
pub(super) fn take(
    model: &mut Model,
    answer: AnswerId,
    exchange: Option<&Exchange>,
) -> Vec<Effect> {
    for inspector in all(model).filter(|i| i.answer == answer) {
        inspector.is_looking = false;
        inspector.take(exchange);
    }
    Vec::new()
}

/// Looks again where the answer may have grown, and once after its end.
pub(super) fn look_again(model: &mut Model) -> Vec<Effect> {
    let now = model.now.mono;
    let Some(answer) = all(model).next().map(|i| i.answer) else {
        return Vec::new();
    };
    let is_live = is_live(model, answer);
    let due = |i: &&mut Inspector| {
        let has_ended = i.was_live && !is_live;
        let is_due = is_live && now.saturating_sub(i.looked) >= EVERY;
        !i.is_looking && i.answer == answer && (has_ended || is_due)
    };
    let Some(inspector) = all(model).find(due) else {
        return Vec::new();
    };
    inspector.is_looking = true;
    inspector.looked = now;
    inspector.was_live = is_live;
    vec![Effect::Inspect(answer)]
}

/// Takes a key.
pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let room = model.frame.inspector;
    let Some(inspector) = top(model) else {
        return Vec::new();
    };
    if inspector.is_typed {
        typed(model, key, room);
        return Vec::new();
    }
    let page = isize::try_from(room.rows.saturating_sub(1).max(1)).unwrap_or(isize::MAX);
    match (key.code(), key.ctrl()) {
        (KeyCode::Char('q'), false) => {
            model.overlays.pop();
        }
        (KeyCode::Tab, _) => inspector.turn(if key.shift() { 2 } else { 1 }),
        (KeyCode::Right | KeyCode::Char('l'), false) => inspector.turn(1),
        (KeyCode::Left | KeyCode::Char('h'), false) => inspector.turn(2),
        (KeyCode::Up | KeyCode::Char('k'), false) => inspector.scroll(-1, room),
        (KeyCode::Down | KeyCode::Char('j'), false) => inspector.scroll(1, room),
        (KeyCode::PageUp, _) => inspector.scroll(-page, room),
        (KeyCode::PageDown | KeyCode::Char(' '), _) => inspector.scroll(page, room),
        (KeyCode::Char('u'), true) => inspector.scroll(-page / 2, room),
        (KeyCode::Char('d'), true) => inspector.scroll(page / 2, room),
        (KeyCode::Home | KeyCode::Char('g'), false) => inspector.scroll(isize::MIN, room),
        (KeyCode::End | KeyCode::Char('G'), false) => inspector.scroll(isize::MAX, room),
        (KeyCode::Char('/'), false) => {
            inspector.is_typed = true;
            inspector.set_query("");
        }
        (KeyCode::Char('n'), false) => jump(model, true, false),
        (KeyCode::Char('N'), false) => jump(model, false, false),
        (KeyCode::Char('y'), false) if inspector.state == Inspected::Here => {
            return vec![Effect::Copy {
                what: inspector.page.word().into(),
                text: inspector.text(),
            }];
        }
        _ => {}
    }
    Vec::new()
}

/// Esc while something is typed leaves the line and not the inspector.
pub(super) fn leaves_line(model: &mut Model) -> bool {
    let Some(inspector) = top(model).filter(|i| i.is_typed) else {
        return false;
    };
    inspector.is_typed = false;
    inspector.set_query("");
    true
}

/// Scrolls by rows.
pub(super) fn wheel(model: &mut Model, rows: isize) {
    let room = model.frame.inspector;
    if let Some(inspector) = top(model) {
        inspector.scroll(rows, room);
    }
}

/// Takes a paste into what is looked for, if that is being typed.
pub(super) fn paste(model: &mut Model, text: &str) -> bool {
    let Some(inspector) = top(model).filter(|i| i.is_typed) else {
        return false;
    };
    let line = text.lines().next().unwrap_or_default();
    let query = format!("{}{line}", inspector.query);
    inspector.set_query(&query);
    true
}

fn typed(model: &mut Model, key: Key, room: Room) {
    let Some(inspector) = top(model) else {
        return;
    };
    match (key.code(), key.ctrl() || key.alt()) {
        (KeyCode::Enter, _) => {
            inspector.is_typed = false;
            jump(model, true, true);
            return;
        }
        (KeyCode::Backspace, _) => {
            let mut query = inspector.query.clone();
            query.pop();
            inspector.set_query(&query);
        }
        (KeyCode::Char('u'), true) => inspector.set_query(""),
        (KeyCode::Char(c), false) => {
            let query = format!("{}{c}", inspector.query);
            inspector.set_query(&query);
        }
        _ => return,
    }
    inspector.jump(true, true, room);
}

fn jump(model: &mut Model, forwards: bool, from_here: bool) {
    let room = model.frame.inspector;
    let Some(inspector) = top(model).filter(|i| !i.query.is_empty()) else {
        model.notify_of("inspector", "nothing is looked for: / begins to".to_owned());
        return;
    };
    if !inspector.jump(forwards, from_here, room) {
        let sentence = format!("the {} does not hold it", inspector.page.word());
        model.notify_of("inspector", sentence);
    }
}

fn is_live(model: &Model, answer: AnswerId) -> bool {
    model.running.iter().any(|&(_, running)| running == answer)
}

fn top(model: &mut Model) -> Option<&mut Inspector> {
    match model.overlays.last_mut() {
        Some(Overlay::Inspector(inspector)) => Some(inspector),
        _ => None,
    }
}

fn all(model: &mut Model) -> impl Iterator<Item = &mut Inspector> {
    model
        .overlays
        .iter_mut()
        .filter_map(|overlay| match overlay {
            Overlay::Inspector(inspector) => Some(&mut **inspector),
            _ => None,
        })
}
