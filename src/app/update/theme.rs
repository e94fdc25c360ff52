//! Choosing other colours while the program runs; the screen shows the one that is selected in the list.
//!
//! What a theme holds is `config`'s; what a terminal can show is the view's.

use super::overlay;
use crate::{
    app::{Choice, Effect, Item, Model, Picker, PickerKind, Tone},
    config::{AUTO, Background, Key, KeyCode},
    text::SafeText,
};

/// Lists the themes, beginning at the present one.
pub(super) fn open_picker(model: &mut Model) -> Vec<Effect> {
    let look = &model.look;
    let names = look.themes.iter().map(|theme| theme.name.as_str());
    let items: Vec<Item> = std::iter::once(AUTO)
        .chain(names)
        .map(|name| Item {
            label: SafeText::line(name).into_string(),
            detail: about(name, look.fitting()),
            hint: String::new(),
            choice: Choice::Theme(name.to_owned()),
        })
        .collect();
    let present = Choice::Theme(look.chosen.clone());
    let at = items.iter().position(|item| item.choice == present);
    let mut picker = Picker::new(PickerKind::Themes, items);
    picker.selected = at.unwrap_or_default();
    overlay::push_picker(model, picker);
    Vec::new()
}

fn about(name: &str, fitting: &str) -> String {
    match name {
        AUTO => format!("by colours and background of the terminal: {fitting} here"),
        "terminal" => "the terminal's own sixteen colours".to_owned(),
        "wafer-dark" => "light on dark surfaces".to_owned(),
        "wafer-light" => "dark on light surfaces".to_owned(),
        "high-contrast" => "white on black, nothing dim".to_owned(),
        _ => "your own".to_owned(),
    }
}

/// The key that also writes the selected theme into the person's settings.
pub(super) fn keeps(key: Key) -> bool {
    key.ctrl() && key.code() == KeyCode::Char('s')
}

/// Draws with a theme for as long as the program runs.
pub(super) fn wear(model: &mut Model, name: String) -> Vec<Effect> {
    let notice = format!("theme {name}; Ctrl-S in the list of themes also keeps it");
    model.notify(Tone::Info, notice);
    choose(model, name)
}

/// Draws with a theme from now on, also when the program runs again.
pub(super) fn keep(model: &mut Model, name: String) -> Vec<Effect> {
    if model.settings.temporary {
        let notice = format!("theme {name} until you leave: nothing is written in this session");
        model.notify(Tone::Info, notice);
        return choose(model, name);
    }
    let mut effects = choose(model, name.clone());
    effects.push(Effect::KeepTheme(name));
    effects
}

fn choose(model: &mut Model, name: String) -> Vec<Effect> {
    model.look.chosen = name;
    ask(model)
}

/// Asks the terminal for its background, if that decides and it was not asked before.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    if model.look.asks() {
        vec![Effect::AskBackground]
    } else {
        Vec::new()
    }
}

/// Takes what the terminal said of its background; an open list names what that leads to.
pub(super) fn background(model: &mut Model, background: Background) -> Vec<Effect> {
    model.look.background = Some(background);
    let fitting = model.look.fitting();
    if let Some(picker) = overlay::top_picker(model)
        && picker.kind == PickerKind::Themes
    {
        for item in &mut picker.items {
            if item.choice == Choice::Theme(AUTO.to_owned()) {
                item.detail = about(AUTO, fitting);
            }
        }
    }
    Vec::new()
}
