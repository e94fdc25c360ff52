//! When the server wrote what: for benches that compare the last byte sent with the last token drawn.
//! Off unless asked for; read with `GET /mock/stamps/{inference-id}`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};

/// Answers whose stamps are kept.
const KEPT: usize = 256;

/// The writes of one answer.
#[derive(Debug)]
pub(crate) struct Stamps {
    read: u64,
    writes: Mutex<Vec<(u64, usize)>>,
}

impl Stamps {
    /// Starts now, when the request has been read.
    pub(crate) fn start() -> Self {
        Self {
            read: monotonic_us(),
            writes: Mutex::default(),
        }
    }

    pub(crate) fn add(&self, bytes: usize) {
        let after = monotonic_us().saturating_sub(self.read);
        self.writes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((after, bytes));
    }

    /// `read_us` is on the machine's monotonic clock, which all processes share; writes are in microseconds after it,
    /// each with its bytes on the wire.
    fn to_json(&self) -> Value {
        let writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        json!({ "read_us": self.read, "writes": *writes })
    }
}

/// The stamps of the latest answers.
#[derive(Debug, Default)]
pub(crate) struct Journal(VecDeque<(String, Arc<Stamps>)>);

impl Journal {
    pub(crate) fn keep(&mut self, id: &str, stamps: Arc<Stamps>) {
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back((id.to_owned(), stamps));
    }

    pub(crate) fn find(&self, id: &str) -> Option<Value> {
        self.0
            .iter()
            .rev()
            .find(|(known, _)| known == id)
            .map(|(_, stamps)| stamps.to_json())
    }
}

fn monotonic_us() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let (seconds, nanos) = (
        u64::try_from(now.tv_sec).unwrap_or(0),
        u64::try_from(now.tv_nsec).unwrap_or(0),
    );
    seconds * 1_000_000 + nanos / 1_000
}
