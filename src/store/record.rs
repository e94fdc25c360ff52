//! The line format of a session file: a JSON record a line, with a sequence number, a time and a checksum.
//!
//! When a record is written is decided by who appends it, what a damaged one means by `reader`.

use serde::{Deserialize, Serialize};

use crate::{
    chat::{
        AnswerId, Attachment, Attempt, BroadcastId, ConversationId, End, FellBack, Layout,
        SessionId, Timestamp, TurnId, Variant,
    },
    metrics::Channel,
    text::{SafeText, Secrets},
};

mod arrivals;
mod end;
mod title;

/// The version of the format, `v` of each record. Readers show newer ones and never write to their files.
pub const VERSION: u32 = 1;

/// Characters of a reason; what is quoted in it has no bound.
const MAX_WHY: usize = 200;
/// The bytes between the checksummed part of a line and its checksum.
const MARK: &[u8] = b",\"crc32c\":\"";
/// The bytes of a line after its checksummed part: mark, eight digits, quote and brace.
const SEAL: usize = MARK.len() + 10;

/// One thing that happened in a session.
///
/// On disk: `{"v":1,"seq":N,"at":MS,"kind":"…",…,"crc32c":"xxxxxxxx"}`, where `crc32c` (Castagnoli, eight lowercase
/// hexadecimal digits) is the last key and covers every byte of the line before `,"crc32c"`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// The session began. The writer adds one by itself where its first record is another.
    Session {
        /// Its id, as in the file's name.
        id: SessionId,
        /// When it began; the record's `at`.
        #[serde(rename = "at", skip_serializing)]
        created: Timestamp,
        /// Version of the program that wrote it.
        app: String,
        /// What it came from: `workbench`, `ask`, `import` and the like.
        origin: String,
    },
    /// The panes were arranged anew.
    Layout(Layout),
    /// The session was given a title.
    Title(#[serde(with = "title")] String),
    /// A tag was put on the session or taken off.
    Tag {
        /// The tag.
        tag: String,
        /// It was taken off.
        #[serde(default)]
        removed: bool,
    },
    /// A conversation began.
    Conversation {
        /// Its id.
        id: ConversationId,
        /// The conversation it was copied from.
        forked_from: Option<ConversationId>,
    },
    /// The person asked something.
    Turn {
        /// Its id.
        id: TurnId,
        /// The conversation it belongs to.
        conversation: ConversationId,
        /// The answer it follows.
        parent: Option<AnswerId>,
        /// Links the turns of one broadcast.
        broadcast: Option<BroadcastId>,
        /// What the person wrote, attachments included.
        text: String,
        /// What was attached, whose text is part of `text`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<Attachment>,
        /// When it was sent; the record's `at`.
        #[serde(skip_serializing)]
        at: Timestamp,
    },
    /// The person went to another answer or another turn: the visible path runs through it from now on.
    Shown {
        /// The turn.
        turn: TurnId,
        /// The answer of it that is shown; `None` where it has none.
        answer: Option<AnswerId>,
    },
    /// An answer was asked for.
    Answer {
        /// Its id.
        id: AnswerId,
        /// The turn it answers.
        turn: TurnId,
        /// What it was asked with.
        variant: Variant,
        /// It comes from the mock.
        mock: bool,
        /// Counts the answers of a turn from 1.
        sample: u32,
    },
    /// The retries of an answer are used up, and the mock answers instead.
    Fallback {
        /// The answer.
        answer: AnswerId,
        /// It comes from the mock from here on: always true.
        mock: bool,
        /// Who failed, why, and who answers.
        #[serde(flatten)]
        fell: FellBack,
    },
    /// An answer that was over goes on: further deltas and another end follow.
    Continued {
        /// The answer.
        answer: AnswerId,
        /// Counts the parts that stand before, from 1.
        part: u32,
        /// Its own text was sent as the beginning of the answer; otherwise a further turn asked it to go on.
        prefix: bool,
    },
    /// An HTTP request of an answer failed and another follows.
    Attempt {
        /// The answer.
        answer: AnswerId,
        /// What failed.
        attempt: Attempt,
    },
    /// Text came.
    Delta {
        /// The answer it extends.
        answer: AnswerId,
        /// Which of its texts.
        channel: Channel,
        /// The text of one or more deltas.
        text: String,
        /// For each delta the microseconds since the attempt was sent, and its bytes of text. On disk one flat list
        /// in which a time is the distance from the one before, since most of them are small.
        #[serde(with = "arrivals")]
        arrivals: Vec<(u64, u32)>,
    },
    /// An answer is over.
    End {
        /// The answer.
        answer: AnswerId,
        /// How it ended, with all that was known then.
        #[serde(flatten, with = "end")]
        end: Box<End>,
    },
    /// The person chose among answers.
    Vote {
        /// The best; `None` for a tie.
        winner: Option<AnswerId>,
        /// The answers that were compared.
        among: Vec<AnswerId>,
    },
    /// The person noted something.
    Note {
        /// The answer it is about; `None` for the session.
        answer: Option<AnswerId>,
        /// The note.
        text: String,
    },
}

