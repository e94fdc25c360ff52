//! Keys: text, chords, history, pastes, and the same key meaning different things in different states.
//! What lists do with keys is `overlays`.

use super::*;
use crate::app::{Focus, Overlay};

#[test]
fn every_change_of_the_draft_is_kept_and_moving_is_none() {
    let mut world = World::new();
    let session = world.model.session;
    let kept = |text: &str| {
        vec![Effect::KeepDraft {
            session,
            draft: text.into(),
        }]
    };
    assert_eq!(world.keys("a"), kept("a"));
    assert_eq!(world.keys("space"), kept("a "));
    assert_eq!(world.keys("left"), []);
    assert_eq!(world.keys("ctrl-j"), kept("a\n "));
    assert_eq!(world.keys("ctrl-z"), [Effect::Suspend], "bound, not undo");
    assert_eq!(world.keys("backspace"), kept("a "));
    assert_eq!(world.keys("backspace"), kept(" "));
    assert_eq!(
        world.keys("backspace"),
        [],
        "nothing left before the cursor"
    );
}

#[test]
fn a_question_mark_asks_for_help_only_where_it_cannot_be_text() {
    let mut world = World::new();
    world.keys("?");
    assert!(matches!(
        world.model.overlays.as_slice(),
        [Overlay::Help { .. }]
    ));
    world.keys("?");
    assert!(world.model.overlays.is_empty());
    world.write("why?");
    assert_eq!(world.draft(), "why?");
    world.keys("tab ?");
    assert!(!world.model.overlays.is_empty(), "panes take no text");
}

#[test]
fn a_chord_waits_for_its_second_key_and_swallows_a_wrong_one() {
    let mut world = World::new();
    assert_eq!(world.keys("ctrl-x"), []);
    assert_eq!(world.model.pending.len(), 1);
    world.keys("b");
    assert!(!world.model.settings.sidebar);
    assert!(world.model.pending.is_empty());

    assert_eq!(world.keys("ctrl-x 7"), []);
    assert!(world.model.pending.is_empty());
    assert_eq!(
        world.draft(),
        "",
        "7 was part of a chord that does not exist"
    );
    world.keys("ctrl-x esc");
    world.write("b");
    assert_eq!(world.draft(), "b", "the chord was given up");
}

#[test]
fn keys_that_type_do_nothing_in_the_panes() {
    let mut world = World::new();
    world.keys("tab");
    assert_eq!(world.model.focus, Focus::Panes);
    assert_eq!(world.keys("x"), []);
    assert_eq!(world.draft(), "");
    world.keys("tab");
    assert_eq!(world.model.focus, Focus::Composer);
}

#[test]
fn enter_and_newline_change_places() {
    let mut world = World::new();
    world.keys("f4");
    world.write("a");
    world.keys("enter");
    world.write("b");
    assert_eq!(world.draft(), "a\nb");
    let effects = world.keys("alt-enter");
    assert!(matches!(effects[0], Effect::SavePrompt { .. }));
    world.keys("ctrl-x enter");
    assert!(!world.model.settings.enter_is_newline);
}

#[test]
fn a_backslash_before_enter_starts_a_line() {
    let mut world = World::new();
    world.write("a\\");
    world.keys("enter");
    world.write("b");
    assert_eq!(world.draft(), "a\nb");
    assert!(world.path().is_empty());
}

#[test]
fn a_paste_never_sends_and_brings_the_composer_back() {
    let mut world = World::new();
    world.keys("tab");
    let effects = world.paste("one\r\ntwo\rthree\u{1b}[31m");
    assert_eq!(world.draft(), "one\ntwo\nthree␛[31m");
    assert_eq!(world.model.focus, Focus::Composer);
    assert!(matches!(effects.as_slice(), [Effect::KeepDraft { .. }]));
}

