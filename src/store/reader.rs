//! Reads the records of a session's files, line by line, and says what it could not read.
//!
//! A bad line never hides a good one and no file is changed here; what the records mean is decided in `rebuild`.
#![deny(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt, fs,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

use super::{
    files,
    record::{self, Fault, Line, Record, VERSION},
};
use crate::chat::Timestamp;

/// A longer line is no record of ours: the largest text is 16 MiB, escaped at most six times that.
const MAX_LINE: usize = 128 << 20;

/// What is wrong with a place in a session's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The file ends in the middle of a record: a crash or a full disk cut it.
    Incomplete,
    /// The checksum does not fit: bytes were changed.
    Checksum,
    /// A record is whole but makes no sense; why.
    Unreadable(String),
    /// Records are not there.
    Missing,
    /// Records are there a second time.
    Repeated,
    /// Records stand behind later ones.
    OutOfOrder,
    /// A record speaks of something that no record introduced; what was made of it.
    Orphan(&'static str),
    /// The file could not be read any further; why.
    Io(String),
}

/// Something that could not be read as it should be. The rest was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1; 0 when it is about the file as a whole.
    pub line: u64,
    /// How many records or lines in a row.
    pub count: u64,
    /// What is wrong.
    pub damage: Damage,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let records = if self.count == 1 { "record" } else { "records" };
        write!(f, "{} ", self.count)?;
        match &self.damage {
            Damage::Incomplete => write!(f, "incomplete {records} set aside")?,
            Damage::Checksum => write!(f, "damaged {records} passed over")?,
            Damage::Unreadable(why) => write!(f, "unreadable {records} passed over: {why}")?,
            Damage::Missing => write!(f, "{records} missing")?,
            Damage::Repeated => write!(f, "repeated {records} passed over")?,
            Damage::OutOfOrder => write!(f, "{records} out of order")?,
            Damage::Orphan(made) => write!(f, "{records} without context: {made}")?,
            Damage::Io(why) => write!(f, "{records} or more cannot be read: {why}")?,
        }
        write!(f, " ({}", self.path.display())?;
        if self.line > 0 {
            write!(f, ", line {}", self.line)?;
        }
        f.write_str(")")
    }
}

/// Complaints in the order they arose; equal ones in a row count up, so that a ruined file gives a short list.
#[derive(Debug, Default)]
pub(super) struct Complaints(Vec<Complaint>);

impl Complaints {
    pub(super) fn add(&mut self, path: &Path, line: u64, count: u64, damage: Damage) {
        match self.0.last_mut() {
            Some(last) if last.damage == damage && last.path == path => {
                last.count = last.count.saturating_add(count);
            }
            _ => self.0.push(Complaint {
                path: path.to_owned(),
                line,
                count,
                damage,
            }),
        }
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Complaint> {
        self.0.iter()
    }

    pub(super) fn into_vec(self) -> Vec<Complaint> {
        self.0
    }
}

/// A record and where it was found.
#[derive(Debug)]
pub(super) struct Found {
    /// Its number.
    pub(super) seq: u64,
    /// When it was written.
    pub(super) at: Timestamp,
    /// The line it stands in.
    pub(super) line: u64,
    /// What it says.
    pub(super) content: Content,
}

/// What a good line says.
#[derive(Debug)]
pub(super) enum Content {
    /// A record.
    Known(Record),
    /// Something of a kind of which this version knows nothing: the line without its line break.
    Unknown(Vec<u8>),
}

/// What reading left to say.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// What could not be read.
    pub(super) complaints: Complaints,
    /// A record was written by a newer version.
    pub(super) newer_format: bool,
    /// The number of the last record; bad lines after it count as records.
    pub(super) last_seq: u64,
}

