//! Changes one setting in a person's own file: comments and order stay, and whatever else the file says, mistakes
//! included. How the file is replaced is `replace`'s.

use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, TableLike, Value};

use super::{error::Error, file, replace::replace};

/// Writes `ui.theme = name` into the settings file at `path`, which is made if there is none.
pub fn set_theme(path: &Path, name: &str) -> Result<(), Error> {
    change(path, &["ui"], "theme", name.into())
}

/// Writes `api_key_keyring = true` for a profile into the settings file at `path`, which is made if there is none.
pub fn set_keyring(path: &Path, profile: &str) -> Result<(), Error> {
    change(
        path,
        &["providers", profile],
        "api_key_keyring",
        true.into(),
    )
}

fn change(path: &Path, tables: &[&str], key: &str, value: Value) -> Result<(), Error> {
    let odd = |reason: &str| Error::Unreadable {
        path: path.to_owned(),
        reason: reason.to_owned(),
        cause: None,
    };
    let mut text = file::read(path)?.unwrap_or_default();
    let parse = |text: &str| {
        let document = text.parse::<DocumentMut>();
        document.map_err(|_| odd("is no valid TOML and is left as it is"))
    };
    let mut document = parse(&text)?;
    if document.is_empty() && !text.is_empty() && !text.ends_with('\n') {
        // What comes behind a remark without an end would become part of it.
        text.push('\n');
        document = parse(&text)?;
    }
    set(&mut document, tables, key, value).ok_or_else(|| {
        let tables = tables.join(".");
        odd(&format!("has something else for a table at {tables}"))
    })?;
    replace(path, &with_line_ends_of(&text, &document.to_string())).map_err(|cause| {
        Error::Unwritable {
            path: path.to_owned(),
            cause,
        }
    })
}

/// `new` with the line ends of `old`, which were made `\n` when it was parsed: lines that both have keep theirs, new ones
/// get that of the first.
fn with_line_ends_of(old: &str, new: &str) -> String {
    if !old.contains("\r\n") {
        return new.to_owned();
    }
    let old: Vec<&str> = old.split_inclusive('\n').collect();
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let is_same = |(a, b): &(&&str, &&str)| {
        a.trim_end_matches(['\r', '\n']) == b.trim_end_matches(['\r', '\n'])
    };
    let before = old.iter().zip(&new).take_while(is_same).count();
    let after = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(is_same)
        .count();
    let after = after.min(old.len().min(new.len()) - before);
    let first = if old.first().is_some_and(|line| line.ends_with("\r\n")) {
        "\r\n"
    } else {
        "\n"
    };
    let mut text: String = old.iter().take(before).copied().collect();
    for line in new.iter().take(new.len() - after).skip(before) {
        let bare = line.trim_end_matches(['\r', '\n']);
        text.push_str(bare);
        if bare.len() < line.len() {
            text.push_str(first);
        }
    }
    text.extend(old.iter().skip(old.len() - after).copied());
    text
}

