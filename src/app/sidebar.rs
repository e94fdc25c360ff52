//! What the sidebar is asked to show: one pane, all of them ranked by one figure, or the program
//! itself, from which section on, and why there may be no room.
//!
//! The figures are `metrics`', ranking and drawing are the view's.

use ratatui::layout::Rect;

/// Which of its views the sidebar shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SidebarView {
    /// The focused pane in depth.
    Pane,
    /// A table of all panes.
    All,
    /// The answers of the session together: percentiles, histograms, quota.
    Session,
    /// What frames cost and how far they lag behind the text.
    Diagnostics,
}

impl SidebarView {
    /// The view after it.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::All => Self::Pane,
            Self::Pane => Self::Session,
            Self::Session => Self::Diagnostics,
            Self::Diagnostics => Self::All,
        }
    }
}

/// The figure that the table of all panes is ranked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SidebarRank {
    /// Output tokens a second, fastest first.
    #[default]
    Speed,
    /// Time to first token, shortest first.
    Ttft,
    /// End to end, shortest first.
    Total,
}

impl SidebarRank {
    /// Every figure, in the order they take turns.
    pub const ALL: [Self; 3] = [Self::Speed, Self::Ttft, Self::Total];

    /// Its word on screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Speed => "speed",
            Self::Ttft => "TTFT",
            Self::Total => "total",
        }
    }

    /// The figure after it.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Speed => Self::Ttft,
            Self::Ttft => Self::Total,
            Self::Total => Self::Speed,
        }
    }
}

/// The order in which panes were ranked last, by their letters: who is not clearly better does not move.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranked {
    /// The figure.
    pub by: SidebarRank,
    /// The panes, best first.
    pub letters: Vec<char>,
}

/// Why a sidebar cannot be shown beside the panes, whatever is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSidebar {
    /// The screen has fewer columns than this.
    Columns(u16),
    /// The screen has fewer rows than this.
    Rows(u16),
    /// The panes could not be read side by side any more.
    Panes,
}

/// Where the sidebar was drawn, and how it can be scrolled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SidebarFrame {
    /// Its place beside the panes, if it stands there.
    pub area: Option<Rect>,
    /// Its pages, also where it lies over the panes.
    pub pages: SidebarPages,
}

/// How many sections there is room for, by the section that the sidebar begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SidebarPages(Vec<usize>);

impl SidebarPages {
    /// From the room there is, first section to last.
    pub fn new(room: impl IntoIterator<Item = usize>) -> Self {
        Self(room.into_iter().collect())
    }

    /// The last section that the sidebar can begin with: everything after it is seen from there.
    pub fn end(&self) -> usize {
        self.before(self.0.len())
    }

    /// What the page begins with that follows the one of `top`.
    pub fn after(&self, top: usize) -> usize {
        let shown = self.0.get(top).copied().unwrap_or(0);
        top.saturating_add(shown.max(1)).min(self.end())
    }

    /// What the page begins with that reaches up to `top`.
    pub fn before(&self, top: usize) -> usize {
        let reaches = |(first, shown): (usize, &usize)| first + shown >= top;
        let first = self.0.iter().enumerate().position(reaches);
        first.unwrap_or(0).min(top.saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_leave_no_section_out_and_end_with_the_last_one() {
        let pages = SidebarPages::new([2, 1, 3, 2, 2, 1]);
        assert_eq!(pages.end(), 4);
        assert_eq!([0, 2, 4, 9].map(|top| pages.after(top)), [2, 4, 4, 4]);
        assert_eq!([0, 1, 2, 4].map(|top| pages.before(top)), [0, 0, 0, 2]);
        let all = SidebarPages::new([2, 1]);
        assert_eq!((all.end(), all.after(0)), (0, 0));
        assert_eq!(SidebarPages::default().end(), 0);
        assert_eq!(SidebarPages::default().after(3), 0);
    }
}
