//! Writing prompts: several lines, pastes, earlier prompts.
//! That Enter sends is shown in `talk`.

use crate::harness::{Home, Stage, Workbench};

#[test]
fn newline_keys_and_pastes_never_send() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (80, 24), &[]);
    workbench.type_text("line one");
    workbench.key("ctrl-j");
    workbench.type_text("line two");
    workbench.key("alt-enter");
    workbench.type_text("line three\\");
    workbench.key("enter");
    workbench.paste("line four\nline five\n");
    workbench.type_text("line six");
    let shown = workbench.until("six lines", |s| {
        ["one", "two", "three", "four", "five", "six"]
            .iter()
            .all(|n| s.has(&format!("┃ line {n}")))
    });
    assert!(shown.has("new session"), "something was sent");
    workbench.key("enter");
    let answer = stage.next();
    let lines: Vec<_> = answer.prompt().lines().collect();
    assert_eq!(
        lines,
        [
            "line one",
            "line two",
            "line three",
            "line four",
            "line five",
            "line six"
        ]
    );
    answer.answer("thanks");
    workbench.until_text("thanks");
    workbench.until_gone("Esc stop");
    workbench.quit();
}

#[test]
fn earlier_prompts_come_back_also_in_another_session() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (80, 24), &[]);
    for prompt in ["first prompt", "second prompt"] {
        workbench.send(prompt);
        stage.next().answer(&format!("yes to the {prompt}"));
        workbench.until("the whole answer", |s| {
            s.has(&format!("yes to the {prompt}")) && s.has("Enter send")
        });
    }
    workbench.type_text("a draft");
    workbench.until_text("┃ a draft");
    workbench.key("up");
    composes(&workbench, "second prompt");
    workbench.key("up");
    composes(&workbench, "first prompt");
    workbench.key("down");
    composes(&workbench, "second prompt");
    workbench.key("down");
    composes(&workbench, "a draft");
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();

    let mut later = Workbench::open(&home, (80, 24), &[]);
    for prompt in ["a draft", "second prompt", "first prompt"] {
        later.key("up");
        composes(&later, prompt);
    }
}

#[test]
fn large_pastes_are_taken_attached_or_refused_with_a_word() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (80, 24), &[]);
    workbench.paste(&"a line of a log\n".repeat(5_000));
    workbench.type_text("tail");
    workbench.until_text("┃ tail");
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    // What is longer than text that one edits goes along with it.
    workbench.paste(&"a line of a log\n".repeat(1 << 17));
    workbench.type_text("still here");
    workbench.until("a word about it", |s| {
        s.has("┃ still here") && s.has("┃ [1] pasted text · 2.0 MiB, 131,072 lines")
    });
    workbench.paste(&"x".repeat((16 << 20) + 1));
    workbench.until("a refusal", |s| {
        s.says("that paste was not taken") && s.has("┃ still here")
    });
    workbench.key("ctrl-x");
    workbench.key("D");
    workbench.until_gone("┃ [1] pasted text");
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();
}

/// Waits until the composer, the last rows but one, holds this text.
#[track_caller]
fn composes(workbench: &Workbench, text: &str) {
    workbench.until(&format!("{text:?} in the composer"), |s| {
        let row = s.rows.iter().rev().nth(1);
        row.is_some_and(|r| r.trim() == format!("┃ {text}"))
    });
}
