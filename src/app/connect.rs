//! Giving a profile a key while the program runs: what is shown of it. The key itself is never here, only its length.
//!
//! Whoever holds what was typed, tries it and keeps it is `runtime`.

use std::time::Duration;

use super::{Model, Overlay};
use crate::chat::Catalogue;

/// A profile that gets a key.
#[derive(Clone, Debug, PartialEq)]
pub struct Connect {
    /// Tells it from one that was open before: what came of a key that was typed there is not for the one typed here.
    pub number: u64,
    /// The profile.
    pub profile: String,
    /// Where its requests go, for people.
    pub host: String,
    /// Where a key can come from; nothing until that was looked up.
    pub places: Option<KeyPlaces>,
    /// Characters that were typed.
    pub typed: usize,
    /// Where the key is kept once it works.
    pub keep: Keep,
    /// How far it is.
    pub step: Step,
}

/// How far connecting is.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A key is being typed; what was wrong with the last one.
    Typing(Option<String>),
    /// It is being tried, since that time on the model's clock.
    Trying(Duration),
    /// It works.
    Connected {
        /// The model that panes can ask from now on.
        model: String,
        /// Where the key is kept, and what went wrong with that.
        note: String,
    },
}

/// Where a key is kept that was typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    /// In memory, for this run.
    #[default]
    Memory,
    /// In the keyring of the system.
    Keyring,
}

/// One place where a key can come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPlace {
    /// Which: `CEREBRAS_API_KEY`.
    pub name: String,
    /// What was found there.
    pub found: InPlace,
}

/// What was found where a key can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InPlace {
    /// A key.
    Key,
    /// Nothing; how to put one there.
    Nothing(String),
    /// Something that cannot be used, and why.
    Trouble(String),
    /// It is asked only when a key is needed.
    NotAsked,
}

/// Where a key can come from, and whether the keyring can keep one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPlaces {
    /// The places.
    pub places: Vec<KeyPlace>,
    /// A key can be kept in the keyring.
    pub keyring: bool,
}

/// What came of a key that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Connected {
    /// The models that it opens.
    pub catalogue: Catalogue,
    /// Where it is kept, and what went wrong with that.
    pub note: String,
}

impl Model {
    /// When the seconds that a key is tried change on screen.
    pub(super) fn next_connect_tick(&self) -> Option<Duration> {
        let tries = self.overlays.iter().any(|overlay| {
            matches!(overlay, Overlay::Connect(connect) if matches!(connect.step, Step::Trying(_)))
        });
        tries.then(|| self.now.mono.saturating_add(Duration::from_secs(1)))
    }
}

impl Connect {
    /// How long a key has been tried, in whole seconds, once that is worth a word.
    pub fn waited(&self, now: Duration) -> Option<u64> {
        match self.step {
            Step::Trying(since) => Some(now.saturating_sub(since).as_secs()).filter(|s| *s >= 2),
            _ => None,
        }
    }

    /// Nothing is typed yet.
    pub fn new(number: u64, profile: String, host: String) -> Self {
        Self {
            number,
            profile,
            host,
            places: None,
            typed: 0,
            keep: Keep::Memory,
            step: Step::Typing(None),
        }
    }
}
