//! The one source of wall time, and the program's monotonic clock.
//!
//! Everything else takes times as values.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

use crate::{app::Now, chat::Timestamp};

/// Wall time now.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one source of wall time"
)]
pub fn wall() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Counts from the start of the program.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that starts now.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
        }
    }

    /// Both times of this moment.
    pub fn now(&self) -> Now {
        Now {
            wall: wall(),
            mono: self.start.elapsed(),
        }
    }

    /// The instant at which the program is `mono` old; of moments too far off to be reckoned with, one that nobody sees.
    pub fn instant(&self, mono: Duration) -> Instant {
        let far = Duration::from_hours(365 * 24 * 30);
        self.start + mono.min(far)
    }
}

/// A seed that no two processes share, for the ids of a session.
pub fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher, RandomState};
    // The standard library keys each hasher from the operating system's random numbers.
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u64(wall().0);
    hasher.write_u32(std::process::id());
    hasher.finish()
}
