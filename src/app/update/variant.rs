//! What a pane asks with: its parameters and its system prompt. Its model is chosen in `models`.
//!
//! A change holds from the next prompt on; answers keep the variant they were asked with.

use super::{
    composer::{edit_of, has_room},
    models, overlay,
};
use crate::{
    app::{
        Action, Choice, Edit, Effect, Field, Form, Item, Model, Overlay, Picker, PickerKind,
        SystemPrompt, Tone, form::refused,
    },
    chat::{CatalogueSource, Param, Params},
    config::{Context, Key, KeyCode, Match},
    text::{SafeText, bytes},
};

/// Opens the form with the parameters of the focused pane, and asks what its model takes if no list has said so.
pub(super) fn open_parameters(model: &mut Model) -> Vec<Effect> {
    let form = form(model);
    model.overlays.push(Overlay::Form(form));
    let profile = model.pane().variant.profile.clone();
    let source = model.catalogues.get(&profile).map(|c| c.source);
    if source == Some(CatalogueSource::Live) {
        return Vec::new();
    }
    vec![Effect::FetchModels { profile }]
}

/// Shows in an open form what a fresh list says, unless somebody has begun to fill it in.
pub(super) fn refresh_form(model: &mut Model) {
    let mut fresh = form(model);
    let Some(Overlay::Form(form)) = model.overlays.last_mut() else {
        return;
    };
    if form.touched {
        return;
    }
    let at = form.row().map(|r| r.param);
    let place = fresh.rows.iter().position(|r| Some(r.param) == at);
    fresh.selected = place.unwrap_or_default();
    *form = fresh;
}

fn form(model: &Model) -> Form {
    let variant = &model.pane().variant;
    let profile = model.profile(&variant.profile);
    let max_tokens = profile.map_or(8_192, |p| p.max_completion_tokens);
    let info = models::info(model, model.focused);
    let budget = profile.map(|p| p.budget).unwrap_or_default();
    Form::new(&info, &variant.params, max_tokens, budget)
}

/// Opens the system prompt of the focused pane.
pub(super) fn open_system_prompt(model: &mut Model) -> Vec<Effect> {
    let mut prompt = SystemPrompt::default();
    prompt
        .text
        .set_text(model.pane().variant.system.as_deref().unwrap_or_default());
    model.overlays.push(Overlay::SystemPrompt(prompt));
    Vec::new()
}

/// Takes a key while the form is open.
pub(super) fn form_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    let is_choice = form
        .row()
        .is_some_and(|r| matches!(r.field, Field::Choice { .. }));
    match (key.code(), key.ctrl()) {
        (KeyCode::Enter, _) => return keep_parameters(model, false),
        (KeyCode::Char('a'), true) => return keep_parameters(model, true),
        (KeyCode::Up, _) | (KeyCode::Char('p'), true) => form.step(-1),
        (KeyCode::Down | KeyCode::Tab, _) | (KeyCode::Char('n'), true) => form.step(1),
        (KeyCode::Delete, false) => form.reset(),
        (KeyCode::Backspace, _) if is_choice => form.reset(),
        (KeyCode::Left, _) if is_choice => form.turn(-1),
        (KeyCode::Right | KeyCode::Char(' '), _) if is_choice => form.turn(1),
        _ => {
            if let Some(edit) = edit_of(key) {
                form.edit(edit);
            }
        }
    }
    Vec::new()
}

