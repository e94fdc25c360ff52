//! What the program is built from: crates, licences and sources as `deny.toml` allows them, and the promises of the build.
//!
//! `cargo deny check` reads the same file and looks further: at every platform, and at advisories.

mod licence;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value as Json;
use toml::{Table, Value};

/// The one place where crates come from.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

fn file(path: &str) -> Table {
    let text = std::fs::read_to_string(path).expect("a file of the project");
    text.parse().expect("TOML")
}

/// The value at a path of dots.
fn at<'a>(table: &'a Table, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        None => table.get(path),
        Some((first, rest)) => at(table.get(first)?.as_table()?, rest),
    }
}

fn list<'a>(table: &'a Table, path: &str) -> &'a [Value] {
    let found = at(table, path).and_then(Value::as_array);
    found.unwrap_or_else(|| panic!("no list {path}"))
}

fn words(values: &[Value]) -> BTreeSet<&str> {
    values.iter().filter_map(Value::as_str).collect()
}

fn word<'a>(table: &'a Value, key: &str) -> &'a str {
    let found = table.get(key).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("no {key} in {table}"))
}

/// Name and version of the crates of the lock file that can be compiled: those that are reached from ours without one
/// that `deny.toml` leaves out.
fn reached<'a>(lock: &'a Table, deny: &Table) -> BTreeSet<(&'a str, &'a str)> {
    let left_out = words(list(deny, "graph.exclude"));
    let packages = list(lock, "package");
    let mut reached = BTreeSet::new();
    // A dependency is its name, with its version where there are several.
    let mut asked = vec![env!("CARGO_PKG_NAME")];
    while let Some(asked_for) = asked.pop() {
        let (name, version) = asked_for.split_once(' ').unwrap_or((asked_for, ""));
        if left_out.contains(name) {
            continue;
        }
        let found = packages
            .iter()
            .find(|p| word(p, "name") == name && [word(p, "version"), ""].contains(&version));
        let found = found.unwrap_or_else(|| panic!("{asked_for} is not in the lock file"));
        if reached.insert((word(found, "name"), word(found, "version"))) {
            let more = found.get("dependencies").and_then(Value::as_array);
            asked.extend(more.into_iter().flatten().filter_map(Value::as_str));
        }
    }
    reached
}

/// What cargo knows of the crates of this platform; those of others need not have been fetched.
fn metadata() -> Json {
    let output = |arguments: &str| {
        let run = Command::new(env!("CARGO"))
            .args(arguments.split(' '))
            .output()
            .expect("cargo");
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "cargo {arguments}: {said}");
        String::from_utf8(run.stdout).expect("UTF-8")
    };
    let about = output("-vV");
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    let flags = "metadata --format-version 1 --locked --offline --filter-platform";
    let metadata = output(&format!("{flags} {}", host.expect("a host")));
    serde_json::from_str(&metadata).expect("JSON")
}

#[test]
fn licences_are_those_that_deny_toml_allows() {
    let (deny, lock) = (file("deny.toml"), file("Cargo.lock"));
    let allowed = words(list(&deny, "licenses.allow"));
    let exceptions = list(&deny, "licenses.exceptions").iter().map(|exception| {
        let licences = exception.get("allow").and_then(Value::as_array);
        (word(exception, "crate"), words(licences.expect("a list")))
    });
    let exceptions: BTreeMap<_, _> = exceptions.collect();
    let reached = reached(&lock, &deny);
    let metadata = metadata();
    let field = |package: &'_ Json, key: &str| package[key].as_str().unwrap_or("").to_owned();
    let mut count = 0;
    for package in metadata["packages"].as_array().expect("packages") {
        let [name, version, licence] = ["name", "version", "license"].map(|k| field(package, k));
        if !reached.contains(&(&*name, &*version)) {
            continue;
        }
        let own = exceptions.get(&*name);
        let is_allowed = |l: &str| allowed.contains(l) || own.is_some_and(|own| own.contains(l));
        assert!(
            licence::holds(&licence, &is_allowed) == Some(true),
            "{name} {version} is licensed as {licence:?}, which deny.toml does not allow"
        );
        count += 1;
    }
    assert!(count > 200, "{count} crates");
}

