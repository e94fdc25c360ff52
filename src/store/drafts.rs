//! What is typed and not sent, and what was sent before: small files, each replaced in one step within a second.
//!
//! A thread of its own writes them, so that typing never waits for a disk. `DATA/drafts/ID.json`,
//! `DATA/drafts/ID.attached.json`, `DATA/prompts.json`.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Serialize;

use super::{
    files::{self, Files},
    lock::{Lock, Outcome},
    reader,
};
use crate::{
    chat::{Attached, Draft, SessionId},
    text::Secrets,
};

/// A change is on disk at latest this long after it, and the next ones with it.
const PAUSE: Duration = Duration::from_millis(500);
/// After so many failures in a row
const QUICK: u32 = 3;
/// it is tried again this much later only.
const RETRY: Duration = Duration::from_secs(5);
/// The history keeps this many prompts.
const PROMPTS: usize = 1000;
/// And at most this many bytes of them.
const PROMPT_BYTES: usize = 4 << 20;
/// A larger file is none of ours.
const MAX_FILE: u64 = 128 << 20;

/// The drafts of a session by pane letter.
pub(super) type Panes = BTreeMap<char, Draft>;

/// Drafts and prompt history. Cheap to clone; clones share one thread, which ends when the last is gone.
#[derive(Clone)]
pub struct Drafts {
    handle: Option<Arc<Handle>>,
}

struct Handle {
    desk: Arc<Desk>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.desk.lock().ending = true;
        self.desk.bell.notify_all();
    }
}

/// What the thread and its clients share.
struct Desk {
    files: Arc<dyn Files>,
    root: PathBuf,
    secrets: Secrets,
    state: Mutex<State>,
    bell: Condvar,
    /// That a session without a file has a draft is known to nobody else: its lock says that it is still being written.
    hold: Mutex<Option<(SessionId, Lock)>>,
}

#[derive(Default)]
struct State {
    drafts: BTreeMap<SessionId, Panes>,
    /// The session at hand, where it was begun by this process.
    begun: Option<SessionId>,
    /// Sessions whose drafts changed, and whether what goes along with them did: megabytes are not written again for
    /// every key.
    changed: BTreeMap<SessionId, bool>,
    /// Prompts that are not in the file yet, oldest first.
    prompts: Vec<String>,
    thread: Thread,
    /// Write now, someone waits.
    hurry: bool,
    ending: bool,
    failed: Option<String>,
}

/// What is to be written in one go.
struct Work {
    /// With whether what goes along changed.
    drafts: Vec<(SessionId, bool, Panes)>,
    prompts: Vec<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Thread {
    /// Not started.
    #[default]
    None,
    Waiting,
    Writing,
}

impl fmt::Debug for Drafts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let writes = self.handle.is_some();
        f.debug_struct("Drafts").field("writes", &writes).finish()
    }
}

impl Drafts {
    pub(super) fn new(files: Arc<dyn Files>, root: &Path, secrets: Secrets) -> Self {
        let desk = Arc::new(Desk {
            files,
            root: root.to_owned(),
            secrets,
            state: Mutex::default(),
            bell: Condvar::new(),
            hold: Mutex::default(),
        });
        Self {
            handle: Some(Arc::new(Handle { desk })),
        }
    }

    /// Keeps nothing, for `--temporary`.
    pub fn disabled() -> Self {
        Self { handle: None }
    }

    /// From now on what is written belongs to a new session, which has no file before its first prompt.
    pub fn begin(&self, session: SessionId) {
        if let Some(handle) = &self.handle {
            handle.desk.lock().begun = Some(session);
        }
    }

    /// Takes over the draft of a session without a file, unless somebody still writes it. It is gone from there.
    pub(super) fn take_over(&self, session: SessionId, pane: char) -> Option<Draft> {
        let handle = self.handle.as_ref()?;
        let lock = Lock::take(&*handle.desk.files, &handle.desk.hold_path(session));
        let Ok(Outcome::Held(_) | Outcome::NoLocks(_)) = &lock else {
            return None;
        };
        self.forget(session);
        let draft = self.load(session, pane);
        self.save(session, pane, "");
        (!draft.is_blank()).then_some(draft)
    }

