//! What the draft would take if it were sent now: tokens, and what the provider reserves for them before it answers.
//!
//! An estimate by bytes; the server counts for real. What is sent along is `Conversation::messages`'s to say.

use super::{Model, Pane};
use crate::{chat::Variant, metrics::LiveRate};

/// Cerebras reserves at most this many tokens for the answer, whatever was asked for (rate limits, as documented in
/// `assets/limits.toml`).
const RESERVED_AT_MOST: u64 = 16_384;

/// What sending the draft would take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Tokens of the draft.
    pub draft: u64,
    /// Tokens that all requests together take off the quota before they run.
    pub reserved: u64,
    /// The context window of the first pane in which prompt and answer do not fit.
    pub over: Option<u64>,
}

impl Model {
    /// What sending the draft to these panes would take; nothing while there is no draft.
    pub fn estimate(&self, targets: &[usize]) -> Option<Estimate> {
        if self.composer.is_empty() {
            return None;
        }
        let draft = LiveRate::tokens_in(self.composer.bytes() as u64);
        let mut estimate = Estimate {
            draft,
            reserved: 0,
            over: None,
        };
        for pane in targets.iter().filter_map(|&i| self.panes.get(i)) {
            let prompt = self.sent_along(pane) + draft;
            let answer = u64::from(self.max_completion_tokens(&pane.variant));
            estimate.reserved += prompt + answer.min(RESERVED_AT_MOST);
            let window = self.context_window(&pane.variant);
            let too_long = window.filter(|&window| prompt + answer > window);
            estimate.over = estimate.over.or(too_long);
        }
        Some(estimate)
    }

    /// Tokens that go along with a prompt: the system prompt, and the turns of the path that have an answer, up to the
    /// one that is being edited.
    fn sent_along(&self, pane: &Pane) -> u64 {
        let system = pane.variant.system.as_ref().map_or(0, String::len);
        let turns = self.conversation(pane.conversation).map_or(0, |c| {
            c.path()
                .take_while(|t| Some(t.id) != pane.editing)
                .filter_map(|t| Some((t, t.shown_answer()?)))
                .filter(|(_, answer)| !answer.content.is_empty())
                .map(|(turn, answer)| turn.text.len() + answer.content.len())
                .sum()
        });
        LiveRate::tokens_in((system + turns) as u64)
    }

    fn context_window(&self, variant: &Variant) -> Option<u64> {
        self.model_info(variant)?.context_window
    }
}
