//! The loop: signals first, then keys, then what tasks say, a batch at a time; at most one frame per interval.
//!
//! While a frame is due but its time has not come, text does not wake the loop: a stream of 3,000 events a second then
//! costs one batch a frame. Nothing happens while nothing happens.

use std::{
    future::{pending, poll_fn},
    io::{self, Write},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use crossterm::event::Event;
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, sleep_until};

use super::{
    clock::Clock,
    editor::Unedited,
    effects::{Local, Runner},
    inbox::Inbox,
    input::{self, InputGate},
    job,
    meter::Meter,
    screen::Screen,
    signals::Asked,
    terminal,
    visit::Visit,
};
use crate::{
    app::{self, Input, Model, Msg, Outcome, Signal},
    faults::{self, Point},
    provider::Deadline,
    ui::{self, Cache},
};

/// The shortest time between two frames.
pub const FRAME: Duration = Duration::from_millis(16);
/// The shortest time between two frames when nothing but text came. Tokens come faster than anybody reads: a third fewer
/// frames cost a third less, and 40 ms between two frames are still not reached when one of them is late. Their timer goes
/// off up to a rest of the network's thread late (`provider::rest`). Everything else is drawn after [`FRAME`], the end of
/// an answer, too.
pub const TEXT_FRAME: Duration = Duration::from_millis(24);
/// From the time for which a frame was planned to its end, as long as the machine has time for us. After a later one the
/// next comes sooner, so that the text does not stand still where others hold us up twice.
const LATE: Duration = Duration::from_millis(8);
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
    pub gate: InputGate,
    /// What signals ask for; yields `None` where there are none.
    pub signals: A,
    /// What tasks say.
    pub inbox: Arc<Inbox>,
    /// Carries out effects.
    pub runner: Runner,
    /// The time.
    pub clock: Clock,
    /// What the thread with the timers must not sleep past.
    pub deadline: Arc<Deadline>,
}

/// Why the loop ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// The person left.
    Quit,
    /// A signal asked for it.
    Signalled(Signal),
    /// Nothing could be saved, for this reason, and that was not to be.
    Unsaved(String),
    /// The terminal is gone.
    TerminalGone,
}

/// What the loop knows from one turn to the next.
#[derive(Debug)]
struct State {
    /// An editor has the terminal, or is about to.
    visit: Option<Visit>,
    signals_open: bool,
    /// What the process was asked to end by.
    ended_by: Option<Signal>,
    /// When the next frame is to be drawn, if one is.
    due: Option<Instant>,
    last_frame: Option<Instant>,
    /// Nothing but streamed text came since then.
    only_text: bool,
    /// The last frame came late or took long: the machine is busy.
    is_late: bool,
    meter: Meter,
}

impl State {
    /// Asks for a frame as soon as there may be one.
    fn redraw(&mut self) {
        self.due = Some(Instant::now());
        self.only_text = false;
    }

    /// True while frames wait for the terminal. An editor's screen is not ours to write to.
    fn is_held<S: Screen, I, A>(&self, ends: &Ends<S, I, A>) -> bool {
        self.visit.is_none() && ends.screen.is_held()
    }

    /// The shortest time from the last frame to the next.
    fn interval(&self) -> Duration {
        if self.only_text && !self.is_late {
            TEXT_FRAME
        } else {
            FRAME
        }
    }
}

/// Runs the workbench until it is left. Whatever the reason, what runs is stopped and what is queued is written.
pub async fn run<S, I, A>(mut ends: Ends<S, I, A>, mut model: Model, mut cache: Cache) -> Left
where
    S: Screen,
    I: Stream<Item = io::Result<Event>> + Unpin,
    A: Stream<Item = Asked> + Unpin,
{
    let mut state = State {
        visit: None,
        signals_open: true,
        ended_by: None,
        // The first frame comes before anything else is asked of the world.
        due: Some(Instant::now()),
        last_frame: None,
        only_text: false,
        is_late: false,
        meter: Meter::default(),
    };
    let left = match serve(&mut ends, &mut state, &mut model, &mut cache).await {
        Ok(Left::Quit) => match model.unsaved.take_if(|_| model.settings.requires_store) {
            Some(reason) => Left::Unsaved(reason),
            None => Left::Quit,
        },
        Ok(left) => left,
        Err(error) => {
            tracing::warn!(%error, "the terminal is gone");
            Left::TerminalGone
        }
    };
    let signal = match left {
        Left::Quit | Left::Unsaved(_) => None,
        Left::Signalled(signal) => Some(signal),
        Left::TerminalGone => {
            for effect in app::update(&mut model, Msg::Signal(Signal::Hangup)) {
                ends.runner.run(effect, &model);
            }
            Some(Signal::Hangup)
        }
    };
    let kept = match state.visit {
        Some(visit) => dismiss(visit, &mut ends, &mut model).await,
        None => None,
    };
    ends.runner.finish(signal).await;
    if let Some(unedited) = kept {
        tell(&unedited);
    }
    left
}

