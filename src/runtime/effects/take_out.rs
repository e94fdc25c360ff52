//! Effects that take text out: copies on the way that is open here, new files, the draft for an editor.
//!
//! The ways themselves are `clipboard`'s and `editor`'s.

use std::{
    borrow::Cow,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{DRAFT, LEAVE, Local, Runner, block};
use crate::{
    app::{Msg, Outcome},
    chat::{Draft, Session},
    files,
    runtime::{
        clipboard::{self, Way},
        clock,
        editor::Job,
    },
    store::{self, Store},
    text::SafeText,
};

impl Runner {
    /// Asks the helpers of the desktop; without any it is the terminal's turn. The text is made safe here: it may be long.
    pub(super) fn copy(&mut self, what: Cow<'static, str>, text: String) {
        self.copy_made(what, move || SafeText::new(&text).into_string());
    }

    /// The same with a transcript.
    pub(super) fn copy_session(&mut self, what: &'static str, session: Session) {
        self.copy_made(what.into(), move || {
            SafeText::new(&store::markdown(&session)).into_string()
        });
    }

    /// `make` may take its time.
    fn copy_made(
        &mut self,
        what: Cow<'static, str>,
        make: impl FnOnce() -> String + Send + 'static,
    ) {
        let inbox = Arc::clone(&self.inbox);
        let helpers = self.surroundings.desk.helpers();
        let programs = self.surroundings.programs.clone();
        self.tasks.spawn(async move {
            if let Ok(text) = tokio::task::spawn_blocking(make).await {
                inbox.post(
                    match clipboard::by_helper(helpers, &programs, &text).await {
                        Some(helper) => {
                            let name = helper.name();
                            Msg::Done(Outcome::Done(format!("{what} copied with {name}")))
                        }
                        None => Msg::NoHelper { what, text },
                    },
                );
            }
            None
        });
    }

    /// Sends a copy to the terminal, or writes it to a file where that does not work.
    pub(super) fn copy_by_terminal(
        &mut self,
        what: Cow<'static, str>,
        text: String,
    ) -> Option<Local> {
        let why = match self.surroundings.desk.way(text.len()) {
            Way::Terminal(relay) => {
                let sentence = clipboard::sent(&what, relay);
                self.inbox.post(Msg::Done(Outcome::Done(sentence)));
                return Some(Local::Write(clipboard::osc52(&text, relay)));
            }
            Way::File => "the settings send copies into a file".to_owned(),
            Way::TooLong => format!("the {what} is too long for the terminal's clipboard"),
            Way::NoClipboard => "this terminal has no clipboard".to_owned(),
        };
        let inbox = Arc::clone(&self.inbox);
        let Some(state_dir) = self.surroundings.state_dir.clone() else {
            inbox.post(Msg::Done(Outcome::Failed(format!(
                "could not copy the {what}: {why}, and with --temporary no file is written"
            ))));
            return None;
        };
        let secrets = self.surroundings.secrets.clone();
        self.tasks.spawn_blocking(move || {
            let text = secrets.hide(&text);
            inbox.post(Msg::Done(
                match clipboard::into_file(&state_dir, &what, &text) {
                    Ok(path) => Outcome::Done(format!("{why}; {what} written to {}", shown(&path))),
                    Err(error) => Outcome::Failed(format!(
                        "could not copy the {what}: {why}, and {} refuses it ({error})",
                        shown(&state_dir)
                    )),
                },
            ));
            None
        });
        None
    }

    /// Writes a new file, on a thread that may block.
    pub(super) fn save_file(&mut self, what: &'static str, name: &str, text: String) {
        let inbox = Arc::clone(&self.inbox);
        let path = expanded(name, self.surroundings.home.as_deref());
        let secrets = self.surroundings.secrets.clone();
        self.tasks.spawn_blocking(move || {
            let text = secrets.hide(&text);
            inbox.post(Msg::FileSaved(match files::write_new(&path, &text) {
                Ok(()) => Ok(format!("{what} written to {}", shown(&path))),
                Err(error) => Err(refusal(&path, &error)),
            }));
            None
        });
    }

    /// Writes the session below another data directory, on a thread that may block. Leaving waits for it.
    pub(super) fn save_elsewhere(&mut self, folder: &str, session: Session, draft: Draft) {
        let inbox = Arc::clone(&self.inbox);
        let folder = expanded(folder, self.surroundings.home.as_deref());
        let secrets = self.surroundings.secrets.clone();
        block(&mut self.tasks, move || {
            let save = || -> Result<(), String> {
                let store = Store::open(&folder, clock::wall).map_err(|e| e.to_string())?;
                let store = store.hiding(&secrets);
                store
                    .save(&session, "workbench")
                    .map_err(|e| e.to_string())?;
                let drafts = store.drafts();
                drafts.save(session.id, DRAFT, draft);
                if drafts.flush(LEAVE) {
                    return Ok(());
                }
                let why = drafts.failure();
                Err(why.unwrap_or_else(|| "the draft was not written in time".to_owned()))
            };
            let saved = save().map_err(|error| format!("type another folder: {error}"));
            inbox.post(Msg::SavedElsewhere(saved));
        });
    }

    /// The draft for the person's editor.
    pub(super) fn job(&self, text: String) -> Job {
        Job {
            editor: self.surroundings.editor.clone(),
            programs: self.surroundings.programs.clone(),
            folder: self.surroundings.temp_dir.clone(),
            text,
        }
    }
}

fn shown(path: &Path) -> SafeText {
    SafeText::line(&path.to_string_lossy())
}

/// `name` with `~/` as the person means it.
fn expanded(name: &str, home: Option<&Path>) -> PathBuf {
    match (name.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(name),
    }
}

fn refusal(path: &Path, error: &io::Error) -> String {
    let path = shown(path);
    match error.kind() {
        io::ErrorKind::AlreadyExists => format!("{path} exists already; type another name"),
        io::ErrorKind::NotFound => {
            format!("the folder of {path} does not exist; type another name")
        }
        _ => format!("could not write {path}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use std::time::Duration;

    use futures_util::future::BoxFuture;
    use tokio::time::timeout;

    use super::*;
    use crate::{
        chat::{Failure, FailureKind},
        provider::Provider,
        runtime::{answer::Providers, clipboard::Desk, inbox::Inbox, surroundings::Surroundings},
    };

    struct Nobody;

    impl Providers for Nobody {
        fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Provider, Failure>> {
            Box::pin(async { Err(Failure::new(FailureKind::Network, "nobody is there", "")) })
        }
    }

    /// A runner on the bare console, where no clipboard is.
    fn on_a_console(state_dir: Option<PathBuf>) -> (Runner, Arc<Inbox>) {
        let inbox = Arc::new(Inbox::default());
        let runner = Runner::new(Arc::clone(&inbox), Arc::new(Nobody), None);
        let surroundings = Surroundings {
            desk: Desk {
                console: true,
                ..Desk::default()
            },
            state_dir,
            ..Surroundings::default()
        };
        (runner.within(surroundings), inbox)
    }

    async fn said(inbox: &Inbox) -> Vec<Msg> {
        let rung = timeout(Duration::from_secs(20), inbox.wait()).await;
        rung.expect("a message in time");
        inbox.take()
    }

    #[tokio::test]
    async fn what_is_copied_is_safe() {
        let (mut runner, inbox) = on_a_console(None);
        runner.copy("answer".into(), "a\u{1b}[2Jb".to_owned());
        let expected = Msg::NoHelper {
            what: "answer".into(),
            text: "a␛[2Jb".to_owned(),
        };
        assert_eq!(said(&inbox).await, [expected]);
    }

    #[tokio::test]
    async fn a_file_is_written_only_where_files_are() {
        let folder = tempfile::tempdir().unwrap();
        let (mut runner, inbox) = on_a_console(Some(folder.path().to_owned()));
        assert_eq!(
            runner.copy_by_terminal("answer".into(), "text".to_owned()),
            None
        );
        let path = folder.path().join("copied-answer.txt");
        let done = format!(
            "this terminal has no clipboard; answer written to {}",
            path.display()
        );
        assert_eq!(said(&inbox).await, [Msg::Done(Outcome::Done(done))]);
        assert_eq!(fs::read_to_string(path).unwrap(), "text");

        let (mut runner, inbox) = on_a_console(None);
        assert_eq!(
            runner.copy_by_terminal("answer".into(), "text".to_owned()),
            None
        );
        let refused = "could not copy the answer: this terminal has no clipboard, and with --temporary no file is written";
        let refused = Msg::Done(Outcome::Failed(refused.to_owned()));
        assert_eq!(said(&inbox).await, [refused]);
    }

    #[test]
    fn a_file_is_new_and_private_or_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = expanded("~/code.rs", Some(folder.path()));
        files::write_new(&path, "fn main() {}\n").unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let again = files::write_new(&path, "lost").unwrap_err();
        assert!(refusal(&path, &again).ends_with("code.rs exists already; type another name"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "fn main() {}\n");
        let nowhere = folder.path().join("no/such/file");
        let error = files::write_new(&nowhere, "").unwrap_err();
        assert!(refusal(&nowhere, &error).contains("the folder of"));
    }

    #[test]
    fn only_a_tilde_of_its_own_is_the_home() {
        let home = Some(Path::new("/home/me"));
        assert_eq!(expanded("~/a/b", home), Path::new("/home/me/a/b"));
        assert_eq!(expanded("~b", home), Path::new("~b"));
        assert_eq!(expanded("a~/b", home), Path::new("a~/b"));
        assert_eq!(expanded("~/a", None), Path::new("~/a"));
    }
}
