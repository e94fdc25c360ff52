//! Draws the list of models in columns that line up; where they do not all fit, the least important go.
//!
//! What is known of a model is looked up here, the order and the choice are the picker's.

use std::collections::HashMap;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use super::{
    format,
    overlay::{Drawn, foot, panel},
    picker::{first_shown, query_line},
    theme::Palette,
};
use crate::{
    app::{Choice, Fetching, Item, Model, Picker, PickerFrame},
    chat::{CatalogueSource, ModelInfo, ModelStatus},
    text::{self, SafeText},
};

/// Widest the box gets.
const WIDTH: u16 = 112;
/// Columns between two cells.
const GAP: usize = 2;
/// The state is cut to this before another column goes.
const STATE_AT_LEAST: usize = 10;

/// A column of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Model,
    Profile,
    Context,
    Speed,
    PriceIn,
    PriceOut,
    State,
}

impl Column {
    const ALL: [Self; 7] = [
        Self::Model,
        Self::Profile,
        Self::Context,
        Self::Speed,
        Self::PriceIn,
        Self::PriceOut,
        Self::State,
    ];

    fn title(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Profile => "profile",
            Self::Context => "context",
            Self::Speed => "tok/s",
            Self::PriceIn => "$/M in",
            Self::PriceOut => "$/M out",
            Self::State => "state",
        }
    }

    fn is_figure(self) -> bool {
        !matches!(self, Self::Model | Self::Profile | Self::State)
    }

    /// The last ones go first when there is no room for all. With one profile its name says nothing.
    fn by_importance(profiles: usize) -> [Self; 7] {
        let mut order = [
            Self::Model,
            Self::Profile,
            Self::State,
            Self::PriceIn,
            Self::PriceOut,
            Self::Context,
            Self::Speed,
        ];
        if profiles < 2 {
            order[1..].rotate_left(1);
        }
        order
    }
}

/// Draws the list.
pub(super) fn draw(
    model: &Model,
    palette: &Palette,
    picker: &Picker,
    screen: Rect,
    buffer: &mut Buffer,
) -> Drawn {
    let notes = notes(model, picker);
    let most = match screen.height {
        low @ 0..20 => low,
        high => high * 2 / 3,
    };
    // Room for what may be typed and for what may fail, so that the box stands still.
    let rows = picker.listed().len() + picker.unlisted.len() + model.profiles.len() + 2;
    let height = u16::try_from(rows)
        .unwrap_or(u16::MAX)
        .saturating_add(3)
        .clamp(8.min(most), most);
    let parts = [
        format!("Enter: {} asks it", model.pane().letter),
        "Esc closes".to_owned(),
        "Alt-Enter: new pane".to_owned(),
    ];
    let foot = foot(&parts, screen.width.min(WIDTH));
    let inner = panel("Model", &foot, WIDTH, height, palette, screen, buffer);
    if inner.height < 2 {
        return Drawn::default();
    }
    let cursor = query_line(model, palette, picker, inner, buffer);
    let below = u16::try_from(notes.len())
        .unwrap_or(u16::MAX)
        .min(inner.height / 3);
    let list = Rect {
        y: inner.y + 1,
        height: inner.height - 1 - below,
        ..inner
    };
    let table = Table::new(model, picker, usize::from(inner.width));
    let frame = table.draw(palette, picker, list, buffer);
    for ((note, style), y) in notes.iter().zip(list.bottom()..inner.bottom()) {
        let style = if *style { palette.warning } else { palette.dim };
        let note = text::truncate(note, usize::from(inner.width).saturating_sub(2));
        buffer.set_string(inner.x + 2, y, note, style);
    }
    Drawn {
        cursor: Some(cursor),
        list: Some(frame),
    }
}

