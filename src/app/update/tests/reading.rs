//! Reading: the reader yields to nothing, and what is seen is where scrolling goes on from.
//! The view resolves rows to places; here its answers are made up.

use super::*;
use crate::app::Scroll;

/// Three turns, the panes focused.
fn reader() -> World {
    let mut world = World::new();
    for prompt in ["one", "two", "three"] {
        world.turn(prompt, "…");
    }
    world.keys("tab");
    world
}

fn scroll(world: &World) -> Scroll {
    world.model.pane().scroll
}

fn start_of(world: &World, turn: usize) -> Scroll {
    Scroll::At {
        at: ReadingPosition::start_of(world.path()[turn].id),
        rows: 0,
    }
}

#[test]
fn rows_up_leave_the_tail_until_the_tail_is_seen_again() {
    let mut world = reader();
    world.keys("k k up j");
    assert_eq!(scroll(&world), Scroll::Back { rows: 2 });
    world.drawn(false, 1, 23);
    let Scroll::At { at, rows: 0 } = scroll(&world) else {
        panic!("the view's place is taken over: {:?}", scroll(&world));
    };
    assert_eq!((at.turn, at.byte), (world.path()[1].id, 23));
    world.keys("j");
    assert_eq!(scroll(&world), Scroll::At { at, rows: 1 });
    world.drawn(true, 1, 24);
    assert_eq!(scroll(&world), Scroll::Follow);
}

#[test]
fn following_is_not_turned_into_a_place() {
    let mut world = reader();
    world.drawn(true, 2, 0);
    assert_eq!(scroll(&world), Scroll::Follow);
    world.keys("j pgdn");
    assert_eq!(scroll(&world), Scroll::Follow);
}

#[test]
fn pages_are_as_high_as_what_was_drawn() {
    let mut world = reader();
    // 20 rows of transcript, as `drawn` says.
    world.drawn(true, 2, 0);
    world.keys("pgup");
    assert_eq!(scroll(&world), Scroll::Back { rows: 18 });
    world.keys("ctrl-u");
    assert_eq!(scroll(&world), Scroll::Back { rows: 28 });
    world.keys("ctrl-d pgdn");
    assert_eq!(scroll(&world), Scroll::Follow);
}

#[test]
fn pages_turn_while_writing_too() {
    let mut world = reader();
    world.keys("tab");
    world.write("draft");
    world.drawn(true, 2, 0);
    world.keys("pgup");
    assert_eq!(scroll(&world), Scroll::Back { rows: 18 });
    assert_eq!(world.draft(), "draft");
}

#[test]
fn top_and_bottom() {
    let mut world = reader();
    world.keys("g");
    assert_eq!(scroll(&world), Scroll::Top { rows: 0 });
    world.keys("G");
    assert_eq!(scroll(&world), Scroll::Follow);
    world.keys("home");
    assert_eq!(scroll(&world), Scroll::Top { rows: 0 });
    world.keys("end");
    assert_eq!(scroll(&world), Scroll::Follow);
}

#[test]
fn turns_are_jumped_to_by_their_starts() {
    let mut world = reader();
    world.keys("k");
    world.drawn(false, 1, 20);
    world.keys("{");
    assert_eq!(scroll(&world), start_of(&world, 1), "its own start first");
    world.drawn(false, 1, 0);
    world.keys("{");
    assert_eq!(scroll(&world), start_of(&world, 0));
    world.drawn(false, 0, 0);
    world.keys("{");
    assert_eq!(scroll(&world), Scroll::Top { rows: 0 });
    world.drawn(false, 0, 0);
    world.keys("}");
    assert_eq!(scroll(&world), start_of(&world, 1));
    world.drawn(false, 1, 0);
    world.keys("} }");
    assert_eq!(
        scroll(&world),
        Scroll::Follow,
        "after the last comes the tail"
    );
}

#[test]
fn turns_cannot_be_jumped_to_before_anything_was_drawn() {
    let mut world = reader();
    world.keys("{");
    assert_eq!(scroll(&world), Scroll::Follow);
}

#[test]
fn text_that_comes_moves_no_reader_and_sending_does() {
    let mut world = reader();
    world.keys("g");
    world.drawn(false, 0, 0);
    let place = scroll(&world);
    world.keys("tab");
    let answer = world.ask("four");
    assert_eq!(scroll(&world), Scroll::Follow, "who asks wants to see");
    world.keys("tab g");
    world.drawn(false, 0, 0);
    world.text(answer, "much text");
    world.end(answer, EndState::Complete);
    assert_eq!(scroll(&world), place);
}

#[test]
fn source_and_rendering_change_by_a_key() {
    let mut world = reader();
    world.keys("u");
    assert!(world.model.pane().raw);
    world.keys("tab ctrl-x u");
    assert!(!world.model.pane().raw);
}
