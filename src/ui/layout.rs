//! Where the parts of the screen stand, from the size of the terminal and what there is to show.
//!
//! Small screens keep the order of importance: answer, composer, title, then the rest.

use ratatui::layout::{Constraint, Layout, Rect};

use crate::app::Model;

/// Below this nothing can be read.
const MIN_WIDTH: u16 = 20;
const MIN_HEIGHT: u16 = 5;
/// From this width on a sidebar leaves enough room for the text.
const SIDEBAR_FROM: u16 = 96;
/// The composer grows to this many rows of text.
const COMPOSER_ROWS: u16 = 10;

/// The parts of the screen.
#[derive(Clone, Debug)]
pub(crate) struct Areas {
    pub(crate) status: Rect,
    pub(crate) panes: Vec<Rect>,
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
    let sidebar_width = sidebar_width(screen, model);
    let [main, sidebar] =
        Layout::horizontal([Constraint::Min(1), Constraint::Length(sidebar_width)]).areas(body);
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
        panes: tile(transcript, model),
        sidebar: (sidebar_width > 0).then_some(sidebar),
        meta,
        composer,
        hints,
    })
}

fn split_rows<const N: usize>(area: Rect, constraints: [Constraint; N]) -> [Rect; N] {
    Layout::vertical(constraints).areas(area)
}

fn sidebar_width(screen: Rect, model: &Model) -> u16 {
    if !model.settings.sidebar || screen.width < SIDEBAR_FROM || screen.height < 12 {
        return 0;
    }
    (screen.width / 6).clamp(30, 36)
}

/// One area for each pane; those that are not on screen get an empty one.
fn tile(area: Rect, model: &Model) -> Vec<Rect> {
    (0..model.panes.len())
        .map(|index| {
            if model.is_on_screen(index) {
                area
            } else {
                Rect::ZERO
            }
        })
        .collect()
}
