//! What the view remembers between frames: the Markdown of answers, grown as text arrives, and rows laid out for a
//! width. Rows are kept near what is visible, heights for the rest.

use std::{
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

use ratatui::text::Line;

use super::super::{held::Held, theme::Palette};
use crate::{
    app::Reading,
    chat::{Answer, AnswerId, SessionId, Turn, TurnId},
    config::Theme,
    markdown::{
        self, Block, Body, CodeLine, Colours, Document, Highlighter, Highlighting, LayoutOptions,
        Role, Row,
    },
    metrics::Channel,
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
    pub(in crate::ui) held: Held,
    highlighter: Highlighter,
    answers: HashMap<AnswerId, [Stream; 2]>,
    prompts: HashMap<TurnId, (u16, Rows)>,
    /// How much of one answer may be shown.
    reading: Option<Reading>,
    /// The session that the rest belongs to.
    session: Option<SessionId>,
}

impl Cache {
    /// An empty cache that draws with `palette`.
    pub fn new(palette: Palette, highlighter: Highlighter) -> Self {
        Self {
            palette: Rc::new(palette),
            held: Held::default(),
            highlighter,
            answers: HashMap::new(),
            prompts: HashMap::new(),
            reading: None,
            session: None,
        }
    }

    /// Says that the model differs from the one of the last frame in streamed text and the time alone: figures beside
    /// the text may then stay as they are for a moment.
    pub fn only_text_came(&mut self) {
        self.held.only_text_came();
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

    /// Shows no more of an answer than its reader was given.
    pub(in crate::ui) fn read(&mut self, reading: Option<Reading>) {
        self.reading = reading;
    }

    /// How many blocks a text has by now.
    pub(super) fn blocks(&mut self, answer: &Answer, text: Text, raw: bool) -> usize {
        self.stream(answer, text, raw).block_count(raw)
    }

    /// The block in which a place of the text is.
    pub(super) fn block_at(
        &mut self,
        answer: &Answer,
        text: Text,
        byte: usize,
        raw: bool,
    ) -> usize {
        self.stream(answer, text, raw).block_at(byte, raw)
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
        let highlighter = self.highlighter.clone();
        self.stream(answer, text, raw)
            .height(block, width, raw, first, &highlighter)
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
        let highlighter = self.highlighter.clone();
        self.stream(answer, text, raw)
            .rows(block, width, raw, first, &highlighter)
    }

    /// A prompt laid out; `space` puts an empty row before it.
    pub(super) fn prompt(&mut self, turn: &Turn, space: bool, width: u16) -> Rows {
        if let Some((at, rows)) = self.prompts.get(&turn.id)
            && *at == width
        {
            return rows.clone();
        }
        let safe = SafeText::new(&turn.text);
        let rows = markdown::layout_text(safe.as_str(), 0, Role::Text, width, &options());
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
        let (stream, source, channel) = match text {
            Text::Content => (&mut streams[0], &answer.content, Channel::Content),
            Text::Reasoning => (&mut streams[1], &answer.reasoning, Channel::Reasoning),
        };
        let released = Reading::released(self.reading.as_ref(), answer, channel);
        let shown = source.get(..released).unwrap_or(source);
        let ended = !answer.is_live() && released == source.len();
        stream.feed(shown, ended, raw);
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
    colours: Colours,
    /// Code blocks that are being highlighted, each with how many of its lines are final.
    highlighting: HashMap<usize, (Highlighting, usize)>,
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
    fn feed(&mut self, text: &str, ended: bool, raw: bool) {
        if let Some(new) = text.get(self.fed..).filter(|new| !new.is_empty()) {
            self.document.push(new);
            self.fed = text.len();
            self.document.advance();
        }
        if ended && !self.finished {
            self.finished = true;
            self.document.finish();
            self.document.advance();
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

    /// The block in which a place of the source is.
    fn block_at(&self, byte: usize, raw: bool) -> usize {
        let after = if raw {
            self.pieces.partition_point(|&start| start <= byte)
        } else {
            let blocks = self.document.blocks();
            blocks.partition_point(|block| block.source.start <= byte)
        };
        after.saturating_sub(1)
    }

    /// Highlights the code of a block, and what comes before it in the same code block.
    fn colour(&mut self, block: usize, highlighter: &Highlighter) {
        let blocks = self.document.blocks();
        let is_continued = |block: &Block| {
            matches!(
                block.kind,
                markdown::BlockKind::Code {
                    continued: true,
                    ..
                }
            )
        };
        let mut first = block;
        while first > 0 && blocks.get(first).is_some_and(is_continued) {
            first -= 1;
        }
        for (index, shown) in blocks.iter().enumerate().take(block + 1).skip(first) {
            let lines = shown.lines.iter();
            let code: Vec<CodeLine> = lines
                .filter_map(|line| match line.body {
                    Body::Code(code) => Some(code),
                    _ => None,
                })
                .collect();
            // The last lines of what is open may change: one may turn out to be the closing fence.
            let open = if index < self.document.settled() {
                0
            } else {
                2
            };
            let sure = code.len().saturating_sub(open);
            for (place, line) in code.iter().enumerate() {
                let language = self.document.language(line.block);
                let (state, done) = self
                    .highlighting
                    .entry(line.block)
                    .or_insert_with(|| (highlighter.begin(&language), 0));
                if line.number < *done {
                    continue;
                }
                let text = self.document.source().get(line.from..line.from + line.len);
                let text = text.unwrap_or_default();
                if place < sure {
                    let roles = highlighter.line(state, text);
                    self.colours.extend(line.block, line.number, [roles]);
                    *done = line.number + 1;
                } else {
                    let mut state = state.clone();
                    let rest = code.get(place..).unwrap_or_default();
                    let rest = rest.iter().take_while(|l| l.block == line.block);
                    let roles: Vec<_> = rest
                        .map(|l| {
                            let text = self.document.source().get(l.from..l.from + l.len);
                            highlighter.line(&mut state, text.unwrap_or_default())
                        })
                        .collect();
                    self.colours.extend(line.block, line.number, roles);
                    break;
                }
            }
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
                        markdown::layout(block, width, &options(), &self.colours),
                    )
                });
        }
        let start = self.pieces.get(block).copied().unwrap_or_default();
        let end = self.pieces.get(block + 1).copied().unwrap_or(self.sourced);
        let text = self.document.source().get(start..end).unwrap_or_default();
        let text = text.strip_suffix('\n').unwrap_or(text);
        (
            false,
            markdown::layout_text(text, start, Role::Text, width, &options()),
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

    fn height(
        &mut self,
        block: usize,
        width: u16,
        raw: bool,
        first_space: bool,
        highlighter: &Highlighter,
    ) -> usize {
        let (laid, settled) = self.laid(width, raw);
        if block < settled
            && let Some(&height) = laid.heights.get(&block)
        {
            return height;
        }
        self.rows(block, width, raw, first_space, highlighter).len()
    }

    fn rows(
        &mut self,
        block: usize,
        width: u16,
        raw: bool,
        first_space: bool,
        highlighter: &Highlighter,
    ) -> Rows {
        let (laid, settled) = self.laid(width, raw);
        if block < settled
            && let Some(rows) = laid.rows.get(&block)
        {
            return rows.clone();
        }
        if !raw {
            self.colour(block, highlighter);
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

    /// Where in the source a row begins, and how many rows below the first that begins there it is.
    pub(super) fn place_of(&self, row: usize) -> (usize, i32) {
        let Some(index) = row.checked_sub(usize::from(self.space)) else {
            return (self.markdown.first().map_or(0, |row| row.start), -1);
        };
        let Some(at) = self.markdown.get(index) else {
            return (0, i32::try_from(row).unwrap_or(i32::MAX));
        };
        let first = self.markdown.partition_point(|row| row.start < at.start);
        (at.start, i32::try_from(index - first).unwrap_or(i32::MAX))
    }

    /// The first of the rows that begin where the one does in which a place of the source is.
    pub(super) fn row_at(&self, byte: usize) -> usize {
        let after = self.markdown.partition_point(|row| row.start <= byte);
        let Some(row) = after.checked_sub(1).and_then(|row| self.markdown.get(row)) else {
            return if self.markdown.is_empty() {
                0
            } else {
                usize::from(self.space)
            };
        };
        let first = self
            .markdown
            .partition_point(|other| other.start < row.start);
        first + usize::from(self.space)
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
