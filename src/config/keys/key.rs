//! A key and a chord of keys, with their text forms: `ctrl-x v`, `alt-enter`, `f1`, `?`, `G`.
//!
//! Only what a terminal can report is told apart: Shift is part of a character, not beside it.

use std::fmt;

/// Which key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are those on the keys")]
pub enum KeyCode {
    /// What the key types.
    Char(char),
    /// A function key, from 1.
    F(u8),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Insert,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
}

/// Names of the keys that type nothing, first the one that is shown, and how hints spell them.
const NAMED: [(&str, &str, KeyCode); 19] = [
    ("enter", "Enter", KeyCode::Enter),
    ("esc", "Esc", KeyCode::Esc),
    ("tab", "Tab", KeyCode::Tab),
    ("backspace", "Backspace", KeyCode::Backspace),
    ("del", "Del", KeyCode::Delete),
    ("ins", "Ins", KeyCode::Insert),
    ("up", "↑", KeyCode::Up),
    ("down", "↓", KeyCode::Down),
    ("left", "←", KeyCode::Left),
    ("right", "→", KeyCode::Right),
    ("home", "Home", KeyCode::Home),
    ("end", "End", KeyCode::End),
    ("pgup", "PgUp", KeyCode::PageUp),
    ("pgdn", "PgDn", KeyCode::PageDown),
    ("space", "Space", KeyCode::Char(' ')),
    ("return", "Enter", KeyCode::Enter),
    ("escape", "Esc", KeyCode::Esc),
    ("delete", "Del", KeyCode::Delete),
    ("insert", "Ins", KeyCode::Insert),
];
/// The highest function key that terminals report.
const MAX_F: u8 = 24;

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    code: KeyCode,
    ctrl: bool,
    alt: bool,
    shift: bool,
}

impl Key {
    /// A key in the one form that equal keys share: Shift with a letter is the capital, Shift with any other
    /// character is already in the character, and with Ctrl letters are small.
    pub fn new(code: KeyCode, ctrl: bool, alt: bool, shift: bool) -> Self {
        let (code, shift) = match code {
            KeyCode::Char(c) if ctrl => {
                let small = single(c.to_lowercase()).unwrap_or(c);
                (KeyCode::Char(small), shift && small.is_alphabetic())
            }
            KeyCode::Char(c) if shift => {
                let capital = single(c.to_uppercase()).unwrap_or(c);
                (KeyCode::Char(capital), false)
            }
            code => (code, shift),
        };
        Self {
            code,
            ctrl,
            alt,
            shift,
        }
    }

    /// A key without modifiers.
    pub fn plain(code: KeyCode) -> Self {
        Self::new(code, false, false, false)
    }

