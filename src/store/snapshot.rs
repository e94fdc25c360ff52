//! Makes the records of a session, and pieces of text of single deltas; `rebuild` goes the other way.
//!
//! Loading the records of a session gives the same session.

use super::record::Record;
use crate::{
    chat::{Answer, AnswerId, ConversationId, Session, Turn},
    metrics::{Channel, Timeline},
};

/// A delta record holds at most this much text, or the one delta that is longer.
pub(super) const DELTA_BYTES: usize = 4 << 10;

/// A session as records. `origin` is what its file says it came from.
pub(super) fn records_of(session: &Session, origin: &str) -> Vec<Record> {
    let mut records = vec![Record::session(session.id, session.created, origin)];
    if !session.title.is_empty() {
        records.push(Record::Title(session.title.clone()));
    }
    records.push(Record::Layout(session.layout.clone()));
    for conversation in &session.conversations {
        records.push(Record::Conversation {
            id: conversation.id,
            forked_from: conversation.forked_from,
        });
        for turn in conversation.turns() {
            turn_records(conversation.id, turn, &mut records);
        }
        // From the leaves up, since showing a turn shows all above it too; the visible path is the last word.
        let visible = conversation.last_turn().into_iter();
        let shown = conversation.turns().iter().rev().chain(visible);
        records.extend(shown.map(|turn| Record::Shown {
            turn: turn.id,
            answer: turn.shown_answer().map(|a| a.id),
        }));
    }
    records
}

fn turn_records(conversation: ConversationId, turn: &Turn, records: &mut Vec<Record>) {
    records.push(Record::Turn {
        id: turn.id,
        conversation,
        parent: turn.parent,
        broadcast: turn.broadcast,
        text: turn.text.clone(),
        attachments: turn.attachments.clone(),
        at: turn.at,
    });
    for answer in &turn.answers {
        records.push(Record::Answer {
            id: answer.id,
            turn: turn.id,
            variant: answer.variant.clone(),
            mock: answer.mock,
            sample: answer.sample,
        });
        attempt_records(answer, 0, records);
        records.extend(answer.fell_back.iter().map(|fell| Record::Fallback {
            answer: answer.id,
            mock: true,
            fell: fell.clone(),
        }));
        answer_records(answer, records);
    }
}

/// The attempts that failed after an answer was asked to go on for the `number`th time, 0 for the beginning.
fn attempt_records(answer: &Answer, number: usize, records: &mut Vec<Record>) {
    let attempts = answer.attempts_of(number).iter();
    records.extend(attempts.map(|attempt| Record::Attempt {
        answer: answer.id,
        attempt: attempt.clone(),
    }));
}

/// The texts of an answer and its end, and before them those of each part from which it was asked to go on.
fn answer_records(answer: &Answer, records: &mut Vec<Record>) {
    let (mut content, mut reasoning) = (0, 0);
    for (part, number) in answer.parts.iter().zip(1..) {
        let texts = [
            answer.content.get(content..part.content),
            answer.reasoning.get(reasoning..part.reasoning),
        ];
        (content, reasoning) = (part.content, part.reasoning);
        let texts = texts.map(Option::unwrap_or_default);
        delta_records(answer.id, texts, &part.timeline, records);
        records.push(Record::End {
            answer: answer.id,
            end: part.end.clone(),
        });
        records.push(Record::Continued {
            answer: answer.id,
            part: u32::try_from(number).unwrap_or(u32::MAX),
            prefix: part.prefix,
        });
        attempt_records(answer, number, records);
    }
    let texts = [
        answer.content.get(content..),
        answer.reasoning.get(reasoning..),
    ];
    let texts = texts.map(Option::unwrap_or_default);
    delta_records(answer.id, texts, &answer.timeline, records);
    records.extend(answer.end().map(|end| Record::End {
        answer: answer.id,
        end: Box::new(end.clone()),
    }));
}

/// Texts of an answer in the order and the pieces of their arrival.
fn delta_records(
    answer: AnswerId,
    [mut content, mut reasoning]: [&str; 2],
    timeline: &Timeline,
    records: &mut Vec<Record>,
) {
    let mut piece = Piece::new(answer, Channel::Content);
    for arrival in timeline.arrivals() {
        let rest = match arrival.channel {
            Channel::Content => &mut content,
            Channel::Reasoning => &mut reasoning,
        };
        let bytes = usize::try_from(arrival.bytes).unwrap_or(usize::MAX);
        let Some((text, after)) = rest.split_at_checked(bytes) else {
            continue;
        };
        *rest = after;
        if piece.channel != arrival.channel || piece.text.len() >= DELTA_BYTES {
            let full = std::mem::replace(&mut piece, Piece::new(answer, arrival.channel));
            records.extend(full.into_record());
        }
        piece.push(text, arrival.micros());
    }
    records.extend(piece.into_record());
    let tails = [(Channel::Content, content), (Channel::Reasoning, reasoning)];
    // Text without arrivals, of an import or a timeline that does not fit: kept without times.
    records.extend(tails.into_iter().filter(|(_, text)| !text.is_empty()).map(
        |(channel, text)| Record::Delta {
            answer,
            channel,
            text: text.to_owned(),
            arrivals: Vec::new(),
        },
    ));
}

/// Deltas of one channel of an answer on their way into one record.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) answer: AnswerId,
    pub(super) channel: Channel,
    pub(super) text: String,
    arrivals: Vec<(u64, u32)>,
}

impl Piece {
    pub(super) fn new(answer: AnswerId, channel: Channel) -> Self {
        Self {
            answer,
            channel,
            text: String::new(),
            arrivals: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, text: &str, micros: u64) {
        self.text.push_str(text);
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.arrivals.push((micros, bytes));
    }

    /// The record, unless there is no text.
    pub(super) fn into_record(self) -> Option<Record> {
        (!self.text.is_empty()).then_some(Record::Delta {
            answer: self.answer,
            channel: self.channel,
            text: self.text,
            arrivals: self.arrivals,
        })
    }
}
