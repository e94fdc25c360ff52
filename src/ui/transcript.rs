//! Draws the transcript of a pane: walks the parts of its turns from where the reader stands, laying out only what
//! is visible. A part is a prompt, a block of an answer or of its reasoning, or the lines below an answer.

mod bar;
mod cache;
mod code;
mod cursor;
mod footer;
mod marks;
mod rows;
mod stream;

use std::{num::NonZeroU16, ops::Range};

use ratatui::{buffer::Buffer, layout::Rect, style::Style, text::Line};

pub use cache::Cache;
use cache::Look;
pub(in crate::ui) use cache::Text;
use rows::{RowRef, Rows};

use super::{draw, format, links::LinkSpan, theme::Palette, workshop::Owner};
use crate::{
    app::{Model, Pane, Scroll, SelectedRow},
    chat::{Answer, AnswerId, Conversation, ReadingPart, ReadingPosition, Turn},
    markdown::{self, Role},
    text::{graphemes, take_columns},
};

/// Columns left of the text: padding, the bar of a prompt, a blank.
const GUTTER: u16 = 3;
/// New rows below the screen are counted up to this; more is "999+".
const COUNTED_NEW: usize = 999;

/// What of a transcript was visible.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) top: Option<ReadingPosition>,
    pub(super) at_tail: bool,
    /// Columns by which the longest visible line reaches beyond the pane.
    pub(super) beyond: u16,
    pub(super) last: Option<ReadingPosition>,
    pub(super) folds: Vec<(u16, AnswerId)>,
    pub(super) cursor: Option<SelectedRow>,
}

/// A piece of a turn that is laid out as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Prompt,
    /// The line that says how much was thought.
    Thinking,
    Reasoning(usize),
    Content(usize),
    /// State, figures, errors.
    Footer,
}

