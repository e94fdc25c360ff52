//! LaTeX inside a paragraph, a cell or a heading: `\(…\)`, `\[…\]`, `$…$` and `$$…$$`, which never go on behind it.
//!
//! Code and where links lead are passed over. Prices are told from LaTeX as pandoc does.

use std::collections::HashMap;
use std::ops::Range;

use memchr::memmem;

use super::lines::{columns, ends_paragraph};
use super::{Hidden, may_hold};

/// Reads a text from its beginning on.
pub(super) struct Finder<'a> {
    text: &'a str,
    may_hold: bool,
    /// How many columns the table has whose rows are read.
    columns: Option<usize>,
    pub(super) found: Hidden,
}

impl<'a> Finder<'a> {
    /// What comes before `skip` only opens the text.
    pub(super) fn new(text: &'a str, skip: usize) -> Self {
        let opening = text.get(..skip).and_then(|opening| opening.lines().last());
        Self {
            text,
            may_hold: may_hold(text) || text.contains('|'),
            columns: opening.and_then(|line| columns(without_indent(line))),
            found: Hidden::default(),
        }
    }

    /// Finds what is in `part`, after which more may come if it `is_open`.
    pub(super) fn read(&mut self, part: Range<usize>, is_open: bool) {
        if !self.may_hold {
            return;
        }
        let mut begin = part.start;
        let mut at = part.start;
        let lines = self.text.get(part.clone()).unwrap_or_default();
        for line in lines.split_inclusive('\n') {
            let range = at..at + line.len();
            at = range.end;
            let text = without_indent(line);
            let table = columns(text);
            let is_over = table.is_none() && ends_paragraph(text);
            let is_row = !is_over && (self.columns.is_some() || text.starts_with('|'));
            if !is_over && table.is_none() && !is_row {
                continue;
            }
            self.run(begin..range.start, Around::Text);
            begin = range.start;
            if is_over {
                self.columns = None;
            } else if let Some(table) = table {
                self.columns = Some(table);
                begin = range.end;
            } else {
                self.row(range.clone());
                begin = range.end;
            }
        }
        let around = if is_open { Around::Open } else { Around::Text };
        self.run(begin..part.end, around);
    }

    /// Each cell by itself. Where there are more than columns, LaTeX and code are supposed to hold the signs that part them.
    fn row(&mut self, row: Range<usize>) {
        let cells = cells(self.text, row.clone());
        if self.columns.is_some_and(|columns| cells.len() > columns) {
            self.run(row, Around::Row);
            return;
        }
        for cell in cells {
            self.run(cell, Around::Text);
        }
    }

    fn run(&mut self, range: Range<usize>, around: Around) {
        let mut run = Run::new(self.text.get(..range.end).unwrap_or_default(), around);
        let mut at = range.start;
        let is_mark = |b: &u8| matches!(b, b'\\' | b'$' | b'`' | b']');
        while let Some(next) = run.bytes(at).iter().position(is_mark) {
            let start = at + next;
            let is_code = run.bytes(start).first() == Some(&b'`');
            let (math, after) = run.next(start, range.start);
            self.found.maths.extend(math);
            if is_code && around == Around::Row {
                self.hide_pipes(start..after);
            }
            at = after;
        }
    }

    /// Hides what parts cells in code. Where one is escaped the parser does not lend the code as it was written.
    fn hide_pipes(&mut self, code: Range<usize>) {
        let text = self.text.get(code.clone()).unwrap_or_default();
        if !text.contains("\\|") {
            let pipes = text.match_indices('|').map(|(at, _)| code.start + at);
            self.found.pipes.extend(pipes.map(|at| at..at + 1));
        }
    }
}

fn without_indent(line: &str) -> &str {
    line.trim_start_matches([' ', '\t', '>'])
}

/// The cells of a row of a table.
fn cells(text: &str, row: Range<usize>) -> Vec<Range<usize>> {
    let line = text.get(row.clone()).unwrap_or_default();
    let shown = without_indent(line).trim_end();
    let shown = shown.strip_prefix('|').unwrap_or(shown);
    let mut start = row.start + line.len() - without_indent(line).len();
    if without_indent(line).starts_with('|') {
        start += 1;
    }
    let end = start + shown.len();
    let mut cells = Vec::new();
    for (at, _) in shown.match_indices('|') {
        let is_escaped = shown.get(..at).is_some_and(|before| before.ends_with('\\'));
        let at = end - shown.len() + at;
        if !is_escaped {
            cells.push(start..at);
            start = at + 1;
        }
    }
    if start < end {
        cells.push(start..end);
    }
    cells
}

/// What a run is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Text,
    /// Text that may go on.
    Open,
    /// A row of a table with more cells than columns.
    Row,
}

/// Text in which LaTeX and code begin and end.
struct Run<'a> {
    /// Up to where it ends.
    text: &'a str,
    around: Around,
    round: Next,
    square: Next,
    dollar: Next,
    dollars: Next,
    /// Where runs of backticks begin, by their length.
    ticks: Option<HashMap<usize, Vec<usize>>>,
}

/// LaTeX, if there is some, and where to read on.
type Step = (Option<Range<usize>>, usize);

impl<'a> Run<'a> {
    fn new(text: &'a str, around: Around) -> Self {
        Self {
            text,
            around,
            round: Next::of("\\)"),
            square: Next::of("\\]"),
            dollar: Next::of("$"),
            dollars: Next::of("$$"),
            ticks: None,
        }
    }

