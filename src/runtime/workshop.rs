//! The thread that does slow work for the one that draws: jobs in, results out, and a ring at the loop when a frame
//! waits for one. What the work is stands in `ui`.

use std::{
    collections::{BTreeMap, VecDeque},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};
use tokio::time::Instant;

use super::inbox::Inbox;
use crate::{
    app::Msg,
    markdown::Highlighter,
    ui::{Coloured, Done, Hands, Job, Rank, Work, Worker, Workshop},
};

/// How long one frame waits for what is nearly done: what streams is then coloured when it first shows.
const PATIENCE: Duration = Duration::from_millis(2);
/// Jobs that may wait; of each code block there is one at most. What is wanted least is refused beyond that.
const QUEUE: usize = 256;

/// Starts the thread. It ends when the workshop is dropped.
pub fn open(highlighter: Highlighter, inbox: Arc<Inbox>) -> io::Result<Workshop> {
    open_with(inbox, move || {
        let mut worker = Worker::new(highlighter.clone(), worked);
        move |job, is_pressed: &dyn Fn() -> bool| worker.work(job, is_pressed)
    })
}

/// Starts the thread, on which what `new_worker` makes does the jobs; after one that panics, a new one goes on.
pub fn open_with<W>(
    inbox: Arc<Inbox>,
    new_worker: impl Fn() -> W + Send + 'static,
) -> io::Result<Workshop>
where
    W: FnMut(Job, &dyn Fn() -> bool) -> Work,
{
    let desk = Arc::new(Desk::new(inbox));
    let worker = Arc::clone(&desk);
    thread::Builder::new()
        .name("workshop".to_owned())
        .spawn(move || work(&worker, new_worker))?;
    Ok(Workshop::new(Counter {
        desk,
        patience: PATIENCE,
    }))
}

/// What lies between the two threads.
#[derive(Debug)]
struct Desk {
    papers: Mutex<Papers>,
    /// Jobs came, or nobody wants any more.
    came: Condvar,
    /// Something was done.
    done: Condvar,
    inbox: Arc<Inbox>,
}

/// A job's rank, and how many came before it.
type Urgency = (Rank, u64);

#[derive(Debug, Default)]
struct Papers {
    /// By how soon they are wanted; among equals the newest comes last, which is where they are taken.
    jobs: BTreeMap<Urgency, Job>,
    /// Jobs that ever came.
    count: u64,
    done: VecDeque<Done>,
    /// A frame is wanted when something is done.
    is_awaited: bool,
    is_closed: bool,
}

impl Desk {
    fn new(inbox: Arc<Inbox>) -> Self {
        Self {
            papers: Mutex::default(),
            came: Condvar::new(),
            done: Condvar::new(),
            inbox,
        }
    }

    fn papers(&self) -> MutexGuard<'_, Papers> {
        // Lists of jobs are whole at any moment, also when a holder of the lock panicked.
        self.papers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the most urgent job; `None` when there will be none.
    fn next(&self) -> Option<(Urgency, Job)> {
        let mut papers = self.papers();
        loop {
            if papers.is_closed {
                return None;
            }
            if let Some(job) = papers.jobs.pop_last() {
                return Some(job);
            }
            papers = self
                .came
                .wait(papers)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn finish(&self, done: Done) {
        let mut papers = self.papers();
        papers.done.push_back(done);
        let ring = std::mem::take(&mut papers.is_awaited);
        drop(papers);
        self.done.notify_one();
        if ring {
            self.inbox.post(Msg::WorkDone);
        }
    }

    /// Puts a job back that was begun.
    fn put_aside(&self, urgency: Urgency, job: Job) {
        self.papers().jobs.insert(urgency, job);
    }

    /// Whether something is more urgent than the work at hand.
    fn is_pressed(&self, urgency: Urgency) -> bool {
        let papers = self.papers();
        let most_urgent = papers.jobs.last_key_value();
        papers.is_closed || most_urgent.is_some_and(|(other, _)| *other > urgency)
    }
}

/// The thread's life.
fn work<W>(desk: &Desk, new_worker: impl Fn() -> W)
where
    W: FnMut(Job, &dyn Fn() -> bool) -> Work,
{
    let mut worker = new_worker();
    while let Some((urgency, job)) = desk.next() {
        let failed = job.failed();
        let is_pressed = || desk.is_pressed(urgency);
        let work = catch_unwind(AssertUnwindSafe(|| worker(job, &is_pressed)));
        match work {
            Ok(Work::Done(done)) => desk.finish(done),
            Ok(Work::Aside(job)) => desk.put_aside(urgency, job),
            // What it kept may be broken. Whoever asks is told to begin again.
            Err(_) => {
                tracing::warn!(rank = ?urgency.0, "work on a text failed, it is shown as far as it came");
                worker = new_worker();
                desk.finish(failed);
            }
        }
    }
}

/// Time for which this thread ran: on a busy machine it stands still while others run.
fn worked() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// The drawing thread's side of the desk.
#[derive(Debug)]
struct Counter {
    desk: Arc<Desk>,
    /// What is left of the time that this frame may wait.
    patience: Duration,
}

impl Hands for Counter {
    fn begin_frame(&mut self) {
        self.patience = PATIENCE;
    }

    fn give(&mut self, job: Job) {
        let mut papers = self.desk.papers();
        papers.count += 1;
        let urgency = (job.rank(), papers.count);
        papers.jobs.insert(urgency, job);
        if papers.jobs.len() > QUEUE
            && let Some((_, job)) = papers.jobs.pop_first()
        {
            papers.done.push_back(job.refused());
        }
        drop(papers);
        self.desk.came.notify_one();
    }

    fn take(&mut self) -> Option<Done> {
        self.desk.papers().done.pop_front()
    }

    fn take_colours(&mut self) -> Option<Coloured> {
        Done::take_colours(&mut self.desk.papers().done)
    }

    fn wait(&mut self) -> Option<Coloured> {
        let begin = Instant::now();
        let papers = self.desk.papers();
        let has_none = |papers: &mut Papers| !papers.done.iter().any(Done::is_colours);
        let (mut papers, _) = self
            .desk
            .done
            .wait_timeout_while(papers, self.patience, has_none)
            .unwrap_or_else(PoisonError::into_inner);
        let done = Done::take_colours(&mut papers.done);
        self.patience = match done {
            Some(_) => self.patience.saturating_sub(begin.elapsed()),
            None => Duration::ZERO,
        };
        done
    }

    fn end_frame(&mut self, is_awaited: bool) {
        let mut papers = self.desk.papers();
        // What was done since the frame last looked is news already.
        let ring = is_awaited && !papers.done.is_empty();
        papers.is_awaited = is_awaited && !ring;
        drop(papers);
        if ring {
            self.desk.inbox.post(Msg::WorkDone);
        }
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.desk.papers().is_closed = true;
        self.desk.came.notify_one();
    }
}

#[cfg(test)]
mod tests;
