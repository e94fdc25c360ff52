//! Draws the composer: to whom it sends, what that reserves, the text, and where the real cursor stands.
//!
//! The accent bar at its left tells whether it takes the keys.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    text::{Line, Span},
    widgets::Widget,
};

use super::{format, layout::Areas, theme::Palette};
use crate::{
    app::{Focus, Model, Pane},
    chat::{Turn, Variant},
    metrics::LiveRate,
};

/// Draws it; the result is where the cursor goes while the composer takes the keys.
pub(crate) fn draw(
    model: &Model,
    palette: &Palette,
    areas: &Areas,
    buffer: &mut Buffer,
) -> Option<Position> {
    let focused = model.focus == Focus::Composer;
    let whole = areas.meta.union(areas.composer);
    super::surface(whole, palette.raised, buffer);
    let bar = if focused {
        palette.accent(model.pane().letter)
    } else {
        palette.dim
    };
    for y in whole.y..whole.bottom() {
        buffer.set_string(whole.x, y, " ┃", bar);
    }
    if !areas.meta.is_empty() {
        let inner = inset(areas.meta);
        buffer.set_line(inner.x, inner.y, &meta(model, palette), inner.width);
    }
    let text = inset(areas.composer);
    model.composer.area().render(text, buffer);
    if model.composer.is_empty() {
        let hint = if focused {
            "Ask something"
        } else {
            "Tab to write"
        };
        buffer.set_stringn(text.x, text.y, hint, usize::from(text.width), palette.dim);
    }
    let (row, column) = model.composer.cursor_on_screen();
    focused.then(|| {
        Position::new(
            (text.x + column).min(text.right().saturating_sub(1)),
            (text.y + row).min(text.bottom().saturating_sub(1)),
        )
    })
}

fn inset(area: Rect) -> Rect {
    Rect {
        x: area.x + 3,
        width: area.width.saturating_sub(4),
        ..area
    }
}

/// Whom the prompt goes to and what it reserves there.
fn meta(model: &Model, palette: &Palette) -> Line<'static> {
    let targets = model.targets();
    let mut spans = to(model, palette, &targets);
    if model.is_editing() {
        spans.push(Span::styled(
            "· edits the last prompt, the old one is kept ",
            palette.warning,
        ));
    } else if targets.len() > 1 && histories_differ(model, &targets) {
        spans.push(Span::styled("· histories differ ", palette.dim));
    }
    if let Some(text) = estimate(model, &targets) {
        spans.push(Span::styled(text, palette.dim));
    }
    Line::from(spans)
}

/// Tokens of the draft and what the requests reserve; an estimate until the server counts.
fn estimate(model: &Model, targets: &[usize]) -> Option<String> {
    if model.composer.is_empty() {
        return None;
    }
    let draft = LiveRate::tokens_in(model.composer.bytes() as u64);
    let reserved: u64 = targets
        .iter()
        .filter_map(|&index| {
            let pane = model.panes.get(index)?;
            let history = history_tokens(model, pane);
            Some(history + draft + reserved_output(model, &pane.variant))
        })
        .sum();
    let mut text = format!(
        "· ~{} tokens · reserves ~{}",
        format::count(draft),
        format::count(reserved)
    );
    if let Some(window) = overflow(model, targets, draft) {
        text.push_str(&format!(
            " · over the context window of {}",
            format::count(window)
        ));
    }
    Some(text)
}

/// Letters that are named one by one; of more there is a count.
const NAMED: usize = 16;

/// The letters of the panes that are asked, and why others are not.
fn to(model: &Model, palette: &Palette, targets: &[usize]) -> Vec<Span<'static>> {
    let mut spans = vec![Span::styled("to ", palette.dim)];
    let count = model.panes.len();
    if targets.is_empty() {
        spans.push(Span::styled(
            "nobody: every pane is muted ",
            palette.warning,
        ));
        return spans;
    }
    if targets.len() > NAMED {
        let text = if targets.len() == count {
            format!("all {count} panes ")
        } else {
            format!("{} of {count} panes ", targets.len())
        };
        spans.push(Span::styled(text, palette.strong));
        return spans;
    }
    for pane in targets.iter().filter_map(|&i| model.panes.get(i)) {
        let letter = format!("{} ", pane.letter);
        spans.push(Span::styled(letter, palette.accent(pane.letter)));
    }
    let muted: Vec<String> = model
        .panes
        .iter()
        .filter(|p| p.muted)
        .map(|p| p.letter.to_string())
        .collect();
    let why = match (count, model.is_editing(), model.broadcast) {
        (1, _, _) | (_, true, _) => String::new(),
        (_, _, false) => "alone ".to_owned(),
        _ if muted.is_empty() => String::new(),
        _ if muted.len() > NAMED => format!("({} muted) ", muted.len()),
        _ => format!("({} muted) ", muted.join(" ")),
    };
    spans.push(Span::styled(why, palette.dim));
    spans
}

/// True when the targets were not asked the same before, so that their answers cannot be compared as they stand.
fn histories_differ(model: &Model, targets: &[usize]) -> bool {
    let path = |index: &usize| {
        let pane = model.panes.get(*index)?;
        Some(model.conversation(pane.conversation)?.path())
    };
    // What was sent in one go needs no look at its text, which may be long.
    let same = |a: &Turn, b: &Turn| {
        (a.broadcast.is_some() && a.broadcast == b.broadcast) || a.text == b.text
    };
    let mut paths = targets.iter().filter_map(path);
    let Some(first) = paths.next() else {
        return false;
    };
    let first: Vec<&Turn> = first.collect();
    paths.any(|other| {
        other.len() != first.len() || !other.zip(&first).all(|(turn, first)| same(turn, first))
    })
}

/// Cerebras reserves at most this many tokens for the answer, whatever was asked for.
const RESERVED_AT_MOST: u64 = 16_384;

fn reserved_output(model: &Model, variant: &Variant) -> u64 {
    u64::from(model.max_completion_tokens(variant)).min(RESERVED_AT_MOST)
}

/// What goes along with the draft: the turns of the path, up to the one that is being edited.
fn history_tokens(model: &Model, pane: &Pane) -> u64 {
    let Some(conversation) = model.conversation(pane.conversation) else {
        return 0;
    };
    let bytes: usize = conversation
        .path()
        .take_while(|t| Some(t.id) != pane.editing)
        .map(|t| t.text.len() + t.shown_answer().map_or(0, |a| a.content.len()))
        .sum();
    LiveRate::tokens_in(bytes as u64)
}

/// The context window of the first target whose prompt and answer do not fit into it.
fn overflow(model: &Model, targets: &[usize], draft: u64) -> Option<u64> {
    targets.iter().find_map(|&index| {
        let pane = model.panes.get(index)?;
        let window = model.model_info(&pane.variant)?.context_window?;
        let needed = history_tokens(model, pane)
            + draft
            + u64::from(model.max_completion_tokens(&pane.variant));
        (needed > window).then_some(window)
    })
}
