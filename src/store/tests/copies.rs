//! Copies of sessions: what is wrong with the original is wrong with the copy and is said, and nobody sees half of one.
//!
//! The two stores of a test stand for two processes.

use super::*;
use crate::chat::{FailureKind, SessionId};

/// The lines of a session's first file with their line breaks.
fn lines(world: &World, id: SessionId) -> Vec<Vec<u8>> {
    let bytes = fs::read(world.path(id, 1)).unwrap();
    let lines = bytes.split_inclusive(|&b| b == b'\n');
    lines.map(<[u8]>::to_vec).collect()
}

fn saved(world: &World, seed: u64) -> Session {
    let sample = session(seed, 4);
    world.saved(&sample);
    sample
}

/// A whole line of a kind that nobody knows, in place of the `place`th one.
fn replace_by_unknown(world: &World, id: SessionId, place: usize, version: u32) -> Vec<u8> {
    let mut all = lines(world, id);
    let body = format!(
        r#"{{"v":{version},"seq":{},"at":1,"kind":"mood","is":"good""#,
        place + 1
    );
    let line = format!(
        "{body},\"crc32c\":\"{:08x}\"}}\n",
        crc32c::crc32c(body.as_bytes())
    );
    all[place] = line.clone().into_bytes();
    fs::write(world.path(id, 1), all.concat()).unwrap();
    line.into_bytes()
}

#[test]
fn damage_is_told_when_it_is_copied_and_whenever_the_copy_is_loaded() {
    let count = {
        let world = World::new();
        lines(&world, saved(&world, 20).id).len()
    };
    for place in 0..count {
        let world = World::new();
        let sample = saved(&world, 20);
        let mut all = lines(&world, sample.id);
        all[place][12] ^= 1;
        fs::write(world.path(sample.id, 1), all.concat()).unwrap();
        let store = world.store();
        let copy = blank(21).id;
        let complaints = store.copy(sample.id, copy).unwrap();
        assert!(
            complaints.iter().any(|c| c.damage == Damage::Checksum),
            "line {place}: {complaints:?}"
        );
        let loaded = store.load(copy).unwrap();
        // The record that begins a session is the copy's own: nothing is missing without that of the original.
        let is_missing = loaded
            .complaints
            .iter()
            .any(|c| c.damage == Damage::Missing && c.count == 1);
        assert_eq!(
            is_missing,
            place > 0,
            "line {place}: {:?}",
            loaded.complaints
        );
        // That an answer has no end any more is told in other words.
        let end = format!("{:?}", FailureKind::Interrupted);
        let is_end = std::str::from_utf8(&lines(&world, sample.id)[place])
            .is_ok_and(|line| line.contains("\"kind\":\"end\""));
        if is_end {
            assert!(format!("{:?}", loaded.session).contains(&end));
            continue;
        }
        let mut expected = store.load(sample.id).unwrap().session;
        expected.id = copy;
        expected.created = loaded.session.created;
        expected.title = loaded.session.title.clone();
        assert_eq!(loaded.session, expected, "line {place}");
    }
}

#[test]
fn what_cannot_be_read_at_all_is_not_copied() {
    let world = World::new();
    let sample = saved(&world, 22);
    let path = world.path(sample.id, 1);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let store = world.store();
    let copy = blank(23).id;
    let error = store.copy(sample.id, copy).unwrap_err();
    assert!(matches!(error, Error::Unreadable { .. }), "{error}");
    assert!(error.to_string().contains("a folder"), "{error}");
    assert!(matches!(store.load(copy), Err(Error::NotFound(_))));
}

#[test]
fn a_kind_that_nobody_knows_is_copied_as_it_is() {
    let world = World::new();
    let sample = saved(&world, 24);
    let line = replace_by_unknown(&world, sample.id, 2, VERSION);
    let store = world.store();
    let copy = blank(25).id;
    assert_eq!(store.copy(sample.id, copy).unwrap(), []);
    assert_eq!(lines(&world, copy)[2], line);
    assert_eq!(store.load(copy).unwrap().complaints, []);
}

