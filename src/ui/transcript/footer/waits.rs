//! What an answer waits for and for how long: before its text, and where its text stands still.
//! The most important comes first, and what does not fit is left out from the end.

use std::time::Duration;

use super::{Lines, key_list};
use crate::{
    app::{Action, Model},
    chat::{Answer, Phase, Step},
    text,
    ui::format,
};

/// From here on a wait says what it waits for, and a silent stream how long it is silent.
const PATIENCE: Duration = Duration::from_secs(2);

impl Lines<'_> {
    pub(super) fn waiting(&mut self, model: &Model, answer: &Answer, phase: &Phase) {
        let now = model.now.mono;
        let waited = now.saturating_sub(answer.since);
        let mut parts = Vec::new();
        match phase {
            Phase::Saving => return self.dim("writing the prompt to disk …"),
            Phase::Queued { held, until } => {
                let left =
                    until.map_or_else(String::new, |until| match until.saturating_sub(now) {
                        left if left < Duration::from_mins(1) => format!(" {}", seconds(left)),
                        left => format!(" {}", format::time_text(left)),
                    });
                parts.push(format!("waits{left} for {held}"));
                parts.extend(attempt(answer));
            }
            Phase::Retrying {
                error,
                next,
                most,
                until,
            } => {
                self.marked("!", self.palette.warning, &error.message);
                let left = seconds(until.saturating_sub(now));
                let (whose, stop) = (error.whose_wait(), stops(model));
                return self.dim(&format!(
                    "attempt {next} of {most} in {left}{whose} · {stop}"
                ));
            }
            Phase::Key | Phase::Sent | Phase::Accepted => {
                let since_sent = now.saturating_sub(answer.sent);
                if since_sent < PATIENCE && answer.tries.is_none() {
                    let waited = seconds(since_sent);
                    return self.dim(&format!("waiting for the first token  {waited}"));
                }
                let (what, besides) = step(answer, phase);
                parts.push(format!("{what} {}", seconds(waited)));
                parts.extend(attempt(answer));
                let alive = answer.last_sign().map(|_| "server alive".to_owned());
                parts.extend(last_byte(model, answer).or(alive));
                parts.extend(besides);
            }
        }
        parts.push(stops(model));
        self.dim(&fitting(&parts, self.width));
    }

    pub(super) fn streaming(&mut self, model: &Model, answer: &Answer) {
        let silent = model.now.mono.saturating_sub(answer.last_text());
        if silent < PATIENCE {
            return;
        }
        let mut parts = match answer.last_sign() {
            Some(_) => vec![format!("server alive, no text for {}", seconds(silent))],
            None => vec![format!("no data for {}", seconds(silent))],
        };
        parts.extend(last_byte(model, answer));
        parts.push(stops(model));
        let sentence = fitting(&parts, self.width.saturating_sub(2));
        self.marked("!", self.palette.warning, &sentence);
    }
}

/// What an answer waits for before its text, and what else there is to say of it.
fn step(answer: &Answer, phase: &Phase) -> (String, Option<String>) {
    let is_accepted = *phase == Phase::Accepted;
    let what = match &answer.step {
        None if is_accepted => "accepted, no text yet".to_owned(),
        None => "no response yet".to_owned(),
        Some(Step::Behind { server }) => {
            format!("another request tries whether {server} is back")
        }
        Some(Step::Key { from }) => format!("reading the key: {from}"),
        Some(Step::Connecting {
            server,
            proxy: Some(proxy),
        }) => {
            let what = format!("connecting by proxy {proxy}");
            return (what, Some(format!("to {server}")));
        }
        Some(Step::Connecting { server, .. }) => format!("connecting to {server}"),
        Some(Step::Sent { server }) => format!("sent to {server}, no reply yet"),
        Some(Step::Replied { server, status }) if is_accepted => {
            format!("{server} replied {status}, no text yet")
        }
        Some(Step::Replied { server, status }) => {
            format!("{server} replied {status}, reading why")
        }
    };
    (what, None)
}

/// Which attempt it is, from the second on.
fn attempt(answer: &Answer) -> Option<String> {
    let (number, most) = answer.tries?;
    Some(format!("attempt {number} of {most}"))
}

fn stops(model: &Model) -> String {
    format!("{} stops", key_list(model, Action::Cancel))
}

/// How long ago the last byte came, where that is some time and no text came with it.
fn last_byte(model: &Model, answer: &Answer) -> Option<String> {
    let ago = model.now.mono.saturating_sub(answer.last_sign()?);
    (ago >= PATIENCE).then(|| format!("last byte {} s ago", ago.as_secs()))
}

/// As many of the parts, the most important one first, as a row of `columns` holds; the first in any case.
fn fitting(parts: &[String], columns: usize) -> String {
    let mut row = String::new();
    for part in parts {
        let gap = if row.is_empty() { "" } else { " · " };
        if !row.is_empty() && text::width(&row) + 3 + text::width(part) > columns {
            break;
        }
        row.push_str(gap);
        row.push_str(part);
    }
    row
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
