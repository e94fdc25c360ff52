//! Lets a thread rest between reads of streams that come close together, so that many small pieces cost one wake-up.
//! What is read and stamped is `stream`'s; whoever makes the runtime has [`rest`] called before its thread waits.
//!
//! Waking a thread costs more than reading a piece, and a fast stream has thousands of pieces a second. Tasks cannot
//! spare it that: the socket wakes the thread, whatever the tasks on it wait for. So the thread itself stays away from
//! the sockets for a moment, and then finds all that has come. Three things keep the figures true:
//!
//! - Who was waiting is not kept waiting: what comes after silence is read at once. Only after two reads within a
//!   moment does the thread stay away, and only until that moment is over. While an answer waits for its first text, whose
//!   time is a figure that people compare to the millisecond, a moment is [`AWAITED`].
//! - The moment is short against all that is measured: at most a hundredth of the time since a request was last sent or
//!   an answer last began on this thread, and never over [`LONGEST`].
//! - At the time of a stamp, all that had come had been read: between two stamps no rate is too high or too low.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The longest that a stamp can be late.
const LONGEST: Duration = Duration::from_millis(4);
/// The longest while an answer waits for its first text. None at all would cost all other streams a wake-up for each of
/// their pieces for as long as one server thinks.
const AWAITED: Duration = Duration::from_micros(500);
/// A stamp is late by at most this part of any time that is measured.
const PART: u32 = 100;
/// The shortest rest: the system makes one of a few microseconds longer than it should be, and it would save nothing.
const SHORTEST: Duration = Duration::from_micros(250);
/// Bytes after which there is more to read than a rest would save.
const PLENTY: usize = 64 << 10;

/// Answers that wait for their first text, on whatever thread.
static WAITING: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    // What a thread has read is its own: with several, each rests by itself.
    static READS: Cell<Reads> = const { Cell::new(Reads::new()) };
}

/// A time that somebody waits for with a timer of a thread that rests: it rests no longer than until then.
#[derive(Debug, Default)]
pub struct Deadline(Mutex<Option<Instant>>);

