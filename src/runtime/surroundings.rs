//! What the program finds around it, read once at the start; nothing asks the environment later.
//!
//! Configuration proper is `config`'s.

use std::path::PathBuf;

use super::{clipboard::Desk, editor::Editor};
use crate::config::ClipboardChoice;

/// What the program found around it when it started.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Which ways a copy has.
    pub desk: Desk,
    /// The person's editor.
    pub editor: Editor,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
    /// Where copies go that no clipboard takes.
    pub state_dir: PathBuf,
    /// Where a draft is while it is edited.
    pub temp_dir: PathBuf,
}

impl Surroundings {
    /// Reads them; a blank variable counts as unset.
    pub fn read(
        env: &dyn Fn(&str) -> Option<String>,
        choice: ClipboardChoice,
        state_dir: PathBuf,
    ) -> Self {
        let get = |name: &str| env(name).filter(|value| !value.trim().is_empty());
        Self {
            desk: Desk::read(&get, choice),
            editor: Editor::read(&get),
            home: get("HOME").map(PathBuf::from),
            state_dir,
            temp_dir: std::env::temp_dir(),
        }
    }
}