/// Reads the files of a session, oldest first, and hands each record to `sink` once, in the order of their numbers.
///
/// The file after a failed one begins with the records that may have been lost in it: those are joined by number.
pub(super) fn read(
    paths: &[PathBuf],
    mut sink: impl FnMut(&Path, Found, &mut Complaints),
) -> Outcome {
    let mut outcome = Outcome::default();
    let Some((first, later)) = paths.split_first() else {
        return outcome;
    };
    let mut rewritten: BTreeMap<u64, Vec<(PathBuf, Entry)>> = BTreeMap::new();
    // Those of them that no older file has.
    let mut new = HashSet::new();
    let mut bad_at_end = 0;
    for (index, path) in later.iter().enumerate() {
        let is_last = index.saturating_add(1) == later.len();
        bad_at_end = read_file(path, is_last, &mut outcome, |entry, _| {
            if new.insert((entry.seq, entry.crc)) {
                let of_number = rewritten.entry(entry.seq).or_default();
                of_number.push((path.clone(), entry));
            }
        });
    }
    let mut order = Order::default();
    let bad = read_file(first, later.is_empty(), &mut outcome, |entry, outcome| {
        while let Some(early) = rewritten.first_entry().filter(|e| *e.key() < entry.seq) {
            for (path, early) in early.remove() {
                if new.remove(&(early.seq, early.crc)) {
                    order.take(&path, early, outcome, &mut sink);
                }
            }
        }
        new.remove(&(entry.seq, entry.crc));
        order.take(first, entry, outcome, &mut sink);
    });
    for (path, entry) in rewritten.into_values().flatten() {
        if new.contains(&(entry.seq, entry.crc)) {
            order.take(&path, entry, &mut outcome, &mut sink);
        }
    }
    if later.is_empty() {
        bad_at_end = bad;
    }
    outcome.last_seq = order.last.saturating_add(bad_at_end);
    outcome
}

/// A good line.
#[derive(Debug)]
struct Entry {
    seq: u64,
    crc: u32,
    number: u64,
    at: Timestamp,
    content: Content,
    /// Bad lines between the last good one and this.
    bad: u64,
}

/// Watches over the numbers of records.
#[derive(Debug, Default)]
struct Order {
    last: u64,
    /// Numbers and checksums.
    seen: BTreeSet<(u64, u32)>,
}

impl Order {
    fn take(
        &mut self,
        path: &Path,
        entry: Entry,
        outcome: &mut Outcome,
        sink: &mut impl FnMut(&Path, Found, &mut Complaints),
    ) {
        let complaints = &mut outcome.complaints;
        if !self.seen.insert((entry.seq, entry.crc)) {
            return complaints.add(path, entry.number, 1, Damage::Repeated);
        }
        // Two writers without locks may have used one number; both texts count.
        let mut of_number = self.seen.range((entry.seq, 0)..=(entry.seq, u32::MAX));
        if entry.seq < self.last || of_number.nth(1).is_some() {
            complaints.add(path, entry.number, 1, Damage::OutOfOrder);
        }
        let gap = entry.seq.saturating_sub(self.last).saturating_sub(1);
        let missing = gap.saturating_sub(entry.bad);
        if missing > 0 {
            complaints.add(path, entry.number, missing, Damage::Missing);
        }
        self.last = self.last.max(entry.seq);
        let found = Found {
            seq: entry.seq,
            at: entry.at,
            line: entry.number,
            content: entry.content,
        };
        sink(path, found, complaints);
    }
}