    /// The draft of a pane; empty where there is none. Reads a file the first time.
    pub fn load(&self, session: SessionId, pane: char) -> Draft {
        let Some(handle) = &self.handle else {
            return Draft::default();
        };
        let mut state = handle.desk.lock();
        let panes = handle.desk.panes(&mut state, session);
        panes.get(&pane).cloned().unwrap_or_default()
    }

    /// Keeps the draft of a pane; an empty one goes away. Does not wait for the disk.
    pub fn save(&self, session: SessionId, pane: char, draft: impl Into<Draft>) {
        let Some(handle) = &self.handle else {
            return;
        };
        let mut state = handle.desk.lock();
        let panes = handle.desk.panes(&mut state, session);
        let draft = draft.into();
        let before = panes.get(&pane).cloned().unwrap_or_default();
        let moved = before.attached != draft.attached;
        if moved || before.text != draft.text {
            if draft.is_empty() {
                panes.remove(&pane);
            } else {
                panes.insert(pane, draft);
            }
            *state.changed.entry(session).or_default() |= moved;
            Desk::ring(&handle.desk, &mut state);
        }
    }

    /// Reads the drafts of a session anew the next time: another process may have written them, or moved them away.
    pub fn forget(&self, session: SessionId) {
        if let Some(handle) = &self.handle {
            let mut state = handle.desk.lock();
            if !state.changed.contains_key(&session) {
                state.drafts.remove(&session);
            }
        }
    }

    /// Gives a session the drafts that another has on disk, and tells which those are. Does not wait for the disk.
    pub(super) fn copy(&self, from: SessionId, to: SessionId) -> Panes {
        // Another process goes on typing: what is known of its drafts is old, now and soon.
        self.forget(from);
        let panes = self.panes(from);
        self.forget(from);
        for (pane, draft) in &panes {
            self.save(to, *pane, draft.clone());
        }
        panes
    }

    /// All drafts of a session.
    pub(super) fn panes(&self, session: SessionId) -> Panes {
        let Some(handle) = &self.handle else {
            return Panes::new();
        };
        let mut state = handle.desk.lock();
        handle.desk.panes(&mut state, session).clone()
    }

    /// The prompts that were sent, oldest first, each once, at most 1,000. Reads a file.
    pub fn prompts(&self) -> Vec<String> {
        let Some(handle) = &self.handle else {
            return Vec::new();
        };
        let desk = &handle.desk;
        let mut prompts = read(&desk.prompts_path());
        merge(&mut prompts, &desk.lock().prompts);
        prompts
    }

    /// Adds a prompt to the history, at its end. Does not wait for the disk.
    pub fn add_prompt(&self, text: &str) {
        let Some(handle) = &self.handle else {
            return;
        };
        if !text.trim().is_empty() {
            let mut state = handle.desk.lock();
            state.prompts.push(text.to_owned());
            Desk::ring(&handle.desk, &mut state);
        }
    }

    /// Waits at most `deadline` until all is on disk. False if it is not.
    pub fn flush(&self, deadline: Duration) -> bool {
        let Some(handle) = &self.handle else {
            return true;
        };
        let desk = &handle.desk;
        let mut state = desk.lock();
        state.hurry = state.has_work();
        desk.bell.notify_all();
        let (state, waited) = desk
            .bell
            .wait_timeout_while(state, deadline, |s| {
                s.thread == Thread::Writing || s.has_work()
            })
            .unwrap_or_else(PoisonError::into_inner);
        !waited.timed_out() && state.failed.is_none()
    }

    /// Why the last change is not on disk, if it is not.
    pub fn failure(&self) -> Option<String> {
        let handle = self.handle.as_ref()?;
        handle.desk.lock().failed.clone()
    }
}

