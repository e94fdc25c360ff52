//! Cells in the form in which frames are compared: one character, and the ink as far as it can be seen.
//!
//! What no terminal shows (the foreground of a blank) is left out, so that it is neither a difference nor a byte.

use ratatui::{
    buffer::{Cell, CellWidth},
    style::{Color, Modifier},
};

/// Stands for a symbol of several characters; which one is the business of its row.
pub(super) const CLUSTER: char = '\u{10ffff}';
/// The cells that a wide symbol takes besides its first.
pub(super) const COVERED: char = '\u{10fffe}';

/// What shows on a blank cell, too.
const SHOWS_ON_BLANK: Modifier = Modifier::REVERSED
    .union(Modifier::UNDERLINED)
    .union(Modifier::CROSSED_OUT);

/// How a cell is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ink {
    pub(super) fg: Color,
    pub(super) bg: Color,
    pub(super) underline: Color,
    pub(super) modifier: Modifier,
}

impl Ink {
    /// The terminal's own.
    pub(super) const PLAIN: Self = Self {
        fg: Color::Reset,
        bg: Color::Reset,
        underline: Color::Reset,
        modifier: Modifier::empty(),
    };

    /// True when a blank drawn with this ink looks as one drawn with `other`.
    fn blanks_like(self, other: Self) -> bool {
        self.bg == other.bg
            && !self.modifier.intersects(SHOWS_ON_BLANK)
            && !other.modifier.intersects(SHOWS_ON_BLANK)
    }
}

/// What a terminal shows in one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) glyph: char,
    pub(super) ink: Ink,
}

impl Shown {
    /// An erased cell.
    pub(super) const BLANK: Self = Self {
        glyph: ' ',
        ink: Ink::PLAIN,
    };

    /// What `cell` will look like.
    #[inline]
    fn of(cell: &Cell) -> Self {
        let glyph = glyph(cell.symbol());
        let mut ink = Ink {
            fg: cell.fg,
            bg: cell.bg,
            underline: Color::Reset,
            modifier: cell.modifier,
        };
        if glyph == ' ' && !ink.modifier.intersects(SHOWS_ON_BLANK) {
            ink.fg = Color::Reset;
            ink.modifier = Modifier::empty();
        } else if ink.modifier.contains(Modifier::UNDERLINED) {
            ink.underline = cell.underline_color;
        }
        Self { glyph, ink }
    }

    /// True when it can be written with `pen` as it is.
    pub(super) fn fits(self, pen: Ink) -> bool {
        self.ink == pen || (self.glyph == ' ' && self.ink.blanks_like(pen))
    }
}

/// The one character of a symbol. No control character leaves here, whatever stood in the cell.
#[inline]
fn glyph(symbol: &str) -> char {
    if let [byte] = *symbol.as_bytes() {
        return if byte.is_ascii_control() {
            ' '
        } else {
            char::from(byte)
        };
    }
    let mut chars = symbol.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_control() => ' ',
        (Some(c), None) if c < COVERED => c,
        (None, _) => ' ',
        _ => CLUSTER,
    }
}

/// The columns that `glyph` takes, the symbol of `cell`.
pub(super) fn columns(glyph: char, cell: &Cell) -> usize {
    match glyph {
        // Latin, and the lines and blocks that frames and charts are made of.
        ..'\u{ad}' | '\u{c0}'..'\u{300}' | '\u{2500}'..'\u{25a0}' => 1,
        _ => usize::from(cell.symbol().cell_width()),
    }
}

/// Whether every terminal takes the same number of columns for it. They agree on ideographs; on pictures they do not.
pub(super) fn is_agreed(glyph: char) -> bool {
    !matches!(glyph, '\u{2600}'..'\u{2800}' | '\u{1f000}'..'\u{20000}' | '\u{40000}'..)
}

/// Turns a row into what it will look like. True when it holds clusters.
#[inline]
pub(super) fn convert(cells: &[Cell], row: &mut Vec<Shown>) -> bool {
    row.clear();
    let mut has_clusters = false;
    let mut rest = cells.iter();
    while let Some(cell) = rest.next() {
        let mut shown = Shown::of(cell);
        if shown.glyph.is_ascii() {
            row.push(shown);
            continue;
        }
        let columns = columns(shown.glyph, cell);
        if columns == 0 || row.len() + columns > cells.len() {
            shown.glyph = ' ';
            row.push(shown);
            continue;
        }
        has_clusters |= shown.glyph == CLUSTER;
        row.push(shown);
        for _ in 1..columns {
            rest.next();
            row.push(Shown {
                glyph: COVERED,
                ..shown
            });
        }
    }
    has_clusters
}
