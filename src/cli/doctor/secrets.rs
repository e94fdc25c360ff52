//! SECRETS: where the key of each profile comes from, whether it is there, and who else can read it.
//!
//! No part of a key gets here: `provider` reads it and says how that went.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use super::check::Check;
use crate::{
    chat::Failure,
    config::{Auth, Config, KeySource, Profile},
    provider::health::KeyFound,
};

const ID: &str = "secrets.key";
const UNNEEDED: &str = "none, and none is needed there";

/// A key that was read, or why not.
pub(super) fn key(profile: &Profile, read: &Result<KeyFound, Failure>) -> Check {
    let found = match read {
        Err(failure) => return Check::failure(ID, failure),
        Ok(_) if profile.is_mock => return Check::good(ID, "the mock needs no key"),
        Ok(found) => found,
    };
    match (found, profile.key_sources.as_slice()) {
        (KeyFound::First, [source, ..]) => present(source),
        (KeyFound::Next { why }, [_, source, ..]) => Check::warning(
            ID,
            format!("{}; {why}", present(source).summary),
            "unlock the keyring or put the key there, or set api_key_keyring = false",
        ),
        _ => Check::good(ID, UNNEEDED),
    }
}

/// A key that only a command can give, which is not run; `read` is what came of the sources before it.
pub(super) fn not_run(profile: &Profile, read: &Result<KeyFound, Failure>) -> Option<Check> {
    let (words, before) = match (profile.key_sources.as_slice(), read) {
        _ if profile.auth == Auth::None => return None,
        ([KeySource::Command(words), ..], _) => (words, None),
        ([KeySource::Keyring { .. }, KeySource::Command(words), ..], Err(failure)) => {
            (words, Some(&failure.message))
        }
        _ => return None,
    };
    let program = words.first().map_or("", String::as_str);
    let check = Check::unchecked(ID, format!("{program} would print it: --offline"));
    Some(match before {
        Some(why) => check.detail(why),
        None => check,
    })
}

/// A key that was not looked for: nothing could be asked with it.
pub(super) fn unread(profile: &Profile) -> Check {
    if profile.auth == Auth::None {
        return Check::good(ID, UNNEEDED);
    }
    Check::unchecked(ID, "the settings of the profile cannot work (see NETWORK)")
}

fn present(source: &KeySource) -> Check {
    match source {
        KeySource::Environment(name) => {
            Check::good(ID, format!("in the environment variable {name}"))
        }
        KeySource::File(path) => {
            let mode = mode(path).map_or_else(String::new, |mode| format!(", mode {mode:04o}"));
            let path = path.display();
            Check::good(
                ID,
                format!("in the file {path}{mode}, readable by you alone"),
            )
        }
        KeySource::EnvFile { path, name } => {
            Check::good(ID, format!("{name} in {}", path.display()))
        }
        KeySource::Command(words) => {
            let program = words.first().map_or("", String::as_str);
            Check::good(ID, format!("printed by {program}, which ended well"))
        }
        KeySource::Keyring { service, user } => {
            Check::good(ID, format!("in the keyring's entry {service}/{user}"))
        }
    }
}

/// A profile that nobody set up and nobody asks.
pub(super) fn unused(name: &str, profile: &Profile) -> Check {
    Check::unchecked(ID, "not set up and not asked: nothing of it is checked")
        .detail(profile.ways_to_give_a_key(name))
}

/// The settings file, where it holds what may be secrets itself.
pub(super) fn settings(config: &Config) -> Option<Check> {
    let holds = |p: &Profile| {
        let has_password = p.proxy.as_ref().is_some_and(|p| p.expose().contains('@'));
        has_password || p.headers.iter().next().is_some()
    };
    let path = &config.paths.config_file;
    let mode = mode(path).filter(|_| config.profiles.values().any(holds))?;
    let path = path.display();
    Some(if is_open(mode) {
        let summary = format!(
            "{path} holds headers or a proxy's password, and others can read it (mode {mode:04o})"
        );
        Check::warning("secrets.file", summary, format!("chmod 600 {path}"))
    } else {
        let summary = format!("{path} holds headers or a proxy's password: readable by you alone");
        Check::good("secrets.file", summary)
    })
}

fn mode(path: &Path) -> Option<u32> {
    Some(fs::metadata(path).ok()?.permissions().mode() & 0o7777)
}

