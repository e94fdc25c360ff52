//! An answer that was cut goes on: the same answer, its text sent along, nothing lost and nothing twice.

use super::*;
use crate::chat::{Message, Progress, Role};

fn cut() -> EndState {
    EndState::CutShort(Failure::new(FailureKind::Network, "reset", ""))
}

/// An answer that was cut after some text, and its id.
fn cut_off(world: &mut World) -> AnswerId {
    let id = world.ask("tell me");
    world.text(id, "half of");
    world.end(id, cut());
    id
}

/// Presses the key and lets the disk have it: the request that goes out.
fn goes_on(world: &mut World, id: AnswerId) -> Ask {
    let effects = world.keys("ctrl-x C");
    let [Effect::SavePrompt { answers, .. }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(answers.as_slice(), [id]);
    sent(&world.saved(id))
}

#[test]
fn it_is_the_same_answer_and_its_text_goes_along() {
    let mut world = World::new();
    let id = cut_off(&mut world);
    let effects = world.keys("ctrl-x C");
    assert_eq!(
        entries(&effects),
        [Entry::Continued {
            answer: id,
            part: 1,
            prefix: false,
        }]
    );
    let ask = sent(&world.saved(id));
    assert_eq!(ask.parts, 1);
    let [user, own, request] = ask.messages.as_slice() else {
        panic!("{:?}", ask.messages);
    };
    assert_eq!(*user, Message::new(Role::User, "tell me"));
    assert_eq!(*own, Message::new(Role::Assistant, "half of"));
    assert_eq!(request.role, Role::User);
    world.event(id, StreamEvent::Sent { number: 1 });
    world.text(id, " it all");
    world.end(id, EndState::Complete);
    let answer = world.answer(id);
    assert_eq!(answer.content, "half of it all");
    assert_eq!(answer.parts.len(), 1);
    assert_eq!(answer.parts[0].end.state, cut());
    assert_eq!(answer.end().map(|e| &e.state), Some(&EndState::Complete));
    assert_eq!(world.path()[0].answers.len(), 1);
    assert!(world.model.running.is_empty());
}

#[test]
fn what_follows_is_asked_with_the_whole_answer_and_without_the_request_to_go_on() {
    let mut world = World::new();
    let id = cut_off(&mut world);
    goes_on(&mut world, id);
    world.text(id, " it all");
    world.end(id, EndState::Complete);
    let next = world.submit("and then?");
    let texts: Vec<_> = sent(&world.saved(next))
        .messages
        .into_iter()
        .map(|m| m.text)
        .collect();
    assert_eq!(texts, ["tell me", "half of it all", "and then?"]);
}

#[test]
fn an_endpoint_that_can_gets_the_text_as_the_beginning_of_the_answer() {
    let mut world = World::new();
    world.model.profiles[0].goes_on = true;
    let id = cut_off(&mut world);
    let ask = goes_on(&mut world, id);
    let last = ask.messages.last().expect("messages");
    assert_eq!(*last, Message::new(Role::Assistant, "half of"));
    assert!(world.answer(id).parts[0].prefix);
}

#[test]
fn it_can_be_cut_or_stopped_again() {
    let mut world = World::new();
    let id = cut_off(&mut world);
    goes_on(&mut world, id);
    world.text(id, " the");
    assert_eq!(world.keys("esc"), [Effect::Cancel(id)]);
    world.end(id, EndState::Stopped);
    goes_on(&mut world, id);
    world.text(id, " rest");
    world.end(id, EndState::AtLimit);
    goes_on(&mut world, id);
    world.end(id, EndState::Complete);
    assert_eq!(world.answer(id).content, "half of the rest");
    let ends = world.answer(id).parts.iter().map(|p| p.content);
    assert_eq!(ends.collect::<Vec<_>>(), [7, 11, 16]);
}

#[test]
fn only_what_was_cut_goes_on() {
    let mut world = World::new();
    let says = |world: &mut World, part: &str| {
        assert_eq!(world.keys("ctrl-x C"), []);
        assert!(world.notice().contains(part), "{}", world.notice());
    };
    says(&mut world, "no answer yet");
    let id = world.ask("one");
    world.text(id, "1");
    says(&mut world, "still running");
    world.end(id, EndState::Complete);
    says(&mut world, "is complete");
    let id = world.ask("two");
    world.thought(id, "hm");
    world.end(id, EndState::AtLimit);
    says(&mut world, "no text of an answer");
    let id = cut_off(&mut world);
    world.model.mock_mode = true;
    says(&mut world, "the mock cannot go on");
    assert!(matches!(world.answer(id).progress, Progress::Ended(_)));
}
