//! Rows of a part of a transcript, ready to draw. Where they come from is `cache`'s business.

use std::{num::NonZeroU16, rc::Rc};

use ratatui::text::Line;

use crate::markdown::Row;

/// Rows of a part, ready to draw.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    /// An empty row comes first.
    space: bool,
    markdown: Rc<Vec<Row>>,
    links: Rc<[Box<str>]>,
    lines: Rc<Vec<Line<'static>>>,
}

/// One row of a part.
pub(super) enum RowRef<'a> {
    /// The empty row before a block.
    Space,
    /// A row of Markdown.
    Row(&'a Row),
    /// A line of ours.
    Line(&'a Line<'static>),
}

impl Rows {
    /// Rows of Markdown, after an empty one if there is to be `space`.
    pub(super) fn markdown(rows: Vec<Row>, space: bool) -> Self {
        Self {
            space,
            markdown: Rc::new(rows),
            ..Self::default()
        }
    }

    /// The same rows, whose links lead there.
    pub(super) fn with_links(self, links: Rc<[Box<str>]>) -> Self {
        Self { links, ..self }
    }

    /// Where a link of a row leads.
    pub(super) fn target(&self, link: NonZeroU16) -> Option<&str> {
        let target = self.links.get(usize::from(link.get()) - 1)?;
        Some(&**target)
    }

    /// Lines of ours.
    pub(super) fn lines(lines: Vec<Line<'static>>) -> Self {
        Self {
            lines: Rc::new(lines),
            ..Self::default()
        }
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        usize::from(self.space) + self.markdown.len() + self.lines.len()
    }

    /// Where in the source a row begins, and how many rows below the first that begins there it is.
    pub(super) fn place_of(&self, row: usize) -> (usize, i32) {
        let Some(index) = row.checked_sub(usize::from(self.space)) else {
            return (self.markdown.first().map_or(0, |row| row.start), -1);
        };
        let Some(at) = self.markdown.get(index) else {
            return (0, i32::try_from(row).unwrap_or(i32::MAX));
        };
        let first = self.markdown.partition_point(|row| row.start < at.start);
        (at.start, i32::try_from(index - first).unwrap_or(i32::MAX))
    }

    /// The first of the rows that begin where the one does in which a place of the source is.
    pub(super) fn row_at(&self, byte: usize) -> usize {
        let after = self.markdown.partition_point(|row| row.start <= byte);
        let Some(row) = after.checked_sub(1).and_then(|row| self.markdown.get(row)) else {
            return if self.markdown.is_empty() {
                0
            } else {
                usize::from(self.space)
            };
        };
        let first = self
            .markdown
            .partition_point(|other| other.start < row.start);
        first + usize::from(self.space)
    }

    /// The row at `index`.
    pub(super) fn get(&self, index: usize) -> Option<RowRef<'_>> {
        let Some(index) = index.checked_sub(usize::from(self.space)) else {
            return Some(RowRef::Space);
        };
        match self.markdown.get(index) {
            Some(row) => Some(RowRef::Row(row)),
            None => self
                .lines
                .get(index - self.markdown.len())
                .map(RowRef::Line),
        }
    }
}
