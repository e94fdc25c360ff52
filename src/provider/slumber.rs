//! Finds out that the machine slept: the wall clock went on while the monotonic one stood still.
//!
//! Connections seldom survive that, and their end would only be noticed when a timeout runs out.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

/// A larger jump is no correction of the clock while a person looks on.
const JUMP: Duration = Duration::from_secs(10);
/// How often is looked.
const LOOK: Duration = Duration::from_secs(1);
/// A connection that says nothing for so long after waking is taken for dead. With the look before it: within 5 s.
pub(super) const PATIENCE: Duration = Duration::from_secs(4);

/// Whoever comes so much too late to a deadline was stopped itself (Ctrl-Z, SIGSTOP).
const STOPPED: Duration = Duration::from_secs(1);

/// Whether this program was stopped at the deadline `at`, so that what came before it may not have been read yet.
pub(super) fn was_stopped(at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) >= STOPPED
}

/// Ends at the deadline `at`; where this program was stopped at that moment, once there was time to read what came.
pub(super) async fn run_out(at: Instant) {
    sleep_until(at).await;
    if was_stopped(at, Instant::now()) {
        sleep(PATIENCE).await;
    }
}

/// The wall clock, since any moment.
#[derive(Clone)]
pub struct Wall(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Wall {
    /// A clock that goes on while the machine sleeps.
    pub fn new(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(clock))
    }
}

impl fmt::Debug for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wall")
    }
}

/// Looks at both clocks from time to time.
pub(super) struct Slumber {
    wall: Option<Wall>,
    last: Option<(Duration, Instant)>,
}

impl Slumber {
    pub(super) fn new(wall: Option<&Wall>) -> Self {
        let mut slumber = Self {
            wall: wall.cloned(),
            last: None,
        };
        slumber.look();
        slumber
    }

    /// When the next look is due.
    pub(super) fn due() -> Instant {
        Instant::now() + LOOK
    }

    /// True if the machine slept since the last look.
    pub(super) fn look(&mut self) -> bool {
        let Some(wall) = &self.wall else { return false };
        let (wall, mono) = ((wall.0)(), Instant::now());
        let last = self.last.replace((wall, mono));
        last.is_some_and(|(before, since)| {
            let passed = mono.saturating_duration_since(since);
            wall.saturating_sub(before) > passed.saturating_add(JUMP)
        })
    }

    /// Ends when the machine slept and has been awake again for long enough to hear from somebody.
    pub(super) async fn overslept(&mut self) {
        loop {
            sleep(LOOK).await;
            if self.look() {
                sleep(PATIENCE).await;
                return;
            }
        }
    }
}
