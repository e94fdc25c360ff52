//! The sidebar: shown or not, one pane in depth or all of them, ranked by one figure; where there is no room beside the
//! panes, it lies over them. The figures are `metrics`', their drawing is the view's.

use super::overlay;
use crate::{
    app::{Action, Effect, Model, Overlay, SidebarView},
    config::{Context, Key, KeyCode, Match},
};

/// Which sections are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// Those above the ones that are shown.
    Before,
    /// Those below.
    After,
}

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

/// Shows the sections above or below. A hidden sidebar comes back first.
pub(super) fn turn_page(model: &mut Model, page: Page) -> Vec<Effect> {
    if is_shown(model) || is_over(model) {
        let pages = &model.frame.sidebar.pages;
        let top = top(model);
        set_top(
            model,
            match page {
                Page::Before => pages.before(top),
                Page::After => pages.after(top),
            },
        );
    } else {
        show(model);
    }
    Vec::new()
}

/// Begins by so many sections further down, or up.
pub(super) fn scroll(model: &mut Model, by: isize) {
    set_top(model, top(model).saturating_add_signed(by));
}

/// Takes a key while the sidebar lies over the panes.
pub(super) fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    match key.code() {
        KeyCode::Down | KeyCode::Char('j') => scroll(model, 1),
        KeyCode::Up | KeyCode::Char('k') => scroll(model, -1),
        KeyCode::PageDown => return turn_page(model, Page::After),
        KeyCode::PageUp => return turn_page(model, Page::Before),
        KeyCode::Home => set_top(model, 0),
        KeyCode::End => set_top(model, usize::MAX),
        KeyCode::Tab => next_view(model),
        KeyCode::Char('r') => {
            next_rank(model);
            model.sidebar_view = Some(SidebarView::All);
        }
        KeyCode::Char('?') => return overlay::open_definitions(model),
        KeyCode::Char('q') => {
            model.overlays.pop();
        }
        _ => return same_as_beside(model, key),
    }
    Vec::new()
}

/// The keys that scroll the sidebar beside the panes scroll it over them, too.
fn same_as_beside(model: &mut Model, key: Key) -> Vec<Effect> {
    let Match::Actions(names) = model.keys.resolve(&[Context::Global], &[key]) else {
        return Vec::new();
    };
    let page = names
        .into_iter()
        .find_map(|name| match Action::named(name)? {
            Action::SidebarUp => Some(Page::Before),
            Action::SidebarDown => Some(Page::After),
            _ => None,
        });
    page.map_or_else(Vec::new, |page| turn_page(model, page))
}

/// The section that the sidebar begins with.
fn top(model: &Model) -> usize {
    model.sidebar_top().min(model.frame.sidebar.pages.end())
}

fn set_top(model: &mut Model, top: usize) {
    let top = top.min(model.frame.sidebar.pages.end());
    model.sidebar_tops.insert(model.sidebar_view(), top);
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

/// Whether it lies over the panes.
fn is_over(model: &Model) -> bool {
    model.overlays.last() == Some(&Overlay::Figures)
}

fn has_room(model: &Model) -> bool {
    model.frame.no_sidebar.is_none()
}
