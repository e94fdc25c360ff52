//! Panes come back as they stood: after a kill, on a smaller screen, and from a transcript that was damaged.

use std::fs;

use crate::harness::{Home, Stage, Workbench, eventually};

const PANES: [&str; 6] = [
    "-m",
    "gpt-oss-120b?effort=low",
    "-m",
    "gpt-oss-120b?effort=high",
    "-m",
    "qwen-3.8-27b",
];

/// The text of the one transcript.
fn transcript(home: &Home) -> String {
    let transcripts = home.transcripts();
    assert_eq!(transcripts.len(), 1, "{transcripts:?}");
    fs::read_to_string(&transcripts[0]).expect("a transcript")
}

/// Three panes, each with an answer of its own; rows, the second pane larger and in focus, the third muted, a draft.
/// Killed when all of it is on disk.
fn killed(home: &Home, stage: &Stage) {
    let mut workbench = Workbench::open(home, (120, 36), &PANES);
    workbench.send("to everybody");
    for _ in 0..3 {
        let answer = stage.next();
        let text = match (
            &answer.request["model"],
            &answer.request["reasoning_effort"],
        ) {
            (model, _) if model == "qwen-3.8-27b" => "from qwen",
            (_, effort) if effort == "low" => "from little thought",
            _ => "from much thought",
        };
        answer.answer(text);
    }
    workbench.until("three answers", |s| {
        s.has("from qwen") && s.has("from little thought") && s.has("from much thought")
    });
    workbench.key("tab");
    for key in ["3", "m", "2", "+", "+", "tab"] {
        workbench.key(key);
    }
    for key in ["ctrl-x", "space"] {
        workbench.key(if key == "space" { " " } else { key });
    }
    workbench.until_text("panes as rows");
    workbench.type_text("left unsent");
    workbench.until_text("left unsent");
    eventually("the arrangement on disk", || {
        let layout = transcript(home);
        let layout = layout.lines().rfind(|l| l.contains("\"layout\""))?;
        ["\"rows\"", "\"weight\":10", "\"muted\":true", "\"focus\":1"]
            .iter()
            .all(|part| layout.contains(part))
            .then_some(())
    });
    eventually("the draft on disk", || {
        let drafts = home.files("data").into_iter();
        let mut drafts = drafts.filter(|f| f.parent().is_some_and(|p| p.ends_with("drafts")));
        let draft = fs::read_to_string(drafts.next()?).ok()?;
        draft.contains("left unsent").then_some(())
    });
    workbench.kill9();
}

#[test]
fn three_panes_come_back_after_a_kill() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    killed(&home, &stage);

    let mut again = Workbench::open(&home, (120, 36), &["-r"]);
    let shown = again.until("all three", |s| {
        s.has("from qwen")
            && s.has("from little thought")
            && s.has("from much thought")
            && s.has("left unsent")
    });
    let place = |text: &str| {
        let found = shown.rows.iter().position(|r| r.contains(text));
        found.unwrap_or_else(|| panic!("{text} is not shown:\n{}", shown.text()))
    };
    assert!(
        place("from little thought") < place("from much thought")
            && place("from much thought") < place("from qwen"),
        "they stand as rows:\n{}",
        shown.text()
    );
    // The muted pane is passed by, the others are asked as before.
    again.key("enter");
    let mut efforts: Vec<_> = (0..2)
        .map(|_| {
            let answer = stage.next();
            assert_eq!(answer.prompt(), "left unsent");
            let messages = answer.request["messages"].as_array().expect("messages");
            assert_eq!(messages.len(), 3, "the talk goes on");
            let effort = answer.request["reasoning_effort"].to_string();
            answer.answer("and more");
            effort
        })
        .collect();
    efforts.sort();
    assert_eq!(efforts, ["\"high\"", "\"low\""]);
    again.until("the answers", |s| {
        s.rows.iter().filter(|r| r.contains("and more")).count() == 2
    });
    again.quit();
}

#[test]
fn three_panes_come_back_on_a_small_screen() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    killed(&home, &stage);
    let mut again = Workbench::open(&home, (60, 15), &["-r"]);
    again.until("the pane in focus and the draft", |s| {
        s.has("from much thought") && s.has("left unsent")
    });
    again.key("alt-1");
    again.until_text("from little thought");
    again.key("alt-3");
    again.until_text("from qwen");
    // And what the small screen made of it was not written down.
    again.resize(120, 36);
    again.until("all three", |s| {
        s.has("from qwen") && s.has("from little thought") && s.has("from much thought")
    });
    again.key("ctrl-c");
    again.until_gone("left unsent");
    again.quit();
}

#[test]
fn a_damaged_arrangement_shows_what_there_is() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    killed(&home, &stage);
    let path = home.transcripts().remove(0);
    let text = fs::read_to_string(&path).expect("a transcript");
    // Every line with an arrangement loses its checksum's truth.
    let damaged: String = text
        .lines()
        .map(|line| line.replace("\"kind\":\"layout\"", "\"kind\":\"layuot\"") + "\n")
        .collect();
    assert_ne!(damaged, text);
    fs::write(&path, damaged).expect("a transcript");
    let again = Workbench::open(&home, (120, 36), &["-r"]);
    again.until("every conversation", |s| {
        s.has("from qwen") && s.has("from little thought") && s.has("from much thought")
    });
    again.until("what happened", |s| s.says("damaged record"));
    drop(again);
}

#[test]
fn a_profile_that_is_gone_is_replaced_and_told() {
    let stage = Stage::new();
    let settings = format!(
        "default_profile = \"local\"\n[providers.local]\nbase_url = \"{}/v1\"\nauth = \"none\"\nmodel = \"own\"\n",
        stage.url()
    );
    let home = Home::with_config(&settings);
    let args = ["-m", "local/own", "-m", "mock/qwen-3.8-27b"];
    let mut workbench = Workbench::open(&home, (120, 30), &args);
    workbench.key("ctrl-x");
    workbench.key("a");
    workbench.until_text("solo");
    workbench.send("remember this");
    stage.next().answer("it is remembered");
    workbench.until("the answer", |s| {
        s.has("it is remembered") && s.has("Enter send")
    });
    workbench.quit();

    home.write("config/config.toml", "");
    let again = Workbench::open(&home, (120, 30), &["-r"]);
    again.until("the talk, and what is asked now", |s| {
        s.has("it is remembered")
            && s.says(
                "A: there is no profile local: mock/gpt-oss-120b is asked instead of local/own",
            )
            && s.has("B qwen-3.8-27b")
    });
    again.quit();
}

#[test]
fn a_model_that_was_retired_is_told_at_the_start() {
    let home = Home::new();
    let workbench = Workbench::open(&home, (90, 30), &["-m", "llama3.1-8b"]);
    workbench.until("the sentence", |s| {
        s.says("llama3.1-8b was retired on 2026-05-27, gpt-oss-120b took its place: choose with Ctrl-X m")
    });
    workbench.quit();
}