impl Part {
    /// The text that it is a piece of.
    fn reading(self) -> ReadingPart {
        match self {
            Self::Prompt => ReadingPart::Prompt,
            Self::Thinking => ReadingPart::Thinking,
            Self::Reasoning(_) => ReadingPart::Reasoning,
            Self::Content(_) => ReadingPart::Answer,
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
    if walk.is_unread(from) {
        // What is there can be read first now that it is known.
        let at = walk.position(from);
        walk.look_at(at);
        from = walk.begin(Scroll::At { at, rows: 0 });
    }
    let end = walk.paint(from, area, buffer);
    let has_bar = walk.draw_bar(from, end, area, buffer);
    let new = end.map_or(0, |end| walk.count_new(end));
    if new > 0 {
        let more = if new > COUNTED_NEW { "+" } else { "" };
        let rows = format::count(new.min(COUNTED_NEW) as u64);
        draw_badge(
            &format!(" ▼ {rows}{more} new "),
            &walk.cache.palette,
            area,
            buffer,
        );
    } else if end.is_some() && !has_bar {
        draw_badge(" ▼ more ", &walk.cache.palette, area, buffer);
    }
    Seen {
        top: Some(walk.position(from)),
        at_tail: end.is_none(),
        beyond: walk.beyond,
        last: end.is_none().then(|| walk.last_text()),
        cursor: walk.selected_row(),
        folds: walk.folds,
    }
}

fn draw_badge(text: &str, palette: &Palette, area: Rect, buffer: &mut Buffer) {
    let width = u16::try_from(crate::text::width(text)).unwrap_or(0);
    if width + 2 < area.width {
        let x = area.right() - width - 1;
        super::clear(Rect::new(x, area.bottom() - 1, width, 1), buffer);
        buffer.set_string(x, area.bottom() - 1, text, palette.badge);
    }
}

struct Walk<'a> {
    model: &'a Model,
    cache: &'a mut Cache,
    pane: &'a Pane,
    turns: Vec<&'a Turn>,
    /// Columns of text.
    width: u16,
    height: usize,
    /// Columns by which the longest line drawn so far reaches beyond the pane.
    beyond: u16,
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
            turns: conversation.path().collect(),
            width: area.width.saturating_sub(GUTTER + 1).max(4),
            height: usize::from(area.height),
            beyond: 0,
            folds: Vec::new(),
            selected: None,
        }
    }

    /// Says where the reader looks, so that this is read first.
    fn look(&mut self) {
        match self.pane.scroll {
            Scroll::Follow | Scroll::Back { .. } => self.cache.look(Look::Tail),
            Scroll::Top { .. } => self.cache.look(Look::Top),
            Scroll::At { at, .. } | Scroll::Show { at, .. } => self.look_at(at),
        }
    }

    fn look_at(&mut self, at: ReadingPosition) {
        let turn = self.turns.iter().rev().find(|turn| turn.id == at.turn);
        let Some(answer) = turn.and_then(|turn| turn.shown_answer()) else {
            return;
        };
        let (text, byte) = match at.part {
            ReadingPart::Prompt | ReadingPart::Thinking => (Text::Reasoning, 0),
            ReadingPart::Reasoning => (Text::Reasoning, at.byte),
            ReadingPart::Answer => (Text::Content, at.byte),
            ReadingPart::Footer => (Text::Content, usize::MAX),
        };
        let owner = Owner {
            answer: answer.id,
            text,
        };
        self.cache.look(Look::At(owner, byte));
    }

    fn is_unread(&mut self, place: Place) -> bool {
        match (self.part(place.turn, place.part), self.answer(place.turn)) {
            (Part::Content(block), Some(answer)) => {
                self.cache
                    .is_unread(answer, Text::Content, block, self.pane.raw)
            }
            (Part::Reasoning(block), Some(answer)) => {
                self.cache
                    .is_unread(answer, Text::Reasoning, block, self.pane.raw)
            }
            _ => false,
        }
    }

    /// The place at the top of the screen, with the line of the selection if there is one.
    fn begin(&mut self, scroll: Scroll) -> Place {
        let (from, _) = self.place_of(scroll);
        let select = self.model.select.as_ref();
        let is_focused = std::ptr::eq(self.pane, self.model.pane());
        let Some(select) = select.filter(|_| is_focused) else {
            return from;
        };
        let (selected, top) = self.select(select, from);
        self.selected = Some(selected);
        top
    }

    /// The place at the top of the screen, and whether the last row is then visible.
    fn place_of(&mut self, scroll: Scroll) -> (Place, bool) {
        let wanted = match scroll {
            Scroll::Follow => return (self.tail(0), true),
            Scroll::Back { rows } => self.tail(usize::try_from(rows).unwrap_or(0)),
            Scroll::Top { rows } => self.moved(Place::START, i64::from(rows)),
            Scroll::At { at, rows } => match self.find(at) {
                // Who goes up goes up from what is seen, also where the place itself is below it.
                Some(place) if rows < 0 => {
                    let (seen, _) = self.clamp(place);
                    self.moved(seen, i64::from(rows))
                }
                Some(place) => self.moved(place, i64::from(rows)),
                None => return (self.tail(0), true),
            },
            Scroll::Show { at, top } => self.showing(at, top),
        };
        self.clamp(wanted)
    }

    /// The top from which a place is seen: the one there is, or one that leaves a third of the screen above it.
    fn showing(&mut self, at: ReadingPosition, top: Option<ReadingPosition>) -> Place {
        let top = match top.and_then(|top| self.find(top)) {
            Some(top) => self.clamp(top).0,
            None => self.tail(0),
        };
        let Some(place) = self.find(at) else {
            return top;
        };
        let height = i64::try_from(self.height).unwrap_or(i64::MAX);
        if (top..self.moved(top, height)).contains(&place) {
            return top;
        }
        self.moved(place, -(height / 3))
    }

    /// The place from which exactly `up` rows less than the tail are seen.
    fn tail(&mut self, up: usize) -> Place {
        let last = self.turns.len().saturating_sub(1);
        let parts = self.parts(last);
        let end = Place {
            turn: last,
            part: parts.saturating_sub(1),
            row: self.rows_of(last, parts.saturating_sub(1)),
        };
        self.moved(end, -(i64::try_from(self.height + up).unwrap_or(i64::MAX)))
    }

    /// Never further down than the tail; true if the tail is what is shown.
    fn clamp(&mut self, wanted: Place) -> (Place, bool) {
        let tail = self.tail(0);
        if wanted >= tail {
            (tail, true)
        } else {
            (wanted, false)
        }
    }

    /// Moves by rows over the parts, stopping at both ends.
    fn moved(&mut self, from: Place, rows: i64) -> Place {
        let mut place = from;
        let mut left = usize::try_from(rows.unsigned_abs()).unwrap_or(usize::MAX);
        if rows < 0 {
            while left > place.row {
                left -= place.row;
                let Some((turn, part)) = self.before(place.turn, place.part) else {
                    return Place { row: 0, ..place };
                };
                place = Place {
                    turn,
                    part,
                    row: self.rows_of(turn, part),
                };
            }
            place.row -= left;
            return place;
        }
        loop {
            let rest = self
                .rows_of(place.turn, place.part)
                .saturating_sub(place.row);
            if left < rest {
                place.row += left;
                return place;
            }
            let Some((turn, part)) = self.after(place.turn, place.part) else {
                place.row += rest;
                return place;
            };
            left -= rest;
            place = Place { turn, part, row: 0 };
        }
    }

    fn before(&mut self, turn: usize, part: usize) -> Option<(usize, usize)> {
        if part > 0 {
            return Some((turn, part - 1));
        }
        let turn = turn.checked_sub(1)?;
        Some((turn, self.parts(turn).saturating_sub(1)))
    }

    fn after(&mut self, turn: usize, part: usize) -> Option<(usize, usize)> {
        if part + 1 < self.parts(turn) {
            return Some((turn, part + 1));
        }
        (turn + 1 < self.turns.len()).then_some((turn + 1, 0))
    }

    /// A stored place in today's layout.
    fn find(&mut self, at: ReadingPosition) -> Option<Place> {
        let turn = self.turns.iter().position(|t| t.id == at.turn)?;
        let part = self.part_at(turn, at);
        let rows = self.layout(turn, part);
        let row = i64::try_from(rows.row_at(at.byte)).unwrap_or(i64::MAX);
        let row = usize::try_from(row.saturating_add(at.down.into())).unwrap_or(0);
        Some(Place {
            turn,
            part,
            row: row.min(rows.len().saturating_sub(1)),
        })
    }

    /// The part of a turn in which a place is, or the one that stands for it.
    fn part_at(&mut self, turn: usize, at: ReadingPosition) -> usize {
        let last = self.parts(turn).saturating_sub(1);
        let Some(answer) = self.answer(turn) else {
            return if at.part == ReadingPart::Prompt {
                0
            } else {
                last
            };
        };
        let (thinking, reasoning) = self.thinking(answer);
        let content = 1 + usize::from(thinking) + reasoning;
        let raw = self.pane.raw;
        match at.part {
            ReadingPart::Prompt => 0,
            ReadingPart::Reasoning if reasoning > 0 => {
                2 + self.cache.block_at(answer, Text::Reasoning, at.byte, raw)
            }
            ReadingPart::Thinking | ReadingPart::Reasoning => 1,
            ReadingPart::Answer if content < last => {
                content + self.cache.block_at(answer, Text::Content, at.byte, raw)
            }
            ReadingPart::Answer | ReadingPart::Footer => last,
        }
        .min(last)
    }

    fn position(&mut self, place: Place) -> ReadingPosition {
        let part = self.part(place.turn, place.part).reading();
        let (byte, down) = self.layout(place.turn, place.part).place_of(place.row);
        ReadingPosition {
            // A walk has a turn at every place, or there is nothing to draw.
            turn: self.turns[place.turn].id,
            part,
            byte,
            down,
        }
    }

    /// Draws from `from` to the bottom; the result is the first place below.
    fn paint(&mut self, from: Place, area: Rect, buffer: &mut Buffer) -> Option<Place> {
        let mut place = from;
        let mut y = area.y;
        loop {
            let rows = self.layout(place.turn, place.part);
            let style = self.style(place.turn, place.part);
            let fold = self
                .answer(place.turn)
                .filter(|_| matches!(self.part(place.turn, place.part), Part::Thinking));
            while place.row < rows.len() {
                if y >= area.bottom() {
                    return Some(place);
                }
                let line = Rect {
                    y,
                    height: 1,
                    ..area
                };
                let palette = self.cache.palette.clone();
                let links = &mut self.cache.links;
                let links = self.model.settings.osc8.then_some(links);
                let beyond = palette.paint(&rows, place.row, &style, line, (buffer, links));
                self.beyond = self.beyond.max(beyond);
                self.mark(place, &rows, line, buffer);
                self.draw_selected(place, &rows, line, buffer);
                if let Some(answer) = fold
                    && place.row > 0
                {
                    self.folds.push((y, answer.id));
                }
                place.row += 1;
                y += 1;
            }
            let (turn, part) = self.after(place.turn, place.part)?;
            place = Place { turn, part, row: 0 };
        }
    }

    /// Marks what was found in a row that is drawn already.
    fn mark(&mut self, place: Place, rows: &Rows, area: Rect, buffer: &mut Buffer) {
        if let Some(find) = &self.pane.find
            && let Some(RowRef::Row(row)) = rows.get(place.row)
            && let Some(turn) = self.turns.get(place.turn).copied()
            && let part = self.part(place.turn, place.part).reading()
            && let Some(found) = find.found(place.turn, turn.id, part)
        {
            let text = Rect {
                x: area.x + GUTTER,
                width: area.width.saturating_sub(GUTTER + 1),
                ..area
            };
            let window = Window::new(row, self.pane.pan, text.width);
            marks::paint(row, found, &self.cache.palette, (text, window), buffer);
        }
    }

    /// The last row of text; what stands below it is about the answer.
    fn last_row(&mut self) -> Place {
        let turn = self.turns.len().saturating_sub(1);
        let part = self.parts(turn).saturating_sub(2);
        let row = self.rows_of(turn, part).saturating_sub(1);
        Place { turn, part, row }
    }

    /// The last byte of text: at another width it is still in the last row.
    fn last_text(&mut self) -> ReadingPosition {
        let place = self.last_row();
        let at = self.position(place);
        let len = match (self.part(place.turn, place.part), self.answer(place.turn)) {
            (Part::Reasoning(_), Some(answer)) => self.cache.source(answer, Text::Reasoning).len(),
            (Part::Content(_), Some(answer)) => self.cache.source(answer, Text::Content).len(),
            _ => self.turns.get(place.turn).map_or(0, |turn| turn.text.len()),
        };
        ReadingPosition {
            byte: at.byte.max(len.saturating_sub(1)),
            ..at
        }
    }

    /// Rows of text from `below` on that came since the tail was seen, counted a little beyond what is shown.
    fn count_new(&mut self, below: Place) -> usize {
        let Some(seen) = self.pane.seen.and_then(|seen| self.find(seen)) else {
            return 0;
        };
        let mut place = below.max(self.moved(seen, 1));
        let mut count = 0;
        loop {
            if self.part(place.turn, place.part) != Part::Footer {
                let rows = self.rows_of(place.turn, place.part);
                count += rows.saturating_sub(place.row);
            }
            if count > COUNTED_NEW {
                return count;
            }
            let Some((turn, part)) = self.after(place.turn, place.part) else {
                return count;
            };
            place = Place { turn, part, row: 0 };
        }
    }

    /// How many parts a turn has.
    fn parts(&mut self, turn: usize) -> usize {
        let Some(answer) = self.answer(turn) else {
            return 2;
        };
        let (thinking, reasoning) = self.thinking(answer);
        let content = self.blocks(answer, Text::Content);
        1 + usize::from(thinking) + reasoning + content + 1
    }

    fn answer(&self, turn: usize) -> Option<&'a Answer> {
        self.turns.get(turn)?.shown_answer()
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
        let Some(answer) = self.answer(turn) else {
            return if part == 0 {
                Part::Prompt
            } else {
                Part::Footer
            };
        };
        let (thinking, reasoning) = self.thinking(answer);
        let content = self.blocks(answer, Text::Content);
        let Some(part) = part.checked_sub(1) else {
            return Part::Prompt;
        };
        let Some(part) = part.checked_sub(usize::from(thinking)) else {
            return Part::Thinking;
        };
        match part.checked_sub(reasoning) {
            None => Part::Reasoning(part),
            Some(block) if block < content => Part::Content(block),
            Some(_) => Part::Footer,
        }
    }

    fn rows_of(&mut self, turn: usize, part: usize) -> usize {
        match (self.part(turn, part), self.answer(turn)) {
            (Part::Reasoning(block), Some(answer)) => {
                self.cache
                    .height(answer, Text::Reasoning, block, self.width, self.pane.raw)
            }
            (Part::Content(block), Some(answer)) => {
                self.cache
                    .height(answer, Text::Content, block, self.width, self.pane.raw)
            }
            _ => self.layout(turn, part).len(),
        }
    }

    fn layout(&mut self, turn: usize, part: usize) -> Rows {
        match (self.part(turn, part), self.answer(turn)) {
            (Part::Prompt, _) => self.cache.prompt(self.turns[turn], turn > 0, self.width),
            (Part::Thinking, Some(answer)) => {
                let folded = self.is_folded(answer);
                Rows::lines(vec![
                    Line::default(),
                    footer::thinking(self.model, answer, folded, &self.cache.palette),
                ])
            }
            (Part::Reasoning(block), Some(answer)) => {
                self.cache
                    .rows(answer, Text::Reasoning, block, self.width, self.pane.raw)
            }
            (Part::Content(block), Some(answer)) => {
                self.cache
                    .rows(answer, Text::Content, block, self.width, self.pane.raw)
            }
            (_, answer) => Rows::lines(answer.map_or_else(Vec::new, |answer| {
                footer::below(
                    self.model,
                    self.pane,
                    self.turns[turn],
                    answer,
                    &self.cache.palette,
                    usize::from(self.width),
                )
            })),
        }
    }

    fn style(&mut self, turn: usize, part: usize) -> PartStyle {
        let plain = PartStyle {
            bar: None,
            patch: Style::default(),
            pan: self.pane.pan,
        };
        match self.part(turn, part) {
            Part::Prompt => PartStyle {
                bar: Some(self.cache.palette.accent(self.pane.letter)),
                patch: self.cache.palette.prompt,
                ..plain
            },
            Part::Reasoning(_) => PartStyle {
                patch: self.cache.palette.reasoning,
                ..plain
            },
            _ => plain,
        }
    }
}

