//! Rows of a part of a transcript, ready to draw. Where they come from is `cache`'s business.

use std::{num::NonZeroU16, ops::Range, rc::Rc};

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
    /// It is text that was not read.
    unread: Option<Unread>,
}

/// Text that was not read: blank, about as high as it will be.
#[derive(Clone, Copy, Debug)]
struct Unread {
    /// Where in the source it begins.
    start: usize,
    rows: usize,
    /// Bytes for which a row stands.
    bytes: usize,
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

    /// Rows that stand for text that was not read.
    pub(super) fn unread(source: Range<usize>, width: u16) -> Self {
        // A row is half full, as a rule.
        let bytes = usize::from(width / 2).max(1);
        Self {
            unread: Some(Unread {
                start: source.start,
                rows: source.len().div_ceil(bytes),
                bytes,
            }),
            ..Self::default()
        }
    }

    /// Whether they were laid out at the same time.
    #[cfg(test)]
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.markdown, &other.markdown)
    }

    /// Whether they stand for text that was not read.
    pub(super) fn is_unread(&self) -> bool {
        self.unread.is_some()
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        let unread = self.unread.map_or(0, |unread| unread.rows);
        usize::from(self.space) + self.markdown.len() + self.lines.len() + unread
    }

    /// Where in the source a row begins, and how many rows below the first that begins there it is.
    pub(super) fn place_of(&self, row: usize) -> (usize, i32) {
        if let Some(unread) = self.unread {
            return (unread.start + row * unread.bytes, 0);
        }
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
        if let Some(unread) = self.unread {
            return byte.saturating_sub(unread.start) / unread.bytes;
        }
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
        if let Some(unread) = self.unread {
            return (index < unread.rows).then_some(RowRef::Space);
        }
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
