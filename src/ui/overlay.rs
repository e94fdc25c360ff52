//! Draws what lies over the screen: questions and lines here, lists, forms, help and figures in rooms of their own.
//!
//! An overlay paints its whole area, so that nothing of the screen shines through.

use ratatui::{
    buffer::Buffer,
    layout::{Margin, Position, Rect},
    text::{Line, Span},
    widgets::{Block, BorderType, Widget},
};

use super::{
    connect, definitions, form, held::Held, help, inspect, models, picker, sidebar, theme::Palette,
};
use crate::{
    app::{Line as TextLine, Model, Overlay, PickerFrame, PickerKind, Purpose},
    text,
};

/// What drawing an overlay found out.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Drawn {
    /// Where the cursor goes, if the overlay takes text.
    pub(super) cursor: Option<Position>,
    /// Where the rows of a list stand, if it is one.
    pub(super) list: Option<PickerFrame>,
}

/// Draws one overlay.
pub(super) fn draw(
    model: &Model,
    palette: &Palette,
    overlay: &Overlay,
    held: &mut Held,
    screen: Rect,
    buffer: &mut Buffer,
) -> Drawn {
    let cursor = match overlay {
        Overlay::Picker(picker) if picker.kind == PickerKind::Models => {
            return models::draw(model, palette, picker, screen, buffer);
        }
        Overlay::Picker(picker) => return picker::draw(model, palette, picker, screen, buffer),
        Overlay::Help { top } => {
            help::draw(model, palette, *top, screen, buffer);
            None
        }
        Overlay::Line(line) => line_box(model, palette, line, screen, buffer),
        Overlay::ConfirmQuit => {
            confirm(model, palette, screen, buffer);
            None
        }
        Overlay::Form(form) => form::draw(model, palette, form, screen, buffer),
        Overlay::SystemPrompt(prompt) => {
            form::draw_system_prompt(model, palette, prompt, screen, buffer)
        }
        Overlay::Connect(asked) => connect::draw(model, palette, asked, screen, buffer),
        Overlay::ConfirmKey { found, attachment } => {
            let place = (*found, *attachment);
            connect::draw_question(model, palette, place, screen, buffer);
            None
        }
        Overlay::Inspector(asked) => inspect::draw(model, palette, asked, screen, buffer),
        Overlay::Definitions(asked) => definitions::draw(model, palette, asked, screen, buffer),
        Overlay::Figures => {
            sidebar::Sidebar { model, palette }.draw_over(held, screen, buffer);
            None
        }
    };
    Drawn { cursor, list: None }
}

/// Columns of the box of a line.
const WIDTH: u16 = 64;

fn line_box(
    model: &Model,
    palette: &Palette,
    line: &TextLine,
    screen: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let title = match &line.purpose {
        Purpose::RenameSession | Purpose::RenameListed(_) => "Rename the session",
        Purpose::SaveDeck => "Save the arrangement as",
        Purpose::ReplaceDeck(_) => "There is a deck of this name",
        Purpose::SaveText { what, .. } => &format!("Save the {what} as"),
        Purpose::SaveElsewhere if model.unsaved.is_some() => "NOT SAVED: save the session below",
        Purpose::SaveElsewhere => "Saved again by now; another copy below",
    };
    let foot: &str = match &line.purpose {
        Purpose::SaveElsewhere => &foot(
            &[
                "Enter saves and leaves",
                "Esc stays",
                "empty: leaves without",
            ],
            screen.width.min(WIDTH),
        ),
        Purpose::ReplaceDeck(_) => "Enter again replaces it · Esc keeps it",
        _ => "Enter takes · Esc closes",
    };
    let inner = panel(title, foot, WIDTH, 3, palette, screen, buffer);
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
pub(super) fn foot<T: AsRef<str>>(parts: &[T], columns: u16) -> String {
    let room = usize::from(columns).saturating_sub(6);
    let mut foot = String::new();
    for part in parts {
        let part = part.as_ref();
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
    let area = screen.centered(
        ratatui::layout::Constraint::Length(width.min(screen.width)),
        ratatui::layout::Constraint::Length(height.min(screen.height)),
    );
    super::clear(area, buffer);
    buffer.set_style(area, palette.raised);
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(palette.rule)
        .title_top(Line::styled(format!(" {title} "), palette.strong))
        .title_bottom(Line::styled(format!(" {foot} "), palette.dim).right_aligned())
        .render(area, buffer);
    area.inner(Margin::new(2, 1))
}

fn confirm(model: &Model, palette: &Palette, screen: Rect, buffer: &mut Buffer) {
    let streaming = match model.live().count() {
        0 => "Every answer has ended by now.".to_owned(),
        1 => "An answer is still streaming.".to_owned(),
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