/// How the rows of a part are drawn.
struct PartStyle {
    /// The bar at their left.
    bar: Option<Style>,
    /// Laid over every span.
    patch: Style,
    /// Columns by which long lines are scrolled.
    pan: u16,
}

/// What is drawn on: the screen, and its links if they are wanted.
type Canvas<'a> = (&'a mut Buffer, Option<&'a mut Vec<LinkSpan>>);

impl Palette {
    /// Draws one row of a part. Answers by how many columns it reaches beyond `area`.
    fn paint(
        &self,
        rows: &Rows,
        row: usize,
        style: &PartStyle,
        area: Rect,
        (buffer, links): Canvas<'_>,
    ) -> u16 {
        let text = Rect {
            x: area.x + GUTTER,
            width: area.width.saturating_sub(GUTTER + 1),
            ..area
        };
        match rows.get(row) {
            None | Some(RowRef::Space) => 0,
            Some(RowRef::Line(line)) => {
                draw::put_line(buffer, text.x, text.y, line, text.width);
                0
            }
            Some(RowRef::Row(row)) => {
                if let Some(bar) = style.bar {
                    draw::put(buffer, area.x + 1, area.y, "┃", 1, bar);
                }
                let window = Window::new(row, style.pan, text.width);
                let note = |link, x: Range<u16>| {
                    let target = rows.target(link)?;
                    LinkSpan::new(text.y, x, target)
                };
                let found = self.paint_row(row, style.patch, text, window, buffer);
                if let Some(links) = links {
                    links.extend(found.into_iter().filter_map(|(link, x)| note(link, x)));
                }
                window.beyond
            }
        }
    }

