//! The code blocks of one text: which of their lines were sent to be highlighted, and what is to be sent next.
//!
//! Of each code block one job is under way at a time. Its answer says where to go on, so that a jump into the middle of
//! a large block goes there in portions, and ends when nobody looks any more.

use std::{collections::HashMap, ops::Range, sync::Arc};

use super::super::workshop::{CodePlace, Coloured, Colouring, Job, Outcome, Progress, Workshop};
use crate::markdown::{Block, BlockKind, Body, CodeLine, Colours, Document};

/// Lines of one job at most: some thirty milliseconds of work.
const PORTION: usize = 1_024;
/// Lines of a job that may be done before a frame is over.
const FEW: usize = 128;
/// Roles are asked for from where a chunk begins.
const CHUNK: usize = Colours::CHUNK;
/// Lines before those on screen whose roles are kept in passing: what was about to get them, and what is near.
const BEFORE: usize = 2 * CHUNK;

/// Lines of a code block that a block of the document shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CodeRun {
    /// Where in the source the code block begins.
    pub(super) block: usize,
    pub(super) lines: Range<usize>,
}

/// The lines of code in a block of a document.
pub(super) fn code_runs(block: &Block) -> Vec<CodeRun> {
    let mut runs: Vec<CodeRun> = Vec::new();
    for code in code_lines(block) {
        match runs.last_mut() {
            Some(run) if run.block == code.block && run.lines.end == code.number => {
                run.lines.end += 1;
            }
            _ => runs.push(CodeRun {
                block: code.block,
                lines: code.number..code.number + 1,
            }),
        }
    }
    runs
}

/// Lines of code that begin in a block. The rest of a long line is not sent: it stays plain, as the line does.
fn code_lines(block: &Block) -> impl Iterator<Item = CodeLine> {
    all_code_lines(block).filter(|code| code.begun == 0)
}

fn all_code_lines(block: &Block) -> impl Iterator<Item = CodeLine> {
    block.lines.iter().filter_map(|line| match line.body {
        Body::Code(code) => Some(code),
        _ => None,
    })
}

/// The code blocks of one text that somebody looked at.
#[derive(Debug, Default)]
pub(super) struct Code {
    blocks: HashMap<usize, Asked>,
}

/// What was asked about a code block.
#[derive(Debug)]
struct Asked {
    id: u64,
    language: Arc<str>,
    /// Lines that were sent and stay as they are.
    sent: usize,
    /// The last of them.
    last: CodeLine,
    /// Lines that were sent after them and may still change.
    tail: Vec<CodeLine>,
    /// Lines of the job that is under way.
    under_way: Option<usize>,
    /// Lines from here on stay plain.
    plain_from: usize,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// The code block.
    pub(super) place: CodePlace,
    /// The block of the document in which the lines stand.
    pub(super) index: usize,
    pub(super) run: &'a CodeRun,
    /// Whether it is on screen.
    pub(super) is_shown: bool,
}

/// How long colours will take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pending {
    /// Few lines are under way.
    Soon,
    /// Many are.
    Later,
}

impl Code {
    /// Sends what is missing of some lines. Answers whether something is under way for them.
    pub(super) fn ask(
        &mut self,
        document: &Document,
        colours: &Colours,
        wanted: Wanted<'_>,
        workshop: &mut Workshop,
    ) -> Option<Pending> {
        let start = wanted.run.block;
        let asked = self
            .blocks
            .entry(start)
            .or_insert_with(|| Asked::new(document.language(start), workshop.new_id()));
        if asked.under_way.is_none()
            && let Some(job) = asked.next(document, colours, wanted, workshop)
        {
            asked.under_way = Some(job.code.matches('\n').count());
            workshop.hands().give(Job::Colour(job));
        }
        asked.under_way.map(|lines| match lines {
            ..=FEW => Pending::Soon,
            _ => Pending::Later,
        })
    }

    /// Takes what came of lines that were sent.
    pub(super) fn take(&mut self, done: Coloured, colours: &mut Colours) {
        let start = done.place.block;
        let Some(asked) = self.blocks.get_mut(&start).filter(|a| a.id == done.id) else {
            return;
        };
        asked.under_way = None;
        match done.outcome {
            Outcome::Roles {
                first,
                lines,
                plain_from,
            } => {
                asked.plain_from = plain_from.unwrap_or(usize::MAX);
                colours.put(start, first, lines);
            }
            Outcome::Plain { from } => asked.plain_from = asked.plain_from.min(from),
            Outcome::Lost => {
                self.blocks.remove(&start);
            }
        }
    }
}

impl Asked {
    fn new(language: Arc<str>, id: u64) -> Self {
        Self {
            id,
            plain_from: if language.is_empty() { 0 } else { usize::MAX },
            language,
            sent: 0,
            last: CodeLine::default(),
            tail: Vec::new(),
            under_way: None,
        }
    }

