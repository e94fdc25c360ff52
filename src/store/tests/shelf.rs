//! What is done to whole sessions: another title, a copy, into the trash and back, and that an open one is left alone.
//!
//! The two stores of a test stand for two processes.

use std::time::{Duration, UNIX_EPOCH};

use super::{world::clock, *};
use crate::chat::{Attached, Draft, SessionId};

fn saved(world: &World, seed: u64) -> Session {
    let sample = session(seed, 4);
    world.saved(&sample);
    sample
}

fn ids(store: &Store) -> Vec<SessionId> {
    store.list().unwrap().iter().map(|h| h.id).collect()
}

/// The three ways to change a session from outside are refused.
fn assert_left_alone(store: &Store, id: SessionId) {
    let refused = [store.rename(id, "other"), store.delete(id)];
    for outcome in refused {
        let error = outcome.unwrap_err();
        let me = std::process::id();
        assert!(
            matches!(error, Error::OpenElsewhere { pid: Some(pid), .. } if pid == me),
            "{error}"
        );
    }
}

#[test]
fn a_title_is_given_to_a_session_that_nobody_has_open() {
    let world = World::new();
    let sample = saved(&world, 1);
    let store = world.store();
    store.rename(sample.id, "a better title").unwrap();
    assert_eq!(store.list().unwrap()[0].title, "a better title");
    let loaded = store.load(sample.id).unwrap();
    assert_eq!(loaded.complaints, []);
    assert_eq!(
        loaded.session,
        Session {
            title: "a better title".to_owned(),
            ..sample
        }
    );
}

#[test]
fn a_session_that_is_open_is_neither_renamed_nor_deleted() {
    let world = World::new();
    let sample = saved(&world, 2);
    let (store, other) = (world.store(), world.store());
    let writer = store.writer(&sample, true, world.events()).unwrap();
    assert_left_alone(&store, sample.id);
    assert_left_alone(&other, sample.id);
    assert_eq!(other.list().unwrap()[0].open_in, Some(std::process::id()));
    assert_eq!(store.list().unwrap()[0].open_in, None, "it is open here");
    assert!(writer.close(PATIENCE));
    assert_eq!(other.list().unwrap()[0].open_in, None);
    other.delete(sample.id).unwrap();
}

#[test]
fn what_was_deleted_comes_back_as_it_was() {
    let world = World::new();
    let (sample, kept) = (saved(&world, 3), saved(&world, 4));
    let store = world.store();
    let draft = Draft {
        text: "unsent".to_owned(),
        attached: vec![Attached::new("pasted text", "much")],
    };
    store.drafts().save(sample.id, '*', draft.clone());
    let damaged = world
        .path(sample.id, 1)
        .with_file_name(format!("{}.damaged", sample.id));
    fs::write(&damaged, "a torn end").unwrap();
    let before = fs::read(world.path(sample.id, 1)).unwrap();

    store.delete(sample.id).unwrap();
    assert_eq!(ids(&store), [kept.id]);
    assert!(matches!(store.load(sample.id), Err(Error::NotFound(_))));
    assert!(!damaged.exists());
    assert_eq!(store.drafts().load(sample.id, '*'), Draft::default());
    assert!(matches!(store.delete(sample.id), Err(Error::NotFound(_))));
    let short = sample.id.short();
    assert_eq!(store.find_deleted(&short).unwrap(), sample.id);
    let deleted = store.list_deleted();
    assert_eq!(deleted.len(), 1);
    assert_eq!((deleted[0].id, &deleted[0].complaint), (sample.id, &None));

    store.restore(sample.id).unwrap();
    assert_eq!(ids(&store).len(), 2);
    assert_eq!(fs::read(world.path(sample.id, 1)).unwrap(), before);
    assert_eq!(fs::read_to_string(&damaged).unwrap(), "a torn end");
    assert_eq!(store.drafts().load(sample.id, '*'), draft);
    assert!(matches!(
        store.restore(sample.id),
        Err(Error::NotDeleted(_))
    ));
    let locks = world.path(sample.id, 1).with_extension("lock");
    assert!(!locks.exists());
}

