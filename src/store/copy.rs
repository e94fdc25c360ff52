//! Another title for a session, and a copy of it under another id.
//!
//! The session that is copied may be open elsewhere: its files are only read.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc::sync_channel},
    time::Duration,
};

use super::{
    Complaint, Damage, Error, Store,
    drafts::Panes,
    listing,
    reader::{self, Content, Lines, Outcome},
    record::{self, Record},
    sheet::Sheet,
};
use crate::chat::{Session, SessionId};

/// How the origin of a copy begins.
pub(super) const COPY_OF: &str = "copy of ";
/// How long a title waits for the disk.
const PATIENCE: Duration = Duration::from_secs(5);

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

    /// Copies every record of a session, and its drafts, into a new one with the id `copy`, whose title says so. Returns
    /// what could not be read as it should be; records keep their numbers, so that the copy shows where some are
    /// missing. Blocks.
    pub fn copy(&self, id: SessionId, copy: SessionId) -> Result<Vec<Complaint>, Error> {
        let paths = self.files_of(id)?;
        let Some(first) = paths.first() else {
            return Err(Error::NotFound(id.to_string()));
        };
        let head = self.head(id, &paths);
        let title = format!("{} (copy)", head.title);
        let now = (self.now)();
        let (path, outcome) = self.make_file(copy, |sheet| {
            let begun = Record::session(copy, now, format!("{COPY_OF}{id}"));
            sheet.push(now, &begun)?;
            let outcome = copy_records(&paths, sheet)?;
            if outcome.newer_format {
                return Err(Error::NewerFormat(first.clone()));
            }
            sheet.push(now, &Record::Title(title.clone()))?;
            Ok(outcome)
        })?;
        let copied = Copied {
            bytes: fs::metadata(path).map_or(0, |m| m.len()),
            drafts: self.drafts.copy(id, copy),
            title,
        };
        self.copies.lock().insert(copy, copied);
        Ok(self.sifted(id, head.open_in.is_some(), outcome.complaints))
    }

    /// Moves a copy that this store made into the trash, unless something was added to it or its drafts: looking at a
    /// session leaves no copy behind. True if it was. Blocks.
    pub fn drop_copy(&self, id: SessionId) -> Result<bool, Error> {
        let Some(copied) = self.copies.lock().remove(&id) else {
            return Ok(false);
        };
        let (_held, paths) = self.hold_files(id)?;
        let is_as_it_was = match paths.as_slice() {
            [path] => copied.is_still(path) && copied.has(&self.drafts.panes(id)),
            _ => false,
        };
        if is_as_it_was {
            self.move_to_trash(id, &paths)?;
        }
        Ok(is_as_it_was)
    }

    /// True for a copy that [`Store::drop_copy`] may drop.
    pub fn is_copy(&self, id: SessionId) -> bool {
        self.copies.lock().contains_key(&id)
    }
}

/// Copies all but the record that begins the session, each under its number.
fn copy_records(paths: &[PathBuf], sheet: &mut Sheet<'_>) -> Result<Outcome, Error> {
    let mut written = Ok(());
    let outcome = reader::read(paths, |_, found, _| {
        let line = match found.content {
            Content::Known(Record::Session { .. }) => return sheet.skip(found.seq),
            Content::Known(record) => record::encode(found.seq, found.at, &record),
            Content::Unknown(mut line) => {
                line.push(b'\n');
                line
            }
        };
        if written.is_ok() {
            written = sheet.put(found.seq, &line);
        }
    });
    written?;
    sheet.skip(outcome.last_seq);
    // Of a session whose beginning cannot be read the rest is no copy.
    let failed = outcome.complaints.iter().find_map(|c| match &c.damage {
        Damage::Io(why) if Some(&c.path) == paths.first() => Some(Error::Unreadable {
            path: c.path.clone(),
            source: io::Error::other(why.clone()),
        }),
        _ => None,
    });
    failed.map_or(Ok(outcome), Err)
}

/// The copies that a store made and did not drop.
#[derive(Clone, Debug, Default)]
pub(super) struct Copies(Arc<Mutex<BTreeMap<SessionId, Copied>>>);

/// A copy as it was made.
#[derive(Debug)]
struct Copied {
    bytes: u64,
    title: String,
    drafts: Panes,
}

impl Copied {
    /// True if nothing was added to its file but what is written without anyone's asking: the arrangement of the panes
    /// as it is left, and the title once more.
    fn is_still(&self, path: &Path) -> bool {
        let adds_nothing = || {
            let mut file = reader::open(path)?;
            file.seek(SeekFrom::Start(self.bytes))?;
            let mut lines = Lines::with_capacity(16 << 10, file);
            while let Some(line) = lines.next()? {
                match reader::decode(&line).ok().and_then(|line| line.record) {
                    Some(Record::Layout(_)) => {}
                    Some(Record::Title(title)) if title == self.title => {}
                    _ => return Ok(false),
                }
            }
            io::Result::Ok(true)
        };
        adds_nothing().unwrap_or(false)
    }

    /// True if these drafts are all its own. Some may be gone: what was typed goes along into the next session.
    fn has(&self, drafts: &Panes) -> bool {
        let is_own = |(pane, text)| self.drafts.get(pane) == Some(text);
        drafts.iter().all(is_own)
    }
}

impl Copies {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<SessionId, Copied>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
