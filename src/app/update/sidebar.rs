//! The sidebar: shown or not, one pane in depth or all of them, ranked by one figure.
//!
//! The figures are `metrics`', their drawing is the view's.

use crate::app::{Effect, Model};

/// Shows or hides the sidebar.
pub(super) fn toggle(model: &mut Model) -> Vec<Effect> {
    model.settings.sidebar = !model.settings.sidebar;
    Vec::new()
}

/// The focused pane in depth, or all panes.
pub(super) fn other_view(model: &mut Model) -> Vec<Effect> {
    let _ = model;
    Vec::new()
}

/// Ranks all panes by the next figure.
pub(super) fn other_rank(model: &mut Model) -> Vec<Effect> {
    let _ = model;
    Vec::new()
}
