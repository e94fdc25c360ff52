//! What an answer waits for, and for how long, with the least important part dropped where it does not fit.

use std::time::Duration;

use waferdeck::chat::{Limits, StreamEvent};

use super::{Stage, check};

#[test]
fn a_server_that_is_alive_and_sends_no_text() {
    let mut stage = Stage::new();
    let answer = stage.ask("Count");
    let alive = |millis| StreamEvent::Alive {
        at: Duration::from_millis(millis),
    };
    stage.event(
        answer,
        StreamEvent::Accepted {
            request_id: None,
            limits: Limits::default(),
            connection: None,
        },
    );
    stage.event(answer, alive(7_900));
    stage.clock(8_000);
    check("alive-before-text", &stage.draw(60, 15).without_styles());
    stage.text(answer, "one, two, ");
    stage.event(answer, alive(20_500));
    stage.clock(21_000);
    check("alive@80x24", &stage.draw(80, 24).without_styles());
    check("alive@60x15", &stage.draw(60, 15).without_styles());
    // What had come last is some time ago by now.
    stage.clock(29_000);
    check(
        "alive-and-silent@60x15",
        &stage.draw(60, 15).without_styles(),
    );
    check(
        "alive-and-silent@40x12",
        &stage.draw(40, 12).without_styles(),
    );
}
