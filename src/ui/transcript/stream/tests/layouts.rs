//! What is kept of the layouts of a text: each once, for as many views as there are, and no more than that.

use super::*;
use crate::ui::transcript::rows::RowRef;

#[test]
fn views_of_one_text_leave_each_other_their_layouts() {
    let text = "word ".repeat(40);
    let mut scene = Scene::new(&format!("{text}\n\n```rust\nlet x;\n```\n\n{text}\n\nend"));
    for block in 0..3 {
        scene.settle(block);
    }
    let scrolled = LayoutOptions {
        long_lines: LongLines::Scroll,
        ..SHAPE.options
    };
    let narrow = Shape { width: 30, ..SHAPE };
    let shapes = [
        SHAPE,
        narrow,
        Shape {
            options: scrolled,
            ..narrow
        },
        Shape { width: 20, ..SHAPE },
    ];
    let raw = |shape: Shape| Shape { raw: true, ..shape };
    let mut layouts: Vec<Rows> = Vec::new();
    for _ in 0..10 {
        scene.stream.feed(&scene.text, false, true);
        for shape in shapes.into_iter().chain(shapes.map(raw)) {
            for block in 0..scene.stream.block_count(shape.raw).min(3) {
                let rows = scene.stream.rows(block, shape);
                assert_eq!(scene.stream.known_height(block, shape), Some(rows.len()));
                if !layouts.iter().any(|known| known.is_same(&rows)) {
                    layouts.push(rows);
                }
            }
        }
    }
    assert_eq!(
        layouts.len(),
        4 * 3 + 4,
        "each block and the source, once in each shape"
    );
    let wide = scene.stream.known_height(0, SHAPE);
    assert!(scene.stream.known_height(0, narrow) > wide);
    for width in 40..50 {
        scene.stream.rows(0, Shape { width, ..SHAPE });
    }
    assert_eq!(
        scene.stream.known_height(0, SHAPE),
        None,
        "they are bounded"
    );
}

#[test]
fn the_source_of_a_long_line_is_laid_out_once() {
    let raw = Shape { raw: true, ..SHAPE };
    let mut scene = Scene::new("");
    scene.text = "  ".to_owned() + &"word ".repeat(40_000);
    scene.stream.feed(&scene.text, false, true);
    let last = scene.stream.block_count(true) - 1;
    assert!(last > 10);
    let before: Vec<Rows> = (0..=last)
        .map(|piece| scene.stream.rows(piece, raw))
        .collect();
    scene.text += "more";
    scene.stream.feed(&scene.text, false, true);
    for (piece, rows) in before.iter().enumerate() {
        let now = scene.stream.rows(piece, raw);
        assert_eq!(now.is_same(rows), piece < last, "piece {piece}");
        for index in 0..now.len() {
            let Some(RowRef::Row(row)) = now.get(index) else {
                panic!("a row of text");
            };
            assert_eq!(row.is_continued, (piece, index) != (0, 0));
            assert_eq!(row.text().starts_with("  word"), !row.is_continued);
        }
    }
}
