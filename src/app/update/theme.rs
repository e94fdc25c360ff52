//! Choosing other colours while the program runs.
//!
//! What a theme holds is `config`'s; what a terminal can show is the view's.

use crate::app::{Effect, Model};

/// Lists the themes.
pub(super) fn open_picker(model: &mut Model) -> Vec<Effect> {
    let _ = model;
    Vec::new()
}