/// What became of the fresh lists, each with whether it is bad news.
fn notes(model: &Model, picker: &Picker) -> Vec<(String, bool)> {
    let mut notes = Vec::new();
    let underway: Vec<&str> = picker
        .fetching
        .iter()
        .filter(|(_, f)| *f == Fetching::Underway)
        .map(|(name, _)| name.as_str())
        .collect();
    for (profile, fetching) in &picker.fetching {
        if let Fetching::Failed(reason) = fetching {
            let source = model.catalogues.get(profile).map(|c| c.source);
            let instead = match source {
                Some(CatalogueSource::Live) => "this is its last list",
                Some(CatalogueSource::Embedded) => "this is the built-in table",
                _ => "type the id of a model",
            };
            let reason = SafeText::line(reason);
            notes.push((format!("{profile}: {instead}, since {reason}"), true));
        }
    }
    if !underway.is_empty() {
        let word = if underway.len() == 1 { "list" } else { "lists" };
        notes.push((
            format!("reading the {word} of {} …", underway.join(", ")),
            false,
        ));
    }
    notes
}

/// The columns that fit, with their widths, and the cells of every item.
struct Table {
    columns: Vec<(Column, usize)>,
    rows: Vec<[String; 7]>,
}

impl Table {
    fn new(model: &Model, picker: &Picker, width: usize) -> Self {
        let known = known(model);
        let row = |item| cells(model, &known, item);
        let rows: Vec<_> = picker.items.iter().map(row).collect();
        let widest = |column: Column| {
            let cells = rows.iter().map(|r| text::width(&r[column as usize]));
            let most = cells.max().unwrap_or(0);
            // Without a single figure there is nothing to show.
            if most == 0 {
                0
            } else {
                most.max(text::width(column.title()))
            }
        };
        let room = width.saturating_sub(GAP);
        let least = |column: Column| match column {
            Column::Model => widest(column).min((room * 2 / 5).max(STATE_AT_LEAST)),
            Column::State => widest(column).min(STATE_AT_LEAST),
            _ => widest(column),
        };
        let mut taken = 0;
        let mut kept = Vec::new();
        for column in Column::by_importance(model.profiles.len()) {
            let needed = least(column);
            if needed > 0 && taken + needed <= room {
                kept.push(column);
                taken += needed + GAP;
            }
        }
        // Half a price misleads.
        if !kept.contains(&Column::PriceOut) && kept.contains(&Column::PriceIn) {
            kept.retain(|c| *c != Column::PriceIn);
            taken -= least(Column::PriceIn) + GAP;
        }
        // What is left over goes to the columns that were cut.
        let mut left = (room + GAP).saturating_sub(taken);
        let mut columns = Vec::new();
        for column in Column::ALL.into_iter().filter(|c| kept.contains(c)) {
            let more = (widest(column) - least(column)).min(left);
            left -= more;
            columns.push((column, least(column) + more));
        }
        Self { columns, rows }
    }

    fn draw(
        &self,
        palette: &Palette,
        picker: &Picker,
        mut area: Rect,
        buffer: &mut Buffer,
    ) -> PickerFrame {
        if picker.matches.is_empty() {
            let room = usize::from(area.width).saturating_sub(2);
            let word = if picker.unlisted.is_empty() {
                "no model matches, and the mock has no others"
            } else {
                "no model matches"
            };
            buffer.set_stringn(area.x + 2, area.y, word, room, palette.dim);
            return PickerFrame {
                list: area,
                first: 0,
            };
        }
        if area.height > 3 {
            let titles = Column::ALL.map(|c| c.title().to_owned());
            let styles = (palette.dim, palette.dim);
            self.draw_row(&titles, "  ", palette, styles, area, buffer);
            area.y += 1;
            area.height -= 1;
        }
        let first = first_shown(picker, area);
        let visible = picker.matches.iter().enumerate().skip(first);
        for ((place, &index), y) in visible.zip(area.y..area.bottom()) {
            let Some(cells) = self.rows.get(index) else {
                continue;
            };
            let line = Rect::new(area.x, y, area.width, 1);
            let selected = place == picker.selected;
            if selected {
                buffer.set_style(line, palette.selected);
            }
            let mark = if selected { "› " } else { "  " };
            let styles = (palette.text, palette.dim);
            self.draw_row(cells, mark, palette, styles, line, buffer);
        }
        PickerFrame { list: area, first }
    }

