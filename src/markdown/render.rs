//! One block of Markdown to lines of styled text, from the parser's events.
//!
//! Knows nothing of widths. What is too deep or too large comes out as it was written.

mod containers;
mod inline;

use std::collections::HashMap;
use std::sync::Arc;

use pulldown_cmark::{
    Alignment as Align, BlockQuoteKind, BrokenLink, CodeBlockKind, CowStr, Event, HeadingLevel,
    Parser, Tag, TagEnd,
};

use super::block::{
    Alignment, BlockKind, Body, CodeLine, Line, Role, Style, Styled, Table, TableRow,
};
use super::fence::{code_text, label, language_word};
use super::split::OPTIONS;
use crate::text::{TAB_STOP, width};
use containers::Containers;
use inline::{Inline, Placed, safe};

/// Bytes of the largest block that is laid out.
const SIZE_LIMIT: usize = 256 * 1024;

/// The deepest nesting that is laid out.
const DEPTH_LIMIT: usize = 32;

/// Where labels of reference links lead, by [`label_key`].
pub(super) type Definitions = HashMap<String, String>;

/// What rendering needs besides the text.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) definitions: &'a Definitions,
    /// Where the text begins in the document.
    pub(super) offset: usize,
    /// The number of the first item, if the text begins with one of an ordered list.
    pub(super) number: Option<u64>,
}

/// One block, rendered.
pub(super) struct Rendered {
    pub(super) kind: BlockKind,
    pub(super) lines: Vec<Line>,
    pub(super) links: Vec<Box<str>>,
}

/// Renders `text`, which is one top-level block or one item of a top-level list.
pub(super) fn render(text: &str, context: Context<'_>) -> Rendered {
    if text.len() > SIZE_LIMIT {
        return plain(text, context.offset);
    }
    let definitions = context.definitions;
    let resolve = |link: BrokenLink<'_>| {
        let target = definitions.get(&label_key(&link.reference))?;
        Some((target.clone().into(), "".into()))
    };
    let parser = Parser::new_with_broken_link_callback(text, OPTIONS, Some(resolve));
    let mut renderer = Renderer::new(text, context);
    for (event, range) in parser.into_offset_iter() {
        renderer.event(event, range.start);
        if renderer.depth > DEPTH_LIMIT {
            return plain(text, context.offset);
        }
    }
    renderer.end_line();
    begin_with_the_source(text, context.offset, &mut renderer.lines);
    Rendered {
        kind: renderer.kind.unwrap_or(BlockKind::Paragraph),
        lines: renderer.lines,
        links: renderer.inline.links,
    }
}

/// Lets each line begin where its line of the source does, marks included, unless the line before it shows a part of
/// that one, too.
fn begin_with_the_source(text: &str, offset: usize, lines: &mut [Line]) {
    let mut shown = offset;
    for line in lines {
        let head = text.get(..line.start.saturating_sub(offset));
        let begin = head.and_then(|head| head.rfind('\n'));
        let begin = offset + begin.map_or(0, |newline| newline + 1);
        line.start = if begin < shown {
            line.start.max(shown)
        } else {
            begin
        };
        let end = line
            .text
            .pieces()
            .filter_map(|p| Some(p.from? + p.text.len()));
        shown = end.last().unwrap_or(line.start);
    }
}

/// `text` as it was written.
pub(super) fn plain(text: &str, offset: usize) -> Rendered {
    Rendered {
        kind: BlockKind::Plain,
        lines: literal_lines(text, offset, Role::Text),
        links: Vec::new(),
    }
}

/// The lines of `text`, which begins at `offset`, as they were written.
pub(super) fn literal_lines(text: &str, offset: usize, role: Role) -> Vec<Line> {
    let mut start = offset;
    text.trim_end_matches('\n')
        .split('\n')
        .map(|line| {
            let begin = start;
            start += line.len() + 1;
            Line {
                start: begin,
                prefix: None,
                text: tabbed(line, begin, role.into()),
                body: Body::Literal,
            }
        })
        .collect()
}

/// A line of the source with its tabs as blanks.
pub(super) fn tabbed(line: &str, from: usize, style: Style) -> Styled {
    let mut text = Styled::default();
    let (mut at, mut column) = (from, 0);
    for (index, part) in line.split('\t').enumerate() {
        if index > 0 {
            let blanks = TAB_STOP - column % TAB_STOP;
            text.push(&" ".repeat(blanks), style, None);
            (at, column) = (at + 1, column + blanks);
        }
        text.push(part, style, Some(at));
        (at, column) = (at + part.len(), column + width(part));
    }
    text.shrink()
}

