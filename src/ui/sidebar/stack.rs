//! The sections of a view below each other: which of them are shown, and what is said of those above and below.
//!
//! The sidebar is scrolled by whole sections. One that is higher than the room goes on in the next as if it were several.

use ratatui::text::Line;

use super::Room;
use crate::{app::SidebarPages, text};

/// On fewer rows nothing is given up for rows that say what is not shown.
const LEAST_TOLD: usize = 8;

/// What a view shows, top to bottom.
pub(super) struct Sections {
    head: Option<Line<'static>>,
    sections: Vec<Vec<Line<'static>>>,
}

impl Sections {
    /// Sections without a row above them.
    pub(super) fn new(sections: Vec<Vec<Line<'static>>>) -> Self {
        Self {
            head: None,
            sections,
        }
    }

    /// With a row that stays above them.
    pub(super) fn headed(self, head: Line<'static>) -> Self {
        Self {
            head: Some(head),
            ..self
        }
    }

    /// In the room there is.
    pub(super) fn stacked(self, room: Room<'_>) -> Stack<'_> {
        let told = told(room.height);
        let height = room.height.saturating_sub(usize::from(self.head.is_some()));
        let most = height.saturating_sub(2 * told).max(1);
        let mut parts = Vec::new();
        for section in self.sections {
            // Above the first one nothing needs to be told.
            let free = if parts.is_empty() {
                height.saturating_sub(told)
            } else {
                most
            };
            if section.len() <= free {
                parts.push(section);
            } else {
                parts.extend(section.chunks(most).map(<[_]>::to_vec));
            }
        }
        Stack {
            head: self.head,
            parts,
            room,
            height,
        }
    }
}

/// Rows that go to a sentence about what is not shown, in a room of so many.
pub(super) fn told(height: usize) -> usize {
    usize::from(height >= LEAST_TOLD)
}

/// Sections of which each has room by itself.
pub(super) struct Stack<'a> {
    head: Option<Line<'static>>,
    parts: Vec<Vec<Line<'static>>>,
    room: Room<'a>,
    /// Rows below the head.
    height: usize,
}

impl Stack<'_> {
    /// How many sections there is room for, from each on.
    pub(super) fn pages(&self) -> SidebarPages {
        SidebarPages::new((0..self.parts.len()).map(|top| self.shown(top).0))
    }

    /// The rows from the section `top` on: those that fit whole, between sentences about those above and below. Empty
    /// rows between sections go when without them more would fit.
    pub(super) fn lines(&self, top: usize, keys: &[Option<String>; 2]) -> Vec<Line<'static>> {
        let [up, down] = keys;
        let (shown, free) = self.shown(top);
        let has_air = self.fitting(top, free, 1) == shown;
        let is_told = told(self.room.height) == 1;
        let mut lines: Vec<_> = self.head.iter().cloned().collect();
        if is_told && top > 0 {
            lines.push(self.sentence(top, "above", up.as_deref()));
        }
        let is_after_head = top == 0 && self.head.is_some();
        for (place, part) in self.parts.iter().skip(top).take(shown).enumerate() {
            if has_air && (place > 0 || is_after_head) {
                lines.push(Line::default());
            }
            lines.extend(part.iter().cloned());
        }
        let below = self.parts.len().saturating_sub(top + shown);
        if is_told && below > 0 {
            lines.push(self.sentence(below, "below", down.as_deref()));
        }
        lines
    }

    /// How many sections fit from `top` on, and the rows that they have together.
    fn shown(&self, top: usize) -> (usize, usize) {
        let told = told(self.room.height);
        let free = self.height.saturating_sub(if top > 0 { told } else { 0 });
        let shown = self.fitting(top, free, 0);
        if top + shown == self.parts.len() {
            return (shown, free);
        }
        let free = free.saturating_sub(told);
        (self.fitting(top, free, 0).max(1), free)
    }

    /// How many sections fit into so many rows from `top` on, with so many empty rows before each.
    fn fitting(&self, top: usize, rows: usize, air: usize) -> usize {
        let mut used = 0;
        let mut is_first = top > 0 || self.head.is_none();
        let fits = |part: &&Vec<Line<'static>>| {
            used += part.len() + if is_first { 0 } else { air };
            is_first = false;
            used <= rows
        };
        self.parts.iter().skip(top).take_while(fits).count()
    }

    /// How many sections are above or below, and the key that shows them, as far as there is room.
    fn sentence(&self, count: usize, place: &str, key: Option<&str>) -> Line<'static> {
        let sections = u64::try_from(count).unwrap_or(u64::MAX);
        let sections = text::counted(sections, "section", "sections");
        let them = if count == 1 { "it" } else { "them" };
        let mut forms = Vec::new();
        if let Some(key) = key {
            forms.push(format!("… {sections} {place}, {key} shows {them}"));
            forms.push(format!("… {sections} {place}, {key}"));
            forms.push(format!("… {count} {place}, {key}"));
        }
        forms.push(format!("… {sections} {place}"));
        let fits = |form: &String| text::width(form) <= self.room.width;
        let form = forms.iter().find(|form| fits(form)).cloned();
        let form = form.unwrap_or_else(|| format!("… {count} {place}"));
        Line::styled(form, self.room.palette.dim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Theme,
        ui::{ColorDepth, Palette},
    };

    fn of(heights: &[usize], height: usize, run: impl FnOnce(Stack<'_>)) {
        let palette = Palette::new(&Theme::default(), ColorDepth::None);
        let section = |(place, rows): (usize, &usize)| vec![Line::from(place.to_string()); *rows];
        let sections = heights.iter().enumerate().map(section).collect();
        let room = Room {
            palette: &palette,
            width: 40,
            height,
        };
        run(Sections::new(sections).headed("head".into()).stacked(room));
    }

    fn seen(heights: &[usize], height: usize, top: usize) -> String {
        let mut seen = String::new();
        of(heights, height, |stack| {
            let keys = [Some("F7".to_owned()), None];
            let lines = stack.lines(top, &keys);
            let lines: Vec<_> = lines.iter().map(ToString::to_string).collect();
            seen = lines.join("|");
        });
        seen
    }

    #[test]
    fn air_goes_before_sections_do_and_what_is_not_shown_is_told() {
        let three = [2, 2, 2];
        assert_eq!(seen(&three, 10, 0), "head||0|0||1|1||2|2");
        assert_eq!(seen(&three, 9, 0), "head|0|0|1|1|2|2");
        let four = [3, 3, 3, 3];
        assert_eq!(seen(&four, 10, 0), "head||0|0|0||1|1|1|… 2 sections below",);
        assert_eq!(
            seen(&four, 9, 2),
            "head|… 2 sections above, F7 shows them|2|2|2||3|3|3",
        );
        assert_eq!(
            seen(&four, 8, 1),
            "head|… 1 section above, F7 shows it|1|1|1|… 2 sections below",
        );
        assert_eq!(seen(&four, 7, 0), "head|0|0|0|1|1|1", "too low to tell");
    }

    #[test]
    fn every_row_of_a_section_that_is_too_high_is_reached() {
        of(&[2, 20, 1], 10, |stack| {
            let heights: Vec<_> = stack.parts.iter().map(Vec::len).collect();
            assert_eq!(heights, [2, 7, 7, 6, 1]);
            let pages = stack.pages();
            assert_eq!(pages.end(), 3);
            assert_eq!(pages.after(0), 1);
        });
    }
}
