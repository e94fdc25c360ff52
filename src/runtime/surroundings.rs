//! What the program finds around it, read once at the start; nothing asks the environment later.
//!
//! Configuration proper is `config`'s.

use std::path::PathBuf;

use super::{clipboard::Desk, editor::Editor, programs::Programs};
use crate::{config::Config, text::Secrets};

/// What the program found around it when it started.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// Which ways a copy has.
    pub desk: Desk,
    /// The person's editor.
    pub editor: Editor,
    /// What `~` stands for.
    pub home: Option<PathBuf>,
    /// Where copies go that no clipboard takes; nowhere while nothing is to be written.
    pub state_dir: Option<PathBuf>,
    /// Where a draft is while it is edited.
    pub temp_dir: PathBuf,
    /// How programs are started.
    pub programs: Programs,
    /// What is never written.
    pub secrets: Secrets,
    /// Bytes that are kept of what went over the wire, where that is set.
    pub recording_bytes: Option<usize>,
}

impl Surroundings {
    /// Reads them; a blank variable counts as unset.
    pub fn read(env: &dyn Fn(&str) -> Option<String>, config: &Config) -> Self {
        let get = |name: &str| env(name).filter(|value| !value.trim().is_empty());
        let state_dir = &config.paths.state_dir;
        Self {
            desk: Desk::read(&get, config.ui.clipboard),
            editor: Editor::read(&get),
            home: get("HOME").map(PathBuf::from),
            state_dir: (!config.store.temporary).then(|| state_dir.clone()),
            temp_dir: std::env::temp_dir(),
            programs: Programs::without_keys(config),
            secrets: config.secrets.clone(),
            recording_bytes: Some(config.limits.recording_bytes.bytes()),
        }
    }

    /// Goes by other settings from now on.
    pub(super) fn follow(&mut self, config: &Config) {
        self.desk.choice = config.ui.clipboard;
        self.programs = Programs::without_keys(config);
        self.recording_bytes = Some(config.limits.recording_bytes.bytes());
    }
}
