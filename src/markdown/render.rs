//! One block of Markdown to lines of styled text, from the parser's events.
//!
//! Knows nothing of widths. What is too deep or too large comes out as it was written.

mod containers;
pub(super) mod html;
mod inline;
mod marks;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use pulldown_cmark::{
    Alignment as Align, BlockQuoteKind, BrokenLink, CodeBlockKind, CowStr, Event, HeadingLevel,
    LinkType, Parser, Tag, TagEnd,
};

use super::block::{
    Alignment, BlockKind, Body, Callout, CodeLine, CodeRole, Line, Role, Style, Styled, Table,
    TableRow,
};
use super::fence::{code_text, label, language_word};
use super::math;
use super::split::{CodePlace, OPTIONS, Opening, Rest};
use crate::text::{TAB_STOP, width};
use containers::Containers;
use html::Html;
use inline::{Inline, Placed, safe};
use marks::{Kind, Mark};

/// Bytes of the largest block that is laid out.
const SIZE_LIMIT: usize = 256 * 1024;

/// The deepest nesting that is laid out.
const DEPTH_LIMIT: usize = 32;

/// The marks of items, by how deep their list is.
const BULLETS: [char; 3] = ['•', '◦', '–'];

/// Where labels of reference links lead, by [`label_key`].
pub(super) type Definitions = HashMap<String, String>;

/// What rendering needs besides the text.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) definitions: &'a Definitions,
    /// Where the text begins in the document, without what opens it.
    pub(super) offset: usize,
    /// What the text begins with so that the parser knows what surrounds it; it is not shown.
    pub(super) opening: &'a Opening,
    /// Whether text may follow that belongs to it.
    pub(super) is_open: bool,
}

/// One block, rendered.
#[derive(Debug)]
pub(super) struct Rendered {
    pub(super) kind: BlockKind,
    pub(super) lines: Vec<Line>,
    pub(super) links: Vec<Box<str>>,
}

/// Renders `text`, which is what opens it and one top-level block, one item of a top-level list, or a part of these.
pub(super) fn render(text: &str, context: Context<'_>) -> Rendered {
    let skip = context.opening.text.len();
    let shown = text.get(skip..).unwrap_or_default();
    if shown.len() > SIZE_LIMIT {
        return plain(shown, context.offset);
    }
    let definitions = context.definitions;
    let resolve = |link: BrokenLink<'_>| {
        let target = definitions.get(&label_key(&link.reference))?;
        Some((target.clone().into(), "".into()))
    };
    let maths = math::ranges(text, skip, context.is_open);
    let veiled = math::veil(text, &maths);
    let parser = Parser::new_with_broken_link_callback(&veiled, OPTIONS, Some(resolve));
    let mut renderer = Renderer::new((text, &veiled), marks::find(text, maths), context);
    for (event, range) in parser.into_offset_iter() {
        let start = range.start;
        renderer.event(own_entities(event, text.get(range)), start);
        if renderer.depth > DEPTH_LIMIT {
            return plain(shown, context.offset);
        }
    }
    renderer.end_line();
    begin_with_the_source(shown, context.offset, &mut renderer.lines);
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

/// The text of a named entity (`&rlm;`) as text of its own: the parser lends it like a piece of the source, which was
/// made safe, but it comes from a table.
fn own_entities<'a>(event: Event<'a>, source: Option<&str>) -> Event<'a> {
    match event {
        Event::Text(text) if source.is_some_and(|s| s.starts_with('&') && *s != *text) => {
            Event::Text(text.into_string().into())
        }
        event => event,
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
    /// Where its pieces stand in the document, each with where it begins in the text. What is left of a tab stands
    /// nowhere.
    places: Vec<(usize, Option<usize>)>,
}

/// A code block whose text is being collected.
struct Code {
    language: Arc<str>,
    start: usize,
    /// Where it goes on, if it began before the text.
    rest_of: Option<CodePlace>,
    body: Verbatim,
}