/// The form in which labels of reference links are compared: without case, runs of blanks as one.
pub(super) fn label_key(label: &str) -> String {
    let words: Vec<_> = label.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Text that is collected as it was written.
#[derive(Default)]
struct Verbatim {
    text: String,
    /// Where its pieces stand in the document, each with where it begins in the text.
    places: Vec<(usize, usize)>,
}

/// A code block whose text is being collected.
struct Code {
    language: Arc<str>,
    start: usize,
    body: Verbatim,
}

struct Renderer<'a> {
    source: &'a str,
    context: Context<'a>,
    /// Where in the document the event at hand begins.
    at: usize,
    lines: Vec<Line>,
    kind: Option<BlockKind>,
    containers: Containers,
    inline: Inline,
    /// Inside a paragraph, or text that a tight item holds directly.
    is_in_text: bool,
    code: Option<Code>,
    html: Option<Verbatim>,
    table: Option<Table>,
    /// The next number of each open list.
    lists: Vec<Option<u64>>,
    depth: usize,
}

impl<'a> Renderer<'a> {
    fn new(source: &'a str, context: Context<'a>) -> Self {
        Self {
            source,
            context,
            at: context.offset,
            lines: Vec::new(),
            kind: None,
            containers: Containers::default(),
            inline: Inline::default(),
            is_in_text: false,
            code: None,
            html: None,
            table: None,
            lists: Vec::new(),
            depth: 0,
        }
    }

    fn event(&mut self, event: Event<'_>, start: usize) {
        self.at = self.context.offset + start;
        match event {
            Event::Start(tag) => {
                self.depth += 1;
                self.start(tag);
            }
            Event::End(end) => {
                self.depth = self.depth.saturating_sub(1);
                self.end(end);
            }
            Event::Text(text) | Event::Html(text) if self.is_verbatim() => self.verbatim(&text),
            Event::Text(text) => self.placed(&text, Inline::text),
            Event::InlineHtml(html) if is_line_break(&html) => self.break_line(),
            Event::Html(html) | Event::InlineHtml(html) => self.role(&html, Role::Html),
            Event::Code(code) => self.role(&code, Role::InlineCode),
            Event::InlineMath(math) => self.math("$", &math),
            Event::DisplayMath(math) => self.math("$$", &math),
            Event::FootnoteReference(name) => {
                let mark = format!("[^{}]", safe(&name));
                self.text(|inline| inline.role(Placed::ours(&mark), Role::LinkTarget));
            }
            Event::SoftBreak => {
                let blank = Placed {
                    text: " ",
                    from: Some(self.at),
                };
                self.text(|inline| inline.text(blank));
            }
            Event::HardBreak => self.break_line(),
            Event::Rule => {
                self.begin_block(BlockKind::Rule);
                self.emit(Styled::default(), Body::Rule);
            }
            Event::TaskListMarker(is_done) => self.task(is_done),
        }
    }

