//! Draws the form with the parameters of a pane, and its system prompt while it is written.
//!
//! Where there is room the hint of every row stands beside it; what is cut there stands below for the selected row.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::{
    format,
    overlay::{foot, pad, panel},
    status::key_in,
    theme::Palette,
};
use crate::{
    app::{Action, Composer, Field, Form, FormRow, Model, SystemPrompt},
    config::Context,
    text::{self, SafeText},
};

/// Widest the boxes get.
const WIDTH: u16 = 116;
/// From this width on hints stand beside the values.
const HINTS_FROM: u16 = 100;
/// What the frame takes of the width of the box.
const FRAME: u16 = 4;
/// Columns of a name with the mark before it and the gap behind.
const NAME: u16 = 15;
/// Columns of a value where a hint follows.
const VALUE: u16 = 20;

/// Draws the form; the result is where the cursor goes.
pub(super) fn draw(
    model: &Model,
    palette: &Palette,
    form: &Form,
    screen: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let width = screen.width.min(WIDTH);
    let is_wide = width >= HINTS_FROM;
    let rows = u16::try_from(form.rows.len()).unwrap_or(u16::MAX);
    let beside = hint_room(width.saturating_sub(FRAME));
    let fits = |row: &FormRow| text::width(&about(palette, row).0) <= beside;
    let is_whole = is_wide && form.rows.iter().all(fits);
    // A hint below has room for two rows, so that the box stands still.
    let height = rows.saturating_add(if is_whole { 4 } else { 7 });
    let title = format!("Parameters of {} · {}", model.pane().letter, form.model);
    let title = text::truncate(&title, usize::from(width).saturating_sub(6));
    let foot = foot(&parts(model), width);
    let inner = panel(&title, &foot, width, height, palette, screen, buffer);
    if inner.is_empty() {
        return None;
    }
    let visible = rows.min(inner.height.saturating_sub(1).max(1));
    let selected = u16::try_from(form.selected).unwrap_or(0);
    let first = (selected + 1).saturating_sub(visible);
    let mut cursor = None;
    let shown = form.rows.iter().enumerate().skip(usize::from(first));
    for ((index, row), y) in shown.zip(inner.y..inner.y + visible) {
        let line = Rect::new(inner.x, y, inner.width, 1);
        let at = draw_row(palette, row, index == form.selected, is_wide, line, buffer);
        cursor = cursor.or(at);
    }
    let below = Rect {
        y: inner.y + visible,
        height: inner.height - visible,
        ..inner
    };
    let row = form.row().filter(|_| !is_whole);
    draw_below(model, palette, row, below, buffer);
    cursor
}

/// Columns for a hint beside a value.
fn hint_room(width: u16) -> usize {
    usize::from(width.saturating_sub(NAME + VALUE + 2))
}

/// Draws what stands below the rows: a word about one of them, and the system prompt.
fn draw_below(
    model: &Model,
    palette: &Palette,
    row: Option<&FormRow>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let (note, style) = row.map(|row| about(palette, row)).unwrap_or_default();
    let mut notes = Vec::new();
    if !note.is_empty() {
        notes = format::wrap(&note, usize::from(area.width).saturating_sub(4));
    }
    let wanted = u16::try_from(notes.len()).unwrap_or(u16::MAX);
    let gap = u16::from(area.height > wanted.saturating_add(1));
    for (note, y) in notes.iter().zip(area.y + gap..area.bottom()) {
        buffer.set_string(area.x + 2, y, note, style);
    }
    if area.height > wanted.saturating_add(gap) {
        let line = system_line(model, palette, usize::from(area.width));
        buffer.set_line(area.x, area.bottom() - 1, &line, area.width);
    }
}

/// What is wrong with a row, else what it is for.
fn about(palette: &Palette, row: &FormRow) -> (String, Style) {
    match &row.error {
        Some(error) => (format!("✗ {error}"), palette.error),
        None => (row.hint.clone(), palette.dim),
    }
}

/// What the keys do, the most important first.
fn parts(model: &Model) -> Vec<String> {
    let mut parts = vec![
        "Enter keeps".to_owned(),
        "Esc drops".to_owned(),
        "Del default".to_owned(),
    ];
    if model.panes.len() > 1 {
        parts.insert(2, "Ctrl-A all panes".to_owned());
    }
    parts
}

/// Draws one row; the result is where the cursor goes if the row is selected.
fn draw_row(
    palette: &Palette,
    row: &FormRow,
    selected: bool,
    is_wide: bool,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let name_width = NAME.min(area.width * 3 / 5);
    let (mark, style) = match (selected, row.error.is_some()) {
        (true, _) => ("› ", palette.strong),
        (false, true) => ("✗ ", palette.error),
        (false, false) => ("  ", palette.text),
    };
    let name = Line::from(vec![
        Span::styled(mark, if selected { palette.key } else { style }),
        Span::styled(row.param.as_str(), style),
    ]);
    buffer.set_line(area.x, area.y, &name, name_width);
    let mut value = Rect {
        x: area.x + name_width,
        width: area.width - name_width,
        ..area
    };
    if is_wide {
        let hint = Rect {
            x: value.x + VALUE + 2,
            width: value.width.saturating_sub(VALUE + 2),
            ..value
        };
        value.width = VALUE.min(value.width);
        let (words, style) = about(palette, row);
        let words = text::truncate(&words, usize::from(hint.width));
        buffer.set_string(hint.x, hint.y, words, style);
    }
    draw_value(palette, row, selected, value, buffer)
}

