//! The focused pane in depth: what its last answer took, by the field's definitions, most important first.
//!
//! Rows stand where they stand from the first token to the end; what is not known yet is a dash.

use std::time::Duration;

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::{
    Room, budget, chart, cost_of, diagnostics, dollars, ends,
    rows::{DASH, Label, Rows, Value, stack},
    start,
};
use crate::{
    app::Model,
    chat::{Answer, Connection, Conversation, EndState, Phase, Progress, Unit, quota::Source},
    metrics::{LiveRate, Missing, Reading, Split, Summary},
    text,
    ui::{format, theme::Palette},
};

/// The rows of the view.
pub(super) fn lines(model: &Model, room: Room<'_>) -> Vec<Line<'static>> {
    let answer = model.last_answer(model.pane());
    let title = vec![title(model, answer, room)];
    let Some(answer) = answer else {
        let mut sections = vec![title];
        sections.extend(start::sections(model, room));
        return stack(sections, room.height);
    };
    let depth = Depth {
        model,
        room,
        answer,
        figures: answer.summary(),
    };
    let sections = [
        Some(title),
        Some(depth.speed()),
        Some(depth.latency()),
        Some(depth.split()),
        Some(depth.tokens()),
        Some(depth.cost()),
        depth.requests(),
        budget::section(model, room),
        quota(model, room),
        depth.reason().map(|reason| {
            let mut rows = Rows::bare(room);
            rows.text(&format!("{DASH} {reason}"));
            rows.finish()
        }),
    ];
    let mut lines = stack(sections.into_iter().flatten().collect(), room.height);
    diagnostics::append(model, room, &mut lines);
    lines
}

/// Letter, model, and what happens when that is not all well.
fn title(model: &Model, answer: Option<&Answer>, room: Room<'_>) -> Line<'static> {
    let pane = model.pane();
    let (state, style) = answer
        .and_then(|a| state(a, room.palette))
        .unwrap_or_default();
    let name = text::SafeText::line(&pane.variant.model);
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
        Rows::new(self.room, heading).quiet(self.reason().is_some())
    }

    /// Why figures are missing, where it is the same for all of them.
    fn reason(&self) -> Option<&'static str> {
        if self.answer.is_live() {
            Some("not known before the answer ends")
        } else {
            (!self.answer.has_text()).then(|| Missing::NoText.reason())
        }
    }

    /// The number that matters, its course over the answer's life, and the scale of that.
    fn speed(&self) -> Vec<Line<'static>> {
        let mut rows = self.section("SPEED");
        let rate = |reading: Reading<f64>| reading.map(|s| (format::rate(s), "tok/s"));
        let (server, wall) = (
            rate(self.figures.speed_server),
            rate(self.figures.speed_wall),
        );
        let (main, second) = if self.answer.is_live() {
            let now = match self.live_rate() {
                Some(live) => {
                    let number = format!("~{}", format::rate(live.tokens_per_s));
                    Value::new(NOW, number, "tok/s")
                }
                None => rows.missing(NOW, ""),
            };
            (now, rows.reading(WALL, wall))
        } else if server.is_err() && wall.is_ok() {
            (rows.reading(WALL, wall), rows.reading(SERVER, server))
        } else {
            (rows.reading(SERVER, server), rows.reading(WALL, wall))
        };
        rows.values([main.main()]);
        let (course, most) = self.course();
        rows.line(course);
        rows.values([most, second]);
        rows.finish()
    }

    /// The sparkline and the speed that its full height stands for.
    fn course(&self) -> (Line<'static>, Value) {
        let peak = ("peak", "peak");
        let timeline = &self.answer.timeline;
        let now = self.answer.is_live().then(|| self.since_sent());
        // The server's count tells how much text a token was in this answer.
        let counted = self.figures.tokens.completion.ok();
        let rates = timeline.rates(self.room.width, now, counted);
        let most = rates.iter().copied().fold(0.0, f64::max);
        if most == 0.0 {
            return (Line::default(), Value::new(peak, DASH, ""));
        }
        let line = Line::styled(
            chart::sparkline(&rates, most),
            self.room.palette.accent(self.model.pane().letter),
        );
        let mark = if counted.is_some() { "" } else { "~" };
        let number = format!("{mark}{}", format::rate(most));
        (line, Value::new(peak, number, "tok/s"))
    }

    fn latency(&self) -> Vec<Line<'static>> {
        let mut rows = self.section("LATENCY");
        let figures = &self.figures;
        let mut values = vec![
            rows.time(("TTFT", "TTFT"), figures.ttft),
            rows.time(("first answer", "first ans"), figures.ttfa),
        ];
        if self.answer.timeline.reasoning_bytes() > 0 {
            values.push(rows.time(("thinking", "thinking"), figures.thinking));
        }
        values.push(rows.time(("TPOT", "TPOT"), figures.tpot));
        let total = ("total", "total");
        values.push(if self.answer.is_live() {
            let (number, unit) = format::time(self.since_sent());
            Value::new(total, format!("~{number}"), unit)
        } else {
            rows.time(total, figures.e2e)
        });
        rows.values(values);
        rows.finish()
    }

    fn split(&self) -> Vec<Line<'static>> {
        let mut rows = self.section("TIME");
        let styles = self.room.palette.split;
        match self.figures.split {
            Ok(split) => {
                rows.line(chart::split_bar(&split, self.room.width, self.room.palette));
                rows.values(self.legend(&split));
                if split.exceeds_e2e {
                    rows.text("the server's total is longer than the whole");
                }
            }
            // The legend keeps its place, so that nothing below moves when the answer ends.
            Err(_) if self.reason().is_some() => {
                rows.line(Line::default());
                let parts = chart::SPLIT.into_iter().zip(styles);
                rows.values(parts.map(|((glyph, label), style)| {
                    Value::new(label, DASH, "").marked(glyph, style)
                }));
            }
            Err(why) => rows.text(&format!("{DASH} {}", why.reason())),
        }
        rows.finish()
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
            Value::new(label, format!("~{}", format::count(tokens)), "")
        };
        let counted = |rows: &mut Rows<'_>, label: Label, count: Reading<u64>| {
            rows.reading(label, count.map(|n| (format::count(n), "")))
        };
        let out = ("out", "out");
        let thought = ("reasoning", "reason.");
        let values = [
            counted(&mut rows, ("in", "in"), tokens.prompt),
            counted(&mut rows, ("cached", "cached"), tokens.cached),
            // Text that came without being counted, because the answer goes on or was stopped.
            if tokens.completion.is_err() && timeline.bytes() > 0 {
                estimate(out, timeline.tokens())
            } else {
                counted(&mut rows, out, tokens.completion)
            },
            if tokens.reasoning.is_err() && timeline.reasoning_bytes() > 0 {
                estimate(thought, timeline.reasoning_tokens())
            } else {
                counted(&mut rows, thought, tokens.reasoning)
            },
            rows.reading(
                ("a delta", "a delta"),
                self.figures
                    .tokens_per_delta
                    .map(|n| (format!("{n:.1}"), "tok")),
            ),
        ];
        rows.values(values);
        rows.finish()
    }

    fn cost(&self) -> Vec<Line<'static>> {
        let model = self.model;
        // What the mock costs does not get known later.
        let mut rows = self.section("COST");
        if self.answer.mock {
            rows = rows.quiet(false);
        }
        let pane = model.focused_conversation().into_iter();
        let costs = [
            (("answer", "answer"), cost_of(model, [self.answer])),
            (
                ("pane", "pane"),
                cost_of(model, pane.flat_map(every_answer)),
            ),
            (
                ("session", "session"),
                cost_of(model, model.conversations.iter().flat_map(every_answer)),
            ),
        ];
        let reason = if self.answer.mock {
            "the mock costs nothing"
        } else if self.figures.tokens.completion.is_err() {
            "tokens were not counted"
        } else {
            "no price is known"
        };
        let values = costs.map(|(label, cost)| match dollars(cost) {
            Some(sum) => Value::new(label, sum, ""),
            None => rows.missing(label, reason),
        });
        rows.values(values);
        rows.finish()
    }

    fn requests(&self) -> Option<Vec<Line<'static>>> {
        let end = self.answer.end();
        let connection = end.and_then(|e| e.connection);
        let retries = self.answer.attempts.len();
        if retries == 0 && connection.is_none() {
            return None;
        }
        let mut rows = self.section("REQUEST");
        let word = match connection {
            Some(Connection::New) => "new",
            Some(Connection::Reused) => "reused",
            None => DASH,
        };
        let mut values = vec![
            Value::new(("connection", "connect."), word, ""),
            Value::count(("retries", "retries"), u64::try_from(retries).ok()),
        ];
        if let Some(end) = end.filter(|_| retries > 0) {
            let (number, unit) = format::time(end.waited);
            values.push(Value::new(("waited", "waited"), number, unit));
        }
        rows.values(values);
        Some(rows.finish())
    }

    fn live_rate(&self) -> Option<LiveRate> {
        LiveRate::at(&self.answer.timeline, self.since_sent())
    }

    fn since_sent(&self) -> Duration {
        self.model.now.mono.saturating_sub(self.answer.sent)
    }
}

