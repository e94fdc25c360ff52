//! The sidebar: what the focused pane's last answer took, by the field's definitions.
//!
//! Labels are dim, figures right-aligned; what cannot be known is a dash, never a zero.

use std::time::Duration;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::{format, theme::Palette};
use crate::{
    app::Model,
    chat::{Answer, Bucket, Connection, Unit},
    metrics::{LiveRate, Reading, Split, Summary, Usage},
    text,
};

/// What is shown where a figure is missing.
const DASH: &str = "–";

/// The numbers of the focused pane.
pub(crate) struct Sidebar<'a> {
    pub(crate) model: &'a Model,
    pub(crate) palette: &'a Palette,
}

impl Widget for Sidebar<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        super::surface(area, self.palette.panel, buffer);
        for y in area.y..area.bottom() {
            buffer.set_string(area.x, y, "│", self.palette.rule);
        }
        let inner = Rect {
            x: area.x + 2,
            width: area.width.saturating_sub(3),
            ..area
        };
        let mut rows = Rows {
            palette: self.palette,
            width: usize::from(inner.width),
            lines: Vec::new(),
        };
        self.fill(&mut rows);
        for (line, y) in rows.lines.iter().zip(inner.y..inner.bottom()) {
            buffer.set_line(inner.x, y, line, inner.width);
        }
    }
}

impl Sidebar<'_> {
    fn fill(&self, rows: &mut Rows<'_>) {
        let model = self.model;
        let pane = model.pane();
        let accent = self.palette.accent(pane.letter);
        rows.title(pane.letter, &pane.variant.model, accent);
        let Some(answer) = model.last_answer(pane) else {
            self.before_the_first(rows);
            return;
        };
        let figures = answer.summary();
        let usage = answer.end().map(|e| e.usage).unwrap_or_default();
        self.speed(rows, answer, &figures);
        latency(rows, &figures);
        self.tokens(rows, answer, &figures, &usage);
        split(rows, &figures);
        requests(rows, answer);
        self.quota(rows);
    }

    fn before_the_first(&self, rows: &mut Rows<'_>) {
        let variant = &self.model.pane().variant;
        if let Some(info) = self.model.model_info(variant) {
            rows.heading("MODEL");
            if let Some(speed) = info.speed_tps {
                rows.value("published speed", &format::rate(speed), "tok/s");
            }
            if let Some(window) = info.context_window {
                rows.value("context", &format::short_count(window), "tok");
            }
            if let Some(output) = info.max_output {
                rows.value("output, most", &format::short_count(output), "tok");
            }
            if let Some(price) = info.price_in {
                rows.value("input", &format!("${price:.2}"), "/M");
            }
            if let Some(price) = info.price_out {
                rows.value("output", &format!("${price:.2}"), "/M");
            }
        }
        if let Some(profile) = self.model.profile(&variant.profile) {
            rows.heading("ENDPOINT");
            rows.value("profile", &profile.name, "");
            rows.text(&profile.host);
            if profile.is_mock {
                rows.text("figures of the mock are not");
                rows.text("those of a real service");
            }
        }
    }

    /// The number that matters first: bold, alone on its row.
    fn speed(&self, rows: &mut Rows<'_>, answer: &Answer, figures: &Summary) {
        rows.heading("SPEED");
        if answer.is_live() {
            let now = self.model.now.mono.saturating_sub(answer.sent);
            match LiveRate::at(&answer.timeline, now) {
                Some(live) => rows.headline(
                    &format!("~{}", format::rate(live.tokens_per_s)),
                    "tok/s now",
                ),
                None => rows.headline(DASH, "tok/s now"),
            }
            return;
        }
        match figures.speed_server {
            Ok(speed) => {
                rows.headline(&format::rate(speed), "tok/s server");
                rows.reading(
                    "wall",
                    figures.speed_wall.map(|s| (format::rate(s), "tok/s")),
                );
            }
            Err(_) => match figures.speed_wall {
                Ok(speed) => rows.headline(&format::rate(speed), "tok/s wall"),
                Err(why) => {
                    rows.headline(DASH, "tok/s");
                    rows.text(why.reason());
                }
            },
        }
    }

    fn tokens(&self, rows: &mut Rows<'_>, answer: &Answer, figures: &Summary, usage: &Usage) {
        rows.heading("TOKENS");
        if answer.is_live() {
            let estimate = LiveRate::tokens_in(answer.timeline.bytes());
            rows.value("out", &format!("~{}", format::count(estimate)), "");
            return;
        }
        let mut row = |label, count: Option<u64>| {
            rows.value(
                label,
                &count.map_or_else(|| DASH.to_owned(), format::count),
                "",
            );
        };
        row("in", usage.prompt_tokens);
        row("cached", usage.cached_tokens);
        row("out", usage.completion_tokens);
        row("reasoning", usage.reasoning_tokens);
        rows.reading(
            "a delta",
            figures.tokens_per_delta.map(|n| (format!("{n:.1}"), "tok")),
        );
        let cost = usage
            .prompt_tokens
            .zip(usage.completion_tokens)
            .and_then(|(p, c)| self.model.model_info(&answer.variant)?.cost(p, c));
        // The mock costs nothing; a price there would be a lie.
        if let Some(cost) = cost.filter(|_| !answer.mock) {
            rows.value("cost", &format::usd(cost), "");
        }
    }

    fn quota(&self, rows: &mut Rows<'_>) {
        let Some(limits) = self.model.limits.get(&self.model.pane().variant.profile) else {
            return;
        };
        let mut open = false;
        for (unit, word) in [(Unit::Requests, "requests"), (Unit::Tokens, "tokens")] {
            let Some(quota) = limits.get(unit, Bucket::Minute) else {
                continue;
            };
            let (Some(limit), Some(remaining)) = (quota.limit, quota.remaining) else {
                continue;
            };
            if super::status::is_endless(unit, limit) {
                continue;
            }
            if !std::mem::replace(&mut open, true) {
                rows.heading("LEFT THIS MINUTE");
            }
            let text = format!(
                "{} of {}",
                format::short_count(remaining.min(limit)),
                format::short_count(limit)
            );
            rows.value(word, &text, "");
        }
    }
}

