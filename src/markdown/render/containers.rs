//! The items, quotes and footnotes around a line: what stands left of it, and where an empty row belongs.

use crate::markdown::block::{Prefix, Styled};

/// The open containers, outermost first.
pub(super) struct Containers {
    /// The first is the block itself and has no prefix.
    open: Vec<Container>,
}

#[derive(Default)]
struct Container {
    prefix: Prefix,
    is_item: bool,
    /// The prefix of the first row is used up.
    is_begun: bool,
    has_block: bool,
}

impl Default for Containers {
    fn default() -> Self {
        Self {
            open: vec![Container::default()],
        }
    }
}

impl Containers {
    /// Enters a quote or a footnote.
    pub(super) fn enter(&mut self, first: Styled, rest: Styled) {
        self.open.push(Container {
            prefix: Prefix { first, rest },
            ..Container::default()
        });
    }

    /// Enters an item of a list.
    pub(super) fn enter_item(&mut self, first: Styled, rest: Styled) {
        self.open.push(Container {
            prefix: Prefix { first, rest },
            is_item: true,
            ..Container::default()
        });
    }

    /// Gives the item another mark than its bullet. Answers whether there is an item that has not begun.
    pub(super) fn mark(&mut self, first: Styled) -> bool {
        match self.open.last_mut() {
            Some(item) if item.is_item && !item.is_begun => {
                item.prefix.first = first;
                true
            }
            _ => false,
        }
    }

    /// Whether nothing stands in the innermost container yet.
    pub(super) fn is_untouched(&self) -> bool {
        self.open
            .last()
            .is_some_and(|container| !container.is_begun)
    }

    /// Leaves the innermost container.
    pub(super) fn leave(&mut self) {
        if self.open.len() > 1 {
            self.open.pop();
        }
    }

    /// Notes that a block begins. Answers whether an empty row belongs before it: a list in an item stays close to
    /// the text above it.
    pub(super) fn begin_block(&mut self, is_list: bool) -> bool {
        self.open.last_mut().is_some_and(|container| {
            let had_block = std::mem::replace(&mut container.has_block, true);
            had_block && !(is_list && container.is_item)
        })
    }

    /// What stands left of the next line.
    pub(super) fn prefix(&mut self) -> Option<Box<Prefix>> {
        if self.open.len() == 1 {
            return None;
        }
        let mut whole = Prefix::default();
        for container in &mut self.open {
            let is_begun = std::mem::replace(&mut container.is_begun, true);
            let Prefix { first, rest } = &container.prefix;
            whole.first.append(if is_begun { rest } else { first });
            whole.rest.append(rest);
        }
        Some(Box::new(whole))
    }
}
