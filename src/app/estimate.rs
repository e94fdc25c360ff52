//! What the draft would take if it were sent now: tokens, and what the provider reserves for them before it answers.
//!
//! An estimate by bytes; the server counts for real. What is sent along is `Conversation::messages`'s to say, what the
//! quotas have room for is `forecast`'s.

use super::{Forecast, Model, Pane};
use crate::{
    chat::{
        TurnId,
        quota::{Demand, prompt_tokens},
    },
    metrics::LiveRate,
};

/// What sending the draft would take.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// Tokens of the draft.
    pub draft: u64,
    /// What the quotas have room for.
    pub forecast: Forecast,
    /// The context window of the first pane in which prompt and answer do not fit.
    pub over: Option<u64>,
}

impl Model {
    /// What sending the draft to these panes would take; nothing while there is no draft.
    pub fn estimate(&self, targets: &[usize]) -> Option<Estimate> {
        if self.composer.has_nothing() {
            return None;
        }
        let attached = self.composer.attached().iter().map(|a| a.text().len());
        let bytes = self.composer.bytes() + attached.sum::<usize>();
        let panes = || targets.iter().filter_map(|&i| self.panes.get(i));
        let over = panes().find_map(|pane| {
            let window = self.model_info(&pane.variant)?.context_window?;
            let prompt = prompt_tokens(self.sent_along(pane, pane.editing) + bytes);
            let answer = u64::from(self.max_completion_tokens(&pane.variant));
            (prompt.saturating_add(answer) > window).then_some(window)
        });
        let requests: Vec<_> = panes()
            .map(|pane| (&pane.variant, self.demand(pane, pane.editing, bytes)))
            .collect();
        Some(Estimate {
            draft: LiveRate::tokens_in(bytes as u64),
            forecast: self.forecast(&requests),
            over,
        })
    }

    /// What asking so many bytes in a pane wants of the quotas, in place of the turn `instead` where one is given.
    pub(super) fn demand(&self, pane: &Pane, instead: Option<TurnId>, bytes: usize) -> Demand {
        let variant = &pane.variant;
        let bytes = self.sent_along(pane, instead).saturating_add(bytes);
        let bound = self.max_completion_tokens(variant);
        Demand::new(bytes, bound, self.when_full(&variant.profile))
    }

    /// Bytes that go along with a prompt: the system prompt, and the turns of the path that have an answer, up to the
    /// one that is asked `instead` of.
    fn sent_along(&self, pane: &Pane, instead: Option<TurnId>) -> usize {
        let system = pane.variant.system.as_ref().map_or(0, String::len);
        let turns: usize = self.conversation(pane.conversation).map_or(0, |c| {
            c.path()
                .take_while(|t| Some(t.id) != instead)
                .filter_map(|t| Some((t, t.shown_answer()?)))
                .filter(|(_, answer)| !answer.content.is_empty())
                .map(|(turn, answer)| turn.text.len() + answer.content.len())
                .sum()
        });
        system + turns
    }
}
