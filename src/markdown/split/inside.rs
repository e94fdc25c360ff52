//! Where a long block may be parted, and what the parser has to read before the rest so that it stays what it was.
//!
//! Parts begin at blocks inside containers, at rows of tables, at lines of code and HTML, and at words of what does not
//! end. Each place depends on nothing but the text before it. Which parts become blocks is `document`'s business.

mod levels;
mod opening;

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use super::{OPTIONS, PARAGRAPH_LIMIT, cut_after, line_start};
use crate::markdown::math;
use crate::markdown::render::html::Html;
use levels::Levels;
pub(in crate::markdown) use opening::{CodeStart, Opening, Rest};
use opening::{header, html_opener};

/// Bytes of a part at least, so that what is read before each costs little. Shorter blocks are not parted.
pub(in crate::markdown) const PART: usize = 512;

/// Rows of a table that stay together: few tables are longer, and all others settle as one block.
const FIRST_ROWS: usize = 64;

/// Rows of a table in each part after the first.
const MORE_ROWS: usize = 16;

/// The longest line of a fence that is repeated before the rest of its code.
const OPENER_LIMIT: usize = 256;

/// Where a part begins.
#[derive(Debug)]
pub(in crate::markdown) struct Part {
    pub(in crate::markdown) at: usize,
    pub(in crate::markdown) opening: Opening,
}

/// A text to part.
#[derive(Clone, Copy)]
pub(in crate::markdown) struct Whole<'a> {
    /// What the opening says and one top-level block after it.
    pub(in crate::markdown) text: &'a str,
    pub(in crate::markdown) opening: &'a Opening,
    /// Where in the document the text after the opening begins.
    pub(in crate::markdown) offset: usize,
}

/// What was found in a block.
#[derive(Debug, Default)]
pub(in crate::markdown) struct Parts {
    /// The parts after the first.
    pub(in crate::markdown) more: Vec<Part>,
    /// The last part begins inside a paragraph or a line, so what comes after it has to be looked at anew.
    pub(in crate::markdown) is_cut: bool,
    /// The block ends in a paragraph; this is what more of it needs.
    pub(in crate::markdown) words: Option<Opening>,
}

/// The parts of a block.
pub(in crate::markdown) fn parts(whole: Whole<'_>) -> Parts {
    if whole.text.len() - whole.opening.text.len() < PART {
        return Parts::default();
    }
    let mut scan = Scan::new(whole);
    scan.read();
    scan.cut_before(whole.text.len());
    let words = scan.ended.filter(|(is_text, _)| *is_text);
    Parts {
        more: scan.parts,
        is_cut: scan.is_cut,
        words: words.map(|(_, opening)| opening),
    }
}

/// The leaf that is open.
enum Leaf {
    Text,
    Html {
        opener: &'static str,
        html: Html,
    },
    Code {
        /// The opening fence with its indent; none for indented code.
        fence: Option<String>,
        place: CodeStart,
    },
    Table {
        header: String,
        rows: usize,
    },
    /// Not parted.
    Other,
}

struct Scan<'a> {
    whole: Whole<'a>,
    skip: usize,
    /// LaTeX of several lines: none of them means anything else.
    displays: Vec<Range<usize>>,
    levels: Levels<'a>,
    leaf: Option<Leaf>,
    /// Text that a tight item holds directly, up to here.
    loose_text: Option<Range<usize>>,
    /// Where the last leaf ended. Definitions of links after it show nothing and are not cut.
    shown: usize,
    /// The line of the last block that began.
    line: Option<usize>,
    /// What comes before it is not cut at words: there are definitions that a lazy line goes on with.
    uncut: usize,
    /// Where the part at hand begins.
    from: usize,
    parts: Vec<Part>,
    /// The last part begins inside a leaf. What comes after it has to be looked at anew.
    is_cut: bool,
    /// What more of the leaf needs that ends where the text does, and whether that is a paragraph.
    ended: Option<(bool, Opening)>,
}

