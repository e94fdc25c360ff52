//! Draws one pane: its title with state and speed, and its transcript below.
//!
//! A new pane teaches: it shows what it asks with and what to try.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{Cache, format, status::key_of, theme::Palette, transcript};
use crate::{
    app::{Action, Model, Pane, PaneFrame},
    chat::{Answer, EndState, Phase, Progress},
    metrics::LiveRate,
    text,
};

/// Draws a pane; the result says what of its transcript was visible.
pub(super) fn draw(
    model: &Model,
    cache: &mut Cache,
    index: usize,
    pane: &Pane,
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
    draw_title(model, &cache.palette, index, pane, title, buffer);
    let is_empty = model
        .conversation(pane.conversation)
        .is_none_or(crate::chat::Conversation::is_empty);
    if is_empty {
        draw_welcome(model, &cache.palette, index, pane, body, buffer);
        return PaneFrame {
            area,
            transcript: body,
            top: None,
            at_tail: true,
        };
    }
    let seen = transcript::draw(model, cache, index, pane, body, buffer);
    PaneFrame {
        area,
        transcript: body,
        top: seen.top,
        at_tail: seen.at_tail,
    }
}

fn draw_title(
    model: &Model,
    palette: &Palette,
    index: usize,
    pane: &Pane,
    area: Rect,
    buffer: &mut Buffer,
) {
    let focused = index == model.focused;
    let (letter, name) = if focused {
        (palette.accent(index), palette.title(true))
    } else {
        (palette.dim, palette.title(false))
    };
    let (state, state_style) = state(model, palette, pane);
    let state_width = u16::try_from(text::width(&state)).unwrap_or(0);
    let mut label = text::SafeText::line(&pane.variant.model).into_string();
    if let Some(effort) = pane.variant.params.effort {
        label.push_str(" · ");
        label.push_str(effort.as_str());
    }
    if pane.raw {
        label.push_str(" · source");
    }
    let room = usize::from(area.width.saturating_sub(state_width + 6));
    let line = Line::from(vec![
        Span::styled(format!(" {} ", pane.letter), letter),
        Span::styled(text::truncate(&label, room).into_owned(), name),
    ]);
    buffer.set_line(area.x, area.y, &line, area.width);
    if state_width + 2 < area.width {
        buffer.set_string(area.right() - state_width - 1, area.y, &state, state_style);
    }
}

/// What the pane's last answer does, at the right of the title.
fn state(model: &Model, palette: &Palette, pane: &Pane) -> (String, Style) {
    let Some(answer) = model.last_answer(pane) else {
        return (String::new(), palette.dim);
    };
    match &answer.progress {
        Progress::Waiting(Phase::Retrying { next, most, .. }) => {
            (format!("retry {next}/{most}"), palette.warning)
        }
        Progress::Waiting(_) => ("waiting".to_owned(), palette.dim),
        Progress::Streaming if answer.content.is_empty() => {
            (format!("thinking {}", live(model, answer)), palette.dim)
        }
        Progress::Streaming => (live(model, answer), palette.value),
        Progress::Ended(end) => match &end.state {
            EndState::Stopped => ("stopped".to_owned(), palette.warning),
            EndState::CutShort(_) => ("cut short".to_owned(), palette.error),
            EndState::Failed(_) => ("failed".to_owned(), palette.error),
            _ => (speed(answer), palette.value),
        },
    }
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

/// What an empty pane shows: its variant, three things to try, and the keys for them.
fn draw_welcome(
    model: &Model,
    palette: &Palette,
    index: usize,
    pane: &Pane,
    area: Rect,
    buffer: &mut Buffer,
) {
    let mut lines = vec![Line::default()];
    let profile = model.profile(&pane.variant.profile);
    let model_name = text::SafeText::line(&pane.variant.model).into_string();
    lines.push(Line::from(vec![
        Span::styled(model_name, palette.accent(index)),
        Span::styled(
            profile.map_or_else(String::new, |p| format!("  {}", p.host)),
            palette.dim,
        ),
    ]));
    if profile.is_some_and(|p| p.is_mock) {
        for sentence in [
            "The embedded mock answers: no key, no network, real HTTP on this machine.",
            "For the real service set CEREBRAS_API_KEY and start again.",
        ] {
            let rows = format::wrap(sentence, usize::from(area.width.saturating_sub(4)));
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
        lines.push(Line::from(vec![
            Span::styled("· ", palette.dim),
            Span::styled(example, palette.text),
        ]));
    }
    lines.push(Line::default());
    let keys = [
        (Action::Model, "another model"),
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
    let x = area.x + 3;
    let width = area.width.saturating_sub(4);
    for (line, y) in lines.iter().zip(area.y..area.bottom()) {
        buffer.set_line(x, y, line, width);
    }
}
