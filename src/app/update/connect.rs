//! Giving a profile a key: the overlay's keys, what was found and tried, and letting panes ask the profile then.
//!
//! Characters of a key leave as effects the moment they come; the model keeps how many there were.

use std::time::Duration;

use super::{mocking, models, select};
use crate::{
    app::{
        Action, Choice, Connect, Connected, Effect, Item, Keep, KeyEdit, KeyPlaces, Model, Overlay,
        Step, Tone,
    },
    chat::{Failure, FailureKind},
    config::{CEREBRAS, Key, KeyCode},
    text::{SafeText, Secret},
};

/// Characters of a key; what is longer is none.
const MOST: usize = 4_096;

/// Rows of the palette for the profiles that have no key.
pub(super) fn items(model: &Model) -> Vec<Item> {
    let others = model.keyless.iter().filter(|p| p.name != CEREBRAS);
    let item = |name: &str| Item {
        label: format!("give a key for {}", SafeText::line(name)),
        detail: Action::Connect.group().word().to_owned(),
        hint: String::new(),
        choice: Choice::Connect(name.to_owned()),
    };
    others.map(|p| item(&p.name)).collect()
}

/// Asks for a key of a profile.
pub(super) fn open(model: &mut Model, profile: &str) -> Vec<Effect> {
    let mut known = model.keyless.iter().chain(&model.profiles);
    let Some(info) = known.find(|p| p.name == profile) else {
        let sentence = format!("there is no profile {}", SafeText::line(profile));
        model.notify(Tone::Info, sentence);
        return Vec::new();
    };
    let (name, host) = (info.name.clone(), info.host.clone());
    model.connects = model.connects.wrapping_add(1);
    let connect = Connect::new(model.connects, name, host);
    // What waits for a selection is kept in the model, and no key may be.
    select::leave(model);
    model.overlays.push(Overlay::Connect(connect));
    let profile = profile.to_owned();
    vec![
        Effect::TypeKey(KeyEdit::Clear),
        Effect::KeyPlaces { profile },
    ]
}

/// Closes the overlay; a key that was typed and not kept is forgotten, and tried no longer.
pub(super) fn close(model: &mut Model) -> Vec<Effect> {
    model.overlays.pop();
    vec![Effect::TypeKey(KeyEdit::Clear)]
}

/// Takes a key while the overlay is open.
pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let now = model.now.mono;
    let Some(connect) = top(model) else {
        return Vec::new();
    };
    match &connect.step {
        Step::Trying(_) => Vec::new(),
        Step::Connected { model: id, .. } => {
            let (profile, id) = (connect.profile.clone(), id.clone());
            switch(model, key, profile, &id)
        }
        Step::Typing(_) => typing(connect, key, now),
    }
}

/// Takes a paste if the overlay is open.
pub(super) fn paste(model: &mut Model, text: &str) -> Option<Vec<Effect>> {
    let connect = top(model)?;
    Some(match connect.step {
        Step::Typing(_) => add(connect, text),
        _ => Vec::new(),
    })
}

/// Takes the places where a key can come from.
pub(super) fn places(model: &mut Model, profile: &str, found: KeyPlaces) -> Vec<Effect> {
    if let Some(connect) = open_ones(model).find(|c| c.profile == profile) {
        connect.places = Some(found);
    }
    Vec::new()
}

/// Takes what came of a key that was typed in the overlay of this number.
pub(super) fn tried(
    model: &mut Model,
    number: u64,
    profile: &str,
    result: Result<Connected, Failure>,
) -> Vec<Effect> {
    match result {
        Ok(connected) => works(model, number, profile, connected),
        Err(failure) => failed(model, number, profile, &failure),
    }
}

fn works(model: &mut Model, number: u64, profile: &str, connected: Connected) -> Vec<Effect> {
    let Connected { catalogue, note } = connected;
    if let Some(place) = model.keyless.iter().position(|p| p.name == profile) {
        let info = model.keyless.remove(place);
        model.profiles.push(info);
        model.profiles.sort_by(|a, b| a.name.cmp(&b.name));
    }
    let usual = model.profile(profile).map(|p| p.model.clone());
    let first = || catalogue.offered().next().map(|m| m.id.clone());
    let id = usual
        .filter(|id| catalogue.get(id).is_some())
        .or_else(first)
        .unwrap_or_default();
    model.take_catalogue(profile, catalogue);
    if let Some(connect) = open_ones(model).find(|c| c.number == number) {
        connect.typed = 0;
        connect.step = Step::Connected { model: id, note };
        vec![Effect::TypeKey(KeyEdit::Clear)]
    } else {
        let profile = SafeText::line(profile);
        let sentence = format!(
            "{profile} is connected, {note}: {} lists its models",
            model.key_name(Action::Model)
        );
        model.notify(Tone::Info, sentence);
        // What is being typed is for another one.
        Vec::new()
    }
}

