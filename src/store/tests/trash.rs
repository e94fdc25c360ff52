//! The trash while others use it: two that delete, one that restores what another removes, and clocks that are wrong.
//!
//! The two stores of a test stand for two processes.

use std::{sync::Barrier, thread, time::UNIX_EPOCH};

use super::{super::lock, world::clock, *};
use crate::chat::SessionId;

const DAY: Duration = Duration::from_hours(24);

fn saved(world: &World, seed: u64) -> Session {
    let sample = session(seed, 2);
    world.saved(&sample);
    sample
}

fn folder_of(world: &World, id: SessionId) -> PathBuf {
    world.root().join("trash").join(id.to_string())
}

/// Makes a file or folder this old.
fn age(path: &Path, age: Duration) {
    let now = UNIX_EPOCH + Duration::from_millis(clock().0);
    let file = fs::File::open(path).unwrap();
    file.set_modified(now.checked_sub(age).unwrap()).unwrap();
}

#[test]
fn of_two_who_delete_a_session_one_does() {
    for round in 0..40 {
        let world = World::new();
        let sample = saved(&world, round);
        let stores = [world.store(), world.store()];
        let start = Barrier::new(2);
        let delete = |store: &Store| {
            start.wait();
            store.delete(sample.id)
        };
        let outcomes = thread::scope(|scope| {
            let both = stores.each_ref().map(|s| scope.spawn(|| delete(s)));
            both.map(|thread| thread.join().unwrap())
        });
        let done = outcomes.iter().filter(|o| o.is_ok()).count();
        assert_eq!(done, 1, "round {round}: {outcomes:?}");
    }
}

#[test]
fn who_opens_a_session_while_it_is_deleted_hears_that_it_is_gone() {
    for round in 0..40 {
        let world = World::new();
        let sample = saved(&world, round);
        let (store, other) = (world.store(), world.store());
        let start = Barrier::new(2);
        let opened = thread::scope(|scope| {
            scope.spawn(|| {
                start.wait();
                let _ = other.delete(sample.id);
            });
            start.wait();
            store.writer(&sample, true, world.events())
        });
        assert!(
            matches!(
                opened,
                Ok(_) | Err(Error::NotFound(_) | Error::OpenElsewhere { .. })
            ),
            "round {round}: {opened:?}"
        );
    }
}

#[test]
fn nothing_is_restored_or_removed_while_another_has_the_session() {
    let world = World::new();
    let sample = saved(&world, 50);
    let (store, other) = (world.store(), world.store());
    store.delete(sample.id).unwrap();
    age(&folder_of(&world, sample.id), 31 * DAY);
    let young = saved(&world, 51);
    age(&world.path(young.id, 1), DAY);
    let place = world.path(sample.id, 1);
    let held = other.hold(sample.id, place.parent().unwrap()).unwrap();
    let error = store.restore(sample.id).unwrap_err();
    assert!(matches!(error, Error::OpenElsewhere { .. }), "{error}");
    assert_eq!(store.empty_trash(), 0);
    drop(held);
    assert_eq!(store.empty_trash(), 1);
}

#[test]
fn what_a_killed_process_was_removing_goes_at_the_next_start() {
    let world = World::new();
    let sample = saved(&world, 52);
    let store = world.store();
    store.delete(sample.id).unwrap();
    let folder = folder_of(&world, sample.id);
    let gone = folder.with_file_name(format!(".{}.gone", sample.id));
    fs::rename(&folder, &gone).unwrap();
    let strange = folder.with_file_name(".notes.gone");
    fs::create_dir(&strange).unwrap();
    assert_eq!(store.list_deleted(), []);
    store.empty_trash();
    assert!(!gone.exists());
    assert!(strange.exists(), "what is not ours stays");
}

#[test]
fn a_clock_that_runs_far_ahead_removes_nothing_at_first() {
    let world = World::new();
    let (deleted, kept) = (saved(&world, 53), saved(&world, 54));
    let store = world.store();
    store.delete(deleted.id).unwrap();
    let folder = folder_of(&world, deleted.id);
    // Seen from a clock that is 40 days ahead, all of this is old.
    age(&folder, 45 * DAY);
    age(&world.path(kept.id, 1), 40 * DAY);
    assert_eq!(store.empty_trash(), 0);
    assert!(folder.exists());
    // Something was written since: the time has come.
    age(&world.path(kept.id, 1), DAY);
    assert_eq!(store.empty_trash(), 1);
    assert!(!folder.exists());
}

#[test]
fn a_session_is_not_moved_where_nobody_can_tell_who_writes_it() {
    let id = blank(55).id;
    let path = Path::new("/net/data/x.lock");
    let without = lock::Outcome::NoLocks(io::Error::other("no locks available"));
    let error = super::super::trash::admit(id, path, without).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::NoLocks { .. }), "{text}");
    assert!(
        text.contains("no locks available") && text.contains("/net/data"),
        "{text}"
    );
}

/// A disk on which everything is far from everything else.
#[derive(Debug)]
struct Far;

impl files::Files for Far {
    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        Err(io::ErrorKind::CrossesDevices.into())
    }
}

#[test]
fn a_trash_on_another_file_system_is_said_to_be_there() {
    let world = World::new();
    let sample = saved(&world, 58);
    let error = world.store_on(Arc::new(Far)).delete(sample.id).unwrap_err();
    assert!(error.to_string().contains("another file system"), "{error}");
    assert!(world.store().load(sample.id).is_ok());
}

#[test]
fn sentences_of_the_trash_say_what_to_do() {
    let world = World::new();
    let samples = [saved(&world, 56), saved(&world, 57)];
    let store = world.store();
    let none = store.find_deleted("zzzz").unwrap_err().to_string();
    assert!(none.contains("history list --deleted"), "{none}");
    for sample in &samples {
        store.delete(sample.id).unwrap();
    }
    let common: String = samples[0].id.to_string().chars().take(8).collect();
    let several = store.find_deleted(&common).unwrap_err();
    assert!(matches!(several, Error::Ambiguous { .. }), "{several}");
    world.saved(&samples[0]);
    let taken = store.restore(samples[0].id).unwrap_err().to_string();
    assert!(taken.contains("exists already: move it away"), "{taken}");
    let elsewhere = |pid| Error::OpenElsewhere {
        id: samples[0].id,
        pid,
    };
    let other = elsewhere(Some(1)).to_string();
    assert!(other.contains("in another process (pid 1)"), "{other}");
    let here = elsewhere(Some(std::process::id())).to_string();
    assert!(here.contains("here") && !here.contains("process"), "{here}");
}
