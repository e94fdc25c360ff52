//! Pastes that are too long for the composer: they go along with the draft, and are never lost on the way.

use super::*;
use crate::{
    app::Overlay,
    chat::{Attached, Draft, IdSource, Session, SessionId},
    text::KeyFound,
};

/// A paste that the composer has no room for.
fn long() -> String {
    "a line of a log\n".repeat(1 << 17)
}

fn attached(text: &str) -> Attached {
    Attached::new("pasted text", text)
}

/// The draft that the last of these effects keeps.
fn kept(effects: &[Effect]) -> Draft {
    let drafts = effects.iter().rev().find_map(|e| match e {
        Effect::KeepDraft { draft, .. } => Some(draft.clone()),
        _ => None,
    });
    drafts.expect("a draft is kept")
}

/// What these effects ask for: the answer, and the text of the prompt.
fn asked(effects: &[Effect]) -> (AnswerId, String) {
    let answers = effects.iter().find_map(|e| match e {
        Effect::SavePrompt { answers, .. } => answers.first().copied(),
        _ => None,
    });
    let text = entries(effects).iter().find_map(|e| match e {
        Entry::Turn { text, .. } => Some(text.clone()),
        _ => None,
    });
    (answers.expect("it is sent"), text.expect("a prompt"))
}

#[test]
fn a_long_paste_goes_along_and_is_sent_with_the_prompt() {
    let mut world = World::new();
    let effects = world.paste(&format!("\u{1b}[31mred\r\n{}", long()));
    assert_eq!(world.draft(), "");
    let safe = format!("␛[31mred\n{}", long());
    assert_eq!(kept(&effects).attached, [attached(&safe)]);
    let notice = world.notice().to_owned();
    for word in [
        "[1] pasted text · 2.0 MiB, 131,073 lines",
        "Enter",
        "Ctrl-X D",
    ] {
        assert!(notice.contains(word), "{notice}");
    }
    world.write("What is wrong?");
    let effects = world.keys("enter");
    let (_, text) = asked(&effects);
    let expected = format!(
        "What is wrong?\n\npasted text:\n\n```\n{}\n```",
        safe.trim_end()
    );
    assert!(text == expected, "the text of a file that `ask` attaches");
    assert_eq!(kept(&effects), Draft::default());
    assert_eq!(world.model.composer.attached(), []);
    let turn = world.path()[0];
    assert_eq!(turn.attachments.len(), 1);
    assert_eq!(
        turn.said(),
        "What is wrong?\n\n[1] pasted text · 2.0 MiB, 131,073 lines"
    );
}

#[test]
fn what_is_attached_needs_no_prompt_and_can_be_taken_out() {
    let mut world = World::new();
    world.paste(&long());
    world.paste(&format!("other{}", long()));
    let effects = world.keys("ctrl-x D");
    assert_eq!(kept(&effects).attached, [attached(&long())]);
    assert!(world.notice().starts_with("removed: [2] pasted text"));
    assert!(asked(&world.keys("enter")).1.starts_with("pasted text:"));
    world.keys("ctrl-x D");
    assert_eq!(world.notice(), "nothing is attached");
}

#[test]
fn what_is_attached_is_bounded_together() {
    let mut world = World::new();
    assert_eq!(world.paste(&"x".repeat((16 << 20) + 1)), []);
    assert!(world.notice().starts_with("that paste is over 16 MiB"));
    // Control characters become longer when they are made visible.
    assert_eq!(world.paste(&"\u{1b}".repeat(15 << 20)), []);
    assert_eq!(world.model.composer.attached(), []);
    world.paste(&"x".repeat(10 << 20));
    assert_eq!(world.paste(&"x".repeat(7 << 20)), []);
    assert!(world.notice().contains("Ctrl-X D removes it"));
    assert_eq!(world.model.composer.attached().len(), 1);
}

#[test]
fn many_panes_do_not_get_more_than_memory_has_room_for() {
    let mut world = World::comparing(vec![Variant::new("fast", "thinker"); 8]);
    world.paste(&"x".repeat(10 << 20));
    assert_eq!(world.keys("enter"), []);
    assert!(world.notice().contains("mute some of them"));
    assert_eq!(world.model.composer.attached().len(), 1);
}

