//! Sessions, leaving, and time: what is written when, what goes away by itself, and that an idle program is idle.
//! The transcript itself is the store's.

use super::*;
use crate::{
    app::{Focus, Outcome, Overlay, Scroll, Signal, Tone},
    chat::{Layout, PaneLayout, Session, SessionId},
};

#[test]
fn leaving_asks_while_an_answer_streams() {
    let mut world = World::new();
    let answer = world.ask("long");
    assert_eq!(world.keys("ctrl-x q"), []);
    assert_eq!(world.model.overlays, [Overlay::ConfirmQuit]);
    world.keys("n");
    assert!(world.model.overlays.is_empty());
    world.keys("ctrl-x q esc");
    assert!(world.model.overlays.is_empty());

    world.keys("tab q");
    let effects = world.keys("enter");
    assert_eq!(effects.first(), Some(&Effect::Cancel(answer)));
    assert_eq!(effects.last(), Some(&Effect::Quit));
    assert!(world.model.leaving);
}

#[test]
fn leaving_is_asked_for_once() {
    let mut world = World::new();
    assert_eq!(world.keys("ctrl-x q"), [Effect::Quit]);
    assert_eq!(world.tell(Msg::Signal(Signal::Terminate)), []);
}

#[test]
fn a_signal_leaves_without_a_question() {
    for signal in [
        Signal::Hangup,
        Signal::Terminate,
        Signal::Interrupt,
        Signal::Quit,
    ] {
        let mut world = World::new();
        world.ask("long");
        let effects = world.tell(Msg::Signal(signal));
        assert_eq!(effects.last(), Some(&Effect::Quit), "{signal:?}");
        assert!(world.model.overlays.is_empty());
    }
}

