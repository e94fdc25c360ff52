//! `waferdeck mock` as a process of its own, with a scenario that makes its timing known.
//! It ends with its value.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::mpsc::sync_channel,
    thread,
};

use super::{home::PROGRAM, wait::DEADLINE};

/// A mock server on a free port.
#[derive(Debug)]
pub(crate) struct Mock {
    child: Child,
    url: String,
}

impl Mock {
    /// Plays a scenario.
    pub(crate) fn playing(scenario: &str) -> Self {
        let mut file = tempfile::Builder::new()
            .suffix(".toml")
            .tempfile()
            .expect("a temporary file");
        file.write_all(scenario.as_bytes()).expect("a scenario");
        let path = file.path().to_str().expect("a plain path");
        // The file is read before the address is printed.
        Self::start(&["--scenario", path])
    }

    /// One of the scenarios of `tests/scenarios`.
    pub(crate) fn nasty(name: &str) -> Self {
        let path = format!("{}/tests/scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
        Self::start(&["--scenario", &path])
    }

    fn start(args: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .arg("mock")
            .args(args)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the mock");
        let stdout = child.stdout.take().expect("a pipe");
        let (say, heard) = sync_channel(1);
        thread::spawn(move || {
            let mut line = String::new();
            // An empty line tells that it ended instead.
            let _ = BufReader::new(stdout).read_line(&mut line);
            let _ = say.send(line);
        });
        let line = heard.recv_timeout(DEADLINE).expect("an address in time");
        let url = line.trim().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{line:?}");
        Self { child, url }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        // It may have ended already; the wait only clears the process table.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
