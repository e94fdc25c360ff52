//! Takes a request and yields stream events, whatever that needs; the only HTTP client of the program.
//! What is sent and how answers are kept is decided elsewhere; nothing here knows a screen or a file of ours.
//!
//! One [`Provider`] serves one endpoint. Its requests share a client with its kept connections and one gate (places in
//! flight, quotas); the wait after a 429 and the pool of retries are shared by all that have one key. An answer is read on
//! the caller's task; dropping that, or cancelling, drops the connection.

mod assembly;
mod base_url;
mod breaker;
mod call;
mod client;
mod departure;
mod echo;
mod endpoint;
mod error;
mod exchange;
mod gate;
pub mod health;
mod key;
mod limits;
mod listing;
mod mailbox;
mod models;
mod queue;
mod reach;
mod refusal;
mod reply;
mod rest;
mod retry;
mod slumber;
pub mod sse;
mod stream;
mod think;
mod transport;
mod wire;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::{Client, Url};
use tokio_util::sync::CancellationToken;

pub use base_url::{BaseUrl, BaseUrlError};
pub use client::check_ca_file;
pub use endpoint::{Auth, BreakerPolicy, Caps, Dialect, Endpoint, RetryPolicy, Timeouts};
pub use error::Error;
pub use exchange::{Line, MOST_BYTES, Recording, Said, Splitter, Veil, Witness};
pub use key::KeySource;
pub use key::file::read_private;
pub use key::vault::{Entry, Vault, get as get_from_vault, set as set_in_vault, system_vault};
pub use limits::{Preset, Presets, embedded_limits};
pub use mailbox::{Mailbox, Ring};
pub use models::{
    MOST_MODELS, Replacement, default_model, embedded_models, nearest, read_list, replacement,
};
pub use rest::{Deadline, rest};
pub use slumber::Wall;

use crate::chat::{Catalogue, Limits, Message, Params, Role, StreamEvent, quota::WhenFull};

/// What to ask.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Model id as the provider spells it.
    pub model: String,
    /// The conversation so far, the question last.
    pub messages: Vec<Message>,
    /// Only what is set is sent. `max_tokens` is read by the caller, who decides `max_completion_tokens`.
    pub params: Params,
    /// Upper bound of generated tokens, reserved before the request runs; 0 sends none.
    pub max_completion_tokens: u32,
    /// The model reasons: ask Cerebras to keep reasoning apart from content.
    pub reasoning: bool,
    /// Stream the answer; otherwise it comes as a whole.
    pub stream: bool,
    /// What happens if the quota has no room for it.
    pub when_full: WhenFull,
}

impl Request {
    /// Its last message is the beginning of the answer, which is to go on from there.
    fn begins_the_answer(&self) -> bool {
        self.messages
            .last()
            .is_some_and(|message| message.role == Role::Assistant)
    }
}

/// The client of one endpoint. Clones share everything.
#[derive(Clone)]
pub struct Provider {
    inner: Arc<Inner>,
    trace: exchange::Trace,
}

struct Inner {
    endpoint: Endpoint,
    client: Client,
    taps: exchange::Source,
    /// Counts requests that nobody gave a name.
    unnamed: AtomicU64,
    place: transport::Place,
    connections: client::Connections,
    gate: Arc<gate::Gate>,
    retries: Arc<retry::Pool>,
    breaker: breaker::Breaker,
    key: key::kept::Kept,
    /// Quotas as the last response described them.
    limits: Mutex<Limits>,
    /// The last list that the provider gave.
    catalogue: Mutex<Option<Arc<Catalogue>>>,
}

impl Provider {
    /// Checks the endpoint and makes its client; connects to nothing and reads no key.
    pub fn new(endpoint: Endpoint) -> Result<Self, Error> {
        let gate = gate::Gate::new(&endpoint);
        Self::with(endpoint, gate, Arc::default())
    }

    /// A provider for another endpoint that is asked with the same key: a 429 of one holds both back, and the retries that
    /// are left hold for both.
    pub fn beside(&self, endpoint: Endpoint) -> Result<Self, Error> {
        let gate = self.inner.gate.beside(&endpoint);
        Self::with(endpoint, gate, Arc::clone(&self.inner.retries))
    }