impl<'a> Scan<'a> {
    fn new(whole: Whole<'a>) -> Self {
        let skip = whole.opening.text.len();
        Self {
            whole,
            skip,
            displays: math::displays(whole.text, skip),
            levels: Levels::new(whole.text, &whole.opening.numbers),
            leaf: None,
            loose_text: None,
            shown: skip,
            line: None,
            uncut: skip,
            from: skip,
            parts: Vec::new(),
            is_cut: false,
            ended: None,
        }
    }

    fn read(&mut self) {
        let veiled = math::veil(self.whole.text, &self.displays);
        for (event, range) in Parser::new_ext(&veiled, OPTIONS).into_offset_iter() {
            self.event(&event, range);
            if self.is_cut {
                return;
            }
        }
    }

    fn event(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) if is_block(tag) => self.start(tag, range),
            Event::End(end) => self.end(*end, &range),
            Event::Rule => {
                self.begin(range.start);
                self.ended = None;
            }
            Event::Text(_) if matches!(self.leaf, Some(Leaf::Code { .. })) => self.code(range),
            Event::Html(_) if matches!(self.leaf, Some(Leaf::Html { .. })) => {
                self.html(range);
            }
            _ if self.leaf.is_none() => self.loose(range),
            _ => {}
        }
    }

    /// Text without a paragraph around it: whether the item is tight may not be known yet, so it counts as one.
    fn loose(&mut self, range: Range<usize>) {
        let open = self.loose_text.take();
        if open.is_none() {
            self.begin(range.start);
        }
        let start = open.map_or(range.start, |text| text.start);
        self.shown = self.shown.max(range.end);
        self.loose_text = Some(start..range.end);
    }

    fn end_loose(&mut self) {
        if let Some(mut text) = self.loose_text.take() {
            let after = self.whole.text.get(text.end..).unwrap_or_default();
            if let Some(line_end) = after.find('\n')
                && after
                    .get(..line_end)
                    .is_some_and(|blanks| blanks.trim().is_empty())
            {
                text.end += line_end + 1;
            }
            self.note_end(&Leaf::Text, &text);
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        self.end_loose();
        self.ended = None;
        if let Tag::TableRow = tag {
            self.row(range.start);
            return;
        }
        if matches!(tag, Tag::TableHead | Tag::TableCell) {
            return;
        }
        let start = on_its_line(self.whole.text, range.start);
        self.begin(start);
        match tag {
            Tag::BlockQuote(_) | Tag::List(_) | Tag::Item | Tag::FootnoteDefinition(_) => {
                self.levels.enter(tag, start);
            }
            Tag::Paragraph => self.leaf = Some(Leaf::Text),
            Tag::HtmlBlock => {
                let opener = html_opener(self.whole.text.get(range.start..).unwrap_or_default());
                let html = Html::default();
                self.leaf = Some(Leaf::Html { opener, html });
            }
            Tag::CodeBlock(kind) => self.leaf = Some(self.code_leaf(kind, range.start)),
            Tag::Table(alignments) => {
                let rows = if range.start < self.skip {
                    FIRST_ROWS - MORE_ROWS
                } else {
                    0
                };
                self.leaf = Some(Leaf::Table {
                    header: header(alignments),
                    rows,
                });
            }
            _ => self.leaf = Some(Leaf::Other),
        }
    }

    fn end(&mut self, end: TagEnd, range: &Range<usize>) {
        match end {
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item | TagEnd::FootnoteDefinition => {
                self.end_loose();
                self.levels.leave();
            }
            TagEnd::Paragraph
            | TagEnd::HtmlBlock
            | TagEnd::CodeBlock
            | TagEnd::Heading(_)
            | TagEnd::Table => {
                if let Some(leaf) = self.leaf.take() {
                    self.shown = self.shown.max(range.end);
                    self.note_end(&leaf, range);
                }
            }
            _ if self.leaf.is_none() => self.loose(range.clone()),
            _ => {}
        }
    }

    fn code_leaf(&self, kind: &CodeBlockKind<'_>, start: usize) -> Leaf {
        let place = match self.whole.opening.rest {
            Rest::Code(place) if self.line.is_none_or(|line| line <= self.skip) => place,
            _ => CodeStart::of(self.place(start)),
        };
        if *kind == CodeBlockKind::Indented {
            return Leaf::Code { fence: None, place };
        }
        let line = self.whole.text.get(start..).unwrap_or_default();
        let line = line.split('\n').next().unwrap_or_default();
        match self.levels.indent(start) {
            Some(indent) if line.len() <= OPENER_LIMIT => Leaf::Code {
                fence: Some(" ".repeat(indent) + line + "\n"),
                place,
            },
            _ => Leaf::Other,
        }
    }

    /// A block begins; where its line does, so may a part, unless another block began on that line.
    fn begin(&mut self, start: usize) {
        if self.levels.is_full() {
            // A line may open thousands of quotes: it is not looked along for each of them.
            return;
        }
        let line = line_start(self.whole.text, start);
        if self.line.replace(line) != Some(line) && line > self.skip && self.levels.is_inside() {
            if self.is_lazy(line, start) {
                self.uncut = start;
            } else {
                self.part(line, Rest::Block, "");
            }
        }
    }

    /// Whether a block begins on a line without the marks of what is around it: definitions above it are a paragraph to
    /// the parser, with which such a line goes on.
    fn is_lazy(&self, line: usize, start: usize) -> bool {
        let text = self.whole.text;
        line_start(text, line - 1) >= self.shown
            && !is_below_blank(text, line)
            && self.levels.indent(start).is_none()
    }

    fn row(&mut self, start: usize) {
        let Some(Leaf::Table { header, rows }) = &mut self.leaf else {
            return;
        };
        *rows += 1;
        let line = line_start(self.whole.text, start);
        if *rows <= FIRST_ROWS || line < self.from + PART {
            return;
        }
        let header = header.clone();
        if self.part(line, Rest::More, &header)
            && let Some(Leaf::Table { rows, .. }) = &mut self.leaf
        {
            *rows = FIRST_ROWS - MORE_ROWS + 1;
        }
    }

    fn html(&mut self, range: Range<usize>) {
        let line = line_start(self.whole.text, range.start);
        if let Some(Leaf::Html { opener, html }) = self.leaf
            && self.line.replace(line) != Some(line)
        {
            self.part(line, Rest::More, &html.opener(opener));
        }
        if let Some(Leaf::Html { html, .. }) = &mut self.leaf {
            html.pass(self.whole.text.get(range).unwrap_or_default());
        }
    }

    /// Counts lines of code; a part may begin with each that is not blank nor stands after a blank one.
    fn code(&mut self, range: Range<usize>) {
        let text = self.whole.text;
        let mut at = range.start;
        for written in text.get(range).unwrap_or_default().split_inclusive('\n') {
            let line = line_start(text, at);
            at += written.len();
            let Some(Leaf::Code { fence, place }) = &mut self.leaf else {
                return;
            };
            let rest = Rest::Code(*place);
            let is_first = place.number == 0;
            if written.ends_with('\n') {
                place.number += 1;
                place.begun = 0;
            } else {
                place.begun += written.len();
            }
            if !is_first && !written.trim().is_empty() && !is_below_blank(text, line) {
                let opener = fence.clone().unwrap_or_default();
                self.part(line, rest, &opener);
            }
        }
    }

    /// Begins a part at the line `at`, if the one before is long enough. Answers whether it did.
    fn part(&mut self, at: usize, rest: Rest, opener: &str) -> bool {
        if at < self.from + PART || math::is_inside(&self.displays, at) {
            return false;
        }
        self.cut_before(at);
        if self.is_cut {
            return false;
        }
        let Some(opening) = self.opening(rest, opener) else {
            return false;
        };
        self.parts.push(Part { at, opening });
        self.from = at;
        true
    }

    fn opening(&self, rest: Rest, opener: &str) -> Option<Opening> {
        let mut text = self.levels.opening()?;
        for line in opener.split_inclusive('\n') {
            self.levels.continue_line(&mut text)?;
            text.push_str(line);
        }
        Some(Opening {
            text,
            numbers: self.levels.numbers(),
            rest,
            table: None,
        })
    }

    /// Cuts what has become too long before `until` at words.
    fn cut_before(&mut self, until: usize) {
        let until = if self.leaf.is_some() {
            until
        } else {
            until.min(self.shown)
        };
        if self.is_cut || until.saturating_sub(self.from) <= PARAGRAPH_LIMIT {
            return;
        }
        let text = self.whole.text.get(self.from..until).unwrap_or_default();
        let opening = self
            .parts
            .last()
            .map_or(self.whole.opening, |part| &part.opening);
        let limit = PARAGRAPH_LIMIT + self.uncut.saturating_sub(self.from);
        if let Some((at, opening)) = cut_inside(text, limit, opening, self.place(self.from)) {
            self.is_cut = true;
            self.from += at;
            self.parts.push(Part {
                at: self.from,
                opening,
            });
        }
    }

    /// Notes what more of a leaf needs that ends where the text does.
    fn note_end(&mut self, leaf: &Leaf, range: &Range<usize>) {
        self.ended = None;
        let after = self.whole.text.get(range.end..).unwrap_or_default();
        if after.contains('\n') {
            return;
        }
        let (rest, opener) = match leaf {
            Leaf::Text => (Rest::More, String::new()),
            Leaf::Html { opener, html } => (Rest::More, html.opener(opener)),
            Leaf::Code { fence, place } => {
                let text = self.whole.text.get(range.clone()).unwrap_or_default();
                if fence.is_some() && !text.contains('\n') {
                    return;
                }
                (Rest::Code(*place), fence.clone().unwrap_or_default())
            }
            Leaf::Table { .. } | Leaf::Other => return,
        };
        let Some(mut opening) = self.opening(rest, &opener) else {
            return;
        };
        if self.levels.continue_line(&mut opening.text).is_some() {
            if let Leaf::Code { fence: None, .. } = leaf {
                opening.text.push_str("    ");
            }
            self.ended = Some((matches!(leaf, Leaf::Text), opening));
        }
    }

    /// Where in the document a place of the text is.
    fn place(&self, at: usize) -> usize {
        self.whole.offset + at.saturating_sub(self.skip)
    }
}

