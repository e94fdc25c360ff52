//! The line format, kind by kind, and lines that are none.
//!
//! The worlds they play in are those of the tests of the store as a whole.

use super::*;
use crate::chat::{Budget, BudgetOn};
use crate::store::tests::world::{Dice, answer_to, blank, end_of, prompt, session};

fn text_of(record: &Record) -> String {
    String::from_utf8(encode(7, Timestamp(1_795_000_000_000), record)).unwrap()
}

fn decode_text(line: &str) -> Result<Line, Fault> {
    decode(line.strip_suffix('\n').unwrap().as_bytes())
}

#[test]
fn every_kind_comes_back() {
    let sample = session(1, 3);
    let mut dice = Dice::new(2);
    let (turn, mut ask) = prompt(&mut dice, &sample, "hello \u{1b}[2J \"\\ \n");
    if let Record::Turn {
        at, attachments, ..
    } = &mut ask
    {
        *at = Timestamp(1_795_000_000_000);
        attachments.push(Attachment {
            name: "a.rs".to_owned(),
            bytes: 3,
        });
    }
    let (answer, asked) = answer_to(&mut dice, turn);
    let records = [
        Record::session(sample.id, Timestamp(1_795_000_000_000), "test"),
        Record::Layout(sample.layout.clone()),
        Record::Title("a title".to_owned()),
        Record::Tag {
            tag: "rust".to_owned(),
            removed: true,
        },
        Record::Conversation {
            id: sample.conversations[0].id,
            forked_from: None,
        },
        ask,
        asked,
        Record::Shown {
            turn,
            answer: Some(answer),
        },
        Record::Delta {
            answer,
            channel: Channel::Reasoning,
            text: "héllo".to_owned(),
            arrivals: vec![(5, 1), (3, 5), (u64::MAX, 0), (0, u32::MAX)],
        },
        end_of(answer),
        Record::Vote {
            winner: None,
            among: vec![answer],
        },
        Record::Note {
            answer: Some(answer),
            text: "good".to_owned(),
        },
    ];
    for record in records {
        let line = decode_text(&text_of(&record)).unwrap();
        assert_eq!((line.version, line.seq), (VERSION, 7));
        assert_eq!(line.record, Some(record));
    }
}

#[test]
fn a_line_looks_as_documented() {
    let line = text_of(&Record::Title("merge sort".to_owned()));
    let (body, seal) = line.rsplit_once(",\"crc32c\":\"").unwrap();
    assert_eq!(
        body,
        r#"{"v":1,"seq":7,"at":1795000000000,"kind":"title","title":"merge sort""#
    );
    assert_eq!(
        seal,
        format!("{:08x}\"}}\n", crc32c::crc32c(body.as_bytes()))
    );
    let sample = blank(3);
    let (turn, _) = prompt(&mut Dice::new(3), &sample, "");
    let (answer, _) = answer_to(&mut Dice::new(4), turn);
    let end = text_of(&end_of(answer));
    let value: serde_json::Value = serde_json::from_str(&end).unwrap();
    assert_eq!(value["kind"], "end");
    assert_eq!(value["state"], "complete");
    assert_eq!(value["answer"], answer.to_string());
    assert!(value["timing"].get("e2e_ns").is_some());
    assert_eq!(value.get("budget"), None, "as files from before have it");
    let delta = text_of(&Record::Delta {
        answer,
        channel: Channel::Content,
        text: "ab".to_owned(),
        arrivals: vec![(168_000, 1), (168_333, 1)],
    });
    assert!(delta.contains("\"arrivals\":[168000,1,333,1]"), "{delta}");
}

#[test]
fn the_budget_of_an_answer_is_part_of_its_end() {
    let (turn, _) = prompt(&mut Dice::new(3), &blank(3), "");
    let (answer, _) = answer_to(&mut Dice::new(4), turn);
    let mut record = end_of(answer);
    if let Record::End { end, .. } = &mut record {
        end.budget = Some(Budget {
            on: BudgetOn::E2e,
            limit_ms: 500,
        });
    }
    let text = text_of(&record);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let expected = serde_json::json!({"on": "e2e", "limit_ms": 500});
    assert_eq!(value["budget"], expected);
    assert_eq!(decode_text(&text).unwrap().record, Some(record));
}

#[test]
fn the_checksum_is_that_of_the_field() {
    // The check value of CRC-32C in the catalogue of parametrised CRC algorithms.
    assert_eq!(digits(crc32c::crc32c(b"123456789")), *b"e3069283");
}

#[test]
fn bad_lines_are_told_apart() {
    let good = text_of(&Record::Title("x".to_owned()));
    for bad in ["\n", "{}\n", &good.replace('x', "y"), &good.to_uppercase()] {
        assert_eq!(decode_text(bad).unwrap_err(), Fault::Checksum, "{bad}");
    }
    let sealed = |body: &str| {
        format!(
            "{body},\"crc32c\":\"{:08x}\"}}\n",
            crc32c::crc32c(body.as_bytes())
        )
    };
    for bad in [
        "{\"v\":1",
        "[1",
        "{\"v\":1,\"seq\":1,\"at\":1,\"kind\":\"title\"",
    ] {
        assert!(
            matches!(decode_text(&sealed(bad)), Err(Fault::Unreadable(_))),
            "{bad}"
        );
    }
}
