//! The list of sessions with its preview, the lines it asks for, and decks.
//!
//! The rest of the screen is looked at above.

use waferdeck::{
    app::{Effect, Msg, SessionEntry},
    chat::{Deck, DeckPane, IdSource, Preview, SessionId, Tiling, Timestamp, Variant},
    config::{DeckFile, Key, Saved},
};

use super::{ANSWER, PROMPT, check, check_one, check_sizes, finished};
use crate::stage::{BEGIN, Stage};

fn ids() -> Vec<SessionId> {
    let mut ids = IdSource::new(3);
    (0..3)
        .map(|_| SessionId::from_uuid(ids.next(Timestamp(1))))
        .collect()
}

fn listed() -> Vec<SessionEntry> {
    let rows = [
        (PROMPT, 3, ""),
        ("合併排序 in 日本語", 130, "open in pid 4242"),
        ("garden", 60 * 24 * 9, "a damaged record"),
    ];
    rows.into_iter()
        .zip(ids())
        .map(|((title, minutes, note), id)| SessionEntry {
            id,
            title: title.to_owned(),
            updated: Timestamp(BEGIN - minutes * 60_000),
            note: note.to_owned(),
        })
        .collect()
}

fn preview() -> Preview {
    Preview {
        title: PROMPT.to_owned(),
        created: Timestamp(BEGIN - 125 * 60_000),
        modified: Timestamp(BEGIN - 3 * 60_000),
        models: vec![
            "gpt-oss-120b".into(),
            "qwen-3.8-27b".into(),
            "mock-gpu-50".into(),
        ],
        prompts: 4,
        is_partial: false,
        first_prompt: PROMPT.to_owned(),
        last_prompt:
            "And now without recursion, please; the input may be a million items long and \
                      I do not want to think about the stack"
                .to_owned(),
        answer: ANSWER.to_owned(),
    }
}

/// The list is open over a finished turn.
fn listing() -> Stage {
    let mut stage = finished();
    stage.keys("ctrl-x l");
    stage.tell(Msg::Sessions(Ok(listed())));
    stage
}

fn see(stage: &mut Stage, place: usize, result: Result<Preview, String>) {
    let id = ids()[place];
    stage.tell(Msg::Preview { id, result });
}

#[test]
fn a_session_is_seen_beside_the_list_or_below_it() {
    let mut stage = listing();
    see(&mut stage, 0, Ok(preview()));
    check_sizes("shelf", &mut stage);
    check("shelf@60x15", &stage.draw(60, 15).without_styles());
    check("shelf@80x40", &stage.draw(80, 40).without_styles());
}

#[test]
fn a_session_that_was_not_seen_yet_or_cannot_be() {
    let mut stage = listing();
    stage.keys("down");
    check("shelf-reading", &stage.draw(120, 30).without_styles());
    let reason = "cannot read /data/sessions/2026/11/x.jsonl: permission denied";
    see(&mut stage, 1, Err(reason.to_owned()));
    check("shelf-unreadable", &stage.draw(120, 30).without_styles());
}

#[test]
fn a_short_session_says_what_there_is() {
    let mut stage = listing();
    see(
        &mut stage,
        0,
        Ok(Preview {
            title: "hello".to_owned(),
            created: Timestamp(BEGIN),
            modified: Timestamp(BEGIN),
            models: vec!["gpt-oss-120b".into()],
            prompts: 1,
            first_prompt: "hello".to_owned(),
            last_prompt: "hello".to_owned(),
            ..Preview::default()
        }),
    );
    check("shelf-short", &stage.draw(120, 30).without_styles());
}

#[test]
fn what_a_model_wrote_drives_nothing_in_a_preview() {
    let mut stage = listing();
    let hostile = "\u{1b}[2J\u{202e}evil\r\n\u{9b}31m\t\u{0}tail".to_owned();
    see(
        &mut stage,
        0,
        Ok(Preview {
            title: hostile.clone(),
            models: vec![hostile.clone()],
            prompts: 2,
            first_prompt: hostile.clone(),
            last_prompt: hostile.clone(),
            answer: hostile,
            ..Preview::default()
        }),
    );
    for width in (1..=130).step_by(9) {
        for height in (1..=40).step_by(3) {
            super::assert_clean(&stage.draw(width, height));
        }
    }
}

#[test]
fn another_title_is_asked_for_over_the_list() {
    let mut stage = listing();
    see(&mut stage, 0, Ok(preview()));
    stage.keys("ctrl-r");
    check("shelf-rename", &stage.draw(100, 30).without_styles());
}

fn decks() -> Vec<DeckFile> {
    let deck = |name: &str, about: &str, models: &[&str]| DeckFile {
        name: name.to_owned(),
        is_own: name == "mine",
        content: Ok((
            Deck {
                name: name.to_owned(),
                about: about.to_owned(),
                tiling: Tiling::Grid,
                broadcast: true,
                panes: models
                    .iter()
                    .map(|m| DeckPane::new(Variant::new("mock", *m)))
                    .collect(),
            },
            Vec::new(),
        )),
    };
    vec![
        DeckFile {
            name: "broken".to_owned(),
            is_own: true,
            content: Err(
                "decks/broken.toml:3:9: expected a string, found a number\n  model = 3".into(),
            ),
        },
        deck(
            "duel",
            "two models side by side",
            &["gpt-oss-120b", "qwen-3.8-27b"],
        ),
        deck("mine", "", &["gpt-oss-120b"; 4]),
    ]
}

#[test]
fn deck_picker() {
    let mut stage = finished();
    stage.keys("ctrl-x o");
    stage.tell(Msg::Decks(decks()));
    check_sizes("decks", &mut stage);
}

#[test]
fn an_opened_deck() {
    let mut stage = finished();
    stage.keys("ctrl-x o");
    stage.tell(Msg::Decks(decks()));
    stage.keys("down enter");
    check("deck-opened", &stage.draw(120, 20).without_styles());
}

#[test]
fn a_deck_that_exists_is_asked_about() {
    let mut stage = finished();
    stage.keys("ctrl-x O");
    stage.write("duel");
    let enter = Key::parse("enter").expect("a key");
    let effects = stage.tell(Msg::Terminal(waferdeck::app::Input::Key(enter)));
    assert!(matches!(effects.as_slice(), [Effect::SaveDeck { .. }]));
    stage.tell(Msg::DeckSaved {
        name: "duel".to_owned(),
        result: Ok(Saved::Exists),
    });
    check_one("deck-exists", &mut stage);
}
