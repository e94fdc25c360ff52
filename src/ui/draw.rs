//! Text into cells, for what is drawn on every frame: plain ASCII goes straight into them.
//!
//! The result is the one of [`Buffer::set_stringn`], which looks for graphemes in every letter.

use ratatui::{
    buffer::{Buffer, CellWidth},
    layout::Rect,
    style::Style,
    text::Line,
};

use crate::text;

/// Draws `text` into at most `room` columns; the result is the column behind it.
pub(super) fn put(buffer: &mut Buffer, x: u16, y: u16, text: &str, room: u16, style: Style) -> u16 {
    let area = buffer.area;
    if y < area.y || y >= area.bottom() || x < area.x || x >= area.right() {
        return x;
    }
    let end = x.saturating_add(room).min(area.right());
    let (mut x, mut rest) = (x, text);
    loop {
        let plain = plain(rest);
        let (now, later) = rest.split_at_checked(plain).unwrap_or((rest, ""));
        x = put_ascii(buffer, (x, y), now, end, style);
        let mut chars = later.chars();
        let Some(first) = chars.next() else {
            return x;
        };
        if x >= end {
            return x;
        }
        if stands_alone(first) && chars.clone().next().is_none_or(stands_alone) {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_char(first);
                dye(cell, style);
            }
            x += 1;
            rest = chars.as_str();
            continue;
        }
        let Some((cluster, _)) = text::graphemes(later).next() else {
            return x;
        };
        let (behind, _) = buffer.set_stringn(x, y, cluster, usize::from(end - x), style);
        let is_invisible = cluster.contains(char::is_control) || cluster.cell_width() == 0;
        if behind == x && !is_invisible {
            return x;
        }
        x = behind;
        rest = later.get(cluster.len()..).unwrap_or_default();
    }
}

/// Characters of one column that join with none of their kind: letters, punctuation, arrows, lines and blocks.
fn stands_alone(c: char) -> bool {
    matches!(
        c,
        ' '..='~'
            | '\u{a1}'..='\u{ac}'
            | '\u{ae}'..='\u{2ff}'
            | '\u{2010}'..='\u{2027}'
            | '\u{2190}'..='\u{21ff}'
            | '\u{2500}'..='\u{259f}'
    )
}

/// How many bytes at the beginning are letters that certainly stand alone.
fn plain(text: &str) -> usize {
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~');
    let bytes = text.as_bytes();
    let plain = bytes.iter().take_while(|byte| is_plain(byte)).count();
    // What follows may be a mark that belongs to the last of them.
    if plain < bytes.len() {
        plain.saturating_sub(1)
    } else {
        plain
    }
}

fn put_ascii(buffer: &mut Buffer, (x, y): (u16, u16), text: &str, end: u16, style: Style) -> u16 {
    let columns = usize::from(end - x).min(text.len());
    if columns == 0 {
        return x;
    }
    let start = buffer.index_of(x, y);
    let cells = buffer.content.iter_mut().skip(start).take(columns);
    for (cell, byte) in cells.zip(text.bytes()) {
        cell.set_char(char::from(byte));
        dye(cell, style);
    }
    x + u16::try_from(columns).unwrap_or(0)
}

#[inline]
fn dye(cell: &mut ratatui::buffer::Cell, style: Style) {
    if let Some(colour) = style.fg {
        cell.fg = colour;
    }
    if let Some(colour) = style.bg {
        cell.bg = colour;
    }
    if let Some(colour) = style.underline_color {
        cell.underline_color = colour;
    }
    cell.modifier.insert(style.add_modifier);
    cell.modifier.remove(style.sub_modifier);
}

/// Draws a line into at most `room` columns; the result is the column behind it.
pub(super) fn put_line(buffer: &mut Buffer, x: u16, y: u16, line: &Line<'_>, room: u16) -> u16 {
    let end = x.saturating_add(room);
    let mut at = x;
    for span in &line.spans {
        if at >= end {
            break;
        }
        let style = line.style.patch(span.style);
        at = put(buffer, at, y, &span.content, end - at, style);
    }
    at
}

/// Draws lines below each other, as far as there is room.
pub(super) fn put_lines<'a>(
    buffer: &mut Buffer,
    area: Rect,
    lines: impl IntoIterator<Item = &'a Line<'a>>,
) {
    for (line, y) in lines.into_iter().zip(area.y..area.bottom()) {
        put_line(buffer, area.x, y, line, area.width);
    }
}

/// Lays a style over an area.
pub(super) fn fill(area: Rect, style: Style, buffer: &mut Buffer) {
    let area = buffer.area.intersection(area);
    if area.is_empty() {
        return;
    }
    let width = usize::from(buffer.area.width);
    let start = buffer.index_of(area.x, area.y);
    let rows = buffer.content.get_mut(start..).unwrap_or_default();
    for row in rows.chunks_mut(width).take(usize::from(area.height)) {
        for cell in row.iter_mut().take(usize::from(area.width)) {
            dye(cell, style);
        }
    }
}

/// One symbol in every row of a column.
pub(super) fn column(area: Rect, symbol: char, style: Style, buffer: &mut Buffer) {
    for y in area.y..area.bottom() {
        if let Some(cell) = buffer.cell_mut((area.x, y)) {
            cell.set_char(symbol);
            dye(cell, style);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};
    use ratatui::style::{Color, Modifier};

    use super::*;

    proptest! {
        #[test]
        fn cells_are_those_of_the_library(
            pieces in prop::collection::vec(
                select(vec![
                    "a", "b c", "~", " ", "é", "e\u{301}", "\u{301}", "漢", "字 a", "\t", "\u{1b}", "\r\n", "│",
                    "👩‍👩‍👧", "\u{200b}", "\u{600}1", "ｶﾞ", "x\u{200d}", "\u{7f}",
                    "ñ", "–", "…", "─▏", "©", "↔", "\u{fe0f}", "\u{ad}", "ʰ",
                ]),
                0..8,
            ),
            x in 0_u16..12,
            room in 0_u16..14,
        ) {
            let text = pieces.concat();
            let style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
            let mut ours = Buffer::filled(Rect::new(0, 0, 12, 2), ratatui::buffer::Cell::new("漢"));
            let mut theirs = ours.clone();
            let at = put(&mut ours, x, 1, &text, room, style);
            let (expected, _) = theirs.set_stringn(x, 1, &text, room.into(), style);
            prop_assert_eq!(at, expected);
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn outside_there_is_nothing_to_draw_on() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 1));
        assert_eq!(put(&mut buffer, 5, 0, "text", 4, Style::new()), 5);
        assert_eq!(put(&mut buffer, 0, 1, "text", 4, Style::new()), 0);
        assert_eq!(put(&mut buffer, 2, 0, "text", 9, Style::new()), 4);
        fill(
            Rect::new(2, 0, 9, 9),
            Style::new().bg(Color::Red),
            &mut buffer,
        );
        column(Rect::new(3, 0, 1, 9), '│', Style::new(), &mut buffer);
        assert_eq!(buffer[(3, 0)].symbol(), "│");
        assert_eq!(buffer[(3, 0)].bg, Color::Red);
        assert_eq!(buffer[(1, 0)].bg, Color::Reset);
    }
}