/// A key that was rejected is typed anew; one that could not be tried is kept for another try.
fn failed(model: &mut Model, number: u64, profile: &str, failure: &Failure) -> Vec<Effect> {
    let rejected = failure.kind == FailureKind::Key;
    let message = SafeText::line(&failure.message).into_string();
    let Some(connect) = open_ones(model).find(|c| c.number == number) else {
        let sentence = format!("{} is not connected: {message}", SafeText::line(profile));
        model.notify(Tone::Error, sentence);
        return Vec::new();
    };
    if !rejected {
        connect.step = Step::Typing(Some(format!("{message}; Enter tries again")));
        return Vec::new();
    }
    connect.typed = 0;
    connect.step = Step::Typing(Some(format!("{message}: type another key")));
    vec![Effect::TypeKey(KeyEdit::Clear)]
}

fn typing(connect: &mut Connect, key: Key, now: Duration) -> Vec<Effect> {
    match (key.code(), key.ctrl(), key.alt()) {
        (KeyCode::Enter, ..) if connect.typed == 0 => {
            connect.step = Step::Typing(Some("type or paste a key first".to_owned()));
            Vec::new()
        }
        (KeyCode::Enter, ..) => {
            connect.step = Step::Trying(now);
            vec![Effect::TryKey {
                number: connect.number,
                profile: connect.profile.clone(),
                keep: connect.keep,
            }]
        }
        (KeyCode::Tab | KeyCode::Up | KeyCode::Down, ..) => {
            let has_keyring = connect.places.as_ref().is_some_and(|p| p.keyring);
            connect.keep = match connect.keep {
                Keep::Memory if has_keyring => Keep::Keyring,
                _ => Keep::Memory,
            };
            Vec::new()
        }
        (KeyCode::Char('u' | 'w') | KeyCode::Backspace, true, _) => {
            connect.typed = 0;
            vec![Effect::TypeKey(KeyEdit::Clear)]
        }
        (KeyCode::Backspace, ..) | (KeyCode::Char('h'), true, _) if connect.typed > 0 => {
            connect.typed -= 1;
            vec![Effect::TypeKey(KeyEdit::Backspace)]
        }
        (KeyCode::Char(c), false, false) => add(connect, &c.to_string()),
        _ => Vec::new(),
    }
}

/// Adds what can be part of a key: blanks and line ends come with a copy of one.
fn add(connect: &mut Connect, text: &str) -> Vec<Effect> {
    let room = MOST.saturating_sub(connect.typed);
    let is_foreign = |c: char| !c.is_ascii_graphic();
    let has_foreign = text.trim().contains(is_foreign);
    let part: String = text.replace(is_foreign, "");
    let part: String = part.chars().take(room).collect();
    if has_foreign {
        let wrong = "what no key is made of (blanks, letters with marks) was left out: is it the right text?";
        connect.step = Step::Typing(Some(wrong.to_owned()));
    } else if !part.is_empty() {
        connect.step = Step::Typing(None);
    }
    if part.is_empty() {
        return Vec::new();
    }
    connect.typed += part.len();
    vec![Effect::TypeKey(KeyEdit::Add(Secret::from(part)))]
}

/// Lets panes ask the profile now that they can.
fn switch(model: &mut Model, key: Key, profile: String, id: &str) -> Vec<Effect> {
    let everywhere = key.code() == KeyCode::Char('a');
    if !everywhere && key.code() != KeyCode::Enter {
        return Vec::new();
    }
    model.overlays.pop();
    if id.is_empty() {
        return models::open(model);
    }
    let effects = if everywhere && model.panes.len() > 1 {
        models::ask_everywhere(model, &profile, id);
        Vec::new()
    } else {
        models::ask_with(model, profile, id.to_owned())
    };
    // Otherwise the mock would go on to answer in its place.
    if model.mock_mode {
        mocking::toggle(model);
    }
    effects
}

fn top(model: &mut Model) -> Option<&mut Connect> {
    match model.overlays.last_mut() {
        Some(Overlay::Connect(connect)) => Some(connect),
        _ => None,
    }
}

fn open_ones(model: &mut Model) -> impl Iterator<Item = &mut Connect> {
    model.overlays.iter_mut().filter_map(|o| match o {
        Overlay::Connect(connect) => Some(connect),
        _ => None,
    })
}
