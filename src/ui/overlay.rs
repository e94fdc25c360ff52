//! Draws what lies over the screen: help, pickers, questions.
//!
//! An overlay paints its whole area, so that nothing of the screen shines through.

use ratatui::{
    buffer::Buffer,
    layout::{Margin, Position, Rect},
    text::{Line, Span},
    widgets::{Block, BorderType, Widget},
};

use super::{form, help, models, theme::Palette};
use crate::{
    app::{
        Choice, Item, Line as TextLine, Model, Overlay, Picker, PickerFrame, PickerKind, Purpose,
    },
    text,
};

/// Draws one overlay; the result is where the cursor goes, if it takes text.
pub(super) fn draw(
    model: &Model,
    palette: &Palette,
    overlay: &Overlay,
    screen: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    match overlay {
        Overlay::Help { top } => {
            help::draw(model, palette, *top, screen, buffer);
            None
        }
        Overlay::Picker(picker) if picker.kind == PickerKind::Models => {
            models::draw(model, palette, picker, screen, buffer)
        }
        Overlay::Picker(picker) => picker_box(model, palette, picker, screen, buffer),
        Overlay::Line(line) => line_box(palette, line, screen, buffer),
        Overlay::ConfirmQuit => {
            confirm(model, palette, screen, buffer);
            None
        }
        Overlay::Form(form) => form::draw(model, palette, form, screen, buffer),
        Overlay::SystemPrompt(prompt) => {
            form::draw_system_prompt(model, palette, prompt, screen, buffer)
        }
    }
}

fn line_box(
    palette: &Palette,
    line: &TextLine,
    screen: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let title = match line.purpose {
        Purpose::RenameSession => "Rename the session",
        Purpose::SaveDeck => "Save the arrangement as",
        Purpose::SaveCode(_) => "Save the code block as",
    };
    let foot = "Enter takes · Esc closes";
    let inner = panel(title, foot, 64, 3, palette, screen, buffer);
    if inner.is_empty() {
        return None;
    }
    line.text.area().render(inner, buffer);
    let (row, column) = line.text.cursor_on_screen();
    Some(Position::new(
        (inner.x + column).min(inner.right().saturating_sub(1)),
        inner.y + row.min(inner.height.saturating_sub(1)),
    ))
}

/// As many of these parts as the edge of a box has room for; the first matter most.
pub(super) fn foot(parts: &[String], columns: u16) -> String {
    let room = usize::from(columns).saturating_sub(6);
    let mut foot = String::new();
    for part in parts {
        let gap = if foot.is_empty() { "" } else { " · " };
        if text::width(&foot) + text::width(gap) + text::width(part) > room {
            break;
        }
        foot.push_str(gap);
        foot.push_str(part);
    }
    foot
}

/// Paints a box of at most this size in the middle of the screen and returns its inside.
pub(super) fn panel(
    title: &str,
    foot: &str,
    width: u16,
    height: u16,
    palette: &Palette,
    screen: Rect,
    buffer: &mut Buffer,
) -> Rect {
    let area = boxed(width, height, screen);
    super::clear(area, buffer);
    buffer.set_style(area, palette.raised);
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(palette.rule)
        .title_top(Line::styled(format!(" {title} "), palette.strong))
        .title_bottom(Line::styled(format!(" {foot} "), palette.dim).right_aligned())
        .render(area, buffer);
    inside(area)
}

/// A box of at most this size in the middle of the screen.
fn boxed(width: u16, height: u16, screen: Rect) -> Rect {
    screen.centered(
        ratatui::layout::Constraint::Length(width.min(screen.width)),
        ratatui::layout::Constraint::Length(height.min(screen.height)),
    )
}

/// What a box leaves for its content.
fn inside(area: Rect) -> Rect {
    area.inner(Margin::new(2, 1))
}

fn confirm(model: &Model, palette: &Palette, screen: Rect, buffer: &mut Buffer) {
    let streaming = match model.live().count() {
        0 | 1 => "An answer is still streaming.".to_owned(),
        several => format!("{several} answers are still streaming."),
    };
    let inner = panel("Leave?", "Esc stays", 52, 6, palette, screen, buffer);
    let lines = [
        Line::styled(streaming, palette.text),
        Line::styled("What has come is kept and marked as stopped.", palette.dim),
        Line::default(),
        Line::from(vec![
            Span::styled("Enter", palette.key),
            Span::styled(" leaves   ", palette.dim),
            Span::styled("Esc", palette.key),
            Span::styled(" stays", palette.dim),
        ]),
    ];
    for (line, y) in lines.iter().zip(inner.y..inner.bottom()) {
        buffer.set_line(inner.x, y, line, inner.width);
    }
}

pub(super) fn pad(text: &str, columns: usize) -> String {
    let shown = text::truncate(text, columns.saturating_sub(1));
    let gap = columns.saturating_sub(text::width(&shown));
    format!("{shown}{}", " ".repeat(gap))
}

