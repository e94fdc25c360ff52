//! Provider profiles: where requests go, with what key, how long they wait and how often they are tried again.
//!
//! A key itself is never read here, only where it can be found; `provider` gets all of it as parameters.

use std::{borrow::Cow, collections::BTreeMap, fmt, path::PathBuf, time::Duration};

use toml::de::DeValue;

use super::{
    address::{BaseUrl, ProxyUrl},
    setting::{Setting, setting},
    value::{Value, Word, expected},
    variant::LONGEST_BUDGET,
};
use crate::{
    chat::{BudgetOn, BudgetRule, quota::WhenFull},
    text::{self, Secret},
};

/// Name of the profile for the Cerebras service.
pub const CEREBRAS: &str = "cerebras";
/// Name of the profile for the mock inside the program.
pub const MOCK: &str = "mock";

/// Whether requests carry a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    /// As a bearer token.
    #[default]
    Key,
    /// None is needed.
    None,
}

impl Word for Auth {
    const ALL: &'static [(Self, &'static str)] = &[(Self::Key, "key"), (Self::None, "none")];
}

/// What happens after the last retry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fallback {
    /// The answer fails.
    #[default]
    None,
    /// The mock answers, and everything says so.
    Mock,
    /// The answer is passed over.
    Skip,
}

impl Word for Fallback {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::None, "none"),
        (Self::Mock, "mock"),
        (Self::Skip, "skip"),
    ];
}

/// The terms on which a provider serves, whose quotas are documented.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tier {
    /// Not known: quotas are what responses say.
    #[default]
    None,
    /// The free trial of Cerebras.
    FreeTrial,
    /// Cerebras, pay as you go.
    Developer,
    /// By contract: nothing is documented.
    Enterprise,
}

impl Word for Tier {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::None, "none"),
        (Self::FreeTrial, "free-trial"),
        (Self::Developer, "developer"),
        (Self::Enterprise, "enterprise"),
    ];
}

impl Word for BudgetOn {
    const ALL: &'static [(Self, &'static str)] = &[(Self::Ttft, "ttft"), (Self::E2e, "e2e")];
}

/// Where a key can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// An environment variable.
    Environment(String),
    /// A variable in the file that `--env-file` names; [`super::env_file_value`] reads it.
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
    pub(super) fn source(&self, name: &str) -> Option<KeySource> {
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
pub(super) const HAS_KEYRING: bool = cfg!(feature = "keyring");

/// Settings besides `api_key_env` that say where a key is, those alone that this program can go by.
pub(super) const KEY_SETTINGS: &str = if HAS_KEYRING {
    "api_key_file, api_key_keyring or api_key_command"
} else {
    "api_key_file or api_key_command"
};

/// The variable that holds the key of the Cerebras service everywhere.
pub(super) const USUAL_VARIABLE: &str = "CEREBRAS_API_KEY";

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

/// Headers that frame a request or belong to one connection (RFC 9110, section 7.6.1). Another value would cut a request in two
/// or send it elsewhere.
const FRAMING: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Extra request headers. Their values may be secrets, so printing gives the names alone.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(BTreeMap<String, Secret>);

impl Headers {
    /// Names with values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.expose()))
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Value for Headers {
    fn read(value: &DeValue<'_>) -> Result<Self, String> {
        let table = value
            .as_table()
            .ok_or_else(|| expected("a table of names and values", value))?;
        let entries = table.iter().map(|(name, value)| {
            let name = name.get_ref();
            // RFC 9110, section 5.6.2: token.
            let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(is_token) {
                return Err("expected header names of letters, digits and -".to_owned());
            }
            if FRAMING.iter().any(|own| name.eq_ignore_ascii_case(own)) {
                return Err(format!(
                    "{name} cannot be set: it says where a request ends or where it goes, and is made with each"
                ));
            }
            if name.eq_ignore_ascii_case("proxy-authorization") {
                return Err(format!(
                    "{name} would go to the server; write proxy = \"http://USER:PASSWORD@HOST:PORT\""
                ));
            }
            let text = String::read(value.get_ref())?;
            if text.chars().any(char::is_control) {
                return Err(format!("expected a value of {name} on one line"));
            }
            Ok((name.to_string(), Secret::from(text)))
        });
        entries.collect::<Result<_, _>>().map(Self)
    }

    fn show(&self) -> String {
        let names: Vec<_> = self.0.keys().map(|n| format!("{n} = [hidden]")).collect();
        if names.is_empty() {
            "{}".to_owned()
        } else {
            format!("{{ {} }}", names.join(", "))
        }
    }
}

/// One place to send requests to.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in the file"
)]
pub struct Profile {
    /// Where. Empty for the mock inside the program, which chooses its own port.
    pub base_url: BaseUrl,
    /// Whether requests carry a key.
    pub auth: Auth,
    /// Environment variable that holds the key.
    pub api_key_env: Option<String>,
    /// File that holds the key.
    pub api_key_file: Option<PathBuf>,
    /// Program that prints the key.
    pub api_key_command: Option<Vec<String>>,
    /// Entry of the system's keyring that holds the key.
    pub api_key_keyring: Option<KeyringEntry>,
    /// Where a key is to be looked for, in this order: a variable only if it is set.
    pub key_sources: Vec<KeySource>,
    /// Model when none is asked for.
    pub model: Option<String>,
    /// Extra request headers.
    pub headers: Headers,
    /// DNS, TCP and TLS of one attempt.
    pub connect_timeout: Duration,
    /// From sending to the first event.
    pub first_event_timeout: Duration,
    /// Without a byte.
    pub idle_timeout: Duration,
    /// Without an event that carries text.
    pub timeout: Duration,
    /// A whole answer; none: the command decides.
    pub total_timeout: Option<Duration>,
    /// Attempts after the first.
    pub max_retries: u32,
    /// Upper bound of the wait before the first retry.
    pub initial_delay: Duration,
    /// Upper bound of any wait.
    pub max_delay: Duration,
    /// Growth of the bound from one retry to the next.
    pub multiplier: f64,
    /// Share of the wait that is left to chance, 0 to 1.
    pub jitter: f64,
    /// How long an answer may take, in milliseconds.
    pub latency_budget_ms: Option<u32>,
    /// The figure that the budget is for.
    pub latency_budget_on: BudgetOn,
    /// Requests that a run keeps going at once.
    pub batch_size: u32,
    /// Answers come as a stream.
    pub allow_streaming: bool,
    /// An answer that was cut goes on from its own text, sent as the beginning of the answer.
    pub continue_prefix: bool,
    /// What happens after the last retry.
    pub fallback: Fallback,
    /// Requests a minute, at most.
    pub rpm: Option<u32>,
    /// Tokens a minute, at most.
    pub tpm: Option<u32>,
    /// Whose documented quotas hold until a response tells of its own.
    pub tier: Tier,
    /// What happens to a request that the quota has no room for; none: as everywhere.
    pub quota: Option<WhenFull>,
    /// Proxy instead of the one the environment names.
    pub proxy: Option<ProxyUrl>,
    /// Certificates to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// Requests in flight at once; the rest are queued.
    pub max_in_flight: u32,
    /// Plain http is accepted away from this machine.
    pub allow_http: bool,
    /// Tokens of an answer, reasoning included, unless the variant says otherwise.
    pub max_completion_tokens: u32,
    /// So many failures in a row, and it counts as down; 0 for never.
    pub breaker_failures: u32,
    /// As long as they came within this time.
    pub breaker_window: Duration,
    /// After so long a request tries again.
    pub breaker_pause: Duration,
    /// It speaks the Cerebras dialect.
    pub is_cerebras: bool,
    /// It is the mock inside the program.
    pub is_mock: bool,
}

