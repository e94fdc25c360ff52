//! The log: three files of at most 10 MiB in the state directory, without a key and without the text of turns.
//!
//! A log that cannot be written is no reason to stop.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Mutex,
};

use tracing_subscriber::filter::LevelFilter;

use crate::{
    config::{Config, LogLevel},
    files,
    text::Secrets,
};

/// A file is put aside when it has grown to this.
const MAX_BYTES: u64 = 10 << 20;
/// Files beside the newest.
const OLDER: u32 = 2;

/// Starts to log into the state directory, unless nothing is to be written.
pub(super) fn start(config: &Config) {
    if config.store.temporary {
        return;
    }
    let filter = match config.log.level {
        LogLevel::Off => return,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let Ok(file) = Rotating::open(&config.paths.state_dir, config.secrets.clone()) else {
        return;
    };
    // Only one subscriber can be set; a second call changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_max_level(filter)
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .try_init();
}

/// A log file that makes room for itself.
struct Rotating {
    path: PathBuf,
    file: File,
    bytes: u64,
    secrets: Secrets,
}

impl Rotating {
    fn open(state_dir: &Path, secrets: Secrets) -> io::Result<Self> {
        files::create_folder(state_dir)?;
        let path = state_dir.join("waferdeck.log");
        let file = append(&path)?;
        let bytes = file.metadata()?.len();
        Ok(Self {
            path,
            file,
            bytes,
            secrets,
        })
    }

    fn older(&self, place: u32) -> PathBuf {
        self.path.with_extension(format!("log.{place}"))
    }

    fn rotate(&mut self) -> io::Result<()> {
        for place in (1..OLDER).rev() {
            // The older file may not exist yet.
            let _ = fs::rename(self.older(place), self.older(place + 1));
        }
        fs::rename(&self.path, self.older(1))?;
        self.file = append(&self.path)?;
        self.bytes = 0;
        Ok(())
    }
}

impl Write for Rotating {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes > MAX_BYTES {
            self.rotate()?;
        }
        // An event comes in one piece, so no secret is cut.
        let clean = self.secrets.hide_bytes(bytes);
        self.file.write_all(&clean)?;
        self.bytes += clean.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_makes_room_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Rotating::open(folder.path(), Secrets::default()).unwrap();
        for round in 0..4 {
            log.write_all(format!("round {round}").as_bytes()).unwrap();
            log.bytes = MAX_BYTES + 1;
        }
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).ok();
        assert_eq!(read("waferdeck.log").as_deref(), Some("round 3"));
        assert_eq!(read("waferdeck.log.1").as_deref(), Some("round 2"));
        assert_eq!(read("waferdeck.log.2").as_deref(), Some("round 1"));
        assert_eq!(read("waferdeck.log.3"), None);
    }

    #[test]
    fn a_key_is_not_logged_whoever_says_it() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::default();
        let mut log = Rotating::open(folder.path(), secrets.clone()).unwrap();
        secrets.learn(&"csk-canary-0123456789".into());
        let line = b"WARN header csk-canary-0123456789 refused\n";
        assert_eq!(log.write(line).unwrap(), line.len());
        let read = fs::read_to_string(folder.path().join("waferdeck.log")).unwrap();
        assert_eq!(read, "WARN header [key hidden] refused\n");
    }
}
