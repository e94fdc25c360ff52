//! Turns: written down before they are sent, streamed, stopped, failed.
//! Nothing here is asked a second time; that is `life`.

use super::*;
use crate::chat::{Draft, Held, Message, Phase, Progress, Role, Wait};

#[test]
fn a_prompt_is_on_disk_before_it_is_sent() {
    let mut world = World::new();
    world.write("What is a wafer?");
    let effects = world.keys("enter");
    let conversation = world.model.pane().conversation;
    let turn = world.path()[0].id;
    let answer = world.path()[0].answers[0].id;
    let expected = [
        Entry::Title("What is a wafer?".to_owned()),
        Entry::Layout(world.model.layout()),
        Entry::Conversation {
            id: conversation,
            forked_from: None,
        },
        Entry::Turn {
            id: turn,
            conversation,
            parent: None,
            broadcast: None,
            text: "What is a wafer?".to_owned(),
            attachments: Vec::new(),
            at: Timestamp(BEGIN),
        },
        Entry::Answer {
            id: answer,
            turn,
            variant: Variant::new("fast", "thinker"),
            mock: false,
            sample: 1,
        },
    ];
    assert_eq!(entries(&effects), expected);
    assert_eq!(
        effects[1..],
        [
            Effect::KeepPrompt("What is a wafer?".to_owned()),
            Effect::KeepDraft {
                session: world.model.session,
                draft: Draft::default()
            }
        ]
    );
    assert_eq!(
        world.answer(answer).progress,
        Progress::Waiting(Phase::Saving)
    );

    let ask = Ask {
        stream: true,
        answer,
        variant: Variant::new("fast", "thinker"),
        messages: vec![Message::new(Role::User, "What is a wafer?")],
        max_completion_tokens: 8_192,
        reasoning: true,
        when_full: WhenFull::Stagger,
        budget: None,
        try_now: false,
        parts: 0,
    };
    assert_eq!(world.saved(answer), [Effect::Send(ask)]);
}

#[test]
fn a_later_prompt_goes_with_what_was_said_before() {
    let mut variant = Variant::new("mock", "talker");
    variant.system = Some("Be brief.".to_owned());
    variant.params.max_tokens = Some(99);
    let mut world = World::asking(variant);
    let first = world.ask("one");
    world.thought(first, "hm");
    world.text(first, "1");
    world.end(first, EndState::Complete);

    world.write("two");
    let effects = world.keys("enter");
    let written = entries(&effects);
    assert!(
        matches!(
            written,
            [
                Entry::Turn { parent, .. },
                Entry::Answer { mock: true, sample: 1, .. }
            ] if *parent == Some(first)
        ),
        "title, arrangement and conversation are written once: {written:?}"
    );
    let answer = world.path()[1].answers[0].id;
    let ask = sent(&world.saved(answer));
    let said: Vec<_> = ask
        .messages
        .iter()
        .map(|m| (m.role, m.text.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            (Role::System, "Be brief."),
            (Role::User, "one"),
            (Role::Assistant, "1"),
            (Role::User, "two")
        ]
    );
    assert_eq!((ask.max_completion_tokens, ask.reasoning), (99, false));
}

#[test]
fn nothing_is_sent_without_text() {
    let mut world = World::new();
    assert_eq!(world.keys("enter"), []);
    world.write("  ");
    assert_eq!(world.keys("enter"), []);
    assert!(world.path().is_empty());
}

#[test]
fn a_prompt_that_cannot_be_saved_is_sent_under_a_banner() {
    let mut world = World::new();
    let answer = world.submit("hello");
    let effects = world.tell(Msg::SaveFailed {
        answers: vec![answer],
        reason: "disk full".to_owned(),
    });
    assert!(matches!(effects.as_slice(), [Effect::Send(_)]));
    assert_eq!(world.model.unsaved.as_deref(), Some("disk full"));

    world.tell(Msg::StoreTrouble(None));
    assert_eq!(world.model.unsaved, None);
    assert!(world.notice().contains("saved again"));
    let notices = world.model.notices.len();
    world.tell(Msg::StoreTrouble(None));
    assert_eq!(world.model.notices.len(), notices, "only a change is news");
}

#[test]
fn stopping_before_the_prompt_is_on_disk_ends_the_answer_here() {
    let mut world = World::new();
    let answer = world.submit("never mind");
    let effects = world.keys("esc");
    let end = End::bare(EndState::Stopped);
    assert_eq!(
        entries(&effects),
        [Entry::End {
            answer,
            end: Box::new(end)
        }]
    );
    assert!(!world.answer(answer).is_live());
    assert_eq!(world.saved(answer), [], "nothing goes out any more");
}

