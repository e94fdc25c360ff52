//! The disk fails at every operation, once and for good; processes die before every operation; the store vanishes.
//!
//! What a sync answered for is never missing afterwards.

use std::sync::atomic::Ordering;

use super::{
    world::{Faulty, How, until},
    *,
};

/// Writes the records of `sample` with a sync in between; returns how many records every good sync answered for.
fn write(
    world: &World,
    store: &Store,
    sample: &Session,
    copies: Option<&Faulty>,
) -> (Vec<(usize, usize)>, bool) {
    let records = snapshot::records_of(sample, "test");
    let writer = store.writer(sample, false, world.events()).unwrap();
    let mut answered = Vec::new();
    for (count, record) in (1..).zip(records) {
        let is_prompt = matches!(record, Record::Turn { .. });
        writer.append(record);
        if is_prompt && synced(&writer) {
            let operations = copies.map_or(0, |c| c.done.load(Ordering::Relaxed));
            answered.push((count, operations));
        }
    }
    let closed = writer.close(PATIENCE);
    (answered, closed)
}

fn sample() -> Session {
    session(30, 4)
}

/// What the reader gives of `sample` on a disk that works.
fn all_records() -> Vec<Record> {
    let world = World::new();
    world.saved(&sample());
    world.records(sample().id)
}

#[test]
fn every_operation_fails_once_and_nothing_is_missing() {
    for how in [How::Full, How::Broken, How::Gone] {
        fail_once(how);
    }
}

#[test]
fn a_defect_at_any_operation_is_told_and_nothing_is_missing() {
    fail_once(How::Panic);
}

fn fail_once(how: How) {
    let (sample, all) = (sample(), all_records());
    for first in 1.. {
        let world = World::new();
        let disk = Faulty::failing(0, 0);
        *disk.how.lock().unwrap() = how;
        let store = world.store_on(disk.clone());
        let opened = disk.done.load(Ordering::Relaxed);
        disk.fail(opened + first, 1);
        let (_, closed) = write(&world, &store, &sample, None);
        if disk.done.load(Ordering::Relaxed) < opened + first {
            assert!(first > 10, "only {first} operations were tried");
            return;
        }
        assert!(closed, "operation {first}");
        assert_eq!(world.records(sample.id), all, "operation {first}");
        assert_eq!(
            store.load(sample.id).unwrap().session,
            sample,
            "operation {first}"
        );
        let heard = world.heard.lock().unwrap();
        assert!(
            matches!(heard[..], [WriterEvent::Failed(_), WriterEvent::Recovered]),
            "{heard:?}"
        );
    }
}

#[test]
fn every_operation_fails_for_good_and_what_was_synced_is_there() {
    for how in [How::Full, How::Broken, How::Gone] {
        fail_for_good(how);
    }
}

#[test]
fn a_defect_for_good_from_any_operation_on_leaves_what_was_synced() {
    fail_for_good(How::Panic);
}

fn fail_for_good(how: How) {
    let (sample, all) = (sample(), all_records());
    for first in 1.. {
        let world = World::new();
        let disk = Faulty::failing(0, 0);
        *disk.how.lock().unwrap() = how;
        let store = world.store_on(disk.clone());
        let opened = disk.done.load(Ordering::Relaxed);
        disk.fail(opened + first, usize::MAX);
        let (answered, closed) = write(&world, &store, &sample, None);
        if disk.done.load(Ordering::Relaxed) < opened + first {
            return;
        }
        assert!(!closed, "operation {first}");
        let count = answered.last().map_or(0, |(count, _)| *count);
        let records = world.records(sample.id);
        assert!(
            records.len() >= count,
            "operation {first}: {} < {count}",
            records.len()
        );
        assert_eq!(records, all[..records.len()], "operation {first}");
        let heard = world.heard.lock().unwrap();
        assert!(matches!(heard[..], [WriterEvent::Failed(_)]), "{heard:?}");
    }
}

#[test]
fn a_process_that_dies_before_any_operation_leaves_all_that_was_synced() {
    let (sample, all) = (sample(), all_records());
    let world = World::new();
    let copies = world.folder.path().join("copies");
    let disk = Arc::new(Faulty {
        copies: Some((world.root(), copies.clone())),
        ..Faulty::default()
    });
    let store = world.store_on(disk.clone());
    let (answered, closed) = write(&world, &store, &sample, Some(&disk));
    assert!(closed);
    assert!(answered.len() > 3);
    for operation in 1..=disk.done.load(Ordering::Relaxed) {
        let dead = World::new();
        fs::rename(copies.join(operation.to_string()), dead.root()).unwrap();
        let records = dead.records(sample.id);
        let synced = answered
            .iter()
            .filter(|(_, operations)| *operations < operation);
        let count = synced.map(|(count, _)| *count).max().unwrap_or_default();
        assert!(records.len() >= count, "operation {operation}");
        assert_eq!(records, all[..records.len()], "operation {operation}");
        if !records.is_empty() {
            // It goes on from there.
            let store = dead.store();
            let writer = store.writer(&sample, true, dead.events()).unwrap();
            assert!(writer.close(PATIENCE));
            assert_eq!(dead.records(sample.id), records);
        }
    }
}

