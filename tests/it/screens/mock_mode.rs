//! Pictures of mock mode: who answers is said wherever a person looks, and how the mode ends.
//!
//! What is asked in it is tested with `update`.

use waferdeck::{
    app::{Input, Msg},
    chat::EndState,
};

use super::check;
use crate::stage::Stage;

#[test]
fn in_mock_mode_the_welcome_names_the_mock_and_the_way_back() {
    let mut stage = Stage::new();
    stage.model.mock_mode = true;
    check("mock-mode@100x24", &stage.draw(100, 24).without_styles());
}

#[test]
fn a_key_goes_to_nobody_elses_machine_in_mock_mode() {
    let mut stage = Stage::new();
    stage.model.mock_mode = true;
    let prompt = "csk-0123456789abcdef0123456789abcdef".to_owned();
    stage.tell(Msg::Terminal(Input::Paste(prompt)));
    stage.keys("enter");
    let picture = stage.draw(100, 24).without_styles();
    assert!(picture.contains("The embedded mock gets it"), "{picture}");
    assert!(!picture.contains("can read it"), "{picture}");
}

#[test]
fn an_answer_of_mock_mode_says_once_that_the_mock_gave_it() {
    let mut stage = Stage::new();
    stage.model.mock_mode = true;
    let id = stage.ask("hello");
    stage.text(id, "Hello.");
    stage.end(id, EndState::Complete);
    for mock_mode in [true, false] {
        stage.model.mock_mode = mock_mode;
        let picture = stage.draw(100, 24).without_styles();
        assert!(picture.contains("· mock ·"), "{picture}");
        assert!(!picture.contains("mock · mock"), "{picture}");
    }
}

#[test]
fn the_sidebar_names_the_model_whose_figures_it_shows() {
    let mut stage = Stage::new();
    stage.model.panes[0].variant.model = "thinker".to_owned();
    stage.model.mock_mode = true;
    let id = stage.ask("hello");
    stage.text(id, "Hello.");
    stage.end(id, EndState::Complete);
    stage.model.mock_mode = false;
    let picture = stage.draw(100, 24).rows();
    let heading = picture.get(1).expect("a row");
    assert!(heading.contains("A thinker"), "{heading}");
    assert!(heading.contains("A  gpt-oss-120b"), "{heading}");
    assert!(heading.trim_end().ends_with("mock"), "{heading}");
}
