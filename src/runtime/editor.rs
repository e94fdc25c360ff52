//! The person's editor: which one it is, and its turn at the terminal with the draft in a private file.
//!
//! The loop goes on meanwhile; it draws nothing and leaves the terminal's input alone.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    process::{Child, Command},
};

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_current_process_group, waitpid};
use tokio::task::JoinHandle;

use super::{clock, input::Gate, terminal};

/// A longer draft would make every key slow.
const MAX_DRAFT: u64 = 1 << 20;

/// The person's editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Editor {
    /// Program and arguments, as a shell would read them.
    line: String,
    /// The variable that names it.
    variable: Option<&'static str>,
}

impl Default for Editor {
    fn default() -> Self {
        Self {
            line: "vi".to_owned(),
            variable: None,
        }
    }
}

impl Editor {
    /// `$VISUAL`, then `$EDITOR`, then vi.
    pub(super) fn read(get: &dyn Fn(&str) -> Option<String>) -> Self {
        let named = ["VISUAL", "EDITOR"]
            .into_iter()
            .find_map(|name| Some((name, get(name)?)));
        named.map_or_else(Self::default, |(name, line)| Self {
            line,
            variable: Some(name),
        })
    }

    /// Program and arguments; no shell reads them.
    fn command(&self) -> Result<(String, Vec<String>), String> {
        let mut words = words(&self.line).unwrap_or_default().into_iter();
        match words.next() {
            Some(program) => Ok((program, words.collect())),
            None => Err(format!(
                "{} does not name an editor: {}; write it as in a shell, quotes closed",
                self.variable.unwrap_or("EDITOR"),
                self.line.trim(),
            )),
        }
    }

    /// Why there is no edited draft.
    fn complaint(&self, program: &str, ended: io::Result<WaitStatus>) -> String {
        match ended {
            Ok(status) => match status.exit_status() {
                Some(code) => {
                    format!("{program} ended with exit code {code}; the draft is as it was")
                }
                None => format!("{program} was stopped by a signal; the draft is as it was"),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => match self.variable {
                Some(name) => format!(
                    "there is no {program}, which {name} names; set VISUAL or EDITOR to your editor"
                ),
                None => format!("there is no {program}; set VISUAL or EDITOR to your editor"),
            },
            Err(error) => format!("could not open {program}: {error}"),
        }
    }
}

/// The words of a line as a shell takes them: blanks between them, quotes around, `\` before one character. Nothing is
/// expanded. `None` when a quote is not closed.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '\'' => break,
                        c => word.push(c),
                    }
                }
            }
            '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        '"' => break,
                        '\\' => match chars.next()? {
                            c @ ('"' | '\\' | '$' | '`') => word.push(c),
                            c => word.extend(['\\', c]),
                        },
                        c => word.push(c),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(chars.next()?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

/// A draft for an editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Which editor.
    pub editor: Editor,
    /// Where the draft's folder is made.
    pub folder: PathBuf,
    /// The draft.
    pub text: String,
}

impl Job {
    /// Lets the person edit, and returns the text as it is then. Blocks until the editor is closed.
    fn run(&self) -> Result<String, String> {
        let (program, arguments) = self.editor.command()?;
        let unique = format!("waferdeck-{}-{}", clock::wall().0, std::process::id());
        let folder = self.folder.join(unique);
        let draft = folder.join("draft.md");
        // What an editor left beside the draft goes with it; what cannot be removed is private.
        let remove = || {
            let _ = fs::remove_dir_all(&folder);
        };
        if let Err(error) = write_draft(&folder, &draft, &self.text) {
            remove();
            return Err(format!(
                "could not write the draft to {}: {error}",
                draft.display()
            ));
        }
        let ended = Command::new(&program)
            .args(arguments)
            .arg(&draft)
            .spawn()
            .and_then(|child| wait(&child));
        if ended.as_ref().is_ok_and(|s| s.exit_status() == Some(0)) {
            // On failure it stays, and the sentence says where.
            let text = read_draft(&draft)?;
            remove();
            return Ok(text);
        }
        remove();
        Err(self.editor.complaint(&program, ended))
    }
}

/// Makes the folder and the draft in it. The line break at its end is what editors expect of a file.
fn write_draft(folder: &Path, draft: &Path, text: &str) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(folder)?;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(draft)?;
    file.write_all(text.as_bytes())?;
    if !text.is_empty() {
        file.write_all(b"\n")?;
    }
    Ok(())
}

