//! Carries out effects: spawns the tasks, talks to the store, and answers with messages.
//!
//! It alone spawns tasks. Each request has a cancellation token, a child of one root; dropping the request closes its
//! connection.

mod decks;
mod key;
pub(crate) mod library;
mod reload;
mod take_out;

use std::{collections::HashMap, fmt, path::PathBuf, sync::Arc, time::Duration};

use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

pub(crate) use self::library::DRAFT;
pub use self::reload::{Renewed, Reread};
use self::{decks::Decks, library::Library};
use super::{
    answer::{self, Providers},
    editor::Job,
    exchanges::Exchanges,
    inbox::Inbox,
    joint::Joint,
    surroundings::Surroundings,
};
use crate::{
    app::{Ask, Effect, Model, Msg, Outcome, Signal},
    chat::{AnswerId, Role, SessionId},
    config::{self, Config},
    provider::Request,
    store::{Drafts, Store, Writer},
};

/// How long leaving waits for answers to note their end, and for the disk.
const LEAVE: Duration = Duration::from_secs(1);
/// OSC 11: terminals that know it reply with their background, the others say nothing.
const ASK_BACKGROUND: &[u8] = b"\x1b]11;?\x1b\\";

/// Loads a session for the start of the program, or a copy of it with the id `copy` if it is open elsewhere: what is to
/// be told of it, and its writer.
pub fn open_session(
    store: &Store,
    id: SessionId,
    copy: SessionId,
    inbox: &Arc<Inbox>,
) -> Result<(Msg, Writer), crate::store::Error> {
    let opened = library::open(store, id, copy, inbox)?;
    if opened.unsaved.is_some() {
        inbox.post(Msg::StoreTrouble(opened.unsaved));
    }
    Ok((opened.msg, opened.writer))
}

/// What only the loop can do, since it owns the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Local {
    /// Stop the process.
    Suspend,
    /// Forget what is on the screen.
    Redraw,
    /// Write bytes that are no picture.
    Write(Vec<u8>),
    /// Let an editor have the terminal.
    Edit(Job),
    /// Take the mouse, or give it back.
    Mouse(bool),
    /// Leave.
    Quit,
}

/// Carries out effects.
pub struct Runner {
    inbox: Arc<Inbox>,
    providers: Arc<dyn Providers>,
    library: Library,
    decks: Decks,
    drafts: Drafts,
    /// Why drafts do not get to disk, as far as that was said.
    draft_trouble: Option<String>,
    /// The person's settings file, where it may be changed.
    settings: Option<PathBuf>,
    /// Stops the requests under way. A request that has ended leaves its token cancelled.
    cancels: HashMap<AnswerId, CancellationToken>,
    surroundings: Surroundings,
    root: CancellationToken,
    tasks: Tasks,
    typed_key: key::TypedKey,
    /// Ends the trial of the key that is tried.
    trial: Option<CancellationToken>,
    exchanges: Exchanges,
    reload: reload::Reload,
}

/// What leaving waits for. Each ends with the answer it was for, if it was for one.
type Tasks = JoinSet<Option<AnswerId>>;

/// Does work that may block; a panic in there is reported by its hook.
fn block(tasks: &mut Tasks, work: impl FnOnce() + Send + 'static) {
    tasks.spawn_blocking(move || {
        work();
        None
    });
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Runner({} requests)", self.cancels.len())
    }
}

impl Runner {
    /// A runner without a session yet. Without a store nothing is written.
    pub fn new(inbox: Arc<Inbox>, providers: Arc<dyn Providers>, store: Option<Store>) -> Self {
        let drafts = store.as_ref().map_or_else(Drafts::disabled, Store::drafts);
        let library = Library::new(store, Arc::clone(&inbox));
        let decks = Decks::new(Arc::clone(&inbox));
        Self {
            inbox,
            providers,
            library,
            decks,
            drafts,
            draft_trouble: None,
            settings: None,
            cancels: HashMap::new(),
            surroundings: Surroundings::default(),
            root: CancellationToken::new(),
            tasks: JoinSet::new(),
            typed_key: key::TypedKey::default(),
            trial: None,
            exchanges: Exchanges::default(),
            reload: reload::Reload::default(),
        }
    }

    /// Knows what was found at the start from now on.
    pub fn within(mut self, surroundings: Surroundings) -> Self {
        self.surroundings = surroundings;
        self.bound_exchanges();
        self
    }

