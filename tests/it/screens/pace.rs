//! An answer that is shown at a reader's pace: the beginning, the title that says how much waits, and the whole of it
//! at last, which is the picture that there would have been without.

use waferdeck::chat::EndState;

use crate::stage::Stage;

const ANSWER: &str = "First things first.\n\n```rust\nfn main() {}\n```\n\nThen the rest of it.";

fn answered(speed: Option<u32>) -> Stage {
    let mut stage = Stage::new();
    stage.model.settings.reading_speed = speed;
    let answer = stage.ask("hello");
    stage.text(answer, ANSWER);
    stage.end(answer, EndState::Complete);
    stage
}

#[test]
fn the_title_says_how_much_waits_until_all_is_shown() {
    let mut stage = answered(Some(20));
    let now = u64::try_from(stage.model.now.mono.as_millis()).expect("small");
    stage.clock(now + 50);
    let some = stage.draw(80, 24).rows().join("\n");
    assert!(some.contains("reading · ~"), "{some}");
    assert!(some.contains("Fir") && !some.contains("main"), "{some}");
    stage.clock(now + 10_000);
    let all = stage.draw(80, 24).rows();
    assert_eq!(all, answered(None).draw(80, 24).rows());
}
