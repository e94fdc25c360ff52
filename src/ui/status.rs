//! The line at the top and the key hints at the bottom.
//!
//! Meaning never hangs on colour alone: badges are words.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    draw, format,
    held::{Held, Part},
    theme::Palette,
};
use crate::{
    app::{Action, Focus, Model, SELECT_KEYS, Select, SelectKeys, Taken},
    chat::{Answer, Bucket, Conversation, Unit, quota::Source},
    config::Context,
    text,
};

/// Program, title, badges, quota.
pub(crate) struct StatusLine<'a> {
    pub(crate) model: &'a Model,
    pub(crate) palette: &'a Palette,
}

impl StatusLine<'_> {
    /// Draws it.
    pub(crate) fn draw(&self, area: Rect, held: &mut Held, buffer: &mut Buffer) {
        if area.is_empty() {
            return;
        }
        let lines = held.lines(Part::Status, || {
            let right = self.right();
            let left = self.left(area.width.saturating_sub(columns(&right) + 1));
            vec![left, right]
        });
        if let [left, right] = lines.as_slice() {
            let width = columns(right).min(area.width);
            draw::put_line(
                buffer,
                area.x,
                area.y,
                left,
                area.width.saturating_sub(width + 1),
            );
            draw::put_line(buffer, area.right() - width, area.y, right, width);
        }
    }

    fn left(&self, width: u16) -> Line<'static> {
        let title = if self.model.title.is_empty() {
            "new session"
        } else {
            &self.model.title
        };
        let title = text::SafeText::line(title);
        let room = usize::from(width).saturating_sub(13);
        Line::from(vec![
            Span::styled(" waferdeck  ", self.palette.strong),
            Span::styled(
                text::truncate(title.as_str(), room).into_owned(),
                self.palette.dim,
            ),
        ])
    }

    fn right(&self) -> Line<'static> {
        let model = self.model;
        let mut parts: Vec<Span<'static>> = Vec::new();
        let mut add = |text: String, style: Style| {
            parts.push(Span::styled(text, style));
            parts.push(Span::raw("  "));
        };
        if let Some(reason) = &model.unsaved {
            let reason = text::SafeText::line(reason);
            add(
                format!("NOT BEING SAVED: {}", text::truncate(reason.as_str(), 40)),
                self.palette.badge_error,
            );
        } else if model.settings.temporary {
            add("TEMPORARY: nothing is saved".to_owned(), self.palette.badge);
        }
        if let Some(text) = mock(model) {
            add(text, self.palette.badge_mock);
        }
        for (unit, word) in [(Unit::Tokens, "tok"), (Unit::Requests, "req")] {
            if let Some(text) = self.quota(unit, word) {
                add(text, self.palette.dim);
            }
        }
        parts.pop();
        parts.push(Span::raw(" "));
        Line::from(parts)
    }

    fn quota(&self, unit: Unit, word: &str) -> Option<String> {
        let gauge = self.model.gauge(&self.model.pane().variant, unit)?;
        let source = source(gauge.source);
        Some(format!(
            "{}/{} {word}{}{}{source}",
            format::short_count(gauge.left),
            format::short_count(gauge.limit),
            match gauge.bucket {
                Bucket::Minute => "",
                Bucket::Hour => " an hour",
                Bucket::Day => " a day",
            },
            if source.is_empty() { "" } else { " " },
        ))
    }
}

fn columns(line: &Line<'_>) -> u16 {
    u16::try_from(line.width()).unwrap_or(0)
}

/// Says that answers come from the mock, and in which panes where not in all.
fn mock(model: &Model) -> Option<String> {
    // What was under way when the mode began stays with the provider it was sent to.
    if model.mock_mode && model.live().any(|answer| !answer.mock) {
        return Some("MOCK NEXT".to_owned());
    }
    let letters: Vec<String> = model
        .panes
        .iter()
        .filter(|p| {
            let stands_in = |answer: &Answer| model.is_stand_in(p, answer);
            model.is_mock(&p.variant) || model.current_answer(p).is_some_and(stands_in)
        })
        .map(|p| p.letter.to_string())
        .collect();
    match letters.len() {
        0 => None,
        all if all == model.panes.len() => Some("MOCK".to_owned()),
        few @ 1..=6 if few < model.panes.len() => Some(format!("MOCK in {}", letters.join(" "))),
        some => Some(format!("MOCK in {some} panes")),
    }
}

/// Where a figure of a quota comes from, unless the server has just said it.
fn source(source: Source) -> &'static str {
    match source {
        Source::Server => "",
        Source::Own => "cap",
        Source::Preset => "preset",
        Source::Old => "old",
    }
}

/// The keys that matter now.
pub(crate) struct Hints<'a> {
    pub(crate) model: &'a Model,
    pub(crate) palette: &'a Palette,
}

