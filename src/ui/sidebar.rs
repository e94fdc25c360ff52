//! The sidebar: its frame, and which of its views stands in it.
//!
//! The focused pane in depth is drawn by `pane`, the table of all panes by `all`, the session by `session`, the program's
//! own figures by `diagnostics`; all write with `rows` and `chart`.

mod all;
mod budget;
mod chart;
mod columns;
mod diagnostics;
mod names;
mod pane;
mod quota;
mod ranking;
pub(super) mod readings;
mod rows;
mod session;
mod stack;
mod start;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{
    draw,
    held::{Held, Lines, Part},
    overlay,
    theme::Palette,
};
use crate::{
    app::{Action, Model, NoSidebar, Ranked, SidebarView},
    chat::{Cost, Variant},
    config::{Context, Key},
};
use stack::Sections;

/// From so many rows on the last one names keys.
const FOOT_FROM: u16 = 20;
/// Columns of the sidebar where it lies over the panes, and what its box takes of columns and rows.
const OVER: u16 = 48;
const FRAME: (u16, u16) = (4, 2);

/// The figures of the focused pane, or of all panes.
pub(crate) struct Sidebar<'a> {
    pub(crate) model: &'a Model,
    pub(crate) palette: &'a Palette,
}

impl Sidebar<'_> {
    /// Draws it.
    pub(crate) fn draw(&self, area: Rect, held: &mut Held, buffer: &mut Buffer) {
        super::surface(area, self.palette.panel, buffer);
        draw::column(area, '│', self.palette.rule, buffer);
        let inner = Rect {
            x: area.x + 2,
            width: area.width.saturating_sub(3),
            ..area
        };
        let room = Room {
            palette: self.palette,
            width: usize::from(inner.width),
            height: usize::from(inner.height),
        };
        // The last row is for what leads further, where there is a row to give.
        let foot = (inner.height >= FOOT_FROM)
            .then(|| self.foot(room.width))
            .flatten();
        let room = Room {
            height: room.height - usize::from(foot.is_some()) * 2,
            ..room
        };
        let keys = [Action::SidebarUp, Action::SidebarDown].map(|action| self.model.way_to(action));
        let lines = self.lines(Part::Sidebar, room, &keys, held);
        draw::put_lines(buffer, inner, lines.iter());
        if let Some(foot) = foot {
            draw::put_line(buffer, inner.x, inner.bottom() - 1, &foot, inner.width);
        }
    }

    /// The keys to the other views and to what the figures mean, as many as there is room for.
    fn foot(&self, width: usize) -> Option<Line<'static>> {
        let palette = self.palette;
        let key = |action, word: &str| {
            let key = self.model.way_to(action)?;
            let words = format!(" {word}");
            Some([
                Span::styled(key, palette.key),
                Span::styled(words, palette.dim),
            ])
        };
        let explains = key(Action::Definitions, "explains")?;
        let next = key(Action::SidebarView, "next")?;
        let columns = |spans: &[Span<'_>]| spans.iter().map(Span::width).sum::<usize>();
        let mut foot = explains.to_vec();
        if columns(&foot) + 3 + columns(&next) <= width {
            foot.push(Span::styled(" · ", palette.dim));
            foot.extend(next);
        }
        (columns(&foot) <= width).then(|| Line::from(foot))
    }

    /// Draws it over the panes, where there is no room beside them, and says from when on there is.
    pub(crate) fn draw_over(&self, held: &mut Held, screen: Rect, buffer: &mut Buffer) {
        let reason = self
            .model
            .frame
            .no_sidebar
            .map(|reason| self.beside(reason));
        let below = u16::from(reason.is_some()) * 2;
        let room = Room {
            palette: self.palette,
            width: usize::from(OVER.min(screen.width).saturating_sub(FRAME.0)),
            height: usize::from(screen.height.saturating_sub(FRAME.1 + below)),
        };
        let keys = [Action::PageUp, Action::PageDown].map(|action| self.key_over(action));
        let lines = self.lines(Part::Figures, room, &keys, held);
        // A page that is not full leaves the box as it is.
        let rows = if held.pages().end() > 0 {
            room.height
        } else {
            lines.len()
        };
        let rows = u16::try_from(rows).unwrap_or(u16::MAX);
        let foot = match self.model.sidebar_view() {
            SidebarView::All => "Tab next · r ranks · ? explains · Esc closes",
            _ => "Tab next · ? explains · Esc closes",
        };
        let height = rows.saturating_add(FRAME.1 + below);
        let inner = overlay::panel("Figures", foot, OVER, height, self.palette, screen, buffer);
        draw::put_lines(buffer, inner, lines.iter());
        if let Some(reason) = reason.filter(|_| inner.height > below) {
            let line = Line::styled(reason, self.palette.dim);
            draw::put_line(buffer, inner.x, inner.bottom() - 1, &line, inner.width);
        }
    }

    /// The rows that are shown, and `keys` for the sections above and below them.
    fn lines(
        &self,
        part: Part,
        room: Room<'_>,
        keys: &[Option<String>; 2],
        held: &mut Held,
    ) -> Lines {
        let (mut ranked, mut pages) = (None, None);
        let lines = held.lines(part, || {
            let stack = self.sections(room, &mut ranked).stacked(room);
            let pages = pages.insert(stack.pages());
            stack.lines(self.model.sidebar_top().min(pages.end()), keys)
        });
        held.rank(ranked);
        held.page(pages);
        lines
    }

    fn sections(&self, room: Room<'_>, ranked: &mut Option<Ranked>) -> Sections {
        match self.model.sidebar_view() {
            SidebarView::Pane => pane::sections(self.model, room),
            SidebarView::All => {
                let ranking = ranking::Ranking::of(self.model, room.palette);
                *ranked = Some(ranking.order(self.model));
                all::sections(self.model, &ranking, room)
            }
            SidebarView::Session => session::view(self.model, room),
            SidebarView::Diagnostics => diagnostics::view(self.model, room),
        }
    }

    /// The key of an action where the sidebar lies over the panes.
    fn key_over(&self, action: Action) -> Option<String> {
        let bound = self.model.keys_in(Context::Overlay, action);
        let own = || Some(Key::plain(action.in_overlay()?).label());
        bound.into_iter().next().or_else(own)
    }

    /// When there is room beside the panes.
    fn beside(&self, reason: NoSidebar) -> String {
        match reason {
            NoSidebar::Columns(least) => format!("beside the panes from {least} columns on"),
            NoSidebar::Rows(least) => format!("beside the panes from {least} rows on"),
            NoSidebar::Panes => {
                let zoom = self.model.key_name(Action::Zoom);
                format!("{zoom} makes room beside one pane")
            }
        }
    }
}

/// What a view has to write in, and with.
#[derive(Clone, Copy)]
struct Room<'a> {
    palette: &'a Palette,
    width: usize,
    height: usize,
}

/// A sum as text, when anything of it is known; with `≥` when not all is.
fn dollars(cost: Cost) -> Option<String> {
    let sum = super::format::usd(cost.dollars()?);
    Some(if cost.is_partial() {
        format!("≥{sum}")
    } else {
        sum
    })
}

fn is_same_model(a: &Variant, b: &Variant) -> bool {
    a.profile == b.profile && a.model == b.model
}

/// `left` and `right` at the two ends of a row.
fn ends(left: Vec<Span<'static>>, right: Span<'static>, width: usize) -> Line<'static> {
    let used = left.iter().map(Span::width).sum::<usize>() + right.width();
    let mut spans = left;
    spans.push(Span::raw(" ".repeat(width.saturating_sub(used))));
    spans.push(right);
    Line::from(spans)
}
