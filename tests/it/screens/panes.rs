//! Several panes: every layout at three sizes, and what the screen says when they do not fit or do not agree.
//! What a single pane looks like stands one level up.

use waferdeck::{
    app::Msg,
    chat::{Attempt, EndState, FailureKind, StreamEvent, Variant},
    config::Theme,
    ui::ColorDepth,
};

use super::{ANSWER, PROMPT, THOUGHTS, check};
use crate::stage::{Stage, failure};

/// From where four panes stand side by side to where one is shown at a time.
const SIZES: [(u16, u16); 3] = [(160, 30), (100, 24), (60, 15)];

fn check_sizes(name: &str, stage: &mut Stage) {
    for (width, height) in SIZES {
        let picture = stage.draw(width, height);
        check(
            &format!("{name}@{width}x{height}"),
            &picture.without_styles(),
        );
    }
}

/// Four variants of two models, as on a command line with four `-m`.
fn four() -> Stage {
    let with = |model: &str, change: fn(&mut Variant)| {
        let mut variant = Variant::new("cerebras", model);
        change(&mut variant);
        variant
    };
    Stage::comparing(vec![
        with("gpt-oss-120b", |v| {
            v.params.effort = waferdeck::chat::Effort::parse("low");
        }),
        with("gpt-oss-120b", |v| {
            v.params.effort = waferdeck::chat::Effort::parse("high");
        }),
        with("qwen-3.8-27b", |v| v.params.temperature = Some(0.2)),
        Variant::new("mock", "mock-gpu-50"),
    ])
}

/// One pane has finished, one thinks, one streams, one waits before its second attempt.
fn four_at_work() -> Stage {
    let mut stage = four();
    let answers = stage.broadcast(PROMPT);
    stage.clock(170);
    stage.text(answers[0], ANSWER);
    stage.end(answers[0], EndState::Complete);
    stage.thought(answers[1], THOUGHTS);
    stage.text(answers[2], ANSWER.split_at(300).0);
    let busy = failure(
        FailureKind::Server,
        "api.cerebras.ai is overloaded (503)",
        "it is asked again",
    );
    stage.event(
        answers[3],
        StreamEvent::Retry {
            attempt: Attempt {
                status: Some(503),
                error: busy,
                wait: std::time::Duration::from_secs(2),
            },
            next: 2,
            most: 5,
        },
    );
    stage
}

#[test]
fn empty_panes() {
    check_sizes("panes-empty", &mut four());
}

#[test]
fn columns() {
    check_sizes("panes-columns", &mut four_at_work());
}

#[test]
fn rows() {
    let mut stage = four_at_work();
    stage.keys("ctrl-x space");
    stage.clock(60_000);
    check_sizes("panes-rows", &mut stage);
}

#[test]
fn a_grid() {
    let mut stage = four_at_work();
    stage.keys("ctrl-x space ctrl-x space");
    stage.clock(60_000);
    check_sizes("panes-grid", &mut stage);
}

#[test]
fn tabs() {
    let mut stage = four_at_work();
    stage.keys("ctrl-x space ctrl-x space ctrl-x space alt-3");
    stage.clock(60_000);
    check_sizes("panes-tabs", &mut stage);
}

#[test]
fn a_zoomed_pane() {
    let mut stage = four_at_work();
    stage.keys("alt-2 ctrl-x z");
    check_sizes("panes-zoomed", &mut stage);
}

#[test]
fn two_panes_side_by_side_fit_into_80_columns() {
    let mut stage = four_at_work();
    stage.keys("alt-4 ctrl-x w ctrl-x w");
    stage.clock(60_000);
    check("panes-two@80x24", &stage.draw(80, 24).with_styles());
}

#[test]
fn shares_of_the_room() {
    let mut stage = four();
    stage.keys("tab + + + + + + + +");
    check("panes-shares@200x12", &stage.draw(200, 12).without_styles());
}

#[test]
fn eight_panes_in_a_grid() {
    let mut stage = Stage::comparing(vec![Variant::new("cerebras", "gpt-oss-120b"); 8]);
    stage.keys("ctrl-x space ctrl-x space");
    for answer in stage.broadcast(PROMPT) {
        stage.clock(170);
        stage.text(answer, ANSWER);
        stage.end(answer, EndState::Complete);
    }
    stage.clock(60_000);
    check("panes-eight@200x50", &stage.draw(200, 50).without_styles());
}

