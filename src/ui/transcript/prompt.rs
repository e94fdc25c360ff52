//! One prompt: its text made safe once, in pieces that are laid out when somebody looks at them.
//!
//! Which pieces are on screen is `walk`'s business.

use super::{
    laid::{Kept, Layouts, Shape},
    pieces::Pieces,
    rows::Rows,
};
use crate::{
    markdown::{self, Role},
    text::SafeText,
};

/// A prompt.
#[derive(Debug)]
pub(super) struct Prompt {
    text: SafeText,
    pieces: Pieces,
    laid: Layouts,
}

impl Prompt {
    pub(super) fn new(raw: &str) -> Self {
        let text = SafeText::new(raw);
        let mut pieces = Pieces::default();
        // Line breaks at the end show nothing.
        pieces.grow(text.as_str().trim_end_matches('\n'));
        Self {
            text,
            pieces,
            laid: Layouts::default(),
        }
    }

    /// The text made safe: what places are counted in.
    pub(super) fn source(&self) -> &str {
        self.text.as_str()
    }

    pub(super) fn piece_count(&self) -> usize {
        self.pieces.len()
    }

    /// The piece in which a place of the text is.
    pub(super) fn piece_at(&self, byte: usize) -> usize {
        self.pieces.up_to(byte).saturating_sub(1)
    }

    /// The height of a piece that was laid out before.
    pub(super) fn known_height(&mut self, piece: usize, shape: Shape) -> Option<usize> {
        self.laid.of(shape, 0).height(piece)
    }

    /// The rows of a piece.
    pub(super) fn rows(&mut self, piece: usize, shape: Shape) -> Rows {
        if let Some(kept) = self.laid.of(shape, 0).rows(piece) {
            return kept.rows.clone();
        }
        let range = self.pieces.range(piece);
        let start = range.start;
        let text = self.source().get(range).unwrap_or_default();
        let text = text.strip_suffix('\n').unwrap_or(text);
        let rows = markdown::layout_text(text, start, Role::Text, shape.width, &shape.options);
        let rows = Rows::markdown(rows, piece == 0 && shape.first_space);
        let kept = Kept {
            rows: rows.clone(),
            ..Kept::default()
        };
        self.laid.of(shape, 0).keep(piece, kept);
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{markdown::LayoutOptions, ui::transcript::rows::RowRef};

    const SHAPE: Shape = Shape {
        width: 40,
        raw: true,
        options: LayoutOptions {
            measure: 100,
            long_lines: crate::markdown::LongLines::Wrap,
            line_numbers: false,
        },
        first_space: false,
    };

    fn shown(prompt: &mut Prompt) -> Vec<String> {
        let mut shown = Vec::new();
        for piece in 0..prompt.piece_count() {
            let rows = prompt.rows(piece, SHAPE);
            for row in 0..rows.len() {
                if let Some(RowRef::Row(row)) = rows.get(row) {
                    shown.push(row.text());
                }
            }
        }
        shown
    }

    #[test]
    fn lines_in_pieces_are_shown_as_those_of_one() {
        let lines: Vec<_> = (0..1_000)
            .map(|n| {
                if n % 7 == 0 {
                    String::new()
                } else {
                    format!("  line {n}")
                }
            })
            .collect();
        let mut prompt = Prompt::new(&(lines.join("\r\n") + "\n\n\n"));
        assert!(prompt.piece_count() > 10);
        assert_eq!(shown(&mut prompt), lines);
    }

    #[test]
    fn a_piece_of_what_has_no_end_is_small() {
        for endless in [
            "word ".repeat(100_000),
            "字".repeat(200_000),
            "👩‍👩‍👧 ".repeat(20_000),
        ] {
            let mut prompt = Prompt::new(&endless);
            let pieces = 0..prompt.piece_count();
            let longest = pieces.map(|piece| prompt.pieces.range(piece).len()).max();
            assert!(longest < Some(64 * 1024), "{longest:?}");
            assert_eq!(
                shown(&mut prompt).concat().replace(' ', ""),
                endless.replace(' ', "")
            );
        }
    }

    #[test]
    fn a_place_is_in_its_piece() {
        let mut prompt = Prompt::new(&"a line of text\n".repeat(500));
        for byte in [0, 14, 15, 3_000, 7_498] {
            let piece = prompt.piece_at(byte);
            assert!(prompt.pieces.range(piece).contains(&byte));
            let rows = prompt.rows(piece, SHAPE);
            let (start, _) = rows.place_of(rows.row_at(byte));
            assert_eq!(start, byte / 15 * 15);
        }
    }
}
