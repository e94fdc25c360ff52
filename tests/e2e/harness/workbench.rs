//! The workbench in a pseudo-terminal: keys go in, a thread feeds what comes out to an emulator.
//! Waits look at the emulator's screen after every change, and panic with it at the deadline.

use std::{
    io::{Read, Write},
    num::NonZeroU16,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;

use super::{
    escapes::left_on,
    home::{Home, PROGRAM},
    wait::{DEADLINE, eventually},
};

/// The workbench in a pseudo-terminal; killed when dropped.
pub(crate) struct Workbench {
    child: Box<dyn Child + Send + Sync>,
    /// Until it vanishes.
    master: Option<Box<dyn MasterPty + Send>>,
    keyboard: Option<Box<dyn Write + Send>>,
    terminal: Arc<Terminal>,
    discipline: String,
    /// The program, where the child is its shell.
    job: Option<u32>,
}

/// The emulator, shared with the thread that feeds it.
struct Terminal {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    emulator: vt100::Parser,
    raw: Vec<u8>,
    /// Bytes at the end of `raw` that the emulator has not seen: a frame that is not whole.
    held: usize,
    reader: Reader,
    closed: bool,
}

/// What the terminal does with what is written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Reads,
    /// Nothing, as after Ctrl-S.
    Stands,
    /// It is gone.
    Gone,
}

/// What is on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Row by row, without the blanks at their ends.
    pub(crate) rows: Vec<String>,
    /// Row and column from 0, while it is shown.
    pub(crate) cursor: Option<(u16, u16)>,
}

impl Shown {
    /// True if one of the rows holds `text`.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.rows.iter().any(|r| r.contains(text))
    }

    /// The first row that holds `text`.
    pub(crate) fn row_with(&self, text: &str) -> Option<&str> {
        let mut rows = self.rows.iter();
        rows.find(|r| r.contains(text)).map(String::as_str)
    }

    /// All rows as one text.
    pub(crate) fn text(&self) -> String {
        self.rows.join("\n")
    }

    /// All words in reading order, so that a sentence is found wherever it was wrapped.
    pub(crate) fn says(&self, sentence: &str) -> bool {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        words(&self.text()).contains(&words(sentence))
    }
}

impl Workbench {
    /// Opens it with a screen of `columns` × `rows`, and waits for nothing.
    pub(crate) fn start(home: &Home, size: (u16, u16), args: &[&str]) -> Self {
        Self::launch(home, size, &[&[PROGRAM], args].concat())
    }

    /// The same by a line of shell, which has the program and its arguments as `"$@"`.
    pub(crate) fn by_shell(home: &Home, size: (u16, u16), line: &str, args: &[&str]) -> Self {
        let shell = ["sh", "-c", line, "sh", PROGRAM];
        Self::launch(home, size, &[&shell, args].concat())
    }

    /// Opens it as a job of a shell with job control, and waits until it takes keys. While it is stopped, lines that are
    /// typed are the shell's.
    #[cfg(target_os = "linux")]
    pub(crate) fn job(home: &Home, size: (u16, u16), args: &[&str]) -> Self {
        let line = "set -m; \"$@\"; code=$?; \
                    while [ $code -ge 128 ] && read -r line; do eval \"$line\"; code=$?; done; \
                    exit $code";
        let mut workbench = Self::by_shell(home, size, line, args);
        workbench.until("the first frame", |s| s.has("waferdeck") && s.has("┃"));
        let shell = workbench.pid();
        let children = format!("/proc/{shell}/task/{shell}/children");
        let children = std::fs::read_to_string(children).expect("a process");
        workbench.job = children.trim().parse().ok();
        assert!(workbench.job.is_some(), "{children:?}");
        workbench
    }

