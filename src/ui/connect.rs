//! Draws the overlay that gives a profile a key, and the question before a prompt that holds one is sent.
//!
//! Of a key nothing is drawn but its length.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
};

use super::{
    format,
    overlay::{foot, pad, panel},
    theme::Palette,
};
use crate::{
    app::{Connect, InPlace, Keep, KeyPlace, Model, Step},
    text::{self, KeyFound, SafeText},
};

/// Widest the box gets.
const WIDTH: u16 = 84;
/// Columns of the mark before a place.
const MARK: usize = 2;

/// Draws the overlay; the result is where the cursor goes.
pub(super) fn draw(
    model: &Model,
    palette: &Palette,
    connect: &Connect,
    screen: Rect,
    buffer: &mut Buffer,
) -> Option<Position> {
    let width = screen.width.min(WIDTH);
    let room = usize::from(width.saturating_sub(4));
    let head = sources(palette, connect, room);
    let (below, cursor) = rest(model, palette, connect, room);
    let rows = head.len() + 1 + below.len();
    let height = u16::try_from(rows + 2).unwrap_or(u16::MAX);
    let title = format!("Connect to {} · {}", connect.profile, connect.host);
    let title = text::truncate(&title, usize::from(width).saturating_sub(6));
    let foot = foot(&parts(model, connect), width);
    let inner = panel(&title, &foot, width, height, palette, screen, buffer);
    // Where not all fits, what is typed and what came of it matter most.
    let all: Vec<_> = head.into_iter().chain([Line::default()]).collect();
    let first = (all.len() + below.len()).saturating_sub(usize::from(inner.height));
    let shown = all.iter().chain(&below).skip(first);
    for (line, y) in shown.zip(inner.y..inner.bottom()) {
        buffer.set_line(inner.x, y, line, inner.width);
    }
    let row = u16::try_from(all.len().saturating_sub(first)).ok()?;
    cursor
        .filter(|_| row < inner.height)
        .map(|column| Position::new((inner.x + column).min(inner.right()), inner.y + row))
}

/// Where a key can come from, a line each.
fn sources(palette: &Palette, connect: &Connect, room: usize) -> Vec<Line<'static>> {
    let Some(found) = &connect.places else {
        let line = Line::styled("Looking where a key can come from…", palette.dim);
        return vec![line];
    };
    let heading = Line::styled("A key can come from", palette.dim);
    let widest = found.places.iter().map(|p| text::width(&p.name)).max();
    let column = widest.unwrap_or(0).min(room / 2) + 2;
    let places = found.places.iter();
    let places = places.flat_map(|p| place(palette, p, column, room));
    std::iter::once(heading).chain(places).collect()
}

/// A place and what was found there; what does not fit beside it, such as the way out of a trouble, stands below.
fn place(palette: &Palette, place: &KeyPlace, column: usize, room: usize) -> Vec<Line<'static>> {
    let (mark, style, about) = match &place.found {
        InPlace::Key => ("✓", palette.info, "a key is there"),
        InPlace::Nothing(why) => ("·", palette.dim, why.as_str()),
        InPlace::Trouble(why) => ("✗", palette.error, why.as_str()),
        InPlace::NotAsked => ("·", palette.dim, "asked when a key is needed"),
    };
    let about = SafeText::line(about).into_string();
    let name = |about: String| {
        Line::from(vec![
            Span::styled(format!("{mark} "), style),
            Span::styled(pad(&place.name, column), palette.text),
            Span::styled(about, palette.dim),
        ])
    };
    if text::width(&about) + MARK + column <= room {
        return vec![name(about)];
    }
    let indent = " ".repeat(2 * MARK);
    let below = format::wrap(&about, room.saturating_sub(indent.len()));
    let below = below.into_iter();
    let below = below.map(|w| Line::styled(format!("{indent}{w}"), palette.dim));
    std::iter::once(name(String::new())).chain(below).collect()
}

