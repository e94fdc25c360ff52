//! The one place that maps errors to exit codes, and ends quietly on a broken pipe.
//!
//! The table of codes is part of the contract with scripts.

use std::{fmt, io, process::ExitCode};

use crate::{app::Signal, chat::FailureKind, config, store};

/// How the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Exit {
    /// All went well.
    Ok = 0,
    /// Something failed, or some of several.
    Failed = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// The key is missing or was rejected.
    Key = 3,
    /// A rate or quota.
    Quota = 4,
    /// Network, TLS, timeout.
    Network = 5,
    /// Nothing can be saved or read.
    Store = 6,
    /// A check failed.
    Check = 7,
    /// The provider refused or broke the answer.
    Provider = 8,
    /// The terminal went away.
    Hangup = 129,
    /// Ctrl-C.
    Interrupt = 130,
    /// `SIGQUIT`.
    Quit = 131,
    /// `SIGTERM`.
    Terminate = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<FailureKind> for Exit {
    fn from(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Setup => Self::Usage,
            FailureKind::Key => Self::Key,
            FailureKind::Payment | FailureKind::Quota => Self::Quota,
            FailureKind::Network
            | FailureKind::Down
            | FailureKind::Tls
            | FailureKind::Proxy
            | FailureKind::Timeout => Self::Network,
            FailureKind::Model
            | FailureKind::Request
            | FailureKind::TooLong
            | FailureKind::Server
            | FailureKind::Redirect
            | FailureKind::Malformed
            | FailureKind::Empty
            | FailureKind::Truncated => Self::Provider,
            FailureKind::Internal | FailureKind::Interrupted => Self::Failed,
        }
    }
}

impl From<Signal> for Exit {
    fn from(signal: Signal) -> Self {
        match signal {
            Signal::Hangup => Self::Hangup,
            Signal::Interrupt => Self::Interrupt,
            Signal::Quit => Self::Quit,
            Signal::Terminate => Self::Terminate,
        }
    }
}

/// An error that has chosen its exit code.
#[derive(Debug)]
pub(super) struct Failed {
    /// The code.
    pub(super) exit: Exit,
    /// What to tell the person, without a prefix.
    pub(super) message: String,
}

impl Failed {
    /// An error with a code.
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failed {}

/// The exit code of an error, and whether it is worth a word: a closed pipe is not.
pub(super) fn of(error: &anyhow::Error) -> (Exit, bool) {
    if let Some(failed) = error.downcast_ref::<Failed>() {
        return (failed.exit, true);
    }
    for cause in error.chain() {
        if let Some(failed) = cause.downcast_ref::<Failed>() {
            return (failed.exit, true);
        }
        if cause.downcast_ref::<config::Error>().is_some() {
            return (Exit::Usage, true);
        }
        if let Some(store) = cause.downcast_ref::<store::Error>() {
            let exit = match store {
                store::Error::NotFound(_)
                | store::Error::NotDeleted(_)
                | store::Error::Ambiguous { .. } => Exit::Usage,
                _ => Exit::Store,
            };
            return (exit, true);
        }
        if let Some(io) = cause.downcast_ref::<io::Error>()
            && io.kind() == io::ErrorKind::BrokenPipe
        {
            return (Exit::Ok, false);
        }
    }
    (Exit::Failed, true)
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn errors_find_their_code_through_their_context() {
        let failed: anyhow::Error = Failed::new(Exit::Quota, "wait").into();
        assert_eq!(of(&failed.context("while asking")), (Exit::Quota, true));
        let pipe = Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe)).context("printing");
        assert_eq!(of(&pipe.unwrap_err()), (Exit::Ok, false));
        assert_eq!(of(&anyhow::anyhow!("else")), (Exit::Failed, true));
    }
}
