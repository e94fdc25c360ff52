//! The shell's job control: who has the terminal, and standing still until the shell lets the program go on.
//! What is done with the terminal before and after is `terminal`'s.

use std::io;

use rustix::{
    process::{Signal, getpgrp, getppid, getsid, kill_current_process_group},
    termios::tcgetpgrp,
};

/// True while the terminal is another job's: it is neither written to nor changed then.
pub(super) fn is_in_background() -> bool {
    tcgetpgrp(io::stdin()).is_ok_and(|group| group != getpgrp())
}

/// True where there is somebody to go back to. A program that a terminal, a container or a service started itself would
/// stand still for ever.
pub(super) fn has_shell() -> bool {
    let theirs = getppid().and_then(|parent| getsid(Some(parent)).ok());
    theirs.is_some() && theirs == getsid(None).ok()
}

/// Stops the whole group until somebody lets it go on, in the background perhaps.
pub(super) fn stop() -> io::Result<()> {
    // Unlike STOP the kernel passes it over where nobody could continue us, and nobody here listens for it.
    Ok(kill_current_process_group(Signal::TTOU)?)
}
