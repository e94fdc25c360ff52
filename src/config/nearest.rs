//! The known name that a misspelt one is closest to.
//!
//! Which names are known is the caller's.

use std::iter;

/// The nearest of `known`, if it is near enough to be worth a suggestion: a third of the letters may differ.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A cap, since the word is somebody's text and the cost is quadratic.
    let word: Vec<char> = word.to_lowercase().chars().take(64).collect();
    let most = (word.len() / 3).max(1);
    known
        .into_iter()
        // So many letters differ at least; most names are out by that alone.
        .filter(|name| name.chars().count().abs_diff(word.len()) <= most)
        .map(|name| (distance(&word, name), name))
        .filter(|&(distance, _)| distance <= most)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one into the other.
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous: Option<char> = None;
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        let lefts = iter::once(None).chain(b.iter().copied().map(Some));
        for (j, (&y, left)) in b.iter().zip(lefts).enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut cost = (at(&last, j) + usize::from(x != y))
                .min(at(&last, j + 1) + 1)
                .min(at(&row, j) + 1);
            if previous == Some(y) && left == Some(x) {
                cost = cost.min(at(&before_last, j.saturating_sub(1)) + 1);
            }
            row.push(cost);
        }
        before_last = std::mem::replace(&mut last, row);
        previous = Some(x);
    }
    last.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_is_near_and_nothing_else() {
        let known = ["timeout", "theme", "max_retries", "model", "mouse"];
        for (word, expected) in [
            ("timeuot", Some("timeout")),
            ("tmeout", Some("timeout")),
            ("Theme", Some("theme")),
            ("max-retries", Some("max_retries")),
            ("modell", Some("model")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("ab", "ba", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(
                distance(&a.chars().collect::<Vec<_>>(), b),
                expected,
                "{a} {b}"
            );
        }
    }
}
