//! Draws what the next key may be while a chord is pending, or while a key is to name a pane.
//!
//! The list comes from the table that resolves the keys, so it cannot promise what does not work.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::theme::Palette;
use crate::{
    app::{ACTIONS, Action, LetterFor, Model},
    config::Key,
    text,
};

/// Widest cells that are tried, the widest first; narrower ones make room for more columns.
const CELLS: [usize; 3] = [44, 34, 25];
/// Rows above the panel that stay visible where there are so many: title and a little of the text.
const LEFT_ABOVE: u16 = 3;

/// What actions are called where there is no room for their sentence: 17 columns at most.
const BRIEF: &[(Action, &str)] = &[
    (Action::SwapEnter, "swap Enter"),
    (Action::CancelAll, "stop all"),
    (Action::Unqueue, "take back queued"),
    (Action::Detach, "drop attachment"),
    (Action::Regenerate, "ask again"),
    (Action::RegenerateAll, "all panes again"),
    (Action::EditResend, "edit last prompt"),
    (Action::Continue, "go on with answer"),
    (Action::FoldReasoning, "fold reasoning"),
    (Action::Raw, "source or text"),
    (Action::Wrap, "wrap long lines"),
    (Action::LineNumbers, "line numbers"),
    (Action::Find, "find"),
    (Action::CopyAnswer, "copy answer"),
    (Action::Broadcast, "to all or one"),
    (Action::MuteLetter, "mute pane…"),
    (Action::GoToLetter, "go to pane…"),
    (Action::Zoom, "fill the screen"),
    (Action::SplitRight, "pane at right"),
    (Action::SplitBelow, "pane below"),
    (Action::ClosePane, "close pane"),
    (Action::ReopenPane, "reopen pane"),
    (Action::NextLayout, "next layout"),
    (Action::Model, "model"),
    (Action::Parameters, "parameters"),
    (Action::Sidebar, "sidebar"),
    (Action::SidebarView, "next view"),
    (Action::SidebarRank, "rank panes"),
    (Action::SidebarUp, "sidebar above"),
    (Action::SidebarDown, "sidebar below"),
    (Action::Definitions, "explain figures"),
    (Action::Sessions, "sessions"),
    (Action::NewSession, "new session"),
    (Action::RenameSession, "rename session"),
    (Action::OpenDeck, "open a deck"),
    (Action::SaveDeck, "save as deck"),
    (Action::Theme, "theme"),
    (Action::Inspect, "request, response"),
    (Action::Reload, "read settings"),
    (Action::Export, "export session"),
    (Action::Quit, "leave"),
];

/// A key and what it does.
#[derive(Clone)]
struct Entry {
    key: String,
    does: String,
    /// The same where there is no room for that.
    brief: Option<&'static str>,
}

/// Draws it with its last row right above the hints; false when no key is awaited.
pub(super) fn draw(model: &Model, palette: &Palette, hints: Rect, buffer: &mut Buffer) -> bool {
    let Some((title, entries)) = awaited(model) else {
        return false;
    };
    let screen = *buffer.area();
    let bottom = if hints.is_empty() {
        screen.bottom()
    } else {
        hints.y
    };
    let most = bottom.saturating_sub(screen.y + LEFT_ABOVE).max(2) - 1;
    let width = usize::from(screen.width.saturating_sub(2));
    let grid = Grid::fitting(&entries, width, usize::from(most));
    let height = u16::try_from(grid.rows).unwrap_or(most).min(most) + 1;
    let area = Rect::new(
        screen.x,
        bottom.saturating_sub(height),
        screen.width,
        height.min(bottom),
    );
    super::clear(area, buffer);
    buffer.set_style(area, palette.raised);
    let rule = "─".repeat(usize::from(area.width));
    buffer.set_string(area.x, area.y, rule, palette.rule);
    buffer.set_string(area.x + 1, area.y, format!(" {title} "), palette.strong);
    for (index, entry) in grid.shown(&entries).enumerate() {
        let column = u16::try_from(index / grid.rows * grid.cell).unwrap_or(u16::MAX);
        let row = u16::try_from(index % grid.rows).unwrap_or(u16::MAX);
        let line = grid.line(&entry, palette);
        let (x, y) = (
            area.x.saturating_add(1).saturating_add(column),
            area.y.saturating_add(1).saturating_add(row),
        );
        if x < area.right() && y < area.bottom() {
            buffer.set_line(x, y, &line, area.right() - x);
        }
    }
    true
}

