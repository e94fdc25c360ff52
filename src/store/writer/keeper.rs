//! The writer's thread: numbers the records, and decides when to write, to sync and to try again.
//!
//! Nothing is written before the first prompt. Text is synced within a second, every end and every prompt at once.

use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
};

use tokio::time::Instant;

use super::{
    Origin, SaveError, WriterEvent,
    file::SessionFile,
    queue::{Item, Queue},
};
use crate::{
    chat::{SessionId, Timestamp},
    faults::{self, Point},
    store::{
        Pace,
        listing::TAIL,
        lock::Claim,
        record::{self, Record},
    },
    text::Secrets,
};

/// A given title is written again after this many bytes, so that the end of a file always tells it.
const TITLE: u64 = TAIL / 2;
/// After so many defects of ours the thread ends; that nothing is saved any more was said then.
const MOST_DEFECTS: usize = 16;

/// Hears what the writer has to say.
pub(super) type Events = Box<dyn Fn(WriterEvent) + Send>;

/// The owner of a session's files.
pub(super) struct Keeper {
    now: fn() -> Timestamp,
    id: SessionId,
    created: Timestamp,
    file: SessionFile,
    events: Events,
    claim: Claim,
    /// What was taken from the queue and is not done.
    items: VecDeque<Item>,
    /// Records from before the first prompt; `None` once there was one.
    early: Option<Vec<(Timestamp, Record)>>,
    next_seq: u64,
    /// The title, if it was given.
    title: Option<String>,
    /// Bytes since the title was written.
    since_title: u64,
    /// When the oldest line was written that is not synced.
    dirty_since: Option<Instant>,
    pace: Pace,
    secrets: Secrets,
    /// Why nothing is saved, and when to try again.
    failed: Option<(SaveError, Instant)>,
}

impl Keeper {
    /// The keeper of a session without a file.
    pub(super) fn new(
        origin: Origin,
        (id, created): (SessionId, Timestamp),
        file: SessionFile,
        events: Events,
    ) -> Self {
        Self {
            now: origin.now,
            id,
            created,
            file,
            events,
            claim: origin.claim,
            pace: origin.pace,
            secrets: origin.secrets,
            items: VecDeque::new(),
            early: Some(Vec::new()),
            next_seq: 1,
            title: None,
            since_title: 0,
            dirty_since: None,
            failed: None,
        }
    }

    /// Goes on with files that exist.
    pub(super) fn resumed(mut self, next_seq: u64, title: Option<String>) -> Self {
        self.early = None;
        self.next_seq = next_seq;
        self.title = title;
        self.since_title = TITLE;
        self
    }

    pub(super) fn pace(&self) -> Pace {
        self.pace
    }

    pub(super) fn clock(&self) -> fn() -> Timestamp {
        self.now
    }

    /// Works until the queue ends. A defect of ours on the way is a failure like the disk's: what is held is written
    /// again, to a new file, when it is time to.
    pub(super) fn run(mut self, queue: &Queue) {
        // Also when this thread panics, nobody waits for it in vain.
        let _goodbye = Goodbye(queue);
        for _ in 0..MOST_DEFECTS {
            // What a panic can leave half done are numbers without a record, which a reader sees, and the current file.
            if catch_unwind(AssertUnwindSafe(|| self.serve(queue))).is_ok() {
                break;
            }
            self.file.give_up();
            let error = SaveError::defect(self.file.path());
            self.note(error, Instant::now() + self.pace.retry);
        }
        let all_saved = !self.file.is_dirty() && self.items.is_empty();
        // The session is free before anyone hears of the end.
        let Self { file, claim, .. } = self;
        drop((file, claim));
        queue.ended(all_saved);
    }

    fn serve(&mut self, queue: &Queue) {
        self.warn();
        loop {
            let batch = queue.next(self.deadline());
            self.items.extend(batch.items);
            let mut sync = batch.is_last;
            while let Some(item) = self.items.pop_front() {
                match item {
                    Item::Record(at, record) => {
                        sync |= matches!(record, Record::End { .. });
                        self.take(at, record);
                    }
                    Item::Gap(records) => self.next_seq = self.next_seq.saturating_add(records),
                    Item::Sync(done) => done.tell(self.settle()),
                }
            }
            self.work(sync, batch.is_last);
            if batch.is_last {
                if self.failed.is_some() {
                    self.work(true, true);
                }
                return;
            }
        }
    }

    /// When there is something to do though nothing comes.
    fn deadline(&self) -> Option<Instant> {
        match &self.failed {
            Some((_, retry)) => Some(*retry),
            None => self.dirty_since.map(|since| since + self.pace.sync),
        }
    }

    fn take(&mut self, at: Timestamp, record: Record) {
        match &mut self.early {
            Some(early) if matches!(record, Record::Turn { .. }) => {
                let mut early = std::mem::take(early);
                self.early = None;
                let begins = |(_, r): &(_, Record)| matches!(r, Record::Session { .. });
                let first = match early.iter().position(begins) {
                    Some(place) => early.remove(place),
                    None => (
                        self.created,
                        Record::session(self.id, self.created, "workbench"),
                    ),
                };
                early.insert(0, first);
                for (at, record) in early {
                    self.push(at, &record);
                }
                self.push(at, &record);
            }
            Some(early) => {
                if matches!(record, Record::Layout(_)) {
                    early.retain(|(_, r)| !matches!(r, Record::Layout(_)));
                }
                early.push((at, record));
            }
            None => self.push(at, &record),
        }
    }