/// What is typed, where it goes, and what came of it; the cursor's column in the first of these lines.
fn rest(
    model: &Model,
    palette: &Palette,
    connect: &Connect,
    room: usize,
) -> (Vec<Line<'static>>, Option<u16>) {
    if let Step::Connected { model: id, note } = &connect.step {
        let offer = match model.panes.len() {
            _ if id.is_empty() => "Enter chooses a model".to_owned(),
            1 => format!(
                "Enter lets {} ask {}",
                model.pane().letter,
                SafeText::line(id)
            ),
            _ => format!(
                "Enter lets {} ask {}, a every pane",
                model.pane().letter,
                SafeText::line(id)
            ),
        };
        let mut lines = vec![Line::styled("✓ The key works", palette.info)];
        let notes = [note.as_str(), &offer];
        let notes = notes.into_iter().flat_map(|n| format::wrap(n, room));
        lines.extend(notes.map(|n| Line::styled(n, palette.text)));
        return (lines, None);
    }
    let name = "Key  ";
    let most = room.saturating_sub(name.len() + 1);
    let shown = "•".repeat(connect.typed.min(most));
    let cursor = u16::try_from(name.len() + text::width(&shown)).ok();
    let mut lines = vec![Line::from(vec![
        Span::styled(name, palette.dim),
        Span::styled(shown, palette.value),
    ])];
    lines.push(keep(palette, connect));
    match &connect.step {
        Step::Typing(Some(wrong)) => {
            let wrong = format::wrap(&format!("✗ {wrong}"), room);
            lines.extend(wrong.into_iter().map(|w| Line::styled(w, palette.error)));
        }
        Step::Trying(_) => {
            let waited = connect.waited(model.now.mono);
            let waited = waited.map_or_else(String::new, |s| format!(" {s} s"));
            let asking = format!("Asking {} for its models…{waited}", connect.host);
            lines.push(Line::styled(asking, palette.dim));
        }
        _ => {
            let promise =
                "It is sent to this address alone and never written to a file of waferdeck";
            let promise = format::wrap(promise, room).into_iter();
            lines.extend(promise.map(|line| Line::styled(line, palette.dim)));
        }
    }
    let is_tried = matches!(connect.step, Step::Trying(_));
    (lines, cursor.filter(|_| !is_tried))
}

fn keep(palette: &Palette, connect: &Connect) -> Line<'static> {
    let has_keyring = connect.places.as_ref().is_some_and(|p| p.keyring);
    let where_to = match connect.keep {
        Keep::Memory => "in memory until you leave",
        Keep::Keyring => "in the keyring of the system",
    };
    let (before, after) = if has_keyring {
        ("‹ ", " ›")
    } else {
        ("", "")
    };
    Line::from(vec![
        Span::styled("Keep ", palette.dim),
        Span::styled(before, palette.key),
        Span::styled(where_to, palette.value),
        Span::styled(after, palette.key),
    ])
}

/// What the keys do, the most important first.
fn parts(model: &Model, connect: &Connect) -> Vec<&'static str> {
    let has_keyring = connect.places.as_ref().is_some_and(|p| p.keyring);
    match &connect.step {
        Step::Connected { .. } if model.panes.len() > 1 => {
            vec!["Enter this pane", "Esc closes", "a all panes"]
        }
        Step::Connected { .. } => vec!["Enter this pane", "Esc closes"],
        Step::Trying(_) => vec!["Esc gives it up"],
        Step::Typing(_) if has_keyring => {
            vec![
                "Enter tries it",
                "Esc closes",
                "Tab where it is kept",
                "Ctrl-U empties",
            ]
        }
        Step::Typing(_) => vec!["Enter tries it", "Esc closes", "Ctrl-U empties"],
    }
}

/// Draws the question before a prompt with a key in it is sent.
pub(super) fn draw_question(
    model: &Model,
    palette: &Palette,
    (found, attachment): (KeyFound, Option<usize>),
    screen: Rect,
    buffer: &mut Buffer,
) {
    let inner = panel(
        "Send a key?",
        "Esc goes back",
        64,
        8,
        palette,
        screen,
        buffer,
    );
    let (what, kept) = if found.known {
        ("holds a key that is in use", "In files it is hidden.")
    } else {
        (
            "holds what looks like a key",
            "It is saved with the prompt.",
        )
    };
    let targets = model.targets();
    let targets = targets.iter().filter_map(|&i| model.panes.get(i));
    let mut hosts: Vec<_> = targets
        .filter_map(|pane| model.profile(&model.asked_variant(&pane.variant).profile))
        .filter(|profile| !profile.is_mock)
        .map(|profile| profile.host.as_str())
        .collect();
    hosts.sort_unstable();
    hosts.dedup();
    let room = usize::from(inner.width);
    let whither = if hosts.is_empty() {
        format!("The embedded mock gets it, on this machine. {kept}")
    } else {
        let hosts = hosts.join(", ");
        format!("Sent, whoever runs {hosts} can read it. {kept}")
    };
    let place = match attachment {
        Some(number) => format!("Line {} of [{number}]", found.line),
        None => format!("Line {}", found.line),
    };
    let mut lines = vec![Line::styled(format!("{place} {what}."), palette.strong)];
    let whither = format::wrap(&whither, room).into_iter().take(3);
    lines.extend(whither.map(|w| Line::styled(w, palette.dim)));
    lines.push(Line::default());
    lines.push(Line::from(vec![
        Span::styled("y", palette.key),
        Span::styled(" sends it   ", palette.dim),
        Span::styled("Esc", palette.key),
        Span::styled(" goes back to the prompt", palette.dim),
    ]));
    let first = lines.len().saturating_sub(usize::from(inner.height));
    for (line, y) in lines.iter().skip(first).zip(inner.y..inner.bottom()) {
        buffer.set_line(inner.x, y, line, inner.width);
    }
}