/// Ends the editor, and keeps what it saved as the draft; what cannot be the draft is returned.
async fn dismiss<S, I, A>(
    visit: Visit,
    ends: &mut Ends<S, I, A>,
    model: &mut Model,
) -> Option<Unedited> {
    match visit.dismiss(&ends.gate).await? {
        Ok(text) => {
            for effect in app::update(model, Msg::Edited(Ok(text))) {
                ends.runner.run(effect, model);
            }
            None
        }
        Err(unedited) => unedited.kept.is_some().then_some(unedited),
    }
}

/// The screen is gone, so this is said on standard error, and there may be nobody left to hear it.
fn tell(unedited: &Unedited) {
    let _ = writeln!(io::stderr(), "waferdeck: {unedited}");
}

async fn serve<S, I, A>(
    ends: &mut Ends<S, I, A>,
    state: &mut State,
    model: &mut Model,
    cache: &mut Cache,
) -> io::Result<Left>
where
    S: Screen,
    I: Stream<Item = io::Result<Event>> + Unpin,
    A: Stream<Item = Asked> + Unpin,
{
    loop {
        let tick = model.next_tick().map(|t| ends.clock.instant(t));
        // Frames for text are many, and none of them is late by a few milliseconds for anybody.
        let is_waited_for = !state.only_text && !state.is_held(ends);
        ends.deadline.set(state.due.filter(|_| is_waited_for));
        let Some(mut batch) = wait(ends, state, tick).await? else {
            return Ok(Left::TerminalGone);
        };
        while batch.len() < KEYS_AT_ONCE
            && let Some(Ok(event)) = ready(&mut ends.input).await
        {
            batch.extend(input::convert(event).map(Msg::Terminal));
        }
        batch.extend(ends.inbox.take());
        if batch.is_empty() && state.due.is_none() {
            // The last turn had already taken what the bell was rung for.
            continue;
        }
        // The clock that every batch begins with lets go on what waited for the last frame.
        state.only_text &= batch.iter().all(Msg::is_text) && !model.can_go_on();
        state.meter.took(ends.inbox.arrivals());
        batch.insert(0, Msg::Clock(ends.clock.now()));
        for msg in batch {
            for effect in app::update(model, msg) {
                if let Some(local) = ends.runner.run(effect, model)
                    && let Some(left) = carry_out(local, ends, state)?
                {
                    return Ok(left);
                }
            }
        }
        let now = Instant::now();
        if state.is_held(ends) {
            // The next frame is of what there is to see by then.
            state.due = Some(now);
            state.only_text = false;
            state.meter.pass_over();
            continue;
        }
        let soonest = state.last_frame.map_or(now, |last| last + state.interval());
        if soonest > now {
            state.due = Some(soonest);
            continue;
        }
        let due = state.due.take().unwrap_or(now);
        state.last_frame = Some(now);
        if state.visit.is_none() {
            // While an answer streams, the clock brings another frame soon: what is late stays so for a moment.
            if state.only_text && model.live().next().is_some() {
                cache.only_text_came();
            }
            draw(ends, model, cache)?;
            state.only_text = true;
            state.is_late = due.elapsed() > LATE;
            tracing::trace!(
                took = ?now.elapsed(),
                late = state.is_late,
                "drawn"
            );
            let is_last = model.live().next().is_none();
            if let Some(frames) = state.meter.drawn(now, is_last) {
                app::update(model, Msg::Measured(frames));
            }
        } else {
            state.meter.pass_over();
        }
    }
}

/// Waits until something happens; `None` when the terminal is gone.
async fn wait<S, I, A>(
    ends: &mut Ends<S, I, A>,
    state: &mut State,
    tick: Option<Instant>,
) -> io::Result<Option<Vec<Msg>>>
where
    S: Screen,
    I: Stream<Item = io::Result<Event>> + Unpin,
    A: Stream<Item = Asked> + Unpin,
{
    let is_held = state.is_held(ends);
    let wake = match tick {
        // What is due now stays so until a frame has shown it.
        Some(tick) if is_held => Some(tick.max(Instant::now() + FRAME)),
        tick if is_held => tick,
        tick => state.due.or(tick),
    };
    let mut batch = Vec::new();
    tokio::select! {
        biased;
        asked = ends.signals.next(), if state.signals_open => match asked {
            Some(asked) => batch.extend(heed(asked, ends, state)?),
            None => state.signals_open = false,
        },
        event = ends.input.next() => match event {
            Some(Ok(event)) => batch.extend(input::convert(event).map(Msg::Terminal)),
            Some(Err(_)) | None => return Ok(None),
        },
        edited = end_of(&mut state.visit, &ends.gate), if state.visit.is_some() => {
            welcome_back(ends, state)?;
            if let Err(Unedited { kept: Some(path), .. }) = &edited {
                // The notice goes after a while.
                tracing::warn!(path = %path.display(), "an edit that is no draft was kept");
            }
            batch.push(Msg::Edited(edited.map_err(|unedited| unedited.to_string())));
        }
        gone_on = ends.screen.go_on(), if is_held => gone_on?,
        () = ends.inbox.wait(), if state.due.is_none() => {}
        () = ends.inbox.wait_urgent(), if is_held || (state.due.is_some() && state.only_text) => {}
        () = sleep_until(wake.unwrap_or_else(Instant::now)), if wake.is_some() => {
            batch.push(Msg::Tick);
        }
    }
    Ok(Some(batch))
}

