//! The key that bytes from a terminal stand for, as the workbench takes them, and the bytes as a person can read them.
//!
//! Total: any bytes give a piece of at least one byte, with a key or without.

use crate::config::{Key, KeyCode};

/// One key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Press {
    /// Bytes that it took, at least one.
    pub(super) length: usize,
    /// The key, if it is one that can be bound.
    pub(super) key: Option<Key>,
    /// What else the same bytes stand for.
    pub(super) also: Option<&'static str>,
}

/// The first key press of `bytes`; `None` if there are none left.
pub(super) fn first(bytes: &[u8]) -> Option<Press> {
    let press = match bytes {
        [] => return None,
        [0x1b] | [0x1b, 0x1b, ..] => Press {
            also: Some("the same as Ctrl-["),
            ..plain(1, KeyCode::Esc)
        },
        [0x1b, b'O', last, ..] => Press {
            length: 3,
            key: single(*last).map(Key::plain),
            also: None,
        },
        [0x1b, b'[', b'[', last, ..] => Press {
            length: 4,
            key: last
                .checked_sub(b'A')
                .filter(|n| *n < 5)
                .map(|n| Key::plain(KeyCode::F(n + 1))),
            also: None,
        },
        [0x1b, b'[', rest @ ..] if !rest.is_empty() => sequence(rest),
        [0x1b, rest @ ..] => alt(rest)?,
        [byte, ..] => match control(*byte) {
            Some((key, also)) => Press {
                length: 1,
                key: Some(key),
                also,
            },
            None => character(bytes),
        },
    };
    Some(press)
}

/// The bytes with escapes: `\e[1;5A`, `^X`, `\xff`.
pub(super) fn escaped(bytes: &[u8]) -> String {
    let mut shown = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\u{1b}' => shown.push_str("\\e"),
                '\u{7f}' => shown.push_str("^?"),
                // A control character is the letter 64 places further, with Ctrl.
                '\0'..='\u{1f}' => {
                    shown.push('^');
                    shown.push(char::from_u32(u32::from(c) + 64).unwrap_or('?'));
                }
                c => shown.push(c),
            }
        }
        for byte in chunk.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

fn plain(length: usize, code: KeyCode) -> Press {
    Press {
        length,
        key: Some(Key::plain(code)),
        also: None,
    }
}

fn character(bytes: &[u8]) -> Press {
    let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    match valid.chars().next() {
        Some(c) => plain(c.len_utf8(), KeyCode::Char(c)),
        None => Press {
            length: 1,
            key: None,
            also: None,
        },
    }
}

/// Esc right before a key is Alt with it.
fn alt(rest: &[u8]) -> Option<Press> {
    let press = first(rest)?;
    let with_alt = |key: Key| Key::new(key.code(), key.ctrl(), true, key.shift());
    Some(Press {
        length: press.length + 1,
        key: press.key.map(with_alt),
        also: Some("the same as Esc and then the key"),
    })
}

/// A control character, with the other keys that send it.
fn control(byte: u8) -> Option<(Key, Option<&'static str>)> {
    let ctrl = |c: u8| Key::new(KeyCode::Char(char::from(c)), true, false, false);
    let found = match byte {
        0x00 => (ctrl(b' '), Some("the same as Ctrl-@")),
        0x08 => (ctrl(b'h'), Some("some terminals send it for Backspace")),
        0x09 => (Key::plain(KeyCode::Tab), Some("the same as Ctrl-I")),
        0x0a => (ctrl(b'j'), None),
        0x0d => (
            Key::plain(KeyCode::Enter),
            Some("the same as Ctrl-M and, in most terminals, Shift-Enter"),
        ),
        0x1c => (
            ctrl(b'4'),
            Some("what Ctrl-\\ sends, which is bound as ctrl-4"),
        ),
        0x1d => (
            ctrl(b'5'),
            Some("what Ctrl-] sends, which is bound as ctrl-5"),
        ),
        0x1e => (
            ctrl(b'6'),
            Some("what Ctrl-^ sends, which is bound as ctrl-6"),
        ),
        0x1f => (
            ctrl(b'7'),
            Some("what Ctrl-_ and Ctrl-/ send, which are bound as ctrl-7"),
        ),
        0x7f => (Key::plain(KeyCode::Backspace), None),
        0x01..=0x1a => (ctrl(byte - 1 + b'a'), None),
        _ => return None,
    };
    Some(found)
}

/// What follows `ESC [`: parameters, then the byte that says which sequence it is.
fn sequence(rest: &[u8]) -> Press {
    let end = rest.iter().position(|b| (0x40..=0x7e).contains(b));
    let (Some(end), Some(last)) = (end, end.and_then(|end| rest.get(end))) else {
        return Press {
            length: rest.len() + 2,
            key: None,
            also: None,
        };
    };
    let text = rest.get(..end).and_then(|p| std::str::from_utf8(p).ok());
    Press {
        length: end + 3,
        key: text.and_then(|parameters| sequence_key(parameters, *last)),
        also: None,
    }
}