#[test]
fn earlier_prompts_come_back_and_the_draft_after_them() {
    let mut world = World::new();
    world.turn("first", "1");
    world.turn("second", "2");
    world.write("draft");
    let effects = world.keys("up");
    assert_eq!(world.draft(), "second");
    assert!(
        matches!(effects.as_slice(), [Effect::KeepDraft { draft, .. }] if draft.text == "draft"),
        "what was written is kept, and not what is in the history: {effects:?}"
    );
    world.keys("up");
    assert_eq!(world.draft(), "first");
    assert_eq!(world.keys("up"), [], "there is none before it");
    world.keys("down down");
    assert_eq!(world.draft(), "draft");
    assert_eq!(world.keys("down"), []);
}

#[test]
fn a_draft_comes_back_when_an_earlier_prompt_was_sent_or_cleared() {
    for key in ["enter", "ctrl-c"] {
        let mut world = World::new();
        world.turn("first", "1");
        world.write("draft");
        world.keys("up");
        let effects = world.keys(key);
        assert_eq!(world.draft(), "draft", "{key}");
        let kept = effects
            .iter()
            .any(|e| matches!(e, Effect::KeepDraft { draft, .. } if draft.text == "draft"));
        assert!(kept, "{key}: {effects:?}");
    }
}

#[test]
fn an_earlier_prompt_that_was_changed_is_kept_before_another_is_shown() {
    for key in ["up", "down"] {
        let mut world = World::new();
        world.turn("first", "1");
        world.turn("second", "2");
        world.write("draft");
        world.keys("up");
        let effects = world.keys("!");
        let on_disk = "draft\n\nsecond!";
        assert!(
            matches!(effects.as_slice(), [Effect::KeepDraft { draft, .. }] if draft.text == on_disk),
            "{effects:?}"
        );
        let effects = world.keys(key);
        let kept = Effect::KeepPrompt("second!".to_owned());
        assert!(effects.contains(&kept), "{key}: {effects:?}");
        assert!(
            world
                .model
                .composer
                .history()
                .contains(&"second!".to_owned())
        );
    }
}

#[test]
fn a_draft_is_behind_the_prompt_that_was_found_in_the_history() {
    let mut world = World::new();
    world.turn("first", "1");
    world.write("half");
    world.keys("ctrl-r");
    world.keys("enter");
    assert_eq!(world.draft(), "first");
    world.keys("down");
    assert_eq!(world.draft(), "half");
}

#[test]
fn the_cursor_moves_in_the_text_before_it_leafs() {
    let mut world = World::new();
    world.turn("earlier", "1");
    world.write("a\nb");
    world.keys("up");
    assert_eq!(world.draft(), "a\nb");
    world.keys("up");
    assert_eq!(world.draft(), "earlier");
}

#[test]
fn a_cleared_draft_can_be_had_again() {
    let mut world = World::new();
    world.write("precious");
    let effects = world.keys("ctrl-c");
    assert!(effects.contains(&Effect::KeepPrompt("precious".to_owned())));
    assert_eq!(world.draft(), "");
    assert_eq!(world.model.quit_armed, None, "the key cleared, no more");
    world.keys("up");
    assert_eq!(world.draft(), "precious");
}

#[test]
fn ctrl_c_twice_leaves_and_once_only_says_so() {
    let mut world = World::new();
    assert_eq!(world.keys("ctrl-c"), []);
    assert!(world.notice().contains("again"));
    world.clock(1_999);
    assert_eq!(world.keys("ctrl-c"), [Effect::Quit]);

    let mut world = World::new();
    world.keys("ctrl-c");
    world.clock(2_000);
    assert_eq!(
        world.keys("ctrl-c"),
        [],
        "the first one is forgotten by now"
    );
}

#[test]
fn ctrl_d_deletes_in_text_and_leaves_without() {
    let mut world = World::new();
    world.write("ab");
    world.keys("left ctrl-d");
    assert_eq!(world.draft(), "a");
    world.keys("backspace");
    assert_eq!(world.keys("ctrl-d"), [Effect::Quit]);
}
