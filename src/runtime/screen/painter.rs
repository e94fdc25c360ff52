//! Turns a frame into the bytes that change what the terminal shows into it; owns the memory of what that is.
//!
//! A cell that shows what it shall is not written, and a frame without a difference is not a byte.

use std::ops::Range;

use ratatui::{
    buffer::{Buffer, Cell},
    layout::Position,
};

use super::{
    cell::{self, CLUSTER, COVERED, Ink, Shown},
    pen::Pen,
};
use crate::ui::{LinkSpan, Marks};

const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
const HIDE: &[u8] = b"\x1b[?25l";
const SHOW: &[u8] = b"\x1b[?25h";
const CLEAR: &[u8] = b"\x1b[m\x1b[2J";
/// Keep a cluster that a terminal draws too wide from breaking the row, and the other way.
const STAY: &[u8] = b"\x1b[?7l";
const WRAP: &[u8] = b"\x1b[?7h";

/// So many blanks in a row are erased: that takes up to twelve bytes with the move behind them.
const ERASED_FROM: usize = 12;
/// So many cells that need no writing are written all the same where a move would take as many bytes.
const BRIDGED: usize = 3;

/// What a terminal shows, and the way to another picture.
#[derive(Debug, Default)]
pub struct Painter {
    width: usize,
    /// Row by row.
    shown: Vec<Shown>,
    /// The symbols of rows with clusters, for which `shown` has one sign for all.
    odd: Vec<Option<Box<str>>>,
    links: Vec<LinkSpan>,
    /// Where the cursor is seen.
    cursor: Option<Position>,
    /// False while nobody knows what the terminal shows.
    is_known: bool,
    /// Room for the row at hand.
    row: Vec<Shown>,
}

impl Painter {
    /// Forgets what the terminal shows; the next frame begins with an empty screen.
    pub fn forget(&mut self) {
        self.is_known = false;
    }

    /// Adds to `out` what makes the terminal show `buffer`, and empties it for the next frame.
    pub fn paint(&mut self, buffer: &mut Buffer, marks: Marks, out: &mut Vec<u8>) {
        let width = usize::from(buffer.area.width);
        let Marks { cursor, mut links } = marks;
        links.sort_by_key(|link| (link.y, link.x.start));
        let begin = out.len();
        out.extend_from_slice(BEGIN);
        let bare = out.len();
        if self.cursor.is_some() || !self.is_known {
            out.extend_from_slice(HIDE);
        }
        let before = out.len();
        if !self.is_known || self.width != width || self.shown.len() != buffer.content.len() {
            self.clear(width, buffer.content.len(), out);
        }
        let mut pen = Pen::new(width);
        for (y, cells) in buffer.content.chunks_mut(width.max(1)).enumerate() {
            if self.paint_row(y, cells, of_row(&links, y), &mut pen, out) {
                cells.iter_mut().for_each(Cell::reset);
            }
        }
        self.links = links;
        if out.len() == before {
            if self.cursor == cursor {
                out.truncate(begin);
                return;
            }
            out.truncate(bare);
        }
        pen.dip(Ink::PLAIN, out);
        let is_hidden = self.cursor.is_none() || out.len() > before;
        match cursor {
            Some(place) => {
                pen.go(place.x.into(), place.y.into(), out);
                if is_hidden {
                    out.extend_from_slice(SHOW);
                }
            }
            None if !is_hidden => out.extend_from_slice(HIDE),
            None => {}
        }
        self.cursor = cursor;
        out.extend_from_slice(END);
    }

    fn clear(&mut self, width: usize, cells: usize, out: &mut Vec<u8>) {
        out.extend_from_slice(CLEAR);
        self.width = width;
        self.shown.clear();
        self.shown.resize(cells, Shown::BLANK);
        self.row.clear();
        self.row.resize(width, Shown::BLANK);
        self.odd.clear();
        self.odd.resize(cells / width.max(1), None);
        self.links.clear();
        self.is_known = true;
    }

    /// Writes what differs in a row; true when cells of it are left to be emptied.
    fn paint_row(
        &mut self,
        y: usize,
        cells: &mut [Cell],
        links: &[LinkSpan],
        pen: &mut Pen,
        out: &mut Vec<u8>,
    ) -> bool {
        let start = y * self.width;
        let (Some(shown), Some(odd)) = (
            self.shown.get_mut(start..start + cells.len()),
            self.odd.get_mut(y),
        ) else {
            return true;
        };
        let scan = cell::scan(cells, shown, &mut self.row);
        let mut changed = scan.changed;
        let old_links = of_row(&self.links, y);
        if links != old_links {
            write_again(shown, reach_of(links.iter().chain(old_links)));
            changed = cell::difference(&self.row, shown);
        }
        let is_odd = scan.has_clusters || odd.is_some();
        if is_odd {
            let symbols: Option<Box<str>> = scan
                .has_clusters
                .then(|| cells.iter().map(Cell::symbol).collect());
            // Terminals disagree about the width of flags, joined emoji and the like: what such a cluster covered
            // besides its own cells would stay behind, so the row is written as a whole.
            let is_other = changed.is_some() || *odd != symbols;
            changed = is_other.then_some((0, cells.len()));
            *odd = symbols;
        }
        if let Some((first, end)) = changed {
            let row = &self.row;
            Stroke {
                y,
                cells,
                row,
                shown,
                is_odd,
                links,
            }
            .write(first, end, pen, out);
            shown.copy_from_slice(row);
        }
        scan.has_clusters
    }
}

