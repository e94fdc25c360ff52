//! The prompt library: `prompts/NAME.md`, each a system prompt that variants name.
//!
//! What a prompt says is not looked at, but for the front matter: it is not sent, and its lines `temperature: 0.2`,
//! `effort: low` and so on are parameters that go with the prompt; all others are for people.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    error::{Error, Warning},
    file,
    nearest::nearest,
    variant::set_param,
};
use crate::{
    chat::{Param, Params},
    text::SafeText,
};

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
    /// What in it is likely not meant so.
    pub warnings: Vec<Warning>,
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
        file::read_listed(&dir.join(format!("{name}.md")))?
    } else {
        None
    };
    match text {
        Some(text) => {
            read(name, &text).map_err(|message| Error::value(format!("prompts/{name}.md"), message))
        }
        None => Err(Error::value(
            format!("system={}", SafeText::line(name)),
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
    let mut warnings = Vec::new();
    let mut warn = |message: String| {
        warnings.push(Warning::new(format!("prompts/{name}.md: {message}")));
    };
    for line in front.lines() {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        let key = key.trim();
        if let Some(param) = Param::parse(key) {
            let value = value.trim().trim_matches('"');
            set_param(&mut params, param, value).map_err(|m| format!("{}: {m}", param.as_str()))?;
        } else if let Some(near) = nearest(key, Param::ALL.map(Param::as_str)) {
            // Any other line is for people, and what is near to none of the names is one of those.
            let key = SafeText::line(key);
            warn(format!("{key} sets nothing; did you mean {near}?"));
        }
    }
    if front.is_empty() && is_open_head(text) {
        warn("its head has no second line ---, so the head is sent, too".to_owned());
    }
    Ok(Prompt {
        name: name.to_owned(),
        text: body.trim().to_owned(),
        params,
        warnings,
    })
}

/// True for a text whose first line is `---` and whose second one sets a parameter, or would with a letter changed. Any
/// other text may begin with a rule.
fn is_open_head(text: &str) -> bool {
    let second = text.strip_prefix("---").and_then(after_line);
    let second = second.and_then(|rest| rest.lines().next()?.split_once(':'));
    second.is_some_and(|(key, _)| {
        let names = Param::ALL.map(Param::as_str);
        front_matter(text).1.len() == text.len() && nearest(key.trim(), names).is_some()
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
    fn what_is_likely_not_meant_so_is_said() {
        let said = |text: &str| -> Vec<String> {
            let prompt = read("x", text).unwrap();
            prompt.warnings.iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            said("---\ntitle: for code\ntemprature: 0.1\n---\nWrite."),
            ["prompts/x.md: temprature sets nothing; did you mean temperature?"]
        );
        assert_eq!(
            said("---\ntemperature: 0.1\nWrite."),
            ["prompts/x.md: its head has no second line ---, so the head is sent, too"]
        );
        assert_eq!(said("---\nNote: be brief.\n"), [""; 0]);
        assert_eq!(said("---\n---\nseed: one"), [""; 0]);
    }

    #[test]
    fn a_link_to_nothing_is_called_one() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("nowhere", dir.path().join("dangling.md")).unwrap();
        let error = prompt(dir.path(), "dangling").unwrap_err().to_string();
        assert!(
            error.ends_with("dangling.md: is a link to nothing"),
            "{error}"
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
