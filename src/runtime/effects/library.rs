//! The session's place on disk: which writer takes its records, and the work around it that may block.
//!
//! Without a store everything is accepted and nothing is written.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::{LEAVE, Tasks, block};
use crate::{
    app::{Deed, Entry, ExportFormat, Msg, Outcome, SessionEntry},
    chat::{AnswerId, Session, SessionId, Timestamp},
    files,
    runtime::inbox::Inbox,
    store::{self, Complaint, Damage, Record, SaveError, Store, Writer, WriterEvent},
    text::{self, SafeText, Secrets},
};

/// The composer's draft belongs to the session, not to one of its panes.
pub(crate) const DRAFT: char = '*';

/// Why a session is only looked at.
const NEWER: &str = "written by a newer version";

/// A session that was opened and waits for the model to take it over.
type Staged = Arc<Mutex<Option<(SessionId, Writer)>>>;

/// The session's place on disk.
#[derive(Debug)]
pub(super) struct Library {
    store: Option<Store>,
    writer: Writer,
    /// The session that `writer` writes.
    session: Option<SessionId>,
    staged: Staged,
    /// That of the session that was left last: it may still write what was queued, and holds its lock until then.
    left: Option<Writer>,
    inbox: Arc<Inbox>,
}

impl Library {
    pub(super) fn new(store: Option<Store>, inbox: Arc<Inbox>) -> Self {
        Self {
            store,
            writer: Writer::disabled(),
            session: None,
            staged: Staged::default(),
            left: None,
            inbox,
        }
    }

    /// Goes on with a writer that was opened before.
    pub(super) fn adopt(&mut self, session: SessionId, writer: Writer) {
        tracing::info!(%session, "a session is at hand");
        self.session = Some(session);
        self.writer = writer;
    }

    /// Writes to a new session from now on. Its file is made with its first prompt.
    pub(super) fn begin(&mut self, id: SessionId, created: Timestamp, tasks: &mut Tasks) {
        let start = |store: &Store| {
            let session = Session::new(id, created);
            store.drafts().begin(id);
            store.writer(&session, false, events(&self.inbox))
        };
        let writer = match self.store.as_ref().map(start) {
            Some(Ok(writer)) => writer,
            Some(Err(error)) => {
                self.inbox.post(Msg::StoreTrouble(Some(error.to_string())));
                Writer::disabled()
            }
            None => Writer::disabled(),
        };
        self.go_to(id, writer, tasks);
    }

    /// Follows the model to a session that was opened for it.
    pub(super) fn follow(&mut self, session: SessionId, tasks: &mut Tasks) {
        if self.session == Some(session) {
            return;
        }
        let staged = lock(&self.staged).take_if(|(id, _)| *id == session);
        if let Some((id, writer)) = staged {
            self.go_to(id, writer, tasks);
        }
    }

    /// Leaves the session at hand for another one.
    fn go_to(&mut self, id: SessionId, writer: Writer, tasks: &mut Tasks) {
        let writer = std::mem::replace(&mut self.writer, writer);
        let before = self.session.replace(id);
        tracing::info!(session = %id, "a session is at hand");
        self.left = Some(writer.clone());
        let store = self.store.clone();
        block(tasks, move || {
            writer.close(LEAVE);
            if let (Some(store), Some(before)) = (store, before)
                && store.is_copy(before)
            {
                drop_copy(&store, before);
            }
        });
    }

    /// The writer of the session at hand.
    pub(super) fn writer(&self) -> Writer {
        self.writer.clone()
    }

    /// Appends to the transcript.
    pub(super) fn keep(&self, entries: Vec<Entry>) {
        for entry in entries {
            self.writer.append(record(entry));
        }
    }

    /// Appends and syncs; the answers that wait for it hear how that went.
    pub(super) fn save(&self, entries: Vec<Entry>, answers: Vec<AnswerId>) {
        self.keep(entries);
        let inbox = Arc::clone(&self.inbox);
        self.writer.sync(move |result| {
            inbox.post(match result {
                Ok(()) => Msg::Saved { answers },
                Err(error) => Msg::SaveFailed {
                    answers,
                    reason: error.reason,
                },
            });
        });
    }

    /// Lists the sessions on a thread that may block.
    pub(super) fn list(&self) {
        let inbox = Arc::clone(&self.inbox);
        let store = self.store.clone();
        tokio::task::spawn_blocking(move || {
            let result = match store {
                Some(store) => store.list().map_err(|e| e.to_string()),
                None => Err("nothing is saved here, so there are no sessions to open".to_owned()),
            };
            inbox.post(Msg::Sessions(
                result.map(|heads| heads.into_iter().map(entry).collect()),
            ));
        });
    }

    /// Looks into a session on a thread that may block.
    pub(super) fn preview(&self, id: SessionId) {
        let inbox = Arc::clone(&self.inbox);
        let store = self.store();
        tokio::task::spawn_blocking(move || {
            let result = store.and_then(|s| s.preview(id).map_err(|e| e.to_string()));
            inbox.post(Msg::Preview { id, result });
        });
    }