/// A day: longer waits are mistakes in the unit.
const LONGEST: Duration = Duration::from_hours(24);
const SHORTEST: Duration = Duration::from_millis(1);

/// Every setting of a `[providers.NAME]` table.
pub(super) const SETTINGS: &[Setting<Profile>] = &[
    setting!(base_url),
    setting!(auth),
    Setting {
        name: "api_key_env",
        read: |profile, value| {
            profile.api_key_env = Some(variable_name(value)?);
            Ok(())
        },
        show: |profile| profile.api_key_env.show(),
    },
    Setting {
        name: "api_key_file",
        read: |profile, value| {
            let path = PathBuf::read(value)?;
            no_key(&path.to_string_lossy(), "the path of a file")?;
            profile.api_key_file = Some(path);
            Ok(())
        },
        show: |profile| profile.api_key_file.show(),
    },
    Setting {
        name: "api_key_command",
        read: |profile, value| {
            let words = Vec::<String>::read(value)?;
            let program = words.first().map_or("", String::as_str);
            no_key(program, "a program and its arguments")?;
            profile.api_key_command = Some(words);
            Ok(())
        },
        show: |profile| {
            let words = profile.api_key_command.as_ref();
            words.map(|words| without_keys(words)).show()
        },
    },
    setting!(api_key_keyring),
    setting!(model),
    setting!(headers),
    setting!(connect_timeout in SHORTEST..=LONGEST),
    setting!(first_event_timeout in SHORTEST..=LONGEST),
    setting!(idle_timeout in SHORTEST..=LONGEST),
    setting!(timeout in SHORTEST..=LONGEST),
    setting!(total_timeout in SHORTEST..=LONGEST),
    setting!(max_retries in 0..=100),
    setting!(initial_delay in Duration::ZERO..=LONGEST),
    setting!(max_delay in Duration::ZERO..=LONGEST),
    setting!(multiplier in 1.0..=100.0),
    setting!(jitter in 0.0..=1.0),
    setting!(latency_budget_ms in 1..=LONGEST_BUDGET),
    setting!(latency_budget_on),
    setting!(batch_size in 1..=1_024),
    setting!(allow_streaming),
    setting!(continue_prefix),
    setting!(fallback),
    setting!(rpm in 1..=u32::MAX),
    setting!(tpm in 1..=u32::MAX),
    setting!(tier),
    setting!(quota),
    setting!(proxy),
    setting!(ca_file),
    setting!(max_in_flight in 1..=1_024),
    setting!(allow_http),
    setting!(max_completion_tokens in 1..=10_000_000),
    setting!(breaker_failures in 0..=1_000),
    setting!(breaker_window in SHORTEST..=LONGEST),
    setting!(breaker_pause in SHORTEST..=LONGEST),
];