impl Record {
    /// The record that begins a session's file, written by this version of the program.
    pub fn session(id: SessionId, created: Timestamp, origin: impl Into<String>) -> Self {
        Self::Session {
            id,
            created,
            app: env!("CARGO_PKG_VERSION").to_owned(),
            origin: origin.into(),
        }
    }

    /// The moment that the record itself names; others take the time of their writing.
    pub(super) fn moment(&self) -> Option<Timestamp> {
        match self {
            Self::Session { created, .. } => Some(*created),
            Self::Turn { at, .. } => Some(*at),
            _ => None,
        }
    }
}

/// A line that could be read.
#[derive(Debug)]
pub(super) struct Line {
    /// Version of the format it is written in.
    pub(super) version: u32,
    /// Its place among the records of the session.
    pub(super) seq: u64,
    /// When it was written.
    pub(super) at: Timestamp,
    /// Its checksum: tells a record that was written twice from two records of one number.
    pub(super) crc: u32,
    /// What it says; `None` for a kind of which this version knows nothing.
    pub(super) record: Option<Record>,
}

/// Why a line could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It has no checksum, or another one.
    Checksum,
    /// It is whole but not a record.
    Unreadable(String),
}

#[derive(Serialize)]
struct Written<'a> {
    v: u32,
    seq: u64,
    at: Timestamp,
    #[serde(flatten)]
    record: &'a Record,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    v: u32,
    seq: u64,
    at: Timestamp,
    #[serde(borrow)]
    kind: std::borrow::Cow<'a, str>,
}

/// [`Record::Delta`] without the detour that an enum tagged from inside takes: nearly all bytes are of this kind.
#[derive(Deserialize)]
struct DeltaFields {
    answer: AnswerId,
    channel: Channel,
    text: String,
    #[serde(with = "arrivals")]
    arrivals: Vec<(u64, u32)>,
}

/// The line of a record, line break included.
pub(super) fn encode(seq: u64, at: Timestamp, record: &Record) -> Vec<u8> {
    seal(body(seq, at, record))
}

/// The same without these secrets.
pub(super) fn encode_without(
    seq: u64,
    at: Timestamp,
    record: &Record,
    secrets: &Secrets,
) -> Vec<u8> {
    let body = body(seq, at, record);
    match record {
        // Nobody hands on a text from a server before it was looked through, and its arrivals count its bytes.
        Record::Delta { .. } => seal(body),
        _ => seal(secrets.hide_bytes(&body).into_owned()),
    }
}

/// A record as it is checksummed.
fn body(seq: u64, at: Timestamp, record: &Record) -> Vec<u8> {
    let written = Written {
        v: VERSION,
        seq,
        at,
        record,
    };
    let mut line = serde_json::to_vec(&written)
        .expect("a record holds no map with keys other than strings, and writing to memory works");
    line.pop();
    line
}

fn seal(mut line: Vec<u8>) -> Vec<u8> {
    let digits = digits(crc32c::crc32c(&line));
    line.extend_from_slice(MARK);
    line.extend_from_slice(&digits);
    line.extend_from_slice(b"\"}\n");
    line
}

/// Reads a line without its line break.
pub(super) fn decode(line: &[u8]) -> Result<Line, Fault> {
    let (body, seal) = line.split_last_chunk::<SEAL>().ok_or(Fault::Checksum)?;
    let crc = crc32c::crc32c(body);
    let found = seal.strip_prefix(MARK).and_then(|s| s.strip_suffix(b"\"}"));
    if found != Some(&digits(crc)) {
        return Err(Fault::Checksum);
    }
    let envelope: Envelope<'_> = read(line)?;
    let record = match &*envelope.kind {
        "delta" => {
            let fields: DeltaFields = read(line)?;
            Some(Record::Delta {
                answer: fields.answer,
                channel: fields.channel,
                text: fields.text,
                arrivals: fields.arrivals,
            })
        }
        "session" | "layout" | "title" | "tag" | "conversation" | "turn" | "shown" | "answer"
        | "attempt" | "fallback" | "continued" | "end" | "vote" | "note" => match read(line) {
            Ok(record) => Some(record),
            // A newer version may have given the word another shape.
            Err(_) if envelope.v > VERSION => None,
            Err(fault) => return Err(fault),
        },
        _ => None,
    };
    Ok(Line {
        version: envelope.v,
        seq: envelope.seq,
        at: envelope.at,
        crc,
        record,
    })
}

fn read<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, Fault> {
    serde_json::from_slice(line).map_err(|error| {
        // It may quote the line.
        let why = SafeText::line(&error.to_string()).into_string();
        let cut: String = why.chars().take(MAX_WHY).collect();
        Fault::Unreadable(cut.trim_end().to_owned())
    })
}

/// Eight lowercase hexadecimal digits.
fn digits(crc: u32) -> [u8; 8] {
    let mut digits = [0; 8];
    for (place, digit) in digits.iter_mut().enumerate() {
        let nibble = (crc >> (28 - 4 * place)) & 0xf;
        *digit = char::from_digit(nibble, 16).map_or(b'0', |c| c as u8);
    }
    digits
}

#[cfg(test)]
mod tests;