/// What is awaited, in words, and what may come.
fn awaited(model: &Model) -> Option<(String, Vec<Entry>)> {
    if let Some(purpose) = model.letter_for {
        let title = match purpose {
            LetterFor::Mute => "mute or unmute which pane?",
            LetterFor::Focus => "go to which pane?",
        };
        let entries = model.panes.iter().map(|pane| {
            let muted = if pane.muted { " · muted" } else { "" };
            let name = text::SafeText::line(&pane.variant.model);
            Entry {
                key: pane.letter.to_string(),
                does: format!("{name}{muted}"),
                brief: None,
            }
        });
        return Some((title.to_owned(), entries.collect()));
    }
    if model.pending.is_empty() {
        return None;
    }
    let labels: Vec<String> = model.pending.iter().map(|key| key.label()).collect();
    let after = model.keys.after(&model.contexts(), &model.pending);
    let title = format!("{} and then", labels.join(" "));
    Some((title, entries(&after)))
}

/// The keys in the order of the action table; those that go to panes by their place are one entry.
fn entries(after: &[(Key, &str)]) -> Vec<Entry> {
    let mut found: Vec<(usize, Key, Action)> = after
        .iter()
        .filter_map(|&(key, name)| {
            let place = ACTIONS.iter().position(|row| row.name == name)?;
            Some((place, key, Action::named(name)?))
        })
        .collect();
    found.sort_by_key(|&(place, key, _)| (place, key));
    let places: Vec<Key> = found
        .iter()
        .filter(|(_, _, action)| matches!(action, Action::GoToPane(_)))
        .map(|&(_, key, _)| key)
        .collect();
    let mut entries = Vec::new();
    for (_, key, action) in found {
        let entry = match (action, places.as_slice()) {
            (Action::GoToPane(_), [first, .., last]) if key == *first => Entry {
                key: format!("{}…{}", first.label(), last.label()),
                does: "go to a pane by its place".to_owned(),
                brief: Some("go to pane"),
            },
            (Action::GoToPane(_), [_, _, ..]) => continue,
            _ => Entry {
                key: key.label(),
                does: action.info().does.to_owned(),
                brief: brief(action),
            },
        };
        entries.push(entry);
    }
    entries
}

fn brief(action: Action) -> Option<&'static str> {
    let row = BRIEF.iter().find(|(named, _)| *named == action)?;
    Some(row.1)
}

/// How entries are laid out: down the first column, then down the next.
struct Grid {
    /// Columns of the screen for an entry, with the gap after it.
    cell: usize,
    /// Columns of the screen for a key, with the gap after it.
    key: usize,
    rows: usize,
    columns: usize,
}

impl Grid {
    /// The widest cells with which everything fits into `width` and `most` rows, else the narrowest.
    fn fitting(entries: &[Entry], width: usize, most: usize) -> Self {
        let key = entries
            .iter()
            .map(|e| text::width(&e.key))
            .max()
            .unwrap_or(0)
            + 2;
        let longest = entries.iter().map(|e| text::width(&e.does)).max();
        let needed = key + longest.unwrap_or(0) + 2;
        let of = |cell: usize| {
            let cell = cell.min(needed).min(width.max(1));
            let columns = (width / cell).max(1);
            let rows = entries.len().div_ceil(columns).clamp(1, most.max(1));
            Self {
                cell: width / columns,
                key,
                rows,
                columns,
            }
        };
        let fits = |grid: &Self| grid.rows * grid.columns >= entries.len();
        let [widest, middle, narrowest] = CELLS.map(of);
        [widest, middle].into_iter().find(fits).unwrap_or(narrowest)
    }

    /// The entries that there is room for, and how many there is none for.
    fn shown<'a>(&self, entries: &'a [Entry]) -> impl Iterator<Item = Entry> + 'a {
        let room = self.rows * self.columns;
        let kept = if entries.len() > room {
            room.saturating_sub(1)
        } else {
            entries.len()
        };
        let left = entries.len() - kept;
        let more = (left > 0).then(|| Entry {
            key: "…".to_owned(),
            does: format!("{left} more"),
            brief: None,
        });
        entries.iter().take(kept).cloned().chain(more)
    }

    fn line(&self, entry: &Entry, palette: &Palette) -> Line<'static> {
        let gap = self.key.saturating_sub(text::width(&entry.key));
        let room = self.cell.saturating_sub(self.key + 1);
        let fits = text::width(&entry.does) <= room;
        let does = entry.brief.filter(|_| !fits).unwrap_or(&entry.does);
        let does = text::truncate(does, room).into_owned();
        Line::from(vec![
            Span::styled(format!("{}{}", entry.key, " ".repeat(gap)), palette.key),
            Span::styled(does, palette.text),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_brief_name_is_shorter_and_no_name_stands_twice() {
        for (index, (action, name)) in BRIEF.iter().enumerate() {
            assert!(text::width(name) <= 17, "{name}");
            assert!(name.len() < action.info().does.len(), "{name}");
            let mut earlier = BRIEF.iter().take(index);
            assert!(!earlier.any(|(other, word)| other == action || word == name));
        }
    }
}
