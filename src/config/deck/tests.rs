//! Decks from files good and bad, and back into files.
//!
//! What a single variant accepts is tested beside `parse_variant`.

use std::{fs, os::unix::fs::symlink};

use proptest::prelude::*;

use super::*;
use crate::{chat::Effort, config::tests::config};

/// A configuration with a directory of its own, and decks in it.
fn world(decks: &[(&str, &str)]) -> (tempfile::TempDir, Config) {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config("[providers.local]\nbase_url = \"http://localhost:1\"\n");
    config.paths.config_dir = dir.path().to_owned();
    fs::create_dir(config.paths.decks_dir()).unwrap();
    for (name, text) in decks {
        fs::write(config.paths.decks_dir().join(format!("{name}.toml")), text).unwrap();
    }
    (dir, config)
}

/// What a deck of this text gives, paths without their directory.
fn load(text: &str) -> Result<(Deck, Vec<String>), String> {
    let (dir, config) = world(&[("own", text)]);
    let bare = |text: String| text.replace(&format!("{}/", dir.path().display()), "");
    match load_deck("own", &config) {
        Ok((deck, warnings)) => {
            let warnings = warnings.iter().map(|w| bare(w.to_string()));
            Ok((deck, warnings.collect()))
        }
        Err(error) => Err(bare(error.to_string())),
    }
}

#[test]
fn every_shipped_deck_loads_without_a_complaint() {
    let (_dir, config) = world(&[]);
    let all = decks(&config);
    let names: Vec<_> = all.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["duel", "effort", "panel"]);
    for deck in all {
        let (deck, warnings) = deck.content.unwrap();
        assert_eq!(warnings, [""; 0]);
        assert!(!deck.about.is_empty() && deck.panes.len() > 1 && deck.broadcast);
        for pane in &deck.panes {
            assert_eq!(pane.variant.profile, "mock", "asked without a key");
        }
    }
    let shipped = fs::read_dir("assets/decks").unwrap().count();
    assert_eq!(shipped, EMBEDDED.len());
}

#[test]
fn everything_that_a_deck_may_say() {
    let text = "\
about = 'all of it'
layout = 'grid'
broadcast = false

[[pane]]
model = 'local/org/name?effort=high'
system = 'Be brief.'
weight = 64
muted = true

[[pane]]
model = 'gpt-oss-120b'
";
    let (deck, warnings) = load(text).unwrap();
    assert_eq!(warnings, [""; 0]);
    let mut variant = Variant::new("local", "org/name");
    variant.params.effort = Some(Effort::High);
    variant.system = Some("Be brief.".to_owned());
    let expected = Deck {
        name: "own".to_owned(),
        about: "all of it".to_owned(),
        tiling: Tiling::Grid,
        broadcast: false,
        panes: vec![
            DeckPane {
                variant,
                weight: 64,
                muted: true,
            },
            DeckPane::new(Variant::new("mock", "gpt-oss-120b")),
        ],
    };
    assert_eq!(deck, expected);
}

#[test]
fn an_unknown_name_is_a_warning_with_the_nearest() {
    let (deck, warnings) = load("layuot = 'rows'\n[[pane]]\nmodel = 'm'\nwieght = 3\n").unwrap();
    assert_eq!(deck.panes.len(), 1);
    assert_eq!(
        warnings,
        [
            "decks/own.toml:1:1: unknown setting layuot; did you mean layout?",
            "decks/own.toml:4:1: unknown setting in [pane]: wieght; did you mean weight?",
        ]
    );
}

#[test]
fn a_broken_deck_is_told_with_its_place() {
    for (text, expected) in [
        ("", "decks/own.toml:1:1: a deck has one [[pane]] at least"),
        (
            "pane = []",
            "decks/own.toml:1:1: a deck has one [[pane]] at least",
        ),
        (
            "pane = 3",
            "decks/own.toml:1:8: pane: expected [[pane]] tables, found a whole number",
        ),
        (
            "pane = [3]",
            "decks/own.toml:1:9: pane: expected a table, found a whole number",
        ),
        (
            "[[pane]]\nmuted = true",
            "decks/own.toml:1:1: a [[pane]] needs a model",
        ),
        (
            "[[pane]]\nmodel = 'm?effort=max'",
            "decks/own.toml:2:9: pane.model: effort: expected one of none, low, medium, high",
        ),
        (
            "[[pane]]\nmodel = 'm'\nweight = 65",
            "decks/own.toml:3:10: pane.weight: expected 1 to 64, found 65",
        ),
        (
            "[[pane]]\nmodel = 'm'\nmuted = 'yes'",
            "decks/own.toml:3:9: pane.muted: expected true or false, found a string",
        ),
        (
            "layout = 'spiral'\n[[pane]]\nmodel = 'm'",
            "decks/own.toml:1:10: layout: expected one of columns, rows, grid, tabs",
        ),
        ("[[pane]]\nmodel =", "decks/own.toml:2:8: "),
    ] {
        let error = load(text).unwrap_err();
        assert!(error.starts_with(expected), "{text:?}: {error}");
        assert!(error.contains('^'), "it shows the line: {error}");
    }
    let many = "[[pane]]\nmodel = 'm'\n".repeat(65);
    assert!(load(&many).unwrap_err().contains("64 panes at most"));
}