const NOW: Label = ("now", "now");
const SERVER: Label = ("server", "server");
const WALL: Label = ("wall", "wall");

fn every_answer(conversation: &Conversation) -> impl Iterator<Item = &Answer> {
    conversation.turns().iter().flat_map(|t| &t.answers)
}

/// What of the quota of the pane's model is left, where that is known.
fn quota(model: &Model, room: Room<'_>) -> Option<Vec<Line<'static>>> {
    let gauge = |unit| model.gauge(&model.pane().variant, unit);
    let left = |unit, label: Label| {
        let gauge = gauge(unit)?;
        let text = format!(
            "{} of {}",
            format::short_count(gauge.left),
            format::short_count(gauge.limit)
        );
        Some(Value::new(label, text, ""))
    };
    let values: Vec<Value> = [
        left(Unit::Requests, ("requests", "req.")),
        left(Unit::Tokens, ("tokens", "tokens")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if values.is_empty() {
        return None;
    }
    let gauge = gauge(Unit::Tokens).or_else(|| gauge(Unit::Requests));
    let heading = match gauge.map(|g| g.source) {
        Some(Source::Own) => "LEFT OF YOUR LIMITS",
        Some(Source::Preset) => "LEFT (PRESET)",
        Some(Source::Old) => "LEFT (OLD)",
        Some(Source::Server) | None => "LEFT THIS MINUTE",
    };
    let mut rows = Rows::new(room, heading);
    rows.values(values);
    Some(rows.finish())
}
