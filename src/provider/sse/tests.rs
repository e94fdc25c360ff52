//! Rule cases of the standard, each read whole, cut at every place and byte by byte; then any bytes in any pieces.
#![expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "denied in the decoder; a test that panics has failed"
)]

use proptest::prelude::*;

use super::{Decoder, EVENT_BYTES, TooLarge};

type Events = Vec<(String, String)>;

const TOO_LARGE: TooLarge = TooLarge { most: EVENT_BYTES };

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Events, Result<(), TooLarge>) {
    let mut decoder = Decoder::new();
    let mut events = Vec::new();
    let mut result = Ok(());
    for piece in pieces {
        result = decoder.push(piece, |e| {
            events.push((e.name.to_owned(), e.data.to_owned()));
        });
    }
    (events, result)
}

/// Expects `data` of message events, however the bytes are cut.
fn check(bytes: impl AsRef<[u8]>, expected: &[&str]) {
    let expected: Vec<_> = expected.iter().map(|d| ("message", *d)).collect();
    check_named(bytes.as_ref(), &expected);
}

fn check_named(bytes: &[u8], expected: &[(&str, &str)]) {
    let expected: Events = expected
        .iter()
        .map(|(n, d)| ((*n).to_owned(), (*d).to_owned()))
        .collect();
    let shown = String::from_utf8_lossy(bytes);
    assert_eq!(
        read([bytes]),
        (expected.clone(), Ok(())),
        "whole: {shown:?}"
    );
    for at in 0..=bytes.len() {
        let (head, tail) = bytes.split_at(at);
        assert_eq!(read([head, tail]).0, expected, "cut at {at}: {shown:?}");
    }
    assert_eq!(read(bytes.chunks(1)).0, expected, "bytewise: {shown:?}");
}

#[test]
fn line_ends_may_be_mixed() {
    check("data: a\n\ndata: b\n\n", &["a", "b"]);
    check("data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"]);
    check("data: a\r\rdata: b\r\r", &["a", "b"]);
    check(
        "data: a\r\n\ndata: b\n\r\ndata: c\r\n\rdata: d\n\r",
        &["a", "b", "c", "d"],
    );
    check("data: a\ndata: b\r\ndata: c\rdata: d\n\n", &["a\nb\nc\nd"]);
    check("\n\r\n\r\rdata: a\n\n\n\r\n", &["a"]);
}

#[test]
fn one_blank_after_the_colon_is_dropped() {
    check(
        "data:a\n\ndata: b\n\ndata:  c\n\ndata:\td\n\n",
        &["a", "b", " c", "\td"],
    );
    check("data: a: b\n\n", &["a: b"]);
}

#[test]
fn data_lines_are_joined() {
    check("data: YHOO\ndata: +2\ndata: 10\n\n", &["YHOO\n+2\n10"]);
    check("data\n\ndata\ndata\n\ndata:", &["", "\n"]);
    check("data:\n\ndata: \n\n", &["", ""]);
}

#[test]
fn comments_and_other_fields_are_read_over() {
    check(": hello\n\n:\n\n:: x\ndata: a\n: b\n\n", &["a"]);
    check(
        "id: 7\nretry: 1000\nother: x\ndata: a\nDATA: b\ndata : c\n\n",
        &["a"],
    );
    check("dat\na: x\n\n", &[]);
}

#[test]
fn the_type_holds_for_one_event() {
    check_named(
        b"event: error\ndata: a\n\ndata: b\n\n",
        &[("error", "a"), ("message", "b")],
    );
    check_named(
        b"data: a\nevent: late\n\nevent: lost\n\ndata: b\n\n",
        &[("late", "a"), ("message", "b")],
    );
    check_named(b"event: one\nevent: two\ndata: a\n\n", &[("two", "a")]);
}

#[test]
fn an_event_without_its_end_is_dropped() {
    check("data: a\n\ndata: b\n", &["a"]);
    check("data: a\n\ndata: b", &["a"]);
    check("data: a\r", &[]);
}

#[test]
fn a_mark_at_the_start_is_dropped_and_nowhere_else() {
    check("\u{feff}data: a\n\n", &["a"]);
    check("\u{feff}\u{feff}data: a\n\ndata: b\n\n", &["b"]);
    check("data: a\n\n\u{feff}data: b\n\n", &["a"]);
    check("data: \u{feff}a\n\n", &["\u{feff}a"]);
}

