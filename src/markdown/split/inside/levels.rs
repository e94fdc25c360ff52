//! The quotes, items and footnotes around a place, and the lines that would open them anew.
//!
//! Which places matter is `inside`'s business. Where tabs stand in the way, nothing is opened.

use pulldown_cmark::{BlockQuoteKind, Tag};

use super::super::line_start;

/// Containers inside each other that are opened anew at most: what opens them grows with the square of their number.
/// Half as many are laid out.
const DEEPEST: usize = 64;

/// How a container is opened, and how its lines go on.
#[derive(Clone, Debug)]
struct Shape {
    /// The start of its first line.
    line: usize,
    /// Where its content begins in there.
    content: usize,
    first: String,
    rest: String,
    /// What a callout says first, on a line of its own.
    sign: &'static str,
}

enum Level {
    List {
        /// The number of the next item.
        next: Option<u64>,
        /// The last item.
        number: Option<u64>,
        shape: Option<Shape>,
    },
    Container(Option<Shape>),
}

/// The open containers, outermost first.
pub(super) struct Levels<'a> {
    text: &'a str,
    /// The numbers that lists go on with, which the text does not know.
    numbers: std::slice::Iter<'a, Option<u64>>,
    open: Vec<Level>,
}

impl<'a> Levels<'a> {
    pub(super) fn new(text: &'a str, numbers: &'a [Option<u64>]) -> Self {
        Self {
            text,
            numbers: numbers.iter(),
            open: Vec::new(),
        }
    }

    /// Whether there is something around a block that begins now, other than the list of which it is an item.
    pub(super) fn is_inside(&self) -> bool {
        self.open
            .iter()
            .any(|level| matches!(level, Level::Container(_)))
    }

    /// Whether what is inside all that is open is too deep to be opened anew.
    pub(super) fn is_full(&self) -> bool {
        self.open.len() >= DEEPEST
    }

    pub(super) fn enter(&mut self, tag: &Tag<'_>, start: usize) {
        let level = match tag {
            _ if self.is_full() => Level::Container(None),
            Tag::List(first) => {
                let next = self.numbers.next().copied().flatten().or(*first);
                Level::List {
                    next,
                    number: next,
                    shape: None,
                }
            }
            Tag::Item => Level::Container(self.enter_item(start)),
            Tag::BlockQuote(kind) => Level::Container(self.quote(*kind, start)),
            _ => Level::Container(self.footnote(start)),
        };
        self.open.push(level);
    }

    pub(super) fn leave(&mut self) {
        self.open.pop();
    }

    fn enter_item(&mut self, start: usize) -> Option<Shape> {
        let item = self.item(start);
        if let Some(Level::List {
            next,
            number,
            shape,
        }) = self.open.last_mut()
        {
            *number = *next;
            *next = next.map(|next| next.saturating_add(1));
            shape.clone_from(&item);
        }
        item
    }

    /// The shape of an item; for the parser it begins with the blanks before its mark.
    fn item(&self, start: usize) -> Option<Shape> {
        let line = self.text.get(start..)?.split('\n').next()?;
        let after = line.trim_start_matches(' ');
        let start = start + line.len() - after.len();
        let indent = self.indent(start)?;
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (marker, after) = after.split_at_checked(digits + 1)?;
        if !marker.ends_with(['-', '+', '*', '.', ')']) {
            return None;
        }
        let blanks = after.len() - after.trim_start_matches(' ').len();
        if after.get(blanks..)?.starts_with('\t') {
            return None;
        }
        let is_code_or_empty = blanks == after.len() || !(1..=4).contains(&blanks);
        let blanks = if is_code_or_empty { 1 } else { blanks };
        let content = marker.len() + blanks;
        Some(Shape {
            line: line_start(self.text, start),
            content: start + content,
            first: " ".repeat(indent) + marker + &" ".repeat(blanks),
            rest: " ".repeat(indent + content),
            sign: "",
        })
    }

