//! Takes the terminal's replies out of what a person types.
//!
//! The terminal library knows no reply of the form `ESC ] 11 ; rgb:1e1e/1e1e/1e1e ESC \`: it passes the pieces on as
//! Alt-], the characters, and Alt-\ (or Ctrl-G, where the reply ends with BEL). Left alone they would be typed into the
//! prompt, and Ctrl-G would open an editor. A reply comes in one piece, so its pieces follow each other at once; what
//! looks like one is held back until it is whole or turns out to be something else.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::config::Background;

/// What a reply begins with.
const BEGINNING: &str = "11;rgb";
/// From this many characters on nobody types what is held back.
const CERTAIN: usize = 3;
/// Longer than any reply.
const LONGEST: usize = 40;

/// What came of an event.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Taken {
    /// What a person did.
    pub(super) events: Vec<Event>,
    /// What the terminal said.
    pub(super) background: Option<Background>,
}

/// Looks for replies among events.
#[derive(Debug, Default)]
pub(super) struct Replies {
    /// Events that may belong to a reply, its opening first.
    held: Vec<Event>,
    /// The characters among them.
    text: String,
    /// The last event was Esc: cut at this place, the opening comes as Esc and a plain bracket.
    after_esc: bool,
}

impl Replies {
    /// True while events are held back.
    pub(super) fn is_begun(&self) -> bool {
        !self.held.is_empty()
    }

    /// Takes the next event.
    pub(super) fn take(&mut self, event: Event) -> Taken {
        let key = match &event {
            Event::Key(key) if key.kind != KeyEventKind::Release => Some(*key),
            _ => None,
        };
        if !self.is_begun() {
            let opens = key.is_some_and(|key| self.opens(key));
            self.after_esc = key.is_some_and(|key| key.code == KeyCode::Esc);
            if !opens {
                return Taken {
                    events: vec![event],
                    background: None,
                };
            }
            self.held.push(event);
            return Taken::default();
        }
        if key.is_some_and(|key| ends(key, &self.text)) {
            let text = std::mem::take(&mut self.text);
            self.held.clear();
            let colour = text.strip_prefix("11;").unwrap_or_default();
            return Taken {
                events: Vec::new(),
                background: Background::from_reply(colour),
            };
        }
        if let Some(c) = key.and_then(plain)
            && goes_on(&self.text, c)
        {
            self.text.push(c);
            self.held.push(event);
            return Taken::default();
        }
        // Something else comes: it is taken like any other event, behind what turns out to be keys.
        let mut events = self.give_up();
        let after = self.take(event);
        events.extend(after.events);
        Taken {
            events,
            background: after.background,
        }
    }

    /// Stops waiting for the rest: what was held back are keys, unless it can only be a reply that was cut.
    pub(super) fn give_up(&mut self) -> Vec<Event> {
        let held = std::mem::take(&mut self.held);
        let text = std::mem::take(&mut self.text);
        if text.len() >= CERTAIN {
            return Vec::new();
        }
        held
    }

    fn opens(&self, key: KeyEvent) -> bool {
        let is_plain = key.modifiers.is_empty() && self.after_esc;
        key.code == KeyCode::Char(']') && (key.modifiers == KeyModifiers::ALT || is_plain)
    }
}

/// The character of a key that is pressed alone.
fn plain(key: KeyEvent) -> Option<char> {
    match key.code {
        KeyCode::Char(c) if (key.modifiers - KeyModifiers::SHIFT).is_empty() => Some(c),
        _ => None,
    }
}

/// True if a reply that began with `text` may go on with `c`.
fn goes_on(text: &str, c: char) -> bool {
    match BEGINNING.chars().nth(text.chars().count()) {
        Some(expected) => c == expected,
        None => (c.is_ascii_hexdigit() || ":/".contains(c)) && text.len() < LONGEST,
    }
}