    /// What to send next for the lines of `wanted`, if anything.
    fn next(
        &mut self,
        document: &Document,
        colours: &Colours,
        wanted: Wanted<'_>,
        workshop: &mut Workshop,
    ) -> Option<Colouring> {
        let (index, run) = (wanted.index, wanted.run);
        let block = document.blocks().get(index)?;
        let end = run.lines.end.min(self.plain_from);
        let is_known = || colours.missing(run.block, run.lines.start..end).is_none();
        let is_settled = index < document.settled();
        if run.lines.start >= end || (is_settled && end <= self.sent && is_known()) {
            return None;
        }
        let all: Vec<CodeLine> = code_lines(block)
            .filter(|code| code.block == run.block)
            .collect();
        if self.is_outdated(&all) {
            *self = Self::new(Arc::clone(&self.language), workshop.new_id());
        }
        let sure = sure_lines(document, index, &all);
        let (sure, tail) = all.split_at(sure);
        let end = (run.lines.start + sure.len()).min(self.plain_from);
        if end > self.sent {
            let lines = self.sent..end.min(self.sent + PORTION);
            let tail = if lines.end == end { tail } else { &[] };
            return Some(self.send(document, wanted, lines, tail));
        }
        if let Some(lines) = colours.missing(run.block, run.lines.start..end) {
            return Some(self.job(document, wanted, lines, &[]));
        }
        let is_news = self.sent == end && end < self.plain_from && tail != self.tail;
        (is_news && !tail.is_empty()).then(|| self.send(document, wanted, end..end, tail))
    }

    /// Whether the last line that was sent is another one now.
    fn is_outdated(&self, lines: &[CodeLine]) -> bool {
        let first = lines.first().map_or(0, |line| line.number);
        let last = self
            .sent
            .checked_sub(first + 1)
            .and_then(|at| lines.get(at));
        last.is_some_and(|last| *last != self.last)
    }

    /// The job of new lines.
    fn send(
        &mut self,
        document: &Document,
        wanted: Wanted<'_>,
        lines: Range<usize>,
        tail: &[CodeLine],
    ) -> Colouring {
        let job = self.job(document, wanted, lines.clone(), tail);
        if let Some(last) = between(document, wanted, lines.clone()).last() {
            self.last = last;
        }
        self.sent = lines.end;
        self.tail = tail.to_vec();
        job
    }

    fn job(
        &self,
        document: &Document,
        wanted: Wanted<'_>,
        lines: Range<usize>,
        tail: &[CodeLine],
    ) -> Colouring {
        let text = |lines: &mut dyn Iterator<Item = CodeLine>| {
            lines.fold(String::new(), |mut text, line| {
                let code = document.source().get(line.from..line.from + line.len);
                text.push_str(code.unwrap_or_default());
                text.push('\n');
                text
            })
        };
        Colouring {
            place: wanted.place,
            id: self.id,
            language: Arc::clone(&self.language),
            first: lines.start,
            keep_from: wanted.run.lines.start.saturating_sub(BEFORE) / CHUNK * CHUNK,
            code: text(&mut between(document, wanted, lines)),
            tail: text(&mut tail.iter().copied()),
            is_shown: wanted.is_shown,
            progress: Progress::default(),
        }
    }
}

/// How many of the lines of code in a block stay as they are.
fn sure_lines(document: &Document, index: usize, lines: &[CodeLine]) -> usize {
    if index < document.settled() {
        return lines.len();
    }
    let is_incomplete = lines
        .last()
        .is_some_and(|line| line.from + line.len >= document.source().len());
    let is_nested = !document
        .blocks()
        .get(index)
        .is_some_and(|block| matches!(block.kind, BlockKind::Code { .. }));
    lines
        .len()
        .saturating_sub(usize::from(is_incomplete) + usize::from(is_nested))
}

/// Lines of a code block, of which the last stand in the block that is wanted and the others before it.
fn between<'a>(
    document: &'a Document,
    wanted: Wanted<'_>,
    lines: Range<usize>,
) -> impl Iterator<Item = CodeLine> + 'a {
    let blocks = document.blocks();
    let code = wanted.run.block;
    let first = |index: usize| {
        let line = blocks
            .get(index)
            .and_then(|block| all_code_lines(block).next());
        line.filter(|line| line.block == code)
    };
    let mut index = wanted.index;
    while first(index).is_some_and(|line| line.number > lines.start || line.begun > 0)
        && let Some(before) = index.checked_sub(1)
    {
        index = before;
    }
    blocks
        .get(index..=wanted.index)
        .unwrap_or_default()
        .iter()
        .flat_map(code_lines)
        .filter(move |line| line.block == code)
        .skip_while(move |line| line.number < lines.start)
        .take_while(move |line| line.number < lines.end)
}
