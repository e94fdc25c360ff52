//! A text that is read elsewhere: what is shown meanwhile, and that nothing is lost whatever becomes of it.

use super::*;
use crate::ui::transcript::pieces::SOURCE_LINES;

/// Headings and prose with so many parts.
fn parts(count: usize) -> String {
    (0..count).fold(String::new(), |text, part| {
        text + &format!(
            "## Part {part}

Some *prose* of part {part}, and more of it.

"
        ) + "- one
- two

"
    })
}

impl Scene {
    /// A frame around a byte: what is new is taken, and what is much is sent.
    fn frame_at(&mut self, around: usize, ended: bool) {
        self.frame += 1;
        self.stream.feed(&self.text, ended, false);
        self.stream.send(Self::owner(), &mut self.workshop);
        self.stream.feed(&self.text, ended, false);
        self.stream.glimpse(around);
    }

    /// The text of all rows there are, from the first block that was read on.
    fn rows_read(&mut self) -> String {
        let mut out = String::new();
        for block in 0..self.stream.block_count(false) {
            if !self.stream.is_unread(block, false) {
                out += &self.picture(block);
            }
        }
        out
    }

    /// The row of the text at a byte.
    fn row_at(&mut self, byte: usize) -> String {
        let block = self.stream.block_at(byte, false);
        let rows = self.stream.rows(block, SHAPE);
        match rows.get(rows.row_at(byte)) {
            Some(super::super::super::rows::RowRef::Row(row)) => row.text(),
            _ => String::new(),
        }
    }

    fn grown(&mut self, outcome: fn(Box<markdown::Ahead>) -> GrowOutcome) {
        let Some(Job::Grow(mut job)) = self.next_job() else {
            panic!("nothing was sent");
        };
        while job.ahead.step() {}
        self.stream.take_grown(Grown {
            owner: job.owner,
            id: job.id,
            outcome: outcome(job.ahead),
        });
    }

    fn come_back(&mut self) {
        self.grown(GrowOutcome::Done);
    }
}

fn large() -> Scene {
    let mut scene = Scene::new("");
    scene.text = parts(5_000);
    scene
}

#[test]
fn what_is_near_the_reader_is_there_at_once_and_stays_where_it_is() {
    let mut scene = large();
    let middle = scene.text.len() / 2;
    let rest = scene.text.get(middle..).expect("ascii");
    let middle = middle + rest.find("Some").expect("prose");
    scene.frame_at(middle, true);
    let row = scene.row_at(middle);
    assert!(row.starts_with("Some prose of part 2"), "{row}");
    assert!(scene.rows_read().len() < 64 * 1024);
    scene.come_back();
    scene.frame_at(middle, true);
    assert_eq!(scene.row_at(middle), row);
    assert!(scene.is_idle());
    assert!(scene.rows_read().contains("prose of part 0,"));
}

#[test]
fn text_that_comes_meanwhile_is_shown_and_read_with_the_rest() {
    let mut scene = large();
    scene.frame_at(usize::MAX, false);
    for word in ["Then ", "some ", "more."] {
        scene.text += word;
        scene.frame_at(usize::MAX, false);
    }
    assert!(scene.rows_read().ends_with("Then some more.\n"));
    assert_eq!(scene.heap.0.borrow().len(), 1, "one is under way");
    scene.come_back();
    scene.frame_at(usize::MAX, false);
    assert!(scene.rows_read().ends_with("Then some more.\n"));
    scene.text += &parts(5_000);
    scene.frame_at(usize::MAX, false);
    assert!(scene.rows_read().contains("part 4999,"));
    assert!(scene.rows_read().contains("part 0,"), "what was read stays");
    scene.come_back();
    scene.frame_at(usize::MAX, true);
    assert_eq!(scene.rows_read().matches("prose of part 4999,").count(), 2);
}

#[test]
fn an_answer_may_end_meanwhile() {
    let mut scene = large();
    scene.text = format!(
        "see [the docs][d]\n\n{}see [all][d]\n\n[d]: https://docs.rs/x",
        scene.text
    );
    scene.frame_at(usize::MAX, false);
    scene.frame_at(usize::MAX, true);
    assert!(scene.rows_read().contains("see "));
    let mut jobs = 0;
    while !scene.is_idle() {
        scene.come_back();
        scene.frame_at(usize::MAX, true);
        jobs += 1;
    }
    assert!(jobs > 4, "links come by and by");
    assert!(scene.rows_read().contains("see the docs (docs.rs)"));
    assert!(scene.rows_read().contains("see all (docs.rs)"));
}

#[test]
fn who_is_refused_asks_again() {
    let mut scene = large();
    scene.frame_at(usize::MAX, true);
    scene.grown(|_| GrowOutcome::Refused);
    let before = scene.rows_read();
    scene.frame_at(usize::MAX, true);
    assert_eq!(scene.rows_read(), before);
    scene.come_back();
    scene.frame_at(usize::MAX, true);
    assert!(scene.rows_read().contains("prose of part 0,"));
}

#[test]
fn what_cannot_be_read_is_shown_as_it_was_written() {
    let mut scene = large();
    scene.frame_at(usize::MAX, false);
    scene.grown(|_| GrowOutcome::Failed);
    scene.text += "\n\n*after*";
    scene.frame_at(usize::MAX, true);
    assert!(scene.is_idle());
    let rows = scene.rows_read();
    assert!(rows.starts_with("## Part 0\n") && rows.contains("## Part 4999\n"));
    assert!(rows.ends_with("after\n"));
}

#[test]
fn another_width_and_the_source_are_there_meanwhile() {
    let mut scene = large();
    scene.frame_at(usize::MAX, true);
    let last = scene.stream.block_count(false) - 1;
    let narrow = Shape { width: 10, ..SHAPE };
    assert!(scene.stream.rows(last, narrow).len() >= scene.stream.rows(last, SHAPE).len());
    scene.stream.feed(&scene.text, true, true);
    let pieces = scene.stream.block_count(true);
    assert_eq!(pieces, (5_000 * 7_usize).div_ceil(SOURCE_LINES));
    let raw = Shape { raw: true, ..SHAPE };
    assert_eq!(scene.stream.rows(0, raw).len(), SOURCE_LINES);
    scene.come_back();
    assert_eq!(scene.stream.block_count(true), pieces);
}

#[test]
fn an_answer_to_an_older_question_is_not_taken() {
    let mut scene = large();
    scene.frame_at(usize::MAX, true);
    let Some(Job::Grow(old)) = scene.next_job() else {
        panic!("nothing was sent");
    };
    scene.stream = Stream::default();
    scene.frame_at(usize::MAX, true);
    scene.stream.take_grown(Grown {
        owner: old.owner,
        id: old.id,
        outcome: GrowOutcome::Failed,
    });
    scene.come_back();
    scene.frame_at(usize::MAX, true);
    assert!(!scene.rows_read().contains("## Part"));
}

#[test]
fn code_behind_what_was_not_read_waits_for_its_colours() {
    let mut scene = Scene::new("");
    scene.text = long(40_000);
    scene.frame_at(usize::MAX, true);
    let code = scene.stream.block_count(false) - 2;
    scene.show(code..=code);
    assert_eq!(scene.heap.0.borrow().len(), 1, "only the text");
    assert_eq!(scene.picture(code).lines().next(), Some("  let x;"));
    scene.come_back();
    let code = scene.stream.block_count(false) - 2;
    scene.show(code..=code);
    assert_eq!(scene.sent().0, 0);
}
