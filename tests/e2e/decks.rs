//! Decks: opened by name and from the list, saved, replaced, and what is wrong with one is said.

use std::fs;

use crate::harness::{Home, Workbench, eventually};

#[test]
fn a_shipped_deck_opens_without_a_key_and_answers() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (150, 30), &["--deck", "effort"]);
    let shown = workbench.until("three panes", |s| s.has("to A B C"));
    for word in ["low", "medium", "high"] {
        assert!(shown.has(word), "no {word}:\n{}", shown.text());
    }
    workbench.send("Write a haiku");
    eventually("three whole answers", || {
        let text = fs::read_to_string(home.transcripts().first()?).ok()?;
        (text.matches("\"kind\":\"end\"").count() == 3).then_some(())
    });
    workbench.until_text("Enter send");
    workbench.quit();

    let rows = Workbench::open(&home, (100, 30), &["--deck", "duel", "--layout", "rows"]);
    let shown = rows.until("two panes", |s| s.has("to A B"));
    let place = |text: &str| shown.rows.iter().position(|r| r.contains(text));
    assert!(place("A gpt-oss-120b") < place("B qwen-3.8-27b"));
    rows.quit();
}

#[test]
fn a_deck_is_saved_opened_and_replaced() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (100, 30), &["-m", "gpt-oss-120b?effort=high"]);
    let save = |workbench: &mut Workbench, name: &str| {
        workbench.key("ctrl-x");
        workbench.key("O");
        workbench.until_text("Save the arrangement as");
        workbench.type_text(name);
        workbench.key("enter");
    };
    workbench.key("ctrl-x");
    workbench.key("v");
    workbench.until_text("to A B");
    save(&mut workbench, "mine");
    workbench.until_text("deck mine is saved");
    let path = home.path("config/decks/mine.toml");
    let text = fs::read_to_string(&path).expect("a deck");
    let model = "model = \"mock/gpt-oss-120b?effort=high\"";
    assert_eq!(text.matches(model).count(), 2, "{text}");
    fs::write(&path, format!("# do not lose this\n{text}")).expect("a deck");

    // A third pane, and the deck of the same name again.
    workbench.key("ctrl-x");
    workbench.key("v");
    workbench.until_text("to A B C");
    save(&mut workbench, "mine");
    workbench.until_text("There is a deck of this name");
    workbench.key("enter");
    workbench.until_gone("There is a deck of this name");
    eventually("the deck", || {
        let text = fs::read_to_string(&path).ok()?;
        (text.matches(model).count() == 3).then_some(())
    });
    let text = fs::read_to_string(&path).expect("a deck");
    assert!(text.starts_with("# do not lose this\n"), "{text}");

    // From the list, with the draft.
    workbench.type_text("a draft");
    workbench.key("ctrl-x");
    workbench.key("o");
    workbench.until("the decks", |s| {
        s.has("Decks") && s.has("mine") && s.has("panel")
    });
    workbench.type_text("duel");
    workbench.key("enter");
    workbench.until("the duel", |s| {
        s.has("B qwen-3.8-27b") && s.has("a draft") && s.has("to A B")
    });
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();

    let again = Workbench::open(&home, (120, 30), &["--deck", "mine"]);
    again.until_text("to A B C");
    again.quit();
}

#[test]
fn a_deck_that_names_what_is_gone_opens_and_says_so() {
    let home = Home::new();
    fs::create_dir(home.path("config/decks")).expect("a directory");
    home.write(
        "config/decks/old.toml",
        "[[pane]]\nmodel = \"zai-glm-4.7\"\n\n[[pane]]\nmodel = \"nowhere/gpt-oss-120b\"\n",
    );
    let workbench = Workbench::open(&home, (90, 30), &["--deck", "old"]);
    workbench.until("both sentences", |s| {
        s.says("zai-glm-4.7 was retired on 2026-08-17, gpt-oss-120b took its place")
            && s.says("there is no profile nowhere: mock/gpt-oss-120b is asked instead")
    });
    workbench.until_text("B gpt-oss-120b");
    workbench.quit();
}

#[test]
fn a_deck_that_cannot_be_opened_stops_with_a_usage_error() {
    let home = Home::new();
    fs::create_dir(home.path("config/decks")).expect("a directory");
    home.write("config/decks/bad.toml", "[[pane]]\nmodel = 3\n");
    for (args, said) in [
        (
            &["--deck", "nothing"][..],
            "no such deck (there are: bad, duel, effort, panel)",
        ),
        (&["--deck", "bad"], "decks/bad.toml:2:9"),
        (
            &["--deck", "duel", "-m", "gpt-oss-120b"],
            "cannot be used with",
        ),
        (&["--layout", "spiral"], "columns, rows, grid, tabs"),
    ] {
        let mut workbench = Workbench::start(&home, (110, 30), args);
        assert_eq!(workbench.exit_code(), 2, "{args:?}");
        let shown = workbench.shown();
        assert!(shown.says(said), "{args:?}:\n{}", shown.text());
    }
    // In the list it says why.
    let mut workbench = Workbench::open(&home, (110, 30), &[]);
    workbench.key("ctrl-x");
    workbench.key("o");
    workbench.until_text("cannot be used");
    workbench.key("enter");
    workbench.until("the place", |s| s.says("decks/bad.toml:2:9"));
    workbench.quit();
}
