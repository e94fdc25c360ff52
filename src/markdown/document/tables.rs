//! Tables that settle in parts: all of them have the columns that the whole table asks for.
//!
//! A part is rendered with what those before it asked for; this room tells those before what came after. What a table
//! asks for is `layout`'s.

use std::sync::Arc;

use super::Document;
use crate::markdown::block::{Block, Body, Column, Line, Table};

impl Document {
    /// Lets the tables that were settled before `new` have the columns that what came after asks for.
    pub(super) fn follow_columns(&mut self, new: usize) {
        if self.agree_on_columns(new).is_some_and(|first| first < new) {
            self.generation += 1;
        }
    }

    /// Gives all parts of each table the columns of its last part, the widest. Only the blocks from the one at `new` on
    /// have changed since it was called last. Answers which is the first of the blocks that changed.
    pub(super) fn agree_on_columns(&mut self, new: usize) -> Option<usize> {
        let mut wanted: Option<Arc<[Column]>> = None;
        let mut first = None;
        for (index, block) in self.blocks.iter_mut().enumerate().rev() {
            if let Some(columns) = wanted.take()
                && let Some(table) = block.lines.last_mut().and_then(table_of_mut)
            {
                if table.columns != columns {
                    table.columns = columns;
                    first = Some(index);
                } else if index < new {
                    break;
                }
            } else if index < new {
                break;
            }
            wanted = continued(block).map(|table| Arc::clone(&table.columns));
        }
        first
    }

    /// Whether a block goes on with the table of the one before it.
    pub(super) fn goes_on_with_table(&self, index: usize) -> bool {
        self.blocks
            .get(index)
            .is_some_and(|block| continued(block).is_some())
    }

    /// Lets a table at the end of `lines`, which are to replace those of a block, ask for no less than it did.
    pub(super) fn keep_columns(&self, index: usize, lines: &mut [Line]) {
        let block = self.blocks.get(index);
        let before = block.and_then(|block| table_of(block.lines.last()?));
        if let (Some(before), Some(table)) = (before, lines.last_mut().and_then(table_of_mut)) {
            let columns = table.columns.iter().zip(&*before.columns);
            table.columns = columns.map(|(now, before)| now.widest(*before)).collect();
        }
    }
}

/// The table with which a block goes on.
fn continued(block: &Block) -> Option<&Table> {
    let table = block.lines.first().and_then(table_of)?;
    table.begun.is_some().then_some(table)
}

fn table_of(line: &Line) -> Option<&Table> {
    match &line.body {
        Body::Table(table) => Some(table),
        _ => None,
    }
}

fn table_of_mut(line: &mut Line) -> Option<&mut Table> {
    match &mut line.body {
        Body::Table(table) => Some(table),
        _ => None,
    }
}
