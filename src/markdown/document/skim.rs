//! A quick look along lines for places where the text may be read from: probably a block begins there.
//!
//! It only tells fences from the rest, so it may be wrong; whoever reads from such a place shows it for a moment.

use crate::markdown::fence::{Opener, PIECE};

/// Bytes between two places, at least.
const SPACING: usize = 1024;
/// Bytes after which an item of a list will do.
const FAR: usize = 4 * SPACING;

/// Where reading may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) at: usize,
    /// The fence that is open there: where it begins, and the lines of code before the place.
    pub(super) fence: Option<(usize, usize)>,
}

/// How far the lines were looked along.
#[derive(Debug)]
pub(super) struct Skim {
    at: usize,
    fence: Option<Open>,
    is_after_blank: bool,
    /// Lines with blanks before them belong to an item of a list, and the next line without ends it.
    is_in_item: bool,
    /// In the order of the text.
    places: Vec<Place>,
}

/// A fence that is open.
#[derive(Debug)]
struct Open {
    opener: Opener,
    start: usize,
    lines: usize,
    /// Whether it can be read from its middle: those in lists and quotes cannot.
    is_top: bool,
}

impl Skim {
    /// Begins at a place that is known to be one.
    pub(super) fn new(source: &str, place: Place) -> Self {
        let fence = place.fence.and_then(|(start, lines)| {
            Some(Open {
                opener: Opener::parse(source.get(start..)?)?,
                start,
                lines,
                is_top: true,
            })
        });
        Self {
            at: place.at,
            fence,
            is_after_blank: false,
            is_in_item: false,
            places: vec![place],
        }
    }

    /// Looks along the complete lines that are new.
    pub(super) fn read(&mut self, source: &str) {
        let rest = source.get(self.at..).unwrap_or_default();
        let begin = self.at;
        let mut from = 0;
        for newline in memchr::memchr_iter(b'\n', rest.as_bytes()) {
            let line = rest.get(from..newline).unwrap_or_default();
            self.line(line, begin + from);
            from = newline + 1;
            self.at = begin + from;
        }
    }

    fn line(&mut self, line: &str, at: usize) {
        if let Some(open) = &mut self.fence {
            if open.opener.is_closed_by(line) {
                self.fence = None;
                self.is_after_blank = true;
                return;
            }
            if open.is_top && open.lines > 0 && open.lines.is_multiple_of(PIECE) {
                let fence = Some((open.start, open.lines));
                self.places.push(Place { at, fence });
            }
            open.lines += 1;
            return;
        }
        if line.trim_ascii().is_empty() {
            self.is_after_blank = true;
            return;
        }
        let gone = self.places.last().map_or(at, |place| at - place.at);
        let first = first_of(line);
        let opens = opens_fence(line) && !(self.is_in_item && first == First::Inner);
        self.is_in_item = match first {
            First::Inner => self.is_in_item,
            First::Item => true,
            First::Heading => false,
            First::Text => self.is_in_item && !self.is_after_blank && !opens,
        };
        let is_place = match first {
            First::Inner => false,
            First::Item => gone >= FAR,
            First::Heading => gone >= SPACING,
            First::Text => gone >= SPACING && (self.is_after_blank || opens),
        };
        if is_place {
            self.places.push(Place { at, fence: None });
        }
        if opens && let Some(opener) = Opener::parse(line.trim_start_matches(' ')) {
            self.fence = Some(Open {
                opener,
                start: at,
                lines: 0,
                is_top: !line.starts_with(' '),
            });
        }
        self.is_after_blank = false;
    }

    /// The last place before `at`.
    pub(super) fn before(&self, at: usize) -> Option<Place> {
        let after = self.places.partition_point(|place| place.at <= at);
        after
            .checked_sub(1)
            .and_then(|last| self.places.get(last))
            .copied()
    }
}

/// Where to begin to read code so that from `at` on it is found as it is from the start of the text.
pub(in crate::markdown) fn beginning(source: &str, at: usize) -> usize {
    let at = source.floor_char_boundary(at);
    let mut skim = Skim::new(source, Place { at: 0, fence: None });
    skim.read(source.get(..at).unwrap_or_default());
    let place = skim.before(at);
    place.map_or(0, |place| place.fence.map_or(place.at, |(start, _)| start))
}

