//! How `ask` prints: the text as it streams, one JSON object, or one event a line.
//!
//! What goes to standard output is data; how it went goes to standard error.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Out, args::Format};
use crate::{
    chat::{Answer, End, EndState, FinishReason, Held, SessionId, StreamEvent, Variant, Verdict},
    config::show_variant,
    metrics::Channel,
    store::answer_json,
    text,
    ui::format,
};

/// Prints answers while they come.
pub(super) struct Printer {
    format: Format,
    answers: usize,
    /// The answer that streams; the others wait for it.
    current: usize,
    /// Text of answers that wait.
    waiting: Vec<String>,
    ended: Vec<bool>,
    labels: Vec<String>,
    /// The last character that was printed, so that the end adds a line break only where there is none.
    last: Option<char>,
}

impl Printer {
    pub(super) fn new(format: Format, answers: usize) -> Self {
        Self {
            format,
            answers,
            current: 0,
            waiting: vec![String::new(); answers],
            ended: vec![false; answers],
            labels: vec![String::new(); answers],
            last: None,
        }
    }

    /// A request goes out.
    pub(super) fn start(
        &mut self,
        index: usize,
        variant: &Variant,
        out: &mut Out,
    ) -> anyhow::Result<()> {
        self.labels[index] = show_variant(variant);
        match self.format {
            Format::Jsonl => out
                .line(&json!({"type": "start", "answer": index, "variant": variant}).to_string())?,
            Format::Text if index == 0 => self.heading(0, out)?,
            _ => {}
        }
        Ok(())
    }

    /// Before what is said of an answer, where there are several.
    fn whose(&self, index: usize) -> String {
        match self.answers {
            1 => String::new(),
            _ => format!("{}: ", self.labels[index]),
        }
    }

    /// Something happened to an answer.
    pub(super) fn event(
        &mut self,
        index: usize,
        event: &StreamEvent,
        out: &mut Out,
    ) -> anyhow::Result<()> {
        match (self.format, event) {
            (Format::Jsonl, StreamEvent::Delta(delta)) => out.line(
                &json!({
                    "type": "delta",
                    "answer": index,
                    "channel": delta.channel,
                    "text": delta.text,
                    "at_ms": millis(delta.at),
                })
                .to_string(),
            )?,
            (
                Format::Jsonl,
                StreamEvent::Retry {
                    attempt,
                    next,
                    most,
                },
            ) => out.line(
                &json!({
                    "type": "attempt",
                    "answer": index,
                    "status": attempt.status,
                    "error": attempt.error,
                    "wait_ms": millis(attempt.wait),
                    "next": next,
                    "most": most,
                })
                .to_string(),
            )?,
            (_, StreamEvent::FellBack(fell)) => {
                if self.format == Format::Jsonl {
                    let event = json!({"type": "fallback", "answer": index, "mock": true, "fallback": fell});
                    out.line(&event.to_string())?;
                }
                let (label, why) = (&self.labels[index], &fell.error.message);
                out.complain(&format!(
                    "{label}: the mock answers: {} failed, {why}",
                    fell.from
                ));
                let said = format!("_The mock answers: {} failed, {why}_\n\n", fell.from);
                self.remark(index, &said, out)?;
            }
            (Format::Text, StreamEvent::Delta(delta)) if delta.channel == Channel::Content => {
                self.say(index, &delta.text, out)?;
            }
            (_, StreamEvent::Queued(wait)) if wait.held != Held::InFlight => {
                let left = wait
                    .left
                    .map_or_else(String::new, |left| format!(" {:.1} s", left.as_secs_f64()));
                let label = &self.labels[index];
                out.note(&format!("{label} waits{left} for {}", wait.held));
            }
            (
                _,
                StreamEvent::Retry {
                    attempt,
                    next,
                    most,
                },
            ) => out.note(&format!(
                "{}{}; attempt {next} of {most} in {:.1} s{}",
                self.whose(index),
                attempt.error.message,
                attempt.wait.as_secs_f64(),
                attempt.error.whose_wait()
            )),
            _ => {}
        }
        Ok(())
    }

    /// An answer is over.
    pub(super) fn end(
        &mut self,
        index: usize,
        answer: &Answer,
        out: &mut Out,
    ) -> anyhow::Result<()> {
        self.ended[index] = true;
        match self.format {
            Format::Json => Ok(()),
            Format::Jsonl => {
                let mut object = answer_json(answer);
                if let Value::Object(object) = &mut object {
                    object.insert("type".to_owned(), "end".into());
                    object.insert("answer".to_owned(), index.into());
                }
                Ok(out.line(&object.to_string())?)
            }
            Format::Text => {
                if let Some(EndState::Skipped(failure)) = answer.end().map(|end| &end.state) {
                    let said = format!("_Passed over: {}_\n", failure.message);
                    self.remark(index, &said, out)?;
                }
                self.advance(out)
            }
        }
    }

