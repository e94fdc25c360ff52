//! Keys in the model: none. A key that is typed leaves at once, and a prompt that holds one is asked about.

use super::*;
use crate::{
    app::{Connect, Connected, InPlace, Keep, KeyEdit, KeyPlace, KeyPlaces, Overlay, Step},
    text::{KeyFound, KeyPrint, Secret},
};

const KEY: &str = "csk-canary-0123456789abcdef";

fn overlay(world: &World) -> &Connect {
    match world.model.overlays.last() {
        Some(Overlay::Connect(connect)) => connect,
        other => panic!("{other:?} instead of the overlay"),
    }
}

fn typed(text: &str) -> Effect {
    Effect::TypeKey(KeyEdit::Add(Secret::from(text)))
}

const CLEAR: Effect = Effect::TypeKey(KeyEdit::Clear);

/// A world with a profile that has no key, and the overlay that gives it one.
fn connecting() -> World {
    let mut world = World::new();
    world.model.keyless = vec![profile("team", false)];
    world.keys("ctrl-p");
    world.write("key for team");
    let effects = world.keys("enter");
    let profile = "team".to_owned();
    assert_eq!(effects, [CLEAR, Effect::KeyPlaces { profile }]);
    world
}

fn connected() -> Connected {
    Connected {
        catalogue: catalogue(),
        note: "the key is kept in memory until you leave".to_owned(),
    }
}

/// Tells what came of the key that was typed in the overlay of this number, the first being 1.
fn tried_in(world: &mut World, number: u64, result: Result<Connected, Failure>) -> Vec<Effect> {
    let profile = "team".to_owned();
    world.tell(Msg::KeyTried {
        number,
        profile,
        result,
    })
}

fn tried(world: &mut World, result: Result<Connected, Failure>) -> Vec<Effect> {
    tried_in(world, 1, result)
}

#[test]
fn a_title_holds_no_key_that_is_in_use() {
    let mut world = World::new();
    world.tell(Msg::KnownKeys(vec![KeyPrint::of(KEY)]));
    world.write(&format!("is {KEY} good"));
    assert_eq!(world.keys("enter"), []);
    let effects = world.keys("y");
    let title = Entry::Title("is [key hidden] good".to_owned());
    let saved = effects.iter().find_map(|effect| match effect {
        Effect::SavePrompt { entries, .. } => entries.iter().find(|e| **e == title),
        _ => None,
    });
    assert!(saved.is_some(), "{effects:?}");
    assert_eq!(world.model.title, "is [key hidden] good");
    world.model.title = "about my-own-secret".to_owned();
    world.tell(Msg::KnownKeys(vec![KeyPrint::of("my-own-secret")]));
    assert_eq!(world.model.title, "about [key hidden]", "learned later");
}

#[test]
fn of_a_key_the_model_keeps_its_length_alone() {
    let mut world = connecting();
    let effects = world.paste(&format!(" {KEY}\n"));
    assert_eq!(effects, [typed(KEY)]);
    assert_eq!(overlay(&world).typed, KEY.len());
    assert_eq!(
        world.keys("x backspace"),
        [typed("x"), Effect::TypeKey(KeyEdit::Backspace)]
    );
    let asked = Effect::TryKey {
        number: 1,
        profile: "team".to_owned(),
        keep: Keep::Memory,
    };
    let effects = world.keys("enter");
    assert_eq!(effects, [asked]);
    let shown = format!("{:?}{effects:?}{:?}", world.model, typed(KEY));
    assert!(!shown.contains("canary"), "{shown}");
    assert_eq!(
        world.keys("z enter"),
        [],
        "while it is tried nothing changes"
    );
    assert_eq!(world.keys("esc"), [CLEAR]);
    assert!(world.model.overlays.is_empty());
}

#[test]
fn a_key_that_works_lets_panes_ask_the_profile() {
    let mut world = connecting();
    world.paste(KEY);
    world.keys("enter");
    assert_eq!(tried(&mut world, Ok(connected())), [CLEAR]);
    assert!(matches!(&overlay(&world).step, Step::Connected { model, .. } if model == "thinker"));
    assert!(world.model.keyless.is_empty() && world.model.profile("team").is_some());
    world.keys("enter");
    let variant = &world.model.pane().variant;
    assert_eq!(
        (variant.profile.as_str(), variant.model.as_str()),
        ("team", "thinker")
    );
    assert_eq!(world.notice(), "A asks thinker from now on");
}

#[test]
fn all_panes_go_along_if_they_are_asked_to() {
    let variants = vec![
        Variant::new("fast", "thinker"),
        Variant::new("mock", "talker"),
    ];
    let mut world = World::comparing(variants);
    world.model.keyless = vec![profile("team", false)];
    world.keys("ctrl-p");
    world.write("key for team");
    world.keys("enter");
    world.paste(KEY);
    world.keys("enter");
    tried(&mut world, Ok(connected()));
    world.keys("a");
    assert!(
        world
            .model
            .panes
            .iter()
            .all(|p| p.variant.profile == "team")
    );
    assert_eq!(world.notice(), "every pane asks thinker from now on");
}

#[test]
fn asking_the_profile_ends_mock_mode() {
    let mut world = connecting();
    world.model.mock_mode = true;
    world.paste(KEY);
    world.keys("enter");
    tried(&mut world, Ok(connected()));
    assert!(world.model.mock_mode);
    world.keys("enter");
    assert!(!world.model.mock_mode);
    assert!(!world.model.is_mock(&world.model.pane().variant));
    assert!(world.notice().contains("over"), "{}", world.notice());
}

