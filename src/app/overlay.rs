//! What lies over the screen: help, pickers with a fuzzy filter, questions. They form a stack.
//!
//! An overlay is data; `update::overlay` moves it, `ui::overlay` draws it.

use std::collections::BTreeMap;

use super::{Action, Composer, Connect, Form, Inspector, query::Query};
use crate::{
    chat::{Params, Preview, SessionId},
    markdown::CodeBlock,
    text::{KeyFound, SafeText},
};

/// Characters of a query; more would make every frame slow.
const MAX_QUERY: usize = 256;

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
    /// The parameters of the focused pane.
    Form(Form),
    /// The system prompt of the focused pane.
    SystemPrompt(SystemPrompt),
    /// What the sidebar would show, where there is no room for one.
    Figures,
    /// What figures mean.
    Definitions(Definitions),
    /// A profile gets a key.
    Connect(Connect),
    /// The prompt holds a key: send it all the same?
    ConfirmKey {
        /// The key.
        found: KeyFound,
        /// The number of the attachment that it is in, if it is in one.
        attachment: Option<usize>,
    },
    /// What went over the wire for an answer.
    Inspector(Box<Inspector>),
}

/// The definitions of the figures, and what is looked for in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definitions {
    /// Rows above the first one shown.
    pub top: usize,
    /// What was typed.
    pub query: String,
}

impl Definitions {
    /// Looks for something else, from the beginning. What is longer than anything one looks for is cut.
    pub fn set_query(&mut self, query: &str) {
        self.query = query.chars().take(MAX_QUERY).collect();
        self.top = 0;
    }

    /// Whether one of these texts holds all words that were typed, together.
    pub fn finds(&self, texts: &[&str]) -> bool {
        let text = texts.join(" ").to_lowercase();
        let query = self.query.to_lowercase();
        query.split_whitespace().all(|word| text.contains(word))
    }
}

/// The system prompt of a pane while it is written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SystemPrompt {
    /// What was written.
    pub text: Composer,
    /// Name of the library's prompt that it began as.
    pub from: Option<String>,
    /// Parameters that go with that prompt.
    pub params: Params,
}

/// What a line is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The title of the session.
    RenameSession,
    /// The name of a deck.
    SaveDeck,
    /// The file for this text.
    SaveText {
        /// What it is, for the notice.
        what: &'static str,
        /// What the file shall hold.
        text: String,
    },
    /// The title of a session in the list.
    RenameListed(SessionId),
    /// Another folder for the session, which is not saved where it should be, before leaving.
    SaveElsewhere,
    /// The name of a deck again: there is one of this name, and it would be replaced.
    ReplaceDeck(String),
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
    /// Prompts of the library.
    Prompts,
    /// Code blocks of an answer.
    Code,
    /// Themes; the screen shows the selected one.
    Themes,
    /// Saved arrangements.
    Decks,
}

/// How the fresh list of a profile gets on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetching {
    /// It was asked for.
    Underway,
    /// It will not come, and why.
    Failed(String),
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
    /// Takes the prompt of that name from the library.
    SystemPrompt(String),
    /// Copies a code block.
    CopyCode(CodeBlock),
    /// Asks for a file for a code block.
    SaveCode(CodeBlock),
    /// Draws with this theme.
    Theme(String),
    /// Opens the deck of this name.
    Deck(String),
    /// Says why the deck of this name cannot be opened.
    BrokenDeck(String),
    /// Gives this profile a key.
    Connect(String),
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
    /// Profiles whose fresh list of models is still on its way, or failed.
    pub fetching: Vec<(String, Fetching)>,
    /// Profiles that can be asked for a model by an id that no list holds.
    pub unlisted: Vec<String>,
    /// All profiles of the list: one of them may stand before an id, with a `/` between.
    pub profiles: Vec<String>,
    /// How many of the items are not made from the query.
    listed: usize,
    /// What was seen of sessions so far, or why nothing was.
    pub previews: BTreeMap<SessionId, Result<Preview, String>>,
    /// The session that is being looked into.
    pub looking: Option<SessionId>,
}

impl Picker {
    /// A picker that shows all of `items`.
    pub fn new(kind: PickerKind, items: Vec<Item>) -> Self {
        let mut picker = Self {
            kind,
            query: String::new(),
            listed: items.len(),
            items,
            matches: Vec::new(),
            selected: 0,
            loading: false,
            fetching: Vec::new(),
            unlisted: Vec::new(),
            profiles: Vec::new(),
            previews: BTreeMap::new(),
            looking: None,
        };
        picker.filter();
        picker
    }