    fn launch(home: &Home, (columns, rows): (u16, u16), line: &[&str]) -> Self {
        let pty = native_pty_system()
            .openpty(size(columns, rows))
            .expect("a pseudo-terminal");
        let mut command = CommandBuilder::from_argv(line.iter().map(Into::into).collect());
        command.env_clear();
        for (name, value) in home.env() {
            command.env(name, value);
        }
        command.cwd(home.path("work"));
        let discipline = discipline(pty.master.as_ref());
        let child = pty.slave.spawn_command(command).expect("the program");
        // Our copy would keep the terminal open when the program is gone.
        drop(pty.slave);
        let terminal = Arc::new(Terminal {
            state: Mutex::new(State {
                emulator: vt100::Parser::new(cells(rows), cells(columns), 0),
                raw: Vec::new(),
                held: 0,
                reader: Reader::Reads,
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let output = pty.master.try_clone_reader().expect("its output");
        let fed = Arc::clone(&terminal);
        thread::spawn(move || fed.feed(output));
        Self {
            child,
            keyboard: Some(pty.master.take_writer().expect("its input")),
            master: Some(pty.master),
            terminal,
            discipline,
            job: None,
        }
    }

    /// Opens it and waits until it takes keys.
    pub(crate) fn open(home: &Home, size: (u16, u16), args: &[&str]) -> Self {
        let workbench = Self::start(home, size, args);
        workbench.until("the first frame", |s| s.has("waferdeck") && s.has("┃"));
        workbench
    }

    /// Types text as a keyboard does.
    pub(crate) fn type_text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Types text and sends it.
    pub(crate) fn send(&mut self, prompt: &str) {
        self.type_text(prompt);
        self.key("enter");
    }

    /// Presses a key.
    pub(crate) fn key(&mut self, name: &str) {
        self.bytes(&key_bytes(name));
    }

    /// Pastes text the way a terminal does in bracketed paste mode.
    pub(crate) fn paste(&mut self, text: &str) {
        let text = text.replace('\n', "\r");
        self.bytes(format!("\x1b[200~{text}\x1b[201~").as_bytes());
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let keyboard = self.keyboard.as_mut().expect("a terminal");
        keyboard.write_all(bytes).expect("a terminal");
        keyboard.flush().expect("a terminal");
    }

    /// Changes the size of the window.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        let mut state = self.terminal.state();
        state.emulator.set_size(cells(rows), cells(columns));
        self.master().resize(size(columns, rows)).expect("a resize");
    }

    /// What is on the screen now.
    pub(crate) fn shown(&self) -> Shown {
        self.terminal.state().shown()
    }

    /// Everything that was written to the terminal.
    pub(crate) fn raw(&self) -> Vec<u8> {
        self.terminal.state().raw.clone()
    }

    /// Number of bytes written to the terminal.
    pub(crate) fn written(&self) -> usize {
        self.terminal.state().raw.len()
    }

    /// Waits until the screen is as asked.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, is: impl Fn(&Shown) -> bool) -> Shown {
        let deadline = Instant::now() + DEADLINE;
        let mut state = self.terminal.state();
        loop {
            let shown = state.shown();
            if is(&shown) {
                return shown;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !state.closed,
                "waited in vain for {what}; {}\n{}",
                if state.closed {
                    "the program is gone"
                } else {
                    "the program runs"
                },
                shown.text()
            );
            let waited = self.terminal.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until a row holds `text`.
    #[track_caller]
    pub(crate) fn until_text(&self, text: &str) -> Shown {
        self.until(&format!("{text:?}"), |s| s.has(text))
    }

    /// Waits until no row holds `text`.
    #[track_caller]
    pub(crate) fn until_gone(&self, text: &str) -> Shown {
        self.until(&format!("{text:?} to go"), |s| !s.has(text))
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.job.or(self.child.process_id()).expect("a process")
    }

    /// Takes nothing more of what is written, as a terminal after Ctrl-S. One piece is still read.
    pub(crate) fn stop_reading(&self) {
        self.terminal.state().reader = Reader::Stands;
    }

    /// Reads again.
    pub(crate) fn read_on(&self) {
        self.terminal.state().reader = Reader::Reads;
        self.terminal.changed.notify_all();
    }

    /// Takes the terminal away, as closing its window does.
    pub(crate) fn vanish(&mut self) {
        self.terminal.state().reader = Reader::Gone;
        self.terminal.changed.notify_all();
        // What it draws for this wakes the thread that reads.
        self.type_text("x");
        eventually("the end of its output", || {
            self.terminal.state().closed.then_some(())
        });
        (self.keyboard, self.master) = (None, None);
    }

    /// True once the program has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a process").is_some()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a pid"), signal).expect("a signal");
    }

    /// Kills it without warning and waits until it is gone.
    pub(crate) fn kill9(&mut self) {
        self.signal(Signal::KILL);
        self.wait_for_end();
    }

    /// Waits for its end: the exit code.
    #[track_caller]
    pub(crate) fn exit_code(&mut self) -> u32 {
        self.wait_for_end();
        let child = &mut self.child;
        let status = child.wait().expect("an end");
        assert_eq!(status.signal(), None, "ended by a signal");
        status.exit_code()
    }

    /// Leaves the way a person does, and checks that the terminal was given back.
    #[track_caller]
    pub(crate) fn quit(mut self) {
        self.key("ctrl-d");
        assert_eq!(self.exit_code(), 0);
        self.assert_given_back();
    }

    /// The main screen, every mode and the line discipline are as they were found.
    #[track_caller]
    pub(crate) fn assert_given_back(&self) {
        let state = self.terminal.state();
        assert_eq!(left_on(&state.raw), Vec::<String>::new(), "modes left on");
        let screen = state.emulator.screen();
        assert!(!screen.alternate_screen(), "the main screen is not back");
        assert!(!screen.hide_cursor(), "the cursor is hidden");
        assert!(!screen.bracketed_paste(), "bracketed paste is on");
        assert_eq!(
            (screen.fgcolor(), screen.bgcolor(), screen.bold()),
            (vt100::Color::Default, vt100::Color::Default, false),
            "colours left on"
        );
        drop(state);
        assert_eq!(
            discipline(self.master()),
            self.discipline,
            "line discipline"
        );
    }

    /// True while every key goes to the program at once.
    pub(crate) fn is_raw(&self) -> bool {
        !discipline(self.master()).contains("ICANON")
    }

    /// Takes the line discipline back, as a shell does when its job has stopped.
    #[cfg(target_os = "linux")]
    pub(crate) fn cook(&self) {
        let tty = self.master().tty_name().expect("a name");
        let status = std::process::Command::new("stty")
            .arg("-F")
            .arg(tty)
            .arg("sane")
            .status();
        assert!(status.expect("stty").success());
        assert!(!self.is_raw());
    }

    fn master(&self) -> &dyn MasterPty {
        self.master.as_deref().expect("a terminal")
    }

    fn wait_for_end(&mut self) {
        let child = &mut self.child;
        eventually("the end of the program", || {
            child.try_wait().expect("a process")
        });
        // What it wrote last is read before anybody looks.
        let terminal = &self.terminal;
        eventually("the end of its output", || {
            terminal.state().closed.then_some(())
        });
    }
}

impl Drop for Workbench {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Terminal {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn feed(&self, mut output: Box<dyn Read + Send>) {
        let mut buffer = [0; 16 * 1024];
        loop {
            // Linux reports the end of the other side as an error.
            let read = output.read(&mut buffer).unwrap_or(0);
            let state = self.state();
            let stands = |state: &mut State| state.reader == Reader::Stands;
            let mut state = self
                .changed
                .wait_while(state, stands)
                .unwrap_or_else(PoisonError::into_inner);
            let is_gone = state.reader == Reader::Gone;
            let read = if is_gone { 0 } else { read };
            state.take(buffer.get(..read).unwrap_or_default());
            self.changed.notify_all();
            if state.closed {
                return;
            }
        }
    }
}

impl State {
    /// Takes what was written; a synchronized update is shown when it is whole, as terminals do.
    fn take(&mut self, bytes: &[u8]) {
        self.closed = bytes.is_empty();
        let from = self.raw.len() - self.held;
        self.raw.extend_from_slice(bytes);
        let new = &self.raw[from..];
        self.held = if self.closed { 0 } else { unfinished(new) };
        self.emulator.process(&new[..new.len() - self.held]);
    }

    fn shown(&self) -> Shown {
        let screen = self.emulator.screen();
        let (_, columns) = screen.size();
        Shown {
            rows: screen
                .rows(0, columns.get())
                .map(|r| r.trim_end().to_owned())
                .collect(),
            cursor: (!screen.hide_cursor()).then(|| screen.cursor_position()),
        }
    }
}

/// Bytes at the end that belong to a synchronized update without its end.
fn unfinished(bytes: &[u8]) -> usize {
    let mark = b"\x1b[?2026h";
    let last = |mark: &[u8]| bytes.windows(mark.len()).rposition(|w| w == mark);
    match (last(mark), last(b"\x1b[?2026l")) {
        (Some(begun), ended) if ended.is_none_or(|ended| ended < begun) => bytes.len() - begun,
        // The mark itself may have been cut.
        _ => (1..mark.len())
            .rev()
            .find(|&n| bytes.ends_with(&mark[..n]))
            .unwrap_or(0),
    }
}

fn discipline(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("its settings"))
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a screen has cells")
}

/// What a terminal without any extension sends for a key.
fn key_bytes(name: &str) -> Vec<u8> {
    if let Some(letter) = name.strip_prefix("ctrl-") {
        return letter.bytes().map(|b| b & 0x1f).collect();
    }
    if let Some(rest) = name.strip_prefix("alt-") {
        let mut bytes = vec![0x1b];
        bytes.extend(key_bytes(rest));
        return bytes;
    }
    let bytes = match name {
        "enter" => "\r",
        "tab" => "\t",
        "esc" => "\x1b",
        "backspace" => "\x7f",
        "up" => "\x1b[A",
        "down" => "\x1b[B",
        "right" => "\x1b[C",
        "left" => "\x1b[D",
        "home" => "\x1b[H",
        "end" => "\x1b[F",
        "pgup" => "\x1b[5~",
        "pgdn" => "\x1b[6~",
        "f1" => "\x1bOP",
        "f7" => "\x1b[18~",
        "f8" => "\x1b[19~",
        "f9" => "\x1b[20~",
        one if one.chars().count() == 1 => one,
        other => panic!("no such key: {other}"),
    };
    bytes.as_bytes().to_vec()
}