#[test]
fn sixty_four_panes_in_a_small_window() {
    let mut stage = Stage::comparing(vec![Variant::new("mock", "gpt-oss-120b"); 64]);
    check("panes-64@80x24", &stage.draw(80, 24).without_styles());
    stage.keys("ctrl-x space ctrl-x space");
    stage.clock(60_000);
    let answers = stage.broadcast(PROMPT);
    stage.text(answers[30], ANSWER);
    let failure = failure(FailureKind::Server, "it broke", "ask again");
    stage.fail(answers[33], failure);
    stage.keys("ctrl-x g f");
    check(
        "panes-64-at-work@80x24",
        &stage.draw(80, 24).without_styles(),
    );
    check("panes-64-at-work@20x5", &stage.draw(20, 5).without_styles());
}

#[test]
fn an_error_beside_three_answers() {
    let mut stage = four();
    let answers = stage.broadcast(PROMPT);
    stage.clock(170);
    for &answer in &answers[..3] {
        stage.text(answer, ANSWER);
        stage.end(answer, EndState::Complete);
    }
    let failure = failure(
        FailureKind::Model,
        "the embedded mock has no model mock-gpu-50",
        "choose another with Ctrl-X m",
    );
    stage.fail(answers[3], failure);
    check("panes-error@200x50", &stage.draw(200, 50).with_styles());
}

#[test]
fn who_is_asked_stands_at_the_composer() {
    let mut stage = four();
    stage.keys("ctrl-x 0 b");
    stage.write("How fast is light?");
    check("panes-muted@160x30", &stage.draw(160, 30).with_styles());
    stage.keys("ctrl-x a");
    check("panes-solo@160x30", &stage.draw(160, 30).without_styles());
    stage.keys("ctrl-x a ctrl-x 0 a ctrl-x 0 c ctrl-x 0 d enter");
    check(
        "panes-all-muted@100x24",
        &stage.draw(100, 24).without_styles(),
    );
}

#[test]
fn histories_that_differ_are_said() {
    let mut stage = four();
    stage.keys("ctrl-x a");
    let answer = stage.ask("only A hears this");
    stage.text(answer, "Yes.");
    stage.end(answer, EndState::Complete);
    stage.keys("ctrl-x a");
    stage.clock(60_000);
    stage.write("And now all of you");
    check("panes-differ@160x30", &stage.draw(160, 30).without_styles());
}

#[test]
fn a_light_theme_with_all_colours() {
    let mut stage = four_at_work();
    let (theme, _) = Theme::load("wafer-light", std::path::Path::new("/nowhere"));
    stage.paint_with(&theme, ColorDepth::True);
    check("panes-light@160x30", &stage.draw(160, 30).with_styles());
}

/// Whatever the size, every pane that is drawn lies inside the room for panes and touches no other.
#[test]
fn panes_never_overlap() {
    for count in [1, 2, 3, 5, 8, 16, 33, 64] {
        let mut stage = Stage::comparing(vec![Variant::new("mock", "gpt-oss-120b"); count]);
        for tiling in 0..4 {
            for width in (20..=220).step_by(9) {
                for height in [5, 9, 10, 13, 24, 50, 90] {
                    stage.draw(width, height);
                    let panes = &stage.model.frame.panes;
                    let drawn: Vec<_> = panes
                        .iter()
                        .map(|p| p.area)
                        .filter(|a| !a.is_empty())
                        .collect();
                    assert!(
                        drawn.len() == 1 || drawn.len() == count,
                        "{count} panes, {width}x{height}"
                    );
                    for (i, a) in drawn.iter().enumerate() {
                        assert!(a.right() <= width && a.bottom() <= height);
                        let overlaps = drawn
                            .iter()
                            .skip(i + 1)
                            .any(|b| !a.intersection(*b).is_empty());
                        assert!(
                            !overlaps,
                            "{count} panes, {width}x{height}, layout {tiling}: {drawn:?}"
                        );
                    }
                }
            }
            stage.keys("ctrl-x space");
        }
    }
}

#[test]
fn the_notice_of_a_closed_pane_lies_over_all_of_them() {
    let mut stage = four_at_work();
    stage.tell(Msg::Tick);
    stage.keys("alt-2 ctrl-x w");
    check("panes-closed@160x30", &stage.draw(160, 30).without_styles());
}