#[test]
fn a_system_prompt_stands_in_one_place() {
    let (_dir, config) = world(&[(
        "own",
        "[[pane]]\nmodel = 'm?system=terse'\nsystem = 'Be long.'\n",
    )]);
    fs::create_dir(config.paths.prompts_dir()).unwrap();
    fs::write(config.paths.prompts_dir().join("terse.md"), "Be brief.").unwrap();
    let error = load_deck("own", &config).unwrap_err().to_string();
    assert!(error.contains("system stands beside it"), "{error}");
}

#[test]
fn a_profile_that_is_gone_is_kept_for_whoever_opens_the_deck() {
    let variant = |model: &str| {
        let (deck, _) = load(&format!("[[pane]]\nmodel = '{model}'\n")).unwrap();
        let variant = deck.panes[0].variant.clone();
        (variant.profile, variant.model)
    };
    let of = |profile: &str, model: &str| (profile.to_owned(), model.to_owned());
    assert_eq!(variant("gone/big?seed=1"), of("gone", "big"));
    assert_eq!(variant("gone/org/big"), of("gone", "org/big"));
    assert_eq!(variant("local/org/big"), of("local", "org/big"));
    assert_eq!(variant("org%2Fbig"), of("mock", "org/big"));
    assert_eq!(variant("big"), of("mock", "big"));
}

#[test]
fn a_persons_own_deck_wins_and_a_broken_one_is_listed_with_its_error() {
    let (_dir, config) = world(&[
        ("duel", "about = 'mine'\n[[pane]]\nmodel = 'm'\n"),
        ("broken", "layout = \n"),
        (".hidden", ""),
    ]);
    let all = decks(&config);
    let names: Vec<_> = all.iter().map(|d| (d.name.as_str(), d.is_own)).collect();
    assert_eq!(
        names,
        [
            ("broken", true),
            ("duel", true),
            ("effort", false),
            ("panel", false)
        ]
    );
    assert!(all[0].content.is_err());
    assert_eq!(all[1].content.as_ref().unwrap().0.about, "mine");
}

#[test]
fn an_unknown_deck_is_told_with_those_there_are() {
    let (_dir, config) = world(&[("mine", "")]);
    for name in ["dual", "../config", "", "a/b"] {
        let error = load_deck(name, &config).unwrap_err().to_string();
        assert!(
            error.ends_with("(there are: duel, effort, mine, panel)"),
            "{error}"
        );
    }
    let error = load_deck("dual", &config).unwrap_err().to_string();
    assert!(error.contains("did you mean duel?"), "{error}");
}

fn deck(name: &str, variant: Variant) -> Deck {
    Deck {
        name: name.to_owned(),
        about: String::new(),
        tiling: Tiling::Rows,
        broadcast: true,
        panes: vec![DeckPane::new(variant)],
    }
}

#[test]
fn a_deck_is_replaced_only_on_demand_and_keeps_its_comments() {
    let old = "# Mine.\n\n# Do not lose this.\nabout = 'what it is for'\n# inside\n[[pane]]\nmodel = 'old'\n";
    let (_dir, config) = world(&[("own", old)]);
    let dir = config.paths.decks_dir();
    let new = deck("own", Variant::new("mock", "new"));
    assert_eq!(save_deck(&new, &dir, false).unwrap(), Saved::Exists);
    let path = dir.join("own.toml");
    assert_eq!(fs::read_to_string(&path).unwrap(), old);
    let saved = save_deck(&new, &dir, true).unwrap();
    assert_eq!(saved, Saved::Written(path.clone()));
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with("# Mine.\n\n# Do not lose this.\nabout"),
        "{text}"
    );
    let (read, _) = load_deck("own", &config).unwrap();
    assert_eq!(read.about, "what it is for");
    assert_eq!(read.panes, new.panes);
}

