//! A stream and a workshop whose work the tests do: what is sent, what is shown before it is done, and after.

use std::{cell::RefCell, collections::VecDeque, time::Duration};

use super::*;
use crate::{
    chat::{AnswerId, IdSource, Timestamp},
    markdown::{CodeRole, Highlighter, LayoutOptions, LongLines},
    ui::{
        transcript::Text,
        workshop::{Done, Hands, Job, Worker},
    },
};

mod away;
mod layouts;

/// Jobs that lie there until somebody does them.
#[derive(Clone, Debug, Default)]
struct Heap(Rc<RefCell<VecDeque<Job>>>);

impl Hands for Heap {
    fn begin_frame(&mut self) {}

    fn give(&mut self, job: Job) {
        self.0.borrow_mut().push_back(job);
    }

    fn take(&mut self) -> Option<Done> {
        None
    }

    fn take_colours(&mut self) -> Option<Coloured> {
        None
    }

    fn wait(&mut self) -> Option<Coloured> {
        None
    }

    fn end_frame(&mut self, _: bool) {}
}

struct Scene {
    stream: Stream,
    text: String,
    heap: Heap,
    workshop: Workshop,
    worker: Worker,
    frame: u64,
}

const SHAPE: Shape = Shape {
    options: LayoutOptions {
        measure: 100,
        long_lines: LongLines::Wrap,
        line_numbers: false,
    },
    width: 60,
    raw: false,
    first_space: false,
};

impl Scene {
    fn new(text: &str) -> Self {
        let heap = Heap::default();
        let mut scene = Self {
            stream: Stream::default(),
            text: String::new(),
            workshop: Workshop::new(heap.clone()),
            heap,
            worker: Worker::new(Highlighter::new(), Duration::default),
            frame: 0,
        };
        scene.grow(text);
        scene
    }

    fn grow(&mut self, text: &str) {
        self.text.push_str(text);
        self.feed(false);
    }

    fn end(&mut self) {
        self.feed(true);
    }

    /// What is much is read elsewhere, at once.
    fn feed(&mut self, ended: bool) {
        self.stream.feed(&self.text, ended, false);
        if !self.stream.send(Self::owner(), &mut self.workshop) {
            return;
        }
        let job = self.heap.0.borrow_mut().pop_back().expect("it was sent");
        let Done::Grown(grown) = self.worker.finish(job) else {
            panic!("not read");
        };
        self.stream.take_grown(grown);
    }

    fn owner() -> Owner {
        Owner {
            answer: AnswerId::from_uuid(IdSource::new(1).next(Timestamp(1))),
            text: Text::Content,
        }
    }

    /// Shows blocks in a frame of their own.
    fn show(&mut self, blocks: RangeInclusive<usize>) {
        self.frame += 1;
        for block in blocks {
            self.stream.show(block, self.frame);
            self.stream
                .colour(block, Self::owner(), true, self.frame, &mut self.workshop);
        }
    }

    /// The job that was sent: its first line, its lines, and those that may change.
    #[track_caller]
    fn sent(&self) -> (usize, String, String) {
        let jobs = self.heap.0.borrow();
        assert_eq!(jobs.len(), 1, "{jobs:?}");
        let Some(Job::Colour(job)) = jobs.front() else {
            panic!("no job");
        };
        (job.first, job.code.clone(), job.tail.clone())
    }

    fn is_idle(&self) -> bool {
        self.heap.0.borrow().is_empty()
    }

    /// Does what was sent.
    fn work(&mut self) {
        while let Some(job) = self.next_job() {
            let Done::Colour(done) = self.worker.finish(job) else {
                panic!("not coloured");
            };
            self.stream.take(done);
        }
    }

    fn next_job(&self) -> Option<Job> {
        self.heap.0.borrow_mut().pop_front()
    }

    /// Shows and works until nothing is left; answers how many jobs that took.
    fn settle(&mut self, block: usize) -> usize {
        for jobs in 0..1_000 {
            self.show(block..=block);
            if self.is_idle() {
                return jobs;
            }
            self.work();
        }
        panic!("there is no end");
    }

    fn coloured_lines(&self) -> usize {
        self.stream.colours.looks().map(|(_, lines)| lines).sum()
    }

    /// Text of a block, with the pieces that have a colour in brackets.
    fn picture(&mut self, block: usize) -> String {
        let rows = self.stream.rows(block, SHAPE);
        let mut out = String::new();
        for index in 0..rows.len() {
            let Some(super::super::rows::RowRef::Row(row)) = rows.get(index) else {
                continue;
            };
            for span in &row.spans {
                match span.style.role {
                    Role::CodeEdge => out.push_str("  "),
                    Role::Code(CodeRole::Keyword) => out.push_str(&format!("[{}]", span.text)),
                    _ => out.push_str(&span.text),
                }
            }
            out = out.trim_end().to_owned() + "\n";
        }
        out
    }

    fn is_coloured(&mut self, block: usize) -> bool {
        self.picture(block).contains('[')
    }
}

