//! Puts a stored arrangement on screen, a resumed session's or a deck's; whatever is wrong with it is put right or said.
//!
//! Files are read elsewhere. This is the one place that knows what to do about a model or a profile that is gone.

use super::{Action, Focus, Model, Pane, Tone};
use crate::{
    chat::{
        CatalogueSource, Conversation, Deck, DeckPane, Layout, ModelStatus, PaneLayout, Session,
        Variant,
    },
    config::show_variant,
    text::SafeText,
};

impl Model {
    /// Puts a stored session on screen, with everything but the program's own settings replaced.
    pub fn restore(&mut self, session: Session, draft: &str) {
        self.session = session.id;
        self.created = session.created;
        self.title = session.title;
        self.kept = session.conversations.iter().map(|c| c.id).collect();
        self.conversations = session.conversations;
        self.restore_layout(session.layout);
        self.focus = Focus::Composer;
        // With it goes the place in the history of prompts.
        self.composer.take();
        self.composer.set_text(draft);
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
    /// model that is gone stays, since only the person knows what should take its place. Both are said.
    pub fn check_variants(&mut self) {
        let mut said: Vec<(String, String)> = Vec::new();
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
                self.gone(&variant)
            };
            if let Some(sentence) = sentence {
                match said.iter_mut().find(|(s, _)| *s == sentence) {
                    Some((_, letters)) => letters.extend([' ', letter]),
                    None => said.push((sentence, letter.to_string())),
                }
            }
        }
        if !said.is_empty() {
            // One notice: of several that come at once only the last ones are seen.
            let all = said
                .iter()
                .map(|(sentence, letters)| format!("{letters}: {sentence}"));
            self.notify(Tone::Warning, all.collect::<Vec<_>>().join("; "));
        }
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
        let exists =
            |name: &str| self.catalogues.contains_key(name) || self.profile(name).is_some();
        let fallback = self.fallback.as_ref()?;
        if exists(&variant.profile) || variant.profile == fallback.profile {
            return None;
        }
        let mut stand_in = Variant {
            profile: fallback.profile.clone(),
            ..variant.clone()
        };
        if self.model_info(&stand_in).is_none() {
            stand_in.model.clone_from(&fallback.model);
        }
        self.drop_unknown_effort(&mut stand_in);
        let name = |v: &Variant| SafeText::line(&show_variant(v)).into_string();
        let sentence = format!(
            "there is no profile {}: {} is asked instead of {}",
            SafeText::line(&variant.profile),
            name(&stand_in),
            name(variant),
        );
        Some((stand_in, sentence))
    }

    /// Takes an effort off a variant whose model does not take it.
    fn drop_unknown_effort(&self, variant: &mut Variant) {
        let efforts = self.model_info(variant).map(|m| m.efforts.as_slice());
        if let (Some(efforts), Some(effort)) = (efforts, variant.params.effort)
            && !efforts.contains(&effort)
        {
            variant.params.effort = None;
        }
    }

    /// What there is to say of a model that cannot be asked any more.
    fn gone(&self, variant: &Variant) -> Option<String> {
        let model = SafeText::line(&variant.model);
        let profile = SafeText::line(&variant.profile);
        let catalogue = self.catalogues.get(&variant.profile)?;
        let Some(info) = catalogue.get(&variant.model) else {
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
