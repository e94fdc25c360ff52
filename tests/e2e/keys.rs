//! Keys and looks that a person chooses: bindings of their own, what a terminal sends, themes, ASCII.

use std::fs;

use crate::harness::{Home, Workbench};

#[test]
fn a_binding_of_ones_own_works_and_is_shown() {
    let home = Home::with_config(
        "[keys.composer]\nsend = \"ctrl-o\"\nnewline = \"enter\"\n[keys.leader]\nsidebar = \"y\"\n",
    );
    let mut workbench = Workbench::open(&home, (120, 30), &[]);
    workbench.until_text("Ctrl-O send");
    workbench.type_text("one");
    workbench.key("enter");
    workbench.type_text("two");
    workbench.until("two lines", |s| s.has("┃ one") && s.has("┃ two"));
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.until_text("published speed");
    workbench.key("ctrl-x");
    workbench.until("the keys that may follow", |s| {
        s.row_with("show or hide the sidebar")
            .is_some_and(|row| row.contains(" y "))
    });
    workbench.key("y");
    workbench.until_gone("published speed");
    workbench.key("ctrl-p");
    workbench.type_text("show or hide the sidebar");
    workbench.until("its key in the palette", |s| {
        s.row_with("program · sidebar")
            .is_some_and(|row| row.contains("Ctrl-X y"))
    });
    workbench.key("esc");
    workbench.until_gone("Palette");
    workbench.quit();
}

#[test]
fn a_clash_stops_the_start_with_both_settings() {
    let home = Home::with_config("[keys.leader]\nexport = \"b\"\n");
    for args in [&["config", "keys"][..], &["ask", "hello"]] {
        let ran = home.run(args).exits(2);
        for name in ["keys.leader.export", "keys.leader.sidebar"] {
            assert!(ran.stderr.contains(name), "{}", ran.stderr);
        }
        assert!(ran.stderr.contains("config.toml:2"), "{}", ran.stderr);
    }
}

#[test]
fn the_map_is_printed_with_where_it_comes_from() {
    let home = Home::with_config("[keys.composer]\nsend = \"ctrl-o\"\n");
    let table = home.run(&["config", "keys"]).exits(0).stdout;
    let row = |word: &str| {
        let mut rows = table.lines();
        rows.find(|l| l.contains(word)).unwrap_or_default()
    };
    assert!(row(" send ").contains("Ctrl-O"), "{table}");
    assert!(row(" send ").contains("config.toml:2"), "{table}");
    assert!(row(" sidebar ").ends_with("default"), "{table}");
    let json = home.run(&["config", "keys", "--json"]).exits(0).json();
    let rows = json.as_array().expect("a list");
    let send = rows.iter().find(|r| r["action"] == "send").expect("send");
    assert_eq!(send["keys"], "ctrl-o");
    assert_eq!(send["context"], "writing");
    let palette = rows.iter().find(|r| r["action"] == "layout-grid");
    assert!(palette.expect("an action without a key")["keys"].is_null());
}

#[test]
fn the_probe_shows_what_arrives_and_gives_the_terminal_back() {
    let home = Home::new();
    let mut probe = Workbench::start(&home, (100, 20), &["config", "keys", "--probe"]);
    probe.until_text("Press keys");
    probe.key("up");
    probe.until("an arrow", |s| {
        s.row_with("\\e[A")
            .is_some_and(|row| row.contains('↑') && row.contains("history-prev"))
    });
    probe.key("ctrl-x");
    probe.until_text("begins a chord");
    probe.key("b");
    probe.until_text("sidebar (show or hide the sidebar)");
    probe.key("tab");
    probe.until_text("the same as Ctrl-I");
    probe.key("ctrl-c");
    probe.until_text("Ctrl-C");
    probe.key("ctrl-c");
    assert_eq!(probe.exit_code(), 0);
    probe.assert_given_back();
}

#[test]
fn the_probe_gives_the_terminal_back_when_it_is_ended_from_outside() {
    let home = Home::new();
    let mut probe = Workbench::start(&home, (80, 20), &["config", "keys", "--probe"]);
    probe.until_text("Press keys");
    probe.signal(rustix::process::Signal::TERM);
    assert_eq!(probe.exit_code(), 143);
    probe.assert_given_back();
}

