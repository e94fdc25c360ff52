//! Puts an answer together from its events and says at the end how it ended. Synchronous; knows no socket and no clock.
//! When bytes come, and what happens when none do, is `stream`'s.

use std::borrow::Cow;
use std::time::Duration;

use super::endpoint::Caps;
use super::error::Error;
use super::refusal::About;
use super::sse;
use super::think::ThinkSplitter;
use super::wire::{Chunk, Problem};
use crate::chat::{Delta, EndState, FinishReason, StreamEvent};
use crate::metrics::{Channel, Deltas, ServerTime, Usage};
use crate::text::{self, SafeText, Secrets};

/// A finish reason is a word; more than that is not kept.
const MAX_WORD: usize = 64;

/// Takes the events of a request.
pub(super) type Sink<'a> = dyn FnMut(StreamEvent) + Send + 'a;

/// What is known of an answer so far.
#[derive(Debug, Default)]
pub(super) struct Assembly {
    pub(super) finish_reason: Option<FinishReason>,
    pub(super) usage: Usage,
    pub(super) server: ServerTime,
    pub(super) deltas: Deltas,
    /// When the first text or tool call came, since the attempt was sent.
    pub(super) first: Option<Duration>,
    pub(super) request_id: Option<String>,
    /// How much is taken.
    pub(super) caps: Caps,
    /// Taken out of words that are cut; what is handed on goes through `echo`.
    pub(super) secrets: Secrets,
    think: ThinkSplitter,
    /// The server keeps reasoning apart, so that a `<think>` in its content is content.
    reasoning_apart: bool,
    text: usize,
    events: u64,
    unreadable: u32,
    /// Text came after the finish chunk.
    late: bool,
    done: bool,
    problem: Option<Problem>,
}

impl Assembly {
    /// True once text of either kind was handed on.
    pub(super) fn has_text(&self) -> bool {
        self.text > 0
    }

    /// Bytes of text handed on.
    pub(super) fn text_bytes(&self) -> usize {
        self.text
    }

    /// True once the finish chunk or the end mark has come: only figures can follow.
    pub(super) fn is_finished(&self) -> bool {
        self.done || self.finish_reason.is_some()
    }

    /// True when nothing that follows matters.
    pub(super) fn is_over(&self) -> bool {
        self.done
            || self.problem.is_some()
            || self.text >= self.caps.answer
            || self.unreadable >= self.caps.unreadable
    }

    /// True once an event has come, whatever it said.
    pub(super) fn has_events(&self) -> bool {
        self.events > 0
    }

    /// Takes one event of the stream, read `at` after sending.
    pub(super) fn take(&mut self, event: sse::Event<'_>, at: Duration, sink: &mut Sink<'_>) {
        if self.is_over() {
            return;
        }
        self.events += 1;
        let data = event.data.trim_start();
        if data.starts_with("[DONE]") {
            self.done = true;
        } else if event.name == "error" {
            let problem = Problem::read(data.as_bytes()).unwrap_or_else(|| Problem {
                message: data.to_owned(),
                ..Problem::default()
            });
            self.problem = Some(problem);
        } else if let Some(chunk) = Chunk::read(data) {
            self.take_chunk(chunk, at, sink);
        } else if let Some(chunk) = Chunk::read_mended(data) {
            self.take_chunk(chunk, at, sink);
        } else if !data.is_empty() {
            self.unreadable += 1;
        }
    }

    /// Takes a whole answer that came as one JSON object instead of a stream. False if it is none.
    pub(super) fn take_whole(&mut self, body: &str, at: Duration, sink: &mut Sink<'_>) -> bool {
        let chunk = Chunk::read(body).or_else(|| Chunk::read_mended(body));
        let Some(chunk) = chunk else { return false };
        self.events += 1;
        self.deltas.is_whole = true;
        self.take_chunk(chunk, at, sink);
        // That the object is whole shows that the answer is.
        self.done = self.problem.is_none();
        true
    }

