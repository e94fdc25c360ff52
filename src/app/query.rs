//! What was typed into a list, and how well an item fits it: names before details, the beginning before the middle,
//! and what cannot be used after all else.
//!
//! Which items there are is `overlay`'s.

use std::cmp::Reverse;

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use super::overlay::{Choice, Item};

/// How an item fits, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// A name is what was typed.
    Name,
    /// A name begins with it.
    Beginning,
    /// A word of a name begins with it.
    WordOfName,
    /// It stands within a name.
    WithinName,
    /// Its letters stand in order within one word of a name.
    LettersOfWord,
    /// Its letters stand in order in a name.
    LettersOfName,
    /// It stands within the details.
    Details,
    /// Its letters stand in order in all that there is.
    Letters,
}

/// The place of an item among those that fit; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    is_unusable: bool,
    fit: Fit,
    score: Reverse<u32>,
}

/// What was typed, ready to be compared with many items.
pub(super) struct Query {
    text: String,
    pattern: Pattern,
    matcher: Matcher,
}

impl Query {
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: text.trim().to_lowercase(),
            pattern: Pattern::parse(text, CaseMatching::Smart, Normalization::Smart),
            matcher: Matcher::new(Config::DEFAULT),
        }
    }

    /// How well an item fits; `None` if it does not.
    pub(super) fn rank(&mut self, item: &Item) -> Option<Rank> {
        let is_unusable = matches!(item.choice, Choice::BrokenDeck(_));
        let names = names(item);
        let by_name = names.iter().filter_map(|name| self.by_name(name)).min();
        let (fit, score) = match by_name {
            Some(found) => found,
            // What is wrong with an item says nothing of what it is.
            None if is_unusable => return None,
            None => self.by_details(item)?,
        };
        Some(Rank {
            is_unusable,
            fit,
            score,
        })
    }

    fn by_name(&mut self, name: &str) -> Option<(Fit, Reverse<u32>)> {
        let score = self.score(name);
        let lower = name.to_lowercase();
        let fit = if lower == self.text {
            Fit::Name
        } else if lower.starts_with(&self.text) {
            Fit::Beginning
        } else if starts_of_words(&lower).any(|rest| rest.starts_with(&self.text)) {
            Fit::WordOfName
        } else if lower.contains(&self.text) {
            Fit::WithinName
        } else {
            score?;
            let mut words = name.split(|c: char| !c.is_alphanumeric());
            if words.any(|word| self.score(word).is_some()) {
                Fit::LettersOfWord
            } else {
                Fit::LettersOfName
            }
        };
        Some((fit, Reverse(score.unwrap_or_default())))
    }

    fn by_details(&mut self, item: &Item) -> Option<(Fit, Reverse<u32>)> {
        let score = self.score(&format!("{} {}", item.label, item.detail));
        let fit = if item.detail.to_lowercase().contains(&self.text) {
            Fit::Details
        } else {
            score?;
            Fit::Letters
        };
        Some((fit, Reverse(score.unwrap_or_default())))
    }

    fn score(&mut self, text: &str) -> Option<u32> {
        let mut buffer = Vec::new();
        self.pattern
            .score(Utf32Str::new(text, &mut buffer), &mut self.matcher)
    }
}

/// What an item is called: its label, an action also by its own name, a model also with its profile.
fn names(item: &Item) -> Vec<String> {
    let mut names = vec![item.label.clone()];
    match &item.choice {
        Choice::Do(action) => names.push(action.info().name.to_owned()),
        Choice::Model { profile, .. } => names.push(format!("{profile}/{}", item.label)),
        _ => {}
    }
    names
}

/// What follows each place at which a word begins.
fn starts_of_words(text: &str) -> impl Iterator<Item = &str> {
    let mut before = ' ';
    text.char_indices().filter_map(move |(at, c)| {
        let begins = c.is_alphanumeric() && !before.is_alphanumeric();
        before = c;
        text.get(at..).filter(|_| begins)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{ACTIONS, Picker, PickerKind};

    fn item(label: &str, detail: &str, choice: Choice) -> Item {
        Item {
            label: label.to_owned(),
            detail: detail.to_owned(),
            hint: String::new(),
            choice,
        }
    }

    fn found(items: Vec<Item>, query: &str) -> Vec<String> {
        let mut picker = Picker::new(PickerKind::Palette, items);
        picker.set_query(query);
        let labels = picker
            .matches
            .iter()
            .map(|&i| picker.items[i].label.clone());
        labels.collect()
    }

    #[test]
    fn names_come_before_details() {
        let theme = |name: &str, about: &str| item(name, about, Choice::Theme(name.to_owned()));
        let items = vec![
            theme("wafer-dark", "light on dark surfaces"),
            theme("wafer-light", "dark on light surfaces"),
            theme("höhenlicht", "light"),
        ];
        assert_eq!(
            found(items.clone(), "light"),
            ["wafer-light", "wafer-dark", "höhenlicht"]
        );
        assert_eq!(found(items.clone(), "DARK")[0], "wafer-dark");
        assert_eq!(found(items, "höhen"), ["höhenlicht"]);
    }

    #[test]
    fn the_beginning_comes_before_the_middle_and_both_before_letters() {
        let prompt = |name: &str| item(name, "", Choice::Prompt(name.to_owned()));
        let items = ["re a d", "bread", "my read", "reader", "read"].map(prompt);
        assert_eq!(
            found(items.to_vec(), "read"),
            ["read", "reader", "my read", "bread", "re a d"]
        );
    }

    #[test]
    fn a_deck_that_cannot_be_used_comes_last_and_by_its_name_alone() {
        let broken = Choice::BrokenDeck;
        let items = vec![
            item(
                "aaa",
                "no such deck (there are: panel)",
                broken("aaa".to_owned()),
            ),
            item("panel", "broken", broken("panel".to_owned())),
            item("panels", "", Choice::Deck("panels".to_owned())),
        ];
        assert_eq!(found(items, "panel"), ["panels", "panel"]);
    }

    #[test]
    fn an_action_is_found_by_its_name_and_by_the_letters_of_a_word() {
        let all = || {
            let row = |row: &crate::app::ActionInfo| item(row.does, "", Choice::Do(row.action));
            ACTIONS.iter().map(row).collect::<Vec<_>>()
        };
        assert_eq!(found(all(), "thm")[0], "choose a theme");
        assert_eq!(found(all(), "raw")[0], "show source or rendered text");
        assert_eq!(found(all(), "quit")[0], "leave waferdeck");
    }

    #[test]
    fn a_model_is_found_with_its_profile() {
        let model = |profile: &str, id: &str| {
            let choice = Choice::Model {
                profile: profile.to_owned(),
                model: id.to_owned(),
            };
            item(id, profile, choice)
        };
        let mut items = vec![
            model("cerebras", "gpt-oss-120b"),
            model("mock", "gpt-oss-120b"),
        ];
        assert_eq!(found(items.clone(), "mock/gpt-oss-120b").len(), 1);
        items.reverse();
        items.push(model("mock", "other"));
        assert_eq!(found(items, "cer/gpt").len(), 1);
    }
}
