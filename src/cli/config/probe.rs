//! `waferdeck config keys --probe`: shows for each key what the terminal sends and what that means here.
//!
//! The bytes are read as they come, since the terminal library gives keys only; what they say is `press`'s.

use std::{
    io::{self, IsTerminal, Write},
    thread,
};

use tokio::sync::mpsc;

use super::press::{Press, escaped, first};
use crate::{
    app::Action,
    cli::{CLIENT, Exit, block_on, fail},
    config::{Context, Key, KeyCode, Keymap, Match},
    runtime::{
        job,
        signals::{Asked, Signals},
        terminal::Keyboard,
    },
    text::{self, SafeText},
};

/// Reads on their way to the screen.
const QUEUE: usize = 64;
/// Columns of the bytes and of the key.
const BYTES: usize = 14;
const KEY: usize = 12;
/// The keys that end it when they are pressed twice.
const ENDING: [(KeyCode, bool); 2] = [(KeyCode::Char('c'), true), (KeyCode::Esc, false)];

pub(super) fn run(keys: &Keymap) -> anyhow::Result<Exit> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return fail(
            Exit::Usage,
            "--probe shows what a terminal sends, so it needs one on standard input and output; \
             `waferdeck config keys` works without",
        );
    }
    block_on(CLIENT, probe(keys))
}

async fn probe(keys: &Keymap) -> anyhow::Result<Exit> {
    let mut signals = Signals::listen()?;
    let mut keyboard = Some(Keyboard::enter()?);
    let mut input = input()?;
    let mut listener = Listener::new(keys);
    say("Press keys to see what they send and mean; Ctrl-C twice or Esc twice ends.")?;
    let exit = loop {
        tokio::select! {
            biased;
            asked = signals.next() => match asked {
                Asked::End(signal) => break signal.into(),
                Asked::Stop => {
                    keyboard.take();
                    job::stop()?;
                }
                Asked::Continued => {
                    // Left first: modes that are entered twice would be left on once.
                    keyboard.take();
                    keyboard = Some(Keyboard::enter()?);
                }
                Asked::Resized | Asked::Reload => {}
            },
            read = input.recv() => {
                let Some(bytes) = read else {
                    break Exit::Hangup;
                };
                for line in listener.hear(&bytes) {
                    say(&line)?;
                }
                if listener.is_over {
                    break Exit::Ok;
                }
            }
        }
    };
    drop(keyboard);
    Ok(exit)
}

/// What is typed, a read at a time. The thread ends with the process: nothing else can wake it.
fn input() -> io::Result<mpsc::Receiver<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel(QUEUE);
    thread::Builder::new()
        .name("probe".to_owned())
        .spawn(move || {
            let stdin = io::stdin();
            let mut buffer = [0; 256];
            loop {
                let bytes = match rustix::io::read(&stdin, &mut buffer) {
                    Ok(0) => return,
                    Ok(count) => buffer.get(..count).unwrap_or_default().to_vec(),
                    Err(rustix::io::Errno::INTR) => continue,
                    Err(_) => return,
                };
                if sender.blocking_send(bytes).is_err() {
                    return;
                }
            }
        })?;
    Ok(receiver)
}

/// Writes a line; in raw mode the terminal does not go back to its first column by itself.
fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout();
    write!(out, "{}\r\n", SafeText::line(line))?;
    out.flush()
}

/// Follows the keys, since a chord is more than one.
struct Listener<'a> {
    keys: &'a Keymap,
    pending: Vec<Key>,
    last: Option<Key>,
    is_over: bool,
    /// What was pasted so far, while a paste goes on.
    paste: Option<Vec<u8>>,
}

impl<'a> Listener<'a> {
    fn new(keys: &'a Keymap) -> Self {
        Self {
            keys,
            pending: Vec::new(),
            last: None,
            is_over: false,
            paste: None,
        }
    }

    /// A line for each key of what was read at once, and one for what was pasted.
    fn hear(&mut self, read: &[u8]) -> Vec<String> {
        let Some(mut pasted) = self.paste.take() else {
            return self.keys(read);
        };
        // The mark may have begun in the read before; what was looked through is not looked through again.
        let from = pasted.len().saturating_sub(PASTE_END.len());
        pasted.extend_from_slice(read);
        let Some((text, rest)) = split_at(&pasted, PASTE_END, from) else {
            self.paste = Some(pasted);
            return Vec::new();
        };
        let mut lines = vec![pasted_line(text)];
        lines.extend(self.keys(rest));
        lines
    }

    fn keys(&mut self, mut bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(press) = first(bytes) {
            if let Some(rest) = bytes.strip_prefix(PASTE_BEGIN) {
                (self.last, self.paste) = (None, Some(Vec::new()));
                lines.extend(self.hear(rest));
                break;
            }
            let (own, rest) = bytes.split_at(press.length.clamp(1, bytes.len()));
            lines.push(self.line(own, &press));
            bytes = rest;
        }
        lines
    }

