//! Prompts and answers: sent, streamed, stopped, asked again, edited.
//! How they are kept is the matter of `crash` and `sessions`.

use crate::harness::{Home, Stage, Workbench};

#[test]
fn an_answer_comes_with_its_figures_beside_it() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (120, 40), &[]);
    workbench.send("Write a stable merge sort in Rust");
    let shown = workbench.until_text("tokens · TTFT");
    for figure in [
        "SPEED",
        "server",
        "peak",
        "wall",
        "LATENCY",
        "TTFT",
        "first answer",
        "TPOT",
        "TOKENS",
        "reasoning",
        "TIME",
        "queue",
        "prompt",
        "generation",
        "network",
        "COST",
        "MOCK",
    ] {
        assert!(shown.has(figure), "{figure}\n{}", shown.text());
    }
    let title = shown.rows.first().expect("a title");
    assert!(
        title.contains("Write a stable merge sort in Rust"),
        "{title}"
    );
    workbench.quit();
}

#[test]
fn text_is_shown_while_it_comes() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("count");
    let mut answer = stage.next();
    assert_eq!(answer.prompt(), "count");
    assert_eq!(answer.request["stream"], true);
    answer.say("one **two");
    workbench.until("the first words", |s| s.has("one") && s.has("two"));
    workbench.until_text("Esc stop");
    answer.say("** three\n\n```rust\nfn four() {");
    workbench.until_text("fn four() {");
    // What is sent meanwhile waits, and can be taken back.
    workbench.send("more");
    workbench.until_text("1 queued: more");
    workbench.bytes(b"\x1b[1;3A");
    workbench.until_gone("1 queued");
    answer.say("}\n```\n");
    answer.finish();
    workbench.until_gone("Esc stop");
    workbench.until_text("┃ more");
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();
}

#[test]
fn esc_keeps_what_came_and_the_next_prompt_works() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("first");
    let mut answer = stage.next();
    answer.say("half of it");
    workbench.until_text("half of it");
    workbench.key("esc");
    workbench.until_text("stopped by you");
    answer.until_hung_up();
    assert!(workbench.shown().has("half of it"));
    workbench.send("second");
    let answer = stage.next();
    let messages = answer.request["messages"].as_array().expect("messages");
    let sent: Vec<_> = messages.iter().map(|m| m["content"].as_str()).collect();
    assert_eq!(sent, [Some("first"), Some("half of it"), Some("second")]);
    answer.answer("all of it");
    workbench.until("the second answer", |s| {
        s.has("half of it") && s.has("all of it") && !s.has("Esc stop")
    });
    workbench.quit();
}

#[test]
fn an_answer_is_stopped_before_its_first_word() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("first");
    let answer = stage.next();
    workbench.key("ctrl-c");
    workbench.until_text("stopped by you");
    answer.until_hung_up();
    workbench.quit();
}

#[test]
fn asking_again_adds_an_answer_and_brackets_change_between_them() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("which?");
    stage.next().answer("the left one");
    workbench.until_text("the left one");
    workbench.until_gone("Esc stop");
    workbench.key("tab");
    workbench.until_text("v select");
    workbench.key("r");
    let answer = stage.next();
    assert_eq!(answer.prompt(), "which?");
    answer.answer("the right one");
    workbench.until_text("answer 2 of 2");
    assert!(!workbench.shown().has("the left one"));
    workbench.key("[");
    workbench.until("the first answer", |s| {
        s.has("the left one") && !s.has("the right one")
    });
    workbench.key("]");
    workbench.until_text("the right one");
    workbench.key("q");
    let mut workbench = workbench;
    assert_eq!(workbench.exit_code(), 0);
    workbench.assert_given_back();
}

#[test]
fn an_edited_prompt_forks_and_keeps_the_old_turn() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("apples");
    stage.next().answer("about apples");
    workbench.until_text("about apples");
    workbench.until_gone("Esc stop");
    workbench.key("tab");
    workbench.until_text("v select");
    workbench.key("e");
    workbench.until_text("edits the last prompt");
    workbench.send(" and pears");
    let answer = stage.next();
    assert_eq!(answer.prompt(), "apples and pears");
    assert_eq!(answer.request["messages"].as_array().map(Vec::len), Some(1));
    answer.answer("about both");
    workbench.until("the fork", |s| {
        s.has("about both") && !s.has("about apples")
    });
    workbench.quit();
    let transcript = home.transcripts();
    let text = std::fs::read_to_string(transcript.first().expect("a transcript")).expect("text");
    assert!(text.contains("about apples") && text.contains("about both"));
}
