//! A table in a given width: natural columns if they fit, else cells wrap between words, widest columns first. Where
//! words would have to break, rows become records; where not even these fit, the last columns are left out.

mod records;

use std::sync::Arc;

use super::Row;
use super::wrap::{self, Wrap};
use crate::markdown::block::{Alignment, Column, Piece, Role, Styled, Table, TableRow, TableStart};
use crate::text::width;

/// Columns between two columns.
const GAP: usize = 2;

/// The narrowest column that is worth showing.
const NARROWEST: usize = 4;

/// Columns of a word that is broken only where nothing else helps.
const SHORT_WORD: usize = 12;

/// Columns of a word of a header, or of a figure, up to which the other columns give way to it.
const LONGEST_KEPT: usize = 24;

/// The most columns that are measured and stand beside each other; records show the others, too.
const COLUMN_LIMIT: usize = 32;

/// The rows of `table` in `room` columns, and how many of these all of it takes.
pub(super) fn rows(table: &Table, room: usize) -> (Vec<Row>, usize) {
    let columns = &table.columns;
    let names = records::names(table);
    if !names.cells.is_empty() && records::are_better(columns, room) {
        return records::rows(table, names, room);
    }
    let grid = Grid::fit(columns, table.alignments.len(), room);
    let mut rows = Vec::new();
    let mut before = None;
    if let Some(begun) = &table.begun {
        before = Some(grid.lines(&begun.above, &table.alignments).len());
    } else {
        rows.append(&mut grid.lines(&table.header, &table.alignments));
        rows.push(grid.rule("─", table.header.start));
    }
    for cells in &table.rows {
        let mut lines = grid.lines(cells, &table.alignments);
        // Cells that wrap would run into those of the next row.
        if before.is_some_and(|before| lines.len().max(before) > 1) {
            rows.push(grid.rule("┈", cells.start));
        }
        before = Some(lines.len());
        rows.append(&mut lines);
    }
    (rows, grid.reach())
}

/// What the part after `table` needs to know of it.
pub(in crate::markdown) fn start(table: &Table) -> TableStart {
    let above = table.begun.as_ref().map(|begun| &begun.above);
    let header = table.begun.as_ref().map(|begun| &begun.header);
    TableStart {
        columns: Arc::clone(&table.columns),
        header: header.map_or_else(|| Arc::new(table.header.clone()), Arc::clone),
        above: table.rows.last().or(above).cloned().unwrap_or_default(),
    }
}

/// What the columns ask for, in this part and those before it.
pub(in crate::markdown) fn columns(table: &Table) -> Arc<[Column]> {
    let one = Column {
        kept: 1,
        short: 1,
        natural: 1,
    };
    let before = table.begun.as_ref().map(|begun| &begun.columns);
    let before = before.filter(|before| !before.is_empty());
    let mut columns = before.map_or_else(
        || vec![one; table.alignments.len().min(COLUMN_LIMIT)],
        |before| before.to_vec(),
    );
    let body = table.rows.iter().map(|row| (row, false));
    for (row, is_header) in std::iter::once((&table.header, true)).chain(body) {
        for (column, cell) in columns.iter_mut().zip(&row.cells) {
            column.natural = column.natural.max(longest_line(cell));
            for word in cell.as_str().split([' ', '\n']) {
                let is_kept = is_header || word.starts_with(|c: char| c.is_ascii_digit());
                let word = width(word);
                if is_kept && word <= LONGEST_KEPT {
                    column.kept = column.kept.max(word);
                }
                if is_kept || word <= SHORT_WORD {
                    column.short = column.short.max(word.min(LONGEST_KEPT));
                }
            }
        }
    }
    for column in &mut columns {
        // Of what takes two columns nothing fits into one.
        column.kept = column.kept.max(column.natural.min(2));
    }
    match before {
        Some(before) if **before == *columns => Arc::clone(before),
        _ => columns.into(),
    }
}

