//! Draws the help: every action with its keys while writing and while reading, in groups, from the action table.
//!
//! Keys and sentences wrap in their columns; on the narrowest screens the keys of the other area go.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{format, overlay, theme::Palette};
use crate::{
    app::{ACTIONS, Action, Focus, Group, Model, Overlay, SELECT_KEYS},
    config::Context,
    text,
};

/// Wider boxes are harder to read, not easier.
const WIDTH: u16 = 108;
/// What the box takes of its width and of its height, and the line with the heads of the columns.
const FRAME: (u16, u16) = (4, 2);
const HEAD: u16 = 1;
/// From this width on there is room for the keys of both areas.
const BOTH_FROM: usize = 46;
/// What somebody who looks for help needs first; it stands there alone.
const FIRST: [Action; 4] = [
    Action::Quit,
    Action::Palette,
    Action::FocusPanes,
    Action::FocusComposer,
];

/// Draws it with `top` rows above the first one shown.
pub(super) fn draw(
    model: &Model,
    palette: &Palette,
    top: usize,
    screen: Rect,
    buffer: &mut Buffer,
) {
    let columns = Columns::new(model, inner_width(screen));
    let rows = rows(model, &columns);
    let room = room(screen);
    let top = top.min(rows.len().saturating_sub(room));
    let foot = if rows.len() > room {
        let last = (top + room).min(rows.len());
        let (first, count) = (top + 1, rows.len());
        format!("{first}-{last} of {count} · j k scroll · Esc closes")
    } else {
        "Esc closes".to_owned()
    };
    let inner = overlay::panel(
        "Keys",
        &foot,
        WIDTH,
        height(screen),
        palette,
        screen,
        buffer,
    );
    let head = Row {
        keys: columns.heads.clone(),
        does: "does".to_owned(),
        is_heading: true,
    };
    let shown = std::iter::once(&head).chain(rows.iter().skip(top));
    for (row, y) in shown.zip(inner.y..inner.bottom()) {
        buffer.set_line(inner.x, y, &row.line(&columns, palette), inner.width);
    }
}

/// The last row that an open help can begin with.
pub(super) fn end(model: &Model, screen: Rect) -> usize {
    let is_open = matches!(model.overlays.last(), Some(Overlay::Help { .. }));
    if !is_open {
        return 0;
    }
    let columns = Columns::new(model, inner_width(screen));
    rows(model, &columns).len().saturating_sub(room(screen))
}

/// Rows by which an open help goes on at once.
pub(super) fn page(screen: Rect) -> usize {
    room(screen).saturating_sub(2).max(1)
}

fn height(screen: Rect) -> u16 {
    screen
        .height
        .saturating_sub(u16::from(screen.height > 16) * 2)
}

fn inner_width(screen: Rect) -> usize {
    usize::from(WIDTH.min(screen.width).saturating_sub(FRAME.0))
}

fn room(screen: Rect) -> usize {
    usize::from(height(screen).saturating_sub(FRAME.1 + HEAD))
}

/// How the width is divided.
struct Columns {
    /// The areas whose keys are shown.
    areas: Vec<Context>,
    heads: Vec<String>,
    /// Columns for the keys of an area.
    keys: usize,
    does: usize,
}

impl Columns {
    fn new(model: &Model, width: usize) -> Self {
        let areas = match model.focus {
            _ if width >= BOTH_FROM => vec![Context::Composer, Context::Panes],
            Focus::Composer => vec![Context::Composer],
            Focus::Panes => vec![Context::Panes],
        };
        let word = |area: &Context| match area {
            Context::Panes => "while reading".to_owned(),
            _ => "while writing".to_owned(),
        };
        let keys = (width / 4).clamp(14, 28);
        Self {
            heads: areas.iter().map(word).collect(),
            does: width.saturating_sub(keys * areas.len()),
            areas,
            keys,
        }
    }
}

/// One row of the screen.
struct Row {
    keys: Vec<String>,
    does: String,
    is_heading: bool,
}

impl Row {
    fn blank() -> Self {
        Self {
            keys: Vec::new(),
            does: String::new(),
            is_heading: false,
        }
    }

    fn line(&self, columns: &Columns, palette: &Palette) -> Line<'static> {
        let (key, does) = if self.is_heading {
            (palette.heading, palette.heading)
        } else {
            (palette.key, palette.text)
        };
        let mut spans: Vec<_> = self
            .keys
            .iter()
            .map(|keys| {
                let gap = columns.keys.saturating_sub(text::width(keys));
                Span::styled(format!("{keys}{}", " ".repeat(gap)), key)
            })
            .collect();
        spans.push(Span::styled(self.does.clone(), does));
        Line::from(spans)
    }
}

