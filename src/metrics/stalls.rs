//! Where a stream stopped for a while: the gaps that are long enough to be seen, each at its place in the text.
//!
//! Kept while the deltas come, so that asking costs as much as there are long gaps and not as there are deltas.

use std::{ops::Range, time::Duration};

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
pub(super) struct Stalls {
    all: Vec<Stall>,
    /// Those before answer text and those before reasoning, as places among all: bytes rise in each.
    of: [Vec<u32>; 2],
}

impl Stalls {
    /// `next` comes after `last`, when `byte` bytes of its text were there.
    pub(super) fn push(&mut self, last: &Arrival, next: &Arrival, byte: u64) {
        let lasted = next.at().saturating_sub(last.at());
        if lasted >= SHORTEST
            && let Ok(place) = u32::try_from(self.all.len())
        {
            let [content, reasoning] = &mut self.of;
            match next.channel {
                Channel::Content => content.push(place),
                Channel::Reasoning => reasoning.push(place),
            }
            self.all.push(Stall {
                channel: next.channel,
                byte,
                since: last.at(),
                lasted,
            });
        }
    }

    /// Those over `threshold`, in the order of their time.
    pub(super) fn over(&self, threshold: Duration) -> impl Iterator<Item = &Stall> {
        self.all
            .iter()
            .filter(move |stall| stall.lasted > threshold)
    }

    /// Those over `threshold` that stand in these bytes of a text.
    pub(super) fn within(
        &self,
        channel: Channel,
        bytes: Range<u64>,
        threshold: Duration,
    ) -> impl Iterator<Item = &Stall> {
        let [content, reasoning] = &self.of;
        let places = match channel {
            Channel::Content => content,
            Channel::Reasoning => reasoning,
        };
        let stall = |place: &u32| self.all.get(usize::try_from(*place).ok()?);
        let is_before = |place: &u32| stall(place).is_some_and(|s| s.byte < bytes.start);
        let found = places.iter().skip(places.partition_point(is_before));
        let found = found.filter_map(stall);
        found
            .take_while(move |s| s.byte < bytes.end)
            .filter(move |s| s.lasted > threshold)
    }
}

#[cfg(test)]
mod tests {
    use crate::metrics::{Arrival, Channel, Timeline};

    fn ms(millis: u64) -> std::time::Duration {
        std::time::Duration::from_millis(millis)
    }

    #[test]
    fn stalls_are_found_by_their_place_in_a_text() {
        let of = |channel, bytes, at| Arrival::new(channel, bytes, ms(at));
        let timeline: Timeline = [
            of(Channel::Reasoning, 10, 0),
            of(Channel::Reasoning, 10, 2_000),
            of(Channel::Content, 4, 4_000),
            of(Channel::Reasoning, 10, 4_300),
            of(Channel::Content, 4, 7_000),
            of(Channel::Content, 4, 7_100),
        ]
        .into_iter()
        .collect();
        let bytes = |channel, range, threshold| -> Vec<u64> {
            let found = timeline.stalls_in(channel, range, ms(threshold));
            found.map(|s| s.byte).collect()
        };
        assert_eq!(bytes(Channel::Reasoning, 0..99, 100), [10, 20]);
        assert_eq!(bytes(Channel::Reasoning, 0..99, 1_000), [10]);
        assert_eq!(bytes(Channel::Content, 0..99, 1_000), [0, 4]);
        assert!(bytes(Channel::Content, 1..4, 1_000).is_empty());
        assert_eq!(bytes(Channel::Content, 4..5, 1_000), [4]);
    }
}
