//! Where a stream stopped for a while: the gaps that are long enough to be seen, each at its place in the text.
//!
//! Kept while the deltas come, so that asking costs as much as there are long gaps and not as there are deltas.

use std::time::Duration;

use super::{Arrival, Channel};

/// Gaps that are kept. Shorter ones are the pace of a slow stream, and no threshold goes below this.
const SHORTEST: Duration = Duration::from_millis(50);

/// A gap before some text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// The text that went on after it.
    pub channel: Channel,
    /// Bytes of that text, as received, that had come before.
    pub byte: u64,
    /// When the delta before it came, since sending.
    pub since: Duration,
    /// How long nothing came.
    pub lasted: Duration,
}

/// The gaps of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stalls(Vec<Stall>);

impl Stalls {
    /// `next` comes after `last`, when `byte` bytes of its text were there.
    pub(super) fn push(&mut self, last: &Arrival, next: &Arrival, byte: u64) {
        let lasted = next.at().saturating_sub(last.at());
        if lasted >= SHORTEST {
            self.0.push(Stall {
                channel: next.channel,
                byte,
                since: last.at(),
                lasted,
            });
        }
    }

    /// Those over `threshold`, in the order of their time.
    pub(super) fn over(&self, threshold: Duration) -> impl Iterator<Item = &Stall> {
        self.0.iter().filter(move |stall| stall.lasted > threshold)
    }
}
