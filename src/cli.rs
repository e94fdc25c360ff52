//! The commands of the binary, with and without the TUI.
//!
//! Data goes to standard output and nothing else does; notes go to standard error.

pub mod args;
mod ask;
mod bench;
mod config;
mod debug_http;
mod doctor;
mod exit;
mod history;
mod log;
mod mock;
mod models;
mod providers;
mod telemetry;
mod workbench;

use std::{
    ffi::OsString,
    io::{self, IsTerminal, Write},
    process::ExitCode,
    sync::Arc,
};

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use self::{
    args::{Cli, Command, Global, Open},
    exit::{Exit, Failed},
};
use crate::{
    app::ACTIONS,
    config::{Config, Loaded, StoreSettings},
    provider::{self, Deadline},
    runtime::{clock, privacy},
    store::{Pace, SessionHead, Store},
    text::{SafeText, Sanitiser},
};

/// Runs the program; the result is its exit code.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    privacy::close();
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; clap knows which stream each belongs to.
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Ok
            };
            if exit == Exit::Ok {
                let _ = error.print();
            } else {
                // It quotes arguments, and those may hold anything.
                let text = SafeText::new(&error.render().to_string());
                let _ = write!(io::stderr(), "{text}");
            }
            return exit.into();
        }
    };
    let mut out = Out::standard();
    let exit = match run(cli, &mut out) {
        Ok(exit) => exit,
        Err(error) => {
            let (exit, worth_a_word) = exit::of(&error);
            if worth_a_word {
                out.complain(&sentence(&error));
            }
            exit
        }
    };
    tracing::info!(process = std::process::id(), ?exit, "ended");
    exit.into()
}

/// An error with its causes, each said once: some already quote the one below them.
fn sentence(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

fn run(cli: Cli, out: &mut Out) -> anyhow::Result<Exit> {
    let global = &cli.global;
    if cli.command.is_some() && cli.open != Open::default() {
        return fail(
            Exit::Usage,
            "--model, --resume, --deck, --layout and --mock before a command are the workbench's: write them after it, where it has them",
        );
    }
    match cli.command {
        None => workbench::run(&cli.open, global),
        Some(Command::Ask(ask)) => {
            let config = load(global, &ask.models, ask.mock, Asks::Yes, out)?;
            block_on(CLIENT, ask::run(&ask, global, config, out))
        }
        Some(Command::Models(models)) => {
            let config = load(global, &[], models.mock, Asks::Yes, out)?;
            block_on(CLIENT, models::run(&models, global, config, out))
        }
        Some(Command::History(history)) => {
            let config = load(global, &[], false, Asks::No, out)?;
            history::run(&history, &config, out)
        }
        Some(Command::Mock(mock)) => block_on(SERVER, mock::run(&mock, out)),
        Some(Command::Config(command)) => config::run(&command, global, out),
        Some(Command::Doctor(doctor)) => block_on(CLIENT, doctor::run(&doctor, global, out)),
        Some(Command::Bench(bench)) => {
            let config = load(global, &bench.models, bench.mock, Asks::Yes, out)?;
            let deadline = Arc::<Deadline>::default();
            let run = bench::run(&bench, global, config, Arc::clone(&deadline), out);
            block_on_until(CLIENT, deadline, run)
        }
    }
}

/// Threads for what a client spawns: two would wake each other for every piece of a stream. What blocks has others.
const CLIENT: usize = 1;
/// Threads of a server, whose many streams are work of their own.
const SERVER: usize = 2;

/// Runs `task` on this thread, and all that it spawns on so many others.
fn block_on<T>(threads: usize, task: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    block_on_until(threads, Arc::default(), task)
}

/// The same for a task that sets deadlines.
fn block_on_until<T>(
    threads: usize,
    deadline: Arc<Deadline>,
    task: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .on_thread_park(move || provider::rest(&deadline))
        .enable_all()
        .build()?;
    // A limit on the size of files is then an error of the write, which is told; unheard, the signal kills.
    let _heard = {
        let _entered = runtime.enter();
        signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))
    };
    let result = runtime.block_on(task);
    // A name lookup or a hung disk may never return; what must be on disk was waited for.
    runtime.shutdown_background();
    result
}

/// Whether a command asks a model, so that there must be one to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asks {
    /// It does.
    Yes,
    /// It does not.
    No,
}

/// Reads the configuration; what is odd about it is said on standard error.
fn load(
    global: &Global,
    models: &[String],
    mock: bool,
    asks: Asks,
    out: &mut Out,
) -> anyhow::Result<Arc<Config>> {
    let mut loaded = read_config(global, models, mock)?;
    if asks == Asks::Yes {
        loaded = loaded.to_ask_with()?;
    }
    for warning in loaded.warnings.iter().chain(&loaded.no_profile) {
        out.complain(&warning.to_string());
    }
    if let Err(trouble) = log::start(&loaded.config) {
        out.complain(&trouble);
    }
    Ok(Arc::new(loaded.config))
}

/// Reads the configuration with the warnings about key bindings among the others.
fn read_config(global: &Global, models: &[String], mock: bool) -> anyhow::Result<Loaded> {
    let overrides = global.overrides(models, mock);
    let loaded = crate::config::load(&overrides, &|name| std::env::var(name).ok())?;
    Ok(with_actions(loaded)?)
}

