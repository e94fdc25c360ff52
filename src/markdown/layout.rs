//! Lines to rows of a given width. Every row fits, whatever the text.
//!
//! Roles stay roles; the caller caches rows per block and width and knows the colours.

mod table;
mod wrap;

use super::block::{Block, Body, CodeLine, Line, Piece, Prefix, Role, Style, Styled};
use super::colours::Colours;
use super::render::literal_lines;
use crate::text::{take_columns, width};
pub(super) use table::{columns as table_columns, start as table_start};
use wrap::Wrap;

/// What stands left of code, and of a table or code that is scrolled sideways.
const EDGE: &str = "│ ";

/// Digits that there is always room for before a line of code.
const NUMBER_DIGITS: usize = 3;

/// Columns of the longest row that is scrolled sideways; what is longer goes on in the next.
const SCROLLED: usize = 1_000;

/// How rows are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LayoutOptions {
    /// Columns after which prose wraps even where there is room; code and tables use all of it.
    pub measure: u16,
    /// What happens to code and tables that are wider than the row.
    pub long_lines: LongLines,
    /// Whether lines of code show their number.
    pub line_numbers: bool,
}

impl Default for LayoutOptions {
    fn default() -> Self {
        Self {
            measure: 100,
            long_lines: LongLines::Wrap,
            line_numbers: false,
        }
    }
}

/// What happens to code and tables that are wider than the row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LongLines {
    /// Code goes on in the next row, after a mark; cells of tables wrap.
    #[default]
    Wrap,
    /// They are laid out as wide as they are: whoever draws shows a part of them.
    Scroll,
}

/// One row of the screen: text without tabs and line breaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Where in the source it begins; it ends where the next one begins.
    pub start: usize,
    /// Its pieces from left to right.
    pub spans: Vec<Span>,
    /// The surface behind it, over the whole width.
    pub fill: Fill,
    /// Whether it goes on with the line of the row before.
    pub is_continued: bool,
    /// How it can be scrolled sideways, if it can.
    pub sideways: Option<Sideways>,
}

/// How a row is scrolled sideways: together with the rest of its code block or table, as far as that reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sideways {
    /// The column from which on it moves.
    pub from: u16,
    /// How far all of it reaches.
    pub reach: Reach,
}

/// How far a code block or a table reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// So many columns, whatever stands left of it included.
    Columns(usize),
    /// As far as the longest line of the code block that begins there in the source: it may stand in another block.
    Code(usize),
}

/// A piece of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Safe to draw.
    pub text: Box<str>,
    /// How it is meant.
    pub style: Style,
    /// Where it stands in the source byte for byte, if it does (see [`Piece`]).
    pub from: Option<usize>,
}

/// The surface behind a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fill {
    /// The pane's own.
    #[default]
    None,
    /// That of a code block.
    Code,
}

impl Row {
    /// Columns it takes.
    pub fn width(&self) -> usize {
        self.spans.iter().map(|span| width(&span.text)).sum()
    }

    /// Its text without styles.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| &*span.text).collect()
    }

    fn push(&mut self, piece: Piece<'_>) {
        if !piece.text.is_empty() {
            self.spans.push(Span {
                text: piece.text.into(),
                style: piece.style,
                from: piece.from,
            });
        }
    }

    /// Appends a mark of ours.
    fn push_mark(&mut self, text: &str, role: Role) {
        self.push(Piece {
            text,
            style: role.into(),
            from: None,
        });
    }

    fn push_styled(&mut self, styled: &Styled, columns: usize) {
        let mut left = columns;
        for piece in styled.pieces() {
            let (text, taken) = take_columns(piece.text, left);
            self.push(Piece { text, ..piece });
            // No narrow character of a later piece takes the place of a wide one that does not fit.
            if text.len() < piece.text.len() {
                return;
            }
            left -= taken;
        }
    }
}

