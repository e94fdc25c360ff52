//! Long lines: wrapped or scrolled sideways as the setting or the person says, as far as there is something to see.

use super::*;

fn reading() -> World {
    let mut world = World::new();
    world.keys("tab");
    world
}

fn seen_beyond(world: &mut World, beyond: u16) {
    let pane = PaneFrame {
        beyond,
        ..PaneFrame::default()
    };
    world.tell(Msg::Frame(Box::new(FrameMap {
        panes: vec![pane],
        ..FrameMap::default()
    })));
}

#[test]
fn lines_scroll_as_far_as_they_reach() {
    let mut world = reading();
    seen_beyond(&mut world, 20);
    world.keys(")");
    assert_eq!(world.model.pane().pan, 0, "they wrap");
    world.keys("W");
    assert!(world.model.pane().scrolls_lines(&world.model.settings));
    for expected in [8, 16, 20, 20] {
        world.keys(")");
        assert_eq!(world.model.pane().pan, expected);
    }
    seen_beyond(&mut world, 3);
    world.keys("shift-right");
    assert_eq!(world.model.pane().pan, 20, "nothing moves back by itself");
    for expected in [12, 4, 0, 0] {
        world.keys("shift-left");
        assert_eq!(world.model.pane().pan, expected);
    }
    world.keys(")");
    world.keys("W");
    assert_eq!(world.model.pane().pan, 0, "what wraps is not scrolled");
}

#[test]
fn the_way_back_begins_where_what_is_seen_stopped() {
    let mut world = reading();
    world.keys("W");
    seen_beyond(&mut world, 40);
    for _ in 0..5 {
        world.keys(")");
    }
    let pane = PaneFrame {
        beyond: 12,
        panned: 12,
        ..PaneFrame::default()
    };
    world.tell(Msg::Frame(Box::new(FrameMap {
        panes: vec![pane],
        ..FrameMap::default()
    })));
    world.keys("(");
    assert_eq!(world.model.pane().pan, 4);
}

#[test]
fn the_wish_for_a_pane_wins_over_the_setting() {
    let mut world = reading();
    world.model.settings.scroll_lines = true;
    world.model.settings.line_numbers = true;
    let settings = world.model.settings;
    assert!(world.model.pane().scrolls_lines(&settings));
    assert!(world.model.pane().numbers_lines(&settings));
    world.keys("W");
    world.keys("#");
    assert!(!world.model.pane().scrolls_lines(&settings));
    assert!(!world.model.pane().numbers_lines(&settings));
}
