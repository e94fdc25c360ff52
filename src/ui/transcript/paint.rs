//! Draws the rows of a transcript: the bar of a prompt, what is seen of a long line, links, marks.
//! Which rows there are is `walk`'s.

use std::{num::NonZeroU16, ops::Range};

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::super::{draw, links::LinkSpan, theme::Palette};
use super::{GUTTER, MARGIN, Owner, Part, Place, RowRef, Rows, Text, Walk, marks, stalls};
use crate::{
    markdown::{self, Reach, Role},
    text::{graphemes, take_columns, width},
};

impl Walk<'_> {
    /// Draws from `from` to the bottom; the result is the first place below.
    pub(super) fn paint(&mut self, from: Place, area: Rect, buffer: &mut Buffer) -> Option<Place> {
        let mut place = from;
        let mut y = area.y;
        loop {
            let rows = self.layout(place.turn, place.part);
            let style = self.style(place.turn, place.part);
            let fold = self
                .answer(place.turn)
                .filter(|_| matches!(self.part(place.turn, place.part), Part::Thinking));
            let meant = self.meant(place, &rows);
            let current = self.current(place, &rows);
            let silences = self.silences(place, &rows);
            let told = stalls::told(&silences, &rows, area);
            while place.row < rows.len() {
                if y >= area.bottom() {
                    return Some(place);
                }
                let line = Rect {
                    y,
                    height: 1,
                    ..area
                };
                let pan = self.pan(place, &rows, line);
                self.panned = self.panned.max(pan);
                let style = PartStyle { pan, ..style };
                let palette = self.cache.palette.clone();
                let links = &mut self.cache.links;
                let links = self.model.settings.osc8.then_some(links);
                let beyond = palette.paint(&rows, place.row, &style, line, (buffer, links));
                self.beyond = self.beyond.max(beyond);
                self.mark(place, &rows, line, pan, buffer);
                self.mark_silence((&silences, &told), place.row, line, buffer);
                if meant == Some(place.row) {
                    let accent = self.cache.palette.accent(self.pane.letter);
                    buffer.set_string(line.x, line.y, "▸", accent);
                }
                if current == Some(place.row) {
                    let style = self.cache.palette.find[1];
                    buffer.set_string(line.x, line.y, "▸", style);
                }
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

    /// Columns by which a row is scrolled sideways: no further than its code block or table reaches beyond the pane.
    fn pan(&mut self, place: Place, rows: &Rows, area: Rect) -> u16 {
        let Some(RowRef::Row(row)) = rows.get(place.row) else {
            return 0;
        };
        let Some(sideways) = row.sideways.filter(|_| self.pane.pan > 0) else {
            return 0;
        };
        let reach = match sideways.reach {
            Reach::Columns(columns) => columns,
            Reach::Code(code) => usize::from(sideways.from) + self.code_columns(place, code),
        };
        let room = usize::from(text_of(area).width);
        let most = u16::try_from(reach.saturating_sub(room)).unwrap_or(u16::MAX);
        self.pane.pan.min(most)
    }

    /// Columns of the longest line of a code block of which a row is drawn. The next row mostly is of the same.
    fn code_columns(&mut self, place: Place, code: usize) -> usize {
        let part = self.part(place.turn, place.part);
        let (Part::Block(text, _), Some(answer)) = (part, self.answer(place.turn)) else {
            return 0;
        };
        let owner = Owner::of(answer, text);
        match self.widest {
            Some((of, at, columns)) if (of, at) == (owner, code) => columns,
            _ => {
                let columns = self.cache.code_columns(answer, text, code);
                self.widest = Some((owner, code, columns));
                columns
            }
        }
    }

    /// The row of a part that begins the code block which was jumped to: it may be anywhere on the screen.
    fn meant(&mut self, place: Place, rows: &Rows) -> Option<usize> {
        let at = self.pane.code.filter(|_| self.selected.is_none())?;
        if !self.is_in(place, at) {
            return None;
        }
        let first = rows.row_at(at.byte);
        // A block inside an item begins a little after the line that it stands in.
        let near = first..rows.len().min(first + 3);
        Some(
            near.into_iter()
                .find(|&row| is_label(rows, row))
                .unwrap_or(first),
        )
    }

    /// The row of a part with the place that the reader was taken to, which may be one that is not shown.
    fn current(&mut self, place: Place, rows: &Rows) -> Option<usize> {
        let at = self.pane.find.as_ref()?.current?;
        self.is_in(place, at).then(|| rows.row_at(at.byte))
    }

    /// Marks what was found in a row that is drawn already.
    fn mark(&mut self, place: Place, rows: &Rows, area: Rect, pan: u16, buffer: &mut Buffer) {
        if let Some(find) = &self.pane.find
            && let Some(RowRef::Row(row)) = rows.get(place.row)
            && let Some(turn) = self.turn(place.turn)
            && let part = self.part(place.turn, place.part).reading()
            && let Some(found) = find.found(place.turn, turn.id, part)
        {
            let text = text_of(area);
            let window = Window::new(row, pan, text.width);
            marks::paint(row, found, &self.cache.palette, (text, window), buffer);
        }
    }

    pub(super) fn style(&mut self, turn: usize, part: usize) -> PartStyle {
        let plain = PartStyle {
            bar: None,
            patch: Style::default(),
            pan: 0,
        };
        match self.part(turn, part) {
            Part::Prompt(_) => PartStyle {
                bar: Some(self.cache.palette.accent(self.pane.letter)),
                patch: self.cache.palette.prompt,
                ..plain
            },
            Part::Block(Text::Reasoning, _) => PartStyle {
                patch: self.cache.palette.reasoning,
                ..plain
            },
            _ => plain,
        }
    }
}

fn is_label(rows: &Rows, row: usize) -> bool {
    let Some(RowRef::Row(row)) = rows.get(row) else {
        return false;
    };
    let mut spans = row.spans.iter();
    spans.any(|span| span.style.role == Role::CodeLabel)
}

/// How the rows of a part are drawn.
#[derive(Clone, Copy)]
pub(super) struct PartStyle {
    /// The bar at their left.
    bar: Option<Style>,
    /// Laid over every span.
    patch: Style,
    /// Columns by which the row at hand is scrolled sideways.
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
        let text = text_of(area);
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
                super::super::surface(rest_of(area, at), self.code_fill, buffer);
            }
            let mut text = &*span.text;
            if window.hidden > 0 && usize::from(at - area.x) == window.from && hidden.is_none() {
                if window.has_more_left {
                    draw::put(buffer, at, area.y, "‹", 1, self.markdown(Role::Dim.into()));
                }
                at += 1;
                hidden = Some(window.hidden);
            }
            if let Some(left) = &mut hidden {
                let blank;
                (text, blank) = behind(text, left);
                at += blank;
            }
            if span.style.role == Role::CodeEdge && self.has_code_surface() {
                at += 2;
                continue;
            }
            let style = self.markdown(span.style).patch(patch);
            let begin = at;
            let room = end.saturating_sub(at);
            at = draw::put(buffer, at, area.y, text, room, style);
            links.extend(span.style.link.map(|link| (link, begin..at)));
            // No narrow character of a later span takes the place of a wide one that does not fit.
            if window.beyond > 0 && at < end && width(text) > usize::from(room) {
                break;
            }
        }
        if window.has_more_right {
            draw::put(buffer, end, area.y, "›", 1, self.markdown(Role::Dim.into()));
        }
        links
    }
}

