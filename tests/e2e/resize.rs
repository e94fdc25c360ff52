//! Windows of any size, and storms of changes.

use crate::harness::{Home, Stage, Workbench};

#[test]
fn a_storm_of_sizes_ends_in_a_sound_screen() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (80, 24), &[]);
    workbench.send("count");
    let mut answer = stage.next();
    answer.say("the beginning\n\n");
    workbench.until_text("the beginning");
    workbench.type_text("draft");
    workbench.until_text("┃ draft");
    let sizes = [
        (1, 1),
        (200, 50),
        (19, 4),
        (20, 5),
        (500, 2),
        (2, 200),
        (40, 12),
        (1, 50),
        (120, 1),
        (33, 7),
    ];
    for round in 0..6 {
        for (columns, rows) in sizes {
            workbench.resize(columns, rows);
            answer.say(&format!("round {round} "));
        }
    }
    workbench.resize(1, 1);
    workbench.resize(80, 24);
    answer.say("\n\nthe end");
    let shown = workbench.until("the whole screen again", |s| {
        s.has("the beginning") && s.has("the end") && s.has("┃ draft") && s.has("waferdeck")
    });
    assert_eq!(shown.rows.len(), 24);
    answer.finish();
    workbench.until_gone("Esc stop");
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();
}

#[test]
fn too_small_says_so_and_recovers() {
    let home = Home::new();
    let workbench = Workbench::open(&home, (80, 24), &[]);
    workbench.resize(19, 6);
    workbench.until("the sentence", |s| s.has("too small") && s.has("need 20x5"));
    workbench.resize(1, 1);
    workbench.until("its first letter", |s| s.rows == ["t"]);
    workbench.resize(20, 5);
    workbench.until("a composer", |s| s.has("Ask something"));
    workbench.resize(80, 24);
    workbench.until_text("Try");
    workbench.quit();
    let tiny = Workbench::start(&home, (10, 3), &[]);
    tiny.until_text("too small");
    tiny.resize(60, 15);
    tiny.until_text("Ask something");
    tiny.quit();
}

#[test]
fn keys_work_at_once_after_a_resize() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (80, 24), &[]);
    let mut typed = String::new();
    for round in 0..20_u16 {
        let rows = 24 + round % 2;
        workbench.resize(80, rows);
        // Together with the signal, and after the frame that it caused.
        if round >= 10 {
            workbench.until("a frame of that size", |s| {
                s.rows.last().is_some_and(|r| r.contains("Enter send"))
            });
        }
        workbench.type_text("x");
        typed.push('x');
        workbench.until_text(&format!("┃ {typed}"));
    }
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();
}
