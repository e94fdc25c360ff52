//! What tasks and threads have to say to the event loop: messages, and answers whose mailbox holds something.
//!
//! Nobody who writes here ever waits. Messages answer effects, so there are never more than effects under way; events
//! of an answer merge in its own mailbox.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{sync::Notify, time::Instant};

use crate::{
    app::Msg,
    chat::{AnswerId, StreamEvent},
    provider::{Mailbox, Ring},
};

/// The loop's letter box.
#[derive(Debug, Default)]
pub struct Inbox {
    messages: Mutex<Vec<Msg>>,
    answers: Mutex<Vec<(AnswerId, Arc<Mailbox>)>>,
    rung: Arc<Notify>,
    /// Rung besides, for all but text.
    urgent: Arc<Notify>,
    /// When the text was read at its socket that was taken since this was last asked.
    arrivals: Mutex<Vec<Instant>>,
}

impl Inbox {
    /// Leaves a message.
    pub fn post(&self, message: Msg) {
        lock(&self.messages).push(message);
        self.urgent.notify_one();
        self.rung.notify_one();
    }

    /// Opens a mailbox for an answer; its events become `Msg::Stream`.
    pub fn open(&self, answer: AnswerId) -> Arc<Mailbox> {
        let (rung, urgent) = (Arc::clone(&self.rung), Arc::clone(&self.urgent));
        let mailbox = Arc::new(Mailbox::new(move |ring| {
            if ring == Ring::Event {
                urgent.notify_one();
            }
            rung.notify_one();
        }));
        lock(&self.answers).push((answer, Arc::clone(&mailbox)));
        mailbox
    }

    /// Waits until there is something to take.
    pub async fn wait(&self) {
        self.rung.notified().await;
    }

    /// Waits until there may be something besides text.
    pub async fn wait_urgent(&self) {
        self.urgent.notified().await;
    }

    /// Takes everything, messages first. Mailboxes that nobody else holds any more are dropped after their last event.
    pub fn take(&self) -> Vec<Msg> {
        let mut taken = std::mem::take(&mut *lock(&self.messages));
        lock(&self.answers).retain(|(answer, mailbox)| {
            // Looked at before draining: what is pushed in between is found next time.
            let done = Arc::strong_count(mailbox) == 1;
            let events = mailbox.drain();
            if let Some(sent) = mailbox.sent() {
                note(&events, sent, &mut lock(&self.arrivals));
            }
            if !events.is_empty() {
                taken.push(Msg::Stream {
                    answer: *answer,
                    events,
                });
            }
            !done
        });
        taken
    }

    /// When the text that was taken was read at its socket, each read once.
    pub(super) fn arrivals(&self) -> Vec<Instant> {
        std::mem::take(&mut *lock(&self.arrivals))
    }
}

/// Deltas of one read bear the same time.
fn note(events: &[StreamEvent], sent: Instant, arrivals: &mut Vec<Instant>) {
    let mut last = None;
    for event in events {
        if let StreamEvent::Delta(delta) = event
            && last.replace(delta.at) != Some(delta.at)
        {
            arrivals.push(sent + delta.at);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every critical section leaves the list whole, also when its holder panicked.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{IdSource, StreamEvent, Timestamp};

    #[test]
    fn a_mailbox_is_dropped_after_its_last_event() {
        let inbox = Inbox::default();
        let answer = AnswerId::from_uuid(IdSource::new(1).next(Timestamp(1)));
        let mailbox = inbox.open(answer);
        mailbox.push(StreamEvent::Sent { number: 1 });
        mailbox.push(StreamEvent::Sent { number: 2 });
        drop(mailbox);
        let expected = Msg::Stream {
            answer,
            events: vec![
                StreamEvent::Sent { number: 1 },
                StreamEvent::Sent { number: 2 },
            ],
        };
        assert_eq!(inbox.take(), [expected]);
        assert!(lock(&inbox.answers).is_empty());
        assert!(inbox.take().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn text_brings_the_time_of_its_read_once_for_each() {
        use crate::{chat::Delta, metrics::Channel};
        use std::time::Duration;
        let delta = |millis| {
            StreamEvent::Delta(Delta {
                channel: Channel::Content,
                text: "x".to_owned(),
                at: Duration::from_millis(millis),
            })
        };
        let inbox = Inbox::default();
        let answer = AnswerId::from_uuid(IdSource::new(1).next(Timestamp(1)));
        let mailbox = inbox.open(answer);
        mailbox.push(StreamEvent::Sent { number: 1 });
        let sent = Instant::now();
        tokio::time::advance(Duration::from_millis(30)).await;
        for at in [5, 5, 20] {
            mailbox.push(delta(at));
        }
        inbox.take();
        let after = |millis| sent + Duration::from_millis(millis);
        assert_eq!(inbox.arrivals(), [after(5), after(20)]);
        assert!(inbox.arrivals().is_empty());
    }
}
