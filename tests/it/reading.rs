//! A reader is never disturbed: whatever arrives, folds, splits or changes its size, the row under the eyes stays.
//! And what is looked for and selected is what the rows show.

use ratatui::layout::Position;
use waferdeck::{
    app::{Effect, Input, Msg, Pointer},
    chat::{AnswerId, EndState},
    config::Theme,
    ui::ColorDepth,
};

use crate::stage::{Picture, Stage};

/// Paragraphs that wrap at some widths, with a code block and a list among them.
fn prose(numbers: std::ops::RangeInclusive<u32>) -> String {
    let mut text = String::new();
    for number in numbers {
        text.push_str(&format!(
            "Paragraph {number} has **words** enough to be wrapped in a pane that is narrow, and then some more.\n\n"
        ));
        if number % 7 == 0 {
            text.push_str(&format!(
                "```rust\nfn number_{number}() {{}}\n```\n\n- one\n- two\n\n"
            ));
        }
    }
    text
}

/// A reader in the middle of an answer that streams, the rows as they are seen.
fn reader() -> (Stage, AnswerId, Vec<String>) {
    let mut stage = Stage::new();
    let first = stage.ask("the first question");
    stage.thought(first, "A first thought.\n\nAnd one more.");
    stage.text(first, &prose(1..=20));
    stage.end(first, EndState::Complete);
    let second = stage.ask("the second question");
    stage.thought(second, "A second thought.");
    stage.text(second, &prose(21..=40));
    stage.draw(80, 24);
    stage.keys("tab pgup pgup pgup");
    stage.draw(80, 24);
    let rows = text_rows(&stage.draw(80, 24));
    (stage, second, rows)
}

/// The rows of the transcript, without bar and badge.
fn text_rows(picture: &Picture) -> Vec<String> {
    let rows = picture.rows();
    rows.iter()
        .skip(2)
        .take(14)
        .map(|row| {
            row.chars()
                .take(60)
                .collect::<String>()
                .trim_end()
                .to_owned()
        })
        .collect()
}

/// The first row of the transcript that holds text.
fn top(picture: &Picture) -> String {
    let rows = text_rows(picture);
    rows.into_iter().find(|row| !row.is_empty()).expect("text")
}

fn says(picture: &Picture, text: &str) -> bool {
    picture.rows().iter().any(|row| row.contains(text))
}

#[test]
fn text_that_comes_and_ends_moves_nothing_and_is_counted() {
    let (mut stage, answer, before) = reader();
    assert!(!says(&stage.draw(80, 24), " new "), "nothing is new yet");
    stage.text(answer, &prose(41..=43));
    let picture = stage.draw(80, 24);
    assert_eq!(text_rows(&picture), before);
    // Three paragraphs are nine rows with the blank before each; the code block and the list after 42 are six with theirs.
    assert!(says(&picture, "▼ 15 new"), "{}", picture.rows().join("\n"));
    stage.end(answer, EndState::Complete);
    let picture = stage.draw(80, 24);
    assert_eq!(text_rows(&picture), before);
    assert!(says(&picture, "▼ 15 new"), "the figures are no text");
    stage.keys("G");
    assert!(!says(&stage.draw(80, 24), "▼"));
}

#[test]
fn nobody_waits_for_more_than_999() {
    let (mut stage, answer, before) = reader();
    stage.text(answer, &"line\n\n".repeat(600));
    let picture = stage.draw(80, 24);
    assert_eq!(text_rows(&picture), before);
    assert!(says(&picture, "▼ 999+ new"));
}

#[test]
fn sizes_come_and_go_and_the_row_comes_back() {
    let (mut stage, answer, before) = reader();
    for (width, height) in [(40, 12), (60, 30), (33, 24), (200, 50)] {
        stage.draw(width, height);
        stage.draw(width, height);
    }
    stage.text(answer, "more text comes meanwhile");
    assert_eq!(text_rows(&stage.draw(80, 24)), before);
}

#[test]
fn a_screen_that_shows_it_all_for_a_moment_does_not_lose_the_place() {
    let (mut stage, answer, before) = reader();
    stage.end(answer, EndState::Complete);
    stage.draw(200, 250);
    assert_eq!(text_rows(&stage.draw(80, 24)), before);
    // Scrolling goes on from what is seen.
    stage.draw(200, 100);
    let seen = text_rows(&stage.draw(200, 100));
    stage.keys("k");
    let moved = text_rows(&stage.draw(200, 100));
    assert_eq!(moved[1..], seen[..seen.len() - 1]);
}

