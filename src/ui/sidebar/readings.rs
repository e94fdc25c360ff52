//! What each figure says about the focused pane's last answer, by the key of its definition.
//!
//! The sidebar shows the same figures; here each dash has its reason.

use std::time::Duration;

use super::dollars;
use crate::{
    app::Model,
    chat::{Answer, Connection},
    metrics::{LiveRate, Missing, Reading, Split, Summary, definition},
    text::SafeText,
    ui::format,
};

/// A figure as it is shown, or why it is not.
pub(in crate::ui) enum Shown {
    Value(String),
    Missing(&'static str),
}

/// An answer and its figures.
pub(in crate::ui) struct Readings<'a> {
    model: &'a Model,
    answer: &'a Answer,
    figures: Summary,
}

/// The figures of the focused pane's last answer, if it has one.
pub(in crate::ui) fn of(model: &Model) -> Option<Readings<'_>> {
    let answer = model.last_answer(model.pane())?;
    Some(Readings::new(model, answer))
}

/// The figures of which the sidebar shows dashes, in its order.
const SHOWN: [&str; 17] = [
    "speed_server",
    "speed_wall",
    "speed_peak",
    "ttft",
    "ttfa",
    "thinking",
    "tpot",
    "e2e",
    "network",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "tokens_per_delta",
    "prefill_rate",
    "context",
    "cost",
];

impl<'a> Readings<'a> {
    /// Those of `answer`.
    pub(super) fn new(model: &'a Model, answer: &'a Answer) -> Self {
        Self {
            model,
            answer,
            figures: answer.summary(),
        }
    }

