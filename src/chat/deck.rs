//! A deck: an arrangement of panes with a name, to begin a session with.
//!
//! Its file is read and written by `config`; what is wrong with its variants is found by `app`.

use super::{PaneLayout, Tiling, Variant};

/// A named arrangement.
#[derive(Clone, Debug, PartialEq)]
pub struct Deck {
    /// Its name, which is also that of its file.
    pub name: String,
    /// What it is for, in a sentence; may be empty.
    pub about: String,
    /// How its panes tile.
    pub tiling: Tiling,
    /// The composer sends to all unmuted panes.
    pub broadcast: bool,
    /// Its panes, first to last.
    pub panes: Vec<DeckPane>,
}

impl Deck {
    /// True if every pane asks a profile that exists.
    pub fn is_complete(&self, exists: impl Fn(&str) -> bool) -> bool {
        self.panes.iter().all(|p| exists(&p.variant.profile))
    }
}

/// One pane of a deck.
#[derive(Clone, Debug, PartialEq)]
pub struct DeckPane {
    /// What it asks with. Its profile need not exist.
    pub variant: Variant,
    /// Its share of the screen beside the others.
    pub weight: u16,
    /// Broadcasts pass it by.
    pub muted: bool,
}

impl DeckPane {
    /// A pane that nobody resized or muted.
    pub fn new(variant: Variant) -> Self {
        Self {
            variant,
            weight: PaneLayout::WEIGHT,
            muted: false,
        }
    }
}
