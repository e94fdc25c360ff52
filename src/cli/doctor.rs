//! `waferdeck doctor`: the rollout checklist, from the settings to an answer, with a remedy below whatever is not well.
//!
//! Facts come from `provider::health`, `store::Health` and `runtime::abilities`; what they mean is decided here, a file
//! for each part. All parts look at the same time; lines come in order, each as soon as it is done.

mod check;
mod figures;
mod network;
mod print;
mod profile;
mod saved;
mod secrets;
mod service;
mod settings;
mod terminal;

use std::sync::Arc;

use tokio::{
    sync::mpsc::{Receiver, Sender, channel},
    task::JoinSet,
};

use self::{
    check::{Check, Counts, object},
    print::{Look, Printer},
    profile::{Sinks, Ways},
    terminal::Facts,
};
use super::{
    Exit, Out,
    args::{Doctor, Global},
    debug_http, fail, log,
    providers::{Profiles, Watched},
    read_config,
    workbench::color_depth,
};
use crate::{
    app::Signal,
    config::{self, Config, Loaded, Origin, Theme},
    provider::Witness,
    runtime::{
        abilities::{self, Abilities, Unasked},
        clipboard::Relay,
        job,
        signals::{Asked, Signals},
        surroundings::Surroundings,
    },
    ui::ColorDepth,
};

/// Lines of one part that wait for those before them.
const QUEUE: usize = 64;

pub(super) async fn run(args: &Doctor, global: &Global, out: &mut Out) -> anyhow::Result<Exit> {
    let loaded = read_config(global, &[], false).and_then(|loaded| Ok(loaded.to_ask_with()?));
    let loaded = match loaded {
        Ok(loaded) => loaded,
        Err(error) => return without_settings(error, args, out),
    };
    // Why it cannot is told among the settings.
    let _ = log::start(&loaded.config);
    let mut signals = Signals::listen()?;
    // Before anything is printed, so that nothing can come between question and reply.
    let term = std::env::var("TERM").ok();
    let asking = tokio::task::spawn_blocking(move || abilities::ask(term.as_deref()));
    let asked = asking.await.unwrap_or(Err(Unasked::Silent));
    if asked == Err(Unasked::Interrupted) {
        return Ok(Signal::Interrupt.into());
    }
    let dump = debug_http::open(global, &loaded.config)?;
    dump.begin(out);
    let mut report = Report::new(args, Some(&loaded.config), out);
    let mut work = Work::start(args, global, &loaded, asked, dump.witness());
    let looked = tokio::select! {
        biased;
        signal = ended(&mut signals) => Ok(signal.into()),
        told = work.tell(&mut report) => told.and_then(|()| report.end()),
    };
    drop(work);
    dump.end(out);
    looked
}

/// A configuration that cannot be read is the one cross; nothing else can be looked at, and the exit code is as ever.
fn without_settings(error: anyhow::Error, args: &Doctor, out: &mut Out) -> anyhow::Result<Exit> {
    let check = error
        .downcast_ref::<config::Error>()
        .and_then(settings::broken);
    let Some(check) = check else {
        return Err(error);
    };
    let mut report = Report::new(args, None, out);
    report.take(check)?;
    report.end()?;
    Ok(Exit::Usage)
}

/// The signal that ends the process.
async fn ended(signals: &mut Signals) -> Signal {
    loop {
        match signals.next().await {
            Asked::End(signal) => return signal,
            Asked::Stop => {
                // A process that cannot stop itself goes on.
                let _ = job::stop();
            }
            Asked::Continued | Asked::Resized | Asked::Reload => {}
        }
    }
}

/// All that is looked at, each part on a task of its own.
struct Work {
    tasks: JoinSet<()>,
    /// The parts in the order of their lines.
    parts: Vec<Receiver<Check>>,
}

impl Work {
    fn start(
        args: &Doctor,
        global: &Global,
        loaded: &Loaded,
        asked: Result<Abilities, Unasked>,
        witness: Option<Arc<dyn Witness>>,
    ) -> Self {
        let config = Arc::new(loaded.config.clone());
        let mut work = Self {
            tasks: JoinSet::new(),
            parts: Vec::new(),
        };
        let sink = work.part();
        let checks = settings::check(loaded);
        work.tasks
            .spawn(async move { hand_over(checks, &sink).await });
        let with_keys = if args.offline {
            Arc::new(without_commands(&config))
        } else {
            Arc::clone(&config)
        };
        let profiles = Profiles::new(with_keys, Watched::No).heard_by(witness);
        work.profiles(args, global, loaded, &config, profiles);
        let sink = work.part();
        let store = Arc::clone(&config);
        work.tasks.spawn(async move {
            let look = tokio::task::spawn_blocking(move || saved::look(&store)).await;
            hand_over(finished(look), &sink).await;
        });
        let sink = work.part();
        let screen = Arc::clone(&config);
        work.tasks.spawn(async move {
            hand_over(look_at_terminal(&screen, asked).await, &sink).await;
        });
        let sink = work.part();
        let (env_file, offline) = (global.env_file.clone(), args.offline);
        work.tasks.spawn(async move {
            let checks = figures::look(&config, env_file.as_deref(), offline).await;
            hand_over(checks, &sink).await;
        });
        work
    }

