//! The hints of the form at the widths where they hardly fit: of the selected row all of it can be read.
//! Pictures of the form stand beside this file.

use waferdeck::app::Overlay;

use crate::stage::Stage;

#[test]
fn the_hint_of_the_selected_row_is_never_cut() {
    for width in [80, 99, 100, 104, 110, 120] {
        let mut stage = Stage::new();
        stage.keys("ctrl-x p");
        let rows = match stage.model.overlays.last() {
            Some(Overlay::Form(form)) => form.rows.len(),
            other => panic!("no form: {other:?}"),
        };
        for _ in 0..rows {
            let Some(Overlay::Form(form)) = stage.model.overlays.last() else {
                panic!("the form was closed");
            };
            let hint = form.row().expect("a row").hint.clone();
            let picture = stage.draw(width, 30).without_styles();
            // Where it wraps, its words stand on two rows of the box.
            let rows: Vec<_> = picture
                .lines()
                .map(|l| l.replace(['│', '¦'], " "))
                .collect();
            let words = rows.join(" ");
            let words: Vec<_> = words.split_whitespace().collect();
            let wanted: Vec<_> = hint.split_whitespace().collect();
            let is_whole = words.windows(wanted.len()).any(|w| w == wanted);
            assert!(is_whole, "{hint} at {width} columns:\n{picture}");
            stage.keys("down");
        }
    }
}
