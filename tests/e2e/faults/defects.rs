//! Defects of the program itself: the terminal is given back or left alone, what there is to say is said, nothing is lost.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use super::Fault;
use crate::harness::{Answering, Workbench, eventually};

const CANARY: &str = "csk-canary-0123456789abcdef";

/// The reports there are, each private, none with a word of the key, of a prompt or of an answer.
#[track_caller]
fn reports(fault: &Fault) -> Vec<PathBuf> {
    let mut files = fault.home.files("state");
    files.retain(|f| {
        f.file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with("panic-"))
    });
    for path in &files {
        let mode = |path: &std::path::Path| {
            fs::metadata(path).expect("a file").permissions().mode() & 0o777
        };
        assert_eq!(mode(path), 0o600);
        let text = fs::read_to_string(path).expect("a report");
        assert!(text.contains("stopped at src/faults/"), "{text}");
        for word in [CANARY, "tell me", "half an"] {
            assert!(!text.contains(word), "{word} is in the report");
        }
    }
    files
}

#[test]
fn a_panic_while_drawing_gives_the_terminal_back_and_keeps_what_came() {
    let mut fault = Fault::ordered(&format!("draw=1 say={CANARY}"));
    fault.home.set("CEREBRAS_API_KEY", CANARY);
    let mut workbench = fault.open();
    workbench.send("tell me");
    let mut answer = fault.stage.next();
    answer.say("half an answer");
    workbench.until_text("half an answer");
    workbench.type_text("a draft");
    workbench.until_text("┃ a draft");
    fault.now();
    workbench.key("!");
    assert_eq!(workbench.exit_code(), 101);
    workbench.assert_given_back();
    let raw = String::from_utf8(workbench.raw()).expect("UTF-8");
    let (_, after) = raw.rsplit_once("\x1b[?1049l").expect("the main screen");
    let said: Vec<_> = after.lines().filter(|l| l.contains("waferdeck")).collect();
    let [sentence] = said[..] else {
        panic!("{after:?}");
    };
    let [report] = &reports(&fault)[..] else {
        panic!("{:?}", fault.home.files("state"));
    };
    assert!(sentence.contains("a defect at src/faults/"), "{sentence}");
    assert!(
        sentence.contains(report.to_str().expect("text")),
        "{sentence}"
    );
    assert!(!raw.contains(CANARY));

    fault.no_more();
    let again = Workbench::open(&fault.home, (120, 24), &["-r"]);
    again.until("all of it", |s| {
        s.has("┃ tell me") && s.has("half an answer") && s.has("┃ a draft")
    });
}

/// The next requests, in the order of their models.
fn requests(fault: &Fault) -> [Answering; 2] {
    let mut all = [fault.stage.next(), fault.stage.next()];
    all.sort_by_key(|a| a.request["model"].as_str().map(str::to_owned));
    all
}

#[test]
fn a_panic_in_a_task_ends_its_pane_alone() {
    let fault = Fault::ordered("task=1");
    let args = ["-m", "gpt-oss-120b", "-m", "qwen-3.8-27b"];
    let mut workbench = Workbench::open(&fault.home, (160, 30), &args);
    workbench.until_text("to A B");
    workbench.send("tell me");
    let [mut doomed, mut other] = requests(&fault);
    doomed.say("half an answer");
    other.say("half another");
    workbench.until("both", |s| s.has("half an answer") && s.has("half another"));
    fault.now();
    doomed.say(" that is never read");
    workbench.until("the pane says so", |s| s.says("a defect of waferdeck"));
    other.say(" and the rest of it");
    other.finish();
    workbench.until("the other one", |s| {
        s.has("half another and the rest of it") && s.has("half an answer")
    });
    eventually("the report", || (reports(&fault).len() == 1).then_some(()));
    workbench.type_text("and so on");
    workbench.until_text("┃ and so on");
    let raw = String::from_utf8(workbench.raw()).expect("UTF-8");
    assert!(!raw.contains("\x1b[?1049l"), "the screen was left");
    assert!(!raw.contains("panicked") && !raw.contains("stopped because of"));
    workbench.key("ctrl-c");
    workbench.until_text("Enter send");
    workbench.quit();
    let ends: Vec<_> = fault
        .segments()
        .concat()
        .lines()
        .map(str::to_owned)
        .collect();
    let ends: Vec<_> = ends
        .iter()
        .filter(|l| l.contains("\"kind\":\"end\""))
        .collect();
    assert_eq!(ends.len(), 2);
    let internal = ends.iter().filter(|l| l.contains("\"internal\"")).count();
    assert_eq!(internal, 1, "{ends:?}");
}

#[test]
fn a_panic_in_the_writer_is_told_and_nothing_is_lost() {
    let fault = Fault::ordered("writer=1");
    let mut workbench = fault.open();
    fault.talk(&mut workbench, "first", "one");
    fault.now();
    workbench.send("tell me");
    let mut answer = fault.stage.next();
    answer.say("half an answer");
    workbench.until("the banner", |s| {
        s.has("NOT BEING SAVED: a defect") && s.has("half an answer")
    });
    answer.say(" and the rest");
    answer.finish();
    workbench.until("it goes on", |s| {
        s.has("the transcript is being saved again") && !s.has("NOT BEING SAVED")
    });
    workbench.quit();
    assert_eq!(reports(&fault).len(), 1);
    fault.assert_kept(&[("first", "one"), ("tell me", "half an answer and the rest")]);
}