    fn push(&mut self, at: Timestamp, record: &Record) {
        let seq = self.next_seq;
        self.next_seq = seq.saturating_add(1);
        let line = record::encode_without(seq, at, record, &self.secrets);
        let is_text = matches!(record, Record::Delta { .. });
        if is_text
            && self.failed.is_some()
            && self.file.held_bytes() + line.len() > self.pace.backlog
        {
            // The number is used up: whoever reads the file sees that something is missing.
            return;
        }
        self.since_title = self.since_title.saturating_add(line.len() as u64);
        self.file.push(line);
        if let Record::Title(title) = record {
            self.title = Some(title.clone());
            self.since_title = 0;
        } else if self.since_title >= TITLE
            && let Some(title) = self.title.take()
        {
            self.push(at, &Record::Title(title));
        }
    }

    /// Brings all lines to the disk, unless that failed a moment ago.
    fn settle(&mut self) -> Result<(), SaveError> {
        self.work(true, false);
        match &self.failed {
            Some((error, _)) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Writes, and syncs if asked to or due. After a failure only when it is time again, or the last time.
    fn work(&mut self, sync: bool, is_last: bool) {
        let now = Instant::now();
        if let Some((_, retry)) = &self.failed
            && now < *retry
            && !is_last
        {
            return;
        }
        if self.file.is_dirty() {
            faults::panic_point(Point::Writer);
        }
        let is_due = self
            .dirty_since
            .is_some_and(|since| since + self.pace.sync <= now);
        let outcome = if sync || is_due || self.failed.is_some() {
            self.sync_or_restore()
        } else {
            self.file.write().inspect(|()| {
                if self.file.is_dirty() {
                    self.dirty_since.get_or_insert(now);
                }
            })
        };
        self.warn();
        match outcome {
            Ok(()) => {
                if self.failed.take().is_some() {
                    (self.events)(WriterEvent::Recovered);
                }
            }
            Err(error) => self.fail(&error, now + self.pace.retry),
        }
    }

    /// Syncs; a store that someone removed is made again at once.
    fn sync_or_restore(&mut self) -> io::Result<()> {
        self.dirty_since = None;
        match self.file.sync() {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.failed.is_none() => {
                self.fail(&error, Instant::now());
                self.file.sync()
            }
            outcome => outcome,
        }
    }

    fn fail(&mut self, error: &io::Error, retry: Instant) {
        self.note(SaveError::new(error, self.file.path()), retry);
    }

    fn note(&mut self, error: SaveError, retry: Instant) {
        self.dirty_since = None;
        let is_news = self
            .failed
            .as_ref()
            .is_none_or(|(e, _)| e.reason != error.reason);
        if is_news {
            (self.events)(WriterEvent::Failed(error.clone()));
        }
        self.failed = Some((error, retry));
    }

    /// Says once that there are no locks.
    fn warn(&mut self) {
        if let Some(warning) = self.file.new_warning()
            && self.claim.is_first_to_tell()
        {
            (self.events)(WriterEvent::NoLocks(warning));
        }
    }
}

/// Tells the queue that its thread is gone, however it went.
struct Goodbye<'a>(&'a Queue);

impl Drop for Goodbye<'_> {
    fn drop(&mut self) {
        self.0.ended(false);
    }
}

#[cfg(test)]
mod tests {
    use std::{
        path::Path,
        sync::{Arc, atomic::Ordering},
        time::Duration,
    };

    use super::*;
    use crate::{
        chat::IdSource,
        store::{
            files::{Disk, Files},
            lock::Claims,
            tests::world::{Faulty, clock},
        },
    };

    /// The keeper of a new session on this disk.
    fn keeper(disk: Arc<dyn Files>, folder: &Path, pace: Pace) -> Keeper {
        let id = SessionId::from_uuid(IdSource::new(1).next(Timestamp(1)));
        let origin = Origin {
            files: Arc::clone(&disk),
            now: clock,
            claim: Claims::default().claim(id).unwrap(),
            pace,
            secrets: Secrets::default(),
        };
        let file = SessionFile::new(disk, folder.to_owned(), id);
        Keeper::new(origin, (id, Timestamp(1)), file, Box::new(|_| ()))
    }

    #[test]
    fn a_sync_is_due_after_the_time_that_is_set() {
        let folder = tempfile::tempdir().unwrap();
        let pace = Pace {
            sync: Duration::from_millis(300),
            ..Pace::default()
        };
        let mut keeper = keeper(Arc::new(Disk), folder.path(), pace);
        assert_eq!(keeper.deadline(), None);
        let written = Instant::now();
        keeper.dirty_since = Some(written);
        assert_eq!(keeper.deadline(), Some(written + pace.sync));
    }

    #[test]
    fn a_disk_that_failed_is_tried_again_after_the_time_that_is_set() {
        for (retry, is_tried) in [(Duration::ZERO, true), (Duration::from_hours(1), false)] {
            let folder = tempfile::tempdir().unwrap();
            let disk = Faulty::failing(1, usize::MAX);
            let pace = Pace {
                retry,
                ..Pace::default()
            };
            let mut keeper = keeper(disk.clone(), folder.path(), pace).resumed(1, None);
            keeper.take(Timestamp(1), Record::Title("a".to_owned()));
            let failed = Instant::now();
            keeper.work(true, false);
            let wait = keeper.deadline().unwrap().saturating_duration_since(failed);
            assert!(
                (retry..retry + Duration::from_mins(1)).contains(&wait),
                "{wait:?}"
            );
            disk.fail(0, 0);
            let tries = disk.done.load(Ordering::Relaxed);
            keeper.work(true, false);
            let is_saved = keeper.failed.is_none() && !keeper.file.is_dirty();
            assert_eq!(is_saved, is_tried);
            assert_eq!(disk.done.load(Ordering::Relaxed) > tries, is_tried);
        }
    }
}
