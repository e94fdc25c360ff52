//! What the view keeps from frame to frame changes no picture: every one is as a view draws it that has seen none.

use waferdeck::{
    app::{Input, Msg, Scroll},
    chat::{EndState, ReadingPosition, Variant},
};

use crate::stage::Stage;

/// Draws what was drawn before and once more with nothing kept.
#[track_caller]
fn check(stage: &mut Stage, size: (u16, u16), what: &str) {
    let (width, height) = size;
    stage.draw(width, height);
    let kept = stage.draw(width, height).with_styles();
    let anew = stage.draw_anew(width, height).with_styles();
    assert_eq!(kept, anew, "{what}");
}

#[test]
fn every_picture_is_as_if_nothing_was_kept() {
    let mut stage = Stage::new();
    let size = (90, 20);
    for turn in 0..12 {
        let answer = stage.ask(&format!("question {turn} about wafers"));
        stage.thought(answer, "Wafers are thin.\n\nAnd round.");
        check(&mut stage, size, "while it thinks");
        stage.text(answer, "Some words about *wafers*.\n\n- one\n- two\n");
        check(&mut stage, size, "while it streams");
        stage.end(answer, EndState::Complete);
        check(&mut stage, size, "when it is over");
    }
    stage.keys("tab");
    for keys in ["pgup", "pgup", "t", "pgup", "/"] {
        stage.keys(keys);
        check(&mut stage, size, keys);
    }
    stage.tell(Msg::Terminal(Input::Paste("wafers".to_owned())));
    check(&mut stage, size, "a word is found");
    stage.keys("enter");
    for keys in ["n", "n", "N", "G", "g", "n", "t", "u", "u"] {
        stage.keys(keys);
        check(&mut stage, size, keys);
    }
    for size in [(60, 20), (120, 40), (40, 12), size] {
        check(&mut stage, size, "another size");
    }
    stage.keys("G r");
    check(&mut stage, size, "the last one again");
    let again = stage.model.live().next().expect("an answer").id;
    stage.text(again, "Wafers, and *again* wafers.");
    check(&mut stage, size, "another answer streams");
    stage.end(again, EndState::Complete);
    for keys in ["[", "g", "]", "G"] {
        stage.keys(keys);
        check(&mut stage, size, keys);
    }
}

#[test]
fn panes_that_show_one_conversation_in_different_ways_draw_as_if_alone() {
    let variant = Variant::new("cerebras", "gpt-oss-120b");
    let mut stage = Stage::comparing(vec![variant; 2]);
    let conversation = stage.model.panes[0].conversation;
    stage.model.panes[1].conversation = conversation;
    stage.model.panes[1].weight *= 2;
    stage.model.broadcast = false;
    let size = (140, 20);
    for turn in 0..8 {
        let answer = stage.ask(&format!("question {turn} about wafers"));
        stage.thought(answer, "Wafers are thin.\n\nAnd round.");
        stage.text(
            answer,
            &"Some words about *wafers* and what they are.\n\n".repeat(4),
        );
        check(&mut stage, size, "while it streams");
        stage.end(answer, EndState::Complete);
    }
    let turns: Vec<_> = stage.model.conversations[0].path().map(|t| t.id).collect();
    stage.model.panes[1].scroll = Scroll::At {
        at: ReadingPosition::start_of(turns[3]),
        rows: 0,
    };
    check(&mut stage, size, "in different places");
    stage.keys("tab t");
    check(&mut stage, size, "folded in one of them");
    stage.keys("u");
    check(&mut stage, size, "as source in one of them");
}
