//! Any session file, tried with seeds: each whole record in it is read, once and in order, and what was read can be
//! shown, exported, copied and written on.
//!
//! The plain kinds of damage are tested one by one in `damage`.

use std::{collections::HashSet, sync::LazyLock};

use proptest::{collection::vec, prelude::*, sample::Index};

use super::{
    super::{
        record::{self, Record},
        *,
    },
    world::{Dice, PATIENCE, World, answer_to, blank, end_of, prompt, session, text},
    *,
};
use crate::{
    chat::Conversation,
    damage::damaged,
    seeds::{a_few, by_hand, try_with},
    text::SafeText,
};

#[test]
fn session_files() {
    a_few(target);
}

#[test]
#[ignore = "by hand: runs as long as WAFERDECK_FUZZ_SECONDS says"]
fn session_files_by_hand() {
    println!("{}", by_hand("session files", target));
}

/// Sessions of every shape, as they stand on disk.
static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let saved = |sample: &Session| World::new().saved(sample);
    let mut files: Vec<_> = (0..8).map(|seed| saved(&session(seed, 3))).collect();
    files.push(streamed());
    files
});

/// What the damage of a line's content is made of: the text of a record without its checksum.
static LINES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let lines = FILES.iter().flat_map(|file| file.split(|&b| b == b'\n'));
    let bodies = lines.filter_map(|line| Some(line.get(..line.len().checked_sub(SEAL)?)?.to_vec()));
    bodies.collect()
});

/// Bytes of `,"crc32c":"xxxxxxxx"}`.
const SEAL: usize = 21;

/// A session as the writer leaves it after two answers at a time.
fn streamed() -> Vec<u8> {
    let world = World::new();
    let store = world.store();
    let mut dice = Dice::new(77);
    let sample = blank(77);
    let writer = store.writer(&sample, false, world.events()).unwrap();
    let (turn, ask) = prompt(&mut dice, &sample, "hello");
    writer.append(ask);
    let answers = [(); 2].map(|()| answer_to(&mut dice, turn));
    for (_, record) in &answers {
        writer.append(record.clone());
    }
    for number in 0..6 {
        for (answer, _) in &answers {
            writer.delta(*answer, &text("Once upon\n", 1_000 * number));
        }
    }
    writer.append(end_of(answers[0].0));
    assert!(writer.close(PATIENCE));
    fs::read(world.path(sample.id, 1)).unwrap()
}

#[rustfmt::skip]
const BYTES: &[&[u8]] = &[
    b"\n", b"\n\n", b"\r\n", b"\r", b"\0", b"\0\0\0\0\0\0\0\0", b"\xff", b"{}\n", b",\"crc32c\":\"00000000\"}\n", b"{\"v\":1}\n",
    b"\xef\xbb\xbf", b"x", b" ",
];

#[rustfmt::skip]
const WORDS: &[&[u8]] = &[
    b"{", b"}", b"[", b"]", b",", b":", b"\"", b"null", b"true", b"0", b"-1", b"1.5", b"1e300", b"4294967295", b"4294967296",
    b"18446744073709551615", b"-9223372036854775808", b"9223372036854775807", b"\"\"", b"\\ud83d", b"\\u0000", b"\\u202e",
    b"\"v\":2,", b"\"v\":0,", b"\"seq\":0,", b"\"seq\":18446744073709551615,", b"\"at\":18446744073709551615,", b"\"kind\":\"dream\",",
    b"\"kind\":\"end\",", b"\"kind\":\"delta\",", b"[9223372036854775807,4294967295,9223372036854775807,1]", b"[-1,0]", b"[1]",
    b"00000000-0000-0000-0000-000000000000", b"\"state\":\"complete\",", b"\"state\":\"damaged\",", b"\"sample\":4294967295,",
];

/// A file of which bytes were changed, a file whose records were changed with care, and a file that goes on in another.
fn target(seed: u64) {
    try_with(seed, 12, &damaged(&FILES, BYTES, 6), |bytes| {
        check(&[bytes], false);
    });
    let cut = (
        damaged(&FILES, BYTES, 4),
        damaged(&FILES, BYTES, 2),
        any::<Index>(),
    );
    try_with(seed, 6, &cut, |(first, second, at)| {
        // The second file repeats the end of the first.
        let from = at.index(second.len() + 1);
        let from = second[..from].iter().rposition(|&b| b == b'\n');
        let from = from.map_or(0, |at| at + 1);
        check(&[first, second[from..].to_vec()], false);
    });
    let place = (any::<Index>(), damaged(&LINES, WORDS, 3));
    let forged = (damaged(&FILES, BYTES, 1), vec(place, 1..4));
    try_with(seed, 16, &forged, |(mut bytes, lines)| {
        for (at, body) in lines {
            let at = at.index(bytes.len() + 1);
            let at = bytes[..at].iter().rposition(|&b| b == b'\n');
            let at = at.map_or(0, |at| at + 1);
            bytes.splice(at..at, sealed(&body));
        }
        check(&[bytes], true);
    });
}

