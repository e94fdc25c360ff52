//! A terminal that takes nothing (Ctrl-S, a dead connection) or is gone: what comes is saved all the same, and the end
//! is not waited for.

use std::{fs, time::Duration};

use rustix::process::Signal;
use tokio::time::Instant;

use crate::harness::{Answering, Home, Stage, Workbench, eventually};

/// The end comes within a second; the rest is for a busy machine.
const SOON: Duration = Duration::from_secs(4);
/// A screen whose frames fill what the system keeps for a terminal soon.
const LARGE: (u16, u16) = (400, 100);

/// Says words until the terminal is blocked for certain; returns the last of them, which is on disk.
fn fill(home: &Home, workbench: &mut Workbench, answer: &mut Answering) -> String {
    workbench.stop_reading();
    let mut last = String::new();
    for round in 0..40 {
        // All of it is drawn again.
        workbench.key("ctrl-l");
        last = format!("word{round:02}");
        answer.say(&format!("{last} {}\n\n", "lorem ipsum dolor ".repeat(60)));
        eventually("the word on disk", || {
            on_disk(home).contains(&last).then_some(())
        });
    }
    last
}

fn on_disk(home: &Home) -> String {
    let texts = home.transcripts().into_iter().map(fs::read_to_string);
    texts.filter_map(Result::ok).collect()
}

fn asked(stage: &Stage, home: &Home) -> (Workbench, Answering) {
    let mut workbench = Workbench::open(home, LARGE, &[]);
    workbench.send("a question");
    let mut answer = stage.next();
    answer.say("it begins. ");
    workbench.until_text("it begins.");
    (workbench, answer)
}

#[test]
fn a_blocked_terminal_holds_no_saving_and_shows_the_newest_when_it_goes_on() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let (mut workbench, mut answer) = asked(&stage, &home);
    let last = fill(&home, &mut workbench, &mut answer);
    assert!(
        !workbench.shown().has(&last),
        "the terminal was never blocked"
    );
    // Keys are taken, too.
    workbench.type_text("a draft");
    eventually("the draft on disk", || {
        let mut files = home.files("data/drafts").into_iter();
        files.find(|f| fs::read_to_string(f).is_ok_and(|t| t.contains("a draft")))
    });
    let before = workbench.written();
    workbench.read_on();
    workbench.until("the newest", |s| s.has(&last) && s.has("┃ a draft"));
    // What was blocked, and a frame or two: not forty.
    let written = workbench.written() - before;
    assert!(written < 400_000, "{written} bytes");
    answer.finish();
    workbench.until_text("Enter send");
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();
}

#[track_caller]
fn ends_while_blocked(signal: Signal, code: u32) {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let (mut workbench, mut answer) = asked(&stage, &home);
    let last = fill(&home, &mut workbench, &mut answer);
    let sent = Instant::now();
    workbench.signal(signal);
    eventually("the end", || workbench.has_ended().then_some(()));
    assert!(sent.elapsed() < SOON, "{:?}", sent.elapsed());
    workbench.read_on();
    assert_eq!(workbench.exit_code(), code);
    assert!(
        !workbench.shown().has(&last),
        "the terminal was never blocked"
    );
    let text = on_disk(&home);
    let end = text.lines().find(|l| l.contains("\"kind\":\"end\""));
    assert!(end.is_some_and(|l| l.contains("stopped")));
}

#[test]
fn term_ends_a_workbench_whose_terminal_is_blocked() {
    ends_while_blocked(Signal::TERM, 143);
}

#[test]
fn hup_ends_a_workbench_whose_terminal_is_blocked() {
    ends_while_blocked(Signal::HUP, 129);
}

#[test]
fn a_terminal_that_vanishes_ends_the_workbench_with_all_of_it_saved() {
    for is_blocked in [false, true] {
        let stage = Stage::new();
        let home = Home::asking(stage.url());
        let (mut workbench, mut answer) = asked(&stage, &home);
        if is_blocked {
            fill(&home, &mut workbench, &mut answer);
        }
        let gone = Instant::now();
        workbench.vanish();
        assert_eq!(workbench.exit_code(), 129);
        assert!(gone.elapsed() < SOON, "{:?}", gone.elapsed());
        let text = on_disk(&home);
        assert!(text.contains("it begins."));
        let end = text.lines().find(|l| l.contains("\"kind\":\"end\""));
        assert!(end.is_some_and(|l| l.contains("stopped")), "{text}");
    }
}
