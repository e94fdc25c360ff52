//! Defaults, file, environment and flags become one checked [`Config`], read-only afterwards; secrets only as places
//! to look for them. What a value does is left to the module it is for.
//!
//! ```text
//! flag  >  environment (then the file of --env-file)  >  config.toml  >  default
//! ```
//!
//! Each setting is one entry in a table (`profile`, `general`) that feeds the reader, the check for unknown names and
//! `config show`; its sentence and default are in `assets/config.toml`, and a test holds the two together.

mod address;
mod alerts;
mod background;
mod choice;
mod deck;
mod edit;
mod environment;
mod error;
mod file;
mod general;
mod keys;
mod limits;
mod load;
mod log_filter;
mod nearest;
mod paths;
mod profile;
mod prompts;
mod replace;
mod setting;
mod theme;
mod value;
mod variant;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

pub use address::{BaseUrl, ProxyUrl};
pub use alerts::{AlertSettings, AlertWindow};
pub use background::Background;
pub use choice::WhyProfile;
pub use deck::{DECK_NAME, DeckFile, Saved, decks, is_deck_name, load_deck, save_deck};
pub use edit::{set_keyring, set_theme};
pub use environment::{env_file_value, env_value};
pub use error::{Error, Excerpt, Fault, Place, Warning};
pub use general::{
    ClipboardChoice, ColorChoice, Log, LogLevel, LongLines, Loopback, StoreSettings,
    TelemetrySettings, Ui,
};
pub use keys::{Binding, Chord, Context, Key, KeyCode, Keymap, Match};
pub use limits::{LimitSettings, Size};
pub use load::{Loaded, Overrides, Shown, load};
pub use log_filter::LogFilter;
pub use paths::Paths;
pub use profile::{
    Auth, CEREBRAS, Fallback, Headers, KeySource, KeyringEntry, MOCK, OWN_SERVICE, Profile, Tier,
};
pub use prompts::{Prompt, prompt, prompt_library, prompt_names};
pub use setting::Origin;
pub use theme::{AUTO, Color, Listed, Style, Theme, theme_names, themes};
pub use value::Word;
pub use variant::{parse_variant, set_param, show_variant};

use crate::{
    chat::{Variant, quota::WhenFull},
    text::Secrets,
};

/// Every setting with its sentence and default: what `waferdeck config init` writes.
pub const MANUAL: &str = include_str!("../assets/config.toml");

/// What holds until the settings are read again.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where files are.
    pub paths: Paths,
    /// Every profile by name; `cerebras` and `mock` are always among them.
    pub profiles: BTreeMap<String, Profile>,
    /// The profile that is asked unless a variant names another.
    pub profile: String,
    /// Why it was chosen.
    pub why_profile: WhyProfile,
    /// Its model when none is asked for; `None`: the first that is offered.
    pub model: Option<String>,
    /// What `-m` asks for, in order; empty without one.
    pub variants: Vec<Variant>,
    /// Everything is asked of the mock.
    pub mock_mode: bool,
    /// Longest wait for a quota without a screen.
    pub max_wait: Duration,
    /// What happens to a request that the quota has no room for, unless its profile says otherwise.
    pub quota: WhenFull,
    /// The screen.
    pub ui: Ui,
    /// What keys do.
    pub keys: Keymap,
    /// How roles are drawn, as far as that is known without the terminal.
    pub theme: Theme,
    /// What the terminal's background is, if it says so in the environment.
    pub background: Option<Background>,
    /// Saving.
    pub store: StoreSettings,
    /// Logging.
    pub log: Log,
    /// How much is taken, whatever comes.
    pub limits: LimitSettings,
    /// When a notice says that something is wrong with the answers.
    pub alerts: AlertSettings,
    /// Figures for machines.
    pub telemetry: TelemetrySettings,
    /// What is never shown or written. Empty here; those who read keys fill it.
    pub secrets: Secrets,
}

/// Headers for a collector, among them its key.
const TELEMETRY_HEADERS: [&str; 3] = [
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
];

impl Config {
    /// What happens to a request of a profile that the quota has no room for.
    pub fn when_full(&self, profile: &str) -> WhenFull {
        let profile = self.profiles.get(profile);
        profile.and_then(|p| p.quota).unwrap_or(self.quota)
    }

    /// Environment variables in which secrets of ours are looked for, set or not: programs that are started do not get
    /// them. Those of other programs stay, since a key command may be a client of a vault that needs its own.
    pub fn key_variables(&self) -> Vec<String> {
        let named = self.profiles.values().filter_map(|p| p.api_key_env.clone());
        let usual = [profile::USUAL_VARIABLE].iter().chain(&TELEMETRY_HEADERS);
        let usual = usual.map(|&name| name.to_owned());
        let all: BTreeSet<_> = named.chain(usual).collect();
        all.into_iter().collect()
    }
}

#[cfg(test)]
mod tests;
