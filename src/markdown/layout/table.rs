//! A table in a given width: natural columns if they fit, else the widest ones wrap, else the last ones are left out.

use super::Row;
use super::wrap::{self, Wrap};
use crate::markdown::block::{Alignment, Piece, Role, Styled, Table, TableRow};
use crate::text::width;

/// Columns between two columns.
const GAP: usize = 2;

/// The narrowest column that is worth showing.
const NARROWEST: usize = 4;

/// The most columns that are laid out: a header of a thousand takes the parser's rows with it.
const COLUMN_LIMIT: usize = 32;

/// The rows of `table` in `room` columns.
pub(super) fn rows(table: &Table, room: usize) -> Vec<Row> {
    let natural = natural_widths(table);
    let grid = Grid::fit(natural, table.header.cells.len(), room);
    let mut rows = Vec::new();
    grid.line(&table.header, table, &mut rows);
    rows.push(grid.rule(table.header.start));
    for cells in &table.rows {
        grid.line(cells, table, &mut rows);
    }
    rows
}

fn natural_widths(table: &Table) -> Vec<usize> {
    let mut widths = vec![1; table.header.cells.len().min(COLUMN_LIMIT)];
    for row in std::iter::once(&table.header).chain(&table.rows) {
        for (column, cell) in widths.iter_mut().zip(&row.cells) {
            let cell_width = cell.pieces().map(|piece| width(piece.text)).sum();
            *column = (*column).max(cell_width);
        }
    }
    widths
}

struct Grid {
    widths: Vec<usize>,
    /// Columns of the table were left out.
    is_cut: bool,
}

impl Grid {
    /// As many of the first columns as fit; `total` counts those that were not even measured.
    fn fit(natural: Vec<usize>, total: usize, room: usize) -> Self {
        let needed = |count: usize| {
            let narrow: usize = natural.iter().take(count).map(|n| *n.min(&NARROWEST)).sum();
            let mark = if count < total { GAP + 1 } else { 0 };
            narrow + GAP * count.saturating_sub(1) + mark
        };
        let count = (1..=natural.len())
            .rev()
            .find(|count| needed(*count) <= room)
            .unwrap_or(1);
        let is_cut = count < total && needed(count) <= room;
        let mark = if is_cut { GAP + 1 } else { 0 };
        let gaps = GAP * count.saturating_sub(1) + mark;
        let natural: Vec<_> = natural.into_iter().take(count).collect();
        Self {
            widths: share(&natural, room.saturating_sub(gaps).max(2)),
            is_cut,
        }
    }

    fn rule(&self, start: usize) -> Row {
        let gaps = GAP * self.widths.len().saturating_sub(1);
        let mut row = Row {
            start,
            ..Row::default()
        };
        let columns = self.widths.iter().sum::<usize>() + gaps;
        row.push_mark(&"─".repeat(columns), Role::TableBorder);
        row
    }

    fn line(&self, row: &TableRow, table: &Table, rows: &mut Vec<Row>) {
        let empty = Styled::default();
        let cells: Vec<_> = self
            .widths
            .iter()
            .enumerate()
            .map(|(index, columns)| {
                let cell = row.cells.get(index).unwrap_or(&empty);
                let alignment = table.alignments.get(index).copied().unwrap_or_default();
                Cell::new(cell, *columns, alignment)
            })
            .collect();
        let height = cells.iter().map(|cell| cell.rows.len()).max().unwrap_or(1);
        let start = row.start;
        for index in 0..height {
            let mut row = Row {
                start,
                is_continued: index > 0,
                ..Row::default()
            };
            for (column, cell) in cells.iter().enumerate() {
                if column > 0 {
                    row.push_mark(&" ".repeat(GAP), Role::TableBorder);
                }
                cell.add(index, &mut row);
            }
            if row
                .spans
                .last()
                .is_some_and(|span| span.text.trim_ascii().is_empty())
                && !self.is_cut
            {
                row.spans.pop();
            }
            if self.is_cut {
                row.push_mark(&" ".repeat(GAP), Role::TableBorder);
                row.push_mark("…", Role::Dim);
            }
            rows.push(row);
        }
    }
}

/// Shares `room` between columns: the narrow ones get what they need, the others the same each.
fn share(natural: &[usize], room: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..natural.len()).collect();
    order.sort_by_key(|index| natural.get(*index).copied());
    let mut widths = vec![0; natural.len()];
    let mut left = room;
    for (done, index) in order.iter().enumerate() {
        let fair = left / (natural.len() - done);
        let wanted = natural.get(*index).copied().unwrap_or_default();
        if let Some(width) = widths.get_mut(*index) {
            *width = wanted.min(fair.max(2));
            left = left.saturating_sub(*width);
        }
    }
    widths
}

struct Cell<'a> {
    rows: Vec<Vec<Piece<'a>>>,
    columns: usize,
    alignment: Alignment,
}

impl<'a> Cell<'a> {
    fn new(text: &'a Styled, columns: usize, alignment: Alignment) -> Self {
        let mut slices = wrap::Slices::new(text);
        let rows = wrap::ranges(text, columns.max(2), columns.max(2), Wrap::Words)
            .into_iter()
            .map(|range| {
                let mut row = Vec::new();
                slices.take(range, |piece| row.push(piece));
                row
            })
            .collect();
        Self {
            rows,
            columns,
            alignment,
        }
    }

    fn add(&self, index: usize, row: &mut Row) {
        let spans = self.rows.get(index).map_or(&[][..], Vec::as_slice);
        let used: usize = spans.iter().map(|piece| width(piece.text)).sum();
        let left = self.columns.saturating_sub(used);
        let before = match self.alignment {
            Alignment::Left => 0,
            Alignment::Center => left / 2,
            Alignment::Right => left,
        };
        row.push_mark(&" ".repeat(before), Role::Text);
        for piece in spans {
            row.push(*piece);
        }
        row.push_mark(&" ".repeat(left - before), Role::Text);
    }
}
