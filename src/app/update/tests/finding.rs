//! Finding text: what is typed is looked for at once, in all that is there and all that comes; Esc takes it all back.

use super::*;
use crate::app::{Find, Focus, Scroll, Wrapped};

/// Three turns about needles; the reader has the tail in sight.
fn haystack() -> World {
    let mut world = World::new();
    world.turn("a needle?", "No **needle** here.\n\nA NEEDLE there.");
    let second = world.ask("and now");
    world.thought(second, "where is the needle");
    world.text(second, "Nothing.");
    world.end(second, EndState::Complete);
    world.turn("third", "The last needle.");
    world.keys("tab");
    world.drawn(true, 2, 0);
    world
}

fn find(world: &World) -> &Find {
    world
        .model
        .pane()
        .find
        .as_ref()
        .expect("something is looked for")
}

/// "3 of 17", as numbers.
fn count(world: &World) -> (Option<usize>, usize) {
    (find(world).ordinal(), find(world).count())
}

fn shown(world: &World) -> ReadingPosition {
    match world.model.pane().scroll {
        Scroll::Show { at, .. } => at,
        other => panic!("no place is shown: {other:?}"),
    }
}

#[test]
fn typing_looks_for_it_from_where_the_reader_is() {
    let mut world = haystack();
    world.keys("/");
    world.write("needle");
    assert_eq!(count(&world), (Some(5), 5), "the last one is below the top");
    assert_eq!(shown(&world).turn, world.path()[2].id);
    world.keys("backspace");
    assert_eq!(find(&world).query(), "needl");
    world.write("X");
    assert_eq!(count(&world), (None, 0));
    world.keys("esc");
    assert_eq!(world.model.pane().find, None);
    assert_eq!(
        world.model.pane().scroll,
        Scroll::Follow,
        "back where it was"
    );
}

#[test]
fn capitals_are_looked_for_when_typed() {
    let mut world = haystack();
    world.keys("/");
    world.write("NEEDLE");
    assert_eq!(count(&world), (Some(1), 1));
    assert_eq!(shown(&world).byte, "No **needle** here.\n\nA ".len());
}

#[test]
fn enter_keeps_it_and_the_keys_go_round_and_round() {
    let mut world = haystack();
    world.keys("/");
    world.write("needle");
    world.keys("enter n");
    assert_eq!(count(&world), (Some(1), 5));
    assert_eq!(find(&world).wrapped, Some(Wrapped::ToTop));
    assert_eq!(
        shown(&world),
        ReadingPosition {
            byte: 2,
            ..ReadingPosition::start_of(world.path()[0].id)
        }
    );
    world.keys("n n");
    assert_eq!((count(&world), find(&world).wrapped), ((Some(3), 5), None));
    world.keys("N N N");
    assert_eq!(count(&world), (Some(5), 5));
    assert_eq!(find(&world).wrapped, Some(Wrapped::ToBottom));
    world.keys("esc");
    assert_eq!(
        world.model.pane().find,
        None,
        "with nothing to stop, it is forgotten"
    );
}

#[test]
fn folded_reasoning_opens_for_what_was_found_and_closes_again() {
    let mut world = haystack();
    let thinking = world.path()[1].shown_answer().expect("an answer").id;
    world.keys("g /");
    world.write("where is");
    assert_eq!(shown(&world).part, ReadingPart::Reasoning);
    assert_eq!(world.model.pane().folds.get(&thinking), Some(&false));
    world.keys("esc");
    assert_eq!(world.model.pane().folds.get(&thinking), None);
    assert_eq!(world.model.pane().scroll, Scroll::Top { rows: 0 });
}

#[test]
fn text_that_comes_is_counted_and_moves_nothing() {
    let mut world = haystack();
    world.keys("tab");
    let answer = world.ask("fourth");
    world.keys("tab /");
    world.write("needle");
    world.keys("enter");
    let before = world.model.pane().scroll;
    world.text(answer, "One nee");
    assert_eq!(find(&world).count(), 5);
    world.text(answer, "dle, two needles");
    assert_eq!(find(&world).count(), 7);
    assert_eq!(world.model.pane().scroll, before);
}

#[test]
fn the_first_esc_takes_the_search_back_and_the_next_stops_the_answer() {
    let mut world = haystack();
    world.keys("tab");
    world.ask("fourth");
    world.keys("tab /");
    world.write("needle");
    world.keys("enter");
    assert!(world.keys("esc").is_empty(), "the answer goes on");
    assert_eq!(world.model.pane().find, None);
    assert!(!world.keys("esc").is_empty(), "now it is stopped");
}

#[test]
fn ctrl_c_stops_an_answer_whatever_is_looked_for() {
    let mut world = haystack();
    world.keys("tab");
    world.ask("fourth");
    world.keys("tab /");
    world.write("needle");
    world.keys("enter");
    assert!(!world.keys("ctrl-c").is_empty());
    assert!(world.model.pane().find.is_some());
}

#[test]
fn another_version_of_an_answer_is_another_text() {
    let mut world = haystack();
    world.keys("/");
    world.write("needle");
    world.keys("enter r");
    let answer = world.path()[2].shown_answer().expect("an answer").id;
    assert_eq!(find(&world).count(), 4, "the new answer has no text yet");
    world.saved(answer);
    world.text(answer, "needle needle");
    world.end(answer, EndState::Complete);
    assert_eq!(find(&world).count(), 6);
    world.keys("[");
    assert_eq!(find(&world).count(), 5);
}

#[test]
fn an_empty_line_looks_for_the_same_again() {
    let mut world = haystack();
    world.keys("/");
    world.write("needle");
    world.keys("enter / enter");
    assert_eq!(
        (find(&world).query(), find(&world).is_typed),
        ("needle", false)
    );
    world.keys("esc / enter");
    assert_eq!(world.model.pane().find, None, "there was nothing before");
}

#[test]
fn the_composer_gets_the_keys_back() {
    let mut world = haystack();
    world.keys("tab");
    world.write("draft");
    world.keys("ctrl-x /");
    world.write("nee");
    world.paste("dle\n");
    assert_eq!(find(&world).query(), "needle");
    assert_eq!(world.draft(), "draft");
    world.keys("esc");
    assert_eq!(world.model.focus, Focus::Composer);
    world.keys("ctrl-x /");
    world.write("needle");
    world.keys("enter");
    assert_eq!(world.model.focus, Focus::Panes, "where n and N are keys");
}

#[test]
fn without_a_query_or_a_conversation_it_says_so() {
    let mut world = World::new();
    world.keys("tab n");
    assert_eq!(world.notice(), "nothing is being looked for, / finds text");
    world.keys("/");
    assert_eq!(world.notice(), "there is nothing to look through here yet");
    assert_eq!(world.model.pane().find, None);
}

#[test]
fn a_million_tokens_are_looked_through_without_a_wait() {
    let mut world = World::new();
    let answer = world.ask("much");
    world.text(
        answer,
        &"some words of an answer, and a line\n".repeat(120_000),
    );
    world.text(answer, "Needle");
    world.keys("tab g /");
    world.write("needle");
    assert_eq!(count(&world), (Some(1), 1));
    world.text(answer, " and needle");
    assert_eq!(find(&world).count(), 2);
}
