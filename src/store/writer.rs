//! The handle to the one thread that owns a session's files: what is handed over is queued, and nobody waits.
//!
//! The queue is `queue`'s, when to write and sync `keeper`'s, the files and their faults `file`'s.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{Pace, files::Files, listing, lock::Claim, record::Record, title::title_from};
use crate::chat::{AnswerId, Conversation, Delta, Session, Timestamp};
use crate::text::Secrets;

mod file;
mod keeper;
mod queue;
mod resume;

pub(super) use resume::Refusal;

use file::SessionFile;
use keeper::{Events, Keeper};
use queue::{Done, Queue};

/// Why something is not on disk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} ({path})", path = path.display())]
pub struct SaveError {
    /// In a few words, for a banner: `disk full`.
    pub reason: String,
    /// What was written to.
    pub path: PathBuf,
}

impl SaveError {
    /// A defect of ours met what was to be written.
    pub(super) fn defect(path: impl Into<PathBuf>) -> Self {
        Self {
            reason: "a defect of waferdeck, whose report is in the state directory".to_owned(),
            path: path.into(),
        }
    }

    pub(super) fn new(error: &io::Error, path: impl Into<PathBuf>) -> Self {
        let reason = match error.kind() {
            io::ErrorKind::StorageFull => "disk full".to_owned(),
            io::ErrorKind::QuotaExceeded => "disk quota used up".to_owned(),
            io::ErrorKind::FileTooLarge => "file size limit reached".to_owned(),
            io::ErrorKind::ReadOnlyFilesystem => "read-only file system".to_owned(),
            io::ErrorKind::PermissionDenied => "no permission to write".to_owned(),
            _ => error.to_string(),
        };
        Self {
            reason,
            path: path.into(),
        }
    }
}

/// What the writer has to say without being asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriterEvent {
    /// Nothing is saved any more; it is tried again every few seconds. Comes again when the reason changes.
    Failed(SaveError),
    /// All that was held back is on disk.
    Recovered,
    /// This folder has no locks: nothing keeps another instance from the session. Said once for all writers of a store.
    NoLocks(SaveError),
}

/// A handle to the thread that writes a session. The thread ends, with everything written, when the last one is gone.
#[derive(Clone)]
pub struct Writer {
    handle: Option<Arc<Handle>>,
}

struct Handle {
    queue: Arc<Queue>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.queue.end();
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let writes = self.handle.is_some();
        f.debug_struct("Writer").field("writes", &writes).finish()
    }
}

impl Writer {
    /// A writer that accepts everything and writes nothing, for `--temporary`.
    pub fn disabled() -> Self {
        Self { handle: None }
    }

    /// Starts the writer of a session that has no file yet; one is made in `folder` with the first prompt.
    pub(super) fn begin(
        origin: Origin,
        session: &Session,
        folder: &Path,
        events: Events,
    ) -> Result<Self, Refusal> {
        let file = SessionFile::new(Arc::clone(&origin.files), folder.to_owned(), session.id);
        let keeper = Keeper::new(origin, (session.id, session.created), file, events);
        Self::start(keeper).map_err(|e| Refusal::Io(folder.to_owned(), e))
    }

    /// Starts the writer of a session that goes on in its files, which are in `folder`.
    pub(super) fn resume(
        origin: Origin,
        session: &Session,
        folder: &Path,
        events: Events,
    ) -> Result<Self, Refusal> {
        let files = Arc::clone(&origin.files);
        let refuse = |error| Refusal::Io(folder.to_owned(), error);
        let mut file = SessionFile::new(Arc::clone(&files), folder.to_owned(), session.id);
        if let Some(holder) = file.lock().map_err(refuse)? {
            return Err(Refusal::Elsewhere(holder));
        }
        // Only now do they stay: before, another process could add one, or move them all away.
        let paths = listing::files_in(folder, session.id);
        if paths.is_empty() {
            return Err(Refusal::Gone);
        }
        let (segments, next_seq) = resume::open(&files, session.id, &paths)?;
        file.adopt(segments);
        let keeper = Keeper::new(origin, (session.id, session.created), file, events)
            .resumed(next_seq, given_title(session));
        Self::start(keeper).map_err(refuse)
    }

    fn start(keeper: Keeper) -> io::Result<Self> {
        let queue = Arc::new(Queue::new(keeper.clock(), keeper.pace()));
        let theirs = Arc::clone(&queue);
        std::thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || keeper.run(&theirs))?;
        Ok(Self {
            handle: Some(Arc::new(Handle { queue })),
        })
    }

    /// Queues a record. Never waits.
    pub fn append(&self, record: Record) {
        if let Some(handle) = &self.handle {
            handle.queue.append(record);
        }
    }

    /// Queues text of an answer; it is written with its neighbours every 100 ms or 4 KiB. Never waits.
    pub fn delta(&self, answer: AnswerId, delta: &Delta) {
        if let Some(handle) = &self.handle {
            handle.queue.delta(answer, delta);
        }
    }

    /// Calls `done` once everything queued so far is on disk and synced, or cannot be. It is called on the writer's
    /// thread and must not wait for anything; while nothing can be saved it hears the reason at once.
    pub fn sync(&self, done: impl FnOnce(Result<(), SaveError>) + Send + 'static) {
        match &self.handle {
            Some(handle) => handle.queue.sync(Done::new(done)),
            None => done(Ok(())),
        }
    }

    /// Writes and syncs what is queued and ends the thread; waits for it at most `deadline`. True if all is on disk.
    pub fn close(self, deadline: Duration) -> bool {
        match &self.handle {
            Some(handle) => {
                handle.queue.end();
                handle.queue.wait_for_end(deadline)
            }
            None => true,
        }
    }
}

/// What a writer has from its store.
pub(super) struct Origin {
    pub(super) files: Arc<dyn Files>,
    pub(super) now: fn() -> Timestamp,
    pub(super) claim: Claim,
    /// When it writes, syncs and tries again.
    pub(super) pace: Pace,
    /// What is never written.
    pub(super) secrets: Secrets,
}

/// The session's title, unless it is the one that any list makes of the first prompt.
fn given_title(session: &Session) -> Option<String> {
    let turns = session.conversations.iter().flat_map(Conversation::turns);
    let first = turns.min_by_key(|t| t.at).map(|t| title_from(&t.text));
    (!session.title.is_empty() && first.as_ref() != Some(&session.title))
        .then(|| session.title.clone())
}
