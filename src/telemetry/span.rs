//! A span for each request, with the attributes of the conventions. Holds no text of prompt, answer or error.
//!
//! How spans travel is `otlp`'s.

use std::collections::VecDeque;

use super::{Asked, record::error_type, subject::Labels};
use crate::{
    chat::{End, IdSource, Timestamp},
    metrics::Summary,
};

/// Spans that wait to be exported, at most; the oldest make room.
const MOST: usize = 2_048;

/// An attribute's value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Attribute {
    Text(String),
    Int(u64),
    Float(f64),
    Words(Vec<String>),
}

/// A request from its asking to its end.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Span {
    /// 32 hexadecimal digits.
    pub(super) trace: String,
    /// 16 hexadecimal digits.
    pub(super) id: String,
    pub(super) name: String,
    pub(super) began: Timestamp,
    pub(super) ended: Timestamp,
    pub(super) attributes: Vec<(&'static str, Attribute)>,
    pub(super) failed: bool,
}

/// What a span is made of.
pub(super) struct Request<'a> {
    pub(super) labels: &'a Labels,
    pub(super) asked: Asked,
    pub(super) began: Timestamp,
    pub(super) ended: Timestamp,
    pub(super) figures: &'a Summary,
    pub(super) end: &'a End,
    pub(super) retries: u32,
}

/// Spans that wait to be exported.
#[derive(Debug)]
pub(super) struct Spans {
    ids: IdSource,
    waiting: VecDeque<Span>,
}

impl Spans {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            ids: IdSource::new(seed),
            waiting: VecDeque::new(),
        }
    }

    pub(super) fn push(&mut self, request: &Request<'_>) {
        let mut hex = || self.ids.next(request.began).simple().to_string();
        let (trace, id) = (hex(), hex());
        let span = Span {
            trace,
            // The half without the time.
            id: id.get(16..).unwrap_or_default().to_owned(),
            name: name(request.labels),
            began: request.began,
            ended: request.ended,
            attributes: attributes(request),
            failed: request.end.state.failure().is_some(),
        };
        self.waiting.push_back(span);
        self.shed();
    }

    /// All that wait; none wait any more.
    pub(super) fn take(&mut self) -> Vec<Span> {
        self.waiting.drain(..).collect()
    }

    /// Takes back what could not be exported.
    pub(super) fn give_back(&mut self, spans: Vec<Span>) {
        for span in spans.into_iter().rev() {
            self.waiting.push_front(span);
        }
        self.shed();
    }

    fn shed(&mut self) {
        let over = self.waiting.len().saturating_sub(MOST);
        self.waiting.drain(..over);
    }
}

/// `chat MODEL`.
fn name(labels: &Labels) -> String {
    let value = |name: &str| {
        let found = labels.iter().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value.as_str())
    };
    let (operation, model) = (
        value("gen_ai.operation.name"),
        value("gen_ai.request.model"),
    );
    format!("{operation} {model}")
}

fn attributes(request: &Request<'_>) -> Vec<(&'static str, Attribute)> {
    let Request { end, figures, .. } = request;
    let labels = request.labels.iter().map(|(name, value)| match *name {
        "server.port" => (
            *name,
            value.parse().map_or(Attribute::Int(0), Attribute::Int),
        ),
        name => (name, Attribute::Text(value.clone())),
    });
    let int = |name, value: Option<u64>| value.map(|v| (name, Attribute::Int(v)));
    let text = |name, value: Option<String>| value.map(|v| (name, Attribute::Text(v)));
    let max_tokens = Some(u64::from(request.asked.max_tokens)).filter(|&n| n > 0);
    let first = figures.ttft.ok().filter(|_| request.asked.stream);
    let reason = end.finish_reason.as_ref().map(|r| r.as_str().to_owned());
    let error = end.state.failure().map(|f| error_type(f).into_owned());
    let more = [
        int("gen_ai.request.max_tokens", max_tokens),
        int("gen_ai.usage.input_tokens", figures.tokens.prompt.ok()),
        int("gen_ai.usage.output_tokens", figures.tokens.completion.ok()),
        text("gen_ai.response.id", end.request_id.clone()),
        reason.map(|r| ("gen_ai.response.finish_reasons", Attribute::Words(vec![r]))),
        first.map(|t| {
            let seconds = Attribute::Float(t.as_secs_f64());
            ("gen_ai.response.time_to_first_chunk", seconds)
        }),
        text("error.type", error),
        text(
            "waferdeck.answer.state",
            Some(end.state.as_str().to_owned()),
        ),
        int("waferdeck.retries", Some(request.retries.into())),
    ];
    labels.chain(more.into_iter().flatten()).collect()
}
