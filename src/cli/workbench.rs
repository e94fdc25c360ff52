//! Opens the workbench: configuration, store, session, terminal, and the loop.
//!
//! The first frame is drawn before anything is asked of network or terminal.

use std::{sync::Arc, thread};

use futures_util::stream;

use super::{
    Exit,
    args::{Global, Open},
    fail, log, open_store,
    providers::{Profiles, Watched, known_models},
    read_config,
};
use crate::{
    app::{Effect, Look, Model, Msg, Pane, ProfileInfo, Settings, Start, update},
    chat::{Deck, IdSource, SessionId, Tiling},
    config::{AUTO, ColorChoice, Config, Warning, load_deck, prompt_library, themes},
    markdown::Highlighter,
    runtime::{
        answer::Providers,
        clock::{self, Clock},
        effects::{Runner, open_session},
        event_loop::{self, Ends, Left},
        inbox::Inbox,
        input, panic,
        screen::TerminalScreen,
        signals::Signals,
        surroundings::Surroundings,
        terminal::{self, Guard},
    },
    store::Store,
    ui::{Cache, ColorDepth, Palette},
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
    let loaded = read_config(global, &open.models, open.mock)?;
    let config = Arc::new(loaded.config);
    log::start(&config);
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
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let mut warnings = loaded.warnings;
    let deck = match &open.deck {
        Some(name) => {
            let (deck, odd) = load_deck(name, &config)?;
            warnings.extend(odd);
            Some(deck)
        }
        None => None,
    };
    let result = runtime.block_on(workbench(open, config, store, deck, &warnings));
    // A name lookup or a hung disk may never return; what must be on disk was waited for.
    runtime.shutdown_background();
    result
}

async fn workbench(
    open: &Open,
    config: Arc<Config>,
    store: Result<Option<Store>, String>,
    deck: Option<Deck>,
    warnings: &[Warning],
) -> anyhow::Result<Exit> {
    let profiles = Arc::new(Profiles::new(Arc::clone(&config), Watched::Yes));
    let clock = Clock::start();
    let variants = match &deck {
        // What the profile offers may take the network to find out; a deck knows what to ask with.
        Some(deck) if deck.is_complete(|name| config.profiles.contains_key(name)) => {
            deck.panes.iter().map(|p| p.variant.clone()).collect()
        }
        _ => profiles.variants().await?,
    };
    let (prompts, complaints) = prompt_library(&config.paths.prompts_dir());
    let mut model = Model::new(Start {
        profiles: profile_infos(&config),
        catalogues: config
            .profiles
            .iter()
            .map(|(name, profile)| (name.clone(), known_models(profile)))
            .collect(),
        variants,
        tiling: Tiling::default(),
        keys: config.keys.clone(),
        settings: Settings {
            sidebar: config.ui.sidebar,
            enter_is_newline: false,
            reduced_motion: config.ui.reduced_motion,
            temporary: config.store.temporary,
            sidebar_width: config.ui.sidebar_width.and_then(|n| u16::try_from(n).ok()),
            mouse: config.ui.mouse,
        },
        prompts,
        ids: IdSource::new(clock::seed()),
        now: clock.now(),
    });
    model.look = look(&config);
    let inbox = Arc::new(Inbox::default());
    let (store, trouble) = match store {
        Ok(store) => (store, None),
        Err(reason) => (None, Some(reason)),
    };
    let surroundings = Surroundings::read(
        &|name| std::env::var(name).ok(),
        config.ui.clipboard,
        config.paths.state_dir.clone(),
    );
    let mut runner = Runner::new(Arc::clone(&inbox), profiles.clone(), store.clone())
        .within(surroundings)
        .with_settings(config.paths.config_file.clone());
    runner.use_decks(Arc::clone(&config));
    match &deck {
        Some(deck) => model.arrange(deck),
        None => model.check_variants(),
    }
    if let Some(store) = &store {
        model.composer.set_history(store.drafts().prompts());
    }
    match (&open.resume, &store) {
        (Some(id), Some(store)) => resume(id, store, &mut model, &mut runner, &inbox)?,
        _ => {
            runner.run(
                Effect::NewSession {
                    id: model.session,
                    created: model.created,
                },
                &model,
            );
        }
    }
    if let Some(tiling) = open.layout {
        model.tiling = tiling;
        model.zoomed = false;
    }
    if trouble.is_some() {
        inbox.post(Msg::StoreTrouble(trouble));
    }
    let mut notes = Vec::new();
    if let Some(store) = &store
        && store.tightened() > 0
    {
        notes.push(format!(
            "{} saved files could be read by others; they are private now",
            store.tightened()
        ));
    }
    for note in notes {
        inbox.post(Msg::Done(crate::app::Outcome::Done(note)));
    }
    for warning in warnings {
        inbox.post(Msg::Done(crate::app::Outcome::Failed(warning.to_string())));
    }
    for complaint in complaints {
        let sentence = format!("{complaint}; this prompt is left out");
        inbox.post(Msg::Done(crate::app::Outcome::Failed(sentence)));
    }
    let highlighter = Highlighter::new();
    let cache = Cache::new(palette(&config), highlighter.clone());
    // Signals before modes: from here on every way out undoes them.
    let signals = Signals::listen()?;
    terminal::capture_mouse(config.ui.mouse)?;
    let _guard = Guard::enter()?;
    warm(&profiles, &config, highlighter, store);
    let (input, gate) = input::events(Arc::clone(&inbox))?;
    let ends = Ends {
        screen: TerminalScreen::new()?,
        input,
        gate,
        signals: Box::pin(stream::unfold(signals, async |mut signals| {
            Some((signals.next().await, signals))
        })),
        inbox,
        runner,
        clock,
    };
    let left = event_loop::run(ends, model, cache).await;
    terminal::leave();
    Ok(match left {
        Left::Quit => Exit::Ok,
        Left::Signalled(signal) => signal.into(),
        Left::TerminalGone => Exit::Hangup,
    })
}

