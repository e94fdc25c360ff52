//! Plays a script on a connection: the body of a streamed answer, each event at its deadline, several in one write
//! where several are due. Dropping it, as a client that leaves does, ends the generation at once.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use futures_util::Stream;
use tokio::time::{Instant, Sleep, sleep_until};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::format::{Chunks, Usage};
use super::pace::{Due, Pace};
use super::scenario::{Cut, Insert, Wire, repeats};
use super::script::{Delta, Finish, Script};
use super::socket::Orders;
use super::turn::Running;

/// A body part at most this long (but for one event), so that an unpaced answer is not built up in memory.
const PART: usize = 16 * 1024;
/// Time for the last bytes to leave before the connection is cut.
const BEFORE_CUT: Duration = Duration::from_millis(2);
/// Far enough for "never".
const NEVER: Duration = Duration::from_hours(24 * 365);

/// Everything that one streamed answer needs.
pub(crate) struct Playback {
    pub(crate) script: Script,
    pub(crate) pace: Pace,
    pub(crate) chunks: Chunks,
    pub(crate) wire: Wire,
    pub(crate) orders: Orders,
    pub(crate) running: Running,
    pub(crate) prompt: u64,
    pub(crate) cached: u64,
}

/// The body.
pub(crate) struct Body {
    play: Playback,
    started: Instant,
    next: Next,
    delta: Delta,
    due: Due,
    deltas: u64,
    inserts: Vec<Insert>,
    written: u64,
    timer: Pin<Box<Sleep>>,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
    comment_at: Option<Instant>,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Role,
    Delta,
    End(Finish),
    /// All is written.
    Nothing,
    /// The connection is cut as soon as the timer fires.
    Cut,
}

/// The connection was cut on purpose.
#[derive(Debug, thiserror::Error)]
#[error("connection cut by the scenario")]
pub(crate) struct WasCut;

impl Body {
    pub(crate) fn new(play: Playback, started: Instant) -> Self {
        let mut inserts = play.wire.insert.clone();
        // They are taken from the end: those of one place in the order of the file.
        inserts.reverse();
        inserts.sort_by_key(|i| std::cmp::Reverse(i.after_deltas));
        let (start, comment) = (started + play.pace.start(), play.wire.comment_ms);
        Self {
            due: Due::At(play.pace.start()),
            timer: Box::pin(sleep_until(start)),
            stopped: Box::pin(play.running.stopped()),
            comment_at: comment.map(|ms| started + Duration::from_millis(u64::from(ms))),
            started,
            next: Next::Role,
            delta: Delta::default(),
            deltas: 0,
            inserts,
            written: 0,
            play,
        }
    }

    fn deadline(&self) -> Instant {
        match self.due {
            Due::At(after) => self.started + after,
            Due::Never => self.started + NEVER,
        }
    }

    /// Writes what is due at `now`; false when nothing more is.
    fn advance(&mut self, now: Instant, out: &mut Vec<u8>) -> bool {
        if matches!(self.next, Next::Nothing | Next::Cut) || now < self.deadline() {
            return false;
        }
        match self.next {
            Next::Role => {
                if self.play.wire.bom {
                    out.extend_from_slice("\u{feff}".as_bytes());
                }
                self.play.chunks.role(out);
                self.insert(out);
            }
            Next::Delta => {
                self.play.chunks.delta(out, &self.delta);
                self.deltas += 1;
                self.insert(out);
            }
            Next::End(finish) => {
                let Playback {
                    script,
                    pace,
                    chunks,
                    wire,
                    ..
                } = &self.play;
                let usage =
                    chunks.usage(Usage::of(script, self.play.prompt, self.play.cached), pace);
                chunks.end(out, wire, finish, &usage);
                self.next = Next::Nothing;
            }
            Next::Nothing | Next::Cut => {}
        }
        if self.next != Next::Nothing {
            self.plan();
        }
        true
    }

    /// Takes the next step of the script and finds out when it is due.
    fn plan(&mut self) {
        let before = self.play.script.tokens;
        let finish = self.play.script.step(&mut self.delta);
        let after = self.play.script.tokens;
        let all = self.play.script.counted();
        self.play.running.tokens(all);
        if let Some(finish) = finish {
            self.next = Next::End(finish);
            self.due = match self.play.pace.due(before, all) {
                Due::At(_) if self.play.pace.is_paced() => Due::At(self.play.pace.total(all)),
                due => due,
            };
        } else {
            self.next = Next::Delta;
            self.due = self.play.pace.due(before, after);
        }
    }

    /// Writes what the scenario puts after this many deltas.
    fn insert(&mut self, out: &mut Vec<u8>) {
        while let Some(insert) = self.inserts.pop_if(|i| i.after_deltas <= self.deltas) {
            let bytes = insert.bytes();
            out.extend_from_slice(&bytes.repeat(repeats(insert.repeat, bytes.len())));
            if insert.last {
                self.next = Next::Nothing;
            }
        }
    }

    /// Cuts `out` where the scenario cuts the connection.
    fn cut(&mut self, out: &mut Vec<u8>) {
        let Some(limit) = self.play.wire.cut_after_bytes else {
            return;
        };
        let left = usize::try_from(limit.saturating_sub(self.written)).unwrap_or(usize::MAX);
        if out.len() >= left {
            out.truncate(left);
            self.next = if self.play.wire.cut == Cut::End {
                Next::Nothing
            } else {
                Next::Cut
            };
            self.timer.as_mut().reset(Instant::now() + BEFORE_CUT);
        }
    }

    fn comment(&mut self, now: Instant, out: &mut Vec<u8>) {
        let Some(every) = self.play.wire.comment_ms else {
            return;
        };
        let period = Duration::from_millis(u64::from(every));
        if !out.is_empty() {
            self.comment_at = Some(now + period);
        } else if self.comment_at.is_some_and(|at| at <= now) {
            self.play.chunks.comment(out);
            self.comment_at = Some(now + period);
        }
    }
}

impl Stream for Body {
    type Item = Result<Bytes, WasCut>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.stopped.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(WasCut)));
        }
        loop {
            match this.next {
                Next::Nothing => return Poll::Ready(None),
                Next::Cut => {
                    std::task::ready!(this.timer.as_mut().poll(cx));
                    if this.play.wire.cut == Cut::Reset {
                        this.play.orders.reset();
                    }
                    return Poll::Ready(Some(Err(WasCut)));
                }
                Next::Role | Next::Delta | Next::End(_) => {}
            }
            let now = Instant::now();
            let mut out = Vec::new();
            while out.len() < PART && this.advance(now, &mut out) {}
            this.comment(now, &mut out);
            this.cut(&mut out);
            if !out.is_empty() {
                this.written += out.len() as u64;
                return Poll::Ready(Some(Ok(Bytes::from(out))));
            }
            if matches!(this.next, Next::Nothing | Next::Cut) {
                continue;
            }
            let wake = this
                .comment_at
                .map_or(this.deadline(), |at| at.min(this.deadline()));
            this.timer.as_mut().reset(wake);
            std::task::ready!(this.timer.as_mut().poll(cx));
        }
    }
}
