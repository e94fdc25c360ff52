//! One run of the editor: the draft in a private folder, the process from its start to its end, what it wrote.
//!
//! Nothing that was written is thrown away: a folder that holds more than the draft as it was stays and is named.

use std::{
    fmt, fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    process::Child,
    time::Duration,
};

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, waitpid};
use tokio::{
    signal::unix::{Signal as Signals, SignalKind, signal},
    task::spawn_blocking,
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::Editor;
use crate::{
    files,
    runtime::{clock, job::stop, programs::Programs},
    text::SafeText,
};

/// A longer draft would make every key slow.
const MAX_DRAFT: u64 = 1 << 20;
/// How long an editor has to save what it wants to save when the workbench leaves.
pub(in crate::runtime) const PATIENCE: Duration = Duration::from_secs(1);
/// The name that the editor shows.
const NAME: &str = "draft.md";

/// A draft for an editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Which editor.
    pub editor: Editor,
    /// How it is started.
    pub programs: Programs,
    /// Where the draft's folder is made.
    pub folder: PathBuf,
    /// The draft.
    pub text: String,
}

/// Why there is no edited draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::runtime) struct Unedited {
    /// A sentence.
    why: String,
    /// A signal ended the editor, so that it may have left the terminal in modes of its own.
    pub(in crate::runtime) is_killed: bool,
    /// What it had written.
    pub(in crate::runtime) kept: Option<PathBuf>,
}

impl Unedited {
    pub(in crate::runtime) fn because(why: String) -> Self {
        Self {
            why,
            ..Self::default()
        }
    }
}

impl fmt::Display for Unedited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)?;
        match &self.kept {
            Some(path) => write!(f, ", what you wrote is in {}", shown(path)),
            None => Ok(()),
        }
    }
}

fn shown(path: &Path) -> SafeText {
    SafeText::line(&path.to_string_lossy())
}

impl Job {
    /// Lets the person edit, and returns the text as it is then. When `leaving` is cancelled the editor is told to end.
    pub(in crate::runtime) async fn run(
        self,
        leaving: &CancellationToken,
    ) -> Result<String, Unedited> {
        let (program, arguments) = self.editor.command().map_err(Unedited::because)?;
        let defect = |error: &dyn fmt::Display| {
            Unedited::because(format!("the editor could not be opened: {error}"))
        };
        // Before the start: no change of the editor's state is missed.
        let changes = signal(SignalKind::child()).map_err(|e| defect(&e))?;
        let Self {
            editor,
            programs,
            folder,
            text,
        } = self;
        let mut command = programs.command(&program);
        command.args(arguments);
        let begun = spawn_blocking(move || {
            let draft = Draft::write(&folder, &text)?;
            let child = command.arg(&draft.file).spawn();
            Ok((draft, child))
        });
        let (draft, child) = begun.await.map_err(|e| defect(&e))??;
        let ended = match child {
            Ok(child) => attend(&child, changes, leaving).await,
            Err(error) => Err(error),
        };
        let settled = spawn_blocking(move || draft.settle(&editor, &program, ended));
        settled.await.map_err(|e| defect(&e))?
    }
}

/// Waits for the end of the editor, and ends it when `leaving` is cancelled. When it was stopped (Ctrl-Z), this process
/// stops with it, so that the shell has its turn; continued, both go on.
async fn attend(
    child: &Child,
    mut changes: Signals,
    leaving: &CancellationToken,
) -> io::Result<WaitStatus> {
    let pid = Pid::from_child(child);
    let mut deadline = None;
    loop {
        match waitpid(Some(pid), WaitOptions::UNTRACED | WaitOptions::NOHANG) {
            Ok(Some((_, status))) if status.stopped() => {
                if deadline.is_none() {
                    stop()?;
                }
                continue;
            }
            Ok(Some((_, status))) => return Ok(status),
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
            Ok(None) => {}
        }
        // Until it has been waited for, the number is its own. One that runs as somebody else cannot be told.
        tokio::select! {
            _ = changes.recv() => {}
            () = leaving.cancelled(), if deadline.is_none() => {
                let _ = kill_process(pid, Signal::TERM);
                // Stopped it would not hear of it.
                let _ = kill_process(pid, Signal::CONT);
                deadline = Some(Instant::now() + PATIENCE);
            }
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                let _ = kill_process(pid, Signal::KILL);
                deadline = Some(Instant::now() + PATIENCE);
            }
        }
    }
}

