//! Texts that were once shown otherwise than they should be: most of them were found by seeded runs.
//!
//! What any text promises is tried in `tests/it/properties`.

use super::*;

#[test]
fn what_is_clipped_ends_there() {
    let document = whole("[^漢]: > x\n");
    assert_eq!(picture(&document, 4), "[x\n");
}

#[test]
fn short_limits_name_grammars_of_the_set() {
    let set = two_face::syntax::extra_newlines();
    for (name, _) in highlight::SHORT_LINE_LIMITS {
        assert!(set.find_syntax_by_name(name).is_some(), "{name}");
    }
}
