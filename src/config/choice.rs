//! Which profile is asked when nothing names one, and why.
//!
//! Whether a key is any good is found out by asking.

use std::{collections::BTreeMap, fmt};

use super::{
    error::Error,
    file::unknown,
    general::General,
    profile::{CEREBRAS, KeySource, MOCK, Profile},
};

/// Why a profile was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyProfile {
    /// `--mock`, or `mock_mode` in the file.
    MockMode,
    /// `--profile`.
    Flag,
    /// `default_profile` in the file.
    DefaultProfile,
    /// There is a place to look for a Cerebras key.
    Key(KeySource),
    /// The Cerebras base URL is on this machine, where no key is needed.
    Loopback,
    /// A Cerebras base URL was given, though no key.
    Address,
    /// There is no key.
    NoKey,
}

impl fmt::Display for WhyProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MockMode => f.write_str("mock mode is on"),
            Self::Flag => f.write_str("--profile"),
            Self::DefaultProfile => f.write_str("default_profile"),
            Self::Key(source) => write!(f, "key from {source}"),
            Self::Loopback => f.write_str("its base URL is on this machine"),
            Self::Address => f.write_str("its base URL was given"),
            Self::NoKey => f.write_str("no key for cerebras"),
        }
    }
}

/// The profile that is asked unless a variant names another.
pub(super) fn choose(
    flag: Option<&String>,
    general: &General,
    profiles: &BTreeMap<String, Profile>,
) -> Result<(String, WhyProfile), Error> {
    if general.mock_mode {
        return Ok((MOCK.to_owned(), WhyProfile::MockMode));
    }
    let default = general.default_profile.as_ref();
    let named = [
        (flag, "--profile", WhyProfile::Flag),
        (default, "default_profile", WhyProfile::DefaultProfile),
    ];
    for (name, setting, why) in named {
        if let Some(name) = name {
            if !profiles.contains_key(name) {
                let known = profiles.keys().map(String::as_str);
                let listed: Vec<_> = known.clone().collect();
                let message = unknown("profile", name, known);
                let message = format!("{message} (there are: {})", listed.join(", "));
                return Err(Error::value(setting, message));
            }
            return Ok((name.clone(), why));
        }
    }
    let cerebras = profiles.get(CEREBRAS);
    let source = cerebras.and_then(|p| p.key_sources.first());
    let (name, why) = match (source, cerebras) {
        (Some(source), _) => (CEREBRAS, WhyProfile::Key(source.clone())),
        (None, Some(p)) if p.base_url.is_loopback() => (CEREBRAS, WhyProfile::Loopback),
        // Who names an address wants it asked: that a key is missing is then said, and no mock answers in its place.
        (None, Some(p)) if p.base_url != Profile::preset(CEREBRAS).base_url => {
            (CEREBRAS, WhyProfile::Address)
        }
        _ => (MOCK, WhyProfile::NoKey),
    };
    Ok((name.to_owned(), why))
}
