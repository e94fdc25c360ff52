//! A text as it is looked through: near to what is shown, without the signs of Markdown, line breaks as blanks, letters
//! without their case; and where its bytes stand in the text. What is looked for is `needle`'s.

use super::needle::fold;

/// Bytes of an indent that a line may have and still go on with the one before.
const INDENT: usize = 64;
/// Places in one text where the distance to its source changes; behind the last, text is looked through as written.
const MOST_TURNS: usize = 1 << 20;

/// Whether a character may be a sign that is not shown.
pub(super) fn is_sign(c: char) -> bool {
    matches!(c, '*' | '_' | '`' | '~')
}

/// How a text is looked through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Without the signs of emphasis, code and what is struck out, and on from line to line.
    pub(super) is_plain: bool,
    /// Without regard to case.
    pub(super) is_folded: bool,
}

/// A text in one reading. It grows with its source, each byte of which is read once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Haystack {
    reading: Reading,
    text: String,
    /// Bytes of the source that were read.
    read: usize,
    /// From which byte on the text stands from which byte of the source on, where that is not as before.
    turns: Vec<(usize, usize)>,
}

/// What becomes of the next bytes of the source.
enum Step {
    Char(char),
    /// So many bytes are left out.
    Nothing(usize),
    /// So many bytes become a blank.
    Blank(usize),
}

impl Haystack {
    pub(super) fn new(reading: Reading) -> Self {
        Self {
            reading,
            ..Self::default()
        }
    }

    pub(super) fn reading(&self) -> Reading {
        self.reading
    }

    /// What is looked through.
    pub(super) fn text<'a>(&'a self, source: &'a str) -> &'a str {
        if self.is_source() { source } else { &self.text }
    }

    /// Where in the source bytes of the text stand, without signs before and behind them.
    pub(super) fn place(&self, source: &str, start: usize, end: usize) -> (usize, usize) {
        if self.is_source() {
            return (start, end);
        }
        let last = self.text.floor_char_boundary(end.saturating_sub(1));
        let from = self.source_of(last);
        let c = source.get(from..).and_then(|rest| rest.chars().next());
        let after = from + c.map_or(0, char::len_utf8);
        (self.source_of(start), after)
    }

    fn is_source(&self) -> bool {
        self.reading == Reading::default()
    }

    fn source_of(&self, byte: usize) -> usize {
        let after = self.turns.partition_point(|&(text, _)| text <= byte);
        let turn = after.checked_sub(1).and_then(|turn| self.turns.get(turn));
        turn.map_or(byte, |(text, source)| source + byte - text)
    }

    /// Reads on in the source, as far as it is known what becomes of it; to the end where nothing more comes.
    pub(super) fn grow(&mut self, source: &str, is_over: bool) {
        if self.is_source() {
            return;
        }
        while let Some(rest) = source.get(self.read..).filter(|rest| !rest.is_empty()) {
            let is_plain = self.reading.is_plain;
            let is_special = |c: char| !c.is_ascii() || (is_plain && (is_sign(c) || c == '\n'));
            let run = rest.find(is_special).unwrap_or(rest.len());
            self.push_run(rest.get(..run).unwrap_or_default());
            let Some(rest) = rest.get(run..).filter(|rest| !rest.is_empty()) else {
                return;
            };
            let before = source.get(..self.read).and_then(|s| s.chars().next_back());
            match self.step(before, rest, is_over) {
                None => return,
                Some(Step::Char(c)) => self.push(c, rest.ceil_char_boundary(1)),
                Some(Step::Nothing(bytes)) => self.skip(bytes),
                Some(Step::Blank(bytes)) if self.text.ends_with(' ') => self.skip(bytes),
                Some(Step::Blank(bytes)) => self.push(' ', bytes),
            }
        }
    }

    /// What becomes of the beginning of `rest`; `None` while that depends on what comes.
    fn step(&self, before: Option<char>, rest: &str, is_over: bool) -> Option<Step> {
        let mut chars = rest.chars();
        let c = chars.next()?;
        let is_full = self.turns.len() >= MOST_TURNS;
        if self.reading.is_plain && c == '\n' && !is_full {
            return line_break(rest, is_over);
        }
        if self.reading.is_plain && is_sign(c) && !is_full {
            let after = chars.next();
            if after.is_none() && !is_over {
                return None;
            }
            let is_shown = is_shown(before, c, after);
            return Some(if is_shown {
                Step::Char(c)
            } else {
                Step::Nothing(1)
            });
        }
        let folded = if self.reading.is_folded { fold(c) } else { c };
        let is_kept = is_full && folded.len_utf8() != c.len_utf8();
        Some(Step::Char(if is_kept { c } else { folded }))
    }

    fn push_run(&mut self, run: &str) {
        let from = self.text.len();
        self.text.push_str(run);
        self.read += run.len();
        if self.reading.is_folded
            && let Some(new) = self.text.get_mut(from..)
        {
            new.make_ascii_lowercase();
        }
    }

    /// Appends a character that stands for so many bytes.
    fn push(&mut self, c: char, bytes: usize) {
        self.text.push(c);
        if c.len_utf8() == bytes {
            self.read += bytes;
        } else {
            self.skip(bytes);
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.read += bytes;
        let turn = (self.text.len(), self.read);
        match self.turns.last_mut() {
            Some(last) if last.0 == turn.0 => *last = turn,
            _ => self.turns.push(turn),
        }
    }
}

/// A line break goes on as a blank, with the indent and the quote marks of the next line, where no empty line follows.
fn line_break(rest: &str, is_over: bool) -> Option<Step> {
    let line = rest.get(1..).unwrap_or_default();
    let mut near = line.char_indices().take(INDENT);
    match near.find(|(_, c)| !matches!(c, ' ' | '\t' | '>')) {
        Some((_, '\n')) => Some(Step::Char('\n')),
        Some((indent, _)) => Some(Step::Blank(1 + indent)),
        None if is_over || line.len() >= INDENT => Some(Step::Char('\n')),
        None => None,
    }
}

/// Whether a sign between two characters is one that is read: alone between blanks, or inside a name.
fn is_shown(before: Option<char>, sign: char, after: Option<char>) -> bool {
    let both = |is: fn(char) -> bool, or| before.map_or(or, is) && after.map_or(or, is);
    match sign {
        '*' => both(char::is_whitespace, true),
        '_' => both(char::is_whitespace, true) || both(char::is_alphanumeric, false),
        '~' => before != Some('~') && after != Some('~'),
        _ => false,
    }
}
