//! The lines of ours in a transcript: how an answer ended, its figures, its reasoning's size; what it waits for is `waits`'s.
//!
//! An error is one line in plain words and one with what to do; red only on the mark.

mod waits;

use std::time::Duration;

use ratatui::text::{Line, Span};

use super::super::{format, status::key_of, theme::Palette};
use crate::{
    app::{Action, Model, Pane},
    chat::{
        Answer, EndState, Failure, FailureKind, FinishReason, Param, Progress, Turn, Variant,
        Verdict,
    },
    metrics::Arrival,
    text::{self, SafeText},
};

/// The line above reasoning: folded or not, how long, how much.
pub(super) fn thinking(
    model: &Model,
    answer: &Answer,
    folded: bool,
    palette: &Palette,
) -> Line<'static> {
    let mark = if folded { "▸" } else { "▾" };
    let mut text = format!("{mark} reasoning");
    if let Ok(time) = answer.summary().thinking {
        text.push_str(&format!("  {}", format::time_text(time)));
    } else if answer.is_live() && answer.content.is_empty() {
        let so_far = model.now.mono.saturating_sub(answer.sent);
        let began = answer.timeline.first().map_or(Duration::ZERO, Arrival::at);
        text.push_str(&format!(
            "  {}",
            format::time_text(so_far.saturating_sub(began))
        ));
    } else if let (Some(first), Some(last), true) = (
        answer.timeline.first(),
        answer.timeline.last(),
        answer.content.is_empty(),
    ) {
        // It ended before there was an answer.
        let time = last.at().saturating_sub(first.at());
        text.push_str(&format!("  {}", format::time_text(time)));
    }
    let tokens = answer.tokens();
    match tokens.reasoning {
        Ok(tokens) if tokens > 0 => text.push_str(&format!(" · {}", format::tokens(tokens))),
        // What was thought before the answer was cut has figures of its own no more.
        _ if !answer.parts.is_empty() && answer.timeline.reasoning_bytes() == 0 => {}
        _ => {
            let estimate = answer.timeline.reasoning_tokens(tokens.completion.ok());
            text.push_str(&format!(" · ~{}", format::tokens(estimate)));
        }
    }
    Line::styled(text, palette.dim)
}

/// The lines below an answer.
pub(super) fn below(
    model: &Model,
    pane: &Pane,
    turn: &Turn,
    answer: &Answer,
    palette: &Palette,
    width: usize,
) -> Vec<Line<'static>> {
    let mut lines = Lines {
        palette,
        width,
        rows: vec![Line::default()],
    };
    if let Some(fell) = &answer.fell_back {
        let why = format!(
            "the mock answers: {} failed, {}",
            fell.from, fell.error.message
        );
        lines.marked("!", lines.palette.warning, &why);
    }
    match &answer.progress {
        Progress::Waiting(phase) => {
            lines.waiting(model, answer, phase);
            lines.breach(model, answer);
        }
        Progress::Streaming => {
            lines.streaming(model, answer);
            lines.breach(model, answer);
        }
        Progress::Ended(end) => {
            lines.parts(answer);
            lines.ended(model, answer, &end.state);
            lines.breach(model, answer);
            if let Some(note) = &end.note {
                lines.dim(note);
            }
            lines.figures(place(model, pane, turn), answer, &pane.variant);
        }
    }
    if lines.rows.len() == 1 {
        lines.rows.clear();
    }
    lines.rows
}

/// Which version of a turn is shown, where there are several.
fn place(model: &Model, pane: &Pane, turn: &Turn) -> Option<String> {
    let versions = model.conversation(pane.conversation)?.versions(turn.id);
    let place = versions.iter().position(|&v| v == (turn.id, turn.shown))?;
    (versions.len() > 1).then(|| format!("answer {} of {}", place + 1, versions.len()))
}

struct Lines<'a> {
    palette: &'a Palette,
    width: usize,
    rows: Vec<Line<'static>>,
}

