//! Where a key can be found, and the settings that say so. A key that stands in one of them by mistake is refused unseen.

use std::{borrow::Cow, fmt, path::PathBuf};

use toml::de::DeValue;

use crate::{
    config::value::{Value, expected},
    text,
};

/// Where a key can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// An environment variable.
    Environment(String),
    /// A variable in the file that `--env-file` names; [`env_file_value`](crate::config::env_file_value) reads it.
    EnvFile {
        /// The file.
        path: PathBuf,
        /// The variable.
        name: String,
    },
    /// A file that holds nothing else.
    File(PathBuf),
    /// What a program prints; the program and its arguments, without a shell.
    Command(Vec<String>),
    /// An entry of the system's keyring.
    Keyring {
        /// The service.
        service: String,
        /// The user of that service.
        user: String,
    },
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => f.write_str(name),
            Self::EnvFile { path, name } => write!(f, "{name} in {}", path.display()),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Command(words) => write!(f, "output of {}", without_keys(words).join(" ")),
            Self::Keyring { service, user } => write!(f, "keyring entry {service}/{user}"),
        }
    }
}

/// Whether the system's keyring holds the key, and under which name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyringEntry {
    /// It is not asked.
    Off,
    /// Under our name and that of the profile.
    Own,
    /// Under a name that somebody else gave it.
    Named {
        /// The service.
        service: String,
        /// The user of that service.
        user: String,
    },
}

impl KeyringEntry {
    /// Where the key of the profile `name` is, unless the keyring is not asked.
    pub(in crate::config) fn source(&self, name: &str) -> Option<KeySource> {
        let (service, user) = match self {
            Self::Off => return None,
            Self::Own => (OWN_SERVICE, name),
            Self::Named { service, user } => (service.as_str(), user.as_str()),
        };
        Some(KeySource::Keyring {
            service: service.to_owned(),
            user: user.to_owned(),
        })
    }
}

/// This program can ask the keyring of the system.
pub(in crate::config) const HAS_KEYRING: bool = cfg!(feature = "keyring");

/// Settings besides `api_key_env` that say where a key is, those alone that this program can go by.
pub(in crate::config) const KEY_SETTINGS: &str = if HAS_KEYRING {
    "api_key_file, api_key_keyring or api_key_command"
} else {
    "api_key_file or api_key_command"
};

/// The variable that holds the key of the Cerebras service everywhere.
pub(in crate::config) const USUAL_VARIABLE: &str = "CEREBRAS_API_KEY";

/// The service under which the keyring keeps keys for us.
pub const OWN_SERVICE: &str = "waferdeck";

impl Value for KeyringEntry {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let what = "true, false or \"SERVICE/USER\"";
        if let Some(on) = value.as_bool() {
            return Ok(if on { Self::Own } else { Self::Off });
        }
        let text = value.as_str().ok_or_else(|| expected(what, value))?;
        match text.split_once('/') {
            Some((service, user)) if !service.is_empty() && !user.is_empty() => Ok(Self::Named {
                service: service.to_owned(),
                user: user.to_owned(),
            }),
            _ => Err(format!("expected {what}")),
        }
    }

    fn show(&self) -> String {
        match self {
            Self::Off => false.show(),
            Self::Own => true.show(),
            Self::Named { service, user } => format!("{service}/{user}").show(),
        }
    }
}

/// Who puts the key itself where it is to be named would find it in every message that names that place.
pub(super) fn no_key(text: &str, what: &str) -> Result<(), String> {
    /// Names of files and programs are shorter, or hold a dot or a slash.
    const LONG: usize = 32;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let is_token = text.len() >= LONG
        && text.chars().all(is_part)
        && text.contains(|c: char| c.is_ascii_digit())
        && text.contains(|c: char| c.is_ascii_alphabetic());
    if is_token || text.starts_with("csk-") || text::find_key(text, &[]).is_some() {
        return Err(format!(
            "expected {what}, found what looks like a key (hidden)"
        ));
    }
    Ok(())
}

/// The words of a command, whose arguments may be keys.
pub(super) fn without_keys(words: &[String]) -> Vec<String> {
    let shown = words.iter().map(|word| text::hide_likely(word));
    shown.map(Cow::into_owned).collect()
}

/// A name alone: who puts the key itself there by mistake would find it in every message that names the variable.
pub(super) fn variable_name(value: &DeValue<'_>) -> Result<String, String> {
    let name = String::read(value)?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.chars().all(is_name) {
        // Names are written in capitals; keys with _ are not.
        if name.contains(|c: char| c.is_ascii_lowercase()) {
            no_key(&name, "the name of a variable")?;
        }
        Ok(name)
    } else {
        Err("expected the name of a variable, of letters, digits and _".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyring_is_asked_under_our_name_or_another() {
        let check = |toml: &str, shown: &str, source: Option<&str>| {
            let entry = KeyringEntry::read(DeValue::parse(toml).unwrap().get_ref()).unwrap();
            assert_eq!(entry.show(), shown);
            let named = entry.source("cerebras").map(|s| s.to_string());
            assert_eq!(named.as_deref(), source);
        };
        check("false", "false", None);
        check("true", "true", Some("keyring entry waferdeck/cerebras"));
        check(
            "\"team/key\"",
            "\"team/key\"",
            Some("keyring entry team/key"),
        );
        for toml in ["\"team\"", "\"/key\"", "\"team/\"", "1"] {
            assert!(
                KeyringEntry::read(DeValue::parse(toml).unwrap().get_ref()).is_err(),
                "{toml}"
            );
        }
    }
}
