//! Where the parts of the screen stand, from the size of the terminal and what there is to show.
//!
//! Small screens keep the order of importance: answer, composer, title, then the rest.

use ratatui::layout::{Constraint, Layout, Rect};

use super::{
    notices,
    tiling::{self, Tiles},
};
use crate::app::{Model, NoSidebar};

/// Below this nothing can be read.
const MIN_WIDTH: u16 = 20;
const MIN_HEIGHT: u16 = 5;
/// From this width on a sidebar leaves enough room for the text.
const SIDEBAR_FROM: u16 = 96;
/// From this height on it holds more than a headline.
const SIDEBAR_ROWS: u16 = 12;
/// The narrowest sidebar, the narrowest that nobody has to put up with, and the widest.
const SIDEBAR: [u16; 3] = [24, 30, 60];
/// Beside a sidebar the panes keep at least this much.
const PANES: u16 = 60;
/// The composer grows to this many rows of text.
const COMPOSER_ROWS: u16 = 10;

/// Rows for what goes along with the draft.
const ATTACHED_ROWS: usize = 3;

/// The parts of the screen.
#[derive(Clone, Debug)]
pub(crate) struct Areas {
    pub(crate) status: Rect,
    pub(crate) tiles: Tiles,
    /// All panes together.
    pub(crate) main: Rect,
    /// The sidebar, where it is wanted and fits.
    pub(crate) sidebar: Option<Rect>,
    /// Why there can be no sidebar, wanted or not.
    pub(crate) no_sidebar: Option<NoSidebar>,
    /// Sentences that go away by themselves, or the empty row above the composer.
    pub(crate) notices: Rect,
    /// The line above the composer's text; empty on low screens.
    pub(crate) meta: Rect,
    /// What goes along with the draft, a row each.
    pub(crate) attached: Rect,
    /// The composer's text with the bar at its left.
    pub(crate) composer: Rect,
    pub(crate) hints: Rect,
}

/// Divides the screen; `None` when it is too small.
pub(crate) fn areas(screen: Rect, model: &Model) -> Option<Areas> {
    if screen.width < MIN_WIDTH || screen.height < MIN_HEIGHT {
        return None;
    }
    let [status, body] = split_rows(
        screen,
        [
            Constraint::Length(u16::from(!is_low(screen))),
            Constraint::Min(1),
        ],
    );
    let beside = beside_sidebar(body, screen, model);
    let no_sidebar = beside.err();
    let wanted = beside.ok().filter(|_| model.settings.sidebar);
    let (main, sidebar) = wanted.map_or((body, None), |[main, side]| (main, Some(side)));
    let [transcript, notices, meta, attached, composer, hints] = rows(main, screen, model);
    Some(Areas {
        status,
        tiles: tiling::tile(transcript, model),
        main: transcript,
        notices,
        sidebar,
        no_sidebar,
        meta,
        attached,
        composer,
        hints,
    })
}

/// The panes, the notices, the line above the composer, what goes along, the composer, and the hints.
fn rows(main: Rect, screen: Rect, model: &Model) -> [Rect; 6] {
    let most = COMPOSER_ROWS.min(main.height / 3).max(1);
    let composer = model.composer.rows(main.width.saturating_sub(4), most);
    // On low screens one row has to do.
    let most_attached = if main.height < 20 { 1 } else { ATTACHED_ROWS };
    let attached = model.composer.attached().len().min(most_attached);
    let extra = u16::from(!is_low(screen));
    // Air above the composer, where there is room for it.
    let air = u16::from(screen.height >= 20);
    let notices = notices::rows(model, main.width)
        .min(main.height / 3)
        .max(air);
    split_rows(
        main,
        [
            Constraint::Min(1),
            Constraint::Length(notices),
            Constraint::Length(extra),
            Constraint::Length(u16::try_from(attached).unwrap_or(u16::MAX)),
            Constraint::Length(composer),
            Constraint::Length(extra),
        ],
    )
}

/// Too few rows for anything but answer and composer.
fn is_low(screen: Rect) -> bool {
    screen.height < 10
}

/// Divides rows. Where there is room for all, one part takes what the others leave, and no solver is asked.
fn split_rows<const N: usize>(area: Rect, constraints: [Constraint; N]) -> [Rect; N] {
    let least = |constraint: &Constraint| match *constraint {
        Constraint::Length(rows) | Constraint::Min(rows) => rows,
        _ => 0,
    };
    let wanted = constraints.iter().map(least).fold(0, u16::saturating_add);
    let Some(more) = area.height.checked_sub(wanted) else {
        return Layout::vertical(constraints).areas(area);
    };
    let mut y = area.y;
    constraints.map(|constraint| {
        let takes_rest = matches!(constraint, Constraint::Min(_));
        let height = least(&constraint) + if takes_rest { more } else { 0 };
        y += height;
        Rect {
            y: y - height,
            height,
            ..area
        }
    })
}

/// Room for the panes and for the sidebar, or why there is none. Panes come first: where they would stand in another
/// way without it, it takes fewer columns than wanted or stays away.
fn beside_sidebar(body: Rect, screen: Rect, model: &Model) -> Result<[Rect; 2], NoSidebar> {
    let [least, usual, most] = SIDEBAR;
    if screen.width < SIDEBAR_FROM {
        return Err(NoSidebar::Columns(SIDEBAR_FROM));
    }
    if screen.height < SIDEBAR_ROWS {
        return Err(NoSidebar::Rows(SIDEBAR_ROWS));
    }
    let wanted = model.settings.sidebar_width;
    let wanted = wanted.map_or((screen.width / 5).clamp(usual, most), |w| {
        w.clamp(least, most)
    });
    [wanted, usual, least]
        .into_iter()
        .filter(|&width| width <= wanted)
        .map(|width| {
            let main = Rect {
                width: body.width.saturating_sub(width),
                ..body
            };
            let side = Rect {
                x: main.right(),
                width,
                ..body
            };
            [main, side]
        })
        .find(|[main, _]| {
            let columns = |main: Rect| tiling::columns(rows(main, screen, model)[0], model);
            main.width >= PANES && columns(*main) == columns(body)
        })
        .ok_or(NoSidebar::Panes)
}
