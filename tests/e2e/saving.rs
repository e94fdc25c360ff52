//! Where nothing can be saved, and where nothing is to be.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::harness::{Home, Stage, Workbench};

/// A home whose data directory cannot be one: a file stands in its place.
fn unwritable() -> Home {
    let home = Home::new();
    fs::remove_dir(home.path("data")).expect("an empty directory");
    home.write("data", "not a directory");
    home
}

#[test]
fn an_unwritable_data_directory_is_a_banner() {
    let home = unwritable();
    let mut workbench = Workbench::open(&home, (120, 24), &[]);
    workbench.until_text("NOT BEING SAVED");
    workbench.send("hello");
    workbench.until("an answer all the same", |s| {
        s.has("tokens · TTFT") && s.has("NOT BEING SAVED")
    });
    workbench.quit();
}

#[test]
fn a_required_store_stops_the_start() {
    let home = unwritable();
    let mut workbench = Workbench::start(&home, (100, 24), &["--require-store"]);
    assert_eq!(workbench.exit_code(), 6);
    workbench.assert_given_back();
    assert!(!workbench.shown().text().trim().is_empty());
    home.run(&["ask", "--require-store", "hello"]).exits(6);
    let ran = home.run(&["ask", "hello"]).exits(0);
    assert!(ran.stderr.contains("nothing is saved"), "{ran:?}");
    home.run(&["history", "list"]).exits(6);
}

#[test]
fn a_temporary_session_writes_nothing_at_all() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (100, 24), &["--temporary"]);
    workbench.until_text("TEMPORARY");
    workbench.send("hello");
    workbench.until("the answer", |s| {
        s.has("tokens · TTFT") && s.has("Enter send")
    });
    workbench.type_text("a draft");
    workbench.until_text("┃ a draft");
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();
    home.run(&["ask", "--temporary", "hello"]).exits(0);
    for place in ["home", "data", "config", "state", "work"] {
        assert_eq!(
            home.files(place),
            Vec::<std::path::PathBuf>::new(),
            "{place}"
        );
    }
}

#[test]
fn what_is_written_is_for_its_owner_alone() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 24), &["--log-level", "info"]);
    workbench.send("hello");
    stage.next().answer("good day");
    workbench.until("the answer", |s| s.has("good day") && s.has("Enter send"));
    workbench.type_text("a draft");
    workbench.until_text("┃ a draft");
    workbench.signal(rustix::process::Signal::TERM);
    assert_eq!(workbench.exit_code(), 143);
    let mut paths = home.files("data");
    paths.extend(home.files("state"));
    assert!(!paths.is_empty());
    for path in paths {
        let mode = |path: &std::path::Path| {
            fs::metadata(path).expect("a file").permissions().mode() & 0o777
        };
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        let parent = path.parent().expect("a directory");
        if parent != home.path("data") && parent != home.path("state") {
            assert_eq!(mode(parent), 0o700, "{}", parent.display());
        }
    }
}