    fn bound_exchanges(&mut self) {
        if let Some(bytes) = self.surroundings.recording_bytes {
            self.exchanges.bound(bytes);
        }
    }

    /// Lets what a person keeps be written into their settings file.
    pub fn with_settings(self, file: PathBuf) -> Self {
        Self {
            settings: Some(file),
            ..self
        }
    }

    /// Knows the decks of this configuration from now on.
    pub fn use_decks(&mut self, config: Arc<Config>) {
        self.decks.configure(config);
    }

    /// Goes on with a session that was opened before the loop began.
    pub fn resume(&mut self, session: SessionId, writer: Writer) {
        self.library.adopt(session, writer);
    }

    /// Carries out one effect; `model` is the state that asked for it.
    pub fn run(&mut self, effect: Effect, model: &Model) -> Option<Local> {
        while let Some(ended) = self.tasks.try_join_next() {
            if let Ok(Some(answer)) = ended {
                // Gone on with meanwhile, the answer has another token, which is still needed.
                self.cancels
                    .retain(|id, cancel| *id != answer || !cancel.is_cancelled());
                self.exchanges.trim();
            }
        }
        match effect {
            Effect::Follow(id) => self.library.follow(id, &mut self.tasks),
            Effect::Keep(entries) => self.library.keep(entries),
            Effect::SavePrompt { entries, answers } => self.library.save(entries, answers),
            Effect::Send(ask) => self.send(ask),
            Effect::Cancel(answer) => {
                if let Some(cancel) = self.cancels.remove(&answer) {
                    cancel.cancel();
                }
            }
            Effect::Warm(profiles) => self.warm(profiles),
            Effect::FetchModels { profile } => self.fetch_models(profile),
            Effect::KeyPlaces { profile } => self.key_places(profile),
            Effect::TypeKey(edit) => self.type_key(&edit),
            Effect::TryKey {
                number,
                profile,
                keep,
            } => self.try_key(number, profile, keep),
            Effect::KeepDraft { session, draft } => {
                self.drafts.save(session, DRAFT, draft);
                self.tell_draft_trouble(model);
            }
            Effect::KeepPrompt(prompt) => self.drafts.add_prompt(&prompt),
            Effect::ListSessions => self.library.list(),
            Effect::OpenSession { id, copy } => self.library.open(id, copy, &mut self.tasks),
            Effect::PreviewSession(id) => self.library.preview(id),
            Effect::Shelf { id, deed } => self.library.shelf(id, deed, &mut self.tasks),
            Effect::ListDecks => self.decks.list(),
            Effect::SaveDeck { deck, replace } => self.decks.save(*deck, replace, &mut self.tasks),
            Effect::NewSession { id, created } => self.library.begin(id, created, &mut self.tasks),
            Effect::Export(format) => {
                let secrets = self.surroundings.secrets.clone();
                self.library
                    .export(model.snapshot(), format, secrets, &mut self.tasks);
            }
            Effect::Copy { what, text } => self.copy(what, text),
            Effect::CopySession { what, session } => self.copy_session(what, *session),
            Effect::CopyByTerminal { what, text } => return self.copy_by_terminal(what, text),
            Effect::SaveFile { what, name, text } => self.save_file(what, &name, text),
            Effect::SaveElsewhere {
                folder,
                session,
                draft,
            } => self.save_elsewhere(&folder, *session, draft),
            Effect::Edit(text) => return Some(Local::Edit(self.job(text))),
            Effect::Mouse(on) => return Some(Local::Mouse(on)),
            Effect::AskBackground => return Some(Local::Write(ASK_BACKGROUND.to_vec())),
            Effect::KeepTheme(name) => self.keep_theme(name),
            Effect::Inspect(answer) => self.inspect(answer),
            Effect::Reload => self.reread(),
            Effect::AdoptSettings => self.adopt(),
            Effect::Suspend => return Some(Local::Suspend),
            Effect::Redraw => return Some(Local::Redraw),
            Effect::Quit => return Some(Local::Quit),
        }
        None
    }

    /// Stops what runs, waits until it has noted its end, and lets the writer drain; all within a deadline.
    pub async fn finish(mut self, signal: Option<Signal>) {
        tracing::info!(?signal, "leaving");
        self.root.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(LEAVE, all).await.is_err() {
            let requests: Vec<_> = self.cancels.keys().map(|answer| answer.short()).collect();
            tracing::warn!(
                ?requests,
                "a request or something on disk did not end in time"
            );
        }
        let Self {
            library, drafts, ..
        } = self;
        let closed = tokio::task::spawn_blocking(move || {
            drafts.flush(LEAVE);
            library.close(LEAVE)
        })
        .await;
        if !matches!(closed, Ok(true)) {
            tracing::warn!("the transcript was not written in time");
        }
    }

