//! The inspector: what it asks for and when, and the keys that go through it.

use super::*;
use crate::{
    app::{InspectPage, Inspected, Inspector, Overlay, Room},
    chat::{Exchange, RawEvent, RawPart, SentRequest, Trial},
};

fn inspector(world: &World) -> &Inspector {
    match world.model.overlays.last() {
        Some(Overlay::Inspector(inspector)) => inspector,
        other => panic!("{other:?} instead of the inspector"),
    }
}

fn exchange(events: u64) -> Exchange {
    let event = |number| {
        RawPart::Event(RawEvent {
            number,
            at: Duration::from_millis(number),
            bytes: 9,
            lines: vec![format!("data: {number};")],
        })
    };
    Exchange {
        request: SentRequest {
            line: "POST http://h".to_owned(),
            ..SentRequest::default()
        },
        attempts: vec![Trial {
            number: 1,
            parts: (1..=events).map(event).collect(),
            ..Trial::default()
        }],
        ..Exchange::default()
    }
}

fn told(world: &mut World, answer: AnswerId, exchange: Option<Exchange>) -> Vec<Effect> {
    let exchange = exchange.map(Box::new);
    world.tell(Msg::Exchange { answer, exchange })
}

/// A world with an answer under way and the inspector over it.
fn inspecting() -> (World, AnswerId) {
    let mut world = World::new();
    world.model.frame.inspector = Room {
        columns: 60,
        rows: 10,
    };
    let answer = world.ask("hello");
    world.keys("tab");
    assert_eq!(world.keys("X"), [Effect::Inspect(answer)]);
    (world, answer)
}

#[test]
fn it_opens_by_key_chord_and_palette_where_something_was_asked() {
    let mut world = World::new();
    world.keys("tab");
    assert_eq!(world.keys("X"), []);
    assert!(world.notice().contains("nothing was asked here yet"));
    let (mut world, answer) = inspecting();
    world.keys("q");
    assert!(world.model.overlays.is_empty());
    assert_eq!(world.keys("ctrl-x X"), [Effect::Inspect(answer)]);
    world.keys("esc tab ctrl-p");
    world.write("over the wire");
    assert_eq!(world.keys("enter"), [Effect::Inspect(answer)]);
}

#[test]
fn it_looks_again_while_the_answer_grows_and_once_after_its_end() {
    let (mut world, answer) = inspecting();
    world.clock(1_000);
    assert_eq!(
        world.tell(Msg::Tick),
        [],
        "the first look has not come back"
    );
    assert_eq!(
        told(&mut world, answer, Some(exchange(1))),
        [Effect::Inspect(answer)]
    );
    told(&mut world, answer, Some(exchange(2)));
    assert_eq!(world.tell(Msg::Tick), [], "not in every batch");
    world.clock(1_250);
    told(&mut world, answer, Some(exchange(3)));
    world.clock(1_260);
    let end = StreamEvent::End(Box::new(End::bare(EndState::Complete)));
    let effects = world.event(answer, end);
    assert!(effects.contains(&Effect::Inspect(answer)), "{effects:?}");
    told(&mut world, answer, Some(exchange(4)));
    world.clock(9_000);
    assert_eq!(world.tell(Msg::Tick), [], "nothing can change any more");
}

#[test]
fn what_is_not_kept_is_said() {
    let (mut world, answer) = inspecting();
    told(&mut world, answer, None);
    assert_eq!(inspector(&world).state, Inspected::Gone);
    assert_eq!(world.keys("y"), []);
    let other = AnswerId::from_uuid(IdSource::new(99).next(Timestamp(1)));
    told(&mut world, other, Some(exchange(1)));
    assert_eq!(inspector(&world).state, Inspected::Gone);
}

#[test]
fn what_waits_and_what_was_never_sent_are_told_apart() {
    let (mut world, answer) = inspecting();
    told(&mut world, answer, Some(Exchange::default()));
    assert!(inspector(&world).text().contains("waits for a place"));
    let end = StreamEvent::End(Box::new(End::bare(EndState::Stopped)));
    world.event(answer, end);
    told(&mut world, answer, Some(Exchange::default()));
    assert_eq!(
        inspector(&world).text(),
        "nothing was sent; the answer says why\n"
    );
}

#[test]
fn keys_turn_pages_scroll_find_and_copy() {
    let (mut world, answer) = inspecting();
    told(&mut world, answer, Some(exchange(50)));
    world.keys("tab");
    assert_eq!(inspector(&world).page, InspectPage::Response);
    let room = world.model.frame.inspector;
    let before = |world: &World| inspector(world).place(room).2;
    world.keys("j j k pgdn");
    assert_eq!(before(&world), 10);
    world.keys("end");
    let (_, _, last, all) = inspector(&world).place(room);
    assert_eq!(last + room.rows, all);
    world.keys("home");
    assert_eq!(before(&world), 0);
    world.tell(Msg::Terminal(Input::Mouse(
        crate::app::Pointer::WheelDown,
        ratatui::layout::Position::new(1, 1),
    )));
    assert_eq!(before(&world), 3);
    world.keys("/");
    world.write("data: 33");
    assert!(inspector(&world).is_typed);
    world.keys("enter");
    let (line, ..) = inspector(&world).place(room);
    assert!(inspector(&world).lines()[line].text.ends_with("data: 33;"));
    world.keys("/");
    world.paste("q\nno");
    assert_eq!(inspector(&world).query, "q");
    world.keys("esc");
    assert!(!inspector(&world).is_typed, "Esc leaves the line first");
    world.keys("n");
    assert!(world.notice().contains("/ begins to"));
    let effects = world.keys("y");
    let [Effect::Copy { what, text }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(
        (what.as_ref(), text.matches("data: ").count()),
        ("response", 50)
    );
    world.keys("shift-tab left");
    assert_eq!(inspector(&world).page, InspectPage::Attempts);
    world.keys("esc");
    assert!(world.model.overlays.is_empty());
}

#[test]
fn what_is_not_kept_can_be_searched_all_the_same() {
    let (mut world, answer) = inspecting();
    told(&mut world, answer, None);
    world.keys("/");
    world.keys("x");
    assert_eq!(inspector(&world).query, "x");
}