/// What of a text is seen when columns at its beginning are hidden, of which those that it has are taken off; and how
/// many blanks come before it.
fn behind<'a>(text: &'a str, hidden: &mut usize) -> (&'a str, u16) {
    let (skipped, columns) = take_columns(text, *hidden);
    let rest = text.get(skipped.len()..).unwrap_or_default();
    *hidden -= columns;
    match graphemes(rest).next() {
        // Half of a wide character is hidden with the other half.
        Some((wide, columns)) if *hidden > 0 => {
            let half = columns - std::mem::take(hidden);
            let rest = rest.get(wide.len()..).unwrap_or_default();
            (rest, u16::try_from(half).unwrap_or(0))
        }
        _ => (rest, 0),
    }
}

/// What of a row is seen.
#[derive(Clone, Copy, Default)]
pub(super) struct Window {
    /// The column from which on columns are hidden.
    from: usize,
    /// Columns that are hidden there; a column stands for them.
    hidden: usize,
    /// That column is a mark, because something of the row is still seen.
    has_more_left: bool,
    /// The last column is a mark, because there is more.
    has_more_right: bool,
    /// Columns by which the row reaches beyond its room.
    beyond: u16,
}

impl Window {
    pub(super) fn new(row: &markdown::Row, pan: u16, room: u16) -> Self {
        let Some(from) = row.sideways.map(|sideways| usize::from(sideways.from)) else {
            return Self::default();
        };
        let (pan, room, width) = (usize::from(pan), usize::from(room), row.width());
        let is_panned = pan > 0 && width > from && from < room;
        // The mark itself covers a column.
        let hidden = if is_panned { pan + 1 } else { 0 };
        Self {
            from,
            hidden,
            has_more_left: is_panned && width > from + hidden,
            has_more_right: width.saturating_sub(pan) > room && room > from + 1,
            beyond: u16::try_from(width.saturating_sub(room)).unwrap_or(u16::MAX),
        }
    }

    /// Where a column of the row is seen, if it is.
    pub(super) fn column(self, column: usize) -> Option<u16> {
        let seen = match column.checked_sub(self.from) {
            // The mark stands for what is hidden.
            Some(behind) if self.hidden > 0 => self.from + 1 + behind.checked_sub(self.hidden)?,
            _ => column,
        };
        u16::try_from(seen).ok()
    }
}

/// Where the text of a row is drawn.
pub(super) fn text_of(area: Rect) -> Rect {
    Rect {
        x: area.x + GUTTER,
        width: area.width.saturating_sub(GUTTER + MARGIN),
        ..area
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
