//! Asks the terminal what it can do, and tmux how it is set, for `waferdeck doctor`; the workbench never waits for replies.
//!
//! Questions and replies go past the terminal library. The last question is one that every terminal answers, so that
//! silence about the others means no; the wait for it is bounded. Nothing stays behind: not a mode, not a reply.

use std::{
    io::{self, IsTerminal, Write},
    os::{fd::OwnedFd, unix::process::CommandExt},
    process::Stdio,
    time::Duration,
};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};
use nix::unistd::{getpgrp, tcgetpgrp};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    termios::{QueueSelector, tcflush},
};
use tokio::{
    io::AsyncReadExt,
    net::unix::pipe::Receiver,
    time::{Instant, timeout},
};

use super::{
    clipboard::{end, kill},
    programs::Programs,
};

/// The kitty protocol for keys, synchronized output, the name; and what kind of terminal it is.
const QUESTIONS: &[u8] = b"\x1b[?u\x1b[?2026$p\x1b[>q\x1b[c";
/// How long the last reply may take: a round trip over a slow line.
const LIMIT: Duration = Duration::from_secs(1);
/// tmux is on this machine.
const TMUX_LIMIT: Duration = Duration::from_secs(2);
/// All replies together are far shorter.
const MAX_REPLY: usize = 4 << 10;

/// What the terminal says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Abilities {
    /// Its name and version.
    pub name: Option<String>,
    /// It tells keys apart (kitty keyboard protocol).
    pub keyboard: bool,
    /// It shows a frame as a whole (mode 2026).
    pub synchronized: bool,
    /// It announces that programs may set its clipboard (OSC 52).
    pub clipboard: bool,
}

/// Why the terminal was not asked, or did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unasked {
    /// Input or output is something else.
    #[error("standard input or output is no terminal")]
    NoTerminal,
    /// It would print the questions.
    #[error("this terminal (TERM is dumb or linux) prints what it does not know")]
    Simple,
    /// To change its modes from there would stop the process.
    #[error("waferdeck runs in the background")]
    Background,
    /// The person pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// Nothing came.
    #[error("the terminal did not answer within {} s", LIMIT.as_secs())]
    Silent,
}

/// Asks the terminal. Blocks for a second at most.
pub fn ask(term: Option<&str>) -> Result<Abilities, Unasked> {
    let stdin = io::stdin();
    if !stdin.is_terminal() || !io::stdout().is_terminal() {
        return Err(Unasked::NoTerminal);
    }
    if matches!(term, None | Some("" | "dumb" | "linux")) {
        return Err(Unasked::Simple);
    }
    if !tcgetpgrp(&stdin).is_ok_and(|group| group == getpgrp()) {
        return Err(Unasked::Background);
    }
    let _raw = Raw::enter().map_err(|_| Unasked::NoTerminal)?;
    let mut out = io::stdout();
    out.write_all(QUESTIONS)
        .and_then(|()| out.flush())
        .map_err(|_| Unasked::Silent)?;
    let deadline = Instant::now() + LIMIT;
    let mut came = Vec::new();
    let mut buffer = [0; 256];
    while came.len() < MAX_REPLY {
        let left = deadline.saturating_duration_since(Instant::now());
        let wait = Timespec {
            tv_sec: left.as_secs().cast_signed(),
            tv_nsec: left.subsec_nanos().into(),
        };
        let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
        match poll(&mut fds, Some(&wait)) {
            Ok(0) => return Err(Unasked::Silent),
            Ok(_) => match rustix::io::read(&stdin, &mut buffer) {
                Ok(0) => return Err(Unasked::Silent),
                Ok(count) => came.extend(buffer.iter().take(count)),
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return Err(Unasked::Silent),
            },
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Err(Unasked::Silent),
        }
        if let Some(answer) = read(&came) {
            return answer;
        }
    }
    Err(Unasked::Silent)
}

/// Keeps the terminal raw while it lives; what came late is thrown away, or the shell would have it typed.
struct Raw;

impl Raw {
    fn enter() -> io::Result<Self> {
        enable_raw_mode()?;
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // There is nobody left to tell.
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
        let _ = disable_raw_mode();
    }
}

/// What the replies say, once the last one has come, or a Ctrl-C.
fn read(came: &[u8]) -> Option<Result<Abilities, Unasked>> {
    let mut abilities = Abilities::default();
    let text = String::from_utf8_lossy(came);
    // No reply holds it.
    if text.contains('\x03') {
        return Some(Err(Unasked::Interrupted));
    }
    let mut rest = text.as_ref();
    let mut is_whole = false;
    while let Some(at) = rest.find('\x1b') {
        rest = rest.get(at + 1..).unwrap_or_default();
        if let Some(name) = rest.strip_prefix("P>|") {
            abilities.name = name.split_once('\x1b').map(|(name, _)| name.to_owned());
        } else if let Some(reply) = rest.strip_prefix("[?") {
            let end = reply.find(|c: char| !c.is_ascii_digit() && c != ';' && c != '$');
            let Some((numbers, kind)) = end.and_then(|end| reply.split_at_checked(end)) else {
                continue;
            };
            match kind.chars().next() {
                Some('u') => abilities.keyboard = true,
                // 1 and 2: on and off, 3: always on; 0 and 4 cannot be had.
                Some('y') => abilities.synchronized = has_mode(numbers),
                Some('c') => {
                    abilities.clipboard = numbers.split(';').any(|n| n == "52");
                    is_whole = true;
                }
                _ => {}
            }
        }
    }
    is_whole.then_some(Ok(abilities))
}

