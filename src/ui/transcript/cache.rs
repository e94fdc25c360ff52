//! What the view remembers between frames: the Markdown of answers, grown as text arrives, and rows laid out for a
//! width. Rows are kept near what is visible, heights for the rest.

use std::{
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

use ratatui::{
    buffer::{Buffer, Cell, CellDiffOption},
    text::Line,
};

use super::super::theme::Palette;
use crate::{
    chat::{Answer, AnswerId, SessionId, Turn, TurnId},
    config::Theme,
    markdown::{self, Document, Highlighter, LayoutOptions, Role, Row},
    text::SafeText,
};

/// Prose wraps here even where there is more room: longer lines are hard to read.
const MEASURE: u16 = 100;
/// Lines of source that make one block when Markdown is not rendered.
const SOURCE_PIECE: usize = 64;
/// Blocks whose rows are kept; a screen shows far fewer.
const KEPT_BLOCKS: usize = 512;

/// Which text of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Text {
    Content,
    Reasoning,
}

/// What the view remembers between frames.
#[derive(Debug)]
pub struct Cache {
    pub(in crate::ui) palette: Rc<Palette>,
    highlighter: Highlighter,
    answers: HashMap<AnswerId, [Stream; 2]>,
    prompts: HashMap<TurnId, (u16, Rows)>,
    /// The session that the rest belongs to.
    session: Option<SessionId>,
    /// Rows of the last frame whose width terminals may count differently.
    odd_rows: Vec<u16>,
}

impl Cache {
    /// An empty cache that draws with `palette`.
    pub fn new(palette: Palette, highlighter: Highlighter) -> Self {
        Self {
            palette: Rc::new(palette),
            highlighter,
            answers: HashMap::new(),
            prompts: HashMap::new(),
            session: None,
            odd_rows: Vec::new(),
        }
    }

    /// Draws with another theme from now on. What is laid out holds roles and no styles, so it stays.
    pub(in crate::ui) fn wear(&mut self, theme: &Theme) {
        if let Some(palette) = self.palette.changed(theme) {
            self.palette = Rc::new(palette);
        }
    }

    /// Forgets what belongs to another session.
    pub(in crate::ui) fn follow(&mut self, session: SessionId) {
        if self.session.replace(session) != Some(session) {
            self.answers.clear();
            self.prompts.clear();
        }
    }

    /// Lets rows with clusters of several characters be written whole, in this frame and the one after. Terminals
    /// disagree about the width of flags, joined emoji and the like: what such a cluster covered besides its own cells
    /// would stay behind, since the difference between two frames does not know of it.
    pub(in crate::ui) fn refresh_odd_rows(&mut self, buffer: &mut Buffer) {
        let area = *buffer.area();
        let width = usize::from(area.width);
        if width == 0 {
            return;
        }
        let is_cluster = |cell: &Cell| {
            let symbol = cell.symbol();
            symbol.len() > 1 && symbol.chars().nth(1).is_some()
        };
        let odd: Vec<u16> = (area.y..area.bottom())
            .zip(buffer.content().chunks(width))
            .filter(|(_, row)| row.iter().any(is_cluster))
            .map(|(y, _)| y)
            .collect();
        let before = std::mem::replace(&mut self.odd_rows, odd.clone());
        for y in before.into_iter().chain(odd) {
            for x in area.x..area.right() {
                if let Some(cell) = buffer.cell_mut((x, y)) {
                    cell.set_diff_option(CellDiffOption::AlwaysUpdate);
                }
            }
        }
    }

    /// How many blocks a text has by now.
    pub(super) fn blocks(&mut self, answer: &Answer, text: Text, raw: bool) -> usize {
        self.stream(answer, text, raw).block_count(raw)
    }

    /// Rows of a block with the empty one before it.
    pub(super) fn height(
        &mut self,
        answer: &Answer,
        text: Text,
        block: usize,
        width: u16,
        raw: bool,
    ) -> usize {
        let first = text == Text::Content;
        self.stream(answer, text, raw)
            .height(block, width, raw, first)
    }

