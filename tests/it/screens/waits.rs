//! What an answer waits for, and for how long, with the least important part dropped where it does not fit.

use std::time::Duration;

use waferdeck::chat::{AnswerId, Attempt, FailureKind, Limits, Step, StreamEvent};

use super::{Stage, check};
use crate::stage::failure;

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

fn does(stage: &mut Stage, answer: AnswerId, step: Step) {
    stage.event(answer, StreamEvent::Step(step));
}

/// The state in the title and what stands below the prompt, at the widths of a window, half a window and a quarter of one.
fn rows(stage: &mut Stage, at: u64) -> String {
    stage.clock(at);
    let mut rows = String::new();
    for width in [80, 60, 34] {
        let picture = stage.draw(width, 16).without_styles();
        let title = picture
            .lines()
            .nth(1)
            .and_then(|row| row.rsplit("  ").find(|s| *s != "¦"));
        rows.push_str(&format!(
            "{width} {}\n",
            title.unwrap_or_default().trim_end_matches('¦')
        ));
        let below = picture
            .lines()
            .skip(4)
            .take_while(|row| row.trim_end_matches('¦').trim() != "");
        for row in below {
            rows.push_str(&format!(
                "{width:>3} {}\n",
                row.trim_end_matches('¦').trim_end()
            ));
        }
    }
    rows
}

#[test]
fn a_wait_says_what_it_waits_for() {
    let server = || "api.cerebras.ai:443".to_owned();
    let connecting = |proxy: Option<&str>| Step::Connecting {
        server: server(),
        proxy: proxy.map(str::to_owned),
    };
    let mut stage = Stage::new();
    let answer = stage.ask("Count");
    let mut all = String::new();
    does(&mut stage, answer, Step::Behind { server: server() });
    all += &rows(&mut stage, 3_400);
    let from = "the key command (pass)".to_owned();
    does(&mut stage, answer, Step::Key { from });
    all += &rows(&mut stage, 4_600);
    stage.event(answer, StreamEvent::Sent { number: 1 });
    does(&mut stage, answer, connecting(None));
    // Within two seconds nobody needs to know.
    all += &rows(&mut stage, 6_500);
    all += &rows(&mut stage, 9_000);
    does(&mut stage, answer, connecting(Some("127.0.0.1:3128")));
    all += &rows(&mut stage, 12_000);
    does(&mut stage, answer, Step::Sent { server: server() });
    all += &rows(&mut stage, 15_000);
    let replied = |status| Step::Replied {
        server: server(),
        status,
    };
    does(&mut stage, answer, replied(500));
    all += &rows(&mut stage, 16_100);
    let attempt = Attempt {
        status: Some(500),
        error: failure(FailureKind::Server, "500: out of order", ""),
        wait: Duration::from_secs(1),
    };
    let (next, most) = (2, 3);
    stage.event(
        answer,
        StreamEvent::Retry {
            attempt,
            next,
            most,
        },
    );
    stage.clock(17_000);
    // From the second attempt on that is said at once.
    stage.event(answer, StreamEvent::Sent { number: 2 });
    does(&mut stage, answer, connecting(Some("127.0.0.1:3128")));
    all += &rows(&mut stage, 17_100);
    does(&mut stage, answer, replied(200));
    stage.event(
        answer,
        StreamEvent::Accepted {
            request_id: None,
            limits: Limits::default(),
            connection: None,
        },
    );
    all += &rows(&mut stage, 20_000);
    check("waits", &all);
}