fn has_mode(numbers: &str) -> bool {
    let state = numbers.strip_prefix("2026;");
    matches!(state, Some("1$" | "2$" | "3$"))
}

/// How tmux is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tmux {
    /// `on`, `external`, `off`.
    pub set_clipboard: String,
    /// `on`, `all`, `off`; empty in versions that always pass on.
    pub allow_passthrough: String,
    /// What it calls itself.
    pub default_terminal: String,
    /// `on`, `off`.
    pub focus_events: String,
    /// What it knows of the terminal it is shown in, with commas between.
    pub features: String,
}

/// The settings in one line of tmux's own format language.
const FORMAT: &str = "#{set-clipboard}|#{allow-passthrough}|#{default-terminal}|#{focus-events}|#{client_termfeatures}";

/// Asks tmux; an error is a sentence.
pub async fn tmux(programs: &Programs) -> Result<Tmux, String> {
    let mut child = programs
        .command("tmux")
        .args(["display-message", "-p", FORMAT])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(|e| format!("tmux cannot be started: {e}"))?;
    let output = child.stdout.take();
    let both = async {
        let mut said = Vec::new();
        if let Some(output) = output {
            let output = Receiver::from_owned_fd(OwnedFd::from(output))?;
            output.take(MAX_REPLY as u64).read_to_end(&mut said).await?;
        }
        io::Result::Ok((said, end(&mut child).await?))
    };
    let outcome = timeout(TMUX_LIMIT, both).await;
    match outcome {
        Ok(Ok((said, status))) if status.success() => {
            Ok(read_tmux(&String::from_utf8_lossy(&said)))
        }
        Ok(Ok((_, status))) => Err(format!("tmux does not tell its settings ({status})")),
        Ok(Err(error)) => Err(format!("tmux does not tell its settings: {error}")),
        Err(_) => {
            kill(&mut child);
            Err(format!(
                "tmux did not answer within {} s",
                TMUX_LIMIT.as_secs()
            ))
        }
    }
}

fn read_tmux(line: &str) -> Tmux {
    let mut parts = line.trim().splitn(5, '|');
    // In a format a switch is a number.
    let mut next = || match parts.next().unwrap_or_default() {
        "0" => "off".to_owned(),
        "1" => "on".to_owned(),
        other => other.to_owned(),
    };
    Tmux {
        set_clipboard: next(),
        allow_passthrough: next(),
        default_terminal: next(),
        focus_events: next(),
        features: next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_read_in_any_company() {
        let check = |came: &str, expected: Option<Abilities>| {
            assert_eq!(read(came.as_bytes()), expected.map(Ok), "{came:?}");
        };
        let plain = Abilities::default();
        check("", None);
        check("\x1b[?0u\x1b[?2026;2$y\x1bP>|kitty(0.35.2)\x1b\\", None);
        check("\x1b[?62;22c", Some(plain.clone()));
        check(
            "\x1b[?0u\x1b[?2026;2$y\x1bP>|kitty(0.35.2)\x1b\\\x1b[?62;52c",
            Some(Abilities {
                name: Some("kitty(0.35.2)".to_owned()),
                keyboard: true,
                synchronized: true,
                clipboard: true,
            }),
        );
        check("ls\x1b[?2026;0$y\x1b[A\x1b[?6c", Some(plain.clone()));
        check("\x1b[?2026;4$y\x1b[?152c", Some(plain));
        for stopped in ["\x03", "a\x1b[?0\x03", "\x03\x1b[?62c"] {
            let interrupted = Some(Err(Unasked::Interrupted));
            assert_eq!(read(stopped.as_bytes()), interrupted, "{stopped:?}");
        }
        check("\x1b", None);
        check("\x1b[?", None);
    }

    #[test]
    fn the_settings_of_tmux_are_one_line() {
        let told = read_tmux("external|0|tmux-256color|1|256,RGB,title\n");
        assert_eq!(told.set_clipboard, "external");
        assert_eq!(told.allow_passthrough, "off");
        assert_eq!(told.default_terminal, "tmux-256color");
        assert_eq!(told.focus_events, "on");
        assert_eq!(told.features, "256,RGB,title");
        assert_eq!(read_tmux(""), Tmux::default());
    }

    #[test]
    fn without_a_terminal_nothing_is_asked() {
        // Tests have none on standard output, or none on standard input.
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            assert_eq!(ask(Some("xterm")), Err(Unasked::NoTerminal));
        }
    }
}