/// Who puts the key itself where it is to be named would find it in every message that names that place.
fn no_key(text: &str, what: &str) -> Result<(), String> {
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
fn without_keys(words: &[String]) -> Vec<String> {
    let shown = words.iter().map(|word| text::hide_likely(word));
    shown.map(Cow::into_owned).collect()
}

/// A name alone: who puts the key itself there by mistake would find it in every message that names the variable.
fn variable_name(value: &DeValue<'_>) -> Result<String, String> {
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

/// Waits and retries are rows T-* and R-* of the reliability figures, documented in `assets/config.toml`.
impl Default for Profile {
    fn default() -> Self {
        Self {
            base_url: BaseUrl::default(),
            auth: Auth::Key,
            api_key_env: None,
            api_key_file: None,
            api_key_command: None,
            api_key_keyring: None,
            key_sources: Vec::new(),
            model: None,
            headers: Headers::default(),
            connect_timeout: Duration::from_secs(10),
            first_event_timeout: Duration::from_mins(1),
            idle_timeout: Duration::from_secs(30),
            timeout: Duration::from_mins(2),
            total_timeout: None,
            max_retries: 4,
            initial_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(20),
            multiplier: 2.0,
            jitter: 1.0,
            latency_budget_ms: None,
            latency_budget_on: BudgetOn::Ttft,
            batch_size: 4,
            allow_streaming: true,
            continue_prefix: false,
            fallback: Fallback::None,
            rpm: None,
            tpm: None,
            tier: Tier::None,
            quota: None,
            proxy: None,
            ca_file: None,
            max_in_flight: 16,
            allow_http: false,
            max_completion_tokens: 8_192,
            breaker_failures: 5,
            breaker_window: Duration::from_secs(30),
            breaker_pause: Duration::from_secs(15),
            is_cerebras: false,
            is_mock: false,
        }
    }
}

impl Profile {
    /// What the profile `name` is before anybody sets anything.
    pub(super) fn preset(name: &str) -> Self {
        match name {
            CEREBRAS => Self {
                base_url: BaseUrl::cerebras(),
                api_key_env: Some(USUAL_VARIABLE.to_owned()),
                is_cerebras: true,
                ..Self::default()
            },
            MOCK => Self {
                auth: Auth::None,
                // A machine of our own has no quota to be polite about.
                max_in_flight: 256,
                is_cerebras: true,
                is_mock: true,
                ..Self::default()
            },
            _ => Self::default(),
        }
    }

    /// How long an answer may take unless a variant says otherwise.
    pub fn budget_rule(&self) -> BudgetRule {
        BudgetRule {
            limit_ms: self.latency_budget_ms,
            on: self.latency_budget_on,
        }
    }

    /// True if requests cannot do without a key.
    pub fn needs_key(&self) -> bool {
        self.auth == Auth::Key && !self.base_url.is_loopback()
    }

    /// What requests carry that is for the server alone, in words.
    pub(super) fn secret(&self) -> Option<String> {
        if self.auth == Auth::Key {
            return Some("the key".to_owned());
        }
        let mut headers = self.headers.iter();
        let (name, _) = headers.find(|(name, _)| text::names_secret(name))?;
        Some(format!("the header {name}"))
    }

    /// True if there is a place to look for a key.
    pub fn has_key(&self) -> bool {
        !self.key_sources.is_empty()
    }

    /// One line with the ways to give the profile `name` a key.
    pub fn ways_to_give_a_key(&self, name: &str) -> String {
        let variable = match &self.api_key_env {
            Some(variable) => format!("set {variable}"),
            None => format!("set api_key_env under [providers.{name}]"),
        };
        format!(
            "{variable}, or name an {KEY_SETTINGS} under [providers.{name}] in config.toml; --mock needs no key"
        )
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

    #[test]
    fn values_of_headers_are_not_printed() {
        let toml = "{ Authorization = \"Bearer s3cret\" }";
        let headers = Headers::read(DeValue::parse(toml).unwrap().get_ref()).unwrap();
        assert_eq!(headers.show(), "{ Authorization = [hidden] }");
        assert_eq!(
            headers.iter().next(),
            Some(("Authorization", "Bearer s3cret"))
        );
        assert!(!format!("{headers:?}").contains("s3cret"));
    }

    #[test]
    fn headers_cannot_smuggle_lines() {
        for toml in [
            "{ \"a b\" = \"x\" }",
            "{ a = \"x\\r\\nb: y\" }",
            "{ \"\" = \"x\" }",
            "{ a = 1 }",
            "[]",
            "{ Content-Length = \"5\" }",
            "{ \"transfer-encoding\" = \"chunked\" }",
            "{ HOST = \"evil.example\" }",
            "{ Proxy-Authorization = \"Basic x\" }",
        ] {
            assert!(
                Headers::read(DeValue::parse(toml).unwrap().get_ref()).is_err(),
                "{toml}"
            );
        }
    }
}
