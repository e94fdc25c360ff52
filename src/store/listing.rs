//! Finds the files of sessions, and tells what a session is from the beginning and the end of its files.
//!
//! Nothing here reads a whole file; what a damaged one holds is `reader`'s.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use super::{
    reader::{self, Lines},
    record::{Record, VERSION},
    title::title_from,
};
use crate::chat::{SessionId, Timestamp};

/// The end of a file that is looked at. The writer repeats a given title so often that one stands in it.
pub(super) const TAIL: u64 = 64 << 10;
/// The first prompt stands behind the arrangement of at most 64 panes.
const HEAD_LINES: u64 = 200;

/// A session as it stands in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionHead {
    /// Its id.
    pub id: SessionId,
    /// Its title: the given one, or the first words of the first prompt.
    pub title: String,
    /// When it began.
    pub created: Timestamp,
    /// When something was last written to it.
    pub modified: Timestamp,
    /// Size of its files.
    pub bytes: u64,
    /// Its (first) file.
    pub path: PathBuf,
    /// What is wrong with it at first sight.
    pub complaint: Option<String>,
    /// It was written by a newer version, so it can be viewed only.
    pub newer_format: bool,
    /// The process of another store that has it open (0 if it left no number).
    pub open_in: Option<u32>,
}

/// The folder of a session below `sessions`: `YYYY/MM` of the moment its id names, in UTC.
pub(super) fn folder_of(id: SessionId) -> PathBuf {
    let date = jiff::Timestamp::from_millisecond(born(id).0.cast_signed())
        .unwrap_or_default()
        .to_zoned(jiff::tz::TimeZone::UTC);
    PathBuf::from(date.strftime("%Y").to_string()).join(date.strftime("%m").to_string())
}

/// The moment in a UUID of version 7: its first 48 bits.
pub(super) fn born(id: SessionId) -> Timestamp {
    let digits: String = id
        .to_string()
        .chars()
        .filter(|&c| c != '-')
        .take(12)
        .collect();
    Timestamp(u64::from_str_radix(&digits, 16).unwrap_or_default())
}

/// The name of the `number`th file of a session, from 1.
pub(super) fn file_name(id: SessionId, number: u32) -> String {
    match number {
        0 | 1 => format!("{id}.jsonl"),
        _ => format!("{id}.{number}.jsonl"),
    }
}

/// Reads a name that [`file_name`] makes.
fn parse_name(name: &str) -> Option<(SessionId, u32)> {
    let stem = name.strip_suffix(".jsonl")?;
    let (id, number) = match stem.split_once('.') {
        Some((id, number)) => (id, number.parse().ok()?),
        None => (stem, 1),
    };
    let id: SessionId = id.parse().ok()?;
    (file_name(id, number) == name).then_some((id, number))
}

/// The files of every session below `sessions`, each oldest first.
pub(super) fn scan(sessions: &Path) -> io::Result<BTreeMap<SessionId, Vec<PathBuf>>> {
    let mut found: BTreeMap<SessionId, BTreeMap<u32, PathBuf>> = BTreeMap::new();
    for year in folders(sessions)? {
        for month in folders(&year).unwrap_or_default() {
            collect(&month, &mut found);
        }
    }
    let in_order = |(id, files): (_, BTreeMap<_, _>)| (id, files.into_values().collect());
    Ok(found.into_iter().map(in_order).collect())
}

/// The files of one session: in the folder its id names, or wherever else someone put them.
pub(super) fn files_of(sessions: &Path, id: SessionId) -> io::Result<Vec<PathBuf>> {
    let files = files_in(&sessions.join(folder_of(id)), id);
    if files.is_empty() {
        return Ok(scan(sessions)?.remove(&id).unwrap_or_default());
    }
    Ok(files)
}

/// The files of one session that are in this folder, oldest first.
pub(super) fn files_in(folder: &Path, id: SessionId) -> Vec<PathBuf> {
    let mut found = BTreeMap::new();
    collect(folder, &mut found);
    let files = found.remove(&id).unwrap_or_default();
    files.into_values().collect()
}