    /// A provider for the same place with other settings. What the place has said of quotas holds for both, as long as
    /// they count alike; waits after a 429 and the retries that are left do in any case.
    pub fn renewed(&self, endpoint: Endpoint) -> Result<Self, Error> {
        let gate = if self.inner.endpoint.counts_as(&endpoint) {
            Arc::clone(&self.inner.gate)
        } else {
            self.inner.gate.beside(&endpoint)
        };
        Self::with(endpoint, gate, Arc::clone(&self.inner.retries))
    }

    fn with(
        endpoint: Endpoint,
        gate: Arc<gate::Gate>,
        retries: Arc<retry::Pool>,
    ) -> Result<Self, Error> {
        let client = client::build(&endpoint)?;
        endpoint.learn_headers();
        client::learn_proxy(&endpoint);
        Ok(Self {
            trace: exchange::Trace::default(),
            inner: Arc::new(Inner {
                taps: client::taps(&endpoint)?,
                unnamed: AtomicU64::new(1),
                client,
                place: client::place(&endpoint),
                connections: client::Connections::default(),
                gate,
                retries,
                breaker: breaker::Breaker::new(endpoint.breaker),
                key: key::kept::Kept::default(),
                limits: Mutex::default(),
                catalogue: Mutex::default(),
                endpoint,
            }),
        })
    }

    /// The endpoint it was made for.
    pub fn endpoint(&self) -> &Endpoint {
        &self.inner.endpoint
    }

    /// Asks and hands every event of the answer to `sink`, the end last and exactly once, also when `cancel` says stop.
    /// `sink` is called while bytes are being read: it must not wait.
    pub async fn answer(
        &self,
        request: &Request,
        cancel: &CancellationToken,
        sink: &mut (dyn FnMut(StreamEvent) + Send),
    ) {
        self.inner.answer(request, &self.trace, cancel, sink).await;
    }

    /// The same provider for a request of this id, by which the log knows it; `recording` keeps what goes over the wire.
    pub fn traced(&self, id: &str, recording: Option<Recording>) -> Self {
        let trace = exchange::Trace {
            id: Some(id.into()),
            recording,
        };
        Self {
            trace,
            inner: Arc::clone(&self.inner),
        }
    }

    /// The models that the endpoint lists, with what is known of them besides. Remembered, to help with wrong names.
    pub async fn models(&self) -> Result<Catalogue, Error> {
        let catalogue = self.inner.models().await?;
        *lock(&self.inner.catalogue) = Some(Arc::new(catalogue.clone()));
        Ok(catalogue)
    }

    /// The same, asked with the key also where the list is public: tells whether the key is accepted.
    pub async fn models_with_key(&self) -> Result<Catalogue, Error> {
        let catalogue = self.inner.models_with_key().await?;
        *lock(&self.inner.catalogue) = Some(Arc::new(catalogue.clone()));
        Ok(catalogue)
    }

    /// Opens a connection, so that the first answer does not wait for it. Best effort, a second at most once the key is there.
    pub async fn warm(&self) {
        self.inner.warm().await;
    }

    /// Lets the next request try an endpoint that counts as down.
    pub fn try_now(&self) {
        self.inner.breaker.try_now();
    }
}

/// An HTTP client for what is no request to a provider, with the same certificates and without redirects. What carries a
/// `secret` goes by no proxy that could read it.
pub fn plain_client(address: &Url, secret: bool) -> Result<Client, Error> {
    client::plain(address, base_url::is_loopback(address), secret)
}

impl Inner {
    /// Listens to a request; without a name it gets one that begins with `what`.
    fn tap(&self, trace: &exchange::Trace, what: &str) -> exchange::Tap {
        let id = trace.id.clone().unwrap_or_else(|| {
            let number = self.unnamed.fetch_add(1, Ordering::Relaxed);
            format!("{what}-{number}").into()
        });
        self.taps.tap(id, trace.recording.clone())
    }
}

/// Shows the endpoint; the key is not part of it.
impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Provider")
            .field(&self.inner.endpoint)
            .finish()
    }
}

/// What these locks guard is whole at any moment, also when a holder panicked.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests;
