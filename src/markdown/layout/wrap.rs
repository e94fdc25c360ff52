//! Where a line of styled text breaks so that every row fits.
//!
//! Widths are those of the graphemes of each span alone, because that is how spans are drawn.

use std::ops::Range;

use crate::markdown::block::{Piece, Styled};
use crate::text::{graphemes, width};

/// Where rows may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrap {
    /// Between words; inside one only if it is wider than a row. Blanks at a break and at the start vanish.
    Words,
    /// The same, but blanks at the start stay.
    Indented,
    /// Anywhere, best between words; blanks stay.
    Code,
}

/// The byte ranges of the rows of `styled`: at least one. `first` and `rest` are columns, two at least.
pub(super) fn ranges(styled: &Styled, first: usize, rest: usize, how: Wrap) -> Vec<Range<usize>> {
    let text = styled.as_str();
    let mut rows = Rows {
        done: Vec::new(),
        start: 0,
        columns: 0,
        room: first,
        rest,
        chance: None,
        weak: None,
        is_in_indent: how == Wrap::Indented,
    };
    match (how, text.is_ascii()) {
        _ if text.is_ascii() && text.len() <= first && how == Wrap::Code => {
            rows.columns = text.len();
        }
        (Wrap::Code, true) => rows.add_all(ascii(text), Rows::add_code),
        (Wrap::Code, false) => rows.add_all(units(styled), Rows::add_code),
        (Wrap::Words | Wrap::Indented, true) => rows.add_all(ascii(text), Rows::add_word),
        (Wrap::Words | Wrap::Indented, false) => rows.add_all(units(styled), Rows::add_word),
    }
    rows.finish(text, how)
}

/// A piece of text that is not broken: where it begins, itself, its columns.
type Unit<'a> = (usize, &'a str, usize);

fn ascii(text: &str) -> impl Iterator<Item = Unit<'_>> {
    (0..text.len()).filter_map(|at| Some((at, text.get(at..=at)?, 1)))
}

/// Graphemes; those that are wider than two columns in parts, so that any row can hold a unit.
fn units(styled: &Styled) -> impl Iterator<Item = Unit<'_>> {
    let mut at = 0;
    styled
        .pieces()
        .flat_map(|piece| graphemes(piece.text))
        .flat_map(|(grapheme, columns)| parts(grapheme, columns))
        .map(move |(unit, columns)| {
            let start = at;
            at += unit.len();
            (start, unit, columns)
        })
}

/// A wide grapheme's characters, each with those after it that take no column: a row does not begin with a joiner.
fn parts(grapheme: &str, columns: usize) -> impl Iterator<Item = (&str, usize)> {
    let mut left = grapheme;
    std::iter::from_fn(move || {
        let takes_room = |c: char| width(c.encode_utf8(&mut [0; 4])) > 0;
        let next = match columns {
            0..=2 => None,
            _ => left.char_indices().skip(1).find(|(_, c)| takes_room(*c)),
        };
        let end = next.map_or(left.len(), |(at, _)| at);
        let (part, after) = left.split_at_checked(end)?;
        left = after;
        let part_columns = if columns > 2 { width(part) } else { columns };
        (!part.is_empty()).then_some((part, part_columns))
    })
}

/// A place where the row may end.
#[derive(Clone, Copy)]
struct Chance {
    /// Where the row would end.
    end: usize,
    /// Where the next would begin.
    next: usize,
    /// Columns from the start of the row to there.
    columns: usize,
}

struct Rows {
    done: Vec<Range<usize>>,
    start: usize,
    columns: usize,
    room: usize,
    rest: usize,
    chance: Option<Chance>,
    /// A place inside a long word, taken where there is no better one.
    weak: Option<Chance>,
    /// Nothing but blanks so far, and they count.
    is_in_indent: bool,
}

impl Rows {
    fn add_all<'a>(
        &mut self,
        units: impl Iterator<Item = Unit<'a>>,
        add: impl Fn(&mut Self, Unit<'a>, Option<char>),
    ) {
        let mut before = None;
        for unit in units {
            add(self, unit, before);
            before = unit.1.chars().next_back();
        }
    }

    /// The row may end before `at`.
    fn here(&self, at: usize) -> Chance {
        Chance {
            end: at,
            next: at,
            columns: self.columns,
        }
    }

