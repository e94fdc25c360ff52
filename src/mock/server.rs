//! The HTTP side: routes, the order in which a request is checked, and the answer's first bytes.
//! What is answered comes from `answer`, when from `pace`; this file only puts them together.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{self, Bytes};
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::format::Identity;
use super::limits::{self, Buckets, Demand, Tier};
use super::models::{self, Model, Window};
use super::pace::Pace;
use super::prompts::Prompts;
use super::random::{self, Digest, Rng};
use super::reject::Refusal;
use super::request::ChatRequest;
use super::scenario::Scenario;
use super::script::{Parts, Script};
use super::socket::Orders;
use super::stamps::{Journal, Stamps};
use super::turn::{Running, Turn};
use super::{MockOptions, answer, canned, guard, tokens};

/// Most bytes of a request body, pictures included.
const BODY: usize = 10 * 1024 * 1024;
/// Answers to the same request among which the one that is to go on is looked for, the newest first.
const REPEATS_LOOKED_AT: usize = 64;
/// A key that has not paid.
const UNPAID: &str = "csk-mock-payment";

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    options: MockOptions,
    /// The scenario of each model, the user's laid over it.
    scenarios: HashMap<&'static str, Scenario>,
    pub(crate) stop: CancellationToken,
    pub(crate) buckets: Mutex<Buckets>,
    prompts: Mutex<Prompts>,
    attempts: Mutex<HashMap<u64, u32>>,
    repeats: Mutex<HashMap<u64, u64>>,
    journal: Mutex<Journal>,
    pub(crate) live: AtomicUsize,
    pub(crate) requests: AtomicU64,
}

impl Shared {
    pub(crate) fn new(options: MockOptions) -> Result<Self, super::Error> {
        let mut scenarios = HashMap::new();
        for model in models::MODELS {
            let own = Scenario::from_toml(model.scenario)?;
            let above = options.scenario.as_ref().filter(|s| s.applies_to(model.id));
            scenarios.insert(model.id, above.map_or(own.clone(), |s| s.over(&own)));
        }
        Ok(Self {
            options,
            scenarios,
            stop: CancellationToken::new(),
            buckets: Mutex::default(),
            prompts: Mutex::default(),
            attempts: Mutex::default(),
            repeats: Mutex::default(),
            journal: Mutex::default(),
            live: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
        })
    }
}

/// The routes.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(chat))
        .route("/v1/models", get(list))
        .route("/v1/models/{id}", get(one))
        .route("/public/v1/models", get(async || Json(models::catalogue())))
        .route("/v1/tcp_warming", get(warm))
        .route("/mock/stamps/{id}", get(stamps))
        .fallback(async || Refusal::no_route())
        .method_not_allowed_fallback(async || Refusal::no_route())
        .layer(middleware::from_fn(mark))
        .with_state(shared)
}

/// Lets only this machine's programs in, and marks every answer as the mock's.
async fn mark(request: Request, next: Next) -> Response {
    let is_http1 = request.version() <= Version::HTTP_11;
    let mut response = match guard::check(&request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::SERVER, HeaderValue::from_static("waferdeck-mock"));
    if is_http1 && !headers.contains_key(header::CONNECTION) {
        headers.insert(header::CONNECTION, HeaderValue::from_static("keep-alive"));
    }
    response
}

async fn list(headers: HeaderMap) -> Result<Response, Refusal> {
    key(&headers)?;
    Ok(Json(models::listing()).into_response())
}

async fn one(Path(id): Path<String>, headers: HeaderMap) -> Result<Response, Refusal> {
    key(&headers)?;
    Ok(Json(models::short(models::find(&id)?)).into_response())
}

async fn warm(headers: HeaderMap) -> Result<StatusCode, Refusal> {
    key(&headers)?;
    Ok(StatusCode::OK)
}

async fn stamps(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let found = lock(&shared.journal).find(&id);
    Ok(Json(found.ok_or_else(Refusal::no_route)?).into_response())
}

