//! Selecting text: the view's rows are made up here; what is copied is cut from the source.

use super::*;
use crate::app::{Cursor, Focus, Overlay, Pointer, Scroll, SelectedRow, Spot, Taken};

const ANSWER: &str = "First *row* of it.\nSecond.\n\n```rust\nfn one() {}\n\tlet x;\n```\n\nLast.";

fn world() -> World {
    let mut world = World::new();
    world.turn("ask\nthis", ANSWER);
    world.keys("tab");
    world.drawn(true, 0, 0);
    world.keys("v");
    world
}

impl World {
    /// The view found the line in a row of the answer that shows this text.
    fn on_row(&mut self, part: ReadingPart, text: &str) {
        let source = match part {
            ReadingPart::Prompt => "ask\nthis",
            _ => ANSWER,
        };
        let byte = source.find(text).expect("a row");
        let at = ReadingPosition {
            part,
            byte,
            ..ReadingPosition::start_of(self.path()[0].id)
        };
        let row = SelectedRow {
            at,
            end: byte + text.len(),
            block_start: 0,
            block_end: "First *row* of it.\nSecond.\n\n".len(),
        };
        let mut frame = self.model.frame.clone();
        frame.panes[0].cursor = Some(row);
        self.tell(Msg::Frame(Box::new(frame)));
    }

    fn copied(&mut self, keys: &str) -> (String, String) {
        match self.keys(keys).as_slice() {
            [Effect::Copy { what, text }] => (what.to_string(), text.clone()),
            other => panic!("no copy alone: {other:?}"),
        }
    }

    fn cursor(&self) -> Cursor {
        self.model.select.as_ref().expect("a selection").cursor
    }
}

fn what(lines: &str, text: &str) -> (String, String) {
    (format!("selection ({lines})"), text.to_owned())
}

#[test]
fn rows_are_copied_as_they_were_written() {
    let mut world = world();
    world.on_row(ReadingPart::Answer, "First *row* of it.");
    assert_eq!(world.copied("y"), what("1 line", "First *row* of it."));
    assert_eq!(
        world.model.select, None,
        "what was copied is selected no more"
    );

    world.keys("v");
    world.on_row(ReadingPart::Answer, "fn one() {}");
    world.keys("space k k");
    world.on_row(ReadingPart::Answer, "Second.");
    let text = "Second.\n\n```rust\nfn one() {}";
    assert_eq!(world.copied("enter"), what("4 lines", text));
}

#[test]
fn texts_of_a_turn_are_apart() {
    let mut world = world();
    world.on_row(ReadingPart::Prompt, "this");
    world.keys("v j");
    world.on_row(ReadingPart::Answer, "First *row* of it.");
    let text = "this\n\nFirst *row* of it.";
    assert_eq!(world.copied("y"), what("3 lines", text));
}

#[test]
fn blocks_code_and_answers_are_taken_whole() {
    let mut world = world();
    world.on_row(ReadingPart::Answer, "Second.");
    let text = "First *row* of it.\nSecond.";
    assert_eq!(world.copied("b y"), what("2 lines", text));

    world.keys("v");
    world.on_row(ReadingPart::Answer, "\tlet x;");
    let (what_is, text) = world.copied("c y");
    assert_eq!(
        (what_is.as_str(), text.as_str()),
        ("code block (2 lines)", "fn one() {}\n\tlet x;\n")
    );

    world.keys("v");
    world.on_row(ReadingPart::Prompt, "this");
    assert_eq!(world.copied("a y"), what("9 lines", ANSWER));

    world.keys("v");
    world.on_row(ReadingPart::Answer, "Last.");
    world.keys("c");
    assert_eq!(world.notice(), "the line is in no code block");
    world.keys("a j");
    let taken = world.model.select.as_ref().map(|s| s.taken.clone());
    assert_eq!(taken, Some(Taken::Nothing), "who moves on takes rows again");
}

#[test]
fn a_selection_is_saved_under_a_name() {
    let mut world = world();
    world.on_row(ReadingPart::Answer, "fn one() {}");
    world.keys("c w");
    let line = |world: &World| match world.model.overlays.last() {
        Some(Overlay::Line(line)) => line.text.text(),
        other => panic!("no line: {other:?}"),
    };
    assert_eq!(line(&world), "code.rs");
    world.keys("esc v");
    world.on_row(ReadingPart::Answer, "Last.");
    world.keys("w");
    assert_eq!(line(&world), "selection.md");
    let effects = world.keys("enter");
    let [
        Effect::SaveFile {
            what: "selection",
            text,
            ..
        },
    ] = effects.as_slice()
    else {
        panic!("{effects:?}");
    };
    assert_eq!(text, "Last.\n", "a file ends with its last line");
}

