//! A session as a document: Markdown to read and to commit, JSON for other programs.
//!
//! Text stays as it was received, control characters too; whoever prints it on a terminal cleans it there.

use std::{collections::BTreeSet, fmt::Write, time::Duration};

use serde_json::{Value, json as value};

use crate::{
    chat::{
        Answer, Attempt, Conversation, EndState, Part, Session, Turn, Variant, Verdict, closed,
    },
    text::{counted, unreadable},
};

mod figures;

pub use figures::usd;

/// A readable transcript: for each turn of a visible path the prompt and the answer with its figures.
pub fn markdown(session: &Session) -> String {
    document(session, false)
}

/// [`markdown`] with what the models thought, folded.
pub fn markdown_with_reasoning(session: &Session) -> String {
    document(session, true)
}

fn document(session: &Session, reasoning: bool) -> String {
    let title = match &*session.title {
        "" => "Untitled session",
        title => title,
    };
    let mut out = format!("# {}\n\n", line(title));
    put(
        &mut out,
        format_args!("Session `{}`, {}\n", session.id, date(session.created.0)),
    );
    let several = session.conversations.len() > 1;
    let profiles = profiles(session) > 1;
    for (number, conversation) in (1..).zip(&session.conversations) {
        if several {
            let name = pane_letter(session, conversation).map_or_else(
                || format!("Conversation {number}"),
                |letter| format!("Pane {letter}"),
            );
            put(&mut out, format_args!("\n---\n\n# {name}\n"));
        }
        for turn in conversation.path() {
            put_turn(&mut out, turn, profiles, reasoning);
        }
    }
    out
}

fn pane_letter(session: &Session, conversation: &Conversation) -> Option<char> {
    let mut panes = session.layout.panes.iter();
    panes
        .find(|p| p.conversation == conversation.id)
        .map(|p| p.letter)
}

/// How many profiles were asked for what is shown.
fn profiles(session: &Session) -> usize {
    let turns = session.conversations.iter().flat_map(Conversation::path);
    let answers = turns.filter_map(Turn::shown_answer);
    let profiles: BTreeSet<&str> = answers.map(|a| a.variant.profile.as_str()).collect();
    profiles.len()
}

fn put_turn(out: &mut String, turn: &Turn, profiles: bool, reasoning: bool) {
    put(out, format_args!("\n## You\n\n{}\n", closed(&turn.text)));
    let Some(answer) = turn.shown_answer() else {
        return;
    };
    let mock = if answer.mock { " (mock)" } else { "" };
    put(
        out,
        format_args!("\n## {}{mock}\n\n", line(&name(&answer.variant, profiles))),
    );
    if reasoning && !answer.reasoning.is_empty() {
        let thought = closed(&answer.reasoning);
        put(
            out,
            format_args!("<details><summary>Reasoning</summary>\n\n{thought}\n\n</details>\n\n"),
        );
    }
    if !answer.content.is_empty() {
        put(out, format_args!("{}\n\n", closed(&answer.content)));
    }
    if let Some(fell) = &answer.fell_back {
        let said = format!(
            "The mock answered: {} failed, {}.",
            fell.from, fell.error.message
        );
        put(out, format_args!("**{}**\n\n", line(&said)));
    }
    for (part, gained) in answer.parts.iter().zip(answer.gains()) {
        put(out, format_args!("**{}**\n\n", continued(part, gained)));
    }
    if let Some(EndState::CutShort(failure)) = answer.text_ended() {
        let said = format!("The text had been cut short, {}.", failure.message);
        put(out, format_args!("**{}**\n\n", line(&said)));
    }
    if let Some(state) = state_line(answer) {
        put(out, format_args!("**{}**\n\n", line(&state)));
    }
    if let Some(breach) = answer.last_verdict().and_then(Verdict::breach) {
        let compared = breach.compared(duration);
        put(out, format_args!("**Over budget: {compared}.**\n\n"));
    }
    put(out, format_args!("_{}_\n", figures(answer).join(" · ")));
}

