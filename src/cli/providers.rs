//! Makes providers from profiles, each when it is first asked for; the embedded mock is started the same way.
//!
//! Where a key is comes from the configuration; the key itself is read by the provider.

mod connect;
mod embedded;

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use anyhow::Context;
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use self::embedded::{for_mock, mocking, models_of_mock, start_mock};
use super::exit::{Exit, Failed};
use crate::{
    app::{Connected, Keep, KeyPlaces},
    chat::{
        Budget, Catalogue, CatalogueSource, Failure, FailureKind, Limits, Message, ModelInfo,
        Variant, quota::Allowance,
    },
    config::{self, Config, Fallback, LimitSettings, Profile, Word as _},
    mock::MockServer,
    provider::{
        self, Auth, BaseUrl, BreakerPolicy, Caps, Dialect, Endpoint, Entry, KeySource, Provider,
        Request, RetryPolicy, Timeouts, Vault, Wall, Witness,
    },
    runtime::{
        answer::{Providers, StandIn},
        clock,
    },
    telemetry::{Asked, Subject, Telemetry, Watch},
};

/// No file of variables is read that is longer.
const ENV_FILE_BYTES: u64 = 1 << 20;
/// Longest answer without a person who watches.
const HEADLESS_TOTAL: Duration = Duration::from_mins(30);

/// Whether a person watches: waits differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watched {
    /// A person can stop a wait.
    Yes,
    /// A script waits.
    No,
}

/// The providers of a configuration.
pub(super) struct Profiles {
    /// What new requests go by; another one when the settings are read again.
    config: RwLock<Arc<Config>>,
    watched: Watched,
    /// Requests in flight that every profile allows at least.
    in_flight: usize,
    telemetry: Telemetry,
    witness: Option<Arc<dyn Witness>>,
    vault: Option<Arc<dyn Vault>>,
    made: Mutex<Made>,
}

/// What was made so far.
struct Made {
    /// The settings it was made from.
    from: Arc<Config>,
    providers: HashMap<String, Provider>,
    /// Those that have other settings now, until they are asked for again.
    former: HashMap<String, Provider>,
    /// Keys that were typed in this run, by profile.
    given: HashMap<String, SecretString>,
    /// Lives as long as the process, since its address is in the provider.
    mock: Option<MockServer>,
}

impl Made {
    fn new(from: Arc<Config>) -> Self {
        Self {
            from,
            providers: HashMap::new(),
            former: HashMap::new(),
            given: HashMap::new(),
            mock: None,
        }
    }

    /// Lets go of what was made from settings that hold no more. A key that was typed belongs to the place it was typed for.
    fn follow(&mut self, config: &Arc<Config>) {
        if Arc::ptr_eq(&self.from, config) {
            return;
        }
        let before = std::mem::replace(&mut self.from, Arc::clone(config));
        let both = |name: &str| Some((before.profiles.get(name)?, config.profiles.get(name)?));
        let is_there = |name: &str| both(name).is_some_and(|(a, b)| a.base_url == b.base_url);
        // What a file of variables holds is known only by reading it.
        let from_file = |s: &config::KeySource| matches!(s, config::KeySource::EnvFile { .. });
        let is_same = |name: &str| {
            before.limits == config.limits
                && before.key_variables() == config.key_variables()
                && both(name).is_some_and(|(a, b)| a == b && !b.key_sources.iter().any(from_file))
        };
        self.given.retain(|name, _| is_there(name));
        self.former.retain(|name, _| is_there(name));
        for (name, provider) in std::mem::take(&mut self.providers) {
            if is_same(&name) {
                self.providers.insert(name, provider);
            } else if is_there(&name) {
                self.former.insert(name, provider);
            }
        }
    }
}

impl Made {
    /// A provider of another profile that asks the same host with a key from the same place.
    fn with_key_of(&self, name: &str, endpoint: &Endpoint) -> Option<&Provider> {
        let source = |name: &str| {
            let profile = self.from.profiles.get(name)?;
            let has_own = profile.auth == config::Auth::None || self.given.contains_key(name);
            profile.key_sources.first().filter(|_| !has_own)
        };
        let own = source(name)?;
        let mut all = self.providers.iter().chain(&self.former);
        let is_akin = |(other, provider): &(&String, &Provider)| {
            let host = provider.endpoint().base.host_port();
            source(other) == Some(own) && host == endpoint.base.host_port()
        };
        all.find(is_akin).map(|(_, provider)| provider)
    }
}

