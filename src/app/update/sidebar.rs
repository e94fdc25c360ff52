//! The sidebar: shown or not, one pane in depth or all of them, ranked by one figure.
//!
//! The figures are `metrics`', their drawing is the view's.

use crate::app::{Action, Effect, Model, NoSidebar, SidebarView, Tone};

/// Shows or hides the sidebar; where there is no room for one it says why.
pub(super) fn toggle(model: &mut Model) -> Vec<Effect> {
    if has_room(model) {
        model.settings.sidebar = !model.settings.sidebar;
    }
    Vec::new()
}

/// All panes, the focused one in depth, diagnostics, and so on.
pub(super) fn other_view(model: &mut Model) -> Vec<Effect> {
    if !has_room(model) {
        return Vec::new();
    }
    // A hidden sidebar comes back as it was: what it showed is not on screen to be changed.
    if std::mem::replace(&mut model.settings.sidebar, true) {
        model.sidebar_view = Some(model.sidebar_view().next());
    }
    Vec::new()
}

/// Ranks all panes by the next figure. Where they are not on screen, they come there ranked as before.
pub(super) fn other_rank(model: &mut Model) -> Vec<Effect> {
    if !has_room(model) {
        return Vec::new();
    }
    let was_open = std::mem::replace(&mut model.settings.sidebar, true);
    if was_open && model.sidebar_view() == SidebarView::All {
        model.sidebar_rank = model.sidebar_rank.next();
    }
    model.sidebar_view = Some(SidebarView::All);
    Vec::new()
}

/// Whether a sidebar could be shown; says why not.
fn has_room(model: &mut Model) -> bool {
    let Some(reason) = model.frame.no_sidebar else {
        return true;
    };
    let sentence = match reason {
        NoSidebar::Columns(least) => format!("the sidebar needs {least} columns"),
        NoSidebar::Rows(least) => format!("the sidebar needs {least} rows"),
        NoSidebar::Panes => format!(
            "the panes need all columns: {} lets one fill the screen and leaves room for the sidebar",
            model.key_name(Action::Zoom)
        ),
    };
    model.notify(Tone::Info, sentence);
    false
}
