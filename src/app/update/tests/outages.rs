//! A provider that is down, and connections that are opened ahead.

use super::*;

fn down() -> EndState {
    EndState::Failed(Failure {
        again: Some(Duration::from_secs(12)),
        ..Failure::new(
            FailureKind::Down,
            "fast.example is down",
            "next try in 12 s",
        )
    })
}

#[test]
fn asking_again_tries_a_provider_that_is_down() {
    let mut world = World::new();
    let first = world.submit("hello");
    let ask = sent(&world.saved(first));
    assert!(!ask.try_now);
    world.end(first, down());
    let effects = world.keys("tab r");
    let [Effect::SavePrompt { answers, .. }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    let again = answers[0];
    assert!(sent(&world.saved(again)).try_now);
    world.end(again, EndState::Complete);
    let effects = world.keys("r");
    let [Effect::SavePrompt { answers, .. }] = effects.as_slice() else {
        panic!("{effects:?}");
    };
    let third = answers[0];
    assert!(!sent(&world.saved(third)).try_now);
}

#[test]
fn a_prompt_that_is_begun_after_a_pause_opens_a_connection() {
    let warms = |effects: Vec<Effect>| {
        let warm = effects.into_iter().find_map(|e| match e {
            Effect::Warm(profiles) => Some(profiles),
            _ => None,
        });
        warm.unwrap_or_default()
    };
    let mut world = World::comparing(vec![
        Variant::new("fast", "thinker"),
        Variant::new("fast", "talker"),
        Variant::new("mock", "talker"),
    ]);
    world.clock(29_000);
    assert_eq!(warms(world.keys("a")), [""; 0], "the start opened them");
    world.keys("backspace");
    world.clock(31_000);
    assert_eq!(warms(world.keys("a")), ["fast", "mock"]);
    assert_eq!(warms(world.keys("b")), [""; 0], "once for a prompt");
    world.keys("backspace backspace");
    world.clock(60_000);
    assert_eq!(warms(world.keys("a")), [""; 0], "they are still fresh");
}
