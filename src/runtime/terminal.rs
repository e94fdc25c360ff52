//! The terminal's modes: entered once, undone on every way out.
//!
//! The guard undoes them when it is dropped, the panic hook before the report, suspension in between.

use std::{
    io::{self, IsTerminal, Write},
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
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
    /// Turns the modes on.
    pub fn enter() -> io::Result<Self> {
        // Made first, so that it also undoes what a half-failed entry did.
        let guard = Self(());
        enter()?;
        Ok(guard)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        leave();
    }
}

/// Turns the modes on: raw mode, alternate screen, bracketed paste, unambiguous keys where they exist.
pub fn enter() -> io::Result<()> {
    if FOUND.get().is_none() {
        // Only the loop's thread enters.
        let _ = FOUND.set(tcgetattr(io::stdin())?);
    }
    restore()?;
    enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        // Terminals that do not know it ignore it; asking first would cost a round trip before the first frame.
        PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES),
        SetCursorStyle::DefaultUserShape,
    )?;
    if MOUSE.load(Ordering::SeqCst) {
        execute!(io::stdout(), Print(MOUSE_ON))?;
    }
    Ok(())
}

/// Takes the mouse from the terminal, or gives it back; now if the modes are on, else when they are turned on.
pub fn capture_mouse(on: bool) -> io::Result<()> {
    MOUSE.store(on, Ordering::SeqCst);
    if ENTERED.load(Ordering::SeqCst) {
        execute!(io::stdout(), Print(if on { MOUSE_ON } else { MOUSE_OFF }))?;
    }
    Ok(())
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

/// Undoes what `enter` did, once. Errors are passed over: there is nothing left to tell them to.
pub fn leave() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    if MOUSE.load(Ordering::SeqCst) {
        let _ = queue!(out, Print(MOUSE_OFF));
    }
    let _ = queue!(
        out,
        EndSynchronizedUpdate,
        PopKeyboardEnhancementFlags,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show,
    );
    let _ = out.flush();
    let _ = disable_raw_mode();
    let _ = restore();
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
    let _ = execute!(io::stdout(), Print(FOREIGN_OFF));
}

/// Stops the whole process group until the shell continues it, with the terminal as it was found.
pub fn suspend() -> io::Result<()> {
    leave();
    rustix::process::kill_current_process_group(rustix::process::Signal::STOP)?;
    enter()
}
