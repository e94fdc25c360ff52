//! Programs that the workbench starts: what they are not told, and what is left of them however they end.
//! What an editor does with the draft is `clipboard`'s.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use rustix::process::{Pid, Signal, test_kill_process};

use crate::harness::{Home, Sequence, Stage, Workbench, eventually, hold, sequences};

const CANARY: &str = "csk-canary-0123456789";

/// A home whose editor is this script, which gets the draft as `$1`, and whose temporary files are its own.
fn editing_with(script: &str) -> Home {
    let mut home = Home::new();
    let path = home.write("work/editor", script);
    home.set("EDITOR", format!("sh '{}'", path.display()));
    fs::create_dir(home.path("tmp")).expect("a directory");
    home.set("TMPDIR", home.path("tmp"));
    home
}

/// With a desktop whose clipboard is this script.
fn copying_with(mut home: Home, script: &str) -> Home {
    let helper = home.write("work/xclip", &format!("#!/bin/sh\n{script}"));
    fs::set_permissions(helper, fs::Permissions::from_mode(0o755)).expect("a mode");
    let path = std::env::var("PATH").unwrap_or_default();
    home.set("PATH", format!("{}:{path}", home.path("work").display()));
    home.set("DISPLAY", ":99");
    home
}

/// The workbench with its draft open in the editor, which said `ready`.
fn visited(home: &Home) -> Workbench {
    let mut workbench = Workbench::open(home, (100, 24), &[]);
    workbench.type_text("a draft");
    workbench.until_text("┃ a draft");
    workbench.key("ctrl-g");
    workbench.until_text("ready");
    workbench
}

/// The process whose number a script wrote into `work/pid` does not exist any more.
#[track_caller]
fn assert_gone(home: &Home) {
    let written = fs::read_to_string(home.path("work/pid")).expect("a number");
    let pid = written.trim().parse().ok().and_then(Pid::from_raw);
    let found = test_kill_process(pid.expect("a process"));
    assert_eq!(found, Err(rustix::io::Errno::SRCH), "the editor lives on");
}

fn drafts(home: &Home) -> Vec<PathBuf> {
    fs::read_dir(home.path("tmp"))
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .collect()
}

#[test]
fn no_program_is_told_the_key() {
    let mut home = copying_with(
        editing_with("env > editor-env\necho ready\nread -r line\n"),
        "env > helper-env\ncat > copied\n",
    );
    let stage = Stage::new();
    home.write(
        "config/config.toml",
        "[providers.cerebras]\nmodel = \"gpt-oss-120b\"\n\
         [providers.other]\nbase_url = \"https://other.example/v1\"\napi_key_env = \"OTHER_KEY\"\n",
    );
    home.set("CEREBRAS_BASE_URL", stage.url());
    home.set("CEREBRAS_API_KEY", CANARY);
    home.set("OTHER_KEY", CANARY);
    home.set("KEPT", "told");
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("a question");
    stage.next().answer("an answer\u{1b}[2J");
    workbench.until("the answer", |s| s.has("an answer") && s.has("Enter send"));
    workbench.key("ctrl-g");
    workbench.until_text("ready");
    workbench.key("enter");
    workbench.until_text("Ask something");
    workbench.key("tab");
    workbench.key("y");
    workbench.until_text("answer copied with xclip");
    workbench.key("tab");
    workbench.quit();
    let copied = fs::read_to_string(home.path("work/copied")).expect("a copy");
    assert_eq!(copied, "an answer␛[2J", "what is copied is safe");
    for name in ["work/editor-env", "work/helper-env"] {
        let told = fs::read_to_string(home.path(name)).expect("an environment");
        assert!(told.contains("KEPT=told"), "{told}");
        assert!(!told.contains(CANARY), "{name} holds the key");
    }
}

#[test]
fn an_editor_does_not_outlive_a_workbench_that_is_hung_up() {
    let home = editing_with("stty raw -echo\necho $$ > pid\necho ready\nread -r line\n");
    let mut workbench = visited(&home);
    workbench.signal(Signal::HUP);
    assert_eq!(workbench.exit_code(), 129);
    assert_gone(&home);
    assert_eq!(drafts(&home), [""; 0].map(PathBuf::from));
    workbench.assert_given_back();
}

