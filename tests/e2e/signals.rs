//! Signals: the terminal is given back, what came is kept, the exit code says which it was.

use std::{fs, time::Duration};

use rustix::{
    io::Errno,
    process::{Pid, Signal, test_kill_process},
};
use tokio::time::Instant;

use crate::harness::{Home, Stage, Workbench, eventually, hold};

#[track_caller]
fn ends_by(signal: Signal, code: u32) {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.send("a question");
    let mut answer = stage.next();
    answer.say("half an answer");
    workbench.until_text("half an answer");
    let sent = Instant::now();
    workbench.signal(signal);
    assert_eq!(workbench.exit_code(), code);
    // The terminal within 100 ms, the transcript within 1 s; the rest is for a busy machine.
    assert!(sent.elapsed() < Duration::from_secs(5));
    workbench.assert_given_back();
    let transcript = home.transcripts();
    let text = fs::read_to_string(transcript.first().expect("a transcript")).expect("text");
    let end = text.lines().find(|l| l.contains("\"kind\":\"end\""));
    assert!(end.is_some_and(|l| l.contains("stopped")), "{text}");
    assert!(text.contains("half an answer"));
    // Nothing stays locked.
    let again = Workbench::open(&home, (100, 24), &["-r"]);
    again.until("answer and mark", |s| {
        s.has("half an answer") && s.has("stopped")
    });
    again.quit();
}

#[test]
fn term_ends_with_143() {
    ends_by(Signal::TERM, 143);
}

#[test]
fn hup_ends_with_129() {
    ends_by(Signal::HUP, 129);
}

#[test]
fn int_from_outside_ends_with_130() {
    ends_by(Signal::INT, 130);
}

#[test]
fn quit_from_outside_ends_with_131() {
    ends_by(Signal::QUIT, 131);
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_z_leaves_a_sane_terminal_and_comes_back_whole() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::job(&home, (100, 24), &[]);
    workbench.send("a question");
    stage.next().answer("an answer");
    workbench.until("the answer", |s| s.has("an answer") && s.has("Enter send"));
    workbench.type_text("a draft");
    workbench.until_text("┃ a draft");
    for stop in ["the key", "the signal"] {
        if stop == "the key" {
            workbench.key("ctrl-z");
        } else {
            workbench.signal(Signal::TSTP);
        }
        eventually(stop, || (state_of(workbench.pid()) == 'T').then_some(()));
        workbench.until("the main screen", |s| !s.has("an answer"));
        workbench.assert_given_back();
        let written = workbench.written();
        workbench.type_text("fg\r");
        workbench.until("all of it", |s| {
            s.has("an answer") && s.has("┃ a draft") && s.has("waferdeck")
        });
        assert!(workbench.written() > written);
        workbench.type_text("!");
        workbench.until_text("a draft!");
        workbench.key("backspace");
        workbench.until_gone("a draft!");
    }
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();
}

#[cfg(target_os = "linux")]
#[test]
fn stop_and_continue_from_outside_draw_the_whole_screen() {
    let home = Home::new();
    let workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.signal(Signal::STOP);
    eventually("a stop", || {
        (state_of(workbench.pid()) == 'T').then_some(())
    });
    // A shell takes the line discipline back when its job stops.
    workbench.cook();
    let before = workbench.written();
    workbench.signal(Signal::CONT);
    eventually("raw mode", || workbench.is_raw().then_some(()));
    eventually("a whole frame", || {
        let raw = workbench.raw();
        let new = String::from_utf8_lossy(raw.get(before..).unwrap_or_default()).into_owned();
        (new.contains("waferdeck") && new.contains("Ask something")).then_some(())
    });
    workbench.quit();
}

#[cfg(target_os = "linux")]
#[test]
fn in_the_background_the_terminal_is_left_alone() {
    let stage = Stage::new();
    let home = Home::asking(stage.url());
    let mut workbench = Workbench::job(&home, (100, 24), &[]);
    workbench.send("a question");
    let mut answer = stage.next();
    answer.say("half an answer");
    workbench.until_text("half an answer");
    workbench.signal(Signal::STOP);
    eventually("a stop", || {
        (state_of(workbench.pid()) == 'T').then_some(())
    });
    workbench.cook();
    for _ in 0..2 {
        let before = workbench.written();
        workbench.type_text("bg; echo went on; (exit 150)\r");
        answer.say(" and more of it");
        let since = || {
            let raw = workbench.raw();
            String::from_utf8_lossy(raw.get(before..).unwrap_or_default()).into_owned()
        };
        eventually("the shell's word", || {
            since().contains("\nwent on").then_some(())
        });
        eventually("a stop of its own", || {
            (state_of(workbench.pid()) == 'T').then_some(())
        });
        hold(Duration::from_millis(200), || {
            let since = since();
            assert!(!since.contains('\x1b'), "{since:?}");
        });
    }
    workbench.type_text("fg\r");
    workbench.until("all of it", |s| {
        s.has("half an answer and more of it and more of it")
    });
    answer.finish();
    workbench.until_text("Enter send");
    workbench.quit();
}

