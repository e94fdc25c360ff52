//! The lines of the three pages.
//! Going through them is the inspector's.

use std::time::Duration;

use super::{InspectLine, InspectPage, LineKind};
use crate::chat::{Exchange, Header, RawPart, ReplyHead, Trial};

/// The lines of one page.
pub(super) fn of(exchange: &Exchange, page: InspectPage, is_live: bool) -> Vec<InspectLine> {
    let mut lines = Vec::new();
    match (page, exchange.attempts.as_slice()) {
        (_, []) if !is_live => note(
            &mut lines,
            "nothing was sent; the answer says why".to_owned(),
        ),
        (_, []) => note(
            &mut lines,
            "nothing was sent yet: the request waits for a place or for its quota".to_owned(),
        ),
        (InspectPage::Request, _) => request(exchange, &mut lines),
        (InspectPage::Response, [.., last]) => {
            match &last.head {
                Some(head) => reply(head, &mut lines),
                None if last.ended.is_none() => {
                    note(&mut lines, "nothing has come back yet".to_owned());
                }
                None => note(&mut lines, "nothing came back".to_owned()),
            }
            body(last, &mut lines);
        }
        (InspectPage::Attempts, all) => attempts(exchange, all, &mut lines),
    }
    lines
}

fn request(exchange: &Exchange, lines: &mut Vec<InspectLine>) {
    let sent = &exchange.request;
    push(lines, LineKind::Heading, sent.line.clone());
    headers(&sent.headers, lines);
    push(lines, LineKind::Text, String::new());
    for line in &sent.body {
        push(lines, LineKind::Text, line.clone());
    }
}

fn reply(head: &ReplyHead, lines: &mut Vec<InspectLine>) {
    let text = format!("{} {} after {}", head.version, head.status, millis(head.at));
    push(lines, LineKind::Heading, text);
    headers(&head.headers, lines);
}

fn headers(headers: &[Header], lines: &mut Vec<InspectLine>) {
    for (name, value) in headers {
        push(
            lines,
            LineKind::Header(name.len() + 1),
            format!("{name}: {value}"),
        );
    }
}

/// What came behind the head, and how it ended.
fn body(trial: &Trial, lines: &mut Vec<InspectLine>) {
    push(lines, LineKind::Text, String::new());
    for part in &trial.parts {
        match part {
            RawPart::Text(text) => push(lines, LineKind::Text, text.clone()),
            RawPart::LeftOut { events: 0, bytes } => {
                note(lines, format!("… {bytes} bytes not kept …"));
            }
            RawPart::LeftOut { events, bytes } => {
                let s = if *events == 1 { "" } else { "s" };
                note(
                    lines,
                    format!("… {events} event{s} not kept ({bytes} bytes) …"),
                );
            }
            RawPart::Event(event) => {
                let mut texts = event.lines.iter();
                let lead = format!(
                    "{:>5} {:>11} {:>6} B  ",
                    event.number,
                    millis(event.at),
                    event.bytes
                );
                let first = texts.next().map_or("", String::as_str);
                push(
                    lines,
                    LineKind::Event(event.number, lead.len()),
                    lead + first,
                );
                for text in texts {
                    push(lines, LineKind::Text, format!("  {text}"));
                }
            }
        }
    }
    if let Some((at, how)) = &trial.ended {
        note(
            lines,
            format!("{how} after {}, {} bytes in all", millis(*at), trial.bytes),
        );
    }
}

fn attempts(exchange: &Exchange, all: &[Trial], lines: &mut Vec<InspectLine>) {
    if exchange.left_out > 0 {
        note(
            lines,
            format!("the first {} attempts are not kept", exchange.left_out),
        );
    }
    let last = all.len().saturating_sub(1);
    for (at, trial) in all.iter().enumerate() {
        if at > 0 {
            push(lines, LineKind::Text, String::new());
        }
        push(
            lines,
            LineKind::Heading,
            format!("attempt {}", trial.number),
        );
        if let Some(head) = &trial.head {
            reply(head, lines);
        }
        if at < last {
            body(trial, lines);
        } else {
            let how = match &trial.ended {
                Some((at, how)) => format!("{how} after {}", millis(*at)),
                None => "under way".to_owned(),
            };
            note(
                lines,
                format!("{how}; what came is on the page before this one"),
            );
        }
    }
}

fn note(lines: &mut Vec<InspectLine>, text: String) {
    push(lines, LineKind::Note, text);
}

fn push(lines: &mut Vec<InspectLine>, kind: LineKind, text: String) {
    lines.push(InspectLine { kind, text });
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
