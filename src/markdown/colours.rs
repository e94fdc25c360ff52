//! The roles of lines of code, as far as they are known: who highlights fills them in, layout reads them.
//!
//! A line without roles is shown plain. Roles belong to a code block, which is known by where it begins.

use std::collections::BTreeMap;

use super::block::{CodeLine, Piece, Role, Styled};
use super::highlight::{LineRoles, RoleRun};

/// Roles of the code of one document.
#[derive(Clone, Debug, Default)]
pub struct Colours {
    blocks: BTreeMap<usize, Vec<LineRoles>>,
}

impl Colours {
    /// Takes the roles of a code block's lines from `first` on; lines between the known ones and `first` are left out
    /// of nothing: whoever highlights goes on where they end.
    pub fn extend(
        &mut self,
        block: usize,
        first: usize,
        lines: impl IntoIterator<Item = LineRoles>,
    ) {
        let known = self.blocks.entry(block).or_default();
        known.truncate(first);
        if known.len() == first {
            known.extend(lines);
        }
    }

    /// How many lines of a code block have roles.
    pub fn known(&self, block: usize) -> usize {
        self.blocks.get(&block).map_or(0, Vec::len)
    }

    /// The roles of a line; none if they are not known.
    pub fn of(&self, line: CodeLine) -> Option<&[RoleRun]> {
        let lines = self.blocks.get(&line.block)?;
        lines.get(line.number).map(|roles| &**roles)
    }

    /// The text of a line in its roles, or as it is.
    pub(super) fn paint(&self, text: &Styled, line: CodeLine) -> Option<Styled> {
        let roles = self.of(line)?;
        let mut painted = Styled::default();
        let mut brush = Brush {
            roles: roles.iter(),
            current: None,
            end: line.from,
        };
        for piece in text.pieces() {
            brush.paint(piece, &mut painted);
        }
        Some(painted)
    }
}

/// Goes along a line and its roles.
struct Brush<'a> {
    roles: std::slice::Iter<'a, RoleRun>,
    current: Option<RoleRun>,
    /// Where the current role ends in the source.
    end: usize,
}

impl Brush<'_> {
    fn paint(&mut self, piece: Piece<'_>, out: &mut Styled) {
        let (mut rest, mut from) = (piece.text, piece.from);
        while let Some(at) = from.filter(|_| !rest.is_empty()) {
            while self.end <= at {
                self.current = self.roles.next().copied();
                match self.current {
                    Some(run) => self.end += run.len as usize,
                    // Text that came after the line was highlighted.
                    None => return out.push(rest, piece.style, from),
                }
            }
            let len = (self.end - at).min(rest.len());
            let (part, after) = rest.split_at(rest.floor_char_boundary(len).max(1).min(rest.len()));
            let role = self
                .current
                .map_or(piece.style.role, |run| Role::Code(run.role));
            let style = super::Style {
                role,
                ..piece.style
            };
            out.push(part, style, from);
            (rest, from) = (after, Some(at + part.len()));
        }
        out.push(rest, piece.style, from);
    }
}
