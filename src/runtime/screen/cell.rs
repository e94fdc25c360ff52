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

/// A colour in one word, so that comparing is one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Colour(u32);

impl Colour {
    /// The terminal's own.
    pub(super) const RESET: Self = Self(0);
    /// Before the numbers of the 256 colours; below it stand the names of sixteen, counted from one.
    const INDEXED: u32 = 1 << 8;
    /// Before red, green and blue.
    const RGB: u32 = 1 << 24;

    #[inline]
    fn of(colour: Color) -> Self {
        Self(match colour {
            Color::Reset => 0,
            Color::Rgb(red, green, blue) => u32::from_be_bytes([0, red, green, blue]) | Self::RGB,
            Color::Indexed(index) => u32::from(index) | Self::INDEXED,
            named => NAMED
                .iter()
                .zip(1..)
                .find_map(|(name, place)| (*name == named).then_some(place))
                .unwrap_or(0),
        })
    }

    /// The colour as a terminal is told it.
    pub(super) fn shade(self) -> Shade {
        let [_, red, green, blue] = self.0.to_be_bytes();
        match self.0 {
            0 => Shade::Own,
            1..Self::INDEXED => Shade::Named(blue - 1),
            Self::INDEXED..Self::RGB => Shade::Indexed(blue),
            _ => Shade::Rgb(red, green, blue),
        }
    }
}

/// The four ways to name a colour.
pub(super) enum Shade {
    Own,
    /// One of the terminal's sixteen.
    Named(u8),
    Indexed(u8),
    Rgb(u8, u8, u8),
}

/// The terminal's sixteen in their order.
const NAMED: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

/// How a cell is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ink {
    pub(super) fg: Colour,
    pub(super) bg: Colour,
    pub(super) underline: Colour,
    pub(super) modifier: Modifier,
}

impl Ink {
    /// The terminal's own.
    pub(super) const PLAIN: Self = Self {
        fg: Colour::RESET,
        bg: Colour::RESET,
        underline: Colour::RESET,
        modifier: Modifier::empty(),
    };

    #[inline]
    fn of(cell: &Cell) -> Self {
        let modifier = cell.modifier;
        if is_plain(cell) {
            return Self::PLAIN;
        }
        let is_underlined = modifier.contains(Modifier::UNDERLINED);
        Self {
            fg: Colour::of(cell.fg),
            bg: Colour::of(cell.bg),
            underline: if is_underlined {
                Colour::of(cell.underline_color)
            } else {
                Colour::RESET
            },
            modifier,
        }
    }

    /// The same as far as a blank shows it.
    #[inline]
    fn of_blank(self) -> Self {
        if self.modifier.intersects(SHOWS_ON_BLANK) {
            return self;
        }
        Self {
            bg: self.bg,
            ..Self::PLAIN
        }
    }
}

#[inline]
fn is_plain(cell: &Cell) -> bool {
    cell.fg == Color::Reset && cell.bg == Color::Reset && cell.modifier.is_empty()
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

    /// True when it can be written with `pen` as it is.
    pub(super) fn fits(self, pen: Ink) -> bool {
        self.ink == pen || (self.glyph == ' ' && self.ink == pen.of_blank())
    }
}

/// The one character of a symbol; a control character where there is none to draw.
#[inline]
fn glyph(symbol: &str) -> char {
    if let [byte] = *symbol.as_bytes() {
        return char::from(byte);
    }
    let mut chars = symbol.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c < COVERED => c,
        (None, _) => '\0',
        _ => CLUSTER,
    }
}

/// The columns that a symbol takes, `glyph` if it is one character.
pub(super) fn columns(glyph: char, symbol: &str) -> usize {
    match glyph {
        // Latin, and the lines and blocks that frames and charts are made of.
        ..'\u{ad}' | '\u{c0}'..'\u{300}' | '\u{2500}'..'\u{25a0}' => 1,
        _ => usize::from(symbol.cell_width()),
    }
}

/// Whether every terminal takes the same number of columns for it. They agree on ideographs; on pictures they do not.
pub(super) fn is_agreed(glyph: char) -> bool {
    !matches!(
        glyph,
        '\u{231a}'..'\u{2400}'
            | '\u{2600}'..'\u{2800}'
            | '\u{2b00}'..'\u{2c00}'
            | '\u{1f000}'..'\u{20000}'
            | '\u{40000}'..
    )
}

/// What is to be known of a row before it is written.
#[derive(Debug)]
pub(super) struct Scan {
    /// The first cell that differs from what is shown, and the one behind the last.
    pub(super) changed: Option<(usize, usize)>,
    pub(super) has_clusters: bool,
}

/// The first cell that differs between two rows, and the one behind the last.
pub(super) fn difference(row: &[Shown], shown: &[Shown]) -> Option<(usize, usize)> {
    let differs = |(a, b): (&Shown, &Shown)| a != b;
    let first = row.iter().zip(shown).position(differs)?;
    let last = row.iter().zip(shown).rposition(differs)?;
    Some((first, last + 1))
}

/// Turns `cells` into what they will look like, `row`, and compares that with what is shown. All three are as long.
/// Cells are emptied for the next frame on the way, unless they are clusters, which are still to be written.
pub(super) fn scan(cells: &mut [Cell], shown: &[Shown], row: &mut [Shown]) -> Scan {
    let width = cells.len();
    let (mut first, mut end) = (usize::MAX, 0);
    let mut has_clusters = false;
    // What follows a wide symbol belongs to it, whatever the cells hold.
    let (mut wide, mut covered) = (Shown::BLANK, 0);
    for (x, ((cell, slot), old)) in cells.iter_mut().zip(row).zip(shown).enumerate() {
        let symbol = cell.symbol();
        // Most cells are empty already, which is quicker seen than written.
        if symbol.as_bytes() == b" "
            && covered == 0
            && is_plain(cell)
            && cell.underline_color == Color::Reset
        {
            *slot = Shown::BLANK;
            if *old != Shown::BLANK {
                first = first.min(x);
                end = x + 1;
            }
            continue;
        }
        let mut glyph = glyph(symbol);
        let mut ink = Ink::of(cell);
        if covered > 0 {
            covered -= 1;
            Shown { glyph, ink } = wide;
            cell.reset();
        } else if !glyph.is_ascii() {
            let columns = columns(glyph, cell.symbol());
            if columns == 0 || x + columns > width || glyph.is_control() {
                glyph = ' ';
            } else {
                wide = Shown {
                    glyph: COVERED,
                    ink,
                };
                covered = columns - 1;
            }
            if glyph == CLUSTER {
                has_clusters = true;
            } else {
                cell.reset();
            }
        } else {
            cell.reset();
            if glyph.is_control() {
                glyph = ' ';
            }
        }
        if glyph == ' ' {
            ink = ink.of_blank();
        }
        let now = Shown { glyph, ink };
        *slot = now;
        if now != *old {
            first = first.min(x);
            end = x + 1;
        }
    }
    Scan {
        changed: (end > 0).then_some((first, end)),
        has_clusters,
    }
}
