//! What answers come to: counted when they end, and looked at without looking at the answers again.

use std::time::Duration;

use super::World;
use crate::{
    app::Msg,
    chat::{
        AnswerId, Breaches, Conversation, Delta, Draft, End, EndState, Prices, StreamEvent, Verdict,
    },
    metrics::{Channel, Usage},
};

/// Answers have half a second to their first token, and a million tokens in or out cost a dollar.
fn priced() -> World {
    let mut world = World::new();
    for profile in &mut world.model.profiles {
        profile.budget.limit_ms = Some(500);
    }
    world
}

fn begin(world: &mut World, first: u64) -> AnswerId {
    let id = world.ask("hello");
    let delta = Delta {
        channel: Channel::Content,
        text: "x".repeat(400),
        at: Duration::from_millis(first),
    };
    world.event(id, StreamEvent::Delta(delta));
    id
}

fn end(world: &mut World, id: AnswerId) {
    world.event(id, StreamEvent::End(Box::new(ended())));
}

fn ended() -> End {
    End {
        usage: Usage {
            prompt_tokens: Some(900),
            completion_tokens: Some(100),
            ..Usage::default()
        },
        prices: Some(Prices {
            input: 1.0,
            output: 1.0,
        }),
        e2e: Duration::from_secs(1),
        ..End::bare(EndState::Complete)
    }
}

fn breaches(world: &World) -> Breaches {
    world.model.counts(None).0
}

/// By the walk over all answers that the sums stand for.
fn walked(world: &World) -> (Breaches, f64) {
    let turns = world
        .model
        .conversations
        .iter()
        .flat_map(Conversation::turns);
    let mut walked = (Breaches::default(), 0.0);
    for answer in turns.flat_map(|turn| &turn.answers) {
        if let Some(verdict) = answer.verdict(world.model.now.mono) {
            walked.0.add(verdict);
        }
        walked.1 += answer.cost(None).unwrap_or_default();
    }
    walked
}

#[test]
fn a_breach_is_one_in_the_mark_the_counts_and_the_figures_of_the_session() {
    let mut world = priced();
    for first in [600, 20, 700] {
        let id = begin(&mut world, first);
        end(&mut world, id);
        let is_breach = world.answer(id).last_verdict().and_then(Verdict::is_breach);
        assert_eq!(is_breach, Some(first > 500));
    }
    // Without a budget, and without a first token: neither kept nor broken.
    for profile in &mut world.model.profiles {
        profile.budget.limit_ms = None;
    }
    let id = begin(&mut world, 900);
    end(&mut world, id);
    assert_eq!(breaches(&world), Breaches { over: 2, of: 3 });
    assert_eq!(breaches(&world), walked(&world).0);
}

#[test]
fn an_answer_that_runs_counts_as_it_stands_and_its_cost_is_not_known() {
    let mut world = priced();
    let id = begin(&mut world, 600);
    assert_eq!(breaches(&world), Breaches { over: 1, of: 1 });
    let pane = world.model.pane().conversation;
    for of in [None, Some(pane)] {
        let cost = world.model.cost(of);
        assert_eq!((cost.dollars(), cost.is_partial()), (None, true));
    }
    end(&mut world, id);
    assert_eq!(breaches(&world), Breaches { over: 1, of: 1 });
    for of in [None, Some(pane)] {
        let cost = world.model.cost(of);
        assert_eq!((cost.dollars(), cost.is_partial()), (Some(0.001), false));
    }
}

#[test]
fn looking_takes_no_look_at_what_has_ended() {
    let mut world = priced();
    for first in [600, 20, 700, 20, 20] {
        let id = begin(&mut world, first);
        end(&mut world, id);
    }
    begin(&mut world, 900);
    let pane = world.model.pane().conversation;
    let look =
        |world: &World| [None, Some(pane)].map(|of| (world.model.counts(of), world.model.cost(of)));
    let before = look(&world);
    let (counted, dollars) = walked(&world);
    assert_eq!(before[0].0.0, counted);
    assert_eq!(before[0].1.dollars(), Some(dollars));
    // Of the whole session only what runs is left to be looked at.
    for conversation in &mut world.model.conversations {
        let last = conversation.last_turn().cloned();
        *conversation = Conversation::new(conversation.id);
        if let Some(turn) = last {
            conversation.add_turn(turn);
        }
    }
    assert_eq!(look(&world), before);
}

#[test]
fn an_answer_that_goes_on_counts_once_with_all_that_it_cost() {
    let mut world = priced();
    let id = begin(&mut world, 600);
    let cut = StreamEvent::End(Box::new(End {
        state: EndState::Stopped,
        ..ended()
    }));
    world.event(id, cut);
    assert_eq!(breaches(&world), Breaches { over: 1, of: 1 });
    world.keys("ctrl-x C");
    assert_eq!(world.model.tallies.all().answers, 0);
    assert!(world.model.cost(None).is_partial());
    world.saved(id);
    world.text(id, &"y".repeat(400));
    end(&mut world, id);
    assert_eq!(world.model.tallies.all().answers, 1);
    let cost = world.model.cost(None);
    assert_eq!((cost.dollars(), cost.is_partial()), (Some(0.002), false));
    assert_eq!(cost.dollars(), Some(walked(&world).1));
    assert_eq!(breaches(&world), walked(&world).0);
    let (session, totals) = (world.model.snapshot(), world.model.totals.clone());
    world.tell(Msg::Opened {
        session: Box::new(session),
        draft: Draft::default(),
        complaints: Vec::new(),
    });
    assert_eq!(world.model.totals, totals);
}

#[test]
fn the_sums_of_a_session_that_is_opened_are_those_it_had() {
    let mut world = priced();
    for first in [600, 20] {
        let id = begin(&mut world, first);
        end(&mut world, id);
    }
    let (session, totals) = (world.model.snapshot(), world.model.totals.clone());
    world.keys("ctrl-x n");
    assert_eq!(breaches(&world), Breaches::default());
    assert_eq!(world.model.cost(None).dollars(), None);
    world.tell(Msg::Opened {
        session: Box::new(session),
        draft: Draft::default(),
        complaints: Vec::new(),
    });
    assert_eq!(world.model.totals, totals);
}
