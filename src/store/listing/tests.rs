//! What a list shows of a session without reading it whole.
//!
//! The worlds they play in are those of the tests of the store as a whole.

use super::*;
use crate::store::{
    Record,
    tests::world::{Dice, PATIENCE, World, answer_to, blank, prompt, session, synced, text},
};

#[test]
fn names_are_read_as_they_are_made() {
    let id = session(1, 0).id;
    for number in [1, 2, 17] {
        assert_eq!(parse_name(&file_name(id, number)), Some((id, number)));
    }
    let id = id.to_string();
    let others = ["1.jsonl", "02.jsonl", "x.jsonl", "lock", "damaged"];
    for name in others.map(|end| format!("{id}.{end}")) {
        assert_eq!(parse_name(&name), None, "{name}");
    }
    assert_eq!(parse_name(&format!("{}.jsonl", id.to_uppercase())), None);
}

#[test]
fn the_folder_is_the_month_of_the_id() {
    let at = |millis| {
        let id = crate::chat::IdSource::new(1).next(Timestamp(millis));
        folder_of(SessionId::from_uuid(id))
    };
    assert_eq!(at(0), Path::new("1970/01"));
    assert_eq!(at(1_795_000_000_000), Path::new("2026/11"));
    at((1 << 48) - 1);
}

#[test]
fn the_newest_comes_first_with_the_words_of_its_prompt() {
    let world = World::new();
    let store = world.store();
    let samples = [1, 2, 3].map(blank);
    for sample in [&samples[1], &samples[0], &samples[2], &samples[0]] {
        let writer = store.writer(sample, false, world.events()).unwrap();
        let words = format!("prompt of  {}", sample.id.short());
        writer.append(prompt(&mut Dice::new(sample.created.0), sample, &words).1);
        writer.append(Record::Note {
            answer: None,
            text: "later".to_owned(),
        });
        assert!(writer.close(PATIENCE));
    }
    let heads = store.list().unwrap();
    let ids: Vec<_> = heads.iter().map(|h| h.id).collect();
    assert_eq!(ids, [samples[0].id, samples[2].id, samples[1].id]);
    for head in heads {
        assert_eq!(head.title, format!("prompt of {}", head.id.short()));
        assert_eq!((head.complaint, head.newer_format), (None, false));
        assert_eq!(head.bytes, std::fs::metadata(&head.path).unwrap().len());
        assert!(head.modified > head.created);
    }
}

#[test]
fn a_title_given_long_ago_stands_in_the_list() {
    let world = World::new();
    let store = world.store();
    let mut dice = Dice::new(5);
    let sample = blank(5);
    let writer = store.writer(&sample, false, world.events()).unwrap();
    let (turn, ask) = prompt(&mut dice, &sample, "first words");
    let (answer, record) = answer_to(&mut dice, turn);
    writer.append(ask);
    writer.append(record);
    writer.append(Record::Title("given".to_owned()));
    assert!(synced(&writer));
    for number in 0..200 {
        writer.delta(answer, &text(&"x".repeat(5000), number));
    }
    assert!(writer.close(PATIENCE));
    let head = store.list().unwrap().remove(0);
    assert!(head.bytes > 1_000_000);
    assert_eq!(head.title, "given");
    assert_eq!(store.load(sample.id).unwrap().session.title, "given");
}

#[test]
fn a_torn_end_is_told() {
    let world = World::new();
    let sample = session(6, 3);
    let bytes = world.saved(&sample);
    std::fs::write(world.path(sample.id, 1), &bytes[..bytes.len() - 5]).unwrap();
    let head = world.store().list().unwrap().remove(0);
    assert_eq!(head.complaint.as_deref(), Some("1 incomplete record"));
    assert_eq!(head.title, sample.title);
}
