//! The store as a whole: sessions go in, are opened twice, found again, and meet what is not a file of ours.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
};

use proptest::prelude::*;

use super::*;
use crate::chat::{EndState, FailureKind, Progress};

mod copies;
mod damage;
mod disk;
mod fuzz;
mod shelf;
mod trash;
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "the numbers that are rolled are small"
)]
pub(in crate::store) mod world;

use world::{Dice, PATIENCE, World, answer_to, blank, end_of, prompt, session, synced, text};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_saved_session_is_loaded_as_it_was(seed: u64, moves in 0_usize..12) {
        let world = World::new();
        let sample = session(seed, moves);
        world.saved(&sample);
        let loaded = world.store().load(sample.id).unwrap();
        prop_assert_eq!(loaded.complaints, []);
        prop_assert_eq!(loaded.session, sample);
    }

    #[test]
    fn live_deltas_come_back_with_their_times(seed: u64) {
        let world = World::new();
        let store = world.store();
        let mut dice = Dice::new(seed);
        let blank = blank(seed);
        let writer = store.writer(&blank, false, world.events()).unwrap();
        let (turn, ask) = prompt(&mut dice, &blank, "hello");
        writer.append(ask);
        // Two answers whose deltas are mixed, each with its own order.
        let mut expected: Vec<_> = (0..2)
            .map(|_| {
                let (id, record) = answer_to(&mut dice, turn);
                writer.append(record);
                chat_answer(id)
            })
            .collect();
        for _ in 0..200 {
            let answer = &mut expected[dice.roll(2)];
            let delta = dice.delta();
            writer.delta(answer.id, &delta);
            answer.apply(crate::chat::StreamEvent::Delta(delta), Duration::ZERO);
        }
        for answer in &mut expected {
            writer.append(end_of(answer.id));
            let end = Box::new(crate::chat::End::bare(EndState::Complete));
            answer.apply(crate::chat::StreamEvent::End(end), Duration::ZERO);
        }
        prop_assert!(writer.close(PATIENCE));
        let loaded = store.load(blank.id).unwrap();
        prop_assert_eq!(loaded.complaints, []);
        let turn = loaded.session.conversations[0].turn(turn).unwrap();
        prop_assert_eq!(&turn.answers, &expected);
    }
}

fn chat_answer(id: crate::chat::AnswerId) -> crate::chat::Answer {
    let variant = crate::chat::Variant::new("mock", "gpt-oss-120b");
    crate::chat::Answer::new(id, variant, true, 1, Duration::ZERO)
}

#[test]
fn nothing_is_on_disk_before_the_first_prompt() {
    let world = World::new();
    let store = world.store();
    let sample = blank(1);
    let writer = store.writer(&sample, false, world.events()).unwrap();
    writer.append(Record::Title("kept".to_owned()));
    let began = Record::session(sample.id, sample.created, "ask");
    writer.append(began.clone());
    assert!(synced(&writer));
    assert_eq!(store.list().unwrap(), []);
    writer.append(prompt(&mut Dice::new(2), &sample, "hello").1);
    assert!(synced(&writer));
    let heads = store.list().unwrap();
    assert_eq!(heads.len(), 1);
    assert_eq!(heads[0].title, "kept");
    assert_eq!(heads[0].created, sample.created);
    assert!(writer.close(PATIENCE));
    assert_eq!(world.records(sample.id)[0], began);
    assert_eq!(*world.heard.lock().unwrap(), []);
}

#[test]
fn a_temporary_writer_writes_nothing() {
    let writer = Writer::disabled();
    let sample = blank(1);
    writer.append(prompt(&mut Dice::new(2), &sample, "hello").1);
    assert!(synced(&writer));
    assert!(writer.close(Duration::ZERO));
}

