//! Opens a session's files to append to them: finds the next number, and sets a torn end aside.
//!
//! Nothing is added to a file here but the line break that a whole last record may lack.

use std::{
    fs, io,
    os::unix::fs::{FileExt, MetadataExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::file::{Segment, copy};
use crate::{
    chat::SessionId,
    store::{
        files::{self, Files},
        lock::Holder,
        reader::{self, Lines},
        record::VERSION,
    },
};

/// The last record stands within this distance from the end, or the file is read from its beginning.
const NEAR: u64 = 1 << 20;

/// Why a session cannot be written to.
#[derive(Debug)]
pub(in crate::store) enum Refusal {
    /// The file at this path does not allow it.
    Io(PathBuf, io::Error),
    /// It was written by a newer version.
    Newer(PathBuf),
    /// Another writer has it.
    Elsewhere(Holder),
    /// It was moved away a moment ago.
    Gone,
}

/// How a file ends.
#[derive(Debug, Default)]
struct Ending {
    /// The bytes up to the end of the last line.
    whole: u64,
    /// The rest is a record that lacks only its line break.
    lacks_break: bool,
    /// The number of the last record; bad lines after it count as records.
    last_seq: u64,
    is_newer: bool,
    has_record: bool,
}

/// Opens `paths`, oldest first. Returns them with the number of the next record.
pub(super) fn open(
    disk: &Arc<dyn Files>,
    id: SessionId,
    paths: &[PathBuf],
) -> Result<(Vec<Segment>, u64), Refusal> {
    let mut segments = Vec::new();
    let mut next_seq = 1;
    for (index, path) in paths.iter().enumerate() {
        let refuse = |error| Refusal::Io(path.clone(), error);
        let is_last = index + 1 == paths.len();
        let file = open_one(&**disk, path, is_last).map_err(refuse)?;
        let ending = ending(&file).map_err(refuse)?;
        if ending.is_newer {
            return Err(Refusal::Newer(path.clone()));
        }
        if is_last {
            mend(&**disk, id, path, &file, &ending).map_err(refuse)?;
        }
        next_seq = next_seq.max(ending.last_seq.saturating_add(1));
        segments.push(Segment {
            number: u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1),
            path: path.clone(),
            file,
            is_synced: true,
        });
    }
    Ok((segments, next_seq))
}

fn open_one(disk: &dyn Files, path: &Path, to_append: bool) -> io::Result<fs::File> {
    if !to_append {
        return reader::open(path);
    }
    let refuse = |what| Err(io::Error::new(io::ErrorKind::InvalidInput, what));
    if let Some(what) = files::wrong_kind(path) {
        return refuse(what);
    }
    let file = disk.append(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return refuse("not a regular file");
    }
    if metadata.nlink() > 1 {
        return refuse("the file has a second name (a hard link)");
    }
    Ok(file)
}

/// Looks at the end of a file, and at all of it only where that tells nothing.
fn ending(file: &fs::File) -> io::Result<Ending> {
    let size = file.metadata()?.len();
    let start = size.saturating_sub(NEAR);
    let near = scan(file, start, size)?;
    if near.has_record || start == 0 {
        return Ok(near);
    }
    scan(file, 0, size)
}

/// Reads the lines from `start` on; the first may be the end of one.
fn scan(file: &fs::File, start: u64, size: u64) -> io::Result<Ending> {
    let mut ending = Ending {
        whole: start,
        ..Ending::default()
    };
    let mut lines = Lines::with_capacity(
        64 << 10,
        At {
            file,
            offset: start,
            end: size,
        },
    );
    while let Some(line) = lines.next()? {
        let decoded = reader::decode(&line);
        match &decoded {
            Ok(record) => {
                ending.has_record = true;
                ending.is_newer |= record.version > VERSION;
                ending.last_seq = ending.last_seq.max(record.seq);
            }
            Err(_) if line.terminated => ending.last_seq = ending.last_seq.saturating_add(1),
            Err(_) => {}
        }
        if line.terminated {
            ending.whole = ending.whole.saturating_add(line.length);
        } else {
            ending.lacks_break = decoded.is_ok();
        }
    }
    Ok(ending)
}

/// Makes the file end in a whole line. What stands after the last one is kept byte for byte in `ID.damaged`.
fn mend(
    disk: &dyn Files,
    id: SessionId,
    path: &Path,
    file: &fs::File,
    ending: &Ending,
) -> io::Result<()> {
    if ending.lacks_break {
        files::write_all(disk, file, b"\n")?;
        return disk.sync(file);
    }
    if file.metadata()?.len() <= ending.whole {
        return Ok(());
    }
    let aside = path.with_file_name(format!("{id}.damaged"));
    let damaged = match disk.create(&aside) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => open_one(disk, &aside, true)?,
        created => created?,
    };
    copy(disk, file, ending.whole, &damaged)?;
    disk.sync(&damaged)?;
    if let Some(folder) = path.parent() {
        disk.sync_dir(folder)?;
    }
    disk.truncate(file, ending.whole)?;
    disk.sync(file)
}

/// A part of a file as something to read, without moving the file's own position.
struct At<'a> {
    file: &'a fs::File,
    offset: u64,
    end: u64,
}

impl io::Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        let room = buffer.len().min(left);
        let read = self
            .file
            .read_at(buffer.get_mut(..room).unwrap_or_default(), self.offset)?;
        self.offset = self.offset.saturating_add(read as u64);
        Ok(read)
    }
}
