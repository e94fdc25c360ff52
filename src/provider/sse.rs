//! Bytes to server-sent events, by the rules of the WHATWG standard; synchronous and total.
//! What an event means is `wire`'s business, and when bytes come is `stream`'s.
#![deny(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use memchr::{memchr, memchr2};

/// Bytes of one line, and of one event: a token event takes 0.2 to 1 KB, a whole 131k-token answer in one event 1.5 MiB.
pub const EVENT_BYTES: usize = 4 << 20;

/// Room kept for the next line or event once one has ended.
const KEPT_ROOM: usize = 64 << 10;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// One event. Its text is borrowed from the bytes just read wherever they hold it whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The type: `message` unless an `event` field says otherwise.
    pub name: &'a str,
    /// The `data` lines, joined by line feeds.
    pub data: &'a str,
}

/// A line or an event grew over the bound; the decoder takes nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event over {}", crate::text::bytes(self.most))]
pub struct TooLarge {
    /// The bound.
    pub most: usize,
}

/// Decodes a stream that comes in pieces of any size, cut anywhere, also inside a character.
///
/// Lines may end in LF, CR or CRLF, mixed. `id` and `retry` serve reconnecting, which a request for an answer never
/// does, so they are read over; an event that has not ended when the stream does is dropped, as the standard says.
#[derive(Debug)]
pub struct Decoder {
    /// Bytes of one line, and of one event.
    most: usize,
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// Data lines of the event that has not ended yet, joined.
    data: String,
    data_lines: usize,
    name: String,
    /// The last byte was a CR: a LF that follows belongs to it.
    after_cr: bool,
    /// The byte order mark, if any, is behind us.
    started: bool,
    failed: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder at the start of a stream.
    pub fn new() -> Self {
        Self::bounded(EVENT_BYTES)
    }

    /// The same with another bound of a line and an event.
    pub fn bounded(most: usize) -> Self {
        Self {
            most,
            line: Vec::new(),
            data: String::new(),
            data_lines: 0,
            name: String::new(),
            after_cr: false,
            started: false,
            failed: false,
        }
    }

    /// Takes the next bytes and hands on each event they complete, in order.
    pub fn push(&mut self, bytes: &[u8], mut sink: impl FnMut(Event<'_>)) -> Result<(), TooLarge> {
        let mut rest = match bytes.strip_prefix(b"\n") {
            Some(rest) if self.after_cr => rest,
            _ => bytes,
        };
        self.after_cr = self.after_cr && bytes.is_empty();
        while !self.failed {
            let Some(cut) = cut_line(rest) else {
                break;
            };
            self.after_cr = cut.open_cr;
            rest = if self.line.is_empty() {
                self.take_line(cut.line, cut.rest, &mut sink)
            } else {
                self.keep(cut.line);
                let mut whole = std::mem::take(&mut self.line);
                let rest = self.take_line(&whole, cut.rest, &mut sink);
                // Its room serves the next line, unless a giant made it large.
                whole.clear();
                whole.shrink_to(KEPT_ROOM);
                self.line = whole;
                rest
            };
        }
        self.keep(rest);
        if !self.failed {
            return Ok(());
        }
        let most = self.most;
        // Nothing of it is of use any more.
        *self = Self {
            failed: true,
            ..Self::bounded(most)
        };
        Err(TooLarge { most })
    }

    /// Bytes held for the line and the event that have not ended yet.
    pub fn held(&self) -> usize {
        let event = self.data.len().saturating_add(self.name.len());
        self.line.len().saturating_add(event)
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.line.len().saturating_add(bytes.len()) > self.most {
            self.failed = true;
        } else if !self.failed {
            self.line.extend_from_slice(bytes);
        }
    }

    /// Reads one whole line. `rest` is what follows it; what is left of that is returned, since an event of one line is
    /// handed on together with the blank line that ends it, without a copy.
    fn take_line<'a>(
        &mut self,
        line: &[u8],
        rest: &'a [u8],
        sink: &mut impl FnMut(Event<'_>),
    ) -> &'a [u8] {
        if self.failed || line.len() > self.most {
            self.failed = true;
            return rest;
        }
        let line = if self.started {
            line
        } else {
            self.started = true;
            line.strip_prefix(BOM).unwrap_or(line)
        };
        if line.is_empty() {
            self.dispatch(sink);
            return rest;
        }
        let (field, value) = split_field(line);
        match field {
            b"data" => {
                let text = String::from_utf8_lossy(value);
                match cut_line(rest) {
                    _ if !self.has_room_for(&text) => self.failed = true,
                    Some(cut) if cut.line.is_empty() && self.data_lines == 0 => {
                        self.after_cr = cut.open_cr;
                        sink(Event {
                            name: type_or_message(&self.name),
                            data: &text,
                        });
                        self.name.clear();
                        return cut.rest;
                    }
                    _ => self.add_data(&text),
                }
            }
            b"event" => {
                self.name.clear();
                self.name.push_str(&String::from_utf8_lossy(value));
                // Bytes that are no text grow to three times their number.
                self.failed = self.name.len() > self.most;
            }
            // Comments, `id`, `retry` and fields that nobody defined.
            _ => {}
        }
        rest
    }

    /// The event stays within the bound with another line, each counted with its end.
    fn has_room_for(&self, text: &str) -> bool {
        let held = self
            .data
            .len()
            .saturating_add(usize::from(self.data_lines > 0));
        held.saturating_add(text.len()) < self.most
    }

    fn add_data(&mut self, text: &str) {
        if self.data_lines > 0 {
            self.data.push('\n');
        }
        self.data.push_str(text);
        self.data_lines = self.data_lines.saturating_add(1);
    }

    fn dispatch(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        if self.data_lines > 0 {
            sink(Event {
                name: type_or_message(&self.name),
                data: &self.data,
            });
        }
        self.data.clear();
        self.data.shrink_to(KEPT_ROOM);
        self.data_lines = 0;
        self.name.clear();
        self.name.shrink_to(KEPT_ROOM);
    }
}

/// A line without its end, and what follows.
struct Cut<'a> {
    line: &'a [u8],
    rest: &'a [u8],
    /// It ended in a CR at the very end of the bytes: a LF may still belong to it.
    open_cr: bool,
}

fn cut_line(bytes: &[u8]) -> Option<Cut<'_>> {
    let (line, end) = bytes.split_at_checked(memchr2(b'\n', b'\r', bytes)?)?;
    let rest = end
        .strip_prefix(b"\r\n")
        .or_else(|| end.split_first().map(|(_, rest)| rest))?;
    Some(Cut {
        line,
        rest,
        open_cr: end == b"\r",
    })
}

/// Field name and value; one blank after the colon belongs to neither. A line without a colon is all name.
fn split_field(line: &[u8]) -> (&[u8], &[u8]) {
    let Some((field, value)) = memchr(b':', line).and_then(|at| line.split_at_checked(at)) else {
        return (line, b"");
    };
    let value = value.strip_prefix(b":").unwrap_or(value);
    (field, value.strip_prefix(b" ").unwrap_or(value))
}

fn type_or_message(name: &str) -> &str {
    if name.is_empty() { "message" } else { name }
}

#[cfg(test)]
mod tests;