#[test]
fn panes_and_themes_come_and_go() {
    let (mut stage, _, before) = reader();
    stage.keys("ctrl-x v");
    stage.draw(120, 24);
    stage.keys("ctrl-x v");
    stage.draw(120, 24);
    stage.keys("tab ctrl-x w ctrl-x w");
    assert_eq!(stage.model.panes.len(), 1);
    assert_eq!(text_rows(&stage.draw(80, 24)), before);
    stage.paint_with(&Theme::default(), ColorDepth::None);
    assert_eq!(text_rows(&stage.draw(80, 24)), before);
}

#[test]
fn reasoning_folds_above_and_below_without_a_move() {
    let (mut stage, answer, before) = reader();
    let place = |picture: &Picture| top(picture);
    let here = place(&stage.draw(80, 24));
    // The nearest above is that of the answer that is read.
    stage.keys("t");
    assert_eq!(text_rows(&stage.draw(80, 24)), before);
    assert_eq!(stage.model.panes[0].folds.get(&answer), Some(&false));
    stage.keys("t");
    assert_eq!(text_rows(&stage.draw(80, 24)), before);
    assert_eq!(stage.model.panes[0].folds.get(&answer), Some(&true));
    // That of another answer.
    let first = stage.model.conversations[0].path().next().expect("a turn");
    let first = first.shown_answer().expect("an answer").id;
    stage.model.panes[0].folds.insert(first, false);
    assert_eq!(place(&stage.draw(80, 24)), here);
}

#[test]
fn reasoning_that_is_read_stays_open_when_the_answer_begins() {
    let mut stage = Stage::new();
    let answer = stage.ask("why?");
    stage.thought(answer, &prose(1..=20));
    stage.draw(80, 24);
    stage.keys("tab pgup");
    stage.draw(80, 24);
    let before = text_rows(&stage.draw(80, 24));
    stage.text(answer, "Because.");
    assert_eq!(text_rows(&stage.draw(80, 24)), before);
    stage.keys("t");
    assert!(says(&stage.draw(80, 24), "▸ reasoning"));
}

#[test]
fn the_fold_is_at_the_place_of_the_reader_and_a_click() {
    let (mut stage, answer, _) = reader();
    stage.keys("g");
    let picture = stage.draw(80, 24);
    let folded = (0..24).find(|&y| picture.rows()[usize::from(y)].contains("▸ reasoning"));
    let y = folded.expect("a line about the reasoning");
    stage.keys("t");
    assert!(says(&stage.draw(80, 24), "A first thought."));
    let of_second = stage.model.panes[0].folds.get(&answer);
    assert_eq!(of_second, None, "the other one stays as it is");
    let click = |stage: &mut Stage, y| {
        stage.tell(Msg::Terminal(Input::Mouse(
            Pointer::Click,
            Position::new(8, y),
        )))
    };
    click(&mut stage, y);
    assert!(!says(&stage.draw(80, 24), "A first thought."));
    click(&mut stage, y);
    assert!(says(&stage.draw(80, 24), "A first thought."));
    click(&mut stage, y + 2);
    assert!(
        says(&stage.draw(80, 24), "A first thought."),
        "text is no switch"
    );
}

#[test]
fn reasoning_says_how_long_and_how_much_at_every_stage() {
    let mut stage = Stage::new();
    let answer = stage.ask("why?");
    stage.thought(answer, &"thinking it over ".repeat(12));
    let thinking = stage.draw(80, 24);
    assert!(
        says(&thinking, "▾ reasoning  80.0 ms · ~51 tokens"),
        "{:?}",
        text_rows(&thinking)
    );
    stage.end(answer, EndState::Stopped);
    assert!(says(
        &stage.draw(80, 24),
        "▾ reasoning  80.0 ms · 41 tokens"
    ));
    let answer = stage.ask("and then?");
    stage.thought(answer, "A thought.");
    stage.text(answer, "An answer.");
    // The answer before had 318 tokens in 204 bytes, so ten bytes are taken for 16.
    assert!(says(
        &stage.draw(80, 24),
        "▸ reasoning  10.0 ms · ~16 tokens"
    ));
    stage.end(answer, EndState::Complete);
    assert!(says(
        &stage.draw(80, 24),
        "▸ reasoning  10.0 ms · 41 tokens"
    ));
}

