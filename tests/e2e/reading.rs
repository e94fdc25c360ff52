//! Reading while text comes: following, scrolling away, coming back; folded reasoning.

use crate::harness::{Answering, Home, Shown, Stage, Workbench};

fn say_lines(answer: &mut Answering, numbers: std::ops::RangeInclusive<u32>) {
    for number in numbers {
        answer.say(&format!("line {number:03}\n\n"));
    }
}

#[test]
fn following_yields_to_the_reader_and_comes_back() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (60, 16), &[]);
    workbench.send("count");
    let mut answer = stage.next();
    say_lines(&mut answer, 1..=60);
    workbench.until_text("line 060");
    workbench.key("pgup");
    let before = workbench.until("an earlier page", |s| {
        !s.has("line 060") && s.has("line 05")
    });
    // Without badge and scroll bar, which lie over the end of a row.
    let lines = |shown: &Shown| -> Vec<String> {
        let rows = shown
            .rows
            .iter()
            .map(|r| r.trim_end_matches("┃").trim().to_owned());
        rows.filter(|r| r.starts_with("line ")).collect()
    };
    say_lines(&mut answer, 61..=120);
    let after = workbench.until("the badge", |s| {
        // Sixty lines with a blank between them.
        let badge = s.row_with("▼").and_then(|r| r.split("▼ ").nth(1));
        let count = badge.and_then(|b| b.split(' ').next());
        count
            .and_then(|c| c.parse().ok())
            .is_some_and(|c: u32| c >= 120)
    });
    let seen = lines(&after);
    assert_eq!(seen, lines(&before), "the view moved");
    answer.finish();
    workbench.until_gone("Esc stop");
    assert_eq!(
        lines(&workbench.shown()),
        lines(&before),
        "the end moved it"
    );
    workbench.key("tab");
    workbench.until_text("v select");
    workbench.key("G");
    workbench.until("the end", |s| s.has("line 120") && !s.has("▼"));
    workbench.key("g");
    workbench.until("the start", |s| s.has("line 001"));
    workbench.key("end");
    workbench.until_text("line 120");
    workbench.key("q");
    assert_eq!(workbench.exit_code(), 0);
}

#[test]
fn reasoning_folds_by_itself_and_by_key() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (80, 24), &[]);
    workbench.send("why?");
    let mut answer = stage.next();
    answer.think("Let me see what is asked.");
    workbench.until_text("Let me see what is asked.");
    workbench.until_text("▾ reasoning");
    answer.say("Because.");
    workbench.until("the answer with folded reasoning", |s| {
        s.has("Because.") && s.has("▸ reasoning") && !s.has("Let me see")
    });
    answer.finish();
    workbench.until_gone("Esc stop");
    workbench.key("tab");
    workbench.until_text("v select");
    workbench.key("t");
    workbench.until_text("Let me see what is asked.");
    workbench.key("t");
    workbench.until_gone("Let me see what is asked.");
    workbench.key("u");
    workbench.until_text("source");
    workbench.key("q");
    assert_eq!(workbench.exit_code(), 0);
}
