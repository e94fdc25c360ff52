//! The sidebar: shown or not, one pane in depth or all of them, ranked by one figure; where there is no room beside the
//! panes, it lies over them. The figures are `metrics`', their drawing is the view's.

use super::overlay;
use crate::{
    app::{Effect, Model, Overlay, SidebarView},
    config::{Key, KeyCode},
};

/// Shows or hides the sidebar; where there is no room for one it comes over the panes.
pub(super) fn toggle(model: &mut Model) -> Vec<Effect> {
    if has_room(model) {
        model.settings.sidebar = !model.settings.sidebar;
    } else {
        model.overlays.push(Overlay::Figures);
    }
    Vec::new()
}

/// All panes, the focused one in depth, diagnostics, and so on.
pub(super) fn other_view(model: &mut Model) -> Vec<Effect> {
    // A hidden sidebar comes back as it was: what it showed is not on screen to be changed.
    if is_shown(model) {
        next_view(model);
    }
    show(model);
    Vec::new()
}

/// Ranks all panes by the next figure. Where they are not on screen, they come there ranked as before.
pub(super) fn other_rank(model: &mut Model) -> Vec<Effect> {
    if is_shown(model) {
        next_rank(model);
    }
    model.sidebar_view = Some(SidebarView::All);
    show(model);
    Vec::new()
}

/// Takes a key while the sidebar lies over the panes.
pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    match key.code() {
        KeyCode::Tab => next_view(model),
        KeyCode::Char('r') => {
            next_rank(model);
            model.sidebar_view = Some(SidebarView::All);
        }
        KeyCode::Char('?') => return overlay::open_definitions(model),
        KeyCode::Char('q') => {
            model.overlays.pop();
        }
        _ => {}
    }
    Vec::new()
}

fn next_view(model: &mut Model) {
    model.sidebar_view = Some(model.sidebar_view().next());
}

/// Ranks by the next figure if the ranking is what is shown.
fn next_rank(model: &mut Model) {
    if model.sidebar_view() == SidebarView::All {
        model.sidebar_rank = model.sidebar_rank.next();
    }
}

/// Shows the sidebar, beside the panes or over them.
fn show(model: &mut Model) {
    if has_room(model) {
        model.settings.sidebar = true;
    } else {
        model.overlays.push(Overlay::Figures);
    }
}

/// Whether it stands beside the panes.
fn is_shown(model: &Model) -> bool {
    has_room(model) && model.settings.sidebar
}

fn has_room(model: &Model) -> bool {
    model.frame.no_sidebar.is_none()
}