    /// The keys of all profiles first, then what is between here and each.
    fn profiles(
        &mut self,
        args: &Doctor,
        global: &Global,
        loaded: &Loaded,
        config: &Arc<Config>,
        profiles: Profiles,
    ) {
        let ways = Arc::new(Ways {
            config: Arc::clone(config),
            profiles,
            offline: args.offline,
            probe: !args.no_probe,
        });
        let names: Vec<_> = config
            .profiles
            .keys()
            .filter(|name| global.profile.as_ref().is_none_or(|only| only == *name))
            .cloned()
            .collect();
        let secrets: Vec<_> = names.iter().map(|_| self.part()).collect();
        let file = self.part();
        let checks = secrets::settings(config).into_iter().collect();
        self.tasks
            .spawn(async move { hand_over(checks, &file).await });
        for (name, secrets) in names.into_iter().zip(secrets) {
            let (network, service) = (self.part(), self.part());
            if !is_in_use(&name, loaded) {
                let unused = config
                    .profiles
                    .get(&name)
                    .map(|p| secrets::unused(&name, p));
                let checks = unused.map(|check| check.of(&name)).into_iter().collect();
                self.tasks
                    .spawn(async move { hand_over(checks, &secrets).await });
                continue;
            }
            let sinks = Sinks {
                secrets: Some(secrets),
                network: Some(network),
                service,
            };
            self.tasks
                .spawn(profile::look(Arc::clone(&ways), name, sinks));
        }
    }

    /// A further part; its lines come behind those of the parts before.
    fn part(&mut self) -> Sender<Check> {
        let (sender, receiver) = channel(QUEUE);
        self.parts.push(receiver);
        sender
    }

    /// Tells every line in its place as soon as it is there.
    async fn tell(&mut self, report: &mut Report<'_>) -> anyhow::Result<()> {
        for part in &mut self.parts {
            while let Some(check) = part.recv().await {
                report.take(check)?;
            }
        }
        while let Some(ended) = self.tasks.join_next().await {
            if ended.is_err() {
                // Lines are missing that nobody would miss.
                return fail(
                    Exit::Failed,
                    "a defect of waferdeck stopped a part of the checklist: please report it, with its version",
                );
            }
        }
        Ok(())
    }
}

async fn hand_over(checks: Vec<Check>, sink: &Sender<Check>) {
    for check in checks {
        // Nobody listens any more only if the command was dropped.
        let _ = sink.send(check).await;
    }
}

/// What work on another thread gave; a defect there is one of the task that waits for it.
fn finished<T>(outcome: Result<T, tokio::task::JoinError>) -> T {
    outcome.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// The same without the commands that print keys: whom they ask is not known.
fn without_commands(config: &Config) -> Config {
    let mut config = config.clone();
    for profile in config.profiles.values_mut() {
        let sources = &mut profile.key_sources;
        sources.retain(|source| !matches!(source, config::KeySource::Command(_)));
    }
    config
}

/// True for a profile that is asked, that somebody set up, or that has a key. The mock is always at hand.
fn is_in_use(name: &str, loaded: &Loaded) -> bool {
    let config = &loaded.config;
    let prefix = format!("providers.{name}.");
    let is_set = |s: &config::Shown| s.origin != Origin::Default && s.path.starts_with(&prefix);
    let has_reason = |p: &config::Profile| p.is_mock || p.has_key();
    config.profile == name
        || config.profiles.get(name).is_some_and(has_reason)
        || loaded.origins.iter().any(is_set)
}

async fn look_at_terminal(config: &Config, asked: Result<Abilities, Unasked>) -> Vec<Check> {
    let env = |name: &str| std::env::var(name).ok();
    let surroundings = Surroundings::read(&env, config);
    let is_terminal = std::io::IsTerminal::is_terminal(&std::io::stdout());
    let tmux = if surroundings.desk.relay == Relay::Tmux && env("TMUX").is_some() {
        Some(abilities::tmux(&surroundings.programs).await)
    } else {
        None
    };
    Facts {
        config,
        env: &env,
        depth: color_depth(config.ui.color),
        is_terminal,
        size: terminal::size(),
        asked,
        desk: surroundings.desk,
        tmux,
    }
    .judge()
}

/// Where lines go: to a person one by one, to a program all at the end.
enum Way<'a> {
    Person(Printer<'a>),
    Program(&'a mut Out, Vec<Check>),
}

struct Report<'a> {
    way: Way<'a>,
    counts: Counts,
}

impl<'a> Report<'a> {
    fn new(args: &Doctor, config: Option<&Config>, out: &'a mut Out) -> Self {
        let columns = terminal::columns().filter(|_| out.stdout_is_terminal);
        let way = if args.json {
            Way::Program(out, Vec::new())
        } else {
            let look = match config {
                Some(config) => {
                    let depth = color_depth(config.ui.color);
                    Look::new(&config.theme, depth, config.ui.ascii, columns)
                }
                None => Look::new(&Theme::default(), ColorDepth::None, false, columns),
            };
            Way::Person(Printer::new(out, look))
        };
        Self {
            way,
            counts: Counts::default(),
        }
    }

    fn take(&mut self, check: Check) -> anyhow::Result<()> {
        self.counts.add(check.status);
        match &mut self.way {
            Way::Person(printer) => printer.check(&check)?,
            Way::Program(_, checks) => checks.push(check),
        }
        Ok(())
    }

    fn end(self) -> anyhow::Result<Exit> {
        match self.way {
            Way::Person(mut printer) => printer.end(self.counts)?,
            Way::Program(out, checks) => {
                out.line(&format!("{:#}", object(&checks, self.counts)))?;
            }
        }
        Ok(if self.counts.failed > 0 {
            Exit::Check
        } else {
            Exit::Ok
        })
    }
}
