//! Texts that seeded runs by hand have found, in their smallest form.
//!
//! What any text promises is tried in `tests/it/properties`.

use super::*;

/// What grew by one character a frame looks like what came at once.
#[track_caller]
fn check_streamed(source: &str) {
    let (streamed, whole) = (streamed(source, &[(1, true)]), whole(source));
    assert_eq!(picture(&streamed, 40), picture(&whole, 40));
    assert_eq!(streamed.blocks(), whole.blocks());
}

#[test]
fn a_part_begins_on_the_line_of_an_item_behind_a_tab() {
    for tab in ["\t", "\t ", "  \t"] {
        let words = "word ".repeat(120);
        let source = format!("- #{words}\n=== * other\n{tab}- tab\nlazy\n  ```\n7) seven\n");
        check_streamed(&source);
        let document = whole(&source);
        let begins = source.find("other\n").expect("it is there") + "other\n".len();
        assert_eq!(document.blocks()[1].source.start, begins);
        assert_eq!(
            document.blocks().last().expect("a block").kind,
            BlockKind::ListItem { number: Some(7) }
        );
    }
}

#[test]
fn no_line_with_a_tab_closes_a_fence() {
    for after in ["", "after\n", "```\n", "~~~\nafter\n"] {
        let source = format!("~~~\n   x\n   ~~~\t\n{after}");
        check_streamed(&source);
        let code = after.split("~~~").next().expect("a first part");
        let shown: String = picture(&whole(&source), 40).replace("│ ", "");
        assert!(shown.contains(&format!("~~~\n{code}")), "{shown}");
    }
}

#[test]
fn blank_lines_without_an_end_cost_nothing_but_to_be_there() {
    for start in [
        "    ```",
        "``` `",
        "- a",
        "text",
        "[a]: b",
        "> a",
        "<div>",
        "- ```\n  x\n  ```",
    ] {
        for unit in ["\r\n", "\n", " \n", "\n\t\n"] {
            let mut document = Document::new();
            document.push(start);
            for _ in 0..400 {
                document.push(&unit.repeat(60));
                document.advance();
            }
            let length = document.source().len() as u64;
            assert!(
                document.work() < 4 * length,
                "{start:?} {unit:?} {} {}",
                document.work(),
                length
            );
            document.push("more\n");
            document.advance();
            document.finish();
            document.advance();
            assert_eq!(document.blocks(), whole(document.source()).blocks());
        }
    }
}

#[test]
fn blank_lines_look_as_if_they_came_at_once() {
    for start in [
        "    code",
        "- a",
        "- a\n  ```\n  x",
        "> ```\n> x",
        "<!-- a",
        "<div>",
        "[a]: b",
        "[^1]: a",
        "| a |\n|---|",
        "- \\[\n  x",
        "text\n===",
        "- ~~~",
        "1. a\n   <!--\n",
        "-",
    ] {
        for unit in ["\n", "\n  ", "\n    ", "\n\t\n", "  \n>\n"] {
            let mut grown = Document::new();
            grown.push(start);
            for (index, piece) in [unit].iter().cycle().take(24).enumerate() {
                grown.push(piece);
                if index == 20 {
                    grown.push("x");
                }
                grown.advance();
                let mut fresh = Document::new();
                fresh.push(grown.source());
                fresh.advance();
                assert_eq!(grown.blocks(), fresh.blocks(), "{:?}", grown.source());
            }
        }
    }
}

#[test]
fn a_line_without_an_end_below_what_may_be_latex_is_a_block_of_its_own() {
    for words in ["x", "\u{200b}", "- ", "=", "word "] {
        let source = format!("    $$\n{}\n", words.repeat(12_000 / words.len()));
        assert_eq!(
            streamed(&source, &[(997, true)]).blocks(),
            whole(&source).blocks()
        );
    }
}

#[test]
fn no_cluster_is_shown_in_two_parts_while_the_text_is_read_elsewhere() {
    let family = "👩\u{200d}👩\u{200d}👧\u{200d}👦";
    let source = family.repeat(9_000);
    for around in [0, 60_000, 60_001, 60_011, 120_002] {
        let mut document = Document::new();
        document.push(&source);
        document.glimpse(around);
        for block in document.blocks() {
            assert_eq!(block.source.start % family.len(), 0, "from {around}");
        }
    }
}
