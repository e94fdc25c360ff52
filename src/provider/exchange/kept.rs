//! Keeps what went over the wire for one answer, in bounded memory: requests and heads always, of a long stream its
//! beginning and its end.
//! What it looks like to a person is `shown`'s.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::blocks::Blocks;
use super::{Line, Said, Witness};
use crate::chat::{Exchange, Header, ReplyHead};
use crate::provider::lock;
use crate::text::Secrets;

/// Of a stream this many bytes are kept from its beginning,
const HEAD: usize = 64 << 10;
/// and this many from its end.
const TAIL: usize = 192 << 10;
/// The end is cut to its size when it has outgrown it by this much, so that not every read has to.
const SLACK: usize = 16 << 10;
/// Reads that are told apart at the beginning, and at the end.
const READS: usize = 2 << 10;
/// Of an attempt that another one followed.
const EARLIER: usize = 16 << 10;
/// Attempts, the last one included.
const ATTEMPTS: usize = 8;
/// Of a request's body from its beginning, and from its end.
const BODY: (usize, usize) = (192 << 10, 64 << 10);
/// Of the headers of a request or a reply.
const HEADERS: usize = 16 << 10;

/// No recording grows larger, with the room that its lists keep to grow in.
pub const MOST_BYTES: usize = 1 << 20;

/// What went over the wire for one answer. Clones share it.
#[derive(Clone)]
pub struct Recording {
    kept: Arc<Mutex<Kept>>,
}

/// One read: when it was, and its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    pub(super) at: Duration,
    pub(super) bytes: usize,
}

#[derive(Clone, Default)]
pub(super) struct Kept {
    pub(super) id: String,
    pub(super) profile: String,
    pub(super) line: String,
    pub(super) headers: Vec<Header>,
    pub(super) body: Body,
    pub(super) attempts: VecDeque<Attempt>,
    pub(super) left_out: u32,
}

/// A request's body.
#[derive(Clone, Default)]
pub(super) struct Body {
    pub(super) begin: Vec<u8>,
    pub(super) end: Vec<u8>,
    pub(super) bytes: usize,
}

#[derive(Clone, Default)]
pub(super) struct Attempt {
    pub(super) number: u32,
    pub(super) head: Option<ReplyHead>,
    pub(super) stream: Stream,
    pub(super) ended: Option<(Duration, String)>,
}

/// The bytes of a reply's body.
#[derive(Clone, Default)]
pub(super) struct Stream {
    pub(super) begin: Vec<u8>,
    pub(super) begin_reads: Vec<Read>,
    pub(super) gap: Option<Gap>,
    pub(super) end: VecDeque<u8>,
    pub(super) end_reads: VecDeque<Read>,
    pub(super) bytes: u64,
}

/// What is not kept between beginning and end.
#[derive(Clone, Default)]
pub(super) struct Gap {
    pub(super) bytes: u64,
    /// Events that ended in it.
    pub(super) events: u64,
    /// Where the events stand at its end.
    pub(super) blocks: Blocks,
}

impl Recording {
    /// An empty one for a request of this id.
    pub fn new(id: &str, profile: &str) -> Self {
        let kept = Kept {
            id: id.to_owned(),
            profile: profile.to_owned(),
            ..Kept::default()
        };
        Self {
            kept: Arc::new(Mutex::new(kept)),
        }
    }

    /// What was recorded so far, for a person. It takes milliseconds, so not on the thread that reads streams.
    pub fn exchange(&self, secrets: &Secrets) -> Exchange {
        // Whoever records waits for a copy, and not for what is made of it.
        let kept = lock(&self.kept).clone();
        kept.shown(secrets)
    }

    /// Bytes that it holds.
    pub fn held(&self) -> usize {
        lock(&self.kept).held()
    }

    /// True if nobody records any more.
    pub fn has_ended(&self) -> bool {
        Arc::strong_count(&self.kept) == 1
    }
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recording({} bytes)", self.held())
    }
}

impl Witness for Recording {
    fn hear(&self, of: &Line<'_>, said: Said<'_>) {
        let mut kept = lock(&self.kept);
        match said {
            Said::Bytes(bytes) => {
                if let Some(last) = kept.attempts.back_mut() {
                    last.stream.push(of.at, bytes);
                }
            }
            Said::Request {
                method,
                url,
                headers,
                body,
            } => kept.begin(of.attempt, format!("{method} {url}"), headers, body),
            Said::Head {
                version,
                status,
                server_id,
                headers,
            } => {
                if let Some(last) = kept.attempts.back_mut() {
                    last.head = Some(ReplyHead {
                        at: of.at,
                        version: version.to_owned(),
                        status,
                        server_id: server_id.map(str::to_owned),
                        headers: within(headers),
                    });
                }
            }
            Said::End(how) => {
                if let Some(last) = kept.attempts.back_mut() {
                    last.ended = Some((of.at, how.to_owned()));
                }
            }
        }
    }
}

