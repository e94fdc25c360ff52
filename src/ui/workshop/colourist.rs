//! Highlights lines of code blocks and remembers where it was in each, so that lines come once and in any portions.
//!
//! The state before each 64th line is kept: lines whose colours were forgotten are highlighted again from there. What
//! was not asked for longest is given up; whoever asks for it then is told to begin again.

use std::{collections::HashMap, time::Duration};

use super::{Colouring, Job, Outcome, Work};
use crate::markdown::{Highlighter, Highlighting, LineRoles};

/// Lines between two saved states.
const SPACING: usize = 64;
/// Code blocks whose states are kept; a screen shows far fewer.
const BLOCKS: usize = 64;
/// Saved states of all blocks, of under a kilobyte each: as many as the largest answer has if it is all code.
const CHECKPOINTS: usize = 4_096;
/// A line that takes longer is slow.
const SLOW: Duration = Duration::from_millis(50);
/// Slow lines after which a block stays plain. The first may have waited for its grammar to be compiled.
const SLOW_LINES: u8 = 2;

/// Highlights lines of code blocks.
#[derive(Debug)]
pub(super) struct Colourist {
    highlighter: Highlighter,
    /// How long this thread has worked.
    clock: fn() -> Duration,
    blocks: HashMap<u64, Saved>,
    /// Jobs so far.
    jobs: u64,
}

/// How far a code block is highlighted.
#[derive(Debug)]
struct Saved {
    /// After the last line that was highlighted.
    front: Highlighting,
    /// Lines before it.
    at: usize,
    /// Before each 64th line.
    checkpoints: Vec<Highlighting>,
    slow_lines: u8,
    /// Lines from here on stay plain.
    plain_from: Option<usize>,
    /// The last job that needed it.
    used: u64,
}

impl Colourist {
    pub(super) fn new(highlighter: Highlighter, clock: fn() -> Duration) -> Self {
        Self {
            highlighter,
            clock,
            blocks: HashMap::new(),
            jobs: 0,
        }
    }

    /// Highlights lines until they are done, or until something more urgent waits.
    pub(super) fn work(&mut self, mut job: Colouring, is_pressed: &dyn Fn() -> bool) -> Work {
        self.jobs += 1;
        let next = job.first + job.progress.lines;
        if next == 0 && !self.blocks.contains_key(&job.id) {
            let front = self.highlighter.begin(&job.language);
            self.blocks.insert(job.id, Saved::new(front));
        }
        let Some(saved) = self.blocks.get_mut(&job.id) else {
            return Work::Done(job.answer(Outcome::Lost));
        };
        saved.used = self.jobs;
        let is_done = if next == saved.at {
            let pen = Pen {
                highlighter: &self.highlighter,
                clock: self.clock,
                is_pressed,
            };
            pen.go_on(saved, &mut job)
        } else {
            let Some(state) = saved.before(job.first) else {
                return Work::Done(job.answer(Outcome::Lost));
            };
            job.progress.roles = roles(&self.highlighter, state, &job.code);
            true
        };
        let plain_from = saved.plain_from;
        self.make_room();
        if !is_done {
            return Work::Aside(Job::Colour(job));
        }
        let lines = std::mem::take(&mut job.progress.roles);
        Work::Done(job.answer(Outcome::Roles {
            first: job.first.max(job.keep_from),
            lines,
            plain_from,
        }))
    }

    /// Gives up what was not used for longest, but never what was used last.
    fn make_room(&mut self) {
        loop {
            let checkpoints: usize = self.blocks.values().map(|s| s.checkpoints.len()).sum();
            if self.blocks.len() <= BLOCKS && checkpoints <= CHECKPOINTS {
                return;
            }
            let oldest = self.blocks.iter().min_by_key(|(_, saved)| saved.used);
            match oldest.map(|(id, saved)| (*id, saved.used)) {
                Some((id, used)) if used < self.jobs => self.blocks.remove(&id),
                _ => return,
            };
        }
    }
}

impl Saved {
    fn new(front: Highlighting) -> Self {
        Self {
            plain_from: front.is_plain().then_some(0),
            front,
            at: 0,
            checkpoints: Vec::new(),
            slow_lines: 0,
            used: 0,
        }
    }

    /// The state before a line, if it was saved.
    fn before(&self, line: usize) -> Option<Highlighting> {
        let state = self.checkpoints.get(line / SPACING);
        state.filter(|_| line.is_multiple_of(SPACING)).cloned()
    }
}

/// What goes along new lines.
struct Pen<'a> {
    highlighter: &'a Highlighter,
    clock: fn() -> Duration,
    is_pressed: &'a dyn Fn() -> bool,
}

impl Pen<'_> {
    /// Goes on at the front; false if it stopped before the end.
    fn go_on(&self, saved: &mut Saved, job: &mut Colouring) -> bool {
        let mut before = (self.clock)();
        let rest = job.code.get(job.progress.bytes..).unwrap_or_default();
        for line in rest.split_inclusive('\n') {
            if saved.plain_from.is_some() {
                return true;
            }
            if job.progress.lines > 0 && (self.is_pressed)() {
                return false;
            }
            if saved.at.is_multiple_of(SPACING) {
                saved.checkpoints.push(saved.front.clone());
            }
            let roles = self.highlighter.line(&mut saved.front, line);
            if saved.at >= job.keep_from {
                job.progress.roles.push(roles);
            }
            saved.at += 1;
            job.progress.lines += 1;
            job.progress.bytes += line.len();
            let after = (self.clock)();
            if after.saturating_sub(before) > SLOW {
                saved.slow_lines += 1;
                saved.plain_from = (saved.slow_lines == SLOW_LINES).then_some(saved.at);
            }
            before = after;
        }
        if !job.tail.is_empty() && saved.plain_from.is_none() {
            let tail = roles(self.highlighter, saved.front.clone(), &job.tail);
            job.progress.roles.extend(tail);
        }
        true
    }
}

/// The roles of lines from a state on, which is not kept.
fn roles(highlighter: &Highlighter, mut state: Highlighting, code: &str) -> Vec<LineRoles> {
    let lines = code.split_inclusive('\n');
    lines
        .map(|line| highlighter.line(&mut state, line))
        .collect()
}

#[cfg(test)]
mod tests;
