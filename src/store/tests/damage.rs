//! Files that were cut, changed or written by a newer version: whatever is good in them loads, nothing is destroyed.

use super::{
    super::{record::encode, *},
    *,
};
use crate::chat::Conversation;

/// The lines of a file with their line breaks.
fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|&b| b == b'\n').collect()
}

fn damages(loaded: &Loaded) -> Vec<Damage> {
    loaded.complaints.iter().map(|c| c.damage.clone()).collect()
}

#[test]
fn a_file_cut_anywhere_loads_everything_before_the_cut() {
    let world = World::new();
    let store = world.store();
    let mut dice = Dice::new(20);
    let sample = blank(20);
    let writer = store.writer(&sample, false, world.events()).unwrap();
    let (turn, ask) = prompt(&mut dice, &sample, "hello");
    let (answer, record) = answer_to(&mut dice, turn);
    writer.append(ask);
    writer.append(record);
    writer.delta(answer, &text("Once ", 5));
    writer.delta(answer, &text("{\"v\":1}\n\0", 9));
    writer.append(end_of(answer));
    assert!(writer.close(PATIENCE));
    let path = world.path(sample.id, 1);
    let bytes = fs::read(&path).unwrap();
    let whole = world.records(sample.id);
    assert_eq!(whole.len(), 5);
    for cut in 0..bytes.len() {
        let cut = &bytes[..cut];
        fs::write(&path, cut).unwrap();
        let rest = lines(cut).last().map_or(&[][..], |l| l);
        let ends = rest.last() == Some(&b'\n') || bytes[cut.len()] == b'\n' || cut.is_empty();
        let count = lines(cut).len() - usize::from(!ends);
        assert_eq!(
            world.records(sample.id),
            whole[..count],
            "cut at {}",
            cut.len()
        );
        let loaded = store.load(sample.id).unwrap();
        let expected = if ends {
            vec![]
        } else {
            vec![Damage::Incomplete]
        };
        assert_eq!(damages(&loaded), expected, "cut at {}", cut.len());
        if !ends {
            let text = loaded.complaints[0].to_string();
            assert!(text.starts_with("1 incomplete record set aside"), "{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn after_a_cut_writing_goes_on_and_the_rest_is_kept(seed: u64, place: prop::sample::Index, nuls in 0_usize..3) {
        let world = World::new();
        let store = world.store();
        let sample = session(seed, 3);
        let mut bytes = world.saved(&sample);
        bytes.truncate(place.index(bytes.len()));
        bytes.extend(std::iter::repeat_n(0, nuls * 3000));
        let path = world.path(sample.id, 1);
        fs::write(&path, &bytes).unwrap();
        let before = world.records(sample.id);

        let writer = store.writer(&sample, true, world.events()).unwrap();
        let note = Record::Note { answer: None, text: "after".to_owned() };
        writer.append(note.clone());
        prop_assert!(writer.close(PATIENCE));

        let loaded = store.load(sample.id).unwrap();
        prop_assert_eq!(damages(&loaded), []);
        let mut after = world.records(sample.id);
        after.retain(|r| !matches!(r, Record::Title(_)));
        let mut expected = before;
        expected.retain(|r| !matches!(r, Record::Title(_)));
        expected.push(note);
        prop_assert_eq!(after, expected);
        let aside = fs::read(path.with_file_name(format!("{}.damaged", sample.id)));
        let now = fs::read(&path).unwrap();
        match aside {
            Ok(aside) => {
                prop_assert!(bytes.ends_with(&aside));
                prop_assert!(now.starts_with(&bytes[..bytes.len() - aside.len()]));
            }
            Err(_) => prop_assert!(now.starts_with(&bytes)),
        }
    }

    #[test]
    fn a_flipped_bit_costs_its_record_and_no_other(seed: u64, place: prop::sample::Index, bit in 0..8) {
        let world = World::new();
        let sample = session(seed, 3);
        let mut bytes = world.saved(&sample);
        let whole = world.records(sample.id);
        let place = place.index(bytes.len());
        let line = lines(&bytes[..=place]).len() - 1;
        let is_break = bytes[place] == b'\n';
        bytes[place] ^= 1_u8 << bit;
        let path = world.path(sample.id, 1);
        fs::write(&path, &bytes).unwrap();

        let mut expected = whole;
        // Without its line break a record takes the next one with it.
        let end = (line + 1 + usize::from(is_break)).min(expected.len());
        let last_break = is_break && line + 1 == expected.len();
        expected.drain(line..end);
        prop_assert_eq!(world.records(sample.id), expected);
        let loaded = world.store().load(sample.id).unwrap();
        let damages = damages(&loaded);
        let first = if last_break { Damage::Incomplete } else { Damage::Checksum };
        prop_assert!(damages.contains(&first), "{:?}", damages);
        prop_assert_eq!(fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn any_bytes_load(bytes: Vec<u8>, seed: u64, place: prop::sample::Index) {
        let world = World::new();
        let sample = session(seed, 2);
        let mut all = world.saved(&sample);
        let place = place.index(all.len());
        all.splice(place..place, bytes);
        fs::write(world.path(sample.id, 1), &all).unwrap();
        let loaded = world.store().load(sample.id).unwrap();
        prop_assert_eq!(loaded.session.id, sample.id);
        world.store().list().unwrap();
    }

    #[test]
    fn lost_lines_leave_the_texts_of_the_others(seed: u64, lost: prop::sample::Index) {
        let world = World::new();
        let sample = session(seed, 6);
        let bytes = world.saved(&sample);
        let mut lines = lines(&bytes);
        let lost = lost.index(lines.len() - 1);
        let gone = lines.remove(lost);
        fs::write(world.path(sample.id, 1), lines.concat()).unwrap();
        let loaded = world.store().load(sample.id).unwrap();
        prop_assert!(damages(&loaded).contains(&Damage::Missing));
        let gone = record::decode(gone.strip_suffix(b"\n").unwrap()).unwrap().record.unwrap();
        let texts = |session: &Session| {
            let turns = session.conversations.iter().flat_map(Conversation::turns);
            let mut texts: Vec<_> = turns
                .flat_map(|t| &t.answers)
                .map(|a| (a.id, a.content.clone(), a.reasoning.clone()))
                .collect();
            texts.sort();
            texts
        };
        let (mut before, mut after) = (texts(&sample), texts(&loaded.session));
        if let Record::Delta { answer, .. } = gone {
            before.retain(|(id, _, _)| *id != answer);
            after.retain(|(id, _, _)| *id != answer);
        } else {
            // Of an answer without text nothing may be left that tells of it.
            before.retain(|(_, c, r)| !c.is_empty() || !r.is_empty());
            after.retain(|(_, c, r)| !c.is_empty() || !r.is_empty());
        }
        prop_assert_eq!(after, before);
    }
}

#[test]
fn doubled_and_missing_records_are_told_and_the_rest_loads() {
    let world = World::new();
    let sample = session(21, 3);
    let bytes = world.saved(&sample);
    let lines = lines(&bytes);
    let path = world.path(sample.id, 1);
    let mut doubled = lines.clone();
    doubled.insert(5, lines[4]);
    fs::write(&path, doubled.concat()).unwrap();
    let loaded = world.store().load(sample.id).unwrap();
    assert_eq!(damages(&loaded), [Damage::Repeated]);
    assert_eq!(loaded.complaints[0].line, 6);
    assert_eq!(loaded.session, sample);

    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    fs::write(&path, swapped.concat()).unwrap();
    let loaded = world.store().load(sample.id).unwrap();
    assert_eq!(loaded.session, sample);
    assert!(damages(&loaded).contains(&Damage::OutOfOrder));
}

#[test]
fn records_of_a_newer_version_make_a_session_read_only() {
    let world = World::new();
    let store = world.store();
    let sample = session(22, 3);
    let mut bytes = world.saved(&sample);
    let newer = |line: &str| {
        let crc = crc32c::crc32c(line.as_bytes());
        format!("{line},\"crc32c\":\"{crc:08x}\"}}\n")
    };
    let count = lines(&bytes).len();
    let unknown = newer(&format!(
        "{{\"v\":1,\"seq\":{},\"at\":1,\"kind\":\"dream\",\"x\":1",
        count + 1
    ));
    bytes.extend(unknown.bytes());
    let path = world.path(sample.id, 1);
    fs::write(&path, &bytes).unwrap();
    let loaded = store.load(sample.id).unwrap();
    assert_eq!(
        (loaded.session, loaded.newer_format),
        (sample.clone(), false)
    );
    assert_eq!(loaded.complaints, []);

    let next = newer(&format!(
        "{{\"v\":2,\"seq\":{},\"at\":1,\"kind\":\"title\",\"new\":1",
        count + 2
    ));
    bytes.extend(next.bytes());
    fs::write(&path, &bytes).unwrap();
    let loaded = store.load(sample.id).unwrap();
    assert_eq!(
        (loaded.session, loaded.newer_format),
        (sample.clone(), true)
    );
    let refused = store.writer(&sample, true, world.events()).unwrap_err();
    assert!(matches!(refused, Error::NewerFormat(_)));
    assert!(refused.to_string().contains("newer version"));
    assert!(store.list().unwrap()[0].newer_format);
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_turn_that_is_its_own_ancestor_hangs_nothing() {
    let world = World::new();
    let sample = blank(23);
    let mut dice = Dice::new(23);
    let (turn, mut ask) = prompt(&mut dice, &sample, "hello");
    let (answer, record) = answer_to(&mut dice, turn);
    if let Record::Turn { parent, .. } = &mut ask {
        *parent = Some(answer);
    }
    let conversation = Record::Conversation {
        id: sample.conversations[0].id,
        forked_from: None,
    };
    let records = [
        Record::session(sample.id, sample.created, "test"),
        conversation,
        ask,
        record,
    ];
    let bytes: Vec<u8> = (1..)
        .zip(&records)
        .flat_map(|(seq, r)| encode(seq, world::clock(), r))
        .collect();
    world.saved(&sample);
    fs::write(world.path(sample.id, 1), bytes).unwrap();
    let loaded = world.store().load(sample.id).unwrap();
    assert_eq!(loaded.session.conversations[0].path().len(), 1);
    assert!(matches!(damages(&loaded)[..], [Damage::Orphan(_)]));
}

#[test]
fn an_answer_that_stands_before_its_turn_is_put_below_it() {
    let world = World::new();
    let sample = blank(25);
    let mut dice = Dice::new(25);
    let (turn, ask) = prompt(&mut dice, &sample, "hello");
    let (answer, record) = answer_to(&mut dice, turn);
    let began = Record::session(sample.id, sample.created, "test");
    let records = [(1, began), (3, record), (2, ask), (4, end_of(answer))];
    let lines = records.map(|(seq, record)| encode(seq, world::clock(), &record));
    world.saved(&sample);
    fs::write(world.path(sample.id, 1), lines.concat()).unwrap();
    let loaded = world.store().load(sample.id).unwrap();
    let turns: Vec<_> = loaded.session.conversations[0].turns().iter().collect();
    assert_eq!((turns.len(), &*turns[0].text), (1, "hello"));
    assert_eq!(turns[0].answers[0].id, answer);
    assert_eq!(damages(&loaded), [Damage::Missing, Damage::OutOfOrder]);
}

#[test]
fn records_that_share_a_number_are_all_read_in_whichever_file() {
    let world = World::new();
    let sample = blank(26);
    world.saved(&sample);
    let note = |seq, text: &str| {
        let text = text.to_owned();
        encode(seq, world::clock(), &Record::Note { answer: None, text })
    };
    // Of two writers without locks, one of which wrote a record twice.
    let [a, b, c] = [note(1, "a"), note(2, "b"), note(2, "c")];
    let later = [&*a, &*b, &*c, &*b].concat();
    let texts = || -> Vec<String> {
        let records = world.records(sample.id).into_iter();
        let notes = records.filter_map(|record| match record {
            Record::Note { text, .. } => Some(text),
            _ => None,
        });
        notes.collect()
    };
    fs::write(world.path(sample.id, 1), &a).unwrap();
    fs::write(world.path(sample.id, 2), &later).unwrap();
    assert_eq!(texts(), ["a", "b", "c"]);
    fs::remove_file(world.path(sample.id, 2)).unwrap();
    fs::write(world.path(sample.id, 1), &later).unwrap();
    assert_eq!(texts(), ["a", "b", "c"]);
}

#[test]
fn an_empty_file_and_one_of_nuls_are_listed_and_load() {
    let world = World::new();
    let store = world.store();
    let sample = session(24, 1);
    world.saved(&sample);
    for bytes in [vec![], vec![0; 100_000]] {
        fs::write(world.path(sample.id, 1), bytes).unwrap();
        let heads = store.list().unwrap();
        assert!(heads[0].complaint.is_some());
        assert!(
            store
                .load(sample.id)
                .unwrap()
                .session
                .conversations
                .is_empty()
        );
    }
}
