//! What Markdown becomes: blocks of lines of styled text, independent of any width.
//!
//! Text remembers where in the source it comes from, so that places survive a resize, what is found can be marked, and
//! what is selected is copied as it was written. Styles name roles; what a role looks like is the theme's business.

use std::num::NonZeroU16;
use std::ops::Range;
use std::sync::Arc;

use crate::text::{cell, graphemes};

/// One piece of an answer that is drawn and cached as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Bytes of the document's source that this block shows. The ranges of all blocks stand in order.
    pub source: Range<usize>,
    /// What it is.
    pub kind: BlockKind,
    /// Whether it goes on with the block before it: a long one settles in parts.
    pub is_continued: bool,
    /// Whether an empty row belongs before it.
    pub space_before: bool,
    /// Its content.
    pub lines: Vec<Line>,
    /// Where its links lead, in reading order. Nothing here was fetched or checked.
    pub links: Vec<Box<str>>,
}

/// The kinds of block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// Prose.
    Paragraph,
    /// A heading of level 1 to 6.
    Heading(u8),
    /// A piece of a code block: a long one settles as several blocks.
    Code {
        /// The first word after the opening fence; empty if there is none.
        language: Arc<str>,
        /// Whether the piece before belongs to the same code block.
        continued: bool,
    },
    /// One item of a list, with whatever it contains.
    ListItem {
        /// Its number in an ordered list.
        number: Option<u64>,
    },
    /// A block quote.
    Quote,
    /// A table.
    Table,
    /// A thematic break.
    Rule,
    /// HTML, shown as it was written.
    Html,
    /// A footnote's text.
    Footnote,
    /// Markdown too large or too deep to be laid out, shown as it was written.
    Plain,
    /// Text that was not read yet. It has no lines.
    Unread,
}

/// A line before it is wrapped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Where in the source it begins, markers included; it ends where the next one begins.
    pub start: usize,
    /// What stands left of it on the first row and on the others: markers, bars, indents.
    pub prefix: Option<Box<Prefix>>,
    /// Its text, without line breaks and tabs.
    pub text: Styled,
    /// How it becomes rows.
    pub body: Body,
}

/// What stands left of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prefix {
    /// On its first row.
    pub first: Styled,
    /// On the rows after it.
    pub rest: Styled,
}

/// How a line becomes rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// Broken between words.
    #[default]
    Prose,
    /// Broken between words, its indent kept.
    Literal,
    /// Broken anywhere or cut off, with a margin. It is plain here; its colours come with the layout.
    Code(CodeLine),
    /// The language of a code block.
    CodeLabel,
    /// A line across.
    Rule,
    /// Nothing but the prefix.
    Blank,
    /// A grid of cells.
    Table(Box<Table>),
}

/// Which line of which code block a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeLine {
    /// Where in the source its code block begins.
    pub block: usize,
    /// Its number in there, from 0.
    pub number: usize,
    /// Bytes of its code that stand in lines of ours before this one: a long line comes in parts.
    pub begun: usize,
    /// Where in the source its code stands, without the line break.
    pub from: usize,
    /// Bytes of it.
    pub len: usize,
}

/// A table before its columns have a width.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// One per column.
    pub alignments: Vec<Alignment>,
    /// The first row; without cells in a part of a table that goes on.
    pub header: TableRow,
    /// What its columns ask for, in all parts of it.
    pub columns: Arc<[Column]>,
    /// What was settled of it, if this is a part that goes on.
    pub begun: Option<Arc<TableStart>>,
    /// The other rows; never more cells than the header has.
    pub rows: Vec<TableRow>,
}

/// What a part of a table needs to know of those before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableStart {
    /// What the columns ask for so far.
    pub columns: Arc<[Column]>,
    /// The header of the first part.
    pub header: Arc<TableRow>,
    /// The row before.
    pub above: TableRow,
}

/// What a column of a table asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// Columns below which words of its header or figures would be broken.
    pub kept: usize,
    /// Columns below which short words would be broken.
    pub short: usize,
    /// Columns of its widest cell.
    pub natural: usize,
}

impl Column {
    /// What is enough for both.
    pub(super) fn widest(self, other: Self) -> Self {
        Self {
            kept: self.kept.max(other.kept),
            short: self.short.max(other.short),
            natural: self.natural.max(other.natural),
        }
    }
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableRow {
    /// Where in the source it begins.
    pub start: usize,
    /// Its cells.
    pub cells: Vec<Styled>,
}

/// Where a cell's text stands in its column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alignment {
    /// At the left, also where the source does not say.
    #[default]
    Left,
    /// In the middle.
    Center,
    /// At the right.
    Right,
}

/// Text with styles, on one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Styled {
    text: String,
    runs: Vec<Run>,
}

/// So many bytes of one style, which stand in the source as they are, or nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    len: u32,
    from: Option<u32>,
    style: Style,
}

/// A piece of one style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// Its text.
    pub text: &'a str,
    /// How it is meant.
    pub style: Style,
    /// Where it stands in the source byte for byte, blanks for line breaks and tabs excepted; `None` for our own marks
    /// and for what was decoded.
    pub from: Option<usize>,
}

impl Piece<'_> {
    /// Where in the source what comes after its first `bytes` stands.
    pub(super) fn place_after(self, bytes: usize) -> Option<usize> {
        self.from.map(|from| from + bytes)
    }
}

impl Styled {
    /// Text of a single style that stands nowhere in the source.
    pub fn new(text: &str, style: Style) -> Self {
        let mut styled = Self::default();
        styled.push(text, style, None);
        styled
    }

