//! What the terminal says: read on a thread of its own, and turned into the program's own keys.
//!
//! When a terminal goes away, the terminal library reads its end over and over without returning. On a thread of its
//! own that keeps nobody from leaving, and mostly it is not even asked, since the thread looks for the hang-up first.

use std::{io, thread, time::Duration};

use crossterm::event::{self, Event, KeyCode as Code, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::{Stream, stream};
use rustix::event::{PollFd, PollFlags, poll};
use tokio::sync::mpsc;

use crate::{
    app::Input,
    config::{Key, KeyCode},
};

/// Events on their way to the loop; a paste without brackets fills it for a moment.
const QUEUE: usize = 1_024;

/// Starts to read the terminal on standard input. The stream ends when the terminal is gone.
pub fn events() -> io::Result<impl Stream<Item = io::Result<Event>> + Unpin> {
    let (sender, mut receiver) = mpsc::channel(QUEUE);
    thread::Builder::new()
        .name("input".to_owned())
        .spawn(move || read(&sender))?;
    Ok(stream::poll_fn(move |context| receiver.poll_recv(context)))
}

fn read(sender: &mpsc::Sender<io::Result<Event>>) {
    let stdin = io::stdin();
    loop {
        let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
        match poll(&mut fds, None) {
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return,
            Ok(_) => {}
        }
        let [fd] = fds;
        if fd
            .revents()
            .intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL)
        {
            return;
        }
        // With no time at all the library does not look.
        while let Ok(true) = event::poll(Duration::from_millis(1)) {
            if sender.blocking_send(event::read()).is_err() {
                return;
            }
        }
    }
}

/// The program's input for a terminal event, if it means anything.
pub fn convert(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => convert_key(key).map(Input::Key),
        Event::Paste(text) => Some(Input::Paste(text)),
        // A resize is taken from its signal: the event stream forgets one that comes together with a key.
        _ => None,
    }
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