impl Lines<'_> {
    fn dim(&mut self, sentence: &str) {
        let sentence = SafeText::line(sentence);
        for row in format::wrap(sentence.as_str(), self.width) {
            self.rows.push(Line::styled(row, self.palette.dim));
        }
    }

    fn marked(&mut self, mark: &'static str, style: ratatui::style::Style, sentence: &str) {
        let sentence = SafeText::line(sentence);
        let rows = format::wrap(sentence.as_str(), self.width.saturating_sub(2));
        for (i, row) in rows.into_iter().enumerate() {
            let mark = if i == 0 { mark } else { " " };
            self.rows.push(Line::from(vec![
                Span::styled(format!("{mark} "), style),
                Span::styled(row, self.palette.text),
            ]));
        }
    }

    /// Says that the budget was not kept, as soon as that is so.
    fn breach(&mut self, model: &Model, answer: &Answer) {
        let verdict = answer.verdict(model.now.mono);
        if let Some(breach) = verdict.and_then(Verdict::breach) {
            let compared = breach.compared(format::time_text);
            self.marked(
                "!",
                self.palette.warning,
                &format!("over budget: {compared}"),
            );
        }
    }

    /// How often it was cut and went on, and how.
    fn parts(&mut self, answer: &Answer) {
        let Some(last) = answer.parts.last() else {
            return;
        };
        let times = |times| match times {
            1 => "once".to_owned(),
            times => format!("{times} times"),
        };
        let asked = answer.parts.len();
        let gains = answer.gains().filter(|gained| *gained).count();
        let (how, place) = if last.prefix {
            (
                "its own text was sent as its beginning",
                "from its own text",
            )
        } else {
            ("a further turn asked it to go on", "in a further turn")
        };
        let asked_for = || format!("asked {} to go on {place}", times(asked));
        self.dim(&match gains {
            0 => format!("{}: nothing new came", asked_for()),
            gains if gains == asked => format!("continued {}: {how}", times(gains)),
            gains => format!("{}: continued {}", asked_for(), times(gains)),
        });
        if let Some(EndState::CutShort(failure)) = answer.text_ended() {
            self.dim(&format!("the text had been cut short: {}", failure.message));
        }
    }

    fn ended(&mut self, model: &Model, answer: &Answer, state: &EndState) {
        let mut again = format!("{} asks again", key_list(model, Action::Regenerate));
        if !model.is_set_up(&answer.asked().profile) {
            // Whoever asked it cannot be asked again.
            let choose = key_list(model, Action::Model);
            again = format!("{choose} chooses another model, then {again}");
        } else if !answer.content.is_empty() {
            let go_on = key_list(model, Action::Continue);
            again = format!("{go_on} goes on with it, {again}");
        }
        let passed = model.now.mono.saturating_sub(answer.since);
        match state {
            EndState::Complete => self.reason(answer),
            EndState::AtLimit => {
                self.marked(
                    "!",
                    self.palette.warning,
                    "token limit reached: the answer may be unfinished",
                );
                let form = key_list(model, Action::Parameters);
                let go_on = key_list(model, Action::Continue);
                self.dim(&format!(
                    "{go_on} goes on with it; {form} raises max_tokens"
                ));
            }
            EndState::Damaged(events) => self.marked(
                "!",
                self.palette.warning,
                &format!("{}: text may be missing", text::unreadable(*events)),
            ),
            EndState::Stopped => {
                self.marked(
                    "■",
                    self.palette.warning,
                    &format!("stopped by you · {again}"),
                );
            }
            EndState::CutShort(failure) => {
                self.failure("cut short: ", failure, passed, &again);
            }
            EndState::Failed(failure) if failure.kind == FailureKind::Down => {
                let now = format!("{} tries now", key_list(model, Action::Regenerate));
                self.failure("", failure, passed, &now);
            }
            EndState::Failed(failure) => self.failure("", failure, passed, &again),
            EndState::Skipped(failure) => self.failure("skipped: ", failure, passed, &again),
        }
    }

    fn failure(&mut self, before: &str, failure: &Failure, passed: Duration, again: &str) {
        self.marked(
            "✗",
            self.palette.error,
            &format!("{before}{}", failure.message),
        );
        let remedy = match SafeText::line(&failure.remedy_after(passed)).into_string() {
            remedy if remedy.is_empty() => again.to_owned(),
            remedy => format!("{remedy} · {again}"),
        };
        for row in format::wrap(&remedy, self.width.saturating_sub(2)) {
            self.rows
                .push(Line::styled(format!("  {row}"), self.palette.dim));
        }
    }

    fn reason(&mut self, answer: &Answer) {
        let reason = answer.end().and_then(|e| e.finish_reason.as_ref());
        if let Some(remark) = reason.and_then(FinishReason::remark) {
            self.marked("!", self.palette.warning, &remark);
        }
    }

    /// One quiet line of what it took, and of what was asked otherwise than would be asked `now`.
    fn figures(&mut self, place: Option<String>, answer: &Answer, now: &Variant) {
        if !answer.has_text() {
            if let Some(place) = place {
                self.dim(&place);
            }
            return;
        }
        let figures = answer.summary();
        let mut parts = vec![answer.variant.model.clone()];
        parts.extend(otherwise(&answer.variant, now));
        // The profile of the mock says so already.
        if answer.mock && parts.iter().all(|part| part != "mock") {
            parts.push("mock".to_owned());
        }
        parts.extend(place);
        if let Some(tokens) = answer.tokens_of_parts() {
            let count = answer.parts.len() + 1;
            parts.push(format!("{} in {count} parts", format::tokens(tokens)));
        }
        let before = parts.len();
        if let Ok(tokens) = figures.tokens.completion {
            parts.push(format::tokens(tokens));
        }
        if let Ok(ttft) = figures.ttft {
            parts.push(format!("TTFT {}", format::time_text(ttft)));
        }
        if let Ok(speed) = figures.speed_server.or(figures.speed_wall) {
            parts.push(format!("{} tok/s", format::rate(speed)));
        }
        if let Ok(total) = figures.e2e {
            parts.push(format::time_text(total));
        }
        // What came before it was asked to go on has figures of its own.
        if let Some(first) = parts.get_mut(before).filter(|_| !answer.parts.is_empty()) {
            first.insert_str(0, "last part: ");
        }
        let parts: Vec<_> = parts.iter().map(|p| SafeText::line(p)).collect();
        for row in format::rows_of_parts(&parts, self.width) {
            self.rows.push(Line::styled(row, self.palette.dim));
        }
    }
}

/// What of `asked` is not so `now`.
fn otherwise(asked: &Variant, now: &Variant) -> Vec<String> {
    let mut words = Vec::new();
    if asked.profile != now.profile {
        words.push(asked.profile.clone());
    }
    for param in Param::ALL {
        let value = asked.params.value(param);
        if value != now.params.value(param) {
            let value = value.unwrap_or_else(|| "default".to_owned());
            words.push(format!("{} {value}", param.as_str()));
        }
    }
    words.extend(match (&asked.system, &now.system) {
        (same, now) if same == now => None,
        (None, _) => Some("no system prompt".to_owned()),
        (Some(_), _) => Some("another system prompt".to_owned()),
    });
    words
}

/// The first key of an action where the focus is now, so that it does what the line says.
fn key_list(model: &Model, action: Action) -> String {
    key_of(model, action).unwrap_or_else(|| action.info().name.to_owned())
}