/// Sets `key` in the table that the names of `tables` lead to; nothing if there is something else for a table.
fn set(document: &mut DocumentMut, tables: &[&str], key: &str, mut value: Value) -> Option<()> {
    let mut prefix = None;
    if document.is_empty() {
        // A file of remarks alone: they stay at its beginning.
        prefix = Some(document.trailing().clone());
        document.set_trailing("");
    }
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for (place, name) in (1..).zip(tables) {
        let mut new = Table::new();
        // Only the last one has a line of its own.
        new.set_implicit(place < tables.len());
        if let Some(remarks) = prefix.take_if(|_| place == tables.len()) {
            new.decor_mut().set_prefix(remarks);
        }
        let next = table.entry(name).or_insert(Item::Table(new));
        table = next.as_table_like_mut()?;
    }
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) => {
            // The remark behind a value belongs to the line.
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => {
            table.insert(key, Item::Value(value));
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{PermissionsExt, symlink},
    };

    use super::*;

    fn after(text: &str) -> Result<String, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        fs::write(&path, text).unwrap();
        set_theme(&path, "wafer-light").map_err(|e| e.to_string())?;
        let names = fs::read_dir(dir.path()).unwrap().count();
        assert_eq!(names, 1, "nothing is left beside it");
        Ok(fs::read_to_string(&path).unwrap())
    }

    #[test]
    fn one_line_changes_and_the_rest_stays() {
        let check = |text: &str, expected: &str| assert_eq!(after(text).unwrap(), expected);
        check(
            "# mine\nmock_mode = true # yes\n\n[ui]\n# look\ntheme   =  \"terminal\"   # why\nsidebar = false\n",
            "# mine\nmock_mode = true # yes\n\n[ui]\n# look\ntheme   =  \"wafer-light\"   # why\nsidebar = false\n",
        );
        check(
            "[ui]\nsidebar = false # no\n\n[log]\nlevel = \"off\"\n",
            "[ui]\nsidebar = false # no\ntheme = \"wafer-light\"\n\n[log]\nlevel = \"off\"\n",
        );
        check(
            "ui.theme = \"terminal\" # flat\n",
            "ui.theme = \"wafer-light\" # flat\n",
        );
        check(
            "ui = { theme = 'x' }\n",
            "ui = { theme = \"wafer-light\" }\n",
        );
        check(
            "# a\r\n[ui]\r\ntheme = \"x\" # b\r\n\r\n[log]\r\nlevel = \"off\"",
            "# a\r\n[ui]\r\ntheme = \"wafer-light\" # b\r\n\r\n[log]\r\nlevel = \"off\"",
        );
        check(
            "[log]\r\nlevel = \"off\"\n",
            "[log]\r\nlevel = \"off\"\n\r\n[ui]\r\ntheme = \"wafer-light\"\r\n",
        );
        check("", "[ui]\ntheme = \"wafer-light\"\n");
        check(
            "# only a remark\n",
            "# only a remark\n[ui]\ntheme = \"wafer-light\"\n",
        );
        check("# no end", "# no end\n[ui]\ntheme = \"wafer-light\"\n");
    }

    #[test]
    fn a_profile_learns_that_its_key_is_in_the_keyring() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        let check = |text: &str, profile: &str, expected: &str| {
            fs::write(&path, text).unwrap();
            set_keyring(&path, profile).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), expected);
        };
        check(
            "# mine\n",
            "cerebras",
            "# mine\n[providers.cerebras]\napi_key_keyring = true\n",
        );
        check(
            "[providers.a]\nbase_url = \"https://a/v1\" # a\n\n[ui]\nsidebar = false\n",
            "a",
            "[providers.a]\nbase_url = \"https://a/v1\" # a\napi_key_keyring = true\n\n[ui]\nsidebar = false\n",
        );
        check(
            "[providers.a]\napi_key_keyring = false # why\n",
            "a",
            "[providers.a]\napi_key_keyring = true # why\n",
        );
        fs::write(&path, "providers = 1").unwrap();
        assert!(set_keyring(&path, "a").is_err());
    }

    #[test]
    fn what_cannot_be_understood_is_left_alone() {
        assert!(after("[ui").unwrap_err().contains("no valid TOML"));
        assert!(after("ui = 1").unwrap_err().contains("something else"));
    }

    #[test]
    fn a_file_that_cannot_be_written_is_said_to_be_so() {
        let dir = tempfile::tempdir().unwrap();
        let nowhere = dir.path().join("lost");
        symlink(dir.path().join("nowhere/x"), &nowhere).unwrap();
        let error = set_theme(&nowhere.join("config.toml"), "terminal").unwrap_err();
        assert!(matches!(error, Error::Unwritable { .. }), "{error}");
    }

    #[test]
    fn a_link_is_followed_and_permissions_stay() {
        let dir = tempfile::tempdir().unwrap();
        let (real, link) = (dir.path().join("dotfile"), dir.path().join("config.toml"));
        fs::write(&real, "[ui]\n").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        set_theme(&link, "terminal").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::read_to_string(&real).unwrap().contains("terminal"));
        let mode = fs::metadata(&real).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }

    #[test]
    fn a_file_that_is_not_there_is_made_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("new/config.toml");
        set_theme(&path, "terminal").unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
