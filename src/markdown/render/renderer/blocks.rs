//! What holds lines: quotes, lists, code, HTML, tables, footnotes.
//!
//! How wide they are is the layout's.

use std::sync::Arc;

use pulldown_cmark::{Alignment as Align, BlockQuoteKind, CodeBlockKind, CowStr};

use super::verbatim::Verbatim;
use super::{Code, Renderer};
use crate::markdown::block::{
    Alignment, BlockKind, Body, Callout, CodeLine, CodeRole, Role, Style, Styled, Table, TableRow,
};
use crate::markdown::fence::{code_text, label, language_word};
use crate::markdown::layout::table_columns;
use crate::markdown::render::inline::{Placed, safe};
use crate::markdown::split::{CodeStart, Rest};
use crate::text::width;

/// The marks of items, by how deep their list is.
const BULLETS: [char; 3] = ['•', '◦', '–'];

/// Digits that there is always room for before an item. The numbers to come are not known while a list arrives, and what
/// stands there already does not move for them.
const NUMBER_DIGITS: usize = 2;

impl Renderer<'_> {
    pub(super) fn verbatim(&mut self, text: &CowStr<'_>) {
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

    pub(super) fn start_quote(&mut self, kind: Option<BlockQuoteKind>) {
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

    pub(super) fn start_list(&mut self, first: Option<u64>) {
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

    pub(super) fn start_item(&mut self) {
        let depth = self.lists.len();
        let marker = if let Some(Some(number)) = self.lists.last_mut() {
            let marker = format!("{number:>NUMBER_DIGITS$}. ");
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

    pub(super) fn start_code(&mut self, kind: &CodeBlockKind<'_>) {
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

    pub(super) fn end_code(&mut self) {
        let Some(code) = self.code.take() else {
            return;
        };
        self.at = code.start;
        // In an open line the language may still be on its way.
        let opener = self.source.get(self.in_text(code.start)..);
        let is_whole = opener.is_some_and(|opener| opener.contains('\n'));
        let is_known = is_whole || !code.language.is_empty() || !self.context.is_open;
        if code.rest_of.is_none() && is_known {
            let label = label(&code.language, code.start, opener.unwrap_or_default());
            self.emit_from(label.start, label.text, label.body);
        }
        let rest_of = code.rest_of.unwrap_or(CodeStart::of(code.start));
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

    pub(super) fn end_cell(&mut self, end: usize) {
        self.cell_end = end;
        let cell = self.inline.take();
        if let Some(table) = &mut self.table {
            let row = table.rows.last_mut().unwrap_or(&mut table.header);
            row.cells.push(cell);
        }
    }

    /// The parser fills short rows with empty cells, of which a wide table could have more than there is memory for. Of
    /// long rows it drops what comes after the last column: that is shown there, as it was written.
    pub(super) fn end_row(&mut self, end: usize) {
        let rest = self.beyond_cells(end);
        if let Some(row) = self.table.as_mut().and_then(|table| table.rows.last_mut()) {
            if let Some(rest) = rest
                && let Some(last) = row.cells.last_mut()
            {
                last.append(&rest);
            }
            let written = row.cells.iter().rposition(|cell| !cell.is_empty());
            row.cells.truncate(written.map_or(0, |last| last + 1));
            row.cells.shrink_to_fit();
        }
    }

    /// What stands between the last cell and the end of its row.
    fn beyond_cells(&mut self, row_end: usize) -> Option<Styled> {
        let before = self
            .source
            .get(..self.cell_end)?
            .trim_end_matches([' ', '\t']);
        let rest = self.source.get(before.len()..row_end)?.trim_end();
        let rest = rest.strip_suffix('|').unwrap_or(rest).trim_end();
        if rest.trim_matches(['|', ' ', '\t']).is_empty() {
            return None;
        }
        let from = self.context.offset + before.len().checked_sub(self.skip)?;
        self.inline.text(Placed {
            text: rest,
            from: Some(from),
        });
        Some(self.inline.take())
    }

    pub(super) fn start_footnote(&mut self, name: &CowStr<'_>) {
        self.begin_block(BlockKind::Footnote);
        let mark = format!("[{}] ", safe(name));
        let indent = " ".repeat(width(&mark));
        self.containers.enter(
            Styled::new(&mark, Role::Footnote.into()),
            Styled::new(&indent, Role::Text.into()),
        );
    }

    pub(super) fn end_html(&mut self) {
        let body = self.html.take().unwrap_or_default();
        let mut html = std::mem::take(&mut self.html_before);
        for line in body.lines(self.at) {
            self.at = line.from;
            let mut text = Styled::new(line.blanks, Role::Html.into());
            text.append(&html.line(line.text, line.from));
            self.emit(text, Body::Literal);
        }
    }

    pub(super) fn start_table(&mut self, alignments: Vec<Align>) {
        self.begin_block(BlockKind::Table);
        // Of a first part that was too large to be laid out nothing is known.
        let begun = || self.context.opening.table.clone().unwrap_or_default();
        self.table = Some(Table {
            alignments: alignments.into_iter().map(alignment).collect(),
            begun: self.is_opening.then(begun),
            ..Table::default()
        });
    }

    pub(super) fn end_table(&mut self) {
        let Some(mut table) = self.table.take() else {
            return;
        };
        if table.begun.is_some() {
            table.header = TableRow::default();
        }
        table.columns = table_columns(&table);
        self.emit(Styled::default(), Body::Table(Box::new(table)));
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
