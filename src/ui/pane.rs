//! Draws one pane: its title with state and speed, and its transcript below.
//!
//! A new pane teaches: it shows what it asks with and what to try.

use std::time::Duration;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{Cache, draw, format, held::Part, status::key_of, theme::Palette, transcript};
use crate::{
    app::{Action, Model, Pane, PaneFrame},
    chat::{Answer, EndState, Phase, Progress, Variant, Verdict},
    markdown::{LayoutOptions, LongLines},
    metrics::LiveRate,
    text,
};

/// Prose wraps here even where there is more room: longer lines are hard to read.
const MEASURE: u16 = 100;

/// Draws a pane; the result says what of its transcript was visible.
pub(super) fn draw(
    model: &Model,
    cache: &mut Cache,
    index: usize,
    pane: &Pane,
    top: u16,
    area: Rect,
    buffer: &mut Buffer,
) -> PaneFrame {
    if area.is_empty() {
        return PaneFrame::default();
    }
    let title = Rect { height: 1, ..area };
    let body = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    // Where panes touch from above, their titles are the line between them.
    if area.y > top {
        let rule = "─".repeat(usize::from(area.width));
        buffer.set_string(area.x, area.y, rule, cache.palette.rule);
    }
    let palette = &cache.palette;
    let lines = cache.held.lines(Part::Title(index), || {
        self::title(model, palette, index, pane, area.width)
    });
    draw_title(&lines, title, buffer);
    let is_empty = model
        .conversation(pane.conversation)
        .is_none_or(crate::chat::Conversation::is_empty);
    if is_empty {
        draw_welcome(model, &cache.palette, pane, body, buffer);
        return PaneFrame {
            area,
            transcript: body,
            at_tail: true,
            ..PaneFrame::default()
        };
    }
    cache.read_with(LayoutOptions {
        measure: MEASURE,
        long_lines: if pane.scrolls_lines(&model.settings) {
            LongLines::Scroll
        } else {
            LongLines::Wrap
        },
        line_numbers: pane.numbers_lines(&model.settings),
    });
    let seen = transcript::draw(model, cache, pane, body, buffer);
    PaneFrame {
        area,
        transcript: body,
        top: seen.top,
        at_tail: seen.at_tail,
        beyond: seen.beyond,
        panned: seen.panned,
        last: seen.last,
        folds: seen.folds,
        cursor: seen.cursor,
    }
}

/// Draws what a pane is at the left and, where there is room, what it does at the right.
fn draw_title(lines: &[Line<'_>], area: Rect, buffer: &mut Buffer) {
    let [title, state] = lines else {
        return;
    };
    draw::put_line(buffer, area.x, area.y, title, area.width);
    let width = u16::try_from(state.width()).unwrap_or(0);
    if width > 2 && width + 2 < area.width {
        let x = area.right() - width;
        draw::put_line(buffer, x, area.y, state, width);
    }
}

/// What a pane is, and what it does between two blanks.
fn title(
    model: &Model,
    palette: &Palette,
    index: usize,
    pane: &Pane,
    width: u16,
) -> Vec<Line<'static>> {
    let focused = index == model.focused;
    let letter = palette.letter(pane.letter, focused && model.panes.len() > 1);
    let (state, state_style) = state_in_budget(model, palette, pane, width);
    let state_width = u16::try_from(text::width(&state)).unwrap_or(0);
    let room = usize::from(width.saturating_sub(state_width + 6));
    let label = label(model, pane);
    let mut spans = vec![
        Span::raw(" "),
        Span::styled(pane.letter.to_string(), letter),
        Span::raw(" "),
        Span::styled(
            text::truncate(&label, room).into_owned(),
            palette.title(focused),
        ),
    ];
    let notes = [
        (pane.muted, " · muted"),
        (focused && model.zoomed, " · zoomed"),
    ];
    let mut used = text::width(&label);
    for (_, note) in notes.into_iter().filter(|(holds, _)| *holds) {
        used += text::width(note);
        if used < room {
            spans.push(Span::styled(note, palette.warning));
        }
    }
    spans.push(Span::raw(" "));
    let state = Line::from(Span::styled(format!(" {state} "), state_style));
    vec![Line::from(spans), state]
}

