//! Deleting a session: its files are moved to `DATA/trash/ID/`, and can come back for thirty days.
//!
//! Only a session that nobody has open is moved; nothing is ever written over.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use super::{
    Error, SessionHead, Store, drafts, files, listing,
    lock::{Claim, Holder, Lock, Outcome},
};
use crate::chat::SessionId;

/// What was deleted longer ago is removed at the next start.
const KEPT: Duration = Duration::from_hours(30 * 24);
/// How the name of what is being removed ends.
const GONE: &str = ".gone";
/// Drafts that were typed a moment ago are written within this time.
const DRAFTS: Duration = Duration::from_secs(1);

impl Store {
    /// Moves a session that nobody has open into the trash, its drafts with it. Blocks.
    pub fn delete(&self, id: SessionId) -> Result<(), Error> {
        let (_held, paths) = self.hold_files(id)?;
        self.move_to_trash(id, &paths)
    }

    /// Moves the files of a session that is held.
    pub(super) fn move_to_trash(&self, id: SessionId, paths: &[PathBuf]) -> Result<(), Error> {
        let Some(folder) = paths.first().and_then(|p| p.parent()) else {
            return Err(Error::NotFound(id.to_string()));
        };
        self.drafts.flush(DRAFTS);
        // The first file goes last: a session that was moved by half is still in the list.
        let mut moved = drafts::paths(&self.root, id).to_vec();
        moved.push(folder.join(format!("{id}.damaged")));
        moved.extend(paths.iter().rev().cloned());
        moved.retain(|path| fs::symlink_metadata(path).is_ok());
        let trash = self.trash_of(id);
        let pairs: Vec<_> = moved
            .iter()
            .filter_map(|from| Some((from.clone(), trash.join(from.file_name()?))))
            .collect();
        self.move_all(&trash, &pairs)?;
        self.drafts.forget(id);
        Ok(())
    }

    /// Takes a session out of the trash. Blocks.
    pub fn restore(&self, id: SessionId) -> Result<(), Error> {
        let trash = self.trash_of(id);
        if !trash.is_dir() {
            return Err(Error::NotDeleted(id.to_string()));
        }
        let (_held, folder) = self.hold_place(id)?;
        let entries = fs::read_dir(&trash).map_err(|_| Error::NotDeleted(id.to_string()))?;
        let drafts = drafts::paths(&self.root, id);
        let mut pairs = Vec::new();
        for from in entries.flatten().map(|e| e.path()) {
            if let Some(name) = from.file_name() {
                let draft = drafts.iter().find(|draft| draft.file_name() == Some(name));
                let to = draft.cloned().unwrap_or_else(|| folder.join(name));
                pairs.push((from, to));
            }
        }
        if pairs.is_empty() {
            return Err(Error::NotDeleted(id.to_string()));
        }
        // The first file comes first, for the same reason.
        pairs.sort();
        let drafts = self.root.join("drafts");
        files::create_dirs(&*self.files, &drafts).map_err(|source| Error::Unwritable {
            path: drafts,
            source,
        })?;
        self.drafts.forget(id);
        self.move_all(&folder, &pairs)?;
        // Empty now; what cannot be removed is in nobody's way.
        let _ = fs::remove_dir(&trash);
        Ok(())
    }

    /// The sessions in the trash, newest first by their last record.
    pub fn list_deleted(&self) -> Vec<SessionHead> {
        let deleted = self.deleted().into_iter();
        let mut heads: Vec<_> = deleted.map(|(id, folder)| head(id, &folder)).collect();
        heads.sort_by_key(|h| std::cmp::Reverse((h.modified, h.id)));
        heads
    }

    /// The session in the trash whose id begins or ends with `id`.
    pub fn find_deleted(&self, id: &str) -> Result<SessionId, Error> {
        let mut fitting = self.deleted();
        fitting.retain(|(found, _)| super::fits(*found, id));
        match fitting.as_slice() {
            [] => Err(Error::NotDeleted(id.to_owned())),
            [(found, _)] => Ok(*found),
            several => Err(Error::Ambiguous {
                id: id.to_owned(),
                candidates: several.iter().map(|(id, f)| head(*id, f)).collect(),
            }),
        }
    }

    /// Removes for good what was deleted more than thirty days ago, and tells how many sessions that were. Does nothing
    /// where so long ago is the last change of all: then the clock may be wrong, and the next start is early enough.
    /// Blocks.
    pub fn empty_trash(&self) -> usize {
        self.finish_removing();
        let deleted = self.deleted();
        let now = Duration::from_millis((self.now)().0);
        let is_old = |path: &Path| changed(path).is_some_and(|at| now.saturating_sub(at) > KEPT);
        let sessions = self.scan().unwrap_or_default();
        let mut all = sessions
            .values()
            .flatten()
            .chain(deleted.iter().map(|(_, folder)| folder));
        if all.all(|path| is_old(path)) {
            return 0;
        }
        let removed = deleted.iter().filter(|(id, folder)| {
            let Some(gone) = gone(folder).filter(|_| is_old(folder)) else {
                return false;
            };
            // Someone may restore it, or just did and deleted it again.
            let Ok(_held) = self.hold_place(*id) else {
                return false;
            };
            // In one step, so that nobody ever finds half of it.
            let is_gone = is_old(folder) && self.files.rename(folder, &gone).is_ok();
            is_gone && fs::remove_dir_all(&gone).is_ok()
        });
        removed.count()
    }

