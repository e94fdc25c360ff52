//! Draws what is known of the selected session, beside the list of sessions or below it.
//!
//! Where there is room for the list alone, the list gets it.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{format, theme::Palette};
use crate::{
    app::{Model, Picker},
    chat::{Preview, Timestamp},
    text::{self, SafeText},
};

/// Width of the list with a preview beside it.
pub(super) const WIDTH: u16 = 124;
/// Rows that the box takes where the screen has them, however short the list is.
pub(super) const HEIGHT: u16 = 18;
/// From this width on the preview stands beside the list.
const BESIDE: u16 = 86;
/// From this height on it stands below it.
const BELOW: u16 = 11;
/// Rows that it takes there.
const ROWS_BELOW: u16 = 6;
/// Rows of a prompt.
const PROMPT_ROWS: usize = 3;

/// Draws the preview into a part of `area`, and returns the part that is left for the list.
pub(super) fn draw(
    model: &Model,
    palette: &Palette,
    picker: &Picker,
    area: Rect,
    buffer: &mut Buffer,
) -> Rect {
    let Some(id) = picker.chosen_session() else {
        return area;
    };
    let (list, room) = if area.width >= BESIDE {
        beside(palette, area, buffer)
    } else if area.height >= BELOW {
        below(palette, area, buffer)
    } else {
        return area;
    };
    let width = usize::from(room.width);
    let lines = match picker.previews.get(&id) {
        Some(Ok(preview)) => {
            let now = model.now.wall;
            let is_low = room.height < 2 * ROWS_BELOW;
            lines(palette, preview, now, width, is_low)
        }
        Some(Err(reason)) => wrap(SafeText::line(reason).as_str(), width, PROMPT_ROWS)
            .into_iter()
            .map(|row| Line::styled(row, palette.warning))
            .collect(),
        None => vec![Line::styled("reading …", palette.dim)],
    };
    for (line, y) in lines.iter().zip(room.y..room.bottom()) {
        buffer.set_line(room.x, y, line, room.width);
    }
    list
}

fn beside(palette: &Palette, area: Rect, buffer: &mut Buffer) -> (Rect, Rect) {
    let width = area.width * 9 / 20;
    let list = Rect { width, ..area };
    let rule = area.x + width + 1;
    for y in area.y..area.bottom() {
        buffer.set_string(rule, y, "│", palette.rule);
    }
    let room = Rect {
        x: rule + 2,
        width: area.right().saturating_sub(rule + 2),
        ..area
    };
    (list, room)
}

fn below(palette: &Palette, area: Rect, buffer: &mut Buffer) -> (Rect, Rect) {
    let height = area.height - ROWS_BELOW - 1;
    let list = Rect { height, ..area };
    let rule = "─".repeat(usize::from(area.width));
    buffer.set_string(area.x, list.bottom(), rule, palette.rule);
    let room = Rect {
        y: list.bottom() + 1,
        height: ROWS_BELOW,
        ..area
    };
    (list, room)
}

/// The preview, row by row; where the room is low, what tells sessions apart comes alone.
fn lines(
    palette: &Palette,
    preview: &Preview,
    now: Timestamp,
    width: usize,
    is_low: bool,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut push = |rows: Vec<String>, style: Style| {
        lines.extend(rows.into_iter().map(|row| Line::styled(row, style)));
    };
    if !is_low {
        push(
            wrap(SafeText::line(&preview.title).as_str(), width, 2),
            palette.strong,
        );
        push(wrap(&times(preview, now), width, 1), palette.dim);
    }
    push(wrap(&panes(preview), width, 2), palette.dim);
    let blank = |lines: &mut Vec<Line<'static>>| {
        if !is_low {
            lines.push(Line::default());
        }
    };
    blank(&mut lines);
    let has_last = preview.prompts > 1 && !preview.last_prompt.is_empty();
    if !(is_low && has_last) {
        prompt(palette, &preview.first_prompt, width, is_low, &mut lines);
    }
    if preview.prompts > 1 && !is_low {
        lines.push(Line::styled("⋮", palette.dim));
    }
    if has_last {
        prompt(palette, &preview.last_prompt, width, is_low, &mut lines);
    }
    blank(&mut lines);
    let rows = SafeText::new(&preview.answer);
    let rows = rows.as_str().lines().map(SafeText::line);
    for row in rows.filter(|row| !row.as_str().is_empty()) {
        let rows = wrap(row.as_str(), width, usize::MAX);
        lines.extend(rows.into_iter().map(|row| Line::styled(row, palette.text)));
    }
    lines
}

fn prompt(
    palette: &Palette,
    text: &str,
    width: usize,
    is_low: bool,
    lines: &mut Vec<Line<'static>>,
) {
    let rows = if is_low { 2 } else { PROMPT_ROWS };
    let rows = wrap(SafeText::line(text).as_str(), width.saturating_sub(2), rows);
    lines.extend(rows.into_iter().map(|row| {
        Line::from(vec![
            Span::styled("┃ ", palette.dim),
            Span::styled(row, palette.text),
        ])
    }));
}

fn times(preview: &Preview, now: Timestamp) -> String {
    let (began, ended) = (preview.created.ago(now), preview.modified.ago(now));
    if began == ended {
        return began;
    }
    format!("began {began} · last written {ended}")
}

/// How many prompts, in which panes.
fn panes(preview: &Preview) -> String {
    let prompts = match (preview.prompts, preview.is_partial) {
        (_, true) => "a long session".to_owned(),
        (1, false) => "1 prompt".to_owned(),
        (count, false) => format!("{count} prompts"),
    };
    let models = preview
        .models
        .iter()
        .map(|m| SafeText::line(m).into_string());
    let models = models.collect::<Vec<_>>().join(", ");
    match preview.models.len() {
        0 => prompts,
        1 => format!("{prompts} · {models}"),
        count => format!("{prompts} · {count} panes: {models}"),
    }
}

/// A text in rows of `width` columns, at most so many rows; an ellipsis tells that there is more.
fn wrap(text: &str, width: usize, most: usize) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut rows = format::wrap(text, width);
    if rows.len() > most {
        rows.truncate(most);
        if let Some(last) = rows.last_mut() {
            *last = text::truncate(&format!("{last} …"), width).into_owned();
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_do_not_fit_are_told_by_an_ellipsis() {
        let check = |text: &str, most, expected: &[&str]| {
            assert_eq!(wrap(text, 7, most), expected, "{text:?}");
        };
        check("", 2, &[]);
        check("one two three", 2, &["one two", "three"]);
        check("one two three four", 2, &["one two", "three …"]);
        check("one two three", 1, &["one tw…"]);
    }
}
