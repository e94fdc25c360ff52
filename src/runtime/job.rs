//! The shell's job control: who has the terminal, and standing still until the shell lets the program go on.
//! What is done with the terminal before and after is `terminal`'s.

use std::io;

use nix::unistd::{Pid, getpgrp, getppid, getsid, tcgetpgrp};
use rustix::process::{Signal, kill_current_process_group};

/// True while the terminal is another job's: it is neither written to nor changed then.
pub(super) fn is_in_background() -> bool {
    tcgetpgrp(io::stdin()).is_ok_and(|group| group != getpgrp())
}

/// True where there is somebody to go back to. A program that a terminal, a container or a service started itself would
/// stand still for ever.
pub(super) fn has_shell() -> bool {
    // A parent or a session outside this container is numbered nought, and is nobody's to go back to.
    let outside = Pid::from_raw(0);
    let parent = getppid();
    parent != outside
        && getsid(Some(parent)).is_ok_and(|theirs| theirs != outside && Ok(theirs) == getsid(None))
}

/// Stops the whole group until somebody lets it go on, in the background perhaps.
pub fn stop() -> io::Result<()> {
    // Unlike STOP the kernel passes it over where nobody could continue us, and nobody here listens for it.
    Ok(kill_current_process_group(Signal::TTOU)?)
}