impl Hints<'_> {
    /// Draws them.
    pub(crate) fn draw(&self, area: Rect, held: &mut Held, buffer: &mut Buffer) {
        // What lies over the screen has keys of its own and says them.
        if area.is_empty() || !self.model.overlays.is_empty() {
            return;
        }
        let lines = held.lines(Part::Hints, || vec![self.line(area.width)]);
        for line in lines.iter() {
            draw::put_line(buffer, area.x, area.y, line, area.width);
        }
    }

    fn line(&self, width: u16) -> Line<'static> {
        let mut spans = vec![Span::raw(" ")];
        let mut used = 1;
        if self.model.select.is_some() {
            spans.push(Span::styled("SELECT", self.palette.strong));
            spans.push(Span::raw("   "));
            used += 9;
        }
        for (key, does) in self.hints() {
            let columns = text::width(&key) + text::width(does) + 4;
            if used + columns > usize::from(width) {
                break;
            }
            used += columns;
            spans.push(Span::styled(key, self.palette.key));
            spans.push(Span::styled(format!(" {does}   "), self.palette.dim));
        }
        Line::from(spans)
    }

    fn hints(&self) -> Vec<(String, &'static str)> {
        let model = self.model;
        if !model.pending.is_empty() || model.letter_for.is_some() {
            return vec![("Esc".to_owned(), "gives up")];
        }
        if let Some(select) = &model.select {
            return select_hints(model, select);
        }
        // What there is no text for yet is not offered.
        let is_empty = model
            .focused_conversation()
            .is_none_or(Conversation::is_empty);
        let is_idle = |action| match action {
            Action::Find | Action::Select => is_empty,
            Action::FoldReasoning => !model.has_reasoning(),
            _ => false,
        };
        self.actions()
            .iter()
            .filter(|(action, _)| !is_idle(*action))
            .filter_map(|&(action, does)| Some((key_of(model, action)?, does)))
            .collect()
    }

    /// What is mostly wanted where the focus is, the most wanted first, in a word each.
    fn actions(&self) -> &'static [(Action, &'static str)] {
        let model = self.model;
        let streaming = model.live().next().is_some();
        let editing = model.is_editing();
        let several = model.panes.len() > 1;
        match model.focus {
            Focus::Composer if streaming && several => &[
                (Action::Cancel, "stop"),
                (Action::CancelAll, "stop all"),
                (Action::FocusPanes, "read"),
                (Action::Palette, "palette"),
                (Action::Help, "help"),
            ],
            Focus::Composer if streaming => &[
                (Action::Cancel, "stop"),
                (Action::FocusPanes, "read"),
                (Action::Palette, "palette"),
                (Action::Help, "help"),
            ],
            Focus::Composer if editing => &[
                (Action::Send, "send anew"),
                (Action::Cancel, "leave it"),
                (Action::Newline, "newline"),
            ],
            Focus::Composer => &[
                (Action::Send, "send"),
                (Action::Newline, "newline"),
                (Action::Palette, "palette"),
                (Action::Help, "help"),
                (Action::FocusPanes, "read"),
                (Action::Model, "model"),
            ],
            Focus::Panes if several => &[
                (Action::PreviousPane, "left"),
                (Action::NextPane, "right"),
                (Action::Zoom, "zoom"),
                (Action::Mute, "mute"),
                (Action::Broadcast, "broadcast/solo"),
                (Action::Find, "find"),
                (Action::Select, "select"),
                (Action::CopyAnswer, "copy"),
                (Action::FocusComposer, "write"),
                (Action::Help, "help"),
                (Action::ScrollDown, "down"),
                (Action::ScrollUp, "up"),
                (Action::Regenerate, "again"),
            ],
            Focus::Panes => &[
                (Action::ScrollDown, "down"),
                (Action::ScrollUp, "up"),
                (Action::Find, "find"),
                (Action::Select, "select"),
                (Action::CopyAnswer, "copy"),
                (Action::FocusComposer, "write"),
                (Action::Help, "help"),
                (Action::Bottom, "follow"),
                (Action::Regenerate, "again"),
                (Action::EditResend, "edit"),
                (Action::FoldReasoning, "reasoning"),
            ],
        }
    }
}

/// The keys of a selection.
fn select_hints(model: &Model, select: &Select) -> Vec<(String, &'static str)> {
    let hint = |keys: &SelectKeys| {
        let labels = keys.labels(|action| model.keys_in(Context::Panes, action));
        let key = labels.into_iter().next()?;
        let is_mark = keys.actions.contains(&Action::Select);
        let is_anew = is_mark && select.taken != Taken::Nothing;
        Some((key, if is_anew { "from here anew" } else { keys.hint }))
    };
    SELECT_KEYS.iter().filter_map(hint).collect()
}

/// The first key of an action where the focus is now.
pub(crate) fn key_of(model: &Model, action: Action) -> Option<String> {
    model.keys_here(action).into_iter().next()
}

/// The first key of an action in one context.
pub(crate) fn key_in(model: &Model, action: Action, context: Context) -> Option<String> {
    model.keys_in(context, action).into_iter().next()
}
