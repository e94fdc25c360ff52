//! One block of Markdown to lines of styled text, from the parser's events.
//!
//! Knows nothing of widths. What is too deep or too large comes out as it was written.

mod containers;
mod inline;
mod nested;

use std::collections::HashMap;
use std::sync::Arc;

use pulldown_cmark::{
    Alignment as Align, BlockQuoteKind, BrokenLink, CodeBlockKind, Event, HeadingLevel, Parser,
    Tag, TagEnd,
};

use super::block::{Alignment, BlockKind, Body, Line, Role, Style, Styled, Table};
use super::fence::{label, language_word};
use super::highlight::Highlighter;
use super::split::OPTIONS;
use containers::Containers;
use inline::{Inline, safe};
pub(super) use nested::NestedCode;

/// Bytes of the largest block that is laid out.
const SIZE_LIMIT: usize = 256 * 1024;

/// The deepest nesting that is laid out.
const DEPTH_LIMIT: usize = 32;

/// Where labels of reference links lead, by [`label_key`].
pub(super) type Definitions = HashMap<String, String>;

/// What rendering needs besides the text.
pub(super) struct Context<'a> {
    pub(super) highlighter: &'a Highlighter,
    pub(super) definitions: &'a Definitions,
    pub(super) nested: &'a mut NestedCode,
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
        return plain(text);
    }
    let definitions = context.definitions;
    let resolve = |link: BrokenLink<'_>| {
        let target = definitions.get(&label_key(&link.reference))?;
        Some((target.clone().into(), "".into()))
    };
    let parser = Parser::new_with_broken_link_callback(text, OPTIONS, Some(resolve));
    let mut renderer = Renderer::new(context);
    for (event, range) in parser.into_offset_iter() {
        renderer.event(event, range.start);
        if renderer.depth > DEPTH_LIMIT {
            return plain(text);
        }
    }
    renderer.end_line();
    Rendered {
        kind: renderer.kind.unwrap_or(BlockKind::Paragraph),
        lines: renderer.lines,
        links: renderer.inline.links,
    }
}

/// `text` as it was written.
pub(super) fn plain(text: &str) -> Rendered {
    Rendered {
        kind: BlockKind::Plain,
        lines: literal_lines(text, Role::Text),
        links: Vec::new(),
    }
}

/// The lines of `text` as they were written.
pub(super) fn literal_lines(text: &str, role: Role) -> Vec<Line> {
    text.trim_end_matches('\n')
        .split('\n')
        .map(|line| Line {
            prefix: None,
            text: Styled::new(&crate::text::expand_tabs(line, 0), role.into()),
            body: Body::Literal,
        })
        .collect()
}

/// The form in which labels of reference links are compared: without case, runs of blanks as one.
pub(super) fn label_key(label: &str) -> String {
    let words: Vec<_> = label.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// A code block whose text is being collected.
struct Code {
    language: Arc<str>,
    text: String,
    start: usize,
}

struct Renderer<'a> {
    context: Context<'a>,
    lines: Vec<Line>,
    kind: Option<BlockKind>,
    containers: Containers,
    inline: Inline,
    /// Inside a paragraph, or text that a tight item holds directly.
    is_in_text: bool,
    code: Option<Code>,
    html: Option<String>,
    table: Option<Table>,
    /// The next number of each open list.
    lists: Vec<Option<u64>>,
    depth: usize,
}

