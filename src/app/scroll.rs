//! Where a reader stands in a pane: at the tail, or at a place in the text that growth and resizing do not move.
//!
//! `update` only says how far to go; the view, which knows heights, answers with the place that is then at the top.

use crate::chat::ReadingPosition;

/// Where a pane's transcript is shown from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scroll {
    /// The last row is at the bottom, whatever arrives.
    #[default]
    Follow,
    /// `at` is at the top, moved by `rows` that the view has not resolved yet (negative is up).
    At {
        /// The place that was at the top when the view last drew.
        at: ReadingPosition,
        /// Rows to move from there.
        rows: i32,
    },
    /// The first row of the conversation is at the top, moved down by `rows`.
    Top {
        /// Rows to move down from there.
        rows: i32,
    },
    /// Rows above the tail, until the view turns it into a place.
    Back {
        /// Rows up from the tail.
        rows: i32,
    },
    /// `at` is visible, until the view says how: where it is already with `top` at the top nothing moves, else a third
    /// of the pane stands above it.
    Show {
        /// The place to be seen.
        at: ReadingPosition,
        /// What was at the top; without it, the tail is shown.
        top: Option<ReadingPosition>,
    },
}

impl Scroll {
    /// Moves by `rows`; negative is up. Going down while following changes nothing.
    pub fn by(self, rows: i32) -> Self {
        match self {
            Self::Follow if rows >= 0 => Self::Follow,
            Self::Follow => Self::Back { rows: -rows },
            Self::At { at, rows: before } => Self::At {
                at,
                rows: before.saturating_add(rows),
            },
            Self::Show { at, .. } => Self::At { at, rows },
            Self::Top { rows: before } => Self::Top {
                rows: before.saturating_add(rows).max(0),
            },
            Self::Back { rows: before } => match before.saturating_sub(rows) {
                up if up > 0 => Self::Back { rows: up },
                _ => Self::Follow,
            },
        }
    }

    /// True when the tail is shown and stays shown.
    pub fn is_following(self) -> bool {
        self == Self::Follow
    }

    /// What it is after it was drawn with `top` at the top. A place stays what it is until the reader moves, so that
    /// text that is laid out anew and back again comes back to it; who moves to the tail follows.
    pub fn resolved(self, top: ReadingPosition, at_tail: bool) -> Self {
        match self {
            Self::Follow | Self::At { rows: 0, .. } => self,
            Self::Show { .. } => Self::At { at: top, rows: 0 },
            _ if at_tail => Self::Follow,
            _ => Self::At { at: top, rows: 0 },
        }
    }

    /// The place to restore later; `None` follows.
    pub fn position(self) -> Option<ReadingPosition> {
        match self {
            Self::At { at, .. } | Self::Show { at, .. } => Some(at),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn following_yields_to_the_reader_and_comes_back() {
        let up = Scroll::Follow.by(-3);
        assert_eq!(up, Scroll::Back { rows: 3 });
        assert_eq!(up.by(-2), Scroll::Back { rows: 5 });
        assert_eq!(up.by(3), Scroll::Follow);
        assert_eq!(Scroll::Follow.by(10), Scroll::Follow);
    }
}
