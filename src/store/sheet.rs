//! A session's first file, made in one step: other processes see all of it or nothing, whenever this one dies.
//!
//! What is written into it is decided by whoever makes it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    Error, Store,
    files::{self, Files},
    listing,
    record::{self, Record},
};
use crate::{
    chat::{SessionId, Timestamp},
    text::Secrets,
};

/// Lines are written when there are this many bytes of them.
const PIECE: usize = 1 << 20;

impl Store {
    /// Makes the first file of a session that has none, lets `write` write it, and syncs it. Nobody sees it before.
    pub(super) fn make_file<T>(
        &self,
        id: SessionId,
        write: impl FnOnce(&mut Sheet<'_>) -> Result<T, Error>,
    ) -> Result<(PathBuf, T), Error> {
        let folder = self.folder_of(id);
        let path = folder.join(listing::file_name(id, 1));
        let temporary = folder.join(format!(".{id}.{}.tmp", std::process::id()));
        let fail = |source| Error::Unwritable {
            path: path.clone(),
            source,
        };
        files::create_dirs(&*self.files, &folder).map_err(fail)?;
        let file = self.files.create(&temporary).map_err(fail)?;
        let mut sheet = Sheet {
            files: &*self.files,
            file: &file,
            path: &path,
            secrets: &self.secrets,
            next: 1,
            lines: Vec::new(),
        };
        let made = write(&mut sheet).and_then(|made| {
            sheet.finish()?;
            files::move_new(&*self.files, &temporary, &path).map_err(fail)?;
            Ok(made)
        });
        if made.is_err() {
            // The error that is told matters more than one of this.
            let _ = fs::remove_file(&temporary);
        }
        let made = made?;
        self.files.sync_dir(&folder).map_err(fail)?;
        Ok((path, made))
    }
}

/// Numbers records and writes them in pieces.
pub(super) struct Sheet<'a> {
    files: &'a dyn Files,
    file: &'a fs::File,
    /// The name the file will have.
    path: &'a Path,
    /// What is never written.
    secrets: &'a Secrets,
    next: u64,
    lines: Vec<u8>,
}

impl Sheet<'_> {
    /// Adds a record under the next number.
    pub(super) fn push(&mut self, at: Timestamp, record: &Record) -> Result<(), Error> {
        let seq = self.next;
        let line = record::encode_without(seq, at, record, self.secrets);
        self.put(seq, &line)
    }

    /// Adds a line that carries this number.
    pub(super) fn put(&mut self, seq: u64, line: &[u8]) -> Result<(), Error> {
        self.lines.extend_from_slice(line);
        self.skip(seq);
        if self.lines.len() > PIECE {
            self.write()?;
        }
        Ok(())
    }

    /// Counts the numbers up to this one as used: whoever reads the file sees that something is missing.
    pub(super) fn skip(&mut self, seq: u64) {
        self.next = self.next.max(seq.saturating_add(1));
    }

    fn write(&mut self) -> Result<(), Error> {
        let written = files::write_all(self.files, self.file, &self.lines);
        self.lines.clear();
        written.map_err(|e| self.fail(e))
    }

    /// Writes what is left and syncs the file.
    fn finish(mut self) -> Result<(), Error> {
        self.write()?;
        self.files.sync(self.file).map_err(|e| self.fail(e))
    }

    fn fail(&self, source: io::Error) -> Error {
        let path = self.path.to_owned();
        Error::Unwritable { path, source }
    }
}
