//! Selecting text: the keys that move the line and take pieces, and the way of what was selected to others.
//!
//! What is taken is cut from the source as it was written, not from what is drawn. Only the view knows rows: a key about
//! the row under the line waits until the view has looked where the line is.

mod source;

use super::{clipboard, code, find, overlay, transcript, transcript::Beside, update};
use crate::{
    app::{
        Action, Cursor, Effect, Extent, Focus, Input, Model, Msg, Scroll, Select, SelectedRow,
        Spot, Taken, Tone, Under,
    },
    chat::{ReadingPart, ReadingPosition},
    config::{Context, Key, KeyCode, Match},
    markdown::file_name,
};

/// Begins a selection where something was found or jumped to and is seen, else in the middle.
pub(super) fn open(model: &mut Model) -> Vec<Effect> {
    let Some(conversation) = model.focused_conversation().filter(|c| !c.is_empty()) else {
        model.notify(Tone::Info, "there is nothing to select here yet");
        return Vec::new();
    };
    let conversation = conversation.id;
    let top = model.top();
    let pane = model.pane_mut();
    let found = pane.find.as_ref().and_then(|find| find.current);
    let before = (pane.scroll, top);
    // Text that comes would move what is being selected.
    if let (true, Some(at)) = (pane.scroll.is_following(), top) {
        pane.go(Scroll::At { at, rows: 0 });
    }
    let from = pane.code.or(found).map_or(Spot::Middle, Spot::Near);
    model.focus = Focus::Panes;
    model.select = Some(Select {
        conversation,
        cursor: Cursor::at(from),
        under: Under::Unseen,
        waiting: Vec::new(),
        taken: Taken::Nothing,
        has_moved: false,
        before,
    });
    Vec::new()
}

/// Ends the selection. Who followed and has moved neither the line nor the pane follows again, wherever the focus is by now.
pub(super) fn leave(model: &mut Model) {
    let Some(select) = model.select.take() else {
        return;
    };
    if select.has_moved {
        return;
    }
    let (before, top) = select.before;
    let stayed = top.map(|at| Scroll::At { at, rows: 0 });
    let mut panes = model.panes.iter_mut().chain(&mut model.closed);
    let pane = panes.find(|pane| pane.conversation == select.conversation);
    if let Some(pane) = pane.filter(|pane| before.is_following() && stayed == Some(pane.scroll)) {
        pane.go(before);
    }
}

/// Ends a selection whose pane has no longer the keys.
pub(super) fn hold(model: &mut Model) {
    let is_elsewhere =
        |s: &Select| model.focus != Focus::Panes || model.pane().conversation != s.conversation;
    if model.select.as_ref().is_some_and(is_elsewhere) {
        leave(model);
    }
}

/// Where what is typed waits, if it has to.
pub(super) fn queue(model: &mut Model) -> Option<&mut Select> {
    model.select.as_mut().filter(|s| !s.waiting.is_empty())
}

/// Carries out what waited, now that the view has looked. What moves the line again makes the rest wait anew.
pub(super) fn go_on(model: &mut Model) -> Vec<Effect> {
    if !model.can_go_on() {
        return Vec::new();
    }
    let waiting = model
        .select
        .as_mut()
        .map(|s| std::mem::take(&mut s.waiting));
    let waiting = waiting.into_iter().flatten();
    waiting
        .flat_map(|input| update(model, Msg::Terminal(input)))
        .collect()
}

/// Takes a key of the selection; `None` for one that holds anywhere.
pub(super) fn key(model: &mut Model, key: Key) -> Option<Vec<Effect>> {
    let ctrl_c = Key::new(KeyCode::Char('c'), true, false, false);
    if key.code() == KeyCode::Esc || key == ctrl_c {
        leave(model);
        return Some(Vec::new());
    }
    let names = match model.keys.resolve(&[Context::Panes], &[key]) {
        Match::Actions(names) => names,
        Match::Pending => return None,
        Match::None => Vec::new(),
    };
    let actions: Vec<Action> = names.into_iter().filter_map(Action::named).collect();
    let is_about_row = actions.iter().copied().any(needs_row)
        || matches!(key.code(), KeyCode::Enter | KeyCode::Char(' ' | 'b' | 'a'));
    if let Some(select) = &mut model.select
        && select.under == Under::Unseen
        && is_about_row
    {
        select.wait(Input::Key(key));
        return Some(Vec::new());
    }
    for &action in &actions {
        if let Some(effects) = act(model, action) {
            return Some(effects);
        }
    }
    let effects = match key.code() {
        _ if key.ctrl() || key.alt() => return None,
        KeyCode::Enter => copy(model),
        KeyCode::Char(' ') => mark(model),
        KeyCode::Char('b') => take_block(model),
        KeyCode::Char('a') => take_answer(model),
        KeyCode::Char(_) => Vec::new(),
        _ if !actions.is_empty() => Vec::new(),
        _ => return None,
    };
    Some(effects)
}

