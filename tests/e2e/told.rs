//! What a person got wrong is told before it costs a request: models, profiles, parameters, files and ids.
//! The sentences are read where a person reads them: on standard error, or on screen.

use std::{fs, os::unix::fs::symlink};

use crate::harness::{Home, Workbench};

/// Writes a file beside `config.toml`.
fn put(home: &Home, name: &str, text: &str) {
    let path = home.path("config").join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

#[test]
fn the_check_looks_at_what_lies_beside_the_file_too() {
    let home = Home::with_config("[ui]\nsidebar = false\n");
    home.run(&["config", "check"]).exits(0);
    put(
        &home,
        "decks/bad.toml",
        "[[pane]]\nmodel = \"m?system=absent\"\n",
    );
    put(
        &home,
        "prompts/x.md",
        "---\ntemprature: 0.1\n---\nBe brief.\n",
    );
    put(&home, "themes/odd.toml", "[roles]\ntext = \"no colour\"\n");
    let ran = home.run(&["config", "check"]).exits(7);
    for part in [
        "bad.toml:2",
        "system=absent: no such prompt",
        "did you mean temperature?",
        "odd.toml:2",
    ] {
        assert!(ran.stderr.contains(part), "no {part}:\n{}", ran.stderr);
    }
}

#[test]
fn a_link_to_nothing_is_called_one() {
    let home = Home::with_config("");
    for (folder, end) in [("decks", "toml"), ("prompts", "md"), ("themes", "toml")] {
        let folder = home.path("config").join(folder);
        fs::create_dir_all(&folder).expect("a folder");
        symlink("nowhere", folder.join(format!("dang.{end}"))).expect("a link");
    }
    let told = |args: &[&str], exit: i32| {
        let ran = home.run(args).exits(exit);
        assert!(
            ran.stderr.contains("is a link to nothing"),
            "{}",
            ran.stderr
        );
        ran
    };
    told(&["ask", "-m", "gpt-oss-120b?system=dang", "hi"], 2);
    let themes = told(&["config", "themes"], 0).stdout;
    let row = themes.lines().find(|l| l.starts_with("dang"));
    let row = row.expect("it is listed");
    assert!(
        row.contains("dang.toml") && !row.contains("built in"),
        "{row}"
    );
    let check = told(&["config", "check"], 7).stderr;
    assert_eq!(check.matches("is a link to nothing").count(), 3, "{check}");
}

#[test]
fn what_would_be_refused_is_told_before_it_is() {
    let home = Home::new();
    let ran = home.run(&["ask", "-m", "nope/gpt-oss-120b", "hi"]);
    assert!(
        ran.stderr
            .contains("there is no profile nope (there are: cerebras, mock), so mock is asked"),
        "{}",
        ran.stderr
    );
    let ran = home.run(&["ask", "-m", "gpt-oss-120b?effort=none", "hi"]);
    assert!(
        ran.stderr
            .contains("gpt-oss-120b does not take effort=none"),
        "{}",
        ran.stderr
    );
    let ran = home.run(&["-r", "1a2b", "-m", "mock-gpu-50"]).exits(2);
    assert!(ran.stderr.contains("cannot be used with"), "{}", ran.stderr);
}

#[test]
fn a_deck_whose_model_is_gone_says_so_when_it_opens() {
    let home = Home::new();
    put(
        &home,
        "decks/gone.toml",
        "[[pane]]\nmodel = \"no-such-model\"\n",
    );
    let workbench = Workbench::open(&home, (140, 30), &["--deck", "gone"]);
    workbench.until_text("A: mock does not offer no-such-model now");
    workbench.quit();
}

#[test]
fn digits_out_of_the_end_of_an_id_lead_to_it() {
    let home = Home::new();
    home.run(&["ask", "hi"]).exits(0);
    let list = home.run(&["history", "list", "--json"]).exits(0).json();
    let text = list.to_string();
    let id = list[0]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("no id: {text}"));
    let end = id.get(id.len() - 8..).expect("digits");
    let part = end.get(1..7).expect("digits");
    let ran = home.run(&["history", "show", part]).exits(2);
    assert!(
        ran.stderr.contains(&format!("did you mean {end}?")),
        "{}",
        ran.stderr
    );
}
