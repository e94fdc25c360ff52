//! What the mouse can point at is where the picture shows it; and the picture of the list of code blocks.

use ratatui::layout::Position;
use waferdeck::{
    app::{Effect, Focus, Input, Msg, Pointer},
    chat::EndState,
};

use crate::stage::{Picture, Stage};

const ANSWER: &str =
    "One:\n\n```rust\nfn one() {}\n```\n\nTwo:\n\n```sh\nls |\n  wc -l\n```\n\n    plain\n";

/// Where the picture shows `text`: the place of its first character.
fn place(picture: &Picture, text: &str) -> Position {
    let rows = picture.rows();
    let found = (0_u16..).zip(&rows).find_map(|(y, row)| {
        let before = row.split_once(text)?.0;
        let x = u16::try_from(before.chars().count()).expect("on screen");
        Some(Position::new(x, y))
    });
    found.unwrap_or_else(|| panic!("{text:?} is not there:\n{}", rows.join("\n")))
}

/// Draws, and clicks on the first `text` that is seen.
fn click(stage: &mut Stage, text: &str) -> Vec<Effect> {
    let at = place(&stage.draw(80, 24), text);
    stage.tell(Msg::Terminal(Input::Mouse(Pointer::Click, at)))
}

fn answered() -> Stage {
    let mut stage = Stage::new();
    let answer = stage.ask("two ways, please");
    stage.text(answer, ANSWER);
    stage.end(answer, EndState::Complete);
    stage
}

#[test]
fn code_blocks_are_listed_newest_first() {
    let mut stage = answered();
    stage.keys("tab c");
    let picture = stage.draw(80, 24).with_styles();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("code-blocks", picture));
}

#[test]
fn rows_of_a_list_are_where_they_are_drawn() {
    let mut stage = answered();
    stage.keys("tab w");
    click(&mut stage, "fn one() {}  rust");
    place(&stage.draw(80, 24), "code.rs");

    // A list that is longer than its box, scrolled to its end.
    let mut stage = Stage::new();
    stage.keys("ctrl-p end");
    let effects = click(&mut stage, "draw the screen anew");
    assert_eq!(effects, [Effect::Redraw]);
}

#[test]
fn panes_tabs_and_composer_are_where_they_are_drawn() {
    let mut stage = Stage::new();
    stage.keys("ctrl-x v");
    click(&mut stage, " A gpt-oss-120b");
    assert_eq!((stage.model.focused, stage.model.focus), (0, Focus::Panes));
    click(&mut stage, "│ B gpt-oss-120b");
    assert_eq!(stage.model.focused, 0, "the line between panes is nobody's");
    click(&mut stage, "B gpt-oss-120b");
    assert_eq!(stage.model.focused, 1);
    click(&mut stage, "to A B");
    assert_eq!(stage.model.focus, Focus::Composer);

    stage.keys("ctrl-x z");
    click(&mut stage, " A ");
    assert_eq!((stage.model.focused, stage.model.focus), (0, Focus::Panes));
    click(&mut stage, "gpt-oss-120b   B");
    assert_eq!(stage.model.focused, 0, "the name belongs to the tab, too");
    click(&mut stage, "B ");
    assert_eq!(stage.model.focused, 1);
}
