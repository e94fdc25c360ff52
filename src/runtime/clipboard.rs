//! The ways a copy can take: a program of the desktop, the terminal (OSC 52), a private file; and which one is taken.
//!
//! The choice is a function of what was found at the start. Writing to the terminal is left to the loop, which owns it;
//! running a program is `helper`'s.

mod helper;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub use helper::Helper;
pub(super) use helper::{by_helper, end, kill};

use crate::{config::ClipboardChoice, files};

/// Longer texts are cut or refused by terminals; encoded they are a third longer.
const MAX_OSC52: usize = 74_000;
/// GNU screen passes on strings of at most 768 bytes.
const SCREEN_PIECE: usize = 512;
/// What stands between this process and the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Relay {
    /// Nothing that we know of.
    #[default]
    None,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

/// Where a copy goes when no helper takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// To the terminal.
    Terminal(Relay),
    /// Into a file, because the settings say so.
    File,
    /// Into a file: the terminal would not take so much.
    TooLong,
    /// Into a file: the terminal has no clipboard.
    NoClipboard,
}

/// What decides about the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each was found by itself")]
pub struct Desk {
    /// The setting.
    pub choice: ClipboardChoice,
    /// A Wayland display is known.
    pub wayland: bool,
    /// An X display is known.
    pub x11: bool,
    /// The machine is a Mac.
    pub mac: bool,
    /// The person sits at another machine.
    pub remote: bool,
    /// The terminal is the bare console of Linux.
    pub console: bool,
    /// What stands before the terminal.
    pub relay: Relay,
}

impl Desk {
    /// Finds out, from variables that are not blank.
    pub(super) fn read(get: &dyn Fn(&str) -> Option<String>, choice: ClipboardChoice) -> Self {
        let has = |name: &str| get(name).is_some();
        let term = get("TERM").unwrap_or_default();
        Self {
            choice,
            wayland: has("WAYLAND_DISPLAY"),
            x11: has("DISPLAY"),
            mac: cfg!(target_os = "macos"),
            remote: has("SSH_CONNECTION") || has("SSH_TTY"),
            console: term == "linux",
            // Over SSH only the name of the terminal tells of a tmux at the other end.
            relay: if has("TMUX") || term.starts_with("tmux") {
                Relay::Tmux
            } else if has("STY") {
                Relay::Screen
            } else {
                Relay::None
            },
        }
    }

    /// The helpers to try, in order. A display that was reached over SSH is not the person's own, unless they say so.
    pub fn helpers(&self) -> Vec<Helper> {
        let is_wanted = match self.choice {
            ClipboardChoice::Auto => !self.remote,
            ClipboardChoice::Native => true,
            ClipboardChoice::Osc52 | ClipboardChoice::File => false,
        };
        [
            (self.mac, Helper::Pbcopy),
            (self.wayland, Helper::WlCopy),
            (self.x11, Helper::Xclip),
            (self.x11, Helper::Xsel),
        ]
        .into_iter()
        .filter(|(is_here, _)| *is_here && is_wanted)
        .map(|(_, helper)| helper)
        .collect()
    }

    /// The way of `bytes` of text that no helper took.
    pub fn way(&self, bytes: usize) -> Way {
        match self.choice {
            ClipboardChoice::File => Way::File,
            _ if bytes > MAX_OSC52 => Way::TooLong,
            ClipboardChoice::Auto | ClipboardChoice::Native if self.console => Way::NoClipboard,
            _ => Way::Terminal(self.relay),
        }
    }
}

/// The bytes that ask a terminal to put `text` on its clipboard.
pub(super) fn osc52(text: &str, relay: Relay) -> Vec<u8> {
    let copy = crossterm::clipboard::CopyToClipboard::to_clipboard_from(text);
    let mut sequence = String::new();
    // Writing to a string does not fail.
    let _ = crossterm::Command::write_ansi(&copy, &mut sequence);
    // The short ending: the long one would end what screen wraps around it.
    if let Some(open) = sequence.strip_suffix("\x1b\\") {
        sequence = format!("{open}\x07");
    }
    match relay {
        Relay::None => sequence.into_bytes(),
        Relay::Tmux => {
            // With `set-clipboard on` tmux obeys the first, with `allow-passthrough on` it passes the second on.
            let doubled = sequence.replace('\x1b', "\x1b\x1b");
            format!("{sequence}\x1bPtmux;{doubled}\x1b\\").into_bytes()
        }
        Relay::Screen => sequence
            .as_bytes()
            .chunks(SCREEN_PIECE)
            .flat_map(|piece| [b"\x1bP", piece, b"\x1b\\"].concat())
            .collect(),
    }
}

/// What to say after a copy by the terminal.
pub(super) fn sent(what: &str, relay: Relay) -> String {
    match relay {
        Relay::None => format!("{what} sent to the terminal's clipboard (OSC 52)"),
        Relay::Tmux => format!(
            "{what} sent to the terminal's clipboard through tmux (OSC 52; needs set-clipboard on)"
        ),
        Relay::Screen => {
            format!("{what} sent to the terminal's clipboard through screen (OSC 52)")
        }
    }
}

