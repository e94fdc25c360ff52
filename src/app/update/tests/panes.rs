//! Several panes: who is asked, who is stopped, and what happens to the others.
//! Where they stand on the screen is the view's, which has pictures of it.

use super::*;
use crate::{
    app::{LetterFor, Overlay},
    chat::{FailureKind, Progress},
};

/// Panes A, B, C and so on that all ask the same.
fn panes(count: usize) -> World {
    World::comparing(vec![Variant::new("fast", "thinker"); count])
}

/// Sends a prompt; the answers of the panes that were asked, in their order.
fn broadcast(world: &mut World, prompt: &str) -> Vec<AnswerId> {
    world.write(prompt);
    let effects = world.keys("enter");
    let [Effect::SavePrompt { answers, .. }, ..] = effects.as_slice() else {
        panic!("sending {prompt:?} gave {effects:?}");
    };
    let answers = answers.clone();
    world.tell(Msg::Saved {
        answers: answers.clone(),
    });
    answers
}

fn letters(world: &World) -> String {
    world.model.panes.iter().map(|p| p.letter).collect()
}

/// The letters of the panes that a prompt would go to.
fn targets(world: &World) -> String {
    let targets = world.model.targets();
    targets
        .iter()
        .map(|&i| world.model.panes[i].letter)
        .collect()
}

#[test]
fn a_broadcast_asks_every_pane_and_links_the_turns() {
    let mut world = panes(3);
    let answers = broadcast(&mut world, "one");
    assert_eq!(answers.len(), 3);
    let turns: Vec<_> = world
        .model
        .conversations
        .iter()
        .map(|c| c.last_turn().expect("a turn"))
        .collect();
    assert!(turns[0].broadcast.is_some());
    assert!(
        turns
            .iter()
            .all(|t| t.broadcast == turns[0].broadcast && t.text == "one")
    );
}

#[test]
fn one_request_goes_out_for_each_pane() {
    let mut world = panes(2);
    world.write("one");
    let effects = world.keys("enter");
    let [Effect::SavePrompt { answers, entries }, ..] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    let turns = entries.iter().filter(|e| matches!(e, Entry::Turn { .. }));
    assert_eq!(turns.count(), 2);
    let sent = world.tell(Msg::Saved {
        answers: answers.clone(),
    });
    assert!(
        matches!(sent.as_slice(), [Effect::Send(_), Effect::Send(_)]),
        "{sent:?}"
    );
}

#[test]
fn solo_and_mute_choose_who_is_asked() {
    let mut world = panes(3);
    assert_eq!(targets(&world), "ABC");
    world.keys("ctrl-x 0 b");
    assert_eq!(targets(&world), "AC");
    assert_eq!(world.notice(), "B is muted: broadcasts pass it by");
    world.keys("tab l m");
    assert_eq!(targets(&world), "ABC");
    world.keys("a");
    assert_eq!(targets(&world), "B");
    assert!(world.notice().starts_with("solo"), "{}", world.notice());
    // Alone, a muted pane is asked: it was chosen by its focus.
    world.keys("m");
    assert_eq!(targets(&world), "B");
    assert_eq!(broadcast_of_solo(&mut world), None);
}

/// A prompt to one pane is linked to nothing.
fn broadcast_of_solo(world: &mut World) -> Option<crate::chat::BroadcastId> {
    world.keys("tab");
    broadcast(world, "alone");
    world.path()[0].broadcast
}

#[test]
fn with_every_pane_muted_the_draft_stays_and_the_way_out_is_said() {
    let mut world = panes(2);
    world.keys("ctrl-x 0 a ctrl-x 0 b");
    world.write("hello");
    assert_eq!(world.keys("enter"), []);
    assert_eq!(world.model.composer.text(), "hello");
    let notice = world.notice();
    assert!(notice.starts_with("every pane is muted"), "{notice}");
    assert!(notice.contains("Ctrl-X a"), "{notice}");
}

#[test]
fn a_pane_that_still_streams_holds_a_broadcast_back_unless_muted() {
    let mut world = panes(2);
    let answers = broadcast(&mut world, "one");
    world.text(answers[0], "1");
    world.end(answers[0], EndState::Complete);
    world.write("two");
    assert_eq!(entries(&world.keys("enter")), []);
    assert_eq!(world.model.queue.prompts.len(), 1);
    world.keys("alt-up");
    assert_eq!(world.model.composer.text(), "two");
    world.keys("ctrl-x 0 b");
    assert_eq!(
        entries(&world.keys("enter")).len(),
        2,
        "a turn and an answer in A"
    );
}