struct Renderer<'a> {
    source: &'a str,
    /// The source as the parser sees it, place for place.
    veiled: &'a str,
    /// What the parser does not know of, in order.
    marks: Vec<Mark>,
    context: Context<'a>,
    /// Where in the document the event at hand begins.
    at: usize,
    /// Bytes of the text that only open it.
    skip: usize,
    /// Nothing is shown yet.
    is_opening: bool,
    /// What begins now goes on with what came before the text.
    is_rest: bool,
    lines: Vec<Line>,
    kind: Option<BlockKind>,
    containers: Containers,
    inline: Inline,
    /// Inside a paragraph, or text that a tight item holds directly.
    is_in_text: bool,
    code: Option<Code>,
    html: Option<Verbatim>,
    /// The HTML that the text goes on with.
    html_before: Html,
    table: Option<Table>,
    /// The numbers that lists go on with.
    numbers: std::slice::Iter<'a, Option<u64>>,
    /// The next number of each open list.
    lists: Vec<Option<u64>>,
    depth: usize,
}

impl<'a> Renderer<'a> {
    fn new((source, veiled): (&'a str, &'a str), marks: Vec<Mark>, context: Context<'a>) -> Self {
        Self {
            source,
            veiled,
            marks,
            context,
            at: context.offset,
            skip: context.opening.text.len(),
            is_opening: true,
            is_rest: false,
            lines: Vec::new(),
            kind: None,
            containers: Containers::default(),
            inline: Inline::default(),
            is_in_text: false,
            code: None,
            html: None,
            html_before: Html::default(),
            table: None,
            numbers: context.opening.numbers.iter(),
            lists: Vec::new(),
            depth: 0,
        }
    }

    fn event(&mut self, event: Event<'_>, start: usize) {
        self.at = self.context.offset + start.saturating_sub(self.skip);
        let is_first = start >= self.skip && std::mem::take(&mut self.is_opening);
        self.is_rest = is_first && self.context.opening.rest != Rest::Block;
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
            Event::Text(text) => self.prose(&text),
            Event::InlineHtml(html) if html::is_line_break(&html) => self.break_line(),
            Event::Html(html) | Event::InlineHtml(html) => self.role(&html, Role::Html),
            Event::Code(code) => self.role(&code, Role::InlineCode),
            Event::InlineMath(math) => self.math("$", &math),
            Event::DisplayMath(math) => self.math("$$", &math),
            Event::FootnoteReference(name) => {
                let mark = format!("[{}]", safe(&name));
                self.text(|inline| inline.role(Placed::ours(&mark), Role::Footnote));
            }
            Event::SoftBreak if self.breaks_here() => self.break_line(),
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
        let text = self.unveiled(text);
        let placed = Placed { text: &text, from };
        self.text(|inline| add(inline, placed));
    }

    /// Adds text that may hold marks which the parser does not know of.
    fn prose(&mut self, text: &CowStr<'_>) {
        let Some(from) = self.place(text).filter(|_| !self.marks.is_empty()) else {
            return self.placed(text, Inline::text);
        };
        let source = self.source;
        let from = self.in_text(from);
        for (range, kind) in marks::cut(&self.marks, from..from + text.len()) {
            let placed = Placed {
                text: source.get(range.clone()).unwrap_or_default(),
                from: Some(self.context.offset + range.start - self.skip),
            };
            self.text(|inline| match kind {
                None => inline.text(placed),
                Some(Kind::Math { .. }) => inline.role(placed, Role::Math),
                Some(Kind::Footnote) => inline.role(placed, Role::Footnote),
                Some(Kind::Caret) => {}
            });
        }
    }

    /// Whether a line break of the source is kept: in a display, and before what defines a term.
    fn breaks_here(&self) -> bool {
        let at = self.in_text(self.at);
        let is_definition = || {
            let next = self.source.get(at..).map(str::trim_start);
            next.is_some_and(|next| next.starts_with(": "))
        };
        marks::at(&self.marks, at) == Some(Kind::Math { is_display: true }) || is_definition()
    }

    fn role(&mut self, text: &CowStr<'_>, role: Role) {
        self.placed(text, |inline, text| inline.role(text, role));
    }

