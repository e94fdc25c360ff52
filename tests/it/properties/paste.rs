//! Pastes: wherever text is put, nothing is sent, nothing hides in it, and the screen stays whole.
//!
//! How a single step of editing works is tested beside the composer.

use proptest::{collection::vec, prelude::*, sample::select};
use waferdeck::app::{Effect, Input, Msg, Overlay};
use waferdeck::text::SafeText;

use super::{generate, seeds::try_with, text::assert_visible};
use crate::stage::Stage;

/// The most that the composer takes.
const MOST: usize = 1 << 20;

/// Keys that lead from an empty pane to a place where text can be put.
#[rustfmt::skip]
const PLACES: &[&str] = &[
    "", "", "", "tab", "tab /", "tab v", "ctrl-p", "ctrl-x", "ctrl-x m", "ctrl-x p", "ctrl-x i", "ctrl-x N", "ctrl-x O",
    "ctrl-x l", "f1", "f3",
];

/// What comes between two pastes.
#[rustfmt::skip]
const BETWEEN: &[&str] = &[
    "", "", "left", "right", "backspace", "delete", "up", "down", "home", "end", "ctrl-w", "ctrl-u", "ctrl-z", "ctrl-_", "ctrl-y",
];

/// What only a paste brings: its own end, keys of a terminal, line ends of all kinds.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "\u{1b}[201~", "\u{1b}[200~", "\r", "\r\n", "\n\r", "\n\n\n", "\u{3}", "\u{4}", "\u{1b}", "\u{1b}]52;c;aGk=\u{7}",
    "\u{9b}31m", "\t\t", "\\\n", "\\", "\0", "\u{7f}", "\u{202e}", "\u{200d}", "👩\u{200d}", "\u{200d}👧", "\u{301}",
];

/// Any text, anywhere, in several parts; now and then one that is too large.
pub(super) fn target(seed: u64) {
    let text = prop_oneof![
        3 => vec(prop_oneof![select(WORDS).prop_map(str::to_owned), generate::text()], 1..4)
            .prop_map(|parts| parts.concat()),
        1 => select(WORDS).prop_map(str::to_owned),
    ];
    let parts = vec((text, select(BETWEEN)), 1..6);
    let size = (1..100_u16, 1..30_u16);
    let cases = (select(PLACES), parts, size);
    try_with(seed, 12, &cases, |(place, parts, size)| {
        check(place, &parts, size);
    });
    let unit = prop_oneof![select(WORDS), Just("word "), Just("x")];
    let large = (select(PLACES), unit, MOST / 16..2 * MOST);
    try_with(seed, 1, &large, |(place, unit, bytes)| {
        let text = unit.repeat(bytes / unit.len());
        check(place, &[(text.clone(), ""), (text, "")], (80, 24));
    });
}

fn check(place: &str, parts: &[(String, &str)], (width, height): (u16, u16)) {
    let mut stage = Stage::new();
    if !place.is_empty() {
        stage.keys(place);
    }
    for (text, keys) in parts {
        let before = stage.model.composer.text();
        let effects = stage.tell(Msg::Terminal(Input::Paste(text.clone())));
        assert_harmless(&effects);
        assert_kept(&stage);
        let after = stage.model.composer.text();
        assert!(
            after == before || stage.model.overlays.is_empty(),
            "text behind an overlay"
        );
        if !keys.is_empty() {
            stage.keys(keys);
            assert_kept(&stage);
        }
        for row in stage.draw(width, height).rows() {
            assert_visible(&row);
        }
    }
}

/// What was put somewhere is safe to show and within its bound.
#[track_caller]
fn assert_kept(stage: &Stage) {
    let mut texts = vec![stage.model.composer.text()];
    texts.extend(stage.model.overlays.iter().map(|overlay| match overlay {
        Overlay::SystemPrompt(prompt) => prompt.text.text(),
        Overlay::Line(line) => line.text.text(),
        _ => String::new(),
    }));
    for text in texts {
        assert!(text.len() <= MOST, "{} bytes", text.len());
        // A letter that is taken away may leave a zero-width space of its script behind.
        let text = text.replace('\u{200b}', "");
        assert!(SafeText::new(&text).as_str() == text, "not safe to show");
    }
}

/// Nothing goes out and nothing is started: at most the draft is kept, or a preview is looked for.
#[track_caller]
fn assert_harmless(effects: &[Effect]) {
    for effect in effects {
        let is_harmless = matches!(effect, Effect::KeepDraft { .. } | Effect::PreviewSession(_));
        assert!(is_harmless, "{effect:?}");
    }
}
