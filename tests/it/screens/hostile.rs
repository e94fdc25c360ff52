//! Text that is made to be drawn wrongly: what is seen of it stands where it belongs.
//!
//! Rows of any text are tried in `properties`; here they are on a screen, at its edges.

use waferdeck::ui::ColorDepth;

use super::markdown::reading;

/// A wide character at the edge of a pane is not replaced by the narrow one after it.
#[test]
fn long_code_ends_at_the_edge() {
    let code = "x = [\"漢字\", '漢', 1, \"字\", {'漢': \"字\"}, 23, \"漢字漢字\", 'ab', \"字漢\", 45, '漢']";
    let source = format!("```python\n{code}\n```\n");
    let mut stage = reading(&source, "terminal", ColorDepth::Sixteen);
    stage.keys("tab W");
    stage.clock(20_000);
    let shown = code.split_once("x = ").expect("it").1;
    for width in 40..80 {
        let rows = stage.draw(width, 24).rows();
        let row = rows
            .iter()
            .find_map(|row| row.split_once("x = ").map(|(_, row)| row));
        let row = row.unwrap_or_else(|| panic!("the line of code in {rows:#?}"));
        let (seen, _) = row
            .split_once('›')
            .unwrap_or_else(|| panic!("its end in {row:?}"));
        assert!(shown.starts_with(seen.trim_end()), "{width}: {row:?}");
    }
}
