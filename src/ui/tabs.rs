//! The row of tabs: which panes there are, which is shown, and what happens in the others.
//!
//! With little room names go first, then the panes far from the focused one.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{draw, theme::Palette};
use crate::{
    app::{Model, Pane, TabFrame},
    chat::{EndState, Progress},
    text,
};

/// The tabs of all panes.
pub(crate) struct Tabs<'a> {
    pub(crate) model: &'a Model,
    pub(crate) palette: &'a Palette,
}

/// One tab: where it stands in the row and what it says.
struct Tab {
    index: usize,
    spans: Vec<Span<'static>>,
    width: usize,
}

impl Tabs<'_> {
    /// Draws the row; the result says where each tab stands.
    pub(crate) fn draw(&self, area: Rect, buffer: &mut Buffer) -> Vec<TabFrame> {
        let room = usize::from(area.width).saturating_sub(2);
        let all = |named: bool| -> Vec<Tab> {
            (0..self.model.panes.len())
                .map(|i| self.tab(i, named))
                .collect()
        };
        let width = |tabs: &[Tab]| tabs.iter().map(|t| t.width).sum::<usize>();
        let named = all(true);
        let tabs = if width(&named) <= room {
            named
        } else {
            all(false)
        };
        // What is out of sight is at least counted.
        let count = (width(&tabs) > room).then(|| self.count()).flatten();
        let room = room.saturating_sub(count.as_ref().map_or(0, |text| text::width(text) + 1));
        let (shown, before, after) = window(&tabs, self.model.focused, room);
        let mut spans = vec![Span::styled(
            if before { "‹" } else { " " },
            self.palette.dim,
        )];
        spans.extend(shown.iter().flat_map(|tab| tab.spans.iter().cloned()));
        if after {
            spans.push(Span::styled("›", self.palette.dim));
        }
        draw::put_line(buffer, area.x, area.y, &Line::from(spans), area.width);
        if let Some(count) = count {
            let width = u16::try_from(text::width(&count)).unwrap_or(0);
            let x = area.right().saturating_sub(width);
            buffer.set_string(x, area.y, &count, self.palette.dim);
        }
        let mut x = area.x.saturating_add(1);
        let frames = shown.iter().map(|tab| {
            let width = u16::try_from(tab.width).unwrap_or(u16::MAX);
            let place = Rect::new(x, area.y, width, 1).intersection(area);
            x = x.saturating_add(width);
            TabFrame {
                pane: tab.index,
                area: place,
            }
        });
        frames.collect()
    }

    /// How many panes have not ended and how many failed.
    fn count(&self) -> Option<String> {
        let (mut running, mut failed) = (0, 0);
        for pane in &self.model.panes {
            match self.model.last_answer(pane).map(|a| &a.progress) {
                Some(Progress::Ended(end)) => failed += usize::from(end.state.failure().is_some()),
                Some(_) => running += 1,
                None => {}
            }
        }
        let parts = [(running, "run"), (failed, "failed")];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let text = parts.map(|(count, word)| format!("{count} {word}"));
        let text = text.collect::<Vec<_>>().join(" · ");
        (!text.is_empty()).then_some(text)
    }

    fn tab(&self, index: usize, named: bool) -> Tab {
        let Some(pane) = self.model.panes.get(index) else {
            return Tab {
                index,
                spans: Vec::new(),
                width: 0,
            };
        };
        let focused = index == self.model.focused;
        let letter = self.palette.letter(pane.letter, focused);
        let (mark, mark_style) = mark(self.model, self.palette, pane);
        let mut spans = vec![
            Span::raw(" "),
            Span::styled(pane.letter.to_string(), letter),
            Span::raw(" "),
            Span::styled(mark, mark_style),
        ];
        if named {
            let name = text::SafeText::line(&pane.variant.model);
            let style = self.palette.title(focused);
            spans.push(Span::styled(
                text::truncate(name.as_str(), 24).into_owned(),
                style,
            ));
            spans.push(Span::raw("  "));
        }
        let width = spans.iter().map(Span::width).sum();
        Tab {
            index,
            spans,
            width,
        }
    }
}

/// One sign for what a pane does; a blank when there is nothing to say.
pub(super) fn mark(model: &Model, palette: &Palette, pane: &Pane) -> (&'static str, Style) {
    let Some(answer) = model.last_answer(pane) else {
        return (if pane.muted { "-" } else { " " }, palette.dim);
    };
    match &answer.progress {
        Progress::Waiting(_) => ("…", palette.dim),
        Progress::Streaming => ("»", palette.info),
        Progress::Ended(end) => match end.state {
            EndState::Failed(_) | EndState::CutShort(_) => ("✗", palette.error),
            EndState::Skipped(_) => ("✗", palette.warning),
            EndState::Stopped => ("!", palette.warning),
            _ if pane.muted => ("-", palette.dim),
            _ => (" ", palette.dim),
        },
    }
}

/// The tabs around the focused one that fit into `room`, and whether any were left out before and after them.
fn window(tabs: &[Tab], focused: usize, room: usize) -> (&[Tab], bool, bool) {
    let (mut first, mut end) = (focused, focused);
    let mut used = 0;
    loop {
        let next = tabs.get(end).filter(|t| used + t.width <= room);
        if let Some(tab) = next {
            used += tab.width;
            end += 1;
        }
        let before = first.checked_sub(1).and_then(|i| tabs.get(i));
        let before = before.filter(|t| used + t.width <= room);
        if let Some(tab) = before {
            used += tab.width;
            first = tab.index;
        }
        if next.is_none() && before.is_none() {
            break;
        }
    }
    (
        tabs.get(first..end).unwrap_or_default(),
        first > 0,
        end < tabs.len(),
    )
}
