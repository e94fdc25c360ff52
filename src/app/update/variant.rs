//! What a pane asks with: its model, its parameters, its system prompt.
//!
//! A change holds from the next prompt on; answers keep the variant they were asked with.

use crate::app::{Effect, Model};

/// Opens the form with the parameters of the focused pane.
pub(super) fn open_parameters(model: &mut Model) -> Vec<Effect> {
    let _ = model;
    Vec::new()
}

/// Opens the system prompt of the focused pane.
pub(super) fn open_system_prompt(model: &mut Model) -> Vec<Effect> {
    let _ = model;
    Vec::new()
}
