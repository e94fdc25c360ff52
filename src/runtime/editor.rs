//! The person's editor: which one it is, how its line is read, and what to say when it fails.
//!
//! Running it is `job`'s, its turn at the terminal `visit`'s.

mod job;

use std::io;

use rustix::process::WaitStatus;

pub use job::Job;
pub(super) use job::{PATIENCE, Unedited};

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
