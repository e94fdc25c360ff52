//! Draws the model and changes nothing in it. What was drawn where goes back as a [`FrameMap`].
//!
//! Laid-out text lives in the [`Cache`], so that a frame costs what is visible.

mod ascii;
mod composer;
mod form;
mod format;
mod help;
mod layout;
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

use ratatui::{
    Frame,
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::Line,
    widgets::{Clear, Widget},
};

pub use theme::{ColorDepth, Palette};
pub use transcript::Cache;

use crate::{
    app::{FrameMap, Model},
    text,
};

/// Draws one frame.
pub fn view(model: &Model, cache: &mut Cache, frame: &mut Frame) -> FrameMap {
    let screen = frame.area();
    cache.follow(model.session);
    if let Some(theme) = model.theme() {
        cache.wear(theme);
    }
    let palette = cache.palette.clone();
    let buffer = frame.buffer_mut();
    surface(screen, palette.base, buffer);
    let Some(areas) = layout::areas(screen, model) else {
        too_small(screen, frame);
        return FrameMap {
            too_small: true,
            ..FrameMap::default()
        };
    };
    status::StatusLine {
        model,
        palette: &palette,
    }
    .render(areas.status, buffer);
    let top = areas.main.y;
    let panes = model
        .panes
        .iter()
        .zip(&areas.tiles.panes)
        .enumerate()
        .map(|(index, (pane, &area))| pane::draw(model, cache, index, pane, top, area, buffer))
        .collect();
    for rule in &areas.tiles.rules {
        for y in rule.y..rule.bottom() {
            buffer.set_string(rule.x, y, "│", palette.rule);
        }
    }
    let row_of_tabs = tabs::Tabs {
        model,
        palette: &palette,
    };
    let tabs = areas.tiles.tabs.map(|area| row_of_tabs.draw(area, buffer));
    if let Some(area) = areas.sidebar {
        sidebar::Sidebar {
            model,
            palette: &palette,
        }
        .render(area, buffer);
    }
    let cursor = composer::draw(model, &palette, &areas, buffer);
    status::Hints {
        model,
        palette: &palette,
    }
    .render(areas.hints, buffer);
    if model.overlays.is_empty() {
        notices::draw(model, &palette, areas.notices, buffer);
    } else {
        notices::draw_last(model, &palette, areas.hints, buffer);
    }
    let mut cursor = cursor.filter(|_| !next_key::draw(model, &palette, areas.hints, buffer));
    let mut picker = None;
    for overlay in &model.overlays {
        let drawn = overlay::draw(model, &palette, overlay, screen, buffer);
        (cursor, picker) = (drawn.cursor, drawn.list);
    }
    if model.look.ascii {
        ascii::replace(frame.buffer_mut());
    }
    cache.refresh_odd_rows(frame.buffer_mut());
    if let Some(position) = cursor {
        frame.set_cursor_position(position);
    }
    FrameMap {
        panes,
        tabs: tabs.unwrap_or_default(),
        composer: areas.meta.union(areas.composer),
        picker,
        too_small: false,
        no_sidebar: areas.no_sidebar,
        help_end: help::end(model, screen),
    }
}

/// Paints a surface. Themes without colours behind text have nothing to paint, and every frame would pay for it.
fn surface(area: Rect, style: Style, buffer: &mut Buffer) {
    if style != Style::default() {
        buffer.set_style(area, style);
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

fn too_small(screen: Rect, frame: &mut Frame) {
    let buffer = frame.buffer_mut();
    for (line, y) in ["too small", "need 20x5"]
        .into_iter()
        .zip(screen.y..screen.bottom())
    {
        Line::from(line).render(Rect::new(screen.x, y, screen.width, 1), buffer);
    }
}
