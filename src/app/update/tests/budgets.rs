//! Budgets: which holds for an answer, when it is broken, and what is said when that happens too often.

use super::*;
use crate::{
    app::{Alert, Alerts, Tone},
    chat::{Attempt, Budget, BudgetOn, Verdict},
    config::{AlertSettings, AlertWindow},
};

/// A pane whose profile allows half a second to the first token, with alerts over the last four answers.
fn hurried() -> World {
    let mut world = World::new();
    for profile in &mut world.model.profiles {
        profile.budget.limit_ms = Some(500);
    }
    world.model.alerts = Alerts::new(&AlertSettings {
        window: AlertWindow::Answers(4),
        breach_rate: 0.5,
        retry_rate: 1.0,
        min_answers: 2,
    });
    world
}

fn is_breach(world: &World, id: AnswerId) -> Option<bool> {
    let verdict = world.answer(id).verdict(world.model.now.mono);
    verdict.and_then(Verdict::is_breach)
}

/// A turn whose first token comes after so many milliseconds.
fn answered(world: &mut World, after: u64) -> AnswerId {
    let id = world.ask("hello");
    let delta = Delta {
        channel: Channel::Content,
        text: "hi".to_owned(),
        at: Duration::from_millis(after),
    };
    world.event(id, StreamEvent::Delta(delta));
    world.end(id, EndState::Complete);
    id
}

fn refused(kind: FailureKind) -> StreamEvent {
    StreamEvent::Retry {
        attempt: Attempt {
            status: Some(503),
            error: Failure::new(kind, "busy", ""),
            wait: Duration::from_millis(200),
        },
        next: 2,
        most: 5,
    }
}

fn warnings(world: &World) -> Vec<&str> {
    let notices = world.model.notices.iter();
    let warnings = notices.filter(|n| n.tone == Tone::Warning);
    warnings.map(|n| n.text.as_str()).collect()
}

#[test]
fn an_answer_has_the_budget_of_its_pane_else_that_of_its_profile() {
    let mut world = hurried();
    let of = |on, limit_ms| Some(Budget { on, limit_ms });
    let id = world.submit("hello");
    let ask = sent(&world.saved(id));
    assert_eq!(ask.budget, of(BudgetOn::Ttft, 500));
    assert_eq!(world.answer(id).budget, ask.budget);
    world.end(id, EndState::Complete);

    let params = &mut world.model.pane_mut().variant.params;
    (params.budget_ms, params.budget_on) = (Some(90), Some(BudgetOn::E2e));
    let id = world.submit("hello");
    assert_eq!(sent(&world.saved(id)).budget, of(BudgetOn::E2e, 90));
    world.end(id, EndState::Complete);

    world.model.pane_mut().variant.params.budget_ms = Some(0);
    let id = world.submit("hello");
    assert_eq!(sent(&world.saved(id)).budget, None, "0 is none");
}

#[test]
fn a_budget_is_broken_while_the_answer_still_waits() {
    let mut world = hurried();
    let id = world.submit("hello");
    world.clock(2_000);
    assert_eq!(
        is_breach(&world, id),
        None,
        "the disk's time is not the model's"
    );
    world.saved(id);
    world.event(id, StreamEvent::Sent { number: 1 });
    world.clock(2_500);
    assert_eq!(is_breach(&world, id), None);
    world.clock(2_501);
    assert_eq!(is_breach(&world, id), Some(true));
    // An attempt that failed is not the one that counts.
    world.event(id, refused(FailureKind::Server));
    assert_eq!(is_breach(&world, id), None);
    world.event(id, StreamEvent::Sent { number: 2 });
    world.text(id, "hi");
    world.clock(9_000);
    assert_eq!(
        is_breach(&world, id),
        Some(false),
        "the first token was in time"
    );
}

#[test]
fn too_many_breaches_are_said_once_until_it_is_better() {
    let mut world = hurried();
    answered(&mut world, 700);
    assert!(warnings(&world).is_empty(), "one answer tells nothing");
    answered(&mut world, 20);
    let expected =
        "1 of the last 2 answers were over budget (50 %): the sidebar shows where the time went";
    assert_eq!(warnings(&world), [expected]);
    answered(&mut world, 700);
    let followed =
        "2 of the last 3 answers were over budget (67 %): the sidebar shows where the time went";
    assert_eq!(warnings(&world), [followed], "it is known");
    assert!(world.model.alerts.is_on(Alert::Breaches));
    for _ in 0..3 {
        answered(&mut world, 20);
    }
    assert!(warnings(&world).is_empty(), "it is better");
    world.keys("ctrl-x b");
    answered(&mut world, 700);
    let way = "2 of the last 4 answers were over budget (50 %): Ctrl-X b shows where the time went";
    assert!(warnings(&world).is_empty(), "one of four");
    answered(&mut world, 700);
    assert_eq!(warnings(&world), [way]);
}

#[test]
fn too_many_retries_are_said_and_forgotten_with_time() {
    for (kind, way_out) in [
        (FailureKind::Server, "shows what came instead of an answer"),
        (FailureKind::Quota, "fewer panes ask for less"),
    ] {
        too_many_retries(kind, way_out);
    }
}

fn too_many_retries(kind: FailureKind, way_out: &str) {
    let mut world = hurried();
    world.model.alerts = Alerts::new(&AlertSettings {
        window: AlertWindow::Time(Duration::from_mins(1)),
        breach_rate: 0.5,
        retry_rate: 1.0,
        min_answers: 2,
    });
    for _ in 0..2 {
        let id = world.ask("hello");
        world.event(id, refused(kind));
        world.end(id, failed(FailureKind::Server));
    }
    let [warning] = warnings(&world)[..] else {
        panic!("{:?}", world.model.notices);
    };
    assert!(
        warning.starts_with("2 retries in the last 2 answers (100 %): ")
            && warning.ends_with(way_out),
        "{warning}"
    );
    assert!(world.model.alerts.is_on(Alert::Retries));
    world.clock(59_999);
    assert!(world.model.alerts.is_on(Alert::Retries));
    world.clock(60_000);
    assert!(!world.model.alerts.is_on(Alert::Retries));
}

#[test]
fn an_answer_that_was_never_sent_counts_for_nothing() {
    let mut world = hurried();
    for _ in 0..3 {
        let id = world.submit("hello");
        world.keys("esc");
        assert!(!world.answer(id).is_live());
    }
    assert_eq!(world.model.alerts.counts(Alert::Retries), (0, 0));
}

#[test]
fn the_form_gives_a_pane_a_budget_of_its_own() {
    let mut world = hurried();
    world.keys("ctrl-x p up up");
    world.write("300");
    world.keys("down right right enter");
    let params = &world.model.pane().variant.params;
    assert_eq!(
        (params.budget_ms, params.budget_on),
        (Some(300), Some(BudgetOn::E2e))
    );
}

#[test]
fn a_notice_of_an_alert_follows_its_window_and_stands_no_longer_for_that() {
    let mut world = hurried();
    for _ in 0..2 {
        answered(&mut world, 600);
    }
    assert!(warnings(&world)[0].starts_with("2 of the last 2 answers"));
    let until = world.model.notices.last().map(|n| n.until);
    answered(&mut world, 600);
    assert!(
        warnings(&world)[0].starts_with("3 of the last 3 answers"),
        "{:?}",
        warnings(&world)
    );
    assert_eq!(world.model.notices.last().map(|n| n.until), until);
}