fn latency(rows: &mut Rows<'_>, figures: &Summary) {
    let time = |reading: Reading<Duration>| reading.map(format::time);
    rows.heading("LATENCY");
    rows.reading("TTFT", time(figures.ttft));
    rows.reading("first answer", time(figures.ttfa));
    if figures.thinking.is_ok() {
        rows.reading("thinking", time(figures.thinking));
    }
    rows.reading("TPOT", time(figures.tpot));
    rows.reading("total", time(figures.e2e));
}

fn split(rows: &mut Rows<'_>, figures: &Summary) {
    let Ok(split) = figures.split else {
        return;
    };
    rows.heading("TIME");
    rows.split_bar(&split);
    let mut part = |label, time| {
        let (number, unit) = format::time(time);
        rows.value(label, &number, unit);
    };
    part("queue", split.queue);
    part("prompt", split.prompt);
    part("generation", split.generation);
    part("other server", split.other);
    part("network", split.network);
    if split.exceeds_e2e {
        rows.text("server's total is longer");
    }
}

fn requests(rows: &mut Rows<'_>, answer: &Answer) {
    let connection = answer.end().and_then(|e| e.connection);
    if answer.attempts.is_empty() && connection.is_none() {
        return;
    }
    rows.heading("REQUEST");
    if let Some(connection) = connection {
        let word = match connection {
            Connection::New => "new",
            Connection::Reused => "reused",
        };
        rows.value("connection", word, "");
    }
    if !answer.attempts.is_empty() {
        rows.value("retries", &answer.attempts.len().to_string(), "");
        if let Some(end) = answer.end() {
            let (number, unit) = format::time(end.waited);
            rows.value("waited", &number, unit);
        }
    }
}

struct Rows<'a> {
    palette: &'a Palette,
    width: usize,
    lines: Vec<Line<'static>>,
}

impl Rows<'_> {
    fn title(&mut self, letter: char, model: &str, accent: Style) {
        let model = text::SafeText::line(model);
        let room = self.width.saturating_sub(3);
        self.lines.push(Line::from(vec![
            Span::styled(format!("{letter}  "), accent),
            Span::styled(
                text::truncate(model.as_str(), room).into_owned(),
                self.palette.text,
            ),
        ]));
    }

    fn heading(&mut self, word: &'static str) {
        self.lines.push(Line::default());
        self.lines.push(Line::styled(word, self.palette.heading));
    }

    fn headline(&mut self, number: &str, unit: &str) {
        self.lines.push(Line::from(vec![
            Span::styled(number.to_owned(), self.palette.headline),
            Span::styled(format!(" {unit}"), self.palette.dim),
        ]));
    }

    fn text(&mut self, sentence: &str) {
        for row in format::wrap(sentence, self.width) {
            self.lines.push(Line::styled(row, self.palette.dim));
        }
    }

    fn reading(&mut self, label: &str, reading: Reading<(String, &'static str)>) {
        match reading {
            Ok((number, unit)) => self.value(label, &number, unit),
            Err(_) => self.value(label, DASH, ""),
        }
    }

    /// Label at the left, number right-aligned before a unit column of five.
    fn value(&mut self, label: &str, number: &str, unit: &str) {
        let unit_width = 5;
        let room = self.width.saturating_sub(unit_width + 1);
        let number = text::truncate(number, room.saturating_sub(text::width(label)).max(4));
        let gap = room.saturating_sub(text::width(label) + text::width(&number));
        self.lines.push(Line::from(vec![
            Span::styled(label.to_owned(), self.palette.dim),
            Span::raw(" ".repeat(gap)),
            Span::styled(number.into_owned(), self.palette.value),
            Span::styled(format!(" {unit}"), self.palette.dim),
        ]));
    }

    /// Queue, prompt, generation, other and network as shares of one bar.
    fn split_bar(&mut self, split: &Split) {
        let parts = [
            (split.queue, "░"),
            (split.prompt, "▒"),
            (split.generation, "█"),
            (split.other, "▓"),
            (split.network, "·"),
        ];
        let total: u128 = parts.iter().map(|(t, _)| t.as_micros()).sum();
        if total == 0 {
            return;
        }
        let width = self.width as u128;
        let mut spans = Vec::new();
        let (mut sum, mut drawn) = (0, 0);
        for ((time, glyph), style) in parts.into_iter().zip(self.palette.split) {
            sum += time.as_micros();
            // Cutting at the running sum keeps the whole bar as wide as the column.
            let until = usize::try_from((sum * width + total / 2) / total).unwrap_or(self.width);
            spans.push(Span::styled(
                glyph.repeat(until.saturating_sub(drawn)),
                style,
            ));
            drawn = until;
        }
        self.lines.push(Line::from(spans));
    }
}