    /// Replaces the items, keeping the query and, if it is still there, the selected item.
    pub fn set_items(&mut self, items: Vec<Item>) {
        let chosen = self.chosen().map(|i| i.choice.clone());
        let selected = self.selected;
        self.listed = items.len();
        self.items = items;
        self.loading = false;
        self.filter();
        let still_there = self
            .matches
            .iter()
            .position(|&i| self.items.get(i).map(|i| &i.choice) == chosen.as_ref());
        self.selected = still_there.unwrap_or(selected.min(self.matches.len().saturating_sub(1)));
    }

    /// Changes the query and filters anew. What is longer than anything one looks for is cut.
    pub fn set_query(&mut self, query: &str) {
        self.query = query.chars().take(MAX_QUERY).collect();
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

    /// The items that stand in the list whatever is typed.
    pub fn listed(&self) -> &[Item] {
        self.items.get(..self.listed).unwrap_or(&self.items)
    }

    /// The session under the selection, if it is one.
    pub fn chosen_session(&self) -> Option<SessionId> {
        match self.chosen()?.choice {
            Choice::Session(id) => Some(id),
            _ => None,
        }
    }

    fn filter(&mut self) {
        self.selected = 0;
        self.items.truncate(self.listed);
        self.rank();
        self.add_typed();
    }

    /// The query itself as a model of every profile that may have models which no list names, or of the one that it
    /// begins with.
    fn add_typed(&mut self) {
        let typed = self.query.trim();
        let (named, id) = match typed.split_once('/') {
            Some((first, rest)) if self.profiles.iter().any(|p| p == first) => (Some(first), rest),
            _ => (None, typed),
        };
        if id.is_empty() {
            return;
        }
        let is_meant = |profile: &&String| named.is_none_or(|named| named == *profile);
        for profile in self.unlisted.iter().filter(is_meant) {
            let choice = Choice::Model {
                profile: profile.clone(),
                model: id.to_owned(),
            };
            if self.items.iter().any(|i| i.choice == choice) {
                continue;
            }
            self.matches.push(self.items.len());
            self.items.push(Item {
                label: SafeText::line(id).into_string(),
                detail: profile.clone(),
                hint: String::new(),
                choice,
            });
        }
    }

    fn rank(&mut self) {
        if self.query.trim().is_empty() {
            self.matches = (0..self.items.len()).collect();
            return;
        }
        let mut query = Query::new(&self.query);
        let mut ranked: Vec<_> = self
            .items
            .iter()
            .enumerate()
            .filter_map(|(i, item)| Some((query.rank(item)?, i)))
            .collect();
        // Equal ranks keep the order of the list.
        ranked.sort();
        self.matches = ranked.into_iter().map(|(_, i)| i).collect();
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
        picker.set_query("q27");
        assert_eq!(
            picker.chosen().map(|i| i.label.as_str()),
            Some("qwen-3.8-27b")
        );
        picker.set_query("zzz");
        assert_eq!(picker.chosen(), None);
        picker.set_query("");
        assert_eq!(picker.matches.len(), 3);
    }

    #[test]
    fn what_was_typed_can_be_taken_as_a_model_of_its_own() {
        let mut picker = picker(&["a"]);
        picker.unlisted = vec!["local".to_owned()];
        picker.set_query(" org/a ");
        let labels: Vec<_> = picker.items.iter().map(|i| i.label.as_str()).collect();
        assert_eq!(labels, ["a", "org/a"]);
        let choice = Choice::Model {
            profile: "local".to_owned(),
            model: "org/a".to_owned(),
        };
        assert_eq!(picker.chosen().map(|i| &i.choice), Some(&choice));
        assert_eq!(picker.listed().len(), 1);
        picker.set_query("");
        assert_eq!(picker.items.len(), 1);
        let same = Item {
            choice,
            ..picker.items[0].clone()
        };
        picker.set_items(vec![same]);
        picker.set_query("org/a");
        assert_eq!(picker.items.len(), 1, "it is listed already");
    }

    #[test]
    fn a_profile_before_what_was_typed_is_the_one_that_is_asked() {
        let mut picker = Picker::new(PickerKind::Models, Vec::new());
        picker.profiles = vec!["mock".to_owned(), "fast".to_owned(), "local".to_owned()];
        picker.unlisted = vec!["fast".to_owned(), "local".to_owned()];
        let mut typed = |query: &str| -> Vec<(String, String)> {
            picker.set_query(query);
            let ids = picker.items.iter().filter_map(|i| match &i.choice {
                Choice::Model { profile, model } => Some((profile.clone(), model.clone())),
                _ => None,
            });
            ids.collect()
        };
        let model = |profile: &str, model: &str| (profile.to_owned(), model.to_owned());
        assert_eq!(typed("local/org/a"), [model("local", "org/a")]);
        assert_eq!(
            typed("org/a"),
            [model("fast", "org/a"), model("local", "org/a")]
        );
        assert_eq!(typed("mock/a"), [], "the mock has no others");
        assert_eq!(typed("local/"), []);
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
