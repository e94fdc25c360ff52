//! Drafts and prompts come back, from two instances and after a disk that failed.
//!
//! The worlds they play in are those of the tests of the store as a whole.

use std::os::unix::fs::MetadataExt;

use super::*;
use crate::store::tests::world::{Faulty, PATIENCE, World, session};

#[test]
fn drafts_come_back_pane_by_pane() {
    let world = World::new();
    let id = session(1, 0).id;
    let drafts = world.store().drafts();
    drafts.save(id, 'A', "first\n\0\u{1b}[31m");
    drafts.save(id, 'B', "second");
    drafts.save(id, 'B', "second, longer");
    assert_eq!(drafts.load(id, 'B').text, "second, longer");
    assert!(drafts.flush(PATIENCE));
    let again = world.store().drafts();
    assert_eq!(again.load(id, 'A').text, "first\n\0\u{1b}[31m");
    assert_eq!(again.load(id, 'B').text, "second, longer");
    assert_eq!(again.load(id, 'C').text, "");
    again.save(id, 'A', "");
    again.save(id, 'B', "");
    assert!(again.flush(PATIENCE));
    assert_eq!(world.store().drafts().load(id, 'A').text, "");
    assert_eq!(
        std::fs::read_dir(world.root().join("drafts"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn what_goes_along_has_a_file_of_its_own_that_typing_does_not_touch() {
    let world = World::new();
    let id = session(5, 0).id;
    let attached = Attached::new("pasted text", &"a line\n".repeat(10_000));
    let draft = |text: &str| Draft {
        text: text.to_owned(),
        attached: vec![attached.clone()],
    };
    let drafts = world.store().drafts();
    drafts.save(id, '*', draft(""));
    assert!(drafts.flush(PATIENCE));
    let [texts, file] = paths(&world.root(), id);
    assert_eq!(std::fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
    let inode = || std::fs::metadata(&file).unwrap().ino();
    let before = inode();
    drafts.save(id, '*', draft("typed"));
    assert!(drafts.flush(PATIENCE));
    assert_eq!(inode(), before, "it was not replaced");
    assert_eq!(world.store().drafts().load(id, '*'), draft("typed"));

    drafts.save(id, '*', "typed");
    assert!(drafts.flush(PATIENCE));
    assert!(texts.exists() && !file.exists());
    assert_eq!(world.store().drafts().load(id, '*'), "typed".into());
}

#[test]
fn a_stray_draft_is_taken_over_once_and_by_nobody_while_it_is_written() {
    let world = World::new();
    let id = session(2, 0).id;
    let (drafts, other) = (world.store().drafts(), world.store());
    drafts.begin(id);
    drafts.save(id, '*', "typed");
    assert!(drafts.flush(PATIENCE));
    assert_eq!(other.stray_draft('*'), None, "it is being written");
    drop(drafts);
    crate::store::tests::world::until(|| other.stray_draft('*') == Some("typed".into()));
    assert!(other.drafts().flush(PATIENCE));
    assert_eq!(world.store().stray_draft('*'), None, "once is enough");
    let left = std::fs::read_dir(world.root().join("drafts")).unwrap();
    assert_eq!(left.count(), 0);
}

#[test]
fn a_draft_is_written_without_being_asked_and_with_the_last_handle() {
    let world = World::new();
    let id = session(2, 0).id;
    let path = world.root().join("drafts").join(format!("{id}.json"));
    let drafts = world.store().drafts();
    drafts.save(id, 'A', "one");
    crate::store::tests::world::until(|| path.exists());
    drafts.save(id, 'A', "two");
    drop(drafts);
    crate::store::tests::world::until(|| world.store().drafts().load(id, 'A').text == "two");
}

#[test]
fn a_damaged_drafts_file_is_no_draft() {
    let world = World::new();
    let id = session(3, 0).id;
    let path = world.root().join("drafts").join(format!("{id}.json"));
    let drafts = world.store().drafts();
    std::fs::create_dir(path.parent().unwrap()).unwrap();
    std::fs::write(&path, "{\"A\":").unwrap();
    assert_eq!(drafts.load(id, 'A').text, "");
    let beside = path.with_added_extension("damaged");
    assert_eq!(std::fs::read(beside).unwrap(), b"{\"A\":");
}

#[test]
fn a_damaged_history_is_put_beside_before_another_takes_its_place() {
    let world = World::new();
    let path = world.root().join("prompts.json");
    let drafts = world.store().drafts();
    std::fs::create_dir_all(world.root()).unwrap();
    std::fs::write(&path, "[\"one\", ").unwrap();
    drafts.add_prompt("two");
    assert!(drafts.flush(PATIENCE));
    assert_eq!(world.store().drafts().prompts(), ["two"]);
    let beside = path.with_added_extension("damaged");
    assert_eq!(std::fs::read(beside).unwrap(), b"[\"one\", ");
}

#[test]
fn prompts_are_kept_once_each_and_bounded_by_two_instances() {
    let world = World::new();
    let (one, two) = (world.store().drafts(), world.store().drafts());
    for prompt in ["a", "b", " \n", "a"] {
        one.add_prompt(prompt);
    }
    assert_eq!(one.prompts(), ["b", "a"]);
    assert!(one.flush(PATIENCE));
    two.add_prompt("c");
    assert!(two.flush(PATIENCE));
    assert_eq!(one.prompts(), ["b", "a", "c"]);
    for number in 0..PROMPTS {
        two.add_prompt(&number.to_string());
    }
    assert!(two.flush(PATIENCE));
    let prompts = one.prompts();
    assert_eq!(prompts.len(), PROMPTS);
    assert_eq!(prompts.last().map(String::as_str), Some("999"));
}

#[test]
fn a_failing_disk_is_told_and_tried_again() {
    let world = World::new();
    let disk = Faulty::failing(0, 0);
    let drafts = world.store_on(disk.clone()).drafts();
    let id = session(4, 0).id;
    disk.fail(1, usize::MAX);
    drafts.save(id, 'A', "kept");
    drafts.add_prompt("kept too");
    crate::store::tests::world::until(|| drafts.failure().is_some());
    disk.fail(0, 0);
    assert!(drafts.flush(PATIENCE));
    assert_eq!(drafts.failure(), None);
    assert_eq!(world.store().drafts().load(id, 'A').text, "kept");
    assert_eq!(world.store().drafts().prompts(), ["kept too"]);
}

#[test]
fn what_moves_from_a_draft_into_the_history_is_never_in_neither() {
    for last in 0..12 {
        let world = World::new();
        let disk = Faulty::failing(0, 0);
        let drafts = world.store_on(disk.clone()).drafts();
        let id = session(4, 0).id;
        drafts.save(id, 'A', "written");
        assert!(drafts.flush(PATIENCE));
        let done = disk.done.load(std::sync::atomic::Ordering::Relaxed);
        disk.fail(done + last + 1, usize::MAX);
        drafts.add_prompt("written");
        drafts.save(id, 'A', "");
        drafts.flush(std::time::Duration::from_millis(300));
        let on_disk = world.store().drafts();
        let is_draft = on_disk.load(id, 'A').text == "written";
        assert!(is_draft || on_disk.prompts() == ["written"], "{last}");
    }
}

#[test]
fn drafts_are_kept_though_the_history_cannot_be() {
    let world = World::new();
    std::fs::create_dir_all(world.root().join("prompts.json")).unwrap();
    let drafts = world.store().drafts();
    let id = session(4, 0).id;
    drafts.add_prompt("sent");
    drafts.save(id, 'A', "written");
    assert!(!drafts.flush(std::time::Duration::from_millis(300)));
    assert!(drafts.failure().is_some());
    assert_eq!(world.store().drafts().load(id, 'A').text, "written");
}

#[test]
fn a_draft_that_moves_to_another_session_is_never_in_neither() {
    for last in 0..12 {
        let world = World::new();
        let disk = Faulty::failing(0, 0);
        let drafts = world.store_on(disk.clone()).drafts();
        let (old, new) = (session(4, 0).id, session(5, 0).id);
        let (first, second) = (old.min(new), old.max(new));
        drafts.save(first, 'A', "written");
        assert!(drafts.flush(PATIENCE));
        let done = disk.done.load(std::sync::atomic::Ordering::Relaxed);
        disk.fail(done + last + 1, usize::MAX);
        drafts.save(first, 'A', "");
        drafts.save(second, 'A', "written");
        drafts.flush(std::time::Duration::from_millis(300));
        let on_disk = world.store().drafts();
        let kept = [first, second].map(|id| on_disk.load(id, 'A').text);
        assert!(kept.contains(&"written".to_owned()), "{last}: {kept:?}");
    }
}

#[test]
fn a_large_history_drops_its_oldest() {
    let mut prompts = vec!["x".repeat(PROMPT_BYTES), "y".to_owned()];
    merge(&mut prompts, &["z".repeat(20)]);
    assert_eq!(prompts, ["y".to_owned(), "z".repeat(20)]);
    let huge = "h".repeat(PROMPT_BYTES + 1);
    merge(&mut prompts, std::slice::from_ref(&huge));
    assert!(prompts == ["y".to_owned(), "z".repeat(20), huge]);
}
