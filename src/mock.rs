//! Plays the Cerebras endpoint on loopback, over real HTTP, so that the workbench works without a key and faults can
//! be tried. It writes the wire format itself and shares no type with the client: a misspelt field cannot pass on both
//! sides. Everything is deterministic for the same request and seed.

mod answer;
mod canned;
mod endless;
mod format;
mod guard;
mod limits;
mod models;
mod pace;
mod playback;
mod prompts;
mod random;
mod reject;
mod request;
mod scenario;
mod script;
mod server;
mod socket;
mod stamps;
mod structured;
mod tokens;
mod turn;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use limits::Tier;
pub use models::{MODELS, Model, catalogue};
pub use scenario::{
    BUILT_IN, BuiltIn, Cut, Insert, Limits, LineEnd, PerDelta, Reply, Scenario, Speed, Stall,
    TextKind, Unpaced, UsagePlace, Wire,
};

/// How the mock is run.
#[derive(Clone, Debug)]
pub struct MockOptions {
    /// Where to listen; must be loopback. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Another seed, other answers.
    pub seed: u64,
    /// Whose rate limits are played.
    pub tier: Tier,
    /// Lies over the models' own scenarios, for the models it names or for all.
    pub scenario: Option<Scenario>,
    /// The time of all answers, in Unix seconds; fixed, so that answers can be compared byte by byte.
    pub epoch: u64,
    /// A request that comes again is answered differently (unless it sets `seed`), as a model would.
    pub vary_repeats: bool,
    /// Remaining tokens in the headers are those of the larger bucket and may exceed the limit, as seen live.
    pub remaining_follows_total: bool,
    /// Notes when each answer's bytes were written: `GET /mock/stamps/{inference-id}`.
    pub stamps: bool,
}

impl Default for MockOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 0,
            tier: Tier::default(),
            scenario: None,
            epoch: 1_795_000_000,
            vary_repeats: false,
            remaining_follows_total: false,
            stamps: false,
        }
    }
}

/// Why the mock cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Take a loopback address.
    #[error("the mock listens on loopback only, and {0} is not a loopback address")]
    NotLoopback(SocketAddr),
    /// Take another port, or stop what uses it.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// Mend the scenario; the text names the place.
    #[error("scenario: {0}")]
    Scenario(String),
}

/// A running mock. Dropping it stops it.
#[derive(Debug)]
pub struct MockServer {
    address: SocketAddr,
    shared: Arc<server::Shared>,
    task: Option<JoinHandle<()>>,
}

/// Binds and serves in the background of the current runtime.
pub async fn serve(options: MockOptions) -> Result<MockServer, Error> {
    let listen = options.listen;
    if !listen.ip().is_loopback() {
        return Err(Error::NotLoopback(listen));
    }
    let refused = |source| Error::Listen {
        address: listen,
        source,
    };
    let listener = TcpListener::bind(listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let shared = Arc::new(server::Shared::new(options)?);
    let service =
        server::router(Arc::clone(&shared)).into_make_service_with_connect_info::<socket::Orders>();
    let stop = shared.stop.clone();
    let task = tokio::spawn(async move {
        let serving = axum::serve(socket::Sockets::new(listener), service);
        // Serving ends only when it is told to: there is no error to report.
        let _ = serving.with_graceful_shutdown(stop.cancelled_owned()).await;
    });
    Ok(MockServer {
        address,
        shared,
        task: Some(task),
    })
}

impl MockServer {
    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The host root, without `/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers that are being written now.
    pub fn live(&self) -> usize {
        self.shared.live.load(Ordering::Relaxed)
    }

    /// Chat requests so far, refused ones included.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Stops listening, cuts what still streams, and waits until all connections are closed.
    pub async fn shutdown(mut self) {
        self.shared.stop.cancel();
        if let Some(task) = self.task.take() {
            // A panic in it has been reported by the runtime.
            let _ = task.await;
        }
    }
}

impl Drop for MockServer {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}