#[test]
fn a_deck_that_is_a_link_is_written_where_it_leads() {
    let (home, config) = world(&[]);
    let real = home.path().join("dotfiles.toml");
    fs::write(&real, "# from the dotfiles\nthis is broken").unwrap();
    let link = config.paths.decks_dir().join("own.toml");
    symlink(&real, &link).unwrap();
    let new = deck("own", Variant::new("mock", "new"));
    save_deck(&new, &config.paths.decks_dir(), true).unwrap();
    assert!(link.is_symlink());
    let text = fs::read_to_string(&real).unwrap();
    assert!(
        text.starts_with("# from the dotfiles\nlayout = \"rows\""),
        "{text}"
    );
}

#[test]
fn names_of_decks_are_names_of_files() {
    for name in ["duel", "my deck", "v1.2-a_b", "größe"] {
        assert!(is_deck_name(name), "{name}");
    }
    for name in [
        "",
        " ",
        " a",
        "a ",
        ".a",
        "a/b",
        "a\\b",
        "..",
        "a\nb",
        &"a".repeat(61),
    ] {
        assert!(!is_deck_name(name), "{name:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_deck_or_an_error_with_its_place(
        text in "((\\[\\[pane\\]\\]|model|weight|system|layout|muted|=|'[a-z?/&%=]{0,9}'|[0-9]{1,6}|[{}\\[\\],])[ \n]?){0,24}",
    ) {
        match load(&text) {
            Ok((deck, _)) => prop_assert!((1..=PaneLayout::MOST).contains(&deck.panes.len())),
            Err(error) => prop_assert!(error.starts_with("decks/own.toml:"), "{}", error),
        }
    }

    #[test]
    fn a_saved_deck_is_read_as_it_was(
        about in "[a-z\"' ]{0,20}",
        model in "[a-z/?&=%ü ]{1,12}",
        system in "\\PC{0,30}\n?\\PC{0,9}[\"']{0,4}",
        stop in "\\PC{1,9}",
        weight in 1..=PaneLayout::MAX_WEIGHT,
        (muted, broadcast) in any::<(bool, bool)>(),
    ) {
        prop_assume!(!model.trim().is_empty() && !stop.is_empty());
        let (_dir, config) = world(&[]);
        let mut variant = Variant::new("local", model);
        variant.system = (!system.trim().is_empty()).then_some(system);
        variant.params.stop = vec![stop];
        let pane = DeckPane { variant, weight, muted };
        let about = SafeText::line(&about).into_string();
        let deck = Deck { name: "own".to_owned(), about, tiling: Tiling::Tabs, broadcast, panes: vec![pane] };
        save_deck(&deck, &config.paths.decks_dir(), false).unwrap();
        let (read, warnings) = load_deck("own", &config).unwrap();
        prop_assert_eq!(warnings, []);
        prop_assert_eq!(read, deck);
    }
}

#[test]
fn no_deck_is_written_outside_its_directory() {
    let (dir, config) = world(&[("own", "[[pane]]\nmodel = 'gpt-oss-120b'\n")]);
    let (deck, _) = load_deck("own", &config).unwrap();
    for name in ["../out", "", ".hidden", "a/b", " own", "own ", "/tmp/own"] {
        let deck = Deck {
            name: name.to_owned(),
            ..deck.clone()
        };
        let error = save_deck(&deck, &config.paths.decks_dir(), true).unwrap_err();
        assert!(matches!(error, Error::Value { .. }), "{name:?}: {error}");
    }
    let names = |path: &Path| fs::read_dir(path).unwrap().count();
    assert_eq!(
        (names(dir.path()), names(&config.paths.decks_dir())),
        (1, 1)
    );
}

#[test]
fn a_file_whose_name_is_no_decks_is_not_listed() {
    let long = "x".repeat(61);
    let text = "[[pane]]\nmodel = 'gpt-oss-120b'\n";
    let (_dir, config) = world(&[("own", text), (" blank", text), (&long, text)]);
    let names: Vec<_> = decks(&config).into_iter().map(|d| d.name).collect();
    assert_eq!(names, ["duel", "effort", "own", "panel"]);
}

#[test]
fn the_length_of_a_name_is_counted_in_letters() {
    assert!(is_deck_name(&"ä".repeat(60)) && is_deck_name(&"語".repeat(60)));
    assert!(!is_deck_name(&"ä".repeat(61)));
}

#[test]
fn a_deck_that_cannot_be_written_is_no_unreadable_one() {
    let (dir, config) = world(&[("own", "[[pane]]\nmodel = 'gpt-oss-120b'\n")]);
    let (deck, _) = load_deck("own", &config).unwrap();
    let missing = dir.path().join("lost");
    symlink(dir.path().join("nowhere/x"), &missing).unwrap();
    let error = save_deck(&deck, &missing, true).unwrap_err();
    assert!(matches!(error, Error::Unwritable { .. }), "{error}");
    assert!(error.to_string().contains("cannot be written"), "{error}");
}