#[test]
fn the_keys_of_reading_move_the_line() {
    let mut world = world();
    assert_eq!(world.cursor(), Cursor::at(Spot::Middle));
    world.keys("j j k");
    assert_eq!(world.cursor().rows, 1);
    // 20 rows of transcript, as `drawn` says.
    world.keys("pgdn ctrl-u");
    assert_eq!(world.cursor().rows, 9);
    world.keys("g");
    assert_eq!(world.cursor(), Cursor::at(Spot::First));
    world.keys("G");
    assert_eq!(world.cursor(), Cursor::at(Spot::Last));
    world.on_row(ReadingPart::Answer, "Last.");
    let start = ReadingPosition::start_of(world.path()[0].id);
    world.keys("{");
    assert_eq!(world.cursor(), Cursor::at(Spot::At(start)));
    world.on_row(ReadingPart::Prompt, "ask");
    world.keys(">");
    let code = ReadingPosition {
        part: ReadingPart::Answer,
        byte: ANSWER.find("```").unwrap(),
        ..start
    };
    assert_eq!(world.cursor(), Cursor::at(Spot::At(code)));
}

#[test]
fn who_followed_and_did_not_move_follows_again() {
    let mut world = world();
    assert_ne!(
        world.model.pane().scroll,
        Scroll::Follow,
        "nothing moves meanwhile"
    );
    world.on_row(ReadingPart::Answer, "Last.");
    world.keys("esc");
    assert_eq!(world.model.pane().scroll, Scroll::Follow);
    assert_eq!(world.model.focus, Focus::Panes);
}

#[test]
fn who_moved_the_line_stays_where_he_is() {
    for keys in ["v k k k y", "k esc", "g esc"] {
        let mut world = World::new();
        let answer = world.ask("go");
        world.text(answer, ANSWER);
        world.keys("tab");
        world.drawn(true, 0, 0);
        world.keys("v");
        world.on_row(ReadingPart::Answer, "Last.");
        world.keys(keys);
        world.on_row(ReadingPart::Answer, "Second.");
        world.clock(1);
        assert_eq!(world.model.select, None, "{keys}");
        let scroll = world.model.pane().scroll;
        assert_ne!(scroll, Scroll::Follow, "{keys}");
        world.text(answer, "\n\nAnd more.");
        assert_eq!(world.model.pane().scroll, scroll, "{keys}");
        world.keys("G");
        assert_eq!(world.model.pane().scroll, Scroll::Follow, "{keys}");
    }
}

#[test]
fn help_opens_over_a_selection_and_gives_it_back() {
    for key in ["?", "f1"] {
        let mut world = world();
        world.on_row(ReadingPart::Answer, "Second.");
        world.keys("space");
        let before = world.model.select.clone();
        world.keys(key);
        assert!(matches!(
            world.model.overlays.as_slice(),
            [Overlay::Help { .. }]
        ));
        world.keys("esc");
        assert_eq!(
            (&world.model.select, world.model.overlays.len()),
            (&before, 0)
        );
    }
}

#[test]
fn keys_that_hold_anywhere_still_do_and_others_do_nothing() {
    let mut world = world();
    assert_eq!(world.keys("ctrl-l"), [Effect::Redraw]);
    assert!(world.model.select.is_some());
    world.keys("z r x");
    assert!(
        world.model.select.is_some(),
        "letters of reading are no keys here"
    );
    world.keys("ctrl-x v");
    assert_eq!(world.model.panes.len(), 2);
    assert_eq!(world.model.select, None, "another pane has the keys");
}

#[test]
fn what_begins_where_something_was_found() {
    let mut world = world();
    world.keys("esc /");
    world.write("second");
    world.keys("enter v");
    let at = world.model.pane().find.as_ref().and_then(|f| f.current);
    assert_eq!(world.cursor(), Cursor::at(Spot::Near(at.expect("found"))));
}

