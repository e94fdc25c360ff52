//! One request of a load test: what its events come to.
//!
//! TTFT and E2E count from the sending of the attempt that counts, as everywhere. What passed between the moment the
//! request was due and that sending (our own lateness, a quota, failed attempts) is a figure of its own, the delay.

use std::time::Duration;

use crate::chat::{Connection, EndState, FailureKind, StreamEvent};
use crate::metrics::{Arrival, Deltas, Missing, Reading, ServerTime, Summary, Timeline, Usage};

/// Too many requests.
const REFUSED: u16 = 429;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// With an answer, to its end or to its token limit.
    Answered,
    /// With an error, after the last attempt.
    Failed(FailureKind),
    /// Nobody waited for its end.
    Stopped,
}

/// What one request came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// From the moment it was due to the sending of the attempt that counts; `None` if it never went out.
    pub delay: Option<Duration>,
    /// The figures of the attempt that counts.
    pub summary: Summary,
    /// Bytes of its text.
    pub bytes: u64,
    /// Attempts after the first.
    pub retries: u64,
    /// Attempts that were refused with 429.
    pub refused: u64,
    /// It opened a connection.
    pub opened: bool,
    /// How it ended.
    pub outcome: Outcome,
}

impl Sample {
    /// A request that ended before it began.
    pub fn lost(outcome: Outcome) -> Self {
        Self {
            delay: None,
            summary: Summary::new(
                &Timeline::default(),
                &Deltas::default(),
                &Usage::default(),
                &ServerTime::default(),
                None,
            ),
            bytes: 0,
            retries: 0,
            refused: 0,
            opened: false,
            outcome,
        }
    }

    /// TTFT from the moment it was due.
    pub fn ttft_corrected(&self) -> Reading<Duration> {
        self.corrected(self.summary.ttft)
    }

    /// E2E from the moment it was due.
    pub fn e2e_corrected(&self) -> Reading<Duration> {
        self.corrected(self.summary.e2e)
    }

    fn corrected(&self, service: Reading<Duration>) -> Reading<Duration> {
        let delay = self.delay.ok_or(Missing::NoText)?;
        service.map(|time| time.saturating_add(delay))
    }
}

/// Takes the events of a request as they come; keeps no text.
#[derive(Debug, Default)]
pub struct Recorder {
    timeline: Timeline,
    delay: Option<Duration>,
    retries: u64,
    refused: u64,
}

impl Recorder {
    /// Takes an event that came so long after the request was due. The end gives the sample.
    pub fn take(&mut self, event: StreamEvent, since_due: Duration) -> Option<Sample> {
        match event {
            StreamEvent::Queued(_)
            | StreamEvent::Step(_)
            | StreamEvent::Accepted { .. }
            | StreamEvent::Alive { .. }
            | StreamEvent::Quota(_)
            | StreamEvent::FellBack(_) => None,
            StreamEvent::Sent { .. } => {
                self.timeline = Timeline::default();
                self.delay = Some(since_due);
                None
            }
            StreamEvent::Delta(delta) => {
                let arrival = Arrival::new(delta.channel, delta.text.len(), delta.at);
                self.timeline.push(arrival);
                None
            }
            StreamEvent::Retry { attempt, .. } => {
                self.retries += 1;
                self.refused += u64::from(attempt.status == Some(REFUSED));
                None
            }
            StreamEvent::End(end) => {
                let last = end.state.failure().and_then(|failure| failure.status);
                // Nothing was sent, so nothing was measured.
                let e2e = self.delay.map(|_| end.e2e);
                Some(Sample {
                    delay: self.delay,
                    summary: Summary::new(
                        &self.timeline,
                        &end.deltas,
                        &end.usage,
                        &end.server,
                        e2e,
                    ),
                    bytes: self.timeline.bytes(),
                    retries: self.retries,
                    refused: self.refused + u64::from(last == Some(REFUSED)),
                    opened: end.connection == Some(Connection::New),
                    outcome: outcome(&end.state),
                })
            }
        }
    }
}

fn outcome(state: &EndState) -> Outcome {
    match state {
        EndState::Complete | EndState::AtLimit => Outcome::Answered,
        EndState::Damaged(_) => Outcome::Failed(FailureKind::Malformed),
        EndState::Stopped => Outcome::Stopped,
        EndState::CutShort(failure) | EndState::Failed(failure) | EndState::Skipped(failure) => {
            Outcome::Failed(failure.kind)
        }
    }
}