    /// Appends `text`; line breaks and tabs become blanks, combining towers are cut to what a cell holds. `from` says
    /// where it stands in the source.
    pub fn push(&mut self, text: &str, style: Style, from: Option<usize>) {
        if longest_foreign_run(text) < TOWER {
            self.push_cells(text, style, from);
            return;
        }
        let mut at = 0;
        for (grapheme, _) in graphemes(text) {
            self.push_cells(cell(grapheme), style, from.map(|from| from + at));
            at += grapheme.len();
        }
    }

    fn push_cells(&mut self, text: &str, style: Style, from: Option<usize>) {
        if text.is_empty() {
            return;
        }
        if text.contains(['\n', '\t']) {
            self.text.extend(text.chars().map(|c| match c {
                '\n' | '\t' => ' ',
                other => other,
            }));
        } else {
            self.text.push_str(text);
        }
        let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let from = from.and_then(|from| u32::try_from(from).ok());
        match self.runs.last_mut() {
            Some(last) if last.style == style && last.is_followed_by(from) => {
                last.len = last.len.saturating_add(len);
            }
            _ => self.runs.push(Run { len, from, style }),
        }
    }

    /// Begins a new line, which only the text of a cell may have.
    pub(super) fn break_line(&mut self, style: Style) {
        self.text.push('\n');
        self.runs.push(Run {
            len: 1,
            from: None,
            style,
        });
    }

    /// Appends other styled text.
    pub fn append(&mut self, other: &Self) {
        for piece in other.pieces() {
            self.push(piece.text, piece.style, piece.from);
        }
    }

    /// The text without its styles.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The pieces of one style, in order.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let mut at = 0;
        self.runs.iter().filter_map(move |run| {
            let start = at;
            at += run.len as usize;
            Some(Piece {
                text: self.text.get(start..at)?,
                style: run.style,
                from: run.from.map(|from| from as usize),
            })
        })
    }

    /// The first place in the source that it shows.
    pub fn start(&self) -> Option<usize> {
        let from = self.runs.iter().find_map(|run| run.from);
        from.map(|from| from as usize)
    }

    /// Gives back the memory that growing left over.
    pub(super) fn shrink(mut self) -> Self {
        self.text.shrink_to_fit();
        self.runs.shrink_to_fit();
        self
    }
}

impl Run {
    /// Whether what stands at `from` goes on where this run ends.
    fn is_followed_by(self, from: Option<u32>) -> bool {
        match (self.from, from) {
            (None, None) => true,
            (Some(mine), Some(next)) => mine.saturating_add(self.len) == next,
            _ => false,
        }
    }
}

/// Characters of a grapheme from which on it may be a tower of combining marks.
const TOWER: usize = 16;

/// Length in characters of the longest run without ASCII: only there a grapheme can be long.
fn longest_foreign_run(text: &str) -> usize {
    if text.is_ascii() {
        return 0;
    }
    text.split(|c: char| c.is_ascii())
        .map(|run| run.chars().count())
        .max()
        .unwrap_or(0)
}

/// How a piece of text is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Style {
    /// What it is.
    pub role: Role,
    /// Strong, a heading, a table's header.
    pub bold: bool,
    /// Emphasised.
    pub italic: bool,
    /// Struck through.
    pub strike: bool,
    /// The link that it belongs to, as its place among those of the block, from 1.
    pub link: Option<NonZeroU16>,
}

impl From<Role> for Style {
    fn from(role: Role) -> Self {
        Self {
            role,
            ..Self::default()
        }
    }
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Role {
    /// Prose.
    #[default]
    Text,
    /// A heading of level 1 to 6.
    Heading(u8),
    /// Code inside prose.
    InlineCode,
    /// The text of a link.
    Link,
    /// The text that stands for an image.
    Image,
    /// Where a link leads.
    LinkTarget,
    /// A footnote's mark.
    Footnote,
    /// A bullet or number.
    ListMarker,
    /// The box of a task that is done.
    TaskDone,
    /// The box of a task that is not.
    TaskOpen,
    /// Quoted prose.
    Quote,
    /// The bar beside quoted prose.
    QuoteBar,
    /// The bar and the name of a callout.
    Callout(Callout),
    /// A thematic break.
    Rule,
    /// Lines of a table.
    TableBorder,
    /// The header of a table.
    TableHeader,
    /// The language of a code block.
    CodeLabel,
    /// The edge of a code block, where no surface tells it from prose.
    CodeEdge,
    /// The number of a line of code.
    CodeNumber,
    /// Mathematics, left as it was written.
    Math,
    /// Tags and comments of HTML, left as they were written.
    Html,
    /// Our own marks: ellipsis, continuation.
    Dim,
    /// Code in a block.
    Code(CodeRole),
}

/// The kinds of callout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those that are written")]
pub enum Callout {
    Note,
    Tip,
    Important,
    Warning,
    Caution,
}

impl Callout {
    /// What stands above its text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "Note",
            Self::Tip => "Tip",
            Self::Important => "Important",
            Self::Warning => "Warning",
            Self::Caution => "Caution",
        }
    }
}

/// What a piece of code is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CodeRole {
    /// Anything else.
    #[default]
    Plain,
    /// Words of the language.
    Keyword,
    /// Text.
    String,
    /// Figures.
    Number,
    /// Remarks.
    Comment,
    /// Names of functions and macros.
    Function,
    /// Names of types, classes, traits.
    Type,
    /// Named values of the language, escapes in text.
    Constant,
    /// Parameters and the like.
    Variable,
    /// Operators.
    Operator,
    /// Brackets, commas, semicolons.
    Punctuation,
    /// Attributes, annotations, keys of data.
    Attribute,
    /// Elements of markup, headings in markup.
    Tag,
    /// An added line of a diff.
    Inserted,
    /// A removed line of a diff.
    Deleted,
}
