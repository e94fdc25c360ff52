//! Puts a stored arrangement on screen, a resumed session's or a deck's; whatever is wrong with it is put right or said.
//!
//! Files are read elsewhere. This is the one place that knows what to do about a model or a profile that is gone.

use super::{Action, Focus, Model, Pane, Tone, form::refused};
use crate::{
    chat::{
        Catalogue, CatalogueSource, Conversation, Deck, DeckPane, Draft, Layout, ModelStatus,
        PaneLayout, Session, Variant,
    },
    config::show_variant,
    text::SafeText,
};

impl Model {
    /// Puts a stored session on screen, with everything but the program's own settings replaced.
    pub fn restore(&mut self, session: Session, draft: Draft) {
        self.session = session.id;
        self.created = session.created;
        self.title = session.title;
        self.kept = session.conversations.iter().map(|c| c.id).collect();
        self.conversations = session.conversations;
        self.tally_all();
        self.restore_layout(session.layout);
        self.focus = Focus::Composer;
        // With it goes the place in the history of prompts.
        self.composer.take();
        self.composer.set_draft(draft);
        self.running.clear();
        self.stash = None;
        self.forget_trouble();
        self.overlays.clear();
        self.pending.clear();
        self.letter_for = None;
    }

    fn restore_layout(&mut self, layout: Layout) {
        let focus = layout.panes.get(layout.focus).map(|p| p.conversation);
        self.panes = self.sound_panes(layout.panes);
        let hidden: Vec<_> = self
            .conversations
            .iter()
            .filter(|c| self.panes.iter().all(|p| p.conversation != c.id))
            .collect();
        let mut found = panes_of(&hidden, self.fallback.as_ref(), &self.panes);
        if self.panes.is_empty() {
            let shown = found.len().min(PaneLayout::MOST);
            self.panes = found.drain(..shown).collect();
        }
        self.closed = found;
        if self.panes.is_empty()
            && let Some(variant) = self.fallback.clone()
        {
            self.add_pane(variant);
        }
        let place = |pane: &Pane| Some(pane.conversation) == focus;
        self.focused = self.panes.iter().position(place).unwrap_or_default();
        self.tiling = layout.tiling;
        self.zoomed = layout.zoomed && self.panes.len() > 1;
        self.broadcast = layout.broadcast;
        self.check_variants();
    }

    /// The panes of a layout that can be shown: as many as there are letters, each with a letter and a conversation of
    /// its own.
    fn sound_panes(&self, stored: Vec<PaneLayout>) -> Vec<Pane> {
        let mut panes: Vec<Pane> = Vec::new();
        for layout in stored {
            let is_known = self
                .conversations
                .iter()
                .any(|c| c.id == layout.conversation);
            let is_shown = panes.iter().any(|p| p.conversation == layout.conversation);
            if !is_known || is_shown || panes.len() >= PaneLayout::MOST {
                continue;
            }
            let mut pane = Pane::restore(layout);
            if !Pane::LETTERS.contains(pane.letter) || panes.iter().any(|p| p.letter == pane.letter)
            {
                // No letter of its own: it gets one when those of the others are known.
                pane.letter = Pane::NO_LETTER;
            }
            panes.push(pane);
        }
        while let Some(place) = panes.iter().position(|p| p.letter == Pane::NO_LETTER) {
            let free = Pane::free_letter(&panes);
            match panes.get_mut(place) {
                Some(pane) if free != Pane::NO_LETTER => pane.letter = free,
                _ => break,
            }
        }
        panes
    }

    /// Replaces all panes by those of a deck, each with an empty conversation.
    pub fn arrange(&mut self, deck: &Deck) {
        self.panes.clear();
        self.conversations.clear();
        self.tally_all();
        for DeckPane {
            variant,
            weight,
            muted,
        } in deck.panes.iter().take(PaneLayout::MOST)
        {
            self.add_pane(variant.clone());
            if let Some(pane) = self.panes.last_mut() {
                (pane.weight, pane.muted) = (*weight, *muted);
            }
        }
        self.focused = 0;
        self.tiling = deck.tiling;
        self.zoomed = false;
        self.broadcast = deck.broadcast;
        self.check_variants();
    }

