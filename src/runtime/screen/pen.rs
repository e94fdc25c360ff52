//! Writes what a terminal understands, as few bytes of it as will do: moves, colours, links, erasing.
//!
//! It knows where the cursor stands and what is in force; what terminals may see otherwise it does not rely on.

use std::rc::Rc;

use ratatui::style::Modifier;

use super::cell::{Colour, Ink, Shade};

const CSI: &[u8] = b"\x1b[";

/// The state of the terminal while a frame is written.
#[derive(Debug)]
pub(super) struct Pen {
    /// Column and row of the cursor, where it is known for sure.
    at: Option<(usize, usize)>,
    ink: Ink,
    /// The link that is open.
    link: Option<Rc<str>>,
    /// Columns of the screen.
    width: usize,
}

impl Pen {
    /// The pen at the beginning of a frame: the one before ended plain.
    pub(super) fn new(width: usize) -> Self {
        Self {
            at: None,
            ink: Ink::PLAIN,
            link: None,
            width,
        }
    }

    /// What it writes with.
    pub(super) fn ink(&self) -> Ink {
        self.ink
    }

    /// How many cells before `x` in this row the cursor stands.
    pub(super) fn behind(&self, x: usize, y: usize) -> Option<usize> {
        let (column, _) = self.at.filter(|&(_, row)| row == y)?;
        x.checked_sub(column)
    }

    /// Moves the cursor, the shortest way there is.
    pub(super) fn go(&mut self, x: usize, y: usize, out: &mut Vec<u8>) {
        if self.at == Some((x, y)) {
            return;
        }
        match self.at {
            Some((column, row)) if row == y && column < x => {
                out.extend_from_slice(CSI);
                counted(x - column, out);
                out.push(b'C');
            }
            Some((_, row)) if row + 1 == y && x == 0 => out.extend_from_slice(b"\r\n"),
            _ => {
                out.extend_from_slice(CSI);
                number(y + 1, out);
                if x > 0 {
                    out.push(b';');
                    number(x + 1, out);
                }
                out.push(b'H');
            }
        }
        self.at = Some((x, y));
    }

    /// Notes that `columns` were written. In the last column terminals wait before they go on, each in its own way.
    pub(super) fn advance(&mut self, columns: usize) {
        self.at = self
            .at
            .map(|(x, y)| (x + columns, y))
            .filter(|&(x, _)| x < self.width);
    }

    /// Forgets where the cursor stands.
    pub(super) fn lose(&mut self) {
        self.at = None;
    }

    /// Erases `cells` from the cursor on, or the rest of the row. With colours behind it terminals differ about what
    /// is erased to, so it is plain.
    pub(super) fn erase(&mut self, cells: Option<usize>, out: &mut Vec<u8>) {
        self.dip(Ink::PLAIN, out);
        out.extend_from_slice(CSI);
        match cells {
            Some(cells) => {
                number(cells, out);
                out.push(b'X');
            }
            None => out.push(b'K'),
        }
    }

    /// Opens a link, or closes the one that is open.
    pub(super) fn link(&mut self, target: Option<&Rc<str>>, out: &mut Vec<u8>) {
        if self.link.as_ref() == target {
            return;
        }
        out.extend_from_slice(b"\x1b]8;");
        if let Some(target) = target {
            // Pieces of one link are lit up together when they share an id.
            out.extend_from_slice(format!("id={:x}", crc32c::crc32c(target.as_bytes())).as_bytes());
        }
        out.push(b';');
        out.extend_from_slice(target.map_or(b"", |t| t.as_bytes()));
        out.extend_from_slice(b"\x1b\\");
        self.link = target.cloned();
    }

    /// Writes with `ink` from now on: what differs, or all of it anew where that is shorter.
    pub(super) fn dip(&mut self, ink: Ink, out: &mut Vec<u8>) {
        if self.ink == ink {
            return;
        }
        let begin = out.len();
        Codes::new(out).change(self.ink, ink);
        let middle = out.len();
        if middle - begin > RESET.len() {
            if ink == Ink::PLAIN {
                out.extend_from_slice(RESET);
            } else {
                let mut codes = Codes::new(out);
                codes.add(0);
                codes.change(Ink::PLAIN, ink);
            }
            if out.len() - middle < middle - begin {
                out.drain(begin..middle);
            } else {
                out.truncate(middle);
            }
        }
        self.ink = ink;
    }
}

const RESET: &[u8] = b"\x1b[m";

/// One sequence that changes colours and the like.
struct Codes<'a> {
    out: &'a mut Vec<u8>,
    begun: bool,
}

impl<'a> Codes<'a> {
    fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, begun: false }
    }

    fn add(&mut self, code: u8) {
        if self.begun {
            self.out.push(b';');
        } else {
            self.out.extend_from_slice(CSI);
        }
        self.begun = true;
        number(code.into(), self.out);
    }

    /// Leads from one ink to the other, and ends the sequence.
    fn change(mut self, from: Ink, to: Ink) {
        let removed = from.modifier.difference(to.modifier);
        let mut added = to.modifier.difference(from.modifier);
        for (together, code) in ENDS {
            if removed.intersects(together) {
                self.add(code);
                added |= to.modifier & together;
            }
        }
        for (modifier, code) in BEGINS {
            if added.contains(modifier) {
                self.add(code);
            }
        }
        if from.fg != to.fg {
            self.colour(to.fg, 30);
        }
        if from.bg != to.bg {
            self.colour(to.bg, 40);
        }
        if from.underline != to.underline {
            self.colour(to.underline, 50);
        }
        if self.begun {
            self.out.push(b'm');
        }
    }

    /// A colour; the codes of `plane` are eight for the first colours, then those for any colour and for none.
    fn colour(&mut self, colour: Colour, plane: u8) {
        match (colour.shade(), plane) {
            (Shade::Own, _) => self.add(plane + 9),
            // Underlines have no short forms.
            (Shade::Named(index), 50) | (Shade::Indexed(index), _) => self.indexed(index, plane),
            (Shade::Named(index @ ..8), _) => self.add(plane + index),
            (Shade::Named(index), _) => self.add(plane + 60 + index - 8),
            (Shade::Rgb(red, green, blue), _) => {
                for code in [plane + 8, 2, red, green, blue] {
                    self.add(code);
                }
            }
        }
    }

    fn indexed(&mut self, index: u8, plane: u8) {
        for code in [plane + 8, 5, index] {
            self.add(code);
        }
    }
}

/// What takes attributes back; some go only together.
const ENDS: [(Modifier, u8); 7] = [
    (Modifier::BOLD.union(Modifier::DIM), 22),
    (Modifier::ITALIC, 23),
    (Modifier::UNDERLINED, 24),
    (Modifier::SLOW_BLINK.union(Modifier::RAPID_BLINK), 25),
    (Modifier::REVERSED, 27),
    (Modifier::HIDDEN, 28),
    (Modifier::CROSSED_OUT, 29),
];

const BEGINS: [(Modifier, u8); 9] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::RAPID_BLINK, 6),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

/// A count of which one is not said.
fn counted(count: usize, out: &mut Vec<u8>) {
    if count != 1 {
        number(count, out);
    }
}

fn number(mut number: usize, out: &mut Vec<u8>) {
    let begin = out.len();
    loop {
        out.push(b'0' + u8::try_from(number % 10).unwrap_or(0));
        number /= 10;
        if number == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(begin..) {
        digits.reverse();
    }
}