    /// Why the sidebar shows dashes, and the labels of those that have each reason.
    pub(super) fn reasons(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        if self.answer.is_live() {
            return vec![(Missing::NotEnded.reason(), Vec::new())];
        }
        if !self.answer.has_used() {
            return vec![(Missing::NoText.reason(), Vec::new())];
        }
        let mut reasons: Vec<(_, Vec<_>)> = Vec::new();
        for key in SHOWN.into_iter().filter(|key| self.is_dash(key)) {
            let (Some(Shown::Missing(reason)), Some(figure)) = (self.get(key), definition(key))
            else {
                continue;
            };
            // The section, since the part of it is not shown.
            let label = if key == "network" {
                "TIME"
            } else {
                figure.label
            };
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, labels)) => labels.push(label),
                None => reasons.push((reason, vec![label])),
            }
        }
        reasons
    }

    /// Whether a figure that is missing is a dash in the sidebar: some are left out there, or estimated.
    fn is_dash(&self, key: &str) -> bool {
        let timeline = &self.answer.timeline;
        match key {
            "thinking" => timeline.reasoning_bytes() > 0,
            "completion_tokens" => timeline.bytes() == 0,
            "reasoning_tokens" => timeline.reasoning_bytes() == 0,
            "context" => self.window().is_some(),
            "cost" => !self.answer.mock,
            _ => true,
        }
    }

    fn window(&self) -> Option<u64> {
        self.model.model_info(&self.answer.variant)?.context_window
    }

    /// The figure with this key; `None` where it is not one of an answer.
    pub(in crate::ui) fn get(&self, key: &str) -> Option<Shown> {
        let figures = &self.figures;
        let tokens = &figures.tokens;
        Some(match key {
            "ttft" => time(figures.ttft),
            "ttfa" => time(figures.ttfa),
            "thinking" => time(figures.thinking),
            "e2e" => time(figures.e2e),
            "tpot" => time(figures.tpot),
            "speed_server" => rate(figures.speed_server),
            "speed_wall" => rate(figures.speed_wall),
            "speed_overall" => rate(figures.speed_overall),
            "speed_live" => self.now()?,
            "speed_peak" => self.peak(),
            "prompt_tokens" => count(tokens.prompt),
            "cached_tokens" => count(tokens.cached),
            "completion_tokens" => count(tokens.completion),
            "reasoning_tokens" => count(tokens.reasoning),
            "tokens_per_delta" => shown(figures.tokens_per_delta, |n| format!("{n:.1}")),
            "prefill_rate" => rate(figures.prefill_rate),
            "queue" => time(figures.times.queue),
            "prompt" => time(figures.times.prompt),
            "generation" => time(figures.times.completion),
            "other" => self.part(|split| split.other),
            "network" => self.part(|split| split.network),
            "cost" => self.cost(),
            "context" => self.context(),
            _ => return self.request(key),
        })
    }

    fn part(&self, part: impl Fn(&Split) -> Duration) -> Shown {
        time(self.figures.split.map(|split| part(&split)))
    }

    fn now(&self) -> Option<Shown> {
        if !self.answer.is_live() {
            return None;
        }
        let since = self.model.now.mono.saturating_sub(self.answer.sent);
        let live = LiveRate::at(&self.answer.timeline, since).ok_or(Missing::NoText);
        Some(shown(live, |live| {
            format!("~{}", format::rate(live.tokens_per_s))
        }))
    }

    fn peak(&self) -> Shown {
        let counted = self.figures.arrived.ok();
        let peak = self.answer.timeline.peak(counted, !self.answer.is_live());
        let mark = if counted.is_some() { "" } else { "~" };
        shown(peak, |peak| format!("{mark}{}", format::rate(peak)))
    }

    fn cost(&self) -> Shown {
        if self.answer.mock {
            return Shown::Missing("the mock costs nothing");
        }
        let counts = [self.figures.tokens.prompt, self.figures.tokens.completion];
        match (dollars(self.model.cost_of([self.answer])), counts) {
            (Some(sum), _) => Shown::Value(sum),
            (None, [Err(why), _] | [_, Err(why)]) => Shown::Missing(why.reason()),
            (None, _) => Shown::Missing("no price is known"),
        }
    }

    fn context(&self) -> Shown {
        let Some(window) = self.window() else {
            return Shown::Missing("the model's context window is not known");
        };
        match self.figures.tokens.within(window) {
            Ok(used) => {
                let percent = used as f64 / window.max(1) as f64 * 100.0;
                let (used, window) = (format::count(used), format::count(window));
                Shown::Value(format!("{percent:.1} %, {used} of {window}"))
            }
            Err(why) => Shown::Missing(why.reason()),
        }
    }

    fn request(&self, key: &str) -> Option<Shown> {
        if key == "attempts" {
            return Some(Shown::Value(self.answer.requests().to_string()));
        }
        let end = self.answer.end();
        let word = |word: Option<String>, why| match word {
            Some(word) => Shown::Value(word),
            None if end.is_none() => Shown::Missing(Missing::NotEnded.reason()),
            None => Shown::Missing(why),
        };
        Some(match key {
            "connection" => {
                let connection = end.and_then(|e| e.connection);
                let connection = connection.map(|connection| match connection {
                    Connection::New => "new".to_owned(),
                    Connection::Reused => "reused".to_owned(),
                });
                word(connection, self.unkept())
            }
            "http" => {
                let version = end.and_then(|e| e.http);
                word(version.map(|v| v.word().to_owned()), self.unkept())
            }
            "request_id" => {
                let id = self.answer.request_id.as_deref();
                word(
                    id.map(|id| SafeText::line(id).into_string()),
                    Missing::NotReported.reason(),
                )
            }
            "waited" => {
                let waited = end.map(|e| format::time_text(e.waited));
                word(waited, Missing::NotEnded.reason())
            }
            _ => return None,
        })
    }

    /// Why what our side knows of a connection is not there; earlier versions did not keep it.
    fn unkept(&self) -> &'static str {
        if self.answer.end().is_some_and(|end| end.e2e.is_zero()) {
            if self.answer.attempts.is_empty() {
                "no request was sent"
            } else {
                "it ended before the next attempt"
            }
        } else if self.answer.has_used() {
            "not kept by the version that wrote it"
        } else {
            "no reply came"
        }
    }
}

fn shown<T>(reading: Reading<T>, write: impl FnOnce(T) -> String) -> Shown {
    match reading {
        Ok(value) => Shown::Value(write(value)),
        Err(why) => Shown::Missing(why.reason()),
    }
}

fn time(reading: Reading<Duration>) -> Shown {
    shown(reading, format::time_text)
}

fn rate(reading: Reading<f64>) -> Shown {
    shown(reading, |rate| format!("{} tok/s", format::rate(rate)))
}

fn count(reading: Reading<u64>) -> Shown {
    shown(reading, format::count)
}