/// The draft in a folder of its own, where editors put their own files beside it.
#[derive(Debug)]
struct Draft {
    folder: PathBuf,
    file: PathBuf,
    /// What was put into the file.
    written: String,
}

impl Draft {
    /// Makes the folder, which must not exist, and the draft in it.
    fn write(parent: &Path, text: &str) -> Result<Self, Unedited> {
        let unique = format!("waferdeck-{}-{}", clock::wall().0, std::process::id());
        Self::write_into(parent.join(unique), text)
    }

    fn write_into(folder: PathBuf, text: &str) -> Result<Self, Unedited> {
        let file = folder.join(NAME);
        let refused = |error: io::Error| {
            let path = shown(&file);
            Unedited::because(format!("could not write the draft to {path}: {error}"))
        };
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .map_err(refused)?;
        let mut written = text.to_owned();
        if !written.is_empty() {
            // Editors expect it of a file.
            written.push('\n');
        }
        let made = files::write_new(&file, &written);
        if let Err(error) = made {
            // What cannot be removed is private.
            let _ = fs::remove_dir_all(&folder);
            return Err(refused(error));
        }
        Ok(Self {
            folder,
            file,
            written,
        })
    }

    /// The text as the editor left it. The folder goes, unless it holds what would be lost with it.
    fn settle(
        self,
        editor: &Editor,
        program: &str,
        ended: io::Result<WaitStatus>,
    ) -> Result<String, Unedited> {
        let is_killed = ended.as_ref().is_ok_and(|s| s.signaled());
        let read = match ended {
            Ok(status) if status.exit_status() == Some(0) => self.read(),
            ended => Err(editor.complaint(program, ended)),
        };
        let kept = match &read {
            Ok(_) => None,
            Err(_) => self.edits(),
        };
        if kept.is_none() {
            // What cannot be removed is private.
            let _ = fs::remove_dir_all(&self.folder);
        }
        read.map_err(|why| Unedited {
            why,
            is_killed,
            kept,
        })
    }

    fn read(&self) -> Result<String, String> {
        let refused =
            |error: io::Error| format!("could not read the draft: {error}; the draft is as it was");
        if fs::metadata(&self.file).map_err(refused)?.len() > MAX_DRAFT {
            return Err("a draft cannot be longer than 1 MiB; the draft is as it was".to_owned());
        }
        let text = fs::read_to_string(&self.file).map_err(refused)?;
        let text = text.replace("\r\n", "\n");
        Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
    }

