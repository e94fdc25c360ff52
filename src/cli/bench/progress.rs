//! What a person sees while a level runs, as a value; and the way to them: a painter for a terminal, else plain lines.
//!
//! The painter has a thread of its own, so that a terminal that takes nothing holds nothing back.

use std::{mem, time::Duration};

use tokio::{sync::watch, task::JoinHandle, time::timeout};

use super::{super::Out, painter};
use crate::{
    bench::{Extent, LevelTally},
    ui::format,
};

/// A terminal is painted this often.
const FRAME: Duration = Duration::from_millis(250);
/// Without a terminal a line is written this often.
const LINE: Duration = Duration::from_secs(10);
/// How long the end waits for a terminal.
const CLOSING: Duration = Duration::from_secs(1);
/// Points of the speed's course that are kept: more than a row has columns.
const COURSE: usize = 240;
/// A speed over less says nothing.
const SHORTEST: Duration = Duration::from_millis(100);

/// A level that runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Live {
    /// Variant and cache.
    pub(super) title: String,
    /// How hard it pushes.
    pub(super) load: String,
    /// Which level of how many.
    pub(super) place: (usize, usize),
    /// Its requests do not count.
    pub(super) is_warmup: bool,
    /// Nothing more is sent.
    pub(super) is_ending: bool,
    /// Requests that have ended.
    pub(super) done: u64,
    /// Requests at most.
    pub(super) most: Option<u64>,
    /// How long requests are begun.
    pub(super) span: Option<Duration>,
    /// Since it began.
    pub(super) elapsed: Duration,
    /// Requests that wait for their end.
    pub(super) under_way: usize,
    /// Tokens a second of all streams, estimated, oldest first.
    pub(super) course: Vec<u64>,
    /// TTFT so far: p50, and p95 as soon as there is one.
    pub(super) ttft: Option<(Duration, Option<Duration>)>,
    /// Requests that failed.
    pub(super) failed: u64,
    /// Attempts after the first.
    pub(super) retries: u64,
    /// Attempts refused with 429.
    pub(super) refused: u64,
    bytes: u64,
    seen: Duration,
}

impl Live {
    /// A level that begins to warm up; so many bytes of text had come before it.
    pub(super) fn new(title: String, load: String, place: (usize, usize), bytes: u64) -> Self {
        Self {
            title,
            load,
            place,
            is_warmup: true,
            bytes,
            ..Self::default()
        }
    }

    /// Requests begin to be sent, until that is enough.
    pub(super) fn begin(&mut self, extent: Extent) {
        (self.most, self.span) = match extent {
            Extent::Requests(most) => (Some(most), None),
            Extent::For(span) => (None, Some(span)),
            Extent::Fitting => (None, None),
        };
        (self.done, self.elapsed, self.seen) = (0, Duration::ZERO, Duration::ZERO);
    }

    /// Takes over how far it has come. `bytes` are those of all text since the start of the run.
    pub(super) fn update(
        &mut self,
        tally: &LevelTally,
        under_way: usize,
        elapsed: Duration,
        bytes: u64,
    ) {
        self.done = tally.ended() + tally.stopped;
        self.under_way = under_way;
        self.elapsed = elapsed;
        let quantiles = tally.figures.ttft.spread.quantiles();
        self.ttft = quantiles.map(|q| (q.p50, q.p95));
        self.failed = tally.failed();
        self.retries = tally.retries;
        self.refused = tally.refused;
        let since = elapsed.saturating_sub(self.seen);
        if since < SHORTEST {
            return;
        }
        self.seen = elapsed;
        let came = bytes.saturating_sub(mem::replace(&mut self.bytes, bytes));
        let tokens = tally.density().fraction_in(came as f64);
        self.course.push(whole(tokens / since.as_secs_f64()));
        let excess = self.course.len().saturating_sub(COURSE);
        self.course.drain(..excess);
    }

    /// How much of it is over, from 0 to 1.
    pub(super) fn ratio(&self) -> f64 {
        let part = match (self.most, self.span) {
            (Some(most), _) => self.done as f64 / most.max(1) as f64,
            (None, Some(span)) => self.elapsed.as_secs_f64() / span.as_secs_f64(),
            (None, None) => 0.0,
        };
        part.clamp(0.0, 1.0)
    }