fn folders(path: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(path)?.flatten();
    let is_folder = |e: &fs::DirEntry| e.file_type().is_ok_and(|t| t.is_dir());
    Ok(entries.filter(is_folder).map(|e| e.path()).collect())
}

fn collect(folder: &Path, found: &mut BTreeMap<SessionId, BTreeMap<u32, PathBuf>>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if let Some((id, number)) = entry.file_name().to_str().and_then(parse_name) {
            found.entry(id).or_default().insert(number, entry.path());
        }
    }
}

/// What stands in a list for a session with these files.
pub(super) fn head(id: SessionId, paths: &[PathBuf]) -> SessionHead {
    let mut head = SessionHead {
        id,
        title: String::new(),
        created: born(id),
        modified: Timestamp::default(),
        bytes: 0,
        path: paths.first().cloned().unwrap_or_default(),
        complaint: None,
        newer_format: false,
        open_in: None,
    };
    if let Err(error) = look(&mut head, paths) {
        head.complaint = Some(error.to_string());
    }
    head.modified = head.modified.max(head.created);
    head
}

fn look(head: &mut SessionHead, paths: &[PathBuf]) -> io::Result<()> {
    for path in paths {
        let metadata = fs::symlink_metadata(path)?;
        head.bytes = head.bytes.saturating_add(metadata.len());
        let since = metadata.modified()?.duration_since(UNIX_EPOCH);
        let millis = u64::try_from(since.unwrap_or_default().as_millis());
        head.modified = Timestamp(millis.unwrap_or_default());
    }
    let mut given = None;
    if let Some(first) = paths.first() {
        let mut file = reader::open(first)?;
        beginning(head, &mut file, &mut given)?;
    }
    if let Some(last) = paths.last() {
        let mut file = reader::open(last)?;
        ending(head, &mut file, &mut given)?;
    }
    if let Some(title) = given {
        head.title = title;
    }
    Ok(())
}

/// Reads up to the first prompt.
fn beginning(
    head: &mut SessionHead,
    file: &mut fs::File,
    given: &mut Option<String>,
) -> io::Result<()> {
    let mut lines = Lines::with_capacity(16 << 10, file);
    let mut readable = 0_u64;
    while let Some(raw) = lines.next()? {
        let number = raw.number;
        if let Ok(line) = reader::decode(&raw) {
            readable += 1;
            head.newer_format |= line.version > VERSION;
            match line.record {
                Some(Record::Session { created, .. }) => head.created = created,
                Some(Record::Title(title)) => *given = Some(title),
                Some(Record::Turn { text, .. }) => {
                    head.title = title_from(&text);
                    return Ok(());
                }
                _ => {}
            }
        }
        if number >= HEAD_LINES {
            break;
        }
    }
    if readable == 0 {
        head.complaint = Some("no readable record at its beginning".to_owned());
    }
    Ok(())
}

/// Reads the last records.
fn ending(
    head: &mut SessionHead,
    file: &mut fs::File,
    given: &mut Option<String>,
) -> io::Result<()> {
    let size = file.metadata()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(TAIL)))?;
    let mut lines = Lines::with_capacity(16 << 10, file.take(TAIL));
    let mut written = None;
    while let Some(raw) = lines.next()? {
        let is_cut = raw.number == 1 && size > TAIL;
        match reader::decode(&raw) {
            Ok(line) => {
                written = Some(line.at);
                head.newer_format |= line.version > VERSION;
                if let Some(Record::Title(title)) = line.record {
                    *given = Some(title);
                }
            }
            Err(_) if is_cut => {}
            Err(_) if raw.terminated => head.complaint = Some("a damaged record".to_owned()),
            Err(_) => head.complaint = Some("1 incomplete record".to_owned()),
        }
    }
    if let Some(at) = written {
        head.modified = at;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
