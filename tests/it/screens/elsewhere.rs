//! The question where a session is to go that cannot be saved where it should be.

use waferdeck::{app::Msg, chat::EndState};

use super::{check, check_sizes};
use crate::stage::Stage;

#[test]
fn leaving_while_nothing_is_saved_asks_for_another_place() {
    let mut stage = Stage::new();
    let answer = stage.ask("Hello");
    stage.text(answer, "Hello to you.");
    stage.end(answer, EndState::Complete);
    stage.tell(Msg::StoreTrouble(Some("disk full".to_owned())));
    stage.keys("ctrl-x q");
    check_sizes("unsaved-leaving", &mut stage);
    stage.tell(Msg::StoreTrouble(None));
    let picture = stage.draw(80, 24).without_styles();
    check("unsaved-leaving-saved", &picture);
}