/// Model, what of its parameters matters most, and the profile where there are several.
fn name(variant: &Variant, profiles: bool) -> String {
    let mut name = variant.model.clone();
    if let Some(effort) = variant.params.effort {
        put(&mut name, format_args!(" · {effort}"));
    }
    if profiles {
        put(&mut name, format_args!(" · {}", variant.profile));
    }
    name
}

/// What there is to say about an answer that is not simply complete.
fn state_line(answer: &Answer) -> Option<String> {
    let Some(end) = answer.end() else {
        return Some("Partial: it was still streaming.".to_owned());
    };
    match &end.state {
        EndState::Complete => None,
        EndState::AtLimit => Some("Partial: token limit reached.".to_owned()),
        EndState::Damaged(events) => Some(format!("Damaged: {}.", unreadable(*events))),
        EndState::Stopped => Some("Partial: stopped.".to_owned()),
        EndState::CutShort(failure) => Some(format!("Partial: cut short, {}.", failure.message)),
        EndState::Failed(failure) => Some(format!("Failed: {}.", failure.message)),
        EndState::Skipped(failure) => Some(format!("Skipped: {}.", failure.message)),
    }
}

fn continued(part: &Part, gained: bool) -> String {
    let how = if part.prefix {
        "with its text as the beginning"
    } else {
        "by a further turn"
    };
    if gained {
        format!("Continued {how} after {} bytes.", part.content)
    } else {
        format!(
            "Asked to go on {how} after {} bytes: nothing new came.",
            part.content
        )
    }
}

fn figures(answer: &Answer) -> Vec<String> {
    let summary = answer.summary();
    let mut figures = Vec::new();
    if let Some(tokens) = answer.tokens_of_parts() {
        let count = answer.parts.len() + 1;
        let tokens = counted(tokens, "token", "tokens");
        figures.push(format!("{tokens} in {count} parts"));
    }
    let before = figures.len();
    if let Ok(ttft) = summary.ttft {
        figures.push(format!("TTFT {}", duration(ttft)));
    }
    if let Ok(speed) = summary.speed_server {
        figures.push(format!("{speed:.0} tok/s (server)"));
    } else if let Ok(speed) = summary.speed_wall {
        figures.push(format!("{speed:.0} tok/s"));
    }
    if let Some(end) = answer.end() {
        if let Ok(tokens) = summary.tokens.completion {
            figures.push(counted(tokens, "token", "tokens"));
        }
        figures.push(format!("{} in all", duration(end.e2e)));
    }
    // What came before it was asked to go on has figures of its own.
    if let Some(first) = figures.get_mut(before).filter(|_| !answer.parts.is_empty()) {
        first.insert_str(0, "last part: ");
    }
    if answer.retries() > 0 {
        let retries = u64::try_from(answer.retries()).unwrap_or(u64::MAX);
        figures.push(counted(retries, "retry", "retries"));
    }
    figures.extend(answer.end().and_then(|end| end.note.clone()));
    if answer.mock {
        figures.push("mock".to_owned());
    }
    figures
}

/// Three figures, as on screen.
fn duration(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1e3;
    match millis {
        ..9.995 => format!("{millis:.2} ms"),
        ..99.95 => format!("{millis:.1} ms"),
        ..999.5 => format!("{millis:.0} ms"),
        _ => format!("{:.2} s", millis / 1e3),
    }
}

fn date(millis: u64) -> String {
    jiff::Timestamp::from_millisecond(millis.cast_signed())
        .unwrap_or_default()
        .strftime("%Y-%m-%d %H:%M UTC")
        .to_string()
}

/// On one line, so that it stays the heading it stands in.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot go wrong.
    let _ = out.write_fmt(text);
}

