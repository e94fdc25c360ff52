//! Cells of tables lose nothing and break where they say so.

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
