//! Focus, panes and the sidebar.
//!
//! What a pane shows is the conversation's business; how it is drawn the view's.

use crate::app::{Effect, Focus, Model};

/// Gives the keys to an area.
pub(super) fn focus(model: &mut Model, focus: Focus) -> Vec<Effect> {
    model.focus = focus;
    Vec::new()
}

/// Shows or hides the sidebar.
pub(super) fn sidebar(model: &mut Model) -> Vec<Effect> {
    model.settings.sidebar = !model.settings.sidebar;
    Vec::new()
}
