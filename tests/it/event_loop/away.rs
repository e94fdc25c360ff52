//! A large answer is read elsewhere for as long as that takes; frames go on, and show what has come.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard},
};

use waferdeck::{
    markdown::Highlighter,
    ui::{Cache, ColorDepth, Coloured, Done, Hands, Job, Palette, Work, Worker, Workshop},
};

use super::*;

/// A workshop in which nothing is done until somebody says so.
#[derive(Clone, Debug, Default)]
struct Slow(Arc<Mutex<Bench>>);

#[derive(Debug, Default)]
struct Bench {
    jobs: VecDeque<Job>,
    done: VecDeque<Done>,
    is_awaited: bool,
}

impl Slow {
    fn bench(&self) -> MutexGuard<'_, Bench> {
        self.0.lock().expect("unbroken")
    }

    /// Jobs that wait.
    fn jobs(&self) -> usize {
        self.bench().jobs.len()
    }

    /// Does all there is; whether a frame waits for it.
    fn work(&self) -> bool {
        let mut worker = Worker::new(Highlighter::new(), Duration::default);
        let mut bench = self.bench();
        while let Some(mut job) = bench.jobs.pop_front() {
            loop {
                match worker.work(job, &|| true) {
                    Work::Done(done) => break bench.done.push_back(done),
                    Work::Aside(rest) => job = rest,
                }
            }
        }
        bench.is_awaited
    }
}

impl Hands for Slow {
    fn begin_frame(&mut self) {}

    fn give(&mut self, job: Job) {
        self.bench().jobs.push_back(job);
    }

    fn take(&mut self) -> Option<Done> {
        self.bench().done.pop_front()
    }

    fn take_colours(&mut self) -> Option<Coloured> {
        Done::take_colours(&mut self.bench().done)
    }

    fn wait(&mut self) -> Option<Coloured> {
        self.take_colours()
    }

    fn end_frame(&mut self, is_awaited: bool) {
        self.bench().is_awaited = is_awaited;
    }
}

fn delta(text: String) -> Vec<StreamEvent> {
    vec![StreamEvent::Delta(Delta {
        channel: Channel::Content,
        text,
        at: Duration::ZERO,
    })]
}

#[tokio::test(start_paused = true)]
async fn frames_go_on_while_much_text_is_read() {
    let (runner, inbox) = alone();
    let (mut model, answer) = streaming();
    let paragraphs = (0..20_000).map(|n| format!("Paragraph {n} of *many*.\n\n"));
    let events = delta(paragraphs.collect());
    update(&mut model, Msg::Stream { answer, events });
    let slow = Slow::default();
    let palette = Palette::new(&waferdeck::config::Theme::default(), ColorDepth::Sixteen);
    let cache = Cache::new(palette, Workshop::new(slow.clone()));
    let (ends, mut person) = sit_down(runner, Arc::clone(&inbox));
    let looping = Box::pin(run(ends, model, cache));
    let script = async {
        person.sees("Paragraph 19999 of many.").await;
        assert_eq!(slow.jobs(), 1);
        for n in 0..50 {
            let before = person.frames().len();
            inbox.post(Msg::Stream {
                answer,
                events: delta(format!("Late {n}.\n\n")),
            });
            person.sees(&format!("Late {n}.")).await;
            assert!(person.frames().len() > before);
        }
        assert_eq!(slow.jobs(), 1, "one at a time");
        // The reader goes to where nothing was read yet.
        person.press(KeyCode::Tab, KeyModifiers::NONE).await;
        person.write("g").await;
        person.sees("Paragraph 3 of many.").await;
        person.write("G").await;
        person.sees("Late 49.").await;

        assert!(slow.work(), "a frame waits for it");
        inbox.post(Msg::WorkDone);
        person.write("g").await;
        person.sees("Paragraph 3 of many.").await;
        person.write("G").await;
        person.sees("Late 49.").await;
        assert!(!slow.work(), "everything is there");
        person.ctrl('x').await;
        person.write("q").await;
        person.sees("Leave?").await;
        person.enter().await;
    };
    let both = timeout(Duration::from_mins(1), async {
        tokio::join!(looping, script)
    });
    let (left, ()) = both.await.expect("no end in sight");
    assert_eq!(left, Left::Quit);
}
