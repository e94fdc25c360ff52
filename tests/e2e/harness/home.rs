//! Directories and environment of one test; nothing of the person who runs the tests gets in.
//! Programs are started by the workbench and by commands.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_waferdeck");

/// Directories and environment of one test.
#[derive(Debug)]
pub(crate) struct Home {
    dir: TempDir,
    env: Vec<(String, OsString)>,
}

impl Home {
    /// An empty one: the program runs on the embedded mock.
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("waferdeck-e2e-")
            .tempdir()
            .expect("a temporary directory");
        let mut home = Self {
            dir,
            env: Vec::new(),
        };
        for name in ["home", "data", "config", "state", "work"] {
            fs::create_dir(home.path(name)).expect("a directory");
        }
        for (variable, name) in [
            ("HOME", "home"),
            ("WAFERDECK_DATA_DIR", "data"),
            ("WAFERDECK_CONFIG_DIR", "config"),
            ("WAFERDECK_STATE_DIR", "state"),
        ] {
            home.set(variable, home.path(name));
        }
        home.set("TERM", "xterm-256color");
        home.set("LANG", "C.UTF-8");
        home.set("PATH", std::env::var_os("PATH").unwrap_or_default());
        home
    }

    /// With a `config.toml`.
    pub(crate) fn with_config(text: &str) -> Self {
        let home = Self::new();
        home.write("config/config.toml", text);
        home
    }

    /// With the cerebras profile at this address, one quick retry, and a key that the mock takes.
    pub(crate) fn asking(url: &str) -> Self {
        let mut home = Self::with_config(
            "[providers.cerebras]\nmodel = \"gpt-oss-120b\"\nmax_retries = 1\ninitial_delay = 0.01\n",
        );
        home.set("CEREBRAS_BASE_URL", url);
        home.set("CEREBRAS_API_KEY", "any");
        home
    }

    /// Sets a variable for what is started from now on.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.env.retain(|(n, _)| n != name);
        self.env.push((name.to_owned(), value.into()));
    }

    /// The whole environment.
    pub(crate) fn env(&self) -> &[(String, OsString)] {
        &self.env
    }

    /// A path below the home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file below the home.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("a file of the test");
        path
    }

    /// Every file below one of the directories.
    pub(crate) fn files(&self, name: &str) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect(&self.path(name), &mut found);
        found.sort();
        found
    }

    /// The transcripts.
    pub(crate) fn transcripts(&self) -> Vec<PathBuf> {
        let mut files = self.files("data");
        files.retain(|f| f.extension().is_some_and(|e| e == "jsonl"));
        files.retain(|f| f.components().any(|c| c.as_os_str() == "sessions"));
        files
    }
}

fn collect(dir: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.push(path);
        }
    }
}