#[test]
fn an_editor_that_will_not_go_is_ended_and_what_it_saved_is_kept() {
    let home = editing_with(
        "trap '' TERM HUP\nstty raw -echo\necho ' and on' >> \"$1\"\necho $$ > pid\necho ready\n\
         while read -r line; do :; done\n",
    );
    let mut workbench = visited(&home);
    workbench.signal(Signal::TERM);
    assert_eq!(workbench.exit_code(), 143);
    assert_gone(&home);
    workbench.assert_given_back();
    let kept = drafts(&home);
    let [folder] = kept.as_slice() else {
        panic!("one draft is kept: {kept:?}");
    };
    let draft = folder.join("draft.md");
    let text = fs::read_to_string(&draft).expect("the draft");
    assert_eq!(text, "a draft\n and on\n");
    let unwrapped: String = workbench.shown().rows.concat();
    let path = draft.display().to_string();
    assert!(unwrapped.contains(&path), "{unwrapped}");
}

#[test]
fn an_editor_that_leaves_at_once_gives_its_text_to_the_draft() {
    let home = editing_with(
        "trap 'exit 0' TERM\necho ' and on' >> \"$1\"\necho ready\nwhile read -r line; do :; done\n",
    );
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("a question");
    workbench.until("an answer", |s| {
        s.has("tokens · TTFT") && s.has("Enter send")
    });
    workbench.type_text("a draft");
    workbench.until_text("┃ a draft");
    workbench.key("ctrl-g");
    workbench.until_text("ready");
    workbench.signal(Signal::TERM);
    assert_eq!(workbench.exit_code(), 143);
    assert_eq!(drafts(&home), [""; 0].map(PathBuf::from));
    let mut again = Workbench::open(&home, (100, 24), &["-r"]);
    again.until("the draft", |s| s.has("┃ a draft") && s.has("┃  and on"));
    again.key("ctrl-c");
    again.until_text("Ask something");
    again.quit();
}

#[test]
fn an_editor_that_dies_in_raw_mode_leaves_a_sane_terminal() {
    let home = editing_with("stty raw -echo\nkill -9 $$\n");
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.key("ctrl-g");
    workbench.until("the reason", |s| s.says("sh was stopped by a signal"));
    workbench.quit();
}

/// What was asked of the terminal's clipboard.
fn copies(workbench: &Workbench) -> usize {
    let said = sequences(&workbench.raw());
    let is_copy = |s: &&Sequence| matches!(s, Sequence::Long(']', text) if text.starts_with("52;"));
    said.iter().filter(is_copy).count()
}

#[test]
fn nothing_is_written_on_the_screen_of_an_editor() {
    let mut home = copying_with(
        editing_with("echo ready\nread -r line\n"),
        "until [ -e go ]; do sleep 0.02; done\n: > gone\nexit 1\n",
    );
    let stage = Stage::new();
    home.write(
        "config/config.toml",
        "[providers.cerebras]\nmodel = \"gpt-oss-120b\"\n",
    );
    home.set("CEREBRAS_BASE_URL", stage.url());
    home.set("CEREBRAS_API_KEY", CANARY);
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("a question");
    stage.next().answer("an answer");
    workbench.until("the answer", |s| s.has("an answer") && s.has("Enter send"));
    workbench.key("tab");
    workbench.until_text("Tab to write");
    workbench.key("y");
    workbench.key("tab");
    workbench.key("ctrl-g");
    workbench.until_text("ready");
    home.write("work/go", "");
    eventually("the end of the helper", || {
        home.path("work/gone").exists().then_some(())
    });
    hold(Duration::from_millis(300), || {
        assert_eq!(copies(&workbench), 0, "it is the editor's screen");
    });
    workbench.key("enter");
    workbench.until_text("sent to the terminal's clipboard");
    assert_eq!(copies(&workbench), 1);
    workbench.quit();
}

#[test]
fn a_copy_that_finds_no_clipboard_writes_nothing_where_nothing_is_to_be_written() {
    let mut home = Home::new();
    home.set("TERM", "linux");
    let mut workbench = Workbench::open(&home, (100, 24), &["--temporary"]);
    workbench.send("a question");
    workbench.until("an answer", |s| {
        s.has("tokens · TTFT") && s.has("Enter send")
    });
    workbench.key("tab");
    workbench.key("y");
    workbench.until_text("with --temporary no file is written");
    workbench.key("tab");
    workbench.quit();
    let written = home.files("state");
    assert!(
        !written.iter().any(|f| f.ends_with("copied-answer.txt")),
        "{written:?}"
    );
}
