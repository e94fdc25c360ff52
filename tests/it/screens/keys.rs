//! Pictures of what tells about keys: the palette, the keys that may follow, the help; and of the looks that a person
//! chooses because others cannot be seen.

use waferdeck::chat::Variant;

use super::{check, finished};
use crate::stage::Stage;

/// Sizes at which every list of keys is looked at.
const SIZES: [(u16, u16); 3] = [(120, 40), (80, 24), (60, 15)];

fn check_sizes(name: &str, stage: &mut Stage) {
    for (width, height) in SIZES {
        let picture = stage.draw(width, height);
        check(
            &format!("{name}@{width}x{height}"),
            &picture.without_styles(),
        );
    }
}

/// Three panes, the second one focused.
fn three_panes() -> Stage {
    let mut stage = Stage::new();
    stage.keys("ctrl-x v ctrl-x v alt-2");
    stage.model.panes[2].variant = Variant::new("mock", "mock-gpu-50");
    stage
}

#[test]
fn the_palette_shows_keys_panes_and_what_changes_nothing() {
    let mut stage = three_panes();
    stage.keys("ctrl-p");
    check_sizes("palette-keys", &mut stage);
    stage.write("pane");
    check("palette-panes", &stage.draw(80, 24).with_styles());
}

#[test]
fn the_palette_of_a_reader_shows_the_keys_of_reading() {
    let mut stage = three_panes();
    stage.keys("tab :");
    check("palette-reading", &stage.draw(80, 24).without_styles());
}

#[test]
fn the_keys_that_may_follow_the_leader() {
    let mut stage = finished();
    stage.keys("ctrl-x");
    check_sizes("leader", &mut stage);
    check("leader-styles", &stage.draw(80, 24).with_styles());
    check("leader@40x12", &stage.draw(40, 12).without_styles());
    check("leader@20x5", &stage.draw(20, 5).without_styles());
}

#[test]
fn the_letters_that_name_a_pane() {
    let mut stage = three_panes();
    stage.keys("ctrl-x 0");
    check("letters", &stage.draw(80, 24).without_styles());
}

#[test]
fn help_in_groups() {
    let mut stage = Stage::new();
    stage.keys("f1");
    check_sizes("help-groups", &mut stage);
    check("help-groups@40x12", &stage.draw(40, 12).without_styles());
    stage.keys("end");
    check("help-end", &stage.draw(80, 24).without_styles());
}
