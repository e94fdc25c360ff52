//! Terminals of all kinds, and the lines they come to.

use super::super::check::{Status, expect};
use super::*;
use crate::config::{Overrides, load};

const MODERN: &[(&str, &str)] = &[
    ("TERM", "xterm-kitty"),
    ("COLORTERM", "truecolor"),
    ("LANG", "C.UTF-8"),
];

/// The lines about a terminal with these variables, after `change`.
fn judged(variables: &[(&str, &str)], change: impl FnOnce(&mut Facts<'_>)) -> Vec<Check> {
    let folders = |name: &str| name.ends_with("_DIR").then(|| "/nowhere".to_owned());
    let config = load(&Overrides::default(), &folders).unwrap().config;
    let env = |name: &str| {
        let found = variables.iter().find(|(n, _)| *n == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let mut facts = Facts {
        config: &config,
        env: &env,
        depth: ColorDepth::True,
        is_terminal: true,
        size: Some((200, 50)),
        asked: Ok(Abilities {
            name: Some("kitty(0.35)".to_owned()),
            keyboard: true,
            synchronized: true,
            clipboard: true,
        }),
        desk: Desk::default(),
        tmux: None,
    };
    change(&mut facts);
    facts.judge()
}

fn of<'a>(checks: &'a [Check], name: &str) -> &'a Check {
    let found = checks.iter().find(|c| c.name() == name);
    found.unwrap_or_else(|| panic!("no {name}: {checks:#?}"))
}

#[test]
fn a_modern_terminal_has_ticks_only() {
    let checks = judged(MODERN, |_| {});
    assert!(
        checks.iter().all(|c| c.status == Status::Good),
        "{checks:#?}"
    );
    let said = |name, parts: &[&str]| expect(of(&checks, name), Status::Good, parts);
    said("kind", &["kitty(0.35)", "TERM=xterm-kitty"]);
    said("colour", &["true colour", "COLORTERM=truecolor"]);
    said("size", &["200 columns, 50 rows"]);
    said("keys", &["kitty keyboard"]);
    said("frames", &["synchronized"]);
    said("clipboard", &["OSC 52"]);
}

#[test]
fn what_was_not_answered_is_not_claimed() {
    let silent = judged(MODERN, |f| f.asked = Err(Unasked::Silent));
    for name in ["keys", "frames", "clipboard"] {
        expect(of(&silent, name), Status::Unchecked, &[]);
    }
    let piped = judged(MODERN, |f| {
        f.asked = Err(Unasked::NoTerminal);
        f.is_terminal = false;
        f.depth = ColorDepth::None;
    });
    for name in ["kind", "colour", "size", "keys", "frames", "clipboard"] {
        expect(of(&piped, name), Status::Unchecked, &["no terminal"]);
    }
    let sizeless = judged(MODERN, |f| f.size = None);
    let words = ["does not tell how large"];
    expect(of(&sizeless, "size"), Status::Unchecked, &words);
}

#[test]
fn what_stands_in_the_way_has_a_remedy() {
    let check = |variables: &[(&str, &str)], name: &str, status, parts: &[&str]| {
        expect(of(&judged(variables, |_| {}), name), status, parts);
    };
    check(&[("TERM", "dumb")], "kind", Status::Failed, &["ask"]);
    check(&[], "kind", Status::Warning, &["set TERM"]);
    check(&[], "charset", Status::Warning, &["C.UTF-8"]);
    let latin = [("TERM", "xterm"), ("LC_ALL", "de_DE.ISO-8859-1")];
    check(&latin, "charset", Status::Warning, &["drawn in ASCII"]);
    for (size, status) in [
        ((80, 24), Status::Good),
        ((79, 24), Status::Warning),
        ((19, 24), Status::Failed),
        ((80, 4), Status::Failed),
    ] {
        let checks = judged(MODERN, |f| f.size = Some(size));
        expect(of(&checks, "size"), status, &[]);
    }
    let console = judged(MODERN, |f| f.desk.console = true);
    expect(of(&console, "clipboard"), Status::Warning, &["into a file"]);
    let old = judged(&[("TERM", "xterm-256color")], |f| {
        f.depth = ColorDepth::Indexed;
        f.asked = Ok(Abilities::default());
    });
    expect(of(&old, "colour"), Status::Good, &["256", "COLORTERM"]);
    expect(of(&old, "keys"), Status::Good, &["Ctrl-J"]);
    expect(of(&old, "clipboard"), Status::Unchecked, &["paste"]);
}

#[test]
fn tmux_is_held_to_what_copies_and_colours_need() {
    let tmux = |clipboard: &str, pass: &str, term: &str, features: &str| Tmux {
        set_clipboard: clipboard.to_owned(),
        allow_passthrough: pass.to_owned(),
        default_terminal: term.to_owned(),
        focus_events: "off".to_owned(),
        features: features.to_owned(),
    };
    let copies = |clipboard: &str, pass: &str| tmux_clipboard(&tmux(clipboard, pass, "", ""));
    expect(&copies("on", "off"), Status::Good, &["get through"]);
    expect(&copies("external", "on"), Status::Good, &[]);
    expect(&copies("off", ""), Status::Good, &["passthrough on"]);
    expect(
        &copies("external", "off"),
        Status::Warning,
        &["set-clipboard on"],
    );
    let colours = |term: &str, features: &str| {
        tmux_colours(&tmux("on", "on", term, features), ColorDepth::True)
    };
    expect(&colours("tmux-256color", "256,RGB"), Status::Good, &["RGB"]);
    expect(
        &colours("tmux-256color", "256"),
        Status::Warning,
        &["',*:RGB'"],
    );
    expect(
        &colours("screen", "RGB"),
        Status::Warning,
        &["default-terminal"],
    );
    let checks = judged(MODERN, |f| f.tmux = Some(Err("tmux is gone".to_owned())));
    expect(of(&checks, "tmux"), Status::Unchecked, &["tmux is gone"]);
}
