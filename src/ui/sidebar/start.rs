//! The focused pane before anything was asked: what is known of its model and its endpoint.
//!
//! What the view shows from the first answer on is in `pane`.

use ratatui::text::Line;

use super::{
    Room,
    rows::{Rows, Value},
};
use crate::{app::Model, text, ui::format};

/// The sections of the view.
pub(super) fn sections(model: &Model, room: Room<'_>) -> Vec<Vec<Line<'static>>> {
    let variant = &*model.asked_variant(&model.pane().variant);
    let mut sections = Vec::new();
    if let Some(info) = model.model_info(variant) {
        let mut rows = Rows::new(room, "MODEL");
        let count = |label, n: Option<u64>| Some(Value::new(label, format::short_count(n?), "tok"));
        let price =
            |label, usd: Option<f64>| Some(Value::new(label, format!("${:.2}", usd?), "/M"));
        let speed = info
            .speed_tps
            .map(|s| Value::new(("published speed", "speed"), format::rate(s), "tok/s"));
        let values = [
            speed,
            count(("context", "context"), info.context_window),
            count(("output, most", "out, most"), info.max_output),
            price(("input", "input"), info.price_in),
            price(("output", "output"), info.price_out),
        ];
        rows.values(values.into_iter().flatten());
        sections.push(rows.finish());
    }
    if let Some(profile) = model.profile(&variant.profile) {
        let mut rows = Rows::new(room, "ENDPOINT");
        let name = text::SafeText::line(&profile.name);
        let most = room.width.saturating_sub(9);
        let name = text::truncate(name.as_str(), most).into_owned();
        rows.values([Value::new(("profile", "profile"), name, "")]);
        rows.text(text::SafeText::line(&profile.host).as_str());
        if profile.is_mock {
            rows.text("figures of the mock are not those of a real service");
        }
        sections.push(rows.finish());
    }
    sections
}