/// The same once it was looked at with the actions there are.
fn with_actions(mut loaded: Loaded) -> Result<Loaded, crate::config::Error> {
    let names: Vec<_> = ACTIONS.iter().map(|row| row.name).collect();
    let odd = loaded.config.keys.check(&names)?;
    loaded.warnings.extend(odd);
    let in_lists = ACTIONS
        .iter()
        .filter(|row| row.action.in_overlay().is_some());
    let in_lists: Vec<_> = in_lists.map(|row| row.name).collect();
    let idle = loaded.config.keys.check_overlay(&in_lists);
    loaded.warnings.extend(idle);
    Ok(loaded)
}

/// The store of a configuration: `None` when nothing is to be written, an error with its reason when nothing can be.
fn open_store(config: &Config) -> Result<Option<Store>, crate::store::Error> {
    if config.store.temporary {
        return Ok(None);
    }
    let store = Store::open(&config.paths.data_dir, clock::wall)?;
    Ok(Some(
        store.hiding(&config.secrets).paced(pace(&config.store)),
    ))
}

fn pace(settings: &StoreSettings) -> Pace {
    Pace {
        append: settings.append_every,
        piece: settings.append_bytes.bytes(),
        sync: settings.sync_every,
        retry: settings.retry_every,
        backlog: settings.backlog_bytes.bytes(),
    }
}

/// The store for a command that writes a transcript beside its work: without one it goes on, unless it was asked not to.
fn store_or_go_on(config: &Config, out: &mut Out) -> anyhow::Result<Option<Store>> {
    match open_store(config) {
        Ok(store) => Ok(store),
        Err(error) if config.store.require => Err(error.into()),
        Err(error) => {
            out.complain(&format!("nothing is saved: {error}"));
            Ok(None)
        }
    }
}

/// The session whose id begins or ends with `id`. Lists show the end of ids, so for digits out of the middle of that
/// the error names it.
fn find_session(store: &Store, id: &str) -> anyhow::Result<SessionHead> {
    const MOST_NEAR: usize = 3;
    let found = store.find(id);
    if !matches!(found, Err(crate::store::Error::NotFound(_))) {
        return Ok(found?);
    }
    let part = id.to_lowercase();
    let ends = store.list()?.into_iter().map(|head| head.id.short());
    let near: Vec<_> = ends
        .filter(|end| end.contains(&part))
        .take(MOST_NEAR)
        .collect();
    if near.is_empty() {
        return Ok(found?);
    }
    let near = near.join(" or ");
    let id = SafeText::line(id);
    let sentence = format!("no session's id begins or ends with {id}; did you mean {near}?");
    fail(Exit::Usage, sentence)
}

/// The two streams of a command.
pub struct Out {
    stdout: Box<dyn Write>,
    stderr: Box<dyn Write>,
    sanitiser: Sanitiser,
    /// A person reads standard output.
    pub stdout_is_terminal: bool,
    /// A person reads standard error.
    pub stderr_is_terminal: bool,
}

impl Out {
    fn standard() -> Self {
        Self {
            stdout: Box::new(io::stdout()),
            stderr: Box::new(io::stderr()),
            sanitiser: Sanitiser::default(),
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
        }
    }

    /// Writes data. On a terminal nothing that could drive it gets through.
    pub fn data(&mut self, text: &str) -> io::Result<()> {
        if self.stdout_is_terminal {
            // One stream of text, cut anywhere: a joined emoji may come in pieces.
            let mut safe = String::new();
            self.sanitiser.push(text, &mut safe);
            self.stdout.write_all(safe.as_bytes())?;
        } else {
            self.stdout.write_all(text.as_bytes())?;
        }
        self.stdout.flush()
    }

    /// Writes a line of data.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        self.data(&format!("{text}\n"))
    }

    /// Writes a note that only a person wants.
    pub fn note(&mut self, text: &str) {
        if self.stderr_is_terminal {
            self.complain(text);
        }
    }

    /// Writes what went wrong. A closed standard error is nobody's loss.
    pub fn complain(&mut self, text: &str) {
        let _ = writeln!(self.stderr, "waferdeck: {}", SafeText::new(text));
    }
}

/// Fails with an exit code.
fn fail<T>(exit: Exit, message: impl Into<String>) -> anyhow::Result<T> {
    Err(Failed::new(exit, message).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_writes_at_the_pace_that_is_set() {
        assert_eq!(pace(&StoreSettings::default()), Pace::default());
        let file = "[store]\nappend_every = 0.02\nappend_bytes = \"1 KiB\"\nsync_every = 0.3\n\
            retry_every = 2\nbacklog_bytes = \"2 MiB\"\n";
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), file).unwrap();
        let folder = folder.path().to_string_lossy();
        let env = |name: &str| name.ends_with("_DIR").then(|| folder.to_string());
        let loaded = crate::config::load(&crate::config::Overrides::default(), &env).unwrap();
        let millis = std::time::Duration::from_millis;
        let expected = Pace {
            append: millis(20),
            piece: 1 << 10,
            sync: millis(300),
            retry: millis(2_000),
            backlog: 2 << 20,
        };
        assert_eq!(pace(&loaded.config.store), expected);
    }

    #[test]
    fn a_cause_is_said_once() {
        let check = |error: anyhow::Error, expected| assert_eq!(sentence(&error), expected);
        let gone = || io::Error::other("no such file");
        let quoting = crate::store::Error::Unreadable {
            path: "/x".into(),
            source: gone(),
        };
        check(quoting.into(), "cannot read /x: no such file");
        let bare = anyhow::Error::from(gone()).context("cannot start");
        check(bare, "cannot start: no such file");
    }
}