/// The key in the `Authorization` header.
fn key(headers: &HeaderMap) -> Result<&str, Refusal> {
    let value = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok());
    let key = value
        .and_then(|v| v.strip_prefix("Bearer "))
        .map(str::trim)
        .filter(|k| !k.is_empty());
    match key {
        None => Err(Refusal::wrong_key()),
        Some(UNPAID) => Err(Refusal::payment()),
        Some(key) => Ok(key),
    }
}

async fn chat(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(orders): ConnectInfo<Orders>,
    request: Request,
) -> Result<Response, Refusal> {
    let number = shared.requests.fetch_add(1, Ordering::Relaxed);
    let key = key(request.headers())?.to_owned();
    let bytes = read(request).await?;
    let started = Instant::now();
    let stamps = shared.options.stamps.then(|| Arc::new(Stamps::start()));
    let request = ChatRequest::read(&bytes)?;
    let scenario = shared
        .scenarios
        .get(request.model.id)
        .cloned()
        .unwrap_or_default();
    let digest = shared.digest(&request);
    orders.split(scenario.wire.split_writes.unwrap_or(0));
    if let Some(response) = shared
        .refuse_as_told(&scenario, digest.clone().finish(), &orders)
        .await
    {
        return Ok(response);
    }
    // Only what is answered counts as a repeat: the attempts of one request are the same request.
    let digest = shared.vary(digest, &request, &key);
    let mut turn = shared.admit(request, scenario, &key, digest)?;
    orders.stamp(stamps.clone());
    if let Some(stamps) = stamps {
        // The same request has the same answer; stamps must be found by their own one.
        let mut rng = Rng::new(Digest::new(digest).number(number).finish());
        turn.identity.id = random::completion_id(&mut rng);
        lock(&shared.journal).keep(&turn.identity.id, stamps);
    }
    Ok(if turn.request.stream {
        turn.stream(orders, started)
    } else {
        turn.whole(started).await
    })
}

async fn read(request: Request) -> Result<Bytes, Refusal> {
    check_media(request.headers())?;
    body::to_bytes(request.into_body(), BODY)
        .await
        .map_err(|_| Refusal::too_large(BODY))
}

fn check_media(headers: &HeaderMap) -> Result<(), Refusal> {
    let text = |name: HeaderName| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or("")
    };
    let (media, encoding) = (text(header::CONTENT_TYPE), text(header::CONTENT_ENCODING));
    if !media.to_ascii_lowercase().starts_with("application/json") {
        return Err(Refusal::media_type(if media.is_empty() {
            "a body without content-type"
        } else {
            media
        }));
    }
    if !matches!(encoding, "" | "identity") {
        return Err(Refusal::media_type(&format!("a body in {encoding}")));
    }
    Ok(())
}

impl Shared {
    /// What makes a request the same as another: everything that shapes its answer.
    fn digest(&self, request: &ChatRequest) -> Digest {
        let mut digest = Digest::new(self.options.seed)
            .text(request.model.id)
            .number(request.effort as u64);
        if let Some(seed) = request.seed {
            digest = digest.bytes(&seed.to_le_bytes());
        }
        for turn in &request.turns {
            digest = digest.number(turn.role as u64).text(&turn.text);
        }
        digest
    }

    /// Makes each repeat of a request another one, where that is wanted.
    fn vary(&self, digest: Digest, request: &ChatRequest, key: &str) -> u64 {
        if !self.options.vary_repeats || request.seed.is_some() {
            return digest.finish();
        }
        let mut repeats = lock(&self.repeats);
        let count = repeats
            .entry(digest.clone().text(key).finish())
            .or_default();
        *count += 1;
        repeat(digest, *count)
    }

