//! A table whose columns would be too narrow for their words: each row as a record, a line for every cell, with the
//! column's name before it.

use super::{GAP, Grid, longest_line};
use crate::markdown::block::{Column, Styled, Table, TableRow};
use crate::markdown::layout::Row;

/// Columns that a cell is given before rows become records, if it has as many.
const READABLE: usize = 8;

/// Below this there is no room for a name and its value beside each other.
const NARROWEST: usize = 12;

/// Whether words would have to break in columns.
pub(super) fn are_better(columns: &[Column], room: usize) -> bool {
    let least = columns.iter().map(|c| c.short.max(c.natural.min(READABLE)));
    let gaps = GAP * columns.len().saturating_sub(1);
    columns.len() > 1 && room >= NARROWEST && least.sum::<usize>() + gaps > room
}

/// The names of its columns.
pub(super) fn names(table: &Table) -> &TableRow {
    let begun = table.begun.as_deref();
    begun.map_or(&table.header, |begun| &begun.header)
}

/// The rows of `table` as records in `room` columns, and how many of these they take.
pub(super) fn rows(table: &Table, header: &TableRow, room: usize) -> (Vec<Row>, usize) {
    let grid = grid(header, &table.columns, room);
    let names: Vec<Styled> = header.cells.iter().map(unplaced).collect();
    let mut later = table.rows.iter();
    let mut rows = Vec::new();
    if table.begun.is_none() {
        // The header stands in the source once: it is found in the first record, which therefore shows all names.
        let first = later.next();
        let cells = first.map_or(&[][..], |row| &row.cells);
        let start = first.map_or(header.start, |row| row.start);
        let fields = fields(&header.cells, cells)
            .filter(|(name, cell)| !(name.is_empty() && cell.is_empty()));
        rows = record(&grid, fields, start);
        if let Some(first) = rows.first_mut() {
            first.start = header.start;
        }
    }
    for row in later {
        rows.push(grid.rule("┈", row.start));
        let fields = fields(&names, &row.cells).filter(|(_, cell)| !cell.is_empty());
        rows.append(&mut record(&grid, fields, row.start));
    }
    (rows, grid.reach())
}

/// Each name with its cell.
fn fields<'a>(
    names: &'a [Styled],
    cells: &'a [Styled],
) -> impl Iterator<Item = (&'a Styled, Styled)> {
    let cells = cells
        .iter()
        .cloned()
        .chain(std::iter::repeat_with(Styled::default));
    names.iter().zip(cells)
}

/// Names at the left, as wide as they are but never more than two fifths, and values beside them.
fn grid(header: &TableRow, columns: &[Column], room: usize) -> Grid {
    let names = header.cells.iter().map(longest_line).max();
    let name = names.unwrap_or(0).clamp(2, room * 2 / 5);
    let values = columns.iter().map(|column| column.natural).max();
    let value = values.unwrap_or(0).clamp(2, room - name - GAP);
    Grid {
        widths: vec![name, value],
        is_cut: false,
    }
}

/// The rows of one record; an empty one where there is nothing in it.
fn record<'a>(
    grid: &Grid,
    fields: impl Iterator<Item = (&'a Styled, Styled)>,
    start: usize,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, cell) in fields {
        let line = TableRow {
            start,
            cells: vec![name.clone(), cell],
        };
        rows.append(&mut grid.lines(&line, &[]));
    }
    if rows.is_empty() {
        rows = grid.lines(
            &TableRow {
                start,
                ..TableRow::default()
            },
            &[],
        );
    }
    rows
}

/// The same text as a mark of ours.
fn unplaced(text: &Styled) -> Styled {
    let mut copy = Styled::default();
    for piece in text.pieces() {
        copy.push(piece.text, piece.style, None);
    }
    copy
}
