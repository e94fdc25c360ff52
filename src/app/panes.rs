//! Panes: a view of one conversation, asked with one variant, and where it was drawn last.
//!
//! How many columns and rows that makes is the view's business.

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use super::{Find, Scroll, SelectedRow, Settings};
use crate::chat::{AnswerId, ConversationId, PaneLayout, ReadingPosition, TurnId, Variant};

/// A view of one conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Pane {
    /// Its letter.
    pub letter: char,
    /// What it asks with.
    pub variant: Variant,
    /// The conversation it shows.
    pub conversation: ConversationId,
    /// Broadcasts pass it by.
    pub muted: bool,
    /// Its share of the screen.
    pub weight: u16,
    /// Where the reader stands.
    pub scroll: Scroll,
    /// Reasoning that the person folded or unfolded against the default.
    pub folds: BTreeMap<AnswerId, bool>,
    /// Answers are shown as source.
    pub raw: bool,
    /// Long lines are scrolled sideways, or wrap: the person's wish against the setting.
    pub scroll_lines: Option<bool>,
    /// Columns by which long lines are scrolled.
    pub pan: u16,
    /// Lines of code are numbered: the person's wish against the setting.
    pub line_numbers: Option<bool>,
    /// The last row of text that was seen while the tail was; what comes after it is new.
    pub seen: Option<ReadingPosition>,
    /// The code block that was jumped to, until the reader moves on.
    pub code: Option<ReadingPosition>,
    /// What is looked for.
    pub find: Option<Find>,
    /// The turn whose prompt is back in the composer; sending replaces it by a fork.
    pub editing: Option<TurnId>,
    /// Where it stood among the panes when it was closed.
    pub place: usize,
}

impl Pane {
    /// The share of a pane that nobody resized.
    pub const WEIGHT: u16 = PaneLayout::WEIGHT;
    /// More letters there are not, and nobody could tell them apart.
    pub const MOST: usize = PaneLayout::MOST;

    /// Letters of panes, in the order they are given.
    pub const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789@#";
    /// Stands for a letter where all are taken.
    pub const NO_LETTER: char = '?';

    /// A pane that follows the tail of a conversation.
    pub fn new(letter: char, variant: Variant, conversation: ConversationId) -> Self {
        Self {
            letter,
            variant,
            conversation,
            muted: false,
            weight: Self::WEIGHT,
            scroll: Scroll::Follow,
            folds: BTreeMap::new(),
            raw: false,
            scroll_lines: None,
            pan: 0,
            line_numbers: None,
            seen: None,
            code: None,
            find: None,
            editing: None,
            place: usize::MAX,
        }
    }

    /// A pane as it was stored.
    pub fn restore(layout: PaneLayout) -> Self {
        Self {
            muted: layout.muted,
            weight: layout.weight.clamp(1, PaneLayout::MAX_WEIGHT),
            scroll: layout
                .reading
                .map_or(Scroll::Follow, |at| Scroll::At { at, rows: 0 }),
            folds: layout.folds.into_iter().collect(),
            ..Self::new(layout.letter, layout.variant, layout.conversation)
        }
    }

    /// The pane as it is stored.
    pub fn layout(&self) -> PaneLayout {
        PaneLayout {
            letter: self.letter,
            variant: self.variant.clone(),
            conversation: self.conversation,
            muted: self.muted,
            weight: self.weight,
            folds: self
                .folds
                .iter()
                .map(|(&id, &folded)| (id, folded))
                .collect(),
            reading: self.scroll.position(),
        }
    }

    /// The first letter that no pane has.
    pub fn free_letter<'a>(panes: impl IntoIterator<Item = &'a Self>) -> char {
        let taken: Vec<char> = panes.into_iter().map(|p| p.letter).collect();
        Self::LETTERS
            .chars()
            .find(|letter| !taken.contains(letter))
            .unwrap_or(Self::NO_LETTER)
    }

    /// Puts the reader somewhere else, away from a code block that was jumped to.
    pub(super) fn go(&mut self, scroll: Scroll) {
        self.scroll = scroll;
        self.code = None;
    }

    /// Whether long lines of code and wide tables are scrolled sideways.
    pub fn scrolls_lines(&self, settings: &Settings) -> bool {
        self.scroll_lines.unwrap_or(settings.scroll_lines)
    }

    /// Whether lines of code are numbered.
    pub fn numbers_lines(&self, settings: &Settings) -> bool {
        self.line_numbers.unwrap_or(settings.line_numbers)
    }

    /// Whether the reasoning of an answer is folded: by the person's wish, else as soon as the answer itself starts.
    pub fn is_folded(&self, answer: AnswerId, has_content: bool) -> bool {
        self.folds.get(&answer).copied().unwrap_or(has_content)
    }
}

/// Where a pane was drawn and what of its transcript was visible.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PaneFrame {
    /// All of it.
    pub area: Rect,
    /// The rows of its transcript.
    pub transcript: Rect,
    /// The place at the top, when the transcript holds anything.
    pub top: Option<ReadingPosition>,
    /// The last row of the transcript was visible.
    pub at_tail: bool,
    /// Columns by which the longest visible line reaches beyond the pane.
    pub beyond: u16,
    /// Columns by which what is visible is scrolled sideways at most: what reaches less far stops at its own end.
    pub panned: u16,
    /// The last row of text, while it was visible.
    pub last: Option<ReadingPosition>,
    /// The rows of the screen with a line that folds reasoning, and whose it is.
    pub folds: Vec<(u16, AnswerId)>,
    /// The row under the line of a selection.
    pub cursor: Option<SelectedRow>,
}

/// Where a tab was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TabFrame {
    /// The index of its pane.
    pub pane: usize,
    /// All of it.
    pub area: Rect,
}

/// Where the list of a picker was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PickerFrame {
    /// One row for each item.
    pub list: Rect,
    /// The place among the matches of the first item shown.
    pub first: usize,
}
