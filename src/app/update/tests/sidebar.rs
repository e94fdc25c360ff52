//! The sidebar's keys: which view, which figure, and where they stand without room beside the panes.

use std::time::Duration;

use ratatui::layout::{Position, Rect};

use super::World;
use crate::app::{
    Definitions, FrameMap, Input, Msg, NoSidebar, Overlay, Pointer, SidebarFrame, SidebarPages,
    SidebarRank, SidebarView,
};
use crate::metrics::FrameLog;

fn without_room(world: &mut World, reason: NoSidebar) {
    world.tell(Msg::Frame(Box::new(FrameMap {
        no_sidebar: Some(reason),
        ..FrameMap::default()
    })));
}

#[test]
fn the_view_follows_the_number_of_panes_until_somebody_chooses() {
    let mut world = World::new();
    assert_eq!(world.model.sidebar_view(), SidebarView::Pane);
    world.keys("ctrl-x v");
    assert_eq!(world.model.sidebar_view(), SidebarView::All);
    world.keys("ctrl-x w");
    assert_eq!(world.model.sidebar_view(), SidebarView::Pane);

    world.keys("ctrl-x v ctrl-x tab");
    assert_eq!(world.model.sidebar_view(), SidebarView::Pane);
    world.keys("ctrl-x v");
    assert_eq!(
        world.model.sidebar_view(),
        SidebarView::Pane,
        "the choice stays"
    );
    world.keys("ctrl-x tab");
    assert_eq!(world.model.sidebar_view(), SidebarView::Session);
    world.keys("ctrl-x tab");
    assert_eq!(world.model.sidebar_view(), SidebarView::Diagnostics);
    world.keys("ctrl-x tab");
    assert_eq!(world.model.sidebar_view(), SidebarView::All);
}

#[test]
fn figures_of_frames_are_kept_and_ask_for_nothing() {
    let mut world = World::new();
    let mut log = FrameLog::default();
    let interval = Duration::from_millis(16);
    log.record([interval], interval, interval, interval);
    let due = world.model.next_tick();
    assert_eq!(world.tell(Msg::Measured(log.figures())), []);
    assert_eq!(world.model.frames.dropped, 1);
    assert_eq!(world.model.next_tick(), due);
}

#[test]
fn figures_take_turns() {
    let mut world = World::new();
    world.keys("ctrl-x v");
    let mut seen = vec![world.model.sidebar_rank];
    for _ in 0..3 {
        world.keys("ctrl-x k");
        seen.push(world.model.sidebar_rank);
    }
    let [speed, ttft, total] = SidebarRank::ALL;
    assert_eq!(seen, [speed, ttft, total, speed]);
}

#[test]
fn ranking_what_is_not_on_screen_shows_it_first() {
    let mut world = World::new();
    world.keys("ctrl-x k");
    assert_eq!(world.model.sidebar_view(), SidebarView::All);
    assert_eq!(world.model.sidebar_rank, SidebarRank::Speed);
    world.keys("ctrl-x k");
    assert_eq!(world.model.sidebar_rank, SidebarRank::Ttft);
    world.keys("ctrl-x b ctrl-x k");
    assert!(world.model.settings.sidebar);
    assert_eq!(world.model.sidebar_rank, SidebarRank::Ttft);
}

#[test]
fn a_hidden_sidebar_comes_back_as_it_was() {
    let mut world = World::new();
    world.keys("ctrl-x b ctrl-x tab");
    assert!(world.model.settings.sidebar);
    assert_eq!(world.model.sidebar_view(), SidebarView::Pane);
}

#[test]
fn without_room_it_lies_over_the_panes_and_all_views_are_reached() {
    let mut world = World::new();
    for reason in [
        NoSidebar::Columns(96),
        NoSidebar::Rows(12),
        NoSidebar::Panes,
    ] {
        without_room(&mut world, reason);
        let before = world.model.settings;
        for keys in ["ctrl-x b", "ctrl-x tab"] {
            world.model.sidebar_view = None;
            world.keys(keys);
            assert_eq!(world.model.overlays, [Overlay::Figures]);
            assert_eq!(world.model.sidebar_view(), SidebarView::Pane);
            world.keys("tab");
            assert_eq!(world.model.sidebar_view(), SidebarView::Session);
            world.keys("tab");
            assert_eq!(world.model.sidebar_view(), SidebarView::Diagnostics);
            world.keys("tab");
            assert_eq!(world.model.sidebar_view(), SidebarView::All);
            world.keys("esc");
            assert_eq!(world.model.overlays, []);
        }
        assert_eq!(world.model.settings, before, "beside the panes it stays");
    }
}

#[test]
fn over_the_panes_they_are_ranked_too() {
    let mut world = World::new();
    without_room(&mut world, NoSidebar::Columns(96));
    world.keys("ctrl-x k");
    assert_eq!(world.model.sidebar_view(), SidebarView::All);
    assert_eq!(world.model.sidebar_rank, SidebarRank::Speed);
    world.keys("r");
    assert_eq!(world.model.sidebar_rank, SidebarRank::Ttft);
    world.keys("tab r q");
    assert_eq!(world.model.sidebar_view(), SidebarView::All);
    assert_eq!(world.model.overlays, []);
}

