//! The table of bindings: reading it over the defaults, clashes, look-up, and what hints make of it.
//! Which actions there are does not matter here.

use super::*;
use crate::config::{MANUAL, file::Source};

const STACK: [Context; 2] = [Context::Composer, Context::Global];

fn read_over(map: &mut Keymap, text: &'static str, default: bool) -> Result<Vec<Warning>, Error> {
    let source = Source::embedded("c.toml", text);
    let (mut warnings, mut origins) = (Vec::new(), crate::config::setting::Origins::new());
    let table = source.parse()?;
    let mut reading = Reading {
        source: &source,
        warnings: &mut warnings,
        origins: &mut origins,
    };
    if let Some(keys) = reading.sub(&table, "keys")? {
        map.read(&mut reading, keys, default)?;
    }
    map.clash()?;
    Ok(warnings)
}

fn with(text: &'static str) -> Result<Keymap, String> {
    let mut map = Keymap::default();
    read_over(&mut map, MANUAL, true).unwrap();
    read_over(&mut map, text, false).map_err(|e| e.to_string())?;
    Ok(map)
}

fn keys(text: &str) -> Vec<Key> {
    text.split_whitespace()
        .map(|k| Key::parse(k).unwrap())
        .collect()
}

fn check(map: &Keymap, contexts: &[Context], text: &str, expected: &Match<'_>) {
    assert_eq!(
        map.resolve(contexts, &keys(text)),
        *expected,
        "{text} in {contexts:?}"
    );
}

#[test]
fn keys_resolve_from_the_top_context_down() {
    let map = with("").unwrap();
    let panes = [Context::Panes, Context::Global];
    check(&map, &STACK, "enter", &Match::Actions(vec!["send"]));
    check(&map, &STACK, "ctrl-p", &Match::Actions(vec!["palette"]));
    check(&map, &STACK, "ctrl-x", &Match::Pending);
    check(&map, &STACK, "ctrl-x b", &Match::Actions(vec!["sidebar"]));
    check(&map, &STACK, "ctrl-x ctrl-y", &Match::None);
    check(&map, &STACK, "z", &Match::None);
    check(&map, &panes, "G", &Match::Actions(vec!["bottom"]));
    check(&map, &panes, "enter", &Match::None);
    check(
        &map,
        &STACK,
        "ctrl-c",
        &Match::Actions(vec!["cancel-all", "clear-draft", "quit"]),
    );
    check(&map, &[], "enter", &Match::None);
}

#[test]
fn a_setting_replaces_the_keys_of_its_action_and_an_empty_list_unbinds() {
    let map = with("[keys.composer]\nsend = [\"alt-enter\", \"f5\"]\nnewline = \"enter\"\n[keys.global]\npalette = []").unwrap();
    check(&map, &STACK, "enter", &Match::Actions(vec!["newline"]));
    check(&map, &STACK, "alt-enter", &Match::Actions(vec!["send"]));
    check(&map, &STACK, "f5", &Match::Actions(vec!["send"]));
    check(&map, &STACK, "ctrl-j", &Match::None);
    check(&map, &STACK, "ctrl-p", &Match::None);
}

#[test]
fn an_action_has_a_bounded_number_of_keys() {
    let keys = |n: u8| {
        let keys: Vec<_> = (1..=n).map(|f| format!("\"alt-f{f}\"")).collect();
        let text = format!("[keys.composer]\nsend = [{}]", keys.join(", "));
        with(text.leak())
    };
    assert!(keys(16).is_ok());
    let error = keys(17).unwrap_err();
    assert!(
        error.starts_with("c.toml:2:8: keys.composer.send: expected at most 16 keys, found 17"),
        "{error}"
    );
}

#[test]
fn tens_of_thousands_of_settings_are_read_and_a_clash_is_found_among_them() {
    let letters = (0x4e00..).filter_map(char::from_u32);
    let lines: Vec<_> = (0..20_000)
        .zip(letters)
        .map(|(n, c)| format!("a{n} = \"f5 {c}\"\n"))
        .collect();
    let lines = lines.concat();
    let text = format!("[keys.panes]\n{lines}");
    let map = with(text.clone().leak()).unwrap();
    check(
        &map,
        &[Context::Panes],
        "f5 一",
        &Match::Actions(vec!["a0"]),
    );
    let error = with(format!("{text}b = \"f5\"\n").leak()).unwrap_err();
    assert!(
        error.contains("keys.panes.a0 (c.toml:2) and keys.panes.b (c.toml:20002)"),
        "{error}"
    );
}