/// Model and parameters, most important first: what does not fit is cut at the end.
pub(super) fn label(model: &Model, pane: &Pane) -> String {
    let variant = &pane.variant;
    let mut parts = vec![text::SafeText::line(&variant.model).into_string()];
    let others = || {
        let profile = &variant.profile;
        model
            .panes
            .iter()
            .filter(move |p| p.variant.profile != *profile)
    };
    // Where one profile answers every pane its name says nothing; where it alone tells two panes apart it comes first.
    let tells_apart = others().any(|p| p.variant.model == variant.model);
    let named_last = !tells_apart && others().next().is_some();
    parts.extend(tells_apart.then(|| variant.profile.clone()));
    let params = &variant.params;
    parts.extend(params.effort.map(|e| e.as_str().to_owned()));
    parts.extend(pane.raw.then(|| "source".to_owned()));
    parts.extend(params.temperature.map(|t| format!("t {t}")));
    parts.extend(params.top_p.map(|p| format!("top-p {p}")));
    parts.extend(
        params
            .max_tokens
            .map(|m| format!("max {}", format::count(m.into()))),
    );
    parts.extend(params.seed.map(|s| format!("seed {s}")));
    parts.extend((!params.stop.is_empty()).then(|| "stop".to_owned()));
    parts.extend(budget(model, variant));
    parts.extend(variant.system.as_ref().map(|_| "system".to_owned()));
    parts.extend(named_last.then(|| variant.profile.clone()));
    parts.join(" · ")
}

/// The budget of a pane that says something of its own about it.
fn budget(model: &Model, variant: &Variant) -> Option<String> {
    let params = &variant.params;
    let is_own = params.budget_ms.is_some() || params.budget_on.is_some();
    is_own.then(|| match model.budget(variant) {
        Some(budget) => {
            let limit = format::count(budget.limit_ms.into());
            format!("{} < {limit} ms", budget.on.label())
        }
        None => "no budget".to_owned(),
    })
}

/// Narrower titles leave the word beside a speed away: the transcript shows that the model thinks.
const WORDY_FROM: u16 = 56;
/// Without text for so long a stream has stalled.
const STALLED: Duration = Duration::from_secs(5);

/// What the pane's last answer does, marked while it is over its budget and runs.
fn state_in_budget(model: &Model, palette: &Palette, pane: &Pane, width: u16) -> (String, Style) {
    let (state, style) = state(model, palette, pane, width);
    let live = model.current_answer(pane).filter(|a| a.is_live());
    let verdict = live.and_then(|a| a.verdict(model.now.mono));
    match verdict.and_then(Verdict::breach) {
        Some(_) if width >= WORDY_FROM => (format!("! over budget · {state}"), palette.warning),
        Some(_) => ("! over budget".to_owned(), palette.warning),
        None => (state, style),
    }
}

/// What the pane's last answer does, at the right of the title, and whether the mock gives it in the place of another.
fn state(model: &Model, palette: &Palette, pane: &Pane, width: u16) -> (String, Style) {
    let Some(answer) = model.current_answer(pane) else {
        return (String::new(), palette.dim);
    };
    let (state, style) = state_of(model, palette, answer, width);
    match model.is_stand_in(pane, answer) {
        true if state.is_empty() => ("mock".to_owned(), style),
        true => (format!("mock · {state}"), style),
        false => (state, style),
    }
}

fn state_of(model: &Model, palette: &Palette, answer: &Answer, width: u16) -> (String, Style) {
    let now = model.now.mono;
    let seconds = |until: Duration| until.saturating_sub(now).as_secs_f64().ceil();
    match &answer.progress {
        Progress::Waiting(Phase::Retrying {
            next, most, until, ..
        }) => (
            format!("retry {next}/{most} in {} s", seconds(*until)),
            palette.warning,
        ),
        Progress::Waiting(Phase::Queued {
            until: Some(until), ..
        }) => (format!("waits {} s", seconds(*until)), palette.dim),
        Progress::Waiting(Phase::Queued { .. }) => ("queued".to_owned(), palette.dim),
        Progress::Waiting(_) => match answer.tries {
            Some((number, most)) => (format!("attempt {number} of {most}"), palette.dim),
            None => ("waiting".to_owned(), palette.dim),
        },
        Progress::Streaming if model.waiting_to_be_read(answer) > 0 => {
            (reading(model, answer), palette.value)
        }
        Progress::Streaming => {
            let silent = now.saturating_sub(answer.last_text());
            if silent >= STALLED {
                // A server that sends anything at all has not stalled.
                let word = answer.last_sign().map_or("stalled", |_| "no text");
                let text = format!("{word} {} s", silent.as_secs());
                return (text, palette.warning);
            }
            if answer.content.is_empty() && width >= WORDY_FROM {
                return (format!("thinking {}", live(model, answer)), palette.dim);
            }
            (live(model, answer), palette.value)
        }
        Progress::Ended(end) => match &end.state {
            EndState::Stopped => ("stopped".to_owned(), palette.warning),
            EndState::CutShort(_) => ("cut short".to_owned(), palette.error),
            EndState::Failed(_) => ("failed".to_owned(), palette.error),
            EndState::Skipped(_) => ("skipped".to_owned(), palette.warning),
            _ if model.waiting_to_be_read(answer) > 0 => (reading(model, answer), palette.value),
            _ => (speed(answer), palette.value),
        },
    }
}