#[test]
fn split_characters_are_whole_again() {
    check("data: größe 語 🦀 e\u{301}\n\n", &["größe 語 🦀 e\u{301}"]);
}

#[test]
fn invalid_bytes_become_one_mark_for_each_maximal_subpart() {
    check(b"data: a\xffb\n\n", &["a\u{fffd}b"]);
    check(b"data: \xf0\x9f\xa6 x\n\n", &["\u{fffd} x"]);
    check(b"data: \xe8\xaa\ndata: \x9e\n\n", &["\u{fffd}\n\u{fffd}"]);
    check(b"data: \xed\xa0\x80\n\n", &["\u{fffd}\u{fffd}\u{fffd}"]);
    check(b"data: \0\x1b[31m\n\n", &["\0\u{1b}[31m"]);
}

#[test]
fn a_line_or_event_over_the_bound_ends_it_and_memory_stays_flat() {
    for start in ["data: ", ": ", "event: "] {
        let mut decoder = Decoder::new();
        assert_eq!(decoder.push(b"data: first\n\n", |_| {}), Ok(()));
        assert_eq!(decoder.push(start.as_bytes(), |_| {}), Ok(()));
        let piece = vec![b'x'; 64 << 10];
        let mut pushed = 0;
        while decoder.push(&piece, |_| panic!("no event")).is_ok() {
            pushed += piece.len();
            assert!(decoder.held() <= EVENT_BYTES);
            assert!(pushed <= EVENT_BYTES, "{start}");
        }
        assert_eq!(
            decoder.push(b"\n\ndata: a\n\n", |_| panic!("no event")),
            Err(TOO_LARGE)
        );
        assert_eq!(decoder.held(), 0);
    }
    let mut decoder = Decoder::new();
    let line = [b"data: ".as_slice(), &vec![b'x'; 1 << 20], b"\n"].concat();
    let taken = (0..8)
        .take_while(|_| decoder.push(&line, |_| {}).is_ok())
        .count();
    assert_eq!(taken, 3);
    let whole = [b"data: ".as_slice(), &vec![b'x'; EVENT_BYTES], b"\n\n"].concat();
    assert_eq!(read([whole.as_slice()]), (Vec::new(), Err(TOO_LARGE)));
}

#[test]
fn another_bound_is_kept_and_named() {
    let mut decoder = Decoder::bounded(1 << 10);
    assert_eq!(decoder.push(&[b':'; 1 << 10], |_| {}), Ok(()));
    let error = decoder.push(b":", |_| {}).unwrap_err();
    assert_eq!(error.to_string(), "event over 1 KiB");
}

#[test]
fn the_bound_is_the_same_however_bytes_come_and_counts_what_they_become() {
    // Each byte that is no text becomes three.
    for field in ["data: ", "event: "] {
        let line = [field.as_bytes(), &vec![b'\xff'; EVENT_BYTES / 2]].concat();
        let rest = b"\ndata: y\n\n".as_slice();
        let whole = [line.as_slice(), rest].concat();
        let too_large = (Vec::new(), Err(TOO_LARGE));
        assert_eq!(read([whole.as_slice()]), too_large);
        assert_eq!(read([line.as_slice(), rest]), too_large);
    }
    let mut decoder = Decoder::new();
    let name = format!("event: {}\n", "x".repeat(1 << 20));
    assert_eq!(decoder.push(name.as_bytes(), |_| {}), Ok(()));
    assert_eq!(decoder.held(), 1 << 20, "a type is held as well");
}

/// Fragments that meet in the awkward places, so that random joins find them.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"data: ".to_vec()),
        Just(b"data:".to_vec()),
        Just(b"data".to_vec()),
        Just(b"event: error".to_vec()),
        Just(b": note".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\n\n".to_vec()),
        Just(b"\xef\xbb\xbf".to_vec()),
        Just("語🦀".as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..4),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_chunking_gives_the_same_events(
        fragments in proptest::collection::vec(fragment(), 0..40),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let bytes = fragments.concat();
        let mut cuts: Vec<_> = cuts.iter().map(|c| c.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|w| &bytes[w[0]..w[1]]);
        let whole = read([bytes.as_slice()]);
        prop_assert_eq!(&read(pieces), &whole);
        prop_assert_eq!(&read(bytes.chunks(1)).0, &whole.0);
    }
}
