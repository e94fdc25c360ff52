//! Texts that were once shown otherwise than they should be: most of them were found by seeded runs.
//!
//! What any text promises is tried in `tests/it/properties`.

use super::*;

/// A document that grows by a few characters, with a frame after each.
fn dripped(source: &str, characters: usize) -> Document {
    streamed(source, &[(characters, true)])
}

#[test]
fn what_is_clipped_ends_there() {
    let document = whole("[^漢]: > x\n");
    assert_eq!(picture(&document, 4), "[x\n");
}

#[test]
fn an_item_that_is_too_deep_counts() {
    let source = format!("5. one\n6. {}deep\n7. three\n", "> ".repeat(40));
    let document = whole(&source);
    assert_eq!(document.blocks()[1].kind, BlockKind::Plain);
    assert_eq!(
        document.blocks()[2].kind,
        BlockKind::ListItem { number: Some(7) }
    );
    assert_eq!(dripped(&source, 1).blocks(), document.blocks());
}

#[test]
fn short_limits_name_grammars_of_the_set() {
    let set = two_face::syntax::extra_newlines();
    for (name, _) in highlight::SHORT_LINE_LIMITS {
        assert!(set.find_syntax_by_name(name).is_some(), "{name}");
    }
}