    fn quote(&self, kind: Option<BlockQuoteKind>, start: usize) -> Option<Shape> {
        self.indent(start)?;
        let after = self.text.get(start + 1..)?;
        if after.starts_with('\t') {
            return None;
        }
        Some(Shape {
            line: line_start(self.text, start),
            content: start + 1 + usize::from(after.starts_with(' ')),
            first: "> ".to_owned(),
            rest: "> ".to_owned(),
            sign: kind.map_or("", sign),
        })
    }

    fn footnote(&self, start: usize) -> Option<Shape> {
        self.indent(start)?;
        let label = self.text.get(start..)?.split_once("]:")?.0;
        let blanks = self.text.get(start + label.len() + 2..)?;
        let blanks = blanks.len() - blanks.trim_start_matches(' ').len();
        (!label.contains('\n')).then(|| Shape {
            line: line_start(self.text, start),
            content: start + label.len() + 2 + blanks,
            first: format!("{label}]: "),
            rest: "    ".to_owned(),
            sign: "",
        })
    }

    /// The columns between the content of what is open and a block that begins at `start`.
    pub(super) fn indent(&self, start: usize) -> Option<usize> {
        let line = line_start(self.text, start);
        let mut at = line;
        for shape in self.shapes() {
            let shape = shape?;
            if shape.line == line {
                at = shape.content;
                continue;
            }
            let rest = self.text.get(at..start)?;
            at += if shape.rest.starts_with('>') {
                let quote = rest.trim_start_matches(' ').strip_prefix('>')?;
                let quote = quote.strip_prefix(' ').unwrap_or(quote);
                rest.len() - quote.len()
            } else {
                rest.starts_with(&shape.rest).then_some(shape.rest.len())?
            };
        }
        let blanks = self.text.get(at..start)?;
        blanks.chars().all(|c| c == ' ').then_some(blanks.len())
    }

    fn shapes(&self) -> impl Iterator<Item = Option<&Shape>> {
        self.open.iter().filter_map(|level| match level {
            Level::Container(shape) => Some(shape.as_ref()),
            Level::List { .. } => None,
        })
    }

    /// The same with the last item of the list at whose next one we are.
    fn open_shapes(&self) -> impl Iterator<Item = Option<&Shape>> {
        let before = match self.open.last() {
            Some(Level::List { shape, .. }) => Some(shape.as_ref()),
            _ => None,
        };
        self.shapes().chain(before)
    }

    /// Lines that open all that is open, each with an empty heading, which ends where its line does.
    pub(super) fn opening(&self) -> Option<String> {
        let mut text = String::new();
        let mut before = String::new();
        for shape in self.open_shapes() {
            let shape = shape?;
            text.push_str(&before);
            text.push_str(&shape.first);
            if !shape.sign.is_empty() {
                text.push_str(shape.sign);
                text.push('\n');
                text.push_str(&before);
                text.push_str(&shape.rest);
            }
            text.push_str("#\n");
            before.push_str(&shape.rest);
        }
        Some(text)
    }

    /// Adds what a line begins with that goes on inside all that is open.
    pub(super) fn continue_line(&self, text: &mut String) -> Option<()> {
        for shape in self.shapes() {
            text.push_str(&shape?.rest);
        }
        Some(())
    }

    /// The number of the last item of each list.
    pub(super) fn numbers(&self) -> Vec<Option<u64>> {
        let numbers = self.open.iter().filter_map(|level| match level {
            Level::List { number, .. } => Some(*number),
            Level::Container(_) => None,
        });
        numbers.collect()
    }
}

fn sign(kind: BlockQuoteKind) -> &'static str {
    match kind {
        BlockQuoteKind::Note => "[!NOTE]",
        BlockQuoteKind::Tip => "[!TIP]",
        BlockQuoteKind::Important => "[!IMPORTANT]",
        BlockQuoteKind::Warning => "[!WARNING]",
        BlockQuoteKind::Caution => "[!CAUTION]",
    }
}
