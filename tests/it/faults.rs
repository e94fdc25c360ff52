//! The workshop's own thread when work on a text panics: the text is read on, plain, and whatever comes after it is
//! done as before.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ratatui::style::Color;
use tokio::time::timeout;
use waferdeck::{
    app::Msg,
    chat::AnswerId,
    markdown::Highlighter,
    runtime::{inbox::Inbox, workshop},
    ui::{Job, Worker},
};

use crate::stage::{Picture, Stage};

/// Nothing here takes longer, unless it hangs.
const DEADLINE: Duration = Duration::from_mins(1);

/// A workbench whose workshop panics over the first of some jobs.
struct Bench {
    stage: Stage,
    inbox: Arc<Inbox>,
    answer: AnswerId,
    /// Such jobs so far.
    jobs: Arc<AtomicUsize>,
    /// Workers so far.
    workers: Arc<AtomicUsize>,
}

impl Bench {
    fn new(is_fatal: fn(&Job) -> bool) -> Self {
        let inbox = Arc::<Inbox>::default();
        let (jobs, workers) = <(Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
        let (seen, made) = (Arc::clone(&jobs), Arc::clone(&workers));
        let workshop = workshop::open_with(Arc::clone(&inbox), move || {
            made.fetch_add(1, Ordering::SeqCst);
            let mut worker = Worker::new(Highlighter::new(), Duration::default);
            let seen = Arc::clone(&seen);
            move |job, is_pressed: &dyn Fn() -> bool| {
                let is_first = is_fatal(&job) && seen.fetch_add(1, Ordering::SeqCst) == 0;
                assert!(!is_first, "a defect, as this test wants it");
                worker.work(job, is_pressed)
            }
        });
        let mut stage = Stage::new();
        stage.leave_work_to(workshop.expect("a thread"));
        let answer = stage.ask("code, please");
        Self {
            stage,
            inbox,
            answer,
            jobs,
            workers,
        }
    }

    /// Draws as often as the workshop rings, until the picture is as it should be.
    async fn until(&mut self, is_right: impl Fn(&Picture) -> bool) -> Picture {
        let mut last = Vec::new();
        let drawn = timeout(DEADLINE, async {
            loop {
                let picture = self.stage.draw(80, 24);
                if is_right(&picture) {
                    return picture;
                }
                last = picture.rows();
                self.inbox.wait().await;
                assert_eq!(self.inbox.take(), [Msg::WorkDone]);
            }
        });
        let drawn = drawn.await;
        drawn.unwrap_or_else(|_| panic!("it never came:\n{}", last.join("\n")))
    }

    async fn wait_for(&self, is_so: impl Fn(&Self) -> bool) {
        let so = timeout(DEADLINE, async {
            while !is_so(self) {
                tokio::task::yield_now().await;
            }
        });
        so.await.expect("a thread that goes on");
    }

    fn jobs(&self) -> usize {
        self.jobs.load(Ordering::SeqCst)
    }

    fn workers(&self) -> usize {
        self.workers.load(Ordering::SeqCst)
    }
}

/// The colours of a line of code, from where it begins.
fn colours(picture: &Picture, code: &str) -> HashSet<Option<Color>> {
    let rows = picture.rows();
    let row = rows.iter().position(|row| row.contains(code));
    let row = row.unwrap_or_else(|| panic!("no {code:?}:\n{}", rows.join("\n")));
    let y = u16::try_from(row).expect("a row");
    (0..80)
        .map(|x| &picture.buffer[(x, y)])
        .skip_while(|cell| cell.symbol() != "l")
        .take(code.len())
        .map(|cell| cell.style().fg)
        .collect()
}

#[tokio::test]
async fn code_whose_colours_panic_stays_plain_and_the_next_has_some() {
    let mut bench = Bench::new(|job| matches!(job, Job::Colour(_)));
    bench
        .stage
        .text(bench.answer, "```rust\nlet broken = 1;\n```\n\n");
    let picture = bench.stage.draw(80, 24);
    assert_eq!(colours(&picture, "let broken = 1;").len(), 1);
    bench.wait_for(|bench| bench.workers() == 2).await;
    for _ in 0..10 {
        bench.stage.draw(80, 24);
    }
    assert_eq!(bench.jobs(), 1, "it is not asked for again");

    bench.stage.text(
        bench.answer,
        "```rust\nlet wafer = 1;\n```\n\nMore *text*.\n",
    );
    let has_colours = |picture: &Picture| colours(picture, "let wafer = 1;").len() > 1;
    let picture = bench.until(has_colours).await;
    assert_eq!(colours(&picture, "let broken = 1;").len(), 1);
    assert!(picture.rows().iter().any(|row| row.contains("More text.")));
    assert_eq!((bench.jobs(), bench.workers()), (2, 2));
}

/// More text than is read between two frames.
fn paragraphs(what: &str, of: &str) -> String {
    let paragraphs = (0..5_000).map(|n| format!("{what} {n} of *{of}*."));
    paragraphs.collect::<Vec<_>>().join("\n\n") + "\n\n"
}

#[tokio::test]
async fn text_whose_reading_panics_stands_there_as_it_was_written() {
    let mut bench = Bench::new(|job| matches!(job, Job::Grow(_)));
    let text = paragraphs("Paragraph", "many");
    bench.stage.text(bench.answer, &text);
    let has = |text: &'static str| {
        move |picture: &Picture| picture.rows().iter().any(|row| row.contains(text))
    };
    bench.until(has("Paragraph 4999 of *many*.")).await;
    bench.stage.text(bench.answer, "A *late* one.\n\n");
    bench.until(has("A late one.")).await;
    bench.stage.keys("tab g");
    bench.until(has("Paragraph 3 of *many*.")).await;
    assert_eq!((bench.jobs(), bench.workers()), (1, 2));

    let text = paragraphs("Sentence", "more");
    bench.stage.text(bench.answer, &text);
    bench.stage.keys("G");
    bench.until(has("Sentence 4999 of more.")).await;
    bench.wait_for(|bench| bench.jobs() == 2).await;
}