    /// Under the heading of one of several answers: who reads them in a file is not to take it for something else. One
    /// alone is printed as it is, and standard error says what there is to say.
    fn remark(&mut self, index: usize, said: &str, out: &mut Out) -> anyhow::Result<()> {
        if self.format == Format::Text && self.answers > 1 {
            self.say(index, said, out)?;
        }
        Ok(())
    }

    /// Prints text of an answer, now or when those before it are over.
    fn say(&mut self, index: usize, text: &str, out: &mut Out) -> anyhow::Result<()> {
        if index == self.current {
            return self.text(text, out);
        }
        self.waiting[index].push_str(text);
        Ok(())
    }

    /// Prints what waited behind answers that are over by now.
    fn advance(&mut self, out: &mut Out) -> anyhow::Result<()> {
        while self.current < self.answers && self.ended[self.current] {
            if self.last.is_some_and(|c| c != '\n') {
                self.text("\n", out)?;
            }
            self.current += 1;
            if self.current < self.answers {
                self.heading(self.current, out)?;
                let text = std::mem::take(&mut self.waiting[self.current]);
                self.text(&text, out)?;
            }
        }
        Ok(())
    }

    /// With several answers each says whose it is.
    fn heading(&mut self, index: usize, out: &mut Out) -> anyhow::Result<()> {
        if self.answers > 1 {
            let gap = if index == 0 { "" } else { "\n" };
            let label = self.labels[index].clone();
            self.text(&format!("{gap}## {label}\n\n"), out)?;
        }
        Ok(())
    }

    fn text(&mut self, text: &str, out: &mut Out) -> anyhow::Result<()> {
        self.last = text.chars().last().or(self.last);
        Ok(out.data(text)?)
    }
}

/// The one object of `--format json`.
pub(super) fn object(
    answers: &[&Answer],
    session: Option<SessionId>,
    out: &mut Out,
) -> anyhow::Result<()> {
    let answers: Vec<_> = answers.iter().map(|a| answer_json(a)).collect();
    Ok(out.line(&format!(
        "{:#}",
        json!({"answers": answers, "session": session})
    ))?)
}

/// Says on standard error how the answer of `name` ended, if not well, and to a person what it took.
pub(super) fn outcome(name: &str, answer: &Answer, end: &End, figures: bool, out: &mut Out) {
    let reason = end.finish_reason.as_ref();
    match &end.state {
        EndState::Complete => {
            if let Some(remark) = reason.and_then(FinishReason::remark) {
                out.complain(&format!("{name}: {remark}"));
            }
        }
        EndState::AtLimit => out.complain(&format!(
            "{name}: token limit reached, the answer may be unfinished"
        )),
        EndState::Damaged(events) => {
            out.complain(&format!(
                "{name}: {}, text may be missing",
                text::unreadable(*events)
            ));
        }
        EndState::Stopped => out.complain(&format!("{name}: stopped; what had come was kept")),
        EndState::CutShort(failure) | EndState::Failed(failure) | EndState::Skipped(failure) => {
            let before = match end.state {
                EndState::CutShort(_) => "cut short: ",
                EndState::Skipped(_) => "skipped: ",
                _ => "",
            };
            out.complain(&format!("{name}: {before}{}", failure.message));
            if !failure.remedy.is_empty() {
                out.complain(&failure.remedy);
            }
        }
    }
    if let Some(breach) = answer.last_verdict().and_then(Verdict::breach) {
        out.complain(&format!(
            "{name}: over budget: {}",
            breach.compared(format::time_text)
        ));
    }
    match &end.note {
        // What says that an answer may not be whole is not for a person alone.
        Some(note) if end.state == EndState::Complete && reason.is_none() => {
            out.complain(&format!("{name}: {note}"));
        }
        Some(note) => out.note(note),
        None => {}
    }
    if figures && answer.has_text() {
        out.note(&line_of_figures(answer, end));
    }
}

fn line_of_figures(answer: &Answer, end: &End) -> String {
    let summary = answer.summary();
    let mut parts = vec![show_variant(&answer.variant)];
    if answer.mock {
        parts.push("mock".to_owned());
    }
    if let Ok(tokens) = summary.tokens.completion {
        parts.push(format::tokens(tokens));
    }
    if let Ok(ttft) = summary.ttft {
        parts.push(format!("TTFT {}", format::time_text(ttft)));
    }
    if let Ok(speed) = summary.speed_server {
        parts.push(format!("{} tok/s by the server", format::rate(speed)));
    } else if let Ok(speed) = summary.speed_wall {
        parts.push(format!("{} tok/s", format::rate(speed)));
    }
    parts.push(format::time_text(end.e2e));
    parts.join(" · ")
}

fn millis(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e3
}