    /// Draws the part of a row that is seen through `window`; what links are there, with their columns.
    fn paint_row(
        &self,
        row: &markdown::Row,
        patch: Style,
        area: Rect,
        window: Window,
        buffer: &mut Buffer,
    ) -> Vec<(NonZeroU16, Range<u16>)> {
        let mut links = Vec::new();
        let end = area.right() - u16::from(window.has_more_right);
        let mut at = area.x;
        let mut hidden = None;
        for span in &row.spans {
            if at >= end {
                break;
            }
            if span.style.role == Role::CodeEdge {
                super::surface(rest_of(area, at), self.code_fill, buffer);
            }
            let mut text = &*span.text;
            if window.hidden > 0 && usize::from(at - area.x) == window.from && hidden.is_none() {
                draw::put(buffer, at, area.y, "‹", 1, self.markdown(Role::Dim.into()));
                at += 1;
                hidden = Some(window.hidden);
            }
            if let Some(left) = &mut hidden {
                let (skipped, columns) = take_columns(text, *left);
                text = text.get(skipped.len()..).unwrap_or_default();
                *left -= columns;
                // Half of a wide character is hidden with the other half.
                if *left > 0
                    && let Some((wide, columns)) = graphemes(text).next()
                {
                    text = text.get(wide.len()..).unwrap_or_default();
                    at += u16::try_from(columns - *left).unwrap_or(0);
                    *left = 0;
                }
            }
            if span.style.role == Role::CodeEdge && self.has_code_surface() {
                at += 2;
                continue;
            }
            let style = self.markdown(span.style).patch(patch);
            let begin = at;
            at = draw::put(buffer, at, area.y, text, end.saturating_sub(at), style);
            links.extend(span.style.link.map(|link| (link, begin..at)));
        }
        if window.has_more_right {
            draw::put(buffer, end, area.y, "›", 1, self.markdown(Role::Dim.into()));
        }
        links
    }
}

