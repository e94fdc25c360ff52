//! Keeps the figures of the session's answers: each counts once, when it ends or when its session is opened.
//! What is counted, and how, is `metrics`'.

use super::Model;
use crate::{
    chat::{Answer, AnswerId, Conversation},
    metrics::Tallies,
};

impl Model {
    /// Counts an answer that has just ended.
    pub(super) fn tally(&mut self, id: AnswerId) {
        let found = self.conversations.iter().find_map(|c| c.answer(id));
        if let Some(answer) = found {
            record(&mut self.tallies, answer);
        }
    }

    /// Counts every answer of another session, and nothing else any more.
    pub(super) fn tally_all(&mut self) {
        let mut tallies = Tallies::default();
        let turns = self.conversations.iter().flat_map(Conversation::turns);
        for answer in turns.flat_map(|turn| &turn.answers) {
            record(&mut tallies, answer);
        }
        self.tallies = tallies;
    }
}

fn record(tallies: &mut Tallies, answer: &Answer) {
    let summary = answer.summary();
    if let Some(outcome) = answer.outcome(&summary) {
        tallies.record(answer.asked(), &outcome);
    }
}