    fn line(&mut self, bytes: &[u8], press: &Press) -> String {
        let Some(key) = press.key else {
            self.last = None;
            let sent = padded(&escaped(bytes), BYTES);
            return format!("{sent}  {}  nothing that waferdeck knows", padded("?", KEY));
        };
        let ends = ENDING.contains(&(key.code(), key.ctrl()));
        self.is_over |= ends && self.last == Some(key);
        self.last = Some(key);
        self.pending.push(key);
        let [writing, reading] = [Context::Composer, Context::Panes].map(|context| {
            let found = self
                .keys
                .resolve(&[context, Context::Global], &self.pending);
            meaning(&found, &self.pending)
        });
        let chord: Vec<String> = self.pending.iter().map(|key| key.label()).collect();
        let goes_on = [&writing, &reading].iter().any(|m| *m == CHORD);
        if !goes_on {
            self.pending.clear();
        }
        let meaning = if writing == reading {
            writing
        } else {
            format!("writing: {writing} · reading: {reading}")
        };
        let also = press
            .also
            .map_or(String::new(), |also| format!(" · {also}"));
        format!(
            "{}  {}  {meaning}{also}",
            padded(&escaped(bytes), BYTES),
            padded(&chord.join(" "), KEY),
        )
    }
}

const CHORD: &str = "begins a chord";
/// What a terminal puts around a text that is pasted, when it is asked to.
const PASTE_BEGIN: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// What stands before and after the first `mark` that begins at byte `from` or later.
fn split_at<'a>(bytes: &'a [u8], mark: &[u8], from: usize) -> Option<(&'a [u8], &'a [u8])> {
    let mut windows = bytes.windows(mark.len()).skip(from);
    let at = from + windows.position(|window| window == mark)?;
    let (before, rest) = bytes.split_at_checked(at)?;
    Some((before, rest.strip_prefix(mark)?))
}

fn pasted_line(text: &[u8]) -> String {
    let count = String::from_utf8_lossy(text).chars().count();
    let count = match count {
        1 => "1 character".to_owned(),
        count => format!("{count} characters"),
    };
    format!(
        "{}  {}  {count}; text in the prompt, and never sends it",
        padded("\\e[200~ …", BYTES),
        padded("a paste", KEY),
    )
}

fn meaning(found: &Match<'_>, keys: &[Key]) -> String {
    match (found, keys) {
        (Match::Pending, _) => CHORD.to_owned(),
        (Match::Actions(names), _) => {
            let does = |name: &&str| match Action::named(name) {
                Some(action) => format!("{name} ({})", action.info().does),
                None => format!("{name} (no such action)"),
            };
            let all: Vec<_> = names.iter().map(does).collect();
            all.join(", else ")
        }
        (Match::None, [key]) if key.text().is_some() => "no action; text in the prompt".to_owned(),
        (Match::None, _) => "no action".to_owned(),
    }
}

fn padded(text: &str, columns: usize) -> String {
    let gap = columns.saturating_sub(text::width(text));
    format!("{text}{}", " ".repeat(gap))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, load};

    fn hear(reads: &[&[u8]]) -> (Vec<String>, bool) {
        let env = |name: &str| name.ends_with("_DIR").then(|| "/nowhere".to_owned());
        let keys = load(&Overrides::default(), &env).unwrap().config.keys;
        let mut listener = Listener::new(&keys);
        let lines = reads.iter().flat_map(|read| listener.hear(read)).collect();
        (lines, listener.is_over)
    }

    #[test]
    fn a_chord_is_followed_to_its_end() {
        let (lines, over) = hear(&[b"\x18", b"b", b"b"]);
        assert_eq!(
            lines,
            [
                "^X              Ctrl-X        begins a chord",
                "b               Ctrl-X b      sidebar (show or hide the sidebar)",
                "b               b             no action; text in the prompt",
            ]
        );
        assert!(!over);
    }

    #[test]
    fn a_key_may_mean_different_things_in_the_two_areas() {
        let (lines, _) = hear(&[b"\t"]);
        let line = lines.first().unwrap();
        assert!(line.contains("writing: focus-panes"), "{line}");
        assert!(line.contains("reading: focus-composer"), "{line}");
        assert!(line.contains("Ctrl-I"), "{line}");
    }

    #[test]
    fn two_of_the_same_end_it() {
        assert!(hear(&[b"\x03", b"\x03"]).1);
        assert!(hear(&[b"\x1b", b"\x1b"]).1);
        assert!(hear(&[b"\x1b[99;5u\x1b[99;5u"]).1);
        assert!(hear(&[b"\x03\x03x"]).1, "whatever comes after them");
        assert!(!hear(&[b"\x03", b"\x1b"]).1);
        assert!(!hear(&[b"\x03", b"x", b"\x03"]).1);
        assert!(!hear(&[b"q", b"q"]).1);
    }

    #[test]
    fn a_paste_is_one_thing_however_it_is_read() {
        let line =
            "\\e[200~ …       a paste       5 characters; text in the prompt, and never sends it";
        let whole: &[u8] = b"\x1b[200~a\x03\x03\r\xc3\xa9\x1b[201~";
        for at in 6..whole.len() {
            let (one, two) = whole.split_at(at);
            let (lines, over) = hear(&[one, two]);
            assert_eq!(lines, [line], "cut at {at}");
            assert!(!over);
        }
        let (lines, _) = hear(&[b"q\x1b[200~x\x1b[201~q"]);
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[1].contains("1 character;"), "{lines:?}");
    }

    #[test]
    fn what_nobody_knows_is_shown_as_it_came() {
        let (lines, _) = hear(&[b"\x1b[99999~", b"\xff"]);
        assert_eq!(
            lines,
            [
                "\\e[99999~       ?             nothing that waferdeck knows",
                "\\xff            ?             nothing that waferdeck knows",
            ]
        );
    }
}
