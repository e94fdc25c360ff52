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
pub(super) struct Chosen {
    /// Its name.
    pub(super) profile: String,
    /// Why that one.
    pub(super) why: WhyProfile,
    /// What is wrong with `default_profile`, which would have chosen another.
    pub(super) passed_over: Option<String>,
}

/// Chooses the profile that is asked.
pub(super) fn choose(
    flag: Option<&String>,
    general: &General,
    profiles: &BTreeMap<String, Profile>,
) -> Result<Chosen, Error> {
    let (profile, why) = match flag {
        _ if general.mock_mode => (MOCK.to_owned(), WhyProfile::MockMode),
        Some(name) if profiles.contains_key(name) => (name.clone(), WhyProfile::Flag),
        Some(name) => return Err(Error::value("--profile", no_such(name, profiles))),
        None => match &general.default_profile {
            Some(name) if profiles.contains_key(name) => (name.clone(), WhyProfile::DefaultProfile),
            Some(name) => {
                let (profile, why) = unnamed(profiles);
                return Ok(Chosen {
                    profile,
                    why,
                    passed_over: Some(no_such(name, profiles)),
                });
            }
            None => unnamed(profiles),
        },
    };
    Ok(Chosen {
        profile,
        why,
        passed_over: None,
    })
}

fn no_such(name: &str, profiles: &BTreeMap<String, Profile>) -> String {
    let known = profiles.keys().map(String::as_str);
    let listed: Vec<_> = known.clone().collect();
    let message = unknown("profile", name, known);
    format!("{message} (there are: {})", listed.join(", "))
}

/// The one that is asked where nothing names one.
fn unnamed(profiles: &BTreeMap<String, Profile>) -> (String, WhyProfile) {
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
    (name.to_owned(), why)
}
