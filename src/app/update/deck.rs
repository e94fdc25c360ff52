//! Decks: saving the arrangement under a name, and opening one that was saved.
//!
//! Reading and writing their files is `runtime`'s; putting one on screen is `arrange`'s.

use super::{overlay, session};
use crate::{
    app::{Action, Choice, Effect, Item, Line, Model, Overlay, Picker, PickerKind, Purpose, Tone},
    chat::Deck,
    config::{DECK_NAME, DeckFile, Saved, is_deck_name},
    text::SafeText,
};

/// Lists the decks.
pub(super) fn open_picker(model: &mut Model) -> Vec<Effect> {
    let mut picker = Picker::new(PickerKind::Decks, Vec::new());
    picker.loading = true;
    overlay::push_picker(model, picker);
    vec![Effect::ListDecks]
}

/// Takes the list of decks.
pub(super) fn list(model: &mut Model, decks: Vec<DeckFile>) -> Vec<Effect> {
    let items = decks.iter().map(item).collect();
    model.decks = decks;
    if let Some(picker) = overlay::top_picker(model).filter(|p| p.kind == PickerKind::Decks) {
        picker.set_items(items);
    }
    Vec::new()
}

/// Begins a new session with the deck of this name.
pub(super) fn open(model: &mut Model, name: &str) -> Vec<Effect> {
    let Some(file) = model.decks.iter().find(|d| d.name == name) else {
        return Vec::new();
    };
    match file.content.clone() {
        Ok((deck, warnings)) => {
            for warning in warnings {
                model.notify(Tone::Warning, warning);
            }
            session::begin_with(model, &deck)
        }
        Err(error) => {
            // The line in question and the mark below it need rows of their own.
            let sentence = error.lines().next().unwrap_or_default();
            model.notify(Tone::Error, SafeText::line(sentence).into_string());
            Vec::new()
        }
    }
}

/// Asks for a name to save the arrangement under.
pub(super) fn save(model: &mut Model) -> Vec<Effect> {
    ask_name(model, Purpose::SaveDeck, "")
}

/// Saves the arrangement under this name, unless there is a deck that has it.
pub(super) fn save_as(model: &mut Model, name: &str) -> Vec<Effect> {
    write(model, name, false)
}

/// The same once more: who leaves the name as it is means to replace the deck.
pub(super) fn save_again(model: &mut Model, before: &str, name: &str) -> Vec<Effect> {
    write(model, name, name.trim() == before)
}

/// Says what came of saving, or asks whether a deck is to be replaced.
pub(super) fn saved(model: &mut Model, name: &str, result: Result<Saved, String>) -> Vec<Effect> {
    match result {
        Ok(Saved::Written(path)) => {
            let path = SafeText::line(&path.to_string_lossy()).into_string();
            let key = model.key_name(Action::OpenDeck);
            model.notify(
                Tone::Info,
                format!("deck {name} is saved, {key} opens it ({path})"),
            );
            Vec::new()
        }
        Ok(Saved::Exists) => ask_name(model, Purpose::ReplaceDeck(name.to_owned()), name),
        Err(reason) => {
            model.notify(Tone::Error, format!("deck {name} is not saved: {reason}"));
            Vec::new()
        }
    }
}

fn write(model: &mut Model, name: &str, replace: bool) -> Vec<Effect> {
    let name = name.trim();
    if name.is_empty() {
        return Vec::new();
    }
    if !is_deck_name(name) {
        model.notify(Tone::Warning, DECK_NAME);
        return ask_name(model, Purpose::SaveDeck, name);
    }
    vec![Effect::SaveDeck {
        deck: Box::new(model.as_deck(name)),
        replace,
    }]
}

fn ask_name(model: &mut Model, purpose: Purpose, name: &str) -> Vec<Effect> {
    let line = Line::new(purpose, name);
    model.overlays.push(Overlay::Line(line));
    Vec::new()
}

fn item(file: &DeckFile) -> Item {
    let detail = match &file.content {
        Ok((deck, _)) => describe(deck),
        Err(error) => {
            let first = error.lines().next().unwrap_or_default();
            format!("cannot be used: {first}")
        }
    };
    Item {
        label: SafeText::line(&file.name).into_string(),
        detail: SafeText::line(&detail).into_string(),
        hint: if file.is_own { "yours" } else { "built in" }.to_owned(),
        choice: if file.content.is_ok() {
            Choice::Deck(file.name.clone())
        } else {
            Choice::BrokenDeck(file.name.clone())
        },
    }
}

/// The models of a deck, each once with how often, and what it is for.
fn describe(deck: &Deck) -> String {
    let mut models: Vec<(&str, usize)> = Vec::new();
    for pane in &deck.panes {
        match models.iter_mut().find(|(m, _)| *m == pane.variant.model) {
            Some((_, count)) => *count += 1,
            None => models.push((&pane.variant.model, 1)),
        }
    }
    let models = models.into_iter().map(|(model, count)| match count {
        1 => model.to_owned(),
        _ => format!("{count} × {model}"),
    });
    let models = models.collect::<Vec<_>>().join(", ");
    if deck.about.is_empty() {
        return models;
    }
    format!("{models} · {}", deck.about)
}
