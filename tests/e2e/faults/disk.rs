//! Disks that are full, fail or are read-only, and file systems without locks: told, survived, written later.

use std::{fs, time::Duration};

use tokio::time::Instant;

use super::Fault;
use crate::harness::{Home, Workbench};

/// A banner comes within a second; the rest is for a busy machine.
const SOON: Duration = Duration::from_secs(4);

#[test]
fn a_full_disk_is_a_banner_until_there_is_space_and_then_all_is_written() {
    let fault = Fault::ordered("disk=1+:ENOSPC");
    let mut workbench = fault.open();
    fault.talk(&mut workbench, "first", "one");
    let before = fault.segments();
    fault.now();
    let full = Instant::now();
    workbench.send("second");
    let mut answer = fault.stage.next();
    workbench.until_text("NOT BEING SAVED: disk full");
    assert!(full.elapsed() < SOON, "{:?}", full.elapsed());
    answer.say("two, while it is full");
    answer.finish();
    workbench.until("the answer", |s| {
        s.has("two, while it is full") && s.has("Enter send") && s.has("NOT BEING SAVED: disk full")
    });
    fault.talk(&mut workbench, "third", "three");
    workbench.until_text("NOT BEING SAVED: disk full");
    let now = fault.segments();
    assert!(now[0].starts_with(&before[0]), "earlier records changed");
    fault.no_more();
    workbench.until("space", |s| {
        s.has("the transcript is being saved again") && !s.has("NOT BEING SAVED")
    });
    workbench.quit();
    fault.assert_kept(&[
        ("first", "one"),
        ("second", "two, while it is full"),
        ("third", "three"),
    ]);
}

#[test]
fn leaving_while_nothing_is_saved_offers_another_place() {
    let fault = Fault::ordered("disk=1+:ENOSPC");
    let mut workbench = fault.open();
    fault.now();
    fault.talk(&mut workbench, "precious", "gold");
    workbench.until_text("NOT BEING SAVED");
    workbench.key("ctrl-d");
    workbench.until("the question", |s| {
        s.has("NOT SAVED: save the session below") && s.has("~/waferdeck-rescued")
    });
    // That disk is full as well.
    workbench.key("enter");
    workbench.until("the reason", |s| {
        s.says("type another folder") && s.has("NOT SAVED: save the session below")
    });
    workbench.key("esc");
    workbench.until_gone("NOT SAVED: save");
    workbench.key("ctrl-d");
    workbench.until_text("NOT SAVED: save the session below");
    // Another disk than that of the session, which is still full when the workbench is left.
    fs::remove_dir_all(fault.home.path("data/sessions")).expect("a folder");
    fault.home.write("data/sessions", "in the way");
    fault.no_more();
    workbench.key("enter");
    assert_eq!(workbench.exit_code(), 0);
    workbench.assert_given_back();
    let rescued = fault.home.path("home/waferdeck-rescued");
    let rescued = rescued.to_str().expect("text");
    let listed = fault
        .home
        .run(&["--data-dir", rescued, "history", "list", "--json"])
        .exits(0)
        .json();
    assert_eq!(listed[0]["title"], "precious");
    let again = Workbench::open(&fault.home, (120, 24), &["--data-dir", rescued, "-r"]);
    again.until("all of it", |s| s.has("┃ precious") && s.has("gold"));
}

#[test]
fn where_everything_must_be_saved_a_full_disk_is_the_end() {
    let fault = Fault::ordered("disk=1+:ENOSPC");
    let mut workbench = Workbench::open(&fault.home, (120, 24), &["--require-store"]);
    fault.talk(&mut workbench, "first", "one");
    fault.now();
    workbench.send("second");
    // What is here can be saved elsewhere.
    workbench.until_text("NOT SAVED: save the session below");
    workbench.key("ctrl-u");
    workbench.key("enter");
    assert_eq!(workbench.exit_code(), 6);
    workbench.assert_given_back();
}

#[test]
fn after_an_error_of_the_disk_a_new_file_begins_with_what_was_not_synced() {
    // The prompt is written, and the sync of it fails.
    let fault = Fault::ordered("disk=2:EIO");
    let mut workbench = fault.open();
    fault.talk(&mut workbench, "first", "one");
    fault.now();
    workbench.send("second");
    let answer = fault.stage.next();
    workbench.until("the banner", |s| {
        s.has("NOT BEING SAVED") && s.says("Input/output error")
    });
    answer.answer("two");
    workbench.until("it goes on", |s| {
        s.has("the transcript is being saved again") && !s.has("NOT BEING SAVED")
    });
    workbench.quit();
    let mut segments = fault.segments();
    segments.sort_by_key(|s| !s.contains("\"first\""));
    let [before, after] = &segments[..] else {
        panic!("{segments:?}");
    };
    assert!(before.contains("\"first\"") && before.contains("\"one\""));
    assert!(after.contains("\"second\"") && after.contains("\"two\""));
    assert!(!after.contains("\"one\"") && !before.contains("\"two\""));
    fault.assert_kept(&[("first", "one"), ("second", "two")]);
}

#[test]
fn a_read_only_disk_is_a_banner_at_the_start() {
    for error in ["EROFS", "EACCES"] {
        let mut home = Home::new();
        home.set("WAFERDECK_FAULTS", format!("disk=1+:{error}"));
        let workbench = Workbench::open(&home, (120, 24), &[]);
        workbench.until_text("NOT BEING SAVED: cannot write");
        workbench.quit();
        home.run(&["ask", "--require-store", "hello"]).exits(6);
        let ran = home.run(&["ask", "hello"]).exits(0);
        assert!(ran.stderr.contains("nothing is saved"), "{ran:?}");
        assert_eq!(home.transcripts(), Vec::<std::path::PathBuf>::new());
    }
}

#[test]
fn without_locks_there_is_one_warning_and_all_works() {
    let mut fault = Fault::ordered("locks=ENOLCK");
    fault.now();
    let mut workbench = fault.open();
    fault.talk(&mut workbench, "first", "one");
    let sessions = fault.home.path("data/sessions");
    let warning = "no working locks (No locks available";
    workbench.until("the warning", |s| {
        s.says(warning) && s.says("use one waferdeck at a time in")
    });
    assert!(sessions.is_dir());
    workbench.until("it goes", |s| !s.says(warning));
    workbench.key("ctrl-x");
    workbench.key("n");
    workbench.until_text("new session");
    fault.talk(&mut workbench, "second", "two");
    fault.talk(&mut workbench, "third", "three");
    assert!(!workbench.shown().says(warning), "it was said twice");
    assert!(!workbench.shown().has("NOT BEING SAVED"));
    workbench.quit();
    assert_eq!(fault.home.transcripts().len(), 2);
    fault.home.set("WAFERDECK_FAULTS", "");
    fault.assert_kept(&[("second", "two"), ("third", "three")]);
}
