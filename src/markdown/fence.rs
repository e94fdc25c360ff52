//! A fenced code block at top level while it grows: each complete line is read once and then final.
//!
//! It becomes blocks of at most [`PIECE`] lines, so that nothing grows with the answer. Colours are `highlight`'s.

use std::ops::Range;
use std::sync::Arc;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use super::block::{Block, BlockKind, Body, CodeLine, CodeRole, Line, Role, Styled};
use super::render::tabbed;
use crate::text::{SafeText, TAB_STOP, cluster_start, graphemes, truncate};

/// Lines of code in one block.
pub(super) const PIECE: usize = 64;

/// Bytes of a line of code from which on it is laid out in parts, which are final while it still grows.
const LONG_LINE: usize = 4 * 1024;

/// Columns of the longest language label.
const LABEL_COLUMNS: usize = 32;

/// What stands above code that does not say its language: without a row above it, a line of code alone is a thin strip.
const WITHOUT_LANGUAGE: &str = "text";

/// An open fence and the lines since the last whole piece.
#[derive(Clone, Debug)]
pub(super) struct Fence {
    opener: Opener,
    language: Arc<str>,
    /// Where it begins.
    start: usize,
    /// Lines of code that were read.
    number: usize,
    /// Where to read on.
    at: usize,
    /// Bytes of a long line that were read.
    begun: usize,
    /// What of the source the open piece covers.
    piece: Range<usize>,
    lines: Vec<Line>,
    /// Lines of code in the open piece; the parts of a long one count as lines.
    count: usize,
    space_before: bool,
    is_continued: bool,
}

impl Fence {
    /// Opens the fence that starts at `start`; none if there is no opening fence.
    pub(super) fn open(source: &str, start: usize, space_before: bool) -> Option<Self> {
        let line = line_at(source, start)?;
        let opener = Opener::parse(line)?;
        let language = language_of(line);
        let lines = vec![label(&language, start, line)];
        let at = start + line.len();
        Some(Self {
            opener,
            language,
            start,
            number: 0,
            at,
            begun: 0,
            piece: start..at,
            lines,
            count: 0,
            space_before,
            is_continued: false,
        })
    }

    /// Opens the fence that starts at `start` behind its first lines of code; `at` is where the next one stands.
    pub(super) fn resume(source: &str, start: usize, at: usize, lines: usize) -> Option<Self> {
        let fence = Self::open(source, start, false)?;
        Some(Self {
            number: lines,
            at,
            piece: at..at,
            lines: Vec::new(),
            is_continued: true,
            ..fence
        })
    }

    /// Where it begins, and how many lines of code were read.
    pub(super) fn read_so_far(&self) -> (usize, usize) {
        (self.start, self.number)
    }

    /// Reads whole lines up to `end`, and what is sure of a long one after it, pushing each full piece. What begins at
    /// `enough` waits for the next time. Answers where the block ends once it is closed.
    pub(super) fn read(
        &mut self,
        source: &str,
        end: usize,
        enough: usize,
        blocks: &mut Vec<Block>,
    ) -> Option<usize> {
        while self.at < enough.min(source.len()) {
            let line = line_at(source, self.at)?;
            let is_whole = self.at + line.len() <= end;
            if is_whole && self.begun == 0 && self.opener.is_closed_by(line) {
                self.at += line.len();
                self.piece.end = self.at;
                self.flush(blocks);
                return Some(self.at);
            }
            match long_part(line) {
                Some(part) if is_whole || self.begun > 0 || !self.opener.may_close(line) => {
                    self.push(part, blocks);
                    self.begun += part.len();
                }
                _ if is_whole => {
                    self.push(line, blocks);
                    self.begun = 0;
                    self.number += 1;
                }
                _ => return None,
            }
        }
        None
    }

    fn push(&mut self, line: &str, blocks: &mut Vec<Block>) {
        if self.count == PIECE {
            self.flush(blocks);
        }
        self.lines.push(self.code_line(line));
        self.at += line.len();
        self.piece.end = self.at;
        self.count += 1;
    }

    /// Pushes the open piece, if it shows anything.
    pub(super) fn flush(&mut self, blocks: &mut Vec<Block>) {
        if self.is_continued && self.count == 0 {
            return;
        }
        blocks.push(self.take_piece());
        self.is_continued = true;
        self.space_before = false;
        self.piece.start = self.piece.end;
        self.count = 0;
    }

    /// The open piece as it looks now, with the incomplete line at its end unless it may be the one that closes the block.
    /// Goes back by [`Fence::put_back`].
    pub(super) fn lend(&mut self, source: &str) -> Option<Block> {
        let rest = source.get(self.at..).unwrap_or_default();
        let is_closing = self.begun == 0 && self.opener.may_close(rest);
        if !is_closing {
            self.lines.push(self.code_line(rest));
        }
        let is_nothing = self.is_continued && self.lines.is_empty();
        (!is_nothing).then(|| Block {
            source: self.piece.start..source.len(),
            ..self.take_piece()
        })
    }

    /// Takes back the lines that were lent, without the incomplete one.
    pub(super) fn put_back(&mut self, block: Block) {
        self.lines = block.lines;
        let label = usize::from(!self.is_continued);
        self.lines.truncate(self.count + label);
    }

