//! Lists and questions: what they offer, how they filter, what choosing does.
//! The look of them is the view's.

use super::*;
use crate::{
    app::{ACTIONS, Overlay, Picker, PickerKind, SessionEntry},
    chat::SessionId,
};

fn picker(world: &World) -> &Picker {
    match world.model.overlays.as_slice() {
        [Overlay::Picker(picker)] => picker,
        other => panic!("no picker alone: {other:?}"),
    }
}

fn chosen(world: &World) -> &str {
    picker(world).chosen().map_or("", |i| i.label.as_str())
}

#[test]
fn the_palette_finds_and_carries_out_any_action() {
    let mut world = World::new();
    world.keys("ctrl-p");
    // Not itself, and no rows for panes while there is one.
    assert_eq!(picker(&world).items.len(), ACTIONS.len() - 10);
    world.write("sidebar");
    assert_eq!(chosen(&world), "show or hide the sidebar");
    assert_eq!(picker(&world).chosen().expect("one").hint, "Ctrl-X b");
    world.keys("enter");
    assert!(world.model.overlays.is_empty());
    assert!(!world.model.settings.sidebar);
    assert_eq!(world.draft(), "", "the query was no text");
}

#[test]
fn the_palette_has_a_row_for_each_pane_and_the_keys_of_where_it_was_opened() {
    let mut world = World::new();
    world.keys("ctrl-x v ctrl-x v ctrl-p");
    world.write("go to pane");
    let hints = |world: &World| -> Vec<(String, String)> {
        let picker = picker(world);
        let shown = picker.matches.iter().filter_map(|&i| picker.items.get(i));
        shown.map(|i| (i.label.clone(), i.hint.clone())).collect()
    };
    let row = |label: &str, hint: &str| (label.to_owned(), hint.to_owned());
    let rows = hints(&world);
    assert!(rows.contains(&row("go to pane B", "Alt-2")), "{rows:?}");
    assert!(!rows.iter().any(|(label, _)| label == "go to pane D"));
    world.keys("ctrl-u");
    world.write("go to pane A");
    world.keys("enter");
    assert_eq!(world.model.focused, 0);
    world.keys("tab :");
    let rows = hints(&world);
    assert!(rows.contains(&row("go to pane B", "2")), "{rows:?}");
    assert!(
        rows.contains(&row("send the prompt", "Tab Enter")),
        "{rows:?}"
    );
}

#[test]
fn a_group_is_found_by_its_word() {
    let mut world = World::new();
    world.keys("ctrl-p");
    world.write("sessions");
    let picker = picker(&world);
    let labels: Vec<_> = picker
        .matches
        .iter()
        .map(|&i| &picker.items[i].label)
        .collect();
    assert!(
        labels.iter().any(|l| *l == "save the arrangement"),
        "{labels:?}"
    );
}

#[test]
fn lists_take_the_keys_that_the_configuration_gives_them() {
    let mut world = World::new();
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("config.toml");
    let text = "[keys.overlay]\nscroll-down = \"ctrl-j\"\nscroll-up = \"ctrl-k\"\nsend = \"ctrl-o\"\ncancel = \"f4\"\n";
    std::fs::write(&file, text).expect("a file");
    let overrides = Overrides {
        config_file: Some(file),
        ..Overrides::default()
    };
    let env = |name: &str| name.ends_with("_DIR").then(|| "/nowhere".to_owned());
    world.model.keys = load(&overrides, &env).expect("it is valid").config.keys;
    world.keys("ctrl-p ctrl-j ctrl-j ctrl-k");
    assert_eq!(picker(&world).selected, 1);
    world.keys("down");
    assert_eq!(picker(&world).selected, 2, "their own keys stay");
    world.keys("f4");
    assert!(world.model.overlays.is_empty());
    world.keys("ctrl-p");
    world.write("show or hide the sidebar");
    world.keys("ctrl-o");
    assert!(!world.model.settings.sidebar);
}

