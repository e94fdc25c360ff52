//! Turns what the terminal library reports into the program's own keys.
//!
//! Key releases and mouse events are dropped here.

use crossterm::event::{Event, KeyCode as Code, KeyEvent, KeyEventKind, KeyModifiers};

use crate::{
    app::Input,
    config::{Key, KeyCode},
};

/// The program's input for a terminal event, if it means anything.
pub fn convert(event: Event) -> Option<Input> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => convert_key(key).map(Input::Key),
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Resize(..) => Some(Input::Resize),
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
