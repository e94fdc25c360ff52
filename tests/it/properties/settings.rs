//! Files that a person writes or was given: settings, themes, decks. Whatever stands in them, what is said about it is
//! safe to print and names a place inside the file, and what could be read can be written and read again.
//!
//! What single settings accept is tested in `src/config`.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use tempfile::TempDir;
use waferdeck::{
    config::{
        self, Config, Error, Loaded, Overrides, Theme, Warning, load_deck, save_deck, set_theme,
    },
    text::{SafeText, width},
};

use super::{damage::damaged, seeds::try_with};

/// What nobody should read in a message, although people do write it into the wrong place.
const CANARY: &str = "csk-canary-0123456789";

static SETTINGS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let manual = fs::read_to_string("assets/config.toml").expect("the manual");
    let uncommented = manual.replace("\n#", "\n").into_bytes();
    let mut corpus = corpus("tests/data/config");
    // The short ones more often: a change of a long one changes little.
    corpus.extend(corpus.clone());
    corpus.extend([manual.into_bytes(), uncommented]);
    corpus
});

static THEMES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| corpus("themes"));

static DECKS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut corpus = corpus("assets/decks");
    let long = "about = \"a\\u202eb\"\nlayout = \"tabs\"\nbroadcast = false\n\n[[pane]]\n\
        model = \"mock/qwen-3.8-27b?effort=low&temperature=0.5&seed=-7&stop=a&max=9\"\nweight = 3\nmuted = true\n\n\
        [[pane]]\nmodel = \"gone/org%2Fmodel?top_p=1\"\nsystem = '''\nBe\\n brief\n'''\n";
    corpus.push(long.as_bytes().to_vec());
    corpus
});

#[rustfmt::skip]
const WORDS: &[&[u8]] = &[
    b"=", b" = ", b"\n", b"\r\n", b"\r", b"\"", b"'", b"\"\"\"", b"'''", b"#", b"[", b"]", b"[[", b"]]", b"{", b"}", b",",
    b".", b"\\", b"\\u202e", b"\\U0010ffff", b"\0", b"\x1b[31m", b"\xc2\x9b", b"\xe2\x80\xae", b"\xef\xbb\xbf", b"\xff",
    b"\t", b"true", b"false", b"0", b"-1", b"1e400", b"nan", b"inf", b"-inf", b"9223372036854775807", b"0x7f",
    b"9223372036854775808", b"1.5", b"\"\"", b"[]", b"{}", b"1979-05-27T07:32:00Z", b"[ui]\n", b"[keys]\n",
    b"[keys.global]\n", b"[providers.local]\n", b"[providers.\"a b\"]\n", b"[[pane]]\n", b"theme = \"auto\"\n",
    b"base_url = \"http://127.0.0.1:1\"\n", b"send = \"ctrl-x\"\n", b"\"ctrl-x m\"", b"default_profile = \"local\"\n",
    b"model = \"mock/x?\"\n", b"?", b"&", b"%", b"%2F", b"system=none", b"?seed=1&seed=2", b"fg = \"#12345\"\n",
    b"\"#ffffff\"", b"\"bright-red\"", b"weight = 0\n", b"layout = \"grid\"\n", b"csk-canary-0123456789",
    b"\"csk-canary-0123456789\"", b"api_key = \"csk-canary-0123456789\"\n", b"\xf0\x9f\xa6\x80", b"\xe8\xaa\x9e",
];

/// The files of a folder that end in `.toml`.
fn corpus(folder: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<PathBuf> = entries.map(|e| e.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "toml"));
    paths.sort();
    let read = |path| fs::read(path).expect("a file");
    paths.into_iter().map(read).collect()
}

/// Any file of settings, any theme, any deck.
pub(super) fn target(seed: u64) {
    let place = Place::new();
    try_with(seed, 24, &damaged(&SETTINGS, WORDS, 6), |bytes| {
        check_settings(&place, &bytes);
    });
    try_with(seed, 12, &damaged(&THEMES, WORDS, 6), |bytes| {
        check_theme(&place, &bytes);
    });
    let config = place.load().expect("the defaults are valid").config;
    try_with(seed, 24, &damaged(&DECKS, WORDS, 6), |bytes| {
        check_deck(&place, &config, &bytes);
    });
}

