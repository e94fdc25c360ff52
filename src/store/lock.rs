//! One writer for a session: a kernel lock on `ID.lock`, gone with its process, and the pid in it for the message.
//!
//! The file is removed under the lock, so a name is locked only after it was checked to be still the same file.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::{fs::FlockOperation, io::Errno};

use super::files::{self, Files};
use crate::chat::SessionId;

/// Someone who looks whether a session is open holds its lock for microseconds: try again before believing it.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(20);

/// A held lock; dropping it gives it back.
#[derive(Debug)]
pub(super) struct Lock {
    file: fs::File,
    path: PathBuf,
}

/// The process that has a session open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holder {
    /// Its pid, if it could be read.
    pub(super) pid: Option<u32>,
}

/// What came of trying to lock.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is ours.
    Held(Lock),
    /// Another writer has it.
    Elsewhere(Holder),
    /// This file system has no locks (some network ones): go on without.
    NoLocks(io::Error),
}

impl Lock {
    /// Locks `path` for as long as the value lives.
    pub(super) fn take(files: &dyn Files, path: &Path) -> io::Result<Outcome> {
        for _ in 0..TRIES {
            let file = files::open_lock(path)?;
            if let Some(what) = files::wrong_kind(path) {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
            }
            match files.lock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) if files::is_at(&file, path) => {
                    let lock = Self {
                        file,
                        path: path.to_owned(),
                    };
                    lock.sign();
                    return Ok(Outcome::Held(lock));
                }
                // The last holder removed the file while we opened it, or a signal came.
                Ok(()) | Err(Errno::INTR) => {}
                Err(Errno::WOULDBLOCK) => thread::park_timeout(PAUSE),
                Err(error) if lacks_locks(error) => return Ok(Outcome::NoLocks(error.into())),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Outcome::Elsewhere(holder_at(path)))
    }

    /// Writes our pid; only a message would miss it, so an error is no matter.
    fn sign(&self) {
        let _ = self.file.set_len(0);
        let _ = writeln!(&self.file, "{}", std::process::id());
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if files::is_at(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The sessions that writers of this store have open, known without asking the file system.
#[derive(Clone, Debug, Default)]
pub(super) struct Claims {
    ids: Arc<Mutex<BTreeSet<SessionId>>>,
    /// Somebody was told that there are no locks.
    told: Arc<AtomicBool>,
}

/// One of them; dropping it gives the session free.
#[derive(Debug)]
pub(super) struct Claim {
    claims: Claims,
    id: SessionId,
}

impl Claims {
    /// Claims a session, unless it is claimed.
    pub(super) fn claim(&self, id: SessionId) -> Option<Claim> {
        let claims = self.clone();
        // Not `then_some`: a claim that is made and dropped would give the session free.
        self.set().insert(id).then(|| Claim { claims, id })
    }

    /// True while a writer of this store has the session open.
    pub(super) fn has(&self, id: SessionId) -> bool {
        self.set().contains(&id)
    }

    fn set(&self) -> MutexGuard<'_, BTreeSet<SessionId>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Claim {
    /// True for the first of this store's writers that has to say that there are no locks.
    pub(super) fn is_first_to_tell(&self) -> bool {
        !self.claims.told.swap(true, Ordering::Relaxed)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claims.set().remove(&self.id);
    }
}

/// Who has `path` locked now, unless it is nobody.
pub(super) fn holder(path: &Path) -> Option<Holder> {
    let file = files::open_read(path).ok()?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockShared) {
        Err(Errno::WOULDBLOCK) => Some(holder_at(path)),
        _ => None,
    }
}

fn lacks_locks(error: Errno) -> bool {
    [
        Errno::NOLCK,
        Errno::NOSYS,
        Errno::OPNOTSUPP,
        Errno::INVAL,
        Errno::IO,
    ]
    .contains(&error)
}

fn holder_at(path: &Path) -> Holder {
    let mut text = String::new();
    let read = files::open_read(path).and_then(|f| f.take(32).read_to_string(&mut text));
    Holder {
        pid: read.ok().and_then(|_| text.trim().parse().ok()),
    }
}
