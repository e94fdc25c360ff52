//! Follows one answer from its events to its end and has it counted. It holds arrivals and no text.
//!
//! The task that reads the answer hands it every event; a chunk costs a few additions, everything else is done once.

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    Inner, lock,
    record::{Finished, Gaps},
    span::Request,
    subject::{Labels, Subject},
};
use crate::{
    chat::{Budget, Delta, End, Held, StreamEvent, Timestamp, Wait},
    metrics::{Arrival, Summary, Timeline},
};

/// What is known of an answer before it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Asked {
    /// It comes as a stream.
    pub stream: bool,
    /// How long it may take.
    pub budget: Option<Budget>,
    /// Upper bound of its tokens; 0 for none.
    pub max_tokens: u32,
}

/// Takes note of one answer; without telemetry of nothing.
#[derive(Default)]
pub struct Watch(Option<Box<Live>>);

struct Live {
    inner: Arc<Inner>,
    labels: Labels,
    asked: Asked,
    /// When it was asked for.
    began: Timestamp,
    timeline: Timeline,
    gaps: Gaps,
    last: Option<Duration>,
    held: Option<(Held, Instant)>,
    in_flight: bool,
    retries: u32,
}

impl Watch {
    pub(super) fn new(inner: Arc<Inner>, subject: Subject, asked: Asked) -> Self {
        let labels = lock(&inner.registry).asked(subject, asked.budget);
        Self(Some(Box::new(Live {
            labels,
            asked,
            began: (inner.wall)(),
            timeline: Timeline::default(),
            gaps: Gaps::new(),
            last: None,
            held: None,
            in_flight: false,
            retries: 0,
            inner,
        })))
    }

    /// Takes an event of the answer. After its end there is nothing more to note.
    pub fn event(&mut self, event: &StreamEvent) {
        let Some(live) = &mut self.0 else { return };
        match event {
            StreamEvent::Delta(delta) => live.delta(delta),
            StreamEvent::Queued(Wait { held, .. }) => live.queued(*held),
            StreamEvent::Sent { .. } => {
                live.release();
                live.fly(true);
            }
            StreamEvent::Step(_)
            | StreamEvent::Accepted { .. }
            | StreamEvent::Alive { .. }
            | StreamEvent::Quota(_)
            | StreamEvent::FellBack(_) => {}
            StreamEvent::Retry { attempt, .. } => {
                live.fly(false);
                live.retries += 1;
                lock(&live.inner.registry).retried(&live.labels, attempt);
            }
            StreamEvent::End(end) => {
                live.end(end);
                self.0 = None;
            }
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.0.as_ref().map(|live| &live.labels);
        f.debug_tuple("Watch").field(&labels).finish()
    }
}

impl Live {
    fn delta(&mut self, delta: &Delta) {
        if delta.text.is_empty() {
            return;
        }
        if let Some(last) = self.last.replace(delta.at) {
            self.gaps.add(delta.at.saturating_sub(last));
        }
        let arrival = Arrival::new(delta.channel, delta.text.len(), delta.at);
        self.timeline.push(arrival);
    }

    /// The same reason may be said again with another time; another reason begins another wait.
    fn queued(&mut self, held: Held) {
        let same = |(before, _): &(Held, Instant)| {
            std::mem::discriminant(before) == std::mem::discriminant(&held)
        };
        if !self.held.as_ref().is_some_and(same) {
            self.release();
            self.held = Some((held, Instant::now()));
        }
    }

    fn release(&mut self) {
        if let Some((held, since)) = self.held.take() {
            lock(&self.inner.registry).held(&self.labels, held, since.elapsed());
        }
    }

    fn fly(&mut self, is_up: bool) {
        if std::mem::replace(&mut self.in_flight, is_up) != is_up {
            let more = if is_up { 1 } else { -1 };
            lock(&self.inner.registry).in_flight(&self.labels, more);
        }
    }

    fn end(&mut self, end: &End) {
        self.release();
        // Nothing was sent, so nothing was measured.
        let e2e = Some(end.e2e).filter(|t| !t.is_zero());
        let figures = Summary::new(&self.timeline, &end.deltas, &end.usage, &end.server, e2e);
        lock(&self.inner.registry).finished(
            &self.labels,
            &Finished {
                figures: &figures,
                end,
                gaps: self.asked.stream.then_some(&self.gaps),
                budget: self.asked.budget,
            },
        );
        if let Some(spans) = &self.inner.spans {
            lock(spans).push(&Request {
                labels: &self.labels,
                asked: self.asked,
                began: self.began,
                ended: (self.inner.wall)(),
                figures: &figures,
                end,
                retries: self.retries,
            });
        }
    }
}

/// A request that is dropped is not in flight any more, whether or not it had an end.
impl Drop for Live {
    fn drop(&mut self) {
        self.fly(false);
    }
}
