//! The commands without a screen, on pipes.
//! A command that hangs is killed and fails its test.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, Stdio},
    sync::mpsc::sync_channel,
    thread,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{
    home::{Home, PROGRAM},
    wait::DEADLINE,
};

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// `None` after a signal.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A command that still runs.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    /// What was read of standard output so far.
    seen: String,
}

impl Home {
    /// Runs a command to its end, with nothing on standard input.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.start(args, Stdio::null()).end()
    }

    /// Runs a command to its end with `input` piped in.
    pub(crate) fn pipe(&self, input: &str, args: &[&str]) -> Ran {
        let mut running = self.start(args, Stdio::piped());
        let mut stdin = running.child.stdin.take().expect("a pipe");
        // A command that does not read its input may close the pipe first.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        running.end()
    }

    /// Starts a command.
    pub(crate) fn start(&self, args: &[&str], stdin: Stdio) -> Running {
        let child = Command::new(PROGRAM)
            .args(args)
            .env_clear()
            .envs(self.env().iter().cloned())
            .current_dir(self.path("work"))
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        Running {
            child,
            seen: String::new(),
        }
    }
}

impl Running {
    /// Reads standard output up to a line or a piece that holds `text`.
    pub(crate) fn until_stdout(&mut self, text: &str) {
        let stdout = self.child.stdout.as_mut().expect("a pipe");
        let mut byte = [0];
        let mut bytes = self.seen.clone().into_bytes();
        while !String::from_utf8_lossy(&bytes).contains(text) {
            let read = stdout.read(&mut byte).expect("standard output");
            assert!(
                read == 1,
                "standard output ended before {text:?}: {}",
                String::from_utf8_lossy(&bytes)
            );
            bytes.extend_from_slice(&byte);
        }
        self.seen = String::from_utf8(bytes).expect("UTF-8");
    }

    /// What was read of standard output.
    pub(crate) fn printed(&self) -> &str {
        &self.seen
    }

    /// Closes our end of standard output after its first line, as `head -1` does.
    pub(crate) fn first_line_only(&mut self) -> String {
        let stdout = self.child.stdout.take().expect("a pipe");
        let mut line = String::new();
        BufReader::with_capacity(1, stdout)
            .read_line(&mut line)
            .expect("a line");
        line
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("a signal");
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits for the end.
    pub(crate) fn end(self) -> Ran {
        let pid = self.pid();
        let Self { child, seen } = self;
        let (done, result) = sync_channel(1);
        thread::spawn(move || {
            // Nobody listens any more after the deadline.
            let _ = done.send(child.wait_with_output());
        });
        let Ok(output) = result.recv_timeout(DEADLINE) else {
            // Its thread still waits for it, so the pid is still its own.
            let _ = kill_process(pid, Signal::KILL);
            panic!("the command did not end");
        };
        let output = output.expect("an end");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Ran {
            code: output.status.code(),
            stdout: seen + &text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Ran {
    /// Panics with everything that was printed unless the exit code is this one.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Standard output as one JSON value.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:#?}"))
    }

    /// Standard output as one JSON value a line.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        let lines = self.stdout.lines();
        lines
            .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}")))
            .collect()
    }
}
