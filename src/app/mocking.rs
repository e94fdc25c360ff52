//! Mock mode: what a pane asks while every request goes to the embedded mock, whatever its profile says.
//!
//! Panes keep their variants, so that they ask as before when the mode is over.

use std::borrow::Cow;

use super::{Model, Pane};
use crate::chat::{Answer, Variant};

impl Model {
    /// What a request with this variant is made with now: in mock mode the mock stands in for every provider.
    pub fn asked_variant<'a>(&self, variant: &'a Variant) -> Cow<'a, Variant> {
        let mocked = self.mock_mode.then(|| self.in_mock_mode(variant)).flatten();
        mocked.map_or(Cow::Borrowed(variant), Cow::Owned)
    }

    /// What is asked in mock mode in the place of a variant that is not the mock's own.
    fn in_mock_mode(&self, variant: &Variant) -> Option<Variant> {
        if self.profile(&variant.profile).is_some_and(|p| p.is_mock) {
            return None;
        }
        let mock = self.profiles.iter().find(|p| p.is_mock)?;
        let mut asked = variant.clone();
        asked.profile.clone_from(&mock.name);
        let known = self.catalogues.get(&mock.name);
        let offers = |id: &str| known.is_some_and(|c| c.offered().any(|m| m.id == id));
        if !offers(&asked.model) {
            asked.model.clone_from(&mock.model);
        }
        if let Some(info) = known.and_then(|c| c.get(&asked.model)) {
            info.fit(&mut asked.params);
        }
        Some(asked)
    }

    /// The last answer of a pane, unless the pane was given another model since. Mock mode gives it none: what its own
    /// provider answered stays its answer, and so does what the mock still answers when the mode is over.
    pub fn current_answer(&self, pane: &Pane) -> Option<&Answer> {
        let answer = self.last_answer(pane)?;
        let asked = &answer.variant;
        let is = |asks: &Variant| asked.model == asks.model && asked.profile == asks.profile;
        let is_current = is(&pane.variant)
            || is(&self.asked_variant(&pane.variant))
            || (answer.is_live() && self.in_mock_mode(&pane.variant).is_some_and(|v| is(&v)));
        is_current.then_some(answer)
    }

    /// True when the mock gave the answer though it is not what the pane asks: its figures say nothing of that.
    pub fn is_stand_in(&self, pane: &Pane, answer: &Answer) -> bool {
        answer.fell_back.is_some() || (answer.mock && !self.is_mock(&pane.variant))
    }
}
