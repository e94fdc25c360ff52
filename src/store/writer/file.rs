//! The files of one session as its writer sees them: lines that are not known to be on disk, and where they go.
//!
//! After an error a descriptor is never trusted again, since its pages may count as clean: the next file begins with
//! every line that was not synced. A file without one synced line is removed, so a full disk leaves no litter.

use std::{
    collections::VecDeque,
    fs, io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::SaveError;
use crate::{
    chat::SessionId,
    store::{
        files::{self, Files},
        listing::file_name,
        lock::{Holder, Lock, Outcome},
    },
};

/// Files are copied in pieces of this size.
const PIECE: usize = 256 << 10;

/// One file of a session.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) number: u32,
    pub(super) path: PathBuf,
    pub(super) file: fs::File,
    /// Something in it was synced.
    pub(super) is_synced: bool,
}

/// The files of one session.
#[derive(Debug)]
pub(super) struct SessionFile {
    files: Arc<dyn Files>,
    folder: PathBuf,
    id: SessionId,
    lock: Option<Lock>,
    /// The file system has no locks.
    without_locks: bool,
    /// What it said when it was asked for one, until someone heard of it.
    warning: Option<SaveError>,
    current: Option<Segment>,
    /// Earlier files, and those that failed.
    older: Vec<Segment>,
    /// Files that lost their name while they were open: their bytes are still there.
    removed: Vec<Segment>,
    /// Lines that may not be on disk, oldest first.
    held: VecDeque<Vec<u8>>,
    held_bytes: usize,
    /// How many of them were handed to the current file.
    written: usize,
}

impl SessionFile {
    /// Files that do not exist yet.
    pub(super) fn new(files: Arc<dyn Files>, folder: PathBuf, id: SessionId) -> Self {
        Self {
            files,
            folder,
            id,
            lock: None,
            without_locks: false,
            warning: None,
            current: None,
            older: Vec::new(),
            removed: Vec::new(),
            held: VecDeque::new(),
            held_bytes: 0,
            written: 0,
        }
    }

    /// Goes on in the last of `segments`.
    pub(super) fn adopt(&mut self, mut segments: Vec<Segment>) {
        self.current = segments.pop();
        self.older = segments;
    }

    /// Where the lock of a session is.
    fn lock_path(&self) -> PathBuf {
        self.folder.join(format!("{}.lock", self.id))
    }

    /// Takes the session's lock if it is not held yet, and tells who else has it.
    pub(super) fn lock(&mut self) -> io::Result<Option<Holder>> {
        if self.lock.is_some() {
            return Ok(None);
        }
        match Lock::take(&*self.files, &self.lock_path())? {
            Outcome::Held(lock) => self.lock = Some(lock),
            Outcome::NoLocks(error) => {
                self.without_locks = true;
                self.warning = Some(SaveError::new(&error, &self.folder));
            }
            Outcome::Elsewhere(holder) => return Ok(Some(holder)),
        }
        Ok(None)
    }

    /// Why there are no locks, once.
    pub(super) fn new_warning(&mut self) -> Option<SaveError> {
        self.warning.take()
    }

    /// The file that is written to, or the folder where it would be.
    pub(super) fn path(&self) -> &Path {
        match &self.current {
            Some(current) => &current.path,
            None => &self.folder,
        }
    }

    /// Adds a line to what must be written.
    pub(super) fn push(&mut self, line: Vec<u8>) {
        self.held_bytes += line.len();
        self.held.push_back(line);
    }

    /// Bytes of the lines that may not be on disk.
    pub(super) fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// True when lines were not synced yet.
    pub(super) fn is_dirty(&self) -> bool {
        !self.held.is_empty()
    }