    fn take_chunk(&mut self, chunk: Chunk<'_>, at: Duration, sink: &mut Sink<'_>) {
        if let Some(id) = chunk.id.filter(|_| self.request_id.is_none()) {
            self.request_id = short(&self.secrets.hide(&id));
        }
        let has_text = |text: &Option<Cow<'_, str>>| text.as_ref().is_some_and(|t| !t.is_empty());
        if has_text(&chunk.reasoning) || has_text(&chunk.content) || chunk.tool_call.is_some() {
            self.first.get_or_insert(at);
            self.late |= self.finish_reason.is_some();
            self.deltas.push(chunk.tool_call, at);
        }
        // Reasoning before content: that is their order where one event holds both.
        if let Some(text) = chunk.reasoning.filter(|t| !t.is_empty()) {
            if !self.reasoning_apart {
                self.flush(at, sink);
            }
            self.reasoning_apart = true;
            hand_on(
                &mut self.text,
                Channel::Reasoning,
                text.into_owned(),
                at,
                sink,
            );
        }
        if let Some(text) = chunk.content.filter(|t| !t.is_empty()) {
            if self.reasoning_apart {
                hand_on(
                    &mut self.text,
                    Channel::Content,
                    text.into_owned(),
                    at,
                    sink,
                );
            } else {
                let total = &mut self.text;
                self.think.push(&text, |channel, text| {
                    hand_on(total, channel, text.to_owned(), at, sink);
                });
            }
        }
        if let Some(word) = chunk
            .finish_reason
            .map(|w| self.secrets.hide(&w).into_owned())
            .as_deref()
            .and_then(short)
        {
            self.finish_reason = Some(FinishReason::parse(&word));
            self.flush(at, sink);
        }
        self.usage = chunk
            .usage
            .map_or(self.usage, |usage| self.usage.then(usage));
        self.server = chunk
            .server
            .map_or(self.server, |time| self.server.then(time));
        self.problem = chunk.problem;
    }

    /// Hands on text that was held back because it could have been a tag.
    pub(super) fn flush(&mut self, at: Duration, sink: &mut Sink<'_>) {
        let total = &mut self.text;
        self.think.finish(|channel, text| {
            hand_on(total, channel, text.to_owned(), at, sink);
        });
    }

    /// How the answer ended, now that nothing follows. `broken` is what ended it, if it did not end by itself; after the
    /// finish chunk that no longer matters.
    pub(super) fn verdict(
        &self,
        broken: Option<Error>,
        about: &About<'_>,
    ) -> Result<EndState, Error> {
        if let Some(problem) = &self.problem {
            return Err(about.in_stream(problem));
        }
        if self.unreadable >= self.caps.unreadable {
            return Err(Error::malformed(
                text::unreadable(self.caps.unreadable),
                "the server does not speak this protocol: check base_url",
            ));
        }
        if self.text >= self.caps.answer {
            return Err(Error::malformed(
                format!("answer over {}", text::bytes(self.caps.answer)),
                "ask for less, or set max_completion_tokens",
            ));
        }
        if !self.is_finished() {
            return Err(broken.unwrap_or_else(|| self.unfinished()));
        }
        if let Some(error) = broken.filter(|_| self.late) {
            return Err(error);
        }
        if !self.has_text() {
            return Err(self.empty());
        }
        Ok(match (self.unreadable, &self.finish_reason) {
            (1.., _) => EndState::Damaged(self.unreadable),
            (0, Some(FinishReason::Length)) => EndState::AtLimit,
            (0, _) => EndState::Complete,
        })
    }

    /// Something worth saying although all went well.
    pub(super) fn note(&self) -> Option<String> {
        if self.done && self.finish_reason.is_none() {
            Some("the stream had an end mark but no finish reason".to_owned())
        } else if self.late {
            Some("the server went on after it had called the answer finished".to_owned())
        } else if self.deltas.calls.is_some() {
            Some("the model wanted to call a tool; none was run".to_owned())
        } else {
            None
        }
    }

    fn unfinished(&self) -> Error {
        Error::Truncated {
            message: match (self.has_events(), self.unreadable) {
                (false, _) => "the server closed the stream without a word".to_owned(),
                (true, 0) => "the stream ended without a finish chunk".to_owned(),
                (true, n) => {
                    let events = text::counted(n.into(), "event was", "events were");
                    format!("the stream ended without a finish chunk, {events} unreadable")
                }
            },
        }
    }

    fn empty(&self) -> Error {
        let reason = self.finish_reason.as_ref().map(FinishReason::as_str);
        let remedy = match &self.finish_reason {
            Some(FinishReason::Length) => {
                "raise max_completion_tokens: reasoning counts towards it and used it up"
            }
            Some(FinishReason::ContentFilter) => "the provider filtered the answer: ask otherwise",
            Some(FinishReason::ToolCalls) => "the model wanted to call a tool: ask for text",
            _ => "send again, or change the parameters",
        };
        Error::Empty {
            message: match reason {
                Some(reason) => format!("empty answer (finish reason: {reason})"),
                None => "empty answer (no choices)".to_owned(),
            },
            remedy: remedy.to_owned(),
        }
    }
}

fn hand_on(total: &mut usize, channel: Channel, text: String, at: Duration, sink: &mut Sink<'_>) {
    *total = total.saturating_add(text.len());
    sink(StreamEvent::Delta(Delta { channel, text, at }));
}

/// A word or an id as a server gave it, cleaned and cut; `None` if nothing is left.
pub(super) fn short(text: &str) -> Option<String> {
    let text: String = text.chars().take(MAX_WORD).collect();
    Some(SafeText::line(&text).into_string()).filter(|t| !t.is_empty())
}