#[test]
fn code_is_plain_until_its_colours_come_and_keeps_its_height() {
    let mut scene = Scene::new("text\n\n```rust\nlet x;\n```\n\nend");
    scene.show(0..=1);
    assert_eq!(scene.picture(1), "  rust\n  let x;\n");
    let height = scene.stream.known_height(1, SHAPE);
    scene.work();
    assert_eq!(scene.picture(1), "  rust\n  [let] x;\n");
    assert_eq!(scene.stream.known_height(1, SHAPE), height);
    scene.show(0..=1);
    assert!(scene.is_idle());
    // Another width needs no other colours.
    let wide = Shape { width: 30, ..SHAPE };
    assert_eq!(scene.stream.rows(1, wide).len(), 3);
    scene.show(0..=1);
    assert!(scene.is_idle());
}

#[test]
fn lines_are_sent_once_and_the_last_one_as_often_as_it_changes() {
    let mut scene = Scene::new("```rust\nlet a;\nlet b");
    scene.show(0..=0);
    assert_eq!(scene.sent(), (0, "let a;\n".into(), "let b\n".into()));
    scene.work();
    assert_eq!(scene.picture(0), "  rust\n  [let] a;\n  [let] b\n");
    scene.grow("c; let");
    assert_eq!(
        scene.picture(0),
        "  rust\n  [let] a;\n  [let] bc; let\n",
        "what was coloured stays so"
    );
    scene.show(0..=0);
    assert_eq!(scene.sent(), (1, String::new(), "let bc; let\n".into()));
    scene.work();
    assert_eq!(scene.picture(0), "  rust\n  [let] a;\n  [let] bc; [let]\n");
    scene.show(0..=0);
    assert!(scene.is_idle(), "nothing is new");
    scene.grow(" d;\n");
    scene.show(0..=0);
    assert_eq!(scene.sent(), (1, "let bc; let d;\n".into(), String::new()));
    scene.work();
    let coloured = scene.picture(0);
    scene.grow("```\n");
    assert_eq!(scene.picture(0), coloured, "a fence that closes");
    scene.end();
    assert_eq!(scene.picture(0), coloured, "an answer that ends");
    scene.show(0..=0);
    assert!(scene.is_idle());
}

#[test]
fn while_lines_are_under_way_nothing_more_is_sent() {
    let mut scene = Scene::new("```rust\nlet a;\n");
    scene.show(0..=0);
    scene.grow("let b;\nlet c;\n");
    scene.show(0..=0);
    assert_eq!(scene.sent(), (0, "let a;\n".into(), String::new()));
    scene.work();
    scene.show(0..=0);
    let both = "let b;\nlet c;\n".into();
    assert_eq!(scene.sent(), (1, both, String::new()));
}

fn long(lines: usize) -> String {
    format!("```rust\n{}```\n\nend", "let x;\n".repeat(lines))
}

#[test]
fn a_jump_into_the_middle_goes_there_in_portions_and_comes_back_at_once() {
    let mut scene = Scene::new(&long(5_000));
    let middle = 40;
    scene.show(middle..=middle);
    assert!(!scene.is_coloured(middle));
    assert_eq!(scene.settle(middle), 3, "2,624 lines in portions of 1,024");
    assert!(scene.is_coloured(middle));
    assert_eq!(
        scene.coloured_lines(),
        3 * 64,
        "what is far away is not kept"
    );
    scene.show(1..=1);
    let (first, code, _) = scene.sent();
    assert_eq!((first, code.lines().count()), (64, 64));
    scene.work();
    assert!(scene.is_coloured(1));
    assert_eq!(scene.settle(41), 1);
}

#[test]
fn who_left_is_not_worked_for() {
    let mut scene = Scene::new(&format!("{}\n\n{}", long(5_000), "word\n\n".repeat(200)));
    scene.show(70..=70);
    let last = scene.stream.block_count(false) - 1;
    scene.work();
    scene.show(last..=last);
    scene
        .stream
        .look_ahead(Scene::owner(), scene.frame, &mut scene.workshop);
    assert!(scene.is_idle());
}

#[test]
fn code_near_the_screen_is_prepared() {
    let mut scene = Scene::new(&format!(
        "{}\n\nend\n\n{}",
        "word\n\n".repeat(10),
        long(300)
    ));
    scene.show(0..=3);
    assert!(scene.is_idle());
    scene
        .stream
        .look_ahead(Scene::owner(), scene.frame, &mut scene.workshop);
    let (first, code, _) = scene.sent();
    assert_eq!(
        (first, code.lines().count()),
        (0, 64),
        "the first piece only"
    );
}

#[test]
fn colours_far_away_are_forgotten_and_come_again() {
    let mut scene = Scene::new(&long(200));
    for block in 0..3 {
        scene.settle(block);
    }
    let now = scene.frame;
    scene.show(2..=2);
    scene.stream.forget_colours(now + 1);
    assert_eq!(scene.coloured_lines(), 64);
    assert!(scene.is_coloured(2));
    scene.show(0..=0);
    let (first, code, _) = scene.sent();
    assert_eq!((first, code.lines().count()), (0, 64));
    scene.work();
    assert!(scene.is_coloured(0));
}

