//! Keeps the thread that reads the terminal from it while another program has it.
//!
//! Closing rings the thread out of its wait; it says when it stands still, and stays there until the gate opens.

use std::{
    io::{self, PipeReader, PipeWriter, Read, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;

/// A gate, and the thread's side of it.
pub(super) fn gate() -> io::Result<(InputGate, Keeper)> {
    let (rung, bell) = io::pipe()?;
    let lock = Arc::new(Lock {
        is_closed: Mutex::new(false),
        opened: Condvar::new(),
        stands_still: Notify::new(),
        bell,
    });
    let keeper = Keeper {
        rung,
        lock: Arc::clone(&lock),
    };
    Ok((InputGate(Some(lock)), keeper))
}

/// The loop's side: keeps the thread from the terminal. One that is made by `default` has no thread.
#[derive(Clone, Debug, Default)]
pub struct InputGate(Option<Arc<Lock>>);

/// The thread's side.
#[derive(Debug)]
pub(super) struct Keeper {
    rung: PipeReader,
    lock: Arc<Lock>,
}

#[derive(Debug)]
struct Lock {
    is_closed: Mutex<bool>,
    opened: Condvar,
    /// The thread has come to the closed gate.
    stands_still: Notify,
    /// Wakes the thread from its wait for a key.
    bell: PipeWriter,
}

impl InputGate {
    /// Asks the thread to stop reading. What it has read until then still comes.
    pub fn close(&self) -> io::Result<()> {
        let Some(lock) = &self.0 else {
            return Ok(());
        };
        *lock.is_closed() = true;
        (&lock.bell).write_all(b"!")
    }

    /// Waits until it does not read any more. Keys go to whoever reads the terminal then.
    pub async fn closed(&self) {
        if let Some(lock) = &self.0 {
            lock.stands_still.notified().await;
        }
    }

    /// Lets it read again.
    pub fn open(&self) {
        if let Some(lock) = &self.0 {
            *lock.is_closed() = false;
            lock.opened.notify_one();
        }
    }
}

impl Keeper {
    /// Readable when the gate was closed.
    pub(super) fn bell(&self) -> &PipeReader {
        &self.rung
    }

    /// Answers one ring, and returns when the gate is open.
    pub(super) fn answer(&mut self) -> io::Result<()> {
        self.rung.read_exact(&mut [0])?;
        self.lock.wait();
        Ok(())
    }
}

impl Lock {
    fn is_closed(&self) -> MutexGuard<'_, bool> {
        self.is_closed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds the thread until the gate is open.
    fn wait(&self) {
        let mut is_closed = self.is_closed();
        if *is_closed {
            self.stands_still.notify_one();
        }
        while *is_closed {
            let woken = self.opened.wait(is_closed);
            is_closed = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use tokio::{
        sync::mpsc,
        time::{error::Elapsed, timeout},
    };

    use super::*;

    /// A closed gate says so long before.
    const SOON: Duration = Duration::from_secs(20);

    /// A thread at a gate that tells when it has passed.
    fn walker() -> (InputGate, mpsc::Receiver<()>) {
        let (gate, mut keeper) = gate().unwrap();
        let (passed, seen) = mpsc::channel(8);
        thread::spawn(move || while keeper.answer().is_ok() && passed.blocking_send(()).is_ok() {});
        (gate, seen)
    }

    #[tokio::test]
    async fn a_closed_gate_holds_the_thread_and_an_open_one_lets_it_go() {
        let (gate, mut passed) = walker();
        for _ in 0..3 {
            gate.close().unwrap();
            timeout(SOON, gate.closed()).await.unwrap();
            assert!(passed.try_recv().is_err(), "it passed a closed gate");
            gate.open();
            timeout(SOON, passed.recv()).await.unwrap().unwrap();
        }
    }

    #[tokio::test]
    async fn nobody_stands_still_before_the_thread_has_come() {
        let (gate, keeper) = gate().unwrap();
        gate.close().unwrap();
        let early: Result<(), Elapsed> = timeout(Duration::from_millis(20), gate.closed()).await;
        assert!(early.is_err(), "the thread still reads");
        drop(keeper);
    }

    #[tokio::test]
    async fn a_ring_that_is_heard_too_late_holds_nobody() {
        let (gate, mut keeper) = gate().unwrap();
        gate.close().unwrap();
        gate.open();
        let heard = tokio::task::spawn_blocking(move || keeper.answer());
        timeout(SOON, heard).await.unwrap().unwrap().unwrap();
    }

    #[tokio::test]
    async fn without_a_thread_there_is_nothing_to_wait_for() {
        let gate = InputGate::default();
        gate.close().unwrap();
        timeout(SOON, gate.closed()).await.unwrap();
        gate.open();
    }
}