fn draw_value(
    palette: &Palette,
    row: &FormRow,
    selected: bool,
    area: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    if area.is_empty() {
        return None;
    }
    let room = usize::from(area.width);
    let default = match &row.default {
        Some(value) => format!("default: {value}"),
        None => "default".to_owned(),
    };
    match &row.field {
        Field::Choice { words, chosen } => {
            let word = chosen.and_then(|i| words.get(i));
            let style = if word.is_some() {
                palette.value
            } else {
                palette.dim
            };
            let word = word.map_or(default, ToString::to_string);
            let (before, after) = if selected { ("‹ ", " ›") } else { ("", "") };
            let line = Line::from(vec![
                Span::styled(before, palette.key),
                Span::styled(word, style),
                Span::styled(after, palette.key),
            ]);
            buffer.set_line(area.x, area.y, &line, area.width);
            None
        }
        Field::Text(text) if selected => {
            text.area().render(area, buffer);
            if text.is_empty() {
                buffer.set_stringn(area.x, area.y, &default, room, palette.dim);
            }
            Some(cursor_in(text, area))
        }
        Field::Text(text) => {
            let (shown, style) = match text.text() {
                empty if empty.is_empty() => (default, palette.dim),
                value => (value, palette.value),
            };
            buffer.set_string(area.x, area.y, text::truncate(&shown, room), style);
            None
        }
    }
}

/// Where the cursor of a text that was drawn into `area` stands.
fn cursor_in(text: &Composer, area: Rect) -> Position {
    let (row, column) = text.cursor_on_screen();
    Position::new(
        (area.x + column).min(area.right().saturating_sub(1)),
        area.y + row.min(area.height.saturating_sub(1)),
    )
}

/// Whether the pane has a system prompt, and how it begins.
fn system_line(model: &Model, palette: &Palette, width: usize) -> Line<'static> {
    let system = model.pane().variant.system.as_deref();
    let (shown, style) = match system {
        Some(text) => (SafeText::line(text).into_string(), palette.value),
        None => ("none".to_owned(), palette.dim),
    };
    let shown = text::truncate(&shown, width.saturating_sub(usize::from(NAME)));
    Line::from(vec![
        Span::styled(pad("  system", usize::from(NAME)), palette.dim),
        Span::styled(shown.into_owned(), style),
    ])
}

/// Draws the system prompt while it is written; the result is where the cursor goes.
pub(super) fn draw_system_prompt(
    model: &Model,
    palette: &Palette,
    prompt: &SystemPrompt,
    screen: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let width = screen.width.min(WIDTH);
    let height = (screen.height * 2 / 3).clamp(10.min(screen.height), 24);
    let title = match &prompt.from {
        Some(name) => format!(
            "System prompt of {} · from {}",
            model.pane().letter,
            SafeText::line(name)
        ),
        None => format!("System prompt of {}", model.pane().letter),
    };
    let title = text::truncate(&title, usize::from(width).saturating_sub(6));
    let foot = foot(&writing_parts(model), width);
    let inner = panel(&title, &foot, width, height, palette, screen, buffer);
    if inner.is_empty() {
        return None;
    }
    let notes = format::wrap(&writing_note(prompt), usize::from(inner.width));
    let below = u16::try_from(notes.len())
        .unwrap_or(u16::MAX)
        .min(inner.height / 3);
    let area = Rect {
        height: inner.height - below,
        ..inner
    };
    for (note, y) in notes.iter().zip(area.bottom()..inner.bottom()) {
        buffer.set_string(inner.x, y, note, palette.dim);
    }
    prompt.text.area().render(area, buffer);
    Some(cursor_in(&prompt.text, area))
}

fn writing_parts(model: &Model) -> Vec<String> {
    let key = |action| key_in(model, action, Context::Composer);
    let parts = [
        key(Action::Send).map(|k| format!("{k} keeps")),
        Some("Esc drops".to_owned()),
        key(Action::Newline).map(|k| format!("{k} new line")),
        Some("Ctrl-P library".to_owned()),
    ];
    parts.into_iter().flatten().collect()
}

fn writing_note(prompt: &SystemPrompt) -> String {
    let with: Vec<_> = prompt
        .params
        .set()
        .filter_map(|p| Some(format!("{} {}", p.as_str(), prompt.params.value(p)?)))
        .collect();
    match with.as_slice() {
        [] => "Holds from the next prompt on; left empty there is none".to_owned(),
        with => format!("Holds from the next prompt on, with {}", with.join(", ")),
    }
}