#[test]
fn sending_by_name_sends_whatever_enter_does() {
    for keys in ["ctrl-l", "f4"] {
        let mut world = World::new();
        world.keys(keys);
        world.write("a");
        world.keys("ctrl-p");
        world.write("new line");
        world.keys("enter");
        world.write("b");
        assert_eq!(world.draft(), "a\nb", "after {keys}");
        world.keys("ctrl-p");
        world.write("send the prompt");
        let effects = world.keys("enter");
        assert!(
            matches!(effects.first(), Some(Effect::SavePrompt { .. })),
            "after {keys}: {effects:?}"
        );
    }
}

#[test]
fn a_query_is_edited_and_the_list_walked() {
    let mut world = World::new();
    world.keys("ctrl-p");
    world.write("zzz");
    assert!(picker(&world).matches.is_empty());
    assert_eq!(world.keys("enter"), [], "nothing to choose");
    assert!(!world.model.overlays.is_empty());
    assert_eq!(
        world.notice(),
        "nothing in the list matches zzz: Ctrl-U empties the line"
    );
    world.keys("backspace");
    assert_eq!(picker(&world).query, "zz");
    world.keys("ctrl-u");
    assert_eq!(picker(&world).query, "");
    world.keys("down ctrl-n up tab");
    assert_eq!(picker(&world).selected, 2);
    world.keys("end");
    assert_eq!(picker(&world).selected, ACTIONS.len() - 11);
    world.keys("pgup");
    assert_eq!(picker(&world).selected, ACTIONS.len() - 21);
    world.keys("home");
    assert_eq!(picker(&world).selected, 0);
    world.paste("quit\n");
    assert_eq!(chosen(&world), "leave waferdeck");
    world.keys("esc");
    assert!(world.model.overlays.is_empty());
}

#[test]
fn an_action_of_the_palette_may_open_another_list() {
    let mut world = World::new();
    world.keys("ctrl-p");
    world.write("choose a model");
    let effects = world.keys("enter");
    assert_eq!(picker(&world).kind, PickerKind::Models);
    let fetched: Vec<_> = effects
        .iter()
        .filter(|e| matches!(e, Effect::FetchModels { .. }))
        .collect();
    assert_eq!(fetched.len(), 2, "one for each profile");
}

#[test]
fn sessions_are_listed_without_the_one_on_screen() {
    let mut world = World::new();
    assert_eq!(world.keys("ctrl-x l"), [Effect::ListSessions]);
    assert!(picker(&world).loading);
    let other = SessionId::from_uuid(IdSource::new(5).next(Timestamp(1)));
    let entry = |id, title: &str| SessionEntry {
        id,
        title: title.to_owned(),
        updated: Timestamp(BEGIN - 3 * 3_600_000),
        note: String::new(),
    };
    let listed = vec![
        entry(world.model.session, "this one"),
        entry(other, "another\none"),
    ];
    world.tell(Msg::Sessions(Ok(listed)));
    assert!(!picker(&world).loading);
    assert_eq!(picker(&world).items.len(), 1);
    assert_eq!(chosen(&world), "another one");
    assert_eq!(picker(&world).items[0].hint, "3 h ago");
    let effects = world.keys("enter");
    let [Effect::OpenSession { id, copy }] = effects.as_slice() else {
        panic!("no session is opened: {effects:?}");
    };
    assert_eq!(*id, other);
    assert!(
        ![other, world.model.session].contains(copy),
        "an id of its own"
    );
}

#[test]
fn sessions_that_cannot_be_listed_close_their_list() {
    let mut world = World::new();
    world.keys("ctrl-x l");
    world.tell(Msg::Sessions(Err("no permission".to_owned())));
    assert!(world.model.overlays.is_empty());
    assert_eq!(world.notice(), "no permission");
}

