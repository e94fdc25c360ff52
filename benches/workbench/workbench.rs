//! The program in a pseudo-terminal: keys in, and every byte that comes out with the time at which it came.
//! Nothing is parsed while the program runs, since the emulator would take the CPU that is measured.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use memchr::memmem;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::time::{ClockId, clock_gettime};
use tempfile::TempDir;

use crate::mock::Mock;
use crate::process::{self, Usage};
use crate::report::Told;
use crate::screen;
use crate::{Outcome, PROGRAM};

/// The terminal.
pub(crate) const SIZE: PtySize = PtySize {
    rows: 50,
    cols: 200,
    pixel_width: 0,
    pixel_height: 0,
};
/// Ends a frame: the end of a synchronized update.
pub(crate) const FRAME_END: &[u8] = b"\x1b[?2026l";
const FRAME_START: &[u8] = b"\x1b[?2026h";
/// Shows the next view of the sidebar; where there is no room for one, lets a pane fill the screen.
const WAYS_TO_DIAGNOSTICS: [&[u8]; 7] = [
    b"", b"\x18\t", b"\x18\t", b"\x18\t", b"\x18z", b"\x18\t", b"\x18\t",
];
const REDRAW: &[u8] = b"\x0c";
const NEW_SESSION: &[u8] = b"\x18n";
/// How long nothing may happen for the program to count as quiet.
const QUIET: Duration = Duration::from_millis(300);
const PROMPT: &str = "Tell me about everything";
/// `chatcmpl-` and a UUID.
const REQUEST_ID: (&str, usize) = ("chatcmpl-", 45);

/// What came out of the terminal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recording {
    pub(crate) bytes: Vec<u8>,
    /// The time of each read in microseconds of the monotonic clock, and where it ended in `bytes`.
    pub(crate) reads: Vec<(u64, usize)>,
    /// What is waited for, and from where on it is looked for.
    sought: Option<(Vec<u8>, usize)>,
    found: Option<u64>,
}

impl Recording {
    fn take(&mut self, read: &[u8], at: u64) {
        self.bytes.extend_from_slice(read);
        self.reads.push((at, self.bytes.len()));
        self.look(at);
    }

    fn look(&mut self, at: u64) {
        if let Some((sought, from)) = &mut self.sought {
            if memmem::find(&self.bytes[*from..], sought).is_some() {
                self.found = Some(at);
                self.sought = None;
            } else {
                // The end may hold the first part of it.
                *from = (*from).max(self.bytes.len().saturating_sub(sought.len() - 1));
            }
        }
    }
}

/// What a stretch of time brought.
pub(crate) struct Output {
    pub(crate) bytes: usize,
    pub(crate) frames: usize,
    /// Microseconds without a byte.
    pub(crate) longest_gap: u64,
}

/// A running workbench; killed when dropped.
pub(crate) struct Workbench {
    child: Box<dyn Child + Send + Sync>,
    pid: u32,
    spawned: u64,
    keys: Box<dyn Write + Send>,
    tape: Arc<(Mutex<Recording>, Condvar)>,
    files: TempDir,
    _pty: Box<dyn MasterPty + Send>,
}