impl State {
    fn has_work(&self) -> bool {
        !self.changed.is_empty() || !self.prompts.is_empty()
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn panes<'a>(&self, state: &'a mut State, session: SessionId) -> &'a mut Panes {
        let drafts = state.drafts.entry(session);
        drafts.or_insert_with(|| {
            let [texts, attached] = paths(&self.root, session);
            let texts: BTreeMap<char, String> = read(&texts);
            let attached: BTreeMap<char, Vec<Attached>> = read(&attached);
            let mut panes = Panes::new();
            for (pane, text) in texts {
                panes.entry(pane).or_default().text = text;
            }
            for (pane, attached) in attached {
                panes.entry(pane).or_default().attached = attached;
            }
            panes
        })
    }

    fn hold_path(&self, session: SessionId) -> PathBuf {
        self.root.join("drafts").join(format!("{session}.lock"))
    }

    /// Lets others see that the draft of a new session is being written, as long as there is one.
    fn hold(&self, session: SessionId, is_empty: bool) {
        let mut hold = self.hold.lock().unwrap_or_else(PoisonError::into_inner);
        if self.lock().begun != Some(session) || is_empty {
            hold.take_if(|(id, _)| *id == session);
        } else if hold.as_ref().is_none_or(|(id, _)| *id != session)
            && let Ok(Outcome::Held(lock)) = Lock::take(&*self.files, &self.hold_path(session))
        {
            *hold = Some((session, lock));
        }
    }

    fn prompts_path(&self) -> PathBuf {
        self.root.join("prompts.json")
    }

    /// Wakes the thread, or starts it.
    fn ring(desk: &Arc<Self>, state: &mut State) {
        if state.thread == Thread::None {
            let theirs = Arc::clone(desk);
            let thread = std::thread::Builder::new().name("drafts".to_owned());
            match thread.spawn(move || theirs.run()) {
                Ok(_) => state.thread = Thread::Waiting,
                Err(error) => state.failed = Some(error.to_string()),
            }
        }
        desk.bell.notify_all();
    }

    fn run(&self) {
        let mut failures = 0_u32;
        let mut state = self.lock();
        loop {
            state = (self.bell)
                .wait_while(state, |s| !s.has_work() && !s.ending)
                .unwrap_or_else(PoisonError::into_inner);
            // More changes of the same moment go with this one. A disk that refuses is not asked at every key.
            let pause = if failures > QUICK { RETRY } else { PAUSE };
            (state, _) = (self.bell)
                .wait_timeout_while(state, pause, |s| !s.hurry && !s.ending)
                .unwrap_or_else(PoisonError::into_inner);
            let mut work = Work {
                drafts: std::mem::take(&mut state.changed)
                    .into_iter()
                    .map(|(id, moved)| {
                        let panes = state.drafts.get(&id).cloned().unwrap_or_default();
                        (id, moved, panes)
                    })
                    .collect(),
                prompts: std::mem::take(&mut state.prompts),
            };
            state.hurry = false;
            state.thread = Thread::Writing;
            drop(state);
            let written = self.write(&mut work);
            failures = match written {
                Ok(()) => 0,
                Err(_) => failures.saturating_add(1),
            };
            state = self.lock();
            state.thread = Thread::Waiting;
            state.failed = written.err().map(|error| error.to_string());
            state.prompts.splice(0..0, work.prompts);
            for (id, moved, _) in work.drafts {
                *state.changed.entry(id).or_default() |= moved;
            }
            self.bell.notify_all();
            if state.ending {
                return;
            }
        }
    }

    /// Replaces what a file holds of each pane; it goes away when that is nothing.
    fn put<T: Serialize>(&self, path: &Path, panes: &BTreeMap<&char, T>) -> io::Result<()> {
        if panes.is_empty() {
            return match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let json = serde_json::to_vec(panes)?;
        files::replace(&*self.files, path, &self.secrets.hide_bytes(&json))
    }

    /// Writes what there is to be written, and leaves what could not be. In this order, so that what moves is never in
    /// neither place, whenever this one dies: the history first, then drafts that hold something; last go drafts that hold
    /// nothing any more, if all else is on disk.
    fn write(&self, work: &mut Work) -> io::Result<()> {
        let mut result = self.write_prompts(&work.prompts);
        if result.is_ok() {
            work.prompts.clear();
        }
        for are_removed in [false, true] {
            work.drafts.retain(|draft| {
                let is_due = draft.2.is_empty() == are_removed && !(are_removed && result.is_err());
                let written = is_due.then(|| self.write_draft(draft));
                match written {
                    Some(Ok(())) => return false,
                    Some(Err(error)) => result = Err(error),
                    None => {}
                }
                true
            });
        }
        result
    }

    fn write_draft(&self, (id, moved, panes): &(SessionId, bool, Panes)) -> io::Result<()> {
        let [texts, attached] = paths(&self.root, *id);
        if *moved {
            let attachments = panes.iter().map(|(pane, draft)| (pane, &draft.attached));
            let attachments = attachments.filter(|(_, attached)| !attached.is_empty());
            self.put(&attached, &attachments.collect::<BTreeMap<_, _>>())?;
        }
        let drafts = panes.iter().map(|(pane, draft)| (pane, &draft.text));
        self.put(&texts, &drafts.collect::<BTreeMap<_, _>>())?;
        self.hold(*id, panes.is_empty());
        Ok(())
    }

    fn write_prompts(&self, prompts: &[String]) -> io::Result<()> {
        if prompts.is_empty() {
            return Ok(());
        }
        let path = self.prompts_path();
        // Two instances may add at the same time; without locks the last one wins.
        let _lock = match Lock::take(&*self.files, &self.root.join("prompts.lock"))? {
            Outcome::Held(lock) => Some(lock),
            Outcome::NoLocks(_) => None,
            Outcome::Elsewhere(_) => return Err(io::ErrorKind::WouldBlock.into()),
        };
        let mut all: Vec<String> = read(&path);
        merge(&mut all, prompts);
        let json = serde_json::to_vec(&all)?;
        files::replace(&*self.files, &path, &self.secrets.hide_bytes(&json))
    }
}

