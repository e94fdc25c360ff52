//! The terminal's modes: entered once, undone on every way out.
//!
//! The guard undoes them when it is dropped, the panic hook before the report, suspension in between.

use std::{
    io::{self, IsTerminal},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crossterm::{
    cursor::{SetCursorStyle, Show},
    event::{
        DisableBracketedPaste, EnableBracketedPaste, KeyboardEnhancementFlags,
        PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
    },
    execute, queue,
    style::Print,
    terminal::{
        EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
        enable_raw_mode,
    },
};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::{job, output::Output};

/// How long a terminal that takes nothing is waited for when it is given back.
const PATIENCE: Duration = Duration::from_millis(250);

/// True while the modes are on; the panic hook asks.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// True while the mouse is to be ours, whenever the modes are on.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// The line discipline as it was before the modes were turned on for the first time. Another program that had the
/// terminal may have ended in raw mode, which is not what is to be given back.
static FOUND: OnceLock<Termios> = OnceLock::new();

/// What a program that was killed may have left on: its screen, a hidden cursor, pastes in brackets, the mouse.
const FOREIGN_OFF: &str =
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1049l\x1b[?25h\x1b[0m";

/// Presses and the wheel, in the form without limits of size. The library's own command also asks for every movement,
/// which would wake the program for nothing.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// Why a terminal cannot be used, in one sentence, or nothing if it can.
pub fn unusable(term: Option<&str>) -> Option<&'static str> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Some("the workbench needs a terminal; `waferdeck ask` works without one");
    }
    if term == Some("dumb") {
        return Some(
            "the workbench needs a terminal that can move its cursor (TERM is dumb); `waferdeck ask` works here",
        );
    }
    None
}

/// Keeps the modes on while it lives.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Turns the modes on; `put` writes to the terminal.
    pub fn enter(put: impl FnOnce(&[u8]) -> io::Result<()>) -> io::Result<Self> {
        // Made first, so that it also undoes what a half-failed entry did.
        let guard = Self(());
        enter(put)?;
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        leave();
    }
}

/// Turns the modes on: raw mode, alternate screen, bracketed paste, unambiguous keys where they exist. `put` writes to the
/// terminal.
pub fn enter(put: impl FnOnce(&[u8]) -> io::Result<()>) -> io::Result<()> {
    if FOUND.get().is_none() {
        // Only the loop's thread enters.
        let _ = FOUND.set(tcgetattr(io::stdin())?);
    }
    restore()?;
    enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    let mut bytes = Vec::new();
    queue!(
        bytes,
        EnterAlternateScreen,
        EnableBracketedPaste,
        // Terminals that do not know it ignore it; asking first would cost a round trip before the first frame.
        PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES),
        SetCursorStyle::DefaultUserShape,
    )?;
    if MOUSE.load(Ordering::SeqCst) {
        queue!(bytes, Print(MOUSE_ON))?;
    }
    put(&bytes)
}

/// Takes the mouse from the terminal, or gives it back, whenever the modes are on. If they are, what does so is returned
/// to be written.
pub fn capture_mouse(on: bool) -> &'static [u8] {
    MOUSE.store(on, Ordering::SeqCst);
    match (ENTERED.load(Ordering::SeqCst), on) {
        (false, _) => b"",
        (true, true) => MOUSE_ON.as_bytes(),
        (true, false) => MOUSE_OFF.as_bytes(),
    }
}

/// Reports keys as the workbench gets them while it lives, on the screen as it is.
#[derive(Debug)]
pub struct Keyboard(());

impl Keyboard {
    /// Turns raw mode on, and unambiguous keys and marks around a paste where they exist.
    pub fn enter() -> io::Result<Self> {
        let keyboard = Self(());
        enable_raw_mode()?;
        execute!(
            io::stdout(),
            PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES),
            EnableBracketedPaste,
        )?;
        Ok(keyboard)
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        // There is nothing left to tell errors to.
        let _ = execute!(
            io::stdout(),
            DisableBracketedPaste,
            PopKeyboardEnhancementFlags
        );
        let _ = disable_raw_mode();
    }
}

/// Undoes what `enter` did, once. True if the terminal takes what is written to it: one that is another job's is left
/// alone, and to one that is gone or stopped nothing can be said.
pub fn leave() -> bool {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return true;
    }
    if job::is_in_background() {
        return false;
    }
    let mut bytes = Vec::new();
    if MOUSE.load(Ordering::SeqCst) {
        bytes.extend_from_slice(MOUSE_OFF.as_bytes());
    }
    // Into memory nothing fails.
    let _ = queue!(
        bytes,
        EndSynchronizedUpdate,
        PopKeyboardEnhancementFlags,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show,
    );
    let taken = put_now(&bytes);
    let _ = disable_raw_mode();
    let _ = restore();
    taken.is_ok()
}

/// Writes at once, whatever of a frame is still to come.
fn put_now(bytes: &[u8]) -> io::Result<()> {
    Output::open()?.write_within(bytes, PATIENCE)
}

/// Brings back the line discipline that was found at the start, whatever another program made of it.
pub(super) fn restore() -> io::Result<()> {
    match FOUND.get() {
        Some(found) => Ok(tcsetattr(io::stdin(), OptionalActions::Now, found)?),
        None => Ok(()),
    }
}

/// Turns off what a program that was killed may have left on. Errors are passed over: the next write meets them again.
pub(super) fn undo_foreign_modes() {
    let _ = put_now(FOREIGN_OFF.as_bytes());
}
