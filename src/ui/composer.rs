//! Draws the composer: to whom it sends, what that reserves, the text, and where the real cursor stands.
//!
//! The accent bar at its left tells whether it takes the keys.

mod forecast;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
    text::{Line, Span},
    widgets::Widget,
};

use super::{
    draw, format,
    held::{Held, Part},
    layout::Areas,
    theme::Palette,
};
use crate::{
    app::{Action, Focus, Model},
    chat::Turn,
    text,
};

/// Draws it; the result is where the cursor goes while the composer takes the keys.
pub(crate) fn draw(
    model: &Model,
    palette: &Palette,
    areas: &Areas,
    held: &mut Held,
    buffer: &mut Buffer,
) -> Option<Position> {
    let focused = model.focus == Focus::Composer;
    let whole = areas.meta.union(areas.attached).union(areas.composer);
    super::surface(whole, palette.raised, buffer);
    let bar = if focused {
        palette.accent(model.pane().letter)
    } else {
        palette.dim
    };
    let beside = Rect {
        x: whole.x + 1,
        ..whole
    };
    draw::column(whole, ' ', bar, buffer);
    draw::column(beside, '┃', bar, buffer);
    if !areas.meta.is_empty() {
        let inner = inset(areas.meta);
        let lines = held.lines(Part::Meta, || vec![meta(model, palette, inner.width)]);
        for line in lines.iter() {
            draw::put_line(buffer, inner.x, inner.y, line, inner.width);
        }
    }
    attached(model, palette, inset(areas.attached), buffer);
    let text = inset(areas.composer);
    // An empty one is drawn by us: the widget would wrap nothing, on every frame.
    let (row, column) = if model.composer.is_empty() {
        if focused {
            draw::put(
                buffer,
                text.x,
                text.y,
                "Ask something",
                text.width,
                palette.dim,
            );
        } else {
            let hint = format!("{} to write", model.key_name(Action::FocusComposer));
            draw::put(buffer, text.x, text.y, &hint, text.width, palette.dim);
        }
        (0, 0)
    } else {
        model.composer.area().render(text, buffer);
        model.composer.cursor_on_screen()
    };
    focused.then(|| {
        Position::new(
            (text.x + column).min(text.right().saturating_sub(1)),
            (text.y + row).min(text.bottom().saturating_sub(1)),
        )
    })
}

/// What goes along with the draft: the newest last, where there is not room for all the oldest in a sum.
fn attached(model: &Model, palette: &Palette, area: Rect, buffer: &mut Buffer) {
    let all = model.composer.attached();
    let rows = usize::from(area.height);
    let hidden = if all.len() > rows {
        all.len() + 1 - rows
    } else {
        0
    };
    let labels = (1..).zip(all).skip(hidden);
    let labels = labels.map(|(number, attached)| attached.label(number));
    let sum = (hidden > 0).then(|| match rows {
        1 => text::counted(all.len() as u64, "attachment", "attachments"),
        _ => format!("{hidden} more"),
    });
    for (label, y) in sum.into_iter().chain(labels).zip(area.y..area.bottom()) {
        draw::put(buffer, area.x, y, &label, area.width, palette.value);
    }
}

fn inset(area: Rect) -> Rect {
    Rect {
        x: area.x + 3,
        width: area.width.saturating_sub(4),
        ..area
    }
}

/// Something said beside whom the prompt goes to.
struct Note {
    text: String,
    style: Style,
    /// Where there is no room for all, the largest goes first.
    rank: u8,
}

/// Whom the prompt goes to and what it reserves there; what does not fit whole is left out.
fn meta(model: &Model, palette: &Palette, width: u16) -> Line<'static> {
    let targets = model.targets();
    let mut spans = to(model, palette, &targets);
    let mut notes = notes(model, palette, &targets);
    let to: usize = spans.iter().map(Span::width).sum();
    let columns = |notes: &[Note]| {
        notes
            .iter()
            .map(|n| text::width(&n.text) + 3)
            .sum::<usize>()
    };
    while to + columns(&notes) > usize::from(width) + 1 {
        let Some(rank) = notes.iter().map(|n| n.rank).max() else {
            break;
        };
        notes.retain(|n| n.rank < rank);
    }
    let said = notes.into_iter();
    spans.extend(said.map(|n| Span::styled(format!("· {} ", n.text), n.style)));
    Line::from(spans)
}

fn notes(model: &Model, palette: &Palette, targets: &[usize]) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut note = |rank, style, text: String| notes.push(Note { text, style, rank });
    if let Some(text) = queued(model) {
        note(0, palette.warning, text);
    }
    if model.is_editing() {
        let text = "edits the last prompt, the old one is kept";
        note(1, palette.warning, text.to_owned());
    } else if targets.len() > 1 && histories_differ(model, targets) {
        note(4, palette.dim, "histories differ".to_owned());
    }
    let Some(estimate) = model.estimate(targets) else {
        return notes;
    };
    if let Some(window) = estimate.over {
        let text = format!("over the context window of {}", format::count(window));
        note(0, palette.warning, text);
    }
    let draft = format!("~{}", format::tokens(estimate.draft));
    note(5, palette.dim, draft);
    note(3, palette.dim, forecast::reserves(&estimate.forecast));
    if let Some(fits) = forecast::fits(&estimate.forecast) {
        let is_calm = estimate.forecast.fit() == estimate.forecast.places.len();
        let style = if is_calm {
            palette.dim
        } else {
            palette.warning
        };
        note(2, style, fits);
    }
    notes
}

/// How many prompts wait, and what may be done about it.
fn queued(model: &Model) -> Option<String> {
    let first = model.queue.prompts.front()?;
    let count = model.queue.prompts.len();
    if model.queue.paused {
        let is_blank = model.composer.draft().is_blank();
        let send = model.key_name(Action::Send);
        // With a draft that key sends the draft.
        let how = is_blank.then(|| format!(": {send} sends"));
        return Some(format!("{count} queued, paused{}", how.unwrap_or_default()));
    }
    let first = match first.draft.attached.first() {
        Some(attached) if first.draft.text.is_empty() => attached.label(1),
        _ => first.draft.text.clone(),
    };
    let first = text::SafeText::line(&first);
    let first = text::truncate(first.as_str(), 24).into_owned();
    Some(format!("{count} queued: {first}"))
}

/// Letters that are named one by one; of more there is a count.
const NAMED: usize = 16;

/// The letters of the panes that are asked, and why others are not.
fn to(model: &Model, palette: &Palette, targets: &[usize]) -> Vec<Span<'static>> {
    let mut spans = vec![Span::styled("to ", palette.dim)];
    let count = model.panes.len();
    if targets.is_empty() {
        let text = "nobody: every pane is muted ";
        return vec![
            Span::styled("to ", palette.dim),
            Span::styled(text, palette.warning),
        ];
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