fn is_open(mode: u32) -> bool {
    mode & 0o077 != 0
}

#[cfg(test)]
mod tests {
    use super::super::check::{Status, expect};
    use super::*;
    use crate::{
        chat::FailureKind,
        config::{Overrides, load},
    };

    fn config(text: &str) -> (tempfile::TempDir, Config) {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("config.toml"), text).unwrap();
        let path = dir.path().to_string_lossy().into_owned();
        let env = |name: &str| name.ends_with("_DIR").then(|| path.clone());
        let config = load(&Overrides::default(), &env).unwrap().config;
        (dir, config)
    }

    #[test]
    fn each_source_is_named_and_its_readers_are_looked_at() {
        let (dir, config) = config("");
        let file = dir.path().join("key");
        fs::write(&file, "csk-canary").unwrap();
        let with = |mode: u32, source: KeySource| {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let mut profile = config.profiles["cerebras"].clone();
            profile.key_sources = vec![source];
            let check = key(&profile, &Ok(KeyFound::First));
            assert!(!format!("{check:?}").contains("canary"));
            check
        };
        let variable = KeySource::Environment("CEREBRAS_API_KEY".to_owned());
        expect(&with(0o600, variable), Status::Good, &["CEREBRAS_API_KEY"]);
        let in_file = KeySource::File(file.clone());
        expect(
            &with(0o600, in_file),
            Status::Good,
            &["mode 0600", "you alone"],
        );
        let env_file = KeySource::EnvFile {
            path: file.clone(),
            name: "K".to_owned(),
        };
        expect(&with(0o600, env_file), Status::Good, &["K in "]);
        let command = KeySource::Command(vec!["pass".to_owned(), "show".to_owned()]);
        expect(
            &with(0o600, command.clone()),
            Status::Good,
            &["printed by pass"],
        );
        let keyring = KeySource::Keyring {
            service: "waferdeck".to_owned(),
            user: "cerebras".to_owned(),
        };
        expect(
            &with(0o600, keyring.clone()),
            Status::Good,
            &["keyring's entry waferdeck/cerebras"],
        );
        let mut both = config.profiles["cerebras"].clone();
        both.key_sources = vec![keyring, command];
        let why = "the keyring's entry waferdeck/cerebras is locked or refused".to_owned();
        expect(
            &key(&both, &Ok(KeyFound::Next { why })),
            Status::Warning,
            &["printed by pass", "is locked", "api_key_keyring = false"],
        );
        both.key_sources.reverse();
        assert_eq!(
            not_run(&both, &Ok(KeyFound::First)).map(|c| c.status),
            Some(Status::Unchecked)
        );
        both.key_sources.reverse();
        assert_eq!(
            not_run(&both, &Ok(KeyFound::First)),
            None,
            "the keyring had it"
        );
        let locked = Failure::new(FailureKind::Key, "the keyring is locked", "unlock it");
        let check = not_run(&both, &Err(locked)).unwrap();
        expect(
            &check,
            Status::Unchecked,
            &["pass would print it: --offline", "is locked"],
        );
        let missing = Failure::new(FailureKind::Key, "profile x has no key", "set X");
        let failed = key(&config.profiles["cerebras"], &Err(missing));
        expect(&failed, Status::Failed, &["no key", "set X"]);
        expect(
            &key(&config.profiles["mock"], &Ok(KeyFound::First)),
            Status::Good,
            &["no key"],
        );
        let unused = unused("cerebras", &config.profiles["cerebras"]);
        expect(&unused, Status::Unchecked, &["CEREBRAS_API_KEY"]);
    }

    #[test]
    fn a_settings_file_with_secrets_is_for_one_pair_of_eyes() {
        let (_dir, plain) = config("[ui]\nsidebar = true\n");
        assert_eq!(settings(&plain), None);
        let text = "[providers.cerebras]\nheaders = { X-Key = \"s3cret\" }\n";
        let (_dir, config) = config(text);
        let set = |mode| {
            let path = &config.paths.config_file;
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
            settings(&config).unwrap()
        };
        expect(&set(0o600), Status::Good, &["you alone"]);
        expect(
            &set(0o640),
            Status::Warning,
            &["others can read", "chmod 600"],
        );
    }
}
