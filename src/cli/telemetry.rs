//! Starts telemetry for a command that asks models, where it is asked for, and ends it with the last export.
//!
//! What is counted is `telemetry`'s. Whatever goes wrong is said once; no answer waits for it.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Out, args::Global};
use crate::{
    config::{self, Config},
    provider,
    runtime::clock,
    telemetry::{
        Listener, Telemetry, listen,
        otlp::{Exporter, Settings, Target},
    },
};

/// Telemetry as it was asked for; off and silent if it was not.
pub(super) struct Started {
    /// What counts.
    pub(super) telemetry: Telemetry,
    listener: Option<Listener>,
    exporter: Option<Exporter>,
}

/// Begins to listen and to export. `complain` hears what could not be done, now and later.
pub(super) async fn start(
    config: &Config,
    global: &Global,
    complain: impl Fn(String) + Clone + Send + 'static,
) -> Started {
    let settings = Settings::read(&|name| variable(name, global.env_file.as_deref()));
    settings.complaints.iter().cloned().for_each(&complain);
    let address = config.telemetry.metrics_listen;
    let resource = settings.resource.clone();
    let telemetry = if settings.traces.is_some() {
        Telemetry::with_spans(resource, clock::wall, clock::seed())
    } else if settings.is_on() || address.is_some() {
        Telemetry::new(resource, clock::wall)
    } else {
        Telemetry::off()
    };
    let mut listener = None;
    if let Some(address) = address {
        match listen(address.address(), telemetry.clone()).await {
            Ok(bound) => listener = Some(bound),
            Err(error) => complain(format!(
                "{error}; another waferdeck may serve its own there, and --metrics-listen takes another port"
            )),
        }
    }
    let exporter = settings.is_on().then(|| {
        let client = |target: &Target| {
            let client = provider::plain_client(&target.url, target.holds_secret());
            client.map_err(|e| format!("{}: {}", target.place(), e.failure().message))
        };
        Exporter::start(&telemetry, settings, client, complain)
    });
    Started {
        telemetry,
        listener,
        exporter: exporter.flatten(),
    }
}

impl Started {
    /// Where the figures are served, if they are.
    pub(super) fn url(&self) -> Option<String> {
        self.listener.as_ref().map(Listener::url)
    }

    /// Exports what is left, within a bounded time, and stops listening.
    pub(super) async fn finish(self) {
        if let Some(exporter) = self.exporter {
            exporter.close().await;
        }
    }
}

/// What goes wrong with telemetry while a command runs, to be said when its answers are out.
#[derive(Default)]
pub(super) struct Complaints(Arc<Mutex<Vec<String>>>);

impl Complaints {
    pub(super) fn taker(&self) -> impl Fn(String) + Clone + Send + 'static {
        let kept = Arc::clone(&self.0);
        move |text| {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.push(text);
        }
    }

    pub(super) fn tell(&self, out: &mut Out) {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().for_each(|text| out.complain(text));
    }
}

/// A variable of the environment, else of the file that `--env-file` names. That the file can be read was checked.
pub(super) fn variable(name: &str, file: Option<&Path>) -> Option<String> {
    std::env::var(name)
        .ok()
        .or_else(|| config::env_file_value(file?, name).ok().flatten())
}
