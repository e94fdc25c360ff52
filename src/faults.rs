//! Faults on order, so that tests can drive the built program into them from outside; without the feature `faults` each
//! call here is empty and compiled away. What a fault does to the program is known to whom it happens.

#[cfg(feature = "faults")]
mod ordered;

#[cfg(feature = "faults")]
pub use ordered::{file_operation, locking, panic_point};

#[cfg(not(feature = "faults"))]
pub use never::{file_operation, locking, panic_point};

/// Where a panic can be ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// A frame is about to be drawn.
    Draw,
    /// A request's task takes an event.
    Task,
    /// The writer of a session has lines to write.
    Writer,
}

#[cfg(not(feature = "faults"))]
mod never {
    use std::io;

    use rustix::io::Errno;

    use super::Point;

    /// Panics if that was ordered.
    #[inline]
    pub fn panic_point(_: Point) {}

    /// Fails if that was ordered of an operation that changes the disk.
    #[inline]
    pub fn file_operation() -> io::Result<()> {
        Ok(())
    }

    /// Fails if that was ordered of locks.
    #[inline]
    pub fn locking() -> Result<(), Errno> {
        Ok(())
    }
}