#[test]
fn leaving_offers_another_place_while_nothing_is_saved() {
    let mut world = World::new();
    world.tell(Msg::StoreTrouble(Some("disk full".to_owned())));
    assert_eq!(world.keys("ctrl-x q"), [Effect::Quit], "nothing to lose");

    let mut world = World::new();
    world.turn("one", "1");
    world.write("unsent");
    world.tell(Msg::StoreTrouble(Some("disk full".to_owned())));
    assert_eq!(world.keys("ctrl-x q"), []);
    assert!(matches!(world.model.overlays[..], [Overlay::Line(_)]));
    world.keys("esc");
    assert!(world.model.overlays.is_empty() && !world.model.leaving);

    world.keys("ctrl-x q");
    world.write("/x");
    let effects = world.keys("enter");
    let [
        Effect::SaveElsewhere {
            folder,
            session,
            draft,
        },
    ] = &effects[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!(draft.text, "unsent");
    assert_eq!(folder, "~/waferdeck-rescued/x");
    assert_eq!(**session, world.model.snapshot());
    world.tell(Msg::SavedElsewhere(Err("that is full, too".to_owned())));
    assert!(matches!(world.model.overlays[..], [Overlay::Line(_)]));
    assert!(!world.model.leaving);
    let effects = world.tell(Msg::SavedElsewhere(Ok(())));
    assert_eq!(effects.last(), Some(&Effect::Quit));
}

#[test]
fn where_everything_must_be_saved_trouble_stops_answers_and_leaves() {
    let world = || {
        let mut world = World::new();
        world.model.settings.requires_store = true;
        world
    };
    // Before the prompt is on disk: no request goes out.
    let mut first = world();
    let answer = first.submit("one");
    let effects = first.tell(Msg::SaveFailed {
        answers: vec![answer],
        reason: "disk full".to_owned(),
    });
    assert!(
        effects
            .iter()
            .all(|e| matches!(e, Effect::Keep(_) | Effect::KeepDraft { .. })),
        "{effects:?}"
    );
    assert!(first.model.running.is_empty());
    assert!(matches!(first.model.overlays[..], [Overlay::Line(_)]));

    // In the middle: what came can be saved elsewhere, and the question is asked once.
    let mut second = world();
    let answer = second.ask("one");
    second.text(answer, "some of it");
    let trouble = || Msg::StoreTrouble(Some("disk full".to_owned()));
    let effects = second.tell(trouble());
    assert!(matches!(effects[..], [Effect::Cancel(_)]), "{effects:?}");
    second.tell(trouble());
    assert!(matches!(second.model.overlays[..], [Overlay::Line(_)]));
    let effects = second.keys("ctrl-u enter");
    assert_eq!(effects.last(), Some(&Effect::Quit));

    let mut third = world();
    assert_eq!(third.tell(trouble()), [Effect::Quit], "nothing to lose");
}

#[test]
fn an_empty_place_and_a_signal_leave_what_is_unsaved() {
    for is_signal in [false, true] {
        let mut world = World::new();
        world.turn("one", "1");
        world.tell(Msg::StoreTrouble(Some("disk full".to_owned())));
        let effects = if is_signal {
            world.tell(Msg::Signal(Signal::Terminate))
        } else {
            world.keys("ctrl-x q ctrl-u enter")
        };
        assert_eq!(effects.last(), Some(&Effect::Quit));
    }
}

#[test]
fn leaving_while_an_answer_streams_asks_for_a_place_after_that() {
    let mut world = World::new();
    let answer = world.ask("long");
    world.tell(Msg::StoreTrouble(Some("disk full".to_owned())));
    assert_eq!(world.keys("ctrl-x q"), []);
    assert_eq!(world.model.overlays, [Overlay::ConfirmQuit]);
    assert_eq!(world.keys("enter"), [Effect::Cancel(answer)]);
    assert!(matches!(world.model.overlays[..], [Overlay::Line(_)]));
}

#[test]
fn a_changed_arrangement_is_written_a_second_later_and_once() {
    let mut world = World::new();
    world.turn("one", "1");
    world.clock(100);
    world.keys("ctrl-x m");
    world.write("talker");
    world.keys("enter");
    world.clock(600);
    world.drawn(false, 0, 0);
    assert_eq!(world.clock(1_099), []);
    let effects = world.clock(1_100);
    let layout = world.model.layout();
    assert_eq!(entries(&effects), [Entry::Layout(layout)]);
    assert_eq!(world.clock(9_000), []);
}

#[test]
fn an_arrangement_that_came_back_to_itself_is_not_written() {
    let mut world = World::new();
    let answer = world.ask("think");
    world.thought(answer, "hm");
    world.text(answer, "well");
    world.end(answer, EndState::Complete);
    world.drawn(true, 0, 0);
    assert_eq!(
        world.clock(2_000),
        [],
        "what was written with the first prompt still holds"
    );
    world.keys("tab t");
    assert_eq!(entries(&world.clock(4_000)).len(), 1);
    world.keys("k");
    world.drawn(false, 0, 1);
    world.keys("j");
    world.drawn(true, 0, 2);
    assert_eq!(world.clock(6_000), []);
}

#[test]
fn nothing_is_written_before_the_first_prompt() {
    let mut world = World::new();
    world.keys("ctrl-x m down enter");
    world.tell(Msg::Frame(Box::default()));
    assert_eq!(world.clock(5_000), []);
    assert_eq!(world.keys("ctrl-x q"), [Effect::Quit]);
}

#[test]
fn an_arrangement_not_written_yet_goes_before_leaving() {
    let mut world = World::new();
    world.turn("one", "1");
    world.keys("tab g");
    world.drawn(false, 0, 0);
    let effects = world.keys("q");
    let layout = world.model.layout();
    assert_eq!(
        effects,
        [Effect::Keep(vec![Entry::Layout(layout)]), Effect::Quit]
    );
}

#[test]
fn a_new_session_takes_panes_and_draft_along() {
    let mut world = World::new();
    world.turn("one", "1");
    world.clock(5_000);
    world.write("next");
    let before = world.model.session;
    let effects = world.keys("ctrl-x n");
    let now = world.model.session;
    assert_ne!(now, before);
    assert!(effects.contains(&Effect::NewSession {
        id: now,
        created: Timestamp(BEGIN + 5_000)
    }));
    let draft = |session, text: &str| Effect::KeepDraft {
        session,
        draft: text.into(),
    };
    assert!(effects.contains(&draft(now, "next")));
    assert!(
        effects.contains(&draft(before, "")),
        "it is in one place only: {effects:?}"
    );
    assert!(world.path().is_empty());
    assert_eq!(world.model.title, "");
    assert_eq!(world.model.pane().variant.model, "thinker");

    world.write(" question");
    let effects = world.keys("enter");
    assert!(
        matches!(entries(&effects)[0], Entry::Title(_)),
        "a session of its own"
    );
}

#[test]
fn sessions_do_not_change_under_a_stream() {
    let mut world = World::new();
    world.ask("long");
    let before = world.model.session;
    assert_eq!(world.keys("ctrl-x n"), []);
    assert_eq!(world.model.session, before);
    assert!(world.notice().contains("still running"));
}

/// A session of one finished turn, read from its second block on, with its reasoning unfolded.
fn stored() -> (Session, PaneLayout) {
    let mut world = World::asking(Variant::new("mock", "talker"));
    let answer = world.ask("stored question");
    world.thought(answer, "hm");
    world.text(answer, "stored answer");
    world.end(answer, EndState::Complete);
    let pane = PaneLayout {
        letter: 'C',
        muted: true,
        weight: 3,
        folds: vec![(answer, false)],
        reading: Some(ReadingPosition {
            turn: world.path()[0].id,
            part: ReadingPart::Answer,
            byte: 120,
            down: -1,
        }),
        ..world.model.pane().layout()
    };
    let session = Session {
        id: SessionId::from_uuid(IdSource::new(3).next(Timestamp(9))),
        layout: Layout {
            panes: vec![pane.clone()],
            focus: 4,
            broadcast: true,
            ..Layout::default()
        },
        ..world.model.snapshot()
    };
    (session, pane)
}

fn opened(session: Session, complaints: &[&str]) -> Msg {
    Msg::Opened {
        session: Box::new(session),
        draft: "left\nunsent".into(),
        complaints: complaints.iter().map(|c| (*c).to_owned()).collect(),
    }
}

#[test]
fn an_opened_session_looks_as_it_was_left() {
    let (session, pane) = stored();
    let mut world = World::new();
    world.turn("something else", "…");
    world.keys("tab");
    assert_eq!(
        world.tell(opened(session.clone(), &["a torn last line"])),
        [Effect::Follow(session.id)]
    );
    let model = &world.model;
    assert_eq!((model.session, &model.title), (session.id, &session.title));
    assert_eq!(model.pane().layout(), pane);
    assert_eq!(
        model.pane().scroll,
        Scroll::At {
            at: pane.reading.expect("a place"),
            rows: 0
        }
    );
    assert_eq!(model.focused, 0, "a focus that does not exist is put right");
    assert_eq!(model.focus, Focus::Composer);
    assert_eq!(world.draft(), "left\nunsent");
    assert_eq!(world.path()[0].text, "stored question");
    assert_eq!(world.notice(), "a torn last line");

    world.write("!");
    let effects = world.keys("enter");
    assert_eq!(effects, [], "its only pane is muted");
    assert!(world.notice().contains("muted"));
    world.clock(60_000);
    assert_eq!(
        world.clock(61_000),
        [],
        "what was just read is not written back"
    );
}

#[test]
fn a_session_whose_arrangement_was_lost_gets_a_pane_for_each_conversation() {
    let (session, _) = stored();
    let mut world = World::new();
    world.tell(opened(
        Session {
            layout: Layout::default(),
            ..session
        },
        &[],
    ));
    assert_eq!(world.model.panes.len(), 1);
    assert_eq!(world.model.pane().variant.model, "talker");
    assert_eq!(world.path().len(), 1);

    let (session, _) = stored();
    world.tell(opened(
        Session {
            conversations: Vec::new(),
            ..session
        },
        &[],
    ));
    assert_eq!(world.model.panes.len(), 1, "there is always a pane");
    assert!(world.path().is_empty());
}

#[test]
fn what_is_asked_in_an_opened_session_goes_on_there() {
    let (mut session, _) = stored();
    session.layout.panes[0].muted = false;
    let mut world = World::new();
    world.tell(opened(session, &[]));
    world.keys("ctrl-c");
    world.write("more");
    let effects = world.keys("enter");
    assert!(
        matches!(
            entries(&effects),
            [Entry::Turn { .. }, Entry::Answer { .. }]
        ),
        "neither title nor conversation are written again: {effects:?}"
    );
}

#[test]
fn a_session_that_cannot_be_opened_leaves_the_one_on_screen() {
    let mut world = World::new();
    world.turn("one", "1");
    world.tell(Msg::OpenFailed("in use elsewhere".to_owned()));
    assert_eq!(world.path().len(), 1);
    assert_eq!(world.model.notices[0].tone, Tone::Error);
}

#[test]
fn only_a_session_with_turns_is_exported() {
    let mut world = World::new();
    assert_eq!(world.keys("ctrl-x x"), []);
    assert!(world.notice().contains("nothing to export"));
    world.turn("one", "1");
    assert!(matches!(
        world.keys("ctrl-x x").as_slice(),
        [Effect::Export(_)]
    ));
    world.tell(Msg::Done(Outcome::Done("wrote one.md".to_owned())));
    assert_eq!(world.notice(), "wrote one.md");
}

#[test]
fn notices_go_by_themselves_and_the_same_one_is_shown_once() {
    let mut world = World::new();
    let say = |world: &mut World| world.tell(Msg::Done(Outcome::Failed("x".repeat(100))));
    say(&mut world);
    assert_eq!(
        world.model.next_tick(),
        Some(Duration::from_secs(8)),
        "a long sentence stays longer"
    );
    world.clock(5_000);
    say(&mut world);
    assert_eq!(world.model.notices.len(), 1);
    world.clock(12_999);
    assert_eq!(world.model.notices.len(), 1);
    world.clock(13_000);
    assert!(world.model.notices.is_empty());
}

#[test]
fn an_idle_program_has_no_next_tick() {
    let mut world = World::new();
    assert_eq!(world.model.next_tick(), None);
    world.clock(1_000);
    let answer = world.ask("one");
    assert_eq!(
        world.model.next_tick(),
        Some(Duration::from_millis(1_100)),
        "a wait is counted on screen"
    );
    world.text(answer, "1");
    world.end(answer, EndState::Complete);
    world.drawn(true, 0, 0);
    world.keys("ctrl-c");
    // The notice, the arrangement and the armed key run out; then nothing is left that changes.
    let mut ticks = 0;
    while let Some(next) = world.model.next_tick() {
        assert!(next > world.model.now.mono, "a tick that is always due");
        world.clock(u64::try_from(next.as_millis()).expect("small"));
        ticks += 1;
        assert!(ticks < 10, "ticks without end");
    }
    assert_eq!(ticks, 3);
}

#[test]
fn a_resize_and_ctrl_l_draw_anew_and_other_news_ask_for_nothing() {
    let mut world = World::new();
    for msg in [Msg::Tick, Msg::Resumed] {
        assert_eq!(world.tell(msg), []);
    }
    assert_eq!(world.tell(Msg::Terminal(Input::Resize)), [Effect::Redraw]);
    assert_eq!(world.keys("ctrl-l"), [Effect::Redraw]);
}

#[test]
fn a_draft_of_a_session_without_a_file_goes_along_into_the_one_that_opens() {
    let stored = |world: &mut World, draft: &str| {
        let id = SessionId::from_uuid(IdSource::new(9).next(Timestamp(BEGIN)));
        world.tell(Msg::Opened {
            session: Box::new(Session::new(id, Timestamp(BEGIN))),
            draft: draft.into(),
            complaints: Vec::new(),
        })
    };
    let mut world = World::new();
    world.write("precious");
    stored(&mut world, "");
    assert_eq!(world.draft(), "precious");

    let mut world = World::new();
    world.write("precious");
    let effects = stored(&mut world, "its own");
    assert_eq!(world.draft(), "its own");
    assert!(
        effects.contains(&Effect::KeepPrompt("precious".to_owned())),
        "{effects:?}"
    );
    world.keys("ctrl-c up");
    assert!(["its own", "precious"].contains(&world.draft().as_str()));
}

#[test]
fn trouble_of_one_session_is_none_of_the_next() {
    let mut world = World::new();
    world.tell(Msg::StoreTrouble(Some("disk full".to_owned())));
    world.keys("ctrl-x n");
    assert_eq!(world.model.unsaved, None);
    let mut world = World::new();
    world.tell(Msg::NoStore("no place".to_owned()));
    world.keys("ctrl-x n");
    assert_eq!(
        world.model.unsaved.as_deref(),
        Some("no place"),
        "there is still none"
    );
}