    fn send(&mut self, ask: Ask) {
        let Ask {
            answer,
            variant,
            messages,
            max_completion_tokens,
            stream,
            reasoning,
            budget,
            when_full,
            try_now,
            parts,
        } = ask;
        let cancel = self.root.child_token();
        self.cancels.insert(answer, cancel.clone());
        let mailbox = self.inbox.open(answer);
        let providers = Arc::clone(&self.providers);
        let id = answer.request(parts);
        let recording = self.exchanges.begin(answer, &id, &variant.profile);
        let writer = self.library.writer();
        let request = Request {
            model: variant.model,
            messages,
            params: variant.params,
            max_completion_tokens,
            reasoning,
            stream,
            when_full,
        };
        self.tasks.spawn(async move {
            let _spent = cancel.clone().drop_guard();
            if try_now
                && let Some(Ok(provider)) = cancel
                    .run_until_cancelled(providers.get(&variant.profile))
                    .await
            {
                provider.try_now();
            }
            let job = answer::Job {
                answer,
                id: &id,
                profile: &variant.profile,
                request: &request,
                budget,
                writer: &writer,
                mailbox: &mailbox,
                cancel: &cancel,
                recording: Some(recording),
            };
            let before = request.messages.iter().rev();
            let before = before.filter(|m| parts > 0 && m.role == Role::Assistant);
            match before.map(|m| m.text.as_str()).next() {
                Some(before) => job.go_on(providers.as_ref(), Joint::after(before)).await,
                None => job.run(providers.as_ref()).await,
            }
            Some(answer)
        });
    }

    /// Says once that drafts do not get to disk, unless it is said already that nothing does.
    fn tell_draft_trouble(&mut self, model: &Model) {
        let trouble = self.drafts.failure();
        if let Some(why) = &trouble
            && self.draft_trouble.is_none()
            && model.unsaved.is_none()
        {
            let sentence = format!("what you write is not on disk ({why}); it is tried again");
            self.inbox.post(Msg::Done(Outcome::Failed(sentence)));
        }
        self.draft_trouble = trouble;
    }

    /// Opens connections; nothing waits for them, and each takes a second at most once its key is there.
    fn warm(&mut self, profiles: Vec<String>) {
        for profile in profiles {
            let providers = Arc::clone(&self.providers);
            let stop = self.root.child_token();
            self.tasks.spawn(async move {
                let warming = async {
                    if let Ok(provider) = providers.get(&profile).await {
                        provider.warm().await;
                    }
                };
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = warming => {}
                }
                None
            });
        }
    }

    /// Looks at what was recorded, on a thread that may take its time.
    fn inspect(&mut self, answer: AnswerId) {
        let recording = self.exchanges.get(answer);
        let (inbox, secrets) = (Arc::clone(&self.inbox), self.surroundings.secrets.clone());
        block(&mut self.tasks, move || {
            let exchange = recording.map(|r| Box::new(r.exchange(&secrets)));
            inbox.post(Msg::Exchange { answer, exchange });
        });
    }

    fn fetch_models(&mut self, profile: String) {
        let inbox = Arc::clone(&self.inbox);
        let providers = Arc::clone(&self.providers);
        let stop = self.root.child_token();
        self.tasks.spawn(async move {
            let fetch = async {
                let provider = providers.get(&profile).await?;
                provider.models().await.map_err(|e| e.failure())
            };
            tokio::select! {
                () = stop.cancelled() => {}
                result = fetch => inbox.post(Msg::Catalogue { profile: profile.clone(), result }),
            }
            None
        });
    }

    /// Writes the theme into the settings file, on a thread that may block; leaving waits for it.
    fn keep_theme(&mut self, name: String) {
        let Some(path) = self.settings.clone() else {
            return;
        };
        let inbox = Arc::clone(&self.inbox);
        let write = move || {
            let outcome = match config::set_theme(&path, &name) {
                Ok(()) => Outcome::Done(format!("theme {name}, written to {}", path.display())),
                Err(error) => Outcome::Failed(format!("the theme is not kept: {error}")),
            };
            inbox.post(Msg::Done(outcome));
        };
        block(&mut self.tasks, write);
    }
}