    /// Removes what a process that was killed had begun to.
    fn finish_removing(&self) {
        for entry in self.trash().filter(is_folder) {
            let name = entry.file_name();
            let id = name
                .to_str()
                .and_then(|n| n.strip_prefix('.')?.strip_suffix(GONE));
            if id.is_some_and(|id| id.parse::<SessionId>().is_ok()) {
                // The next start tries again.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    fn trash(&self) -> impl Iterator<Item = fs::DirEntry> + use<> {
        let entries = fs::read_dir(self.root.join("trash")).into_iter().flatten();
        entries.flatten()
    }

    /// The folders of the trash that are ours.
    pub(super) fn deleted(&self) -> Vec<(SessionId, PathBuf)> {
        self.trash()
            .filter(is_folder)
            .filter_map(|e| Some((e.file_name().to_str()?.parse().ok()?, e.path())))
            .collect()
    }

    /// Keeps every writer away from a session for as long as the value lives.
    pub(super) fn hold(&self, id: SessionId, folder: &Path) -> Result<Held, Error> {
        let claim = self.claims.claim(id).ok_or(Error::OpenElsewhere {
            id,
            pid: Some(std::process::id()),
        })?;
        let path = folder.join(format!("{id}.lock"));
        let lock = match Lock::take(&*self.files, &path) {
            Ok(outcome) => admit(id, folder, outcome)?,
            Err(source) => return Err(Error::Unwritable { path, source }),
        };
        Ok(Held {
            _lock: lock,
            _claim: claim,
        })
    }

    /// Holds a session that exists; its files are those that are there while it is held.
    pub(super) fn hold_files(&self, id: SessionId) -> Result<(Held, Vec<PathBuf>), Error> {
        let not_found = || Error::NotFound(id.to_string());
        let paths = self.files_of(id)?;
        let folder = paths.first().and_then(|p| p.parent());
        let folder = folder.ok_or_else(not_found)?;
        let held = self.hold(id, folder)?;
        // Another process may have added one in between, or moved them all away.
        let paths = listing::files_in(folder, id);
        if paths.is_empty() {
            return Err(not_found());
        }
        Ok((held, paths))
    }

    /// Holds a session that is not there, and tells where it would be.
    fn hold_place(&self, id: SessionId) -> Result<(Held, PathBuf), Error> {
        let folder = self.folder_of(id);
        files::create_dirs(&*self.files, &folder).map_err(|source| Error::Unwritable {
            path: folder.clone(),
            source,
        })?;
        Ok((self.hold(id, &folder)?, folder))
    }

    /// Moves files into `folder` or beside it; after a failure those that were moved go back.
    fn move_all(&self, folder: &Path, pairs: &[(PathBuf, PathBuf)]) -> Result<(), Error> {
        let fail = |path: &Path, source| Error::Unwritable {
            path: path.to_owned(),
            source,
        };
        files::create_dirs(&*self.files, folder).map_err(|e| fail(folder, e))?;
        for (place, (from, to)) in pairs.iter().enumerate() {
            if let Err(error) = files::move_new(&*self.files, from, to) {
                for (from, to) in pairs.iter().take(place) {
                    let _ = self.files.rename(to, from);
                }
                return Err(fail(to, error));
            }
        }
        let ends = pairs.iter().flat_map(|(from, to)| [from, to]);
        for folder in ends.filter_map(|p| p.parent()) {
            // After a power cut the files are where they were before: nothing is lost.
            let _ = self.files.sync_dir(folder);
        }
        Ok(())
    }

    fn trash_of(&self, id: SessionId) -> PathBuf {
        self.root.join("trash").join(id.to_string())
    }
}

/// A session that nobody else can open.
#[derive(Debug)]
pub(super) struct Held {
    _lock: Lock,
    _claim: Claim,
}

/// A session is moved only under its lock: without, another process may be writing it.
pub(super) fn admit(id: SessionId, folder: &Path, outcome: Outcome) -> Result<Lock, Error> {
    match outcome {
        Outcome::Held(lock) => Ok(lock),
        Outcome::Elsewhere(Holder { pid }) => Err(Error::OpenElsewhere { id, pid }),
        Outcome::NoLocks(source) => Err(Error::NoLocks {
            id,
            folder: folder.to_owned(),
            source,
        }),
    }
}

fn head(id: SessionId, folder: &Path) -> SessionHead {
    listing::head(id, &listing::files_in(folder, id))
}

/// When a file or folder was last changed.
fn changed(path: &Path) -> Option<Duration> {
    let at = fs::symlink_metadata(path).and_then(|m| m.modified()).ok()?;
    Some(at.duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// What a folder of the trash is called while it is removed.
fn gone(folder: &Path) -> Option<PathBuf> {
    let name = folder.file_name()?.to_str()?;
    Some(folder.with_file_name(format!(".{name}{GONE}")))
}

fn is_folder(entry: &fs::DirEntry) -> bool {
    entry.file_type().is_ok_and(|t| t.is_dir())
}