    /// How long it will take, if it goes on like this.
    pub(super) fn left(&self) -> Option<Duration> {
        if let Some(span) = self.span {
            return Some(span.saturating_sub(self.elapsed));
        }
        let ratio = self.ratio();
        let all = (ratio > 0.0).then(|| self.elapsed.div_f64(ratio))?;
        Some(all.saturating_sub(self.elapsed))
    }

    /// How many of how many have ended, and what is known besides.
    pub(super) fn counts(&self) -> String {
        let done = format::count(self.done);
        let done = match self.most {
            Some(most) => format!("{done} of {}", format::count(most)),
            None => done,
        };
        let mut parts = vec![format!("{done} · {} under way", self.under_way)];
        match self.left() {
            _ if self.is_ending => parts.push("ending".to_owned()),
            Some(left) if !left.is_zero() => {
                parts.push(format!("about {} left", format::time_text(left)));
            }
            _ => {}
        }
        parts.join(" · ")
    }

    /// The last speed of all streams.
    pub(super) fn speed(&self) -> String {
        let speed = self.course.last().copied().unwrap_or_default();
        format!("~{} tok/s all users", format::count(speed))
    }

    /// Latency and trouble so far.
    pub(super) fn figures(&self) -> String {
        let mut parts = Vec::new();
        if let Some((p50, p95)) = self.ttft {
            let p95 = p95.map(|p95| format!(" p95 {}", format::time_text(p95)));
            let p50 = format::time_text(p50);
            parts.push(format!("TTFT p50 {p50}{}", p95.unwrap_or_default()));
        }
        parts.push(format!("failed {}", self.failed));
        parts.push(format!("retries {}", self.retries));
        parts.push(format!("429s {}", self.refused));
        parts.join(" · ")
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive rate; the cast stops at the end of the range"
)]
fn whole(rate: f64) -> u64 {
    rate.round() as u64
}

/// What is on the screen: what is over in a line each, and what runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct View {
    /// Levels that are over.
    pub(super) lines: Vec<String>,
    /// The one that runs.
    pub(super) live: Option<Live>,
}

/// Where progress goes.
pub(super) enum Screen {
    /// To a terminal, which is painted.
    Painted {
        view: watch::Sender<View>,
        painter: JoinHandle<()>,
        _quiet: Option<painter::Quiet>,
    },
    /// To a file or a pipe, in lines.
    Lines,
}

impl Screen {
    /// The screen for a standard error that is a terminal or is not.
    pub(super) fn new(is_terminal: bool, ascii: bool) -> Self {
        if !is_terminal || !painter::can_paint() {
            return Self::Lines;
        }
        let (view, seen) = watch::channel(View::default());
        Self::Painted {
            view,
            painter: painter::start(seen, ascii),
            _quiet: painter::Quiet::enter(),
        }
    }

    /// How often it wants to be shown something.
    pub(super) fn every(&self) -> Duration {
        match self {
            Self::Painted { .. } => FRAME,
            Self::Lines => LINE,
        }
    }

    /// Shows how far a level has come.
    pub(super) fn show(&self, live: &Live, out: &mut Out) {
        match self {
            Self::Painted { view, .. } => {
                view.send_modify(|view| view.live = Some(live.clone()));
            }
            // The first is due at once, when there is nothing to tell.
            Self::Lines if live.elapsed < FRAME => {}
            Self::Lines => out.complain(&format!(
                "{} · {}: {} · {} · {}",
                live.title,
                live.load,
                live.counts(),
                live.speed(),
                live.figures()
            )),
        }
    }

    /// Says something that stays.
    pub(super) fn say(&self, line: String, out: &mut Out) {
        match self {
            Self::Painted { view, .. } => view.send_modify(|view| view.lines.push(line)),
            Self::Lines => out.complain(&line),
        }
    }

    /// Gives the terminal back.
    pub(super) async fn close(self) {
        if let Self::Painted { view, painter, .. } = self {
            drop(view);
            // A terminal that takes nothing is not waited for.
            let _ = timeout(CLOSING, painter).await;
        }
    }
}