/// What of a row is seen.
#[derive(Clone, Copy, Default)]
struct Window {
    /// The column from which on columns are hidden.
    from: usize,
    /// Columns that are hidden there; a mark stands for them.
    hidden: usize,
    /// The last column is a mark, because there is more.
    has_more_right: bool,
    /// Columns by which the row reaches beyond its room.
    beyond: u16,
}

impl Window {
    fn new(row: &markdown::Row, pan: u16, room: u16) -> Self {
        let Some(from) = row.scrolls_from.map(usize::from) else {
            return Self::default();
        };
        let (pan, room, width) = (usize::from(pan), usize::from(room), row.width());
        let is_panned = pan > 0 && width > from && from < room;
        Self {
            from,
            // The mark itself covers a column.
            hidden: if is_panned { pan + 1 } else { 0 },
            has_more_right: width.saturating_sub(pan) > room && room > from + 1,
            beyond: u16::try_from(width.saturating_sub(room)).unwrap_or(u16::MAX),
        }
    }

    /// Where a column of the row is seen, if it is.
    fn column(self, column: usize) -> Option<u16> {
        let seen = match column.checked_sub(self.from) {
            // The mark stands for what is hidden.
            Some(behind) if self.hidden > 0 => self.from + 1 + behind.checked_sub(self.hidden)?,
            _ => column,
        };
        u16::try_from(seen).ok()
    }
}

/// What of a row is right of a column, that column included.
fn rest_of(area: Rect, x: u16) -> Rect {
    Rect {
        x,
        width: area.right().saturating_sub(x),
        ..area
    }
}