    /// Bytes of source that were read.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The line at the place that is read next.
    fn code_line(&self, line: &str) -> Line {
        let line = line.trim_end_matches('\n');
        let (blanks, code) = match self.begun {
            0 => self.opener.strip(line),
            _ => (0, line),
        };
        let from = self.at + line.len() - code.len();
        let mut text = Styled::default();
        text.push(
            &" ".repeat(blanks),
            Role::Code(CodeRole::Plain).into(),
            None,
        );
        text.append(&code_text(code, from));
        Line {
            start: self.at,
            prefix: None,
            text,
            body: Body::Code(CodeLine {
                block: self.start,
                number: self.number,
                begun: self.begun,
                from,
                len: code.len(),
            }),
        }
    }

    fn take_piece(&mut self) -> Block {
        Block {
            source: self.piece.clone(),
            kind: BlockKind::Code {
                language: Arc::clone(&self.language),
                continued: self.is_continued,
            },
            is_continued: self.is_continued,
            space_before: self.space_before,
            lines: std::mem::take(&mut self.lines),
            links: Vec::new(),
        }
    }
}

/// The line that names the language, or says that none is named.
pub(super) fn label(language: &str, start: usize, opener: &str) -> Line {
    let label = if language.is_empty() {
        WITHOUT_LANGUAGE
    } else {
        language
    };
    let shown = truncate(label, LABEL_COLUMNS);
    let mut text = Styled::default();
    let place = place_of(&shown, opener).map(|place| start + place);
    text.push(&shown, Role::CodeLabel.into(), place);
    Line {
        start,
        prefix: None,
        text,
        body: Body::CodeLabel,
    }
}

/// Where in the line that opens a fence a language stands as it is shown.
fn place_of(language: &str, opener: &str) -> Option<usize> {
    let line = opener.lines().next()?;
    let info = line.trim_start().trim_start_matches(['`', '~']);
    let is_fenced = info.len() < line.trim_start().len();
    let place = info.find(language).filter(|_| is_fenced)?;
    Some(line.len() - info.len() + place)
}

/// The first word of what stands after a fence.
pub(super) fn language_word(info: &str) -> Arc<str> {
    let info = SafeText::line(info);
    let word = info
        .as_str()
        .split([' ', ',', '{', '}'])
        .find(|word| !word.is_empty());
    word.unwrap_or_default().into()
}

/// A line of code, plain, with its tabs as blanks.
pub(super) fn code_text(line: &str, from: usize) -> Styled {
    tabbed(line, from, Role::Code(CodeRole::Plain).into())
}

pub(super) fn line_at(source: &str, start: usize) -> Option<&str> {
    source.get(start..)?.split_inclusive('\n').next()
}

/// The first part of a line that is long, if it goes on after that.
fn long_part(line: &str) -> Option<&str> {
    let text = line.trim_end_matches('\n');
    let mut end = cluster_start(text, LONG_LINE);
    // What shows nothing stands on the row of what is before it.
    while graphemes(text.get(end..)?).next()?.1 == 0 {
        end = cluster_start(text, end + 1);
    }
    text.get(..end)
}

/// Asks the parser, which knows about escapes and entities in an info string.
pub(super) fn language_of(line: &str) -> Arc<str> {
    match Parser::new(line).next() {
        Some(Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info)))) => language_word(&info),
        _ => "".into(),
    }
}

/// The line that opens a fence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opener {
    indent: usize,
    marker: char,
    length: usize,
}

impl Opener {
    pub(super) fn parse(line: &str) -> Option<Self> {
        let rest = line.trim_start_matches(' ');
        let marker = rest.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        Some(Self {
            indent: line.len() - rest.len(),
            marker,
            length: rest.len() - rest.trim_start_matches(marker).len(),
        })
    }

    /// At most three columns of indent, the same marker at least as often, nothing but blanks after it: no tabs, with
    /// which the parser does not let code end.
    pub(super) fn is_closed_by(self, line: &str) -> bool {
        let rest = line.trim_start_matches(' ');
        let after = rest.trim_start_matches(self.marker);
        line.len() - rest.len() <= 3
            && rest.len() - after.len() >= self.length
            && after.trim_matches([' ', '\n']).is_empty()
    }

    /// Whether a line that begins like this may still close the block.
    fn may_close(self, line: &str) -> bool {
        line.trim_start_matches([' ', self.marker]).is_empty()
    }

    /// `line` without as many columns of blanks as the opening fence had, and the blanks that a tab across that column
    /// leaves.
    fn strip(self, line: &str) -> (usize, &str) {
        let mut column = 0;
        for (index, c) in line.char_indices() {
            let next = match c {
                _ if column >= self.indent => column,
                ' ' => column + 1,
                '\t' => (column / TAB_STOP + 1) * TAB_STOP,
                _ => column,
            };
            if next == column {
                return (0, line.get(index..).unwrap_or_default());
            }
            if next > self.indent {
                let rest = line.get(index + c.len_utf8()..).unwrap_or_default();
                return (next - self.indent, rest);
            }
            column = next;
        }
        (0, "")
    }
}