/// The whole session: every conversation, turn and answer, also those off the visible paths.
///
/// `{"format": "waferdeck-session", "version": 1, "id", "title", "created_ms", "layout", "conversations": [{"id",
/// "forked_from", "path": [TURN…], "turns": [{"id", "parent", "broadcast", "text", "at_ms", "shown", "answers":
/// [ANSWER…]}]}]}`. An answer is that of `ask --format json` with `id`, `sample`, `error`, `note`, `limits` and
/// `arrivals` (`[microseconds, bytes, "content" or "reasoning"]`) besides; what is unknown is `null`.
pub fn json(session: &Session) -> Value {
    value!({
        "format": "waferdeck-session",
        "version": 1,
        "id": session.id,
        "title": session.title,
        "created_ms": session.created,
        "layout": session.layout,
        "conversations": session.conversations.iter().map(conversation).collect::<Vec<_>>(),
    })
}

fn conversation(conversation: &Conversation) -> Value {
    value!({
        "id": conversation.id,
        "forked_from": conversation.forked_from,
        "path": conversation.path().map(|t| t.id).collect::<Vec<_>>(),
        "turns": conversation.turns().iter().map(turn).collect::<Vec<_>>(),
    })
}

fn turn(turn: &Turn) -> Value {
    value!({
        "id": turn.id,
        "parent": turn.parent,
        "broadcast": turn.broadcast,
        "text": turn.text,
        "attachments": turn.attachments,
        "at_ms": turn.at,
        "shown": turn.shown_answer().map(|a| a.id),
        "answers": turn.answers.iter().map(answer).collect::<Vec<_>>(),
    })
}

fn answer(answer: &Answer) -> Value {
    let mut object = answer_json(answer);
    let arrivals = answer.timeline.arrivals().iter();
    object["arrivals"] = arrivals
        .map(|a| value!([a.micros(), a.bytes, a.channel]))
        .collect();
    object
}

/// One answer as JSON, as `ask --format json` prints it; the cost is in US dollars.
pub fn answer_json(answer: &Answer) -> Value {
    let end = answer.end();
    let figures = figures::of(answer);
    value!({
        "id": answer.id,
        "variant": {
            "profile": answer.variant.profile,
            "model": answer.variant.model,
            "params": answer.variant.params,
            "system": answer.variant.system,
        },
        "sample": answer.sample,
        "mock": answer.mock,
        "fallback": answer.fell_back,
        "continued": answer.parts.iter().map(part).collect::<Vec<_>>(),
        "state": end.map_or("live", |e| e.state.as_str()),
        "error": end.and_then(|e| e.state.failure()),
        "content": answer.content,
        "reasoning": answer.reasoning,
        "finish_reason": end.and_then(|e| e.finish_reason.as_ref()),
        "usage": figures.usage,
        "timing": figures.timing,
        "missing": figures.missing,
        "budget": budget(answer),
        "cost_usd": figures.cost,
        "attempts": answer.attempts.iter().map(attempt).collect::<Vec<_>>(),
        "request_id": answer.request_id,
        "limits": end.map(|e| e.limits.0.iter().map(figures::quota).collect::<Vec<_>>()),
        "note": end.and_then(|e| e.note.as_ref()),
    })
}

/// Where an answer was cut and went on.
fn part(part: &Part) -> Value {
    value!({
        "content_bytes": part.content,
        "state": part.end.state.as_str(),
        "error": part.end.state.failure(),
        "prefix": part.prefix,
    })
}

/// `null` without a budget; `breached` is `null` where that cannot be told.
fn budget(answer: &Answer) -> Value {
    let Some(budget) = answer.budget else {
        return Value::Null;
    };
    value!({
        "on": budget.on,
        "limit_ms": budget.limit_ms,
        "breached": answer.last_verdict().and_then(Verdict::is_breach),
    })
}

fn attempt(attempt: &Attempt) -> Value {
    value!({
        "status": attempt.status,
        "error": attempt.error,
        "wait_ms": millis(attempt.wait),
    })
}

/// Milliseconds with the microseconds as a fraction.
fn millis(time: Duration) -> f64 {
    time.as_micros() as f64 / 1e3
}

#[cfg(test)]
mod tests;
