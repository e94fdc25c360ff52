//! Prompts that are sent while answers still come: they wait, go out in order, and are never lost.

use super::*;

/// The texts of the prompts that wait.
fn waiting(world: &World) -> Vec<&str> {
    let prompts = world.model.queue.prompts.iter();
    prompts.map(|q| q.draft.text.as_str()).collect()
}

/// The answer that these effects ask for, and to what.
fn asked(effects: &[Effect]) -> Option<(AnswerId, String)> {
    let answer = effects.iter().find_map(|e| match e {
        Effect::SavePrompt { answers, .. } => answers.first().copied(),
        _ => None,
    })?;
    let text = entries(effects).iter().find_map(|e| match e {
        Entry::Turn { text, .. } => Some(text.clone()),
        _ => None,
    })?;
    Some((answer, text))
}

fn kept_draft(effects: &[Effect]) -> &str {
    let drafts = effects.iter().rev().find_map(|e| match e {
        Effect::KeepDraft { draft, .. } => Some(draft.text.as_str()),
        _ => None,
    });
    drafts.expect("a draft is kept")
}

#[test]
fn prompts_that_wait_go_out_in_order_one_for_each_answer() {
    let mut world = World::new();
    let first = world.ask("one");
    world.text(first, "so");
    for prompt in ["two", "three"] {
        world.write(prompt);
        assert_eq!(asked(&world.keys("enter")), None);
    }
    assert_eq!(waiting(&world), ["two", "three"]);
    assert_eq!(world.draft(), "");
    let (second, text) = asked(&world.end(first, EndState::Complete)).expect("it goes out");
    assert_eq!(text, "two");
    assert_eq!(waiting(&world), ["three"]);
    world.saved(second);
    let (_, text) = asked(&world.end(second, EndState::Complete)).expect("it goes out");
    assert_eq!(text, "three");
    assert_eq!(waiting(&world), [""; 0]);
    assert_eq!(world.path().len(), 3);
}

#[test]
fn what_was_said_of_a_draft_goes_when_it_is_queued() {
    let mut world = World::new();
    let first = world.ask("one");
    world.text(first, "so");
    world.write("two");
    world.model.notify_of("attached", "it is attached");
    world.keys("enter");
    let said: Vec<_> = world
        .model
        .notices
        .iter()
        .map(|n| n.text.as_str())
        .collect();
    assert!(
        matches!(said.as_slice(), [one] if one.starts_with("queued")),
        "{said:?}"
    );
}

#[test]
fn stopping_pauses_the_queue_and_an_empty_draft_goes_on_with_it() {
    let mut world = World::new();
    let first = world.ask("one");
    world.text(first, "so");
    world.write("two");
    world.keys("enter");
    assert_eq!(world.keys("esc"), [Effect::Cancel(first)]);
    let notice = world.notice().to_owned();
    assert!(notice.contains("the queue is paused"), "{notice}");
    assert!(notice.contains("Enter"), "{notice}");
    assert_eq!(asked(&world.end(first, EndState::Stopped)), None);
    assert_eq!(waiting(&world), ["two"]);
    let (_, text) = asked(&world.keys("enter")).expect("it goes out");
    assert_eq!(text, "two");
    assert!(!world.model.queue.paused);
    assert!(!world.notice().contains("paused"), "{}", world.notice());
}

#[test]
fn a_queue_waits_while_another_session_is_opened() {
    let mut world = World::new();
    let first = world.ask("one");
    world.write("two");
    world.keys("enter esc");
    world.end(first, EndState::Stopped);
    world.model.opening = Some(world.model.session);
    assert_eq!(asked(&world.keys("enter")), None);
    assert_eq!(waiting(&world), ["two"]);
}

