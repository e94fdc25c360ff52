//! A large text that comes back from where it was read while a frame is being drawn: that frame shows what it began
//! with, and the reader stays where he was. What the glimpse of such a text shows is tested where it is made.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use waferdeck::{
    chat::EndState,
    markdown::Highlighter,
    metrics::Channel,
    ui::{Coloured, Done, Hands, Job, Worker, Workshop},
};

use crate::stage::{Picture, Stage};

/// Does everything that waits as soon as a frame asks for colours: in its middle.
#[derive(Debug)]
struct Sudden {
    worker: Worker,
    jobs: VecDeque<Job>,
    done: VecDeque<Done>,
    /// Whether the last frame left something behind that it waits for.
    is_left: Arc<Mutex<bool>>,
}

impl Hands for Sudden {
    fn begin_frame(&mut self) {}

    fn give(&mut self, job: Job) {
        self.jobs.push_front(job);
    }

    fn take(&mut self) -> Option<Done> {
        self.done.pop_front()
    }

    fn take_colours(&mut self) -> Option<Coloured> {
        while let Some(job) = self.jobs.pop_back() {
            let done = self.worker.finish(job);
            self.done.push_back(done);
        }
        Done::take_colours(&mut self.done)
    }

    fn wait(&mut self) -> Option<Coloured> {
        self.take_colours()
    }

    fn end_frame(&mut self, is_awaited: bool) {
        *self.is_left.lock().expect("unbroken") = is_awaited && !self.done.is_empty();
    }
}

/// The rows of the transcript, without bar and badge.
fn text_rows(picture: &Picture) -> Vec<String> {
    let rows = picture.rows();
    let rows = rows.iter().skip(2).take(17);
    let text = rows.map(|row| row.chars().take(60).collect::<String>());
    text.map(|row| row.trim_end().to_owned()).collect()
}

#[test]
fn text_that_was_read_in_the_middle_of_a_frame_waits_for_the_next_one() {
    let is_left = Arc::default();
    let mut stage = Stage::new();
    let large = stage.ask("a large one");
    let paragraphs = (0..20_000).map(|n| format!("Paragraph {n} of *many*.\n\n"));
    let paragraphs: Vec<String> = paragraphs.collect();
    let paragraphs = paragraphs.concat();
    let bytes = paragraphs.len();
    stage.stream(large, Channel::Content, &paragraphs, bytes);
    stage.end(large, EndState::Complete);
    let small = stage.ask("a small one");
    stage.text(small, "```rust\nlet a = 1;\n```\n");
    stage.end(small, EndState::Complete);
    stage.leave_work_to(Workshop::new(Sudden {
        worker: Worker::new(Highlighter::new(), Duration::default),
        jobs: VecDeque::new(),
        done: VecDeque::new(),
        is_left: Arc::clone(&is_left),
    }));
    // Both are on screen, the large one first.
    stage.keys("tab k");
    let rows = text_rows(&stage.draw(80, 24));
    let is_seen = |text: &str| rows.iter().any(|row| row.contains(text));
    assert!(is_seen("Paragraph 19999 of many."), "{rows:#?}");
    assert!(is_seen("let a = 1;"), "{rows:#?}");
    let top = stage.model.frame.panes[0].top;
    let is_wanted = *is_left.lock().expect("unbroken");
    assert_eq!(text_rows(&stage.draw(80, 24)), rows);
    assert_eq!(stage.model.frame.panes[0].top, top);
    assert!(is_wanted, "it is shown as soon as it is there");
    stage.keys("k j");
    assert_eq!(text_rows(&stage.draw(80, 24)), rows);
    assert!(!*is_left.lock().expect("unbroken"));
}
