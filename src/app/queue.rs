//! Prompts that wait until the answers before them have ended, as data.

use std::collections::VecDeque;

use crate::chat::{ConversationId, Draft};

/// A prompt that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// What will be asked.
    pub draft: Draft,
    /// The conversations that will be asked.
    pub to: Vec<ConversationId>,
}

/// The prompts that wait, first to last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// The prompts.
    pub prompts: VecDeque<Queued>,
    /// Nothing is sent until the person says so.
    pub paused: bool,
}
