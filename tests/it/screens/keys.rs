//! Pictures of what tells about keys: the palette, the keys that may follow, the help; and of the looks that a person
//! chooses because others cannot be seen.

use std::path::Path;

use ratatui::{
    buffer::Cell,
    style::{Color, Modifier},
};
use waferdeck::{
    chat::Variant,
    config::{Theme, themes},
    ui::ColorDepth,
};

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

/// A stage that may choose among all themes.
fn with_themes() -> Stage {
    let mut stage = finished();
    let listed = themes(Path::new("/nowhere"));
    stage.model.look.themes = listed.into_iter().filter_map(|t| t.theme.ok()).collect();
    "terminal".clone_into(&mut stage.model.look.chosen);
    stage.paint_with(&Theme::default(), ColorDepth::True);
    stage
}

#[test]
fn the_list_of_themes_shows_the_selected_one() {
    let mut stage = with_themes();
    stage.keys("ctrl-x h");
    let before = stage.draw(80, 24);
    stage.keys("down");
    let tried = stage.draw(80, 24);
    assert_eq!(tried.buffer[(0, 0)].bg, Color::Rgb(0x0d, 0x0f, 0x14));
    check("themes", &tried.without_styles());
    stage.keys("esc");
    let after = stage.draw(80, 24);
    assert_eq!(after.buffer[(0, 0)].bg, before.buffer[(0, 0)].bg);
}

#[test]
fn high_contrast_in_all_colours_and_in_sixteen() {
    let (theme, warnings) = Theme::load("high-contrast", Path::new("/nowhere"));
    assert_eq!(warnings, []);
    let mut stage = finished();
    stage.keys("ctrl-p down");
    for (name, depth) in [
        ("high-contrast", ColorDepth::True),
        ("high-contrast-16", ColorDepth::Sixteen),
    ] {
        stage.paint_with(&theme, depth);
        let picture = stage.draw(80, 24);
        let dim = |cell: &Cell| cell.modifier.contains(Modifier::DIM);
        assert!(!picture.buffer.content().iter().any(dim), "{name}");
        check(name, &picture.with_styles());
    }
}

#[test]
fn ascii_alone() {
    let mut stage = three_panes();
    stage.model.look.ascii = true;
    stage.write("naïve 名前");
    check("ascii-panes", &stage.draw(120, 24).without_styles());
    let mut stage = finished();
    stage.model.look.ascii = true;
    for keys in ["ctrl-l", "ctrl-p", "esc f1", "esc ctrl-x"] {
        stage.keys(keys);
        for (width, height) in SIZES {
            let rows = stage.draw(width, height).rows();
            assert!(rows.iter().all(|row| row.is_ascii()), "{keys}: {rows:#?}");
        }
        if keys == "ctrl-l" {
            check("ascii", &stage.draw(120, 40).without_styles());
        }
    }
}

#[test]
fn every_size_has_room_for_something() {
    for keys in ["ctrl-p", "f1", "f1 end", "ctrl-x", "ctrl-x 0", "ctrl-x h"] {
        for (width, height) in [
            (20, 5),
            (21, 9),
            (33, 6),
            (45, 10),
            (46, 12),
            (97, 11),
            (250, 60),
        ] {
            let mut stage = three_panes();
            stage.keys(keys);
            let rows = stage.draw(width, height).rows();
            assert!(
                rows.iter().any(|row| !row.trim().is_empty()),
                "{keys} at {width}x{height}"
            );
            stage.keys("esc");
            assert!(stage.model.overlays.is_empty(), "{keys}");
            assert!(stage.model.pending.is_empty(), "{keys}");
            assert_eq!(stage.model.letter_for, None, "{keys}");
        }
    }
}