    /// A block laid out.
    pub(super) fn rows(
        &mut self,
        answer: &Answer,
        text: Text,
        block: usize,
        width: u16,
        raw: bool,
    ) -> Rows {
        let first = text == Text::Content;
        self.stream(answer, text, raw)
            .rows(block, width, raw, first)
    }

    /// A prompt laid out; `space` puts an empty row before it.
    pub(super) fn prompt(&mut self, turn: &Turn, space: bool, width: u16) -> Rows {
        if let Some((at, rows)) = self.prompts.get(&turn.id)
            && *at == width
        {
            return rows.clone();
        }
        let safe = SafeText::new(&turn.text);
        let rows = markdown::layout_text(safe.as_str(), Role::Text, width, &options());
        let rows = Rows {
            space,
            markdown: Rc::new(rows),
            lines: Rc::default(),
        };
        self.prompts.insert(turn.id, (width, rows.clone()));
        rows
    }

    fn stream(&mut self, answer: &Answer, text: Text, raw: bool) -> &mut Stream {
        let streams = self.answers.entry(answer.id).or_default();
        let (stream, source) = match text {
            Text::Content => (&mut streams[0], &answer.content),
            Text::Reasoning => (&mut streams[1], &answer.reasoning),
        };
        stream.feed(source, !answer.is_live(), raw, &self.highlighter);
        stream
    }
}

fn options() -> LayoutOptions {
    LayoutOptions {
        measure: MEASURE,
        ..LayoutOptions::default()
    }
}

/// One growing text.
#[derive(Debug, Default)]
struct Stream {
    document: Document,
    /// Bytes of the answer's text that the document has taken.
    fed: usize,
    finished: bool,
    rendered: Laid,
    /// Where the pieces of the source begin that stand for blocks when Markdown is not rendered.
    pieces: Vec<usize>,
    /// Lines in the last piece.
    piece_lines: usize,
    /// Bytes of the document's source that `pieces` covers.
    sourced: usize,
    source_laid: Laid,
}

impl Stream {
    fn feed(&mut self, text: &str, ended: bool, raw: bool, highlighter: &Highlighter) {
        if let Some(new) = text.get(self.fed..).filter(|new| !new.is_empty()) {
            self.document.push(new);
            self.fed = text.len();
            self.document.advance(highlighter);
        }
        if ended && !self.finished {
            self.finished = true;
            self.document.finish();
            self.document.advance(highlighter);
        }
        if raw && self.sourced != self.document.source().len() {
            self.grow_pieces();
        }
    }

    /// Counts the new lines into pieces; the last piece goes on, so what was laid out of it is forgotten.
    fn grow_pieces(&mut self) {
        let source = self.document.source();
        if self.pieces.is_empty() {
            self.pieces.push(0);
        }
        self.source_laid.forget_from(self.pieces.len() - 1);
        for line in source
            .get(self.sourced..)
            .unwrap_or_default()
            .split_inclusive('\n')
        {
            if self.piece_lines == SOURCE_PIECE {
                self.pieces.push(self.sourced);
                self.piece_lines = 0;
            }
            self.piece_lines += usize::from(line.ends_with('\n'));
            self.sourced += line.len();
        }
    }

    fn block_count(&self, raw: bool) -> usize {
        if raw {
            self.pieces.len()
        } else {
            self.document.blocks().len()
        }
    }

    /// The rows of a block as the document has it now, and whether an empty row belongs before it.
    fn lay_out(&self, block: usize, width: u16, raw: bool) -> (bool, Vec<Row>) {
        if !raw {
            return self
                .document
                .blocks()
                .get(block)
                .map_or_else(Default::default, |block| {
                    (
                        block.space_before,
                        markdown::layout(block, width, &options()),
                    )
                });
        }
        let start = self.pieces.get(block).copied().unwrap_or_default();
        let end = self.pieces.get(block + 1).copied().unwrap_or(self.sourced);
        let text = self.document.source().get(start..end).unwrap_or_default();
        let text = text.strip_suffix('\n').unwrap_or(text);
        (
            false,
            markdown::layout_text(text, Role::Text, width, &options()),
        )
    }

