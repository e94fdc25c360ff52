//! Looks at one profile from its key to an answer, a step at a time; what a step needs and did not get is not checked.
//!
//! What the facts mean is said by `secrets`, `network` and `service`.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    check::{Check, Status},
    network, secrets,
    service::{self, Ticket},
};
use crate::{
    chat::{
        Answer, AnswerId, Failure, FailureKind, IdSource, Message, Role, Variant, quota::WhenFull,
    },
    cli::providers::Profiles,
    config::{Config, KeySource, Profile, decks},
    provider::{
        self, Provider, Request,
        health::{FirstReply, Handshake, KeyFound, Way},
    },
    runtime::clock::{self, Clock},
};

/// The probe's answer is there by then, or something is wrong.
const PROBE_LIMIT: Duration = Duration::from_mins(1);

/// What all profiles share.
pub(super) struct Ways {
    pub(super) config: Arc<Config>,
    pub(super) profiles: Profiles,
    /// Nothing leaves this machine.
    pub(super) offline: bool,
    /// One small answer may be asked for.
    pub(super) probe: bool,
}

/// Where the lines of one profile go, each part in its place. One that is closed lets the lines behind it be told.
pub(super) struct Sinks {
    pub(super) secrets: Option<mpsc::Sender<Check>>,
    pub(super) network: Option<mpsc::Sender<Check>>,
    pub(super) service: mpsc::Sender<Check>,
}

/// Looks at the profile `name`.
pub(super) async fn look(ways: Arc<Ways>, name: String, sinks: Sinks) {
    let Some(profile) = ways.config.profiles.get(&name) else {
        return;
    };
    let mut look = Look {
        ways: &ways,
        name: &name,
        profile,
        sinks,
    };
    look.run().await;
}

struct Look<'a> {
    ways: &'a Ways,
    name: &'a str,
    profile: &'a Profile,
    sinks: Sinks,
}

