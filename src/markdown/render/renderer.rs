//! Collects the lines of one block from the parser's events.
//!
//! Events are dealt out here; what they do to text and to blocks stands in the rooms below.

mod blocks;
mod text;
mod verbatim;

use std::ops::Range;
use std::sync::Arc;

use pulldown_cmark::{Event, HeadingLevel, Tag, TagEnd};

use super::containers::Containers;
use super::html::{self, Html};
use super::inline::{Inline, Placed, safe};
use super::marks::Mark;
use super::{Context, Rendered};
use crate::markdown::block::{BlockKind, Body, Line, Role, Styled, Table, TableRow};
use crate::markdown::split::{CodeStart, Rest};
use verbatim::Verbatim;

/// The deepest nesting that is laid out.
const DEPTH_LIMIT: usize = 32;

/// A code block whose text is being collected.
struct Code {
    language: Arc<str>,
    start: usize,
    /// Where it goes on, if it began before the text.
    rest_of: Option<CodeStart>,
    body: Verbatim,
}

/// The lines so far, and what stands open.
pub(super) struct Renderer<'a> {
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
    /// Where in the text the last cell ended.
    cell_end: usize,
    /// The numbers that lists go on with.
    numbers: std::slice::Iter<'a, Option<u64>>,
    /// The next number of each open list.
    lists: Vec<Option<u64>>,
    depth: usize,
}

impl<'a> Renderer<'a> {
    pub(super) fn new(
        (source, veiled): (&'a str, &'a str),
        marks: Vec<Mark>,
        context: Context<'a>,
    ) -> Self {
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
            cell_end: 0,
            numbers: context.opening.numbers.iter(),
            lists: Vec::new(),
            depth: 0,
        }
    }

    pub(super) fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        let start = range.start;
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
                self.end(end, range.end);
            }
            Event::Text(text) | Event::Html(text) if self.is_verbatim() => self.verbatim(&text),
            Event::Text(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.prose(&text);
            }
            Event::InlineHtml(html) if html::is_line_break(&html) => self.break_line(),
            Event::Html(html) | Event::InlineHtml(html) => self.role(&html, Role::Html),
            Event::Code(code) => self.role(&code, Role::InlineCode),
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

    /// Whether it nests deeper than is laid out.
    pub(super) fn is_too_deep(&self) -> bool {
        self.depth > DEPTH_LIMIT
    }

    /// What has come out of the events.
    pub(super) fn finish(mut self) -> Rendered {
        self.end_line();
        Rendered {
            kind: self.kind.unwrap_or(BlockKind::Paragraph),
            lines: self.lines,
            links: self.inline.links,
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
            Tag::FootnoteDefinition(name) => self.start_footnote(&name),
            Tag::Table(alignments) => self.start_table(alignments),
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
            } => self.start_link(link_type, &dest_url),
            Tag::Image { dest_url, .. } => self.start_image(&dest_url),
            _ => {}
        }
    }

    fn end(&mut self, end: TagEnd, place: usize) {
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
            TagEnd::HtmlBlock => self.end_html(),
            TagEnd::TableCell => self.end_cell(place),
            TagEnd::TableHead => self.inline.end(),
            TagEnd::TableRow => self.end_row(place),
            TagEnd::Table => self.end_table(),
            TagEnd::Emphasis => self.inline.italic = self.inline.italic.saturating_sub(1),
            TagEnd::Strong => self.inline.bold = self.inline.bold.saturating_sub(1),
            TagEnd::Strikethrough => self.inline.strike = self.inline.strike.saturating_sub(1),
            TagEnd::Link | TagEnd::Image => self.inline.end_link(),
            _ => {}
        }
    }

    fn is_verbatim(&self) -> bool {
        self.code.is_some() || self.html.is_some()
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
        self.emit_from(text.start().unwrap_or(self.at), text, body);
    }

    /// Emits a line that begins before its text does.
    fn emit_from(&mut self, start: usize, text: Styled, body: Body) {
        let prefix = self.containers.prefix();
        if self.is_opening {
            return;
        }
        self.lines.push(Line {
            start,
            prefix,
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
