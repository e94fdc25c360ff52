//! Environment variables: the real ones, then those of the file that `--env-file` names.
//!
//! The environment is a parameter, so that tests need no real one. A blank variable counts as unset.

use std::path::{Path, PathBuf};

use hyper_util::client::proxy::matcher::Matcher;

use super::{address::BaseUrl, error::Error, file, setting::Origin};

/// What can be asked for variables.
pub(super) struct Environment<'a> {
    env: &'a dyn Fn(&str) -> Option<String>,
    file: Option<(PathBuf, String)>,
}

impl<'a> Environment<'a> {
    /// `file` must exist if it is named.
    pub(super) fn new(
        env: &'a dyn Fn(&str) -> Option<String>,
        file: Option<&Path>,
    ) -> Result<Self, Error> {
        let file = match file {
            Some(path) => Some((path.to_owned(), read(path)?)),
            None => None,
        };
        Ok(Self { env, file })
    }

    /// A variable and where it was found. The real environment wins: it is closer to the command.
    pub(super) fn get(&self, name: &str) -> Option<(String, Origin)> {
        if let Some(value) = (self.env)(name).filter(|v| !v.trim().is_empty()) {
            return Some((value, Origin::Environment(name.to_owned())));
        }
        let (path, text) = self.file.as_ref()?;
        let value = env_value(text, name).filter(|v| !v.trim().is_empty())?;
        let origin = Origin::EnvFile {
            path: path.clone(),
            name: name.to_owned(),
        };
        Some((value, origin))
    }

    /// True if a proxy of the environment stands before `url`, as the HTTP client reads it: no file of variables counts.
    pub(super) fn has_proxy(&self, url: &BaseUrl) -> bool {
        let first = |names: [&str; 2]| names.into_iter().find_map(self.env).unwrap_or_default();
        let matcher = Matcher::builder()
            .all(first(["ALL_PROXY", "all_proxy"]))
            .http(first(["HTTP_PROXY", "http_proxy"]))
            .https(first(["HTTPS_PROXY", "https_proxy"]))
            .no(first(["NO_PROXY", "no_proxy"]))
            .build();
        let address = url.as_str().parse().ok();
        address.is_some_and(|address| matcher.intercept(&address).is_some())
    }

    /// A variable.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        self.get(name).map(|(value, _)| value)
    }
}

/// The value of `name` in a `.env` file; `None` if it is not in there.
pub fn env_file_value(path: &Path, name: &str) -> Result<Option<String>, Error> {
    Ok(env_value(&read(path)?, name))
}

fn read(path: &Path) -> Result<String, Error> {
    file::read(path)?.ok_or_else(|| Error::Unreadable {
        path: path.to_owned(),
        reason: "no such file".to_owned(),
        cause: None,
    })
}

/// The value of `name` in the text of such a file: `NAME=value` a line, an optional `export` before it, quotes around the value, `#` before a remark. The last
/// line of a name wins. Nothing is expanded.
pub fn env_value(text: &str, name: &str) -> Option<String> {
    text.lines()
        .rev()
        .filter_map(|line| line.trim().split_once('='))
        .find(|(key, _)| {
            let key = key.trim();
            let bare = key.strip_prefix("export").filter(|k| k.starts_with(' '));
            bare.unwrap_or(key).trim() == name
        })
        .map(|(_, value)| unquote(value.trim()))
}

fn unquote(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some((inside, _)) = value.strip_prefix(quote).and_then(|v| v.split_once(quote)) {
            return inside.to_owned();
        }
    }
    let remark = value.find(" #").unwrap_or(value.len());
    value.get(..remark).unwrap_or(value).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_env_file_has_one_variable_a_line() {
        let text = "# A=no\nA=1\n export B = two words # remark\nC=\"x # y\" # z\nD='s'\nE=a#b\nF=\nA=2\nexported=3\n\u{0}=";
        for (name, expected) in [
            ("A", Some("2")),
            ("B", Some("two words")),
            ("C", Some("x # y")),
            ("D", Some("s")),
            ("E", Some("a#b")),
            ("F", Some("")),
            ("exported", Some("3")),
            ("ed", None),
            ("G", None),
        ] {
            assert_eq!(env_value(text, name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn the_real_environment_wins_and_a_blank_variable_is_unset() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(".env");
        std::fs::write(&path, "A=file\nB=file\nC= \n").unwrap();
        let env = |name: &str| match name {
            "A" => Some("real".to_owned()),
            "B" => Some(" ".to_owned()),
            _ => None,
        };
        let environment = Environment::new(&env, Some(&path)).unwrap();
        assert_eq!(environment.value("A").as_deref(), Some("real"));
        assert_eq!(environment.value("B").as_deref(), Some("file"));
        assert_eq!(environment.value("C"), None);
        assert_eq!(env_file_value(&path, "A").unwrap().as_deref(), Some("file"));
        assert!(Environment::new(&env, Some(&dir.path().join("absent"))).is_err());
    }
}
