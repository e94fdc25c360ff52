//! Makes of what was kept what a person reads: events with their times, bodies with a line for each field.
//! What is kept is decided by `kept`.

use std::collections::vec_deque;

use super::blocks::{Blocks, Splitter};
use super::kept::{Attempt, Body, Gap, Kept, Read, Stream};
use super::veil::Veil;
use super::{drawn, pretty};
use crate::chat::{Exchange, RawEvent, RawPart, SentRequest, Trial};
use crate::text::Secrets;

impl Kept {
    pub(super) fn shown(self, secrets: &Secrets) -> Exchange {
        Exchange {
            id: self.id,
            profile: self.profile,
            request: SentRequest {
                line: self.line,
                headers: self.headers,
                bytes: self.body.bytes,
                body: self.body.shown(secrets),
            },
            attempts: self
                .attempts
                .into_iter()
                .map(|a| a.shown(secrets))
                .collect(),
            left_out: self.left_out,
        }
    }
}

impl Body {
    fn shown(&self, secrets: &Secrets) -> Vec<String> {
        let clean = |bytes| {
            let text = String::from_utf8_lossy(bytes);
            drawn(&secrets.hide(&text))
        };
        let mut lines = pretty::lines(&clean(&self.begin));
        if !self.end.is_empty() {
            let gone = self.bytes.saturating_sub(self.begin.len() + self.end.len());
            lines.push(format!("… {gone} bytes not kept …"));
            lines.push(clean(&self.end));
        }
        lines
    }
}

impl Attempt {
    fn shown(mut self, secrets: &Secrets) -> Trial {
        let head = self.head.as_ref();
        let of_stream = head.is_some_and(|head| {
            let mut types = head
                .headers
                .iter()
                .filter(|(name, _)| name == "content-type");
            types.any(|(_, value)| value.to_ascii_lowercase().contains("event-stream"))
        });
        let bytes = self.stream.bytes;
        let parts = if of_stream || self.stream.looks_like_events() {
            self.stream.events(secrets)
        } else {
            self.stream.text(secrets)
        };
        Trial {
            number: self.number,
            head: self.head,
            parts,
            bytes,
            ended: self.ended,
        }
    }
}

impl Stream {
    /// No line of an event stream begins otherwise, and no other body does so.
    fn looks_like_events(&self) -> bool {
        let begin = self.begin.trim_ascii_start();
        [&b"data:"[..], b"event:", b": "]
            .iter()
            .any(|word| begin.starts_with(word))
    }

    /// A body that is no stream.
    fn text(&mut self, secrets: &Secrets) -> Vec<RawPart> {
        let mut veil = Veil::new(secrets);
        let mut parts = body_lines(&self.begin, &mut veil);
        if let Some(gap) = &self.gap {
            veil.cut();
            parts.push(RawPart::LeftOut {
                events: 0,
                bytes: gap.bytes,
            });
        }
        let end = self.end.make_contiguous();
        parts.extend(body_lines(end, &mut veil));
        parts
    }

    fn events(&mut self, secrets: &Secrets) -> Vec<RawPart> {
        let mut events = Events {
            veil: Veil::new(secrets),
            splitter: Splitter::default(),
            number: 0,
            parts: Vec::new(),
        };
        events.take(&self.begin, self.begin_reads.iter());
        let end = self.end.make_contiguous();
        match &self.gap {
            None => events.take(end, self.end_reads.iter()),
            Some(gap) => events.resume(gap, end, &mut self.end_reads),
        }
        events.finish()
    }
}

fn body_lines(bytes: &[u8], veil: &mut Veil) -> Vec<RawPart> {
    let text = drawn(&veil.hide(&String::from_utf8_lossy(bytes)));
    let lines = if text.trim_start().starts_with(['{', '[']) {
        pretty::lines(&text)
    } else {
        text.lines().map(str::to_owned).collect()
    };
    lines.into_iter().map(RawPart::Text).collect()
}

/// Makes events of reads.
struct Events {
    veil: Veil,
    splitter: Splitter,
    number: u64,
    parts: Vec<RawPart>,
}

impl Events {
    /// Takes all of `bytes`, which came in these reads.
    fn take<'r>(&mut self, bytes: &[u8], reads: impl Iterator<Item = &'r Read>) {
        let mut from = 0;
        for read in reads {
            let part = bytes.get(from..from + read.bytes).unwrap_or_default();
            from += read.bytes;
            let (number, parts, veil) = (&mut self.number, &mut self.parts, &mut self.veil);
            self.splitter.push(part, |event| {
                *number += 1;
                parts.push(RawPart::Event(RawEvent {
                    number: *number,
                    at: read.at,
                    bytes: event.len(),
                    lines: lines(event, veil),
                }));
            });
        }
    }

    /// Goes on behind what was not kept, with the first event of which all is there.
    fn resume(&mut self, gap: &Gap, bytes: &[u8], reads: &mut vec_deque::VecDeque<Read>) {
        self.veil.cut();
        // Its end is in the gap or behind it, where it is counted.
        let begun = std::mem::take(&mut self.splitter).held();
        let (mut events, mut skipped) = (gap.events, 0);
        if !gap.blocks.is_between()
            && let Some(end) = first_end(gap.blocks.clone(), bytes)
        {
            events += 1;
            skipped = end;
        }
        self.parts.push(RawPart::LeftOut {
            events,
            bytes: gap.bytes + (skipped + begun) as u64,
        });
        self.number += events;
        let mut left = skipped;
        reads.retain_mut(|read| {
            let gone = left.min(read.bytes);
            left -= gone;
            read.bytes -= gone;
            read.bytes > 0
        });
        self.take(bytes.get(skipped..).unwrap_or_default(), reads.iter());
    }

    fn finish(mut self) -> Vec<RawPart> {
        let rest = lines(&self.splitter.rest(), &mut self.veil);
        self.parts.extend(rest.into_iter().map(RawPart::Text));
        self.parts
    }
}

/// The place behind the first event that ends in `bytes`.
fn first_end(mut blocks: Blocks, bytes: &[u8]) -> Option<usize> {
    let mut first = None;
    blocks.push(bytes, |end| first = first.or(Some(end)));
    first
}

/// The lines of an event, without the blank ones.
fn lines(event: &[u8], veil: &mut Veil) -> Vec<String> {
    let text = drawn(&veil.hide(&String::from_utf8_lossy(event)));
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}
