//! Pictures of the overlay that gives a profile a key, and of the question before a key is sent.

use waferdeck::{
    app::{Connected, InPlace, Input, KeyPlace, KeyPlaces, Msg},
    chat::{Catalogue, Failure, FailureKind, ModelInfo},
};

use super::{assert_clean, check};
use crate::stage::{Stage, failure};

fn paste(stage: &mut Stage, text: &str) {
    stage.tell(Msg::Terminal(Input::Paste(text.to_owned())));
}

/// The overlay for the Cerebras service, with what was found.
fn connecting() -> Stage {
    let mut stage = Stage::on_mock();
    stage.keys("ctrl-p");
    stage.write("connect");
    stage.keys("enter");
    let place = |name: &str, found| KeyPlace {
        name: name.to_owned(),
        found,
    };
    let nothing = |why: &str| InPlace::Nothing(why.to_owned());
    let trouble =
        "others can read the key file /run/secrets/cerebras: run `chmod 600 /run/secrets/cerebras`";
    let places = KeyPlaces {
        places: vec![
            place("CEREBRAS_API_KEY", nothing("not set")),
            place("keyring entry waferdeck/cerebras", InPlace::Key),
            place(
                "file /run/secrets/cerebras",
                InPlace::Trouble(trouble.to_owned()),
            ),
            place("output of api_key_command", InPlace::NotAsked),
        ],
        keyring: true,
    };
    let profile = "cerebras".to_owned();
    stage.tell(Msg::KeyPlaces { profile, places });
    stage
}

#[test]
fn a_key_is_masked_and_its_places_are_said() {
    let mut stage = connecting();
    paste(&mut stage, "csk-canary-0123456789");
    let picture = stage.draw(100, 24);
    check("connect@100x24", &picture.with_styles());
    assert!(picture.cursor().is_some());
    for (width, height) in [(80, 24), (40, 12), (20, 5)] {
        let small = stage.draw(width, height);
        assert_clean(&small);
        assert!(!small.with_styles().contains("canary"));
    }
}

/// Says what came of the key that was typed in the first overlay.
fn tried(stage: &mut Stage, result: Result<Connected, Failure>) {
    let (number, profile) = (1, "cerebras".to_owned());
    stage.tell(Msg::KeyTried {
        number,
        profile,
        result,
    });
}

#[test]
fn what_came_of_a_key_is_said_in_its_place() {
    let mut stage = connecting();
    paste(&mut stage, "csk-canary-0123456789");
    stage.keys("enter");
    let wrong = failure(FailureKind::Key, "key rejected (401: Wrong API Key)", "");
    tried(&mut stage, Err(wrong));
    check(
        "connect-rejected@100x24",
        &stage.draw(100, 24).with_styles(),
    );
    paste(&mut stage, "csk-canary-9876543210");
    stage.keys("tab enter");
    let connected = Connected {
        catalogue: Catalogue {
            models: vec![ModelInfo::unknown("gpt-oss-120b")],
            ..Catalogue::default()
        },
        note: "the key is in the keyring as waferdeck/cerebras, and config.toml says so".to_owned(),
    };
    tried(&mut stage, Ok(connected));
    check("connect-done@100x24", &stage.draw(100, 24).with_styles());
    assert_clean(&stage.draw(40, 12));
}

#[test]
fn a_prompt_with_a_key_is_asked_about() {
    let mut stage = Stage::new();
    paste(
        &mut stage,
        "is this a good key?\ncsk-0123456789abcdef0123456789abcdef",
    );
    stage.keys("enter");
    check("key-in-prompt@80x24", &stage.draw(80, 24).with_styles());
    for (width, height) in [(40, 12), (20, 5)] {
        assert_clean(&stage.draw(width, height));
    }
}
