//! Decks: saving the arrangement under a name, and opening one that was saved.
//!
//! Reading and writing their files is `runtime`'s.

use crate::app::{Effect, Model};

/// Lists the decks.
pub(super) fn open_picker(model: &mut Model) -> Vec<Effect> {
    let _ = model;
    Vec::new()
}

/// Asks for a name to save the arrangement under.
pub(super) fn save(model: &mut Model) -> Vec<Effect> {
    let _ = model;
    Vec::new()
}

/// Saves the arrangement under this name.
pub(super) fn save_as(model: &mut Model, name: &str) -> Vec<Effect> {
    let _ = (model, name);
    Vec::new()
}
