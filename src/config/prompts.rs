//! The prompt library: `prompts/NAME.md`, each a system prompt that variants name.
//!
//! What a prompt says is not looked at, but for the front matter: it is not sent, and its lines `temperature: 0.2`,
//! `effort: low` and so on are parameters that go with the prompt; all others are for people.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{error::Error, file, nearest::nearest, variant::set_param};
use crate::chat::{Param, Params};

/// Names listed in a message at most.
const MOST_LISTED: usize = 20;

/// A prompt of the library.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prompt {
    /// Its name: that of the file without `.md`.
    pub name: String,
    /// What is sent.
    pub text: String,
    /// Parameters that go with it.
    pub params: Params,
}

/// Every prompt in `dir` that can be read, in order of the names, and what is wrong with the others.
pub fn prompt_library(dir: &Path) -> (Vec<Prompt>, Vec<Error>) {
    let mut prompts = Vec::new();
    let mut complaints = Vec::new();
    for name in prompt_names(dir) {
        match prompt(dir, &name) {
            Ok(prompt) => prompts.push(prompt),
            Err(error) => complaints.push(error),
        }
    }
    (prompts, complaints)
}

/// Names of the prompts in `dir`, in order.
pub fn prompt_names(dir: &Path) -> Vec<String> {
    names(dir, "md")
}

/// The names of the files in `dir` that end in `.extension`, in order; none if it cannot be read.
pub(super) fn names(dir: &Path, extension: &str) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = PathBuf::from(entry.ok()?.file_name());
            let stem = path.file_stem()?.to_str()?;
            let fits = path.extension()? == extension && is_name(stem);
            fits.then(|| stem.to_owned())
        })
        .collect();
    names.sort();
    names
}

/// True for a name that stays inside its directory.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || "-_. ".contains(c))
}

/// The prompt `name` in `dir`.
pub fn prompt(dir: &Path, name: &str) -> Result<Prompt, Error> {
    let text = if is_name(name) {
        file::read(&dir.join(format!("{name}.md")))?
    } else {
        None
    };
    match text {
        Some(text) => {
            read(name, &text).map_err(|message| Error::value(format!("prompts/{name}.md"), message))
        }
        None => Err(Error::value(
            format!("system={}", crate::text::SafeText::line(name)),
            absent(dir, name),
        )),
    }
}

fn absent(dir: &Path, name: &str) -> String {
    let names = prompt_names(dir);
    let near = nearest(name, names.iter().map(String::as_str));
    let near = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
    if names.is_empty() {
        return format!("no such prompt; {} holds none", dir.display());
    }
    let rest = names.len().saturating_sub(MOST_LISTED);
    let more = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    let listed: Vec<_> = names.iter().take(MOST_LISTED).map(String::as_str).collect();
    format!(
        "no such prompt{near} (there are: {}{more})",
        listed.join(", ")
    )
}

fn read(name: &str, text: &str) -> Result<Prompt, String> {
    let (front, body) = front_matter(text);
    let mut params = Params::default();
    for line in front.lines() {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        if let Some(param) = Param::parse(key.trim()) {
            let value = value.trim().trim_matches('"');
            set_param(&mut params, param, value).map_err(|m| format!("{}: {m}", param.as_str()))?;
        }
    }
    Ok(Prompt {
        name: name.to_owned(),
        text: body.trim().to_owned(),
        params,
    })
}

/// What stands between two lines `---` at the top, and what follows.
fn front_matter(text: &str) -> (&str, &str) {
    let Some(rest) = text.strip_prefix("---").and_then(after_line) else {
        return ("", text);
    };
    let mut body = rest;
    while !body.is_empty() {
        let line = body.lines().next().unwrap_or_default();
        let next = body.split_once('\n').map_or("", |(_, next)| next);
        if line.trim_end() == "---" {
            return (rest.strip_suffix(body).unwrap_or_default(), next);
        }
        body = next;
    }
    ("", text)
}

/// What follows the end of a line that holds nothing more.
fn after_line(rest: &str) -> Option<&str> {
    rest.strip_prefix('\n')
        .or_else(|| rest.strip_prefix("\r\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_not_sent() {
        for (text, expected) in [
            ("Be brief.", "Be brief."),
            ("---\nmodel: x\n---\nBe brief.", "Be brief."),
            ("---\r\na: b\r\n---\r\nBe brief.", "Be brief."),
            ("---\nnever closed", "---\nnever closed"),
            ("--- a rule\ntext", "--- a rule\ntext"),
            ("---\n---", ""),
        ] {
            assert_eq!(front_matter(text).1, expected, "{text:?}");
        }
    }

    #[test]
    fn front_matter_sets_parameters_and_leaves_the_rest_to_people() {
        let text =
            "---\ntitle: for code\ntemperature: 0.2\nstop: \"END\"\nstop: two\n---\nWrite code.\n";
        let prompt = read("code", text).unwrap();
        assert_eq!(prompt.text, "Write code.");
        assert_eq!(prompt.params.temperature, Some(0.2));
        assert_eq!(prompt.params.stop, ["END", "two"]);
        assert_eq!(
            read("code", "---\ntop_p: 7\n---\n"),
            Err("top_p: expected 0 to 1".to_owned())
        );
    }

    #[test]
    fn one_broken_prompt_hides_no_other() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("b.md"), "two").unwrap();
        fs::write(dir.path().join("a.md"), "---\nseed: x\n---\none").unwrap();
        let (prompts, complaints) = prompt_library(dir.path());
        let names: Vec<_> = prompts.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["b"]);
        let complaints: Vec<_> = complaints.iter().map(ToString::to_string).collect();
        assert_eq!(complaints, ["prompts/a.md: seed: expected a whole number"]);
    }

    #[test]
    fn a_prompt_is_found_by_name_and_an_unknown_one_lists_what_exists() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("terse.md"), "Be brief.\n").unwrap();
        fs::write(dir.path().join("notes.txt"), "").unwrap();
        assert_eq!(prompt(dir.path(), "terse").unwrap().text, "Be brief.");
        assert_eq!(prompt_names(dir.path()), ["terse"]);
        let error = prompt(dir.path(), "tersee").unwrap_err().to_string();
        assert_eq!(
            error,
            "system=tersee: no such prompt; did you mean terse? (there are: terse)"
        );
    }

    #[test]
    fn a_name_cannot_leave_the_directory() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("prompts");
        fs::create_dir(&inner).unwrap();
        fs::write(dir.path().join("secret.md"), "s").unwrap();
        for name in ["../secret", "..", ".", "", "/etc/passwd", "a/b", "a\\b"] {
            assert!(prompt(&inner, name).is_err(), "{name}");
        }
    }
}
