//! What stands beside the text and may stay a moment while nothing but text comes: figures, quota, keys.
//!
//! Nobody reads more than ten figures a second; formatting them for every frame costs as much as the text itself.

use std::{rc::Rc, time::Duration};

use ratatui::{layout::Rect, text::Line};

use crate::app::{Ranked, SidebarPages};

/// How long figures stay as they are.
const PACE: Duration = Duration::from_millis(100);

/// Lines of one part of the screen.
pub(super) type Lines = Rc<Vec<Line<'static>>>;

/// A part of the screen that stays as it is between two looks at the figures.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    Status,
    Sidebar,
    /// The line above the composer.
    Meta,
    Hints,
    /// The sidebar where it lies over the panes.
    Figures,
    /// The title of the pane in this place.
    Title(usize),
}

impl Part {
    fn place(self) -> usize {
        match self {
            Self::Status => 0,
            Self::Sidebar => 1,
            Self::Meta => 2,
            Self::Hints => 3,
            Self::Figures => 4,
            Self::Title(pane) => 5 + pane,
        }
    }
}

/// What was drawn beside the text, and since when.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Nothing but text came since the last frame.
    only_text: bool,
    /// When the figures were looked at.
    looked: Option<Duration>,
    screen: Rect,
    parts: Vec<Option<Lines>>,
    /// How the sidebar ranked the panes.
    ranked: Option<Ranked>,
    /// How the sidebar can be scrolled.
    pages: SidebarPages,
}

impl Held {
    /// Says that the model differs from the one of the last frame in streamed text and the time alone.
    pub(super) fn only_text_came(&mut self) {
        self.only_text = true;
    }

    /// Begins a frame.
    pub(super) fn begin(&mut self, now: Duration, screen: Rect) {
        let only_text = std::mem::take(&mut self.only_text) && self.screen == screen;
        let looked = self
            .looked
            .filter(|&looked| only_text && now < looked + PACE);
        if looked.is_none() {
            *self = Self {
                looked: Some(now),
                screen,
                ..Self::default()
            };
        }
    }

    /// Notes how the panes were ranked.
    pub(super) fn rank(&mut self, ranked: Option<Ranked>) {
        self.ranked = ranked.or(self.ranked.take());
    }

    /// How the panes were ranked, if they were.
    pub(super) fn ranked(&self) -> Option<Ranked> {
        self.ranked.clone()
    }

    /// Notes how the sidebar can be scrolled, where it was drawn anew.
    pub(super) fn page(&mut self, pages: Option<SidebarPages>) {
        if let Some(pages) = pages {
            self.pages = pages;
        }
    }

    /// How the sidebar can be scrolled.
    pub(super) fn pages(&self) -> SidebarPages {
        self.pages.clone()
    }

    /// The lines of a part, made anew if they are not held.
    pub(super) fn lines(&mut self, part: Part, make: impl FnOnce() -> Vec<Line<'static>>) -> Lines {
        let place = part.place();
        if self.parts.len() <= place {
            self.parts.resize(place + 1, None);
        }
        let held = &mut self.parts[place];
        Rc::clone(held.get_or_insert_with(|| Rc::new(make())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_stay_while_only_text_comes_and_never_long() {
        let ms = Duration::from_millis;
        let screen = Rect::new(0, 0, 80, 24);
        let mut held = Held::default();
        let mut looks = 0;
        let mut frame = |held: &mut Held, at, screen| {
            held.begin(at, screen);
            held.lines(Part::Sidebar, || {
                looks += 1;
                Vec::new()
            });
            looks
        };
        assert_eq!(frame(&mut held, ms(0), screen), 1);
        held.only_text_came();
        assert_eq!(frame(&mut held, ms(30), screen), 1);
        held.only_text_came();
        assert_eq!(frame(&mut held, ms(99), screen), 1);
        held.only_text_came();
        assert_eq!(frame(&mut held, ms(100), screen), 2);
        // Something else came.
        assert_eq!(frame(&mut held, ms(110), screen), 3);
        held.only_text_came();
        let other = Rect::new(0, 0, 90, 24);
        assert_eq!(frame(&mut held, ms(120), other), 4);
    }
}
