//! Where the parts of the screen stand, from the size of the terminal and what there is to show.
//!
//! Small screens keep the order of importance: answer, composer, title, then the rest.

use ratatui::layout::{Constraint, Layout, Rect};

use super::tiling::{self, Tiles};
use crate::app::Model;

/// Below this nothing can be read.
const MIN_WIDTH: u16 = 20;
const MIN_HEIGHT: u16 = 5;
/// From this width on a sidebar leaves enough room for the text.
const SIDEBAR_FROM: u16 = 96;
/// The narrowest and the widest sidebar.
const SIDEBAR: (u16, u16) = (24, 60);
/// The composer grows to this many rows of text.
const COMPOSER_ROWS: u16 = 10;

/// The parts of the screen.
#[derive(Clone, Debug)]
pub(crate) struct Areas {
    pub(crate) status: Rect,
    pub(crate) tiles: Tiles,
    /// All panes together.
    pub(crate) main: Rect,
    pub(crate) sidebar: Option<Rect>,
    /// The line above the composer's text; empty on low screens.
    pub(crate) meta: Rect,
    /// The composer's text with the bar at its left.
    pub(crate) composer: Rect,
    pub(crate) hints: Rect,
}

/// Divides the screen; `None` when it is too small.
pub(crate) fn areas(screen: Rect, model: &Model) -> Option<Areas> {
    if screen.width < MIN_WIDTH || screen.height < MIN_HEIGHT {
        return None;
    }
    let low = screen.height < 10;
    let [status, body] = split_rows(
        screen,
        [Constraint::Length(u16::from(!low)), Constraint::Min(1)],
    );
    let [main, sidebar] = beside_sidebar(body, screen, model);
    let most = COMPOSER_ROWS.min(main.height / 3).max(1);
    let rows = model.composer.rows(main.width.saturating_sub(4), most);
    let extra = u16::from(!low);
    let [transcript, _, meta, composer, hints] = split_rows(
        main,
        [
            Constraint::Min(1),
            // Air above the composer, where there is room for it.
            Constraint::Length(u16::from(screen.height >= 20)),
            Constraint::Length(extra),
            Constraint::Length(rows),
            Constraint::Length(extra),
        ],
    );
    Some(Areas {
        status,
        tiles: tiling::tile(transcript, model),
        main: transcript,
        sidebar: (!sidebar.is_empty()).then_some(sidebar),
        meta,
        composer,
        hints,
    })
}

fn split_rows<const N: usize>(area: Rect, constraints: [Constraint; N]) -> [Rect; N] {
    Layout::vertical(constraints).areas(area)
}

/// Room for the panes and for the sidebar. Panes come first: where they could be read side by side only without it, it
/// stays away.
fn beside_sidebar(body: Rect, screen: Rect, model: &Model) -> [Rect; 2] {
    let divide = |width: u16| {
        Layout::horizontal([Constraint::Min(1), Constraint::Length(width)]).areas::<2>(body)
    };
    if !model.settings.sidebar || screen.width < SIDEBAR_FROM || screen.height < 12 {
        return divide(0);
    }
    let wanted = (screen.width / 6).clamp(30, SIDEBAR.1);
    [wanted, SIDEBAR.0]
        .map(divide)
        .into_iter()
        .find(|[main, _]| tiling::fits(*main, model) || !tiling::fits(body, model))
        .unwrap_or_else(|| divide(0))
}