impl<'a> Renderer<'a> {
    fn new(context: Context<'a>) -> Self {
        Self {
            context,
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
        match event {
            Event::Start(tag) => {
                self.depth += 1;
                self.start(tag, start);
            }
            Event::End(end) => {
                self.depth = self.depth.saturating_sub(1);
                self.end(end);
            }
            Event::Text(text) => match (&mut self.code, &mut self.html) {
                (Some(code), _) => code.text.push_str(&safe(&text)),
                (None, Some(html)) => html.push_str(&safe(&text)),
                (None, None) => self.text(|inline| inline.text(&safe(&text))),
            },
            Event::Html(html) => match &mut self.html {
                Some(text) => text.push_str(&safe(&html)),
                None => self.text(|inline| inline.role(&safe(&html), Role::Html)),
            },
            Event::InlineHtml(html) if is_line_break(&html) => self.break_line(),
            Event::InlineHtml(html) => self.text(|inline| inline.role(&safe(&html), Role::Html)),
            Event::Code(code) => self.text(|inline| inline.role(&safe(&code), Role::InlineCode)),
            Event::InlineMath(math) => self.math("$", &safe(&math)),
            Event::DisplayMath(math) => self.math("$$", &safe(&math)),
            Event::FootnoteReference(name) => {
                let mark = format!("[^{}]", safe(&name));
                self.text(|inline| inline.role(&mark, Role::LinkTarget));
            }
            Event::SoftBreak => self.text(|inline| inline.text(" ")),
            Event::HardBreak => self.break_line(),
            Event::Rule => {
                self.begin_block(BlockKind::Rule);
                self.emit(Styled::default(), Body::Rule);
            }
            Event::TaskListMarker(is_done) => self.task(is_done),
        }
    }

    fn start(&mut self, tag: Tag<'_>, start: usize) {
        match tag {
            Tag::Paragraph => self.begin_text(BlockKind::Paragraph),
            Tag::Heading { level, .. } => {
                let level = heading_level(level);
                self.begin_text(BlockKind::Heading(level));
                self.inline.begin(Role::Heading(level), true);
            }
            Tag::BlockQuote(kind) => self.start_quote(kind),
            Tag::CodeBlock(kind) => self.start_code(&kind, start),
            Tag::HtmlBlock => {
                self.begin_block(BlockKind::Html);
                self.html = Some(String::new());
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
            Tag::TableHead => self.inline.begin(Role::TableHeader, true),
            Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::Emphasis => self.inline.italic += 1,
            Tag::Strong => self.inline.bold += 1,
            Tag::Strikethrough => self.inline.strike += 1,
            Tag::Link { dest_url, .. } => self.text(|inline| inline.start_link(&safe(&dest_url))),
            Tag::Image { dest_url, .. } => self.text(|inline| {
                inline.role("image: ", Role::Dim);
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
                for line in literal_lines(&self.html.take().unwrap_or_default(), Role::Html) {
                    self.emit(line.text, line.body);
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
            self.text(|inline| inline.role(mark, role));
        }
    }

    fn start_code(&mut self, kind: &CodeBlockKind<'_>, start: usize) {
        let language = match kind {
            CodeBlockKind::Fenced(info) => language_word(info),
            CodeBlockKind::Indented => "".into(),
        };
        self.begin_block(BlockKind::Code {
            language: Arc::clone(&language),
            continued: false,
        });
        self.code = Some(Code {
            language,
            text: String::new(),
            start: self.context.offset + start,
        });
    }

    fn end_code(&mut self) {
        let Some(code) = self.code.take() else {
            return;
        };
        if let Some(label) = label(&code.language) {
            self.emit(label.text, label.body);
        }
        let Context {
            nested,
            highlighter,
            ..
        } = &mut self.context;
        let lines = nested.lines(code.start, &code.language, &code.text, highlighter);
        for line in lines {
            self.emit(line, Body::Code);
        }
    }

    fn end_cell(&mut self) {
        let cell = self.inline.take();
        if let Some(table) = &mut self.table {
            table
                .rows
                .last_mut()
                .unwrap_or(&mut table.header)
                .push(cell);
        }
    }

    fn math(&mut self, fence: &str, math: &str) {
        for (index, line) in format!("{fence}{math}{fence}").lines().enumerate() {
            if index > 0 {
                self.break_line();
            }
            self.text(|inline| inline.role(line, Role::Math));
        }
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
            self.inline.text(" ");
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
            prefix: self.containers.prefix(),
            text: text.shrink(),
            body,
        });
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
