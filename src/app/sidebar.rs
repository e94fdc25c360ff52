//! What the sidebar is asked to show: one pane, all of them ranked by one figure, or the program
//! itself, and why there may be no room.
//!
//! The figures are `metrics`', ranking and drawing are the view's.

/// Which of its views the sidebar shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
