//! Panes: which has the focus, who takes part in a broadcast, opening and closing, their order and size.
//!
//! What a pane shows is its conversation's business; where it is drawn the view's.

use super::{find, turn};
use crate::{
    app::{Action, Effect, Focus, LetterFor, Model, Pane, Tone},
    chat::{PaneLayout, Tiling},
    config::{Key, KeyCode},
};

const MAX_WEIGHT: u16 = PaneLayout::MAX_WEIGHT;

/// Gives the keys to an area.
pub(super) fn focus(model: &mut Model, focus: Focus) -> Vec<Effect> {
    if focus == Focus::Composer {
        find::settle(model);
    }
    model.focus = focus;
    Vec::new()
}

/// Focuses the pane at `index`, if there is one.
pub(super) fn go_to(model: &mut Model, index: usize) -> Vec<Effect> {
    if index >= model.panes.len() {
        let count = model.panes.len();
        let sentence = match count {
            1 => "there is one pane only".to_owned(),
            _ => format!("there are {count} panes only"),
        };
        model.notify(Tone::Info, sentence);
        return Vec::new();
    }
    if index != model.focused {
        find::settle(model);
        model.focused = index;
        model.layout_changed();
    }
    Vec::new()
}

/// Focuses the pane `by` places further, round and round.
pub(super) fn step(model: &mut Model, by: isize) -> Vec<Effect> {
    let count = model.panes.len();
    let index = model
        .focused
        .saturating_add(count)
        .saturating_add_signed(by);
    go_to(model, index % count.max(1))
}

/// The next key names a pane.
pub(super) fn await_letter(model: &mut Model, purpose: LetterFor) -> Vec<Effect> {
    if model.panes.len() == 1 {
        model.notify(Tone::Info, "there is one pane only");
        return Vec::new();
    }
    model.letter_for = Some(purpose);
    Vec::new()
}

/// Takes the key that names a pane; any other key gives up.
pub(super) fn letter(model: &mut Model, purpose: LetterFor, key: Key) -> Vec<Effect> {
    model.letter_for = None;
    let KeyCode::Char(typed) = key.code() else {
        return Vec::new();
    };
    if key.ctrl() || key.alt() {
        return Vec::new();
    }
    // With up to 26 panes a small letter means the same as the large one.
    let find = |letter: char| model.panes.iter().position(|p| p.letter == letter);
    match (
        find(typed).or_else(|| find(typed.to_ascii_uppercase())),
        purpose,
    ) {
        (Some(index), LetterFor::Mute) => mute(model, index),
        (Some(index), LetterFor::Focus) => go_to(model, index),
        (None, _) => {
            model.notify(Tone::Info, format!("there is no pane {typed}"));
            Vec::new()
        }
    }
}

/// Lets the composer send to all unmuted panes, or to the focused one alone.
pub(super) fn broadcast(model: &mut Model) -> Vec<Effect> {
    model.broadcast = !model.broadcast;
    let sentence = if model.broadcast {
        "broadcast: prompts go to every pane that is not muted".to_owned()
    } else {
        format!(
            "solo: prompts go to the focused pane, {} now",
            model.pane().letter
        )
    };
    model.notify_of("targets", sentence);
    model.layout_changed();
    Vec::new()
}

/// Lets broadcasts pass a pane by, or reach it again.
pub(super) fn mute(model: &mut Model, index: usize) -> Vec<Effect> {
    let Some(pane) = model.panes.get_mut(index) else {
        return Vec::new();
    };
    pane.muted = !pane.muted;
    let sentence = if pane.muted {
        format!("{} is muted: broadcasts pass it by", pane.letter)
    } else {
        format!("{} takes part in broadcasts again", pane.letter)
    };
    model.notify_of("targets", sentence);
    model.layout_changed();
    Vec::new()
}

/// Opens a pane beside the focused one, with the same variant and an empty conversation.
pub(super) fn split(model: &mut Model, direction: Tiling) -> Vec<Effect> {
    if model.panes.len() >= Pane::MOST {
        model.notify(
            Tone::Warning,
            format!("{} panes are open; more there cannot be", Pane::MOST),
        );
        return Vec::new();
    }
    let variant = model.pane().variant.clone();
    model.add_pane(variant);
    model.tiling = match (model.panes.len(), model.tiling) {
        (2, _) | (_, Tiling::Tabs) => direction,
        (_, tiling) if tiling == direction || tiling == Tiling::Grid => tiling,
        // Columns that are split downwards, or rows to the side, are both from then on.
        _ => {
            let other = model.key_name(Action::NextLayout);
            model.notify(
                Tone::Info,
                format!("panes below and beside each other are a grid; {other} for another layout"),
            );
            Tiling::Grid
        }
    };
    // It stands right after the one it was opened from.
    if let Some(pane) = model.panes.pop() {
        model.focused += 1;
        model.panes.insert(model.focused, pane);
    }
    model.zoomed = false;
    model.layout_changed();
    Vec::new()
}