fn picker_box(
    model: &Model,
    palette: &Palette,
    picker: &Picker,
    screen: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let (title, nothing) = match picker.kind {
        PickerKind::Palette => ("Palette", "no action matches"),
        PickerKind::Models => ("Model", "no model matches"),
        PickerKind::Sessions => ("Sessions", "no other session yet"),
        PickerKind::History => ("Earlier prompts", "no earlier prompt matches"),
        PickerKind::Prompts if picker.items.is_empty() => (
            "Prompt library",
            "it is empty: put files NAME.md into prompts/ beside config.toml",
        ),
        PickerKind::Prompts => ("Prompt library", "no prompt matches"),
        PickerKind::Code => ("Code blocks", "no code block matches"),
        PickerKind::Themes => ("Theme", "no theme matches"),
    };
    let foot = match picker.kind {
        PickerKind::Themes => "Enter takes · Ctrl-S takes and saves · Esc goes back",
        _ => "Enter takes · Esc closes",
    };
    let (width, height) = picker_size(picker, screen);
    let inner = panel(title, foot, width, height, palette, screen, buffer);
    let PickerFrame { list, first } = picker_list(picker, inner)?;
    let cursor = query_line(model, palette, picker, inner, buffer);
    if picker.matches.is_empty() {
        let word = if picker.loading {
            "reading …"
        } else {
            nothing
        };
        buffer.set_stringn(
            list.x + 2,
            list.y,
            word,
            usize::from(list.width),
            palette.dim,
        );
    }
    let visible = picker.matches.iter().enumerate().skip(first);
    for ((place, &index), y) in visible.zip(list.y..list.bottom()) {
        let Some(item) = picker.items.get(index) else {
            continue;
        };
        let selected = place == picker.selected;
        let row = Rect::new(list.x, y, list.width, 1);
        if selected {
            buffer.set_style(row, palette.selected);
        }
        item_row(model, item, selected, palette, row, buffer);
    }
    Some(cursor)
}

/// Draws what was typed to filter a list; the result is where the cursor goes.
pub(super) fn query_line(
    model: &Model,
    palette: &Palette,
    picker: &Picker,
    inner: Rect,
    buffer: &mut Buffer,
) -> Position {
    let query = text::SafeText::line(&picker.query);
    let room = usize::from(inner.width).saturating_sub(3);
    let shown = tail_of(query.as_str(), room);
    let prompt = Line::from(vec![
        Span::styled("› ", palette.accent(model.pane().letter)),
        Span::styled(shown.to_owned(), palette.text),
    ]);
    buffer.set_line(inner.x, inner.y, &prompt, inner.width);
    let column = u16::try_from(text::width(shown)).unwrap_or(0);
    Position::new(inner.x + 2 + column, inner.y)
}

/// Where the list of an overlay stands, if it is a picker.
pub(super) fn list(overlay: &Overlay, screen: Rect) -> Option<PickerFrame> {
    let Overlay::Picker(picker) = overlay else {
        return None;
    };
    let (width, height) = picker_size(picker, screen);
    picker_list(picker, inside(boxed(width, height, screen)))
}

/// Width and height of a picker's box, before the screen sets bounds.
fn picker_size(picker: &Picker, screen: Rect) -> (u16, u16) {
    let most = (screen.height * 2 / 3).max(8);
    let items = u16::try_from(picker.items.len()).unwrap_or(u16::MAX);
    (90, items.saturating_add(4).clamp(8, most))
}

/// The list below the query; none where there is no room for it.
fn picker_list(picker: &Picker, inner: Rect) -> Option<PickerFrame> {
    let height = inner.height.checked_sub(1).filter(|&rows| rows > 0)?;
    Some(PickerFrame {
        list: Rect {
            y: inner.y + 1,
            height,
            ..inner
        },
        first: picker.selected.saturating_sub(usize::from(height) - 1),
    })
}

/// Draws an item; an action that would change nothing now is dim and says why.
fn item_row(
    model: &Model,
    item: &Item,
    selected: bool,
    palette: &Palette,
    row: Rect,
    buffer: &mut Buffer,
) {
    let idle = match item.choice {
        Choice::Do(action) => model.why_not(action),
        _ => None,
    };
    let (style, detail) = match idle {
        Some(why) => (palette.dim, why),
        None => (palette.text, item.detail.as_str()),
    };
    // On the ground of the selection dim text could not be read.
    let (style, dim) = if selected {
        (palette.text, palette.text)
    } else {
        (style, palette.dim)
    };
    let width = usize::from(row.width);
    let hint_width = text::width(&item.hint);
    let room = width.saturating_sub(hint_width + 4);
    let label = text::truncate(&item.label, room);
    let left = room.saturating_sub(text::width(&label) + 2);
    let mark = if selected { "› " } else { "  " };
    let line = Line::from(vec![
        Span::styled(mark, palette.key),
        Span::styled(label.into_owned(), style),
        Span::raw("  "),
        Span::styled(text::truncate(detail, left).into_owned(), dim),
    ]);
    buffer.set_line(row.x, row.y, &line, row.width);
    let x = row
        .right()
        .saturating_sub(u16::try_from(hint_width).unwrap_or(0) + 1);
    buffer.set_stringn(x, row.y, &item.hint, hint_width, dim);
}

/// The end of `text` that fits into `columns`: a long query shows where it is being typed.
fn tail_of(text: &str, columns: usize) -> &str {
    let mut rest = text;
    while text::width(rest) > columns {
        let Some((grapheme, _)) = text::graphemes(rest).next() else {
            break;
        };
        rest = rest.strip_prefix(grapheme).unwrap_or_default();
    }
    rest
}