    /// Reads the text form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = text;
        while let Some((modifier, after)) = rest.split_once('-').filter(|(_, a)| !a.is_empty()) {
            match modifier.to_ascii_lowercase().as_str() {
                "ctrl" => ctrl = true,
                "alt" => alt = true,
                "shift" => shift = true,
                _ => break,
            }
            rest = after;
        }
        let code = parse_code(rest).ok_or_else(|| {
            format!(
                "expected a key such as enter, f1, ?, ctrl-p or \"ctrl-x v\", found {}",
                crate::text::SafeText::line(text)
            )
        })?;
        Ok(Self::new(code, ctrl, alt, shift))
    }

    /// Which key.
    pub fn code(self) -> KeyCode {
        self.code
    }

    /// Ctrl is held.
    pub fn ctrl(self) -> bool {
        self.ctrl
    }

    /// Alt is held.
    pub fn alt(self) -> bool {
        self.alt
    }

    /// Shift is held, where it is not in the character already.
    pub fn shift(self) -> bool {
        self.shift
    }

    /// The character that it types, if it types one.
    pub fn text(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// The key that most terminals report in its place: both have been the same byte since the teletype.
    pub fn stand_in(self) -> Option<Self> {
        let code = match self.code {
            KeyCode::Char('i') => KeyCode::Tab,
            KeyCode::Char('m') => KeyCode::Enter,
            KeyCode::Char('[') => KeyCode::Esc,
            // Four control characters are no letters; the terminal library names them so.
            KeyCode::Char('\\') => return self.ctrl_digit('4'),
            KeyCode::Char(']') => return self.ctrl_digit('5'),
            KeyCode::Char('^') => return self.ctrl_digit('6'),
            KeyCode::Char('_' | '/') => return self.ctrl_digit('7'),
            _ => return None,
        };
        (self.ctrl && !self.shift).then(|| Self::new(code, false, self.alt, false))
    }

    fn ctrl_digit(self, digit: char) -> Option<Self> {
        let code = KeyCode::Char(digit);
        self.ctrl.then(|| Self::new(code, true, self.alt, false))
    }

    /// As hints spell it: `Ctrl-P`, `PgUp`, `?`.
    pub fn label(self) -> String {
        let code = match self.code {
            KeyCode::F(n) => format!("F{n}"),
            code => match NAMED.iter().find(|(_, _, c)| *c == code) {
                Some((_, label, _)) => (*label).to_owned(),
                None => match code {
                    // A capital beside Ctrl reads better, and means no Shift there.
                    KeyCode::Char(c) if self.ctrl => c.to_uppercase().to_string(),
                    _ => Self::plain(code).to_string(),
                },
            },
        };
        self.with_modifiers(["Ctrl-", "Alt-", "Shift-"], &code)
    }

    fn with_modifiers(self, names: [&str; 3], code: &str) -> String {
        [self.ctrl, self.alt, self.shift]
            .into_iter()
            .zip(names)
            .filter(|(held, _)| *held)
            .map(|(_, name)| name)
            .chain([code])
            .collect()
    }
}

fn single(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

fn parse_code(text: &str) -> Option<KeyCode> {
    if let Some(c) = single(text.chars()) {
        return (!c.is_control() && !c.is_whitespace()).then_some(KeyCode::Char(c));
    }
    let lower = text.to_ascii_lowercase();
    if let Some((_, _, code)) = NAMED.iter().find(|(name, _, _)| *name == lower) {
        return Some(*code);
    }
    let number: u8 = lower.strip_prefix('f')?.parse().ok()?;
    (1..=MAX_F).contains(&number).then_some(KeyCode::F(number))
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = match self.code {
            KeyCode::F(n) => format!("f{n}"),
            code => match (NAMED.iter().find(|(_, _, c)| *c == code), code) {
                (Some((name, _, _)), _) => (*name).to_owned(),
                (None, KeyCode::Char(c)) => c.to_string(),
                (None, _) => String::new(),
            },
        };
        f.write_str(&self.with_modifiers(["ctrl-", "alt-", "shift-"], &code))
    }
}

/// One key, or two pressed one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chord(Vec<Key>);

/// A third key would be more than anybody remembers.
const MOST_KEYS: usize = 2;

impl Chord {
    /// `first`, then `second`.
    pub fn pair(first: Key, second: Key) -> Self {
        Self(vec![first, second])
    }

    /// Reads keys apart by blanks.
    pub fn parse(text: &str) -> Result<Self, String> {
        let keys: Vec<Key> = text
            .split_whitespace()
            .map(Key::parse)
            .collect::<Result<_, _>>()?;
        match keys.len() {
            0 => Err("expected a key, found nothing; [] unbinds".to_owned()),
            1..=MOST_KEYS => Ok(Self(keys)),
            n => Err(format!("expected at most {MOST_KEYS} keys, found {n}")),
        }
    }

    /// Its keys, one or two.
    pub fn keys(&self) -> &[Key] {
        &self.0
    }

    /// As hints spell it: `Ctrl-X v`.
    pub fn label(&self) -> String {
        let labels: Vec<_> = self.0.iter().map(|key| key.label()).collect();
        labels.join(" ")
    }
}

