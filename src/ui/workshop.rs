//! The way by which slow work leaves the drawing thread and comes back done. What the work is stands here and below;
//! on which thread it is done is `runtime`'s business, or nobody's: [`Workshop::inline`] does it at once.

mod colourist;
#[cfg(test)]
pub(crate) mod samples;

use std::{collections::VecDeque, fmt, sync::Arc, time::Duration};

use super::transcript::Text;
use crate::{
    chat::{Answer, AnswerId},
    markdown::{Ahead, Highlighter, LineRoles},
};
use colourist::Colourist;

/// Something to be done.
#[derive(Debug)]
pub enum Job {
    /// Lines of code want their colours.
    Colour(Colouring),
    /// Much text is to be read.
    Grow(Growing),
}

/// Something that was done.
#[derive(Debug)]
pub enum Done {
    /// Lines of code have their colours, or never will.
    Colour(Coloured),
    /// Text was read, or was not.
    Grown(Grown),
}

/// How soon a job is wanted. Among equals the newest is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// For what may be looked at next.
    Near,
    /// For what is on screen as a glimpse.
    Glimpsed,
    /// For what is on screen.
    Shown,
}

impl Done {
    /// Takes the first colours out of what was done.
    pub fn take_colours(all: &mut VecDeque<Self>) -> Option<Coloured> {
        let place = all.iter().position(Self::is_colours)?;
        match all.remove(place)? {
            Self::Colour(colours) => Some(colours),
            Self::Grown(_) => None,
        }
    }

    /// Whether it is colours.
    pub fn is_colours(&self) -> bool {
        matches!(self, Self::Colour(_))
    }
}

impl Job {
    /// How soon it is wanted.
    pub fn rank(&self) -> Rank {
        match self {
            Self::Colour(job) if job.is_shown => Rank::Shown,
            Self::Colour(_) => Rank::Near,
            Self::Grow(_) => Rank::Glimpsed,
        }
    }

    /// The answer if there is no room for it now; it may be given again.
    pub fn refused(&self) -> Done {
        match self {
            Self::Colour(job) => job.answer(Outcome::Lost),
            Self::Grow(job) => job.answer(GrowOutcome::Refused),
        }
    }

    /// The answer if doing it fails, and would again.
    pub fn failed(&self) -> Done {
        match self {
            Self::Colour(job) => job.answer(Outcome::Plain { from: job.first }),
            Self::Grow(job) => job.answer(GrowOutcome::Failed),
        }
    }
}

/// Lines of a code block to be highlighted.
#[derive(Debug)]
pub struct Colouring {
    pub(super) place: CodePlace,
    /// Names the run of highlighting that the lines belong to; a new one begins with line 0.
    pub(super) id: u64,
    pub(super) language: Arc<str>,
    /// The number of the first line.
    pub(super) first: usize,
    /// Lines that stay as they are, each with its line break.
    pub(super) code: String,
    /// Lines after them that may still change.
    pub(super) tail: String,
    /// The first line whose roles are wanted.
    pub(super) keep_from: usize,
    /// Whether it is on screen.
    pub(super) is_shown: bool,
    pub(super) progress: Progress,
}

/// How far a job has come.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Bytes of the code.
    bytes: usize,
    lines: usize,
    roles: Vec<LineRoles>,
}

/// What came of lines of a code block.
#[derive(Debug)]
pub struct Coloured {
    pub(super) place: CodePlace,
    pub(super) id: u64,
    pub(super) outcome: Outcome,
}

/// Text of an answer to be read as Markdown.
#[derive(Debug)]
pub struct Growing {
    pub(super) owner: Owner,
    pub(super) id: u64,
    pub(super) ahead: Box<Ahead>,
}

/// What came of text that was to be read.
#[derive(Debug)]
pub struct Grown {
    pub(super) owner: Owner,
    pub(super) id: u64,
    pub(super) outcome: GrowOutcome,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum GrowOutcome {
    Done(Box<Ahead>),
    /// There was no room for it.
    Refused,
    /// It would fail again.
    Failed,
}

impl Growing {
    fn answer(&self, outcome: GrowOutcome) -> Done {
        Done::Grown(Grown {
            owner: self.owner,
            id: self.id,
            outcome,
        })
    }

    /// Reads on until everything is read, or something more urgent waits.
    fn work(mut self, is_pressed: &dyn Fn() -> bool) -> Work {
        while self.ahead.step() {
            if is_pressed() {
                return Work::Aside(Job::Grow(self));
            }
        }
        Work::Done(Done::Grown(Grown {
            owner: self.owner,
            id: self.id,
            outcome: GrowOutcome::Done(self.ahead),
        }))
    }
}

/// Whose text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    pub(super) answer: AnswerId,
    pub(super) text: Text,
}

