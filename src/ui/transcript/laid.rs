//! What was laid out of one text: the rows of blocks near the reader and the heights of all that were passed.
//!
//! Panes of different widths may show the same text; each finds its own layout again.

use std::{collections::BTreeMap, rc::Rc};

use super::{code::CodeRun, rows::Rows};
use crate::markdown::LayoutOptions;

/// Blocks whose rows are kept; a screen shows far fewer.
const KEPT_BLOCKS: usize = 512;
/// Layouts of a text that are kept beside the one at hand: one for each way in which panes show it.
const OTHERS: usize = 3;

/// How a text is to be laid out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) width: u16,
    /// As it was written.
    pub(super) raw: bool,
    pub(super) options: LayoutOptions,
    /// Its first block stands apart from what comes before it.
    pub(super) first_space: bool,
}

/// The layouts of a text that were wanted last.
#[derive(Debug, Default)]
pub(super) struct Layouts {
    at_hand: Laid,
    /// The newest first.
    others: Vec<Laid>,
}

impl Layouts {
    /// What was laid out in a shape of the text as it is in this `generation`.
    pub(super) fn of(&mut self, shape: Shape, generation: u64) -> &mut Laid {
        if !self.at_hand.is_in(shape) {
            let place = self.others.iter().position(|laid| laid.is_in(shape));
            let wanted = place.map_or_else(Laid::default, |place| self.others.remove(place));
            let before = std::mem::replace(&mut self.at_hand, wanted);
            self.others.insert(0, before);
            self.others.truncate(OTHERS);
        }
        if !self.at_hand.is_in(shape) || self.at_hand.generation != generation {
            self.at_hand = Laid {
                width: shape.width,
                options: shape.options,
                generation,
                ..Laid::default()
            };
        }
        &mut self.at_hand
    }

    /// The code of a block as it was last laid out.
    pub(super) fn code(&self, block: usize) -> Option<&Rc<[CodeRun]>> {
        Some(&self.at_hand.rows.get(&block)?.code)
    }

    /// Forgets the blocks from one on, which may be others now.
    pub(super) fn forget_from(&mut self, block: usize) {
        for laid in std::iter::once(&mut self.at_hand).chain(&mut self.others) {
            laid.heights.split_off(&block);
            laid.rows.split_off(&block);
        }
    }
}

/// Rows and heights of one layout.
#[derive(Debug, Default)]
pub(super) struct Laid {
    width: u16,
    options: LayoutOptions,
    generation: u64,
    heights: BTreeMap<usize, usize>,
    rows: BTreeMap<usize, Kept>,
}

/// A block as it was laid out.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) rows: Rows,
    /// Its code.
    pub(super) code: Rc<[CodeRun]>,
    /// Which colours that had.
    pub(super) colours: u64,
}

impl Laid {
    fn is_in(&self, shape: Shape) -> bool {
        self.width == shape.width && self.options == shape.options
    }

    /// The height of a block, if it was ever laid out.
    pub(super) fn height(&self, block: usize) -> Option<usize> {
        self.heights.get(&block).copied()
    }

    /// A block, if its rows are kept.
    pub(super) fn rows(&self, block: usize) -> Option<&Kept> {
        self.rows.get(&block)
    }

    /// Keeps a block. Whatever is furthest from it goes first.
    pub(super) fn keep(&mut self, block: usize, kept: Kept) {
        self.heights.insert(block, kept.rows.len());
        self.rows.insert(block, kept);
        while self.rows.len() > KEPT_BLOCKS {
            let first = self.rows.first_key_value().map_or(0, |(&k, _)| k);
            let last = self.rows.last_key_value().map_or(0, |(&k, _)| k);
            if block - first.min(block) > last.saturating_sub(block) {
                self.rows.pop_first();
            } else {
                self.rows.pop_last();
            }
        }
    }
}