    fn add(&mut self, (at, _, columns): Unit<'_>) {
        if self.columns + columns > self.room && at > self.start {
            self.end_row(at, at, self.columns);
        }
        self.columns += columns;
    }

    /// A unit of code: words stay whole unless that would leave much of the row empty.
    fn add_code(&mut self, unit: Unit<'_>, before: Option<char>) {
        let (at, text, columns) = unit;
        if at > self.start && before.is_some_and(|before| may_part_code(before, text)) {
            self.chance = Some(self.here(at));
        }
        if self.columns + columns > self.room
            && let Some(chance) = self.chance
            && chance.columns * 3 >= self.room * 2
        {
            self.end_row(chance.end, chance.next, chance.columns);
        }
        self.add(unit);
    }

    fn add_word(&mut self, unit: Unit<'_>, before: Option<char>) {
        let (at, text, columns) = unit;
        if text == "\n" {
            let chance = self.chance.filter(|_| before == Some(' '));
            let end = chance.map_or(at, |chance| chance.end).max(self.start);
            self.end_row(end, at + 1, self.columns);
            return;
        }
        if text == " " && self.is_in_indent {
            self.add(unit);
            return;
        }
        if text == " " {
            self.add_blank(at, before);
            return;
        }
        self.is_in_indent = false;
        if at > self.start && before.is_some_and(|before| may_break(before, text)) {
            self.chance = Some(self.here(at));
        } else if at > self.start && before.is_some_and(|before| may_part(before, text)) {
            self.weak = Some(self.here(at));
        }
        if self.columns + columns > self.room {
            let weak = self.weak.filter(|weak| self.is_worth(weak.columns));
            if let Some(chance) = self.chance.or(weak) {
                self.end_row(chance.end, chance.next, chance.columns);
            }
            // The rows after the first may be narrower.
            if self.columns + columns > self.room && at > self.start {
                self.end_row(at, at, self.columns);
            }
        }
        self.columns += columns;
    }

    /// Whether a word may be parted after so many columns: the row must not stay nearly empty.
    fn is_worth(&self, columns: usize) -> bool {
        columns > CRUMB && columns * 3 >= self.room
    }

    fn add_blank(&mut self, at: usize, before: Option<char>) {
        if at == self.start {
            self.start = at + 1;
            return;
        }
        self.columns += 1;
        let end = match self.chance {
            Some(chance) if before == Some(' ') => chance.end,
            _ => at,
        };
        self.chance = Some(Chance {
            end,
            next: at + 1,
            columns: self.columns,
        });
    }

    fn end_row(&mut self, end: usize, next: usize, columns: usize) {
        self.done.push(self.start..end);
        self.start = next;
        self.columns -= columns;
        self.room = self.rest;
        self.chance = None;
        self.weak = None;
    }

    fn finish(mut self, text: &str, how: Wrap) -> Vec<Range<usize>> {
        let rest = text.get(self.start..).unwrap_or_default();
        let kept = match how {
            Wrap::Words | Wrap::Indented => rest.trim_end_matches(' ').len(),
            Wrap::Code => rest.len(),
        };
        if kept > 0 || self.done.is_empty() {
            self.done.push(self.start..self.start + kept);
        }
        if how != Wrap::Code && self.rest > CRUMB {
            sweep(&mut self.done, text);
        }
        self.done
    }
}

/// Columns that do not stand alone in a row if the break before them can be moved.
const CRUMB: usize = 2;

/// Moves breaks inside words back where they leave one or two letters alone in a row.
fn sweep(rows: &mut [Range<usize>], text: &str) {
    for index in 1..rows.len() {
        let Some([before, row]) = rows
            .get_mut(index - 1..=index)
            .and_then(|two| two.as_mut_array::<2>())
        else {
            return;
        };
        if row.len() > CRUMB || row.start != before.end {
            continue;
        }
        let (Some(above), Some(crumb)) = (text.get(before.clone()), text.get(row.start..)) else {
            return;
        };
        let is_in_word = above
            .chars()
            .next_back()
            .is_some_and(|c| !may_break(c, crumb));
        // Of letters that take a column each, as few as make the row no crumb any more.
        let cut = above.len().saturating_sub(CRUMB + 1 - row.len());
        let moved = above.get(cut..).unwrap_or_default();
        if is_in_word && cut > CRUMB && moved.bytes().all(|b| b.is_ascii_graphic()) {
            before.end -= moved.len();
            row.start = before.end;
        }
    }
}

