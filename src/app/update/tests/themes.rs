//! Choosing a theme while the program runs, and what the terminal says of its background.
//! How a theme is drawn is the view's.

use super::*;
use crate::{
    app::{Look, Overlay},
    config::{AUTO, Background, themes},
};

fn look(chosen: &str) -> Look {
    let listed = themes(std::path::Path::new("/nowhere"));
    Look {
        themes: listed.into_iter().filter_map(|t| t.theme.ok()).collect(),
        chosen: chosen.to_owned(),
        is_rich: true,
        ..Look::default()
    }
}

fn world(chosen: &str) -> World {
    let mut world = World::new();
    world.model.look = look(chosen);
    world
}

fn drawn_with(world: &World) -> &str {
    world.model.theme().map_or("", |theme| &theme.name)
}

#[test]
fn the_selected_theme_is_shown_and_esc_goes_back() {
    let mut world = world("terminal");
    world.keys("ctrl-x h");
    assert_eq!(drawn_with(&world), "terminal", "the list begins there");
    world.keys("down");
    assert_eq!(drawn_with(&world), "wafer-dark");
    world.keys("end");
    assert_eq!(drawn_with(&world), "high-contrast");
    world.keys("esc");
    assert_eq!(drawn_with(&world), "terminal");
    assert!(world.model.overlays.is_empty());
}

#[test]
fn a_query_that_nothing_matches_shows_the_present_theme() {
    let mut world = world("wafer-light");
    world.keys("ctrl-x h");
    world.write("zzz");
    assert_eq!(drawn_with(&world), "wafer-light");
    assert_eq!(world.keys("ctrl-s"), []);
    assert!(
        !world.model.overlays.is_empty(),
        "there was nothing to take"
    );
}

#[test]
fn enter_keeps_it_for_this_run_and_another_key_for_good() {
    let mut world = world("terminal");
    world.keys("ctrl-x h down");
    assert_eq!(world.keys("enter"), []);
    assert_eq!(drawn_with(&world), "wafer-dark");
    world.keys("ctrl-x h");
    world.write("contrast");
    let effects = world.keys("ctrl-s");
    assert_eq!(effects, [Effect::KeepTheme("high-contrast".to_owned())]);
    assert_eq!(drawn_with(&world), "high-contrast");
    assert!(world.model.overlays.is_empty());
}

#[test]
fn a_temporary_session_writes_no_settings() {
    let mut world = world("terminal");
    world.model.settings.temporary = true;
    assert_eq!(world.keys("ctrl-x h down ctrl-s"), []);
    assert_eq!(drawn_with(&world), "wafer-dark");
    assert!(world.notice().contains("nothing is written"));
}

#[test]
fn the_terminal_is_asked_once_and_after_the_first_picture() {
    let mut world = world(AUTO);
    assert_eq!(drawn_with(&world), "terminal");
    assert!(!world.keys("x").contains(&Effect::AskBackground));
    assert_eq!(
        world.tell(Msg::Frame(Box::default())),
        [Effect::AskBackground]
    );
    assert_eq!(world.tell(Msg::Frame(Box::default())), []);
    world.tell(Msg::Background(Background::Light));
    assert_eq!(drawn_with(&world), "wafer-light");
    world.tell(Msg::Background(Background::Dark));
    assert_eq!(drawn_with(&world), "wafer-dark");
}

#[test]
fn nobody_is_asked_where_the_answer_would_change_nothing() {
    let mut named = world("wafer-dark");
    assert_eq!(named.tell(Msg::Frame(Box::default())), []);
    // Asked for later, it is worth a question.
    assert_eq!(named.keys("ctrl-x h home enter"), [Effect::AskBackground]);
    let mut poor = world(AUTO);
    poor.model.look.is_rich = false;
    poor.model.look.background = Some(Background::Dark);
    assert_eq!(poor.tell(Msg::Frame(Box::default())), []);
    assert_eq!(drawn_with(&poor), "terminal");
}

#[test]
fn an_open_list_says_what_the_terminal_leads_to() {
    let mut world = world(AUTO);
    world.keys("ctrl-x h");
    world.tell(Msg::Background(Background::Light));
    let Some(Overlay::Picker(picker)) = world.model.overlays.last() else {
        panic!("no list");
    };
    let detail = picker.chosen().map(|i| i.detail.as_str());
    assert!(
        detail.is_some_and(|d| d.contains("wafer-light")),
        "{detail:?}"
    );
}

#[test]
fn figures_are_drawn_less_often_with_reduced_motion() {
    let mut world = World::new();
    world.ask("long");
    let now = world.model.now.mono;
    let next = |world: &World| world.model.next_tick().map(|at| at.saturating_sub(now));
    assert_eq!(next(&world), Some(Duration::from_millis(100)));
    world.model.settings.reduced_motion = true;
    world.model.layout_due = None;
    assert_eq!(next(&world), Some(Duration::from_secs(1)));
}
