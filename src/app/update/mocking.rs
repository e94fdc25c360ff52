//! Mock mode switched while the program runs. What is on its way already stays with whom it was sent to.

use crate::app::{Action, Effect, Model, Tone};

/// Sends everything to the mock from now on, or to the profiles of the panes again.
pub(super) fn toggle(model: &mut Model) -> Vec<Effect> {
    if !model.profiles.iter().any(|p| p.is_mock) {
        model.notify(Tone::Warning, "there is no mock to ask");
        return Vec::new();
    }
    model.mock_mode = !model.mock_mode;
    let key = model.key_name(Action::MockMode);
    let sentence = if model.mock_mode {
        format!("mock mode: every pane asks the embedded mock from now on; {key} ends it")
    } else if model.panes.iter().all(|p| model.is_mock(&p.variant)) {
        "mock mode is over; the mock is what these panes ask in any case".to_owned()
    } else {
        "mock mode is over: every pane asks its own provider again".to_owned()
    };
    model.notify_of("mock-mode", sentence);
    Vec::new()
}