    /// Where there is more than the draft as it was: what was saved, or what an editor keeps of what was not.
    fn edits(&self) -> Option<PathBuf> {
        let is_as_it_was = |found: &fs::Metadata| {
            found.len() == self.written.len() as u64
                && fs::read(&self.file).is_ok_and(|now| now == self.written.as_bytes())
        };
        if fs::metadata(&self.file).is_ok_and(|found| !is_as_it_was(&found)) {
            return Some(self.file.clone());
        }
        let beside = fs::read_dir(&self.folder).ok()?;
        let has_more = beside.flatten().any(|entry| entry.file_name() != NAME);
        has_more.then(|| self.folder.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A job whose editor is a shell script that gets the draft as `$1`.
    fn job(folder: &Path, script: &str) -> Job {
        let path = folder.join("script");
        fs::write(&path, script).unwrap();
        Job {
            editor: Editor {
                line: format!("sh '{}'", path.display()),
                variable: Some("EDITOR"),
            },
            programs: Programs::default(),
            folder: folder.to_owned(),
            text: "draft\n".to_owned(),
        }
    }

    async fn run(job: Job) -> Result<String, String> {
        let edited = job.run(&CancellationToken::new()).await;
        edited.map_err(|unedited| unedited.to_string())
    }

    /// The folders of drafts that are left.
    fn left(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
        entries.filter(|path| path.is_dir()).collect()
    }

    #[tokio::test]
    async fn the_draft_comes_back_as_it_was_saved() {
        let folder = tempfile::tempdir().unwrap();
        let check = async |script, expected: Result<&str, &str>| {
            let found = run(job(folder.path(), script)).await;
            match (found, expected) {
                (Ok(text), Ok(expected)) => assert_eq!(text, expected, "{script}"),
                (Err(sentence), Err(expected)) => assert_eq!(sentence, expected, "{script}"),
                (found, _) => panic!("{script}: {found:?}"),
            }
            assert_eq!(left(folder.path()), [""; 0].map(PathBuf::from), "{script}");
        };
        check("true", Ok("draft\n")).await;
        check("echo more >> \"$1\"", Ok("draft\n\nmore")).await;
        check("printf 'a\\r\\nb' > \"$1\"", Ok("a\nb")).await;
        check(": > \"$1\"; : > \"$1~\"", Ok("")).await;
        check("test -z \"$(find \"$1\" -perm /077)\"", Ok("draft\n")).await;
        check(
            "exit 3",
            Err("sh ended with exit code 3; the draft is as it was"),
        )
        .await;
        check(
            "kill -9 $$",
            Err("sh was stopped by a signal; the draft is as it was"),
        )
        .await;
    }

    #[tokio::test]
    async fn what_was_written_is_kept_however_the_editor_ends() {
        let check = async |script, expected: &str, kept: &str| {
            let folder = tempfile::tempdir().unwrap();
            let sentence = run(job(folder.path(), script)).await.unwrap_err();
            let left = left(folder.path());
            let [own] = left.as_slice() else {
                panic!("{script}: {left:?}");
            };
            let place = own.join(kept).display().to_string();
            let place = place.trim_end_matches('/');
            assert_eq!(
                sentence,
                format!("{expected}; the draft is as it was, what you wrote is in {place}")
            );
        };
        check(
            "echo more >> \"$1\"; exit 3",
            "sh ended with exit code 3",
            NAME,
        )
        .await;
        check(
            "echo more >> \"$1\"; kill -9 $$",
            "sh was stopped by a signal",
            NAME,
        )
        .await;
        check(
            "echo more > \"$1.swp\"; kill -9 $$",
            "sh was stopped by a signal",
            "",
        )
        .await;
        check(
            "printf '\\377' > \"$1\"",
            "could not read the draft: stream did not contain valid UTF-8",
            NAME,
        )
        .await;
    }

    #[tokio::test]
    async fn an_editor_is_ended_when_the_workbench_leaves() {
        let folder = tempfile::tempdir().unwrap();
        let leaving = CancellationToken::new();
        leaving.cancel();
        let waits = job(folder.path(), "while :; do sleep 0.1; done");
        let begin = Instant::now();
        let unedited = waits.run(&leaving).await.unwrap_err();
        assert!(unedited.is_killed && unedited.kept.is_none(), "{unedited}");
        assert!(begin.elapsed() < PATIENCE * 20);
    }

    #[test]
    fn a_folder_that_is_not_ours_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        fs::create_dir(&taken).unwrap();
        fs::write(taken.join("theirs"), "precious").unwrap();
        let refused = Draft::write_into(taken.clone(), "draft").unwrap_err();
        assert!(refused.to_string().contains("could not write the draft"));
        let theirs = fs::read_to_string(taken.join("theirs"));
        assert_eq!(theirs.unwrap(), "precious");
    }

    #[tokio::test]
    async fn an_editor_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let check = async |line: &str, variable, part: &str| {
            let mut job = job(folder.path(), "");
            job.editor = Editor {
                line: line.to_owned(),
                variable,
            };
            let sentence = run(job).await.unwrap_err();
            assert!(sentence.contains(part), "{sentence}");
        };
        check(
            "no-such-editor -w",
            Some("VISUAL"),
            "there is no no-such-editor, which VISUAL names",
        )
        .await;
        check("no-such-editor", None, "set VISUAL or EDITOR").await;
        check("'open", Some("EDITOR"), "EDITOR does not name an editor").await;
    }
}
