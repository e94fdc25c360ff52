//! Reading the settings again: asking for it, and taking over what has changed.
//!
//! Answers under way end with what they began with; what a person changed by key stays unless the file changed it, too.

use super::{mocking, theme};
use crate::{
    app::{Action, Alerts, Effect, Model, Preferences, Reloaded, Rereading, Settings, Tone},
    chat::Variant,
    text::SafeText,
};

/// Notices about what was passed over in the settings.
const ODD: &str = "settings";
/// Names that a notice lists; of more it says how many.
const LISTED: usize = 3;

/// Has the settings read again.
pub(super) fn ask(model: &mut Model) -> Vec<Effect> {
    match model.rereading {
        Rereading::No => {
            model.rereading = Rereading::Yes;
            vec![Effect::Reload]
        }
        // What is being read may be what stood there before the change.
        Rereading::Yes | Rereading::Again => {
            model.rereading = Rereading::Again;
            Vec::new()
        }
    }
}

/// Takes settings that were read, or why those from before hold.
pub(super) fn take(model: &mut Model, result: Result<Box<Reloaded>, String>) -> Vec<Effect> {
    let again = std::mem::take(&mut model.rereading) == Rereading::Again;
    let mut effects = match result {
        Ok(reloaded) => adopt(model, *reloaded),
        Err(reason) => {
            let key = model.key_name(Action::Reload);
            let reason = SafeText::line(&reason);
            let sentence =
                format!("{reason}; the settings from before hold, {key} reads them again");
            model.notify_about("reload", Tone::Error, sentence);
            Vec::new()
        }
    };
    if again {
        effects.extend(ask(model));
    }
    effects
}

/// Says what was passed over, until the settings are read again.
pub(super) fn tell_odd(model: &mut Model, sentence: String) {
    model.notify(Tone::Error, sentence);
    if let Some(notice) = model.notices.last_mut() {
        notice.topic = Some(ODD);
    }
}

fn adopt(model: &mut Model, new: Reloaded) -> Vec<Effect> {
    let sentence = summary(&new.changed, &new.later);
    let mut effects = vec![Effect::AdoptSettings];
    if new
        .changed
        .iter()
        .any(|name| name.starts_with("providers."))
    {
        let panes = model.panes.iter();
        let mut asked: Vec<_> = panes.map(|p| p.variant.profile.clone()).collect();
        asked.sort();
        asked.dedup();
        asked.retain(|name| new.profiles.iter().any(|p| p.name == *name));
        effects.push(Effect::Warm(asked));
    }
    let before: Vec<_> = model
        .panes
        .iter()
        .map(|p| model.is_set_up(&p.variant.profile))
        .collect();
    model.profiles = new.profiles;
    model.keyless = new.keyless;
    let known = model.profiles.iter().chain(&model.keyless);
    let names: Vec<_> = known.map(|p| p.name.clone()).collect();
    model.catalogues.retain(|name, _| names.contains(name));
    for (name, catalogue) in new.catalogues {
        model.quotas.forget(&name);
        model.catalogues.insert(name, catalogue);
    }
    let fallback = model.fallback.as_ref();
    if fallback.is_some_and(|variant| !model.is_set_up(&variant.profile))
        && let Some(info) = model.profile(&new.profile)
    {
        model.fallback = Some(Variant::new(info.name.clone(), info.model.clone()));
    }
    model.keys = new.keys;
    model.pending.clear();
    model.prompts = new.prompts;
    model.paste_bytes = new.paste_bytes;
    // A theme that cannot be read any more is still the one on screen.
    let worn = model.look.theme(&model.look.chosen).cloned();
    model.look.themes = new.themes;
    if let Some(worn) = worn.filter(|w| model.look.theme(&w.name).is_none()) {
        model.look.themes.push(worn);
    }
    effects.extend(prefer(model, &new.before, new.now));
    model.notices.retain(|n| n.topic != Some(ODD));
    for warning in new.warnings {
        tell_odd(model, warning);
    }
    model.notify_about("reload", Tone::Info, sentence);
    tell_of_panes(model, &before);
    effects
}