    /// What is left of an answer that was cut, where the request asks for that and no more than a beginning was said.
    fn rest_of_cut(
        &self,
        request: &ChatRequest,
        scenario: &Scenario,
        limit: u64,
        key: &str,
    ) -> Option<Parts> {
        let (asked, said) = request.before_cut()?;
        let digest = self.digest(&asked);
        let repeats = lock(&self.repeats)
            .get(&digest.clone().text(key).finish())
            .copied();
        (1..=repeats.unwrap_or(1))
            .rev()
            .take(REPEATS_LOOKED_AT)
            .find_map(|count| {
                answer::rest(&asked, scenario, limit, repeat(digest.clone(), count), said)
            })
    }

    /// What the scenario plays in place of an answer.
    async fn refuse_as_told(
        &self,
        scenario: &Scenario,
        digest: u64,
        orders: &Orders,
    ) -> Option<Response> {
        let wire = &scenario.wire;
        if wire.no_reply {
            self.stop.cancelled().await;
        }
        if wire.cut_after_bytes == Some(0) {
            orders.reset();
            orders.send_raw(Vec::new());
            return Some(StatusCode::OK.into_response());
        }
        if let Some(raw) = &wire.raw {
            orders.send_raw(raw.clone().into_bytes());
            return Some(StatusCode::OK.into_response());
        }
        let reply = canned::pick(&scenario.reply, digest, &mut lock(&self.attempts))?;
        Some(canned::response(reply))
    }

    /// Checks the request against the model's window and the account's buckets, and charges it.
    fn admit(
        self: &Arc<Self>,
        request: ChatRequest,
        scenario: Scenario,
        key: &str,
        digest: u64,
    ) -> Result<Turn, Refusal> {
        let window = if self.options.tier == Tier::FreeTrial {
            Window::FREE
        } else {
            Window::PAID
        };
        let prompt = tokens::of_prompt(request.chars(), request.model.template);
        let wanted = prompt + request.max_completion.unwrap_or(0);
        if wanted > window.context {
            return Err(Refusal::context(wanted, window.context));
        }
        let now = Instant::now();
        let cached = lock(&self.prompts).cached(&request, now).min(prompt);
        let demand = Demand {
            prompt,
            cached,
            max_completion: request.max_completion,
        };
        let limits = limits::in_force(self.options.tier, scenario.limits, request.model.id);
        let mut buckets = lock(&self.buckets);
        let reservation = buckets.reserve(key, request.model.id, limits, demand, now)?;
        let mut headers = HeaderMap::new();
        buckets.headers(
            &reservation,
            self.options.remaining_follows_total,
            &mut headers,
        );
        drop(buckets);
        self.live.fetch_add(1, Ordering::Relaxed);
        let mut rng = Rng::new(digest);
        let identity = self.identity(request.model, &mut rng);
        let most = request.max_completion.unwrap_or(window.output);
        let limit = match scenario.ignore_limit {
            Some(true) => u64::MAX,
            _ => most.min(window.output),
        };
        let parts = self
            .rest_of_cut(&request, &scenario, limit, key)
            .unwrap_or_else(|| answer::compose(&request, &scenario, limit, digest));
        let script = Script::new(parts, rng.next());
        let pace = Pace::new(&scenario, prompt - cached, rng.next());
        let running = Running {
            shared: Arc::clone(self),
            reservation,
            tokens: 0,
        };
        Ok(Turn {
            request,
            script,
            pace,
            wire: scenario.wire,
            identity,
            headers,
            running,
            prompt,
            cached,
        })
    }

    /// What an answer of a model says of itself in every piece.
    fn identity(&self, model: &'static Model, rng: &mut Rng) -> Identity {
        let seed = Digest::new(self.options.seed).text(model.id).finish();
        Identity {
            id: random::completion_id(rng),
            created: self.options.epoch as f64 + rng.below(1_000_000) as f64 / 1e6,
            model: model.id,
            fingerprint: random::fingerprint(&mut Rng::new(seed)),
            vision: model.vision,
        }
    }
}

/// What a request and how often it was asked make its answer of.
fn repeat(digest: Digest, count: u64) -> u64 {
    if count == 1 {
        digest.finish()
    } else {
        digest.number(count).finish()
    }
}

/// The data behind these locks is complete after every statement, so a panic elsewhere leaves it usable.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