/// The rows of a block at `width` columns, its code in the roles that are known. Below 4 columns there are none.
pub fn layout(block: &Block, width: u16, options: &LayoutOptions, colours: &Colours) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in &block.lines {
        rows_of(line, width, *options, colours, &mut rows);
    }
    rows
}

/// The rows of text that is not Markdown: a prompt, reasoning, a source shown raw. It wraps between
/// words, and indents stay. `from` is where it begins in the source.
pub fn layout_text(
    text: &str,
    from: usize,
    role: Role,
    width: u16,
    options: &LayoutOptions,
) -> Vec<Row> {
    rows_of_text(&literal_lines(text, from, role), width, *options)
}

/// The same of text that goes on with a line which began before it.
pub fn layout_rest(
    text: &str,
    from: usize,
    role: Role,
    width: u16,
    options: &LayoutOptions,
) -> Vec<Row> {
    let mut lines = literal_lines(text, from, role);
    if let Some(line) = lines.first_mut() {
        // Blanks at its start are no indent.
        line.body = Body::Prose;
    }
    let mut rows = rows_of_text(&lines, width, *options);
    if let Some(row) = rows.first_mut() {
        row.is_continued = true;
    }
    rows
}

/// The rows of lines without code, which need no colours.
fn rows_of_text(lines: &[Line], width: u16, options: LayoutOptions) -> Vec<Row> {
    let mut rows = Vec::new();
    for line in lines {
        rows_of(line, width, options, &Colours::default(), &mut rows);
    }
    rows
}

fn rows_of(
    line: &Line,
    width: u16,
    options: LayoutOptions,
    colours: &Colours,
    rows: &mut Vec<Row>,
) {
    if width < 4 {
        return;
    }
    let full = usize::from(width);
    let prose = full.min(usize::from(options.measure).max(4));
    match &line.body {
        Body::Prose => Frame::new(line, prose).wrap(&line.text, Wrap::Words, rows),
        Body::Literal => Frame::new(line, prose).wrap(&line.text, Wrap::Indented, rows),
        Body::Code(code) => {
            let painted = colours.paint(&line.text, *code);
            let text = painted.as_ref().unwrap_or(&line.text);
            code_rows(line, text, *code, full, options, rows);
        }
        Body::CodeLabel => {
            let mut row = Frame::new(line, full).edge(None).row(true);
            row.fill = Fill::Code;
            let room = full - row.width();
            row.push_styled(&line.text, room);
            rows.push(row);
        }
        Body::Rule => {
            let frame = Frame::new(line, prose);
            let mut row = frame.row(true);
            row.push_mark(&"─".repeat(frame.room(true)), Role::Rule);
            rows.push(row);
        }
        Body::Blank => rows.push(Frame::new(line, full).row(true)),
        Body::Table(table) => {
            let frame = Frame::new(line, full);
            let room = match options.long_lines {
                LongLines::Wrap => frame.room(false),
                LongLines::Scroll => SCROLLED,
            };
            let (cells, columns) = table::rows(table, room);
            let reach = Reach::Columns(full - frame.room(false) + columns);
            for (index, cells) in cells.into_iter().enumerate() {
                let mut row = frame.row(index == 0);
                row.spans.extend(cells.spans);
                row.start = if index == 0 { line.start } else { cells.start };
                row.sideways = frame.sideways(options, reach);
                rows.push(row);
            }
        }
    }
}

/// Columns of the longest line in `block` of the code block that begins at `code`, if it has any, without what stands
/// left of them.
pub fn code_columns(block: &Block, code: usize) -> Option<usize> {
    let lines = block.lines.iter();
    let lines = lines.filter(|line| matches!(line.body, Body::Code(line) if line.block == code));
    let columns = lines.map(|line| line.text.pieces().map(|piece| width(piece.text)).sum());
    columns.max().map(|columns: usize| columns.min(SCROLLED))
}

