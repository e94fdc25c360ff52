//! How well the program itself keeps up: lag, cost of frames, dropped ones. A section below the focused pane where
//! there is room, and a view of its own with what each figure means.

use std::time::Duration;

use ratatui::text::Line;

use super::{
    Room,
    rows::{DASH, Label, Rows, Value},
    stack::Sections,
};
use crate::{app::Model, text::SafeText, ui::format};

const HEADING: &str = "DIAGNOSTICS";
const DEFINITIONS: [&str; 4] = [
    "lag: from a read at the socket to the end of the write of the frame that shows its text",
    "frame: layout, comparison with the frame before, and write",
    "dropped: frames that were due while text waited, one every 16 ms, and did not come",
    "frames: those that showed new text, since the start",
];

/// The figures, once there is something to tell.
pub(super) fn section(model: &Model, room: Room<'_>) -> Option<Vec<Line<'static>>> {
    let frames = &model.frames;
    if frames.cost.count == 0 {
        return None;
    }
    let mut rows = Rows::new(room, HEADING);
    rows.values([
        time(("lag p50", "lag p50"), frames.lag.p50),
        far(("lag p99", "lag p99"), frames.lag.p99),
        time(("frame p50", "frame p50"), frames.cost.p50),
        far(("frame p99", "frame p99"), frames.cost.p99),
        Value::count(("dropped", "dropped"), Some(frames.dropped)),
        Value::count(("frames", "frames"), Some(frames.cost.count)),
    ]);
    Some(rows.finish())
}

/// The sections of the view.
pub(super) fn view(model: &Model, room: Room<'_>) -> Sections {
    let frames = &model.frames;
    let mut sections = vec![section(model, room).unwrap_or_else(|| {
        let mut rows = Rows::new(room, HEADING);
        rows.text(&format!("{DASH} no frame has shown text yet"));
        rows.finish()
    })];
    if frames.cost.count > 0 {
        let mut rows = Rows::new(room, "LONGEST");
        rows.values([
            time(("lag", "lag"), frames.lag.max),
            time(("frame", "frame"), frames.cost.max),
        ]);
        sections.push(rows.finish());
    }
    sections.extend(request_id(model, room));
    sections.extend(DEFINITIONS.map(|definition| {
        let mut rows = Rows::bare(room);
        rows.text(definition);
        rows.finish()
    }));
    Sections::new(sections)
}

/// What the provider calls the request of the focused pane's last answer, whole: its support asks for it.
fn request_id(model: &Model, room: Room<'_>) -> Option<Vec<Line<'static>>> {
    let id = model.last_answer(model.pane())?.request_id.as_deref()?;
    let mut rows = Rows::new(room, "REQUEST ID");
    rows.text(SafeText::line(id).as_str());
    Some(rows.finish())
}

/// Always in milliseconds, so that they can be compared at a glance.
fn time(label: Label, time: Duration) -> Value {
    Value::new(label, millis(time), "ms")
}

/// The same of a percentile, which few frames do not have.
fn far(label: Label, time: Option<Duration>) -> Value {
    time.map_or_else(|| Value::missing(label), |at| self::time(label, at))
}

fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1e3;
    match millis {
        // What would be rounded up to the next form is written in it.
        ..9.995 => format!("{millis:.2}"),
        ..99.95 => format!("{millis:.1}"),
        _ => format::count(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::millis;
    use std::time::Duration;

    #[test]
    fn milliseconds_keep_three_digits() {
        let of = |micros| millis(Duration::from_micros(micros));
        assert_eq!(
            [0, 8, 345, 9_994, 9_996, 16_300, 99_960, 1_234_567].map(of),
            [
                "0.00", "0.01", "0.34", "9.99", "10.0", "16.3", "99", "1,234"
            ]
        );
    }
}