#[test]
fn one_pane_is_stopped_or_all_of_them() {
    let mut world = panes(3);
    let answers = broadcast(&mut world, "one");
    assert_eq!(world.keys("alt-2 esc"), [Effect::Cancel(answers[1])]);
    world.end(answers[1], EndState::Stopped);
    // The focused pane has ended: its key says which one stops the others.
    assert_eq!(world.keys("esc"), []);
    let notice = world.notice();
    assert_eq!(notice, "B is not streaming; Ctrl-C stops every answer");
    assert_eq!(
        world.keys("ctrl-c"),
        [Effect::Cancel(answers[0]), Effect::Cancel(answers[2])]
    );
}

#[test]
fn a_pane_that_fails_leaves_the_others_alone() {
    let mut world = panes(2);
    let answers = broadcast(&mut world, "one");
    let failure = Failure::new(FailureKind::Request, "no", "say it in other words");
    world.end(answers[0], EndState::Failed(failure));
    world.text(answers[1], "yes");
    assert!(matches!(
        world.answer(answers[1]).progress,
        Progress::Streaming
    ));
    // Others may have answered the prompt, so it does not come back into the composer.
    assert!(world.model.composer.is_empty());
    assert_eq!(targets(&world), "AB");
}

#[test]
fn every_pane_is_asked_again_at_once() {
    let mut world = panes(3);
    let first = broadcast(&mut world, "one");
    for &answer in &first {
        world.text(answer, "1");
        world.end(answer, EndState::Complete);
    }
    world.keys("tab 3 m");
    let effects = world.keys("R");
    let [Effect::SavePrompt { answers, .. }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(answers.len(), 2, "C is muted");
    for pane in &world.model.panes {
        let turn = world
            .model
            .conversation(pane.conversation)
            .and_then(|c| c.last_turn());
        let samples = turn.expect("a turn").answers.len();
        assert_eq!(samples, if pane.muted { 1 } else { 2 }, "{}", pane.letter);
    }
}

#[test]
fn a_broadcast_is_edited_where_it_was_asked() {
    let mut world = panes(3);
    for answer in broadcast(&mut world, "one") {
        world.text(answer, "1");
        world.end(answer, EndState::Complete);
    }
    // C has gone on alone since.
    world.keys("ctrl-x a alt-3");
    let alone = world.submit("and then?");
    world.saved(alone);
    world.text(alone, "2");
    world.end(alone, EndState::Complete);
    world.keys("ctrl-x a alt-1 tab e");
    assert_eq!(world.model.composer.text(), "one");
    assert_eq!(targets(&world), "AB");
    world.keys("esc");
    assert_eq!(targets(&world), "ABC");
}

#[test]
fn panes_open_beside_the_focused_one_and_close() {
    let mut world = panes(1);
    world.keys("ctrl-x v");
    assert_eq!((letters(&world).as_str(), world.model.focused), ("AB", 1));
    assert_eq!(world.model.tiling, Tiling::Columns);
    world.keys("alt-1 ctrl-x v");
    assert_eq!((letters(&world).as_str(), world.model.focused), ("ACB", 1));
    world.keys("ctrl-x s");
    assert_eq!(world.model.tiling, Tiling::Grid, "to the side and below");
    world.keys("ctrl-x w ctrl-x w ctrl-x w");
    assert_eq!(letters(&world), "A");
    world.keys("ctrl-x w");
    assert_eq!(world.notice(), "the last pane stays open");
    world.keys("ctrl-x W ctrl-x W ctrl-x W");
    assert_eq!(letters(&world), "ACDB", "each where it stood");
    world.keys("ctrl-x W");
    assert_eq!(world.notice(), "no closed pane is left to open");
}

#[test]
fn a_pane_that_streams_is_stopped_when_it_is_closed_and_what_came_is_kept() {
    let mut world = panes(2);
    let answers = broadcast(&mut world, "one");
    world.text(answers[1], "half an ans");
    assert_eq!(world.keys("alt-2 ctrl-x w"), [Effect::Cancel(answers[1])]);
    let notice = world.notice();
    assert!(
        notice.starts_with("B is closed; its answer was stopped"),
        "{notice}"
    );
    world.end(answers[1], EndState::Stopped);
    world.text(answers[0], "goes on");
    world.keys("ctrl-x W");
    let answer = world
        .model
        .last_answer(world.model.pane())
        .expect("an answer");
    assert_eq!(answer.content, "half an ans");
}

#[test]
fn sixty_four_panes_have_a_letter_each_and_more_are_refused() {
    let mut world = panes(63);
    world.keys("ctrl-x v");
    assert_eq!(world.model.panes.len(), 64);
    let mut letters: Vec<_> = letters(&world).chars().collect();
    letters.sort_unstable();
    letters.dedup();
    assert_eq!(letters.len(), 64);
    world.keys("ctrl-x s");
    assert_eq!(world.model.panes.len(), 64);
    assert!(world.notice().starts_with("64 panes are open"));
    assert_eq!(broadcast(&mut world, "all").len(), 64);
}

#[test]
fn panes_are_reached_by_place_by_letter_and_one_after_the_other() {
    let mut world = panes(3);
    world.keys("alt-3");
    assert_eq!(world.model.focused, 2);
    world.keys("tab l");
    assert_eq!(world.model.focused, 0, "round and round");
    world.keys("h 2");
    assert_eq!(world.model.focused, 1);
    world.keys("9");
    assert_eq!(world.notice(), "there are 3 panes only");
    world.keys("ctrl-x g");
    assert_eq!(world.model.letter_for, Some(LetterFor::Focus));
    world.keys("c");
    assert_eq!((world.model.focused, world.model.letter_for), (2, None));
    world.keys("ctrl-x g esc");
    assert_eq!((world.model.focused, world.model.letter_for), (2, None));
    world.keys("ctrl-x g x");
    assert_eq!(world.notice(), "there is no pane x");
}

#[test]
fn panes_move_and_change_their_size() {
    let mut world = panes(3);
    world.keys("tab L");
    assert_eq!((letters(&world).as_str(), world.model.focused), ("BAC", 1));
    world.keys("L L H H H");
    assert_eq!((letters(&world).as_str(), world.model.focused), ("ABC", 0));
    let before = world.model.pane().weight;
    world.keys("+ + -");
    assert_eq!(world.model.pane().weight, before + 1);
    for _ in 0..99 {
        world.keys("-");
    }
    assert_eq!(world.model.pane().weight, 1, "never nothing");
    world.keys("=");
    assert_eq!(world.model.pane().weight, before);
    world.keys("z");
    assert!(world.model.zoomed);
    world.keys("z ctrl-x space");
    assert_eq!(
        (world.model.zoomed, world.model.tiling),
        (false, Tiling::Rows)
    );
}

#[test]
fn leaving_with_several_answers_asks_first() {
    let mut world = panes(2);
    broadcast(&mut world, "one");
    assert_eq!(world.keys("ctrl-x q"), []);
    assert_eq!(world.model.overlays, [Overlay::ConfirmQuit]);
    let effects = world.keys("enter");
    assert_eq!(effects.len(), 3, "two answers stop, and out: {effects:?}");
}

#[test]
fn the_arrangement_is_kept_a_second_after_a_change() {
    let mut world = panes(2);
    for answer in broadcast(&mut world, "one") {
        world.end(answer, EndState::Complete);
    }
    world.keys("ctrl-x space ctrl-x 0 b ctrl-x z");
    assert_eq!(world.clock(500), []);
    let effects = world.clock(1_500);
    let [Effect::Keep(kept)] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    assert_eq!(kept.as_slice(), [Entry::Layout(world.model.layout())]);
    assert!(world.model.zoomed && world.model.panes[1].muted);
    assert_eq!(world.clock(9_000), [], "once");
}

#[test]
fn a_pane_that_is_closed_in_the_middle_of_an_edit_edits_no_more() {
    let mut world = panes(2);
    for answer in broadcast(&mut world, "one") {
        world.end(answer, EndState::Complete);
    }
    world.keys("ctrl-x a alt-2 tab e ctrl-x w ctrl-x W");
    assert!(!world.model.is_editing());
}

#[test]
fn a_speed_is_not_credited_to_a_model_that_was_not_asked() {
    let mut world = panes(1);
    world.turn("one", "1");
    let pane = world.model.pane().clone();
    assert!(world.model.current_answer(&pane).is_some());
    world.model.pane_mut().variant.model = "talker".to_owned();
    let pane = world.model.pane().clone();
    assert!(world.model.current_answer(&pane).is_none());
}
