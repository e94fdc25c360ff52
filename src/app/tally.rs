//! Keeps the figures of the session's answers: each counts once, when it ends or when its session is opened. One that
//! goes on counts anew when it ends again.
//! What is counted, and how, is `metrics`' and `totals`'.

use super::{Model, Totals};
use crate::{
    chat::{Answer, AnswerId, ConversationId},
    metrics::Tallies,
};

impl Model {
    /// Counts an answer that has just ended.
    pub(super) fn tally(&mut self, id: AnswerId) {
        let mut conversations = self.conversations.iter();
        if let Some((conversation, answer)) =
            conversations.find_map(|c| Some((c.id, c.answer(id)?)))
        {
            record(&mut self.tallies, &mut self.totals, conversation, answer);
        }
    }

    /// Counts every answer of another session, and nothing else any more.
    pub(super) fn tally_all(&mut self) {
        (self.tallies, self.totals) = Default::default();
        for conversation in &self.conversations {
            let answers = conversation.turns().iter().flat_map(|turn| &turn.answers);
            for answer in answers.filter(|answer| !answer.is_live()) {
                record(&mut self.tallies, &mut self.totals, conversation.id, answer);
            }
        }
    }
}

fn record(
    tallies: &mut Tallies,
    totals: &mut Totals,
    conversation: ConversationId,
    answer: &Answer,
) {
    let summary = answer.summary();
    if let Some(entry) = answer.entry(&summary) {
        tallies.record(answer.asked(), &entry);
        totals.record(conversation, answer);
    }
}
