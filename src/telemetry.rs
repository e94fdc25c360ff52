//! The same figures for machines: counters and histograms by model, as Prometheus text and as OTLP.
//!
//! Fed with the events of answers. What a figure means is `metrics`'; who asked for telemetry, and where it goes, is
//! `cli`'s. Names and attributes are those of the OpenTelemetry conventions for generative AI, version 1.41, the last
//! release that holds them.

mod exposition;
mod instruments;
mod listen;
pub mod otlp;
mod record;
mod registry;
mod resource;
mod span;
mod subject;
mod watch;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use exposition::Format;
pub use instruments::{INSTRUMENTS, Instrument, Kind};
pub use listen::{ListenError, Listener, listen};
pub use resource::Resource;
pub use subject::Subject;
pub use watch::{Asked, Watch};

use self::{registry::Registry, span::Spans};
use crate::chat::Timestamp;

/// What is counted, shared by all who count. Without telemetry it holds nothing and costs nothing.
#[derive(Clone, Default)]
pub struct Telemetry(Option<Arc<Inner>>);

struct Inner {
    resource: Resource,
    registry: Mutex<Registry>,
    /// Where requests are kept until they are exported; without a receiver none are.
    spans: Option<Mutex<Spans>>,
    /// The source of wall time.
    wall: fn() -> Timestamp,
    started: Timestamp,
}

impl Telemetry {
    /// Counts nothing.
    pub fn off() -> Self {
        Self::default()
    }

    /// Counts from now on, by the wall clock `wall`.
    pub fn new(resource: Resource, wall: fn() -> Timestamp) -> Self {
        Self(Some(Arc::new(Inner {
            resource,
            registry: Mutex::default(),
            spans: None,
            wall,
            started: wall(),
        })))
    }

    /// The same, and keeps a span for each request until it is exported. Ids depend on `seed`.
    pub fn with_spans(resource: Resource, wall: fn() -> Timestamp, seed: u64) -> Self {
        Self(Some(Arc::new(Inner {
            resource,
            registry: Mutex::default(),
            spans: Some(Mutex::new(Spans::new(seed))),
            wall,
            started: wall(),
        })))
    }

    /// Takes note of one answer; it hears its events through what this returns.
    pub fn watch(&self, subject: Subject, asked: Asked) -> Watch {
        match &self.0 {
            Some(inner) => Watch::new(Arc::clone(inner), subject, asked),
            None => Watch::default(),
        }
    }

    /// Counts an answer that another profile, or nobody, gives in the place of this one.
    pub fn fallback(&self, subject: Subject, to: &'static str) {
        if let Some(inner) = &self.0 {
            lock(&inner.registry).fallback(subject, to);
        }
    }

    /// Everything counted so far, for Prometheus.
    pub fn text(&self, format: Format) -> String {
        match &self.0 {
            Some(inner) => exposition::write(&lock(&inner.registry), &inner.resource, format),
            None => String::new(),
        }
    }
}

impl fmt::Debug for Telemetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.0.is_some() { "on" } else { "off" };
        write!(f, "Telemetry({word})")
    }
}

/// What these locks guard is whole at any moment, also when a holder panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
