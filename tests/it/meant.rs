//! What a key would take is marked at the left, wherever on the screen it is.

use waferdeck::{
    app::{Effect, Input, Msg},
    chat::EndState,
    config::{Key, Theme},
    ui::ColorDepth,
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

#[test]
fn the_row_of_what_was_found_is_marked_also_where_its_text_is_not_shown() {
    let mut stage =
        reader("See [this](https://host.example/abcdef) here.\n\nMore.\n\n```rust\nfn\n```\n");
    stage.keys("/");
    stage.write("abcdef");
    stage.keys("enter");
    let [row] = marked(&stage.draw(80, 30)).try_into().expect("one mark");
    assert!(row.starts_with("See this"), "{row}");
    stage.keys("/");
    stage.write("rust");
    stage.keys("enter");
    let picture = stage.draw(80, 30);
    let [row] = marked(&picture).try_into().expect("one mark");
    assert!(row.contains("rust"), "{row}");
    let (theme, _) = Theme::load("wafer-dark", std::path::Path::new("/nowhere"));
    stage.paint_with(&theme, ColorDepth::True);
    let styles = stage.draw(80, 30).with_styles();
    let label = styles.lines().filter(|line| line.contains("reversed"));
    let label: Vec<_> = label.filter(|line| line.contains("· 5-8 #")).collect();
    assert_eq!(label.len(), 1, "the label itself, too\n{styles}");
}

#[test]
fn text_is_found_as_it_is_shown() {
    let mut stage = reader("A **bold** word, and a\nbreak in ab*cd*ef.");
    for query in ["bold word", "and a break", "abcdef"] {
        stage.keys("/");
        stage.write(query);
        let rows = stage.draw(80, 30).rows();
        let line = rows.last().expect("the line");
        assert!(line.contains("1 of 1"), "{query}: {line}");
        stage.keys("enter");
    }
}
