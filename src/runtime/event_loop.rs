//! The loop: signals first, then keys, then what tasks say, a batch at a time; at most one frame per interval.
//!
//! While a frame is due but its time has not come, only keys and signals wake the loop: a stream of 3,000 events a
//! second then costs one batch a frame. Nothing happens while nothing happens.

use std::{
    future::{pending, poll_fn},
    io,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use crossterm::event::Event;
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, sleep_until};

use super::{
    clock::Clock,
    editor::Visit,
    effects::{Local, Runner},
    inbox::Inbox,
    input::{self, Gate},
    screen::Screen,
    signals::Asked,
    terminal,
};
use crate::{
    app::{self, Input, Model, Msg, Signal},
    ui::{self, Cache},
};

/// The shortest time between two frames.
pub const FRAME: Duration = Duration::from_millis(16);
/// Keys taken in one go; a paste without brackets would otherwise be drawn key by key.
const KEYS_AT_ONCE: usize = 256;

/// The ends of the loop.
#[derive(Debug)]
pub struct Ends<S, I, A> {
    /// Where frames go.
    pub screen: S,
    /// What the terminal says.
    pub input: I,
    /// Holds that back while another program has the terminal.
    pub gate: Gate,
    /// What signals ask for; yields `None` where there are none.
    pub signals: A,
    /// What tasks say.
    pub inbox: Arc<Inbox>,
    /// Carries out effects.
    pub runner: Runner,
    /// The time.
    pub clock: Clock,
}

/// Why the loop ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// The person left.
    Quit,
    /// A signal asked for it.
    Signalled(Signal),
    /// The terminal is gone.
    TerminalGone,
}

/// Runs the workbench until it is left. Whatever the reason, what runs is stopped and what is queued is written.
pub async fn run<S, I, A>(mut ends: Ends<S, I, A>, mut model: Model, mut cache: Cache) -> Left
where
    S: Screen,
    I: Stream<Item = io::Result<Event>> + Unpin,
    A: Stream<Item = Asked> + Unpin,
{
    let left = serve(&mut ends, &mut model, &mut cache)
        .await
        .unwrap_or_else(|error| {
            tracing::warn!(%error, "the terminal is gone");
            Left::TerminalGone
        });
    let signal = match left {
        Left::Quit => None,
        Left::Signalled(signal) => Some(signal),
        Left::TerminalGone => {
            for effect in app::update(&mut model, Msg::Signal(Signal::Hangup)) {
                ends.runner.run(effect, &model);
            }
            Some(Signal::Hangup)
        }
    };
    ends.runner.finish(signal).await;
    left
}

async fn serve<S, I, A>(
    ends: &mut Ends<S, I, A>,
    model: &mut Model,
    cache: &mut Cache,
) -> io::Result<Left>
where
    S: Screen,
    I: Stream<Item = io::Result<Event>> + Unpin,
    A: Stream<Item = Asked> + Unpin,
{
    let mut signals_open = true;
    let mut ended_by = None;
    let mut visit: Option<Visit> = None;
    // The first frame comes before anything else is asked of the world.
    let mut due = Some(Instant::now());
    let mut last_frame: Option<Instant> = None;
    loop {
        let tick = model.next_tick().map(|t| ends.clock.instant(t));
        let wake = match (due, tick) {
            (Some(due), _) => Some(due),
            (None, tick) => tick,
        };
        let mut batch = Vec::new();
        tokio::select! {
            biased;
            asked = ends.signals.next(), if signals_open => match asked {
                // The editor's keys; whether it stops is seen where it is waited for.
                Some(Asked::End(Signal::Interrupt) | Asked::Stop | Asked::Continued)
                    if visit.is_some() => {}
                Some(Asked::End(signal)) => {
                    ended_by = Some(signal);
                    batch.push(Msg::Signal(signal));
                }
                Some(Asked::Stop) => {
                    suspend(ends, &mut due)?;
                    batch.push(Msg::Resumed);
                }
                Some(Asked::Continued) => {
                    // Nobody undid the modes before the stop: entered twice they would be left on once.
                    terminal::leave();
                    terminal::enter()?;
                    ends.screen.forget()?;
                    due = Some(Instant::now());
                }
                Some(Asked::Resized) => batch.push(Msg::Terminal(Input::Resize)),
                None => signals_open = false,
            },
            event = ends.input.next() => match event {
                Some(Ok(event)) => batch.extend(input::convert(event).map(Msg::Terminal)),
                Some(Err(_)) | None => return Ok(Left::TerminalGone),
            },
            edited = end_of(&mut visit, &ends.gate), if visit.is_some() => {
                visit = None;
                terminal::enter()?;
                ends.screen.forget()?;
                ends.gate.open();
                due = Some(Instant::now());
                batch.push(Msg::Edited(edited));
            }
            () = ends.inbox.wait(), if due.is_none() => {}
            () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
                batch.push(Msg::Tick);
            }
        }
        while batch.len() < KEYS_AT_ONCE
            && let Some(Ok(event)) = ready(&mut ends.input).await
        {
            batch.extend(input::convert(event).map(Msg::Terminal));
        }
        batch.extend(ends.inbox.take());
        batch.insert(0, Msg::Clock(ends.clock.now()));
        for msg in batch {
            for effect in app::update(model, msg) {
                match ends.runner.run(effect, model) {
                    None => {}
                    Some(Local::Suspend) => suspend(ends, &mut due)?,
                    Some(Local::Redraw) => ends.screen.forget()?,
                    Some(Local::Write(bytes)) => ends.screen.write(&bytes)?,
                    Some(Local::Mouse(on)) => terminal::capture_mouse(on)?,
                    Some(Local::Edit(job)) => {
                        ends.gate.close()?;
                        visit = Some(Visit::Coming(job));
                    }
                    Some(Local::Quit) => {
                        return Ok(ended_by.map_or(Left::Quit, Left::Signalled));
                    }
                }
            }
        }
        let now = Instant::now();
        let soonest = last_frame.map_or(now, |last| last + FRAME);
        if soonest > now {
            due = Some(soonest);
            continue;
        }
        due = None;
        last_frame = Some(now);
        if visit.is_none() {
            draw(ends, model, cache)?;
        }
    }
}

/// The end of the visit, if there is one.
async fn end_of(visit: &mut Option<Visit>, gate: &Gate) -> Result<String, String> {
    match visit {
        Some(visit) => visit.end(gate).await,
        None => pending().await,
    }
}

/// What the input has right now. Polled with the loop's own waker: a stream that was last polled with another one wakes
/// that one when a key comes, and the loop sleeps on.
async fn ready<I: Stream + Unpin>(input: &mut I) -> Option<I::Item> {
    poll_fn(|context| match input.poll_next_unpin(context) {
        Poll::Ready(item) => Poll::Ready(item),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

fn draw<S: Screen, I, A>(
    ends: &mut Ends<S, I, A>,
    model: &mut Model,
    cache: &mut Cache,
) -> io::Result<()> {
    let mut drawn = None;
    ends.screen
        .draw(|frame| drawn = Some(ui::view(model, cache, frame)))?;
    if let Some(frame) = drawn {
        for effect in app::update(model, Msg::Frame(Box::new(frame))) {
            if let Some(Local::Write(bytes)) = ends.runner.run(effect, model) {
                ends.screen.write(&bytes)?;
            }
        }
    }
    Ok(())
}

fn suspend<S: Screen, I, A>(ends: &mut Ends<S, I, A>, due: &mut Option<Instant>) -> io::Result<()> {
    terminal::suspend()?;
    ends.screen.forget()?;
    *due = Some(Instant::now());
    Ok(())
}