/// Does what a signal asks for, or says what is to be told of it.
fn heed<S: Screen, I, A>(
    asked: Asked,
    ends: &mut Ends<S, I, A>,
    state: &mut State,
) -> io::Result<Option<Msg>> {
    let is_visited = state.visit.is_some();
    Ok(match asked {
        // The editor's keys; whether it stops is seen where it is waited for.
        Asked::End(Signal::Interrupt | Signal::Quit) | Asked::Stop | Asked::Continued
            if is_visited =>
        {
            None
        }
        Asked::End(signal) => {
            state.ended_by = Some(signal);
            Some(Msg::Signal(signal))
        }
        Asked::Stop => {
            suspend(ends, state)?;
            Some(Msg::Resumed)
        }
        Asked::Continued => {
            // Sent to the background it stops again, unless what ends it came as well: that is heard first.
            if job::is_in_background() {
                job::stop()?;
            }
            take_back(ends, state)?;
            None
        }
        Asked::Resized => Some(Msg::Terminal(Input::Resize)),
        Asked::Reload => Some(Msg::Reload),
    })
}

/// Does what only the owner of the terminal can do; says when the loop is to be left.
fn carry_out<S: Screen, I, A>(
    local: Local,
    ends: &mut Ends<S, I, A>,
    state: &mut State,
) -> io::Result<Option<Left>> {
    match local {
        Local::Suspend => suspend(ends, state)?,
        Local::Redraw => ends.screen.forget()?,
        Local::Write(bytes) => match &mut state.visit {
            Some(visit) => visit.hold(&bytes),
            None => ends.screen.write(&bytes)?,
        },
        Local::Mouse(on) => ends.screen.write(terminal::capture_mouse(on))?,
        Local::Edit(job) => {
            ends.gate.close()?;
            state.visit = Some(Visit::new(job));
        }
        Local::Quit => return Ok(Some(state.ended_by.map_or(Left::Quit, Left::Signalled))),
    }
    Ok(None)
}

/// The end of the visit, if there is one.
async fn end_of(visit: &mut Option<Visit>, gate: &InputGate) -> Result<String, Unedited> {
    match visit {
        Some(visit) => visit.end(gate).await,
        None => pending().await,
    }
}

/// Takes the terminal again after a visit.
fn welcome_back<S: Screen, I, A>(ends: &mut Ends<S, I, A>, state: &mut State) -> io::Result<()> {
    let held = state.visit.take().map(Visit::into_held).unwrap_or_default();
    take_terminal(ends, state)?;
    if !held.is_empty() {
        ends.screen.write(&held)?;
    }
    ends.gate.open();
    Ok(())
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
    faults::panic_point(Point::Draw);
    let mut drawn = None;
    ends.screen.draw(|buffer| {
        let (map, marks) = ui::view(model, cache, buffer);
        drawn = Some(map);
        marks
    })?;
    if let Some(frame) = drawn {
        for effect in app::update(model, Msg::Frame(Box::new(frame))) {
            if let Some(Local::Write(bytes)) = ends.runner.run(effect, model) {
                ends.screen.write(&bytes)?;
            }
        }
    }
    Ok(())
}

fn suspend<S: Screen, I, A>(ends: &mut Ends<S, I, A>, state: &mut State) -> io::Result<()> {
    if !job::has_shell() {
        let sentence = "there is no shell to go back to, so nothing was suspended";
        ends.inbox
            .post(Msg::Done(Outcome::Failed(sentence.to_owned())));
        return Ok(());
    }
    terminal::leave();
    job::stop()?;
    take_back(ends, state)
}

/// Has the terminal again after a stop, unless the program goes on in the background: then it is told again.
fn take_back<S: Screen, I, A>(ends: &mut Ends<S, I, A>, state: &mut State) -> io::Result<()> {
    if job::is_in_background() {
        return Ok(());
    }
    // Who stopped us may have left the modes on: entered twice they would be left on once.
    terminal::leave();
    take_terminal(ends, state)
}

/// Has the terminal again after somebody else: what is on it is not known.
fn take_terminal<S: Screen, I, A>(ends: &mut Ends<S, I, A>, state: &mut State) -> io::Result<()> {
    ends.screen.let_go()?;
    terminal::enter(|bytes| ends.screen.write(bytes))?;
    state.redraw();
    Ok(())
}