/// The files of a session's drafts: their texts, and what goes along with them.
pub(super) fn paths(root: &Path, session: SessionId) -> [PathBuf; 2] {
    let folder = root.join("drafts");
    ["json", "attached.json"].map(|kind| folder.join(format!("{session}.{kind}")))
}

/// What a file holds; nothing where there is none. One that is not what it should be is put beside, byte for byte, since
/// another one takes its place.
fn read<T: Default + serde::de::DeserializeOwned>(path: &Path) -> T {
    let mut bytes = Vec::new();
    let read = reader::open(path).and_then(|f| f.take(MAX_FILE).read_to_end(&mut bytes));
    match read {
        Ok(_) => serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            let numbers = (2..).map(|n| format!("damaged-{n}"));
            let mut names = std::iter::once("damaged".to_owned()).chain(numbers);
            let moved = names.find_map(|name| {
                let beside = path.with_added_extension(name);
                match files::move_new(&files::Disk, path, &beside) {
                    Err(e) if e.kind() == io::ErrorKind::AlreadyExists => None,
                    moved => Some(moved),
                }
            });
            tracing::warn!(file = %path.display(), %error, ?moved, "not readable, put beside");
            T::default()
        }),
        Err(_) => T::default(),
    }
}

/// Puts `new` at the end of `prompts`, each prompt once, and drops the oldest beyond the bounds.
fn merge(prompts: &mut Vec<String>, new: &[String]) {
    for prompt in new {
        prompts.retain(|p| p != prompt);
        prompts.push(prompt.clone());
    }
    // The newest is kept however long it is: it may be nowhere else.
    let mut bytes = 0;
    let fitting = prompts.iter().rev().skip(1).take(PROMPTS - 1);
    let fitting = fitting.take_while(|p| {
        bytes += p.len();
        bytes <= PROMPT_BYTES
    });
    let excess = prompts.len().saturating_sub(fitting.count() + 1);
    prompts.drain(..excess);
}

#[cfg(test)]
mod tests;
