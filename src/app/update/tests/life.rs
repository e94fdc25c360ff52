//! What becomes of turns: asked again, edited, leafed through. Nothing is ever overwritten.
//! How a first answer comes is `turns`.

use super::*;
use crate::app::Focus;

#[test]
fn asking_again_adds_a_sample_beside_the_first() {
    let mut world = World::new();
    let first = world.turn("dice", "four");
    let effects = world.keys("tab r");
    let turn = world.path()[0];
    assert_eq!((turn.answers.len(), turn.shown), (2, 1));
    let second = turn.answers[1].id;
    assert_eq!(
        entries(&effects),
        [Entry::Answer {
            id: second,
            turn: turn.id,
            variant: Variant::new("fast", "thinker"),
            mock: false,
            sample: 2,
        }]
    );
    let ask = sent(&world.saved(second));
    assert_eq!(ask.messages.len(), 1, "the first answer is not sent along");
    assert_eq!(world.answer(first).content, "four");
}

#[test]
fn asking_again_needs_a_turn_that_is_over() {
    let mut world = World::new();
    assert_eq!(world.keys("ctrl-x r"), []);
    assert!(world.notice().contains("nothing to ask again"));
    world.ask("dice");
    assert_eq!(world.keys("ctrl-x r"), []);
    assert!(world.notice().contains("still running"));
    assert_eq!(world.path()[0].answers.len(), 1);
}

#[test]
fn an_edited_prompt_forks_beside_the_old_one() {
    let mut world = World::new();
    let root = world.turn("one", "1");
    let old = world.turn("two", "2");
    world.write("half a thought");
    world.keys("tab");
    let effects = world.keys("e");
    assert!(
        effects.contains(&Effect::KeepPrompt("half a thought".to_owned())),
        "what stood in the composer is in the history: {effects:?}"
    );
    assert_eq!(world.draft(), "two");
    assert_eq!(world.model.focus, Focus::Composer);

    let answer = world.submit("!");
    let [first, second] = world.path().try_into().expect("two turns");
    assert_eq!((first.text.as_str(), second.text.as_str()), ("one", "two!"));
    assert_eq!(second.parent, Some(root));
    assert_eq!(world.model.pane().editing, None);
    assert_eq!(
        world.answer(old).content,
        "2",
        "the old turn is still there"
    );
    let ask = sent(&world.saved(answer));
    let said: Vec<_> = ask.messages.iter().map(|m| m.text.as_str()).collect();
    assert_eq!(said, ["one", "1", "two!"]);
}

#[test]
fn editing_can_be_given_up() {
    let mut world = World::new();
    let first = world.turn("one", "1");
    world.write("a draft");
    world.keys("ctrl-x e");
    assert!(world.model.pane().editing.is_some());
    assert_eq!(world.draft(), "one");
    let kept = Effect::KeepDraft {
        session: world.model.session,
        draft: "a draft".into(),
    };
    assert_eq!(world.keys("esc"), [kept]);
    assert_eq!(world.notice(), "the prompt stays as it was");
    world.submit("?");
    assert_eq!(world.path()[1].parent, Some(first));
    assert_eq!(world.path()[1].text, "a draft?");
}

#[test]
fn a_draft_that_gave_way_to_an_edit_comes_back_when_the_edit_is_sent() {
    let mut world = World::new();
    world.turn("one", "1");
    world.write("a draft");
    world.keys("ctrl-x e ctrl-x e");
    let answer = world.submit("!");
    assert_eq!(world.draft(), "a draft");
    assert_eq!(world.path()[0].text, "one!");
    world.saved(answer);
    world.end(answer, EndState::Complete);
    // The prompt before it is one key away.
    world.keys("tab [");
    assert_eq!(
        (world.path()[0].text.as_str(), world.notice()),
        ("one", "answer 1 of 2")
    );
    world.keys("]");
    assert_eq!(world.path()[0].text, "one!");
}

#[test]
fn clearing_the_draft_gives_up_editing_too() {
    let mut world = World::new();
    world.turn("one", "1");
    world.keys("ctrl-x e");
    // The first stops editing, the second clears.
    world.keys("ctrl-c ctrl-c");
    assert_eq!(world.draft(), "");
    assert_eq!(world.model.pane().editing, None);
    assert!(!world.model.leaving);
}

#[test]
fn leafing_through_answers_is_kept() {
    let mut world = World::new();
    let first = world.turn("dice", "four");
    world.keys("tab r");
    let second = world.path()[0].answers[1].id;
    world.saved(second);
    world.end(second, EndState::Complete);
    let turn = world.path()[0].id;
    let shown = |answer| Entry::Shown {
        turn,
        answer: Some(answer),
    };

    assert_eq!(entries(&world.keys("[")), [shown(first)]);
    assert_eq!(world.path()[0].shown, 0);
    assert_eq!(world.notice(), "answer 1 of 2");
    assert_eq!(world.keys("["), [], "there is none before the first");
    assert_eq!(entries(&world.keys("]")), [shown(second)]);
    assert_eq!(world.keys("]"), []);
    assert_eq!(world.notice(), "answer 2 of 2");
}

#[test]
fn the_path_below_follows_the_answer_shown() {
    let mut world = World::new();
    world.turn("dice", "four");
    world.turn("why four?", "chance");
    world.keys("tab [");
    assert!(world.notice().contains("one answer only"));

    let mut world = World::new();
    world.turn("dice", "four");
    world.keys("ctrl-x r");
    let second = world.path()[0].answers[1].id;
    world.saved(second);
    world.text(second, "six");
    world.end(second, EndState::Complete);
    world.turn("why six?", "chance");
    world.keys("tab [");
    let texts: Vec<_> = world.path().iter().map(|t| t.text.clone()).collect();
    assert_eq!(texts, ["dice"], "the question about six hangs below six");
    world.keys("]");
    assert_eq!(world.path().len(), 2);
}

#[test]
fn reasoning_folds_by_itself_and_by_hand() {
    let mut world = World::new();
    let answer = world.ask("think");
    world.thought(answer, "hm");
    let folded = |world: &World| {
        let has_content = !world.answer(answer).content.is_empty();
        world.model.pane().is_folded(answer, has_content)
    };
    assert!(!folded(&world), "open while there is nothing else to read");
    world.text(answer, "well");
    assert!(folded(&world));
    world.keys("tab t");
    assert!(!folded(&world));
    world.keys("t");
    assert!(folded(&world));

    let mut world = World::new();
    world.turn("plain", "text");
    world.keys("tab t");
    assert!(world.notice().contains("no answer here has reasoning"));
}
