//! Mock mode: what a pane asks while every request goes to the embedded mock, whatever its profile says.
//!
//! Panes keep their variants, so that they ask as before when the mode is over.

use std::borrow::Cow;

use super::Model;
use crate::chat::Variant;

impl Model {
    /// What a request with this variant is made with now: in mock mode the mock stands in for every provider.
    pub fn asked_variant<'a>(&self, variant: &'a Variant) -> Cow<'a, Variant> {
        let own = || self.profile(&variant.profile).is_some_and(|p| p.is_mock);
        let mock = self.profiles.iter().find(|p| p.is_mock);
        let Some(mock) = mock.filter(|_| self.mock_mode && !own()) else {
            return Cow::Borrowed(variant);
        };
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
        Cow::Owned(asked)
    }
}
