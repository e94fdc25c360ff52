//! What lies over the screen: help, palette, pickers, the question before leaving.

use crate::harness::{Home, Stage, Workbench};

#[test]
fn help_opens_scrolls_and_closes() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (100, 20), &[]);
    workbench.key("?");
    workbench.until("help", |s| s.has("Keys") && s.has("send the prompt"));
    for _ in 0..4 {
        workbench.key("pgdn");
    }
    workbench.until_text("leave waferdeck");
    workbench.key("esc");
    workbench.until_gone("Keys");
    // With a draft it is a character.
    workbench.type_text("why?");
    workbench.until_text("┃ why?");
    workbench.key("f1");
    workbench.until_text("Keys");
    workbench.key("f1");
    workbench.until_gone("Keys");
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();
}

#[test]
fn the_palette_finds_and_does() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (120, 30), &[]);
    workbench.until_text("published speed");
    workbench.key("ctrl-p");
    workbench.until("the palette", |s| {
        s.has("Palette") && s.has("send the prompt")
    });
    workbench.type_text("sidebar");
    workbench.until("one action", |s| {
        s.has("show or hide the sidebar") && !s.has("send the prompt")
    });
    workbench.key("enter");
    workbench.until("no sidebar", |s| {
        !s.has("published speed") && !s.has("Palette")
    });
    workbench.key("ctrl-p");
    workbench.until_text("Palette");
    workbench.type_text("zzzz");
    workbench.until_text("no action matches");
    workbench.key("esc");
    workbench.until_gone("no action matches");
    workbench.quit();
}

#[test]
fn the_model_picker_changes_who_is_asked() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (100, 30), &[]);
    workbench.key("ctrl-x");
    workbench.key("m");
    workbench.until("models", |s| s.has("Model") && s.has("mock-gpu-50"));
    workbench.type_text("qwen");
    workbench.until("one model", |s| {
        s.has("qwen-3.8-27b") && !s.has("mock-gpu-50")
    });
    workbench.key("enter");
    workbench.until_text("A asks qwen-3.8-27b from now on");
    workbench.send("hello");
    workbench.until("its answer", |s| {
        s.has("qwen-3.8-27b · mock") && s.has("tokens")
    });
    workbench.quit();
}

#[test]
fn earlier_prompts_are_searched() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (80, 24), &[]);
    for prompt in ["about rivers", "about hills"] {
        workbench.send(prompt);
        stage.next().answer(&format!("so much {prompt}"));
        workbench.until("the answer", |s| {
            s.has(&format!("so much {prompt}")) && s.has("Enter send")
        });
    }
    workbench.key("ctrl-r");
    workbench.until_text("Earlier prompts");
    workbench.type_text("riv");
    workbench.until_text("riv");
    workbench.key("enter");
    workbench.until("the prompt to send again", |s| {
        !s.has("Earlier prompts")
            && s.rows
                .iter()
                .rev()
                .nth(1)
                .is_some_and(|r| r.contains("about rivers"))
    });
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();
}

#[test]
fn leaving_while_an_answer_streams_asks_first() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (80, 24), &[]);
    workbench.send("go");
    let mut answer = stage.next();
    answer.say("some words");
    workbench.until_text("some words");
    workbench.key("ctrl-d");
    workbench.until_text("Leave?");
    workbench.key("esc");
    workbench.until_gone("Leave?");
    workbench.key("ctrl-d");
    workbench.until_text("Leave?");
    workbench.key("enter");
    assert_eq!(workbench.exit_code(), 0);
    workbench.assert_given_back();
    answer.until_hung_up();
    let listed = home.run(&["history", "list", "--json"]).exits(0).json();
    let id = listed[0]["id"].as_str().expect("a session");
    let session = home.run(&["history", "show", id, "--json"]).exits(0).json();
    let answer = &session["conversations"][0]["turns"][0]["answers"][0];
    assert_eq!(answer["content"], "some words");
    assert_eq!(answer["state"], "stopped");
}