/// Where the paragraph, the HTML or the code at the end of `text` is cut once it is too long, and what the rest needs.
fn cut_inside(
    text: &str,
    limit: usize,
    opening: &Opening,
    offset: usize,
) -> Option<(usize, Opening)> {
    let at = cut_after(text, limit)?;
    let before = format!("{}{}", opening.text, text.get(..at)?);
    let mut scan = Scan::new(Whole {
        text: &before,
        opening,
        offset,
    });
    scan.read();
    let (is_text, mut opening) = scan.ended.filter(|_| scan.parts.is_empty())?;
    if is_text
        && text
            .get(at..)?
            .starts_with(|c: char| c.is_ascii_punctuation())
    {
        opening.text.push('\\');
    }
    Some((at, opening))
}

/// Where a block begins, on its own line: an item behind a tab begins for the parser as many bytes before its mark as
/// there are columns, which may be on the line above.
fn on_its_line(text: &str, start: usize) -> usize {
    start + usize::from(text.as_bytes().get(start) == Some(&b'\n'))
}

/// Whether the line above `line` shows nothing.
fn is_below_blank(text: &str, line: usize) -> bool {
    let above = text.get(..line.saturating_sub(1)).unwrap_or_default();
    let above = above.get(line_start(above, above.len())..);
    above.is_none_or(|above| above.trim_matches([' ', '\t', '>']).is_empty())
}

fn is_block(tag: &Tag<'_>) -> bool {
    !matches!(
        tag,
        Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }
    )
}
