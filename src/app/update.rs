//! Takes one message, changes the model, and says what is to be done in the world.
//!
//! The dispatcher is here; what each message means stands in the rooms below.

mod alerts;
mod attach;
mod clipboard;
mod code;
mod composer;
mod connect;
mod continuing;
mod deck;
mod find;
mod inspect;
mod keys;
mod lines;
mod mocking;
mod models;
mod mouse;
mod overlay;
mod pane;
mod queue;
mod quota;
mod reload;
mod select;
mod session;
mod shelf;
mod sidebar;
mod theme;
mod transcript;
mod turn;
mod variant;

use std::time::Duration;

use crate::text::hide_known;

use super::{Definitions, Effect, FrameMap, Input, Model, Msg, Now, Outcome, Overlay, Tone};

/// How long after a change of the arrangement it is written; changes in between are one record.
const LAYOUT_DELAY: Duration = Duration::from_secs(1);

/// Carries out one message.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut effects = take(model, msg);
    // Whatever changed a conversation: what is looked for is looked for in all of it.
    find::follow(model);
    select::hold(model);
    effects.extend(inspect::look_again(model));
    effects
}

fn take(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Clock(now) => clock(model, now),
        // Typed on the way to the editor, and meant for it.
        Msg::Terminal(_) if model.outside.is_some() => Vec::new(),
        Msg::Terminal(input) => typed(model, input),
        // The next frame shows what has changed.
        Msg::Tick | Msg::Resumed | Msg::WorkDone => Vec::new(),
        Msg::Frame(frame) => framed(model, *frame),
        Msg::Measured(frames) => {
            model.frames = frames;
            Vec::new()
        }
        Msg::Stream { answer, events } => turn::stream(model, answer, events),
        Msg::Saved { answers } => turn::send_saved(model, &answers),
        Msg::SaveFailed { answers, reason } => turn::send_unsaved(model, &answers, reason),
        Msg::SavedElsewhere(result) => session::saved_elsewhere(model, result),
        Msg::StoreTrouble(reason) => store_trouble(model, reason),
        Msg::NoStore(reason) => {
            model.no_store = true;
            store_trouble(model, Some(reason))
        }
        Msg::Catalogue { profile, result } => models::catalogue(model, profile, result),
        Msg::KeyPlaces { profile, places } => connect::places(model, &profile, places),
        Msg::KeyTried {
            number,
            profile,
            result,
        } => connect::tried(model, number, &profile, result),
        Msg::KnownKeys(prints) => {
            model.title = hide_known(&model.title, &prints);
            model.known_keys = prints;
            Vec::new()
        }
        Msg::Sessions(sessions) => shelf::list(model, sessions),
        Msg::Preview { id, result } => shelf::preview(model, id, result),
        Msg::Shelf { id, deed, result } => shelf::done(model, id, deed, result),
        Msg::Decks(decks) => deck::list(model, decks),
        Msg::DeckSaved { name, result } => deck::saved(model, &name, result),
        Msg::Opened {
            session,
            draft,
            complaints,
        } => session::opened(model, *session, draft, complaints),
        Msg::OpenFailed(reason) => {
            model.opening = None;
            say(model, Tone::Error, reason)
        }
        Msg::Background(background) => theme::background(model, background),
        Msg::Done(Outcome::Done(sentence)) => say(model, Tone::Info, sentence),
        Msg::Done(Outcome::Failed(sentence)) => say(model, Tone::Error, sentence),
        Msg::Done(Outcome::Odd(sentence)) => {
            reload::tell_odd(model, sentence);
            Vec::new()
        }
        Msg::Exchange { answer, exchange } => inspect::take(model, answer, exchange.as_deref()),
        Msg::NoHelper { what, text } => vec![Effect::CopyByTerminal { what, text }],
        Msg::FileSaved(result) => clipboard::saved(model, result),
        Msg::Edited(result) => composer::edited(model, result),
        Msg::Signal(_) => session::end(model),
        Msg::Reload => reload::ask(model),
        Msg::Reloaded(result) => reload::take(model, result),
    }
}

fn typed(model: &mut Model, input: Input) -> Vec<Effect> {
    if let Some(select) = select::queue(model).filter(|_| input != Input::Resize) {
        select.wait(input);
        return Vec::new();
    }
    match input {
        Input::Key(key) => keys::press(model, key),
        Input::Paste(text) => composer::paste(model, &text),
        Input::Mouse(what, at) => mouse::act(model, what, at),
        // A window that shrank and grew back between two frames has lost text, and its size tells nothing of it.
        Input::Resize => vec![Effect::Redraw],
    }
}

fn clock(model: &mut Model, now: Now) -> Vec<Effect> {
    model.now = now;
    model.read_on();
    model.notices.retain(|n| n.until > now.mono);
    alerts::look(model);
    model.quit_armed = model.quit_armed.filter(|&until| until > now.mono);
    let mut effects = select::go_on(model);
    if model.layout_due.is_some_and(|due| due <= now.mono) {
        model.layout_due = None;
        effects.extend(session::keep_layout(model));
    }
    effects
}

/// Takes over the places that the view found, so that scrolling goes on from what is seen.
fn framed(model: &mut Model, frame: FrameMap) -> Vec<Effect> {
    for (pane, drawn) in model.panes.iter_mut().zip(&frame.panes) {
        if let Some(top) = drawn.top {
            pane.scroll = pane.scroll.resolved(top, drawn.at_tail);
        }
        pane.seen = drawn.last.or(pane.seen);
    }
    if let Some(Overlay::Help { top } | Overlay::Definitions(Definitions { top, .. })) =
        model.overlays.last_mut()
    {
        *top = frame.help_end.min(*top);
    }
    // Places are resolved also where the picture is the one before: a scroll beyond the end moved nothing, and must
    // not count.
    if model.frame != frame {
        model.frame = frame;
        model.layout_changed();
    }
    select::framed(model);
    // Not before the first picture: a terminal far away takes its time.
    theme::ask(model)
}

fn store_trouble(model: &mut Model, reason: Option<String>) -> Vec<Effect> {
    if reason.is_none() && model.unsaved.is_some() {
        model.notify(Tone::Info, "the transcript is being saved again");
    }
    model.unsaved = reason;
    session::stop_unsaved(model).unwrap_or_default()
}

fn say(model: &mut Model, tone: Tone, sentence: String) -> Vec<Effect> {
    model.notify(tone, sentence);
    Vec::new()
}

impl Model {
    /// Notes that the arrangement should be written soon.
    fn layout_changed(&mut self) {
        let due = self.now.mono.saturating_add(LAYOUT_DELAY);
        if !self.kept.is_empty() {
            self.layout_due.get_or_insert(due);
        }
    }
}

#[cfg(test)]
mod tests;