    /// What was laid out for `width`, and up to which block that can be relied on.
    fn laid(&mut self, width: u16, raw: bool) -> (&mut Laid, usize) {
        let (laid, settled, generation) = if raw {
            (
                &mut self.source_laid,
                self.pieces.len().saturating_sub(1),
                0,
            )
        } else {
            let generation = self.document.generation();
            (&mut self.rendered, self.document.settled(), generation)
        };
        if laid.width != width || laid.generation != generation {
            *laid = Laid {
                width,
                generation,
                ..Laid::default()
            };
        }
        (laid, settled)
    }

    fn height(&mut self, block: usize, width: u16, raw: bool, first_space: bool) -> usize {
        let (laid, settled) = self.laid(width, raw);
        if block < settled
            && let Some(&height) = laid.heights.get(&block)
        {
            return height;
        }
        self.rows(block, width, raw, first_space).len()
    }

    fn rows(&mut self, block: usize, width: u16, raw: bool, first_space: bool) -> Rows {
        let (laid, settled) = self.laid(width, raw);
        if block < settled
            && let Some(rows) = laid.rows.get(&block)
        {
            return rows.clone();
        }
        let (space, rows) = self.lay_out(block, width, raw);
        let rows = Rows {
            // The first block of an answer always stands apart from the prompt.
            space: space || (block == 0 && first_space),
            markdown: Rc::new(rows),
            lines: Rc::default(),
        };
        let (laid, settled) = self.laid(width, raw);
        if block < settled {
            laid.keep(block, &rows);
        }
        rows
    }
}

/// Rows and heights for one width.
#[derive(Debug, Default)]
struct Laid {
    width: u16,
    generation: u64,
    heights: BTreeMap<usize, usize>,
    rows: BTreeMap<usize, Rows>,
}

impl Laid {
    fn keep(&mut self, block: usize, rows: &Rows) {
        self.heights.insert(block, rows.len());
        self.rows.insert(block, rows.clone());
        // Whatever is furthest from what was just needed goes first.
        while self.rows.len() > KEPT_BLOCKS {
            let first = self.rows.first_key_value().map_or(0, |(&k, _)| k);
            let last = self.rows.last_key_value().map_or(0, |(&k, _)| k);
            if block - first.min(block) > last.saturating_sub(block) {
                self.rows.pop_first();
            } else {
                self.rows.pop_last();
            }
        }
    }

    fn forget_from(&mut self, block: usize) {
        self.heights.split_off(&block);
        self.rows.split_off(&block);
    }
}

/// Rows of a part, ready to draw.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    space: bool,
    markdown: Rc<Vec<Row>>,
    lines: Rc<Vec<Line<'static>>>,
}

/// One row of a part.
pub(super) enum RowRef<'a> {
    /// The empty row before a block.
    Space,
    /// A row of Markdown.
    Row(&'a Row),
    /// A line of ours.
    Line(&'a Line<'static>),
}

impl Rows {
    /// Lines of ours.
    pub(super) fn lines(lines: Vec<Line<'static>>) -> Self {
        Self {
            lines: Rc::new(lines),
            ..Self::default()
        }
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        usize::from(self.space) + self.markdown.len() + self.lines.len()
    }

    /// The row at `index`.
    pub(super) fn get(&self, index: usize) -> Option<RowRef<'_>> {
        let Some(index) = index.checked_sub(usize::from(self.space)) else {
            return Some(RowRef::Space);
        };
        match self.markdown.get(index) {
            Some(row) => Some(RowRef::Row(row)),
            None => self
                .lines
                .get(index - self.markdown.len())
                .map(RowRef::Line),
        }
    }
}
