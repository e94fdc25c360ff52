//! What waits for the writer's thread: records in order, and the deltas of each answer merged into pieces.
//!
//! A piece passes records that are not about its answer, never those that are. The queue is bounded by bytes: a disk
//! that hangs costs text on disk, never memory or time of those who append.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::SaveError;
use crate::{
    chat::{AnswerId, Delta, Timestamp},
    store::{Pace, record::Record, snapshot::Piece},
};

/// Called once, when all before it is on disk or cannot be; also when the thread is gone before it came to it.
pub(super) struct Done(Option<Call>);

type Call = Box<dyn FnOnce(Result<(), SaveError>) + Send>;

impl Done {
    pub(super) fn new(call: impl FnOnce(Result<(), SaveError>) + Send + 'static) -> Self {
        Self(Some(Box::new(call)))
    }

    pub(super) fn tell(mut self, outcome: Result<(), SaveError>) {
        if let Some(call) = self.0.take() {
            call(outcome);
        }
    }
}

impl Drop for Done {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            call(Err(SaveError {
                reason: "the writer has ended".to_owned(),
                path: PathBuf::new(),
            }));
        }
    }
}

/// Something for the thread to do.
pub(super) enum Item {
    /// Write this.
    Record(Timestamp, Record),
    /// So many records were left out.
    Gap(u64),
    /// Sync, then call.
    Sync(Done),
}

/// What the thread takes at a time.
pub(super) struct Batch {
    pub(super) items: VecDeque<Item>,
    /// Nothing comes after this.
    pub(super) is_last: bool,
}

pub(super) struct Queue {
    now: fn() -> Timestamp,
    pace: Pace,
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    /// Bytes of text in `items`, and how many there may be.
    bytes: usize,
    most: usize,
    /// The deltas of each answer since its last record.
    pieces: Vec<Piece>,
    /// When the pieces must be written.
    due: Option<Instant>,
    ending: bool,
    /// The thread is gone; whether all was on disk.
    ended: Option<bool>,
}

impl Queue {
    pub(super) fn new(now: fn() -> Timestamp, pace: Pace) -> Self {
        let state = State {
            most: pace.backlog,
            ..State::default()
        };
        Self {
            now,
            pace,
            state: Mutex::new(state),
            bell: Condvar::new(),
        }
    }

    pub(super) fn append(&self, record: Record) {
        let mut state = self.lock();
        let at = record.moment().unwrap_or_else(self.now);
        if let Record::Delta { answer, .. }
        | Record::End { answer, .. }
        | Record::Attempt { answer, .. }
        | Record::Continued { answer, .. }
        | Record::Fallback { answer, .. } = &record
        {
            state.seal(*answer, at);
        }
        state.push(at, record);
        self.bell.notify_all();
    }

    pub(super) fn delta(&self, answer: AnswerId, delta: &Delta) {
        if delta.text.is_empty() {
            return;
        }
        let mut state = self.lock();
        let place = state.pieces.iter().position(|p| p.answer == answer);
        let place = place.filter(|&p| {
            let piece = state.pieces.get(p);
            piece.is_some_and(|piece| piece.channel == delta.channel)
        });
        let place = place.unwrap_or_else(|| {
            state.seal(answer, (self.now)());
            state.pieces.push(Piece::new(answer, delta.channel));
            state.pieces.len() - 1
        });
        let micros = u64::try_from(delta.at.as_micros()).unwrap_or(u64::MAX);
        let mut is_full = false;
        if let Some(piece) = state.pieces.get_mut(place) {
            piece.push(&delta.text, micros);
            is_full = piece.text.len() >= self.pace.piece;
        }
        if is_full {
            state.seal(answer, (self.now)());
        } else if state.due.is_some() {
            return;
        } else {
            state.due = Some(Instant::now() + self.pace.append);
        }
        self.bell.notify_all();
    }

    pub(super) fn sync(&self, done: Done) {
        let mut state = self.lock();
        if state.ended.is_some() {
            // Dropped after the lock, it says so.
            return;
        }
        state.seal_all((self.now)());
        state.items.push_back(Item::Sync(done));
        self.bell.notify_all();
    }

    /// Tells the thread to end once all is written.
    pub(super) fn end(&self) {
        self.lock().ending = true;
        self.bell.notify_all();
    }