#[test]
fn a_prompt_that_is_sent_right_behind_a_stop_goes_out_once_it_is_stopped() {
    let mut world = World::new();
    let first = world.ask("one");
    world.text(first, "so");
    assert_eq!(world.keys("esc"), [Effect::Cancel(first)]);
    world.write("two");
    world.keys("enter");
    assert_eq!(waiting(&world), ["two"]);
    let (_, text) = asked(&world.end(first, EndState::Stopped)).expect("it goes out");
    assert_eq!(text, "two");
}

#[test]
fn what_goes_wrong_pauses_the_queue() {
    let cut = EndState::CutShort(Failure::new(FailureKind::Network, "reset", ""));
    let skipped = EndState::Skipped(Failure::new(FailureKind::Server, "busy", ""));
    for (state, said) in [
        (failed(FailureKind::Server), "failed"),
        (cut, "cut short"),
        (skipped, "passed over"),
    ] {
        let mut world = World::new();
        let first = world.ask("one");
        world.write("two");
        world.keys("enter");
        assert_eq!(asked(&world.end(first, state)), None);
        assert_eq!(waiting(&world), ["two"]);
        assert!(world.notice().contains(said), "{}", world.notice());
    }
}

#[test]
fn a_prompt_that_is_written_while_the_queue_is_paused_goes_out_at_once() {
    let mut world = World::new();
    let first = world.ask("one");
    world.write("two");
    world.keys("enter esc");
    world.end(first, EndState::Stopped);
    world.write("instead");
    let (_, text) = asked(&world.keys("enter")).expect("it goes out");
    assert_eq!(text, "instead");
    assert_eq!(waiting(&world), ["two"]);
}

#[test]
fn the_last_one_comes_back_into_the_composer_and_the_draft_after_it() {
    let mut world = World::new();
    let first = world.ask("one");
    for prompt in ["two", "three"] {
        world.write(prompt);
        world.keys("enter");
    }
    world.write("half");
    world.keys("alt-up");
    assert_eq!(
        (world.draft(), waiting(&world)),
        ("three".to_owned(), vec!["two"])
    );
    world.write("!");
    world.keys("enter");
    assert_eq!(waiting(&world), ["two", "three!"]);
    assert_eq!(world.draft(), "half");
    world.keys("alt-up ctrl-u alt-up");
    assert_eq!(waiting(&world), [""; 0]);
    assert_eq!(asked(&world.end(first, EndState::Complete)), None);
    world.keys("alt-up");
    assert!(world.notice().contains("no prompt waits"));
}

#[test]
fn what_gives_way_to_a_prompt_that_comes_back_is_in_the_history() {
    let mut world = World::new();
    world.ask("one");
    world.write("two");
    world.keys("enter");
    world.write("half");
    let effects = world.keys("alt-up");
    let kept = Effect::KeepPrompt("half".to_owned());
    assert!(effects.contains(&kept), "{effects:?}");
    assert_eq!(kept_draft(&effects), "two\n\nhalf");
    assert_eq!(world.draft(), "two");
    assert!(world.model.notices.is_empty(), "it says that it is queued");
}

#[test]
fn what_gave_way_comes_back_however_the_prompt_before_it_goes() {
    for keys in ["enter", "ctrl-c", "backspace backspace backspace enter"] {
        let mut world = World::new();
        let first = world.ask("one");
        world.write("two");
        world.keys("enter");
        world.write("half");
        world.keys("alt-up");
        world.end(first, EndState::Complete);
        let effects = world.keys(keys);
        assert_eq!(world.draft(), "half", "{keys}");
        assert_eq!(kept_draft(&effects), "half", "{keys}");
    }
}

#[test]
fn a_prompt_that_comes_back_does_not_take_the_place_of_one_that_was_refused() {
    let mut world = World::new();
    let first = world.ask("one");
    world.write("two");
    world.keys("enter");
    world.end(first, failed(FailureKind::Request));
    assert_eq!(
        (world.draft(), world.model.is_editing()),
        ("one".to_owned(), true)
    );
    world.keys("alt-up");
    assert_eq!(
        (world.draft(), world.model.is_editing()),
        ("two".to_owned(), false)
    );
    let effects = world.keys("enter");
    let parent = entries(&effects).iter().find_map(|e| match e {
        Entry::Turn { parent, .. } => Some(*parent),
        _ => None,
    });
    assert_eq!(parent, Some(Some(first)));
}

