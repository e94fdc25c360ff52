//! Tables: columns, records, and parts that keep together.
//!
//! How a single cell wraps is tried with the rest of the layout.

use super::*;

#[test]
fn tables_fit() {
    check(
        "| Name | Worst | Remark |\n|---|--:|:-:|\n| merge | n | stable, but it needs memory |\n| x |\n",
        "
Name   Worst            Remark
────────────────────────────────────────
merge      n     stable, but it needs
                        memory
┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈
x
",
    );
    let wide = format!(
        "|{}\n|{}\n|{}\n",
        "head|".repeat(9),
        "-|".repeat(9),
        "cell|".repeat(9)
    );
    check(
        &wide,
        "
head  cell
head  cell
head  cell
head  cell
head  cell
head  cell
head  cell
head  cell
head  cell
",
    );
}

#[test]
fn tables_break_neither_headings_nor_figures_while_there_is_room() {
    check(
        "| Algorithm | Worst | Remark |\n|---|--:|---|\n| quick | 1,048,576 | fast in practice and in place |\n| merge | n | stable |\n",
        "
Algorithm      Worst  Remark
────────────────────────────────────────
quick      1,048,576  fast in practice
                      and in place
┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈
merge              n  stable
",
    );
}

#[test]
fn a_table_whose_words_would_break_becomes_records() {
    let head = "| Name | Description | Complexity | Notes |\n|---|---|---|---|\n";
    let first = "| Quicksort | Partition around a pivot | O(n log n) average | In place |\n";
    let second = "| Mergesort | Split into halves, sort each | O(n log n) | |\n";
    let source = [head, first, second].concat();
    check(
        &source,
        "
Name         Quicksort
Description  Partition around a pivot
Complexity   O(n log n) average
Notes        In place
┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈┈
Name         Mergesort
Description  Split into halves, sort
             each
Complexity   O(n log n)
",
    );
    // The header stands in the source once, and each row where it is.
    let options = LayoutOptions::default();
    let rows = layout(
        &whole(&source).blocks()[0],
        40,
        &options,
        &Colours::default(),
    );
    let starts: Vec<_> = rows.iter().map(|row| row.start).collect();
    let (one, two) = (head.len(), head.len() + first.len());
    assert_eq!(starts[..6], [0, one, one, one, two, two]);
}

#[test]
fn parts_of_a_table_are_all_records_with_the_same_names() {
    let head = "| Configuration | Implementation | Documentation |\n|---|---|---|\n";
    let source = head.to_owned() + &"| x | y | z |\n".repeat(2_000);
    let document = whole(&source);
    assert!(document.blocks().len() > 2);
    let picture = picture(&document, 40);
    let record = "Configuration   x\nImplementation  y\nDocumentation   z\n";
    assert_eq!(picture.matches(record).count(), 2_000);
    assert_eq!(picture.lines().count(), 2_000 * 4 - 1, "ruled");
}

#[test]
fn all_parts_of_a_table_have_the_columns_that_the_last_one_asks_for() {
    let rows = |count: usize| "| one | *two* |\n".repeat(count);
    let short = format!("| a | b |\n|---|--:|\n{}", rows(64));
    assert_eq!(whole(&short).blocks().len(), 1);
    let long = format!(
        "{short}{}| a cell that is longer than all before | x |\n",
        rows(500)
    );
    let document = whole(&long);
    assert!(document.blocks().len() > 10);
    let rows = joined(&document);
    assert_eq!(rows.len(), 2 + 565);
    let wide = |a: &str, b: &str| format!("{a:37}{b:>5}");
    assert_eq!(rows[0].text(), wide("a", "b"));
    assert_eq!(rows[400].text(), wide("one", "two"));
    let last = wide("a cell that is longer than all before", "x");
    assert_eq!(rows[566].text(), last);
    // So they do as soon as it has come, and what was laid out before is done again.
    let (before, after) = long.split_at(long.find("| a cell").expect("the last row"));
    let mut document = Document::new();
    document.push(before);
    document.advance();
    let (settled, generation) = (document.settled(), document.generation());
    assert_eq!(joined(&document)[400].text(), "one  two");
    document.push(after);
    document.advance();
    assert!(document.settled() - settled < 3);
    assert!(document.generation() > generation);
    assert_eq!(joined(&document)[400].text(), wide("one", "two"));
}

#[test]
fn rows_of_a_long_table_are_ruled_as_in_a_short_one() {
    let wraps = "| 2024 | words that need more than one row because there are many |\n";
    let rows = format!("{}{wraps}| 1 | x |\n", "| 1 | x |\n".repeat(6)).repeat(80);
    let source = format!("| year | what |\n|---|---|\n{wraps}{rows}");
    let document = whole(&source);
    assert!(document.blocks().len() > 10);
    let rendered = render::render(
        &source,
        render::Context {
            keeps_lines: false,
            definitions: &render::Definitions::new(),
            offset: 0,
            opening: &Opening::default(),
            is_open: false,
        },
    );
    let one = Block {
        source: 0..source.len(),
        kind: rendered.kind,
        is_continued: false,
        space_before: false,
        lines: rendered.lines,
        links: rendered.links,
    };
    let expected = layout(&one, 60, &LayoutOptions::default(), &Colours::default());
    assert_eq!(joined(&document), expected);
}

#[test]
fn all_parts_of_a_table_follow_a_late_definition() {
    let rows = format!("| [a][b] | x |\n{}", "| c | x |\n".repeat(300));
    let source = format!("| a | b |\n|---|---|\n{rows}\n[b]: http://one.org/\n");
    let document = whole(&source);
    assert!(document.blocks().len() > 5);
    let column = joined(&document)
        .iter()
        .filter_map(|row| row.text().find('x'))
        .collect::<Vec<_>>();
    assert!(
        column.len() > 300 && column.iter().all(|at| *at > 10),
        "{column:?}"
    );
}
