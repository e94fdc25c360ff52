//! Transcripts on disk: append, load, list, find, export. The files are the truth; nothing is ever lost or overwritten.
//!
//! Takes what it needs as parameters and knows neither configuration nor screen. The figures behind it: a killed process
//! loses at most 250 ms of streamed text, a power cut at most 2 s.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustix::fs::Access;

use crate::chat::{Draft, Preview, Session, SessionId, Timestamp};
use crate::text::Secrets;

mod account;
mod copy;
mod drafts;
mod export;
mod files;
mod health;
mod listing;
mod lock;
mod preview;
mod reader;
mod rebuild;
mod record;
mod sheet;
mod snapshot;
mod title;
mod trash;
mod writer;

pub use account::{Account, Use};
pub use drafts::Drafts;
pub use export::{answer_json, json, markdown, markdown_with_reasoning, usd};
pub use health::Health;
pub use listing::SessionHead;
pub use reader::{Complaint, Damage};
pub use record::{Record, VERSION};
pub use title::title_from;
pub use writer::{SaveError, Writer, WriterEvent};

use copy::Copies;
use files::{Disk, Files};
use lock::{Claims, Holder};
use reader::Complaints;
use sheet::Sheet;
use writer::{Origin, Refusal};

/// When what is handed over is written, and how much of it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Deltas are written at latest this long after the first of them,
    pub append: Duration,
    /// and as soon as an answer has so many bytes of them.
    pub piece: usize,
    /// Written text is synced at latest after this time.
    pub sync: Duration,
    /// A disk that failed is tried again after this time.
    pub retry: Duration,
    /// Text beyond this waits no longer but is left out of the file, as a gap in the numbers of its records.
    pub backlog: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            append: Duration::from_millis(100),
            piece: snapshot::DELTA_BYTES,
            sync: Duration::from_secs(1),
            retry: Duration::from_secs(5),
            backlog: 16 << 20,
        }
    }
}

