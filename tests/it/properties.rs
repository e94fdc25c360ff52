//! Any text that a model can send, any bytes of a server, any file that a person keeps, any paste: targets that are
//! tried with seeds, a few in every run and many by hand.
//!
//! What is promised stands in the files of this folder. Targets of what only the library can name are in
//! `src/provider/tests/fuzz.rs` and `src/store/tests/fuzz.rs`.

mod code;
mod commonmark;
#[path = "../fuzz/damage.rs"]
mod damage;
mod generate;
mod layout;
mod markdown;
mod paste;
mod picture;
#[path = "../fuzz/seeds.rs"]
mod seeds;
mod settings;
mod sse;
mod support;
mod text;

use seeds::{a_few, by_hand};

#[test]
fn sanitiser() {
    a_few(text::target);
}

#[test]
fn splitter() {
    a_few(markdown::target);
}

#[test]
fn highlighter() {
    a_few(code::target);
}

#[test]
fn wrapper() {
    a_few(layout::target);
}

#[test]
#[ignore = "by hand: runs as long as WAFERDECK_FUZZ_SECONDS says"]
fn sanitiser_by_hand() {
    println!("{}", by_hand("sanitiser", text::target));
}

#[test]
#[ignore = "by hand: runs as long as WAFERDECK_FUZZ_SECONDS says"]
fn splitter_by_hand() {
    println!("{}", by_hand("splitter", markdown::target));
}

#[test]
#[ignore = "by hand: runs as long as WAFERDECK_FUZZ_SECONDS says"]
fn highlighter_by_hand() {
    println!("{}", by_hand("highlighter", code::target));
}

#[test]
#[ignore = "by hand: runs as long as WAFERDECK_FUZZ_SECONDS says"]
fn wrapper_by_hand() {
    println!("{}", by_hand("wrapper", layout::target));
}

#[test]
fn events() {
    a_few(sse::target);
}

#[test]
#[ignore = "by hand: runs as long as WAFERDECK_FUZZ_SECONDS says"]
fn events_by_hand() {
    println!("{}", by_hand("events", sse::target));
}

#[test]
fn settings_files() {
    a_few(settings::target);
}

#[test]
#[ignore = "by hand: runs as long as WAFERDECK_FUZZ_SECONDS says"]
fn settings_files_by_hand() {
    println!("{}", by_hand("settings_files", settings::target));
}

#[test]
fn pastes() {
    a_few(paste::target);
}

#[test]
#[ignore = "by hand: runs as long as WAFERDECK_FUZZ_SECONDS says"]
fn pastes_by_hand() {
    println!("{}", by_hand("pastes", paste::target));
}