/// Reads one file and tells how many bad lines stand at its end.
fn read_file(
    path: &Path,
    is_last: bool,
    outcome: &mut Outcome,
    mut sink: impl FnMut(Entry, &mut Outcome),
) -> u64 {
    let mut lines = match open(path) {
        Ok(file) => Lines::with_capacity(256 << 10, file),
        Err(error) => {
            let damage = Damage::Io(error.to_string());
            outcome.complaints.add(path, 0, 1, damage);
            return 0;
        }
    };
    let mut bad = 0_u64;
    loop {
        let line = match lines.next() {
            Ok(Some(line)) => line,
            Ok(None) => return bad,
            Err(error) => {
                let damage = Damage::Io(error.to_string());
                outcome.complaints.add(path, lines.number, 1, damage);
                return bad;
            }
        };
        match decode(&line) {
            Ok(decoded) => {
                outcome.newer_format |= decoded.version > VERSION;
                let unknown = || Content::Unknown(line.bytes.to_vec());
                let entry = Entry {
                    seq: decoded.seq,
                    crc: decoded.crc,
                    number: line.number,
                    at: decoded.at,
                    content: decoded.record.map_or_else(unknown, Content::Known),
                    bad,
                };
                bad = 0;
                sink(entry, outcome);
            }
            Err(damage) => {
                bad = bad.saturating_add(u64::from(line.terminated));
                // What a failed file ends with stands again at the start of the next one.
                if is_last || damage != Damage::Incomplete {
                    outcome.complaints.add(path, line.number, 1, damage);
                }
            }
        }
    }
}

/// Opens a session's file for reading; refuses what is not a regular file without waiting for it.
pub(super) fn open(path: &Path) -> io::Result<fs::File> {
    let refuse = |what| io::Error::new(io::ErrorKind::InvalidInput, what);
    if let Some(what) = files::wrong_kind(path) {
        return Err(refuse(what));
    }
    let file = files::open_read(path)?;
    if !file.metadata()?.is_file() {
        return Err(refuse("not a regular file"));
    }
    Ok(file)
}

/// Reads one line as a record, or tells what is wrong with it.
pub(super) fn decode(line: &RawLine<'_>) -> Result<Line, Damage> {
    if line.too_long {
        return Err(Damage::Unreadable("the line is too long".to_owned()));
    }
    record::decode(line.bytes).map_err(|fault| match fault {
        // A line without its end is a record only if nothing but the line break is missing.
        Fault::Checksum if !line.terminated => Damage::Incomplete,
        Fault::Checksum => Damage::Checksum,
        Fault::Unreadable(why) => Damage::Unreadable(why),
    })
}

/// A line of a file.
#[derive(Debug)]
pub(super) struct RawLine<'a> {
    /// Its bytes without the line break.
    pub(super) bytes: &'a [u8],
    /// Counts from 1.
    pub(super) number: u64,
    /// It ends in a line break.
    pub(super) terminated: bool,
    /// Only its beginning is in `bytes`.
    pub(super) too_long: bool,
    /// Its bytes in the file, line break included.
    pub(super) length: u64,
}

/// The lines of a file, one at a time in the same memory.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: BufReader<R>,
    line: Vec<u8>,
    number: u64,
}

impl<R: Read> Lines<R> {
    /// Reads `input` in pieces of `capacity` bytes.
    pub(super) fn with_capacity(capacity: usize, input: R) -> Self {
        Self {
            input: BufReader::with_capacity(capacity, input),
            line: Vec::new(),
            number: 0,
        }
    }

    /// The next line; a last one without a line break too.
    pub(super) fn next(&mut self) -> io::Result<Option<RawLine<'_>>> {
        self.line.clear();
        let mut too_long = false;
        let mut read = 0_u64;
        let terminated = loop {
            let chunk = match self.input.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if chunk.is_empty() {
                break false;
            }
            let end = memchr::memchr(b'\n', chunk);
            let part = end.and_then(|end| chunk.get(..end)).unwrap_or(chunk);
            too_long |= self.line.len().saturating_add(part.len()) > MAX_LINE;
            if !too_long {
                self.line.extend_from_slice(part);
            }
            let used = part.len().saturating_add(usize::from(end.is_some()));
            read = read.saturating_add(used as u64);
            self.input.consume(used);
            if end.is_some() {
                break true;
            }
        };
        if read == 0 {
            return Ok(None);
        }
        self.number = self.number.saturating_add(1);
        Ok(Some(RawLine {
            bytes: &self.line,
            number: self.number,
            terminated,
            too_long,
            length: read,
        }))
    }
}
