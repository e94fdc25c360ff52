//! The reading throttle: text is released at the pace that was asked for, in the pane with the focus alone, and
//! nothing but what is shown waits.

use super::*;

/// Reads ten tokens a second, that is forty bytes; one prompt was sent.
fn reader() -> (World, AnswerId) {
    let mut world = World::new();
    world.model.settings.reading_speed = Some(10);
    let answer = world.ask("hello");
    world.clock(1_000);
    (world, answer)
}

fn shown(world: &World, id: AnswerId) -> [usize; 2] {
    let answer = world.answer(id);
    [Channel::Reasoning, Channel::Content].map(|of| world.model.released(answer, of))
}

#[test]
fn text_is_released_at_the_pace_and_asks_for_time_only_while_some_waits() {
    let (mut world, answer) = reader();
    world.text(answer, &"x".repeat(100));
    assert_eq!(shown(&world, answer), [0, 0]);
    for (millis, bytes) in [(1_100, 4), (1_125, 5), (1_137, 5), (1_150, 6), (2_150, 46)] {
        world.clock(millis);
        assert_eq!(shown(&world, answer), [0, bytes], "after {millis} ms");
    }
    assert_eq!(world.model.waiting_to_be_read(world.answer(answer)), 14);
    let step = Duration::from_millis(2_200);
    assert_eq!(world.model.next_tick(), Some(step));
    assert_eq!(world.answer(answer).content.len(), 100);
    assert_eq!(world.answer(answer).timeline.bytes(), 100);
}

#[test]
fn the_end_of_an_answer_keeps_the_pace_and_then_rests() {
    let (mut world, answer) = reader();
    world.text(answer, &"x".repeat(100));
    world.end(answer, EndState::Complete);
    world.clock(2_000);
    assert_eq!(shown(&world, answer), [0, 40]);
    assert!(world.model.next_tick().is_some());
    world.clock(4_000);
    assert_eq!(shown(&world, answer), [0, 100]);
    assert_eq!(world.model.reading, None);
    assert_eq!(
        world.model.next_tick(),
        world.model.layout_due,
        "nothing is left to do"
    );
}

#[test]
fn characters_stay_whole_and_a_silence_is_not_saved_up() {
    let (mut world, answer) = reader();
    world.clock(60_000);
    world.text(answer, "ééé漢漢漢");
    world.clock(60_025);
    assert_eq!(shown(&world, answer), [0, 0]);
    world.clock(60_050);
    assert_eq!(shown(&world, answer), [0, 2]);
    world.clock(60_200);
    assert_eq!(shown(&world, answer), [0, 6]);
    world.clock(60_225);
    assert_eq!(shown(&world, answer), [0, 9]);
}

#[test]
fn reasoning_is_paced_until_it_folds() {
    let (mut world, answer) = reader();
    world.thought(answer, &"r".repeat(100));
    world.clock(2_000);
    assert_eq!(shown(&world, answer), [40, 0]);
    world.text(answer, &"x".repeat(100));
    assert_eq!(shown(&world, answer), [100, 0]);
    world.clock(2_500);
    assert_eq!(shown(&world, answer), [100, 20]);
}

#[test]
fn to_the_end_shows_all_there_is_and_all_that_comes() {
    let (mut world, answer) = reader();
    world.text(answer, &"x".repeat(100));
    world.keys("tab G");
    assert_eq!(shown(&world, answer), [0, 100]);
    world.text(answer, "more");
    world.clock(1_100);
    assert_eq!(shown(&world, answer), [0, 104]);
}

#[test]
fn other_panes_show_what_comes() {
    let (mut world, answer) = reader();
    world.text(answer, &"x".repeat(100));
    world.keys("ctrl-x v");
    world.clock(1_001);
    assert_eq!(shown(&world, answer), [0, 100]);
    world.keys("ctrl-x 1");
    world.clock(1_100);
    world.text(answer, &"x".repeat(100));
    world.clock(1_200);
    assert_eq!(shown(&world, answer), [0, 104], "what was shown stays");
}

#[test]
fn without_the_setting_nothing_waits() {
    let mut world = World::new();
    let answer = world.ask("hello");
    world.clock(1_000);
    world.text(answer, &"x".repeat(100));
    assert_eq!(shown(&world, answer), [0, 100]);
    assert_eq!(world.model.reading, None);
}