    /// The arrangement on screen as a deck.
    pub fn as_deck(&self, name: &str) -> Deck {
        let panes = self.panes.iter().map(|pane| DeckPane {
            variant: pane.variant.clone(),
            weight: pane.weight,
            muted: pane.muted,
        });
        Deck {
            name: name.to_owned(),
            about: String::new(),
            tiling: self.tiling,
            broadcast: self.broadcast,
            panes: panes.collect(),
        }
    }

    /// Looks whether what the panes ask with still exists. A profile that does not is replaced by the default one; a
    /// model that is gone stays, since only the person knows what should take its place. Both are said, and so is a
    /// parameter that the model is known not to take.
    pub fn check_variants(&mut self) {
        let mut said = Vec::new();
        for index in 0..self.panes.len() {
            let Some(pane) = self.panes.get(index) else {
                continue;
            };
            let (variant, letter) = (pane.variant.clone(), pane.letter);
            let sentence = if let Some((stand_in, sentence)) = self.stand_in(&variant) {
                if let Some(pane) = self.panes.get_mut(index) {
                    pane.variant = stand_in;
                }
                Some(sentence)
            } else {
                self.trouble(self.catalogues.get(&variant.profile), &variant)
            };
            said.extend(sentence.map(|sentence| (letter, sentence)));
        }
        self.say_of_panes(said);
        for index in 0..self.closed.len() {
            let variant = self.closed.get(index).map(|p| p.variant.clone());
            if let Some((stand_in, _)) = variant.and_then(|v| self.stand_in(&v))
                && let Some(pane) = self.closed.get_mut(index)
            {
                pane.variant = stand_in;
            }
        }
    }

    /// What is asked instead of a variant whose profile does not exist, and a sentence that says so. A profile without
    /// a key does exist: asking it says what is missing.
    fn stand_in(&self, variant: &Variant) -> Option<(Variant, String)> {
        let fallback = self.fallback.as_ref()?;
        if self.has_profile(&variant.profile) || variant.profile == fallback.profile {
            return None;
        }
        let mut stand_in = Variant {
            profile: fallback.profile.clone(),
            ..variant.clone()
        };
        if self.model_info(&stand_in).is_none() {
            stand_in.model.clone_from(&fallback.model);
        }
        let dropped = match self.model_info(&stand_in) {
            Some(info) => info.fit(&mut stand_in.params),
            None => Vec::new(),
        };
        let name = |v: &Variant| SafeText::line(&show_variant(v)).into_string();
        let mut sentence = format!(
            "there is no profile {}: {} is asked instead of {}",
            SafeText::line(&variant.profile),
            name(&stand_in),
            name(variant),
        );
        if !dropped.is_empty() {
            sentence.push_str(&format!(", without {}", refused(&dropped)));
        }
        Some((stand_in, sentence))
    }

    fn has_profile(&self, name: &str) -> bool {
        self.catalogues.contains_key(name) || self.profile(name).is_some()
    }

    /// Takes a fresh list of a profile's models, and says of the panes what the list before did not tell.
    pub(super) fn take_catalogue(&mut self, profile: &str, catalogue: Catalogue) {
        let before = self.catalogues.insert(profile.to_owned(), catalogue);
        let now = self.catalogues.get(profile);
        let of_profile = self.panes.iter().filter(|p| p.variant.profile == profile);
        let news = of_profile.filter_map(|pane| {
            let sentence = self.trouble(now, &pane.variant)?;
            let was_known = self.trouble(before.as_ref(), &pane.variant).is_some();
            (!was_known).then_some((pane.letter, sentence))
        });
        let news = news.collect();
        self.say_of_panes(news);
    }