#[cfg(target_os = "linux")]
#[test]
fn term_ends_what_is_stopped_or_in_the_background_with_all_of_it_saved() {
    for is_sent_on in [false, true] {
        let stage = Stage::new();
        let home = Home::asking(stage.url());
        let mut workbench = Workbench::job(&home, (100, 24), &[]);
        workbench.send("a question");
        let mut answer = stage.next();
        answer.say("half an answer");
        workbench.until_text("half an answer");
        workbench.key("ctrl-z");
        let is_stopped = || (state_of(workbench.pid()) == 'T').then_some(());
        eventually("a stop", is_stopped);
        if is_sent_on {
            workbench.type_text("bg; echo went on; (exit 150)\r");
            workbench.until("the shell's word", |s| {
                s.rows.iter().any(|r| r == "went on")
            });
            let is_stopped = || (state_of(workbench.pid()) == 'T').then_some(());
            eventually("a stop of its own", is_stopped);
        }
        // What `kill %1` does.
        workbench.signal(Signal::TERM);
        workbench.signal(Signal::CONT);
        eventually("the end", || {
            let stat = fs::read_to_string(format!("/proc/{}/stat", workbench.pid()));
            stat.map_or(true, |stat| stat.contains(") Z")).then_some(())
        });
        workbench.type_text("wait; exit 0\r");
        assert_eq!(workbench.exit_code(), 0);
        workbench.assert_given_back();
        let transcript = home.transcripts();
        let text = fs::read_to_string(transcript.first().expect("a transcript")).expect("text");
        let end = text.lines().find(|l| l.contains("\"kind\":\"end\""));
        assert!(end.is_some_and(|l| l.contains("stopped")), "{text}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_z_without_a_shell_stops_nothing() {
    let home = Home::new();
    // Nobody could continue it: it is the first process of its terminal.
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    for stop in ["the key", "the signal"] {
        if stop == "the key" {
            workbench.key("ctrl-z");
        } else {
            workbench.signal(Signal::TSTP);
        }
        workbench.until(stop, |s| s.says("there is no shell to go back to"));
        workbench.type_text("still here");
        workbench.until_text("┃ still here");
        assert_ne!(state_of(workbench.pid()), 'T');
        workbench.key("ctrl-c");
        workbench.until_text("Ask something");
    }
    workbench.quit();
}

#[test]
fn term_ends_the_workbench_while_an_editor_is_open() {
    let mut home = Home::new();
    // As an editor sets the terminal.
    let raw = "stty raw -echo\necho $$ > pid\necho ready\nread -r line\n";
    let script = home.write("work/editor", raw);
    home.set("EDITOR", format!("sh '{}'", script.display()));
    fs::create_dir(home.path("tmp")).expect("a directory");
    home.set("TMPDIR", home.path("tmp"));
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.type_text("a draft");
    workbench.until_text("┃ a draft");
    workbench.key("ctrl-g");
    workbench.until_text("ready");
    workbench.signal(Signal::TERM);
    assert_eq!(workbench.exit_code(), 143);
    let number = fs::read_to_string(home.path("work/pid")).expect("a number");
    let editor = number.trim().parse().ok().and_then(Pid::from_raw);
    let found = test_kill_process(editor.expect("a process"));
    assert_eq!(found, Err(Errno::SRCH), "the editor lives on");
    let left = fs::read_dir(home.path("tmp")).expect("a directory").count();
    assert_eq!(left, 0, "the draft's folder is left");
    workbench.assert_given_back();
}

#[cfg(target_os = "linux")]
#[test]
fn an_editor_that_stops_stops_the_workbench_with_it() {
    let mut home = Home::new();
    // As an editor does on Ctrl-Z.
    let script = home.write("work/editor", "kill -STOP $$\necho ' and on' >> \"$1\"\n");
    home.set("EDITOR", format!("sh '{}'", script.display()));
    let mut workbench = Workbench::job(&home, (100, 24), &[]);
    workbench.type_text("a draft");
    workbench.until_text("┃ a draft");
    workbench.key("ctrl-g");
    eventually("a stop", || {
        (state_of(workbench.pid()) == 'T').then_some(())
    });
    workbench.assert_given_back();
    workbench.type_text("fg\r");
    workbench.until("the draft", |s| s.has("┃ a draft") && s.has("┃  and on"));
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();
}

/// The letter of `/proc/PID/stat`.
#[cfg(target_os = "linux")]
fn state_of(pid: u32) -> char {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    // The name before it may hold anything, a parenthesis too.
    let after = stat.rsplit(") ").next().expect("fields");
    after.chars().next().expect("a state")
}
