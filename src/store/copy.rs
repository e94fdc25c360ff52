//! Another title for a session, and a copy of it under another id.
//!
//! The session that is copied may be open elsewhere: its files are only read.

use std::{
    fs, io,
    path::PathBuf,
    sync::{Arc, mpsc::sync_channel},
    time::Duration,
};

use super::{
    Error, Store,
    files::{self, Files},
    listing, reader,
    record::{self, Record},
};
use crate::chat::{Session, SessionId, Timestamp};

/// How long a title waits for the disk.
const PATIENCE: Duration = Duration::from_secs(5);
/// Lines are written when there are this many bytes of them.
const PIECE: usize = 1 << 20;

impl Store {
    /// Gives a session that nobody has open another title. Blocks.
    pub fn rename(&self, id: SessionId, title: &str) -> Result<(), Error> {
        let session = Session::new(id, listing::born(id));
        let writer = self.writer(&session, true, Box::new(|_| {}))?;
        writer.append(Record::Title(title.to_owned()));
        let (say, hear) = sync_channel(1);
        writer.sync(move |outcome| {
            // The one who waits may have given up.
            let _ = say.send(outcome);
        });
        let outcome = hear.recv_timeout(PATIENCE);
        writer.close(PATIENCE);
        match outcome {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Error::Unwritable {
                path: error.path,
                source: io::Error::other(error.reason),
            }),
            Err(_) => Err(Error::Unwritable {
                path: self.sessions(),
                source: io::ErrorKind::TimedOut.into(),
            }),
        }
    }

    /// Copies every record of a session into a new one with the id `copy`, whose title says so. Blocks.
    pub fn copy(&self, id: SessionId, copy: SessionId) -> Result<(), Error> {
        let head = self.head_of(id)?;
        if head.newer_format {
            return Err(Error::NewerFormat(head.path));
        }
        let folder = self.sessions().join(listing::folder_of(copy));
        let path = folder.join(listing::file_name(copy, 1));
        let write = || {
            files::create_dirs(&*self.files, &folder)?;
            let file = self.files.create(&path)?;
            let written = self.copy_records(&file, (id, copy), &head.title);
            if written.is_err() {
                let _ = fs::remove_file(&path);
            }
            written?;
            self.files.sync_dir(&folder)
        };
        write().map_err(|source| Error::Unwritable {
            path: path.clone(),
            source,
        })
    }

    fn copy_records(
        &self,
        file: &fs::File,
        (id, copy): (SessionId, SessionId),
        title: &str,
    ) -> io::Result<()> {
        let paths: Vec<PathBuf> = listing::files_of(&self.sessions(), id)?;
        let now = (self.now)();
        let mut sheet = Sheet::new(&self.files, file);
        sheet.push(now, &Record::session(copy, now, format!("copy of {id}")))?;
        let mut written = Ok(());
        reader::read(&paths, |_, found, _| {
            let is_own = matches!(found.record, Record::Session { .. } | Record::Title(_));
            if written.is_ok() && !is_own {
                written = sheet.push(found.at, &found.record);
            }
        });
        written?;
        sheet.push(now, &Record::Title(format!("{title} (copy)")))?;
        sheet.finish()
    }
}

/// Numbers records and writes them in pieces.
pub(super) struct Sheet<'a> {
    files: &'a Arc<dyn Files>,
    file: &'a fs::File,
    next: u64,
    lines: Vec<u8>,
}

impl<'a> Sheet<'a> {
    /// An empty file to fill.
    pub(super) fn new(files: &'a Arc<dyn Files>, file: &'a fs::File) -> Self {
        Self {
            files,
            file,
            next: 1,
            lines: Vec::new(),
        }
    }

    /// Adds a record.
    pub(super) fn push(&mut self, at: Timestamp, record: &Record) -> io::Result<()> {
        self.lines
            .extend_from_slice(&record::encode(self.next, at, record));
        self.next = self.next.saturating_add(1);
        if self.lines.len() > PIECE {
            files::write_all(&**self.files, self.file, &self.lines)?;
            self.lines.clear();
        }
        Ok(())
    }

    /// Writes what is left and syncs the file.
    pub(super) fn finish(self) -> io::Result<()> {
        files::write_all(&**self.files, self.file, &self.lines)?;
        self.files.sync(self.file)
    }
}
