//! What a key would take is marked at the left, wherever on the screen it is.

use waferdeck::{
    app::{Effect, Input, Msg},
    chat::EndState,
    config::Key,
};

use crate::stage::{Picture, Stage};

/// An answer, the panes focused, the first row gone to.
fn reader(answer: &str) -> Stage {
    let mut stage = Stage::new();
    let id = stage.ask("go");
    stage.text(id, answer);
    stage.end(id, EndState::Complete);
    stage.draw(80, 30);
    stage.keys("tab g");
    stage.draw(80, 30);
    stage
}

/// The rows with a mark, from the mark on.
fn marked(picture: &Picture) -> Vec<String> {
    let rows = picture.rows();
    let marked = rows.iter().filter_map(|row| row.split_once('▸'));
    marked.map(|(_, row)| row.trim().to_owned()).collect()
}

#[test]
fn the_code_block_that_would_be_copied_is_marked_where_nothing_can_scroll() {
    let mut stage = reader(
        "One:\n\n```rust\nfn one() {}\n```\n\n- two\n\n  ```py\n  def two\n  ```\n\n```sh\nls\n```\n",
    );
    let before = stage.draw(80, 30);
    assert_eq!(marked(&before), [""; 0]);
    for (key, label) in [(">", "rust"), (">", "py"), (">", "sh"), ("<", "py")] {
        stage.keys(key);
        stage.draw(80, 30);
        let picture = stage.draw(80, 30);
        let [row] = marked(&picture).try_into().expect("one mark");
        assert!(row.ends_with(label) || row.starts_with(label), "{row}");
    }
    let key = Key::parse("c").expect("a key");
    let copied = stage.tell(Msg::Terminal(Input::Key(key)));
    let [Effect::Copy { text, .. }] = copied.as_slice() else {
        panic!("{copied:?}");
    };
    assert_eq!(text, "def two\n");
    stage.keys("k");
    assert_eq!(
        marked(&stage.draw(80, 30)),
        [""; 0],
        "who moves on means another place"
    );
}

#[test]
fn the_hints_of_a_selection_lead_to_its_keys() {
    let mut stage = reader("Some text.");
    let hints = |stage: &mut Stage| stage.draw(100, 30).rows().pop().expect("hints");
    assert!(!hints(&mut stage).contains("reasoning"), "there is none");
    stage.keys("v");
    let said = hints(&mut stage);
    for hint in ["y copy", "w save", "Esc leave", "v from here", "? help"] {
        assert!(said.contains(hint), "{hint}: {said}");
    }
    stage.keys("?");
    let help = stage.draw(100, 200).rows().join("\n");
    for row in ["selecting", "take the block", "v, Space"] {
        assert!(help.contains(row), "{row}:\n{help}");
    }
}

#[test]
fn reasoning_is_offered_where_there_is_some() {
    let mut stage = Stage::new();
    let id = stage.ask("go");
    stage.thought(id, "A thought.");
    stage.text(id, "Some text.");
    stage.end(id, EndState::Complete);
    stage.keys("tab");
    let rows = stage.draw(160, 30).rows();
    assert!(
        rows.last().expect("hints").contains("t reasoning"),
        "{rows:?}"
    );
}
