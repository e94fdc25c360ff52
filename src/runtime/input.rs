//! What the terminal says: read on a thread of its own, and turned into the program's own keys.
//!
//! When a terminal goes away, the terminal library reads its end over and over without returning. On a thread of its
//! own that keeps nobody from leaving, and mostly it is not even asked, since the thread looks for the hang-up first.
//! Holding that thread back is `gate`'s.

mod gate;

use std::{io, sync::Arc, thread, time::Duration};

use crossterm::event::{
    self, Event, KeyCode as Code, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};
use futures_util::{Stream, stream};
use ratatui::layout::Position;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::sync::mpsc;

pub use gate::InputGate;
use gate::Keeper;

use super::{inbox::Inbox, replies::Replies};
use crate::{
    app::{Input, Msg, Pointer},
    config::{Key, KeyCode},
};

/// Events on their way to the loop; a paste without brackets fills it for a moment.
const QUEUE: usize = 1_024;

/// How long the beginning of what may be a reply of the terminal is held back, for the rest of it to come. It delays one
/// key that nobody binds.
const HOLD: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 50_000_000,
};

/// Starts to read the terminal on standard input. The stream ends when the terminal is gone; closing the gate stops the
/// reading; what the terminal replies goes to `inbox`.
pub fn events(
    inbox: Arc<Inbox>,
) -> io::Result<(impl Stream<Item = io::Result<Event>> + Unpin, InputGate)> {
    let (sender, mut receiver) = mpsc::channel(QUEUE);
    let (gate, keeper) = gate::gate()?;
    thread::Builder::new()
        .name("input".to_owned())
        .spawn(move || read(&sender, keeper, &inbox))?;
    let events = stream::poll_fn(move |context| receiver.poll_recv(context));
    Ok((events, gate))
}

fn read(sender: &mpsc::Sender<io::Result<Event>>, mut keeper: Keeper, inbox: &Inbox) {
    let stdin = io::stdin();
    let mut replies = Replies::default();
    loop {
        let mut fds = [
            PollFd::new(&stdin, PollFlags::IN),
            PollFd::new(keeper.bell(), PollFlags::IN),
        ];
        let longest = replies.is_begun().then_some(&HOLD);
        match poll(&mut fds, longest) {
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return,
            Ok(0) => {
                if !pass(replies.give_up(), sender) {
                    return;
                }
                continue;
            }
            Ok(_) => {}
        }
        let [fd, bell] = fds.map(|fd| fd.revents());
        if fd.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return;
        }
        // Before the keys: those that are there already are for the program that comes.
        if !bell.is_empty() {
            if keeper.answer().is_err() {
                return;
            }
            continue;
        }
        // With no time at all the library does not look.
        while let Ok(true) = event::poll(Duration::from_millis(1)) {
            let events = match event::read() {
                Ok(event) => {
                    let taken = replies.take(event);
                    if let Some(background) = taken.background {
                        inbox.post(Msg::Background(background));
                    }
                    taken.events
                }
                Err(error) => {
                    // Nobody listens only while the loop ends.
                    let _ = sender.blocking_send(Err(error));
                    return;
                }
            };
            if !pass(events, sender) {
                return;
            }
        }
    }
}

/// Passes events on to the loop; false when it is gone.
fn pass(events: Vec<Event>, sender: &mpsc::Sender<io::Result<Event>>) -> bool {
    events
        .into_iter()
        .all(|event| sender.blocking_send(Ok(event)).is_ok())
}

/// The program's input for a terminal event, if it means anything.
pub fn convert(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => convert_key(key).map(Input::Key),
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Mouse(event) => convert_mouse(event),
        // A resize is taken from its signal: the event stream forgets one that comes together with a key.
        _ => None,
    }
}

fn convert_mouse(event: MouseEvent) -> Option<Input> {
    let what = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => Pointer::Click,
        MouseEventKind::ScrollUp => Pointer::WheelUp,
        MouseEventKind::ScrollDown => Pointer::WheelDown,
        _ => return None,
    };
    Some(Input::Mouse(what, Position::new(event.column, event.row)))
}

fn convert_key(event: KeyEvent) -> Option<Key> {
    let mut shift = event.modifiers.contains(KeyModifiers::SHIFT);
    let code = match event.code {
        Code::Char(c) => KeyCode::Char(c),
        Code::F(n) => KeyCode::F(n),
        Code::Enter => KeyCode::Enter,
        Code::Esc => KeyCode::Esc,
        Code::Tab => KeyCode::Tab,
        Code::BackTab => {
            shift = true;
            KeyCode::Tab
        }
        Code::Backspace => KeyCode::Backspace,
        Code::Delete => KeyCode::Delete,
        Code::Insert => KeyCode::Insert,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        _ => return None,
    };
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let alt = event.modifiers.contains(KeyModifiers::ALT);
    Some(Key::new(code, ctrl, alt, shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_out_in_their_one_form() {
        let check = |code, modifiers, name: &str| {
            let event = Event::Key(KeyEvent::new(code, modifiers));
            assert_eq!(
                convert(event),
                Some(Input::Key(Key::parse(name).unwrap())),
                "{name}"
            );
        };
        check(Code::Char('G'), KeyModifiers::SHIFT, "G");
        check(Code::Char('p'), KeyModifiers::CONTROL, "ctrl-p");
        check(Code::Enter, KeyModifiers::ALT, "alt-enter");
        check(Code::BackTab, KeyModifiers::SHIFT, "shift-tab");
    }

    #[test]
    fn releases_mean_nothing() {
        let mut event = KeyEvent::new(Code::Char('a'), KeyModifiers::NONE);
        event.kind = KeyEventKind::Release;
        assert_eq!(convert(Event::Key(event)), None);
    }
}
