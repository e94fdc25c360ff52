//! The prompt library: `prompts/NAME.md`, each a system prompt that variants name.
//!
//! What a prompt says is not looked at, but for the front matter, which is for people and is not sent.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{error::Error, file, nearest::nearest};

/// Names listed in a message at most.
const MOST_LISTED: usize = 20;

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

/// The text of the prompt `name` in `dir`.
pub fn prompt(dir: &Path, name: &str) -> Result<String, Error> {
    let text = if is_name(name) {
        file::read(&dir.join(format!("{name}.md")))?
    } else {
        None
    };
    match text {
        Some(text) => Ok(without_front_matter(&text).trim().to_owned()),
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

fn without_front_matter(text: &str) -> &str {
    let Some(rest) = text.strip_prefix("---").and_then(after_line) else {
        return text;
    };
    let mut body = rest;
    while !body.is_empty() {
        let line = body.lines().next().unwrap_or_default();
        let next = body.split_once('\n').map_or("", |(_, next)| next);
        if line.trim_end() == "---" {
            return next;
        }
        body = next;
    }
    text
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
            assert_eq!(without_front_matter(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_prompt_is_found_by_name_and_an_unknown_one_lists_what_exists() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("terse.md"), "Be brief.\n").unwrap();
        fs::write(dir.path().join("notes.txt"), "").unwrap();
        assert_eq!(prompt(dir.path(), "terse").unwrap(), "Be brief.");
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
