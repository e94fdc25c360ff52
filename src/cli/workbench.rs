//! Opens the workbench: configuration, store, session, terminal, and the loop.
//!
//! The first frame is drawn before anything is asked of network or terminal.

mod first;
mod reload;

use std::{collections::BTreeSet, sync::Arc, thread};

pub(super) use first::color_depth;

use futures_util::stream;
use reload::Rereader;

use super::{
    CLIENT, Exit, Out,
    args::{Global, Open},
    block_on_until, debug_http, fail, find_session, log, open_store,
    providers::{Profiles, Watched},
    read_config,
    telemetry::{self, Started},
};
use crate::{
    app::{Effect, Model, Msg, Outcome, Pane, update},
    chat::{Deck, SessionId, Variant},
    config::{self, Config, Loaded, Warning, load_deck, prompt_library},
    markdown::Highlighter,
    provider::Deadline,
    runtime::{
        answer::Providers,
        clock::Clock,
        effects::{DRAFT, Runner, open_session},
        event_loop::{self, Ends, Left},
        inbox::Inbox,
        input, panic,
        screen::{Screen, TerminalScreen},
        signals::Signals,
        surroundings::Surroundings,
        terminal::{self, Guard},
        workshop,
    },
    store::Store,
    text::{SafeText, counted},
    ui::Cache,
};

/// Languages whose first use would be felt; they are prepared beside the first frame.
const WARM: &[&str] = &["rust", "python", "typescript", "javascript", "bash", "json"];

pub(super) fn run(open: &Open, global: &Global) -> anyhow::Result<Exit> {
    if open.models.len() > Pane::MOST {
        let (asked, most) = (open.models.len(), Pane::MOST);
        let sentence = format!("{asked} panes were asked for with -m; {most} can be open at once");
        return fail(Exit::Usage, sentence);
    }
    let term = std::env::var("TERM").ok();
    if let Some(reason) = terminal::unusable(term.as_deref()) {
        return fail(Exit::Usage, reason);
    }
    let loaded = read_config(global, &open.models, open.mock)?.to_ask_with()?;
    let config = Arc::new(loaded.config.clone());
    let log = log::start(&config);
    panic::install(thread::current().id(), config.paths.state_dir.clone());
    let store = match open_store(&config) {
        Ok(store) => Ok(store),
        Err(error) if config.store.require => return Err(error.into()),
        Err(error) => Err(error.to_string()),
    };
    if open.resume.is_some() && !matches!(store, Ok(Some(_))) {
        return fail(
            Exit::Store,
            "nothing is saved here, so there is no session to resume",
        );
    }
    let mut warnings = loaded.warnings.clone();
    warnings.extend(log.err().map(|message| Warning {
        place: None,
        message,
    }));
    let deck = match &open.deck {
        Some(name) => {
            let (deck, odd) = load_deck(name, &config)?;
            warnings.extend(odd);
            Some(deck)
        }
        None => None,
    };
    let deadline = Arc::<Deadline>::default();
    let start = Arc::clone(&deadline);
    let from = Begin {
        config,
        loaded,
        warnings,
    };
    let workbench = workbench(open, global, from, store, deck, start);
    block_on_until(CLIENT, deadline, workbench)
}

/// The settings that the workbench begins with.
struct Begin {
    config: Arc<Config>,
    /// The same as they were read.
    loaded: Loaded,
    /// What was passed over.
    warnings: Vec<Warning>,
}