#[test]
fn definitions_open_from_everywhere_and_letters_look_for_a_figure() {
    let mut world = World::new();
    for way in ["f3", "ctrl-x ?", "tab f3"] {
        world.keys(way);
        let opened = [Overlay::Definitions(Definitions::default())];
        assert_eq!(world.model.overlays, opened, "{way}");
        world.model.frame.help_page = 10;
        world.keys("pgdn down t p o t");
        let [Overlay::Definitions(asked)] = world.model.overlays.as_slice() else {
            panic!("{:?}", world.model.overlays);
        };
        assert_eq!((asked.query.as_str(), asked.top), ("tpot", 0));
        assert!(asked.finds(&["TPOT", "time per output token"]));
        assert!(!asked.finds(&["TTFT"]));
        world.keys("backspace ctrl-u down");
        let [Overlay::Definitions(asked)] = world.model.overlays.as_slice() else {
            panic!("{:?}", world.model.overlays);
        };
        assert_eq!((asked.query.as_str(), asked.top), ("", 1));
        world.keys("f3");
        assert_eq!(world.model.overlays, []);
    }
    without_room(&mut world, NoSidebar::Columns(96));
    world.keys("ctrl-x b ?");
    assert!(matches!(
        world.model.overlays.as_slice(),
        [Overlay::Figures, Overlay::Definitions(_)]
    ));
}

/// A sidebar of six sections, with room for two from each, beside the panes or without room there.
fn scrolled(no_sidebar: Option<NoSidebar>) -> World {
    let mut world = World::new();
    world.tell(Msg::Frame(Box::new(FrameMap {
        no_sidebar,
        sidebar: SidebarFrame {
            area: no_sidebar.is_none().then_some(Rect::new(70, 1, 30, 28)),
            pages: SidebarPages::new([2, 2, 2, 2, 2, 1]),
        },
        ..FrameMap::default()
    })));
    world
}

#[test]
fn the_sidebar_turns_its_pages_while_writing_and_while_reading() {
    let mut world = scrolled(None);
    for (keys, top) in [
        ("f8", 2),
        ("f8", 4),
        ("f8", 4),
        ("f7", 2),
        ("ctrl-x pgdn", 4),
        ("ctrl-x pgup", 2),
        ("tab f7", 0),
        ("f7", 0),
        ("f8", 2),
    ] {
        world.keys(keys);
        assert_eq!(world.model.sidebar_top(), top, "{keys}");
    }
    assert_eq!(world.draft(), "");
}

#[test]
fn each_view_keeps_its_place_and_a_hidden_sidebar_comes_back_with_it() {
    let mut world = scrolled(None);
    world.keys("f8 ctrl-x tab");
    assert_eq!(world.model.sidebar_top(), 0, "another view");
    world.keys("ctrl-x tab ctrl-x tab ctrl-x tab");
    assert_eq!(world.model.sidebar_top(), 2);
    world.keys("ctrl-x b f8");
    assert!(world.model.settings.sidebar);
    assert_eq!(world.model.sidebar_top(), 2, "it was not on screen");
}

#[test]
fn with_fewer_sections_it_goes_on_from_the_last_page() {
    let mut world = scrolled(None);
    world.keys("f8 f8");
    world.tell(Msg::Frame(Box::new(FrameMap {
        sidebar: SidebarFrame {
            area: None,
            pages: SidebarPages::new([1, 1, 1]),
        },
        ..FrameMap::default()
    })));
    world.keys("f7");
    assert_eq!(world.model.sidebar_top(), 1);
}

#[test]
fn over_the_panes_the_usual_keys_scroll_it() {
    let mut world = scrolled(Some(NoSidebar::Columns(96)));
    world.keys("ctrl-x pgdn");
    assert_eq!(world.model.overlays, [Overlay::Figures]);
    assert_eq!(world.model.sidebar_top(), 0, "it comes before it scrolls");
    for (keys, top) in [
        ("down", 1),
        ("j", 2),
        ("k", 1),
        ("up", 0),
        ("pgdn", 2),
        ("pgup", 0),
        ("end", 4),
        ("j", 4),
        ("home", 0),
        ("f8", 2),
        ("f7", 0),
    ] {
        world.keys(keys);
        assert_eq!(world.model.sidebar_top(), top, "{keys}");
        assert_eq!(world.model.overlays, [Overlay::Figures]);
    }
}

#[test]
fn the_wheel_scrolls_the_sidebar_under_it_and_the_one_over_the_panes() {
    let mut world = scrolled(None);
    let wheel = |world: &mut World, what, x| {
        let at = Position::new(x, 5);
        world.tell(Msg::Terminal(Input::Mouse(what, at)));
        world.model.sidebar_top()
    };
    assert_eq!(wheel(&mut world, Pointer::WheelDown, 80), 1);
    assert_eq!(wheel(&mut world, Pointer::WheelDown, 10), 1, "elsewhere");
    assert_eq!(wheel(&mut world, Pointer::WheelUp, 80), 0);
    assert_eq!(wheel(&mut world, Pointer::WheelUp, 80), 0);
    let mut world = scrolled(Some(NoSidebar::Rows(12)));
    world.keys("ctrl-x b");
    assert_eq!(wheel(&mut world, Pointer::WheelDown, 10), 1);
    assert_eq!(wheel(&mut world, Pointer::WheelUp, 10), 0);
}