#[test]
fn an_edited_prompt_brings_its_attachments_back() {
    let mut world = World::new();
    world.paste(&long());
    world.write("first");
    let (answer, text) = asked(&world.keys("enter"));
    world.saved(answer);
    world.text(answer, "so");
    world.end(answer, EndState::Complete);
    let again = world.keys("ctrl-x r");
    let [Effect::SavePrompt { answers, .. }] = again.as_slice() else {
        panic!("{again:?}");
    };
    let sent = world.saved(answers[0]);
    let [Effect::Send(ask)] = sent.as_slice() else {
        panic!("nothing is sent");
    };
    assert!(ask.messages.last().is_some_and(|m| m.text == text));
    world.end(answers[0], EndState::Complete);

    world.paste(&format!("the next{}", long()));
    let effects = world.keys("ctrl-x e");
    assert_eq!(world.draft(), "first");
    assert_eq!(world.model.composer.attached(), [attached(&long())]);
    assert_eq!(
        kept(&effects).attached.len(),
        2,
        "what gave way is kept as well"
    );
    let (_, edited) = asked(&world.keys("! enter"));
    assert!(edited == text.replacen("first", "first!", 1));
    assert_eq!(world.draft(), "");
    let next = attached(&format!("the next{}", long()));
    assert_eq!(world.model.composer.attached(), [next]);
}

#[test]
fn what_is_attached_while_a_prompt_is_edited_is_not_lost_with_the_edit() {
    for keys in ["esc", "ctrl-c ctrl-c", "ctrl-x e esc"] {
        let mut world = World::new();
        world.paste(&long());
        world.write("one");
        let (answer, _) = asked(&world.keys("enter"));
        world.saved(answer);
        world.end(answer, EndState::Complete);
        world.keys("ctrl-x e");
        let other = format!("another{}", long());
        world.paste(&other);
        let effects = world.keys(keys);
        assert_eq!(
            world.model.composer.attached(),
            [attached(&other)],
            "{keys}"
        );
        assert_eq!(kept(&effects).attached, [attached(&other)], "{keys}");
    }
}

#[test]
fn what_waits_in_the_queue_keeps_its_attachments() {
    let mut world = World::new();
    let first = world.ask("one");
    world.text(first, "so");
    world.paste(&long());
    world.write("two");
    let effects = world.keys("enter");
    assert_eq!(world.model.composer.attached(), []);
    assert_eq!(kept(&effects).attached, [attached(&long())]);
    world.keys("alt-up");
    assert_eq!(world.draft(), "two");
    assert_eq!(world.model.composer.attached(), [attached(&long())]);
    world.keys("enter");
    let (_, text) = asked(&world.end(first, EndState::Complete));
    assert!(text.starts_with("two\n\npasted text:\n\n```\na line"));
}

#[test]
fn a_prompt_that_is_refused_comes_back_with_its_attachments() {
    let mut world = World::new();
    world.paste(&long());
    let (answer, _) = asked(&world.keys("enter"));
    world.saved(answer);
    let failure = Failure::new(FailureKind::TooLong, "too long", "");
    let effects = world.end(answer, EndState::Failed(failure));
    assert_eq!(world.model.composer.attached(), [attached(&long())]);
    assert_eq!(kept(&effects).attached, [attached(&long())]);
}

#[test]
fn a_key_in_an_attachment_is_asked_about() {
    let mut world = World::new();
    world.paste(&format!("{}csk-canary-0123456789abcdef\n", long()));
    world.write("Is it a secret?");
    assert_eq!(world.keys("enter"), []);
    let found = KeyFound {
        line: (1 << 17) + 1,
        known: false,
    };
    let attachment = Some(1);
    assert_eq!(
        world.model.overlays,
        [Overlay::ConfirmKey { found, attachment }]
    );
    assert!(asked(&world.keys("y")).1.contains("csk-canary"));
}

#[test]
fn a_draft_that_is_cleared_or_left_keeps_what_is_attached() {
    let mut world = World::new();
    world.paste(&long());
    world.write("a draft");
    let effects = world.keys("ctrl-c");
    assert_eq!(world.draft(), "");
    assert_eq!(kept(&effects).attached, [attached(&long())]);

    let effects = world.keys("ctrl-x n");
    assert_eq!(kept(&effects).attached, [attached(&long())]);

    let id = SessionId::from_uuid(IdSource::new(9).next(Timestamp(BEGIN)));
    let effects = world.tell(Msg::Opened {
        session: Box::new(Session::new(id, Timestamp(BEGIN))),
        draft: "its own".into(),
        complaints: Vec::new(),
    });
    let expected = Effect::KeepDraft {
        session: id,
        draft: Draft {
            text: "its own".to_owned(),
            attached: vec![attached(&long())],
        },
    };
    assert!(effects.contains(&expected));
}
