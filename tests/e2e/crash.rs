//! `kill -9`: what was on screen comes back, as reliability's first promise says.

use std::{fs, time::Duration};

use serde_json::Value;

use crate::harness::{Home, Stage, Workbench, eventually, hold};

/// Text that may be lost, by its age.
const LOSS: Duration = Duration::from_millis(250);
/// Drafts are kept within this time of a change.
const DRAFT_DELAY: Duration = Duration::from_secs(1);

#[test]
fn a_kill_in_the_middle_of_an_answer_loses_at_most_a_quarter_second() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("a question to keep");
    let mut answer = stage.next();
    for number in 0..40 {
        answer.say(&format!("w{number:02} "));
    }
    workbench.until_text("w39");
    // What is on screen now must be on disk this much later, whatever the machine does meanwhile.
    hold(LOSS, || {});
    answer.say("and a last word");
    workbench.until_text("and a last word");
    workbench.kill9();
    drop(answer);

    let session = only_session(&home);
    let turn = &session["conversations"][0]["turns"][0];
    assert_eq!(turn["text"], "a question to keep");
    let kept = turn["answers"][0]["content"].as_str().expect("text");
    assert!(kept.contains("w00") && kept.contains("w39"), "{kept:?}");
    assert_eq!(turn["answers"][0]["state"], "cut_short");

    let mut again = Workbench::open(&home, (100, 24), &["-r"]);
    again.until("all of it, marked", |s| {
        s.has("┃ a question to keep")
            && s.has("w39")
            && s.says("cut short: the program ended before the answer did")
    });
    again.key("tab");
    again.until_text("v select");
    again.key("r");
    stage.next().answer("whole this time");
    again.until("the new answer", |s| {
        s.has("whole this time") && s.has("answer 2 of 2")
    });
    again.key("q");
    assert_eq!(again.exit_code(), 0);
}

#[test]
fn a_large_paste_survives_a_kill_and_is_sent_whole() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    let log = "an entry of a log\n".repeat(580_000);
    workbench.paste(&log);
    let chip = "[1] pasted text · 10.0 MiB, 580,000 lines";
    workbench.until_text(chip);
    workbench.type_text("What is wrong?");
    workbench.until_text("┃ What is wrong?");
    eventually("the draft on disk", || {
        let files = home.files("data/drafts");
        let texts = files.iter().map(fs::read_to_string);
        let is_whole = texts.flatten().any(|t| t.contains("What is wrong?"));
        // Text, what goes along, and the lock of who writes them.
        (files.len() == 3 && is_whole).then_some(())
    });
    workbench.kill9();

    let mut again = Workbench::open(&home, (100, 24), &[]);
    again.until("the draft", |s| s.has(chip) && s.has("┃ What is wrong?"));
    again.key("enter");
    let answer = stage.next();
    let expected = format!("What is wrong?\n\npasted text:\n\n```\n{log}```");
    assert!(answer.prompt() == expected, "all of it is asked");
    answer.answer("nothing");
    again.until("the whole turn", |s| {
        s.has("nothing") && s.has(chip) && s.has("Enter send")
    });
    eventually("no draft any more", || {
        home.files("data/drafts").is_empty().then_some(())
    });
    again.quit();

    let session = only_session(&home);
    let turn = &session["conversations"][0]["turns"][0];
    assert!(turn["text"] == *expected);
    assert_eq!(turn["attachments"][0]["name"], "pasted text");
    let resumed = Workbench::open(&home, (100, 24), &["-r"]);
    resumed.until("the turn", |s| s.has("nothing") && s.has(chip));
    resumed.quit();
}

#[test]
fn a_kill_before_the_first_word_keeps_the_prompt() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("only a question");
    // The prompt is on disk before its request is out.
    let answer = stage.next();
    workbench.kill9();
    drop(answer);
    let session = only_session(&home);
    let turn = &session["conversations"][0]["turns"][0];
    assert_eq!(turn["text"], "only a question");
    assert_eq!(turn["answers"][0]["state"], "failed");
}

#[test]
fn a_draft_survives_a_kill_once_it_is_a_second_old() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("hello");
    stage.next().answer("hello to you");
    workbench.until("the answer", |s| {
        s.has("hello to you") && s.has("Enter send")
    });
    workbench.type_text("half a thou");
    workbench.until_text("┃ half a thou");
    hold(DRAFT_DELAY, || {});
    eventually("the draft on disk", || {
        let mut files = home.files("data").into_iter();
        files.find(|f| fs::read_to_string(f).is_ok_and(|t| t.contains("half a thou")))
    });
    workbench.kill9();
    let again = Workbench::open(&home, (100, 24), &["-r"]);
    again.until("answer and draft", |s| {
        s.has("hello to you") && s.has("┃ half a thou")
    });
}

/// The session that is kept, as `history show --json` prints it.
fn only_session(home: &Home) -> Value {
    let listed = home.run(&["history", "list", "--json"]).exits(0).json();
    let sessions = listed.as_array().expect("a list");
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    let id = sessions[0]["id"].as_str().expect("an id");
    home.run(&["history", "show", id, "--json"]).exits(0).json()
}

#[test]
fn a_draft_without_a_session_is_back_at_the_next_start() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.type_text("a precious thought");
    workbench.until_text("┃ a precious thought");
    eventually("the draft on disk", || {
        let files = home.files("data/drafts");
        let read = |path: &std::path::PathBuf| std::fs::read_to_string(path).unwrap_or_default();
        // What is being written has another name until it is whole.
        let whole = files
            .iter()
            .filter(|f| f.extension().is_some_and(|e| e == "json"));
        let mut texts = whole.map(read);
        texts
            .any(|text| text.contains("a precious thought"))
            .then_some(())
    });
    workbench.kill9();
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.until("the draft", |s| {
        s.has("┃ a precious thought") && s.says("what you were writing when you left is back")
    });
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();
}