/// Why the store cannot do something, by what a person can do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing can be written there: free it, or choose another place.
    #[error("cannot write to {path}: {source}", path = path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nothing can be read there.
    #[error("cannot read {path}: {source}", path = path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No session has an id like this.
    #[error("no session {0:?}; `waferdeck history list` shows those there are")]
    NotFound(String),
    /// No session of the trash has.
    #[error(
        "no session {0:?} is in the trash; `waferdeck history list --deleted` shows those there are"
    )]
    NotDeleted(String),
    /// Several sessions have: type more digits.
    #[error("{id:?} fits {} sessions: {}", candidates.len(), short(candidates))]
    Ambiguous {
        /// What was asked for.
        id: String,
        /// Those it fits.
        candidates: Vec<SessionHead>,
    },
    /// Another writer has it open: view it, or work on a copy.
    #[error("session {} is open {}", id.short(), place(*pid))]
    OpenElsewhere {
        /// The session.
        id: SessionId,
        /// The other process, if it could be learned.
        pid: Option<u32>,
    },
    /// It was written by a newer version: view it, or update.
    #[error(
        "{path} was written by a newer version of waferdeck: it can be looked at here; update waferdeck to change it or work on a copy",
        path = .0.display()
    )]
    NewerFormat(PathBuf),
    /// Locks do not work there, so a session cannot be moved safely: do it by hand.
    #[error(
        "whether another waferdeck has session {} open cannot be known: {path} has no working locks ({source}); leave every waferdeck and move its files by hand",
        id.short(), path = folder.display()
    )]
    NoLocks {
        /// The session.
        id: SessionId,
        /// Where its files are.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Where a session is open, and what to do about that.
fn place(pid: Option<u32>) -> String {
    match pid {
        Some(pid) if pid == std::process::id() => {
            "here: go to another session, then try again".to_owned()
        }
        Some(pid) => format!("in another process (pid {pid}): leave it there first"),
        None => "in another process: leave it there first".to_owned(),
    }
}

fn short(heads: &[SessionHead]) -> String {
    let ids: Vec<_> = heads.iter().take(8).map(|h| h.id.short()).collect();
    ids.join(", ")
}

/// A session as it was read, and what there is to say about that.
#[derive(Debug)]
pub struct Loaded {
    /// The session.
    pub session: Session,
    /// Tags, votes and notes, for which a session has no place, in order.
    pub asides: Vec<(Timestamp, Record)>,
    /// What could not be read as it should be.
    pub complaints: Vec<Complaint>,
    /// Records of a newer version are in it: it can be viewed, not written.
    pub newer_format: bool,
    /// The process that writes it now, if that is not a writer of this store (0 if it left no number). Its answers
    /// without an end are live then; otherwise they were interrupted.
    pub open_elsewhere: Option<u32>,
}

/// The sessions below a data directory. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    root: PathBuf,
    now: fn() -> Timestamp,
    files: Arc<dyn Files>,
    claims: Claims,
    copies: Copies,
    drafts: Drafts,
    secrets: Secrets,
    tightened: usize,
    pace: Pace,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store below `data_dir`, making what is missing, 0700. Transcripts and drafts that others can read are
    /// made private; [`Store::tightened`] tells how many that were. `now` is the one source of wall time.
    pub fn open(data_dir: &Path, now: fn() -> Timestamp) -> Result<Self, Error> {
        Self::open_on(Arc::new(Disk), data_dir, now)
    }

    fn open_on(
        files: Arc<dyn Files>,
        data_dir: &Path,
        now: fn() -> Timestamp,
    ) -> Result<Self, Error> {
        let sessions = data_dir.join("sessions");
        let unwritable = |source| Error::Unwritable {
            path: sessions.clone(),
            source,
        };
        files::create_dirs(&*files, &sessions).map_err(unwritable)?;
        rustix::fs::access(&sessions, Access::WRITE_OK | Access::EXEC_OK)
            .map_err(|e| unwritable(e.into()))?;
        Ok(Self {
            root: data_dir.to_owned(),
            now,
            claims: Claims::default(),
            copies: Copies::default(),
            drafts: Drafts::new(Arc::clone(&files), data_dir, Secrets::default()),
            secrets: Secrets::default(),
            tightened: files::tighten(&sessions) + files::tighten(&data_dir.join("drafts")),
            pace: Pace::default(),
            files,
        })
    }

    /// Writes none of these secrets from now on, whatever it is given.
    pub fn hiding(mut self, secrets: &Secrets) -> Self {
        self.drafts = Drafts::new(Arc::clone(&self.files), &self.root, secrets.clone());
        self.secrets = secrets.clone();
        self
    }

    /// Writes at this pace from now on.
    pub fn paced(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// How many files and folders others could read before they were made private at opening.
    pub fn tightened(&self) -> usize {
        self.tightened
    }

    /// Every session, newest first by its last record. Reads beginning and end of each file; damaged ones are listed with
    /// a complaint.
    pub fn list(&self) -> Result<Vec<SessionHead>, Error> {
        let heads = self.scan()?.into_iter();
        let mut heads: Vec<_> = heads.map(|(id, paths)| self.head(id, &paths)).collect();
        heads.sort_by_key(|h| std::cmp::Reverse((h.modified, h.id)));
        Ok(heads)
    }

    /// The session whose id begins or ends with `id`; dashes and case do not matter.
    pub fn find(&self, id: &str) -> Result<SessionHead, Error> {
        let mut found = self.scan()?;
        found.retain(|found, _| fits(*found, id));
        let mut heads: Vec<_> = found
            .into_iter()
            .map(|(id, paths)| self.head(id, &paths))
            .collect();
        match heads.len() {
            0 => Err(Error::NotFound(id.to_owned())),
            1 => Ok(heads.remove(0)),
            _ => Err(Error::Ambiguous {
                id: id.to_owned(),
                candidates: heads,
            }),
        }
    }

    /// A glance into a session, from the beginning and the end of its files. Blocks.
    pub fn preview(&self, id: SessionId) -> Result<Preview, Error> {
        let head = self.head_of(id)?;
        let path = head.path.clone();
        preview::of(head, &self.files_of(id)?).map_err(|source| Error::Unreadable { path, source })
    }

    /// Reads a session. Whatever can be read of it is there; nothing on disk is changed.
    pub fn load(&self, id: SessionId) -> Result<Loaded, Error> {
        let paths = self.files_of(id)?;
        let Some(first) = paths.first() else {
            return Err(Error::NotFound(id.to_string()));
        };
        if let Err(source) = reader::open(first) {
            let path = first.clone();
            return Err(Error::Unreadable { path, source });
        }
        let open_elsewhere = self.open_elsewhere(id, first);
        let mut builder = rebuild::Builder::new(id);
        let mut outcome = reader::read(&paths, |path, found, complaints: &mut Complaints| {
            builder.take(path, found, complaints);
        });
        let is_live = open_elsewhere.is_some();
        let (session, asides) = builder.finish(is_live, first, &mut outcome.complaints);
        Ok(Loaded {
            session,
            asides,
            complaints: self.sifted(id, is_live, outcome.complaints),
            newer_format: outcome.newer_format,
            open_elsewhere,
        })
    }

    /// The newest session that no writer has open, in this process or another.
    pub fn newest_free(&self) -> Result<Option<SessionHead>, Error> {
        let is_free = |head: &SessionHead| !self.claims.has(head.id) && head.open_in.is_none();
        Ok(self.list()?.into_iter().find(is_free))
    }

    /// Starts the writer of a session. With `resume` it goes on in the session's files, which it locks, and sets a torn
    /// end aside; without, a file is made with the first prompt (or gone on with, if there is one).
    /// `events` is called on the writer's thread and must not wait for anything.
    pub fn writer(
        &self,
        session: &Session,
        resume: bool,
        events: Box<dyn Fn(WriterEvent) + Send>,
    ) -> Result<Writer, Error> {
        let id = session.id;
        let claim = self.claims.claim(id).ok_or(Error::OpenElsewhere {
            id,
            pid: Some(std::process::id()),
        })?;
        let paths = self.files_of(id)?;
        if resume && paths.is_empty() {
            return Err(Error::NotFound(id.to_string()));
        }
        let origin = Origin {
            files: Arc::clone(&self.files),
            now: self.now,
            claim,
            pace: self.pace,
            secrets: self.secrets.clone(),
        };
        let writer = match paths.first().and_then(|p| p.parent()) {
            Some(folder) => Writer::resume(origin, session, folder, events),
            None => Writer::begin(origin, session, &self.folder_of(id), events),
        };
        writer.map_err(|refusal| match refusal {
            Refusal::Io(path, source) => Error::Unwritable { path, source },
            Refusal::Newer(path) => Error::NewerFormat(path),
            Refusal::Elsewhere(Holder { pid }) => Error::OpenElsewhere { id, pid },
            Refusal::Gone => Error::NotFound(id.to_string()),
        })
    }

    /// Writes a whole session to a file of its own and syncs it: a copy or an import, under an id that is not in use.
    /// `origin` is what the file says it came from. Blocks.
    pub fn save(&self, session: &Session, origin: &str) -> Result<PathBuf, Error> {
        let fill = |sheet: &mut Sheet<'_>| {
            for record in snapshot::records_of(session, origin) {
                let at = record.moment().unwrap_or_else(self.now);
                sheet.push(at, &record)?;
            }
            Ok(())
        };
        self.make_file(session.id, fill).map(|(path, ())| path)
    }

    /// Drafts and prompt history.
    pub fn drafts(&self) -> Drafts {
        self.drafts.clone()
    }

    /// Takes out the newest draft of `pane` in a session that never got a file, since nothing was sent: nobody finds it
    /// again but by this. One that another instance still writes stays where it is.
    pub fn stray_draft(&self, pane: char) -> Option<Draft> {
        let known = self.scan().ok()?;
        let entries = std::fs::read_dir(self.root.join("drafts")).ok()?;
        let drafts = entries.flatten().filter_map(|entry| {
            let name = entry.file_name();
            let id: SessionId = name.to_str()?.strip_suffix(".json")?.parse().ok()?;
            let changed = entry.metadata().ok()?.modified().ok()?;
            (!known.contains_key(&id)).then_some((changed, id))
        });
        let mut drafts: Vec<_> = drafts.collect();
        drafts.sort_unstable_by(|a, b| b.cmp(a));
        drafts
            .into_iter()
            .find_map(|(_, id)| self.drafts.take_over(id, pane))
    }

    fn sessions(&self) -> PathBuf {
        self.root.join("sessions")
    }

    /// Where the files of a session are, unless someone put them elsewhere.
    fn folder_of(&self, id: SessionId) -> PathBuf {
        self.sessions().join(listing::folder_of(id))
    }

    fn scan(&self) -> Result<std::collections::BTreeMap<SessionId, Vec<PathBuf>>, Error> {
        let path = self.sessions();
        listing::scan(&path).map_err(|source| Error::Unreadable { path, source })
    }

    fn files_of(&self, id: SessionId) -> Result<Vec<PathBuf>, Error> {
        let path = self.sessions();
        listing::files_of(&path, id).map_err(|source| Error::Unreadable { path, source })
    }

    /// Without what is no damage: the writer of an open session may be in the middle of its last record.
    fn sifted(&self, id: SessionId, is_live: bool, complaints: Complaints) -> Vec<Complaint> {
        let mut complaints = complaints.into_vec();
        if is_live || self.claims.has(id) {
            complaints.retain(|c| c.damage != Damage::Incomplete);
        }
        complaints
    }

    fn head_of(&self, id: SessionId) -> Result<SessionHead, Error> {
        let paths = self.files_of(id)?;
        if paths.is_empty() {
            return Err(Error::NotFound(id.to_string()));
        }
        Ok(self.head(id, &paths))
    }

    fn head(&self, id: SessionId, paths: &[PathBuf]) -> SessionHead {
        let mut head = listing::head(id, paths);
        head.open_in = self.open_elsewhere(id, &head.path);
        head
    }

    /// The process of another store that writes a session; 0 if it left no number.
    fn open_elsewhere(&self, id: SessionId, path: &Path) -> Option<u32> {
        if self.claims.has(id) {
            return None;
        }
        let holder = lock::holder(&path.with_file_name(format!("{id}.lock")))?;
        Some(holder.pid.unwrap_or_default())
    }
}

/// Whether people may mean `found` when they type `id`.
fn fits(found: SessionId, id: &str) -> bool {
    let simple = |text: &str| text.replace('-', "").to_ascii_lowercase();
    let (found, id) = (simple(&found.to_string()), simple(id.trim()));
    !id.is_empty() && (found.starts_with(&id) || found.ends_with(&id))
}

#[cfg(test)]
mod tests;
