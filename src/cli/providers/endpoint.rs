//! Settings of a profile as what a provider goes by: address, waits, bounds, quotas.
//!
//! How requests prove who asks is `key`'s.

use std::time::Duration;

use super::{Profiles, Watched};
use crate::{
    chat::{Failure, FailureKind, Limits, quota::Allowance},
    config::{Config, LimitSettings, Profile, Word as _},
    provider::{
        self, Auth, BaseUrl, BreakerPolicy, Caps, Dialect, Endpoint, RetryPolicy, Timeouts, Wall,
    },
    runtime::clock,
};

/// Longest answer without a person who watches.
const HEADLESS_TOTAL: Duration = Duration::from_mins(30);

impl Profiles {
    /// All of an endpoint at `address` but how it proves who asks.
    pub(super) fn endpoint_at(
        &self,
        address: &str,
        name: &str,
        profile: &Profile,
        config: &Config,
    ) -> Result<Endpoint, Failure> {
        let mut endpoint = endpoint(name, profile, address, config, self.watched)?;
        endpoint.max_in_flight = endpoint.max_in_flight.max(self.in_flight);
        if self.in_flight > 1 {
            // A load test measures what is sent; held back it would measure us.
            endpoint.breaker.failures = 0;
        }
        endpoint.witness.clone_from(&self.witness);
        Ok(endpoint)
    }
}

/// What is known of a profile's quotas before anything was asked.
pub(in crate::cli) fn allowance(profile: &Profile) -> Allowance {
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

pub(super) fn caps(limits: &LimitSettings) -> Caps {
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
