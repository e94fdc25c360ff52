//! Draws the model and changes nothing in it. What was drawn where goes back as a [`FrameMap`].
//!
//! Laid-out text lives in the [`Cache`], so that a frame costs what is visible.

pub(crate) mod ascii;
mod composer;
mod connect;
mod definitions;
mod draw;
mod find;
mod form;
pub(crate) mod format;
mod held;
mod help;
mod inspect;
mod layout;
mod links;
mod models;
mod next_key;
mod notices;
mod overlay;
mod pane;
mod picker;
mod preview;
mod sidebar;
mod status;
mod tabs;
mod theme;
mod tiling;
mod transcript;
mod workshop;

use std::rc::Rc;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
    text::Line,
    widgets::{Clear, Widget},
};

pub use links::LinkSpan;
pub(crate) use theme::role_style;
pub use theme::{ColorDepth, Palette};
pub use transcript::Cache;
#[cfg(test)]
pub(crate) use workshop::samples;
pub use workshop::{
    Coloured, Colouring, Done, Growing, Grown, Hands, Job, Rank, Work, Worker, Workshop,
};

use layout::Areas;

use crate::{
    app::{FrameMap, Model, PaneFrame, SidebarFrame, TabFrame},
    text,
};

/// What a frame is besides its cells.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// Where the cursor is seen.
    pub cursor: Option<Position>,
    /// What leads somewhere.
    pub links: Vec<LinkSpan>,
}

/// Draws one frame into an empty buffer.
pub fn view(model: &Model, cache: &mut Cache, buffer: &mut Buffer) -> (FrameMap, Marks) {
    let screen = buffer.area;
    cache.follow(model.session);
    cache.read(model.reading);
    cache.begin_frame();
    if let Some(theme) = model.theme() {
        cache.wear(theme);
    }
    let palette = Rc::clone(&cache.palette);
    cache.held.begin(model.now.mono, screen);
    surface(screen, palette.base, buffer);
    let Some(areas) = layout::areas(screen, model) else {
        too_small(screen, buffer);
        let map = FrameMap {
            too_small: true,
            ..FrameMap::default()
        };
        return (map, Marks::default());
    };
    status::StatusLine {
        model,
        palette: &palette,
    }
    .draw(areas.status, &mut cache.held, buffer);
    let (panes, tabs) = draw_main(model, cache, &areas, buffer);
    let cursor = draw_foot(model, cache, &areas, buffer);
    let is_key_awaited = next_key::draw(model, &palette, areas.hints, buffer);
    let mut cursor = cursor.filter(|_| !is_key_awaited);
    let mut picker = None;
    for overlay in &model.overlays {
        let drawn = overlay::draw(model, &palette, overlay, &mut cache.held, screen, buffer);
        (cursor, picker) = (drawn.cursor, drawn.list);
    }
    if model.look.ascii {
        ascii::replace(buffer);
    }
    cache.end_frame();
    let map = FrameMap {
        panes,
        tabs,
        composer: areas.meta.union(areas.attached).union(areas.composer),
        picker,
        too_small: false,
        no_sidebar: areas.no_sidebar,
        help_end: help::end(model, screen).max(definitions::end(model, &palette, screen)),
        help_page: help::page(screen),
        ranked: cache.held.ranked().unwrap_or_default(),
        sidebar: SidebarFrame {
            area: areas.sidebar,
            pages: cache.held.pages(),
        },
        inspector: inspect::room(screen),
    };
    let mut links = cache.take_links();
    if is_key_awaited || !model.overlays.is_empty() {
        // What lies over a link leads nowhere.
        links.clear();
    }
    (map, Marks { cursor, links })
}

/// Draws the panes and what stands between and beside them.
fn draw_main(
    model: &Model,
    cache: &mut Cache,
    areas: &Areas,
    buffer: &mut Buffer,
) -> (Vec<PaneFrame>, Vec<TabFrame>) {
    let palette = &*Rc::clone(&cache.palette);
    let top = areas.main.y;
    let panes = model
        .panes
        .iter()
        .zip(&areas.tiles.panes)
        .enumerate()
        .map(|(index, (pane, &area))| pane::draw(model, cache, index, pane, top, area, buffer))
        .collect();
    for rule in &areas.tiles.rules {
        draw::column(*rule, '│', palette.rule, buffer);
    }
    let tabs = tabs::Tabs { model, palette };
    let tabs = areas.tiles.tabs.map(|area| tabs.draw(area, buffer));
    if let Some(area) = areas.sidebar {
        let sidebar = sidebar::Sidebar { model, palette };
        sidebar.draw(area, &mut cache.held, buffer);
    }
    (panes, tabs.unwrap_or_default())
}

/// Draws the composer and the rows around it; where text is typed there, the cursor is.
fn draw_foot(
    model: &Model,
    cache: &mut Cache,
    areas: &Areas,
    buffer: &mut Buffer,
) -> Option<Position> {
    let palette = &*Rc::clone(&cache.palette);
    let cursor = composer::draw(model, palette, areas, &mut cache.held, buffer);
    let line = find::draw(model, palette, areas, buffer);
    if line.is_none() {
        let hints = status::Hints { model, palette };
        hints.draw(areas.hints, &mut cache.held, buffer);
    }
    if model.overlays.is_empty() {
        notices::draw(model, palette, areas.notices, buffer);
    } else {
        notices::draw_last(model, palette, areas.hints, buffer);
    }
    line.and_then(|line| line.cursor).or(cursor)
}

/// Paints a surface. Themes without colours behind text have nothing to paint, and every frame would pay for it.
fn surface(area: Rect, style: Style, buffer: &mut Buffer) {
    if style != Style::default() {
        draw::fill(area, style, buffer);
    }
}

/// Makes room for something on top. A wide character that reaches into it from the left goes, too: with half of it
/// covered, the cell after it would never be written.
fn clear(area: Rect, buffer: &mut Buffer) {
    Clear.render(area, buffer);
    let Some(left) = area.x.checked_sub(1) else {
        return;
    };
    for y in area.y..area.bottom() {
        if let Some(cell) = buffer.cell_mut((left, y))
            && text::width(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
    }
}

fn too_small(screen: Rect, buffer: &mut Buffer) {
    for (line, y) in ["too small", "need 20x5"]
        .into_iter()
        .zip(screen.y..screen.bottom())
    {
        Line::from(line).render(Rect::new(screen.x, y, screen.width, 1), buffer);
    }
}