fn code_rows(
    line: &Line,
    text: &Styled,
    code: CodeLine,
    width: usize,
    options: LayoutOptions,
    rows: &mut Vec<Row>,
) {
    let begin = rows.len();
    let number = options.line_numbers.then_some(code.number + 1);
    let frame = Frame::new(line, width).edge(number);
    let frame = match options.long_lines {
        LongLines::Wrap => frame,
        LongLines::Scroll => frame.widened(SCROLLED),
    };
    let sideways = frame.sideways(options, Reach::Code(code.block));
    let mut frame = frame.continued("↪ ");
    let is_rest = code.begun > 0;
    if is_rest {
        frame.prefix.first = frame.prefix.rest.clone();
    }
    frame.wrap(text, Wrap::Code, rows);
    if let Some(row) = rows.get_mut(begin) {
        row.is_continued = is_rest;
    }
    for row in rows.iter_mut().skip(begin) {
        row.fill = Fill::Code;
        row.sideways = sideways;
    }
}

/// What stands left of a line's text, and how much room that leaves.
struct Frame {
    start: usize,
    prefix: Prefix,
    width: usize,
}

impl Frame {
    fn new(line: &Line, width: usize) -> Self {
        let prefix = line.prefix.as_deref().cloned().unwrap_or_default();
        Self {
            start: line.start,
            prefix,
            width,
        }
    }

    /// Adds the edge of a code block, and the number of the line after it.
    fn edge(mut self, number: Option<usize>) -> Self {
        let edge = Role::CodeEdge.into();
        self.prefix.first.push(EDGE, edge, None);
        self.prefix.rest.push(EDGE, edge, None);
        if let Some(number) = number {
            let shown = format!("{number:>NUMBER_DIGITS$}  ");
            let blanks = " ".repeat(shown.len());
            self.prefix
                .first
                .push(&shown, Role::CodeNumber.into(), None);
            self.prefix
                .rest
                .push(&blanks, Role::CodeNumber.into(), None);
        }
        self
    }

    /// The same with at least so many columns for the text.
    fn widened(mut self, room: usize) -> Self {
        self.width = self.width.max(width(self.prefix.rest.as_str()) + room);
        self
    }

    /// How the text is scrolled, if it is to be.
    fn sideways(&self, options: LayoutOptions, reach: Reach) -> Option<Sideways> {
        let from = u16::try_from(self.width - self.room(false)).ok()?;
        (options.long_lines == LongLines::Scroll).then_some(Sideways { from, reach })
    }

    fn continued(mut self, mark: &str) -> Self {
        self.prefix.rest.push(mark, Role::Dim.into(), None);
        self
    }

    fn styled(&self, is_first: bool) -> &Styled {
        if is_first {
            &self.prefix.first
        } else {
            &self.prefix.rest
        }
    }

    /// Columns for the prefix at most: the text keeps a third of the width and never less than two columns.
    fn prefix_limit(&self) -> usize {
        self.width - (self.width / 3).max(2)
    }

    /// A row with nothing but the prefix.
    fn row(&self, is_first: bool) -> Row {
        let mut row = Row {
            start: self.start,
            ..Row::default()
        };
        row.push_styled(self.styled(is_first), self.prefix_limit());
        row
    }

    /// Columns that the prefix leaves.
    fn room(&self, is_first: bool) -> usize {
        let prefix = width(self.styled(is_first).as_str());
        self.width - prefix.min(self.prefix_limit())
    }

    fn wrap(&self, text: &Styled, how: Wrap, rows: &mut Vec<Row>) {
        let mut slices = wrap::Slices::new(text);
        let ranges = wrap::ranges(text, self.room(true), self.room(false), how);
        let mut start = self.start;
        for (index, range) in ranges.into_iter().enumerate() {
            let mut row = self.row(index == 0);
            row.is_continued = index > 0;
            let mut from = None;
            slices.take(range, |piece| {
                from = from.or(piece.from);
                row.push(piece);
            });
            // What stands nowhere in the source belongs to what stands before it.
            start = from.filter(|_| index > 0).unwrap_or(start);
            row.start = start;
            rows.push(row);
        }
    }
}