fn sequence_key(parameters: &str, last: u8) -> Option<Key> {
    // A number may have more behind a colon: other layouts, press or release.
    let mut numbers = parameters
        .split(';')
        .map(|n| n.split(':').next().unwrap_or_default().parse::<u32>().ok());
    let number = numbers.next().flatten();
    let held = numbers.next().flatten().unwrap_or(1).saturating_sub(1);
    let code = match last {
        b'~' => numbered(number?)?,
        b'u' => coded(number?)?,
        b'Z' => return Some(Key::new(KeyCode::Tab, false, false, true)),
        last => single(last)?,
    };
    let is_held = |bit: u32| held & bit != 0;
    Some(Key::new(code, is_held(4), is_held(2), is_held(1)))
}

/// Keys that end their sequence with a letter.
fn single(last: u8) -> Option<KeyCode> {
    let code = match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'P'..=b'S' => KeyCode::F(last - b'P' + 1),
        _ => return None,
    };
    Some(code)
}

/// Keys with a number of their own.
fn numbered(number: u32) -> Option<KeyCode> {
    let code = match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => function(number - 10)?,
        17..=21 => function(number - 11)?,
        23..=26 => function(number - 12)?,
        28..=29 => function(number - 13)?,
        31..=34 => function(number - 14)?,
        _ => return None,
    };
    Some(code)
}

/// Keys by their code point.
fn coded(number: u32) -> Option<KeyCode> {
    let code = match number {
        9 => KeyCode::Tab,
        13 => KeyCode::Enter,
        27 => KeyCode::Esc,
        127 => KeyCode::Backspace,
        // Keys that type nothing and that cannot be bound.
        57_344..=63_743 => return None,
        number => KeyCode::Char(char::from_u32(number).filter(|c| !c.is_control())?),
    };
    Some(code)
}

fn function(number: u32) -> Option<KeyCode> {
    u8::try_from(number).ok().map(KeyCode::F)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_as_terminals_send_them() {
        for (bytes, name) in [
            ("a", "a"),
            ("G", "G"),
            ("é", "é"),
            ("\r", "enter"),
            ("\n", "ctrl-j"),
            ("\t", "tab"),
            ("\x7f", "backspace"),
            ("\x08", "ctrl-h"),
            ("\x18", "ctrl-x"),
            ("\x1b", "esc"),
            ("\x1b[A", "up"),
            ("\x1bOA", "up"),
            ("\x1b[1;5C", "ctrl-right"),
            ("\x1b[5~", "pgup"),
            ("\x1b[3;3~", "alt-del"),
            ("\x1bOP", "f1"),
            ("\x1b[[B", "f2"),
            ("\x1b[15~", "f5"),
            ("\x1b[24~", "f12"),
            ("\x1b[Z", "shift-tab"),
            ("\x1b1", "alt-1"),
            ("\x1b\r", "alt-enter"),
            ("\x1b[13;2u", "shift-enter"),
            ("\x1b[99;5u", "ctrl-c"),
            ("\x1b[27u", "esc"),
            ("\x1b[97:65;2u", "A"),
        ] {
            let press = first(bytes.as_bytes()).unwrap();
            assert_eq!(press.length, bytes.len(), "{bytes:?}");
            assert_eq!(press.key, Some(Key::parse(name).unwrap()), "{bytes:?}");
        }
    }

    #[test]
    fn several_keys_of_one_read_are_told_apart() {
        let mut bytes: &[u8] = b"a\x1b[Ab\xff\x1b[999~";
        let mut lengths = Vec::new();
        while let Some(press) = first(bytes) {
            lengths.push((press.length, press.key.is_some()));
            bytes = &bytes[press.length..];
        }
        assert_eq!(
            lengths,
            [(1, true), (3, true), (1, true), (1, false), (6, false)]
        );
    }

    #[test]
    fn bytes_can_be_read() {
        assert_eq!(escaped(b"\x1b[1;5A"), "\\e[1;5A");
        assert_eq!(escaped(b"\x18\x00\x7f"), "^X^@^?");
        assert_eq!(escaped("é\u{1b}x".as_bytes()), "é\\ex");
        assert_eq!(escaped(b"\xff\xc3"), "\\xff\\xc3");
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut rest: &[u8] = &bytes;
            while let Some(press) = first(rest) {
                prop_assert!(press.length >= 1 && press.length <= rest.len());
                rest = &rest[press.length..];
            }
            prop_assert!(rest.is_empty());
        }
    }
}
