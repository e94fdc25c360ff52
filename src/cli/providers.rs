//! Makes providers from profiles, each when it is first asked for; the embedded mock is started the same way.
//!
//! Where a key is comes from the configuration; the key itself is read by the provider.

mod connect;
mod embedded;
mod endpoint;
mod key;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use anyhow::Context;
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use tokio::sync::Mutex;

pub(super) use self::endpoint::allowance;
pub(super) use self::key::learn_keys_at_hand;

use self::embedded::{for_mock, mocking, models_of_mock, start_mock};
use self::key::typed;
use super::exit::{Exit, Failed};
use crate::{
    app::{Connected, Keep, KeyPlaces},
    chat::{Budget, Catalogue, CatalogueSource, Failure, FailureKind, Message, ModelInfo, Variant},
    config::{self, Config, Fallback, Profile, Word as _},
    mock::MockServer,
    provider::{self, Auth, BaseUrl, Endpoint, Provider, Request, Vault, Witness},
    runtime::answer::{Providers, StandIn},
    telemetry::{Asked, Subject, Telemetry, Watch},
};

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
        // One for all: a key that was typed must not meet an address that it was not typed for.
        let config = self.config();
        made.follow(&config);
        if let Some(provider) = made.providers.get(name) {
            return Ok(provider.clone());
        }
        let (auth, mut endpoint) = self.parts(name, &config, &mut made).await?;
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
        let config = self.config();
        made.follow(&config);
        self.parts(name, &config, &mut made).await
    }

    async fn parts(
        &self,
        name: &str,
        config: &Config,
        made: &mut Made,
    ) -> Result<(Result<Auth, Failure>, Endpoint), Failure> {
        let profile = profile(config, name)?;
        let address = if profile.is_mock && profile.base_url.as_str().is_empty() {
            let server = match made.mock.take() {
                Some(server) => server,
                None => start_mock().await?,
            };
            made.mock.insert(server).base_url()
        } else {
            profile.base_url.as_str().to_owned()
        };
        let endpoint = self.endpoint_at(&address, name, profile, config)?;
        let auth = match made.given.get(name) {
            Some(key) => Ok(Auth::Key(typed(key.clone()))),
            None => self.auth(name, profile),
        };
        Ok((auth, endpoint))
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

#[cfg(test)]
mod tests;