#[test]
fn the_trash_writes_over_nothing_and_a_failing_disk_moves_nothing() {
    let world = World::new();
    let sample = saved(&world, 5);
    let store = world.store();
    store.drafts().save(sample.id, '*', "unsent");
    assert!(store.drafts().flush(PATIENCE));
    store.delete(sample.id).unwrap();
    world.saved(&sample);
    let error = store.delete(sample.id).unwrap_err();
    assert!(error.to_string().contains("exists"), "{error}");
    assert!(store.restore(sample.id).is_err(), "there is one of that id");
    assert!(store.load(sample.id).is_ok());

    for first in 1..12 {
        let world = World::new();
        let sample = saved(&world, 5);
        world.store().drafts().save(sample.id, '*', "unsent");
        assert!(world.store().drafts().flush(PATIENCE));
        let failing = world.store_on(world::Faulty::failing(first, 1));
        let is_deleted = failing.delete(sample.id).is_ok();
        let store = world.store();
        assert_eq!(ids(&store).is_empty(), is_deleted, "{first}");
        if is_deleted {
            store.restore(sample.id).unwrap();
        }
        assert_eq!(store.load(sample.id).unwrap().session, sample, "{first}");
    }
}

#[test]
fn the_trash_is_emptied_after_thirty_days() {
    let world = World::new();
    let (old, young) = (saved(&world, 6), saved(&world, 7));
    let store = world.store();
    for sample in [&old, &young] {
        store.delete(sample.id).unwrap();
    }
    let stranger = world.root().join("trash/notes");
    fs::create_dir(&stranger).unwrap();
    let age = |id: SessionId, days: u64| {
        let folder = fs::File::open(world.root().join("trash").join(id.to_string())).unwrap();
        let now = UNIX_EPOCH + Duration::from_millis(clock().0);
        let at = now - Duration::from_hours(24 * days);
        folder.set_modified(at).unwrap();
    };
    age(old.id, 31);
    age(young.id, 29);
    fs::File::open(&stranger)
        .unwrap()
        .set_modified(UNIX_EPOCH)
        .unwrap();
    assert_eq!(store.empty_trash(), 1);
    assert!(store.restore(old.id).is_err());
    store.restore(young.id).unwrap();
    assert!(stranger.exists(), "what is not ours stays");
    assert_eq!(store.empty_trash(), 0);
}

#[test]
fn a_copy_has_everything_but_id_and_title_and_the_original_is_only_read() {
    let world = World::new();
    let sample = saved(&world, 8);
    let (store, other) = (world.store(), world.store());
    let writer = other.writer(&sample, true, world.events()).unwrap();
    let before = fs::read(world.path(sample.id, 1)).unwrap();
    let copy = blank(9).id;
    store.copy(sample.id, copy).unwrap();
    assert_eq!(fs::read(world.path(sample.id, 1)).unwrap(), before);
    let loaded = store.load(copy).unwrap();
    assert_eq!(loaded.complaints, []);
    assert_eq!(
        loaded.session,
        Session {
            id: copy,
            created: loaded.session.created,
            title: format!("{} (copy)", sample.title),
            ..sample.clone()
        }
    );
    assert!(writer.close(PATIENCE));
    assert_eq!(store.load(sample.id).unwrap().session, sample);
    assert!(store.copy(sample.id, copy).is_err(), "the id is taken");
}

#[test]
fn an_answer_that_streams_elsewhere_is_interrupted_in_the_copy() {
    let world = World::new();
    let (store, other) = (world.store(), world.store());
    let mut dice = Dice::new(3);
    let sample = blank(10);
    let writer = store.writer(&sample, false, world.events()).unwrap();
    let (turn, ask) = prompt(&mut dice, &sample, "hello");
    let (answer, record) = answer_to(&mut dice, turn);
    writer.append(ask);
    writer.append(record);
    writer.delta(answer, &text("Once upon", 5));
    assert!(synced(&writer));
    let copy = blank(11).id;
    other.copy(sample.id, copy).unwrap();
    let loaded = other.load(copy).unwrap();
    let answer = loaded.session.conversations[0].answer(answer).unwrap();
    assert!(!answer.is_live());
    assert_eq!(answer.content, "Once upon");
    assert_eq!(loaded.session.title, "hello (copy)");
}
