//! Portions of a code block give what the whole block gives; what was forgotten is said to be.

use std::cell::Cell;

use super::super::samples::{job, lines};
use super::super::{Coloured, Done};
use super::*;

fn colourist() -> Colourist {
    Colourist::new(Highlighter::new(), Duration::default)
}

/// What a job gives when nothing presses.
fn done(colourist: &mut Colourist, job: Colouring) -> Outcome {
    match colourist.work(job, &|| false) {
        Work::Done(Done::Colour(Coloured { outcome, .. })) => outcome,
        other => panic!("not done: {other:?}"),
    }
}

/// The roles of lines that are highlighted from the first on in one go.
fn in_one_go(code: &str) -> Vec<LineRoles> {
    let highlighter = Highlighter::new();
    roles(&highlighter, highlighter.begin("rust"), code)
}

#[track_caller]
fn check(outcome: &Outcome, first: usize, expected: &[LineRoles]) {
    let expected = Outcome::Roles {
        first,
        lines: expected.to_vec(),
        plain_from: None,
    };
    assert_eq!(*outcome, expected);
}

#[test]
fn portions_give_what_the_whole_gives() {
    let whole = in_one_go(&lines(0..201));
    let mut colourist = colourist();
    check(&done(&mut colourist, job(1, 0..63)), 0, &whole[..63]);
    check(&done(&mut colourist, job(1, 63..150)), 63, &whole[63..150]);
    let far = Colouring {
        keep_from: 192,
        ..job(1, 150..201)
    };
    check(&done(&mut colourist, far), 192, &whole[192..]);
    check(
        &done(&mut colourist, job(1, 128..192)),
        128,
        &whole[128..192],
    );
    check(&done(&mut colourist, job(1, 0..64)), 0, &whole[..64]);
    check(&done(&mut colourist, job(1, 201..201)), 201, &[]);
}

#[test]
fn what_may_change_leaves_no_trace() {
    let mut colourist = colourist();
    let with_tail = |numbers: std::ops::Range<usize>, tail: &str| Colouring {
        tail: format!("{tail}\n"),
        ..job(1, numbers)
    };
    let first = in_one_go(&(lines(0..2) + "let \"\n"));
    check(&done(&mut colourist, with_tail(0..2, "let \"")), 0, &first);
    let second = in_one_go(&(lines(0..2) + "let \"text\" /*\n"));
    let again = done(&mut colourist, with_tail(2..2, "let \"text\" /*"));
    check(&again, 2, &second[2..]);
    let whole = in_one_go(&lines(0..3));
    check(&done(&mut colourist, job(1, 2..3)), 2, &whole[2..]);
}

#[test]
fn a_job_that_is_put_aside_goes_on_where_it_was() {
    let whole = in_one_go(&lines(0..100));
    let mut colourist = colourist();
    let lines_left = Cell::new(70);
    let is_pressed = || {
        lines_left.set(lines_left.get() - 1);
        lines_left.get() == 0
    };
    let Work::Aside(Job::Colour(rest)) = colourist.work(job(1, 0..100), &is_pressed) else {
        panic!("nothing pressed");
    };
    assert_eq!(rest.progress.lines, 70);
    check(
        &done(&mut colourist, job(2, 0..10)),
        0,
        &in_one_go(&lines(0..10)),
    );
    check(&done(&mut colourist, rest), 0, &whole);
}

#[test]
fn what_was_not_used_for_longest_is_forgotten() {
    let mut colourist = colourist();
    done(&mut colourist, job(0, 0..1));
    for id in 1..=BLOCKS as u64 {
        done(&mut colourist, job(id, 0..1));
        done(&mut colourist, job(1, 0..1));
    }
    assert_eq!(done(&mut colourist, job(0, 1..2)), Outcome::Lost);
    let whole = in_one_go(&lines(0..2));
    check(&done(&mut colourist, job(1, 1..2)), 1, &whole[1..]);
}

#[test]
fn states_are_bounded_but_never_those_in_use() {
    let mut colourist = colourist();
    done(&mut colourist, job(1, 0..10));
    let many = Colouring {
        code: "x\n".repeat((CHECKPOINTS + 1) * SPACING),
        keep_from: usize::MAX,
        ..job(2, 0..0)
    };
    done(&mut colourist, many);
    assert_eq!(done(&mut colourist, job(1, 10..11)), Outcome::Lost);
    let state = colourist.blocks.get(&2).expect("what is in use");
    assert_eq!(state.at, (CHECKPOINTS + 1) * SPACING);
}

#[test]
fn a_language_that_nobody_knows_stays_plain() {
    let unknown = Colouring {
        language: "nope".into(),
        ..job(1, 0..10)
    };
    let expected = Outcome::Roles {
        first: 0,
        lines: Vec::new(),
        plain_from: Some(0),
    };
    assert_eq!(done(&mut colourist(), unknown), expected);
}

thread_local! {
    static READINGS: Cell<u32> = const { Cell::new(0) };
}

#[test]
fn a_second_slow_line_ends_the_colours() {
    // The third and the fifth line take long.
    let clock = || {
        let reading = READINGS.get();
        READINGS.set(reading + 1);
        let slow = u32::from(reading >= 3) + u32::from(reading >= 5);
        2 * SLOW * slow
    };
    let mut colourist = Colourist::new(Highlighter::new(), clock);
    let expected = Outcome::Roles {
        first: 0,
        lines: in_one_go(&lines(0..5)),
        plain_from: Some(5),
    };
    assert_eq!(done(&mut colourist, job(1, 0..20)), expected);
}