/// Whether an action is about the row under the line.
fn needs_row(action: Action) -> bool {
    matches!(
        action,
        Action::PreviousTurn
            | Action::NextTurn
            | Action::PreviousCode
            | Action::NextCode
            | Action::PreviousMatch
            | Action::NextMatch
            | Action::Select
            | Action::CopyCode
            | Action::CopyAnswer
            | Action::SaveCode
    )
}

/// What an action of reading means for a selection; `None` if it means nothing.
fn act(model: &mut Model, action: Action) -> Option<Vec<Effect>> {
    match action {
        Action::ScrollUp => step(model, -1),
        Action::ScrollDown => step(model, 1),
        Action::HalfPageUp => step(model, -transcript::half_page_of(model)),
        Action::HalfPageDown => step(model, transcript::half_page_of(model)),
        Action::PageUp => step(model, -transcript::page_of(model)),
        Action::PageDown => step(model, transcript::page_of(model)),
        Action::Top => go(model, Spot::First),
        Action::Bottom => go(model, Spot::Last),
        Action::PreviousTurn => step_turn(model, -1),
        Action::NextTurn => step_turn(model, 1),
        Action::PreviousCode => step_code(model, -1),
        Action::NextCode => step_code(model, 1),
        Action::PreviousMatch => step_match(model, -1),
        Action::NextMatch => step_match(model, 1),
        Action::Select => return Some(mark(model)),
        Action::CopyCode => return Some(take_code(model)),
        Action::CopyAnswer => return Some(copy(model)),
        Action::SaveCode => return Some(save(model)),
        Action::Help => return Some(overlay::open_help(model)),
        _ => return None,
    }
    Some(Vec::new())
}

/// Moves the line by rows; negative is up.
pub(super) fn step(model: &mut Model, rows: i32) {
    if let Some(select) = &mut model.select {
        let Cursor { from, rows: before } = select.cursor;
        let rows = before.saturating_add(rows);
        select.go(Cursor { from, rows });
    }
}

fn go(model: &mut Model, from: Spot) {
    if let Some(select) = &mut model.select {
        select.go(Cursor::at(from));
    }
}

fn step_turn(model: &mut Model, by: isize) {
    // The first row of a turn may be below its beginning.
    let at = row(model).map(|row| ReadingPosition { down: 0, ..row.at });
    match at.and_then(|at| model.turn_beside(at, by)) {
        Some(Beside::Turn(at)) => go(model, Spot::At(at)),
        Some(Beside::First) => go(model, Spot::First),
        Some(Beside::Last) => go(model, Spot::Last),
        None => {}
    }
}

fn step_code(model: &mut Model, by: isize) {
    let from = place(model);
    if let Some(at) = code::step(model, by, from) {
        go(model, Spot::At(at));
    }
}

fn step_match(model: &mut Model, by: isize) {
    let from = match_here(model).or_else(|| place(model));
    if let Some(at) = find::step(model, by, from) {
        go(model, Spot::At(at));
    }
}

fn row(model: &Model) -> Option<SelectedRow> {
    model.select.as_ref()?.row()
}

/// Where the line stands: what it was sent to, which may be inside its row, else the beginning of that.
fn place(model: &Model) -> Option<ReadingPosition> {
    let row = row(model)?;
    match model.select.as_ref()?.cursor.from {
        Spot::At(at) => Some(at),
        _ => Some(row.at),
    }
}