    fn draw_row(
        &self,
        cells: &[String; 7],
        mark: &'static str,
        palette: &Palette,
        (name, rest): (Style, Style),
        area: Rect,
        buffer: &mut Buffer,
    ) {
        let mut spans = vec![Span::styled(mark, palette.key)];
        for &(column, width) in &self.columns {
            let cell = text::truncate(&cells[column as usize], width);
            let blank = " ".repeat(width - text::width(&cell));
            let style = if column == Column::Model { name } else { rest };
            let cell = if column.is_figure() {
                format!("{blank}{cell}")
            } else {
                format!("{cell}{blank}")
            };
            spans.push(Span::styled(cell, style));
            spans.push(Span::raw(" ".repeat(GAP)));
        }
        buffer.set_line(area.x, area.y, &Line::from(spans), area.width);
    }
}

/// What the lists say, by profile and id: looked up one by one, thousands of models would take the square of their number.
fn known(model: &Model) -> HashMap<(&str, &str), (&ModelInfo, CatalogueSource)> {
    let mut known = HashMap::new();
    for (profile, catalogue) in &model.catalogues {
        for info in &catalogue.models {
            let place = (profile.as_str(), info.id.as_str());
            known.entry(place).or_insert((info, catalogue.source));
        }
    }
    known
}

/// What the columns say of an item.
fn cells(
    model: &Model,
    known: &HashMap<(&str, &str), (&ModelInfo, CatalogueSource)>,
    item: &Item,
) -> [String; 7] {
    let mut cells: [String; 7] = std::array::from_fn(|_| String::new());
    let Choice::Model { profile, model: id } = &item.choice else {
        return cells;
    };
    let info = known.get(&(profile.as_str(), id.as_str()));
    let is_mock = model.profile(profile).is_some_and(|p| p.is_mock);
    cells[Column::Model as usize].clone_from(&item.label);
    cells[Column::Profile as usize].clone_from(profile);
    let mut put = |column: Column, text: Option<String>| {
        cells[column as usize] = text.unwrap_or_default();
    };
    let Some(&(info, source)) = info else {
        put(Column::State, Some("as typed".to_owned()));
        return cells;
    };
    put(
        Column::Context,
        info.context_window.map(format::short_count),
    );
    put(Column::Speed, info.speed_tps.map(format::rate));
    // Nobody pays the mock.
    if !is_mock {
        put(Column::PriceIn, info.price_in.map(|p| format!("{p:.2}")));
        put(Column::PriceOut, info.price_out.map(|p| format!("{p:.2}")));
    }
    put(Column::State, Some(state(info, source, is_mock)));
    cells
}

fn state(info: &ModelInfo, source: CatalogueSource, is_mock: bool) -> String {
    if is_mock {
        return "mock".to_owned();
    }
    let state = match (&info.status, &info.replaced_by) {
        (ModelStatus::Retired, Some(next)) => return format!("gone, now {}", SafeText::line(next)),
        (ModelStatus::Retired, None) => return "gone".to_owned(),
        (ModelStatus::Dedicated, _) => return "on dedicated endpoints only".to_owned(),
        (ModelStatus::Deprecated, Some(next)) => {
            format!("going away, then {}", SafeText::line(next))
        }
        (ModelStatus::Deprecated, None) => "going away".to_owned(),
        (ModelStatus::Preview, _) => "preview".to_owned(),
        _ => "production".to_owned(),
    };
    match source {
        CatalogueSource::Live => state,
        // That it is offered, nobody has said of late.
        CatalogueSource::Embedded if info.status == ModelStatus::Production => {
            "built-in table".to_owned()
        }
        CatalogueSource::Embedded => format!("{state}, built-in table"),
        CatalogueSource::Configured => "as configured".to_owned(),
    }
}