#[test]
fn another_leader_moves_every_leader_chord() {
    let map = with("[keys]\nleader_key = \"ctrl-b\"\n[keys.leader]\nexport = \"e\"").unwrap_err();
    assert!(
        map.contains("keys.leader.export") && map.contains("keys.leader.edit-resend"),
        "{map}"
    );
    let map = with("[keys]\nleader_key = \"ctrl-b\"").unwrap();
    check(&map, &STACK, "ctrl-b b", &Match::Actions(vec!["sidebar"]));
    check(&map, &STACK, "ctrl-x b", &Match::None);
}

#[test]
fn clashes_name_both_settings() {
    for (text, expected) in [
        (
            "[keys.composer]\nswap-enter = \"enter\"",
            "enter is bound to both keys.composer.swap-enter (c.toml:2) and keys.composer.send (a default); give one of them another key, or none with []",
        ),
        (
            "[keys.composer]\nsend = \"ctrl-x\"",
            "ctrl-x is bound to both keys.composer.send (c.toml:2) and keys.leader.",
        ),
        (
            "[keys.panes]\na = \"F5\"\nb = \"f5\"",
            "f5 is bound to both keys.panes.a (c.toml:2) and keys.panes.b (c.toml:3)",
        ),
        (
            "[keys.panes]\ncsk-0123456789 = \"F5\"\nb = \"f5\"",
            "f5 is bound to both keys.panes.b (c.toml:3) and keys.panes.… (c.toml:2)",
        ),
    ] {
        let error = with(text).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
    assert!(
        with("[keys.panes]\nhelp = \"enter\"").is_ok(),
        "another context may use the same key"
    );
}

#[test]
fn wrong_keys_are_errors_with_their_place() {
    for (text, expected) in [
        (
            "[keys.composer]\nsend = \"entr\"",
            "c.toml:2:8: keys.composer.send: expected a key such as",
        ),
        (
            "[keys.composer]\nsend = 3",
            "c.toml:2:8: keys.composer.send: expected a key or an array of keys, found a whole number",
        ),
        (
            "[keys.leader]\nexport = \"x y\"",
            "c.toml:2:10: keys.leader.export: expected a key",
        ),
        (
            "[keys]\ncomposer = 1",
            "c.toml:2:12: keys.composer: expected a table, found a whole number",
        ),
        (
            "[keys]\nleader_key = \"\"",
            "c.toml:2:14: keys.leader_key: expected a key",
        ),
    ] {
        let error = with(text).unwrap_err();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn unknown_names_are_warnings_with_the_nearest() {
    let mut map = Keymap::default();
    let warnings = read_over(&mut map, "[keys.composr]\nsend = \"a\"", false).unwrap();
    assert_eq!(
        warnings.iter().map(Warning::to_string).collect::<Vec<_>>(),
        ["c.toml:1:7: unknown setting in [keys]: composr; did you mean composer?"]
    );
    let mut map = with("[keys.composer]\nsned = []\nsend = \"ctrl-m\"").unwrap();
    let bound = map.bindings().to_vec();
    let mut actions: Vec<&str> = bound.iter().map(|b| b.action.as_str()).collect();
    actions.push("mock-mode");
    let warnings = map.check(&actions).unwrap();
    assert_eq!(
        warnings.iter().map(Warning::to_string).collect::<Vec<_>>(),
        [
            "c.toml:2:1: unknown action in [keys.composer]: sned; did you mean send?",
            "c.toml:3:1: keys.composer.send: most terminals report ctrl-m as enter",
        ]
    );
}

#[test]
fn an_unknown_action_takes_no_key_from_others() {
    let mut map = Keymap::default();
    read_over(&mut map, MANUAL, true).unwrap();
    let bound = map.bindings().to_vec();
    let known: Vec<&str> = bound.iter().map(|b| b.action.as_str()).collect();
    let text = "[keys.composer]\nsendd = \"enter\"\n[keys.global]\nquti = \"ctrl-x\"";
    let source = Source::embedded("c.toml", text);
    let (mut warnings, mut origins) = (Vec::new(), crate::config::setting::Origins::new());
    let table = source.parse().unwrap();
    let mut reading = Reading {
        source: &source,
        warnings: &mut warnings,
        origins: &mut origins,
    };
    let keys = reading.sub(&table, "keys").unwrap().unwrap();
    map.read(&mut reading, keys, false).unwrap();
    let told = map.check(&known).unwrap();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].message.ends_with("sendd; did you mean send?"),
        "{told:?}"
    );
    check(&map, &STACK, "enter", &Match::Actions(vec!["send"]));
    assert_eq!(map.bindings(), bound);
}

#[test]
fn what_means_nothing_in_lists_is_a_warning() {
    let map = with("[keys.overlay]\nsend = \"f2\"\nraw = \"f3\"\ncancel = \"f4 f5\"").unwrap();
    let warnings = map.check_overlay(&["send", "cancel"]);
    assert_eq!(
        warnings.iter().map(Warning::to_string).collect::<Vec<_>>(),
        [
            "c.toml:4:1: keys.overlay.cancel: lists and dialogs take one key, not f4 f5",
            "c.toml:3:1: keys.overlay.raw means nothing in lists and dialogs; what does: send, cancel",
        ]
    );
}

#[test]
fn what_may_follow_the_leader_comes_from_the_bindings() {
    let map = with("[keys.composer]\nraw = \"ctrl-x u\"\n[keys.leader]\nexport = []").unwrap();
    let after = |contexts: &[Context], text: &str| -> Vec<String> {
        let found = map.after(contexts, &keys(text));
        found.iter().map(|(k, a)| format!("{k} {a}")).collect()
    };
    let led = after(&STACK, "ctrl-x");
    assert_eq!(led.first().map(String::as_str), Some("u raw"));
    assert!(led.contains(&"b sidebar".to_owned()), "{led:?}");
    assert!(!led.iter().any(|l| l.ends_with("export")), "{led:?}");
    let of_u = led.iter().filter(|l| l.starts_with("u ")).count();
    assert_eq!(of_u, 1, "{led:?}");
    assert!(after(&STACK, "ctrl-y").is_empty());
    assert!(after(&STACK, "ctrl-x b").is_empty());
}

#[test]
fn hints_show_the_nearest_keys_first() {
    let map = with("").unwrap();
    assert_eq!(
        map.keys_for("newline", Context::Composer),
        ["Ctrl-J", "Alt-Enter", "Shift-Enter"]
    );
    assert_eq!(map.keys_for("help", Context::Panes), ["?", "F1"]);
    assert_eq!(map.keys_for("sidebar", Context::Panes), ["Ctrl-X b"]);
    assert_eq!(map.keys_for("sidebar", Context::Global), ["Ctrl-X b"]);
    assert!(map.keys_for("nothing", Context::Global).is_empty());
}

#[test]
fn a_table_by_the_name_on_screen_leads_to_the_one_that_is_meant() {
    let mut map = Keymap::default();
    let text = "[keys.reading]\nraw = \"f5\"\n[keys.paness]\nraw = \"f6\"";
    let warnings = read_over(&mut map, text, false).unwrap();
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "c.toml:3:7: unknown setting in [keys]: paness; did you mean panes?",
            "c.toml:1:7: unknown setting in [keys]: reading; did you mean panes?",
        ]
    );
}

