//! Posts figures and spans from time to time, and once more when the program leaves. It never holds the leaving.
//!
//! What goes wrong is said once, without headers and without more of an address than its host.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::{Client, header::CONTENT_TYPE};
use serde_json::Value as Json;
use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    super::{Inner, Telemetry, lock, span::Span},
    Settings, Target, body,
};

/// How long leaving waits for the last export.
const LEAVE: Duration = Duration::from_millis(1_500);

/// Exports in the background.
#[derive(Debug)]
pub struct Exporter {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Exporter {
    /// Begins to export `telemetry` as `settings` say. `client` makes the HTTP client for an address, or says why it
    /// cannot; `complain` hears the first thing that goes wrong.
    pub fn start(
        telemetry: &Telemetry,
        settings: Settings,
        client: impl Fn(&Target) -> Result<Client, String> + Send + 'static,
        complain: impl Fn(String) + Send + 'static,
    ) -> Option<Self> {
        let inner = Arc::clone(telemetry.0.as_ref()?);
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let interval = settings.interval;
            // Reading the system's certificates takes a while.
            let made = apart(move || Export::new(settings, inner, &client)).await;
            match made {
                Some(Ok(export)) => export.run(interval, stopped, complain).await,
                Some(Err(error)) => complain(format!("telemetry is not exported: {error}")),
                None => {}
            }
        });
        Some(Self { stop, task })
    }

    /// Exports once more, if that can be done soon.
    pub async fn close(mut self) {
        self.stop.cancel();
        if timeout(LEAVE, &mut self.task).await.is_err() {
            tracing::warn!("the last telemetry was not exported in time");
            self.task.abort();
        }
    }
}

/// Who receives a signal, and the way there.
struct Receiver {
    target: Target,
    client: Client,
}

struct Export {
    metrics: Option<Receiver>,
    traces: Option<Receiver>,
    inner: Arc<Inner>,
}

impl Export {
    fn new(
        settings: Settings,
        inner: Arc<Inner>,
        client: &impl Fn(&Target) -> Result<Client, String>,
    ) -> Result<Self, String> {
        let receiver = |target: Target| client(&target).map(|client| Receiver { target, client });
        Ok(Self {
            metrics: settings.metrics.map(receiver).transpose()?,
            traces: settings.traces.map(receiver).transpose()?,
            inner,
        })
    }

    async fn run(self, interval: Duration, stop: CancellationToken, complain: impl Fn(String)) {
        let mut told = false;
        loop {
            let is_last = tokio::select! {
                () = stop.cancelled() => true,
                () = sleep(interval) => false,
            };
            let (metrics, spans) = tokio::join!(self.metrics(), self.spans());
            for failed in [metrics, spans].into_iter().filter_map(Result::err) {
                tracing::warn!("{failed}");
                if !std::mem::replace(&mut told, true) {
                    complain(failed.to_string());
                }
            }
            if is_last {
                return;
            }
        }
    }

    async fn metrics(&self) -> Result<(), Failed> {
        let Some(receiver) = &self.metrics else {
            return Ok(());
        };
        let inner = Arc::clone(&self.inner);
        let made = move || {
            let registry = lock(&inner.registry);
            let now = (inner.wall)();
            (!registry.is_empty())
                .then(|| body::metrics(&registry, &inner.resource, inner.started, now))
        };
        match apart(made).await.flatten() {
            Some(body) => receiver.post("metrics", body).await,
            None => Ok(()),
        }
    }

    async fn spans(&self) -> Result<(), Failed> {
        let (Some(receiver), Some(spans)) = (&self.traces, &self.inner.spans) else {
            return Ok(());
        };
        let waiting: Arc<Vec<Span>> = Arc::new(lock(spans).take());
        if waiting.is_empty() {
            return Ok(());
        }
        let (inner, of) = (Arc::clone(&self.inner), Arc::clone(&waiting));
        let Some(body) = apart(move || body::spans(&of, &inner.resource)).await else {
            return Ok(());
        };
        let posted = receiver.post("spans", body).await;
        if posted.as_ref().is_err_and(|failed| failed.may_repeat) {
            lock(spans).give_back(Arc::unwrap_or_clone(waiting));
        }
        posted
    }
}

/// Away from the thread that stamps what arrives.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    spawn_blocking(work).await.ok()
}

impl Receiver {
    async fn post(&self, what: &'static str, body: Json) -> Result<(), Failed> {
        let failed = |why: String, may_repeat| Failed {
            what,
            place: self.target.place(),
            variable: self.target.variable.clone(),
            why,
            may_repeat,
        };
        let Some(bytes) = apart(move || body.to_string()).await else {
            return Ok(());
        };
        let sent = self
            .client
            .post(self.target.url.clone())
            .headers(self.target.headers.clone())
            .header(CONTENT_TYPE, "application/json")
            .timeout(self.target.timeout)
            .body(bytes)
            .send()
            .await;
        match sent {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => {
                let status = response.status().as_u16();
                let may_repeat = matches!(status, 429 | 502..=504);
                Err(failed(format!("it answered {status}"), may_repeat))
            }
            Err(error) if error.is_timeout() => {
                Err(failed("it did not answer in time".into(), true))
            }
            Err(error) if error.is_connect() => Err(failed("no connection".into(), true)),
            Err(_) => Err(failed("the connection broke".into(), true)),
        }
    }
}

/// An export that did not arrive.
struct Failed {
    what: &'static str,
    place: String,
    variable: String,
    why: String,
    may_repeat: bool,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            place,
            variable,
            why,
            ..
        } = self;
        write!(
            f,
            "{what} did not reach {place}: {why}; {variable} says where they go"
        )
    }
}
