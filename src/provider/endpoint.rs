//! What a provider needs to know: address, key, timeouts, retry policy, dialect. Plain settings, checked in `client`.
//! Where the settings come from (flags, files, environment) is decided by the caller.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::base_url::BaseUrl;
use super::exchange::Witness;
use super::key::KeySource;
use super::slumber::Wall;
use super::sse::EVENT_BYTES;
use crate::chat::Limits;
use crate::text::{SafeText, Secrets, names_secret};

/// How a request proves who asks.
#[derive(Clone, Debug)]
pub enum Auth {
    /// Not at all.
    None,
    /// With `Authorization: Bearer KEY`.
    Key(KeySource),
}

/// What a server understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Refuses unknown fields, has a public catalogue and a path that only opens a connection.
    Cerebras,
    /// Anything else that speaks chat completions.
    OpenAi,
}

/// How long each wait may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// DNS, TCP and TLS of one attempt: covers three SYN retries at 1, 2 and 4 s.
    pub connect: Duration,
    /// From sending to the headers and the first byte of the stream: queueing at peak takes seconds.
    pub first: Duration,
    /// Without a byte once the stream flows.
    pub idle: Duration,
    /// Without an event that carries text; comments do not count.
    pub no_text: Duration,
    /// From the first sending to the end, retries included; `None` where a person can watch.
    pub total: Option<Duration>,
}

impl Timeouts {
    /// Those of a request for a stream, or for a whole answer, whose first byte comes when all of it is written.
    pub(super) fn of(self, stream: bool) -> Self {
        if stream {
            return self;
        }
        let longest = self.first.max(self.no_text);
        Self {
            first: longest,
            no_text: longest,
            ..self
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first: Duration::from_mins(1),
            idle: Duration::from_secs(30),
            no_text: Duration::from_mins(2),
            total: None,
        }
    }
}

/// When a failed attempt is repeated. Of `initial × multiplier^n`, at most `max_delay`, the share `jitter` is left to
/// chance: with 1 waits are uniform between zero and that bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryPolicy {
    /// Retries after the first attempt.
    pub max_retries: u32,
    /// Upper bound of the first wait.
    pub initial_delay: Duration,
    /// Upper bound of any wait of our own making.
    pub max_delay: Duration,
    /// Growth of the bound from wait to wait.
    pub multiplier: f64,
    /// Share of a wait that is left to chance, 0 to 1.
    pub jitter: f64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_retries: 4,
            initial_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(20),
            multiplier: 2.0,
            jitter: 1.0,
        }
    }
}

/// When an endpoint counts as down, so that new requests fail at once instead of waiting for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// So many failures in a row; 0 for never.
    pub failures: u32,
    /// As long as they came within this time.
    pub within: Duration,
    /// After so long a request tries again.
    pub pause: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            failures: 5,
            within: Duration::from_secs(30),
            pause: Duration::from_secs(15),
        }
    }
}

/// How much is taken from an endpoint, whatever it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Bytes of one event of a stream, and of one line.
    pub event: usize,
    /// Bytes of the unfinished events of all streams together: 64 panes must stay bounded.
    pub pending: usize,
    /// Bytes of text in one answer: over 30 times the longest answer offered.
    pub answer: usize,
    /// Bytes of text of all answers that have not ended.
    pub texts: usize,
    /// One unreadable event is an accident, so many are a broken server.
    pub unreadable: u32,
    /// Headers of a reply.
    pub headers: usize,
    /// Bytes of all of them.
    pub header_bytes: u32,
    /// Bytes of the body of an error,
    pub error: usize,
    /// and how long it may take.
    pub error_time: Duration,
    /// Bytes of a list of models,
    pub list: usize,
    /// and how long it may take.
    pub list_time: Duration,
    /// The longest wait that a server may ask for, unless [`Endpoint::max_wait`] says otherwise.
    pub retry_after: Duration,
    /// Retries that all requests with one key share: 64 panes must not turn one 429 into 256 requests.
    pub retries: u32,
    /// So many answers give one retry back.
    pub answers_per_retry: u32,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            event: EVENT_BYTES,
            pending: 64 << 20,
            answer: 16 << 20,
            texts: 24 << 20,
            unreadable: 16,
            headers: 100,
            header_bytes: 64 << 10,
            error: 64 << 10,
            error_time: Duration::from_secs(5),
            list: 8 << 20,
            list_time: Duration::from_secs(15),
            retry_after: Duration::from_mins(1),
            retries: 10,
            answers_per_retry: 10,
        }
    }
}