fn ends(key: KeyEvent, text: &str) -> bool {
    let is_whole = text.len() > BEGINNING.len();
    let is_st = key.code == KeyCode::Char('\\') && key.modifiers == KeyModifiers::ALT;
    let is_bel = key.code == KeyCode::Char('g') && key.modifiers == KeyModifiers::CONTROL;
    is_whole && (is_st || is_bel)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: char, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(code), modifiers))
    }

    fn typed(text: &str) -> Vec<Event> {
        let shift = |c: char| {
            if c.is_uppercase() {
                KeyModifiers::SHIFT
            } else {
                KeyModifiers::NONE
            }
        };
        text.chars().map(|c| key(c, shift(c))).collect()
    }

    fn opening() -> Event {
        key(']', KeyModifiers::ALT)
    }

    fn st() -> Event {
        key('\\', KeyModifiers::ALT)
    }

    fn bel() -> Event {
        key('g', KeyModifiers::CONTROL)
    }

    fn all(replies: &mut Replies, events: Vec<Event>) -> Taken {
        let mut all = Taken::default();
        for event in events {
            let taken = replies.take(event);
            all.events.extend(taken.events);
            all.background = all.background.or(taken.background);
        }
        all
    }

    fn reply(text: &str, end: Event) -> Vec<Event> {
        let mut events = vec![opening()];
        events.extend(typed(text));
        events.push(end);
        events
    }

    #[test]
    fn a_reply_is_taken_out_however_it_ends() {
        for end in [st(), bel()] {
            for (text, expected) in [
                ("11;rgb:1e1e/1e1e/1e1e", Background::Dark),
                ("11;rgb:FFFF/ffff/FFff", Background::Light),
                ("11;rgba:00/00/00/ff", Background::Dark),
            ] {
                let mut replies = Replies::default();
                let taken = all(&mut replies, reply(text, end.clone()));
                assert_eq!(taken.events, [], "{text}");
                assert_eq!(taken.background, Some(expected), "{text}");
                assert!(!replies.is_begun());
            }
        }
    }

    #[test]
    fn keys_around_a_reply_stay() {
        let mut events = typed("a");
        events.extend(reply("11;rgb:0/0/0", st()));
        events.extend(typed("b"));
        let taken = all(&mut Replies::default(), events);
        assert_eq!(taken.events, typed("ab"));
        assert_eq!(taken.background, Some(Background::Dark));
    }

    #[test]
    fn what_only_begins_like_a_reply_are_keys() {
        let check = |events: Vec<Event>| {
            let mut replies = Replies::default();
            let mut taken = all(&mut replies, events.clone()).events;
            taken.extend(replies.give_up());
            assert_eq!(taken, events);
        };
        check(vec![opening()]);
        check([vec![opening()], typed("1")].concat());
        check([vec![opening()], typed("12")].concat());
        check([vec![opening(), opening()], typed("x")].concat());
        check([vec![opening()], vec![st()]].concat());
        check(vec![Event::Paste("]11;rgb:0/0/0".to_owned())]);
        check(typed("]11;rgb:0/0/0"));
    }

    #[test]
    fn a_reply_that_is_cut_never_becomes_text() {
        let mut replies = Replies::default();
        let events = [vec![opening()], typed("11;rgb:1e")].concat();
        assert_eq!(all(&mut replies, events), Taken::default());
        assert_eq!(replies.give_up(), []);
        // Cut off by a key of the person's own, which stays.
        let events = [vec![opening()], typed("11;rgb:1ex")].concat();
        assert_eq!(all(&mut replies, events).events, typed("x"));
    }

    #[test]
    fn a_reply_that_is_cut_after_its_first_byte_is_known_as_well() {
        let esc = Event::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
        let events = [vec![esc.clone()], typed("]11;rgb:f/f/f"), vec![bel()]].concat();
        let taken = all(&mut Replies::default(), events);
        assert_eq!(taken.events, [esc]);
        assert_eq!(taken.background, Some(Background::Light));
    }
}