#[test]
fn a_key_that_is_rejected_is_typed_anew_and_one_that_was_not_tried_is_kept() {
    let mut world = connecting();
    world.paste(KEY);
    world.keys("enter");
    let offline = Failure::new(FailureKind::Network, "cannot find team.example (DNS)", "");
    assert_eq!(tried(&mut world, Err(offline)), []);
    assert_eq!(overlay(&world).typed, KEY.len());
    let wrong = "cannot find team.example (DNS); Enter tries again";
    assert_eq!(overlay(&world).step, Step::Typing(Some(wrong.to_owned())));
    world.keys("enter");
    let rejected = Failure::new(FailureKind::Key, "key rejected (401: no)", "");
    assert_eq!(tried(&mut world, Err(rejected)), [CLEAR]);
    assert_eq!(overlay(&world).typed, 0);
    // Closed meanwhile, it is said all the same.
    world.keys("esc");
    tried(&mut world, Ok(connected()));
    assert!(
        world.notice().starts_with("team is connected"),
        "{}",
        world.notice()
    );
}

#[test]
fn what_is_left_out_of_a_key_is_told() {
    let mut world = connecting();
    assert_eq!(world.paste(" two words\n"), [typed("twowords")]);
    let Step::Typing(Some(told)) = &overlay(&world).step else {
        panic!("{:?}", overlay(&world).step);
    };
    assert!(told.contains("was left out"), "{told}");
    assert_eq!(world.paste("ключ"), []);
}

#[test]
fn what_came_of_a_key_that_was_left_is_not_for_the_next_one() {
    let mut world = connecting();
    world.paste(KEY);
    world.keys("enter esc ctrl-p");
    world.write("key for team");
    world.keys("enter");
    world.paste("another-key");
    let rejected = || Failure::new(FailureKind::Key, "key rejected (401: no)", "");
    assert_eq!(tried_in(&mut world, 1, Err(rejected())), []);
    assert_eq!(overlay(&world).typed, "another-key".len());
    assert!(
        world.notice().starts_with("team is not connected"),
        "{}",
        world.notice()
    );
    world.keys("enter");
    assert_eq!(tried_in(&mut world, 1, Ok(connected())), []);
    let trying = matches!(overlay(&world).step, Step::Trying(_));
    assert!(trying, "that was the first one");
    assert!(world.model.next_tick().is_some(), "its seconds count");
    assert_eq!(tried_in(&mut world, 2, Err(rejected())), [CLEAR]);
    assert_eq!(overlay(&world).typed, 0);
}

#[test]
fn the_keyring_is_offered_where_there_is_one() {
    let mut world = connecting();
    world.keys("tab");
    assert_eq!(overlay(&world).keep, Keep::Memory);
    let places = KeyPlaces {
        places: vec![KeyPlace {
            name: "TEAM_KEY".to_owned(),
            found: InPlace::Nothing("not set".to_owned()),
        }],
        keyring: true,
    };
    let profile = "team".to_owned();
    world.tell(Msg::KeyPlaces { profile, places });
    world.keys("tab");
    assert_eq!(overlay(&world).keep, Keep::Keyring);
    world.keys("tab");
    assert_eq!(overlay(&world).keep, Keep::Memory);
}

#[test]
fn a_key_in_a_prompt_is_asked_about_before_it_is_sent() {
    let mut world = World::new();
    world.tell(Msg::KnownKeys(vec![KeyPrint::of("my-own-secret")]));
    let ask = |world: &mut World, text: &str, line, known| {
        world.paste(text);
        assert_eq!(world.keys("enter"), []);
        let found = KeyFound { line, known };
        assert_eq!(
            world.model.overlays,
            [Overlay::ConfirmKey {
                found,
                attachment: None,
            }]
        );
        assert_eq!(world.keys("esc"), []);
        assert_eq!(world.draft(), text, "back to the prompt");
    };
    ask(&mut world, "is this\nmy-own-secret?", 2, true);
    world.keys("ctrl-c");
    ask(&mut world, &format!("is {KEY} mine"), 1, false);
    assert_eq!(
        world.keys("enter enter"),
        [],
        "twice by habit sends nothing"
    );
    let effects = world.keys("y");
    assert!(
        matches!(effects[0], Effect::SavePrompt { .. }),
        "{effects:?}"
    );
    assert!(world.model.overlays.is_empty());
}

#[test]
fn a_late_result_of_one_profile_takes_nothing_of_the_key_for_another() {
    let mut world = World::new();
    world.model.keyless = vec![profile("team", false), profile("other", false)];
    world.keys("ctrl-p");
    world.write("key for team");
    world.keys("enter");
    world.paste(KEY);
    world.keys("enter");
    world.keys("esc");
    world.keys("ctrl-p");
    world.write("key for other");
    world.keys("enter");
    world.paste("csk-of-the-other-0123");
    assert_eq!(overlay(&world).typed, 21);
    let effects = tried(&mut world, Ok(connected()));
    assert_eq!(
        (overlay(&world).profile.as_str(), overlay(&world).typed),
        ("other", 21)
    );
    assert!(
        !effects.contains(&CLEAR),
        "what was typed for the other is wiped: {effects:?}"
    );
}
