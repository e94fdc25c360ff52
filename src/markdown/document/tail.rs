//! The open tail: what is not settled is rendered again with every frame, as far as it is shown.
//!
//! Not shown is the end of a text that may yet become a mark: a fence that closes, a rule, what underlines a heading,
//! the mark of an item, the header of a table, a link. Which of them it is, the next letters say; shown before, text would
//! change its look.

use std::ops::Range;

use super::paragraph::KNOWN_LINE;
use super::unclosed::link_start;
use super::{Document, joint_before};
use crate::markdown::block::Role;
use crate::markdown::render::literal_lines;
use crate::markdown::split::line_start;

/// Bytes of a tail that is not rendered on every frame any more.
pub(super) const LONG_TAIL: usize = 16 * 1024;

/// The part of a long tail by which it has to grow before it is rendered again.
const LONG_TAIL_SHARE: usize = 8;

/// Bytes of the longest header of a table that waits for the line below it: at 3,000 tokens a second a frame or two.
const HEADER: usize = 400;

/// What blank lines are made of.
const BLANKS: [char; 3] = [' ', '\t', '\n'];

/// The tail as it was rendered last.
#[derive(Debug, Default)]
pub(super) struct Tail {
    pub(super) range: Range<usize>,
    /// Lines of its last block, without those that were added unrendered.
    pub(super) lines: usize,
}

impl Document {
    /// Leaves nothing but what is settled.
    pub(super) fn withdraw_tail(&mut self) {
        if self.glimpse.take().is_none()
            && let Some(fence) = &mut self.fence
            && let Some(piece) = self.blocks.drain(self.settled..).next()
        {
            fence.put_back(piece);
        }
        self.blocks.truncate(self.settled);
    }

    pub(super) fn render_tail(&mut self) {
        let end = self.shown_end();
        if let Some(fence) = &mut self.fence {
            self.work += (self.source.len() - fence.position()) as u64;
            self.blocks.extend(fence.lend(&self.source));
        } else {
            let mut joint = self.joint;
            let tops = self.tops(self.stable..end);
            for (index, top) in tops.iter().enumerate() {
                joint = joint_before(top, index == 0, joint);
                let is_open = top.range.end == end;
                let block = self.block(top.range.clone(), top, joint, is_open);
                joint = self.joint_after(top, joint);
                self.blocks.push(block);
            }
            self.paragraph = None;
            if let [only] = tops.as_slice() {
                self.find_paragraph(only);
            }
        }
        self.note_tail(end);
    }

    /// Notes that the tail is rendered up to `end`.
    pub(super) fn note_tail(&mut self, end: usize) {
        self.tail = Tail {
            range: self.stable..end,
            lines: self.blocks.last().map_or(0, |block| block.lines.len()),
        };
    }

    pub(super) fn tail_may_wait(&self) -> bool {
        if self.fence.is_some() || self.glimpse.is_some() || self.is_finished {
            return false;
        }
        let length = self.tail.range.len();
        let new = self.source.get(self.tail.range.end..).unwrap_or_default();
        let is_shown = self.blocks.len() > self.settled;
        let is_little = new.len() < length / LONG_TAIL_SHARE && (is_shown || self.tail_defines())
            || !is_shown && is_blank(new);
        (length > LONG_TAIL && is_little) || self.adds_only_hidden_lines(new)
    }

    /// Whether `new` adds blank lines to blank lines of which the tail shows nothing.
    fn adds_only_hidden_lines(&self, new: &str) -> bool {
        let tail = self.source.get(self.tail.range.clone()).unwrap_or_default();
        let near = tail.ceil_char_boundary(tail.len().saturating_sub(KNOWN_LINE));
        let near = tail.get(near..).unwrap_or_default();
        let blanks = near.get(near.trim_end_matches(BLANKS).len()..);
        let blanks = blanks.unwrap_or_default();
        let tail = self.blocks.get(self.settled..).unwrap_or_default();
        let last = tail.last().and_then(|block| block.lines.last());
        // An open line may still be shown, or the first one below it.
        blanks.matches('\n').count() > 2
            && last.is_none_or(|line| line.start < self.tail.range.end - blanks.len())
            && new.trim_end_matches(BLANKS).is_empty()
    }

    /// Whether the tail is a long definition, which shows nothing until something else comes.
    fn tail_defines(&self) -> bool {
        let tail = self.source.get(self.tail.range.clone());
        tail.is_some_and(|tail| !tail.trim_ascii_start().is_empty())
    }

    /// Shows what came since the tail was rendered as it was written.
    pub(super) fn extend_tail(&mut self) {
        let end = self.source.len();
        let new = self.source.get(self.tail.range.end..).unwrap_or_default();
        let is_hidden = self.adds_only_hidden_lines(new);
        let tail = self.blocks.get_mut(self.settled..);
        match tail.and_then(<[_]>::last_mut) {
            Some(last) if is_hidden => {
                last.source.end = end;
                self.tail.range.end = end;
            }
            Some(last) => {
                last.lines.truncate(self.tail.lines);
                last.lines.extend(literal_lines(
                    new.trim_end_matches('\n'),
                    self.tail.range.end,
                    Role::Text,
                ));
                last.source.end = end;
            }
            // Nothing is shown of it, and blanks on the same line change nothing about that.
            None if is_blank(new) => self.tail.range.end = end,
            None => {}
        }
    }

