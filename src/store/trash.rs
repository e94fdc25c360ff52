//! Deleting a session: its files are moved to `DATA/trash/ID/`, and can come back for thirty days.
//!
//! Only a session that nobody has open is moved; nothing is ever written over.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, UNIX_EPOCH},
};

use super::{
    Error, SessionHead, Store, files, listing,
    lock::{Claim, Lock, Outcome},
};
use crate::chat::SessionId;

/// What was deleted longer ago is removed at the next start.
const KEPT: Duration = Duration::from_hours(30 * 24);
/// Drafts that were typed a moment ago are written within this time.
const DRAFTS: Duration = Duration::from_secs(1);

impl Store {
    /// Moves a session that nobody has open into the trash, its drafts with it. Blocks.
    pub fn delete(&self, id: SessionId) -> Result<(), Error> {
        let paths = self.files_of(id)?;
        let Some(folder) = paths.first().and_then(|p| p.parent()) else {
            return Err(Error::NotFound(id.to_string()));
        };
        let _held = self.hold(id, folder)?;
        self.drafts.flush(DRAFTS);
        // The first file goes last: a session that was moved by half is still in the list.
        let mut moved = vec![self.draft_of(id), folder.join(format!("{id}.damaged"))];
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
        let folder = self.sessions().join(listing::folder_of(id));
        let entries = fs::read_dir(&trash).map_err(|_| Error::NotDeleted(id.to_string()))?;
        let draft = self.draft_of(id);
        let mut pairs = Vec::new();
        for from in entries.flatten().map(|e| e.path()) {
            match from.file_name() {
                Some(name) if Some(name) == draft.file_name() => pairs.push((from, draft.clone())),
                Some(name) => pairs.push((from.clone(), folder.join(name))),
                None => {}
            }
        }
        if pairs.is_empty() {
            return Err(Error::NotDeleted(id.to_string()));
        }
        // The first file comes first, for the same reason.
        pairs.sort();
        let drafts = draft.parent().unwrap_or(&folder).to_owned();
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
        let mut heads: Vec<_> = deleted
            .map(|(id, folder)| listing::head(id, &listing::files_in(&folder, id)))
            .collect();
        heads.sort_by_key(|h| std::cmp::Reverse((h.modified, h.id)));
        heads
    }

    /// The session in the trash whose id begins or ends with `id`.
    pub fn find_deleted(&self, id: &str) -> Result<SessionId, Error> {
        let found: Vec<_> = self.deleted().into_iter().map(|(id, _)| id).collect();
        let mut fitting = found.into_iter().filter(|found| super::fits(*found, id));
        match (fitting.next(), fitting.next()) {
            (Some(found), None) => Ok(found),
            _ => Err(Error::NotDeleted(id.to_owned())),
        }
    }

    /// Removes for good what was deleted more than thirty days ago, and tells how many sessions that were. Blocks.
    pub fn empty_trash(&self) -> usize {
        let now = Duration::from_millis((self.now)().0);
        let old = self.deleted().into_iter().filter(|(_, folder)| {
            let deleted = fs::symlink_metadata(folder).and_then(|m| m.modified());
            deleted.is_ok_and(|at| {
                let at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
                now.saturating_sub(at) > KEPT
            })
        });
        old.filter(|(_, folder)| fs::remove_dir_all(folder).is_ok())
            .count()
    }

    /// The folders of the trash that are ours.
    fn deleted(&self) -> Vec<(SessionId, PathBuf)> {
        let entries = fs::read_dir(self.root.join("trash")).into_iter().flatten();
        entries
            .flatten()
            .filter(|e| e.file_type().is_ok_and(|t| t.is_dir()))
            .filter_map(|e| Some((e.file_name().to_str()?.parse().ok()?, e.path())))
            .collect()
    }

    /// Keeps every writer away from a session for as long as the value lives.
    pub(super) fn hold(&self, id: SessionId, folder: &Path) -> Result<Held, Error> {
        let elsewhere = |pid| Error::OpenElsewhere { id, pid };
        let claim = self
            .claims
            .claim(id)
            .ok_or_else(|| elsewhere(Some(std::process::id())))?;
        let path = folder.join(format!("{id}.lock"));
        let lock = match Lock::take(&path) {
            Ok(Outcome::Held(lock)) => Some(lock),
            Ok(Outcome::NoLocks(_)) => None,
            Ok(Outcome::Elsewhere(holder)) => return Err(elsewhere(holder.pid)),
            Err(source) => return Err(Error::Unwritable { path, source }),
        };
        Ok(Held {
            _lock: lock,
            _claim: claim,
        })
    }

    /// Moves files into `folder` or beside it; after a failure those that were moved go back.
    fn move_all(&self, folder: &Path, pairs: &[(PathBuf, PathBuf)]) -> Result<(), Error> {
        let fail = |path: &Path, source| Error::Unwritable {
            path: path.to_owned(),
            source,
        };
        files::create_dirs(&*self.files, folder).map_err(|e| fail(folder, e))?;
        for (place, (from, to)) in pairs.iter().enumerate() {
            let moved = match fs::symlink_metadata(to) {
                Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
                Err(_) => self.files.rename(from, to),
            };
            if let Err(error) = moved {
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

    fn draft_of(&self, id: SessionId) -> PathBuf {
        self.root.join("drafts").join(format!("{id}.json"))
    }
}

/// A session that nobody else can open.
#[derive(Debug)]
pub(super) struct Held {
    _lock: Option<Lock>,
    _claim: Claim,
}
