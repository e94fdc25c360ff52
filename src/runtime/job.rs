//! The shell's job control: who has the terminal, and standing still until the shell lets the program go on.
//! What is done with the terminal before and after is `terminal`'s.

use std::io;

use rustix::{
    process::{Signal, getpgrp, getppid, getsid, kill_current_process_group},
    termios::tcgetpgrp,
};

/// Somebody who sends us on in the background does so now and then; more often in a row it is nobody.
const ROUNDS: usize = 100;

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

/// Stops the whole group, until it goes on and the terminal is ours.
pub(super) fn stop() -> io::Result<()> {
    for _ in 0..ROUNDS {
        // Unlike STOP the kernel passes it over where nobody could continue us, and nobody here listens for it.
        kill_current_process_group(Signal::TTOU)?;
        if !is_in_background() {
            return Ok(());
        }
    }
    Err(io::Error::other("another program has the terminal"))
}