impl Kept {
    fn begin(&mut self, number: u32, line: String, headers: &[Header], body: &[u8]) {
        if let Some(earlier) = self.attempts.back_mut() {
            earlier.stream.shorten(EARLIER);
        }
        if self.attempts.len() >= ATTEMPTS {
            self.attempts.pop_front();
            self.left_out = self.left_out.saturating_add(1);
        }
        self.line = line;
        self.headers = within(headers);
        self.body = Body::of(body);
        self.attempts.push_back(Attempt {
            number,
            ..Attempt::default()
        });
    }

    fn held(&self) -> usize {
        let attempts = self.attempts.iter();
        let attempts = attempts.map(|a| {
            let headers = a.head.as_ref().map_or(0, |head| size(&head.headers));
            headers + a.stream.held()
        });
        attempts.sum::<usize>()
            + size(&self.headers)
            + self.body.begin.capacity()
            + self.body.end.capacity()
    }
}

impl Body {
    fn of(body: &[u8]) -> Self {
        let (begin, end) = match body.len() {
            all if all <= BODY.0 + BODY.1 => (body, Default::default()),
            all => (
                body.get(..BODY.0).unwrap_or_default(),
                body.get(all - BODY.1..).unwrap_or_default(),
            ),
        };
        Self {
            begin: begin.to_vec(),
            end: end.to_vec(),
            bytes: body.len(),
        }
    }
}

impl Stream {
    pub(super) fn push(&mut self, at: Duration, bytes: &[u8]) {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        let is_beginning = self.end_reads.is_empty() && self.begin_reads.len() < READS;
        let room = if is_beginning {
            HEAD.saturating_sub(self.begin.len())
        } else {
            0
        };
        let (begin, end) = bytes.split_at(room.min(bytes.len()));
        if !begin.is_empty() {
            self.begin.extend_from_slice(begin);
            let bytes = begin.len();
            self.begin_reads.push(Read { at, bytes });
        }
        if !end.is_empty() {
            self.end.extend(end);
            let bytes = end.len();
            self.end_reads.push_back(Read { at, bytes });
            if self.end.len() > TAIL + SLACK || self.end_reads.len() > READS {
                self.cut_end();
            }
        }
    }

    /// Lets the oldest of the end go.
    fn cut_end(&mut self) {
        let mut excess = self.end.len().saturating_sub(TAIL);
        if self.end_reads.len() > READS {
            let oldest = self.end_reads.iter().take(READS / 4);
            excess = excess.max(oldest.map(|read| read.bytes).sum());
        }
        let begin = &self.begin;
        let gap = self.gap.get_or_insert_with(|| {
            let mut gap = Gap::default();
            gap.blocks.push(begin, |_| ());
            gap
        });
        let (first, second) = self.end.as_slices();
        let from_first = first.get(..excess.min(first.len())).unwrap_or_default();
        let from_second = excess - from_first.len();
        let from_second = second.get(..from_second).unwrap_or_default();
        for bytes in [from_first, from_second] {
            gap.blocks.push(bytes, |_| gap.events += 1);
        }
        gap.bytes += excess as u64;
        self.end.drain(..excess);
        // A giant made it large.
        if self.end.capacity() > 2 * (TAIL + SLACK) {
            self.end.shrink_to(TAIL + SLACK);
        }
        while let Some(oldest) = self.end_reads.front_mut() {
            if oldest.bytes > excess {
                oldest.bytes -= excess;
                break;
            }
            excess -= oldest.bytes;
            self.end_reads.pop_front();
        }
    }

    /// Keeps no more than the first `most` bytes.
    fn shorten(&mut self, most: usize) {
        let all = self.begin.len() + self.end.len();
        if all <= most {
            return;
        }
        self.begin.truncate(most);
        self.begin.shrink_to_fit();
        let mut room = self.begin.len();
        self.begin_reads.retain_mut(|read| {
            read.bytes = read.bytes.min(room);
            room -= read.bytes;
            read.bytes > 0
        });
        self.begin_reads.shrink_to_fit();
        self.end = VecDeque::new();
        self.end_reads = VecDeque::new();
        self.gap = Some(Gap {
            bytes: self.bytes.saturating_sub(self.begin.len() as u64),
            ..Gap::default()
        });
    }

    fn held(&self) -> usize {
        let reads = self.begin_reads.capacity() + self.end_reads.capacity();
        self.begin.capacity() + self.end.capacity() + reads * size_of::<Read>()
    }
}

fn size(headers: &[Header]) -> usize {
    let sizes = headers.iter().map(|(name, value)| name.len() + value.len());
    sizes.sum()
}

/// As many of the headers as may be kept.
fn within(headers: &[Header]) -> Vec<Header> {
    let mut used = 0;
    let fits = |(name, value): &&Header| {
        used += name.len() + value.len();
        used <= HEADERS
    };
    headers.iter().take_while(fits).cloned().collect()
}