/// Closes the focused pane. Its answer is stopped; its conversation stays in the session.
pub(super) fn close(model: &mut Model) -> Vec<Effect> {
    if model.panes.len() == 1 {
        model.notify(Tone::Info, "the last pane stays open");
        return Vec::new();
    }
    let effects = turn::cancel_pane(model, model.focused);
    let mut pane = model.panes.remove(model.focused);
    pane.place = model.focused;
    pane.editing = None;
    pane.find = None;
    let sentence = match (effects.is_empty(), pane_is_empty(model, &pane)) {
        (false, _) => format!(
            "{} is closed; its answer was stopped, what came of it is kept",
            pane.letter
        ),
        (true, false) => format!(
            "{} is closed; its conversation is kept in the session",
            pane.letter
        ),
        (true, true) => format!("{} is closed", pane.letter),
    };
    model.notify_of("closed", sentence);
    model.closed.push(pane);
    model.focused = model.focused.min(model.panes.len().saturating_sub(1));
    model.zoomed &= model.panes.len() > 1;
    model.layout_changed();
    effects
}

/// Opens the pane that was closed last, where it stood.
pub(super) fn reopen(model: &mut Model) -> Vec<Effect> {
    if model.panes.len() >= Pane::MOST {
        model.notify(
            Tone::Warning,
            format!("{} panes are open; more there cannot be", Pane::MOST),
        );
        return Vec::new();
    }
    let Some(mut pane) = model.closed.pop() else {
        model.notify_of("closed", "no closed pane is left to open");
        return Vec::new();
    };
    if pane.letter == Pane::NO_LETTER || model.panes.iter().any(|p| p.letter == pane.letter) {
        pane.letter = Pane::free_letter(&model.panes);
    }
    model.notify_of("closed", format!("{} is open again", pane.letter));
    model.focused = pane.place.min(model.panes.len());
    model.panes.insert(model.focused, pane);
    model.layout_changed();
    Vec::new()
}

/// Takes the mouse from the terminal, or gives it back.
pub(super) fn mouse(model: &mut Model) -> Vec<Effect> {
    model.settings.mouse = !model.settings.mouse;
    let on = model.settings.mouse;
    let sentence = if on {
        format!(
            "the mouse clicks and scrolls here; Shift selects text meanwhile, {} gives it back",
            model.key_name(Action::Mouse)
        )
    } else {
        "the mouse is the terminal's again: it selects text".to_owned()
    };
    model.notify(Tone::Info, sentence);
    vec![Effect::Mouse(on)]
}

/// Lets the focused pane fill the screen, or gives the room back.
pub(super) fn zoom(model: &mut Model) -> Vec<Effect> {
    if model.panes.len() == 1 {
        model.notify(
            Tone::Info,
            "there is one pane only, it fills the screen already",
        );
        return Vec::new();
    }
    model.zoomed = !model.zoomed;
    model.layout_changed();
    Vec::new()
}

/// Moves the focused pane `by` places, stopping at both ends.
pub(super) fn shift(model: &mut Model, by: isize) -> Vec<Effect> {
    let last = model.panes.len().saturating_sub(1);
    let to = model.focused.saturating_add_signed(by).min(last);
    if to != model.focused {
        model.panes.swap(model.focused, to);
        model.focused = to;
        model.layout_changed();
    }
    Vec::new()
}

/// Gives the focused pane a larger (1) or smaller (-1) share of the room.
pub(super) fn resize(model: &mut Model, by: i16) -> Vec<Effect> {
    if model.panes.len() == 1 {
        model.notify(Tone::Info, "there is one pane only, it has all the room");
        return Vec::new();
    }
    let pane = model.pane_mut();
    let wanted = pane.weight.saturating_add_signed(by);
    if (1..=MAX_WEIGHT).contains(&wanted) {
        pane.weight = wanted;
    }
    model.layout_changed();
    Vec::new()
}

/// Gives every pane the same share.
pub(super) fn equalize(model: &mut Model) -> Vec<Effect> {
    for pane in &mut model.panes {
        pane.weight = Pane::WEIGHT;
    }
    model.layout_changed();
    Vec::new()
}

/// Columns, rows, grid, tabs, and so on.
pub(super) fn next_tiling(model: &mut Model) -> Vec<Effect> {
    let next = match model.tiling {
        Tiling::Columns => Tiling::Rows,
        Tiling::Rows => Tiling::Grid,
        Tiling::Grid => Tiling::Tabs,
        Tiling::Tabs => Tiling::Columns,
    };
    tile(model, next)
}

/// Tiles the panes in another way.
pub(super) fn tile(model: &mut Model, tiling: Tiling) -> Vec<Effect> {
    model.tiling = tiling;
    model.zoomed = false;
    let sentence = match tiling {
        Tiling::Tabs => "panes as tabs".to_owned(),
        tiling => format!("panes as {}, where there is room", tiling.word()),
    };
    model.notify_of("tiling", sentence);
    model.layout_changed();
    Vec::new()
}

fn pane_is_empty(model: &Model, pane: &Pane) -> bool {
    model
        .conversation(pane.conversation)
        .is_none_or(crate::chat::Conversation::is_empty)
}