#[test]
fn an_answer_that_fails_pauses_also_what_is_not_first_in_the_queue() {
    let (mut world, a, b) = two_busy_panes();
    // To B alone, and behind it to A alone.
    world.keys("ctrl-x a alt-2");
    world.write("two");
    world.keys("enter alt-1");
    world.write("three");
    world.keys("enter");
    assert_eq!(waiting(&world), ["two", "three"]);
    world.end(a, failed(FailureKind::Server));
    assert!(world.model.queue.paused);
    assert_eq!(asked(&world.end(b, EndState::Complete)), None);
}

#[test]
fn what_waits_is_part_of_the_draft_on_disk() {
    let mut world = World::new();
    let first = world.ask("one");
    world.write("two");
    assert_eq!(kept_draft(&world.keys("enter")), "two");
    world.write("thr");
    let effects = world.keys("e");
    assert_eq!(kept_draft(&effects), "two\n\nthre");
    let effects = world.end(first, EndState::Complete);
    assert_eq!(kept_draft(&effects), "thre");
}

#[test]
fn a_broadcast_waits_for_all_its_panes_and_others_behind_it() {
    let (mut world, a, b) = two_busy_panes();
    world.write("two");
    world.keys("enter");
    assert_eq!(asked(&world.end(a, EndState::Complete)), None);
    world.keys("ctrl-x a");
    world.write("three");
    assert_eq!(asked(&world.keys("enter")), None, "A is idle, but behind");
    assert_eq!(waiting(&world), ["two", "three"]);
    let effects = world.end(b, EndState::Complete);
    let (_, text) = asked(&effects).expect("it goes out");
    assert_eq!((text.as_str(), waiting(&world)), ("two", vec!["three"]));
}

/// Two panes that both answer.
fn two_busy_panes() -> (World, AnswerId, AnswerId) {
    let variants = ["thinker", "talker"].map(|m| Variant::new("fast", m));
    let mut world = World::comparing(variants.to_vec());
    world.write("one");
    let effects = world.keys("enter");
    let [Effect::SavePrompt { answers, .. }, ..] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    let (a, b) = (answers[0], answers[1]);
    world.saved(a);
    world.saved(b);
    (world, a, b)
}

#[test]
fn a_prompt_whose_pane_was_closed_is_the_draft_again() {
    let (mut world, a, b) = two_busy_panes();
    world.keys("ctrl-x a alt-2");
    world.write("two");
    world.keys("enter ctrl-x w");
    world.end(b, EndState::Stopped);
    world.end(a, EndState::Complete);
    assert_eq!(waiting(&world), ["two"], "stopping paused the queue");
    let effects = world.keys("enter");
    assert_eq!(
        (world.draft(), kept_draft(&effects)),
        ("two".to_owned(), "two")
    );
    assert_eq!(waiting(&world), [""; 0]);
    assert!(world.notice().contains("closed"), "{}", world.notice());
}

#[test]
fn a_pane_that_was_muted_since_is_passed_by() {
    let (mut world, a, b) = two_busy_panes();
    world.write("two");
    world.keys("enter");
    world.model.panes[1].muted = true;
    world.end(a, EndState::Complete);
    let effects = world.end(b, EndState::Complete);
    let turns = entries(&effects).iter();
    let turns = turns.filter(|e| matches!(e, Entry::Turn { .. })).count();
    assert_eq!(turns, 1);
}

#[test]
fn a_new_session_takes_what_waited_along_as_a_draft() {
    let mut world = World::new();
    let first = world.ask("one");
    world.write("two");
    world.keys("enter esc");
    world.end(first, EndState::Stopped);
    world.keys("ctrl-x n");
    assert_eq!((world.draft(), waiting(&world)), ("two".to_owned(), vec![]));
}
