//! Jumps from turn to turn and from code block to code block: keys that come together, and readers who have moved on.
//! The view resolves rows to places; here its answers are made up.

use super::*;
use crate::app::Scroll;

const ONE: &str = "One:\n\n```rust\nfn one() {}\n```\n";
const TWO: &str = "Two:\n\n```py\ndef two\n```\n\nand\n\n```py\ndef three\n```\n";

/// The world after these answers, the panes focused, the tail in sight.
fn reader(answers: &[&str]) -> World {
    let mut world = World::new();
    for answer in answers {
        world.turn("go", answer);
    }
    world.keys("tab");
    world.drawn(true, answers.len() - 1, 0);
    world
}

fn start_of(world: &World, turn: usize) -> Scroll {
    Scroll::At {
        at: ReadingPosition::start_of(world.path()[turn].id),
        rows: 0,
    }
}

/// The last turn is asked again, and this is said.
fn answer_again(world: &mut World, text: &str) {
    let effects = world.keys("r");
    let [Effect::SavePrompt { answers, .. }, ..] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    let again = answers[0];
    world.saved(again);
    world.text(again, text);
    world.end(again, EndState::Complete);
}

fn copied(effects: &[Effect]) -> &str {
    match effects {
        [Effect::Copy { text, .. }] => text,
        other => panic!("no copy alone: {other:?}"),
    }
}

/// The turn and the byte of its answer that are at the top.
fn at(world: &World) -> (usize, usize) {
    let Scroll::At { at, rows: 0 } = world.model.pane().scroll else {
        panic!("no place: {:?}", world.model.pane().scroll);
    };
    let turn = world.path().iter().position(|turn| turn.id == at.turn);
    (turn.expect("a turn that is seen"), at.byte)
}

#[test]
fn turns_are_jumped_over_by_keys_that_come_together() {
    let mut world = reader(&[ONE, TWO, "end"]);
    world.keys("g");
    world.drawn(false, 0, 0);
    world.keys("} }");
    assert_eq!(world.model.pane().scroll, start_of(&world, 2));
    world.keys("{ {");
    assert_eq!(world.model.pane().scroll, start_of(&world, 0));
    world.keys("} } }");
    assert_eq!(world.model.pane().scroll, Scroll::Follow);
    world.keys("{");
    assert_eq!(
        world.model.pane().scroll,
        start_of(&world, 2),
        "the tail is the end of the last turn"
    );
}

#[test]
fn code_blocks_are_jumped_to_in_order() {
    let mut world = reader(&[ONE, "no code", TWO]);
    let (first, second, third) = (
        (0, ONE.find("```").unwrap()),
        (2, TWO.find("```").unwrap()),
        (2, TWO.rfind("```py").unwrap()),
    );
    world.keys("<");
    assert_eq!(at(&world), third);
    assert_eq!(world.notice(), "code block 2 of 2 in this answer · py");
    world.keys("< <");
    assert_eq!(at(&world), first, "over an answer without code");
    assert_eq!(world.notice(), "code block 1 of 1 in this answer · rust");
    world.keys("<");
    assert_eq!((at(&world), world.notice()), (first, "no code block above"));
    world.keys(">");
    assert_eq!(at(&world), second);
    world.keys("> >");
    assert_eq!((at(&world), world.notice()), (third, "no code block below"));
}

#[test]
fn code_blocks_in_sight_of_the_end_are_gone_to_one_by_one() {
    let mut world = reader(&[TWO]);
    world.keys("g");
    // Everything is seen at once, so the beginning is the end, too.
    world.drawn(true, 0, 0);
    assert_eq!(world.model.pane().scroll, Scroll::Follow);
    let (first, second) = (
        (0, TWO.find("```").unwrap()),
        (0, TWO.rfind("```py").unwrap()),
    );
    world.keys(">");
    assert_eq!(at(&world), first);
    world.drawn(true, 0, 0);
    assert_eq!(
        at(&world),
        first,
        "what cannot be scrolled to is meant all the same"
    );
    world.keys(">");
    world.drawn(true, 0, 0);
    assert_eq!(at(&world), second);
    assert_eq!(copied(&world.keys("c")), "def three\n");
    world.keys("<");
    world.drawn(true, 0, 0);
    assert_eq!(copied(&world.keys("c")), "def two\n");
    world.keys("G");
    world.drawn(true, 0, first.1);
    world.keys(">");
    assert_eq!(at(&world), first, "also in the first row that is seen");
}

#[test]
fn who_moved_on_from_a_code_block_takes_the_one_that_is_read() {
    let mut world = reader(&[ONE]);
    world.keys("g >");
    assert_eq!(copied(&world.keys("c")), "fn one() {}\n");
    world.keys("tab");
    world.turn("again", "```py\ndef new\n```\n");
    assert_eq!(copied(&world.keys("tab c")), "def new\n");
    // Also by asking again.
    world.keys("g >");
    answer_again(&mut world, "```py\ndef newest\n```\n");
    assert_eq!(copied(&world.keys("c")), "def newest\n");
}

#[test]
fn another_answer_has_its_own_code_blocks() {
    let mut world = reader(&[ONE]);
    answer_again(&mut world, &format!("Another way to say it. {TWO}"));
    world.keys("g >");
    let before = at(&world);
    world.keys("[ g > ] >");
    assert_eq!(at(&world), before, "the first one below that place");
}

#[test]
fn the_end_of_a_very_long_answer_is_read_from_outside_its_code() {
    let mut world = World::new();
    let blank = "\n".repeat(3 << 20);
    // The cut is in the middle of the first block.
    let text = format!("text\n\n```a\nfirst{blank}{blank}end\n```\n\nbetween\n\n```b\nlast\n```\n");
    world.turn("go", &text);
    world.keys("tab g >");
    assert_eq!(at(&world), (0, "text\n\n".len()));
    world.keys(">");
    assert_eq!(at(&world), (0, text.rfind("```b").unwrap()));
    assert_eq!(copied(&world.keys("c")), "last\n");
}

#[test]
fn what_a_reader_at_his_pace_jumps_to_is_shown() {
    let reading = || {
        let mut world = World::new();
        world.model.settings.reading_speed = Some(10);
        let answer = world.ask("hello");
        world.clock(1_000);
        world.text(answer, &format!("slow {ONE}"));
        world.clock(1_100);
        let answer = world.answer(answer).clone();
        let shown = move |world: &World| world.model.released(&answer, Channel::Content);
        assert_eq!(shown(&world), 4);
        world.keys("tab");
        (world, shown)
    };
    let all = "slow ".len() + ONE.len();
    let (mut world, shown) = reading();
    world.keys("/");
    world.write("slow");
    assert_eq!(shown(&world), 4, "what is seen already hurries nobody");
    world.keys("esc /");
    world.write("fn one");
    assert_eq!(shown(&world), all);

    let (mut world, shown) = reading();
    world.keys("g >");
    assert_eq!(shown(&world), all);
}