    /// Hands all lines to the operating system.
    pub(super) fn write(&mut self) -> io::Result<()> {
        if self.written == self.held.len() {
            return Ok(());
        }
        if self.current.is_none() {
            self.open_next()?;
        }
        let bytes: Vec<u8> = self
            .held
            .iter()
            .skip(self.written)
            .flatten()
            .copied()
            .collect();
        let Some(current) = &self.current else {
            return Ok(());
        };
        let written = files::write_all(&*self.files, &current.file, &bytes);
        match written {
            Ok(()) => {
                tracing::trace!(
                    file = ?current.path.file_name().unwrap_or_default(),
                    records = self.held.len() - self.written,
                    bytes = bytes.len(),
                    "written"
                );
                self.written = self.held.len();
            }
            Err(_) => self.give_up(),
        }
        written
    }

    /// Brings all lines to the disk.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.write()?;
        let Some(current) = self.current.as_mut().filter(|_| !self.held.is_empty()) else {
            return Ok(());
        };
        let is_first = !current.is_synced;
        let mut synced = self.files.sync(&current.file);
        if is_first && synced.is_ok() {
            synced = self.files.sync_dir(&self.folder);
        }
        if synced.is_ok() && !files::is_linked(&current.file) {
            self.unlinked();
            return Err(io::Error::new(
                io::ErrorKind::NotFound,
                "the session's file was removed",
            ));
        }
        match synced {
            Ok(()) => {
                tracing::trace!(records = self.held.len(), "synced");
                current.is_synced = true;
                self.held.clear();
                self.held_bytes = 0;
                self.written = 0;
            }
            Err(_) => self.give_up(),
        }
        synced
    }

    /// Leaves the current file after an error.
    pub(super) fn give_up(&mut self) {
        self.written = 0;
        let Some(current) = self.current.take() else {
            return;
        };
        if current.is_synced {
            self.older.push(current);
        } else {
            // All of it is still held. A file that cannot be removed keeps its number, so the next takes another.
            let _ = fs::remove_file(&current.path);
        }
    }

    /// Puts the files aside that lost their names.
    fn unlinked(&mut self) {
        self.written = 0;
        let all = self.older.drain(..).chain(self.current.take());
        let (named, removed): (Vec<_>, Vec<_>) = all.partition(|s| files::is_linked(&s.file));
        self.older = named;
        self.removed.extend(removed);
    }

    fn open_next(&mut self) -> io::Result<()> {
        files::create_dirs(&*self.files, &self.folder)?;
        if !self.removed.is_empty() {
            self.lock = None;
        }
        if !self.without_locks {
            // Nobody else can have a session that began here; and saving matters more than a lock.
            let _ = self.lock();
        }
        while let Some(segment) = self.removed.first() {
            let restored = self.restore(segment)?;
            self.removed.remove(0);
            self.older.push(restored);
        }
        let mut number = self.older.last().map_or(1, |s| s.number.saturating_add(1));
        loop {
            let path = self.folder.join(file_name(self.id, number));
            match self.files.create(&path) {
                Ok(file) => {
                    tracing::debug!(?path, "a file of a session was begun");
                    self.current = Some(Segment {
                        number,
                        path,
                        file,
                        is_synced: false,
                    });
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    number = number.checked_add(1).ok_or(error)?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes the bytes of a file that lost its name to a new one of that name.
    fn restore(&self, lost: &Segment) -> io::Result<Segment> {
        let file = self.files.create(&lost.path)?;
        let copied = copy(&*self.files, &lost.file, 0, &file);
        let durable = copied
            .and_then(|()| self.files.sync(&file))
            .and_then(|()| self.files.sync_dir(&self.folder));
        if let Err(error) = durable {
            let _ = fs::remove_file(&lost.path);
            return Err(error);
        }
        Ok(Segment {
            number: lost.number,
            path: lost.path.clone(),
            file,
            is_synced: true,
        })
    }
}

/// Appends the bytes of `from` from `offset` on to `to`.
pub(super) fn copy(
    files: &dyn Files,
    from: &fs::File,
    mut offset: u64,
    to: &fs::File,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        match from.read_at(&mut piece, offset) {
            Ok(0) => return Ok(()),
            Ok(read) => {
                files::write_all(files, to, piece.get(..read).unwrap_or_default())?;
                offset = offset.saturating_add(read as u64);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
