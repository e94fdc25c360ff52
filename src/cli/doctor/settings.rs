//! CONFIG: which files were read, what was set where, and what in them cannot be used.
//!
//! A file that cannot be read at all stops every command; here it is a cross with its place.

use std::path::Path;

use super::check::Check;
use crate::{
    cli::{config::beside, log},
    config::{self, Config, Loaded, Origin, Shown},
};

/// Settings that are named; the rest is counted.
const NAMED: usize = 12;

/// What there is to say of a configuration that was read.
pub(super) fn check(loaded: &Loaded) -> Vec<Check> {
    let config = &loaded.config;
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    let mut checks = vec![
        file(&config.paths.config_file),
        values(&loaded.origins),
        profile(config),
    ];
    checks.extend(warnings.iter().map(|w| odd("config.warning", w)));
    checks.extend(log::trouble(config).map(|trouble| {
        let remedy = "move away what is there, or set log.level = \"off\"";
        Check::warning("config.log", trouble, remedy)
    }));
    let beside = beside(config);
    // What is wrong with the chosen theme is said already.
    let is_new = |complaint: &&String| !warnings.iter().any(|said| said.starts_with(*complaint));
    let complaints: Vec<_> = beside.iter().filter(is_new).collect();
    if complaints.is_empty() {
        let sentence = "decks, prompts and themes can be used";
        checks.push(Check::good("config.beside", sentence));
    }
    checks.extend(complaints.iter().map(|c| odd("config.beside", c)));
    checks
}

/// A configuration that cannot be used; `None` for what is wrong with the command line instead.
pub(super) fn broken(error: &config::Error) -> Option<Check> {
    let remedy = match error {
        config::Error::Fault(_) => "correct the file at that place; nothing runs before",
        config::Error::Unreadable { .. } => "make the file readable, or name another with --config",
        config::Error::Clash { .. } => "change one of the two settings; nothing runs before",
        config::Error::NoProfile(_) => "name one of them there, or with --profile",
        config::Error::Unwritable { .. } | config::Error::Value { .. } | config::Error::NoHome => {
            return None;
        }
    };
    let text = error.to_string();
    // What points at a column does not where lines begin elsewhere; the place is in the first line.
    let is_caret = |line: &&str| line.trim_matches(['^', ' ']).is_empty();
    let mut lines = text.lines().filter(|line| !is_caret(line));
    let check = Check::failed("config.file", lines.next().unwrap_or_default(), remedy);
    Some(lines.fold(check, Check::detail))
}

fn file(path: &Path) -> Check {
    if path.is_file() {
        return Check::good("config.file", path.display().to_string());
    }
    let sentence = format!("{} does not exist: defaults hold", path.display());
    Check::good("config.file", sentence)
        .detail("`waferdeck config init` writes one with every setting explained")
}

/// What somebody set, each with its place in short.
fn values(origins: &[Shown]) -> Check {
    let set: Vec<_> = origins
        .iter()
        .filter(|s| s.origin != Origin::Default)
        .collect();
    let sentence = match set.len() {
        0 => "every setting has its default".to_owned(),
        1 => "1 setting is not the default".to_owned(),
        n => format!("{n} settings are not the default"),
    };
    let mut check = Check::good("config.values", sentence);
    for shown in set.iter().take(NAMED) {
        let (path, value) = (&shown.path, &shown.value);
        check = check.detail(format!("{path} = {value} ({})", short(&shown.origin)));
    }
    if let Some(more) = set.len().checked_sub(NAMED).filter(|&more| more > 0) {
        check = check.detail(format!("and {more} more: `waferdeck config show`"));
    }
    check
}

fn short(origin: &Origin) -> String {
    match origin {
        Origin::File { path, line, .. } => {
            let name = path.file_name().unwrap_or(path.as_os_str());
            format!("{}:{line}", name.to_string_lossy())
        }
        other => other.to_string(),
    }
}

fn profile(config: &Config) -> Check {
    let (name, why) = (&config.profile, &config.why_profile);
    Check::good("config.profile", format!("{name} is asked: {why}"))
}

fn odd(id: &'static str, complaint: &str) -> Check {
    let mut lines = complaint.lines();
    let remedy = "correct it there; `waferdeck config check` says when all is well";
    let check = Check::warning(id, lines.next().unwrap_or_default(), remedy);
    lines.fold(check, Check::detail)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::check::{Status, expect};
    use super::*;
    use crate::{
        cli::with_actions,
        config::{Overrides, load},
    };

    fn look(files: &[(&str, &str)]) -> Result<Vec<Check>, Box<Option<Check>>> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let path = dir.path().to_string_lossy().into_owned();
        let env = |name: &str| name.ends_with("_DIR").then(|| path.clone());
        let loaded = load(&Overrides::default(), &env).and_then(with_actions);
        match loaded.and_then(config::Loaded::to_ask_with) {
            Ok(loaded) => Ok(check(&loaded)),
            Err(error) => Err(Box::new(broken(&error))),
        }
    }

    #[test]
    fn a_machine_without_settings_is_well() {
        let checks = look(&[]).unwrap();
        assert!(checks.iter().all(|c| c.status == Status::Good));
        expect(&checks[0], Status::Good, &["does not exist", "config init"]);
        expect(&checks[2], Status::Good, &["mock is asked"]);
    }

    #[test]
    fn what_is_set_is_named_with_its_place_and_secrets_are_not() {
        let text =
            "[ui]\nsidebar = false\n[providers.cerebras]\nheaders = { X-Key = \"s3cret\" }\n";
        let checks = look(&[("config.toml", text)]).unwrap();
        let parts = [
            "2 settings",
            "ui.sidebar = false (config.toml:2)",
            "[hidden]",
        ];
        expect(&checks[1], Status::Good, &parts);
        assert!(!format!("{checks:?}").contains("s3cret"));
    }

    #[test]
    fn what_cannot_be_used_is_a_warning_and_what_stops_everything_a_cross() {
        let checks = look(&[
            ("config.toml", "[ui]\nsidebr = false\n"),
            ("themes/mine.toml", "[[["),
            ("decks/pair.toml", "panes = 3"),
        ])
        .unwrap();
        let warnings: Vec<_> = checks
            .iter()
            .filter(|c| c.status == Status::Warning)
            .collect();
        assert!(warnings.len() >= 3, "{checks:#?}");
        expect(warnings[0], Status::Warning, &["sidebr", "sidebar"]);
        for text in [
            "[ui",
            "[ui]\nsidebar = 3\n",
            "[keys.global]\nquit = \"x\"\nhelp = \"x\"\n",
            "default_profile = \"nope\"\n",
        ] {
            let cross = look(&[("config.toml", text)]).unwrap_err();
            let cross = cross.unwrap();
            expect(&cross, Status::Failed, &[]);
            assert!(cross.detail.iter().all(|line| line != "^"), "{cross:?}");
        }
    }
}