#[test]
fn crates_come_from_one_place_with_a_checksum() {
    let (deny, lock) = (file("deny.toml"), file("Cargo.lock"));
    for rule in [
        "sources.unknown-registry",
        "sources.unknown-git",
        "bans.wildcards",
        "bans.multiple-versions",
    ] {
        let said = at(&deny, rule).and_then(Value::as_str);
        assert_eq!(said, Some("deny"), "{rule}");
    }
    for rule in ["allow-registry", "allow-git", "allow-org"] {
        let said = at(&deny, &format!("sources.{rule}"));
        assert_eq!(said, None, "crates.io is enough");
    }
    for entry in list(&lock, "package") {
        let name = word(entry, "name");
        if name == env!("CARGO_PKG_NAME") {
            continue;
        }
        assert_eq!(word(entry, "source"), CRATES_IO, "{name}");
        assert_eq!(word(entry, "checksum").len(), 64, "{name}");
    }
}

#[test]
fn no_crate_is_banned() {
    let (deny, lock) = (file("deny.toml"), file("Cargo.lock"));
    let locked = list(&lock, "package").iter().map(|p| word(p, "name"));
    let locked: BTreeSet<&str> = locked.collect();
    for ban in list(&deny, "bans.deny") {
        let (name, reason) = (word(ban, "crate"), word(ban, "reason"));
        assert!(!locked.contains(name), "{name} is banned: {reason}");
    }
    for name in words(list(&deny, "graph.exclude")) {
        assert!(locked.contains(name), "{name} is gone from the lock file");
    }
}

#[test]
fn no_crate_is_there_twice_without_a_reason() {
    let (deny, lock) = (file("deny.toml"), file("Cargo.lock"));
    let skipped = list(&deny, "bans.skip").iter().map(|skip| {
        assert!(!word(skip, "reason").is_empty(), "{skip}");
        word(skip, "crate").to_owned()
    });
    let mut stale: BTreeSet<String> = skipped.collect();
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, version) in reached(&lock, &deny) {
        if !stale.remove(&format!("{name}@{version}")) {
            versions.entry(name).or_default().push(version);
        }
    }
    versions.retain(|_, versions| versions.len() > 1);
    assert!(
        versions.is_empty(),
        "{versions:?}: deny.toml says which stay"
    );
    assert!(
        stale.is_empty(),
        "deny.toml excuses what is gone: {stale:?}"
    );
}

#[test]
fn every_dependency_names_a_version() {
    let manifest = file("Cargo.toml");
    for kind in ["dependencies", "dev-dependencies"] {
        for (name, asked) in manifest[kind].as_table().expect("a table") {
            let version = asked.get("version").unwrap_or(asked).as_str();
            let is_bound = version.is_some_and(|v| !v.is_empty() && !v.contains('*'));
            assert!(is_bound, "{name} {asked}");
            let elsewhere = ["git", "path", "registry"].map(|key| asked.get(key).is_some());
            assert_eq!(elsewhere, [false; 3], "{name} {asked}");
        }
    }
    let at_build_time = manifest.get("build-dependencies");
    assert_eq!(at_build_time, None, "nothing of ours runs at build time");
}

#[test]
fn the_build_keeps_its_promises() {
    let manifest = file("Cargo.toml");
    let word = |path| at(&manifest, path).and_then(Value::as_str);
    // For library, program, tests and benches alike; `forbid` cannot be lifted in a file.
    assert_eq!(word("lints.rust.unsafe_code"), Some("forbid"));
    // A task that panics ends its answer and nothing else.
    assert_eq!(word("profile.release.panic"), Some("unwind"));
    let checks = at(&manifest, "profile.release.overflow-checks");
    assert_eq!(checks, Some(&Value::Boolean(true)));
    for profile in ["dist", "fast"] {
        let said = |key| at(&manifest, &format!("profile.{profile}.{key}")).cloned();
        assert_eq!(said("inherits"), Some(Value::from("release")));
        assert_eq!((said("panic"), said("overflow-checks")), (None, None));
    }
}

#[test]
fn every_cargo_line_of_the_gate_is_locked() {
    let gate = std::fs::read_to_string(".ci/run").expect("the gate");
    let lines = gate.lines().filter(|line| line.contains("step cargo"));
    let lines: Vec<_> = lines.filter(|line| !line.contains("cargo fmt")).collect();
    assert!(lines.len() > 3);
    for line in lines {
        assert!(line.contains("--locked"), "{line}");
    }
}
