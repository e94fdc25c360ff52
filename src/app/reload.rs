//! What the workbench takes over when its settings are read again while it runs, as plain data.
//!
//! Reading and checking is done elsewhere; what changes on screen is decided in `update::reload`.

use std::collections::BTreeMap;

use super::{ProfileInfo, Settings};
use crate::{
    chat::Catalogue,
    config::{AlertSettings, Keymap, Prompt, Theme},
};

/// Settings that hold from now on.
#[derive(Clone, Debug, PartialEq)]
pub struct Reloaded {
    /// Provider profiles that can be asked.
    pub profiles: Vec<ProfileInfo>,
    /// Profiles that have no key.
    pub keyless: Vec<ProfileInfo>,
    /// The profile of new panes where nothing else is known.
    pub profile: String,
    /// Models of the profiles that are new or lead to another place, as far as they are known.
    pub catalogues: BTreeMap<String, Catalogue>,
    /// Key bindings.
    pub keys: Keymap,
    /// The prompt library.
    pub prompts: Vec<Prompt>,
    /// Themes that can be chosen.
    pub themes: Vec<Theme>,
    /// What the person may have changed meanwhile, as the settings had it before.
    pub before: Preferences,
    /// The same as they have it now.
    pub now: Preferences,
    /// Bytes that the composer takes.
    pub paste_bytes: usize,
    /// Names of the settings that are others than before.
    pub changed: Vec<String>,
    /// Names of those that only the next start takes up.
    pub later: Vec<String>,
    /// What was passed over, in sentences.
    pub warnings: Vec<String>,
}

/// Settings that keys change, too: one that the file leaves alone stays as the person has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Preferences {
    /// The switches of the screen.
    pub settings: Settings,
    /// The chosen theme.
    pub theme: String,
    /// Everything is drawn with ASCII.
    pub ascii: bool,
    /// Every request goes to the mock.
    pub mock_mode: bool,
    /// When something is wrong with the answers.
    pub alerts: AlertSettings,
}

/// Whether settings are being read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rereading {
    /// They are not.
    #[default]
    No,
    /// They are.
    Yes,
    /// They are, and may have changed since that began.
    Again,
}