    /// Where the text ends that is shown while more may come.
    pub(super) fn shown_end(&self) -> usize {
        let end = self.source.len();
        if self.is_finished {
            return end;
        }
        let line = line_start(&self.source, end);
        let last = self.source.get(line..).unwrap_or_default();
        let held = link_start(last).map(|at| line + at);
        let end = held.filter(|at| *at >= self.stable).unwrap_or(end);
        let last = self.source.get(line..end).unwrap_or_default();
        let is_held = line >= self.stable && last.len() <= KNOWN_LINE && is_unsure(last);
        let shown = if is_held { line } else { end };
        let is_below = is_held || last.trim_matches([' ', '\t', '>']).is_empty();
        let header = if is_below {
            line_start(&self.source, line.saturating_sub(1))
        } else {
            line
        };
        if header >= self.stable && end - header <= HEADER && self.begins_table(header) {
            header
        } else {
            shown
        }
    }

    /// Whether the line at `start` begins a paragraph, and with a cell.
    fn begins_table(&self, start: usize) -> bool {
        let is_mark = |c| matches!(c, ' ' | '>');
        let text = self.source.get(start..).unwrap_or_default();
        let before = self.source.get(..start.saturating_sub(1));
        let line = before.and_then(|before| before.rsplit('\n').next());
        text.trim_start_matches(is_mark).starts_with('|')
            && line.is_none_or(|line| line.trim_matches(is_mark).is_empty())
    }
}

/// Whether text is nothing but blanks on one line.
fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t'))
}

/// Whether a line that goes on may become a mark of Markdown.
fn is_unsure(line: &str) -> bool {
    let signs = line.trim_matches([' ', '\t', '>']);
    let is_sign = |c| matches!(c, '`' | '~' | '-' | '=' | '*' | '_' | '+' | '#' | '|' | ':');
    let number = signs.strip_suffix(['.', ')']).unwrap_or(signs);
    let is_number = number.len() <= 9 && number.bytes().all(|b| b.is_ascii_digit());
    !signs.is_empty()
        && (is_number
            || signs
                .trim_matches([' ', '\t'])
                .chars()
                .all(|c| is_sign(c) || c == ' '))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markdown::block::Body;

    #[test]
    fn marks_to_be_are_held_back() {
        for line in [
            "`", "```", "> ``", "-", "- ", "---", "- - ", "=", "**", "#", "|", "|--", "1", "12. ",
            "3)",
        ] {
            assert!(is_unsure(line), "{line:?}");
        }
        for line in [
            "",
            "  ",
            "> ",
            "a",
            "- a",
            "1.5",
            "1234567890",
            "**b",
            "```rust",
            "…",
        ] {
            assert!(!is_unsure(line), "{line:?}");
        }
    }

    /// What is shown of a text that goes on.
    fn shown(source: &str) -> Vec<String> {
        let mut document = Document::new();
        document.push(source);
        document.advance();
        let texts = document.blocks().iter().flat_map(|block| &block.lines);
        texts.map(|line| line.text.as_str().to_owned()).collect()
    }

    #[test]
    fn nothing_above_changes_its_look_while_a_mark_comes() {
        for (before, mark) in [
            ("```rust\nlet a = 1;\n", "```"),
            ("- item\n\n  ```rust\n  let a = 1;\n", "  ```"),
            ("> ```\n> code\n", "> ```"),
            ("Steps:\n", "- "),
            ("Steps:\n", "1. "),
            ("Title\n", "==="),
            ("Text\n\n", "```"),
            ("Text\n\n", "---"),
            ("Text\n\n", "| a | b |\n|--"),
            ("> Text\n>\n", "> | a | b |\n> |-"),
        ] {
            for length in 0..=mark.len() {
                let mark = mark.get(..length).expect("ASCII");
                let text = format!("{before}{mark}");
                assert_eq!(shown(&text), shown(before), "{text:?}");
            }
        }
    }

    #[test]
    fn rows_of_a_table_are_shown_as_they_come() {
        let rows = |source: &str| {
            let mut document = Document::new();
            document.push(source);
            document.advance();
            let lines = document.blocks().iter().flat_map(|block| &block.lines);
            let tables = lines.filter_map(|line| match &line.body {
                Body::Table(table) => Some(table.rows.len()),
                _ => None,
            });
            tables.collect::<Vec<_>>()
        };
        assert_eq!(rows("| a | b |\n"), [] as [usize; 0]);
        assert_eq!(rows("| a | b |\n|---|---|\n"), [0]);
        assert_eq!(rows("| a | b |\n|---|---|\n| x"), [1]);
        assert_eq!(rows("| a | b |\n|---|---|\n| x | y |\n| z"), [2]);
    }

    #[test]
    fn what_stays_signs_is_shown_at_the_end() {
        let mut document = Document::new();
        document.push("```\ncode\n``");
        document.advance();
        document.finish();
        document.advance();
        let last = document
            .blocks()
            .last()
            .and_then(|block| block.lines.last());
        assert_eq!(last.map(|line| line.text.as_str()), Some("``"));
    }
}
