//! Starting and leaving, on good terminals and bad ones, with a good configuration and a broken one.

use std::collections::BTreeSet;

use crate::harness::{Home, Sequence, Workbench, sequences};

#[test]
fn the_workbench_starts_and_gives_the_terminal_back() {
    let home = Home::new();
    let workbench = Workbench::open(&home, (80, 24), &[]);
    let shown = workbench.until("the first screen", |s| {
        s.has("MOCK") && s.has("gpt-oss-120b") && s.has("Ask something") && s.has("Enter send")
    });
    assert!(shown.cursor.is_some(), "no cursor to type at");
    assert!(workbench.is_raw());
    workbench.quit();
    assert_eq!(home.transcripts().len(), 0, "nothing was asked");
}

#[cfg(not(feature = "faults"))]
#[test]
fn faults_are_ordered_only_of_a_build_for_tests() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_waferdeck")).expect("the program");
    let name = b"WAFERDECK_FAULTS";
    assert!(!program.windows(name.len()).any(|bytes| bytes == name));
}

#[test]
fn ctrl_c_twice_leaves() {
    let home = Home::new();
    let mut workbench = Workbench::open(&home, (80, 24), &[]);
    workbench.key("ctrl-c");
    workbench.until_text("press it again to leave");
    workbench.key("ctrl-c");
    assert_eq!(workbench.exit_code(), 0);
    workbench.assert_given_back();
}

#[test]
fn a_broken_config_stops_the_start_with_its_place() {
    let home = Home::with_config("[ui]\nsidebar = maybe\n");
    let mut workbench = Workbench::start(&home, (120, 24), &[]);
    assert_eq!(workbench.exit_code(), 2);
    let said = workbench.shown();
    assert!(said.says("config.toml:2:11"), "{}", said.text());
    assert!(said.says("sidebar = maybe"), "{}", said.text());
    assert!(!String::from_utf8_lossy(&workbench.raw()).contains("\x1b[?1049h"));
    for command in [
        &["ask", "hello"][..],
        &["config", "show"],
        &["models"],
        &["history", "list"],
    ] {
        let ran = home.run(command).exits(2);
        assert!(
            ran.stdout.is_empty() && ran.stderr.contains("config.toml:2:11"),
            "{ran:?}"
        );
    }
}

#[test]
fn an_unknown_setting_is_a_warning_with_the_nearest_name() {
    let home = Home::with_config("[ui]\nsidebr = false\n");
    let workbench = Workbench::open(&home, (120, 24), &[]);
    workbench.until("the warning", |s| s.says("sidebr") && s.says("sidebar"));
    workbench.quit();
    let ran = home.run(&["config", "check"]).exits(7);
    assert!(
        ran.stderr.contains("sidebr") && ran.stderr.contains("sidebar"),
        "{ran:?}"
    );
    home.run(&["ask", "hello"]).exits(0);
}

#[test]
fn without_a_terminal_one_sentence_says_so() {
    let ran = Home::new().run(&[]).exits(2);
    assert_eq!(ran.stdout, "");
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
    assert!(ran.stderr.contains("needs a terminal"), "{ran:?}");

    let mut home = Home::new();
    home.set("TERM", "dumb");
    let mut workbench = Workbench::start(&home, (80, 24), &[]);
    assert_eq!(workbench.exit_code(), 2);
    assert!(workbench.shown().says("TERM is dumb"));
    let controls: Vec<_> = sequences(&workbench.raw())
        .into_iter()
        .filter(|s| matches!(s, Sequence::Csi(_) | Sequence::Escape(_)))
        .collect();
    assert_eq!(controls, [], "said to a dumb terminal");
}

#[test]
fn no_color_means_no_colour() {
    let colours = |home: &Home| -> BTreeSet<String> {
        let mut workbench = Workbench::open(home, (120, 40), &[]);
        workbench.send("Write a stable merge sort in Rust");
        workbench.until("the answer", |s| s.has("tokens · TTFT"));
        workbench.key("ctrl-d");
        assert_eq!(workbench.exit_code(), 0);
        let raw = workbench.raw();
        let styles = sequences(&raw).into_iter().filter_map(|s| match s {
            Sequence::Csi(csi) => csi.strip_suffix('m').map(str::to_owned),
            _ => None,
        });
        let parts: Vec<_> = styles.collect();
        parts
            .iter()
            .flat_map(|p| p.split(';'))
            .filter(|n| {
                let number: u32 = n
                    .split(':')
                    .next()
                    .and_then(|n| n.parse().ok())
                    .unwrap_or(0);
                // 39, 49 and 59 take a colour back.
                matches!(number, 30..=38 | 40..=48 | 58 | 90..=107)
            })
            .map(str::to_owned)
            .collect()
    };
    let mut home = Home::new();
    assert_ne!(colours(&home), BTreeSet::new(), "the check sees no colours");
    home.set("NO_COLOR", "1");
    assert_eq!(colours(&home), BTreeSet::new());
}
