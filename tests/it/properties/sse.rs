//! Server-sent events: any bytes in any pieces give what the standard says, and no more is held than has come.
//!
//! What the standard says is written down here once more, for bytes that are there as a whole.

use std::sync::LazyLock;

use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
};
use waferdeck::provider::sse::{Decoder, EVENT_BYTES, TooLarge};

use super::{
    damage::{damaged, pieces},
    seeds::try_with,
};

type Events = Vec<(String, String)>;

/// Streams as they were recorded, and as other servers write them.
static CORPUS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let names = ["plain", "reasoning", "tool_call", "mid_stream_error"];
    let recorded = names.map(|name| {
        let path = format!("tests/data/wire/{name}.sse");
        std::fs::read(path).expect("a recorded stream")
    });
    let written = [
        &b"\xef\xbb\xbfdata: a\n\nevent: error\r\ndata: {}\r\n\r\n"[..],
        b": keep-alive\n\nid: 7\nretry: 10\ndata:a\ndata: b\n\ndata\n\n",
        b"data: a\r\rdata: b\r\r\ndata: \xe8\xaa\x9e\xf0\x9f\xa6\x80\n\n",
    ];
    let written = written.into_iter().map(<[u8]>::to_vec);
    recorded.into_iter().chain(written).collect()
});

#[rustfmt::skip]
const WORDS: &[&[u8]] = &[
    b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", b"\r\r", b"\n\r", b"data", b"data:", b"data: ", b"data:  ", b"event",
    b"event:", b"event: error\n", b"event: \n", b"id: 1\n", b"retry: 1\n", b":", b": ", b": x\n", b" ", b"\t", b"\0",
    b"\xef\xbb\xbf", b"\xef\xbb", b"\xff", b"\xf0\x9f\xa6\x80", b"\xf0\x9f", b"\x80", b"\xed\xa0\x80", b"[DONE]",
    b"data: [DONE]\n\n", b"DATA: x\n", b"dat", b"a: x\n",
];

/// What goes on and on.
#[rustfmt::skip]
const UNITS: &[&[u8]] = &[
    b"x", b"\xff", b"\xe8\xaa\x9e", b"\ndata: ", b"\ndata: \xff\xff", b"\nevent: \xff", b"\n: ", b"\r\ndata", b"\n\n", b"\r",
];

/// Any bytes, in any pieces; now and then something that goes on beyond the bound.
pub(super) fn target(seed: u64) {
    let cuts = || vec(any::<Index>(), 0..12);
    let small = (damaged(&CORPUS, WORDS, 12), cuts());
    try_with(seed, 48, &small, |(bytes, cuts)| check(&bytes, &cuts, true));
    let unit = select(UNITS);
    let start = prop_oneof![
        Just("data: "),
        Just("event: "),
        Just(": "),
        Just("data: x\n")
    ];
    let size = prop_oneof![
        EVENT_BYTES / 3 - 8..EVENT_BYTES / 3 + 8,
        EVENT_BYTES - 16..EVENT_BYTES + 16,
        0..2 * EVENT_BYTES
    ];
    let large = (damaged(&CORPUS, WORDS, 2), start, unit, size, cuts());
    try_with(seed, 1, &large, |(mut bytes, start, unit, size, cuts)| {
        bytes.extend_from_slice(start.as_bytes());
        bytes.extend(unit.repeat(size / unit.len()));
        bytes.extend_from_slice(b"\ndata: y\n\ndata: z\n\n");
        check(&bytes, &cuts, false);
    });
}

fn check(bytes: &[u8], cuts: &[Index], also_bytewise: bool) {
    let expected = expected(bytes);
    assert!(read(&[bytes]) == expected, "whole");
    assert!(read(&pieces(bytes, cuts)) == expected, "in pieces");
    if also_bytewise {
        let bytewise: Vec<&[u8]> = bytes.chunks(1).collect();
        assert!(read(&bytewise) == expected, "byte by byte");
    }
}

/// The events of the decoder, with what is held watched after every piece.
fn read(pieces: &[&[u8]]) -> (Events, Result<(), TooLarge>) {
    let mut decoder = Decoder::new();
    let mut events = Events::new();
    let mut result = Ok(());
    let mut come = 0;
    for piece in pieces {
        result = decoder.push(piece, |event| {
            events.push((event.name.to_owned(), event.data.to_owned()));
        });
        come += piece.len();
        // A byte that is no text becomes the three of U+FFFD, and a line without text a line break.
        assert!(decoder.held() <= 3 * come, "{} of {come}", decoder.held());
        assert!(decoder.held() <= 3 * EVENT_BYTES, "{} held", decoder.held());
        assert!(result.is_ok() || decoder.held() == 0, "held after the end");
    }
    (events, result)
}

/// What the standard makes of bytes, and that it ends with a line, a type or an event over the bound.
fn expected(bytes: &[u8]) -> (Events, Result<(), TooLarge>) {
    let mut events = Events::new();
    let (mut name, mut data) = (String::new(), String::new());
    let mut rest = bytes;
    let mut is_first = true;
    loop {
        let end = rest.iter().position(|b| matches!(b, b'\n' | b'\r'));
        let length = end.unwrap_or(rest.len());
        let line = &rest[..length];
        if length > EVENT_BYTES {
            return (events, Err(TooLarge { most: EVENT_BYTES }));
        }
        // A line that has not ended is no line.
        let Some(end) = end else {
            return (events, Ok(()));
        };
        rest = &rest[end..];
        rest = &rest[if rest.starts_with(b"\r\n") { 2 } else { 1 }..];
        let line = match line.strip_prefix(b"\xef\xbb\xbf") {
            Some(line) if is_first => line,
            _ => line,
        };
        is_first = false;
        if line.is_empty() {
            if let Some(data) = data.strip_suffix('\n') {
                let name = if name.is_empty() { "message" } else { &name };
                events.push((name.to_owned(), data.to_owned()));
            }
            name.clear();
            data.clear();
            continue;
        }
        let colon = line.iter().position(|&b| b == b':');
        let (field, value) = match colon {
            Some(at) => (&line[..at], &line[at + 1..]),
            None => (line, &b""[..]),
        };
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
        match field {
            b"data" => {
                data.push_str(&value);
                data.push('\n');
            }
            b"event" => name = value.into_owned(),
            _ => {}
        }
        if data.len().max(name.len()) > EVENT_BYTES {
            return (events, Err(TooLarge { most: EVENT_BYTES }));
        }
    }
}