#[test]
fn the_source_begins_where_the_picture_did() {
    let (mut stage, _, before) = reader();
    let shown = top(&stage.draw(80, 24));
    let number = |row: &str| row.split_whitespace().nth(1).map(str::to_owned);
    stage.keys("u");
    let source = stage.draw(80, 24);
    assert!(says(&source, "**words**"));
    assert_eq!(number(&top(&source)), number(&shown));
    stage.keys("u");
    assert_eq!(text_rows(&stage.draw(80, 24)), before);
}

#[test]
fn code_blocks_are_gone_to_and_the_one_is_taken() {
    let (mut stage, answer, _) = reader();
    stage.end(answer, EndState::Complete);
    stage.keys("g >");
    let picture = stage.draw(80, 24);
    assert!(says(&picture, "code block 1 of 2 in this answer · rust"));
    assert!(
        picture.rows()[2].contains("rust"),
        "its first row is at the top"
    );
    let copied = |effects: Vec<Effect>| match effects.as_slice() {
        [Effect::Copy { text, .. }] => text.clone(),
        other => panic!("no copy: {other:?}"),
    };
    let press = |stage: &mut Stage, key: &str| {
        let key = waferdeck::config::Key::parse(key).expect("a key");
        stage.tell(Msg::Terminal(Input::Key(key)))
    };
    assert_eq!(copied(press(&mut stage, "c")), "fn number_7() {}\n");
    stage.keys(">");
    stage.draw(80, 24);
    assert_eq!(copied(press(&mut stage, "c")), "fn number_14() {}\n");
    // Away from it, and the one that is read is taken.
    stage.keys("j");
    stage.draw(80, 24);
    assert_eq!(copied(press(&mut stage, "c")), "fn number_14() {}\n");
    stage.keys("G <");
    stage.draw(80, 24);
    assert_eq!(copied(press(&mut stage, "c")), "fn number_35() {}\n");
    stage.keys(">");
    assert!(says(&stage.draw(80, 24), "no code block below"));
}

/// Presses keys, drawing after each, and what the last one copied.
fn copied(stage: &mut Stage, keys: &str) -> String {
    let mut effects = Vec::new();
    for key in keys.split(' ') {
        let key = waferdeck::config::Key::parse(key).expect("a key");
        effects = stage.tell(Msg::Terminal(Input::Key(key)));
        stage.draw(50, 24);
    }
    match effects.as_slice() {
        [Effect::Copy { text, .. }] => text.clone(),
        other => panic!("no copy alone: {other:?}"),
    }
}

const SOURCE: &str = "A paragraph with **bold words** that is long enough to be wrapped,\nand a line break in it.\n\n\
    - an item\n- another, also long enough to be wrapped in a narrow pane\n\n\
    ```rust\nfn code() {\n\tlet tab;\n}\n```\n\n\
    | a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted\n\n数字和文字，没有空格，也要换行，而且每一行都要正确地复制出来才行。";

/// The source above as an answer to "the prompt", the panes focused.
fn to_select() -> Stage {
    let mut stage = Stage::new();
    let answer = stage.ask("the prompt");
    stage.text(answer, SOURCE);
    stage.end(answer, EndState::Complete);
    stage.keys("tab");
    stage.draw(50, 24);
    stage
}

#[test]
fn all_rows_together_are_all_of_the_source() {
    let mut stage = to_select();
    let all = copied(&mut stage, "v g v G y");
    assert_eq!(all, format!("the prompt\n\n{SOURCE}"));
    let all = copied(&mut stage, "v G v g y");
    assert_eq!(
        all,
        format!("the prompt\n\n{SOURCE}"),
        "whichever end comes first"
    );
}