/// Prepares what the first answer would otherwise wait for, and does what can be done at any time.
fn warm(profiles: &Arc<Profiles>, config: &Config, highlighter: Highlighter, store: Option<Store>) {
    let profiles = Arc::clone(profiles);
    let profile = config.profile.clone();
    tokio::spawn(async move {
        if let Ok(provider) = profiles.get(&profile).await {
            provider.warm().await;
        }
    });
    tokio::task::spawn_blocking(move || {
        highlighter.warm(WARM);
        if let Some(store) = store {
            let removed = store.empty_trash();
            tracing::info!(removed, "the trash was looked through");
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
        Some(store.find(id)?)
    };
    let Some(head) = head else {
        let note = if store.list()?.is_empty() {
            "there is no earlier session: a new one begins"
        } else {
            "every session is open in another waferdeck: a new one begins"
        };
        inbox.post(Msg::Done(crate::app::Outcome::Done(note.to_owned())));
        runner.run(
            Effect::NewSession {
                id: model.session,
                created: model.created,
            },
            model,
        );
        return Ok(());
    };
    let copy = SessionId::from_uuid(model.ids.next(model.now.wall));
    let (opened, writer) = open_session(store, head.id, copy, inbox)?;
    update(model, opened);
    runner.resume(model.session, writer);
    Ok(())
}

/// The profiles that can be asked: those with a key, or that need none, and the chosen one.
fn profile_infos(config: &Config) -> Vec<ProfileInfo> {
    config
        .profiles
        .iter()
        .filter(|(name, p)| **name == config.profile || !p.needs_key() || p.has_key())
        .map(|(name, profile)| ProfileInfo {
            name: name.clone(),
            host: if profile.is_mock {
                "embedded mock".to_owned()
            } else {
                profile.base_url.host().to_owned()
            },
            is_mock: profile.is_mock,
            model: profile
                .model
                .clone()
                .unwrap_or_else(|| crate::provider::default_model().to_owned()),
            streams: profile.allow_streaming,
            max_completion_tokens: profile.max_completion_tokens,
        })
        .collect()
}

/// What can be known of the look before the first frame. A theme that is broken was complained about, and the one that
/// stands in for it is chosen.
fn look(config: &Config) -> Look {
    let themes = themes(&config.paths.themes_dir());
    Look {
        themes: themes.into_iter().filter_map(|t| t.theme.ok()).collect(),
        chosen: if config.ui.theme == AUTO {
            AUTO.to_owned()
        } else {
            config.theme.name.clone()
        },
        background: config.background,
        was_asked: false,
        is_rich: color_depth(config.ui.color) >= ColorDepth::Indexed,
        ascii: config.ui.ascii,
    }
}

fn palette(config: &Config) -> Palette {
    Palette::new(&config.theme, color_depth(config.ui.color))
}

/// What the terminal says of itself; `NO_COLOR` and the flag are in `choice` already.
fn color_depth(choice: ColorChoice) -> ColorDepth {
    if choice == ColorChoice::Never {
        return ColorDepth::None;
    }
    match supports_color::on(supports_color::Stream::Stdout) {
        Some(level) if level.has_16m => ColorDepth::True,
        Some(level) if level.has_256 => ColorDepth::Indexed,
        Some(_) => ColorDepth::Sixteen,
        None if choice == ColorChoice::Always => ColorDepth::Sixteen,
        None => ColorDepth::None,
    }
}