impl From<Key> for Chord {
    fn from(key: Key) -> Self {
        Self(vec![key])
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<_> = self.0.iter().map(Key::to_string).collect();
        f.write_str(&keys.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_forms() {
        use KeyCode::{Char, Enter, F, PageUp, Tab};
        for (text, code, ctrl, alt, shift, shown, label) in [
            ("ctrl-x", Char('x'), true, false, false, "ctrl-x", "Ctrl-X"),
            ("Ctrl-X", Char('x'), true, false, false, "ctrl-x", "Ctrl-X"),
            (
                "ctrl-shift-x",
                Char('x'),
                true,
                false,
                true,
                "ctrl-shift-x",
                "Ctrl-Shift-X",
            ),
            (
                "alt-enter",
                Enter,
                false,
                true,
                false,
                "alt-enter",
                "Alt-Enter",
            ),
            (
                "shift-tab",
                Tab,
                false,
                false,
                true,
                "shift-tab",
                "Shift-Tab",
            ),
            ("f12", F(12), false, false, false, "f12", "F12"),
            ("?", Char('?'), false, false, false, "?", "?"),
            ("shift-g", Char('G'), false, false, false, "G", "G"),
            ("alt-G", Char('G'), false, true, false, "alt-G", "Alt-G"),
            ("-", Char('-'), false, false, false, "-", "-"),
            ("ctrl--", Char('-'), true, false, false, "ctrl--", "Ctrl--"),
            ("PgUp", PageUp, false, false, false, "pgup", "PgUp"),
            ("space", Char(' '), false, false, false, "space", "Space"),
            ("return", Enter, false, false, false, "enter", "Enter"),
        ] {
            let key = Key::parse(text).unwrap();
            assert_eq!(key, Key::new(code, ctrl, alt, shift), "{text}");
            assert_eq!(
                (key.to_string().as_str(), key.label().as_str()),
                (shown, label),
                "{text}"
            );
        }
        for text in [
            "",
            " ",
            "ctrl-",
            "f0",
            "f25",
            "fx",
            "hyper-x",
            "entr",
            "\u{1b}",
            "ctrl-ctrl",
        ] {
            assert!(Key::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_terminals_report_differently_is_one_key() {
        let g = Key::parse("G").unwrap();
        assert_eq!(Key::new(KeyCode::Char('G'), false, false, true), g);
        assert_eq!(Key::new(KeyCode::Char('g'), false, false, true), g);
        let question = Key::new(KeyCode::Char('?'), false, false, true);
        assert_eq!(question, Key::plain(KeyCode::Char('?')));
        assert_eq!(question.text(), Some('?'));
        assert_eq!(Key::parse("ctrl-p").unwrap().text(), None);
    }

    #[test]
    fn some_keys_arrive_as_others() {
        for (text, stand_in) in [
            ("ctrl-i", Some("tab")),
            ("ctrl-alt-m", Some("alt-enter")),
            ("ctrl-[", Some("esc")),
            ("ctrl-_", Some("ctrl-7")),
            ("ctrl-\\", Some("ctrl-4")),
            ("_", None),
            ("ctrl-j", None),
            ("ctrl-shift-i", None),
            ("i", None),
        ] {
            let shown = Key::parse(text).unwrap().stand_in().map(|k| k.to_string());
            assert_eq!(shown.as_deref(), stand_in, "{text}");
        }
    }

    #[test]
    fn chords_have_one_or_two_keys() {
        assert_eq!(
            Chord::parse(" ctrl-x   v ").unwrap().to_string(),
            "ctrl-x v"
        );
        assert_eq!(
            Chord::parse("ctrl-x ctrl-v").unwrap().label(),
            "Ctrl-X Ctrl-V"
        );
        assert!(Chord::parse("").is_err());
        assert!(Chord::parse("a b c").is_err());
    }

    fn key() -> impl Strategy<Value = Key> {
        let code = prop_oneof![
            any::<char>()
                .prop_filter("typed", |c| !c.is_control()
                    && (*c == ' ' || !c.is_whitespace()))
                .prop_map(KeyCode::Char),
            (1..=MAX_F).prop_map(KeyCode::F),
            proptest::sample::select(NAMED.map(|(_, _, code)| code).to_vec()),
        ];
        (code, any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(code, ctrl, alt, shift)| Key::new(code, ctrl, alt, shift))
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(first in key(), second in proptest::option::of(key())) {
            let chord = match second {
                Some(second) => Chord::pair(first, second),
                None => first.into(),
            };
            prop_assert_eq!(Chord::parse(&chord.to_string()), Ok(chord));
        }
    }
}