    /// Says sentences about panes, each once with all letters it is about.
    pub(super) fn say_of_panes(&mut self, sentences: Vec<(char, String)>) {
        let mut said: Vec<(String, String)> = Vec::new();
        for (letter, sentence) in sentences {
            match said.iter_mut().find(|(s, _)| *s == sentence) {
                Some((_, letters)) => letters.extend([' ', letter]),
                None => said.push((sentence, letter.to_string())),
            }
        }
        if !said.is_empty() {
            // One notice: of several that come at once only the last ones are seen.
            let all = said
                .iter()
                .map(|(sentence, letters)| format!("{letters}: {sentence}"));
            self.notify(Tone::Warning, all.collect::<Vec<_>>().join("; "));
        }
    }

    /// Why a request with this variant would be refused, as far as a list of its profile's models tells.
    fn trouble(&self, catalogue: Option<&Catalogue>, variant: &Variant) -> Option<String> {
        let catalogue = catalogue?;
        self.gone(catalogue, variant)
            .or_else(|| self.unfit(catalogue, variant))
    }

    /// What there is to say of parameters that the model is known not to take.
    fn unfit(&self, catalogue: &Catalogue, variant: &Variant) -> Option<String> {
        let info = catalogue.get(&variant.model)?;
        let unfit = info.unfit(&variant.params);
        (!unfit.is_empty()).then(|| {
            format!(
                "{} does not take {}: change it with {}",
                SafeText::line(&variant.model),
                SafeText::line(&unfit.join(" and ")),
                self.key_name(Action::Parameters)
            )
        })
    }

    /// What there is to say of a model that cannot be asked any more.
    fn gone(&self, catalogue: &Catalogue, variant: &Variant) -> Option<String> {
        let model = SafeText::line(&variant.model);
        let profile = SafeText::line(&variant.profile);
        let Some(info) = catalogue.get(&variant.model) else {
            // What stands before a slash was meant for a profile where ids have none.
            if let Some((first, _)) = variant.model.split_once('/')
                && catalogue.source != CatalogueSource::Configured
                && !self.has_profile(first)
            {
                let first = SafeText::line(first);
                return Some(format!(
                    "there is no profile {first}, so {profile} is asked for {model}: choose with {}",
                    self.key_name(Action::Model)
                ));
            }
            let is_complete = catalogue.source == CatalogueSource::Live;
            return (is_complete && !catalogue.models.is_empty()).then(|| {
                format!(
                    "{profile} does not offer {model} now: choose another with {}",
                    self.key_name(Action::Model)
                )
            });
        };
        let what = match info.status {
            ModelStatus::Retired => "was retired",
            ModelStatus::Dedicated => "is for dedicated endpoints only",
            ModelStatus::Production | ModelStatus::Preview | ModelStatus::Deprecated => {
                return None;
            }
        };
        let since = match (&info.retired_on, info.status) {
            (Some(day), ModelStatus::Retired) => format!(" on {day}"),
            (Some(day), _) => format!(" since {day}"),
            (None, _) => String::new(),
        };
        let next = match &info.replaced_by {
            Some(model) => format!(", {} took its place", SafeText::line(model)),
            None => String::new(),
        };
        Some(format!(
            "{model} {what}{since}{next}: choose with {}",
            self.key_name(Action::Model)
        ))
    }
}

/// A pane for each conversation that no pane shows, lettered beside `shown`: closed panes, or an arrangement that was
/// lost.
fn panes_of(hidden: &[&Conversation], fallback: Option<&Variant>, shown: &[Pane]) -> Vec<Pane> {
    let mut panes: Vec<Pane> = Vec::new();
    for conversation in hidden {
        let variant = conversation
            .last_answer()
            .map(|a| a.variant.clone())
            .or_else(|| fallback.cloned());
        if let Some(variant) = variant {
            let letter = Pane::free_letter(shown.iter().chain(&panes));
            panes.push(Pane::new(letter, variant, conversation.id));
        }
    }
    panes
}