#[test]
fn who_leaves_by_the_focus_follows_again_too() {
    let mut world = world();
    let composer = ratatui::layout::Rect::new(0, 21, 80, 3);
    world.model.frame.composer = composer;
    let click = Input::Mouse(Pointer::Click, composer.as_position());
    world.tell(Msg::Terminal(click));
    assert_eq!(world.model.select, None);
    assert_eq!(world.model.pane().scroll, Scroll::Follow);

    world.keys("tab");
    world.drawn(true, 0, 0);
    world.keys("v ctrl-x v");
    assert_eq!(
        world.model.panes[0].scroll,
        Scroll::Follow,
        "in its own pane"
    );

    world.model.focused = 0;
    world.drawn(true, 0, 0);
    world.keys("v ctrl-x w");
    assert_eq!(world.model.closed[0].scroll, Scroll::Follow, "also closed");
}

#[test]
fn an_empty_row_leaves_the_clipboard_alone() {
    for key in ["y", "w", "v y"] {
        let mut world = world();
        world.on_row(ReadingPart::Answer, "");
        assert_eq!(world.keys(key), []);
        assert_eq!(world.notice(), "there is no text in what is selected");
        assert_eq!(world.model.overlays, []);
        assert!(world.model.select.is_some(), "and the selection stays");
    }
}

#[test]
fn what_waits_for_the_frame_goes_on_at_once_after_it() {
    let mut world = world();
    assert_eq!(world.keys("j y tab"), []);
    let waiting = |world: &World| world.model.select.as_ref().map(|s| s.waiting.len());
    assert_eq!(waiting(&world), Some(2), "what comes after it waits, too");
    assert!(!world.model.can_go_on());
    world.on_row(ReadingPart::Answer, "Second.");
    assert_eq!(world.model.next_tick(), Some(world.model.now.mono));
    let effects = world.clock(1);
    assert!(matches!(effects.as_slice(), [Effect::Copy { text, .. }] if text == "Second."));
    assert_eq!(world.model.focus, Focus::Composer);

    world.keys("tab");
    world.drawn(true, 0, 0);
    world.keys("v");
    for _ in 0..500 {
        world.keys("y");
    }
    assert_eq!(waiting(&world), Some(256));
    assert_eq!(world.tell(Msg::Terminal(Input::Resize)), [Effect::Redraw]);
}

#[test]
fn code_blocks_above_and_below_are_those_of_the_line() {
    let mut world = world();
    let code = ReadingPosition {
        part: ReadingPart::Answer,
        byte: ANSWER.find("```").expect("code"),
        ..ReadingPosition::start_of(world.path()[0].id)
    };
    world.on_row(ReadingPart::Answer, "Last.");
    let last = world.cursor();
    world.keys(">");
    let found = (world.cursor(), world.notice());
    assert_eq!(found, (last, "no code block below"), "one is seen above");
    world.keys("<");
    assert_eq!(world.cursor(), Cursor::at(Spot::At(code)));
    world.on_row(ReadingPart::Answer, "```rust");
    world.keys("<");
    assert_eq!(world.notice(), "no code block above");

    world.keys("g >");
    assert_eq!(world.cursor(), Cursor::at(Spot::First), "it waits");
    world.on_row(ReadingPart::Prompt, "ask");
    world.clock(1);
    assert_eq!(world.cursor(), Cursor::at(Spot::At(code)));
    // A row may begin before what it shows of the code.
    world.on_row(ReadingPart::Answer, "\n```rust");
    world.keys(">");
    assert_eq!(world.notice(), "no code block below");
}

#[test]
fn matches_above_and_below_are_those_of_the_line() {
    let mut world = world();
    world.keys("esc / t enter v");
    world.on_row(ReadingPart::Answer, "Second.");
    let shown = |world: &World| match world.cursor().from {
        Spot::At(at) => ANSWER.get(at.byte..).map(str::to_owned),
        _ => None,
    };
    world.keys("n");
    assert!(shown(&world).expect("a match").starts_with("t\nfn"));
    world.on_row(ReadingPart::Answer, "\tlet x;");
    world.keys("n");
    world.on_row(ReadingPart::Answer, "\tlet x;");
    world.keys("n");
    assert!(shown(&world).expect("the next").starts_with("t."));
    world.keys("G N");
    assert!(shown(&world).is_none(), "it waits");
    world.on_row(ReadingPart::Answer, "Second.");
    world.clock(1);
    let above = shown(&world).expect("one above");
    assert!(above.starts_with("t.\nSecond."), "{above}");
}
