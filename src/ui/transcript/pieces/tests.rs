//! Where pieces begin: at lines, inside long ones at words, and always at the same places.

use super::*;

fn pieces(text: &str, bytes: usize) -> Vec<&str> {
    let mut pieces = Pieces::default();
    let mut end = 0;
    while !pieces.cover(text) {
        end = text.ceil_char_boundary(end + bytes);
        pieces.grow(text.get(..end).expect("a boundary"));
    }
    let ranges = (0..pieces.len()).map(|piece| pieces.range(piece));
    ranges
        .map(|range| text.get(range).expect("in the text"))
        .collect()
}

#[test]
fn lines_make_a_piece_by_number_and_by_length() {
    let short = "line\n".repeat(100);
    let lines: Vec<usize> = pieces(&short, 7)
        .iter()
        .map(|p| p.lines().count())
        .collect();
    assert_eq!(lines, [64, 36]);
    let long = format!("{}\n", "word ".repeat(500)).repeat(10);
    let lines: Vec<usize> = pieces(&long, 7_000)
        .iter()
        .map(|p| p.lines().count())
        .collect();
    assert_eq!(lines, [4, 4, 2]);
}

#[test]
fn a_line_without_end_is_parted_before_words_and_between_clusters() {
    for (text, begin) in [
        ("word ".repeat(20_000), "word "),
        ("  word".repeat(20_000), "word  "),
        ("👩‍👩‍👧‍👦".repeat(5_000), "👩‍👩‍👧‍👦"),
        ("漢字".repeat(20_000), ""),
        ("0".repeat(100_000), "0"),
        (" ".repeat(100_000), " "),
        (format!("a{}", "\u{301}".repeat(50_000)), ""),
    ] {
        let whole = pieces(&text, text.len());
        assert!(whole.len() > 5);
        assert!(whole.iter().all(|piece| piece.len() <= WINDOW));
        assert!(whole.iter().skip(1).all(|piece| piece.starts_with(begin)));
        for bytes in [1_000, 8_192, 9_217, 30_000] {
            assert_eq!(pieces(&text, bytes), whole);
        }
    }
}

#[test]
fn lines_after_a_long_one_begin_where_they_do_however_the_text_comes() {
    let long = "word ".repeat(2_000);
    let text = format!("one\n{long}\n{}two\n{long}\n\n", "three\n".repeat(70));
    let whole = pieces(&text, text.len());
    assert_eq!(whole.concat(), text);
    assert!(!whole.iter().any(|piece| piece.starts_with('\n')));
    for bytes in [1, 3, 1_000, 9_000] {
        assert_eq!(pieces(&text, bytes), whole);
    }
}
