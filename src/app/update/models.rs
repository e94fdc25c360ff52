//! The list of models: what it offers, how it becomes fresh, and what choosing one changes.
//!
//! Moving in it and filtering are the same in every list and stand in `overlay`.

use super::{overlay, pane, variant};
use crate::{
    app::{Choice, Effect, Fetching, Item, Model, Picker, PickerKind, Tone, form::refused},
    chat::{Catalogue, Failure, ModelInfo, ModelStatus, Param, Tiling},
    text::SafeText,
};

/// Lists the models of every profile and asks for fresh lists.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let mut picker = Picker::new(PickerKind::Models, items(model));
    let current = &model.pane().variant;
    let current = Choice::Model {
        profile: current.profile.clone(),
        model: current.model.clone(),
    };
    picker.selected = picker
        .items
        .iter()
        .position(|i| i.choice == current)
        .unwrap_or_default();
    let names = || model.profiles.iter().map(|p| p.name.clone());
    picker.fetching = names().map(|name| (name, Fetching::Underway)).collect();
    // The mock answers for the models that it has, and for no other.
    let asked = model.profiles.iter().filter(|p| !p.is_mock);
    picker.unlisted = asked.map(|p| p.name.clone()).collect();
    picker.profiles = names().collect();
    let fetches = names().map(|profile| Effect::FetchModels { profile });
    let effects = fetches.collect();
    overlay::push_picker(model, picker);
    effects
}

/// Takes a profile's models; an open list shows them at once, or says why there are none.
pub(super) fn catalogue(
    model: &mut Model,
    profile: String,
    result: Result<Catalogue, Failure>,
) -> Vec<Effect> {
    let failed = match result {
        Ok(catalogue) => {
            model.take_catalogue(&profile, catalogue);
            None
        }
        Err(failure) => Some(SafeText::line(&failure.message).into_string()),
    };
    let items = items(model);
    if let Some(picker) = overlay::top_picker(model).filter(|p| p.kind == PickerKind::Models) {
        picker.fetching.retain(|(name, _)| *name != profile);
        let failed = failed.map(|reason| (profile, Fetching::Failed(reason)));
        picker.fetching.extend(failed);
        picker.set_items(items);
    }
    variant::refresh_form(model);
    Vec::new()
}

/// Lets the focused pane ask with another model, with the parameters that this one takes.
pub(super) fn ask_with(model: &mut Model, profile: String, id: String) -> Vec<Effect> {
    let dropped = set(model, model.focused, profile, id);
    let pane = model.pane();
    let id = SafeText::line(&pane.variant.model);
    let mut sentence = format!("{} asks {id} from now on", pane.letter);
    if !dropped.is_empty() {
        sentence.push_str(&format!(", without {}", refused(&dropped)));
    }
    model.notify(Tone::Info, sentence);
    model.layout_changed();
    Vec::new()
}

/// Lets every pane ask with another model.
pub(super) fn ask_everywhere(model: &mut Model, profile: &str, id: &str) {
    for index in 0..model.panes.len() {
        set(model, index, profile.to_owned(), id.to_owned());
    }
    let id = SafeText::line(id);
    model.notify(Tone::Info, format!("every pane asks {id} from now on"));
    model.layout_changed();
}

/// Gives the pane at `index` another model and tells which parameters that one does not take.
fn set(model: &mut Model, index: usize, profile: String, id: String) -> Vec<Param> {
    if let Some(pane) = model.panes.get_mut(index) {
        (pane.variant.profile, pane.variant.model) = (profile, id);
    }
    let info = info(model, index);
    let pane = model.panes.get_mut(index);
    pane.map_or_else(Vec::new, |pane| info.fit(&mut pane.variant.params))
}

/// Opens a pane at the right of the focused one that asks with this model.
pub(super) fn ask_beside(model: &mut Model, profile: String, id: String) -> Vec<Effect> {
    let before = model.panes.len();
    let effects = pane::split(model, Tiling::Columns);
    if model.panes.len() > before {
        ask_with(model, profile, id);
    }
    effects
}

/// What is known of the model that the pane at `index` asks; of one that no list names, its id.
pub(super) fn info(model: &Model, index: usize) -> ModelInfo {
    let variant = model.panes.get(index).map(|p| &p.variant);
    let known = variant.and_then(|v| model.model_info(v).cloned());
    known.unwrap_or_else(|| ModelInfo::unknown(variant.map_or("", |v| v.model.as_str())))
}

fn items(model: &Model) -> Vec<Item> {
    let of_profile = |profile: &str| {
        let catalogue = model.catalogues.get(profile);
        let offered = catalogue.into_iter().flat_map(Catalogue::offered);
        let items: Vec<_> = offered.map(|info| item(profile, info)).collect();
        items
    };
    let profiles = model.profiles.iter();
    profiles.flat_map(|p| of_profile(&p.name)).collect()
}

/// The view draws a model's figures in columns; here stands what the filter looks at.
fn item(profile: &str, info: &ModelInfo) -> Item {
    let state = match info.status {
        ModelStatus::Preview => " preview",
        ModelStatus::Deprecated => " going away",
        _ => "",
    };
    Item {
        label: SafeText::line(&info.id).into_string(),
        detail: format!("{profile}{state}"),
        hint: String::new(),
        choice: Choice::Model {
            profile: profile.to_owned(),
            model: info.id.clone(),
        },
    }
}
