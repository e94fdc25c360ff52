//! Carries events from the task that reads a stream to a reader that may be slow; the task never waits for it.
//! Deltas stay apart, since their times are figures, until they are so many that only their text matters.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::chat::StreamEvent;

/// Events kept apart: over half a minute of the fastest stream. From there on a delta joins the one before it, so that
/// what is held stays near the largest answer (16 MiB of text) however small its deltas are.
const KEPT_APART: usize = 1 << 16;

/// Why a mailbox rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ring {
    /// Text came, and the box was empty.
    Text,
    /// Something else came, such as the end.
    Event,
}

/// Events on their way to a reader.
pub struct Mailbox {
    events: Mutex<Vec<StreamEvent>>,
    sent: Mutex<Option<Instant>>,
    bell: Box<dyn Fn(Ring) + Send + Sync>,
}

impl Mailbox {
    /// An empty mailbox. `bell` is rung, on the writing task, when the first text comes after the box was emptied, and
    /// whenever anything but text comes.
    pub fn new(bell: impl Fn(Ring) + Send + Sync + 'static) -> Self {
        Self {
            events: Mutex::new(Vec::new()),
            sent: Mutex::new(None),
            bell: Box::new(bell),
        }
    }

    /// Puts an event in.
    pub fn push(&self, event: StreamEvent) {
        if matches!(event, StreamEvent::Sent { .. }) {
            *lock(&self.sent) = Some(Instant::now());
        }
        let is_text = matches!(event, StreamEvent::Delta(_));
        let mut events = lock(&self.events);
        let was_empty = events.is_empty();
        if let Some(event) = join(&mut events, event) {
            events.push(event);
        }
        drop(events);
        if !is_text {
            (self.bell)(Ring::Event);
        } else if was_empty {
            (self.bell)(Ring::Text);
        }
    }

    /// Takes everything out, oldest first.
    pub fn drain(&self) -> Vec<StreamEvent> {
        std::mem::take(&mut *lock(&self.events))
    }

    /// When the last attempt was sent, to which the times of its deltas refer: the event comes at that very moment.
    pub fn sent(&self) -> Option<Instant> {
        *lock(&self.sent)
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox({} events)", lock(&self.events).len())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is held is whole at any moment, also when the holder of the lock panicked.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds the text of `event` to the last delta of its channel in a full box; gives it back where it has to stand alone.
fn join(events: &mut [StreamEvent], event: StreamEvent) -> Option<StreamEvent> {
    if events.len() < KEPT_APART {
        return Some(event);
    }
    let StreamEvent::Delta(delta) = event else {
        return Some(event);
    };
    // Reasoning and answer may come by turns: one of the last two is of either kind then.
    for earlier in events.iter_mut().rev().take(2) {
        match earlier {
            StreamEvent::Delta(earlier) if earlier.channel == delta.channel => {
                earlier.text.push_str(&delta.text);
                return None;
            }
            StreamEvent::Delta(_) => {}
            // Of another attempt, perhaps.
            _ => break,
        }
    }
    Some(StreamEvent::Delta(delta))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::chat::Delta;
    use crate::metrics::Channel;

    fn delta(text: &str) -> StreamEvent {
        StreamEvent::Delta(Delta {
            channel: Channel::Content,
            text: text.to_owned(),
            at: Duration::ZERO,
        })
    }

    #[test]
    fn the_bell_rings_once_for_each_emptying() {
        let rung = Arc::new(AtomicUsize::new(0));
        let bell = Arc::clone(&rung);
        let mailbox = Mailbox::new(move |_| {
            bell.fetch_add(1, Ordering::Relaxed);
        });
        mailbox.push(StreamEvent::Sent { number: 1 });
        mailbox.push(delta("a"));
        assert_eq!(
            mailbox.drain(),
            [StreamEvent::Sent { number: 1 }, delta("a")]
        );
        assert_eq!(mailbox.drain(), []);
        mailbox.push(delta("b"));
        assert_eq!(rung.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_full_box_stays_small_though_channels_take_turns() {
        let mailbox = Mailbox::new(|_| {});
        let channels = [Channel::Reasoning, Channel::Content];
        for turn in 0..KEPT_APART + 1_000 {
            mailbox.push(StreamEvent::Delta(Delta {
                channel: channels[turn % 2],
                text: "x".to_owned(),
                at: Duration::ZERO,
            }));
        }
        let events = mailbox.drain();
        assert_eq!(events.len(), KEPT_APART);
        for channel in channels {
            let of_it = events.iter().filter_map(|e| match e {
                StreamEvent::Delta(d) if d.channel == channel => Some(d.text.len()),
                _ => None,
            });
            assert_eq!(of_it.sum::<usize>(), KEPT_APART / 2 + 500);
        }
    }

    #[test]
    fn a_full_box_keeps_the_text_and_stays_small() {
        let mailbox = Mailbox::new(|_| {});
        for _ in 0..KEPT_APART + 1_000 {
            mailbox.push(delta("x"));
        }
        let events = mailbox.drain();
        assert_eq!(events.len(), KEPT_APART);
        let bytes: usize = events
            .iter()
            .map(|e| match e {
                StreamEvent::Delta(d) => d.text.len(),
                _ => 0,
            })
            .sum();
        assert_eq!(bytes, KEPT_APART + 1_000);
    }
}