impl Owner {
    pub(super) fn of(answer: &Answer, text: Text) -> Self {
        Self {
            answer: answer.id,
            text,
        }
    }
}

/// Where a code block stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CodePlace {
    pub(super) owner: Owner,
    /// Where in the text it begins.
    pub(super) block: usize,
}

/// What came of lines of code.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The roles of the lines from `first` on; without an entry for those that were not wanted.
    Roles {
        first: usize,
        lines: Vec<LineRoles>,
        /// Lines from here on stay plain.
        plain_from: Option<usize>,
    },
    /// Lines from here on stay plain.
    Plain { from: usize },
    /// What comes before the lines was forgotten: the block has to be begun again.
    Lost,
}

impl Colouring {
    fn answer(&self, outcome: Outcome) -> Done {
        Done::Colour(Coloured {
            place: self.place,
            id: self.id,
            outcome,
        })
    }
}

/// Who does the jobs, as the drawing thread sees them.
pub trait Hands: fmt::Debug {
    /// A frame begins: the time that it may wait counts from here.
    fn begin_frame(&mut self);

    /// Takes a job; never waits.
    fn give(&mut self, job: Job);

    /// What was done, oldest first; never waits. Text that was read is taken between frames alone: in the middle of one
    /// it would move what that frame has found already.
    fn take(&mut self) -> Option<Done>;

    /// The colours that came, oldest first; never waits.
    fn take_colours(&mut self) -> Option<Coloured>;

    /// The colours that come next, if that is within the time that this frame may wait.
    fn wait(&mut self) -> Option<Coloured>;

    /// A frame ended; says whether another one is wanted when something is done.
    fn end_frame(&mut self, is_awaited: bool);
}

/// Does jobs on the thread that calls it, and keeps what it needs from one to the next.
#[derive(Debug)]
pub struct Worker {
    colourist: Colourist,
}

/// What came of working on a job.
#[derive(Debug)]
pub enum Work {
    /// It is done.
    Done(Done),
    /// It was put aside for something more urgent, and goes on where it was left.
    Aside(Job),
}

impl Worker {
    /// A worker whose `clock` tells how long it has worked.
    pub fn new(highlighter: Highlighter, clock: fn() -> Duration) -> Self {
        Self {
            colourist: Colourist::new(highlighter, clock),
        }
    }

    /// Does a job, or a part of it once `is_pressed` says that something more urgent waits.
    pub fn work(&mut self, job: Job, is_pressed: &dyn Fn() -> bool) -> Work {
        match job {
            Job::Colour(job) => self.colourist.work(job, is_pressed),
            Job::Grow(job) => job.work(is_pressed),
        }
    }

    /// Does a job to its end.
    pub fn finish(&mut self, mut job: Job) -> Done {
        loop {
            match self.work(job, &|| false) {
                Work::Done(done) => return done,
                Work::Aside(rest) => job = rest,
            }
        }
    }
}

/// The drawing thread's end of the workshop.
#[derive(Debug)]
pub struct Workshop {
    hands: Box<dyn Hands>,
    /// A job is done when it was given.
    is_inline: bool,
    last_id: u64,
}

impl Workshop {
    /// A workshop whose jobs are done by `hands`.
    pub fn new(hands: impl Hands + 'static) -> Self {
        Self {
            hands: Box::new(hands),
            is_inline: false,
            last_id: 0,
        }
    }

    /// A workshop that does each job at once, where the same is to be drawn every time.
    pub fn inline(highlighter: Highlighter) -> Self {
        let hands = Inline {
            worker: Worker::new(highlighter, Duration::default),
            done: VecDeque::new(),
        };
        Self {
            is_inline: true,
            ..Self::new(hands)
        }
    }

    /// Whether a job is done when it was given.
    pub(super) fn is_inline(&self) -> bool {
        self.is_inline
    }

    pub(super) fn hands(&mut self) -> &mut dyn Hands {
        &mut *self.hands
    }

    /// A name that no other run of highlighting has.
    pub(super) fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

/// Does jobs at once.
#[derive(Debug)]
struct Inline {
    worker: Worker,
    done: VecDeque<Done>,
}

impl Hands for Inline {
    fn begin_frame(&mut self) {}

    fn give(&mut self, job: Job) {
        let done = self.worker.finish(job);
        self.done.push_back(done);
    }

    fn take(&mut self) -> Option<Done> {
        self.done.pop_front()
    }

    fn take_colours(&mut self) -> Option<Coloured> {
        Done::take_colours(&mut self.done)
    }

    fn wait(&mut self) -> Option<Coloured> {
        self.take_colours()
    }

    fn end_frame(&mut self, _: bool) {}
}