    /// Does something to a session that is not open, on a thread that may block. Leaving waits for it.
    pub(super) fn shelf(&self, id: SessionId, deed: Deed, tasks: &mut Tasks) {
        let inbox = Arc::clone(&self.inbox);
        let store = self.store();
        block(tasks, move || {
            let done = |store: Store| match &deed {
                Deed::Rename(title) => store.rename(id, title),
                Deed::Delete(_) => store.delete(id),
                Deed::Restore(_) => store.restore(id),
            };
            let result = store.and_then(|store| done(store).map_err(|e| e.to_string()));
            inbox.post(Msg::Shelf { id, deed, result });
        });
    }

    fn store(&self) -> Result<Store, String> {
        let store = self.store.clone();
        store.ok_or_else(|| "nothing is saved here".to_owned())
    }

    /// Opens a session, or a copy of it with the id `copy` if it is open elsewhere, on a thread that may block. Leaving
    /// waits for it: a copy is made whole.
    pub(super) fn open(&mut self, id: SessionId, copy: SessionId, tasks: &mut Tasks) {
        let Some(store) = self.store.clone() else {
            let reason = "nothing is saved here, so there is no session to open";
            self.inbox.post(Msg::OpenFailed(reason.to_owned()));
            return;
        };
        let left = self.left.take();
        let inbox = Arc::clone(&self.inbox);
        let staged = Arc::clone(&self.staged);
        block(tasks, move || {
            let mut told = Told::by(&inbox);
            // It may be the one that is opened again.
            if let Some(left) = left {
                left.close(LEAVE);
            }
            match open(&store, id, copy, &inbox) {
                Ok(Opened {
                    id,
                    msg,
                    writer,
                    unsaved,
                }) => {
                    *lock(&staged) = Some((id, writer));
                    told.is_told = true;
                    inbox.post(msg);
                    if unsaved.is_some() {
                        inbox.post(Msg::StoreTrouble(unsaved));
                    }
                }
                Err(error) => {
                    told.is_told = true;
                    inbox.post(Msg::OpenFailed(error.to_string()));
                }
            }
        });
    }

    /// Writes the session into the working directory, never over a file that exists. Leaving waits for it.
    pub(super) fn export(
        &self,
        session: Session,
        format: ExportFormat,
        secrets: Secrets,
        tasks: &mut Tasks,
    ) {
        let inbox = Arc::clone(&self.inbox);
        block(tasks, move || {
            let outcome = match export(&session, format, &secrets) {
                Ok(path) => Outcome::Done(format!("written to {}", path.display())),
                Err(error) => Outcome::Failed(format!("could not write the export: {error}")),
            };
            inbox.post(Msg::Done(outcome));
        });
    }

    /// Lets the writer drain.
    pub(super) fn close(self, deadline: Duration) -> bool {
        let closed = self.writer.clone().close(deadline);
        let staged = lock(&self.staged).take().map(|(id, writer)| {
            writer.close(deadline);
            id
        });
        if let Some(store) = &self.store {
            for id in self.session.into_iter().chain(staged) {
                drop_copy(store, id);
            }
        }
        closed
    }
}

fn lock(staged: &Staged) -> MutexGuard<'_, Option<(SessionId, Writer)>> {
    staged.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts away what was only a copy to look at.
fn drop_copy(store: &Store, id: SessionId) {
    if let Err(error) = store.drop_copy(id) {
        // It stays in the list, and can be deleted there.
        tracing::warn!(%error, "a copy was not put away");
    }
}

/// After a defect the program leaves without `close`: what is queued is written all the same.
impl Drop for Library {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.writer.clone().close(LEAVE);
            if let Some(store) = &self.store {
                store.drafts().flush(LEAVE);
            }
        }
    }
}

/// A session that was opened.
pub(crate) struct Opened {
    /// Its id.
    pub(crate) id: SessionId,
    /// What is to be told of it.
    pub(crate) msg: Msg,
    /// Takes its records.
    pub(crate) writer: Writer,
    /// Why nothing that is added to it is saved, if so; to be told after the message.
    pub(crate) unsaved: Option<String>,
}

/// Loads a session and takes over its files. What a newer version wrote is only looked at. If another process has it open, that is done with a copy.
pub(crate) fn open(
    store: &Store,
    id: SessionId,
    copy: SessionId,
    inbox: &Arc<Inbox>,
) -> Result<Opened, store::Error> {
    match open_one(store, id, &[], inbox) {
        Err(store::Error::OpenElsewhere { pid, .. }) if pid != Some(std::process::id()) => {
            let told = store.copy(id, copy)?;
            let mut opened =
                open_one(store, copy, &told, inbox).inspect_err(|_| drop_copy(store, copy))?;
            if let Msg::Opened { complaints, .. } = &mut opened.msg {
                let place =
                    pid.map_or("in another waferdeck".to_owned(), |p| format!("in pid {p}"));
                complaints.push(format!(
                    "session {} is open {place}: this is a copy of it, and nothing written here goes there; it stays if you add to it",
                    id.short()
                ));
            }
            Ok(opened)
        }
        opened => opened,
    }
}

