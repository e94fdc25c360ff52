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
