//! What can be done now and with which keys, as the palette, the hints and the help say it.
//!
//! Sentences are about the present state; carrying an action out is `update`'s, which says more where it refuses.

use super::{Action, Focus, Model, Pane};
use crate::{
    chat::{Conversation, Tiling, Turn},
    config::Context,
};

impl Model {
    /// The contexts that are asked for a key, top first, while no overlay is open.
    pub fn contexts(&self) -> [Context; 2] {
        [self.context(), Context::Global]
    }

    /// The keys of an action where the focus is now, as people spell them.
    pub fn keys_here(&self, action: Action) -> Vec<String> {
        self.keys_in(self.context(), action)
    }

    /// The keys of an action in one of the two areas. Enter and newline may have changed places.
    pub fn keys_in(&self, context: Context, action: Action) -> Vec<String> {
        let swapped = match (self.settings.enter_is_newline, action) {
            (true, Action::Send) => Action::Newline,
            (true, Action::Newline) => Action::Send,
            _ => action,
        };
        self.keys.keys_for(swapped.info().name, context)
    }

    /// How to get at an action from where the focus is: its key here, else the key that goes to the other area and
    /// the one that it has there.
    pub fn way_to(&self, action: Action) -> Option<String> {
        if let Some(key) = self.keys_here(action).into_iter().next() {
            return Some(key);
        }
        // Where an area has the keys already, nothing leads there.
        if matches!(action, Action::FocusComposer | Action::FocusPanes) {
            return None;
        }
        let (go, there) = match self.focus {
            Focus::Composer => (Action::FocusPanes, Context::Panes),
            Focus::Panes => (Action::FocusComposer, Context::Composer),
        };
        let go = self.keys_here(go).into_iter().next()?;
        let key = self.keys_in(there, action).into_iter().next()?;
        Some(format!("{go} {key}"))
    }

