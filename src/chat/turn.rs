//! A turn: one user message and its answers, one of which is on the visible path.

use super::{Answer, AnswerId, Attachment, BroadcastId, Timestamp, TurnId};

/// One user message and its answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    /// Its id.
    pub id: TurnId,
    /// The answer it follows; `None` at the start of a conversation.
    pub parent: Option<AnswerId>,
    /// Links it to the turns of the same broadcast.
    pub broadcast: Option<BroadcastId>,
    /// What the person wrote, attachments included.
    pub text: String,
    /// The attachments whose text is part of `text`.
    pub attachments: Vec<Attachment>,
    /// What is shown instead of a text with long attachments.
    pub brief: Option<String>,
    /// When it was sent.
    pub at: Timestamp,
    /// Its answers, oldest first.
    pub answers: Vec<Answer>,
    /// Index of the answer on the visible path.
    pub shown: usize,
}

impl Turn {
    /// The answer on the visible path.
    pub fn shown_answer(&self) -> Option<&Answer> {
        self.answers.get(self.shown)
    }

    /// The text as it is shown: long attachments by their names alone.
    pub fn said(&self) -> &str {
        self.brief.as_deref().unwrap_or(&self.text)
    }
}
