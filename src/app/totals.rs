//! What the answers of each conversation come to: breaches, retries, dollars. Each counts once, when it has ended.
//!
//! What a frame asks for is added up when something changes, and costs the same however long a session is: looking takes
//! the sums, and the few answers that still run. The verdicts are `chat::budget`'s; figures of models are `tally`'s.

use std::collections::BTreeMap;

use super::Model;
use crate::chat::{Answer, Breaches, ConversationId, Cost, ModelInfo, Retries, Spent};

/// The sums of some answers.
#[derive(Clone, Debug, Default, PartialEq)]
struct Total {
    breaches: Breaches,
    retries: Retries,
    spent: Spent,
}

impl Total {
    fn add(&mut self, answer: &Answer) {
        if let Some(verdict) = answer.last_verdict() {
            self.breaches.add(verdict);
        }
        self.retries.add(answer.retries());
        self.spent.add(answer);
    }
}

/// The sums of the answers that have ended, by conversation and of all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Totals {
    all: Total,
    by: BTreeMap<ConversationId, Total>,
}

impl Totals {
    /// Counts an answer that has just ended.
    pub(super) fn record(&mut self, conversation: ConversationId, answer: &Answer) {
        self.all.add(answer);
        self.by.entry(conversation).or_default().add(answer);
    }

    fn of(&self, conversation: Option<ConversationId>) -> Option<&Total> {
        match conversation {
            Some(id) => self.by.get(&id),
            None => Some(&self.all),
        }
    }
}

impl Model {
    /// Breaches and retries of a conversation's answers, or of the session's; those that run count as they stand.
    pub fn counts(&self, conversation: Option<ConversationId>) -> (Breaches, Retries) {
        let total = self.totals.of(conversation);
        let (mut breaches, mut retries) =
            total.map_or_else(Default::default, |total| (total.breaches, total.retries));
        for answer in self.running_in(conversation) {
            if let Some(verdict) = answer.verdict(self.now.mono) {
                breaches.add(verdict);
            }
            retries.add(answer.retries());
        }
        (breaches, retries)
    }

    /// What a conversation's answers cost, or the session's; one that runs makes the sum partial.
    pub fn cost(&self, conversation: Option<ConversationId>) -> Cost {
        let total = self.totals.of(conversation);
        let mut cost = total.map_or_else(Cost::default, |total| {
            total.spent.cost(|asked| {
                let catalogue = self.catalogues.get(&asked.profile)?;
                catalogue.get(&asked.model).and_then(ModelInfo::prices)
            })
        });
        let running = self.running_in(conversation);
        running
            .filter(|answer| !answer.mock && answer.has_text())
            .for_each(|_| cost.add(None));
        cost
    }

    /// What these answers cost; those of the mock are left out, and one that runs makes the sum partial.
    pub fn cost_of<'a>(&self, answers: impl IntoIterator<Item = &'a Answer>) -> Cost {
        let mut cost = Cost::default();
        for answer in answers.into_iter().filter(|a| !a.mock && a.has_used()) {
            let listed = self.model_info(&answer.variant);
            let running = answer.is_live().then_some(None);
            answer
                .costs(listed.and_then(ModelInfo::prices))
                .chain(running)
                .for_each(|each| cost.add(each));
        }
        cost
    }

    fn running_in(&self, conversation: Option<ConversationId>) -> impl Iterator<Item = &Answer> {
        let running = self.running.iter();
        let wanted = running.filter(move |(of, _)| conversation.is_none_or(|id| id == *of));
        wanted.filter_map(|&(of, answer)| self.conversation(of)?.answer(answer))
    }
}
