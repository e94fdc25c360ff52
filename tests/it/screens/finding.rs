//! Pictures of a reader's tools: what is found and how many, what is selected, the scroll bar.

use waferdeck::{chat::EndState, config::Theme, ui::ColorDepth};

use super::{ANSWER, PROMPT, check};
use crate::stage::Stage;

/// A long conversation with the panes focused, drawn once.
fn read() -> Stage {
    let mut stage = Stage::new();
    for prompt in [PROMPT, "And again, stable"] {
        let answer = stage.ask(prompt);
        stage.thought(answer, "A stable sort keeps the order of what is equal.");
        stage.text(answer, ANSWER);
        stage.end(answer, EndState::Complete);
    }
    stage.keys("tab");
    stage.draw(80, 24);
    stage
}

fn dark() -> (Theme, ColorDepth) {
    let (theme, _) = Theme::load("wafer-dark", std::path::Path::new("/nowhere"));
    (theme, ColorDepth::True)
}

#[test]
fn what_is_found_while_it_is_typed() {
    for (name, (theme, depth)) in [
        ("find-dark", dark()),
        ("find-plain", (Theme::default(), ColorDepth::None)),
    ] {
        let mut stage = read();
        stage.paint_with(&theme, depth);
        stage.keys("g /");
        stage.write("merge");
        stage.draw(80, 24);
        check(&format!("{name}@80x24"), &stage.draw(80, 24).with_styles());
        check(&format!("{name}@40x12"), &stage.draw(40, 12).with_styles());
    }
}

#[test]
fn what_is_kept_and_what_is_not_there() {
    let mut stage = read();
    stage.keys("g /");
    stage.write("stable");
    stage.keys("enter N");
    stage.draw(80, 24);
    check("find-kept", &stage.draw(80, 24).without_styles());
    stage.keys("/");
    stage.write("nowhere");
    check("find-nothing", &stage.draw(80, 24).without_styles());
    check("find-low", &stage.draw(40, 8).without_styles());
}

#[test]
fn what_is_selected() {
    for (name, (theme, depth)) in [
        ("select-dark", dark()),
        ("select-plain", (Theme::default(), ColorDepth::None)),
    ] {
        let mut stage = read();
        stage.paint_with(&theme, depth);
        stage.keys("g v");
        stage.draw(80, 24);
        stage.keys("v j j j");
        stage.draw(80, 24);
        check(&format!("{name}@80x24"), &stage.draw(80, 24).with_styles());
        stage.keys("c");
        check(&format!("{name}@40x12"), &stage.draw(40, 12).with_styles());
    }
}

#[test]
fn the_bar_of_ascii() {
    let mut stage = read();
    stage.model.look.ascii = true;
    stage.keys("g /");
    stage.write("merge");
    stage.draw(80, 24);
    check("bar-ascii", &stage.draw(80, 24).without_styles());
    stage.model.settings.scroll_bar = false;
    check("bar-off", &stage.draw(80, 24).without_styles());
}
