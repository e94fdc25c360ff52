//! Texts to try: bytes of no encoding, hostile Markdown, Unicode of every kind, real answers that were damaged.
//!
//! A [`Shape`] is a text that can have any length.

mod pieces;

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::support::Cuts;
pub(super) use pieces::UNICODE;
use pieces::{BYTES, MARKDOWN};

/// The answers of the mock: what models write.
static ANSWERS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = std::fs::read_dir("assets/mock").expect("the answers of the mock");
    let mut paths: Vec<_> = folder
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let read = |path| std::fs::read_to_string(path).expect("an answer");
    paths.into_iter().map(read).collect()
});

/// Any text at all.
pub(super) fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => markdown(),
        2 => unicode(),
        2 => damaged(),
        1 => bytes(),
        1 => prop::collection::vec(prop_oneof![markdown(), unicode(), bytes(), damaged()], 2..4)
            .prop_map(|texts| texts.concat()),
    ]
}

/// Cuts of any text: single characters, words, pages.
pub(super) fn cuts() -> impl Strategy<Value = Cuts> {
    let length = prop_oneof![Just(1_usize), 1..8_usize, 1..200_usize];
    prop::collection::vec((length, any::<bool>()), 1..12)
}

/// Bytes as a provider decodes them.
pub(super) fn bytes() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        2 => prop::collection::vec(any::<u8>(), 1..8),
        2 => select(BYTES).prop_map(<[u8]>::to_vec),
        1 => "[ -~\n]{0,8}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(piece, 0..40)
        .prop_map(|pieces| String::from_utf8_lossy(&pieces.concat()).into_owned())
}

/// Lines that change what stands around them, and units that are repeated.
pub(super) fn markdown() -> impl Strategy<Value = String> {
    let repeated = (select(MARKDOWN), 1..60_usize).prop_map(|(piece, count)| piece.repeat(count));
    let piece = prop_oneof![
        12 => select(MARKDOWN).prop_map(String::from),
        1 => repeated,
        2 => "[a-z]{1,9}( [a-z]{1,9}){0,3}",
        1 => "[ -~]{0,24}",
        1 => unicode_piece(),
    ];
    let before = select(
        &[
            "", "", "", "", "", "", "> ", "  ", "    ", "\t", "- ", "1. ", "| ", " - ", "> > ",
            "> - ", "      ",
        ][..],
    );
    let after = select(
        &[
            "\n", "\n", "\n", "\n", "\n\n", "\n\n", "\r\n", "\r", "\n\r\n", " ", "", "",
        ][..],
    );
    prop::collection::vec((before, piece, after), 0..40).prop_map(|lines| {
        let lines = lines
            .into_iter()
            .map(|(before, piece, after)| before.to_owned() + &piece + after);
        lines.collect()
    })
}

/// Characters of all kinds between marks of Markdown and blanks.
pub(super) fn unicode() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => unicode_piece(),
        2 => select(&[" ", "\n", "\t", "*", "**", "`", "~~", "_", "|", "a", "word", "- ", "\n\n"][..])
            .prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn unicode_piece() -> impl Strategy<Value = String> {
    let one_of = |from: char, to: char| proptest::char::range(from, to).prop_map(String::from);
    prop_oneof![
        12 => select(UNICODE).prop_map(String::from),
        2 => any::<char>().prop_map(String::from),
        1 => (select(UNICODE), prop_oneof![2..20_usize, Just(1000)])
            .prop_map(|(piece, count)| piece.repeat(count.min(3000 / piece.len()))),
        1 => one_of('\u{300}', '\u{36f}'),
        1 => one_of('\u{590}', '\u{8ff}'),
        1 => one_of('\u{900}', '\u{dff}'),
        1 => one_of('\u{e00}', '\u{1aff}'),
        1 => one_of('\u{2000}', '\u{2fff}'),
        1 => one_of('\u{1100}', '\u{11ff}'),
        1 => one_of('\u{fe00}', '\u{ffff}'),
        1 => one_of('\u{1f000}', '\u{1faff}'),
        1 => one_of('\u{e0000}', '\u{e01ff}'),
    ]
}

/// Pieces of real answers, with some of their bytes gone, doubled or replaced.
fn damaged() -> impl Strategy<Value = String> {
    let piece =
        (select(&ANSWERS[..]), any::<Index>(), 1..400_usize).prop_map(|(text, at, length)| {
            let from = text.floor_char_boundary(at.index(text.len()));
            let to = text.floor_char_boundary(from + length);
            text.get(from..to).unwrap_or_default().to_owned()
        });
    let damage = (
        any::<Index>(),
        0..12_usize,
        prop_oneof![
            Just(String::new()),
            select(MARKDOWN).prop_map(String::from),
            unicode_piece(),
        ],
    );
    (
        prop::collection::vec(piece, 1..6),
        prop::collection::vec(damage, 0..8),
    )
        .prop_map(|(pieces, damages)| {
            let mut text = pieces.concat();
            for (at, length, instead) in damages {
                let from = text.floor_char_boundary(at.index(text.len() + 1));
                let to = text.ceil_char_boundary((from + length).min(text.len()));
                text.replace_range(from..to, &instead);
            }
            text
        })
}

/// A text of any length: a start, a unit that is repeated, an end.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) start: String,
    pub(super) unit: String,
}

impl Shape {
    pub(super) fn of_size(&self, bytes: usize) -> String {
        let room = bytes.saturating_sub(self.start.len());
        let count = room / self.unit.len().max(1);
        format!("{}{}", self.start, self.unit.repeat(count.max(1)))
    }
}

/// Texts without an end that grew expensive somewhere, or might.
pub(super) fn shapes() -> Vec<Shape> {
    shapes_of(pieces::SHAPES)
}

/// Definitions of links without an end.
pub(super) fn definitions() -> Vec<Shape> {
    shapes_of(pieces::DEFINITIONS)
}

/// Single lines without an end that show nothing yet, or stand in a fence.
pub(super) fn long_lines() -> Vec<Shape> {
    shapes_of(pieces::LONG_LINES)
}

fn shapes_of(parts: &[(&str, &str)]) -> Vec<Shape> {
    let shape = |&(start, unit): &(&str, &str)| Shape {
        start: start.into(),
        unit: unit.into(),
    };
    parts.iter().map(shape).collect()
}

/// Shapes that nobody thought of.
pub(super) fn any_shape() -> impl Strategy<Value = Shape> {
    let piece = || {
        prop_oneof![
            4 => select(MARKDOWN).prop_map(String::from),
            1 => select(UNICODE).prop_map(String::from),
            1 => "[ -~]{1,6}",
        ]
    };
    let end = select(&["", " ", "\n", "\n", "\n\n"][..]);
    let start = prop::collection::vec(piece(), 0..3).prop_map(|pieces| pieces.concat());
    let unit = prop::collection::vec((piece(), end), 1..4).prop_map(|parts| {
        let joined = parts.into_iter().map(|(piece, end)| piece + end);
        joined.collect::<String>()
    });
    (start, unit).prop_map(|(start, unit)| Shape { start, unit })
}