/// Changes what the file has changed, and nothing else.
fn prefer(model: &mut Model, before: &Preferences, now: Preferences) -> Vec<Effect> {
    let mut effects = Vec::new();
    if before.settings.mouse != now.settings.mouse && model.settings.mouse != now.settings.mouse {
        effects.push(Effect::Mouse(now.settings.mouse));
    }
    switch(&mut model.settings, before.settings, now.settings);
    model.look.ascii = now.ascii;
    if before.theme != now.theme {
        model.look.chosen = now.theme;
        effects.extend(theme::ask(model));
    }
    if before.alerts != now.alerts {
        model.alerts = Alerts::new(&now.alerts);
    }
    if before.mock_mode != now.mock_mode && model.mock_mode != now.mock_mode {
        effects.extend(mocking::toggle(model));
    }
    effects
}

fn switch(settings: &mut Settings, before: Settings, now: Settings) {
    let Settings {
        sidebar,
        // No setting of the file.
        enter_is_newline: _,
        reduced_motion,
        // The next start takes it up.
        temporary: _,
        requires_store: _,
        sidebar_width,
        mouse,
        reading_speed,
        scroll_lines,
        line_numbers,
        osc8,
        scroll_bar,
        stall,
    } = settings;
    follow(sidebar, before.sidebar, now.sidebar);
    follow(reduced_motion, before.reduced_motion, now.reduced_motion);
    follow(sidebar_width, before.sidebar_width, now.sidebar_width);
    follow(mouse, before.mouse, now.mouse);
    follow(reading_speed, before.reading_speed, now.reading_speed);
    follow(scroll_lines, before.scroll_lines, now.scroll_lines);
    follow(line_numbers, before.line_numbers, now.line_numbers);
    follow(osc8, before.osc8, now.osc8);
    follow(scroll_bar, before.scroll_bar, now.scroll_bar);
    follow(stall, before.stall, now.stall);
}

fn follow<T: Copy + PartialEq>(setting: &mut T, before: T, now: T) {
    if before != now {
        *setting = now;
    }
}

/// Says which panes ask a profile that is gone, of those that had one before.
fn tell_of_panes(model: &mut Model, had: &[bool]) {
    let panes = model.panes.iter().zip(had);
    let gone = panes.filter(|(pane, had)| **had && !model.is_set_up(&pane.variant.profile));
    let key = model.key_name(Action::Model);
    let sentence = |profile: &str| {
        let profile = SafeText::line(profile);
        format!(
            "its profile {profile} is in the settings no more, its text stays; {key} chooses another model"
        )
    };
    let said = gone.map(|(pane, _)| (pane.letter, sentence(&pane.variant.profile)));
    let said = said.collect();
    model.say_of_panes(said);
}

fn summary(changed: &[String], later: &[String]) -> String {
    let mut parts = Vec::new();
    if !changed.is_empty() {
        parts.push(format!("{} changed", listed(changed)));
    }
    if !later.is_empty() {
        let count = if later.len() == 1 { "counts" } else { "count" };
        parts.push(format!("{} {count} from the next start", listed(later)));
    }
    if parts.is_empty() {
        parts.push("nothing has changed".to_owned());
    }
    format!("settings read again: {}", parts.join("; "))
}

/// Names as a person lists them.
fn listed(names: &[String]) -> String {
    let clean = |name: &String| SafeText::line(name).into_string();
    let shown: Vec<_> = names.iter().take(LISTED).map(clean).collect();
    match (shown.as_slice(), names.len().saturating_sub(LISTED)) {
        ([one], _) => one.clone(),
        ([front @ .., last], 0) => format!("{} and {last}", front.join(", ")),
        (shown, more) => format!("{} and {more} more", shown.join(", ")),
    }
}
