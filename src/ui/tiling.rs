//! Divides the room between panes: columns, rows, a grid, or one at a time where more could not be read.
//!
//! Shares are the panes' weights, beyond what each needs to be read. Between columns runs one thin rule; a row begins
//! with the titles of its panes.

use ratatui::layout::Rect;

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
    let heights = rows.iter().map(|row| match model.tiling {
        Tiling::Rows => row.iter().map(|&i| weight(i)).max().unwrap_or(1),
        // In a grid the shares divide a row; rows are of one height.
        _ => 1,
    });
    let heights = shares(area.height, MIN_HEIGHT, &heights.collect::<Vec<_>>());
    let mut y = area.y;
    for (row, height) in rows.iter().zip(heights) {
        let weights: Vec<u16> = row.iter().map(|&i| weight(i)).collect();
        let rules = u16::try_from(row.len().saturating_sub(1)).unwrap_or(0);
        let widths = shares(area.width.saturating_sub(rules), MIN_WIDTH, &weights);
        let mut x = area.x;
        for (&index, width) in row.iter().zip(widths) {
            if x > area.x {
                tiles.rules.push(Rect::new(x, y, 1, height));
                x += 1;
            }
            if let Some(pane) = tiles.panes.get_mut(index) {
                *pane = Rect::new(x, y, width, height);
            }
            x += width;
        }
        y += height;
    }
    tiles
}

/// Divides `room` by weights, `least` for each before the rest is shared out.
fn shares(room: u16, least: u16, weights: &[u16]) -> Vec<u16> {
    let count = u32::try_from(weights.len()).unwrap_or(1).max(1);
    let least = u32::from(least).min(u32::from(room) / count);
    let rest = u32::from(room) - least * count;
    let total = weights.iter().map(|&w| u32::from(w)).sum::<u32>().max(1);
    let (mut sum, mut given) = (0, 0);
    weights
        .iter()
        .map(|&weight| {
            // Cutting at the running sum leaves no column over.
            sum += u32::from(weight);
            let until = rest * sum / total;
            let share = least + until - given;
            given = until;
            u16::try_from(share).unwrap_or(room)
        })
        .collect()
}

/// In how many columns panes would stand in `area`; `None` when one is shown at a time.
pub(crate) fn columns(area: Rect, model: &Model) -> Option<u16> {
    if model.zoomed || model.tiling == Tiling::Tabs {
        return None;
    }
    // A grid still shows all of them where a single row or column of them could not be read.
    wanted(area, model).or_else(|| best_columns(area, count(model)?))
}

/// The panes of each row; `None` when one is shown at a time.
fn rows_of(area: Rect, model: &Model) -> Option<Vec<Vec<usize>>> {
    let columns = columns(area, model)?;
    let indexes: Vec<usize> = (0..model.panes.len()).collect();
    let rows = indexes.chunks(usize::from(columns));
    Some(rows.map(<[usize]>::to_vec).collect())
}

/// The number of columns that the tiling asks for, if they can be read.
fn wanted(area: Rect, model: &Model) -> Option<u16> {
    let count = count(model)?;
    let columns = match model.tiling {
        Tiling::Columns => count,
        Tiling::Rows => 1,
        Tiling::Grid => return best_columns(area, count),
        Tiling::Tabs => return None,
    };
    is_readable(area, count, columns).then_some(columns)
}

fn count(model: &Model) -> Option<u16> {
    u16::try_from(model.panes.len()).ok().filter(|&n| n > 0)
}

/// Whether a cell of equal shares is large enough.
fn is_readable(area: Rect, count: u16, columns: u16) -> bool {
    let rows = count.div_ceil(columns.max(1)).max(1);
    cell_width(area, columns) >= MIN_WIDTH && area.height / rows >= MIN_HEIGHT
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
        is_readable(area, count, columns)
            .then(|| (f64::from(width) / f64::from(height) / SHAPE).ln().abs() + empty)
    };
    (1..=count)
        .filter_map(|columns| Some((columns, off_shape(columns)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(columns, _)| columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_use_all_the_room_and_leave_nobody_too_little() {
        assert_eq!(shares(100, 36, &[8, 8]), [50, 50]);
        assert_eq!(shares(101, 36, &[8, 8]), [50, 51]);
        assert_eq!(shares(200, 36, &[64, 8, 8]), [109, 45, 46]);
        assert_eq!(shares(10, 36, &[1, 1, 1]), [3, 3, 4]);
        assert!(shares(0, 6, &[]).is_empty());
    }
}
