//! Writes to the terminal without waiting for it: one that takes nothing (a stopped one, a dead connection) holds nobody.
//! What is written, and what becomes of what was not taken, is known to those who write.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, BorrowedFd},
    time::Duration,
};

use nix::unistd::tcgetpgrp;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{Mode, OFlags},
    io::Errno,
    termios::ttyname,
};
use tokio::{net::unix::pipe, time::Instant};

/// The terminal on standard output.
#[derive(Debug)]
pub(super) struct Output {
    file: File,
}

impl Output {
    /// Opens it anew: that writing does not wait is then known to us alone, while the flags of what was given to us are
    /// the shell's, too. Where it cannot be opened, what was given does, which waits.
    pub(super) fn open() -> io::Result<Self> {
        let given = io::stdout();
        let file = match own(given.as_fd()) {
            Ok(file) => file,
            Err(error) => {
                tracing::info!(%error, "the terminal cannot be opened anew: a stopped one is waited for");
                given.as_fd().try_clone_to_owned()?.into()
            }
        };
        Ok(Self { file })
    }

    /// Writes what the terminal takes now, and says how much that was.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = 0;
        while let Some(rest) = bytes.get(taken..).filter(|rest| !rest.is_empty()) {
            match rustix::io::write(&self.file, rest) {
                Ok(0) | Err(Errno::WOULDBLOCK) => break,
                Ok(written) => taken += written,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(taken)
    }

    /// Writes all of it, or says that the terminal did not take it within `patience`.
    pub(super) fn write_within(&self, mut bytes: &[u8], patience: Duration) -> io::Result<()> {
        let end = Instant::now() + patience;
        loop {
            let taken = self.write(bytes)?;
            bytes = bytes.get(taken..).unwrap_or_default();
            let left = end.saturating_duration_since(Instant::now());
            if bytes.is_empty() {
                return Ok(());
            }
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let wait = Timespec::try_from(left).map_err(io::Error::other)?;
            match poll(&mut [PollFd::new(&self.file, PollFlags::OUT)], Some(&wait)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits until the terminal takes something again. Listened for only here, since a terminal says so after every
    /// frame.
    pub(super) async fn takes_more(&self) -> io::Result<()> {
        // To those who wait for it a terminal is as a pipe.
        let pipe = pipe::Sender::from_file_unchecked(self.file.try_clone()?)?;
        pipe.writable().await
    }
}

impl AsFd for Output {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

fn own(given: BorrowedFd<'_>) -> rustix::io::Result<File> {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let open = |path: &std::ffi::CStr| rustix::fs::open(path, flags, Mode::empty());
    let opened = match ttyname(given, Vec::new()).and_then(|path| open(&path)) {
        // It has no name here (a container), or it is somebody else's (`su`).
        Err(_) if tcgetpgrp(given).is_ok() => open(c"/dev/tty"),
        opened => opened,
    };
    opened.map(File::from)
}
