//! The log: a few files of bounded size in the state directory, without a key and without the text of turns.
//!
//! What is said is decided where it is said. A log that cannot be written is no reason to stop, and is told.

use std::{
    fmt::Write as _,
    fs::{self, File, TryLockError},
    io::{self, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Mutex,
};

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{
    config::{self, Config, LogFilter, LogLevel},
    files,
    text::{SafeText, Secrets},
};

/// The newest file.
const NAME: &str = "waferdeck.log";
/// What all targets of ours begin with.
const OURS: &str = "waferdeck";

/// Starts to log into the state directory, unless nothing is to be written. The error says why it cannot.
pub(super) fn start(config: &Config) -> Result<(), String> {
    let Some(file) = file(config)? else {
        return Ok(());
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(Mutex::new(file));
    // Only one subscriber can be set; a second call changes nothing.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(targets(&config.log.level))
        .try_init();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        process = std::process::id(),
        "begun"
    );
    Ok(())
}

/// Why nothing can be logged, if it cannot.
pub(super) fn trouble(config: &Config) -> Option<String> {
    file(config).err()
}

fn file(config: &Config) -> Result<Option<Rotating>, String> {
    if config.store.temporary || config.log.level.is_off() {
        return Ok(None);
    }
    let folder = &config.paths.state_dir;
    let opened = Rotating::open(folder, &config.log, config.secrets.clone());
    opened.map(Some).map_err(|error| {
        let path = folder.join(NAME);
        let reason = if path.is_symlink() {
            "it is a link".to_owned()
        } else {
            error.to_string()
        };
        format!(
            "nothing is logged: {} cannot be written ({reason})",
            path.display()
        )
    })
}

/// What is let through. Libraries are no louder than a warning, since only of ourselves we know that no text of turns is
/// in what is said.
fn targets(filter: &LogFilter) -> Targets {
    let all = level(filter.level);
    let parts = filter.parts.iter();
    let parts = parts.map(|(part, of)| (format!("{OURS}::{part}"), level(*of)));
    Targets::new()
        .with_default(all.min(LevelFilter::WARN))
        .with_target(OURS, all)
        .with_targets(parts)
}

fn level(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// A log file that makes room for itself, also where several processes write to it.
struct Rotating {
    path: PathBuf,
    file: File,
    /// A file is put aside before it grows past this.
    most: u64,
    /// Files beside the newest.
    older: u32,
    /// A line is cut here.
    line: usize,
    secrets: Secrets,
}

impl Rotating {
    fn open(state_dir: &Path, settings: &config::Log, secrets: Secrets) -> io::Result<Self> {
        files::create_folder(state_dir)?;
        let path = state_dir.join(NAME);
        Ok(Self {
            file: append(&path)?,
            path,
            most: settings.file_bytes.into(),
            older: settings.files.saturating_sub(1),
            line: settings.line_bytes.bytes(),
            secrets,
        })
    }

    fn older(&self, place: u32) -> PathBuf {
        self.path.with_extension(format!("log.{place}"))
    }

    /// Goes on in an empty file. Of several processes that find it full the first one moves it, and the others follow;
    /// until it has, they write where they are.
    fn rotate(&mut self) -> io::Result<()> {
        match self.file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let ours = self.file.metadata()?;
        let is_ours = |there: fs::Metadata| (there.dev(), there.ino()) == (ours.dev(), ours.ino());
        if fs::symlink_metadata(&self.path).is_ok_and(is_ours) {
            for place in (1..self.older).rev() {
                // The older file may not exist yet.
                let _ = fs::rename(self.older(place), self.older(place + 1));
            }
            if self.older == 0 {
                fs::remove_file(&self.path)?;
            } else {
                fs::rename(&self.path, self.older(1))?;
            }
        }
        // The lock goes with the old file.
        self.file = append(&self.path)?;
        Ok(())
    }
}

impl Write for Rotating {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // An event comes in one piece, so no secret is cut.
        let line = line(
            &self.secrets.hide(&String::from_utf8_lossy(bytes)),
            self.line,
        );
        if self.file.metadata()?.len() + line.len() as u64 > self.most {
            self.rotate()?;
        }
        self.file.write_all(line.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// An event on one line that a terminal can show, and no longer than a line may be.
fn line(event: &str, most: usize) -> String {
    let mut line = SafeText::line(event).into_string();
    if line.len() >= most {
        // The sentence about it has room behind the cut.
        let keep = line.floor_char_boundary(most.saturating_sub(32));
        let cut = line.len() - keep;
        line.truncate(keep);
        let _ = write!(line, "… ({cut} bytes cut)");
    }
    line.push('\n');
    line
}

/// Opens the log, which is nobody else's.
fn append(path: &Path) -> io::Result<File> {
    let file = files::append(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    if file.metadata()?.mode() & 0o077 != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: usize = 4 << 10;

    fn log_of(folder: &Path, most: u64) -> Rotating {
        let mut log = Rotating::open(folder, &config::Log::default(), Secrets::default()).unwrap();
        log.most = most;
        log
    }

    fn read(folder: &Path, name: &str) -> Option<String> {
        fs::read_to_string(folder.join(name)).ok()
    }

    #[test]
    fn a_full_log_makes_room_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = log_of(folder.path(), 10);
        for round in 0..4 {
            log.write_all(format!("round {round}\n").as_bytes())
                .unwrap();
        }
        let read = |name| read(folder.path(), name);
        assert_eq!(read("waferdeck.log").as_deref(), Some("round 3\n"));
        assert_eq!(read("waferdeck.log.1").as_deref(), Some("round 2\n"));
        assert_eq!(read("waferdeck.log.2").as_deref(), Some("round 1\n"));
        assert_eq!(read("waferdeck.log.3"), None);
    }

    #[test]
    fn a_log_that_cannot_be_written_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join(NAME);
        let env = |name: &str| {
            let is_place = name.starts_with("WAFERDECK_") && name.ends_with("_DIR");
            is_place.then(|| dir.path().display().to_string())
        };
        let config = config::load(&config::Overrides::default(), &env)
            .unwrap()
            .config;
        assert_eq!(trouble(&config), None);
        fs::remove_file(&log).unwrap();
        std::os::unix::fs::symlink(dir.path().join("elsewhere"), &log).unwrap();
        let link = trouble(&config).unwrap();
        assert!(
            link.ends_with("waferdeck.log cannot be written (it is a link)"),
            "{link}"
        );
        assert!(!dir.path().join("elsewhere").exists());
        fs::remove_file(&log).unwrap();
        fs::create_dir(&log).unwrap();
        assert!(trouble(&config).is_some_and(|why| why.contains("directory")));
    }

    #[test]
    fn files_and_lines_are_as_large_and_as_many_as_is_set() {
        let settings = config::Log {
            file_bytes: config::Size::kib(1),
            files: 2,
            line_bytes: config::Size::kib(1),
            ..config::Log::default()
        };
        for (files, left) in [(2, 2), (1, 1)] {
            let folder = tempfile::tempdir().unwrap();
            let settings = config::Log {
                files,
                ..settings.clone()
            };
            let mut log = Rotating::open(folder.path(), &settings, Secrets::default()).unwrap();
            for _ in 0..4 {
                log.write_all(&[b'x'; 3_000]).unwrap();
            }
            let there = fs::read_dir(folder.path()).unwrap();
            let sizes: Vec<_> = there
                .map(|f| f.unwrap().metadata().unwrap().len())
                .collect();
            assert_eq!(sizes.len(), left);
            assert!(sizes.iter().all(|&size| size <= 1 << 10), "{sizes:?}");
        }
    }

    #[test]
    fn several_processes_fill_no_more_than_three_files() {
        const MOST: u64 = 2_000;
        let folder = tempfile::tempdir().unwrap();
        let mut logs = [(); 3].map(|()| log_of(folder.path(), MOST));
        for round in 0..600 {
            let log = &mut logs[round % 3];
            log.write_all(format!("line {round} of somebody\n").as_bytes())
                .unwrap();
        }
        let mut all = String::new();
        for name in ["waferdeck.log.2", "waferdeck.log.1", "waferdeck.log"] {
            let text = read(folder.path(), name).unwrap();
            assert!(text.len() as u64 <= MOST, "{name}: {}", text.len());
            all.push_str(&text);
        }
        assert!(all.ends_with("line 599 of somebody\n"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
        // None of the last lines is missing or twice.
        let numbers: Vec<usize> = all
            .lines()
            .map(|l| l.split(' ').nth(1).unwrap().parse().unwrap())
            .collect();
        let first = numbers[0];
        assert!(numbers.iter().copied().eq(first..600), "{numbers:?}");
    }

    #[test]
    fn a_key_is_not_logged_whoever_says_it() {
        let folder = tempfile::tempdir().unwrap();
        let secrets = Secrets::default();
        let mut log =
            Rotating::open(folder.path(), &config::Log::default(), secrets.clone()).unwrap();
        secrets.learn(&"csk-canary-0123456789".into());
        let said = b"WARN header csk-canary-0123456789 refused\n";
        assert_eq!(log.write(said).unwrap(), said.len());
        let read = read(folder.path(), "waferdeck.log").unwrap();
        assert_eq!(read, "WARN header [key hidden] refused\n");
    }

    #[test]
    fn an_event_is_one_line_and_a_long_one_is_cut() {
        assert_eq!(
            line("WARN a\nFAKE \u{1b}[2Jb\n", LINE),
            "WARN a FAKE ␛[2Jb\n"
        );
        for filler in ["x", "é", "名"] {
            let long = line(&filler.repeat(5_000), LINE);
            assert!(long.len() <= LINE, "{}", long.len());
            assert!(long.ends_with(" bytes cut)\n"), "{long}");
        }
        let whole = "x".repeat(LINE - 1);
        assert_eq!(line(&whole, LINE), format!("{whole}\n"));
    }

    #[test]
    fn the_files_are_private_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("waferdeck.log");
        fs::write(&path, "before\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let mut log = log_of(folder.path(), 12);
        log.write_all(b"first line\n").unwrap();
        for name in ["waferdeck.log", "waferdeck.log.1"] {
            let mode = fs::metadata(folder.path().join(name)).unwrap().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(&path, elsewhere.path().join("waferdeck.log")).unwrap();
        assert!(
            Rotating::open(
                elsewhere.path(),
                &config::Log::default(),
                Secrets::default()
            )
            .is_err()
        );
    }

    /// What is left of events at every level by us and by a library.
    fn logged(filter: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let log = Mutex::new(log_of(folder.path(), 10 << 20));
        let lines = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .without_time()
            .with_writer(log);
        let filter = LogFilter::parse(filter).unwrap();
        let subscriber = tracing_subscriber::registry()
            .with(lines)
            .with(targets(&filter));
        tracing::subscriber::with_default(subscriber, || {
            tracing::trace!(target: "waferdeck::provider::call", "1");
            tracing::debug!(target: "waferdeck::provider::call", "2");
            tracing::debug!(target: "waferdeck::store", "3");
            tracing::warn!(target: "waferdeck::store", "4");
            tracing::error!(target: "waferdeck::cli", "5");
            tracing::debug!(target: "h2::codec", "6");
            tracing::warn!(target: "h2::codec", "7");
        });
        let text = read(folder.path(), "waferdeck.log").unwrap();
        let numbers = text.lines().filter_map(|l| l.rsplit(' ').next());
        numbers.map(str::to_owned).collect()
    }

    #[test]
    fn each_part_has_its_level_and_libraries_are_never_loud() {
        assert_eq!(logged("warn"), ["4", "5", "7"]);
        assert_eq!(logged("warn,provider=debug"), ["2", "4", "5", "7"]);
        assert_eq!(logged("trace,store=error"), ["1", "2", "5", "7"]);
        assert_eq!(logged("off,provider=trace"), ["1", "2"]);
        assert_eq!(logged("error"), ["5"]);
    }
}
