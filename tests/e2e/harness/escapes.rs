//! Takes the bytes of a terminal apart into what they ask of it.
//! The emulator shows the result; this shows what was said.

use std::collections::BTreeMap;

/// One thing that was said to the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sequence {
    /// A run of text without controls.
    Text(String),
    /// A control character.
    Control(char),
    /// `ESC [`, with everything up to its last byte: `?1049h`, `38;5;4m`.
    Csi(String),
    /// `ESC` and a character that opens nothing longer.
    Escape(char),
    /// OSC, DCS, APC, PM, SOS: the character that opens it, and its text.
    Long(char, String),
}

/// Takes the bytes apart. Bytes that are no UTF-8 become U+FFFD.
pub(crate) fn sequences(bytes: &[u8]) -> Vec<Sequence> {
    let text = String::from_utf8_lossy(bytes);
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let sequence = match c {
            '\u{1b}' => match chars.next() {
                Some('[') => {
                    let mut whole = String::new();
                    for c in chars.by_ref() {
                        whole.push(c);
                        if ('\u{40}'..='\u{7e}').contains(&c) {
                            break;
                        }
                    }
                    Sequence::Csi(whole)
                }
                Some(kind @ (']' | 'P' | '_' | '^' | 'X')) => {
                    let mut whole = String::new();
                    for c in chars.by_ref() {
                        if matches!(c, '\u{7}' | '\u{9c}' | '\u{1b}') {
                            break;
                        }
                        whole.push(c);
                    }
                    Sequence::Long(kind, whole)
                }
                Some(other) => Sequence::Escape(other),
                None => Sequence::Control(c),
            },
            c if c.is_control() => Sequence::Control(c),
            c => {
                let mut run = String::from(c);
                while let Some(next) = chars.next_if(|c| !c.is_control()) {
                    run.push(next);
                }
                Sequence::Text(run)
            }
        };
        found.push(sequence);
    }
    found
}

/// The modes that the bytes leave set, and how many keyboard flags they leave pushed.
pub(crate) fn left_on(bytes: &[u8]) -> Vec<String> {
    let mut modes = BTreeMap::new();
    let mut pushed = 0;
    for sequence in sequences(bytes) {
        let Sequence::Csi(csi) = sequence else {
            continue;
        };
        if csi.starts_with('>') && csi.ends_with('u') {
            pushed += 1;
        } else if csi.starts_with('<') && csi.ends_with('u') {
            pushed -= 1;
        } else if let Some(mode) = csi.strip_prefix('?') {
            for on in ['h', 'l'] {
                if let Some(numbers) = mode.strip_suffix(on) {
                    for number in numbers.split(';') {
                        modes.insert(number.to_owned(), on == 'h');
                    }
                }
            }
        }
    }
    // The cursor and wrapping are what a terminal has on.
    let mut left: Vec<_> = modes
        .into_iter()
        .filter(|(mode, on)| *on != matches!(mode.as_str(), "25" | "7"))
        .map(|(mode, on)| format!("?{mode}{}", if on { 'h' } else { 'l' }))
        .collect();
    if pushed != 0 {
        left.push(format!("{pushed} keyboard flags"));
    }
    left
}
