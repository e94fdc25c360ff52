//! Where the key of a profile comes from: the sources of its settings, in their order, and what was typed.
//!
//! The key itself is read by the provider, but for those that are at hand: they are known to be hidden.

use std::{path::Path, sync::Arc};

use secrecy::{ExposeSecret, SecretString};

use super::Profiles;
use crate::{
    chat::{Failure, FailureKind},
    config::{self, Config, Profile},
    provider::{self, Auth, Entry, KeySource},
};

/// No file of variables is read that is longer.
const ENV_FILE_BYTES: u64 = 1 << 20;
impl Profiles {
    /// How requests of a profile prove who asks; an error where a key is missing.
    pub(super) fn auth(&self, name: &str, profile: &Profile) -> Result<Auth, Failure> {
        if profile.is_mock {
            return Ok(Auth::Key(KeySource::Fixed(SecretString::from("mock"))));
        }
        if profile.auth == config::Auth::None {
            return Ok(Auth::None);
        }
        match self.key_source(&profile.key_sources)? {
            Some(source) => Ok(Auth::Key(source)),
            // A server on this machine that speaks the dialect may insist on the header; what it holds is of no account.
            None if profile.is_cerebras && profile.base_url.is_loopback() => {
                Ok(Auth::Key(KeySource::StandIn))
            }
            None if profile.needs_key() => Err(Failure::new(
                FailureKind::Key,
                format!("profile {name} has no key"),
                profile.ways_to_give_a_key(name),
            )),
            None => Ok(Auth::None),
        }
    }

    /// The first of these; only where that is a keyring, which may have no key, those after it as well.
    fn key_source(&self, sources: &[config::KeySource]) -> Result<Option<KeySource>, Failure> {
        let Some((first, rest)) = sources.split_first() else {
            return Ok(None);
        };
        Ok(Some(match (first, &self.vault) {
            (config::KeySource::Keyring { service, user }, Some(vault)) => KeySource::Keyring {
                vault: Arc::clone(vault),
                entry: Entry {
                    service: service.clone(),
                    user: user.clone(),
                },
                limit: self.keyring_limit(),
                next: self.key_source(rest)?.map(Box::new),
            },
            (config::KeySource::Keyring { .. }, None) => return self.key_source(rest),
            (config::KeySource::Environment(name), _) => KeySource::Env(name.clone()),
            (config::KeySource::File(path), _) => KeySource::File(path.clone()),
            (config::KeySource::Command(words), _) => KeySource::Command(shell_words(words)),
            (config::KeySource::EnvFile { path, name }, _) => KeySource::Given {
                key: env_file_key(path, name)?,
                from: format!("{name} in the file {}", path.display()),
            },
        }))
    }
}

/// A key that a person typed.
pub(super) fn typed(key: SecretString) -> KeySource {
    KeySource::Given {
        key,
        from: "what was typed in this run".to_owned(),
    }
}

/// Lets the keys be hidden that are at hand: those of the environment and of the file of variables, which is read for it. Others
/// are learned when they are read.
pub(in crate::cli) fn learn_keys_at_hand(config: &Config) {
    let profiles = config.profiles.values();
    for source in profiles.filter_map(|p| p.key_sources.first()) {
        let key = match source {
            config::KeySource::Environment(name) => std::env::var(name).ok().map(Into::into),
            // Also one that is refused for who else can read it.
            config::KeySource::EnvFile { path, name } => {
                let value = config::env_file_value(path, name).ok().flatten();
                value.map(Into::into)
            }
            _ => None,
        };
        if let Some(key) = key {
            config.secrets.learn(&key);
        }
    }
}

/// The key under `name` in a file of variables, which is held to what a file for the key alone is.
pub(super) fn env_file_key(path: &Path, name: &str) -> Result<SecretString, Failure> {
    let text = provider::read_private(path, "env file", ENV_FILE_BYTES);
    let key = text.and_then(|text| {
        let value = config::env_value(text.expose_secret(), name);
        let absent = || format!("there is no {name} in the env file {}", path.display());
        value.map(SecretString::from).ok_or_else(absent)
    });
    key.map_err(|reason| {
        let remedy = "mend the file, or give the key another way";
        Failure::new(FailureKind::Key, reason, remedy)
    })
}

/// Words as a shell reads them back unchanged.
pub(super) fn shell_words(words: &[String]) -> String {
    let quoted: Vec<_> = words
        .iter()
        .map(|word| format!("'{}'", word.replace('\'', r"'\''")))
        .collect();
    quoted.join(" ")
}
