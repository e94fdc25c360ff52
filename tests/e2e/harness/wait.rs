//! Waiting for conditions that nobody announces: polled, with a deadline.
//! What the terminal shows is announced; that wait is the workbench's own.

use std::{thread, time::Duration};

use tokio::time::Instant;

/// Longest wait for anything; generous, because a loaded machine is slow and a hang is not.
pub(crate) const DEADLINE: Duration = Duration::from_secs(40);
/// Time between two looks.
const POLL: Duration = Duration::from_millis(5);

/// Waits until `look` finds something.
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::park_timeout(POLL);
    }
}

/// Looks again and again for the whole time; `check` panics when what should stay changes.
pub(crate) fn hold(time: Duration, mut check: impl FnMut()) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        check();
        thread::park_timeout(POLL);
    }
    check();
}