/// One place to send requests to.
#[derive(Clone)]
pub struct Endpoint {
    /// Name of the profile, for messages.
    pub profile: String,
    /// Where it is.
    pub base: BaseUrl,
    /// Key or none.
    pub auth: Auth,
    /// Extra headers, name and value.
    pub headers: Vec<(String, String)>,
    /// How long each wait may take.
    pub timeouts: Timeouts,
    /// When a failed attempt is repeated.
    pub retry: RetryPolicy,
    /// Requests at the same time; further ones wait. At least one.
    pub max_in_flight: usize,
    /// Requests a minute for each model, at most; further ones wait. `None`: as the server's headers say.
    pub rpm: Option<u32>,
    /// Tokens a minute for each model, at most; further requests wait. `None`: as the server's headers say.
    pub tpm: Option<u32>,
    /// Documented quotas by model, `*` for every other: until the headers of a response say what there is.
    pub presets: Vec<(String, Limits)>,
    /// Plain http away from loopback is allowed.
    pub allow_http: bool,
    /// A proxy for this endpoint instead of the environment's; never used for loopback.
    pub proxy: Option<String>,
    /// Further root certificates, PEM.
    pub ca_file: Option<PathBuf>,
    /// What the server understands.
    pub dialect: Dialect,
    /// Answers are made up, and say so wherever they are shown.
    pub is_mock: bool,
    /// Longest wait for a quota before it counts as a failure. `None`: that of the caps where a server asks for it, and no bound
    /// where we hold a request back ourselves, since a person watches the countdown.
    pub max_wait: Option<Duration>,
    /// Learns the key when it is read; whatever a server says goes through it.
    pub secrets: Secrets,
    /// Environment variables that hold keys: programs that are started for this endpoint do not get them.
    pub key_variables: Vec<String>,
    /// When it counts as down.
    pub breaker: BreakerPolicy,
    /// How much is taken from it.
    pub caps: Caps,
    /// The wall clock, to find out that the machine slept while an answer came.
    pub wall: Option<Wall>,
    /// Hears all that goes over the wire.
    pub witness: Option<Arc<dyn Witness>>,
}

impl Endpoint {
    /// An endpoint with the defaults for everything but its name, place, key and dialect.
    pub fn new(profile: impl Into<String>, base: BaseUrl, auth: Auth, dialect: Dialect) -> Self {
        Self {
            profile: profile.into(),
            base,
            auth,
            headers: Vec::new(),
            timeouts: Timeouts::default(),
            retry: RetryPolicy::default(),
            max_in_flight: 16,
            rpm: None,
            tpm: None,
            presets: Vec::new(),
            allow_http: false,
            proxy: None,
            ca_file: None,
            dialect,
            is_mock: false,
            max_wait: None,
            breaker: BreakerPolicy::default(),
            caps: Caps::default(),
            wall: None,
            secrets: Secrets::default(),
            key_variables: Vec::new(),
            witness: None,
        }
    }

    /// Keys may stand in headers of one's own, whose names tell it.
    pub(super) fn learn_headers(&self) {
        for (_, value) in self.secret_headers() {
            // `Bearer` and the like are no part of it.
            let words = value.split_whitespace();
            words.for_each(|word| self.secrets.learn(&word.into()));
        }
    }

    /// What requests carry that is for the server alone, in words.
    pub(super) fn secret(&self) -> Option<String> {
        if matches!(self.auth, Auth::Key(_)) {
            return Some("the key".to_owned());
        }
        let (name, _) = self.secret_headers().next()?;
        Some(format!("the header {}", SafeText::line(name)))
    }

    fn secret_headers(&self) -> impl Iterator<Item = &(String, String)> {
        self.headers.iter().filter(|(name, _)| names_secret(name))
    }

    /// Whether requests to the other one pass the same gate.
    pub(super) fn counts_as(&self, other: &Self) -> bool {
        self.max_in_flight == other.max_in_flight
            && (self.rpm, self.tpm) == (other.rpm, other.tpm)
            && self.presets == other.presets
            && self.max_wait == other.max_wait
            && self.longest_wait() == other.longest_wait()
    }

    pub(super) fn longest_wait(&self) -> Duration {
        self.max_wait.unwrap_or(self.caps.retry_after)
    }
}

/// Shows neither the values of headers, which may be keys, nor the password of a proxy.
impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Endpoint")
            .field("profile", &self.profile)
            .field("base", &self.base)
            .field("auth", &self.auth)
            .field("headers", &names)
            .field("timeouts", &self.timeouts)
            .field("retry", &self.retry)
            .field("max_in_flight", &self.max_in_flight)
            .field("rpm", &self.rpm)
            .field("tpm", &self.tpm)
            .field("presets", &self.presets)
            .field("allow_http", &self.allow_http)
            .field("proxy", &self.proxy.as_deref().map(place_of))
            .field("ca_file", &self.ca_file)
            .field("dialect", &self.dialect)
            .field("is_mock", &self.is_mock)
            .field("max_wait", &self.max_wait)
            .field("secrets", &self.secrets)
            .field("key_variables", &self.key_variables)
            .field("breaker", &self.breaker)
            .field("caps", &self.caps)
            .field("wall", &self.wall)
            .field("witness", &self.witness.is_some())
            .finish()
    }
}

/// Host and port of a URL, without what could be a password.
pub(super) fn place_of(url: &str) -> String {
    let url = url.trim();
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    // The last one: a password that was not escaped may hold any of these signs.
    let after_user = after_scheme.rsplit('@').next().unwrap_or_default();
    let place = after_user.split(['/', '?', '#']).next();
    let place = place.unwrap_or_default();
    SafeText::line(place).into_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_holds_no_part_of_a_password() {
        for url in [
            "http://proxy.example:3128/",
            "http://me:s3cret@proxy.example:3128",
            "socks5h://me:s3/cr?e#t@proxy.example:3128?x",
            "me:s3@cret/@proxy.example:3128",
            " proxy.example:3128 ",
        ] {
            assert_eq!(place_of(url), "proxy.example:3128", "{url}");
        }
    }
}