/// A configuration directory of its own.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        for folder in ["themes", "decks"] {
            fs::create_dir(dir.path().join(folder)).expect("a folder");
        }
        Self(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("a file");
        path
    }

    fn load(&self) -> Result<Loaded, Error> {
        let here = self.0.path().to_str().expect("a plain path").to_owned();
        let is_place = |name: &str| name.starts_with("WAFERDECK_") && name.ends_with("_DIR");
        config::load(&Overrides::default(), &|name| {
            is_place(name).then(|| here.clone())
        })
    }
}

fn check_settings(place: &Place, bytes: &[u8]) {
    let path = place.write("config.toml", bytes);
    let loaded = place.load();
    match &loaded {
        Ok(loaded) => {
            assert_warnings(&loaded.warnings, &path, bytes);
            for line in &loaded.origins {
                assert!(SafeText::line(&line.path).as_str() == line.path);
            }
            check_edit(place, &path, loaded);
        }
        Err(error) => {
            assert_safe(&error.to_string());
            match error {
                Error::Clash { first, second, .. } => assert_ne!(first, second),
                error => assert_inside(error, &path, bytes),
            }
        }
    }
    fs::remove_file(path).expect("the file");
}

/// A change of one setting leaves all the others.
fn check_edit(place: &Place, path: &Path, before: &Loaded) {
    match set_theme(path, "high-contrast") {
        Ok(()) => {
            let after = place.load().expect("what was readable still is");
            assert_eq!(after.config.ui.theme, "high-contrast");
            let mut config = after.config;
            config.ui.theme.clone_from(&before.config.ui.theme);
            config.theme = before.config.theme.clone();
            assert_eq!(config, before.config);
        }
        Err(error) => assert_safe(&error.to_string()),
    }
}

fn check_theme(place: &Place, bytes: &[u8]) {
    let path = place.write("themes/own.toml", bytes);
    let (theme, warnings) = Theme::load("own", &place.path("themes"));
    assert_warnings(&warnings, &path, bytes);
    if theme.name == "own" {
        for role in theme.roles() {
            theme.style(role);
        }
    } else {
        assert_eq!(theme, Theme::default());
        assert_eq!(warnings.len(), 1, "why it is not used");
    }
}

fn check_deck(place: &Place, config: &Config, bytes: &[u8]) {
    let path = place.write("decks/own.toml", bytes);
    match load_deck("own", config) {
        Ok((deck, warnings)) => {
            assert_warnings(&warnings, &path, bytes);
            save_deck(&deck, &place.path("decks"), true).expect("a place to write");
            let (again, warnings) = load_deck("own", config).expect("our own deck");
            assert_eq!(again, deck);
            assert_eq!(warnings, []);
        }
        Err(error) => assert_inside(&error, &path, bytes),
    }
}

#[track_caller]
fn assert_warnings(warnings: &[Warning], path: &Path, bytes: &[u8]) {
    for warning in warnings {
        assert_safe(&warning.to_string());
        if let Some(place) = &warning.place {
            assert_place(place, path, bytes);
        }
    }
}

/// The error is about a place in the file, or about bytes that are no text.
#[track_caller]
fn assert_inside(error: &Error, path: &Path, bytes: &[u8]) {
    assert_safe(&error.to_string());
    match error {
        Error::Fault(fault) => {
            assert_place(&fault.place, path, bytes);
            assert!(!fault.message.contains('\n'), "{}", fault.message);
            for row in fault.excerpt.to_string().lines() {
                assert!(width(row) <= 80, "{row}");
            }
        }
        Error::Unreadable { .. } => assert!(std::str::from_utf8(bytes).is_err(), "{error}"),
        other => panic!("names no place: {other}"),
    }
}

#[track_caller]
fn assert_place(place: &config::Place, path: &Path, bytes: &[u8]) {
    assert_eq!(place.file, path);
    let text = std::str::from_utf8(bytes).expect("a place in a text");
    let line = text
        .split('\n')
        .nth(place.line.checked_sub(1).expect("from 1"));
    let line = line.expect("a line of the file");
    let columns = line.chars().count() + 1;
    assert!((1..=columns).contains(&place.column), "{place}");
}

/// Nothing drives a terminal, and nothing tells the key.
#[track_caller]
fn assert_safe(text: &str) {
    assert_eq!(SafeText::new(text).as_str(), text, "not safe to print");
    assert!(!text.contains(CANARY), "{text}");
}