#[test]
fn the_probe_needs_a_terminal() {
    let ran = Home::new().run(&["config", "keys", "--probe"]).exits(2);
    assert!(ran.stderr.contains("needs one"), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
}

#[test]
fn themes_are_listed_with_what_is_wrong_with_them() {
    let home = Home::with_config("[ui]\ntheme = \"mine\"\n");
    fs::create_dir(home.path("config/themes")).expect("a folder");
    home.write("config/themes/mine.toml", "[roles]\ntext = \"cyan\"\n");
    home.write("config/themes/torn.toml", "[roles\n");
    let ran = home.run(&["config", "themes"]).exits(0);
    for name in [
        "auto",
        "terminal",
        "wafer-dark",
        "wafer-light",
        "high-contrast",
    ] {
        assert!(ran.stdout.lines().any(|l| l.starts_with(name)), "{name}");
    }
    let row = |name: &str| ran.stdout.lines().find(|l| l.starts_with(name));
    assert!(
        row("mine").is_some_and(|l| l.ends_with("chosen")),
        "{ran:?}"
    );
    assert!(row("torn").is_some_and(|l| l.ends_with("cannot be used")));
    assert!(ran.stderr.contains("torn.toml:1"), "{}", ran.stderr);
    let json = home.run(&["config", "themes", "--json"]).exits(0).json();
    assert_eq!(json["setting"], "mine");
}

/// What a terminal replies to the question for its background.
fn reply(colour: &str) -> String {
    format!("\x1b]11;rgb:{colour}\x1b\\")
}

/// The bytes that ask for the background.
const QUESTION: &[u8] = b"\x1b]11;?\x1b\\";

/// Where `bytes` were written first.
fn place(workbench: &Workbench, bytes: &[u8]) -> Option<usize> {
    let raw = workbench.raw();
    raw.windows(bytes.len()).position(|w| w == bytes)
}

#[test]
fn the_terminal_is_asked_after_the_first_frame_and_its_reply_is_no_text() {
    let mut home = Home::new();
    home.set("COLORTERM", "truecolor");
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    crate::harness::eventually("the question", || place(&workbench, QUESTION));
    let frame = place(&workbench, b"\x1b[?2026l").expect("a frame");
    assert!(
        place(&workbench, QUESTION) > Some(frame),
        "asked before the first frame"
    );
    workbench.type_text("a");
    workbench.bytes(reply("fbfb/fbfb/f9f9").as_bytes());
    workbench.type_text("b");
    workbench.until_text("┃ ab");
    // The ground of wafer-light.
    crate::harness::eventually("a light ground", || place(&workbench, b"48;2;251;251;249"));
    // The other end that terminals use is Ctrl-G, which a key may have.
    workbench.bytes(b"\x1b]11;rgb:0000/0000/0000\x07");
    workbench.type_text("c");
    workbench.until_text("┃ abc");
    crate::harness::eventually("a dark ground", || place(&workbench, b"48;2;13;15;20"));
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();
}

#[test]
fn nothing_is_asked_where_the_theme_is_named() {
    let mut home = Home::with_config("[ui]\ntheme = \"terminal\"\n");
    home.set("COLORTERM", "truecolor");
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.type_text("typed");
    workbench.until_text("┃ typed");
    assert_eq!(place(&workbench, QUESTION), None);
    workbench.key("ctrl-c");
    workbench.until_text("Ask something");
    workbench.quit();
}

#[test]
fn a_theme_is_tried_kept_and_written() {
    let mut home =
        Home::with_config("# mine\n[ui]\ntheme = \"terminal\" # plain\nsidebar = false\n");
    home.set("COLORTERM", "truecolor");
    let mut workbench = Workbench::open(&home, (100, 24), &[]);
    workbench.key("ctrl-x");
    workbench.key("h");
    workbench.until_text("light on dark surfaces");
    workbench.type_text("wafer-d");
    crate::harness::eventually("a dark ground", || place(&workbench, b"48;2;13;15;20"));
    workbench.key("ctrl-s");
    workbench.until_text("written to");
    let text = fs::read_to_string(home.path("config/config.toml")).expect("the settings");
    assert_eq!(
        text,
        "# mine\n[ui]\ntheme = \"wafer-dark\" # plain\nsidebar = false\n"
    );
    workbench.quit();
}

#[test]
fn a_locale_without_utf8_gets_ascii_alone() {
    let mut home = Home::new();
    home.set("LANG", "C");
    let mut workbench = Workbench::start(&home, (100, 24), &[]);
    workbench.until("the first frame", |s| {
        s.has("waferdeck") && s.has("| Ask something")
    });
    workbench.send("Write a table, a list and some Rust");
    workbench.until("an answer", |s| s.has("TTFT") && s.has("Enter send"));
    workbench.key("ctrl-p");
    workbench.until_text("Palette");
    let shown = workbench.shown();
    assert!(shown.text().is_ascii(), "{}", shown.text());
    workbench.key("esc");
    workbench.until_gone("Palette");
    workbench.quit();
}