#[test]
fn stopping_a_request_waits_for_its_own_end() {
    let mut world = World::new();
    let answer = world.ask("count");
    world.text(answer, "one two");
    assert_eq!(world.keys("esc"), [Effect::Cancel(answer)]);
    assert!(world.answer(answer).is_live());
    world.text(answer, " three");
    world.end(answer, EndState::Stopped);
    assert_eq!(world.answer(answer).content, "one two three");
    assert_eq!(
        world.answer(answer).end().map(|e| &e.state),
        Some(&EndState::Stopped)
    );
    assert_eq!(world.keys("esc"), [], "there is nothing to stop");
}

#[test]
fn ctrl_c_stops_like_esc_and_both_from_the_panes_too() {
    for keys in ["ctrl-c", "tab esc", "tab ctrl-c"] {
        let mut world = World::new();
        let answer = world.ask("count");
        assert_eq!(world.keys(keys), [Effect::Cancel(answer)], "{keys}");
        assert!(!world.model.leaving);
    }
}

fn queued() -> StreamEvent {
    StreamEvent::Queued(Wait {
        held: Held::InFlight,
        left: None,
    })
}

#[test]
fn what_comes_after_the_end_is_dropped() {
    let mut world = World::new();
    let answer = world.turn("one", "text");
    let before = world.model.clone();
    world.text(answer, "late");
    world.end(answer, failed(FailureKind::Request));
    world.event(answer, queued());
    assert_eq!(world.model, before);

    let mut other = World::new();
    let unknown = AnswerId::from_uuid(IdSource::new(99).next(Timestamp(BEGIN)));
    let before = other.model.clone();
    assert_eq!(other.end(unknown, failed(FailureKind::Request)), []);
    assert_eq!(other.model, before);
}

#[test]
fn phases_are_told_apart_until_text_comes() {
    let mut world = World::new();
    let answer = world.submit("go");
    world.saved(answer);
    world.event(answer, queued());
    assert_eq!(
        world.answer(answer).progress,
        Progress::Waiting(Phase::Queued {
            held: Held::InFlight,
            until: None,
        })
    );
    world.clock(300);
    world.event(answer, StreamEvent::Sent { number: 1 });
    assert_eq!(
        world.answer(answer).progress,
        Progress::Waiting(Phase::Sent)
    );
    assert_eq!(world.answer(answer).sent, Duration::from_millis(300));
    world.thought(answer, "hm");
    assert_eq!(world.answer(answer).progress, Progress::Streaming);
    world.event(answer, queued());
    assert_eq!(world.answer(answer).progress, Progress::Streaming);
}

#[test]
fn a_refused_prompt_comes_back_to_be_changed() {
    for kind in [
        FailureKind::Request,
        FailureKind::TooLong,
        FailureKind::Payment,
    ] {
        let mut world = World::new();
        let first = world.turn("one", "1");
        let answer = world.ask("too much");
        let effects = world.end(answer, failed(kind));
        let kept = Effect::KeepDraft {
            session: world.model.session,
            draft: "too much".into(),
        };
        assert_eq!(effects, [kept]);
        assert_eq!(world.draft(), "too much");

        world.keys("backspace");
        world.submit("");
        let path = world.path();
        assert_eq!(path.len(), 2, "the new turn stands in place of the failed");
        assert_eq!(path[1].text, "too muc");
        assert_eq!(path[1].parent, Some(first));
    }
}

#[test]
fn what_was_changed_of_a_prompt_is_in_the_history_when_editing_is_given_up() {
    for give_up in ["esc", "ctrl-x e"] {
        let mut world = World::new();
        world.turn("one", "1");
        world.keys("ctrl-x e");
        world.write(" and more");
        let effects = world.keys(give_up);
        let kept = Effect::KeepPrompt("one and more".to_owned());
        assert!(effects.contains(&kept), "{give_up}: {effects:?}");
    }
}

#[test]
fn a_refused_prompt_never_overwrites_a_draft() {
    let mut world = World::new();
    let answer = world.ask("bad");
    world.write("my next thought");
    assert_eq!(world.end(answer, failed(FailureKind::Request)), []);
    assert_eq!(world.draft(), "my next thought");
    assert_eq!(world.model.pane().editing, None);
}

#[test]
fn a_refused_prompt_does_not_mix_with_what_is_written_in_an_editor() {
    let mut world = World::new();
    let answer = world.ask("bad");
    world.keys("ctrl-g");
    assert_eq!(world.end(answer, failed(FailureKind::Request)), []);
    assert_eq!(world.model.pane().editing, None);
}

#[test]
fn other_failures_leave_the_composer_alone() {
    for kind in [
        FailureKind::Key,
        FailureKind::Quota,
        FailureKind::Server,
        FailureKind::Network,
    ] {
        let mut world = World::new();
        let answer = world.ask("hello");
        assert_eq!(world.end(answer, failed(kind)), []);
        assert_eq!(world.draft(), "", "after {kind:?}");
    }
}