impl Profiles {
    /// Providers for the profiles of `config`.
    pub(super) fn new(config: Arc<Config>, watched: Watched) -> Self {
        learn_keys_at_hand(&config);
        Self {
            made: Mutex::new(Made::new(Arc::clone(&config))),
            config: RwLock::new(config),
            watched,
            in_flight: 1,
            telemetry: Telemetry::off(),
            witness: None,
            vault: provider::system_vault(),
        }
    }

    /// The settings that new requests go by.
    fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Profiles with a key that was typed in this run and would hold under `config`. Not for tasks: it may wait.
    pub(super) fn keys_typed(&self, config: &Config) -> Vec<String> {
        let before = self.config();
        let base = |c: &Config, name: &str| c.profiles.get(name).map(|p| p.base_url.clone());
        let made = self.made.blocking_lock();
        let names = made.given.keys();
        let stay = names.filter(|name| base(&before, name) == base(config, name));
        stay.cloned().collect()
    }

    /// The same with room for so many requests at a time, whatever the profiles allow.
    pub(super) fn with_room_for(self, in_flight: usize) -> Self {
        Self { in_flight, ..self }
    }

    /// The same, and what becomes of answers is counted.
    pub(super) fn counted_by(self, telemetry: Telemetry) -> Self {
        Self { telemetry, ..self }
    }

    /// The same, and `witness` hears all that goes over the wire.
    pub(super) fn heard_by(self, witness: Option<Arc<dyn Witness>>) -> Self {
        Self { witness, ..self }
    }

    /// The variants to ask with: those of the command line, or the profile's own.
    pub(super) async fn variants(&self) -> anyhow::Result<Vec<Variant>> {
        let config = self.config();
        if !config.variants.is_empty() {
            let variants = config.variants.iter().cloned();
            // On screen mock mode can be left again, so panes keep what they ask; nowhere else.
            let mocked = config.mock_mode && self.watched == Watched::No;
            return Ok(variants
                .map(|v| if mocked { mocking(v) } else { v })
                .collect());
        }
        let profile = &config.profile;
        let model = match &config.model {
            Some(model) => model.clone(),
            None => self.default_model(profile).await?,
        };
        Ok(vec![Variant::new(profile.clone(), model)])
    }

    /// What a request with this variant looks like.
    pub(super) fn request(&self, variant: &Variant, messages: Vec<Message>) -> Request {
        let config = self.config();
        let profile = config.profiles.get(&variant.profile);
        let reasoning = provider::embedded_models()
            .get(&variant.model)
            .is_some_and(|m| m.reasoning == Some(true));
        Request {
            model: variant.model.clone(),
            messages,
            max_completion_tokens: variant
                .params
                .max_tokens
                .or_else(|| profile.map(|p| p.max_completion_tokens))
                .unwrap_or(8_192),
            params: variant.params.clone(),
            reasoning,
            stream: profile.is_none_or(|p| p.allow_streaming),
            when_full: config.when_full(&variant.profile),
        }
    }

    async fn default_model(&self, name: &str) -> anyhow::Result<String> {
        let config = self.config();
        let known = config.profiles.get(name);
        if known.is_some_and(|p| p.is_mock || p.is_cerebras) {
            return Ok(provider::default_model().to_owned());
        }
        let listed = match self.get(name).await {
            Ok(provider) => provider.models().await.map_err(|e| e.failure()),
            Err(failure) => Err(failure),
        };
        let catalogue = listed.map_err(|failure| {
            let message = format!(
                "profile {name} names no model, and its list could not be read: {}",
                failure.message
            );
            Failed::new(failure.kind.into(), message)
        })?;
        let first = catalogue.offered().next().map(|m| m.id.clone());
        first.with_context(|| {
            Failed::new(
                Exit::Usage,
                format!("profile {name} offers no model; set providers.{name}.model"),
            )
        })
    }

    async fn make(&self, name: &str) -> Result<Provider, Failure> {
        let mut made = self.made.lock().await;
        made.follow(&self.config());
        if let Some(provider) = made.providers.get(name) {
            return Ok(provider.clone());
        }
        let (auth, mut endpoint) = self.parts(name, &mut made).await?;
        endpoint.auth = auth?;
        let provider = match (made.former.get(name), made.with_key_of(name, &endpoint)) {
            (Some(former), _) => former.renewed(endpoint),
            (None, Some(other)) => other.beside(endpoint),
            (None, None) => Provider::new(endpoint),
        };
        let provider = provider.map_err(|e| e.failure())?;
        made.former.remove(name);
        made.providers.insert(name.to_owned(), provider.clone());
        Ok(provider)
    }

    /// The endpoint of a profile, and beside it how its requests prove who asks, which may be what is missing.
    pub(super) async fn endpoint(
        &self,
        name: &str,
    ) -> Result<(Result<Auth, Failure>, Endpoint), Failure> {
        let mut made = self.made.lock().await;
        self.parts(name, &mut made).await
    }

