//! Taking text out of the workbench: copies, files, the external editor; and the mouse.

use std::{fs, os::unix::fs::PermissionsExt};

use crate::harness::{Home, Sequence, Stage, Workbench, eventually, sequences};

/// An answer with two code blocks, on screen, and the panes have the keys.
fn answered(home: &Home, stage: &Stage) -> Workbench {
    let mut workbench = Workbench::open(home, (100, 30), &[]);
    workbench.send("two ways, please");
    stage.next().answer(
        "First:\n\n```rust\nfn one() {}\n```\n\nor\n\n```sh\nls |\n  wc -l\n```\n\nThat is all.",
    );
    workbench.until_text("That is all.");
    workbench.key("tab");
    workbench
}

/// What was asked of the terminal's clipboard.
fn copies(workbench: &Workbench) -> Vec<String> {
    let said = sequences(&workbench.raw());
    let copies = said.into_iter().filter_map(|s| match s {
        Sequence::Long(']', text) => text.strip_prefix("52;c;").map(str::to_owned),
        _ => None,
    });
    copies.collect()
}

#[test]
fn code_is_chosen_and_copied_by_the_terminal() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = answered(&home, &stage);
    workbench.key("c");
    workbench.until("both blocks", |s| {
        let first = s.row_with("› ls |");
        s.has("Code blocks")
            && s.has("fn one() {}  rust")
            && first.is_some_and(|row| row.contains(" sh "))
    });
    workbench.key("enter");
    workbench.until_text("code block sent to the terminal's clipboard (OSC 52)");
    // `ls |\n  wc -l\n`.
    assert_eq!(copies(&workbench), ["bHMgfAogIHdjIC1sCg=="]);
    workbench.key("tab");
    workbench.quit();
}

#[test]
fn a_desktop_has_its_program_and_a_file_takes_the_rest() {
    let stage = Stage::new();
    let mut home = Home::asking(stage.url());
    let helper = home.write("work/xclip", "#!/bin/sh\ncat > copied\n");
    fs::set_permissions(helper, fs::Permissions::from_mode(0o755)).expect("a mode");
    let path = std::env::var("PATH").unwrap_or_default();
    home.set("PATH", format!("{}:{path}", home.path("work").display()));
    home.set("DISPLAY", ":99");
    let mut workbench = answered(&home, &stage);
    workbench.key("Y");
    workbench.until_text("conversation copied with xclip");
    let copied = fs::read_to_string(home.path("work/copied")).expect("a copy");
    assert!(copied.contains("## You\n\ntwo ways, please\n"), "{copied}");
    assert!(copied.contains("```sh\nls |\n  wc -l\n```"), "{copied}");
    workbench.key("tab");
    workbench.quit();

    home.set("DISPLAY", "");
    home.set("TERM", "linux");
    let mut workbench = answered(&home, &stage);
    workbench.key("y");
    workbench.until("the file", |s| {
        s.says("this terminal has no clipboard; answer written to")
    });
    assert_eq!(copies(&workbench), [""; 0]);
    let copied = fs::read_to_string(home.path("state/copied-answer.txt")).expect("a file");
    assert!(copied.ends_with("That is all."), "{copied}");
    workbench.key("tab");
    workbench.quit();
}

#[test]
fn code_is_saved_and_nothing_overwritten() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    home.write("work/code.sh", "mine");
    let mut workbench = answered(&home, &stage);
    workbench.key("w");
    workbench.until_text("Code blocks");
    workbench.key("enter");
    workbench.until("a name", |s| {
        s.has("Save the code block as") && s.has("code.sh")
    });
    workbench.key("enter");
    workbench.until("the refusal, the line still open", |s| {
        s.has("code.sh exists already") && s.has("Save the code block as")
    });
    workbench.key("ctrl-u");
    workbench.type_text("~/count.sh");
    workbench.key("enter");
    workbench.until("the file", |s| {
        s.has("code block written to") && !s.has("Save the code block as")
    });
    let saved = fs::read_to_string(home.path("home/count.sh")).expect("a file");
    assert_eq!(saved, "ls |\n  wc -l\n");
    let mine = fs::read_to_string(home.path("work/code.sh")).expect("a file");
    assert_eq!(mine, "mine");
    workbench.key("tab");
    workbench.quit();
}

/// A home whose editor is this script; it gets the draft as `$1`.
fn editing_with(script: &str) -> Home {
    let mut home = Home::new();
    let path = home.write("work/editor", script);
    home.set("EDITOR", format!("sh '{}'", path.display()));
    home
}

#[test]
fn the_draft_is_written_in_an_editor_that_has_the_terminal_for_itself() {
    // It reads late, so that whatever another reader takes from the terminal is missing in the end.
    let home = editing_with(
        "echo \"editing $(cat \"$1\")\"\nuntil [ -e go ]; do sleep 0.1; done\nread -r line\necho \"$line\" >> \"$1\"\necho \"got: $line\"\nread -r wait\n",
    );
    let mut workbench = Workbench::open(&home, (80, 24), &[]);
    workbench.type_text("first line");
    workbench.until_text("┃ first line");
    workbench.key("ctrl-g");
    workbench.until("the editor", |s| s.has("editing first line") && !s.has("┃"));
    assert!(
        !workbench.is_raw(),
        "the editor finds the terminal as it was"
    );
    let words = "words for the editor, not a key of them for anybody else";
    workbench.type_text(words);
    workbench.key("enter");
    workbench.until_text(words);
    home.write("work/go", "");
    workbench.until_text(&format!("got: {words}"));
    workbench.key("enter");
    workbench.until("the draft", |s| {
        s.has("┃ first line") && s.has(&format!("┃ {words}"))
    });
    assert!(workbench.is_raw());
    workbench.type_text("!");
    workbench.until_text(&format!("┃ {words}!"));
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();
}