#[test]
fn a_newer_record_anywhere_refuses_the_copy() {
    let world = World::new();
    let sample = session(26, 40);
    world.saved(&sample);
    let middle = lines(&world, sample.id).len() / 2;
    replace_by_unknown(&world, sample.id, middle, VERSION + 1);
    let store = world.store();
    assert!(!store.list().unwrap()[0].newer_format, "not at first sight");
    let copy = blank(27).id;
    let error = store.copy(sample.id, copy).unwrap_err();
    assert!(matches!(error, Error::NewerFormat(_)), "{error}");
    assert!(error.to_string().contains("update"), "{error}");
    assert_eq!(store.list().unwrap().len(), 1);
    let folder = world.path(copy, 1);
    assert_eq!(names(folder.parent().unwrap()).len(), 1, "nothing is left");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|e| e.file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_copy_is_there_whole_or_not_at_all_whenever_the_process_dies() {
    let world = World::new();
    let sample = saved(&world, 28);
    let copies = world.folder.path().join("copies");
    let disk = Arc::new(world::Faulty {
        copies: Some((world.root(), copies.clone())),
        ..world::Faulty::default()
    });
    let copy = blank(29).id;
    world.store_on(disk.clone()).copy(sample.id, copy).unwrap();
    let whole = world.records(copy);
    let operations = disk.done.load(std::sync::atomic::Ordering::Relaxed);
    assert!(operations > 4, "{operations}");
    for operation in 1..=operations {
        let dead = World::new();
        fs::rename(copies.join(operation.to_string()), dead.root()).unwrap();
        let records = dead.records(copy);
        assert!(
            records.is_empty() || records == whole,
            "operation {operation}: {} records",
            records.len()
        );
    }
    for first in 1..12 {
        let world = World::new();
        let sample = saved(&world, 28);
        let failing = world.store_on(world::Faulty::failing(first, usize::MAX));
        let outcome = failing.copy(sample.id, copy);
        let found = world.store().load(copy).is_ok();
        // What only could not be made durable may be there.
        assert!(found || outcome.is_err(), "operation {first}");
        let left = names(world.path(copy, 1).parent().unwrap());
        assert!(left.iter().all(|name| !name.contains(".tmp")), "{left:?}");
    }
}

#[test]
fn what_still_streamed_is_not_said_to_have_been_ended() {
    let world = World::new();
    let sample = blank(3);
    let mut dice = Dice::new(3);
    let store = world.store();
    let writer = store.writer(&sample, false, world.events()).unwrap();
    let (turn, ask) = prompt(&mut dice, &sample, "hello");
    writer.append(ask);
    writer.append(answer_to(&mut dice, turn).1);
    assert!(writer.close(PATIENCE));
    let copy = blank(4).id;
    store.copy(sample.id, copy).unwrap();
    for (id, said) in [
        (sample.id, "the program ended before the answer did"),
        (copy, "it was still streaming when this copy was made"),
    ] {
        let loaded = store.load(id).unwrap().session;
        let turn = &loaded.conversations[0].turns()[0];
        let end = turn.answers[0].end().unwrap();
        let failure = end.state.failure().unwrap();
        assert!(failure.message.starts_with(said), "{}", failure.message);
    }
}

#[test]
fn a_copy_that_was_only_looked_at_is_dropped_and_another_is_kept() {
    let world = World::new();
    let sample = saved(&world, 30);
    let store = world.store();
    store.drafts().save(sample.id, '*', "unsent");
    assert!(store.drafts().flush(PATIENCE));
    let is_dropped = |seed: u64, change: &dyn Fn(&Store, SessionId)| {
        let store = world.store();
        let copy = blank(seed).id;
        store.copy(sample.id, copy).unwrap();
        assert!(store.is_copy(copy));
        assert_eq!(store.drafts().load(copy, '*').text, "unsent");
        change(&store, copy);
        let dropped = store.drop_copy(copy).unwrap();
        assert!(!store.is_copy(copy));
        assert_eq!(store.load(copy).is_err(), dropped);
        // It can come back.
        assert_eq!(store.restore(copy).is_ok(), dropped);
        dropped
    };
    let append = |store: &Store, copy: SessionId, record: Record| {
        let session = store.load(copy).unwrap().session;
        let writer = store.writer(&session, true, world.events()).unwrap();
        writer.append(record);
        assert!(writer.close(PATIENCE));
    };
    assert!(is_dropped(31, &|_, _| {}));
    assert!(is_dropped(32, &|store, copy| {
        append(store, copy, Record::Layout(crate::chat::Layout::default()));
    }));
    // What is typed goes along into the next session.
    assert!(is_dropped(37, &|store, copy| {
        store.drafts().save(copy, '*', "");
    }));
    assert!(!is_dropped(33, &|store, copy| {
        append(store, copy, prompt(&mut Dice::new(1), &sample, "more").1);
    }));
    assert!(!is_dropped(34, &|store, copy| {
        append(store, copy, Record::Title("mine".to_owned()));
    }));
    assert!(!is_dropped(35, &|store, copy| {
        store.drafts().save(copy, '*', "typed here");
    }));
    assert!(!store.drop_copy(sample.id).unwrap(), "it is none");

    let copy = blank(36).id;
    store.copy(sample.id, copy).unwrap();
    let session = store.load(copy).unwrap().session;
    let other = world.store();
    let writer = other.writer(&session, true, world.events()).unwrap();
    let error = store.drop_copy(copy).unwrap_err();
    assert!(matches!(error, Error::OpenElsewhere { .. }), "{error}");
    assert!(writer.close(PATIENCE));
}
