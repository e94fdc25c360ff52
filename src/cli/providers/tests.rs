//! Profiles become providers: every setting does what the manual says, and what falls back says so everywhere.
//! What the waits and retries themselves are like is the provider's own tests' business.

mod adopting;
mod fallback;
mod limits;
mod settings;
mod shared_keys;
mod world;

use super::{key::shell_words, *};

#[test]
fn the_models_of_the_mock_are_known_and_those_that_are_gone_are_not_offered() {
    let known = models_of_mock();
    assert_eq!(known.source, CatalogueSource::Live);
    let offered: Vec<_> = known.offered().map(|m| m.id.as_str()).collect();
    let served: Vec<_> = crate::mock::MODELS.iter().map(|m| m.id).collect();
    assert_eq!(offered, served);
    assert!(known.models.len() > offered.len());
}

#[test]
fn words_survive_the_shell() {
    let words = ["pass".to_owned(), "it's $HOME".to_owned()];
    assert_eq!(shell_words(&words), r"'pass' 'it'\''s $HOME'");
}
