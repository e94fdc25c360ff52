//! The focused pane in depth: what its last answer took, by the field's definitions, most important first.
//!
//! Rows stand where they stand from the first token to the end; what is not known yet is a dash.

use std::time::Duration;

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::{
    Room, budget, chart, diagnostics, dollars, ends, quota,
    readings::Readings,
    rows::{DASH, Label, Rows, Value},
    session,
    stack::Sections,
    start,
};
use crate::{
    app::Model,
    chat::{Answer, Connection, EndState, HttpVersion, Phase, Progress},
    metrics::{LiveRate, Reading, Split, Summary},
    text,
    ui::{format, theme::Palette},
};

/// A request that waited so much before it was sent says so.
const HELD_BACK: Duration = Duration::from_millis(100);

/// The sections of the view; whose figures they are stays above them.
pub(super) fn sections(model: &Model, room: Room<'_>) -> Sections {
    let answer = model.last_answer(model.pane());
    let title = title(model, answer, room);
    let Some(answer) = answer else {
        return Sections::new(start::sections(model, room)).headed(title);
    };
    let depth = Depth {
        model,
        room,
        answer,
        figures: answer.summary(),
    };
    let mut sections = vec![
        depth.speed(),
        depth.latency(),
        depth.split(),
        depth.tokens(),
    ];
    sections.extend(depth.context());
    sections.push(depth.cost());
    sections.extend(depth.request());
    sections.extend(budget::section(model, room));
    sections.extend(quota::section(model, room));
    sections.extend(depth.reasons());
    sections.extend(session::sections(model, room));
    sections.extend(diagnostics::section(model, room));
    Sections::new(sections).headed(title)
}

/// Letter, the model whose figures these are, and what happens when that is not all well or not the pane's own.
fn title(model: &Model, answer: Option<&Answer>, room: Room<'_>) -> Line<'static> {
    let pane = model.pane();
    let (state, style) = answer
        .and_then(|a| state(a, room.palette))
        .unwrap_or_default();
    let (state, style) = match answer {
        Some(answer) if state.is_empty() && model.is_stand_in(pane, answer) => {
            ("mock".to_owned(), room.palette.dim)
        }
        _ => (state, style),
    };
    let asked = answer.map(|answer| answer.asked().model);
    let name = text::SafeText::line(asked.as_deref().unwrap_or(&pane.variant.model));
    let for_name = room.width.saturating_sub(4 + text::width(&state));
    let left = vec![
        Span::styled(
            format!("{}  ", pane.letter),
            room.palette.accent(pane.letter),
        ),
        Span::styled(
            text::truncate(name.as_str(), for_name).into_owned(),
            room.palette.text,
        ),
    ];
    ends(left, Span::styled(state, style), room.width)
}

/// What an answer does or did, unless it ended as it should. The table of all panes says the same words.
pub(super) fn state(answer: &Answer, palette: &Palette) -> Option<(String, Style)> {
    let (word, style) = match &answer.progress {
        Progress::Waiting(Phase::Retrying { next, most, .. }) => {
            return Some((format!("retry {next}/{most}"), palette.warning));
        }
        Progress::Waiting(Phase::Queued { .. }) => ("queued", palette.dim),
        Progress::Waiting(_) => ("waiting", palette.dim),
        Progress::Streaming if answer.content.is_empty() => ("thinking", palette.dim),
        Progress::Streaming => return None,
        Progress::Ended(end) => match &end.state {
            EndState::Stopped => ("stopped", palette.warning),
            EndState::CutShort(_) => ("cut short", palette.error),
            EndState::Failed(_) => ("failed", palette.error),
            EndState::Skipped(_) => ("skipped", palette.warning),
            _ => return None,
        },
    };
    Some((word.to_owned(), style))
}

/// The last answer of the focused pane with what its sections need.
struct Depth<'a> {
    model: &'a Model,
    room: Room<'a>,
    answer: &'a Answer,
    figures: Summary,
}