/// The current match, if the row under the line shows it.
fn match_here(model: &Model) -> Option<ReadingPosition> {
    let row = row(model)?;
    let at = model.pane().find.as_ref()?.current?;
    let is_here = (at.turn, at.part) == (row.at.turn, row.at.part)
        && (row.at.byte..row.end).contains(&at.byte);
    is_here.then_some(at)
}

/// The row under the line is the other end from now on.
fn mark(model: &mut Model) -> Vec<Effect> {
    match row(model) {
        Some(row) => take(model, Taken::Rows(row)),
        None => Vec::new(),
    }
}

fn take(model: &mut Model, taken: Taken) -> Vec<Effect> {
    if let Some(select) = &mut model.select {
        select.taken = taken;
    }
    Vec::new()
}

fn take_block(model: &mut Model) -> Vec<Effect> {
    let Some(row) = row(model) else {
        return Vec::new();
    };
    let extent = Extent {
        turn: row.at.turn,
        part: row.at.part,
        start: row.block_start,
        end: row.block_end,
    };
    take(model, Taken::Piece(extent))
}

fn take_code(model: &mut Model) -> Vec<Effect> {
    let Some(placed) = row(model).and_then(|row| code::at_place(model, row.at)) else {
        model.notify_of("select", "the line is in no code block");
        return Vec::new();
    };
    let extent = Extent {
        turn: placed.at.turn,
        part: placed.at.part,
        start: placed.block.source.start,
        end: placed.block.source.end,
    };
    take(model, Taken::Code(extent, placed.block))
}

fn take_answer(model: &mut Model) -> Vec<Effect> {
    let turn = row(model).and_then(|row| model.focused_conversation()?.turn(row.at.turn));
    let Some(turn) = turn.filter(|turn| !source::text_of(turn, ReadingPart::Answer).is_empty())
    else {
        model.notify_of("select", "there is no answer here yet");
        return Vec::new();
    };
    let extent = Extent {
        turn: turn.id,
        part: ReadingPart::Answer,
        start: 0,
        end: usize::MAX,
    };
    take(model, Taken::Piece(extent))
}

fn copy(model: &mut Model) -> Vec<Effect> {
    let Some(text) = take_out(model) else {
        return Vec::new();
    };
    let what = match model.select.as_ref().map(|s| &s.taken) {
        Some(Taken::Code(..)) => "code block",
        _ => "selection",
    };
    leave(model);
    vec![Effect::Copy {
        what: format!("{what} ({})", clipboard::lines_of(&text)).into(),
        text,
    }]
}

fn save(model: &mut Model) -> Vec<Effect> {
    let Some(text) = take_out(model) else {
        return Vec::new();
    };
    let (what, name) = match model.select.as_ref().map(|s| &s.taken) {
        Some(Taken::Code(_, block)) => ("code block", file_name(&block.language)),
        _ => ("selection", "selection.md".to_owned()),
    };
    leave(model);
    clipboard::ask_for_file(model, what, text, &name)
}

/// The text of what is selected; says so where there is none.
fn take_out(model: &mut Model) -> Option<String> {
    let text = source::selected(model).filter(|text| !text.is_empty());
    if text.is_none() {
        model.notify_of("select", "there is no text in what is selected");
    }
    text
}

/// Takes over the row that the view found under the line.
pub(super) fn framed(model: &mut Model) {
    let drawn = model.frame.panes.get(model.focused);
    let found = drawn.and_then(|drawn| Some((drawn.cursor?, drawn.top?)));
    let Some(select) = &mut model.select else {
        return;
    };
    let Some((row, top)) = found else {
        select.under = Under::Nothing;
        return;
    };
    select.under = Under::Row(row);
    let is_resolved = matches!(
        select.cursor,
        Cursor {
            from: Spot::At(_),
            rows: 0
        }
    );
    if !is_resolved {
        select.cursor = Cursor::at(Spot::At(row.at));
    }
    // The pane goes with the line.
    if !is_resolved || !matches!(model.pane().scroll, Scroll::At { rows: 0, .. }) {
        model.pane_mut().go(Scroll::At { at: top, rows: 0 });
    }
}

impl Model {
    /// Whether something that was typed waits no longer: the view has found the row that it is about.
    pub fn can_go_on(&self) -> bool {
        let select = self.select.as_ref();
        select.is_some_and(|s| !s.waiting.is_empty() && s.under != Under::Unseen)
    }
}