/// Whether a row may end between two characters without a blank: at ideographs, after a hyphen inside a word.
fn may_break(before: char, text: &str) -> bool {
    let Some(next) = text.chars().next() else {
        return false;
    };
    let is_wide = |c: char| matches!(c, '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}' | '\u{20000}'..='\u{3ffff}');
    match before {
        ' ' => false,
        '-' | '–' | '—' => next.is_alphabetic(),
        _ => {
            (is_wide(before) || is_wide(next))
                && !OPENING.contains(before)
                && !CLOSING.contains(next)
        }
    }
}

/// Whether a word that is wider than a row may be parted here: after the signs that part addresses, paths and calls,
/// and before a capital inside a name.
fn may_part(before: char, text: &str) -> bool {
    const SIGNS: &str = "/?&=#.,;:_-+%([{)]}<>|*~\\";
    let is_hump = before.is_lowercase() && text.starts_with(char::is_uppercase);
    is_hump || (SIGNS.contains(before) && text.starts_with(char::is_alphanumeric))
}

/// Whether a line of code may be parted here: before a word, after blanks and what lists its parts.
fn may_part_code(before: char, text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    matches!(before, ' ' | ',' | ';') || (!is_word(before) && text.starts_with(is_word))
}

/// What stays with the character after it.
const OPENING: &str = "([{（［｛「『【《〈〔“‘";

/// What stays with the character before it.
const CLOSING: &str = ")]},.;:!?、。，．；：！？）］｝」』】》〉〕”’…ー・々%％";

/// Cuts styled text along ascending ranges in one pass.
pub(super) struct Slices<'a> {
    pieces: Vec<Piece<'a>>,
    index: usize,
    /// Where the piece at `index` begins.
    at: usize,
}

impl<'a> Slices<'a> {
    pub(super) fn new(styled: &'a Styled) -> Self {
        Self {
            pieces: styled.pieces().collect(),
            index: 0,
            at: 0,
        }
    }

    pub(super) fn take(&mut self, range: Range<usize>, mut add: impl FnMut(Piece<'a>)) {
        while let Some(&piece) = self.pieces.get(self.index) {
            let end = self.at + piece.text.len();
            let from = range.start.clamp(self.at, end) - self.at;
            let to = range.end.clamp(self.at, end) - self.at;
            if let Some(text) = piece.text.get(from..to).filter(|text| !text.is_empty()) {
                add(Piece {
                    text,
                    from: piece.place_after(from),
                    ..piece
                });
            }
            if end > range.end {
                return;
            }
            self.index += 1;
            self.at = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markdown::block::Style;

    fn rows(text: &str, room: usize) -> Vec<&str> {
        let styled = Styled::new(text, Style::default());
        let rows = ranges(&styled, room, room, Wrap::Words);
        rows.into_iter().filter_map(|row| text.get(row)).collect()
    }

    #[test]
    fn words_part_at_their_signs() {
        assert_eq!(
            rows("function_name(argument_)", 8),
            ["function", "_name(", "argumen", "t_)"]
        );
        assert_eq!(
            rows("function_name(argument_)", 10),
            ["function_", "name(", "argument_)"]
        );
        assert_eq!(
            rows("https://example.org/a", 8),
            ["https://", "example.", "org/a"]
        );
        assert_eq!(rows("getElementById", 10), ["getElement", "ById"]);
    }

    #[test]
    fn no_crumb_of_a_word_stands_alone() {
        let words = [
            "https://example.org/some/path?with=query&more=1",
            "function_name(argument_one, argument_two)",
            "a_b_c_d_e_f_g_h_i_j_k",
            "std::collections::HashMap<String,Vec<u8>>",
            "Donaudampfschifffahrtsgesellschaft",
        ];
        for word in words {
            for room in 6..30 {
                let rows = rows(word, room);
                assert_eq!(rows.concat().replace(' ', ""), word.replace(' ', ""));
                let is_crumb = |row: &&str| row.len() < 3;
                assert!(!rows.iter().any(is_crumb), "{room}: {rows:?}");
                assert!(rows.iter().all(|row| row.len() <= room), "{room}: {rows:?}");
            }
        }
    }
}