    fn bytes(&self, from: usize) -> &'a [u8] {
        self.text.as_bytes().get(from..).unwrap_or_default()
    }

    /// What the mark at `start` begins, in a run that begins at `begin`.
    fn next(&mut self, start: usize, begin: usize) -> Step {
        match self.bytes(start) {
            [b'`', ..] => (None, self.code(start, begin)),
            [b'$', ..] => self.dollars(start),
            [b'\\', b'(', ..] => self.bracket(start, true),
            [b'\\', b'[', ..] => self.bracket(start, false),
            // A backslash before anything else, itself included, has nothing to do with LaTeX.
            [b'\\', ..] => (None, self.text.ceil_char_boundary(start + 2)),
            [_, b'(', ..] => (None, self.target(start + 2)),
            _ => (None, start + 1),
        }
    }

    fn bracket(&mut self, start: usize, is_round: bool) -> Step {
        let closer = if is_round {
            &mut self.round
        } else {
            &mut self.square
        };
        match closer.from(self.text, start + 2) {
            Some(end) if end > start + 2 => (Some(start..end + 2), end + 2),
            None if self.around == Around::Open => {
                let end = self.text.trim_end_matches('\n').len();
                (Some(start..end.max(start)), self.text.len())
            }
            _ => (None, start + 2),
        }
    }

    fn dollars(&mut self, start: usize) -> Step {
        let signs = self.bytes(start).iter().take_while(|b| **b == b'$').count();
        let (math, next) = match signs {
            1 => (self.inline(start), start + 1),
            2 => (self.display(start), start + 2),
            _ => (None, start + signs),
        };
        let next = math.as_ref().map_or(next, |math| math.end);
        (math, next)
    }

    fn display(&mut self, start: usize) -> Option<Range<usize>> {
        let end = self.dollars.from(self.text, start + 2)?;
        let is_pair = end > start + 2 && self.bytes(end + 2).first() != Some(&b'$');
        is_pair.then_some(start..end + 2)
    }

    /// There is no blank beside the signs inside, and no digit behind the second one, which is the next.
    fn inline(&mut self, start: usize) -> Option<Range<usize>> {
        let from = start + 1;
        let mut end = self.dollar.from(self.text, from)?;
        while self.is_escaped(end) {
            end = self.dollar.from(self.text, end + 1)?;
        }
        let math = self.text.get(from..end)?;
        let is_close = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
        let is_tight = is_close(math.chars().next()) && is_close(math.chars().next_back());
        let after = self.bytes(end + 1).first();
        let is_end = after.is_none_or(|b| *b != b'$' && !b.is_ascii_digit());
        (is_tight && is_end && is_latex(math)).then_some(start..end + 1)
    }

    fn is_escaped(&self, at: usize) -> bool {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        before.iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1
    }

    /// Where the code ends that begins at `start`; none does where nothing ends it.
    fn code(&mut self, start: usize, begin: usize) -> usize {
        let text = self.text;
        let ticks = self.ticks.get_or_insert_with(|| ticks(text, begin));
        let rest = text.as_bytes().get(start..).unwrap_or_default();
        let len = rest.iter().take_while(|b| **b == b'`').count();
        let places = ticks.get(&len).map_or(&[][..], Vec::as_slice);
        let next = places.partition_point(|place| *place < start + len);
        places.get(next).copied().unwrap_or(start) + len
    }

    /// Where the target of a link ends that begins at `start`.
    fn target(&self, start: usize) -> usize {
        let is_end = |b: &u8| *b == b')' || b.is_ascii_whitespace();
        let rest = self.bytes(start);
        start + rest.iter().position(is_end).unwrap_or(rest.len())
    }
}

/// Whether it is not code or strong text between which prices stand.
fn is_latex(math: &str) -> bool {
    let is_quoted = math.len() > 2 && math.starts_with('`') && math.ends_with('`');
    let crosses = math.match_indices("**").any(|(at, _)| {
        let before = math.get(..at).unwrap_or_default();
        !before.ends_with(['{', '^'])
    });
    !crosses && (is_quoted || !math.contains('`'))
}

/// Where runs of backticks begin from `begin` on, by their length.
fn ticks(text: &str, begin: usize) -> HashMap<usize, Vec<usize>> {
    let mut found: HashMap<usize, Vec<usize>> = HashMap::new();
    let bytes = text.as_bytes();
    let mut at = begin;
    while let Some(next) = memchr::memchr(b'`', bytes.get(at..).unwrap_or_default()) {
        let start = at + next;
        let run = bytes.get(start..).unwrap_or_default();
        let len = run.iter().take_while(|b| **b == b'`').count();
        found.entry(len).or_default().push(start);
        at = start + len;
    }
    found
}

/// The next place of a mark, for places that only go forward: the text is searched once.
struct Next {
    mark: &'static str,
    /// What was found last; `None` when there is no more.
    found: Option<usize>,
}

impl Next {
    fn of(mark: &'static str) -> Self {
        Self {
            mark,
            found: Some(0),
        }
    }

    /// The first place at `from` or behind it; `from` is never 0.
    fn from(&mut self, text: &str, from: usize) -> Option<usize> {
        if self.found.is_some_and(|found| found < from) {
            let rest = text.as_bytes().get(from..).unwrap_or_default();
            self.found = memmem::find(rest, self.mark.as_bytes()).map(|at| from + at);
        }
        self.found
    }
}
