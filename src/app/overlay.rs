//! What lies over the screen: help, pickers with a fuzzy filter, questions. They form a stack.
//!
//! An overlay is data; `update::overlay` moves it, `ui::overlay` draws it.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use super::{Action, Composer};
use crate::chat::SessionId;

/// What lies over the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Overlay {
    /// The keys, scrolled by this many rows.
    Help {
        /// Rows above the first one shown.
        top: usize,
    },
    /// A list to choose from.
    Picker(Picker),
    /// One line to type.
    Line(Line),
    /// Answers still stream: leave all the same?
    ConfirmQuit,
}

/// What a line is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The title of the session.
    RenameSession,
    /// The name of a deck.
    SaveDeck,
    /// The file for this code.
    SaveCode(String),
}

/// One line to type, with the composer's editing keys.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it is for.
    pub purpose: Purpose,
    /// What was typed.
    pub text: Composer,
}

impl Line {
    /// A line that begins with `text`, the cursor at its end.
    pub fn new(purpose: Purpose, text: &str) -> Self {
        let mut composer = Composer::default();
        composer.set_text(text);
        Self {
            purpose,
            text: composer,
        }
    }
}

/// Which list a picker shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickerKind {
    /// Every action.
    Palette,
    /// Models of every profile.
    Models,
    /// Sessions on disk.
    Sessions,
    /// Earlier prompts.
    History,
}

/// What choosing an item does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Carries out an action.
    Do(Action),
    /// Asks with this model from now on.
    Model {
        /// Its profile.
        profile: String,
        /// Its id.
        model: String,
    },
    /// Opens a session.
    Session(SessionId),
    /// Takes an earlier prompt into the composer.
    Prompt(String),
}

/// One row of a picker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What is searched and shown first.
    pub label: String,
    /// More of it, dim.
    pub detail: String,
    /// At the right: a key, a time, a price.
    pub hint: String,
    /// What choosing it does.
    pub choice: Choice,
}

/// A list with a filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Picker {
    /// Which list.
    pub kind: PickerKind,
    /// What was typed.
    pub query: String,
    /// All items.
    pub items: Vec<Item>,
    /// Indexes of the items that match, best first.
    pub matches: Vec<usize>,
    /// Index into `matches`.
    pub selected: usize,
    /// The list is still on its way.
    pub loading: bool,
}

impl Picker {
    /// A picker that shows all of `items`.
    pub fn new(kind: PickerKind, items: Vec<Item>) -> Self {
        let mut picker = Self {
            kind,
            query: String::new(),
            items,
            matches: Vec::new(),
            selected: 0,
            loading: false,
        };
        picker.filter();
        picker
    }

    /// Replaces the items, keeping the query.
    pub fn set_items(&mut self, items: Vec<Item>) {
        self.items = items;
        self.loading = false;
        let selected = self.selected;
        self.filter();
        self.selected = selected.min(self.matches.len().saturating_sub(1));
    }

    /// Changes the query and filters anew.
    pub fn set_query(&mut self, query: String) {
        self.query = query;
        self.filter();
    }

    /// Moves the selection, stopping at both ends.
    pub fn step(&mut self, by: isize) {
        let last = self.matches.len().saturating_sub(1);
        self.selected = self.selected.saturating_add_signed(by).min(last);
    }

    /// The item under the selection.
    pub fn chosen(&self) -> Option<&Item> {
        self.items.get(*self.matches.get(self.selected)?)
    }

    fn filter(&mut self) {
        self.selected = 0;
        if self.query.is_empty() {
            self.matches = (0..self.items.len()).collect();
            return;
        }
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(&self.query, CaseMatching::Smart, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, usize)> = self
            .items
            .iter()
            .enumerate()
            .filter_map(|(i, item)| {
                let text = format!("{} {}", item.label, item.detail);
                let score = pattern.score(Utf32Str::new(&text, &mut buffer), &mut matcher)?;
                Some((score, i))
            })
            .collect();
        // Equal scores keep the order of the list.
        scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        self.matches = scored.into_iter().map(|(_, i)| i).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picker(labels: &[&str]) -> Picker {
        let items = labels
            .iter()
            .map(|l| Item {
                label: (*l).to_owned(),
                detail: String::new(),
                hint: String::new(),
                choice: Choice::Prompt((*l).to_owned()),
            })
            .collect();
        Picker::new(PickerKind::History, items)
    }

    #[test]
    fn the_filter_keeps_what_matches_best_first() {
        let mut picker = picker(&["gpt-oss-120b", "qwen-3.8-27b", "mock-gpu-50"]);
        picker.set_query("q27".to_owned());
        assert_eq!(
            picker.chosen().map(|i| i.label.as_str()),
            Some("qwen-3.8-27b")
        );
        picker.set_query("zzz".to_owned());
        assert_eq!(picker.chosen(), None);
        picker.set_query(String::new());
        assert_eq!(picker.matches.len(), 3);
    }

    #[test]
    fn the_selection_stops_at_both_ends() {
        let mut picker = picker(&["a", "b"]);
        picker.step(-1);
        assert_eq!(picker.selected, 0);
        picker.step(5);
        assert_eq!(picker.selected, 1);
    }
}
