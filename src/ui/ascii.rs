//! Draws with ASCII alone, for terminals that show nothing else: the last step of a frame.
//!
//! Every cell keeps its width; what is saved, copied and sent is not touched.

use ratatui::buffer::Buffer;

use crate::text;

/// Replaces every character of the picture that is not ASCII.
pub(crate) fn replace(buffer: &mut Buffer) {
    // Cells that a wide character covers besides its own.
    let mut covered = 0;
    for cell in &mut buffer.content {
        if covered > 0 {
            covered -= 1;
            cell.set_char('?');
        } else if !cell.symbol().is_ascii() {
            covered = text::width(cell.symbol()).saturating_sub(1);
            cell.set_char(stand_in(cell.symbol()));
        }
    }
}

/// A line of text with every character replaced that is not ASCII.
pub(crate) fn of_text(line: &str) -> String {
    text::graphemes(line)
        .map(|(grapheme, width)| {
            if grapheme.is_ascii() {
                grapheme.to_owned()
            } else {
                let rest = "?".repeat(width.saturating_sub(1));
                format!("{}{rest}", stand_in(grapheme))
            }
        })
        .collect()
}

/// What is drawn in place of a symbol.
#[expect(
    clippy::match_same_arms,
    reason = "what belongs together stands together"
)]
fn stand_in(symbol: &str) -> char {
    let mut chars = symbol.chars();
    let (Some(c), None) = (chars.next(), chars.next()) else {
        return '?';
    };
    match c {
        '─' | '━' | '═' | '╌' | '┄' | '┈' | '–' | '—' | '‐' | '‑' | '−' => {
            '-'
        }
        '│' | '┃' | '║' | '╎' | '┆' | '┊' | '▏' | '▎' | '▍' | '▕' | '¦' => '|',
        '┌'..='╋' | '╒'..='╬' | '╭'..='╰' => '+',
        // Eighths from below: the levels of a sparkline.
        '▁' => '_',
        '▂' | '▃' => '.',
        '▄' => '-',
        '▅' => '=',
        '▆' => '+',
        '▇' => '*',
        '█' | '▓' | '▉' | '▊' | '▋' | '▌' | '▐' | '■' => '#',
        '▒' => '=',
        '░' | '□' => '.',
        // Braille, by how much of the cell is filled.
        '\u{2800}' => ' ',
        '\u{2801}'..='\u{28ff}' => braille(c),
        '→' | '▶' | '▸' | '›' | '»' | '❯' | '⟩' => '>',
        '←' | '◀' | '◂' | '‹' | '«' | '❮' | '⟨' => '<',
        '↑' | '▲' | '▴' => '^',
        '↓' | '▼' | '▾' => 'v',
        '•' | '◦' | '‣' | '★' | '◆' => '*',
        '●' => 'o',
        // The empty one of each pair: what is rated or done would else look like all of it.
        '☆' | '◇' | '○' => '.',
        '·' | '…' | '․' => '.',
        '⋮' => ':',
        '⋯' => '~',
        '≥' => '>',
        // A line goes on: a sign that hardly any code begins a line with.
        '↪' => '~',
        '✓' | '✔' | '☑' | '☒' | '✗' | '✘' | '×' | '⚑' => 'x',
        '☐' => 'o',
        '‘' | '’' | '‚' | '′' => '\'',
        '“' | '”' | '„' | '″' => '"',
        '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' => ' ',
        _ => '?',
    }
}

fn braille(c: char) -> char {
    match (u32::from(c) & 0xff).count_ones() {
        0..=2 => '.',
        3..=5 => ':',
        _ => '#',
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{buffer::Cell, layout::Rect, style::Style};

    use super::*;

    #[test]
    fn every_cell_keeps_its_place() {
        let check = |line: &str, expected: &str| {
            let width = u16::try_from(text::width(line)).unwrap();
            let mut buffer = Buffer::empty(Rect::new(0, 0, width, 1));
            buffer.set_string(0, 0, line, Style::default());
            replace(&mut buffer);
            let drawn: String = buffer.content().iter().map(Cell::symbol).collect();
            assert_eq!(drawn, expected, "{line}");
        };
        check("plain text", "plain text");
        check("╭─ Keys ─╮│┃", "+- Keys -+||");
        check("▁▃▄▅▆▇█", "_.-=+*#");
        check("a 名前 b", "a ???? b");
        check("café • né…", "caf? * n?.");
        check("👩‍👩‍👧 x", "?? x");
        check("▸ 1 → 2 ✗ “q”", "> 1 > 2 x \"q\"");
        check("⠁⠿⣿", ".##");
        check("★★☆ ●●○ ◆◇", "**. oo. *.");
        check("↪ lumns ≥ 2 ⋮ ⌘", "~ lumns > 2 : ?");
    }
}