fn rows(model: &Model, columns: &Columns) -> Vec<Row> {
    let mut rows = Vec::new();
    section(model, columns, "first of all", &FIRST, &mut rows);
    for group in Group::ALL {
        let actions: Vec<Action> = ACTIONS
            .iter()
            .map(|row| row.action)
            .filter(|action| action.group() == group && !FIRST.contains(action))
            .collect();
        section(model, columns, group.word(), &actions, &mut rows);
        if group == Group::Reading {
            selecting(model, columns, &mut rows);
        }
    }
    rows
}

/// The keys of a selection, in the last column: that of reading where both are shown.
fn selecting(model: &Model, columns: &Columns, rows: &mut Vec<Row>) {
    heading("selecting", rows);
    for keys in SELECT_KEYS {
        let mut cells = vec![Vec::new(); columns.areas.len()];
        if let Some(last) = cells.last_mut() {
            *last = keys.labels(|action| model.keys_in(Context::Panes, action));
        }
        action_rows(&cells, keys.does, columns, rows);
    }
}

fn heading(word: &str, rows: &mut Vec<Row>) {
    if !rows.is_empty() {
        rows.push(Row::blank());
    }
    rows.push(Row {
        keys: vec![word.to_owned()],
        does: String::new(),
        is_heading: true,
    });
}

/// A heading and the actions below it that have a key; the others are in the palette.
fn section(model: &Model, columns: &Columns, word: &str, actions: &[Action], rows: &mut Vec<Row>) {
    heading(word, rows);
    for &action in actions {
        let (keys, does) = match action {
            Action::GoToPane(1) => (go_to_pane(model, columns), "go to a pane by its place"),
            Action::GoToPane(_) => continue,
            action => {
                let keys = |area: &Context| model.keys_in(*area, action);
                (columns.areas.iter().map(keys).collect(), action.info().does)
            }
        };
        action_rows(&keys, does, columns, rows);
    }
}

/// The rows of one action: as many as its longest cell needs.
fn action_rows(keys: &[Vec<String>], does: &str, columns: &Columns, rows: &mut Vec<Row>) {
    if keys.iter().all(Vec::is_empty) {
        return;
    }
    let cells: Vec<Vec<String>> = keys.iter().map(|k| packed(k, columns.keys - 1)).collect();
    let does = format::wrap(does, columns.does);
    let count = cells.iter().map(Vec::len).max().unwrap_or(0);
    let at = |cell: &[String], row: usize| cell.get(row).cloned().unwrap_or_default();
    rows.extend((0..count.max(does.len())).map(|row| Row {
        keys: cells.iter().map(|cell| at(cell, row)).collect(),
        does: at(&does, row),
        is_heading: false,
    }));
}

/// The keys of the first pane and of the last one that has keys stand for all of them.
fn go_to_pane(model: &Model, columns: &Columns) -> Vec<Vec<String>> {
    let of = |area: &Context| {
        let [first, last] = [1, 9].map(|place| model.keys_in(*area, Action::GoToPane(place)));
        let spans = first.iter().zip(&last);
        spans
            .map(|(first, last)| format!("{first} … {last}"))
            .collect()
    };
    columns.areas.iter().map(of).collect()
}

/// Keys with commas between them on rows of `columns`; a key is never broken.
fn packed(keys: &[String], columns: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for key in keys {
        match rows.last_mut() {
            Some(row) if text::width(row) + 2 + text::width(key) <= columns => {
                row.push_str(", ");
                row.push_str(key);
            }
            last => {
                if let Some(row) = last {
                    row.push(',');
                }
                rows.push(text::truncate(key, columns).into_owned());
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_wrap_between_keys() {
        let check = |keys: &[&str], columns, expected: &[&str]| {
            let keys: Vec<String> = keys.iter().map(|k| (*k).to_owned()).collect();
            assert_eq!(packed(&keys, columns), expected);
        };
        check(&[], 10, &[]);
        check(&["Ctrl-J", "Alt-Enter"], 20, &["Ctrl-J, Alt-Enter"]);
        check(&["Ctrl-J", "Alt-Enter"], 12, &["Ctrl-J,", "Alt-Enter"]);
        check(&["Ctrl-X Space"], 8, &["Ctrl-X…"]);
    }
}
