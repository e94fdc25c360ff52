//! The figures of a session: each answer counts once, whenever it is seen to have ended.

use std::time::Duration;

use super::World;
use crate::{
    app::Msg,
    chat::{AnswerId, Attempt, Delta, Draft, End, EndState, Failure, FailureKind, StreamEvent},
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
        assert_eq!(tally.answers, 1);
        assert_eq!(tally.ttft.quantiles().map(|q| q.p50), Some(ms(100)));
        assert_eq!(tally.gaps.count(), 9);
    }
}

#[test]
fn requests_are_those_that_were_sent() {
    let mut world = World::new();
    let answer = world.ask("hello");
    let error = Failure::new(FailureKind::Server, "overloaded", "");
    let attempt = Attempt {
        status: Some(503),
        error: error.clone(),
        wait: ms(5),
    };
    let retry = |attempt: &Attempt| StreamEvent::Retry {
        attempt: attempt.clone(),
        next: 2,
        most: 2,
    };
    world.event(answer, retry(&attempt));
    let failed = End {
        e2e: ms(3),
        ..End::bare(EndState::Failed(error))
    };
    world.event(answer, StreamEvent::End(Box::new(failed)));
    assert_eq!(world.answer(answer).requests(), 2);
    // Stopped while it waits for its second attempt.
    let answer = world.ask("again");
    world.event(answer, retry(&attempt));
    let stopped = End::bare(EndState::Stopped);
    world.event(answer, StreamEvent::End(Box::new(stopped)));
    assert_eq!(world.answer(answer).requests(), 1);
    // Stopped while its prompt is being saved: no request exists.
    world.submit("and again");
    world.keys("esc");
    let last = world.model.last_answer(world.model.pane()).unwrap();
    assert_eq!(last.requests(), 0);
    let tally = world.model.tallies.all();
    assert_eq!((tally.answers, tally.ttft.count()), (3, 0));
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
        draft: Draft::default(),
        complaints: Vec::new(),
    });
    assert_eq!(world.model.tallies, tallies);
}
