//! Text on its way out: copies, files, the editor; and the mouse.
//! Which way a copy takes is not decided here.

use ratatui::layout::{Position, Rect};

use super::*;
use crate::{
    app::{Focus, Overlay, Picker, PickerFrame, Pointer, Scroll, TabFrame},
    chat::{Session, SessionId},
};

const TWO: &str =
    "One:\n\n```rust\nfn one() {}\n```\n\n- and\n\n  ```\n\n  two\n    three\n  ```\n";

fn copied(effects: &[Effect]) -> &str {
    match effects {
        [Effect::Copy { text, .. }] => text,
        other => panic!("no copy alone: {other:?}"),
    }
}

fn picker(world: &World) -> &Picker {
    match world.model.overlays.as_slice() {
        [Overlay::Picker(picker)] => picker,
        other => panic!("no picker alone: {other:?}"),
    }
}

fn line(world: &World) -> Option<String> {
    match world.model.overlays.last() {
        Some(Overlay::Line(line)) => Some(line.text.text()),
        _ => None,
    }
}

#[test]
fn an_answer_is_copied_as_it_came_and_its_code_is_safe() {
    let mut world = World::new();
    assert_eq!(world.keys("tab y"), []);
    assert!(world.notice().contains("no answer to copy"));
    world.keys("tab");
    world.turn("go", "a\u{1b}[2J\n\n```sh\nls\n```\n");
    let effects = world.keys("tab y");
    assert_eq!(copied(&effects), "a\u{1b}[2J\n\n```sh\nls\n```\n");
    world.keys("tab");
    world.turn("more", "```sh\na\u{1b}[2J\n```\n");
    assert_eq!(copied(&world.keys("tab c")), "a␛[2J\n");
}

#[test]
fn one_code_block_is_taken_at_once() {
    let mut world = World::new();
    world.turn("go", "no code");
    assert_eq!(world.keys("tab c"), []);
    assert!(world.notice().contains("no code block"));
    world.keys("tab");
    let answer = world.ask("again");
    world.text(answer, "```py\n\tprint(1)\n");
    let effects = world.keys("tab c");
    assert_eq!(copied(&effects), "\tprint(1)\n", "also while it streams");
}

#[test]
fn of_several_code_blocks_one_is_chosen() {
    let mut world = World::new();
    world.turn("go", TWO);
    assert_eq!(world.keys("tab c"), []);
    let rows: Vec<_> = picker(&world)
        .items
        .iter()
        .map(|i| (i.label.as_str(), i.detail.as_str(), i.hint.as_str()))
        .collect();
    assert_eq!(
        rows,
        [("two", "", "3 lines"), ("fn one() {}", "rust", "1 line")],
        "newest first"
    );
    world.write("rust");
    let effects = world.keys("enter");
    assert_eq!(copied(&effects), "fn one() {}\n");
    world.keys("c");
    let effects = world.keys("enter");
    assert_eq!(copied(&effects), "\ntwo\n  three\n");
}

#[test]
fn of_a_very_long_answer_the_end_is_looked_through() {
    let mut world = World::new();
    let before = "```a\nfirst\n```\n\n";
    let long = "é\n\n".repeat(1_200_000);
    world.turn("go", &format!("{before}{long}```b\nlast\n```\n"));
    assert_eq!(copied(&world.keys("tab c")), "last\n");
    assert!(world.notice().contains("only its last 4 MiB"));
    world.keys("tab");
    world.turn("again", &format!("{before}{long}"));
    assert_eq!(world.keys("tab c"), []);
    assert!(
        world
            .notice()
            .contains("the last 4 MiB of this answer have no")
    );
    world.keys("tab");
    world.turn("one line", &format!("```\n{}", "x".repeat(5 << 20)));
    assert_eq!(copied(&world.keys("tab c")).len(), 5 << 20, "what is open");
}