    async fn parts(
        &self,
        name: &str,
        made: &mut Made,
    ) -> Result<(Result<Auth, Failure>, Endpoint), Failure> {
        let config = self.config();
        let profile = profile(&config, name)?;
        let address = if profile.is_mock && profile.base_url.as_str().is_empty() {
            let server = match made.mock.take() {
                Some(server) => server,
                None => start_mock().await?,
            };
            made.mock.insert(server).base_url()
        } else {
            profile.base_url.as_str().to_owned()
        };
        let endpoint = self.endpoint_at(&address, name, profile)?;
        let auth = match made.given.get(name) {
            Some(key) => Ok(Auth::Key(typed(key.clone()))),
            None => self.auth(name, profile),
        };
        Ok((auth, endpoint))
    }

    fn endpoint_at(
        &self,
        address: &str,
        name: &str,
        profile: &Profile,
    ) -> Result<Endpoint, Failure> {
        let mut endpoint = endpoint(name, profile, address, &self.config(), self.watched)?;
        endpoint.max_in_flight = endpoint.max_in_flight.max(self.in_flight);
        if self.in_flight > 1 {
            // A load test measures what is sent; held back it would measure us.
            endpoint.breaker.failures = 0;
        }
        endpoint.witness.clone_from(&self.witness);
        Ok(endpoint)
    }

    fn auth(&self, name: &str, profile: &Profile) -> Result<Auth, Failure> {
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

impl Providers for Profiles {
    fn get<'a>(&'a self, profile: &'a str) -> BoxFuture<'a, Result<Provider, Failure>> {
        Box::pin(self.make(profile))
    }

    fn watch(&self, name: &str, request: &Request, budget: Option<Budget>) -> Watch {
        let config = self.config();
        let Some(profile) = config.profiles.get(name) else {
            return Watch::default();
        };
        let asked = Asked {
            stream: request.stream,
            budget,
            max_tokens: request.max_completion_tokens,
        };
        self.telemetry
            .watch(subject(name, profile, &request.model), asked)
    }

    fn key_places<'a>(&'a self, profile: &'a str) -> BoxFuture<'a, KeyPlaces> {
        Box::pin(self.look_for_keys(profile))
    }

    fn connect<'a>(
        &'a self,
        profile: &'a str,
        key: SecretString,
        keep: Keep,
    ) -> BoxFuture<'a, Result<Connected, Failure>> {
        Box::pin(self.try_key(profile, key, keep))
    }

    fn adopt(&self, config: Arc<Config>) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    fn learn_keys(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.learn_keys_of_files())
    }

    fn stand_in(&self, name: &str, request: &Request) -> StandIn {
        let config = self.config();
        let Some(profile) = config.profiles.get(name) else {
            return StandIn::Nobody;
        };
        let fallback = profile.fallback;
        if fallback == Fallback::None || profile.is_mock {
            return StandIn::Nobody;
        }
        let subject = subject(name, profile, &request.model);
        self.telemetry.fallback(subject, fallback.word());
        match fallback {
            Fallback::Mock => StandIn::Mock {
                profile: config::MOCK.to_owned(),
                request: Box::new(for_mock(request)),
            },
            _ => StandIn::Skip,
        }
    }
}

/// The profile of that name, or which ones there are.
fn profile<'a>(config: &'a Config, name: &str) -> Result<&'a Profile, Failure> {
    config.profiles.get(name).ok_or_else(|| {
        let known: Vec<_> = config.profiles.keys().map(String::as_str).collect();
        Failure::new(
            FailureKind::Setup,
            format!("there is no provider profile {name}"),
            format!("the profiles are {}", known.join(", ")),
        )
    })
}

/// A key that a person typed.
fn typed(key: SecretString) -> KeySource {
    KeySource::Given {
        key,
        from: "what was typed in this run".to_owned(),
    }
}

/// Whom the figures of an answer are about. The embedded mock takes another port each time, so it has no address.
fn subject(name: &str, profile: &Profile, model: &str) -> Subject {
    let provider = match (profile.is_mock, profile.is_cerebras) {
        (true, _) => "mock",
        (false, true) => "cerebras",
        (false, false) => "openai",
    };
    let server = BaseUrl::parse(profile.base_url.as_str()).ok();
    Subject {
        provider,
        profile: name.to_owned(),
        model: model.to_owned(),
        server: server.map(|base| (base.host().to_owned(), base.port())),
    }
}

