//! The splitter: a text that came in pieces is the text that came at once, and no text takes work that grows.
//!
//! Work is counted, not timed; `figures` prints both.

use proptest::prelude::*;
use tokio::time::Instant;
use waferdeck::markdown::{Document, code_blocks};

use super::generate::{self, Shape};
use super::picture::assert_drawn;
use super::seeds::try_with;
use super::support::{
    Cuts, block_rows, full_width, read_elsewhere, rows, streamed, whole, work_per_byte,
};

/// Bytes of work for each byte of a text, however long: a tail of some kilobytes is rendered anew for each frame.
const WORK_LIMIT: f64 = 60.0;

/// Bytes between two frames: 15,000 tokens a second, drawn sixty times.
const FRAME: usize = 1024;

/// Any cut of any text, short and long.
pub(super) fn target(seed: u64) {
    try_with(
        seed,
        40,
        &(generate::text(), generate::cuts()),
        |(source, cuts)| {
            check_split(&source, &cuts);
        },
    );
    let long = (
        generate::any_shape(),
        generate::any_shape(),
        1..24_000_usize,
        long_cuts(),
    );
    try_with(seed, 2, &long, |(first, second, bytes, cuts)| {
        check_split(&(first.of_size(bytes) + &second.of_size(bytes)), &cuts);
    });
    let large = (
        generate::any_shape(),
        generate::text(),
        generate::any_shape(),
        1..80_000_usize,
        large_cuts(),
    );
    try_with(seed, 1, &large, |(first, text, second, bytes, cuts)| {
        check_elsewhere(
            &(first.of_size(bytes) + &text + &second.of_size(bytes)),
            &cuts,
        );
    });
    try_with(
        seed,
        8,
        &(generate::text(), generate::cuts()),
        |(source, cuts)| {
            check_elsewhere(&source, &cuts);
        },
    );
    try_with(seed, 1, &generate::any_shape(), |shape| {
        check_work(&[shape], &[4, 48]);
    });
}

fn long_cuts() -> impl Strategy<Value = Cuts> {
    prop::collection::vec((1..4000_usize, any::<bool>()), 1..12)
}

/// More at once than is read between two frames.
fn large_cuts() -> impl Strategy<Value = Cuts> {
    prop::collection::vec((1..60_000_usize, any::<bool>()), 1..12)
}

/// What was read elsewhere is what is read here, and a glimpse has its blocks in order and its rows drawn.
fn check_elsewhere(source: &str, cuts: &[(usize, bool)]) {
    let read = read_elsewhere(source, cuts, |glimpse| {
        let mut end = 0;
        for block in glimpse.blocks() {
            assert!(block.source.start >= end, "blocks overlap at {end}");
            end = block.source.end;
        }
        assert!(end <= glimpse.source().len());
        let near = glimpse.blocks().iter().skip(glimpse.settled()).take(40);
        let rows: Vec<_> = near.flat_map(|block| block_rows(block, 40)).collect();
        assert_drawn(&rows, 40);
    });
    let whole = whole(source);
    assert_eq!(read.source(), whole.source());
    assert_eq!(read.settled(), read.blocks().len());
    assert_same(&read, &whole);
}

fn check_split(source: &str, cuts: &[(usize, bool)]) {
    let whole = whole(source);
    let streamed = streamed(source, cuts);
    assert_eq!(streamed.source(), whole.source());
    assert_same(&streamed, &whole);
    let code: Vec<_> = code_blocks(whole.source());
    assert!(code.iter().all(|block| !block.code.contains('\r')));
}

/// The same rows from the same places. Where a block ends is not compared: a definition between two blocks shows nothing,
/// and belongs to the one or the other by when its lines came.
#[track_caller]
fn assert_same(streamed: &Document, whole: &Document) {
    let columns = 40;
    let [streamed_rows, whole_rows] =
        [streamed, whole].map(|document| rows(document, columns, full_width(columns)));
    for (streamed, whole) in streamed_rows.iter().zip(&whole_rows) {
        assert_eq!(streamed, whole);
    }
    assert_eq!(streamed_rows.len(), whole_rows.len());
    for (streamed, whole) in streamed.blocks().iter().zip(whole.blocks()) {
        assert_eq!(streamed.source.start, whole.source.start);
        assert_eq!(
            (&streamed.kind, &streamed.links),
            (&whole.kind, &whole.links)
        );
        assert!(
            streamed.lines == whole.lines,
            "lines differ where rows do not"
        );
    }
}

/// What takes too much work at one of `sizes`, in kibibytes.
fn excess(shape: &Shape, sizes: &[usize]) -> Option<String> {
    sizes.iter().find_map(|size| {
        let work = work_per_byte(&shape.of_size(size * 1024), FRAME);
        (work >= WORK_LIMIT)
            .then(|| format!("{work:.0} bytes of work per byte of {size} KiB of {shape:?}"))
    })
}

#[track_caller]
fn check_work(shapes: &[Shape], sizes: &[usize]) {
    let excesses: Vec<_> = shapes
        .iter()
        .filter_map(|shape| excess(shape, sizes))
        .collect();
    assert!(excesses.is_empty(), "\n{}", excesses.join("\n"));
}

#[test]
fn work_stays_flat() {
    check_work(&generate::shapes(), &[32]);
}

#[test]
fn work_stays_flat_in_one_line() {
    check_work(&generate::long_lines(), &[256]);
}

#[test]
fn work_stays_flat_in_definitions() {
    check_work(&generate::definitions(), &[16, 64, 256]);
}

#[test]
fn a_definition_that_comes_line_by_line_changes_no_picture() {
    let source = "text\n\n[a]:\n/target\n\nmore [a]\n";
    let streamed = streamed(source, &[(1, true)]);
    assert_same(&streamed, &whole(source));
}

#[test]
#[ignore = "by hand: takes a minute when optimised"]
fn work_stays_flat_to_a_mebibyte() {
    check_work(&generate::shapes(), &[4, 64, 1024]);
}

#[test]
#[ignore = "by hand: prints what each text costs, alone on the machine"]
fn figures() {
    println!("work per byte, nanoseconds per byte, at 4, 64 and 1024 KiB; at once at 1024 KiB");
    for shape in generate::shapes().into_iter().chain(generate::long_lines()) {
        let mut line = String::new();
        for (size, step) in [(4, FRAME), (64, FRAME), (1024, FRAME), (1024, usize::MAX)] {
            let source = shape.of_size(size * 1024);
            let begin = Instant::now();
            let work = work_per_byte(&source, step);
            let nanoseconds = begin.elapsed().as_nanos() as f64 / source.len() as f64;
            line += &format!("{work:8.1} {nanoseconds:8.0} |");
        }
        println!("{line} {:?} {:?}", shape.start, shape.unit);
    }
}