impl Deadline {
    /// Waits for `at`, or for nothing in particular.
    pub fn set(&self, at: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    fn get(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer waits for its first text, until this is dropped.
#[derive(Debug)]
pub(super) struct Waiting(&'static AtomicUsize);

impl Waiting {
    pub(super) fn begin() -> Self {
        Self::among(&WAITING)
    }

    fn among(all: &'static AtomicUsize) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(all)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a thread has read of streams.
#[derive(Clone, Copy, Debug)]
struct Reads {
    /// Bytes since it last waited for more.
    bytes: usize,
    /// When it last went to wait, of the times that it had read something.
    last: Option<Instant>,
    /// When a request was last sent, or an answer last began.
    youngest: Option<Instant>,
}

impl Reads {
    const fn new() -> Self {
        Self {
            bytes: 0,
            last: None,
            youngest: None,
        }
    }

    /// How long to stay away from the sockets at `now`, if at all: for `longest`, and not past `deadline`.
    fn rest(
        &mut self,
        now: Instant,
        longest: Duration,
        deadline: Option<Instant>,
    ) -> Option<Duration> {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes == 0 {
            return None;
        }
        let last = self.last.replace(now)?;
        let age = now.saturating_duration_since(self.youngest?);
        let until = last + longest.min(age / PART);
        let until = deadline.map_or(until, |deadline| until.min(deadline));
        let rest = until.saturating_duration_since(now);
        if rest < SHORTEST || bytes >= PLENTY {
            return None;
        }
        self.last = Some(until);
        Some(rest)
    }
}

/// A time begins that will be measured: a request is sent, or its answer begins.
pub(super) fn begin(now: Instant) {
    READS.set(Reads {
        youngest: Some(now),
        ..READS.get()
    });
}

/// So many bytes of a stream were read.
pub(super) fn note(bytes: usize) {
    let reads = READS.get();
    READS.set(Reads {
        bytes: reads.bytes.saturating_add(bytes),
        ..reads
    });
}

/// The longest rest while so many wait for their first text.
fn longest(waiting: &AtomicUsize) -> Duration {
    match waiting.load(Ordering::Relaxed) {
        0 => LONGEST,
        _ => AWAITED,
    }
}

/// Rests, if this thread reads streams and has just done so. To be called when nothing is left for the thread to do but
/// to wait, as by `Builder::on_thread_park`. Whatever else runs on its runtime goes on up to 4 ms later: what other threads
/// ask of it, timers other than for `deadline`, signals, an embedded mock.
pub fn rest(deadline: &Deadline) {
    let mut reads = READS.get();
    if reads.bytes == 0 {
        return;
    }
    let rest = reads.rest(Instant::now(), longest(&WAITING), deadline.get());
    READS.set(reads);
    if let Some(rest) = rest {
        #[expect(
            clippy::disallowed_methods,
            reason = "no condition is waited for: that time passes without a wake-up is the point"
        )]
        std::thread::sleep(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A thread on which an answer has been streaming for `age`, and the present.
    fn streaming(age: Duration) -> (Reads, Instant) {
        let begun = Instant::now();
        let reads = Reads {
            youngest: Some(begun),
            ..Reads::new()
        };
        (reads, begun + age)
    }

    fn after_read(reads: &mut Reads, bytes: usize, now: Instant) -> Option<Duration> {
        reads.bytes = bytes;
        reads.rest(now, LONGEST, None)
    }

    #[test]
    fn a_piece_after_silence_costs_no_rest_and_the_next_only_what_is_left() {
        let (mut reads, now) = streaming(Duration::from_secs(1));
        assert_eq!(after_read(&mut reads, 200, now), None);
        assert_eq!(after_read(&mut reads, 200, now + MS / 2), Some(7 * MS / 2));
        // It ended at 4 ms, and what had come by then was read.
        assert_eq!(after_read(&mut reads, 600, now + 4 * MS), Some(4 * MS));
        assert_eq!(after_read(&mut reads, 200, now + 13 * MS), None);
    }

    #[test]
    fn pieces_that_come_every_five_milliseconds_never_meet_a_rest() {
        let (mut reads, mut now) = streaming(Duration::from_secs(1));
        for _ in 0..100 {
            assert_eq!(after_read(&mut reads, 200, now), None);
            now += 5 * MS;
        }
    }

    #[test]
    fn a_rest_is_a_hundredth_of_the_youngest_time_at_most() {
        let (mut reads, now) = streaming(50 * MS);
        assert_eq!(after_read(&mut reads, 200, now), None);
        assert_eq!(after_read(&mut reads, 200, now), Some(MS / 2));
        // Another answer begins: its own time is short as yet.
        reads.youngest = Some(now);
        assert_eq!(after_read(&mut reads, 200, now + MS / 2), None);
        assert_eq!(after_read(&mut reads, 200, now + 24 * MS), None);
        assert_eq!(after_read(&mut reads, 200, now + 24 * MS), None);
        assert_eq!(
            after_read(&mut reads, 200, now + 25 * MS),
            None,
            "over a millisecond later"
        );
        assert_eq!(after_read(&mut reads, 200, now + 25 * MS), Some(MS / 4));
    }

    #[test]
    fn a_rest_ends_when_somebody_waits_for_it() {
        let (mut reads, now) = streaming(Duration::from_secs(1));
        let mut rest = |now, deadline| {
            reads.bytes = 200;
            reads.rest(now, LONGEST, deadline)
        };
        assert_eq!(rest(now, None), None);
        assert_eq!(rest(now + MS, Some(now + 2 * MS)), Some(MS));
        assert_eq!(rest(now + 2 * MS, Some(now + 2 * MS)), None);
        assert_eq!(rest(now + 3 * MS, Some(now + 60 * MS)), Some(3 * MS));
    }

    #[test]
    fn while_an_answer_waits_for_its_first_text_a_rest_is_hardly_one() {
        let (mut reads, now) = streaming(Duration::from_secs(1));
        let mut rest = |now| {
            reads.bytes = 200;
            reads.rest(now, AWAITED, None)
        };
        assert_eq!(rest(now), None);
        assert_eq!(rest(now + MS / 10), Some(2 * MS / 5));
        // That moment is over, and the next one begins.
        assert_eq!(rest(now + MS / 2), Some(AWAITED));
        assert_eq!(rest(now + 2 * MS), None, "after silence");
    }

    #[test]
    fn an_answer_waits_until_its_guard_goes() {
        static ALL: AtomicUsize = AtomicUsize::new(0);
        let (one, other) = (Waiting::among(&ALL), Waiting::among(&ALL));
        assert_eq!(longest(&ALL), AWAITED);
        drop(one);
        assert_eq!(longest(&ALL), AWAITED);
        drop(other);
        assert_eq!(longest(&ALL), LONGEST);
    }

    #[test]
    fn with_plenty_to_read_there_is_no_rest() {
        let (mut reads, now) = streaming(Duration::from_secs(1));
        assert_eq!(after_read(&mut reads, PLENTY, now), None);
        assert_eq!(after_read(&mut reads, PLENTY, now), None);
        assert_eq!(after_read(&mut reads, PLENTY - 1, now), Some(4 * MS));
    }

    #[test]
    fn a_thread_that_read_nothing_does_not_rest() {
        let (mut reads, now) = streaming(Duration::from_secs(1));
        assert_eq!(after_read(&mut reads, 200, now), None);
        assert_eq!(after_read(&mut reads, 0, now), None);
        assert_eq!(after_read(&mut reads, 200, now + 5 * MS), None);
    }
}
