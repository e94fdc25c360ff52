//! Draws the transcript of a pane: walks the parts of its turns from where the reader stands, laying out only what
//! is visible. A part is a prompt, a block of an answer or of its reasoning, or the lines below an answer.

mod bar;
mod cache;
mod code;
mod cursor;
mod footer;
mod laid;
mod marks;
mod paint;
mod pieces;
mod prompt;
mod rows;
mod stalls;
mod stream;
mod walk;

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

pub use cache::Cache;
use cache::Look;
pub(in crate::ui) use cache::Text;
use paint::Window;
use rows::{RowRef, Rows};

use super::{format, links, workshop::Owner};
use crate::{
    app::{Model, Pane, Scroll, SelectedRow},
    chat::{Answer, AnswerId, Conversation, ReadingPart, ReadingPosition, Turn},
};

/// Columns left of the text: padding, the bar of a prompt, a blank.
const GUTTER: u16 = 3;
/// Columns right of the text: a blank and the scroll bar.
const MARGIN: u16 = 2;
/// New rows below the screen are counted up to this; more is "999+".
const COUNTED_NEW: usize = 999;

/// What of a transcript was visible.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) top: Option<ReadingPosition>,
    pub(super) at_tail: bool,
    /// Columns by which the longest visible line reaches beyond the pane.
    pub(super) beyond: u16,
    /// Columns by which what is visible is scrolled sideways at most.
    pub(super) panned: u16,
    pub(super) last: Option<ReadingPosition>,
    pub(super) folds: Vec<(u16, AnswerId)>,
    pub(super) cursor: Option<SelectedRow>,
}

/// A piece of a turn that is laid out as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Prompt(usize),
    /// The line that says how much was thought.
    Thinking,
    /// A block of an answer or of its reasoning.
    Block(Text, usize),
    /// State, figures, errors.
    Footer,
}

impl Part {
    /// The text that it is a piece of.
    fn reading(self) -> ReadingPart {
        match self {
            Self::Prompt(_) => ReadingPart::Prompt,
            Self::Thinking => ReadingPart::Thinking,
            Self::Block(Text::Reasoning, _) => ReadingPart::Reasoning,
            Self::Block(Text::Content, _) => ReadingPart::Answer,
            Self::Footer => ReadingPart::Footer,
        }
    }
}

/// A row of a part of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    turn: usize,
    part: usize,
    row: usize,
}

impl Place {
    const START: Self = Self {
        turn: 0,
        part: 0,
        row: 0,
    };
}

/// Draws the transcript of `pane` into `area`.
pub(super) fn draw(
    model: &Model,
    cache: &mut Cache,
    pane: &Pane,
    area: Rect,
    buffer: &mut Buffer,
) -> Seen {
    let Some(conversation) = model.conversation(pane.conversation) else {
        return Seen {
            at_tail: true,
            ..Seen::default()
        };
    };
    let mut walk = Walk::new(model, cache, pane, conversation, area);
    walk.look();
    let mut from = walk.begin(pane.scroll);
    if walk.is_unread(from)
        && let Some(at) = walk.position(from)
    {
        // What is there can be read first now that it is known.
        walk.look_at(at);
        from = walk.begin(Scroll::At { at, rows: 0 });
    }
    let end = walk.paint(from, area, buffer);
    let has_bar = walk.draw_bar(from, end, area, buffer);
    let new = end.map_or(0, |end| walk.count_new(end));
    if new > 0 {
        let more = if new > COUNTED_NEW { "+" } else { "" };
        let rows = format::count(new.min(COUNTED_NEW) as u64);
        draw_badge(&format!(" ▼ {rows}{more} new "), walk.cache, area, buffer);
    } else if end.is_some() && !has_bar {
        draw_badge(" ▼ more ", walk.cache, area, buffer);
    }
    Seen {
        top: walk.position(from),
        at_tail: end.is_none(),
        beyond: walk.beyond,
        panned: walk.panned,
        last: end.is_none().then(|| walk.last_text()).flatten(),
        cursor: walk.selected_row(),
        folds: walk.folds,
    }
}

fn draw_badge(text: &str, cache: &mut Cache, area: Rect, buffer: &mut Buffer) {
    let width = u16::try_from(crate::text::width(text)).unwrap_or(0);
    if width + 2 < area.width {
        let badge = Rect::new(area.right() - width - 1, area.bottom() - 1, width, 1);
        super::clear(badge, buffer);
        links::cover(&mut cache.links, badge);
        buffer.set_string(badge.x, badge.y, text, cache.palette.badge);
    }
}

struct Walk<'a> {
    model: &'a Model,
    cache: &'a mut Cache,
    pane: &'a Pane,
    conversation: &'a Conversation,
    /// How many turns there are.
    turns: usize,
    /// Columns of text.
    width: u16,
    height: usize,
    /// Columns by which the longest line drawn so far reaches beyond the pane.
    beyond: u16,
    /// Columns by which what was drawn so far is scrolled sideways at most.
    panned: u16,
    /// The code block that was drawn last, and the columns of its longest line.
    widest: Option<(Owner, usize, usize)>,
    /// Rows of the screen that fold reasoning.
    folds: Vec<(u16, AnswerId)>,
    selected: Option<cursor::Selected>,
}