    /// Adds text of the parser, with its place if it is a part of the source.
    fn placed(&mut self, text: &CowStr<'_>, add: impl FnOnce(&mut Inline, Placed<'_>)) {
        let from = self.place(text);
        let text = safe(text);
        let placed = Placed { text: &text, from };
        self.text(|inline| add(inline, placed));
    }

    fn role(&mut self, text: &CowStr<'_>, role: Role) {
        self.placed(text, |inline, text| inline.role(text, role));
    }

    /// Where text of the parser stands in the document; `None` if it was decoded.
    fn place(&self, text: &CowStr<'_>) -> Option<usize> {
        let CowStr::Borrowed(part) = text else {
            return None;
        };
        let at = part
            .as_ptr()
            .addr()
            .checked_sub(self.source.as_ptr().addr())?;
        (at + part.len() <= self.source.len()).then_some(self.context.offset + at)
    }

    fn is_verbatim(&self) -> bool {
        self.code.is_some() || self.html.is_some()
    }

    fn verbatim(&mut self, text: &CowStr<'_>) {
        let place = self.place(text);
        let body = self.code.as_mut().map(|code| &mut code.body);
        if let Some(body) = body.or(self.html.as_mut()) {
            body.places
                .extend(place.map(|place| (body.text.len(), place)));
            body.text.push_str(&safe(text));
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.begin_text(BlockKind::Paragraph),
            Tag::Heading { level, .. } => {
                let level = heading_level(level);
                self.begin_text(BlockKind::Heading(level));
                self.inline.begin(Role::Heading(level), true);
            }
            Tag::BlockQuote(kind) => self.start_quote(kind),
            Tag::CodeBlock(kind) => self.start_code(&kind),
            Tag::HtmlBlock => {
                self.begin_block(BlockKind::Html);
                self.html = Some(Verbatim::default());
            }
            Tag::List(first) => self.start_list(first),
            Tag::Item => self.start_item(),
            Tag::FootnoteDefinition(name) => {
                self.begin_block(BlockKind::Footnote);
                let mark = format!("[^{}] ", safe(&name));
                let mark = Styled::new(&mark, Role::LinkTarget.into());
                self.containers
                    .enter(mark, Styled::new("  ", Role::Text.into()));
            }
            Tag::Table(alignments) => {
                self.begin_block(BlockKind::Table);
                self.table = Some(Table {
                    alignments: alignments.into_iter().map(alignment).collect(),
                    ..Table::default()
                });
            }
            Tag::TableHead => {
                self.inline.begin(Role::TableHeader, true);
                if let Some(table) = &mut self.table {
                    table.header.start = self.at;
                }
            }
            Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(TableRow {
                        start: self.at,
                        cells: Vec::new(),
                    });
                }
            }
            Tag::Emphasis => self.inline.italic += 1,
            Tag::Strong => self.inline.bold += 1,
            Tag::Strikethrough => self.inline.strike += 1,
            Tag::Link { dest_url, .. } => self.text(|inline| inline.start_link(&safe(&dest_url))),
            Tag::Image { dest_url, .. } => self.text(|inline| {
                inline.role(Placed::ours("image: "), Role::Dim);
                inline.start_link(&safe(&dest_url));
            }),
            _ => {}
        }
    }

    fn end(&mut self, end: TagEnd) {
        match end {
            TagEnd::Paragraph => self.end_line(),
            TagEnd::Heading(_) => {
                self.end_line();
                self.inline.end();
            }
            TagEnd::BlockQuote(_) => {
                self.leave();
                self.inline.end();
            }
            TagEnd::Item | TagEnd::FootnoteDefinition => self.leave(),
            TagEnd::List(_) => {
                self.lists.pop();
            }
            TagEnd::CodeBlock => self.end_code(),
            TagEnd::HtmlBlock => {
                let html = self.html.take().unwrap_or_default();
                for (line, from) in html.lines(self.at) {
                    self.at = from;
                    self.emit(tabbed(line, from, Role::Html.into()), Body::Literal);
                }
            }
            TagEnd::TableCell => self.end_cell(),
            TagEnd::TableHead => self.inline.end(),
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    self.emit(Styled::default(), Body::Table(Box::new(table)));
                }
            }
            TagEnd::Emphasis => self.inline.italic = self.inline.italic.saturating_sub(1),
            TagEnd::Strong => self.inline.bold = self.inline.bold.saturating_sub(1),
            TagEnd::Strikethrough => self.inline.strike = self.inline.strike.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => self.inline.end_link(),
            _ => {}
        }
    }

    fn start_quote(&mut self, kind: Option<BlockQuoteKind>) {
        self.begin_block(BlockKind::Quote);
        let bar = Styled::new("▎ ", Role::QuoteBar.into());
        self.containers.enter(bar.clone(), bar);
        self.inline.begin(Role::Quote, false);
        if let Some(kind) = kind {
            let style = Style {
                bold: true,
                ..Role::Quote.into()
            };
            self.emit(Styled::new(alert(kind), style), Body::Prose);
        }
    }

    fn start_list(&mut self, first: Option<u64>) {
        self.end_line();
        let number = match (self.lists.is_empty(), self.context.number) {
            (true, Some(number)) => Some(number),
            _ => first,
        };
        self.lists.push(number);
        self.begin_block(BlockKind::ListItem { number });
    }

    fn start_item(&mut self) {
        let depth = self.lists.len();
        let marker = match self.lists.last_mut() {
            Some(Some(number)) => {
                let marker = format!("{number}. ");
                *number = number.saturating_add(1);
                marker
            }
            _ if depth > 1 => "◦ ".to_owned(),
            _ => "• ".to_owned(),
        };
        let indent = " ".repeat(marker.chars().count());
        self.containers.enter_item(
            Styled::new(&marker, Role::ListMarker.into()),
            Styled::new(&indent, Role::Text.into()),
        );
    }

    fn task(&mut self, is_done: bool) {
        let (mark, role) = if is_done {
            ("☑ ", Role::TaskDone)
        } else {
            ("☐ ", Role::TaskOpen)
        };
        let is_numbered = matches!(self.lists.last(), Some(Some(_)));
        if is_numbered || !self.containers.mark(Styled::new(mark, role.into())) {
            self.text(|inline| inline.role(Placed::ours(mark), role));
        }
    }

    fn start_code(&mut self, kind: &CodeBlockKind<'_>) {
        let language = match kind {
            CodeBlockKind::Fenced(info) => language_word(info),
            CodeBlockKind::Indented => "".into(),
        };
        let start = self.at;
        self.begin_block(BlockKind::Code {
            language: Arc::clone(&language),
            continued: false,
        });
        self.code = Some(Code {
            language,
            start,
            body: Verbatim::default(),
        });
    }

    fn end_code(&mut self) {
        let Some(code) = self.code.take() else {
            return;
        };
        self.at = code.start;
        if let Some(label) = label(&code.language, code.start) {
            self.emit(label.text, label.body);
        }
        for (number, (line, from)) in code.body.lines(code.start).enumerate() {
            let body = Body::Code(CodeLine {
                block: code.start,
                number,
                from,
                len: line.len(),
            });
            self.at = from;
            self.emit(code_text(line, from), body);
        }
    }

    fn end_cell(&mut self) {
        let cell = self.inline.take();
        if let Some(table) = &mut self.table {
            let row = table.rows.last_mut().unwrap_or(&mut table.header);
            row.cells.push(cell);
        }
    }

    fn math(&mut self, fence: &str, math: &CowStr<'_>) {
        let from = self.place(math);
        let mut at = 0;
        self.text(|inline| inline.role(Placed::ours(fence), Role::Math));
        for (index, part) in safe(math).split('\n').enumerate() {
            if index > 0 {
                self.break_line();
            }
            let part = Placed {
                text: part,
                from: from.map(|from| from + at),
            };
            self.text(|inline| inline.role(part, Role::Math));
            at += part.text.len() + 1;
        }
        self.text(|inline| inline.role(Placed::ours(fence), Role::Math));
    }

    /// Adds to the text of the paragraph; a tight item has no paragraph around its text.
    fn text(&mut self, add: impl FnOnce(&mut Inline)) {
        if !self.is_in_text && self.table.is_none() {
            self.begin_text(BlockKind::Paragraph);
        }
        add(&mut self.inline);
    }

    fn begin_text(&mut self, kind: BlockKind) {
        self.begin_block(kind);
        self.is_in_text = true;
    }

    /// Ends what stands before, and leaves an empty row where two blocks meet. Lists stay close to their text.
    fn begin_block(&mut self, kind: BlockKind) {
        self.end_line();
        let is_list = matches!(kind, BlockKind::ListItem { .. });
        self.kind.get_or_insert(kind);
        let needs_blank = self.containers.begin_block(is_list);
        if needs_blank {
            self.emit(Styled::default(), Body::Blank);
        }
    }

    fn break_line(&mut self) {
        if self.table.is_some() {
            self.inline.text(Placed::ours(" "));
        } else {
            let line = self.inline.take();
            self.emit(line, Body::Prose);
        }
    }

    /// Ends the paragraph, if one is open.
    fn end_line(&mut self) {
        if std::mem::take(&mut self.is_in_text) {
            let line = self.inline.take();
            self.emit(line, Body::Prose);
        }
    }

    /// Ends a container; an empty one still shows its mark.
    fn leave(&mut self) {
        self.end_line();
        if self.containers.is_untouched() {
            self.emit(Styled::default(), Body::Prose);
        }
        self.containers.leave();
    }

    fn emit(&mut self, text: Styled, body: Body) {
        self.lines.push(Line {
            start: text.start().unwrap_or(self.at),
            prefix: self.containers.prefix(),
            text: text.shrink(),
            body,
        });
    }
}