/// `told` was said of the session of which this is a copy: that something is missing here is no news then.
fn open_one(
    store: &Store,
    id: SessionId,
    told: &[Complaint],
    inbox: &Arc<Inbox>,
) -> Result<Opened, store::Error> {
    let mut loaded = store.load(id)?;
    let (writer, unsaved) = match store.writer(&loaded.session, true, events(inbox)) {
        Err(store::Error::NewerFormat(_)) => (Writer::disabled(), Some(NEWER.to_owned())),
        writer => (writer?, None),
    };
    loaded
        .complaints
        .retain(|c| told.is_empty() || c.damage != Damage::Missing);
    let complaints = told.iter().chain(&loaded.complaints);
    let msg = Msg::Opened {
        draft: store.drafts().load(id, DRAFT),
        complaints: complaints.map(ToString::to_string).collect(),
        session: Box::new(loaded.session),
    };
    Ok(Opened {
        id,
        msg,
        writer,
        unsaved,
    })
}

/// Says that a session was not opened when a panic ends it: nothing is sent as long as one is being opened.
struct Told<'a> {
    inbox: &'a Inbox,
    is_told: bool,
}

impl<'a> Told<'a> {
    fn by(inbox: &'a Inbox) -> Self {
        Self {
            inbox,
            is_told: false,
        }
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if !self.is_told {
            let reason = "a defect of waferdeck stopped it; the report is in the state directory";
            self.inbox.post(Msg::OpenFailed(reason.to_owned()));
        }
    }
}

/// What the writer says becomes messages.
fn events(inbox: &Arc<Inbox>) -> Box<dyn Fn(WriterEvent) + Send> {
    let inbox = Arc::clone(inbox);
    Box::new(move |event| {
        inbox.post(match event {
            WriterEvent::Failed(error) => Msg::StoreTrouble(Some(error.reason)),
            WriterEvent::Recovered => Msg::StoreTrouble(None),
            WriterEvent::NoLocks(SaveError { reason, path }) => {
                Msg::Done(Outcome::Failed(format!(
                    "no working locks ({reason}): use one waferdeck at a time in {}",
                    SafeText::line(&path.to_string_lossy())
                )))
            }
        });
    })
}

fn entry(head: store::SessionHead) -> SessionEntry {
    SessionEntry {
        id: head.id,
        title: head.title,
        updated: head.modified,
        note: match (head.open_in, head.newer_format, head.complaint) {
            (Some(0), ..) => "open in another waferdeck".to_owned(),
            (Some(pid), ..) => format!("open in pid {pid}"),
            (None, true, _) => "written by a newer version".to_owned(),
            (None, false, complaint) => complaint.unwrap_or_default(),
        },
    }
}

/// The transcript's record of an entry.
pub(crate) fn record(entry: Entry) -> Record {
    match entry {
        Entry::Title(title) => Record::Title(title),
        Entry::Layout(layout) => Record::Layout(layout),
        Entry::Conversation { id, forked_from } => Record::Conversation { id, forked_from },
        Entry::Turn {
            id,
            conversation,
            parent,
            broadcast,
            text,
            attachments,
            at,
        } => Record::Turn {
            id,
            conversation,
            parent,
            broadcast,
            text,
            attachments,
            at,
        },
        Entry::Answer {
            id,
            turn,
            variant,
            mock,
            sample,
        } => Record::Answer {
            id,
            turn,
            variant,
            mock,
            sample,
        },
        Entry::Shown { turn, answer } => Record::Shown { turn, answer },
        Entry::Continued {
            answer,
            part,
            prefix,
        } => Record::Continued {
            answer,
            part,
            prefix,
        },
        Entry::End { answer, end } => Record::End { answer, end },
    }
}

fn export(session: &Session, format: ExportFormat, secrets: &Secrets) -> std::io::Result<PathBuf> {
    let (text, extension) = match format {
        ExportFormat::Markdown => (store::markdown(session), "md"),
        ExportFormat::Json => (format!("{:#}\n", store::json(session)), "json"),
    };
    let (title, text) = (secrets.hide(&session.title), secrets.hide(&text));
    let name = format!("waferdeck-{}", text::slug(&title));
    files::write_numbered(Path::new("."), &name, extension, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_that_a_defect_keeps_from_opening_is_told_of() {
        let inbox = Inbox::default();
        drop(Told::by(&inbox));
        assert!(matches!(inbox.take()[..], [Msg::OpenFailed(_)]));
    }
}