#[test]
fn who_was_forgotten_begins_again() {
    let mut scene = Scene::new(&long(200));
    scene.settle(0);
    scene.worker = Worker::new(Highlighter::new(), Duration::default);
    scene.show(1..=1);
    scene.work();
    assert!(!scene.is_coloured(1));
    assert_eq!(scene.settle(1), 1);
    assert!(scene.is_coloured(1));
}

#[test]
fn the_source_has_no_colours_and_those_of_the_rest_stay() {
    let mut scene = Scene::new("```rust\nlet a;\n```\n\nend");
    scene.settle(0);
    let raw = Shape { raw: true, ..SHAPE };
    scene.stream.feed(&scene.text, false, true);
    assert_eq!(scene.stream.rows(0, raw).len(), 5);
    assert!(scene.is_idle());
    assert!(scene.is_coloured(0));
}

#[test]
fn code_in_a_list_and_in_a_quote_is_coloured_as_it_grows() {
    let source = "- item\n\n  ```rust\n  let a;\n  let b;\n  ```\n\n> ```rust\n> let c;\n> let d;\n> ```\n\nend";
    let mut scene = Scene::new("");
    for c in source.chars() {
        scene.grow(c.encode_utf8(&mut [0; 4]));
        // A sign may be the mark of anything: nothing is shown yet.
        let Some(last) = scene.stream.block_count(false).checked_sub(1) else {
            continue;
        };
        scene.show(0..=last);
        scene.work();
    }
    scene.end();
    for block in 0..scene.stream.block_count(false) {
        scene.settle(block);
    }
    assert!(scene.picture(0).contains("[let] a;\n    [let] b;"));
    let quote = scene.picture(1);
    assert!(
        quote.contains("[let] c;") && quote.contains("[let] d;"),
        "{quote}"
    );
}

#[test]
fn a_language_that_nobody_knows_is_asked_for_once() {
    let mut scene = Scene::new("```nope\nlet a;\n");
    assert_eq!(scene.settle(0), 1);
    scene.grow("let b;\n");
    assert_eq!(scene.settle(0), 0);
    let mut none = Scene::new("```\nlet a;\n");
    assert_eq!(none.settle(0), 0);
}

#[test]
fn a_piece_that_settles_while_the_next_begins_costs_nothing_more() {
    let mut scene = Scene::new("```rust\n");
    scene.grow(&"let x;\n".repeat(62));
    scene.settle(0);
    scene.grow(&"let x;\n".repeat(10));
    scene.show(1..=1);
    let (first, code, _) = scene.sent();
    assert_eq!((first, code.lines().count()), (62, 10));
    scene.work();
    scene.show(0..=1);
    assert!(scene.is_idle());
    assert_eq!(scene.picture(0).matches("[let]").count(), 64);
}

#[test]
fn only_what_was_on_screen_is_watched() {
    let mut scene = Scene::new(&"word\n\n".repeat(20));
    scene.show(3..=5);
    let next = scene.frame + 1;
    let watched: Vec<usize> = (0..20)
        .filter(|&b| scene.stream.is_watched(b, next))
        .collect();
    assert_eq!(watched, [3, 4, 5, 6]);
    assert!(!scene.stream.is_watched(4, next + 1));
}

#[test]
fn nested_code_that_settles_in_parts_is_coloured_as_one() {
    let code = "  let a = 1;\n".repeat(250);
    let mut scene = Scene::new(&format!("- item\n\n  ```rust\n{code}  /* open\n"));
    scene.grow(&code);
    scene.grow("  */\n  let a;\n  ```\n- next\n");
    scene.end();
    let last = scene.stream.block_count(false) - 2;
    assert!(last > 10);
    scene.settle(last);
    let picture = scene.picture(last);
    assert!(picture.contains("[let] a;"), "{picture}");
    assert!(!picture.contains("[let] a = 1;"), "{picture}");
    for block in 0..last {
        scene.settle(block);
    }
    assert!(scene.picture(3).contains("[let] a = 1;"));
    assert_eq!(scene.stream.block_range(900).start, 0);
    let item = scene.stream.block_range(5_000);
    assert!(item.contains(&900));
    let item = scene.stream.source().get(item).unwrap();
    assert!(item.ends_with("```\n"));
}

#[test]
fn a_long_line_in_parts_is_sent_once_and_stays_plain() {
    let long = format!("let b = \"{}\";\n", "x y ".repeat(90_000));
    for (start, indent) in [("", ""), ("- ", "  ")] {
        let source =
            format!("{start}```rust\n{indent}let a;\n{indent}{long}{indent}let c;\n{indent}```\n");
        let mut scene = Scene::new(&source);
        scene.end();
        let last = scene.stream.block_count(false) - 1;
        assert!(last > 0);
        assert_eq!(scene.settle(last), 1);
        assert!(scene.picture(last).contains("[let] c;"));
        assert!(scene.picture(0).contains("[let] a;"));
        assert!(!scene.picture(0).contains("[let] b"));
        assert!(scene.settle(0) == 0 && scene.settle(last / 2) == 0);
    }
}