/// Forgets how `cells` look, so that they are written.
fn write_again(shown: &mut [Shown], cells: Range<usize>) {
    for cell in shown.get_mut(cells).into_iter().flatten() {
        cell.glyph = CLUSTER;
    }
}

/// The cells from the first of the links to the last.
fn reach_of<'a>(links: impl Iterator<Item = &'a LinkSpan>) -> Range<usize> {
    links
        .map(|link| usize::from(link.x.start)..usize::from(link.x.end))
        .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end))
        .unwrap_or_default()
}

/// The links of a row.
fn of_row(links: &[LinkSpan], y: usize) -> &[LinkSpan] {
    let from = links.partition_point(|l| usize::from(l.y) < y);
    let to = links.partition_point(|l| usize::from(l.y) <= y);
    links.get(from..to).unwrap_or_default()
}

/// A row that is about to change.
struct Stroke<'a> {
    y: usize,
    cells: &'a [Cell],
    /// What it shall look like.
    row: &'a [Shown],
    /// What it looks like.
    shown: &'a [Shown],
    is_odd: bool,
    links: &'a [LinkSpan],
}

impl Stroke<'_> {
    fn write(&self, first: usize, end: usize, pen: &mut Pen, out: &mut Vec<u8>) {
        if self.is_odd {
            out.extend_from_slice(STAY);
        }
        let mut x = first;
        while let (true, Some(&cell)) = (x < end, self.row.get(x)) {
            let is_written = !self.is_odd && self.shown.get(x) == Some(&cell);
            if is_written || cell.glyph == COVERED {
                x += 1;
            } else if let Some(cells) = self.blanks(x, end) {
                let is_rest = x + cells == self.row.len();
                pen.go(x, self.y, out);
                pen.erase((!is_rest).then_some(cells), out);
                x += cells;
            } else {
                self.reach(x, pen, out);
                self.put(x, cell, pen, out);
                x += 1;
            }
        }
        // What is written next may be in a row without links, which knows of none.
        pen.link(None, out);
        if self.is_odd {
            out.extend_from_slice(WRAP);
        }
    }

    /// How many blanks stand from `x` on, if they are many.
    fn blanks(&self, x: usize, end: usize) -> Option<usize> {
        if !self.links.is_empty() {
            return None;
        }
        let rest = self.row.get(x..)?;
        let blanks = rest.iter().take_while(|c| **c == Shown::BLANK).count();
        if blanks == rest.len() && end - x > BRIDGED {
            return Some(blanks);
        }
        let wanted = blanks.min(end - x);
        (wanted >= ERASED_FROM).then_some(wanted)
    }

    /// Moves to `x`, over a few cells by writing them again.
    fn reach(&self, x: usize, pen: &mut Pen, out: &mut Vec<u8>) {
        let gap = pen
            .behind(x, self.y)
            .filter(|&gap| gap <= BRIDGED && self.links.is_empty())
            .and_then(|gap| self.row.get(x - gap..x))
            .filter(|gap| gap.iter().all(|c| c.glyph.is_ascii() && c.fits(pen.ink())));
        match gap {
            Some(gap) => {
                out.extend(gap.iter().map(|c| c.glyph as u8));
                pen.advance(gap.len());
            }
            None => pen.go(x, self.y, out),
        }
    }

    /// Writes the cell at `x`, where the cursor is.
    fn put(&self, x: usize, shown: Shown, pen: &mut Pen, out: &mut Vec<u8>) {
        if !self.links.is_empty() {
            let link = self.links.iter().find(|l| l.covers(x));
            pen.link(link.map(LinkSpan::target), out);
        }
        if !shown.fits(pen.ink()) {
            pen.dip(shown.ink, out);
        }
        if shown.glyph.is_ascii() {
            out.push(shown.glyph as u8);
            pen.advance(1);
            return;
        }
        let mut one = [0; 4];
        let symbol = if shown.glyph == CLUSTER {
            self.cells.get(x).map_or("", Cell::symbol)
        } else {
            shown.glyph.encode_utf8(&mut one)
        };
        let columns = cell::columns(shown.glyph, symbol);
        let is_agreed = shown.glyph != CLUSTER && cell::is_agreed(shown.glyph);
        if !is_agreed && columns > 1 {
            // A terminal that thinks it narrow would leave there what stood there.
            out.extend(std::iter::repeat_n(b' ', columns));
            pen.lose();
            pen.go(x, self.y, out);
        }
        if symbol.contains(char::is_control) {
            out.extend(std::iter::repeat_n(b' ', columns));
        } else {
            out.extend_from_slice(symbol.as_bytes());
        }
        if is_agreed {
            pen.advance(columns);
        } else {
            pen.lose();
        }
    }
}