/// Writes `text` into the file for copies of this kind, in the place of the one before. Nobody else can read it.
pub(super) fn into_file(state_dir: &Path, what: &str, text: &str) -> io::Result<PathBuf> {
    files::create_folder(state_dir)?;
    // How much it is tells no kind.
    let kind = what.split(" (").next().unwrap_or(what);
    let name = format!("copied-{}", crate::text::slug(kind));
    let path = state_dir.join(format!("{name}.txt"));
    // Two copies may be under way at once.
    let thread = std::thread::current().id();
    let temporary = state_dir.join(format!(".{name}.{}.{thread:?}.tmp", std::process::id()));
    // A crash of an earlier process of this number may have left one.
    let _ = fs::remove_file(&temporary);
    files::write_new(&temporary, text)?;
    fs::rename(&temporary, &path).map(|()| path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// What is found with these variables set.
    fn desk(choice: ClipboardChoice, set: &[(&str, &str)]) -> Desk {
        let get = |name: &str| {
            let found = set.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Desk {
            mac: false,
            ..Desk::read(&get, choice)
        }
    }

    #[test]
    fn each_desk_has_its_way() {
        use ClipboardChoice::{Auto, File, Native, Osc52};
        use Helper::{Pbcopy, WlCopy, Xclip, Xsel};
        const WAYLAND: (&str, &str) = ("WAYLAND_DISPLAY", "wayland-0");
        const X11: (&str, &str) = ("DISPLAY", ":0");
        const SSH: (&str, &str) = ("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22");
        const TMUX: (&str, &str) = ("TMUX", "/tmp/tmux-1/default,1,0");
        const STY: (&str, &str) = ("STY", "1.pts-0");
        const CONSOLE: (&str, &str) = ("TERM", "linux");
        let direct = Way::Terminal(Relay::None);
        let tmux = Way::Terminal(Relay::Tmux);
        let screen = Way::Terminal(Relay::Screen);
        let check = |choice, set: &[_], helpers: &[Helper], way| {
            let desk = desk(choice, set);
            assert_eq!(desk.helpers(), helpers, "{choice:?} with {set:?}");
            assert_eq!(desk.way(10), way, "{choice:?} with {set:?}");
        };
        check(Auto, &[], &[], direct);
        check(Auto, &[WAYLAND], &[WlCopy], direct);
        check(Auto, &[X11], &[Xclip, Xsel], direct);
        check(Auto, &[WAYLAND, X11], &[WlCopy, Xclip, Xsel], direct);
        check(Auto, &[X11, SSH], &[], direct);
        check(Auto, &[X11, ("SSH_TTY", "/dev/pts/1"), TMUX], &[], tmux);
        check(Auto, &[X11, TMUX], &[Xclip, Xsel], tmux);
        check(Auto, &[SSH, ("TERM", "tmux-256color")], &[], tmux);
        check(Auto, &[STY], &[], screen);
        check(Auto, &[CONSOLE], &[], Way::NoClipboard);
        check(Native, &[X11, SSH], &[Xclip, Xsel], direct);
        check(Native, &[], &[], direct);
        check(Osc52, &[WAYLAND, TMUX], &[], tmux);
        check(Osc52, &[CONSOLE], &[], direct);
        check(File, &[WAYLAND], &[], Way::File);

        let mac = Desk {
            mac: true,
            ..Desk::default()
        };
        assert_eq!(mac.helpers(), [Pbcopy]);
        assert_eq!(mac.way(MAX_OSC52), direct);
        assert_eq!(mac.way(MAX_OSC52 + 1), Way::TooLong);
    }

    #[test]
    fn the_sequence_is_wrapped_for_what_stands_before_the_terminal() {
        let bytes = |text: &str, relay| String::from_utf8(osc52(text, relay)).unwrap();
        assert_eq!(bytes("hello", Relay::None), "\x1b]52;c;aGVsbG8=\x07");
        assert_eq!(
            bytes("hello", Relay::Tmux),
            "\x1b]52;c;aGVsbG8=\x07\x1bPtmux;\x1b\x1b]52;c;aGVsbG8=\x07\x1b\\"
        );
        let long = bytes(&"x".repeat(2_000), Relay::Screen);
        let pieces: Vec<_> = long.split_terminator("\x1b\\").collect();
        assert!(pieces.len() > 3);
        let joined: String = pieces
            .iter()
            .map(|p| p.strip_prefix("\x1bP").unwrap())
            .collect();
        assert_eq!(joined, bytes(&"x".repeat(2_000), Relay::None));
        assert!(pieces.iter().all(|p| p.len() < 768));
    }

    #[test]
    fn a_copy_in_a_file_is_private_and_replaces_the_one_before() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let elsewhere = folder.path().join("elsewhere");
        for round in 0..3 {
            let path = into_file(&state, "code block", &round.to_string()).unwrap();
            assert_eq!(path, state.join("copied-code-block.txt"));
            assert_eq!(fs::read_to_string(&path).unwrap(), round.to_string());
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&state), mode(&path)), (0o700, 0o600));
            assert_eq!(fs::read_dir(&state).unwrap().count(), 1);
            fs::remove_file(&path).unwrap();
            symlink(&elsewhere, &path).unwrap();
        }
        assert!(!elsewhere.exists(), "a link is replaced, not followed");
    }
}
