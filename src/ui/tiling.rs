//! Divides the room between panes: columns, rows, a grid, or one at a time where more could not be read.
//!
//! Shares are the panes' weights. Between columns runs one thin rule; a row begins with the titles of its panes.

use ratatui::layout::{Constraint, Layout, Rect};

use crate::{app::Model, chat::Tiling};

/// Narrower text is no pleasure to read: two panes fit side by side into 80 columns.
const MIN_WIDTH: u16 = 36;
/// A title and five rows of text.
const MIN_HEIGHT: u16 = 6;
/// A cell of a grid is best this many times as wide as high, in columns and rows.
const SHAPE: f64 = 2.6;

/// Where the panes stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tiles {
    /// One area for each pane; those that are not shown have an empty one.
    pub(crate) panes: Vec<Rect>,
    /// The columns between panes.
    pub(crate) rules: Vec<Rect>,
    /// The row that names all panes, while one is shown at a time.
    pub(crate) tabs: Option<Rect>,
}

/// Divides `area` between the panes of `model`.
pub(crate) fn tile(area: Rect, model: &Model) -> Tiles {
    let rows = rows_of(area, model);
    let mut tiles = Tiles {
        panes: vec![Rect::ZERO; model.panes.len()],
        ..Tiles::default()
    };
    if model.panes.len() == 1 {
        tiles.panes = vec![area];
        return tiles;
    }
    let Some(rows) = rows else {
        let one = Rect {
            y: area.y.saturating_add(1),
            height: area.height.saturating_sub(1),
            ..area
        };
        tiles.tabs = Some(Rect { height: 1, ..area });
        if let Some(pane) = tiles.panes.get_mut(model.focused) {
            *pane = one;
        }
        return tiles;
    };
    let weight = |index: usize| model.panes.get(index).map_or(1, |p| p.weight);
    let heights = rows.iter().map(|row| {
        let heaviest = row.iter().map(|&i| weight(i)).max();
        Constraint::Fill(match model.tiling {
            Tiling::Rows => heaviest.unwrap_or(1),
            // In a grid the shares divide a row; rows are of one height.
            _ => 1,
        })
    });
    let bands = Layout::vertical(heights).split(area);
    for (row, band) in rows.iter().zip(bands.iter()) {
        let widths = row.iter().map(|&i| Constraint::Fill(weight(i)));
        let (cells, gaps) = Layout::horizontal(widths)
            .spacing(1)
            .split_with_spacers(*band);
        for (&index, cell) in row.iter().zip(cells.iter()) {
            if let Some(pane) = tiles.panes.get_mut(index) {
                *pane = *cell;
            }
        }
        tiles
            .rules
            .extend(gaps.iter().filter(|gap| !gap.is_empty()));
    }
    tiles
}

/// Whether all panes can be shown and read in `area` at once.
pub(crate) fn fits(area: Rect, model: &Model) -> bool {
    model.panes.len() == 1 || rows_of(area, model).is_some()
}

/// The panes of each row; `None` when one is shown at a time.
fn rows_of(area: Rect, model: &Model) -> Option<Vec<Vec<usize>>> {
    let count = u16::try_from(model.panes.len()).ok().filter(|&n| n > 0)?;
    if model.zoomed {
        return None;
    }
    let columns = match model.tiling {
        Tiling::Columns => count,
        Tiling::Rows => 1,
        Tiling::Grid => best_columns(area, count)?,
        Tiling::Tabs => return None,
    };
    let rows = count.div_ceil(columns);
    let is_readable = cell_width(area, columns) >= MIN_WIDTH && area.height / rows >= MIN_HEIGHT;
    let indexes: Vec<usize> = (0..model.panes.len()).collect();
    is_readable.then(|| {
        indexes
            .chunks(usize::from(columns))
            .map(<[usize]>::to_vec)
            .collect()
    })
}

/// Width of a cell among `columns` of one share, without the rules.
fn cell_width(area: Rect, columns: u16) -> u16 {
    (area.width + 1).saturating_sub(columns) / columns.max(1)
}

/// The number of columns whose cells come nearest to a good shape, if any can be read.
fn best_columns(area: Rect, count: u16) -> Option<u16> {
    let off_shape = |columns: u16| {
        let rows = count.div_ceil(columns);
        let (width, height) = (cell_width(area, columns), area.height / rows.max(1));
        let empty = f64::from(columns * rows - count) / f64::from(count);
        (width >= MIN_WIDTH && height >= MIN_HEIGHT)
            .then(|| (f64::from(width) / f64::from(height) / SHAPE).ln().abs() + empty)
    };
    (1..=count)
        .filter_map(|columns| Some((columns, off_shape(columns)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(columns, _)| columns)
}