/// How much waits for a reader who takes it at a pace of their own.
fn reading(model: &Model, answer: &Answer) -> String {
    let waits = model.waiting_to_be_read(answer);
    format!("reading · ~{} tok wait", format::short_count(waits))
}

fn live(model: &Model, answer: &Answer) -> String {
    let now = model.now.mono.saturating_sub(answer.sent);
    LiveRate::at(&answer.timeline, now).map_or_else(String::new, |rate| {
        format!("~{} tok/s", format::rate(rate.tokens_per_s))
    })
}

fn speed(answer: &Answer) -> String {
    let figures = answer.summary();
    figures
        .speed_server
        .or(figures.speed_wall)
        .map_or_else(|_| String::new(), |s| format!("{} tok/s", format::rate(s)))
}

/// What an empty pane shows: its variant, and in the first of them what to try and the keys for it.
fn draw_welcome(model: &Model, palette: &Palette, pane: &Pane, area: Rect, buffer: &mut Buffer) {
    let width = area.width.saturating_sub(4);
    let mut lines = vec![Line::default()];
    let profile = model.profile(&model.asked_variant(&pane.variant).profile);
    let model_name = text::SafeText::line(&pane.variant.model).into_string();
    lines.push(Line::from(vec![
        Span::styled(model_name, palette.accent(pane.letter)),
        Span::styled(
            profile.map_or_else(String::new, |p| format!("  {}", p.host)),
            palette.dim,
        ),
    ]));
    let teaches = model.panes.first().is_some_and(|p| p.letter == pane.letter);
    if teaches {
        lines.extend(first_steps(model, palette, pane, width));
    }
    for (line, y) in lines.iter().zip(area.y..area.bottom()) {
        buffer.set_line(area.x + 3, y, line, width);
    }
}

/// What to try, and the keys that lead on.
fn first_steps(model: &Model, palette: &Palette, pane: &Pane, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if model.is_mock(&pane.variant) {
        let own = model.profile(&pane.variant.profile).filter(|p| !p.is_mock);
        let way_out = match own {
            Some(own) => {
                let key = model.key_name(Action::MockMode);
                format!("{key} asks {} again.", own.host)
            }
            None => format!(
                "For the real service: {} or set CEREBRAS_API_KEY.",
                model.key_name(Action::Connect)
            ),
        };
        for sentence in [
            "The embedded mock answers: no key, no network, real HTTP on this machine.",
            &way_out,
        ] {
            let rows = format::wrap(sentence, usize::from(width));
            lines.extend(rows.into_iter().map(|row| Line::styled(row, palette.dim)));
        }
    }
    lines.push(Line::default());
    lines.push(Line::styled("Try", palette.strong));
    for example in [
        "Write a stable merge sort in Rust and explain its cost",
        "Compare SQL and NoSQL in a table",
        "Plan a load test for a token stream, step by step",
    ] {
        let rows = format::wrap(example, usize::from(width.saturating_sub(2)));
        for (i, row) in rows.into_iter().enumerate() {
            lines.push(Line::from(vec![
                Span::styled(if i == 0 { "· " } else { "  " }, palette.dim),
                Span::styled(row, palette.text),
            ]));
        }
    }
    lines.push(Line::default());
    let keys = [
        (Action::Model, "another model"),
        (Action::SplitRight, "another pane"),
        (Action::Sessions, "an earlier session"),
        (Action::Palette, "everything there is"),
        (Action::Help, "all keys"),
    ];
    for (action, does) in keys {
        if let Some(key) = key_of(model, action) {
            lines.push(Line::from(vec![
                Span::styled(format!("{key:<10}"), palette.key),
                Span::styled(does, palette.dim),
            ]));
        }
    }
    lines
}
