//! Keys that are recognised without being held: by their print, or by their look.

use std::{
    borrow::Cow,
    cmp::Reverse,
    fmt,
    hash::{DefaultHasher, Hasher},
    ops::Range,
};

use super::HIDDEN;

/// Recognises a secret where it stands in text, without holding it: its length and two hashes.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyPrint {
    bytes: usize,
    /// Rolls along a text; what has it is looked at with the other one.
    rolling: u64,
    hash: u64,
}

impl KeyPrint {
    /// The print of a secret.
    pub fn of(secret: &str) -> Self {
        Self {
            bytes: secret.len(),
            rolling: secret.bytes().fold(0, rolled),
            hash: hash(secret.as_bytes()),
        }
    }

    /// Where the secret stands in `text`, in time that depends on the text alone.
    fn find(&self, text: &str) -> Option<Range<usize>> {
        let bytes = text.as_bytes();
        let first = bytes.get(..self.bytes).filter(|_| self.bytes > 0)?;
        // What the oldest byte of a window counts when the next one comes.
        let oldest = first.iter().fold(1_u64, |n, _| n.wrapping_mul(BASE));
        let mut window = first.iter().copied().fold(0, rolled);
        let mut moves = bytes.iter().zip(bytes.get(self.bytes..)?);
        for (from, to) in (0..).zip(self.bytes..) {
            if window == self.rolling
                && let Some(found) = text.get(from..to)
                && hash(found.as_bytes()) == self.hash
            {
                return Some(from..to);
            }
            let (leaves, comes) = moves.next()?;
            window = rolled(window, *comes);
            window = window.wrapping_sub(oldest.wrapping_mul(u64::from(*leaves)));
        }
        None
    }
}

/// Odd, so that no byte of a window gets lost however long it is.
const BASE: u64 = 0x0100_0000_01b3;

fn rolled(window: u64, byte: u8) -> u64 {
    window.wrapping_mul(BASE).wrapping_add(u64::from(byte))
}

/// `text` without the secrets that these prints tell.
pub fn hide_known(text: &str, prints: &[KeyPrint]) -> String {
    let mut prints: Vec<_> = prints.iter().collect();
    // One may begin as another does.
    prints.sort_by_key(|print| Reverse(print.bytes));
    let mut shown = text.to_owned();
    for print in prints {
        let mut clean = String::new();
        let mut rest = shown.as_str();
        while let Some(found) = print.find(rest) {
            clean.push_str(rest.get(..found.start).unwrap_or_default());
            clean.push_str(HIDDEN);
            rest = rest.get(found.end..).unwrap_or_default();
        }
        clean.push_str(rest);
        shown = clean;
    }
    shown
}

impl fmt::Debug for KeyPrint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyPrint")
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    hasher.finish()
}

/// What in a text is a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyFound {
    /// The line, counted from 1.
    pub line: usize,
    /// It is a key that is in use here; otherwise it only looks like one.
    pub known: bool,
}

/// The first key in `text`: one that `prints` know, else what looks like one.
pub fn find_key(text: &str, prints: &[KeyPrint]) -> Option<KeyFound> {
    let find = |known: bool, is_key: &dyn Fn(&str) -> bool| {
        let mut lines = (1..).zip(text.lines());
        let found = lines.find(|(_, line)| line.split_whitespace().any(is_key));
        found.map(|(line, _)| KeyFound { line, known })
    };
    find(true, &|word| prints.iter().any(|p| p.find(word).is_some())).or_else(|| {
        // What goes along with a prompt may be megabytes, and hardly ever holds this.
        let may_hold_one = text.contains("sk-");
        may_hold_one.then(|| find(false, &looks_like_key)).flatten()
    })
}

/// `text` without what looks like a key, for what a person wrote where no key belongs.
pub fn hide_likely(text: &str) -> Cow<'_, str> {
    if !looks_like_key(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for piece in text.split_inclusive(|c: char| !is_part(c)) {
        let name = piece.trim_end_matches(|c: char| !is_part(c));
        if is_key(name) {
            shown.push_str(HIDDEN);
            shown.push_str(piece.strip_prefix(name).unwrap_or_default());
        } else {
            shown.push_str(piece);
        }
    }
    Cow::Owned(shown)
}

fn looks_like_key(word: &str) -> bool {
    word.split(|c: char| !is_part(c)).any(is_key)
}

/// What names and keys are made of.
fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// `sk-` or `csk-` at the beginning of a name, and behind it a run of letters and digits that is no word.
fn is_key(name: &str) -> bool {
    /// Words of this length hold no digits, and what holds digits is shorter.
    const RUN: usize = 16;
    let rest = ["csk-", "sk-"].iter().find_map(|p| name.strip_prefix(p));
    let mut runs = rest.into_iter().flat_map(|r| r.split(['-', '_']));
    runs.any(|run| {
        run.len() >= RUN
            && run.bytes().any(|b| b.is_ascii_digit())
            && run.bytes().any(|b| b.is_ascii_alphabetic())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "csk-canary-0123456789abcdef";

    #[test]
    fn a_print_finds_its_key_wherever_it_stands() {
        let prints = [
            KeyPrint::of("own-secret-1"),
            KeyPrint::of("own-secret-1-more"),
        ];
        for (text, shown) in [
            ("", ""),
            ("own-secret-", "own-secret-"),
            ("own-secret-1", "[key hidden]"),
            ("é own-secret-1é", "é [key hidden]é"),
            (
                "own-own-secret-1own-secret-1",
                "own-[key hidden][key hidden]",
            ),
            ("is own-secret-1-more", "is [key hidden]"),
        ] {
            assert_eq!(hide_known(text, &prints), shown, "{text}");
        }
        let empty = [KeyPrint::of("")];
        assert_eq!(hide_known("text", &empty), "text");
    }

    #[test]
    fn a_key_in_a_text_is_found_by_its_print_or_its_look() {
        let prints = [
            KeyPrint::of("my own secret?no"),
            KeyPrint::of("own-secret-1"),
        ];
        let check = |text: &str, expected: Option<(usize, bool)>| {
            let found = find_key(text, &prints).map(|f| (f.line, f.known));
            assert_eq!(found, expected, "{text}");
        };
        check("a\nKEY=\"own-secret-1\"", Some((2, true)));
        for within in [
            "own-secret-1",
            "own-secret-1tail",
            "a-long-heöd:own-secret-1",
        ] {
            check(within, Some((1, true)));
        }
        check("1-terces-nwo own-secret", None);
        check(&format!("x\n\nbearer {KEY}"), Some((3, false)));
        check("sk-proj-Ab3dEf6hIj9kLmN0pQ", Some((1, false)));
        check("key:sk-0123456789abcdef0123456789abcdef", Some((1, false)));
        let named = format!("tool --with={KEY}, {KEY}");
        assert_eq!(
            hide_likely(&named),
            "tool --with=[key hidden], [key hidden]"
        );
        assert!(matches!(hide_likely("tool --with=csk-…"), Cow::Borrowed(_)));
        for innocent in [
            "",
            "sk-learn",
            "csk-…",
            "csk-xxxxxxxxxxxxxxxxxxxxxxxx",
            "class=\"sk-spinner-double-bounce1\"",
            "task-0123456789abcdef0",
            "0123456789abcdef0123",
            "own-secret-2",
        ] {
            check(innocent, None);
        }
    }
}