    /// Why an action would change nothing now; `None` when it would.
    pub fn why_not(&self, action: Action) -> Option<&'static str> {
        let alone = self.panes.len() == 1;
        match action {
            Action::Send if self.composer.has_nothing() => Some("the draft is empty"),
            Action::ClearDraft if self.composer.is_empty() => Some("the draft is empty"),
            Action::Detach if self.composer.attached().is_empty() => Some("nothing is attached"),
            Action::FocusComposer if self.focus == Focus::Composer => Some("keys are text already"),
            Action::FocusPanes if self.focus == Focus::Panes => Some("keys act already"),
            Action::HistoryPrevious | Action::HistoryNext | Action::HistorySearch
                if self.composer.history().is_empty() =>
            {
                Some("there is no earlier prompt")
            }
            Action::Cancel if !self.is_editing() && !self.pane_is_live() && !self.drops_find() => {
                Some("no answer streams here")
            }
            Action::Unqueue if self.queue.prompts.is_empty() => Some("no prompt waits"),
            Action::CancelAll if self.live().next().is_none() => Some("no answer streams"),
            Action::ClosePane
            | Action::Zoom
            | Action::MoveLeft
            | Action::MoveRight
            | Action::Grow
            | Action::Shrink
            | Action::Equalize
            | Action::PreviousPane
            | Action::NextPane
            | Action::GoToLetter
            | Action::MuteLetter
                if alone =>
            {
                Some("there is one pane only")
            }
            Action::GoToPane(place) if usize::from(place) == self.focused + 1 => {
                Some("has the focus")
            }
            Action::SplitRight | Action::SplitBelow if self.panes.len() >= Pane::MOST => {
                Some("no more panes can be open")
            }
            Action::ReopenPane if self.closed.is_empty() => Some("no pane was closed"),
            Action::LayoutColumns => self.tiled(Tiling::Columns),
            Action::LayoutRows => self.tiled(Tiling::Rows),
            Action::LayoutGrid => self.tiled(Tiling::Grid),
            Action::LayoutTabs => self.tiled(Tiling::Tabs),
            Action::RegenerateAll | Action::Export if self.nothing_asked() => {
                Some("nothing was asked yet")
            }
            Action::ScrollUp
            | Action::ScrollDown
            | Action::HalfPageUp
            | Action::HalfPageDown
            | Action::PageUp
            | Action::PageDown
            | Action::Top
            | Action::Bottom
            | Action::PreviousTurn
            | Action::NextTurn
            | Action::PreviousAnswer
            | Action::NextAnswer
            | Action::Regenerate
            | Action::Continue
            | Action::EditResend
            | Action::FoldReasoning
            | Action::CopyAnswer
            | Action::CopyCode
            | Action::CopyPane
            | Action::SaveCode
            | Action::PreviousCode
            | Action::NextCode
            | Action::Find
            | Action::NextMatch
            | Action::PreviousMatch
            | Action::Select
                if self
                    .focused_conversation()
                    .is_none_or(Conversation::is_empty) =>
            {
                Some("nothing was asked here yet")
            }
            _ => None,
        }
    }

    /// Whether a key that does nothing but stop takes back what is looked for, and no answer yet.
    pub fn drops_find(&self) -> bool {
        let is_kept = self.pane().find.as_ref().is_some_and(|f| !f.is_typed);
        is_kept && self.focus == Focus::Panes && !self.is_editing()
    }

    /// Whether an answer that the focused pane shows has reasoning.
    pub fn has_reasoning(&self) -> bool {
        let path = self.focused_conversation().into_iter();
        let mut answers = path
            .flat_map(|c| c.path().rev())
            .filter_map(Turn::shown_answer);
        answers.any(|answer| !answer.reasoning.is_empty())
    }

    fn context(&self) -> Context {
        match self.focus {
            Focus::Composer => Context::Composer,
            Focus::Panes => Context::Panes,
        }
    }

    pub(crate) fn pane_is_live(&self) -> bool {
        let conversation = self.focused_conversation();
        conversation.is_some_and(|c| c.live().next().is_some())
    }

    fn nothing_asked(&self) -> bool {
        self.conversations.iter().all(Conversation::is_empty)
    }

    fn tiled(&self, tiling: Tiling) -> Option<&'static str> {
        (self.tiling == tiling && !self.zoomed).then_some("the panes are so already")
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::*;
    use crate::{
        app::{ACTIONS, Now, Settings, Start},
        chat::{IdSource, Timestamp, Variant},
        config::{Overrides, load},
    };

    fn model(panes: usize) -> Model {
        let env = |name: &str| name.ends_with("_DIR").then(|| "/nowhere".to_owned());
        let config = load(&Overrides::default(), &env).unwrap().config;
        Model::new(Start {
            profiles: Vec::new(),
            catalogues: BTreeMap::new(),
            variants: vec![Variant::new("mock", "any"); panes],
            tiling: Tiling::default(),
            keys: config.keys,
            settings: Settings {
                sidebar: true,
                enter_is_newline: false,
                reduced_motion: false,
                temporary: false,
                requires_store: false,
                sidebar_width: None,
                reading_speed: None,
                mouse: false,
                scroll_lines: false,
                line_numbers: false,
                osc8: false,
                scroll_bar: true,
                stall: Some(Duration::from_secs(1)),
            },
            prompts: Vec::new(),
            ids: IdSource::new(1),
            now: Now {
                wall: Timestamp(1),
                mono: Duration::ZERO,
            },
        })
    }

    #[test]
    fn every_action_that_has_a_key_can_be_reached_from_both_areas() {
        let mut model = model(2);
        for focus in [Focus::Composer, Focus::Panes] {
            model.focus = focus;
            for row in ACTIONS {
                let bound = model.keys.bindings().iter().any(|b| b.action == row.name);
                let is_here = model
                    .why_not(row.action)
                    .is_some_and(|w| w.ends_with("already"));
                let way = model.way_to(row.action);
                assert!(way.is_some() || !bound || is_here, "{} {focus:?}", row.name);
            }
        }
    }

    #[test]
    fn the_way_leads_through_the_other_area_where_the_key_is_there() {
        let mut model = model(1);
        assert_eq!(model.way_to(Action::NextAnswer).as_deref(), Some("Tab ]"));
        assert_eq!(model.way_to(Action::Sidebar).as_deref(), Some("Ctrl-X b"));
        model.focus = Focus::Panes;
        assert_eq!(model.way_to(Action::NextAnswer).as_deref(), Some("]"));
        assert_eq!(model.way_to(Action::Editor).as_deref(), Some("Tab Ctrl-G"));
        model.settings.enter_is_newline = true;
        assert_eq!(model.way_to(Action::Send).as_deref(), Some("Tab Ctrl-J"));
    }

    #[test]
    fn what_would_change_nothing_says_why() {
        let alone = model(1);
        assert!(alone.why_not(Action::ClosePane).is_some());
        assert!(alone.why_not(Action::Regenerate).is_some());
        assert_eq!(alone.why_not(Action::SplitRight), None);
        let two = model(2);
        assert_eq!(two.why_not(Action::ClosePane), None);
        assert_eq!(two.why_not(Action::GoToPane(1)), Some("has the focus"));
        assert_eq!(two.why_not(Action::GoToPane(2)), None);
        assert!(two.why_not(Action::LayoutColumns).is_some());
    }
}