fn read_draft(draft: &Path) -> Result<String, String> {
    let kept = |why: &str| {
        let path = draft.display();
        format!("{why}; the draft is as it was, what you wrote is in {path}")
    };
    let length = fs::metadata(draft).map_err(|e| kept(&e.to_string()))?.len();
    if length > MAX_DRAFT {
        return Err(kept("a draft cannot be longer than 1 MiB"));
    }
    let text = fs::read_to_string(draft).map_err(|e| kept(&e.to_string()))?;
    let text = text.replace("\r\n", "\n");
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

/// Waits for the end of the editor. When it was stopped (Ctrl-Z), this process stops with it, so that the shell has its
/// turn; continued, both go on.
fn wait(child: &Child) -> io::Result<WaitStatus> {
    let pid = Pid::from_child(child);
    loop {
        match waitpid(Some(pid), WaitOptions::UNTRACED) {
            Ok(Some((_, status))) if status.stopped() => {
                kill_current_process_group(Signal::STOP)?;
            }
            Ok(Some((_, status))) => return Ok(status),
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// An editor's turn at the terminal.
#[derive(Debug)]
pub(super) enum Visit {
    /// It waits until nobody else reads the terminal.
    Coming(Job),
    /// It has the terminal.
    Here(JoinHandle<Result<String, String>>),
}

impl Visit {
    /// Waits for its end. May be dropped and called again at any point.
    pub(super) async fn end(&mut self, gate: &Gate) -> Result<String, String> {
        loop {
            match self {
                Self::Coming(job) => {
                    gate.closed().await;
                    terminal::leave();
                    let job = job.clone();
                    *self = Self::Here(tokio::task::spawn_blocking(move || job.run()));
                }
                Self::Here(running) => {
                    return match running.await {
                        Ok(edited) => edited,
                        Err(error) => Err(format!("the editor could not be opened: {error}")),
                    };
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_the_words_of_a_shell() {
        let check = |line: &str, expected: Option<&[&str]>| {
            let found = words(line);
            let found = found
                .as_ref()
                .map(|w| w.iter().map(String::as_str).collect());
            assert_eq!(found, expected.map(<[_]>::to_vec), "{line}");
        };
        check("vi", Some(&["vi"]));
        check("  code  --wait ", Some(&["code", "--wait"]));
        check("'/opt/my editor/ed' -f", Some(&["/opt/my editor/ed", "-f"]));
        check(
            r#"emacs -nw --eval "(a \"b\" \x)""#,
            Some(&["emacs", "-nw", "--eval", r#"(a "b" \x)"#]),
        );
        check(r"a\ b '' c'd'", Some(&["a b", "", "cd"]));
        check("$HOME/ed; rm *", Some(&["$HOME/ed;", "rm", "*"]));
        check("", Some(&[]));
        check("vi 'open", None);
        check("vi \"open", None);
        check("vi \\", None);
    }

    /// A job whose editor is a shell script that gets the draft as `$1`.
    fn job(folder: &Path, script: &str) -> Job {
        let path = folder.join("script");
        fs::write(&path, script).unwrap();
        Job {
            editor: Editor {
                line: format!("sh '{}'", path.display()),
                variable: Some("EDITOR"),
            },
            folder: folder.to_owned(),
            text: "draft\n".to_owned(),
        }
    }

    #[test]
    fn the_draft_comes_back_as_it_was_saved() {
        let folder = tempfile::tempdir().unwrap();
        let check = |script, expected: Result<&str, &str>| match (
            job(folder.path(), script).run(),
            expected,
        ) {
            (Ok(text), Ok(expected)) => assert_eq!(text, expected, "{script}"),
            (Err(sentence), Err(part)) => assert!(sentence.contains(part), "{sentence}"),
            (found, _) => panic!("{script}: {found:?}"),
        };
        check("true", Ok("draft\n"));
        check("echo more >> \"$1\"", Ok("draft\n\nmore"));
        check("printf 'a\\r\\nb' > \"$1\"", Ok("a\nb"));
        check(": > \"$1\"", Ok(""));
        check("test -z \"$(find \"$1\" -perm /077)\"", Ok("draft\n"));
        check(
            "exit 3",
            Err("sh ended with exit code 3; the draft is as it was"),
        );
        check("kill -9 $$", Err("stopped by a signal"));
        let left = |name: &str| {
            fs::read_dir(folder.path())
                .unwrap()
                .flatten()
                .any(|e| e.file_name().to_string_lossy().starts_with(name))
        };
        assert!(!left("waferdeck-"), "a draft was left behind");
        check("printf '\\377' > \"$1\"", Err("what you wrote is in"));
        assert!(left("waferdeck-"), "what was written is lost");
    }

    #[test]
    fn an_editor_that_is_not_there_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let check = |line: &str, variable, part: &str| {
            let editor = Editor {
                line: line.to_owned(),
                variable,
            };
            let job = Job {
                editor,
                folder: folder.path().to_owned(),
                text: String::new(),
            };
            let sentence = job.run().unwrap_err();
            assert!(sentence.contains(part), "{sentence}");
        };
        check(
            "no-such-editor -w",
            Some("VISUAL"),
            "there is no no-such-editor, which VISUAL names",
        );
        check("no-such-editor", None, "set VISUAL or EDITOR");
        check("'open", Some("EDITOR"), "EDITOR does not name an editor");
    }

    #[test]
    fn visual_comes_before_editor_and_vi_last() {
        let check = |set: &[(&str, &str)], line, variable| {
            let get = |name: &str| {
                set.iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, v)| (*v).to_owned())
            };
            let expected = Editor {
                line: String::from(line),
                variable,
            };
            assert_eq!(Editor::read(&get), expected);
        };
        check(&[("EDITOR", "a"), ("VISUAL", "b")], "b", Some("VISUAL"));
        check(&[("EDITOR", "a")], "a", Some("EDITOR"));
        check(&[], "vi", None);
    }
}