#[test]
fn an_answer_without_an_end_was_interrupted_unless_it_is_live() {
    let world = World::new();
    let (store, other) = (world.store(), world.store());
    let mut dice = Dice::new(3);
    let sample = blank(3);
    let writer = store.writer(&sample, false, world.events()).unwrap();
    let (turn, ask) = prompt(&mut dice, &sample, "hello");
    let (with_text, first) = answer_to(&mut dice, turn);
    let (without, second) = answer_to(&mut dice, turn);
    for record in [ask, first, second] {
        writer.append(record);
    }
    writer.delta(with_text, &text("Once upon", 5));
    assert!(synced(&writer));

    let loaded = other.load(sample.id).unwrap();
    assert_eq!(loaded.open_elsewhere, Some(std::process::id()));
    let live = loaded.session.conversations[0].answer(with_text).unwrap();
    assert_eq!(live.progress, Progress::Streaming);
    assert_eq!(live.content, "Once upon");

    drop(writer);
    world::until(|| other.load(sample.id).unwrap().open_elsewhere.is_none());
    let loaded = other.load(sample.id).unwrap();
    let conversation = &loaded.session.conversations[0];
    let state = |id| {
        conversation
            .answer(id)
            .unwrap()
            .end()
            .unwrap()
            .state
            .clone()
    };
    for (id, word) in [(with_text, "cut_short"), (without, "failed")] {
        assert_eq!(state(id).as_str(), word);
        assert_eq!(state(id).failure().unwrap().kind, FailureKind::Interrupted);
    }
}

#[test]
fn a_second_writer_is_refused_and_told_who_has_it() {
    let world = World::new();
    let (store, other) = (world.store(), world.store());
    let [older, newer] = [4, 5].map(|seed| {
        let sample = session(seed, 3);
        world.saved(&sample);
        sample
    });
    let writer = store.writer(&newer, true, world.events()).unwrap();
    let me = std::process::id();
    for second in [&store, &other] {
        let refused = second.writer(&newer, true, world.events()).unwrap_err();
        assert!(matches!(refused, Error::OpenElsewhere { pid: Some(pid), .. } if pid == me));
        assert_eq!(second.newest_free().unwrap().unwrap().id, older.id);
    }
    assert!(writer.close(PATIENCE));
    assert_eq!(other.newest_free().unwrap().unwrap().id, newer.id);
    assert!(
        other
            .writer(&newer, true, world.events())
            .unwrap()
            .close(PATIENCE)
    );
}

#[test]
fn a_lock_file_that_a_killed_process_left_locks_nothing() {
    let world = World::new();
    let sample = session(6, 3);
    world.saved(&sample);
    let lock = world
        .path(sample.id, 1)
        .with_file_name(format!("{}.lock", sample.id));
    fs::write(&lock, "4242\n").unwrap();
    let store = world.store();
    assert_eq!(store.load(sample.id).unwrap().open_elsewhere, None);
    assert!(
        store
            .writer(&sample, true, world.events())
            .unwrap()
            .close(PATIENCE)
    );
    assert!(!lock.exists());
}

#[test]
fn opening_adds_no_byte_and_appending_goes_on_with_the_numbers() {
    let world = World::new();
    let sample = session(8, 4);
    let before = world.saved(&sample);
    let store = world.store();
    let writer = store.writer(&sample, true, world.events()).unwrap();
    assert!(writer.close(PATIENCE));
    assert_eq!(fs::read(world.path(sample.id, 1)).unwrap(), before);
    let writer = store.writer(&sample, true, world.events()).unwrap();
    writer.append(prompt(&mut Dice::new(99), &sample, "more").1);
    assert!(writer.close(PATIENCE));
    assert!(
        fs::read(world.path(sample.id, 1))
            .unwrap()
            .starts_with(&before)
    );
    let loaded = store.load(sample.id).unwrap();
    assert_eq!(loaded.complaints, []);
    assert_eq!(
        loaded.session.conversations[0].last_turn().unwrap().text,
        "more"
    );
    assert_eq!(loaded.session.title, sample.title);
}

#[test]
fn any_unique_beginning_or_end_of_an_id_finds_a_session() {
    let world = World::new();
    let store = world.store();
    let samples: Vec<_> = (0..3).map(|seed| session(seed, 2)).collect();
    for sample in &samples {
        world.saved(sample);
    }
    for sample in &samples {
        let full = sample.id.to_string();
        for id in [
            full.clone(),
            full.replace('-', ""),
            full.to_uppercase(),
            sample.id.short(),
        ] {
            assert_eq!(store.find(&id).unwrap().id, sample.id);
        }
    }
    let common: String = samples[0].id.to_string().chars().take(8).collect();
    let ambiguous = store.find(&common).unwrap_err();
    assert!(
        ambiguous.to_string().contains(&samples[1].id.short()),
        "{ambiguous}"
    );
    assert!(matches!(ambiguous, Error::Ambiguous { candidates, .. } if candidates.len() == 3));
    for none in ["", "  ", "zzzz", "../x"] {
        assert!(
            matches!(store.find(none), Err(Error::NotFound(_))),
            "{none:?}"
        );
    }
}