#[test]
fn a_list_that_comes_too_late_changes_nothing() {
    let mut world = World::new();
    world.keys("ctrl-x l esc");
    world.tell(Msg::Sessions(Ok(Vec::new())));
    assert!(world.model.overlays.is_empty());
}

#[test]
fn an_earlier_prompt_is_taken_from_its_list() {
    let mut world = World::new();
    world.turn("merge sort", "…");
    world.turn("quick sort\nin Rust", "…");
    world.keys("ctrl-p");
    world.write("search earlier");
    world.keys("enter");
    assert_eq!(chosen(&world), "quick sort in Rust");
    world.keys("enter");
    assert_eq!(world.draft(), "quick sort\nin Rust");
}

#[test]
fn help_scrolls_and_takes_no_text() {
    let mut world = World::new();
    world.tell(Msg::Frame(Box::new(FrameMap {
        help_page: 30,
        ..FrameMap::default()
    })));
    world.keys("f1 j down pgdn k");
    assert_eq!(world.model.overlays, [Overlay::Help { top: 31 }]);
    world.paste("text");
    world.keys("x home");
    assert_eq!(world.model.overlays, [Overlay::Help { top: 0 }]);
    world.keys("end");
    let drawn = FrameMap {
        help_end: 40,
        ..FrameMap::default()
    };
    world.tell(Msg::Frame(Box::new(drawn)));
    world.keys("k");
    assert_eq!(world.model.overlays, [Overlay::Help { top: 39 }]);
    assert_eq!(world.draft(), "");
    world.keys("q");
    assert!(world.model.overlays.is_empty());
    assert!(!world.model.leaving);
}

#[test]
fn ctrl_c_closes_what_lies_on_top_and_stops_nothing() {
    let mut world = World::new();
    let answer = world.ask("long");
    world.keys("ctrl-p");
    assert_eq!(world.keys("ctrl-c"), []);
    assert!(world.model.overlays.is_empty());
    assert!(world.answer(answer).is_live());
}

#[test]
fn a_model_that_the_mock_does_not_have_is_refused_in_words() {
    let mut world = World::asking(Variant::new("mock", "thinker"));
    world.model.profiles.retain(|p| p.is_mock);
    world.keys("ctrl-x m");
    world.write("foo/bar-x");
    assert_eq!(world.keys("enter alt-enter"), []);
    assert_eq!(
        world.notice(),
        "nothing in the list matches foo/bar-x, and the mock has no other models: Ctrl-U empties the line"
    );
}

#[test]
fn a_model_is_found_with_its_profile_before_it() {
    let mut world = World::new();
    world.keys("ctrl-x m");
    world.write("mock/talker");
    world.keys("enter");
    let variant = &world.model.pane().variant;
    assert_eq!((&*variant.profile, &*variant.model), ("mock", "talker"));
    world.keys("ctrl-x m");
    world.write("fast/org/new");
    assert_eq!(picker(&world).matches.len(), 1);
    world.keys("enter");
    let variant = &world.model.pane().variant;
    assert_eq!((&*variant.profile, &*variant.model), ("fast", "org/new"));
}

#[test]
fn an_empty_line_is_answered_with_a_word() {
    let mut world = World::new();
    world.keys("ctrl-x N ctrl-u");
    assert_eq!(world.keys("space enter"), []);
    assert_eq!(
        world.notice(),
        "a title has a character at least: the title stays"
    );
    assert_eq!(world.keys("ctrl-x O enter"), []);
    assert_eq!(world.notice(), "no name was given: nothing is saved");
}

#[test]
fn a_broken_deck_is_said_in_one_line() {
    let mut world = World::new();
    world.keys("ctrl-x o");
    world.tell(Msg::Decks(vec![crate::config::DeckFile {
        name: "bad".to_owned(),
        is_own: true,
        content: Err("bad.toml:1:1: no such thing\n  line\n  ^".to_owned()),
    }]));
    assert_eq!(world.keys("enter"), []);
    assert_eq!(world.notice(), "bad.toml:1:1: no such thing");
}
