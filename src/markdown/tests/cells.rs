//! Cells of tables lose nothing, break where they say so, and do not wobble while they come.

use super::*;

#[test]
fn what_has_no_column_stands_in_the_last_one() {
    check(
        "| a | b |\n|-|-|\n| 1 | 2 | 3 | **4** |\n| 5 | 6 | | |\n| | | c\n",
        "
a  b
────────────────
1  2 | 3 | **4**
5  6
   | c
",
    );
    let document = whole("| a | b |\n|-|-|\n| 1 | 2 | 3 |\n");
    let Body::Table(table) = &document.blocks()[0].lines[0].body else {
        panic!("a table");
    };
    let places: Vec<_> = table.rows[0].cells[1].pieces().map(|p| p.from).collect();
    assert_eq!(places[0], Some(22));
    assert_eq!(document.source().get(22..27), Some("2 | 3"));
}

#[test]
fn code_and_latex_with_bars_stay_whole_where_cells_would_be_too_many() {
    check(
        "| a | b | c |\n|-|-|-|\n| x | `f(|x| x.y)` | $|x|$ |\n| `a | b` | c |\n",
        "
a   b           c
─────────────────────
x   f(|x| x.y)  $|x|$
`a  b`          c
",
    );
}

#[test]
fn a_break_in_a_cell_is_one() {
    check(
        "| a | b |\n|-|-:|\n| one<br>and two <br/> three | x |\n| <br>y | <br> |\n",
        "
a        b
──────────
one      x
and two
three
┈┈┈┈┈┈┈┈┈┈
y
",
    );
}

#[test]
fn a_table_does_not_wobble_while_a_link_comes() {
    let before = "| a | b |\n|---|---|\n| cell | cell |\n| c | ";
    let link = "[l](https://example.org/a/long/target)";
    let picture_of = |source: &str| {
        let mut document = Document::new();
        document.push(source);
        document.advance();
        picture(&document, 60)
    };
    let shown = picture_of(before);
    for length in 1..link.len() {
        let text = format!("{before}{}", link.get(..length).expect("ASCII"));
        assert_eq!(picture_of(&text), shown, "{text:?}");
    }
    assert!(picture_of(&format!("{before}{link}")).contains("l (example.org)"));
    assert!(picture(&whole(&format!("{before}{}", "[l](https:")), 60).contains("[l](https:"));
}