/// The columns of the longest line of a cell, without the blanks around it.
fn longest_line(cell: &Styled) -> usize {
    let (mut longest, mut line, mut blanks) = (0, 0, 0);
    for piece in cell.pieces() {
        for (index, text) in piece.text.split('\n').enumerate() {
            if index > 0 {
                (line, blanks) = (0, 0);
            }
            let text = if line == 0 {
                text.trim_start_matches(' ')
            } else {
                text
            };
            let shown = text.trim_end_matches(' ');
            if !shown.is_empty() {
                line += blanks + width(shown);
                blanks = 0;
            }
            blanks += text.len() - shown.len();
            longest = longest.max(line);
        }
    }
    longest
}

struct Grid {
    widths: Vec<usize>,
    /// Columns of the table were left out.
    is_cut: bool,
}

impl Grid {
    /// As many of the first columns as fit; `total` counts those that were not even measured.
    fn fit(columns: &[Column], total: usize, room: usize) -> Self {
        let needed = |count: usize| {
            let narrow = columns.iter().take(count).map(|c| c.natural.min(NARROWEST));
            let narrow: usize = narrow.sum();
            let mark = if count < total { GAP + 1 } else { 0 };
            narrow + GAP * count.saturating_sub(1) + mark
        };
        let count = (1..=columns.len())
            .rev()
            .find(|count| needed(*count) <= room)
            .unwrap_or(1);
        let is_cut = count < total && needed(count) <= room;
        let mark = if is_cut { GAP + 1 } else { 0 };
        let gaps = GAP * count.saturating_sub(1) + mark;
        let columns = columns.get(..count).unwrap_or_default();
        Self {
            widths: widths(columns, room.saturating_sub(gaps).max(2)),
            is_cut,
        }
    }

    fn columns(&self) -> usize {
        self.widths.iter().sum::<usize>() + GAP * self.widths.len().saturating_sub(1)
    }

    /// The columns with the mark behind them.
    fn reach(&self) -> usize {
        self.columns() + if self.is_cut { GAP + 1 } else { 0 }
    }

    fn rule(&self, sign: &str, start: usize) -> Row {
        let mut row = Row {
            start,
            ..Row::default()
        };
        row.push_mark(&sign.repeat(self.columns()), Role::TableBorder);
        row
    }

    fn lines(&self, row: &TableRow, alignments: &[Alignment]) -> Vec<Row> {
        let mut rows = Vec::new();
        let empty = Styled::default();
        let cells: Vec<_> = self
            .widths
            .iter()
            .enumerate()
            .map(|(index, columns)| {
                let cell = row.cells.get(index).unwrap_or(&empty);
                let alignment = alignments.get(index).copied().unwrap_or_default();
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
        rows
    }
}

/// The width of each column: what must not be broken first, then what should not, then the rest.
fn widths(columns: &[Column], room: usize) -> Vec<usize> {
    let tiers = [
        |column: &Column| column.kept,
        |column: &Column| column.short,
        |column: &Column| column.natural,
    ];
    let mut widths = vec![0; columns.len()];
    let (mut left, mut floor) = (room, 2);
    for tier in tiers {
        let wanted = columns.iter().zip(&widths);
        let wanted: Vec<_> = wanted
            .map(|(c, &has)| tier(c).saturating_sub(has))
            .collect();
        for (width, more) in widths.iter_mut().zip(share(&wanted, left, floor)) {
            *width += more;
            left = left.saturating_sub(more);
        }
        floor = 0;
    }
    widths
}

/// Shares `room` between columns: the narrow ones get what they need, the others the same each.
fn share(natural: &[usize], room: usize, floor: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..natural.len()).collect();
    order.sort_by_key(|index| natural.get(*index).copied());
    let mut widths = vec![0; natural.len()];
    let mut left = room;
    for (done, index) in order.iter().enumerate() {
        let fair = left / (natural.len() - done);
        let wanted = natural.get(*index).copied().unwrap_or_default();
        if let Some(width) = widths.get_mut(*index) {
            *width = wanted.min(fair.max(floor));
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