#[test]
fn a_full_disk_is_told_at_once_tried_again_and_leaves_no_litter() {
    let world = World::new();
    let disk = Faulty::failing(0, 0);
    let store = world.store_on(disk.clone());
    let sample = blank(31);
    let mut dice = Dice::new(31);
    let writer = store.writer(&sample, false, world.events()).unwrap();
    writer.append(prompt(&mut dice, &sample, "first").1);
    assert!(synced(&writer));
    disk.fail(1, usize::MAX);
    let (turn, ask) = prompt(&mut dice, &sample, "second");
    writer.append(ask);
    let (say, hear) = std::sync::mpsc::sync_channel(1);
    writer.sync(move |outcome| say.send(outcome).unwrap());
    let error = hear.recv_timeout(PATIENCE).unwrap().unwrap_err();
    assert_eq!(error.reason, "disk full");
    let (answer, record) = answer_to(&mut dice, turn);
    writer.append(record);
    writer.delta(answer, &text("while it is full", 5));
    let tries = disk.done.load(Ordering::Relaxed);
    until(|| disk.done.load(Ordering::Relaxed) > tries + 6);
    assert!(
        !world
            .heard
            .lock()
            .unwrap()
            .contains(&WriterEvent::Recovered)
    );
    disk.fail(0, 0);
    until(|| {
        world
            .heard
            .lock()
            .unwrap()
            .contains(&WriterEvent::Recovered)
    });
    assert!(writer.close(PATIENCE));
    let loaded = store.load(sample.id).unwrap();
    assert_eq!(loaded.complaints, []);
    let kept = loaded.session.conversations[0].answer(answer).unwrap();
    assert_eq!(kept.content, "while it is full");
    let folder = world.path(sample.id, 1).parent().unwrap().to_owned();
    assert_eq!(fs::read_dir(folder).unwrap().count(), 2);
}

#[test]
fn a_store_that_is_removed_comes_back_whole() {
    let world = World::new();
    let store = Store::open(&world.root(), world::clock).unwrap();
    let sample = session(32, 4);
    let writer = store.writer(&sample, false, world.events()).unwrap();
    for record in snapshot::records_of(&sample, "test") {
        writer.append(record);
    }
    assert!(synced(&writer));
    fs::remove_dir_all(world.root()).unwrap();
    let note = Record::Note {
        answer: None,
        text: "afterwards".to_owned(),
    };
    writer.append(note.clone());
    assert!(synced(&writer));
    let heard = Arc::clone(&world.heard);
    assert!(matches!(
        heard.lock().unwrap()[..],
        [WriterEvent::Failed(_), WriterEvent::Recovered]
    ));
    assert!(writer.close(PATIENCE));
    let loaded = store.load(sample.id).unwrap();
    assert_eq!(loaded.complaints, []);
    assert_eq!(loaded.session, sample);
    assert_eq!(loaded.asides.len(), 1);
    assert_eq!(loaded.asides[0].1, note);
}

#[test]
fn a_writer_whose_listener_panics_keeps_nobody_waiting() {
    let world = World::new();
    let disk = Faulty::failing(0, 0);
    let store = world.store_on(disk.clone());
    disk.fail(1, usize::MAX);
    let sample = blank(33);
    let broken = Box::new(|_| panic!("the listener is broken"));
    let writer = store.writer(&sample, false, broken).unwrap();
    writer.append(prompt(&mut Dice::new(2), &sample, "hello").1);
    until(|| !synced(&writer));
    assert!(!writer.close(PATIENCE));
}

#[test]
fn a_backlog_that_is_set_smaller_ends_sooner() {
    let world = World::new();
    let disk = Faulty::failing(0, 0);
    let store = world.store_on(disk.clone());
    let pace = Pace {
        backlog: 1 << 20,
        ..store.pace
    };
    let store = store.paced(pace);
    let sample = blank(35);
    let mut dice = Dice::new(35);
    let (turn, ask) = prompt(&mut dice, &sample, "hello");
    let (answer, record) = answer_to(&mut dice, turn);
    let writer = store.writer(&sample, false, world.events()).unwrap();
    disk.fail(1, usize::MAX);
    writer.append(ask);
    writer.append(record);
    for number in 0..4 {
        writer.delta(answer, &text(&"x".repeat(500 << 10), number));
        assert!(!synced(&writer));
    }
    writer.append(end_of(answer));
    disk.fail(0, 0);
    assert!(writer.close(PATIENCE));
    let loaded = store.load(sample.id).unwrap();
    let kept = loaded.session.conversations[0].answer(answer).unwrap();
    assert_eq!(kept.content.len(), 1_000 << 10);
}

#[test]
fn a_backlog_beyond_its_bound_shows_as_missing_records() {
    let world = World::new();
    let disk = Faulty::failing(0, 0);
    let store = world.store_on(disk.clone());
    let sample = blank(34);
    let mut dice = Dice::new(34);
    let (turn, ask) = prompt(&mut dice, &sample, "hello");
    let (answer, record) = answer_to(&mut dice, turn);
    let writer = store.writer(&sample, false, world.events()).unwrap();
    disk.fail(1, usize::MAX);
    writer.append(ask);
    writer.append(record);
    assert!(!synced(&writer));
    let piece = "x".repeat(1 << 20);
    for number in 0..20 {
        writer.delta(answer, &text(&piece, number));
        assert!(!synced(&writer));
    }
    writer.append(end_of(answer));
    disk.fail(0, 0);
    assert!(writer.close(PATIENCE));
    let loaded = store.load(sample.id).unwrap();
    let missing: Vec<_> = loaded
        .complaints
        .iter()
        .map(|c| (c.count, c.damage.clone()))
        .collect();
    assert_eq!(missing, [(5, Damage::Missing)]);
    let kept = loaded.session.conversations[0].answer(answer).unwrap();
    assert_eq!(kept.content.len(), 15 << 20);
    assert_eq!(kept.end().unwrap().state, EndState::Complete);
}