impl Look<'_> {
    async fn run(&mut self) {
        let (auth, mut endpoint) = match self.ways.profiles.endpoint(self.name).await {
            Ok(parts) => parts,
            Err(failure) => {
                self.key(secrets::unread(self.profile)).await;
                return self.unusable(&failure).await;
            }
        };
        // What fails is told at once, not tried again.
        endpoint.retry.max_retries = 0;
        endpoint.timeouts.total = Some(PROBE_LIMIT);
        let mut missing = None;
        match auth {
            Ok(auth) => endpoint.auth = auth,
            Err(failure) => missing = Some(failure),
        }
        let provider = match Provider::new(endpoint) {
            Ok(provider) => provider,
            Err(error) => {
                let key = match missing {
                    Some(failure) => self.judged(&Err(failure)),
                    None => secrets::unread(self.profile),
                };
                self.key(key).await;
                return self.unusable(&error.failure()).await;
            }
        };
        let began = Instant::now();
        let read = match missing {
            Some(failure) => Err(failure),
            None => provider.read_key().await.map_err(|e| e.failure()),
        };
        let mut key = self.judged(&read);
        // The time where somebody else was asked for it.
        let is_asked = matches!(
            self.profile.key_sources.first(),
            Some(KeySource::Command(_) | KeySource::Keyring { .. })
        );
        let is_known = key.status != Status::Unchecked;
        key.took = (is_asked && is_known).then(|| began.elapsed());
        self.key(key).await;
        let endpoint = provider.endpoint();
        let way = provider.way();
        self.network(network::address(endpoint, &way)).await;
        if self.ways.offline && !(endpoint.base.is_loopback() && is_known) {
            self.unreached(&network::STEPS, "--offline").await;
            return;
        }
        if let Some(reply) = self.reply(&provider, &way).await {
            self.sinks.network = None;
            let ticket = Ticket::of(self.profile, &read);
            self.service(&provider, &reply, ticket).await;
        }
    }

    /// What reading the key came to.
    fn judged(&self, read: &Result<KeyFound, Failure>) -> Check {
        let not_run = self
            .ways
            .offline
            .then(|| secrets::not_run(self.profile, read));
        let not_run = not_run.flatten();
        not_run.unwrap_or_else(|| secrets::key(self.profile, read))
    }

    async fn key(&mut self, check: Check) {
        if let Some(sink) = self.sinks.secrets.take() {
            self.send(&sink, check).await;
        }
    }

    /// The settings of the profile cannot work.
    async fn unusable(&self, failure: &Failure) {
        let cross = Check::failure("network.address", failure);
        self.network(cross).await;
        let why = "the settings of the profile cannot work";
        self.unreached(&network::STEPS, why).await;
    }

    /// Every step from DNS to the first reply.
    async fn reply(&self, provider: &Provider, way: &Way) -> Option<FirstReply> {
        let [_, after_dns @ ..] = network::STEPS;
        let [_, after_tcp @ ..] = after_dns;
        let [_, after_tls @ ..] = after_tcp;
        let began = Instant::now();
        let found = provider.resolve(way).await.map_err(|e| e.failure());
        self.timed(network::dns(way, &found), began).await;
        let Ok(addresses) = found else {
            self.unreached(&after_dns, "the name was not found").await;
            return None;
        };
        let began = Instant::now();
        let connected = provider.connect(way, &addresses).await;
        let (stream, connected) = match connected {
            Ok((stream, address)) => (Some(stream), Ok(address)),
            Err(error) => (None, Err(error.failure())),
        };
        self.timed(network::tcp(&connected), began).await;
        let Some(stream) = stream else {
            self.unreached(&after_tcp, "there is no connection").await;
            return None;
        };
        let endpoint = provider.endpoint();
        if endpoint.base.is_plain_http() {
            drop(stream);
            let why = "plain http, not encrypted";
            self.network(Check::unchecked("network.tls", why)).await;
        } else if way.proxy.is_none() {
            let began = Instant::now();
            let handshake = provider.handshake(stream).await;
            let check = shaken(&handshake);
            let is_well = handshake.agreed.is_ok();
            self.timed(check, began).await;
            if !is_well {
                self.unreached(&after_tls, "there is no secure connection")
                    .await;
                return None;
            }
        }
        self.first_reply(provider, way).await
    }

    async fn first_reply(&self, provider: &Provider, way: &Way) -> Option<FirstReply> {
        let began = Instant::now();
        let reply = provider.first_reply().await.map_err(|e| e.failure());
        let now = wall();
        let took = began.elapsed();
        if way.proxy.is_some() && !provider.endpoint().base.is_plain_http() {
            // The client alone gets through the proxy, so that the handshake is known from what it brought back.
            let check = match &reply {
                Ok(reply) => network::tls(reply.certificate.as_ref(), Ok(None), now),
                Err(failure) if failure.kind == FailureKind::Tls => {
                    network::tls(None, Err(failure), now)
                }
                Err(_) => Check::unchecked("network.tls", "the proxy did not let us through"),
            };
            self.network(check).await;
        }
        self.network(network::http(&reply).took(took)).await;
        let Ok(reply) = reply else {
            self.unreached(&["network.clock"], "nothing replied").await;
            return None;
        };
        self.network(network::clock(reply.date, now)).await;
        Some(reply)
    }

    async fn service(&self, provider: &Provider, reply: &FirstReply, ticket: Ticket) {
        let endpoint = provider.endpoint();
        let is_cerebras = endpoint.dialect == provider::Dialect::Cerebras;
        // A list that fails for another reason says nothing of the questions.
        let kind = reply.models.as_ref().map_err(|e| e.failure().kind);
        let is_of_key = |kind| matches!(kind, FailureKind::Key | FailureKind::Payment);
        let is_refused = kind.is_err_and(is_of_key);
        let configured = self.configured();
        let why_not = if !self.ways.probe {
            Some("--no-probe")
        } else if ticket == Ticket::Unread {
            Some(service::NO_KEY)
        } else if is_refused {
            Some("the key was not accepted")
        } else {
            None
        };
        let model = model_to_ask(&configured, reply);
        let probed = why_not.is_none() && model.is_some();
        self.said(service::auth(reply, ticket, is_cerebras, probed))
            .await;
        for check in service::models(&configured, reply, ticket, probed) {
            self.said(check).await;
        }
        let mut limits = reply.limits.clone();
        match (why_not, model) {
            (Some(why), _) => self.no_probe(why).await,
            (None, None) => self.no_probe("no configured model is offered").await,
            (None, Some(model)) => {
                let answer = self.probe(provider, model).await;
                if let Some(end) = answer.end().filter(|end| !end.limits.0.is_empty()) {
                    limits.clone_from(&end.limits);
                }
                self.said(service::figures(&answer, is_cerebras)).await;
            }
        }
        self.said(service::limits(&limits)).await;
    }

    /// Asks for one small answer.
    async fn probe(&self, provider: &Provider, model: String) -> Answer {
        let variant = Variant::new(self.name, model);
        let known = provider::embedded_models().get(&variant.model);
        let mut params = variant.params.clone();
        // A thinking model would use the few tokens up before its first word.
        params.effort = known.and_then(|m| m.efforts.first().copied());
        let request = Request {
            model: variant.model.clone(),
            messages: vec![Message::new(Role::User, service::PROBE)],
            params,
            max_completion_tokens: service::PROBE_TOKENS,
            reasoning: known.is_some_and(|m| m.reasoning == Some(true)),
            stream: self.profile.allow_streaming,
            when_full: WhenFull::Send,
        };
        let clock = Clock::start();
        let id = AnswerId::from_uuid(IdSource::new(clock::seed()).next(clock::wall()));
        let mut answer = Answer::new(id, variant, self.profile.is_mock, 1, Duration::ZERO);
        let began = Instant::now();
        let cancel = CancellationToken::new();
        provider
            .answer(&request, &cancel, &mut |event| {
                answer.apply(event, clock.now().mono);
            })
            .await;
        let budget = self.profile.budget_rule().budget(&answer.variant.params);
        answer.budget = budget;
        let check = service::probe(&answer, request.stream);
        self.said(check.took(began.elapsed())).await;
        answer
    }

    async fn no_probe(&self, why: &str) {
        for check in service::no_probe(why) {
            self.said(check).await;
        }
    }

    /// The models that the profile is asked for: its own, and those of the person's decks.
    fn configured(&self) -> Vec<String> {
        let config = &self.ways.config;
        let is_known = self.profile.is_mock || self.profile.is_cerebras;
        let default = || is_known.then(|| provider::default_model().to_owned());
        let mut models: Vec<_> = self
            .profile
            .model
            .clone()
            .or_else(default)
            .into_iter()
            .collect();
        let own = decks(config).into_iter().filter(|deck| deck.is_own);
        for (deck, _) in own.filter_map(|deck| deck.content.ok()) {
            for pane in deck.panes {
                let Variant { profile, model, .. } = pane.variant;
                if profile == self.name && !models.contains(&model) {
                    models.push(model);
                }
            }
        }
        models
    }

    /// Steps that could not be taken, with all that the service would have been asked.
    async fn unreached(&self, steps: &[&'static str], why: &str) {
        for id in steps {
            self.network(Check::unchecked(id, why)).await;
        }
        for id in service::STEPS {
            self.said(Check::unchecked(id, why)).await;
        }
    }

    async fn timed(&self, check: Check, began: Instant) {
        self.network(check.took(began.elapsed())).await;
    }

    async fn network(&self, check: Check) {
        if let Some(sink) = &self.sinks.network {
            self.send(sink, check).await;
        }
    }

    async fn said(&self, check: Check) {
        self.send(&self.sinks.service, check).await;
    }

    async fn send(&self, sink: &mpsc::Sender<Check>, check: Check) {
        // Nobody listens any more only if the command was dropped.
        let _ = sink.send(check.of(self.name)).await;
    }
}

fn shaken(handshake: &Handshake) -> Check {
    let failure = handshake.agreed.as_ref().map_err(provider::Error::failure);
    let agreed = failure.as_ref().map(|agreed| Some(*agreed));
    network::tls(handshake.certificate.as_ref(), agreed, wall())
}

/// The first of the configured models that is offered; where there is no list, the first.
fn model_to_ask(configured: &[String], reply: &FirstReply) -> Option<String> {
    match &reply.models {
        Ok(live) if configured.is_empty() => live.offered().next().map(|m| m.id.clone()),
        Ok(live) => {
            let offered = configured.iter().find(|m| live.get(m).is_some());
            // It may stand where the list is not read any more.
            let first = configured.first().filter(|_| service::is_cut(live));
            offered.or(first).cloned()
        }
        Err(_) => configured.first().cloned(),
    }
}

fn wall() -> Timestamp {
    let millis = i64::try_from(clock::wall().0).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or_default()
}