impl Workbench {
    /// Opens one that asks this mock, with its panes in a grid and nothing on disk.
    pub(crate) fn open(mock: &Mock, panes: usize) -> Outcome<Self> {
        let files = tempfile::tempdir()?;
        let pty = native_pty_system().openpty(SIZE)?;
        let mut reader = pty.master.try_clone_reader()?;
        let keys = pty.master.take_writer()?;
        let tape: Arc<(Mutex<Recording>, Condvar)> = Arc::default();
        let ear = Arc::clone(&tape);
        thread::spawn(move || {
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                let mut recording = lock(&ear.0);
                recording.take(&buffer[..read], now());
                if recording.found.is_some() {
                    ear.1.notify_all();
                }
            }
        });
        let spawned = now();
        let child = pty
            .slave
            .spawn_command(command(mock, panes, files.path()))?;
        Ok(Self {
            pid: child.process_id().ok_or("the program has ended")?,
            child,
            spawned,
            keys,
            tape,
            files,
            _pty: pty.master,
        })
    }

    /// When the process was started.
    pub(crate) fn spawned(&self) -> u64 {
        self.spawned
    }

    /// Waits for the end of the first frame.
    pub(crate) fn wait_for_frame(&self, patience: Duration) -> Outcome<u64> {
        self.seek(FRAME_END, 0, patience)
    }

    /// Waits until a text that comes from now on is on the screen, and returns when the frame with it was complete.
    pub(crate) fn wait_for(&self, text: &str, patience: Duration) -> Outcome<u64> {
        let from = lock(&self.tape.0).bytes.len();
        let deadline = now() + micros(patience);
        self.seek(text.as_bytes(), from, patience)?;
        let start = {
            let recording = lock(&self.tape.0);
            from + memmem::find(&recording.bytes[from..], text.as_bytes()).unwrap_or(0)
        };
        self.seek(
            FRAME_END,
            start,
            Duration::from_micros(deadline.saturating_sub(now())),
        )
    }

    /// Writes a prompt into the composer of a workbench that has just started, and waits until all is quiet.
    pub(crate) fn write_prompt(&mut self, patience: Duration) -> Outcome<()> {
        self.wait_for_frame(patience)?;
        self.settle(patience)?;
        self.send(PROMPT.as_bytes())?;
        self.settle(patience)
    }

    /// Presses keys, and returns when.
    pub(crate) fn send(&mut self, keys: &[u8]) -> Outcome<u64> {
        let at = now();
        self.keys.write_all(keys)?;
        self.keys.flush()?;
        Ok(at)
    }

    /// Waits until the program writes nothing and uses no CPU.
    pub(crate) fn settle(&self, patience: Duration) -> Outcome<()> {
        let deadline = now() + micros(patience);
        let state =
            || -> Outcome<(usize, Usage)> { Ok((lock(&self.tape.0).bytes.len(), self.usage()?)) };
        let mut before = state()?;
        while now() < deadline {
            pass(QUIET);
            let after = state()?;
            if after == before {
                return Ok(());
            }
            before = after;
        }
        Err("the program does not come to rest".into())
    }

    /// The program's own figures of its frames: keys go through the views of the sidebar until they are on the screen.
    pub(crate) fn diagnostics(&mut self, patience: Duration) -> Outcome<Told> {
        for keys in WAYS_TO_DIAGNOSTICS {
            // The figures of the last frame come with the one after it.
            self.send(keys)?;
            self.settle(patience)?;
            let from = lock(&self.tape.0).bytes.len();
            self.send(REDRAW)?;
            self.settle(patience)?;
            if let Some(told) = screen::told(&lock(&self.tape.0).bytes[from..])? {
                return Ok(told);
            }
        }
        Err("the program shows no diagnostics".into())
    }

    /// CPU time so far.
    pub(crate) fn usage(&self) -> Outcome<Usage> {
        Usage::read(self.pid)
    }

    /// The most memory so far, in KiB.
    pub(crate) fn peak_memory(&self) -> Outcome<u64> {
        process::peak_memory(self.pid)
    }

    /// Writes the prompt into a new session with the same panes: a history would have to be sent along, which takes time
    /// that is no error.
    pub(crate) fn write_again(&mut self, patience: Duration) -> Outcome<()> {
        self.send(NEW_SESSION)?;
        self.settle(patience)?;
        self.send(PROMPT.as_bytes())?;
        self.settle(patience)
    }

    /// Where the transcripts are.
    pub(crate) fn data(&self) -> PathBuf {
        self.files.path().join("data")
    }

    /// The server's name for the request that was answered, from the transcript.
    pub(crate) fn request_id(&self) -> Outcome<String> {
        let mut folders = vec![self.data()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let path = entry?.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
                let id = text
                    .rfind(REQUEST_ID.0)
                    .and_then(|at| text.get(at..at + REQUEST_ID.1));
                if let Some(id) = id {
                    return Ok(id.to_owned());
                }
            }
        }
        Err("the transcript names no request".into())
    }

    /// What came out between two times.
    pub(crate) fn output(&self, since: u64, until: u64) -> Output {
        let recording = lock(&self.tape.0);
        let inside = |(at, _): &&(u64, usize)| *at >= since && *at <= until;
        let start = recording.reads.iter().rfind(|(at, _)| *at < since);
        let start = start.map_or(0, |(_, end)| *end);
        let end = recording.reads.iter().rfind(inside);
        let end = end.map_or(start, |(_, end)| *end);
        let (mut last, mut longest_gap) = (since, 0);
        for (at, _) in recording.reads.iter().filter(inside) {
            longest_gap = longest_gap.max(at - last);
            last = *at;
        }
        let bytes = &recording.bytes[start..end];
        Output {
            bytes: bytes.len(),
            frames: memmem::find_iter(bytes, FRAME_START).count(),
            longest_gap,
        }
    }

    /// Everything that came out so far.
    pub(crate) fn recording(&self) -> Recording {
        lock(&self.tape.0).clone()
    }

    fn seek(&self, sought: &[u8], from: usize, patience: Duration) -> Outcome<u64> {
        let (tape, found) = (&self.tape.0, &self.tape.1);
        let mut recording = lock(tape);
        recording.found = None;
        recording.sought = Some((sought.to_vec(), from));
        let last_read = recording.reads.last().map_or(0, |(at, _)| *at);
        recording.look(last_read);
        let (mut recording, _) = found
            .wait_timeout_while(recording, patience, |r| r.found.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        recording.sought = None;
        recording.found.take().ok_or_else(|| {
            format!("waited for {:?} in vain", String::from_utf8_lossy(sought)).into()
        })
    }
}

impl Drop for Workbench {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(mock: &Mock, panes: usize, files: &Path) -> CommandBuilder {
    let mut command = CommandBuilder::new(PROGRAM);
    command.args(["--layout", "grid"]);
    command.args((0..panes).flat_map(|_| ["-m", "gpt-oss-120b"]));
    command.env_clear();
    for (name, value) in [
        ("TERM", "xterm-256color"),
        ("COLORTERM", "truecolor"),
        ("LANG", "C.UTF-8"),
        ("CEREBRAS_BASE_URL", mock.url()),
        ("CEREBRAS_API_KEY", "bench"),
    ] {
        command.env(name, value);
    }
    command.env("HOME", files);
    command.env("WAFERDECK_CONFIG_DIR", files.join("config"));
    command.env("WAFERDECK_DATA_DIR", files.join("data"));
    command.env("WAFERDECK_STATE_DIR", files.join("state"));
    command
}

/// Lets time pass.
pub(crate) fn pass(time: Duration) {
    pass_until(now(), time);
}

/// Lets time pass until `time` after a moment of the monotonic clock.
pub(crate) fn pass_until(since: u64, time: Duration) {
    let end = since + micros(time);
    while let left @ 1.. = end.saturating_sub(now()) {
        thread::park_timeout(Duration::from_micros(left));
    }
}

/// The monotonic clock in microseconds: all processes of the machine share it.
fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let part = |n: i64| u64::try_from(n).unwrap_or(0);
    part(now.tv_sec) * 1_000_000 + part(now.tv_nsec) / 1_000
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A recording is whole after every statement, so a panic elsewhere leaves it usable.
fn lock(mutex: &Mutex<Recording>) -> MutexGuard<'_, Recording> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
