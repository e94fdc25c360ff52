//! Provider profiles: where requests go, with what key, how long they wait and how often they are tried again.
//!
//! A key itself is never read here, only where it can be found; `provider` gets all of it as parameters.

mod headers;
mod key_source;

use std::{path::PathBuf, time::Duration};

pub(super) use key_source::{HAS_KEYRING, KEY_SETTINGS, USUAL_VARIABLE};
use key_source::{no_key, variable_name, without_keys};
pub use {
    headers::Headers,
    key_source::{KeySource, KeyringEntry, OWN_SERVICE},
};

use super::{
    address::{BaseUrl, ProxyUrl},
    setting::{Setting, setting},
    value::{Value, Word},
    variant::LONGEST_BUDGET,
};
use crate::{
    chat::{BudgetOn, BudgetRule, quota::WhenFull},
    text,
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