#[test]
fn a_character_that_a_setting_takes_from_writing_is_told() {
    let actions = ["palette", "send", "raw", "scroll-down", "help", "export"];
    let said = |text: &'static str| -> Vec<String> {
        let mut map = Keymap::default();
        read_over(&mut map, text, false).unwrap();
        let warnings = map.check(&actions).unwrap();
        warnings.iter().map(|w| w.message.clone()).collect()
    };
    assert_eq!(
        said("[keys.global]\npalette = \"j\"\n[keys.composer]\nsend = \"x\""),
        [
            "keys.composer.send: x cannot be typed into a prompt any more; hold Ctrl or Alt with it",
            "keys.global.palette: j cannot be typed into a prompt any more; hold Ctrl or Alt with it",
        ]
    );
    assert_eq!(
        said("[keys.overlay]\nscroll-down = \"j\""),
        [
            "keys.overlay.scroll-down: j cannot be typed into a list or dialog any more; hold Ctrl or Alt with it"
        ]
    );
    assert_eq!(
        said("[keys]\nleader_key = \"v\"\n[keys.leader]\nexport = \"e\"").len(),
        1,
        "the key is told once"
    );
    let sound = "[keys.panes]\nraw = \"x\"\n[keys.composer]\nhelp = \"?\"\nsend = \"alt-x\"";
    assert_eq!(said(sound), [""; 0]);
}