async fn workbench(
    open: &Open,
    global: &Global,
    from: Begin,
    store: Result<Option<Store>, String>,
    deck: Option<Deck>,
    deadline: Arc<Deadline>,
) -> anyhow::Result<Exit> {
    let Begin {
        config,
        loaded,
        mut warnings,
    } = from;
    let clock = Clock::start();
    let inbox = Arc::new(Inbox::default());
    let counted = count(&config, global, &inbox).await;
    let dump = debug_http::open(global, &config)?;
    if let Some(note) = dump.note() {
        inbox.post(Msg::Done(Outcome::Done(note)));
    }
    let profiles = Profiles::new(Arc::clone(&config), Watched::Yes);
    let profiles = profiles.counted_by(counted.telemetry.clone());
    let profiles = Arc::new(profiles.heard_by(dump.witness()));
    let told = Arc::clone(&inbox);
    let tell_keys = move |prints| told.post(Msg::KnownKeys(prints));
    config.secrets.on_change(tell_keys);
    let store = store.unwrap_or_else(|reason| {
        inbox.post(Msg::NoStore(reason));
        None
    });
    let variants = variants(deck.as_ref(), &config, &profiles).await?;
    let (prompts, complaints) = prompt_library(&config.paths.prompts_dir());
    warnings.extend(prompts.iter().flat_map(|p| p.warnings.clone()));
    let mut model = first::model(&config, variants, prompts, clock.now());
    match &deck {
        Some(deck) => model.arrange(deck),
        None => model.check_variants(),
    }
    let (flags, models, mock) = (global.clone(), open.models.clone(), open.mock);
    let read = move || Ok(read_config(&flags, &models, mock)?.to_ask_with()?);
    let rereader = Rereader::new(read, &profiles, loaded);
    let mut runner = runner(&config, &profiles, &inbox, store.as_ref())
        .rereading(Arc::new(move || rereader.read()));
    if let (Some(id), Some(store)) = (&open.resume, &store) {
        resume(id, store, &mut model, &mut runner, &inbox)?;
    } else {
        begin(&mut runner, &model);
        bring_back(store.as_ref(), &mut model, &mut runner, &inbox);
    }
    if let Some(store) = &store {
        model.composer.set_history(store.drafts().prompts());
    }
    if let Some(tiling) = open.layout {
        model.tiling = tiling;
        model.zoomed = false;
    }
    tell(&inbox, store.as_ref(), &warnings, &complaints);
    let highlighter = Highlighter::new();
    let workshop = workshop::open(highlighter.clone(), Arc::clone(&inbox))?;
    let cache = Cache::new(first::palette(&config), workshop);
    // Signals before modes: from here on every way out undoes them.
    let signals = Signals::listen()?;
    terminal::capture_mouse(config.ui.mouse);
    let mut screen = TerminalScreen::new()?;
    let _guard = Guard::enter(|bytes| screen.write(bytes))?;
    warm(&profiles, &model, highlighter, store);
    let (input, gate) = input::events(Arc::clone(&inbox))?;
    let ends = Ends {
        screen,
        input,
        gate,
        signals: Box::pin(stream::unfold(signals, async |mut signals| {
            Some((signals.next().await, signals))
        })),
        inbox,
        runner,
        clock,
        deadline,
    };
    let left = event_loop::run(ends, model, cache).await;
    terminal::leave();
    dump.end(&mut Out::standard());
    counted.finish().await;
    exit(left)
}

/// What the first panes ask.
async fn variants(
    deck: Option<&Deck>,
    config: &Config,
    profiles: &Profiles,
) -> anyhow::Result<Vec<Variant>> {
    match deck {
        // What the profile offers may take the network to find out; a deck knows what to ask with.
        Some(deck) if deck.is_complete(|name| config.profiles.contains_key(name)) => {
            Ok(deck.panes.iter().map(|p| p.variant.clone()).collect())
        }
        _ => Ok(profiles.variants().await?),
    }
}

fn exit(left: Left) -> anyhow::Result<Exit> {
    Ok(match left {
        Left::Unsaved(reason) => {
            let reason = SafeText::line(&reason);
            let sentence =
                format!("{reason}; it was not to go on without (--require-store, store.require)");
            return fail(Exit::Store, sentence);
        }
        Left::Quit => Exit::Ok,
        Left::Signalled(signal) => signal.into(),
        Left::TerminalGone => Exit::Hangup,
    })
}

/// Starts telemetry; what there is to say of it are notices.
async fn count(config: &Config, global: &Global, inbox: &Arc<Inbox>) -> Started {
    let told = Arc::clone(inbox);
    let complain = move |text| told.post(Msg::Done(Outcome::Failed(text)));
    let started = telemetry::start(config, global, complain).await;
    if let Some(url) = started.url() {
        inbox.post(Msg::Done(Outcome::Done(format!("metrics are at {url}"))));
    }
    started
}

