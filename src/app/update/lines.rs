//! Long lines of code and wide tables: wrapped or scrolled sideways, and numbered on request.
//!
//! How far a pane can be scrolled is the view's to say, with the last frame.

use crate::app::{Action, Effect, Model};

/// Columns of one step sideways.
const STEP: u16 = 8;

/// Lets long lines of the focused pane wrap, or be scrolled sideways.
pub(super) fn wrap(model: &mut Model) -> Vec<Effect> {
    let settings = model.settings;
    let pane = model.pane_mut();
    let scrolls = !pane.scrolls_lines(&settings);
    pane.scroll_lines = Some(scrolls);
    pane.pan = 0;
    let sentence = if scrolls {
        let (left, right) = (Action::PanLeft, Action::PanRight);
        let (left, right) = (model.key_name(left), model.key_name(right));
        format!("long lines of code and tables: {left} and {right} scroll them sideways")
    } else {
        "long lines of code and tables wrap".to_owned()
    };
    model.notify_of("lines", sentence);
    Vec::new()
}

/// Shows or hides the numbers of lines of code in the focused pane.
pub(super) fn number(model: &mut Model) -> Vec<Effect> {
    let settings = model.settings;
    let pane = model.pane_mut();
    pane.line_numbers = Some(!pane.numbers_lines(&settings));
    Vec::new()
}

/// Scrolls the long lines of the focused pane sideways; in a pane where they wrap it says how to change that.
pub(super) fn pan(model: &mut Model, direction: i16) -> Vec<Effect> {
    let settings = model.settings;
    if !model.pane().scrolls_lines(&settings) {
        let key = model.key_name(Action::Wrap);
        model.notify_of(
            "lines",
            format!("long lines wrap here; {key} lets them scroll"),
        );
        return Vec::new();
    }
    let frame = model.frame.panes.get(model.focused);
    let (beyond, panned) = frame.map_or((0, 0), |frame| (frame.beyond, frame.panned));
    let pane = model.pane_mut();
    pane.pan = if direction < 0 {
        // What is visible may have stopped before: it is what the person wants to go back.
        let seen = if panned > 0 { panned } else { pane.pan };
        pane.pan.min(seen).saturating_sub(STEP)
    } else {
        // What is visible now may be narrower than what was.
        pane.pan.saturating_add(STEP).min(beyond.max(pane.pan))
    };
    Vec::new()
}
