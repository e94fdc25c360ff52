//! Draws the line in which text is looked for, and how many places were found; while it is kept, its keys.
//!
//! It stands in the row of the hints, where it covers no text; on low screens over the composer, which waits.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::{format, layout::Areas, status::key_of, theme::Palette};
use crate::{
    app::{Action, Find, Focus, Model, Wrapped},
    text,
};

/// Columns that what is typed keeps.
const TYPED: u16 = 12;

/// What drawing it found out.
pub(super) struct Drawn {
    /// Where the cursor goes while the line is open.
    pub(super) cursor: Option<Position>,
}

/// Draws it over the hints; `None` where nothing is looked for.
pub(super) fn draw(
    model: &Model,
    palette: &Palette,
    areas: &Areas,
    buffer: &mut Buffer,
) -> Option<Drawn> {
    let is_awaited = !model.pending.is_empty() || model.letter_for.is_some();
    if model.focus != Focus::Panes || is_awaited || !model.overlays.is_empty() {
        return None;
    }
    let find = model.pane().find.as_ref()?;
    if model.select.is_some() && !find.is_typed {
        return None;
    }
    let area = match areas.hints {
        hints if !hints.is_empty() => hints,
        _ if find.is_typed => Rect {
            y: areas.composer.bottom().saturating_sub(1),
            height: 1,
            ..areas.composer
        },
        _ => return None,
    };
    super::clear(area, buffer);
    super::surface(area, palette.base, buffer);
    let mut parts = vec![count(find, palette)];
    parts.extend(
        keys(model, find)
            .into_iter()
            .map(|(key, does)| (key, palette.key, does)),
    );
    if find.is_typed {
        let cursor = Some(open(model, palette, find, parts, area, buffer));
        return Some(Drawn { cursor });
    }
    let query = text::truncate(find.query(), usize::from(area.width / 3));
    let x = buffer
        .set_span(
            area.x,
            area.y,
            &Span::styled(format!(" /{query}  "), palette.strong),
            area.width,
        )
        .0;
    draw_parts(&parts, palette, x, area, buffer);
    Some(Drawn { cursor: None })
}

type Part = (String, Style, &'static str);

/// Draws the open line with its parts at the right, as many as leave room for what is typed.
fn open(
    model: &Model,
    palette: &Palette,
    find: &Find,
    mut parts: Vec<Part>,
    area: Rect,
    buffer: &mut Buffer,
) -> Position {
    let mark = match model.panes.len() {
        1 => " /".to_owned(),
        _ => format!(" {} /", model.pane().letter),
    };
    let (x, _) = buffer.set_span(
        area.x,
        area.y,
        &Span::styled(mark, palette.strong),
        area.width,
    );
    let room = area.right().saturating_sub(x);
    while parts.len() > 1 && width_of(&parts) + TYPED > room {
        parts.pop();
    }
    let right = width_of(&parts).min(room.saturating_sub(TYPED.min(room)));
    let typed = Rect {
        x,
        width: room - right,
        ..area
    };
    find.line.area().render(typed, buffer);
    draw_parts(&parts, palette, typed.right(), area, buffer);
    let (_, column) = find.line.cursor_on_screen();
    Position::new((x + column).min(typed.right().saturating_sub(1)), area.y)
}

fn width_of(parts: &[Part]) -> u16 {
    let width: usize = parts
        .iter()
        .map(|(key, _, does)| text::width(key) + text::width(does) + 3)
        .sum();
    u16::try_from(width).unwrap_or(u16::MAX)
}

fn draw_parts(parts: &[Part], palette: &Palette, x: u16, area: Rect, buffer: &mut Buffer) {
    let mut x = x;
    for part in parts {
        let (key, style, does) = part;
        let width = width_of(std::slice::from_ref(part));
        if x + width > area.right() + 2 {
            return;
        }
        let line = Line::from(vec![
            Span::styled(key.as_str(), *style),
            Span::styled(
                if key.is_empty() || does.is_empty() {
                    ""
                } else {
                    " "
                },
                palette.dim,
            ),
            Span::styled(*does, palette.dim),
        ]);
        buffer.set_line(x, area.y, &line, area.right() - x);
        x += width;
    }
}

/// Which of the places is shown, or that there is none.
fn count(find: &Find, palette: &Palette) -> Part {
    let all = find.count();
    if find.query().is_empty() {
        return (String::new(), palette.dim, "");
    }
    let text = match find.ordinal() {
        _ if all == 0 => return ("no match".to_owned(), palette.warning, ""),
        Some(this) => format!(
            "{} of {}",
            format::count(this as u64),
            format::count(all as u64)
        ),
        None => format!("{} found", format::count(all as u64)),
    };
    let wrapped = match find.wrapped {
        Some(Wrapped::ToTop) => "· from the top again",
        Some(Wrapped::ToBottom) => "· from the end again",
        None => "",
    };
    (text, palette.strong, wrapped)
}

fn keys(model: &Model, find: &Find) -> Vec<(String, &'static str)> {
    if find.is_typed {
        return vec![("Enter".to_owned(), "keeps"), ("Esc".to_owned(), "back")];
    }
    let drop = model.drops_find().then_some((Action::Cancel, "forget"));
    [
        (Action::NextMatch, "next"),
        (Action::PreviousMatch, "previous"),
    ]
    .into_iter()
    .chain(drop)
    .chain([(Action::FocusComposer, "write")])
    .filter_map(|(action, does)| Some((key_of(model, action)?, does)))
    .collect()
}
