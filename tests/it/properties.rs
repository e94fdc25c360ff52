//! Any text that a model can send: four targets that are tried with seeds, a few in every run and many by hand.
//!
//! What is promised stands in the files of this folder; the texts come from `generate`, documents from `support`.

mod code;
mod commonmark;
mod generate;
mod layout;
mod markdown;
mod picture;
mod support;
mod text;

use std::ops::Range;

use support::{Target, by_hand};

/// Seeds of an ordinary run: the same on every machine.
const SEEDS: Range<u64> = 0..6;

fn seeds(target: Target) {
    for seed in SEEDS {
        target(seed);
    }
}

#[test]
fn sanitiser() {
    seeds(text::target);
}

#[test]
fn splitter() {
    seeds(markdown::target);
}

#[test]
fn highlighter() {
    seeds(code::target);
}

#[test]
fn wrapper() {
    seeds(layout::target);
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