    /// Waits for the thread's end; false if it lasts too long or something could not be saved.
    pub(super) fn wait_for_end(&self, deadline: Duration) -> bool {
        let waits = |state: &mut State| state.ended.is_none();
        let (state, _) = self
            .bell
            .wait_timeout_while(self.lock(), deadline, waits)
            .unwrap_or_else(PoisonError::into_inner);
        state.ended == Some(true)
    }

    /// Waits until there is something to do or `deadline` has come, and takes it all.
    pub(super) fn next(&self, deadline: Option<Instant>) -> Batch {
        let mut state = self.lock();
        loop {
            let now = Instant::now();
            let has_come = |time: Option<Instant>| time.is_some_and(|t| t <= now);
            if state.ending || has_come(state.due) {
                state.seal_all((self.now)());
            }
            if state.ending || !state.items.is_empty() || has_come(deadline) {
                state.bytes = 0;
                return Batch {
                    items: std::mem::take(&mut state.items),
                    is_last: state.ending,
                };
            }
            let until = [state.due, deadline].into_iter().flatten().min();
            state = match until {
                Some(until) => {
                    let wait = until.saturating_duration_since(now);
                    let (state, _) = self
                        .bell
                        .wait_timeout(state, wait)
                        .unwrap_or_else(PoisonError::into_inner);
                    state
                }
                None => (self.bell.wait(state)).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// The thread is gone: everyone who waits for it hears so.
    pub(super) fn ended(&self, all_saved: bool) {
        let mut state = self.lock();
        state.ended.get_or_insert(all_saved);
        let left = std::mem::take(&mut state.items);
        drop(state);
        self.bell.notify_all();
        drop(left);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // What is behind the lock is whole between any two of its changes.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn push(&mut self, at: Timestamp, record: Record) {
        if self.ended.is_some() {
            return;
        }
        if let Record::Delta { text, arrivals, .. } = &record {
            let bytes = text.len() + size_of_val(arrivals.as_slice());
            if self.bytes + bytes > self.most {
                match self.items.back_mut() {
                    Some(Item::Gap(count)) => *count += 1,
                    _ => self.items.push_back(Item::Gap(1)),
                }
                return;
            }
            self.bytes += bytes;
        }
        self.items.push_back(Item::Record(at, record));
    }

    /// Makes a record of what an answer's deltas have come to.
    fn seal(&mut self, answer: AnswerId, at: Timestamp) {
        if let Some(place) = self.pieces.iter().position(|p| p.answer == answer)
            && let Some(record) = self.pieces.remove(place).into_record()
        {
            self.push(at, record);
        }
        if self.pieces.is_empty() {
            self.due = None;
        }
    }

    fn seal_all(&mut self, at: Timestamp) {
        for piece in std::mem::take(&mut self.pieces) {
            if let Some(record) = piece.into_record() {
                self.push(at, record);
            }
        }
        self.due = None;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::{
        chat::IdSource,
        store::tests::world::{clock, text},
    };

    /// What is ready to be written now.
    fn ready(queue: &Queue) -> usize {
        queue.next(Some(Instant::now())).items.len()
    }

    fn answer() -> AnswerId {
        AnswerId::from_uuid(IdSource::new(1).next(Timestamp(1)))
    }

    #[tokio::test(start_paused = true)]
    async fn text_is_written_after_the_time_or_the_bytes_that_are_set() {
        let pace = Pace {
            append: Duration::from_millis(30),
            piece: 8,
            ..Pace::default()
        };
        let (queue, answer) = (Queue::new(clock, pace), answer());
        queue.delta(answer, &text("short", 1));
        advance(Duration::from_millis(29)).await;
        assert_eq!(ready(&queue), 0);
        advance(Duration::from_millis(1)).await;
        assert_eq!(ready(&queue), 1);
        queue.delta(answer, &text("7 bytes", 2));
        assert_eq!(ready(&queue), 0);
        queue.delta(answer, &text("!", 3));
        assert_eq!(ready(&queue), 1);
    }

    #[test]
    fn text_beyond_the_backlog_that_is_set_is_left_out() {
        let pace = Pace {
            piece: 1,
            backlog: 1_000,
            ..Pace::default()
        };
        let (queue, answer) = (Queue::new(clock, pace), answer());
        let piece = "x".repeat(600);
        queue.delta(answer, &text(&piece, 1));
        queue.delta(answer, &text(&piece, 2));
        let mut items = queue.next(Some(Instant::now())).items.into_iter();
        assert!(matches!(items.next(), Some(Item::Record(..))));
        assert!(matches!(items.next(), Some(Item::Gap(1))));
    }
}