    /// Text of the parser as it stands in the source.
    fn unveiled<'t>(&self, text: &'t CowStr<'_>) -> Cow<'t, str>
    where
        'a: 't,
    {
        let place = self.place(text).map(|place| self.in_text(place));
        match place.and_then(|at| self.source.get(at..at + text.len())) {
            Some(source) => Cow::Borrowed(source),
            None => safe(text),
        }
    }

    /// Where in the text a place of the document is.
    fn in_text(&self, place: usize) -> usize {
        place - self.context.offset + self.skip
    }

    /// Where text of the parser stands in the document; `None` if it was decoded.
    fn place(&self, text: &CowStr<'_>) -> Option<usize> {
        let CowStr::Borrowed(part) = text else {
            return None;
        };
        let at = part
            .as_ptr()
            .addr()
            .checked_sub(self.veiled.as_ptr().addr())?;
        let is_inside = at >= self.skip && at + part.len() <= self.veiled.len();
        is_inside.then(|| self.context.offset + at - self.skip)
    }

    fn is_verbatim(&self) -> bool {
        self.code.is_some() || self.html.is_some()
    }

    fn verbatim(&mut self, text: &CowStr<'_>) {
        if self.is_opening {
            self.html_before.pass(text);
            return;
        }
        let place = self.place(text);
        let text = self.unveiled(text);
        let body = self.code.as_mut().map(|code| &mut code.body);
        if let Some(body) = body.or(self.html.as_mut()) {
            body.places.push((body.text.len(), place));
            body.text.push_str(&text);
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph => self.begin_text(BlockKind::Paragraph),
            Tag::Heading { level, .. } => {
                let level = heading_level(level);
                self.begin_text(BlockKind::Heading(level));
                self.inline.begin(Role::Heading(level));
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
                let mark = format!("[{}] ", safe(&name));
                let indent = " ".repeat(width(&mark));
                self.containers.enter(
                    Styled::new(&mark, Role::Footnote.into()),
                    Styled::new(&indent, Role::Text.into()),
                );
            }
            Tag::Table(alignments) => {
                self.begin_block(BlockKind::Table);
                self.table = Some(Table {
                    alignments: alignments.into_iter().map(alignment).collect(),
                    begun: self
                        .context
                        .opening
                        .table
                        .clone()
                        .filter(|_| self.is_opening),
                    ..Table::default()
                });
            }
            Tag::TableHead => {
                self.inline.begin(Role::TableHeader);
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
            Tag::Link {
                link_type,
                dest_url,
                ..
            } => {
                let mut target = self.unveiled(&dest_url);
                if link_type == LinkType::Email {
                    target = format!("mailto:{target}").into();
                }
                self.text(|inline| inline.start_link(&target, Role::Link));
            }
            Tag::Image { dest_url, .. } => {
                let target = self.unveiled(&dest_url);
                self.text(|inline| {
                    inline.role(Placed::ours("image: "), Role::Dim);
                    inline.start_link(&target, Role::Image);
                });
            }
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
                let body = self.html.take().unwrap_or_default();
                let mut html = std::mem::take(&mut self.html_before);
                for line in body.lines(self.at) {
                    self.at = line.from;
                    let mut text = Styled::new(line.blanks, Role::Html.into());
                    text.append(&html.line(line.text, line.from));
                    self.emit(text, Body::Literal);
                }
            }
            TagEnd::TableCell => self.end_cell(),
            TagEnd::TableHead => self.inline.end(),
            TagEnd::Table => {
                if let Some(mut table) = self.table.take() {
                    if table.begun.is_some() {
                        table.header = TableRow::default();
                    }
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
        let callout = kind.map(callout);
        let bar = callout.map_or(Role::QuoteBar, Role::Callout);
        let bar = Styled::new("▎ ", bar.into());
        self.containers.enter(bar.clone(), bar);
        self.inline
            .begin(callout.map_or(Role::Quote, |_| Role::Text));
        if let Some(callout) = callout {
            let style = Style {
                bold: true,
                ..Role::Callout(callout).into()
            };
            self.emit(Styled::new(callout.name(), style), Body::Prose);
        }
    }

    fn start_list(&mut self, first: Option<u64>) {
        self.end_line();
        let known = if self.is_opening || self.lists.is_empty() {
            self.numbers.next().copied().flatten()
        } else {
            None
        };
        let number = known.or(first);
        self.lists.push(number);
        self.begin_block(BlockKind::ListItem { number });
    }

    fn start_item(&mut self) {
        let depth = self.lists.len();
        let marker = if let Some(Some(number)) = self.lists.last_mut() {
            let marker = format!("{number}. ");
            *number = number.saturating_add(1);
            marker
        } else {
            let bullet = BULLETS[depth.saturating_sub(1) % BULLETS.len()];
            format!("{bullet} ")
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
            CodeBlockKind::Fenced(info) => language_word(&self.unveiled(info)),
            CodeBlockKind::Indented => "".into(),
        };
        let start = self.at;
        let rest_of = match self.context.opening.rest {
            Rest::Code(place) if self.is_opening || self.is_rest => Some(place),
            _ => None,
        };
        self.begin_block(BlockKind::Code {
            language: Arc::clone(&language),
            continued: rest_of.is_some(),
        });
        self.code = Some(Code {
            language,
            start,
            rest_of,
            body: Verbatim::default(),
        });
    }

    fn end_code(&mut self) {
        let Some(code) = self.code.take() else {
            return;
        };
        self.at = code.start;
        if code.rest_of.is_none()
            && let Some(label) = label(&code.language, code.start)
        {
            self.emit(label.text, label.body);
        }
        let rest_of = code.rest_of.unwrap_or(CodePlace::of(code.start));
        for (index, line) in code.body.lines(code.start).enumerate() {
            let body = Body::Code(CodeLine {
                block: rest_of.block,
                number: rest_of.number + index,
                begun: if index == 0 { rest_of.begun } else { 0 },
                from: line.from,
                len: line.text.len(),
            });
            self.at = line.from;
            let mut text = Styled::new(line.blanks, Role::Code(CodeRole::Plain).into());
            text.append(&code_text(line.text, line.from));
            self.emit(text, body);
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
        for (index, part) in self.unveiled(math).split('\n').enumerate() {
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
        if needs_blank && !self.is_rest {
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
        let prefix = self.containers.prefix();
        if self.is_opening {
            return;
        }
        self.lines.push(Line {
            start: text.start().unwrap_or(self.at),
            prefix,
            text: text.shrink(),
            body,
        });
    }
}

/// A line of text that is shown as it was written.
struct VerbatimLine<'a> {
    /// What is left of a tab before it.
    blanks: &'a str,
    text: &'a str,
    /// Where `text` stands.
    from: usize,
}

impl Verbatim {
    /// Its lines; `or` is where a line stands whose place is not known.
    fn lines(&self, or: usize) -> impl Iterator<Item = VerbatimLine<'_>> {
        let mut begin = 0;
        self.text.split_inclusive('\n').map(move |line| {
            let start = begin;
            begin += line.len();
            let line = line.trim_end_matches('\n');
            let blanks = line.len() - line.trim_start_matches(' ').len();
            let known = (0..=blanks).find_map(|at| Some((at, self.place(start + at)?)));
            let (at, from) = known.unwrap_or((0, or));
            let (blanks, text) = line.split_at_checked(at).unwrap_or(("", line));
            VerbatimLine { blanks, text, from }
        })
    }

    /// Where in the document the byte at `at` of the text stands.
    fn place(&self, at: usize) -> Option<usize> {
        let next = self.places.partition_point(|&(begin, _)| begin <= at);
        let (begin, place) = *self.places.get(next.checked_sub(1)?)?;
        Some(place? + (at - begin))
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

fn callout(kind: BlockQuoteKind) -> Callout {
    match kind {
        BlockQuoteKind::Note => Callout::Note,
        BlockQuoteKind::Tip => Callout::Tip,
        BlockQuoteKind::Important => Callout::Important,
        BlockQuoteKind::Warning => Callout::Warning,
        BlockQuoteKind::Caution => Callout::Caution,
    }
}
