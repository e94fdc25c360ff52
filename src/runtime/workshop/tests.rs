//! What is done first, what is refused, when the loop is rung, and how it all ends.

use super::*;
use crate::ui::{Colouring, samples};

fn counter(inbox: &Arc<Inbox>) -> Counter {
    Counter {
        desk: Arc::new(Desk::new(Arc::clone(inbox))),
        patience: PATIENCE,
    }
}

fn shown(id: u64) -> Job {
    Job::Colour(samples::job(id, 0..2))
}

fn near(id: u64) -> Job {
    Job::Colour(samples::job_near(id, 0..2))
}

/// The next job and whose it is.
fn next(desk: &Desk) -> (u64, Urgency, Job) {
    let (urgency, job) = desk.next().expect("a job");
    let Job::Colour(colouring) = &job else {
        panic!("not given here");
    };
    (samples::id(colouring), urgency, job)
}

#[test]
fn the_newest_of_what_is_shown_comes_first() {
    let mut counter = counter(&Arc::default());
    for job in [near(1), shown(2), near(3), shown(4)] {
        counter.give(job);
    }
    let desk = Arc::clone(&counter.desk);
    let (id, urgency, job) = next(&desk);
    assert_eq!(id, 4);
    assert!(!desk.is_pressed(urgency), "the others are older");
    counter.give(near(5));
    assert!(!desk.is_pressed(urgency), "nobody sees it yet");
    counter.give(shown(6));
    assert!(desk.is_pressed(urgency));
    desk.put_aside(urgency, job);
    let order: Vec<u64> = (0..6).map(|_| next(&desk).0).collect();
    assert_eq!(order, [6, 4, 2, 5, 3, 1]);
}

#[test]
fn what_is_wanted_least_is_refused_when_there_is_too_much() {
    let mut counter = counter(&Arc::default());
    counter.give(shown(0));
    counter.give(near(1));
    for id in 2..=QUEUE as u64 {
        counter.give(shown(id));
    }
    assert!(counter.take().is_some(), "a refusal");
    assert!(counter.take().is_none());
    let waiting: Vec<u64> = (0..QUEUE).map(|_| next(&counter.desk).0).collect();
    assert!(!waiting.contains(&1));
}

#[test]
fn the_loop_is_rung_once_and_only_if_somebody_waits() {
    let inbox = Arc::new(Inbox::default());
    let mut counter = counter(&inbox);
    let done = || samples::job(1, 0..1);
    let finish = |desk: &Desk, job: Colouring| desk.finish(Job::Colour(job).refused());
    finish(&counter.desk, done());
    counter.end_frame(false);
    assert_eq!(inbox.take(), []);
    counter.end_frame(true);
    assert_eq!(inbox.take(), [Msg::WorkDone], "it was done meanwhile");

    counter.begin_frame();
    assert!(counter.take().is_some());
    counter.end_frame(true);
    assert_eq!(inbox.take(), []);
    finish(&counter.desk, done());
    finish(&counter.desk, done());
    assert_eq!(inbox.take(), [Msg::WorkDone]);
}

#[test]
fn a_frame_waits_once_and_not_for_long() {
    let mut counter = counter(&Arc::default());
    counter.begin_frame();
    assert!(counter.wait().is_none());
    assert_eq!(counter.patience, Duration::ZERO);
    counter.begin_frame();
    assert_eq!(counter.patience, PATIENCE);
    counter.give(shown(1));
    counter.desk.finish(shown(1).refused());
    assert!(counter.wait().is_some());
}

#[test]
fn what_was_read_waits_for_the_next_frame_and_rings_for_it() {
    let inbox = Arc::new(Inbox::default());
    let mut counter = counter(&inbox);
    counter.begin_frame();
    counter
        .desk
        .finish(Job::Grow(samples::growing(1)).refused());
    assert!(counter.take_colours().is_none());
    counter.desk.finish(shown(2).refused());
    assert!(counter.wait().is_some(), "colours overtake it");
    assert!(counter.wait().is_none());
    counter.end_frame(true);
    assert_eq!(inbox.take(), [Msg::WorkDone]);
    assert!(matches!(counter.take(), Some(Done::Grown(_))));
}

#[test]
fn work_is_done_and_ends_with_the_workshop() {
    let mut counter = counter(&Arc::default());
    let desk = Arc::clone(&counter.desk);
    let thread = thread::spawn(move || {
        work(&desk, || {
            let mut worker = Worker::new(Highlighter::new(), worked);
            move |job, is_pressed: &dyn Fn() -> bool| worker.work(job, is_pressed)
        });
    });
    counter.give(shown(1));
    counter.give(near(2));
    let both = (0..2).map(|_| {
        // As long as it takes: grammars are loaded first.
        let papers = counter.desk.papers();
        let is_empty = |papers: &mut Papers| papers.done.is_empty();
        let mut papers = counter
            .desk
            .done
            .wait_while(papers, is_empty)
            .expect("sound");
        papers.done.pop_front()
    });
    assert!(both.flatten().count() == 2);
    drop(counter);
    thread.join().expect("no panic");
}

#[test]
fn the_thread_knows_how_long_it_worked() {
    let before = worked();
    let mut sum = 0_u64;
    while worked() == before {
        sum = std::hint::black_box(sum + 1);
    }
    assert!(worked() > before);
}
