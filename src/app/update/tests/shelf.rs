//! The list of sessions: what is seen of them, other titles, the trash; and that an opened one may be a copy.
//! What happens to the files is the store's.

use super::*;
use crate::{
    app::{Deed, Overlay, Picker, SessionEntry},
    chat::{Preview, SessionId},
};

fn picker(world: &World) -> &Picker {
    match world.model.overlays.as_slice() {
        [Overlay::Picker(picker), ..] => picker,
        other => panic!("no picker: {other:?}"),
    }
}

fn labels(world: &World) -> Vec<&str> {
    picker(world).items.iter().map(|i| &*i.label).collect()
}

fn listed() -> (Vec<SessionId>, Vec<SessionEntry>) {
    let mut source = IdSource::new(5);
    let entries: Vec<_> = ["one", "two", "three"]
        .into_iter()
        .map(|title| SessionEntry {
            id: SessionId::from_uuid(source.next(Timestamp(1))),
            title: title.to_owned(),
            updated: Timestamp(BEGIN),
            note: String::new(),
        })
        .collect();
    (entries.iter().map(|e| e.id).collect(), entries)
}

/// The list is open and shows three sessions; the first was looked into.
fn world() -> (World, Vec<SessionId>) {
    let mut world = World::new();
    world.keys("ctrl-x l");
    let (ids, entries) = listed();
    let effects = world.tell(Msg::Sessions(Ok(entries)));
    assert_eq!(effects, [Effect::PreviewSession(ids[0])]);
    seen(&mut world, ids[0], "one");
    (world, ids)
}

fn seen(world: &mut World, id: SessionId, title: &str) -> Vec<Effect> {
    world.tell(Msg::Preview {
        id,
        result: Ok(Preview {
            title: title.to_owned(),
            ..Preview::default()
        }),
    })
}

fn shelf(id: SessionId, deed: Deed) -> Effect {
    Effect::Shelf { id, deed }
}

fn done(world: &mut World, id: SessionId, deed: Deed) -> Vec<Effect> {
    let result = Ok(());
    world.tell(Msg::Shelf { id, deed, result })
}

#[test]
fn the_selected_session_is_looked_into_once() {
    let (mut world, ids) = world();
    assert_eq!(world.keys("down"), [Effect::PreviewSession(ids[1])]);
    assert_eq!(world.keys("up"), [], "it was seen");
    assert_eq!(seen(&mut world, ids[1], "two"), []);
    assert_eq!(picker(&world).previews.len(), 2);
    assert_eq!(world.keys("down"), [], "that, too");
}

#[test]
fn who_passes_many_sessions_asks_for_one_at_a_time() {
    let (mut world, ids) = world();
    assert_eq!(world.keys("down"), [Effect::PreviewSession(ids[1])]);
    assert_eq!(world.keys("down"), [], "the first answer is awaited");
    let effects = seen(&mut world, ids[1], "two");
    assert_eq!(effects, [Effect::PreviewSession(ids[2])]);
    world.keys("esc");
    assert_eq!(
        seen(&mut world, ids[2], "three"),
        [],
        "nobody looks any more"
    );
}

#[test]
fn typing_and_pasting_select_another_session_to_look_into() {
    let (mut world, ids) = world();
    world.write("h");
    assert_eq!(picker(&world).looking, Some(ids[2]));
    seen(&mut world, ids[2], "three");
    world.keys("ctrl-u");
    assert_eq!(world.paste("tw"), [Effect::PreviewSession(ids[1])]);
}

#[test]
fn a_session_of_the_list_gets_another_title() {
    let (mut world, ids) = world();
    world.keys("ctrl-r");
    assert!(matches!(
        world.model.overlays.last(),
        Some(Overlay::Line(_))
    ));
    world.write(" more");
    let deed = Deed::Rename("one more".to_owned());
    assert_eq!(world.keys("enter"), [shelf(ids[0], deed.clone())]);
    assert_eq!(labels(&world)[0], "one", "not before it is written");
    assert_eq!(done(&mut world, ids[0], deed), []);
    assert_eq!(labels(&world)[0], "one more");
    let preview = picker(&world).previews[&ids[0]].as_ref().expect("seen");
    assert_eq!(preview.title, "one more");
    assert!(world.notice().contains("one more"));

    world.keys("ctrl-r");
    assert_eq!(world.keys("enter"), [], "the same title");
    world.keys("ctrl-r ctrl-u");
    assert_eq!(world.keys("enter"), [], "no title");
}