#[test]
fn each_row_is_its_own_part_of_the_source() {
    let mut stage = to_select();
    let mut rows = vec![copied(&mut stage, "v g y")];
    for down in 1..20 {
        let keys = format!("v g {}y", "j ".repeat(down));
        rows.push(copied(&mut stage, &keys));
    }
    rows.dedup();
    assert_eq!(rows[0], "the prompt");
    assert!(rows[1].starts_with("A paragraph with **bold"));
    let mut rest = SOURCE;
    for row in &rows[1..] {
        let (_, after) = rest
            .split_once(row.as_str())
            .unwrap_or_else(|| panic!("{row:?} of {rows:#?}"));
        rest = after;
    }
    assert_eq!(rest, "", "{rows:#?}");
    for row in ["```rust", "\tlet tab;", "}", "> quoted"] {
        assert!(rows.iter().any(|r| r == row), "{row:?} of {rows:#?}");
    }
}

/// Presses keys faster than frames come: all before the next one. What they copied until nothing waits.
fn copied_in_a_hurry(stage: &mut Stage, keys: &str) -> Vec<String> {
    let mut effects = Vec::new();
    for key in keys.split(' ') {
        let key = waferdeck::config::Key::parse(key).expect("a key");
        effects.extend(stage.tell(Msg::Terminal(Input::Key(key))));
    }
    while stage.model.select.is_some() {
        stage.draw(50, 24);
        let now = stage.model.now;
        let before = stage.model.select.clone();
        effects.extend(stage.tell(Msg::Clock(now)));
        if stage.model.select == before {
            break;
        }
    }
    let copies = effects.into_iter().filter_map(|effect| match effect {
        Effect::Copy { text, .. } => Some(text),
        _ => None,
    });
    copies.collect()
}

#[test]
fn keys_that_come_before_the_frame_mean_what_they_mean_after_it() {
    for keys in [
        "v y",
        "v g j j y",
        "v g j j v j j j enter",
        "v G k b y",
        "v g > c y",
        "v g j > j j v k c y",
        "v G { j a y",
        "v g v j j v j y",
    ] {
        let slow = copied(&mut to_select(), keys);
        let fast = copied_in_a_hurry(&mut to_select(), keys);
        assert_eq!(fast, [slow], "{keys}");
    }
}

#[test]
fn keys_after_a_selection_wait_for_its_end() {
    let mut stage = to_select();
    let copies = copied_in_a_hurry(&mut stage, "v g j y v g y tab x");
    assert_eq!(copies.len(), 2);
    assert!(copies[0].starts_with("A paragraph"), "{copies:?}");
    assert_eq!(copies[1], "the prompt");
    assert_eq!(stage.model.composer.text(), "x");
    // Nothing waits for a row that there cannot be.
    stage.keys("esc tab v y");
    stage.draw(4, 2);
    let now = stage.model.now;
    assert_eq!(stage.tell(Msg::Clock(now)), []);
    stage.keys("esc");
    assert_eq!(stage.model.select, None);
}

#[test]
fn blocks_and_code_are_those_under_the_line() {
    let mut stage = to_select();
    stage.keys("/");
    stage.write("fn code");
    stage.keys("enter");
    stage.draw(50, 24);
    let block = "```rust\nfn code() {\n\tlet tab;\n}\n```";
    assert_eq!(copied(&mut stage, "v b y"), block);
    assert_eq!(copied(&mut stage, "v c y"), "fn code() {\n\tlet tab;\n}\n");
    assert_eq!(copied(&mut stage, "v a y"), SOURCE);
}

#[test]
fn every_theme_tells_matches_and_the_current_one_apart_without_colours() {
    for name in ["terminal", "wafer-dark", "wafer-light", "high-contrast"] {
        let (theme, _) = Theme::load(name, std::path::Path::new("/nowhere"));
        let (mut stage, _, _) = reader();
        stage.paint_with(&theme, ColorDepth::None);
        stage.keys("/");
        stage.write("words");
        let picture = stage.draw(80, 24);
        let mut styles = std::collections::BTreeSet::new();
        for (y, row) in picture.rows().iter().enumerate().take(18) {
            let found = row.find("words").filter(|_| !row.contains(" /"));
            let Some(at) = found else { continue };
            let x = row.get(..at).map_or(0, |before| before.chars().count());
            let cell = &picture.buffer[(u16::try_from(x).unwrap(), u16::try_from(y).unwrap())];
            styles.insert(cell.modifier.bits());
        }
        assert_eq!(styles.len(), 2, "{name}: {styles:?}");
    }
}
