//! A table whose columns would be too narrow for their words: each row as a record, a line for every cell, with the
//! column's name before it.

use super::{GAP, Grid};
use crate::markdown::block::{Column, Styled, Table, TableRow};
use crate::markdown::layout::Row;
use crate::text::width;

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

/// The rows of `table` as records in `room` columns.
pub(super) fn rows(table: &Table, columns: &[Column], room: usize) -> Vec<Row> {
    let begun = table.begun.as_deref();
    let header = begun.map_or(&table.header, |begun| &begun.header);
    let grid = grid(header, columns, room);
    if begun.is_none() && table.rows.is_empty() {
        return record(&grid, header, &TableRow::default(), header.start);
    }
    let names = TableRow {
        start: header.start,
        cells: header.cells.iter().map(unplaced).collect(),
    };
    let mut rows = Vec::new();
    for (index, cells) in table.rows.iter().enumerate() {
        // The header stands in the source once: its text is found in the first record.
        if index == 0 && begun.is_none() {
            rows.append(&mut record(&grid, header, cells, cells.start));
            continue;
        }
        rows.push(grid.rule("┈", cells.start));
        rows.append(&mut record(&grid, &names, cells, cells.start));
    }
    if begun.is_none()
        && let Some(first) = rows.first_mut()
    {
        first.start = header.start;
    }
    rows
}

/// Names at the left, as wide as they are but never more than two fifths, and values beside them.
fn grid(header: &TableRow, columns: &[Column], room: usize) -> Grid {
    let names = header.cells.iter().map(|cell| width(cell.as_str())).max();
    let name = names.unwrap_or(0).clamp(2, room * 2 / 5);
    let values = columns.iter().map(|column| column.natural).max();
    let value = values.unwrap_or(0).clamp(2, room - name - GAP);
    Grid {
        widths: vec![name, value],
        is_cut: false,
    }
}

/// The rows of one record. A cell without text has none, but in a record without any.
fn record(grid: &Grid, names: &TableRow, cells: &TableRow, start: usize) -> Vec<Row> {
    let is_empty = cells.cells.iter().all(Styled::is_empty);
    let mut rows = Vec::new();
    for (index, name) in names.cells.iter().enumerate() {
        let cell = cells.cells.get(index).cloned().unwrap_or_default();
        if cell.is_empty() && !is_empty {
            continue;
        }
        let line = TableRow {
            start,
            cells: vec![name.clone(), cell],
        };
        rows.append(&mut grid.lines(&line, &[]));
    }
    for (index, row) in rows.iter_mut().enumerate() {
        row.is_continued = index > 0;
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