fn runner(
    config: &Arc<Config>,
    profiles: &Arc<Profiles>,
    inbox: &Arc<Inbox>,
    store: Option<&Store>,
) -> Runner {
    let surroundings = Surroundings::read(&|name| std::env::var(name).ok(), config);
    let mut runner = Runner::new(Arc::clone(inbox), Arc::clone(profiles) as _, store.cloned())
        .within(surroundings)
        .with_settings(config.paths.config_file.clone());
    runner.use_decks(Arc::clone(config));
    runner
}

/// Lets a new session be written from its first prompt on.
fn begin(runner: &mut Runner, model: &Model) {
    let effect = Effect::NewSession {
        id: model.session,
        created: model.created,
    };
    runner.run(effect, model);
}

/// Puts a draft into the composer that was left in a session without a single prompt.
fn bring_back(store: Option<&Store>, model: &mut Model, runner: &mut Runner, inbox: &Inbox) {
    let Some(draft) = store.and_then(|store| store.stray_draft(DRAFT)) else {
        return;
    };
    model.composer.set_draft(draft.clone());
    let session = model.session;
    runner.run(Effect::KeepDraft { session, draft }, model);
    let note = "what you were writing when you left is back";
    inbox.post(Msg::Done(Outcome::Done(note.to_owned())));
}

/// Leaves what the start has to say for the first frames.
fn tell(inbox: &Inbox, store: Option<&Store>, warnings: &[Warning], complaints: &[config::Error]) {
    if let Some(tightened) = store.map(Store::tightened).filter(|&n| n > 0) {
        let files = counted(
            tightened as u64,
            "saved file could be read by others; it is private now",
            "saved files could be read by others; they are private now",
        );
        inbox.post(Msg::Done(Outcome::Done(files)));
    }
    let left_out = |c: &config::Error| format!("{c}; this prompt is left out");
    let all = warnings.iter().map(ToString::to_string);
    for sentence in all.chain(complaints.iter().map(left_out)) {
        inbox.post(Msg::Done(Outcome::Odd(sentence)));
    }
}

/// Prepares what the first answer would otherwise wait for, and does what can be done at any time.
fn warm(profiles: &Arc<Profiles>, model: &Model, highlighter: Highlighter, store: Option<Store>) {
    let panes = model.panes.iter();
    let asked = panes.map(|p| model.asked_variant(&p.variant).profile.clone());
    for profile in asked.collect::<BTreeSet<_>>() {
        let profiles = Arc::clone(profiles);
        tokio::spawn(async move {
            if let Ok(provider) = profiles.get(&profile).await {
                provider.warm().await;
            }
        });
    }
    let all = Arc::clone(profiles);
    tokio::spawn(async move { Providers::learn_keys(all.as_ref()).await });
    tokio::task::spawn_blocking(move || {
        highlighter.warm(WARM);
        if let Some(store) = store {
            let removed = store.empty_trash();
            tracing::debug!(removed, "the trash was looked through");
        }
    });
}

/// Puts an earlier session on screen: the one that was named, or the newest that nobody has open.
fn resume(
    id: &str,
    store: &Store,
    model: &mut Model,
    runner: &mut Runner,
    inbox: &Arc<Inbox>,
) -> anyhow::Result<()> {
    let head = if id.is_empty() {
        store.newest_free()?
    } else {
        Some(find_session(store, id)?)
    };
    let Some(head) = head else {
        let note = if store.list()?.is_empty() {
            "there is no earlier session: a new one begins"
        } else {
            "every session is open in another waferdeck: a new one begins"
        };
        inbox.post(Msg::Done(Outcome::Done(note.to_owned())));
        begin(runner, model);
        bring_back(Some(store), model, runner, inbox);
        return Ok(());
    };
    let copy = SessionId::from_uuid(model.ids.next(model.now.wall));
    let (opened, writer) = open_session(store, head.id, copy, inbox)?;
    update(model, opened);
    runner.resume(model.session, writer);
    Ok(())
}
