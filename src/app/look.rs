//! How the screen looks: the themes there are, the one that was chosen, and what is known of the terminal.
//!
//! Colours stay data here; what a terminal makes of them is the view's.

use super::{Choice, Model, Overlay, PickerKind};
use crate::config::{AUTO, Background, Theme};

/// How the screen looks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// Themes that can be chosen, in the order of their list. Without any, the view draws with what it was given.
    pub themes: Vec<Theme>,
    /// The name of one of them, or [`AUTO`].
    pub chosen: String,
    /// The terminal's background, as far as it is known.
    pub background: Option<Background>,
    /// The terminal was asked for its background.
    pub was_asked: bool,
    /// The terminal shows 256 colours or more.
    pub is_rich: bool,
    /// Every character that is not ASCII is drawn as one that is.
    pub ascii: bool,
}

impl Look {
    /// The theme of that name; [`AUTO`] is the one that fits the terminal.
    pub fn theme(&self, name: &str) -> Option<&Theme> {
        let name = if name == AUTO { self.fitting() } else { name };
        self.themes.iter().find(|theme| theme.name == name)
    }

    /// Surfaces are painted only where their colours can be shown and go with what is around them.
    pub fn fitting(&self) -> &'static str {
        match self.background.filter(|_| self.is_rich) {
            Some(Background::Dark) => "wafer-dark",
            Some(Background::Light) => "wafer-light",
            None => "terminal",
        }
    }

    /// True once, when the terminal's own word on its background would decide.
    pub(super) fn asks(&mut self) -> bool {
        let asks = self.chosen == AUTO && self.is_rich && !self.was_asked;
        self.was_asked |= asks;
        asks
    }
}

impl Model {
    /// The theme to draw with: while the list of themes is open, the one that is selected there.
    pub fn theme(&self) -> Option<&Theme> {
        let tried = match self.overlays.last() {
            Some(Overlay::Picker(picker)) if picker.kind == PickerKind::Themes => picker.chosen(),
            _ => None,
        };
        match tried.map(|item| &item.choice) {
            Some(Choice::Theme(name)) => self.look.theme(name),
            _ => self.look.theme(&self.look.chosen),
        }
    }
}