impl<'a> Walk<'a> {
    fn new(
        model: &'a Model,
        cache: &'a mut Cache,
        pane: &'a Pane,
        conversation: &'a Conversation,
        area: Rect,
    ) -> Self {
        Self {
            model,
            cache,
            pane,
            conversation,
            turns: conversation.path().len(),
            width: area.width.saturating_sub(GUTTER + MARGIN).max(4),
            height: usize::from(area.height),
            beyond: 0,
            panned: 0,
            widest: None,
            folds: Vec::new(),
            selected: None,
        }
    }

    fn turn(&self, turn: usize) -> Option<&'a Turn> {
        self.conversation.on_path(turn)
    }

    /// How many parts a turn has.
    fn parts(&mut self, turn: usize) -> usize {
        let prompt = self.prompt_pieces(turn);
        let Some(answer) = self.answer(turn) else {
            return prompt + 1;
        };
        let (thinking, reasoning) = self.thinking(answer);
        let content = self.blocks(answer, Text::Content);
        prompt + usize::from(thinking) + reasoning + content + 1
    }

    /// How many pieces the prompt of a turn has; there is always one.
    fn prompt_pieces(&mut self, turn: usize) -> usize {
        let pieces = |turn| self.cache.prompt(turn).piece_count();
        self.conversation.on_path(turn).map_or(1, pieces)
    }

    fn answer(&self, turn: usize) -> Option<&'a Answer> {
        self.turn(turn)?.shown_answer()
    }

    /// Whether there is a line about the reasoning, and how many blocks of it are shown.
    fn thinking(&mut self, answer: &'a Answer) -> (bool, usize) {
        if answer.reasoning.is_empty() {
            return (false, 0);
        }
        if self.is_folded(answer) {
            return (true, 0);
        }
        (true, self.blocks(answer, Text::Reasoning))
    }

    fn is_folded(&self, answer: &Answer) -> bool {
        self.pane.is_folded(answer.id, !answer.content.is_empty())
    }

    fn blocks(&mut self, answer: &Answer, text: Text) -> usize {
        self.cache.blocks(answer, text, self.pane.raw)
    }

    fn part(&mut self, turn: usize, part: usize) -> Part {
        let Some(behind) = part.checked_sub(self.prompt_pieces(turn)) else {
            return Part::Prompt(part);
        };
        let Some(answer) = self.answer(turn) else {
            return Part::Footer;
        };
        let (thinking, reasoning) = self.thinking(answer);
        let content = self.blocks(answer, Text::Content);
        let Some(behind) = behind.checked_sub(usize::from(thinking)) else {
            return Part::Thinking;
        };
        match behind.checked_sub(reasoning) {
            None => Part::Block(Text::Reasoning, behind),
            Some(block) if block < content => Part::Block(Text::Content, block),
            Some(_) => Part::Footer,
        }
    }

    fn rows_of(&mut self, turn: usize, part: usize) -> usize {
        match (self.part(turn, part), self.answer(turn)) {
            (Part::Block(text, block), Some(answer)) => {
                self.cache
                    .height(answer, text, block, self.width, self.pane.raw)
            }
            (Part::Prompt(piece), _) => {
                let shape = self.cache.prompt_shape(turn > 0, self.width);
                let asked = self.turn(turn);
                let known =
                    asked.and_then(|asked| self.cache.prompt(asked).known_height(piece, shape));
                known.unwrap_or_else(|| self.layout(turn, part).len())
            }
            _ => self.layout(turn, part).len(),
        }
    }

    fn layout(&mut self, turn: usize, part: usize) -> Rows {
        match (self.part(turn, part), self.answer(turn)) {
            (Part::Prompt(piece), _) => self.turn(turn).map_or_else(Rows::default, |asked| {
                let shape = self.cache.prompt_shape(turn > 0, self.width);
                self.cache.prompt(asked).rows(piece, shape)
            }),
            (Part::Thinking, Some(answer)) => {
                let folded = self.is_folded(answer);
                Rows::lines(vec![
                    Line::default(),
                    footer::thinking(self.model, answer, folded, &self.cache.palette),
                ])
            }
            (Part::Block(text, block), Some(answer)) => {
                self.cache
                    .rows(answer, text, block, self.width, self.pane.raw)
            }
            (_, Some(answer)) => self.turn(turn).map_or_else(Rows::default, |turn| {
                Rows::lines(footer::below(
                    self.model,
                    self.pane,
                    turn,
                    answer,
                    &self.cache.palette,
                    usize::from(self.width),
                ))
            }),
            (_, None) => Rows::default(),
        }
    }
}