/// What a line begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    /// Blanks: it belongs to something above.
    Inner,
    Item,
    Heading,
    Text,
}

fn first_of(line: &str) -> First {
    let bytes = line.as_bytes();
    let is_marked = |rest: Option<&u8>| rest.is_none_or(|&c| c == b' ' || c == b'\t');
    match bytes.first() {
        Some(b' ' | b'\t') => First::Inner,
        Some(b'-' | b'*' | b'+') if is_marked(bytes.get(1)) => First::Item,
        Some(b'#') => First::Heading,
        Some(c) if c.is_ascii_digit() => {
            let digits = bytes.iter().take_while(|c| c.is_ascii_digit()).count();
            match bytes.get(digits) {
                Some(b'.' | b')') if is_marked(bytes.get(digits + 1)) => First::Item,
                _ => First::Text,
            }
        }
        _ => First::Text,
    }
}

/// At most three columns of indent, three marks or more, and after backticks no other one.
pub(super) fn opens_fence(line: &str) -> bool {
    let rest = line.trim_start_matches(' ');
    if line.len() - rest.len() > 3 {
        return false;
    }
    let Some(marker) = rest.chars().next().filter(|c| matches!(c, '`' | '~')) else {
        return false;
    };
    let after = rest.trim_start_matches(marker);
    rest.len() - after.len() >= 3 && (marker == '~' || !after.contains('`'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Place = Place { at: 0, fence: None };

    fn places(source: &str) -> Vec<Place> {
        let mut skim = Skim::new(source, START);
        for end in (0..=source.len()).step_by(100) {
            skim.read(source.get(..end).expect("ascii"));
        }
        skim.read(source);
        skim.places
    }

    #[test]
    fn reading_begins_after_blank_lines_and_not_too_often() {
        let paragraph = format!("{}\n\n", "word ".repeat(100));
        let found = places(&paragraph.repeat(9));
        let starts: Vec<usize> = found.iter().map(|place| place.at).collect();
        assert_eq!(starts, [0, 3 * 502, 6 * 502]);
    }

    #[test]
    fn code_is_read_from_where_its_pieces_begin() {
        let source = format!("text\n\n```rust\n{}```\n\n", "let x;\n\n".repeat(100));
        let found = places(&source);
        let fence = |lines| Place {
            at: 14 + lines * 4,
            fence: Some((6, lines)),
        };
        assert_eq!(found, [START, fence(64), fence(128), fence(192)]);
        let skim = Skim::new(&source, fence(64));
        assert_eq!(skim.before(1_000), Some(fence(64)));
    }

    #[test]
    fn neither_nested_code_nor_the_middle_of_a_table_is_a_place() {
        let nested = format!("- item\n\n  ```\n{}  ```\n", "  x\n\n  y\n".repeat(1_000));
        assert_eq!(places(&nested), [START]);
        let table = format!("| a |\n|---|\n{}", "| b |\n".repeat(1_000));
        assert_eq!(places(&table), [START]);
    }

    #[test]
    fn code_in_items_and_deep_indents_opens_nothing_outside() {
        let text = format!("\n\n{}", "word ".repeat(300));
        for before in [
            "- ```\n  x\n  ```",
            "1. a\n\n   ```sh\n   x",
            "- a\nlazy\n  ```\n  x",
            "[^1]: a\n\n    ```\n    x",
            "> ```\n> x",
        ] {
            let source = format!("{before}{text}{text}{text}\n");
            let last = source.rfind("\n\n").expect("text") + 2;
            assert_eq!(beginning(&source, source.len()), last, "{before:?}");
        }
        let source = format!("{text}{text}\n- a\n```sh\n{text}{text}");
        let opener = source.find("```").expect("a fence");
        assert_eq!(beginning(&source, source.len()), opener, "read whole");
    }

    #[test]
    fn of_a_long_list_some_items_are() {
        let found = places(&"12. word word word\n".repeat(1_000));
        assert!((4..6).contains(&found.len()), "{found:?}");
    }
}