/// A line with a checksum that fits.
fn sealed(body: &[u8]) -> Vec<u8> {
    let body: Vec<u8> = body.iter().copied().filter(|&b| b != b'\n').collect();
    let seal = format!(",\"crc32c\":\"{:08x}\"}}\n", crc32c::crc32c(&body));
    [body, seal.into_bytes()].concat()
}

/// The records that lines with a fitting checksum hold, each once.
fn whole(files: &[Vec<u8>]) -> Vec<Record> {
    let mut seen = HashSet::new();
    let lines = files.iter().flat_map(|file| file.split(|&b| b == b'\n'));
    let records = lines.filter_map(|line| {
        let line = record::decode(line).ok()?;
        seen.insert((line.seq, line.crc)).then_some(line.record?)
    });
    records.collect()
}

fn check(files: &[Vec<u8>], is_forged: bool) {
    let world = World::new();
    let store = world.store();
    let sample = blank(1);
    world.saved(&sample);
    for (number, bytes) in (1..).zip(files) {
        fs::write(world.path(sample.id, number), bytes).unwrap();
    }
    let read = world.records(sample.id);
    let mut expected = whole(files);
    if files.len() == 1 {
        assert_eq!(read, expected);
    } else {
        // Two files are joined by number.
        let words = |records: &[Record]| {
            let mut words: Vec<_> = records.iter().map(|r| format!("{r:?}")).collect();
            words.sort();
            words
        };
        assert_eq!(words(&read), words(&expected));
        expected.clone_from(&read);
    }

    let heads = store.list().unwrap();
    assert_eq!(heads.len(), 1);
    store.preview(sample.id).unwrap();
    let loaded = store.load(sample.id).unwrap();
    assert_eq!(loaded.session.id, sample.id);
    for complaint in &loaded.complaints {
        let said = complaint.to_string();
        assert!(complaint.count > 0 && said.len() < 2_000);
        assert_eq!(SafeText::line(&said).as_str(), said);
    }
    assert_texts(&expected, &loaded.session);
    markdown_with_reasoning(&loaded.session);
    json(&loaded.session);
    let _ = store.account();
    check_copy(&loaded, is_forged);
    check_writing_on(&world, &loaded, &expected);
}

/// Every text that is in a record is in the session.
fn assert_texts(records: &[Record], session: &Session) {
    let turns = || session.conversations.iter().flat_map(Conversation::turns);
    for record in records {
        match record {
            Record::Turn { id, text, .. } => {
                let is_there = turns().any(|turn| turn.id == *id);
                assert!(is_there, "a turn is lost: {text:?}");
            }
            Record::Delta {
                answer,
                text,
                channel,
                ..
            } => {
                let answers = || turns().flat_map(|turn| &turn.answers);
                let answer = answers().find(|a| a.id == *answer).expect("an answer");
                let all = match channel {
                    crate::metrics::Channel::Content => &answer.content,
                    crate::metrics::Channel::Reasoning => &answer.reasoning,
                };
                assert!(all.contains(&**text), "text is lost: {text:?}");
            }
            _ => {}
        }
    }
}

/// What was loaded is saved as it is, and comes back: all of it, or its texts where a record contradicts itself.
fn check_copy(loaded: &Loaded, is_forged: bool) {
    let world = World::new();
    world.saved(&loaded.session);
    let copy = world.store().load(loaded.session.id).unwrap();
    assert_eq!(copy.complaints, []);
    assert_eq!(texts(&copy.session), texts(&loaded.session));
    assert!(is_forged || copy.session == loaded.session);
}

/// What was asked and what was answered, in order.
fn texts(session: &Session) -> Vec<[&str; 3]> {
    let turns = session.conversations.iter().flat_map(Conversation::turns);
    let texts = turns.flat_map(|turn| {
        let answers = turn.answers.iter();
        let answers = answers.map(|a| ["answer", &*a.content, &*a.reasoning]);
        std::iter::once(["prompt", &*turn.text, ""]).chain(answers)
    });
    texts.collect()
}

/// Writing goes on behind all that is there, and nothing of it goes away.
fn check_writing_on(world: &World, loaded: &Loaded, before: &[Record]) {
    let note = Record::Note {
        answer: None,
        text: "after".to_owned(),
    };
    match world.store().writer(&loaded.session, true, world.events()) {
        Ok(writer) => {
            writer.append(note.clone());
            assert!(writer.close(PATIENCE));
            let after = world.records(loaded.session.id);
            assert!(after.contains(&note));
            let ours = |record: &&Record| {
                !matches!(record, Record::Title(_) | Record::Session { .. }) && **record != note
            };
            let kept = after.iter().filter(ours).count();
            assert_eq!(kept, before.iter().filter(ours).count());
        }
        Err(Error::NewerFormat(_)) => assert!(loaded.newer_format),
        Err(error) => panic!("{error}"),
    }
}
