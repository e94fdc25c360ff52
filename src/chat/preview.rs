//! What a list shows of a session beside its title, found without reading all of it.
//!
//! `store` fills it; drawing is `ui`'s.

use super::Timestamp;

/// A glance into a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Its title.
    pub title: String,
    /// When it began.
    pub created: Timestamp,
    /// When something was last written to it.
    pub modified: Timestamp,
    /// The models of its panes, first to last.
    pub models: Vec<String>,
    /// Prompts that were seen; a broadcast counts once.
    pub prompts: usize,
    /// The middle was not read: there may be more prompts.
    pub is_partial: bool,
    /// The beginning of the first prompt.
    pub first_prompt: String,
    /// The beginning of the last prompt; empty where it was not seen.
    pub last_prompt: String,
    /// The beginning of an answer to it.
    pub answer: String,
}