impl Verbatim {
    /// Its lines, each with where it stands in the document; `or` where that is not known.
    fn lines(&self, or: usize) -> impl Iterator<Item = (&str, usize)> {
        let mut begin = 0;
        self.text.split_inclusive('\n').map(move |line| {
            let from = self.place(begin).unwrap_or(or);
            begin += line.len();
            (line.trim_end_matches('\n'), from)
        })
    }

    /// Where in the document the byte at `at` of the text stands.
    fn place(&self, at: usize) -> Option<usize> {
        let next = self.places.partition_point(|&(begin, _)| begin <= at);
        let (begin, place) = *self.places.get(next.checked_sub(1)?)?;
        Some(place + (at - begin))
    }
}

fn heading_level(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 => 3,
        HeadingLevel::H4 => 4,
        HeadingLevel::H5 => 5,
        HeadingLevel::H6 => 6,
    }
}

fn alignment(align: Align) -> Alignment {
    match align {
        Align::None | Align::Left => Alignment::Left,
        Align::Center => Alignment::Center,
        Align::Right => Alignment::Right,
    }
}

fn alert(kind: BlockQuoteKind) -> &'static str {
    match kind {
        BlockQuoteKind::Note => "Note",
        BlockQuoteKind::Tip => "Tip",
        BlockQuoteKind::Important => "Important",
        BlockQuoteKind::Warning => "Warning",
        BlockQuoteKind::Caution => "Caution",
    }
}

/// The one element that is obeyed: models write it inside table cells.
fn is_line_break(html: &str) -> bool {
    let name = html
        .trim_start_matches('<')
        .trim_end_matches(['/', '>', ' ']);
    name.eq_ignore_ascii_case("br")
}