#[test]
fn what_is_not_a_regular_file_is_refused_without_waiting() {
    let world = World::new();
    let store = world.store();
    let sample = session(9, 2);
    let bytes = world.saved(&sample);
    let path = world.path(sample.id, 1);
    let kept = path.with_file_name("elsewhere");
    fs::rename(&path, &kept).unwrap();
    let refused = |why: &str| {
        let error = store.load(sample.id).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
        let error = store
            .writer(&sample, true, world.events())
            .unwrap_err()
            .to_string();
        assert!(error.contains(why), "{error}");
        let head = store.list().unwrap().remove(0);
        assert!(head.complaint.unwrap().contains(why));
    };
    symlink(&kept, &path).unwrap();
    refused("a symbolic link");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    refused("a folder");
    fs::remove_dir(&path).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    refused("not a regular file");
    fs::remove_file(&path).unwrap();
    fs::hard_link(&kept, &path).unwrap();
    let error = store.writer(&sample, true, world.events()).unwrap_err();
    assert!(error.to_string().contains("hard link"), "{error}");
    assert_eq!(store.load(sample.id).unwrap().session, sample);
    assert_eq!(fs::read(&kept).unwrap(), bytes);
}

#[test]
fn files_are_private_whatever_the_umask_and_loose_ones_are_tightened() {
    let before = rustix::process::umask(rustix::fs::Mode::empty());
    let world = World::new();
    let store = Store::open(&world.root(), world::clock).unwrap();
    let sample = session(10, 2);
    world.saved(&sample);
    store.drafts().save(sample.id, 'A', "draft");
    assert!(store.drafts().flush(PATIENCE));
    let fresh = blank(11);
    let writer = store.writer(&fresh, false, world.events()).unwrap();
    writer.append(prompt(&mut Dice::new(2), &fresh, "hello").1);
    assert!(synced(&writer));
    rustix::process::umask(before);
    let mut seen = 0;
    walk(&world.root(), &mut |path, mode| {
        seen += 1;
        let private = if path.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode & 0o777, private, "{}", path.display());
    });
    assert!(seen >= 9, "{seen} entries");
    assert_eq!(world.store().tightened(), 0);
    let path = world.path(sample.id, 1);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let sessions = world.root().join("sessions");
    fs::set_permissions(&sessions, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(world.store().tightened(), 2);
    assert_eq!(world.store().tightened(), 0);
}

fn walk(folder: &Path, see: &mut impl FnMut(&Path, u32)) {
    see(folder, fs::metadata(folder).unwrap().permissions().mode());
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            walk(&entry.path(), see);
        } else {
            see(
                &entry.path(),
                entry.metadata().unwrap().permissions().mode(),
            );
        }
    }
}

#[test]
fn a_place_that_cannot_be_written_is_told_with_the_reason() {
    let world = World::new();
    fs::write(world.root(), "a file where the folder should be").unwrap();
    let error = Store::open(&world.root(), world::clock).unwrap_err();
    assert!(matches!(error, Error::Unwritable { .. }));
    assert!(
        error.to_string().contains("data/sessions: not a directory"),
        "{error}"
    );
}

#[test]
fn one_token_events_take_at_most_three_times_their_text() {
    let world = World::new();
    let store = world.store();
    let mut dice = Dice::new(12);
    let sample = blank(12);
    let writer = store.writer(&sample, false, world.events()).unwrap();
    let (turn, ask) = prompt(&mut dice, &sample, "hello");
    let (answer, record) = answer_to(&mut dice, turn);
    writer.append(ask);
    writer.append(record);
    let mut received = 0;
    for number in 0..20_000_u64 {
        let token = ["tok ", "\nfn", " is", "ing,"][dice.roll(4)];
        received += token.len() as u64;
        writer.delta(answer, &text(token, 168_000 + 333 * number));
    }
    writer.append(end_of(answer));
    assert!(writer.close(PATIENCE));
    let bytes = fs::metadata(world.path(sample.id, 1)).unwrap().len();
    assert!(bytes <= 3 * received + 4096, "{bytes} bytes for {received}");
}