impl Depth<'_> {
    fn section(&self, heading: &'static str) -> Rows<'_> {
        Rows::new(self.room, heading)
    }

    /// Why figures are missing: each reason once, and with several of them whose it is.
    fn reasons(&self) -> Option<Vec<Line<'static>>> {
        let mut rows = Rows::bare(self.room);
        let reasons = Readings::new(self.model, self.answer).reasons();
        for (reason, labels) in &reasons {
            if reasons.len() == 1 {
                rows.text(&format!("{DASH} {reason}"));
            } else {
                rows.text(&format!("{DASH} {}: {reason}", labels.join(", ")));
            }
        }
        (!reasons.is_empty()).then(|| rows.finish())
    }

    /// The number that matters, its course over the answer's life, and its best second.
    fn speed(&self) -> Vec<Line<'static>> {
        let mut rows = self.section("SPEED");
        let server = Value::reading(SERVER, self.figures.speed_server.map(rate));
        let wall = Value::reading(WALL, self.figures.speed_wall.map(rate));
        let (main, second) = if self.answer.is_live() {
            let now = LiveRate::at(&self.answer.timeline, self.since_sent());
            let now = now.map_or_else(
                || Value::missing(NOW),
                |live| {
                    let (number, unit) = rate(live.tokens_per_s);
                    Value::new(NOW, format!("~{number}"), unit)
                },
            );
            (now, wall)
        } else if self.figures.speed_server.is_err() && self.figures.speed_wall.is_ok() {
            (wall, server)
        } else {
            (server, wall)
        };
        rows.values([main.main()]);
        rows.line(self.course());
        rows.values([self.peak(), second]);
        rows.finish()
    }

    /// The sparkline; its full height is its own highest point.
    fn course(&self) -> Line<'static> {
        let now = self.answer.is_live().then(|| self.since_sent());
        // The server's count tells how much text a token was in this answer.
        let counted = self.figures.arrived.ok();
        let rates = self.answer.timeline.rates(self.room.width, now, counted);
        let most = rates.iter().copied().fold(0.0, f64::max);
        if most == 0.0 {
            return Line::default();
        }
        Line::styled(chart::sparkline(&rates, most), self.accent())
    }

    fn peak(&self) -> Value {
        let counted = self.figures.arrived.ok();
        let has_ended = !self.answer.is_live();
        let mark = if counted.is_some() { "" } else { "~" };
        let peak = self.answer.timeline.peak(counted, has_ended).map(rate);
        Value::reading(
            ("peak", "peak"),
            peak.map(|(number, unit)| (format!("{mark}{number}"), unit)),
        )
    }

    fn latency(&self) -> Vec<Line<'static>> {
        let mut rows = self.section("LATENCY");
        let figures = &self.figures;
        let mut values = vec![
            Value::time(("TTFT", "TTFT"), figures.ttft),
            Value::time(("first answer", "first ans"), figures.ttfa),
        ];
        if self.answer.timeline.reasoning_bytes() > 0 {
            values.push(Value::time(("thinking", "thinking"), figures.thinking));
        }
        values.push(Value::time(("TPOT", "TPOT"), figures.tpot));
        let total = ("total", "total");
        values.push(if self.answer.is_live() {
            let (number, unit) = format::time(self.since_sent());
            Value::new(total, format!("~{number}"), unit)
        } else {
            Value::time(total, figures.e2e)
        });
        rows.values(values);
        rows.finish()
    }

    fn split(&self) -> Vec<Line<'static>> {
        let styles = self.room.palette.split;
        match self.figures.split {
            Ok(split) => {
                let mut rows = self.section("TIME");
                rows.line(chart::split_bar(&split, self.room.width, self.room.palette));
                rows.values(self.legend(&split));
                if split.exceeds_e2e {
                    rows.text("the server's total is longer than the whole");
                }
                rows.finish()
            }
            // The legend keeps its place, so that nothing below moves when the answer ends.
            Err(_) if self.answer.is_live() => {
                let mut rows = self.section("TIME");
                rows.line(Line::default());
                let parts = chart::SPLIT.into_iter().zip(styles);
                rows.values(
                    parts.map(|((glyph, label), style)| Value::missing(label).marked(glyph, style)),
                );
                rows.finish()
            }
            Err(_) => {
                let dash = Span::styled(DASH, self.room.palette.dim);
                let mut rows = Rows::headed(self.room, "TIME", dash);
                rows.values(self.known_times());
                rows.finish()
            }
        }
    }

    /// What the server told of its time where that makes no bar.
    fn known_times(&self) -> impl Iterator<Item = Value> {
        let times = &self.figures.times;
        chart::SPLIT
            .into_iter()
            .zip([times.queue, times.prompt, times.completion])
            .filter_map(|((_, label), time)| Some(Value::time(label, Ok(time.ok()?))))
    }

    /// What the glyphs of the bar mean, in its order.
    fn legend(&self, split: &Split) -> Vec<Value> {
        chart::SPLIT
            .into_iter()
            .zip(chart::parts(split))
            .zip(self.room.palette.split)
            .map(|(((glyph, label), time), style)| {
                let (number, unit) = format::time(time);
                Value::new(label, number, unit).marked(glyph, style)
            })
            .collect()
    }

    fn tokens(&self) -> Vec<Line<'static>> {
        let mut rows = self.section("TOKENS");
        let tokens = &self.figures.tokens;
        let timeline = &self.answer.timeline;
        let estimate = |label: Label, tokens: u64| {
            Value::new(label, format!("~{}", format::count(tokens)), "tok")
        };
        let counted = |label: Label, count: Reading<u64>| {
            Value::reading(label, count.map(|n| (format::count(n), "tok")))
        };
        let out = ("out", "out");
        let thought = ("reasoning", "reason.");
        let per_delta = self.figures.tokens_per_delta;
        rows.values([
            counted(("in", "in"), tokens.prompt),
            counted(("cached", "cached"), tokens.cached),
            // Text that came without being counted, because the answer goes on or was stopped.
            if tokens.completion.is_err() && timeline.bytes() > 0 {
                estimate(out, timeline.tokens())
            } else {
                counted(out, tokens.completion)
            },
            if tokens.reasoning.is_err() && timeline.reasoning_bytes() > 0 {
                estimate(thought, timeline.reasoning_tokens(tokens.completion.ok()))
            } else {
                counted(thought, tokens.reasoning)
            },
            Value::reading(
                ("a delta", "a delta"),
                per_delta.map(|n| (format!("{n:.1}"), "tok")),
            ),
            Value::reading(("prefill", "prefill"), self.figures.prefill_rate.map(rate)),
        ]);
        rows.finish()
    }

    /// How much of the model's window prompt and answer took, where the window is known.
    fn context(&self) -> Option<Vec<Line<'static>>> {
        let window = self
            .model
            .model_info(&self.answer.variant)?
            .context_window?;
        let used = self.figures.tokens.within(window).ok();
        let dim = self.room.palette.dim;
        let window_text = format::short_count(window);
        let right = used.map_or_else(
            || format!("{DASH} of {window_text}"),
            |used| format!("{} of {window_text}", format::short_count(used)),
        );
        let mut rows = Rows::headed(self.room, "CONTEXT", Span::styled(right, dim));
        let share = used.map_or(0.0, |used| used as f64 / window.max(1) as f64);
        let percent = used.map_or_else(|| DASH.to_owned(), |_| format!("{:.1} %", share * 100.0));
        rows.gauge("", share.min(1.0), self.accent(), percent);
        Some(rows.finish())
    }

    fn cost(&self) -> Vec<Line<'static>> {
        if self.answer.mock {
            // What the mock costs does not get known later.
            let word = Span::styled("mock", self.room.palette.dim);
            return Rows::headed(self.room, "COST", word).finish();
        }
        let model = self.model;
        let mut rows = self.section("COST");
        let costs = [
            (("answer", "answer"), model.cost_of([self.answer])),
            (
                ("pane", "pane"),
                model.cost(Some(model.pane().conversation)),
            ),
            (("session", "session"), model.cost(None)),
        ];
        rows.values(costs.map(|(label, cost)| match dollars(cost) {
            Some(sum) => Value::new(label, sum, ""),
            None => Value::missing(label),
        }));
        rows.finish()
    }

    /// How the answer was asked for, once there is something to tell.
    fn request(&self) -> Option<Vec<Line<'static>>> {
        let end = self.answer.end();
        let failed = self.answer.attempts.len();
        if failed == 0 && end.is_none() {
            return None;
        }
        let mut rows = self.section("REQUEST");
        let requests = u64::try_from(self.answer.requests()).ok();
        let mut values = vec![Value::count(("attempts", "attempts"), requests)];
        if let Some(end) = end {
            let connection = end.connection.map_or(DASH, |connection| match connection {
                Connection::New => "new",
                Connection::Reused => "reused",
            });
            values.push(Value::new(("connection", "connect."), connection, ""));
            let version = end.http.map_or(DASH, HttpVersion::word);
            values.push(Value::new(("HTTP", "HTTP"), version, ""));
            if failed > 0 || end.waited.saturating_sub(end.e2e) >= HELD_BACK {
                let (number, unit) = format::time(end.waited);
                values.push(Value::new(("waited", "waited"), number, unit));
            }
        }
        rows.values(values);
        Some(rows.finish())
    }

    fn accent(&self) -> Style {
        self.room.palette.accent(self.model.pane().letter)
    }

    fn since_sent(&self) -> Duration {
        self.model.now.mono.saturating_sub(self.answer.sent)
    }
}

/// A speed and its unit.
fn rate(tokens_per_s: f64) -> (String, &'static str) {
    (format::rate(tokens_per_s), "tok/s")
}

const NOW: Label = ("now", "now");
const SERVER: Label = ("server", "server");
const WALL: Label = ("wall", "wall");
