//! Signals as a stream of what they ask for.
//!
//! `SIGINT` comes from outside only: in raw mode Ctrl-C is a key.

use std::io;

use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

use crate::app::Signal;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The process is to end.
    End(Signal),
    /// The process is to stop, as Ctrl-Z in a shell does.
    Stop,
    /// The process runs again after somebody stopped it from outside.
    Continued,
    /// The window has another size.
    Resized,
    /// The settings are to be read again.
    Reload,
}

/// The signals that the program answers.
#[derive(Debug)]
pub struct Signals {
    hangup: Stream,
    terminate: Stream,
    interrupt: Stream,
    quit: Stream,
    stop: Stream,
    continued: Stream,
    resized: Stream,
    reload: Stream,
}

impl Signals {
    /// Starts to listen. Must be called on a tokio runtime.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            continued: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
            resized: signal(SignalKind::window_change())?,
            reload: signal(SignalKind::user_defined1())?,
        })
    }

    /// The next one.
    pub async fn next(&mut self) -> Asked {
        tokio::select! {
            biased;
            _ = self.hangup.recv() => Asked::End(Signal::Hangup),
            _ = self.terminate.recv() => Asked::End(Signal::Terminate),
            _ = self.interrupt.recv() => Asked::End(Signal::Interrupt),
            _ = self.quit.recv() => Asked::End(Signal::Quit),
            _ = self.stop.recv() => Asked::Stop,
            _ = self.continued.recv() => Asked::Continued,
            _ = self.resized.recv() => Asked::Resized,
            _ = self.reload.recv() => Asked::Reload,
        }
    }
}
