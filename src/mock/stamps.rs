//! When the server wrote what: for benches that compare the last byte sent with the last token drawn.
//! Off unless asked for; read with `GET /mock/stamps/{inference-id}`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use memchr::memmem;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use tokio::time::Instant;

/// Answers whose stamps are kept.
const KEPT: usize = 256;

/// The writes of one answer.
#[derive(Debug)]
pub(crate) struct Stamps {
    /// On the machine's monotonic clock.
    read_us: u64,
    read: Instant,
    writes: Mutex<Vec<Write>>,
}

/// Microseconds since the request was read, bytes, and events that begin in them.
type Write = (u64, usize, usize);

impl Stamps {
    /// Starts now, when the request has been read.
    pub(crate) fn start() -> Self {
        Self {
            read_us: monotonic_us(),
            read: Instant::now(),
            writes: Mutex::default(),
        }
    }

    /// `bytes` of these pieces were written now.
    pub(crate) fn add<'a>(&self, bytes: usize, pieces: impl IntoIterator<Item = &'a [u8]>) {
        let after = u64::try_from(self.read.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut left = bytes;
        let mut begun = 0;
        for piece in pieces {
            begun += events(piece.get(..left).unwrap_or(piece));
            left = left.saturating_sub(piece.len());
        }
        self.writes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((after, bytes, begun));
    }

    /// `read_us` is on the machine's monotonic clock, which all processes share; writes are in microseconds after it,
    /// each with its bytes on the wire and the events that begin in them, the end mark excluded.
    fn to_json(&self) -> Value {
        let writes = self.writes.lock().unwrap_or_else(PoisonError::into_inner);
        json!({ "read_us": self.read_us, "writes": *writes })
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

/// Events that begin in `bytes`. Inside of an event a line break is escaped.
fn events(bytes: &[u8]) -> usize {
    let starts_line = |&at: &usize| at == 0 || bytes.get(at - 1) == Some(&b'\n');
    memmem::find_iter(bytes, b"data: {")
        .filter(starts_line)
        .count()
}

fn monotonic_us() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let (seconds, nanos) = (
        u64::try_from(now.tv_sec).unwrap_or(0),
        u64::try_from(now.tv_nsec).unwrap_or(0),
    );
    seconds * 1_000_000 + nanos / 1_000
}