/// Takes a key while the system prompt is open.
pub(super) fn prompt_key(model: &mut Model, key: Key) -> Vec<Effect> {
    if key == Key::new(KeyCode::Char('p'), true, false, false) {
        return open_library(model);
    }
    let action = writing_action(model, key);
    let Some(Overlay::SystemPrompt(prompt)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    match (action, edit_of(key)) {
        (Some(Action::Newline), _) => {
            prompt.text.edit(Edit::Newline);
        }
        (Some(Action::Send), _) => return keep_prompt(model),
        (_, Some(edit)) => {
            prompt.text.edit(edit);
        }
        (_, None) => {}
    }
    Vec::new()
}

/// Takes a paste if the form or the system prompt is open.
pub(super) fn paste(model: &mut Model, text: &str) -> bool {
    let most = model.paste_bytes;
    match model.overlays.last_mut() {
        Some(Overlay::Form(form)) => form.paste(text),
        Some(Overlay::SystemPrompt(prompt)) if has_room(most, &prompt.text, text) => {
            let text = text.replace("\r\n", "\n").replace('\r', "\n");
            prompt.text.edit(Edit::Insert(text));
        }
        Some(Overlay::SystemPrompt(_)) => {
            let most = bytes(most);
            let sentence = format!(
                "that paste is over {most} and was not taken: a system prompt goes along with every request"
            );
            model.notify(Tone::Warning, sentence);
        }
        _ => return false,
    }
    true
}

/// Takes a prompt of the library as the system prompt that is being written.
pub(super) fn take_prompt(model: &mut Model, name: &str) -> Vec<Effect> {
    let found = model.prompts.iter().find(|p| p.name == name);
    if let (Some(prompt), Some(Overlay::SystemPrompt(open))) = (found, model.overlays.last_mut()) {
        open.text.set_text(&prompt.text);
        open.from = Some(prompt.name.clone());
        open.params = prompt.params.clone();
    }
    Vec::new()
}

/// Keeps what the form says, for the focused pane or for all.
fn keep_parameters(model: &mut Model, everywhere: bool) -> Vec<Effect> {
    let mut params = model.pane().variant.params.clone();
    let Some(Overlay::Form(form)) = model.overlays.last_mut() else {
        return Vec::new();
    };
    if !form.write(&mut params) {
        return Vec::new();
    }
    let shown: Vec<Param> = form.rows.iter().map(|r| r.param).collect();
    model.overlays.pop();
    let everywhere = everywhere && model.panes.len() > 1;
    let panes = if everywhere {
        0..model.panes.len()
    } else {
        model.focused..model.focused + 1
    };
    let mut changed = false;
    let mut without = String::new();
    for index in panes {
        let (dropped, differs) = set(model, index, &shown, &params);
        changed |= differs;
        if !dropped.is_empty() {
            let letter = model.panes.get(index).map_or('?', |p| p.letter);
            without.push_str(&format!("; {letter} without {}", refused(&dropped)));
        }
    }
    if changed || !without.is_empty() {
        let who = if everywhere {
            "every pane".to_owned()
        } else {
            model.pane().letter.to_string()
        };
        let with = words(&model.pane().variant.params);
        let sentence = format!("{who} asks with {with} from the next prompt on{without}");
        model.notify(Tone::Info, sentence);
    }
    model.layout_changed();
    Vec::new()
}

/// Gives a pane these parameters as far as its model takes them: what was dropped, and whether anything changed.
fn set(model: &mut Model, index: usize, which: &[Param], params: &Params) -> (Vec<Param>, bool) {
    let info = models::info(model, index);
    let Some(pane) = model.panes.get_mut(index) else {
        return (Vec::new(), false);
    };
    let before = pane.variant.params.clone();
    for &param in which {
        pane.variant.params.take_over(param, params);
    }
    let dropped = info.fit(&mut pane.variant.params);
    (dropped, pane.variant.params != before)
}

/// Parameters as a sentence names them.
fn words(params: &Params) -> String {
    let words: Vec<_> = params
        .set()
        .filter_map(|p| Some(format!("{} {}", p.as_str(), params.value(p)?)))
        .collect();
    match words.as_slice() {
        [] => "the defaults of its model".to_owned(),
        words => words.join(", "),
    }
}

/// Keeps the system prompt and what goes with it.
fn keep_prompt(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::SystemPrompt(prompt)) = model.overlays.pop() else {
        return Vec::new();
    };
    let text = prompt.text.text();
    let library = model.prompts.iter().map(|p| &p.text);
    // The editor shows what cannot be drawn in another way; what nobody changed stays as it was.
    let original = library
        .chain(&model.pane().variant.system)
        .find(|o| SafeText::new(o).as_str() == text)
        .cloned();
    let text = original.unwrap_or_else(|| text.trim().to_owned());
    let system = Some(text).filter(|t| !t.trim().is_empty());
    let which: Vec<Param> = prompt.params.set().collect();
    let (dropped, differs) = set(model, model.focused, &which, &prompt.params);
    let pane = model.pane_mut();
    let letter = pane.letter;
    if pane.variant.system == system && !differs {
        return Vec::new();
    }
    pane.variant.system = system;
    let mut sentence = match &pane.variant.system {
        Some(_) => format!("{letter} has this system prompt from the next prompt on"),
        None => format!("{letter} asks without a system prompt from now on"),
    };
    if differs {
        sentence.push_str(&format!(", and with {}", words(&pane.variant.params)));
    }
    if !dropped.is_empty() {
        sentence.push_str(&format!("; without {}", refused(&dropped)));
    }
    model.notify(Tone::Info, sentence);
    model.layout_changed();
    Vec::new()
}

/// Lists the prompt library.
fn open_library(model: &mut Model) -> Vec<Effect> {
    let items = model.prompts.iter().map(|prompt| Item {
        label: SafeText::line(&prompt.name).into_string(),
        detail: SafeText::line(&prompt.text).into_string(),
        hint: match prompt.params.set().next() {
            Some(_) => words(&prompt.params),
            None => String::new(),
        },
        choice: Choice::SystemPrompt(prompt.name.clone()),
    });
    let picker = Picker::new(PickerKind::Prompts, items.collect());
    overlay::push_picker(model, picker);
    Vec::new()
}

/// Whether a key sends or starts a new line where a prompt is written.
fn writing_action(model: &Model, key: Key) -> Option<Action> {
    let contexts = [Context::Composer, Context::Global];
    let Match::Actions(names) = model.keys.resolve(&contexts, &[key]) else {
        return None;
    };
    let actions = names.into_iter().filter_map(Action::named);
    let mut found = actions.filter(|a| matches!(a, Action::Send | Action::Newline));
    match (found.next()?, model.settings.enter_is_newline) {
        (Action::Send, true) => Some(Action::Newline),
        (Action::Newline, true) => Some(Action::Send),
        (action, _) => Some(action),
    }
}
