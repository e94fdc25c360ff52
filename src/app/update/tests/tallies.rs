//! The figures of a session: each answer counts once, whenever it is seen to have ended.

use std::time::Duration;

use super::World;
use crate::{
    app::Msg,
    chat::{AnswerId, Attempt, Delta, End, EndState, Failure, FailureKind, StreamEvent},
    metrics::{Channel, Usage},
};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// 300 bytes from 100 to 190 ms.
fn stream(world: &mut World, answer: AnswerId) {
    for i in 0..10 {
        let delta = Delta {
            channel: Channel::Content,
            text: "x".repeat(30),
            at: ms(100 + i * 10),
        };
        world.event(answer, StreamEvent::Delta(delta));
    }
}

/// Ends an answer of 100 tokens.
fn end(world: &mut World, answer: AnswerId) {
    let end = End {
        usage: Usage {
            prompt_tokens: Some(50),
            completion_tokens: Some(100),
            ..Usage::default()
        },
        e2e: ms(200),
        ..End::bare(EndState::Complete)
    };
    world.event(answer, StreamEvent::End(Box::new(end)));
}

#[test]
fn an_answer_counts_when_it_ends_and_once() {
    let mut world = World::new();
    let answer = world.ask("hello");
    stream(&mut world, answer);
    assert_eq!(world.model.tallies.all().answers, 0);
    end(&mut world, answer);
    end(&mut world, answer);
    let asked = world.answer(answer).asked();
    for tally in [
        Some(world.model.tallies.all()),
        world.model.tallies.of(&asked),
    ] {
        let tally = tally.expect("figures");
        assert_eq!((tally.answers, tally.attempts, tally.retries), (1, 1, 0));
        assert_eq!(tally.ttft.quantiles().map(|q| q.p50), Some(ms(100)));
        assert_eq!(tally.gaps.count(), 9);
        assert_eq!((tally.used.prompt, tally.used.completion), (50, 100));
    }
}

#[test]
fn the_share_of_breaches_is_of_the_answers_that_were_judged() {
    let mut world = World::new();
    for limit_ms in [None, Some(100), Some(99)] {
        for profile in &mut world.model.profiles {
            profile.budget.limit_ms = limit_ms;
        }
        let answer = world.ask("hello");
        stream(&mut world, answer);
        end(&mut world, answer);
    }
    let tally = world.model.tallies.all();
    assert_eq!((tally.answers, tally.judged, tally.breaches), (3, 2, 1));
    assert_eq!(tally.breach_rate(), Some(0.5));
}

#[test]
fn what_failed_and_what_was_never_sent_counts_as_that() {
    let mut world = World::new();
    let answer = world.ask("hello");
    let error = Failure::new(FailureKind::Server, "overloaded", "");
    let attempt = Attempt {
        status: Some(503),
        error: error.clone(),
        wait: ms(5),
    };
    let retry = StreamEvent::Retry {
        attempt,
        next: 2,
        most: 2,
    };
    world.event(answer, retry);
    let failed = End {
        e2e: ms(3),
        ..End::bare(EndState::Failed(error))
    };
    world.event(answer, StreamEvent::End(Box::new(failed)));
    let tally = world.model.tallies.all();
    assert_eq!((tally.failed, tally.attempts, tally.retries), (1, 2, 1));
    // Stopped while its prompt is being saved: no request exists.
    world.submit("again");
    world.keys("esc");
    let tally = world.model.tallies.all();
    assert_eq!((tally.answers, tally.stopped, tally.attempts), (2, 1, 2));
    assert_eq!(tally.ttft.count(), 0);
}

#[test]
fn estimates_go_by_the_answers_before_and_do_not_jump() {
    let mut world = World::new();
    let first = world.ask("hello");
    stream(&mut world, first);
    assert_eq!(world.answer(first).timeline.tokens(), 75, "four bytes each");
    end(&mut world, first);
    assert_eq!(world.answer(first).timeline.tokens(), 75);
    let second = world.ask("again");
    stream(&mut world, second);
    assert_eq!(
        world.answer(second).timeline.tokens(),
        100,
        "three bytes each"
    );
}

#[test]
fn figures_are_those_of_the_session_on_screen() {
    let mut world = World::new();
    for prompt in ["one", "two"] {
        let answer = world.ask(prompt);
        stream(&mut world, answer);
        end(&mut world, answer);
    }
    let session = world.model.snapshot();
    let tallies = world.model.tallies.clone();
    assert_eq!(tallies.all().answers, 2);
    world.keys("ctrl-x n");
    assert_eq!(world.model.tallies.all().answers, 0);
    world.tell(Msg::Opened {
        session: Box::new(session),
        draft: String::new(),
        complaints: Vec::new(),
    });
    assert_eq!(world.model.tallies, tallies);
}