#[test]
fn an_editor_that_fails_leaves_the_draft() {
    let home = editing_with("echo lost > \"$1\"\necho ready\nread -r line\nexit 3\n");
    let mut workbench = Workbench::open(&home, (80, 24), &[]);
    workbench.type_text("precious");
    workbench.until_text("┃ precious");
    workbench.key("ctrl-g");
    workbench.until_text("ready");
    workbench.key("enter");
    workbench.until("the draft and the reason", |s| {
        s.has("┃ precious") && s.says("sh ended with exit code 3; the draft is as it was")
    });
    // A Ctrl-C that the editor's terminal makes a signal of ends the editor, not the workbench.
    workbench.key("ctrl-g");
    workbench.until("the editor again", |s| {
        s.rows.iter().filter(|r| r.contains("ready")).count() == 2
    });
    workbench.key("ctrl-c");
    workbench.until("the draft", |s| s.has("┃ precious"));
    workbench.type_text("!");
    workbench.until_text("┃ precious!");
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();
}

#[test]
fn answers_stream_on_while_the_editor_is_open() {
    let stage = Stage::new();
    let mut home = Home::asking(stage.url());
    let script = home.write("work/editor", "echo ready\nread -r line\n");
    home.set("VISUAL", format!("sh '{}'", script.display()));
    let mut workbench = Workbench::open(&home, (80, 24), &[]);
    workbench.send("go");
    let mut answer = stage.next();
    answer.say("before");
    workbench.until_text("before");
    workbench.key("ctrl-g");
    workbench.until_text("ready");
    answer.say(" and meanwhile");
    answer.finish();
    eventually("the end on disk", || {
        let text = fs::read_to_string(home.transcripts().first()?).ok()?;
        text.contains("\"kind\":\"end\"").then_some(())
    });
    workbench.key("enter");
    workbench.until("all of the answer", |s| s.has("before and meanwhile"));
    workbench.quit();
}

/// What a terminal sends for a click at a row and column counted from 0.
fn click(row: usize, column: usize) -> Vec<u8> {
    format!("\x1b[<0;{0};{1}M\x1b[<0;{0};{1}m", column + 1, row + 1).into_bytes()
}

#[test]
fn the_mouse_focuses_chooses_and_is_given_back() {
    let home = Home::new();
    let args = ["-m", "gpt-oss-120b", "-m", "qwen-3.8-27b"];
    let mut workbench = Workbench::open(&home, (100, 30), &args);
    let shown = workbench.until("two panes", |s| {
        s.has("A gpt-oss-120b") && s.has("B qwen-3.8-27b")
    });
    assert!(!String::from_utf8_lossy(&workbench.raw()).contains("\x1b[?1000h"));
    let row = shown
        .rows
        .iter()
        .position(|r| r.contains("B qwen"))
        .expect("B");
    let title = &shown.rows[row];
    let column = title.chars().position(|c| c == 'B').expect("B");
    workbench.bytes(b"\x1b[20~");
    workbench.until("the mouse", |s| s.has("Shift selects text"));
    workbench.bytes(&click(row, column));
    workbench.until_text("Tab to write");
    workbench.key("ctrl-x");
    workbench.key("m");
    let shown = workbench.until_text("mock-gpu-50");
    let row = shown.rows.iter().position(|r| r.contains("mock-gpu-50"));
    workbench.bytes(&click(row.expect("a row"), 50));
    workbench.until_text("B asks mock-gpu-50 from now on");
    let last = workbench.shown().rows.iter().rposition(|r| r.contains("┃"));
    workbench.bytes(&click(last.expect("the composer"), 10));
    workbench.until_text("Ask something");
    workbench.quit();
}

#[test]
fn the_mouse_is_taken_from_the_start_where_the_settings_say_so() {
    let mut home = Home::with_config("[ui]\nmouse = true\n");
    let script = home.write("work/editor", "echo ready\nread -r line\n");
    home.set("EDITOR", format!("sh '{}'", script.display()));
    let mut workbench = Workbench::open(&home, (100, 30), &[]);
    let taken = |workbench: &Workbench| {
        let said = String::from_utf8_lossy(&workbench.raw()).into_owned();
        said.rfind("\x1b[?1000h") > said.rfind("\x1b[?1000l")
    };
    assert!(taken(&workbench));
    workbench.key("ctrl-g");
    workbench.until_text("ready");
    assert!(!taken(&workbench), "it is the editor's now");
    workbench.key("enter");
    workbench.until_text("Ask something");
    assert!(taken(&workbench));
    workbench.bytes(&click(3, 3));
    workbench.until_text("Tab to write");
    workbench.key("tab");
    workbench.quit();
}