#[test]
fn a_session_that_is_open_elsewhere_keeps_its_title_and_its_place() {
    let (mut world, ids) = world();
    for deed in [Deed::Rename("x".into()), Deed::Delete("one".into())] {
        let effects = world.tell(Msg::Shelf {
            id: ids[0],
            deed,
            result: Err("open in another process (pid 7)".to_owned()),
        });
        assert_eq!(effects, [Effect::ListSessions]);
        assert!(world.notice().contains("pid 7"), "{}", world.notice());
    }
    world.keys("ctrl-z");
    assert!(world.notice().contains("nothing was deleted"));
}

#[test]
fn deleted_sessions_come_back_one_by_one() {
    let (mut world, ids) = world();
    let delete = |title: &str| Deed::Delete(title.to_owned());
    let effects = world.keys("ctrl-d");
    assert_eq!(effects[0], shelf(ids[0], delete("one")));
    assert_eq!(effects[1], Effect::PreviewSession(ids[1]));
    assert_eq!(labels(&world), ["two", "three"]);
    assert_eq!(world.keys("ctrl-d"), [shelf(ids[1], delete("two"))]);
    assert_eq!(labels(&world), ["three"]);
    done(&mut world, ids[0], delete("one"));
    assert!(world.notice().contains("Ctrl-Z"), "{}", world.notice());
    done(&mut world, ids[1], delete("two"));

    let restore = |title: &str| Deed::Restore(title.to_owned());
    assert_eq!(world.keys("ctrl-z"), [shelf(ids[1], restore("two"))]);
    let effects = done(&mut world, ids[1], restore("two"));
    assert_eq!(effects, [Effect::ListSessions]);
    assert!(world.notice().contains("“two” is back"));
    assert_eq!(world.keys("ctrl-z"), [shelf(ids[0], restore("one"))]);
    assert_eq!(world.keys("ctrl-z"), []);
}

#[test]
fn a_deletion_can_be_taken_back_when_the_list_is_opened_again() {
    let (mut world, ids) = world();
    world.keys("ctrl-d");
    done(&mut world, ids[0], Deed::Delete("one".to_owned()));
    world.keys("esc");
    assert_eq!(
        world.keys("ctrl-z"),
        [Effect::Suspend],
        "elsewhere the key means something else"
    );
    world.keys("ctrl-x l");
    let effects = world.keys("ctrl-z");
    assert_eq!(effects, [shelf(ids[0], Deed::Restore("one".to_owned()))]);
}

#[test]
fn keys_of_the_list_do_nothing_where_nothing_is_selected() {
    let mut world = World::new();
    world.keys("ctrl-x l");
    world.tell(Msg::Sessions(Ok(Vec::new())));
    assert_eq!(world.keys("ctrl-d ctrl-r enter"), []);
    assert_eq!(world.model.overlays.len(), 1);
}

#[test]
fn a_new_session_begins_from_the_list() {
    let (mut world, _) = world();
    let before = world.model.session;
    let effects = world.keys("ctrl-t");
    assert!(world.model.overlays.is_empty());
    assert_ne!(world.model.session, before);
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::NewSession { .. }))
    );
}

#[test]
fn the_session_on_screen_gets_another_title_and_says_so() {
    let mut world = World::new();
    world.turn("hello", "hi");
    world.keys("ctrl-x N");
    world.write(", again");
    let effects = world.keys("enter");
    assert_eq!(entries(&effects), [Entry::Title("hello, again".to_owned())]);
    assert!(world.notice().contains("“hello, again”"));
}
