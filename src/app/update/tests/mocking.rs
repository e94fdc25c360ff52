//! Mock mode: everything asks the mock until it is over, and says so.

use super::*;
use crate::app::update::mocking;

#[test]
fn in_mock_mode_every_pane_asks_the_mock_and_asks_as_before_when_it_is_over() {
    let mut world = World::comparing(vec![
        Variant::new("fast", "thinker"),
        Variant::new("fast", "unknown-there"),
    ]);
    world.model.mock_mode = true;
    world.write("hello");
    let effects = world.keys("enter");
    let asked: Vec<_> = entries(&effects)
        .iter()
        .filter_map(|entry| match entry {
            Entry::Answer { variant, mock, .. } => {
                Some((&*variant.profile, &*variant.model, *mock))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        asked,
        [("mock", "thinker", true), ("mock", "thinker", true)]
    );
    let panes = world.model.panes.iter().map(|p| p.variant.model.as_str());
    assert_eq!(panes.collect::<Vec<_>>(), ["thinker", "unknown-there"]);
    assert!(world.model.current_answer(world.model.pane()).is_some());
}

#[test]
fn the_palette_switches_it_while_the_program_runs() {
    let mut world = World::new();
    world.turn("one", "by the provider");
    world.keys("ctrl-p");
    world.write("mock-mode");
    world.keys("enter");
    assert!(world.model.mock_mode);
    assert!(
        world.notice().contains("embedded mock"),
        "{}",
        world.notice()
    );
    let mocked = world.turn("two", "by the mock");
    assert!(world.answer(mocked).mock);
    assert_eq!(world.answer(mocked).asked().profile, "mock");
    world.keys("ctrl-p");
    world.write("mock-mode");
    world.keys("enter");
    assert!(
        world.notice().contains("own provider"),
        "{}",
        world.notice()
    );
    let own = world.turn("three", "by the provider again");
    assert!(!world.answer(own).mock);
    assert_eq!(world.answer(own).variant.profile, "fast");
}

#[test]
fn an_answer_stays_that_of_its_pane_while_the_mode_changes() {
    let mut world = World::new();
    let current = |world: &World| world.model.current_answer(world.model.pane()).map(|a| a.id);
    let own = world.ask("one");
    mocking::toggle(&mut world.model);
    assert_eq!(current(&world), Some(own), "it still streams");
    world.end(own, EndState::Complete);
    assert_eq!(
        current(&world),
        Some(own),
        "its figures are those of the pane"
    );
    assert!(
        !world
            .model
            .is_stand_in(world.model.pane(), world.answer(own))
    );
    let mocked = world.ask("two");
    mocking::toggle(&mut world.model);
    assert_eq!(current(&world), Some(mocked), "it still streams");
    assert!(
        world
            .model
            .is_stand_in(world.model.pane(), world.answer(mocked))
    );
    world.end(mocked, EndState::Complete);
    assert_eq!(current(&world), None, "the mock is not what the pane asks");
}

#[test]
fn what_the_mock_stands_in_for_is_no_retry() {
    let mut world = World::new();
    let id = world.ask("hello");
    let error = Failure::new(FailureKind::Server, "503", "later");
    let fell = crate::chat::FellBack {
        from: "fast".to_owned(),
        error: error.clone(),
        profile: "mock".to_owned(),
        model: "gpt-oss-120b".to_owned(),
    };
    let attempt = |next| StreamEvent::Retry {
        attempt: crate::chat::Attempt {
            status: Some(503),
            error: error.clone(),
            wait: Duration::ZERO,
        },
        next,
        most: 2,
    };
    world.event(id, attempt(2));
    world.event(id, attempt(3));
    world.event(id, StreamEvent::FellBack(Box::new(fell)));
    world.end(id, EndState::Complete);
    assert_eq!(world.answer(id).attempts.len(), 2);
    assert_eq!(world.answer(id).retries(), 1);
    let (_, retries) = world.model.counts(None);
    assert_eq!(retries.count, 1);
}

#[test]
fn an_answer_that_fell_back_belongs_to_the_mock() {
    let mut world = World::new();
    let id = world.ask("hello");
    let fell = crate::chat::FellBack {
        from: "fast".to_owned(),
        error: Failure::new(FailureKind::Server, "503", ""),
        profile: "mock".to_owned(),
        model: "thinker".to_owned(),
    };
    world.event(id, StreamEvent::FellBack(Box::new(fell)));
    world.text(id, "made up");
    world.end(id, EndState::Complete);
    let answer = world.answer(id);
    assert!(answer.mock);
    assert_eq!(answer.asked().profile, "mock");
    assert_eq!(answer.variant.profile, "fast");
}
