//! Draws a list with a filter: the query, the rows around the selected one, and the keys it knows.
//!
//! Models have columns of their own, sessions a preview; both stand beside this file.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{
    overlay::{Drawn, foot, panel},
    preview,
    theme::Palette,
};
use crate::{
    app::{Choice, Item, Model, Picker, PickerFrame, PickerKind},
    text,
};

/// Widest a list without a preview gets.
const WIDTH: u16 = 90;
/// Rows of a box with few items.
const LOW: u16 = 8;

/// Draws a list.
pub(super) fn draw(
    model: &Model,
    palette: &Palette,
    picker: &Picker,
    screen: Rect,
    buffer: &mut Buffer,
) -> Drawn {
    let (title, nothing) = words(picker);
    let (width, height) = size(picker, screen);
    let foot = foot(keys(picker), width.min(screen.width));
    let inner = panel(title, &foot, width, height, palette, screen, buffer);
    if inner.height < 2 {
        return Drawn::default();
    }
    let cursor = query_line(model, palette, picker, inner, buffer);
    let below = Rect {
        y: inner.y + 1,
        height: inner.height - 1,
        ..inner
    };
    let list = match picker.kind {
        PickerKind::Sessions => preview::draw(model, palette, picker, below, buffer),
        _ => below,
    };
    if picker.matches.is_empty() {
        let word = if picker.loading {
            "reading …"
        } else {
            nothing
        };
        let room = usize::from(list.width);
        buffer.set_stringn(list.x + 2, list.y, word, room, palette.dim);
    }
    let first = first_shown(picker, list);
    let labels = picker.items.iter().map(|i| text::width(&i.label)).max();
    let column = labels.unwrap_or(0).min(usize::from(list.width) / 2);
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
        item_row(model, item, (column, selected), palette, row, buffer);
    }
    Drawn {
        cursor: Some(cursor),
        list: Some(PickerFrame { list, first }),
    }
}

/// The place of the first item shown, so that the selected one is.
pub(super) fn first_shown(picker: &Picker, list: Rect) -> usize {
    let rows = usize::from(list.height);
    picker.selected.saturating_sub(rows.saturating_sub(1))
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

/// The title of a list, and what stands in it when nothing matches.
fn words(picker: &Picker) -> (&'static str, &'static str) {
    match picker.kind {
        PickerKind::Palette => ("Palette", "no action matches"),
        PickerKind::Models => ("Model", "no model matches"),
        PickerKind::Sessions if picker.items.is_empty() => ("Sessions", "no other session yet"),
        PickerKind::Sessions => ("Sessions", "no session matches"),
        PickerKind::History if picker.items.is_empty() => {
            ("Earlier prompts", "no earlier prompt yet")
        }
        PickerKind::History => ("Earlier prompts", "no earlier prompt matches"),
        PickerKind::Prompts if picker.items.is_empty() => (
            "Prompt library",
            "it is empty: put files NAME.md into prompts/ beside config.toml",
        ),
        PickerKind::Prompts => ("Prompt library", "no prompt matches"),
        PickerKind::Code => ("Code blocks", "no code block matches"),
        PickerKind::Themes => ("Theme", "no theme matches"),
        PickerKind::Decks => ("Decks", "no deck matches"),
    }
}

/// What keys do in a list.
fn keys(picker: &Picker) -> &'static [&'static str] {
    match picker.kind {
        PickerKind::Sessions if picker.matches.is_empty() => {
            &["Ctrl-Z undoes", "Ctrl-T new", "Esc closes"]
        }
        _ if picker.matches.is_empty() => &["Esc closes"],
        PickerKind::Sessions => &[
            "Enter opens",
            "Ctrl-R renames",
            "Ctrl-D deletes",
            "Ctrl-Z undoes",
            "Ctrl-T new",
            "Esc closes",
        ],
        PickerKind::Decks => &["Enter opens in a new session", "Esc closes"],
        PickerKind::Themes => &["Enter takes", "Ctrl-S takes and saves", "Esc goes back"],
        _ => &["Enter takes", "Esc closes"],
    }
}

/// Width and height of the box, before the screen sets bounds.
fn size(picker: &Picker, screen: Rect) -> (u16, u16) {
    let most = (screen.height * 2 / 3).max(LOW);
    let (width, least) = match picker.kind {
        PickerKind::Sessions => (preview::WIDTH, preview::HEIGHT.min(most)),
        _ => (WIDTH, LOW),
    };
    let items = u16::try_from(picker.items.len()).unwrap_or(u16::MAX);
    (width, items.saturating_add(4).clamp(least, most))
}

/// Draws an item, its detail behind a column for labels; an action that would change nothing now is dim and says why.
fn item_row(
    model: &Model,
    item: &Item,
    (column, selected): (usize, bool),
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
    let fill = if detail.is_empty() {
        0
    } else {
        column.saturating_sub(text::width(&label))
    };
    let left = room.saturating_sub(text::width(&label) + fill + 2);
    let mark = if selected { "› " } else { "  " };
    let line = Line::from(vec![
        Span::styled(mark, palette.key),
        Span::styled(label.into_owned(), style),
        Span::raw(" ".repeat(fill + 2)),
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
    let mut over = text::width(text).saturating_sub(columns);
    let mut rest = text;
    for (grapheme, width) in text::graphemes(text) {
        if over == 0 {
            break;
        }
        over = over.saturating_sub(width);
        rest = rest.strip_prefix(grapheme).unwrap_or_default();
    }
    rest
}