/// The models known of a profile before any list was fetched.
pub(super) fn known_models(profile: &Profile) -> Catalogue {
    if profile.is_mock {
        return models_of_mock();
    }
    if profile.is_cerebras {
        return provider::embedded_models().clone();
    }
    let own = profile.model.as_deref().map(ModelInfo::unknown);
    Catalogue {
        models: own.into_iter().collect(),
        source: CatalogueSource::Configured,
    }
}

/// What is known of a profile's quotas before anything was asked.
pub(super) fn allowance(profile: &Profile) -> Allowance {
    Allowance {
        requests_minute: profile.rpm,
        tokens_minute: profile.tpm,
        presets: presets(profile),
    }
}

fn presets(profile: &Profile) -> Vec<(String, Limits)> {
    let all = &provider::embedded_limits().presets;
    let of_tier = all.iter().filter(|p| p.tier == profile.tier.word());
    of_tier
        .map(|p| (p.model.clone(), p.limits.clone()))
        .collect()
}

/// All of an endpoint but how it proves who asks.
fn endpoint(
    name: &str,
    profile: &Profile,
    address: &str,
    config: &Config,
    watched: Watched,
) -> Result<Endpoint, Failure> {
    let base = BaseUrl::parse(address).map_err(|error| {
        Failure::new(
            FailureKind::Setup,
            format!("base_url of profile {name}: {error}"),
            format!("set providers.{name}.base_url to the address of the API"),
        )
    })?;
    let dialect = if profile.is_cerebras || profile.is_mock {
        Dialect::Cerebras
    } else {
        Dialect::OpenAi
    };
    let mut endpoint = Endpoint::new(name, base, Auth::None, dialect);
    endpoint.headers = profile
        .headers
        .iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    endpoint.timeouts = Timeouts {
        connect: profile.connect_timeout,
        first: profile.first_event_timeout,
        idle: profile.idle_timeout,
        no_text: profile.timeout,
        total: profile
            .total_timeout
            .or((watched == Watched::No).then_some(HEADLESS_TOTAL)),
    };
    endpoint.retry = RetryPolicy {
        max_retries: profile.max_retries,
        initial_delay: profile.initial_delay,
        max_delay: profile.max_delay,
        multiplier: profile.multiplier,
        jitter: profile.jitter,
    };
    endpoint.breaker = BreakerPolicy {
        failures: profile.breaker_failures,
        within: profile.breaker_window,
        pause: profile.breaker_pause,
    };
    endpoint.caps = caps(&config.limits);
    endpoint.wall = Some(Wall::new(|| Duration::from_millis(clock::wall().0)));
    endpoint.max_in_flight = usize::try_from(profile.max_in_flight).unwrap_or(usize::MAX);
    endpoint.rpm = profile.rpm;
    endpoint.tpm = profile.tpm;
    endpoint.presets = presets(profile);
    endpoint.allow_http = profile.allow_http;
    endpoint.proxy = profile.proxy.as_ref().map(|p| p.expose().to_owned());
    endpoint.ca_file.clone_from(&profile.ca_file);
    endpoint.is_mock = profile.is_mock;
    endpoint.max_wait = (watched == Watched::No).then_some(config.max_wait);
    endpoint.secrets = config.secrets.clone();
    endpoint.key_variables = config.key_variables();
    Ok(endpoint)
}

fn caps(limits: &LimitSettings) -> Caps {
    Caps {
        event: limits.event_bytes.bytes(),
        pending: limits.pending_bytes.bytes(),
        answer: limits.answer_bytes.bytes(),
        texts: limits.texts_bytes.bytes(),
        unreadable: limits.unreadable_events,
        headers: usize::try_from(limits.headers).unwrap_or(usize::MAX),
        header_bytes: u32::try_from(limits.header_bytes.bytes()).unwrap_or(u32::MAX),
        error: limits.error_bytes.bytes(),
        error_time: limits.error_timeout,
        list: limits.model_list_bytes.bytes(),
        list_time: limits.model_list_timeout,
        retry_after: limits.retry_after,
        retries: limits.retry_pool,
        answers_per_retry: limits.retry_return,
    }
}

/// Lets the keys be hidden that are at hand: those of the environment and of the file of variables, which is read for it. Others
/// are learned when they are read.
pub(super) fn learn_keys_at_hand(config: &Config) {
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
fn env_file_key(path: &Path, name: &str) -> Result<SecretString, Failure> {
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
fn shell_words(words: &[String]) -> String {
    let quoted: Vec<_> = words
        .iter()
        .map(|word| format!("'{}'", word.replace('\'', r"'\''")))
        .collect();
    quoted.join(" ")
}

#[cfg(test)]
mod tests;
