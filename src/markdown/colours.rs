//! The roles of lines of code, as far as they are known: who highlights fills them in, layout reads them.
//!
//! A line without roles is shown plain. Roles belong to a code block, which is known by where it begins.

use std::collections::BTreeMap;
use std::ops::Range;

use super::block::{CodeLine, Piece, Role, Styled};
use super::highlight::{LineRoles, RoleRun};

/// Roles of the code of one document.
#[derive(Clone, Debug, Default)]
pub struct Colours {
    /// By the code block they belong to and their number in there.
    chunks: BTreeMap<(usize, usize), Chunk>,
    /// How often something changed.
    changes: u64,
    /// When somebody last looked.
    now: u64,
}

/// Roles of some lines of a code block, from the first on.
#[derive(Clone, Debug, Default)]
struct Chunk {
    lines: Vec<LineRoles>,
    /// The last change.
    changed: u64,
    /// When somebody last looked near it.
    near: u64,
}

/// Lines that are kept and forgotten together.
const CHUNK: usize = Colours::CHUNK;

impl Colours {
    /// Lines that are kept and forgotten together: roles have to come from a multiple of it on.
    pub const CHUNK: usize = 64;

    /// Takes the roles of a code block's lines from `first` on. Lines whose chunk is not known up to them are left out.
    pub fn put(&mut self, block: usize, first: usize, lines: impl IntoIterator<Item = LineRoles>) {
        for (number, roles) in (first..).zip(lines) {
            let chunk = self.chunks.entry((block, number / CHUNK)).or_default();
            chunk.near = self.now;
            let place = number % CHUNK;
            let is_next = chunk.lines.len() == place;
            match chunk.lines.get_mut(place) {
                Some(known) if *known == roles => continue,
                Some(known) => *known = roles,
                None if is_next => chunk.lines.push(roles),
                None => continue,
            }
            self.changes += 1;
            chunk.changed = self.changes;
        }
    }

    /// The lines from the first in `range` without roles to the end of its chunk or of the range, beginning where a
    /// chunk does; none if all have roles.
    pub fn missing(&self, block: usize, range: Range<usize>) -> Option<Range<usize>> {
        chunks(&range).find_map(|number| {
            let begin = number * CHUNK;
            let end = range.end.min(begin + CHUNK);
            let known = self.chunks.get(&(block, number));
            (known.map_or(0, |chunk| chunk.lines.len()) < end - begin).then_some(begin..end)
        })
    }

    /// A number that is another one after the roles of these lines changed.
    pub fn changed(&self, block: usize, range: Range<usize>) -> u64 {
        let known = chunks(&range).filter_map(|number| self.chunks.get(&(block, number)));
        known.map(|chunk| chunk.changed).max().unwrap_or_default()
    }

    /// Notes that at `now` somebody looks near these lines.
    pub fn look(&mut self, block: usize, range: Range<usize>, now: u64) {
        self.now = now;
        for number in chunks(&range) {
            if let Some(chunk) = self.chunks.get_mut(&(block, number)) {
                chunk.near = now;
            }
        }
    }

    /// When somebody last looked, each with the number of lines that were looked at last then.
    pub fn looks(&self) -> impl Iterator<Item = (u64, usize)> {
        let chunks = self.chunks.values();
        chunks.map(|chunk| (chunk.near, chunk.lines.len()))
    }

    /// Forgets what was looked at before `then` and not again.
    pub fn forget_before(&mut self, then: u64) {
        self.chunks.retain(|_, chunk| chunk.near >= then);
    }

    /// The roles of a line; none if they are not known.
    pub fn of(&self, line: CodeLine) -> Option<&[RoleRun]> {
        let chunk = self.chunks.get(&(line.block, line.number / CHUNK))?;
        let roles = chunk.lines.get(line.number % CHUNK);
        roles.map(|roles| &**roles)
    }

    /// The text of a line in its roles, or as it is.
    pub(super) fn paint(&self, text: &Styled, line: CodeLine) -> Option<Styled> {
        let roles = self.of(line)?;
        let mut painted = Styled::default();
        let mut brush = Brush {
            roles: roles.iter(),
            current: None,
            end: line.from - line.begun.min(line.from),
        };
        for piece in text.pieces() {
            brush.paint(piece, &mut painted);
        }
        Some(painted)
    }
}

/// The numbers of the chunks in which these lines are.
fn chunks(range: &Range<usize>) -> Range<usize> {
    if range.is_empty() {
        return 0..0;
    }
    range.start / CHUNK..range.end.div_ceil(CHUNK)
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
            let (part, after) = rest.split_at(rest.ceil_char_boundary(len));
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

#[cfg(test)]
mod tests {
    use super::super::block::CodeRole;
    use super::*;

    /// Roles of another line, as those of a text that was read from a wrong place may be.
    #[test]
    fn a_role_that_ends_inside_a_character_has_all_of_it() {
        let mut text = Styled::default();
        text.push("éa", Role::Code(CodeRole::Plain).into(), Some(0));
        let line = CodeLine {
            len: 3,
            ..CodeLine::default()
        };
        let run = |role| RoleRun { len: 1, role };
        let roles = [CodeRole::Keyword, CodeRole::String, CodeRole::Number].map(run);
        let mut colours = Colours::default();
        colours.put(0, 0, [LineRoles::from(roles)]);
        let painted = colours.paint(&text, line).expect("roles");
        let pieces = painted.pieces().map(|piece| (piece.text, piece.style.role));
        let expected = [
            ("é", Role::Code(CodeRole::Keyword)),
            ("a", Role::Code(CodeRole::Number)),
        ];
        assert_eq!(pieces.collect::<Vec<_>>(), expected);
    }
}
