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
    workbench.key("ctrl-d");
    workbench.until_text("NOT SAVED: save the session below");
    // Without a name it is left unsaved.
    workbench.key("ctrl-u");
    workbench.until_gone("waferdeck-rescued");
    workbench.key("enter");
    assert_eq!(workbench.exit_code(), 0);
    workbench.assert_given_back();
    assert_eq!(home.files("home"), Vec::<std::path::PathBuf>::new());
}

#[test]
fn what_cannot_be_saved_is_saved_in_another_folder_before_leaving() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    fs::remove_dir(home.path("data")).expect("an empty directory");
    home.write("data", "not a directory");
    let mut workbench = Workbench::open(&home, (120, 24), &[]);
    workbench.send("precious");
    stage.next().answer("gold");
    workbench.until("the answer", |s| s.has("gold") && s.has("Enter send"));
    workbench.key("ctrl-d");
    workbench.until_text("NOT SAVED: save the session below");
    workbench.key("esc");
    workbench.until_gone("NOT SAVED");
    workbench.key("ctrl-d");
    workbench.until_text("~/waferdeck-rescued");
    workbench.type_text("/here");
    workbench.until_text("~/waferdeck-rescued/here");
    workbench.key("enter");
    assert_eq!(workbench.exit_code(), 0);
    let here = home.path("home/waferdeck-rescued/here");
    let here = here.to_str().expect("text");
    let again = Workbench::open(&home, (120, 24), &["--data-dir", here, "-r"]);
    again.until("all of it", |s| s.has("┃ precious") && s.has("gold"));
    again.quit();
}

#[test]
fn a_limit_on_the_size_of_files_is_a_banner_and_no_end() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    // A write beyond it would kill who does not listen for the signal.
    let line = "ulimit -f 8; exec \"$@\"";
    let mut workbench = Workbench::by_shell(&home, (120, 24), line, &[]);
    workbench.until_text("Ask something");
    workbench.send("a question");
    let mut answer = stage.next();
    answer.say(&format!(
        "{}\n\nand the end of it",
        "lorem ipsum ".repeat(2_000)
    ));
    workbench.until("the banner", |s| {
        s.has("NOT BEING SAVED: file size limit reached") && s.has("and the end of it")
    });
    answer.finish();
    workbench.until_text("Enter send");
    workbench.key("ctrl-d");
    workbench.until_text("NOT SAVED: save the session below");
    workbench.key("ctrl-u");
    workbench.key("enter");
    assert_eq!(workbench.exit_code(), 0);
    workbench.assert_given_back();
    let again = Workbench::open(&home, (120, 24), &["-r"]);
    again.until_text("┃ a question");
    again.quit();
}

#[test]
fn a_store_that_is_removed_while_it_runs_is_whole_again() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (120, 24), &[]);
    workbench.send("first");
    stage.next().answer("one");
    workbench.until("the answer", |s| s.has("one") && s.has("Enter send"));
    fs::remove_dir_all(home.path("data")).expect("a folder");
    workbench.send("second");
    stage.next().answer("two");
    workbench.until("it is saved again", |s| {
        s.has("two") && s.has("Enter send") && s.says("is being saved again")
    });
    workbench.quit();
    let again = Workbench::open(&home, (120, 24), &["-r"]);
    again.until("all of it", |s| {
        ["┃ first", "one", "┃ second", "two"]
            .iter()
            .all(|part| s.has(part))
    });
    again.quit();
}

#[test]
fn a_session_of_a_newer_version_is_looked_at_and_left_alone() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (120, 24), &[]);
    workbench.send("from tomorrow");
    stage.next().answer("an answer");
    workbench.until("the answer", |s| s.has("an answer") && s.has("Enter send"));
    workbench.quit();
    let path = home.transcripts().remove(0);
    let mut text = fs::read_to_string(&path).expect("text");
    let line = "{\"v\":2,\"seq\":999,\"at\":1,\"kind\":\"dream\"";
    let crc = crc32c::crc32c(line.as_bytes());
    text.push_str(&format!("{line},\"crc32c\":\"{crc:08x}\"}}\n"));
    fs::write(&path, &text).expect("a file of the test");

    let mut again = Workbench::open(&home, (120, 24), &["-r"]);
    again.until("the session", |s| {
        s.has("an answer") && s.has("NOT BEING SAVED: written by a newer version")
    });
    again.send("and today");
    stage.next().answer("not kept");
    again.until("the answer", |s| {
        s.has("not kept") && s.has("NOT BEING SAVED")
    });
    again.key("ctrl-d");
    again.until_text("NOT SAVED: save the session below");
    again.key("ctrl-u");
    again.key("enter");
    assert_eq!(again.exit_code(), 0);
    assert_eq!(fs::read_to_string(&path).expect("text"), text);
}

#[test]
fn files_that_others_can_read_are_made_private_and_that_is_said_once() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (120, 24), &[]);
    workbench.send("mine");
    stage.next().answer("alone");
    workbench.until("the answer", |s| s.has("alone") && s.has("Enter send"));
    workbench.quit();
    let path = home.transcripts().remove(0);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a change");
    for is_first in [true, false] {
        let again = Workbench::open(&home, (120, 24), &["-r"]);
        again.until_text("alone");
        if is_first {
            again.until_text("1 saved file could be read by others; it is private");
        } else {
            again.until_text("Enter send");
            assert!(!again.shown().has("could be read by others"));
        }
        again.quit();
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
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