#[test]
fn a_conversation_is_copied_without_the_others() {
    let mut world = World::new();
    assert_eq!(world.keys("tab Y"), []);
    assert!(world.notice().contains("no conversation"));
    world.keys("tab");
    world.turn("go", "went");
    world.keys("ctrl-x v");
    world.keys("alt-1");
    let effects = world.keys("tab Y");
    let [Effect::CopySession { session, .. }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    let shown: Vec<_> = session.conversations.iter().map(|c| c.id).collect();
    assert_eq!(shown, [world.model.pane().conversation]);
}

#[test]
fn what_no_helper_took_goes_to_the_terminal() {
    let mut world = World::new();
    let (what, text) = ("answer", "text".to_owned());
    let effects = world.tell(Msg::NoHelper {
        what: what.into(),
        text: text.clone(),
    });
    assert_eq!(
        effects,
        [Effect::CopyByTerminal {
            what: what.into(),
            text
        }]
    );
}

#[test]
fn code_is_saved_under_a_name_and_the_line_stays_until_it_is() {
    let mut world = World::new();
    world.turn("go", TWO);
    assert_eq!(world.keys("tab w down enter"), []);
    assert_eq!(line(&world).as_deref(), Some("code.rs"));
    world.keys("ctrl-u");
    assert_eq!(world.keys("enter"), []);
    assert!(world.notice().contains("name of a file"));
    world.write("~/one.rs");
    let save = Effect::SaveFile {
        what: "code block",
        name: "~/one.rs".to_owned(),
        text: "fn one() {}\n".to_owned(),
    };
    assert_eq!(world.keys("enter"), [save]);
    world.tell(Msg::FileSaved(Err("it exists already".to_owned())));
    assert_eq!(line(&world).as_deref(), Some("~/one.rs"));
    assert_eq!(world.notice(), "it exists already");
    world.tell(Msg::FileSaved(Ok("written".to_owned())));
    assert!(world.model.overlays.is_empty());
    assert_eq!(world.notice(), "written");
}

#[test]
fn a_file_that_is_written_closes_no_other_line() {
    let mut world = World::new();
    world.keys("ctrl-x N");
    assert!(line(&world).is_some());
    world.tell(Msg::FileSaved(Ok("written".to_owned())));
    assert!(line(&world).is_some());
}

#[test]
fn the_editor_replaces_the_draft_and_gets_the_keys_meanwhile() {
    let mut world = World::new();
    world.write("draft");
    let effects = world.keys("ctrl-g");
    assert_eq!(effects, [Effect::Edit("draft".to_owned())]);
    assert_eq!(world.keys("x enter ctrl-g"), [], "meant for the editor");
    assert_eq!(world.paste("pasted"), []);
    let effects = world.tell(Msg::Edited(Ok("draft\nand more".to_owned())));
    assert_eq!(world.draft(), "draft\nand more");
    assert!(matches!(effects.as_slice(), [Effect::KeepDraft { .. }]));
    world.write("!");
    assert_eq!(world.draft(), "draft\nand more!");
}

#[test]
fn an_editor_that_failed_leaves_the_draft() {
    let mut world = World::new();
    world.write("draft");
    world.keys("ctrl-g");
    assert_eq!(world.tell(Msg::Edited(Err("it failed".to_owned()))), []);
    assert_eq!(
        (world.draft().as_str(), world.notice()),
        ("draft", "it failed")
    );
    world.keys("ctrl-g");
    assert_eq!(
        world.tell(Msg::Edited(Ok("draft".to_owned()))),
        [],
        "as it was"
    );
}

#[test]
fn no_editor_while_another_session_is_opened() {
    let mut world = World::new();
    world.write("draft");
    world.model.opening = Some(world.model.session);
    assert_eq!(world.keys("ctrl-g"), []);
    assert!(world.notice().contains("still being opened"));
    world.write("!");
    assert_eq!(world.draft(), "draft!", "the keys are not an editor's");
}

#[test]
fn an_edit_of_another_session_goes_among_the_earlier_prompts() {
    let mut world = World::new();
    world.write("draft");
    world.keys("ctrl-g");
    let other = SessionId::from_uuid(IdSource::new(9).next(Timestamp(BEGIN)));
    world.tell(Msg::Opened {
        session: Box::new(Session::new(other, Timestamp(BEGIN))),
        draft: "its own".into(),
        complaints: Vec::new(),
    });
    let text = "draft and more".to_owned();
    let effects = world.tell(Msg::Edited(Ok(text.clone())));
    assert_eq!(effects, [Effect::KeepPrompt(text)]);
    assert_eq!(world.draft(), "its own");
    assert!(world.notice().contains("earlier prompts (Ctrl-R)"));
    world.keys("up");
    assert_eq!(world.draft(), "draft and more");
}

/// Two panes side by side above the composer, as the view would say.
fn two_panes() -> World {
    let mut world = World::new();
    world.keys("ctrl-x v");
    let pane = |x| {
        let area = Rect::new(x, 1, 40, 20);
        PaneFrame {
            area,
            transcript: area,
            at_tail: true,
            ..PaneFrame::default()
        }
    };
    world.tell(Msg::Frame(Box::new(FrameMap {
        panes: vec![pane(0), pane(41)],
        composer: Rect::new(0, 22, 80, 2),
        ..FrameMap::default()
    })));
    world
}

impl World {
    fn mouse(&mut self, what: Pointer, x: u16, y: u16) -> Vec<Effect> {
        self.tell(Msg::Terminal(Input::Mouse(what, Position::new(x, y))))
    }
}

#[test]
fn the_mouse_is_taken_and_given_back() {
    let mut world = World::new();
    assert_eq!(world.keys("f9"), [Effect::Mouse(true)]);
    assert!(world.notice().contains("Shift selects"));
    assert_eq!(world.keys("f9"), [Effect::Mouse(false)]);
}

#[test]
fn a_click_gives_the_focus() {
    let mut world = two_panes();
    assert_eq!(
        (world.model.focused, world.model.focus),
        (1, Focus::Composer)
    );
    world.mouse(Pointer::Click, 3, 20);
    assert_eq!((world.model.focused, world.model.focus), (0, Focus::Panes));
    world.mouse(Pointer::Click, 40, 5);
    assert_eq!(world.model.focused, 0, "between the panes is nothing");
    world.mouse(Pointer::Click, 41, 1);
    assert_eq!(world.model.focused, 1);
    world.mouse(Pointer::Click, 79, 23);
    assert_eq!(
        (world.model.focused, world.model.focus),
        (1, Focus::Composer)
    );
    world.tell(Msg::Frame(Box::new(FrameMap {
        tabs: vec![TabFrame {
            pane: 0,
            area: Rect::new(1, 1, 3, 1),
        }],
        ..FrameMap::default()
    })));
    world.mouse(Pointer::Click, 2, 1);
    assert_eq!((world.model.focused, world.model.focus), (0, Focus::Panes));
}

#[test]
fn the_wheel_scrolls_what_is_under_it_and_leaves_the_focus() {
    let mut world = two_panes();
    world.mouse(Pointer::WheelUp, 5, 5);
    assert_eq!(world.model.panes[0].scroll, Scroll::Back { rows: 3 });
    assert_eq!(world.model.panes[1].scroll, Scroll::Follow);
    assert_eq!(
        (world.model.focused, world.model.focus),
        (1, Focus::Composer)
    );
    world.mouse(Pointer::WheelDown, 5, 5);
    assert_eq!(world.model.panes[0].scroll, Scroll::Follow);
    world.mouse(Pointer::WheelUp, 5, 22);
    assert!(world.model.panes.iter().all(|p| p.scroll.is_following()));
}

#[test]
fn a_click_chooses_in_a_list_and_nothing_behind_it() {
    let mut world = two_panes();
    world.keys("ctrl-x m");
    let list = Rect::new(10, 8, 60, 10);
    let mut frame = world.model.frame.clone();
    frame.picker = Some(PickerFrame { list, first: 1 });
    world.tell(Msg::Frame(Box::new(frame)));
    let before = picker(&world).selected;
    world.mouse(Pointer::WheelDown, 0, 0);
    assert_eq!(picker(&world).selected, before + 1);
    world.mouse(Pointer::WheelUp, 0, 0);
    world.mouse(Pointer::Click, 3, 3);
    world.mouse(Pointer::Click, 12, 17);
    assert_eq!(world.model.focused, 1, "below the last item, and beside");
    let wanted = picker(&world).items[picker(&world).matches[2]]
        .label
        .clone();
    world.mouse(Pointer::Click, 12, 9);
    assert!(world.model.overlays.is_empty());
    assert_eq!(world.model.pane().variant.model, wanted);
}
