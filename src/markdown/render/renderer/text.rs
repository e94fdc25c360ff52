//! What stands in the lines: words, marks, links, formulas, and where each of them is in the source.
//!
//! Which line they belong to is decided by the blocks.

use std::borrow::Cow;

use pulldown_cmark::{CowStr, LinkType};

use super::Renderer;
use crate::markdown::block::{BlockKind, Body, Role, Styled};
use crate::markdown::render::inline::{Inline, Placed, safe};
use crate::markdown::render::marks::{self, Kind};

impl<'a> Renderer<'a> {
    /// Adds text of the parser, with its place if it is a part of the source.
    pub(super) fn placed(&mut self, text: &CowStr<'_>, add: impl FnOnce(&mut Inline, Placed<'_>)) {
        let from = self.place(text);
        let text = self.unveiled(text);
        let placed = Placed { text: &text, from };
        self.text(|inline| add(inline, placed));
    }

    /// Adds text that may hold marks which the parser does not know of.
    pub(super) fn prose(&mut self, text: &CowStr<'_>) {
        let Some(from) = self.place(text).filter(|_| !self.marks.is_empty()) else {
            return self.placed(text, Inline::text);
        };
        let source = self.source;
        let from = self.in_text(from);
        for (range, kind) in marks::cut(&self.marks, from..from + text.len()) {
            let placed = Placed {
                text: source.get(range.clone()).unwrap_or_default(),
                from: Some(self.context.offset + range.start - self.skip),
            };
            self.text(|inline| match kind {
                None => inline.text(placed),
                Some(Kind::Math { .. }) => inline.role(placed, Role::Math),
                Some(Kind::Footnote) => inline.role(placed, Role::Footnote),
                Some(Kind::Caret) => {}
            });
        }
    }

    /// Whether a line break of the source is kept: where all are, in a display and beside it, and before what defines a
    /// term.
    pub(super) fn breaks_here(&self) -> bool {
        if self.context.keeps_lines {
            return true;
        }
        let at = self.in_text(self.at);
        let before = self.source.get(..at).unwrap_or_default();
        let after = self.source.get(at..).unwrap_or_default();
        let next = after.trim_start_matches(|c: char| c == '>' || c.is_whitespace());
        let ends = before.trim_end_matches([' ', '\t']).len();
        marks::at(&self.marks, at) == Some(Kind::Math { is_display: true })
            || marks::display_beside(&self.marks, ends, self.source.len() - next.len())
            || after.trim_start().starts_with(": ")
    }

    pub(super) fn role(&mut self, text: &CowStr<'_>, role: Role) {
        self.placed(text, |inline, text| inline.role(text, role));
    }

    /// Text of the parser as it stands in the source.
    pub(super) fn unveiled<'t>(&self, text: &'t CowStr<'_>) -> Cow<'t, str>
    where
        'a: 't,
    {
        let place = self.place(text).map(|place| self.in_text(place));
        match place.and_then(|at| self.source.get(at..at + text.len())) {
            Some(source) => Cow::Borrowed(source),
            None => safe(text),
        }
    }

    /// Where in the text a place of the document is.
    pub(super) fn in_text(&self, place: usize) -> usize {
        place - self.context.offset + self.skip
    }

    /// Where text of the parser stands in the document; `None` if it was decoded.
    pub(super) fn place(&self, text: &CowStr<'_>) -> Option<usize> {
        let CowStr::Borrowed(part) = text else {
            return None;
        };
        let at = part
            .as_ptr()
            .addr()
            .checked_sub(self.veiled.as_ptr().addr())?;
        let is_inside = at >= self.skip && at + part.len() <= self.veiled.len();
        is_inside.then(|| self.context.offset + at - self.skip)
    }

    pub(super) fn task(&mut self, is_done: bool) {
        let (mark, role) = if is_done {
            ("☑ ", Role::TaskDone)
        } else {
            ("☐ ", Role::TaskOpen)
        };
        let is_numbered = matches!(self.lists.last(), Some(Some(_)));
        if is_numbered || !self.containers.mark(Styled::new(mark, role.into())) {
            self.text(|inline| inline.role(Placed::ours(mark), role));
        }
    }

    /// Adds to the text of the paragraph; a tight item has no paragraph around its text.
    pub(super) fn text(&mut self, add: impl FnOnce(&mut Inline)) {
        if !self.is_in_text && self.table.is_none() {
            self.begin_text(BlockKind::Paragraph);
        }
        add(&mut self.inline);
    }

    pub(super) fn break_line(&mut self) {
        if self.table.is_some() {
            self.inline.break_line();
        } else {
            let line = self.inline.take();
            self.emit(line, Body::Prose);
        }
    }

    pub(super) fn start_link(&mut self, kind: LinkType, target: &CowStr<'_>) {
        let mut target = self.unveiled(target);
        if kind == LinkType::Email {
            target = format!("mailto:{target}").into();
        }
        self.text(|inline| inline.start_link(&target, Role::Link));
    }

    pub(super) fn start_image(&mut self, target: &CowStr<'_>) {
        let target = self.unveiled(target);
        self.text(|inline| {
            inline.role(Placed::ours("image: "), Role::Dim);
            inline.start_link(&target, Role::Image);
        });
    }
}
