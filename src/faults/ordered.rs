//! Reads the order from `WAFERDECK_FAULTS` and counts what passes. With `WAFERDECK_FAULTS_WHILE` nothing is counted and
//! nothing fails but while that file exists, so that a test has the moment in its hand.
//!
//! An order is words: `draw=N`, `task=N`, `writer=N` panic the N-th time; `disk=N:ERROR` fails the N-th operation,
//! `disk=N+:ERROR` all from there on; `locks=ERROR` fails every lock; `say=TEXT` is what panics say.

use std::{
    env, io,
    path::PathBuf,
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use rustix::io::Errno;

use super::Point;

/// What was ordered, and how far it is.
#[derive(Debug, Default)]
struct Order {
    panics: [Counted; 3],
    disk: Counted,
    lasts: bool,
    disk_error: Option<Errno>,
    lock_error: Option<Errno>,
    /// The text of the panics.
    say: String,
    /// Nothing happens but while this exists.
    only_while: Option<PathBuf>,
}

/// Something that happens the n-th time; with 0 never.
#[derive(Debug, Default)]
struct Counted {
    at: usize,
    passed: AtomicUsize,
}

impl Counted {
    /// True the n-th time, and after it where that `lasts`.
    fn has_come(&self, lasts: bool) -> bool {
        if self.at == 0 {
            return false;
        }
        let number = self
            .passed
            .fetch_add(1, Ordering::Relaxed)
            .saturating_add(1);
        number == self.at || (lasts && number > self.at)
    }
}

impl Order {
    /// The order of this process; nothing where there is none.
    fn at_hand() -> &'static Self {
        static ORDER: OnceLock<Order> = OnceLock::new();
        ORDER.get_or_init(|| {
            let words = env::var("WAFERDECK_FAULTS").unwrap_or_default();
            let mut order = Self::parse(&words)
                .unwrap_or_else(|word| panic!("WAFERDECK_FAULTS has no such word: {word}"));
            order.only_while = env::var_os("WAFERDECK_FAULTS_WHILE").map(PathBuf::from);
            order
        })
    }

    /// Reads an order; a word that cannot be understood is returned.
    fn parse(words: &str) -> Result<Self, &str> {
        let mut order = Self::default();
        for word in words.split_whitespace() {
            order.take(word).ok_or(word)?;
        }
        Ok(order)
    }

    fn take(&mut self, word: &str) -> Option<()> {
        let (name, value) = word.split_once('=')?;
        match name {
            "draw" => self.panics[Point::Draw as usize].at = value.parse().ok()?,
            "task" => self.panics[Point::Task as usize].at = value.parse().ok()?,
            "writer" => self.panics[Point::Writer as usize].at = value.parse().ok()?,
            "disk" => {
                let (number, error) = value.split_once(':')?;
                self.lasts = number.ends_with('+');
                self.disk.at = number.trim_end_matches('+').parse().ok()?;
                self.disk_error = Some(errno(error)?);
            }
            "locks" => self.lock_error = Some(errno(value)?),
            "say" => value.clone_into(&mut self.say),
            _ => return None,
        }
        Some(())
    }

    fn is_armed(&self) -> bool {
        self.only_while.as_ref().is_none_or(|path| path.exists())
    }
}

fn errno(name: &str) -> Option<Errno> {
    Some(match name {
        "EACCES" => Errno::ACCESS,
        "EDQUOT" => Errno::DQUOT,
        "EFBIG" => Errno::FBIG,
        "EIO" => Errno::IO,
        "ENOLCK" => Errno::NOLCK,
        "ENOSPC" => Errno::NOSPC,
        "EROFS" => Errno::ROFS,
        _ => return None,
    })
}

/// Panics if that was ordered.
///
/// # Panics
/// That is what it is for.
pub fn panic_point(point: Point) {
    let order = Order::at_hand();
    let has_come = order.is_armed() && order.panics[point as usize].has_come(false);
    assert!(!has_come, "a defect that was ordered: {}", order.say);
}

/// Fails if that was ordered of an operation that changes the disk.
pub fn file_operation() -> io::Result<()> {
    let order = Order::at_hand();
    match order.disk_error {
        Some(error) if order.is_armed() && order.disk.has_come(order.lasts) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Fails if that was ordered of locks.
pub fn locking() -> Result<(), Errno> {
    let order = Order::at_hand();
    match order.lock_error {
        Some(error) if order.is_armed() => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_n_th_time_it_happens_once_or_for_good() {
        let order = Order::parse("draw=2 disk=3+:ENOSPC say=hello").unwrap();
        let draw = &order.panics[Point::Draw as usize];
        let came: Vec<_> = (0..4).map(|_| draw.has_come(false)).collect();
        assert_eq!(came, [false, true, false, false]);
        let came: Vec<_> = (0..4).map(|_| order.disk.has_come(order.lasts)).collect();
        assert_eq!(came, [false, false, true, true]);
        assert_eq!(order.disk_error, Some(Errno::NOSPC));
        assert_eq!(order.say, "hello");
        assert!(!order.panics[Point::Task as usize].has_come(false));
    }

    #[test]
    fn a_word_that_means_nothing_is_named() {
        for word in [
            "draw",
            "draw=x",
            "disk=1",
            "disk=1:EWHAT",
            "locks=",
            "pane=1",
        ] {
            let words = format!("writer=1 {word}");
            assert_eq!(Order::parse(&words).unwrap_err(), word);
        }
    }
}
